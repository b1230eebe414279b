"""Pass or fail of a printed part against the tolerance of its process and the limit of its use."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..messages import _, join
from .bend import Bend
from .deviation import DeviationMap, Patch, patches_of
from .fine_fit import Fit
from .model_surface import ModelSurface
from .types import PATIENT
from .walls import WallChange

_SURE_ERRORS = 2.0  # standard errors within which a length is said to be known


@dataclass(frozen=True)
class PartLimits:
    """What the part is held against: `tolerance_mm` of the process, `use_mm` of the use (None: no limit), and the entries of
    ``judgement`` in ``data/review/limits.json``. `axes` are the names of the model's, R, A, S or those of its file."""

    tolerance_mm: float
    use_mm: float | None
    process: str
    use: str
    surface_share: float
    patch_mm2: float
    wall_mm: float
    gross_tolerances: float
    gross_least_mm: float
    seen_share: float
    scale_told_percent: float
    bend_told_share: float
    bend_told_mm: float
    growth_told_mm: float
    axes: tuple[str, str, str] = PATIENT

    @property
    def gross_mm(self) -> float:
        """Farther than this is missing or extra material."""
        return max(self.gross_tolerances * self.tolerance_mm, self.gross_least_mm)


@dataclass(frozen=True)
class PartFinding:
    """One thing that was judged: `rule`, `outcome` (pass, fail, info, ask), the figures in mm (of scale in percent), where (mm in the
    model's file), and a sentence."""

    rule: str
    outcome: str
    message: str
    measured: float | None = None
    limit: float | None = None
    where: tuple[float, float, float] | None = None

    def as_json(self) -> dict[str, Any]:
        """The finding in the contract's form."""
        return {
            "rule": self.rule,
            "outcome": self.outcome,
            "measured": self.measured,
            "limit": self.limit,
            "where_mm": None if self.where is None else list(self.where),
            "message": self.message,
        }


@dataclass(frozen=True)
class ReviewVerdict:
    """`verdict` is pass, fail or ambiguous; `findings` say why; `figures` are the plain numbers in mm."""

    verdict: str
    findings: tuple[PartFinding, ...]
    figures: Mapping[str, float]


def judge_part(
    surface: ModelSurface,
    fit: Fit,
    deviation: DeviationMap,
    walls: WallChange,
    bend: Bend | None,
    limits: PartLimits,
    ambiguous: tuple[str, ...] = (),
) -> ReviewVerdict:
    """The verdict with a finding for each thing that was looked at."""
    findings = [PartFinding("pose", "ask", sentence) for sentence in ambiguous]
    figures = _figures(deviation, limits)
    findings += _surface(figures, limits)
    findings += _patches(deviation, limits)
    findings += _walls(deviation, walls, limits)
    findings += _material(deviation, limits)
    findings += _seen(deviation, limits)
    findings += _scale(surface, fit, limits)
    findings += _bend(surface, bend, limits)
    outcomes = {finding.outcome for finding in findings}
    verdict = "ambiguous" if "ask" in outcomes else "fail" if "fail" in outcomes else "pass"
    return ReviewVerdict(verdict, tuple(findings), figures)


def weighted_percentile(values: np.ndarray, weights: np.ndarray, share: float) -> float:
    """The value that `share` (0 to 1) of the weight do not exceed; nan without values."""
    if not len(values) or weights.sum() <= 0:
        return float("nan")
    order = np.argsort(values)
    summed = np.cumsum(weights[order])
    return float(values[order][min(int(np.searchsorted(summed, share * summed[-1])), len(order) - 1)])


def without_noise(values: np.ndarray, weights: np.ndarray, error: float) -> np.ndarray:
    """Values drawn to their mean until they scatter as they would without an `error` (standard deviation) of their own: noise of the
    scan would widen every percentile."""
    mean = np.average(values, weights=weights)
    variance = float(np.average((values - mean) ** 2, weights=weights))
    share = np.sqrt(max(1.0 - error**2 / max(variance, 1e-12), 0.0))
    result: np.ndarray = mean + share * (values - mean)
    return result


