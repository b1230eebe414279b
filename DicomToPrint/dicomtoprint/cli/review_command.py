"""`review`: from the options to the engine, and a few lines for the terminal."""

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import InputError
from ..messages import _, join, known
from ..rules import column_of, in_words
from .terminal_progress import terminal_progress

if TYPE_CHECKING:
    from ..review import CaliperReading


def run_review(options: argparse.Namespace) -> tuple[int, Mapping[str, Any]]:
    """The exit code and the JSON of `review`."""
    from ..pipeline.output_folder import refuse_same_file
    from ..pipeline.review import ReviewPages, ReviewRequest, review
    from ..pipeline.review_output import write_review
    from ..pipeline.reviewed_model import record_path

    record = record_path(options.record)
    inputs = [record, *filter(None, [options.part])]
    folder = options.output or record.parent / "review"
    targets = [
        folder / name for name in ("review.json", "review.html", "deviation.ply", "part.ply", "part.html", "review.pdf")
    ]
    if options.json not in (None, "-"):
        targets.append(Path(options.json))
    for target in targets:
        refuse_same_file(target, inputs)
    request = ReviewRequest(
        record,
        options.part,
        _readings(options),
        options.model,
        options.unit,
        options.scan_error,
        options.process,
        options.use,
        options.identified,
        options.series,
        ReviewPages(options.viewer, options.pdf),
    )
    with terminal_progress(options.quiet) as progress:
        done = review(request, progress)
        content = write_review(done, folder, progress)
    return done.exit_code, content


def _readings(options: argparse.Namespace) -> "tuple[CaliperReading, ...]":
    from ..review import parse_reading, read_caliper_table

    readings: list[CaliperReading] = []
    for text in options.caliper:
        if "=" in text or not text.lower().endswith(".csv"):
            readings.append(parse_reading(text, options.person, options.instrument))
            continue
        path = Path(text)
        try:
            table = path.read_text(encoding="utf-8-sig")
        except (OSError, UnicodeDecodeError) as error:
            raise InputError(
                _(
                    "{path} cannot be read ({kind}): save the table as CSV in UTF-8.",
                    path=path.name,
                    kind=type(error).__name__,
                )
            ) from None
        readings += read_caliper_table(table, path.name, options.person, options.instrument)
    return tuple(readings)


def review_summary(content: Mapping[str, Any]) -> str:
    """A few lines for the terminal: the verdict, then why."""
    lines = [_("Printed part: {verdict}", verdict=in_words(content["verdict"]).upper())]
    scan = content.get("scan")
    among = [
        *(scan["findings"] if scan else ()),
        *(one for one in content["calipers"] if one["measured_mm"] is not None),
    ]
    outcomes = sorted({one["outcome"] for one in among})
    if scan:
        lines.append(_("  {sentence}", sentence=scan["budget"]["sentence"]))
        lines += [
            _(
                "  {outcome:<6} {rule:<16} {message}",
                outcome=column_of(found["outcome"], outcomes),
                rule=found["rule"],
                message=found["message"],
            )
            for found in scan["findings"]
        ]
        lines += [_("  {note}", note=note) for note in scan["notes"]]
    for entry in content["calipers"]:
        name = _("{number}. {description}", number=entry["number"], description=known(entry["description"]))
        if entry["measured_mm"] is None:
            lines.append(_("  {value:<6} {name}: not measured", value=column_of("–", outcomes), name=name))
            continue
        limit = (
            ""
            if entry["tolerance_mm"] is None
            else _(", allowed ± {tolerance_mm:.2f} mm", tolerance_mm=entry["tolerance_mm"])
        )
        lines.append(
            _(
                "  {outcome:<6} {name}: {measured_mm:.2f} mm, expected {expected_mm:.2f} mm "
                "({difference_mm:+.2f} mm{limit})",
                outcome=column_of(entry["outcome"], outcomes),
                name=name,
                measured_mm=entry["measured_mm"],
                expected_mm=entry["expected_mm"],
                difference_mm=entry["difference_mm"],
                limit=limit,
            )
        )
    return join("\n", lines)
