"""`coupon` and `calibrate`: from the options to the engine, and a few lines for the terminal."""

import argparse
import datetime
from collections.abc import Mapping
from typing import Any

from ..config.formats import read_formats
from ..config.option_types import one_line
from ..messages import _, join
from ..rules import column_of
from .terminal_progress import terminal_progress


def run_coupon(options: argparse.Namespace) -> tuple[int, Mapping[str, Any], str]:
    """The exit code, the JSON and the words of `coupon`."""
    from ..pipeline.coupon import FORM, PAGE, coupon_json, make_coupon
    from ..rules import Outcome

    formats = read_formats("--format", options.format)
    with terminal_progress(options.quiet) as progress:
        made = make_coupon(options.process, options.output, options.printer, formats, progress)
    size = join(" x ", (_("{side:.1f}", side=side) for side in made.layout.size[:2]))
    told = {"ready": _("ready"), "warn": _("ready with warnings"), "not-ready": _("NOT READY")}[made.readiness.verdict]
    lines = [
        _("Test plate {id} of {process}: {told}", id=made.content["id"], process=made.layout.process.title, told=told),
        _(
            "  plate of {size} mm, {features_count} features: {files}",
            size=size,
            features_count=len(made.layout.features),
            files=join(", ", (file.path.name for file in made.files)),
        ),
    ]
    lines += [
        _(
            "  {severity:<6} {rule:<16} {message}",
            severity=column_of(finding.severity.value),
            rule=finding.rule,
            message=finding.message,
        )
        for finding in made.readiness.findings
        if finding.outcome is Outcome.FAIL
    ]
    lines.append(
        _("  Print it as it lies, and fill in {form}; {page} shows where each feature stands.", form=FORM, page=PAGE)
    )
    return made.readiness.exit_code, coupon_json(made), join("\n", lines)


def run_calibrate(options: argparse.Namespace) -> tuple[Mapping[str, Any], str]:
    """The JSON (the process file) and the words of `calibrate`."""
    from ..coupon import Circumstances
    from ..errors import UsageError
    from ..pipeline.calibrate import CalibrationRequest, calibrate, default_expiry

    texts = {name: one_line(getattr(options, name)) for name in ("printer", "material", "person", "instrument")}
    for name in ("printer", "material", "person"):
        if not texts[name]:
            raise UsageError(
                _("--{name} is empty: a calibration says who measured which printer and material.", name=name)
            )
    date = options.date or datetime.date.today()
    around = Circumstances(date=date, expires=options.expires or default_expiry(date), **texts)
    request = CalibrationRequest(
        options.coupon, options.measured, around, options.output, options.name, options.unit, options.scan_error
    )
    with terminal_progress(options.quiet) as progress:
        content = calibrate(request, progress)
    return content, calibration_summary(content, options.output.name)


def calibration_summary(content: Mapping[str, Any], file: str) -> str:
    """A few lines for the terminal: what this printer holds."""
    found = content["calibration"]
    lines = [
        _(
            "{title}: measured {date} by {person}, holds until {expires}",
            title=content["title"],
            date=found["date"],
            person=found["person"],
            expires=found["expires"],
        )
    ]
    for axis, scale, growth in zip("xyz", found["scale"], found["growth_mm"]):
        lines.append(
            _(
                "  {axis}: printed {scale:+.2f} % (to {scale_error_percent:.2f} %), {growth:+.2f} mm besides",
                axis=axis,
                scale=100.0 * (scale - 1.0),
                scale_error_percent=found["scale_error_percent"],
                growth=growth,
            )
        )
    for name in found["measured"]:
        limit = content["limits"][name]
        lines.append(
            _("  {name:<20} {value:g}", name=name, value=limit["value"])
            + (_(" ({note})", note=limit["note"]) if "note" in limit else "")
        )
    lines += [_("  {note}", note=note) for note in found["notes"]]
    lines.append(_("  Written: {file}; use it with {--process:{file}}", file=file))
    return join("\n", lines)
