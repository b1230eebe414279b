"""`review`: the printed part, as a surface scan or measured by hand, against the model of a record."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import UsageError
from ..messages import _
from ..progress import ProgressCallback, no_progress, subprogress
from .part_scan import read_part
from .reviewed_model import ReviewedModel, load_reviewed_model

if TYPE_CHECKING:  # heavy packages are imported in the stage that needs them
    from ..accuracy import ErrorBudget
    from ..mesh.core import Mesh
    from ..review import (
        Bend,
        CaliperReading,
        CaliperResult,
        DeviationMap,
        ModelSurface,
        PartLimits,
        Registration,
        ReviewVerdict,
        SearchLimits,
        WallChange,
    )

EXIT_CODES = {"pass": 0, "fail": 1, "ambiguous": 4}


@dataclass(frozen=True)
class ReviewPages:
    """What is written besides the review: a page in which the model turns (`viewer`), the review as `pdf`."""

    viewer: bool = False
    pdf: bool = False


@dataclass(frozen=True)
class ReviewRequest:
    """What is to be reviewed and by what.

    `record` is a record.json or its folder; `part` a surface scan of the print, in `unit`, or a CT of it, `series` of it, whose own error
    is `scan_error_mm` (None: not known); `readings` distances taken by hand. `model` names one of several models; `process` and `use`
    take the place of those of the record. `identified` lets the name of the scan's file into the output; `pages` says what is
    written besides.
    """

    record: Path
    part: Path | None = None
    readings: "tuple[CaliperReading, ...]" = ()
    model: str | None = None
    unit: str | None = None
    scan_error_mm: float | None = None
    process: str | None = None
    use: str | None = None
    identified: bool = False
    series: str | None = None
    pages: ReviewPages = ReviewPages()


@dataclass(frozen=True)
class ScanReview:
    """What the scan shows; see the types of `review`. `part` is the scan as read, of `kind` surface or ct; `sha256` that of its file, empty
    for a folder."""

    part: "Mesh"
    kind: str
    sha256: str
    surface: "ModelSurface"
    registration: "Registration"
    deviation: "DeviationMap"
    walls: "WallChange"
    bend: "Bend | None"
    verdict: "ReviewVerdict"
    budget: "ErrorBudget"
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class PartReview:
    """A review: `scan` None where no scan was given, `calipers` empty where nothing was measured by hand."""

    request: ReviewRequest
    model: ReviewedModel
    limits: "PartLimits"
    scan: ScanReview | None
    calipers: "tuple[CaliperResult, ...]"

    @property
    def verdict(self) -> str:
        """pass, fail or ambiguous: what fails by calipers fails whatever the scan says."""
        verdicts = [self.scan.verdict.verdict] if self.scan else []
        verdicts += ["fail" for caliper in self.calipers if caliper.outcome == "fail"]
        return next((word for word in ("fail", "ambiguous") if word in verdicts), "pass")

    @property
    def exit_code(self) -> int:
        """0 pass, 1 fail, 4 ambiguous."""
        return EXIT_CODES[self.verdict]


def review(request: ReviewRequest, progress: ProgressCallback = no_progress) -> PartReview:
    """The verdict on a printed part.

    Raises `InputError` for a record, a model or a scan that cannot be read or does not belong together, `UsageError` for options that make
    no sense.
    """
    if request.part is None and not request.readings:
        raise UsageError(
            _("Nothing to review: give a scan of the part ({--part}) or distances taken on it ({--caliper}).")
        )
    _require_pages(request)
    model = load_reviewed_model(request.record, request.model)
    limits, search = _limits(request, model)
    calipers: Sequence[Any] = ()
    if request.readings:
        from ..review import match_readings

        calipers = match_readings(model.record.calipers, request.readings)
    scan = None
    if request.part is not None:
        scan = _review_scan(request, request.part, model, limits, search, progress)
    return PartReview(request, model, limits, scan, tuple(calipers))


def _require_pages(request: ReviewRequest) -> None:
    """Raises before any long work where what makes a page is not installed, or a scan to be shown was not given."""
    if request.pages.viewer:
        if request.part is None:
            raise UsageError(
                _("{--viewer} shows a scan of the part on its model: give one with {--part}, or leave {--viewer} out.")
            )
        from ..rendering.turning_page import require_viewer

        require_viewer()
    if request.pages.pdf:
        from ..report.pdf import find_browser

        find_browser()


def _limits(request: ReviewRequest, model: ReviewedModel) -> "tuple[PartLimits, SearchLimits]":
    """Tolerances of process and use for a part of this size."""
    import numpy as np

    from ..acceptance import load_use_case
    from ..config import resources
    from ..printability import load_process
    from ..review import PartLimits, SearchLimits

    parameters = model.record.parameters
    process = load_process(request.process or str(parameters.get("process") or "fdm"))
    use = load_use_case(request.use or model.record.intended_use or "general")
    absolute = process.limit("tolerance_mm")
    if absolute is None:
        raise UsageError(
            _("The process {process} states no tolerance: name one that does with {--process}.", process=process.title)
        )
    longest = float(np.ptp(model.mesh.points, axis=0).max())
    tolerance = max(absolute, (process.limit("tolerance_percent") or 0.0) / 100.0 * longest)
    content, _text = resources.load_json_resource("review", "limits")
    limits = PartLimits(
        tolerance, use.max_deviation_mm, process.title, use.name, **content["judgement"], axes=model.axes
    )
    return limits, SearchLimits(**content["search"])


def _review_scan(
    request: ReviewRequest,
    part_path: Path,
    model: ReviewedModel,
    limits: "PartLimits",
    search: "SearchLimits",
    progress: ProgressCallback,
) -> ScanReview:
    from ..io import sha256_of
    from ..review import (
        ambiguity_words,
        build_model_surface,
        find_bend,
        judge_part,
        measure_deviation,
        measure_walls,
        register_part,
    )

    read = read_part(part_path, request.unit, model.mesh, request.series, subprogress(progress, 0.0, 0.3))
    part = read.mesh
    surface = build_model_surface(model.mesh)
    registration = register_part(surface, part, search, subprogress(progress, 0.3, 0.6))
    fit = registration.fit
    progress(0.6, _("measuring the deviation"))
    deviation = measure_deviation(surface, part, fit.pose, gross_mm=limits.gross_mm, pieces=registration.pieces)
    progress(0.8, _("measuring walls"))
    walls = measure_walls(surface, deviation, limits.wall_mm)
    bend = find_bend(surface, deviation, fit.scale)
    ambiguous = ambiguity_words(fit, len(registration.others), limits.axes)
    verdict = judge_part(surface, fit, deviation, walls, bend, limits, ambiguous)
    verdict = replace(verdict, findings=(*verdict.findings, *_scan_error(request, verdict, limits)))
    budget = _budget(request, model, verdict, read.kind)
    return ScanReview(
        part,
        read.kind,
        sha256_of(part_path) if part_path.is_file() else "",
        surface,
        registration,
        deviation,
        walls,
        bend,
        verdict,
        budget,
        (*read.notes, *model.notes),
    )


def _scan_error(request: ReviewRequest, verdict: "ReviewVerdict", limits: "PartLimits") -> "list[Any]":
    """What is known of the scan's own error, and whether the verdict lies within it."""
    from ..review import PartFinding

    noise = verdict.figures.get("scan_noise_mm", float("nan"))
    if request.scan_error_mm is None:
        text = _(
            "The scan's own error was not stated; its points scatter by {noise:.2f} mm, and an error of "
            "its scale cannot be seen in it: state the scanner's error with {--scan-error}.",
            noise=noise,
        )
        return [PartFinding("scan-error", "info", text, noise)]
    error = request.scan_error_mm
    text = _(
        "The scan's own error is stated as {error:.2f} mm; its points scatter by {noise:.2f} mm.",
        error=error,
        noise=noise,
    )
    found = [PartFinding("scan-error", "info", text, error)]
    for limit in filter(None, (limits.tolerance_mm, limits.use_mm)):
        if abs(verdict.figures["p95_mm"] - limit) < error:
            text = _(
                "The figure lies nearer to the limit of {limit:.2f} mm than the scan's own error: a finer "
                "scan could turn the verdict.",
                limit=limit,
            )
            found.append(PartFinding("scan-error", "info", text, verdict.figures["p95_mm"], limit))
    return found


def _budget(request: ReviewRequest, model: ReviewedModel, verdict: "ReviewVerdict", kind: str) -> "ErrorBudget":
    from ..accuracy import measured_budget

    stated = request.scan_error_mm
    what = "CT" if kind == "ct" else _("surface scan")
    basis = _("{what} of this part, its own error ", what=what) + (
        _("not stated") if stated is None else _("{stated:.2f} mm", stated=stated)
    )
    shown = 100.0 * verdict.figures["seen_share"]
    # Of a model in another scale the budget of the anatomy is not that of the part.
    scaled = model.record.parameters.get("scale")
    return measured_budget(
        {} if scaled else model.record.budget,
        verdict.figures["p95_mm"],
        _("{basis}; {shown:.0f} % of the surface were seen", basis=basis, shown=shown),
        (_("what the scan does not show, and errors of the scanner itself"),),
    )