def _figures(deviation: DeviationMap, limits: PartLimits) -> dict[str, float]:
    seen = deviation.seen
    values, area = deviation.values[seen], deviation.samples.area[seen]
    if not len(values):
        return dict.fromkeys(("mean_mm", "rms_mm", "p95_mm", "largest_mm", "seen_share"), float("nan"))
    return {
        "mean_mm": float(np.average(values, weights=area)),
        "rms_mm": float(np.sqrt(np.average(values**2, weights=area))),
        "p95_mm": weighted_percentile(
            np.abs(without_noise(values, area, deviation.error_mm)), area, limits.surface_share
        ),
        "largest_mm": weighted_percentile(np.abs(values), area, 0.999),
        "seen_share": deviation.seen_share,
        "scan_noise_mm": deviation.noise_mm,
    }


def _surface(figures: Mapping[str, float], limits: PartLimits) -> list[PartFinding]:
    within, share = figures["p95_mm"], 100.0 * limits.surface_share
    found = []
    for rule, limit, name in (
        ("surface-process", limits.tolerance_mm, _("the tolerance of {name}").format(name=limits.process)),
        ("surface-use", limits.use_mm, _("the limit of the use {name}").format(name=limits.use)),
    ):
        if limit is None:
            continue
        fine = within <= limit
        words = (
            _("{share} % of the surface lie within {within} mm of the model, inside {name}, {limit} mm.")
            if fine
            else _(
                "{share} % of the surface lie within {within} mm of the model only, beyond {name}, {limit} mm: print it again, with "
                "the scale that was found corrected, or by a finer process."
            )
        )
        text = words.format(
            share=_("{share:g}", share=share),
            within=told(within, limit),
            name=name,
            limit=_("{limit:.2f}", limit=limit),
        )
        found.append(PartFinding(rule, "pass" if fine else "fail", text, within, limit))
    return found


def told(value: float, limit: float) -> str:
    """A figure with as many digits as show on which side of its limit it lies."""
    for digits in (2, 3, 4):
        text = _("{value:.{digits}f}", value=value, digits=digits)
        if (float(text) > limit) == (value > limit) and f"{limit:.{digits}f}" != text:
            return text
    return _("{value:.6f}", value=value)


def _place(point: np.ndarray) -> tuple[float, float, float]:
    return float(point[0]), float(point[1]), float(point[2])


def place_words(point: np.ndarray, axes: tuple[str, str, str]) -> str:
    """A place (3,) of the model's file in words."""
    signs = (-1.0, -1.0, 1.0) if axes == PATIENT else (1.0, 1.0, 1.0)
    return (
        join(
            ", ",
            (_("{name} {sign:.0f}", name=name, sign=sign * value) for name, sign, value in zip(axes, signs, point)),
        )
        + " mm"
    )


def _reach(deviation: DeviationMap, rows: np.ndarray) -> float:
    """How far apart neighbours among samples may lie, mm."""
    area = deviation.samples.area[rows]
    return float(np.clip(2.5 * np.sqrt(np.percentile(area, 90)), 1.0, 4.0)) if len(area) else 1.0


def _patches(deviation: DeviationMap, limits: PartLimits) -> list[PartFinding]:
    """Stretches that lie beyond the use's limit, however small their share of the whole."""
    if limits.use_mm is None:
        return []
    limit = max(limits.use_mm, limits.tolerance_mm)
    rows = np.flatnonzero(deviation.seen & (np.abs(np.nan_to_num(deviation.values)) > limit))
    samples = deviation.samples
    patches = patches_of(
        samples.points[rows], samples.area[rows], deviation.values[rows], _reach(deviation, rows), limits.patch_mm2
    )
    return [_patch_finding(patch, limit, limits.axes) for patch in patches[:5]]


def _patch_finding(patch: Patch, limit: float, axes: tuple[str, str, str]) -> PartFinding:
    text = _(
        "A stretch of {area} mm² around {place} lies up to {largest} mm {side} the model, beyond {limit} mm: "
        "look at it before the part is used."
    ).format(
        area=_("{area_mm2:.0f}", area_mm2=patch.area_mm2),
        place=place_words(patch.centre, axes),
        largest=told(patch.largest_mm, limit),
        side=_("outside") if patch.mean_mm > 0 else _("inside"),
        limit=_("{limit:.2f}", limit=limit),
    )
    return PartFinding("patch", "fail", text, patch.largest_mm, limit, _place(patch.centre))


