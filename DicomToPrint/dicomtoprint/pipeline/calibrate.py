"""`calibrate`: from a measured test plate to the process file of one printer and one material."""

import datetime
import json
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import InputError, OutputError, RefusedError, UsageError
from ..messages import _, join
from ..progress import ProgressCallback, no_progress
from .output_folder import refuse_same_file
from .part_scan import SURFACE_SUFFIXES
from .review import ReviewRequest, ScanReview, review

if TYPE_CHECKING:
    from ..coupon import Circumstances, FeatureReading, PrintedSize

FORM_BYTES = 1_000_000
BLOCKS_WITHIN = 3.0  # tolerances of the process: a block that lies farther off is not the one of the map


@dataclass(frozen=True)
class CalibrationRequest:
    """What is to be calibrated and where it goes.

    `coupon` is the folder of a plate or its map; `measured` the filled-in form (CSV) or a surface scan of the printed plate, in `unit`,
    whose own error is `scan_error_mm`; `output` the process file to be written, `name` its name (None: made of process, printer and
    material).
    """

    coupon: Path
    measured: Path
    around: "Circumstances"
    output: Path
    name: str | None = None
    unit: str | None = None
    scan_error_mm: float | None = None


def calibrate(request: CalibrationRequest, progress: ProgressCallback = no_progress) -> dict[str, Any]:
    """Writes the lab's own process file and returns its content, valid by the schema of processes.

    Raises `InputError` for what is no map, form or scan of this plate, `UsageError` for options that make no sense, `RefusedError` for
    measures that no printer in order gives, `OutputError`. Nothing is written then.
    """
    from ..coupon import held, load_plan, new_limits, process_content, size_from_blocks
    from ..coupon.coupon_map import read_map
    from ..io import write_json_atomically

    if request.output.suffix.lower() != ".json" or request.output.is_dir():
        raise UsageError(
            _("'{output}' is no name of a process file: let {--output} end in .json.", output=request.output.name)
        )
    if request.around.expires < request.around.date:
        raise UsageError(_("The calibration would expire before it was made: give {--expires} a later day."))
    path, coupon = read_map(request.coupon)
    refuse_same_file(request.output, [path, request.measured])
    rules = load_plan()["calibration"]
    if request.measured.suffix.lower() in SURFACE_SUFFIXES:
        size, readings = _from_scan(request, path, coupon, rules, progress)
    else:
        readings = _from_form(request.measured, coupon, rules)
        size = size_from_blocks(coupon, readings, rules["gauge_error_mm"], rules["largest_scale_percent"])
    limits, notes = new_limits(coupon, held(coupon, readings))
    content = process_content(coupon, size, limits, notes, request.around, request.name)
    _read_again(content)
    if request.output.parent != Path():
        try:
            request.output.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise OutputError(
                _(
                    "The folder of '{output}' cannot be made ({strerror}): choose another place.",
                    output=request.output.name,
                    strerror=error.strerror,
                )
            ) from None
    write_json_atomically(request.output, content)
    progress(1.0, _("done"))
    return content


def _read_again(content: Mapping[str, Any]) -> None:
    """Raises `UsageError` where a process of this content could not be loaded."""
    from ..printability import load_process

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "process.json"
        path.write_text(json.dumps(content), encoding="utf-8")
        load_process(str(path))


def _from_form(path: Path, coupon: Mapping[str, Any], rules: Mapping[str, Any]) -> "tuple[FeatureReading, ...]":
    from ..coupon import read_form

    try:
        if path.stat().st_size > FORM_BYTES:
            raise InputError(
                _("{path} is larger than any form of a test plate: give coupon-form.csv, filled in.", path=path.name)
            )
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            _(
                "{path} cannot be read ({kind}): save the form as CSV in UTF-8.",
                path=path.name,
                kind=type(error).__name__,
            )
        ) from None
    return read_form(text, path.name, coupon, rules["largest_error_mm"])


def _from_scan(
    request: CalibrationRequest,
    path: Path,
    coupon: Mapping[str, Any],
    rules: Mapping[str, Any],
    progress: ProgressCallback,
) -> "tuple[PrintedSize, Sequence[FeatureReading]]":
    """Size and readings from a surface scan, brought onto the plate by `review`."""
    import numpy as np

    from ..coupon import PlateSurface, PrintedSize, absent_blocks, fit_size, readings_from_scan
    from ..review.judgement import weighted_percentile

    if request.scan_error_mm is None:
        raise UsageError(_("A calibration is no better than the scanner: state its own error with {--scan-error:MM}."))
    scan = _reviewed(request, path, coupon, progress)
    samples = scan.deviation.samples
    surface = PlateSurface(samples.points, samples.normals, samples.area, scan.deviation.values)
    found = fit_size(surface, scan.surface.centre)
    if scan.registration.others or (found.seen < rules["scan_seen_share"]).any():
        raise RefusedError(
            _(
                "The scan does not show how the plate lies or how large it is: scan all of it, with the "
                "sides of walls and blocks."
            )
        )
    farthest = float(found.scale[int(np.argmax(np.abs(found.scale - 1.0)))])
    if abs(farthest - 1.0) > rules["largest_scale_percent"] / 100.0:
        raise RefusedError(
            _(
                "The scan is {farthest:.1f} % as large as drawn, which no printer in order does: say its "
                "unit ({--unit}), or measure the blocks by hand.",
                farthest=100.0 * farthest,
            )
        )
    tolerance = float(coupon["process"]["limits"]["tolerance_mm"]["value"] or np.inf)
    surface = replace(surface, values=found.values)
    shares = rules["scan_held_share"], rules["scan_seen_share"]
    if absent := absent_blocks(coupon, surface, BLOCKS_WITHIN * tolerance, rules["scan_seen_share"]):
        raise RefusedError(
            _(
                "The scan does not show {absent} where the plate has them: give a scan of this plate, and of "
                "all of it.",
                absent=join(", ", absent),
            )
        )
    readings = readings_from_scan(coupon, surface, tolerance, *shares)
    # The scanner's own error of scale cannot be told from the printer's: over the longest block it is its error at both ends.
    longest = [max(float(f["nominal"]) for f in coupon["features"] if f["axis"] == axis) for axis in "xyz"]
    error = 100.0 * np.sqrt(2.0) * max(request.scan_error_mm, found.noise_mm) / min(longest)
    known = np.isfinite(found.values)
    within = weighted_percentile(np.abs(found.values[known]), samples.area[known], 0.95)
    x, y, z = (float(value) for value in found.scale)
    grown = 2.0 * found.growth_mm
    size = PrintedSize((x, y, z), (grown, grown, grown), float(error), within + request.scan_error_mm, "scan")
    return size, readings


def _reviewed(
    request: CalibrationRequest, path: Path, coupon: Mapping[str, Any], progress: ProgressCallback
) -> ScanReview:
    """The scan in the plate's place, as `review` finds it, by the tolerance of the process of the map."""
    with tempfile.TemporaryDirectory() as folder:
        process = Path(folder) / f"{coupon['process']['name']}.json"
        process.write_text(json.dumps(coupon["process"]), encoding="utf-8")
        asked = ReviewRequest(
            path.parent / "record.json",
            request.measured,
            unit=request.unit,
            scan_error_mm=request.scan_error_mm,
            process=str(process),
        )
        scan = review(asked, progress).scan
    assert scan is not None
    return scan


def default_expiry(date: datetime.date) -> datetime.date:
    """The last day on which a calibration of a day holds, where nobody says another."""
    from ..coupon import load_plan

    return date + datetime.timedelta(days=int(load_plan()["calibration"]["valid_days"]))
