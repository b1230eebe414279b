"""`coupon` and `calibrate`: from the options to the engine, and a few lines for the terminal."""

import argparse
import datetime
from collections.abc import Mapping
from typing import Any

from ..config.formats import read_formats
from ..config.option_types import one_line
from .terminal_progress import terminal_progress


def run_coupon(options: argparse.Namespace) -> tuple[int, Mapping[str, Any], str]:
    """The exit code, the JSON and the words of `coupon`."""
    from ..pipeline.coupon import FORM, PAGE, coupon_json, make_coupon
    from ..rules import Outcome

    formats = read_formats("--format", options.format)
    with terminal_progress(options.quiet) as progress:
        made = make_coupon(options.process, options.output, options.printer, formats, progress)
    size = " x ".join(f"{side:.1f}" for side in made.layout.size[:2])
    told = {"ready": "ready", "warn": "ready with warnings", "not-ready": "NOT READY"}[made.readiness.verdict]
    lines = [
        f"Test plate {made.content['id']} of {made.layout.process.title}: {told}",
        f"  plate of {size} mm, {len(made.layout.features)} features: {', '.join(file.path.name for file in made.files)}",
    ]
    lines += [
        f"  {finding.severity.value:<6} {finding.rule:<16} {finding.message}"
        for finding in made.readiness.findings
        if finding.outcome is Outcome.FAIL
    ]
    lines.append(f"  Print it as it lies, and fill in {FORM}; {PAGE} shows where each feature stands.")
    return made.readiness.exit_code, coupon_json(made), "\n".join(lines)


def run_calibrate(options: argparse.Namespace) -> tuple[Mapping[str, Any], str]:
    """The JSON (the process file) and the words of `calibrate`."""
    from ..coupon import Circumstances
    from ..errors import UsageError
    from ..pipeline.calibrate import CalibrationRequest, calibrate, default_expiry

    texts = {name: one_line(getattr(options, name)) for name in ("printer", "material", "person", "instrument")}
    for name in ("printer", "material", "person"):
        if not texts[name]:
            raise UsageError(f"--{name} is empty: a calibration says who measured which printer and material.")
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
    lines = [f"{content['title']}: measured {found['date']} by {found['person']}, holds until {found['expires']}"]
    for axis, scale, growth in zip("xyz", found["scale"], found["growth_mm"]):
        lines.append(
            f"  {axis}: printed {100.0 * (scale - 1.0):+.2f} % (to {found['scale_error_percent']:.2f} %), {growth:+.2f} mm besides"
        )
    for name in found["measured"]:
        limit = content["limits"][name]
        lines.append(f"  {name:<20} {limit['value']:g}" + (f" ({limit['note']})" if "note" in limit else ""))
    lines += [f"  {note}" for note in found["notes"]]
    lines.append(f"  Written: {file}; use it with --process {file}")
    return "\n".join(lines)