def _walls(deviation: DeviationMap, walls: WallChange, limits: PartLimits) -> list[PartFinding]:
    if walls.share <= 0.0:
        return []
    limit, samples = limits.tolerance_mm, deviation.samples
    out = np.flatnonzero(np.abs(walls.change_mm) > limit)
    rows = walls.rows[out]
    patches = patches_of(
        samples.points[rows], walls.area_mm2[out], walls.change_mm[out], _reach(deviation, rows), limits.patch_mm2
    )
    if patches:
        worst = max(patches, key=lambda patch: abs(patch.mean_mm))
        text = _(
            "A wall of {area} mm² around {place} is {mean} mm {kind} than in the model, beyond the tolerance of {process}, {limit} mm: "
            "look at it before the part is used."
        ).format(
            area=_("{area_mm2:.0f}", area_mm2=worst.area_mm2),
            place=place_words(worst.centre, limits.axes),
            mean=told(abs(worst.mean_mm), limit),
            kind=_("thinner") if worst.mean_mm < 0 else _("thicker"),
            process=limits.process,
            limit=_("{limit:.2f}", limit=limit),
        )
        return [PartFinding("walls", "fail", text, abs(worst.mean_mm), limit, _place(worst.centre))]
    if not len(walls.rows):
        text = _("Walls up to {most} mm: the scan shows both faces of none, so that their thickness was not judged.")
        return [PartFinding("walls", "info", text.format(most=_("{wall_mm:g}", wall_mm=limits.wall_mm)))]
    within = weighted_percentile(np.abs(walls.change_mm), walls.area_mm2, limits.surface_share)
    text = _(
        "Walls up to {most} mm ({share} % of the surface) are as thick as in the model, 95 % of them within {within} mm; no stretch of "
        "{patch} mm² is beyond the tolerance of {process}, {limit} mm."
    ).format(
        most=_("{wall_mm:g}", wall_mm=limits.wall_mm),
        share=_("{share:.0f}", share=100 * walls.share),
        within=_("{within:.2f}", within=within),
        patch=_("{patch_mm2:g}", patch_mm2=limits.patch_mm2),
        process=limits.process,
        limit=_("{limit:.2f}", limit=limit),
    )
    return [PartFinding("walls", "pass", text, within, limit)]


def _material(deviation: DeviationMap, limits: PartLimits) -> list[PartFinding]:
    """Surface of the scan that lies far from the model: outside it is extra, inside something is missing."""
    found = []
    for rule, side in (("extra", 1.0), ("missing", -1.0)):
        rows = np.flatnonzero(np.nan_to_num(side * deviation.offsets) > limits.gross_mm)
        scan = deviation.scan
        reach = max(1.0, 3.0 * float(np.sqrt(np.median(scan.areas))))
        # Spikes of a scanner stand far apart; a face of a part does not.
        patches = patches_of(scan.points[rows], scan.areas[rows], deviation.offsets[rows], reach, limits.patch_mm2)
        for patch in patches[:5]:
            words = (
                _(
                    "Material that the model has not: {area} mm² of the part around {place} lie up to {largest} mm outside; "
                    "take away supports and dust and scan it again."
                )
                if side > 0
                else _(
                    "Material is missing: {area} mm² of the part around {place} lie up to {largest} mm inside the model; look whether "
                    "a piece broke off or was not printed."
                )
            )
            text = words.format(
                area=_("{area_mm2:.0f}", area_mm2=patch.area_mm2),
                place=place_words(patch.centre, limits.axes),
                largest=_("{largest_mm:.1f}", largest_mm=patch.largest_mm),
            )
            found.append(PartFinding(rule, "fail", text, patch.largest_mm, limits.gross_mm, _place(patch.centre)))
    return found


