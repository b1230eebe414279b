"""`coupon` and `calibrate`: from the options to the engine, and a few lines for the terminal."""

import argparse
import datetime
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..messages import _, join
from .option_types import day, one_line, positive, process_name
from .settings_from_args import formats_from_args
from .shared_options import add_json_option, add_process_options
from .terminal_progress import terminal_progress


def add_coupon_options(parser: Any) -> None:
    """Options of `coupon`."""
    add_process_options(parser)
    parser.add_argument(
        "--output", type=Path, required=True, metavar="DIR", help=_("folder for the plate and its form")
    )
    parser.add_argument(
        "--format",
        action="append",
        metavar="LIST",
        help=_("comma-separated, of stl, 3mf, obj, ply (repeatable; default stl,3mf)"),
    )
    add_json_option(parser)


def run_coupon(options: argparse.Namespace) -> tuple[int, Mapping[str, Any], str]:
    """The exit code, the JSON and the words of `coupon`."""
    from ..pipeline.coupon import FORM, PAGE, coupon_json, make_coupon
    from ..rules import Outcome

    formats = formats_from_args(options.format)
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
            severity=finding.severity.value,
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


def add_calibrate_options(parser: Any) -> None:
    """Options of `calibrate`."""
    parser.add_argument(
        "coupon", type=Path, metavar="COUPON", help=_("folder that coupon wrote, or the coupon.json in it")
    )
    parser.add_argument(
        "--measured",
        type=Path,
        required=True,
        metavar="CSV|SCAN",
        help=_("the filled-in form, or a surface scan of the printed plate (STL, PLY, OBJ)"),
    )
    parser.add_argument(
        "--printer", required=True, metavar="TEXT", help=_("which printer made it, as your lab calls it")
    )
    parser.add_argument("--material", required=True, metavar="TEXT", help=_("in which material"))
    parser.add_argument("--person", required=True, metavar="TEXT", help=_("who measured, by role or initials"))
    parser.add_argument("--instrument", default="", metavar="TEXT", help=_("what was measured with"))
    parser.add_argument("--output", type=Path, required=True, metavar="FILE", help=_("process file to write (.json)"))
    parser.add_argument("--name", type=process_name, metavar="NAME", help=_("its name: small letters, digits, hyphens"))
    parser.add_argument("--date", type=day, metavar="YYYY-MM-DD", help=_("day of the measurement (default: today)"))
    parser.add_argument(
        "--expires", type=day, metavar="YYYY-MM-DD", help=_("last day on which it holds (default: 180 days later)")
    )
    parser.add_argument(
        "--unit", metavar="UNIT", help=_("unit of the scan: mm, cm, m, inch (default: what it says, else mm)")
    )
    parser.add_argument(
        "--scan-error", type=positive, metavar="MM", help=_("the scanner's own error; a scan needs it, a form does not")
    )
    add_json_option(parser)


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