def _seen(deviation: DeviationMap, limits: PartLimits) -> list[PartFinding]:
    share, found = deviation.seen_share, []
    if share < limits.seen_share:
        text = _(
            "The scan shows {share} % of the model's surface, and {least} % are needed to judge it: scan the part from more sides."
        ).format(
            share=_("{share:.0f}", share=100 * share), least=_("{seen_share:.0f}", seen_share=100 * limits.seen_share)
        )
        found.append(PartFinding("seen", "ask", text, share, limits.seen_share))
    elif share < 0.995:
        text = _("The scan shows {share} % of the model's surface; the rest was not judged.")
        found.append(
            PartFinding(
                "seen", "info", text.format(share=_("{share:.1f}", share=100 * share)), share, limits.seen_share
            )
        )
    if deviation.loose_pieces:
        text = _("Loose pieces of the scan that touch the model nowhere were not judged: {count}.")
        found.append(PartFinding("loose", "info", text.format(count=deviation.loose_pieces)))
    return found


def _scale(surface: ModelSurface, fit: Fit, limits: PartLimits) -> list[PartFinding]:
    """Scale as such, by axis: the length that it makes is held against the tolerance, and none is told that its own error hides."""
    found = []
    for axis, name in enumerate(limits.axes):
        percent, error = 100.0 * (float(fit.scale[axis]) - 1.0), 100.0 * float(fit.scale_error[axis])
        side = float(surface.sides[axis])
        # What is beyond the tolerance by more than its own error is told, however large that is.
        surely_beyond = (abs(percent) - _SURE_ERRORS * error) / 100.0 * side > limits.tolerance_mm
        if not (error <= limits.scale_told_percent or (surely_beyond and abs(percent) > 3.0 * error)):
            text = _(
                "Shape and scan do not say to {least} % how large the part is along {axis}: measure it there "
                "by hand ({--caliper})."
            ).format(least=_("{scale_told_percent:g}", scale_told_percent=limits.scale_told_percent), axis=name)
            found.append(PartFinding("scale", "info", text))
        elif abs(percent) >= limits.scale_told_percent and abs(percent) > 3.0 * error:
            found.append(_scale_finding(name, percent, error, side, limits))
    if abs(fit.growth_mm) > max(3.0 * fit.growth_error_mm, limits.growth_told_mm):
        words = _(
            "Besides scale the surface lies {growth} mm outside the model all over: walls are thicker, holes narrower."
        )
        if fit.growth_mm < 0:
            words = _(
                "Besides scale the surface lies {growth} mm inside the model all over: walls are thinner, holes wider."
            )
        found.append(
            PartFinding(
                "growth", "info", words.format(growth=_("{growth_mm:.2f}", growth_mm=abs(fit.growth_mm))), fit.growth_mm
            )
        )
    return found


def _scale_finding(axis: str, percent: float, error: float, side: float, limits: PartLimits) -> PartFinding:
    """A length of `side` mm off by `percent`, whose standard error is `error` %."""
    length, limit = abs(percent) / 100.0 * side, limits.tolerance_mm
    fine = length <= limit
    words = _("Printed {percent} % too large in {axis}: {length} mm over {side} mm, known to {known} mm; {end}")
    if percent < 0:
        words = _("Printed {percent} % too small in {axis}: {length} mm over {side} mm, known to {known} mm; {end}")
    end = (
        _("inside the tolerance of {process}, {limit} mm.")
        if fine
        else _("beyond the tolerance of {process}, {limit} mm: correct the scale of the printer and print it again.")
    )
    text = words.format(
        percent=_("{percent:.2f}", percent=abs(percent)),
        axis=axis,
        length=told(length, limit),
        side=_("{sides:.0f}", sides=side),
        known=_("{known:.2f}", known=max(_SURE_ERRORS * error / 100.0 * side, 0.01)),
        end=end.format(process=limits.process, limit=_("{limit:.2f}", limit=limit)),
    )
    return PartFinding("scale", "pass" if fine else "fail", text, percent, 100.0 * limit / side)


def _bend(surface: ModelSurface, bend: Bend | None, limits: PartLimits) -> list[PartFinding]:
    if bend is None or bend.share < limits.bend_told_share or abs(bend.sagitta_mm) < limits.bend_told_mm:
        return []
    text = _("Bent by {sagitta} mm in {across} over the {side} mm along {along}.").format(
        sagitta=_("{sagitta_mm:.2f}", sagitta_mm=abs(bend.sagitta_mm)),
        across=limits.axes[bend.across],
        along=limits.axes[bend.along],
        side=_("{sides:.0f}", sides=surface.sides[bend.along]),
    )
    return [PartFinding("bend", "info", text, abs(bend.sagitta_mm))]
