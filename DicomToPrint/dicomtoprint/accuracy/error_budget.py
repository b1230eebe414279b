"""The error budget: how far the printed surface may lie from the boundary in the scan, and why."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..mesh.core import Mesh, concatenate
from ..messages import _, join
from ..volume import Volume
from .estimate import Accuracy
from .modelled import HALF_NORMAL, Modelled
from .types import BudgetItem, ErrorBudget


@dataclass(frozen=True)
class EdgeProfile:
    """The boundary in the scan along the model's surface, as medians over the points sampled.

    gradient_hu_per_mm: slope of the grey values across the surface. edge_mm: width of the edge from 10 to 90 % of its
    step. noise_hu: standard deviation of the grey values in flat neighbourhoods. shift_mm: standard uncertainty of
    the boundary's place by noise, noise over slope. shift_per_100_hu_mm: how far the surface moves when the threshold
    moves by 100 grey values.
    """

    gradient_hu_per_mm: float
    edge_mm: float
    noise_hu: float
    shift_mm: float
    shift_per_100_hu_mm: float


def measure_edge_profile(
    volume: Volume, meshes: Sequence[Mesh], samples: int = 4000, seed: int = 0
) -> EdgeProfile | None:
    """Measures slope, width and noise of the boundary along normals of the surface; None where no edge is found.

    Profiles of 4 voxels to each side are sampled linearly with the volume's true affine at `samples` triangles drawn
    by area. The slope is the steepest of a profile near its middle; the noise is that of `estimate_noise`.
    """
    from scipy import ndimage

    whole = concatenate(list(meshes))
    normals = whole.triangle_normals()
    areas = np.linalg.norm(normals, axis=1)
    if not len(areas) or areas.sum() <= 0:
        return None
    random = np.random.default_rng(seed)
    chosen = random.choice(len(areas), size=min(samples, 4 * len(areas)), p=areas / areas.sum())
    centres = whole.points.astype(np.float64)[whole.triangles[chosen]].mean(axis=1)
    outward = normals[chosen] / np.maximum(areas[chosen, None], 1e-30)
    step = 0.25 * min(volume.spacing)
    reach = np.arange(-16, 17) * step
    points = centres[:, None, :] + reach[None, :, None] * outward[:, None, :]
    indices = volume.to_ijk(points.reshape(-1, 3))[:, ::-1].T
    inside = (
        np.all((indices >= 0) & (indices <= np.array(volume.array.shape)[:, None] - 1), axis=0)
        .reshape(len(centres), -1)
        .all(axis=1)
    )
    values = ndimage.map_coordinates(volume.array, indices, output=np.float32, order=1, mode="nearest", prefilter=False)
    profiles = values.reshape(len(centres), -1)[inside]
    if len(profiles) < 20:
        return None
    slopes = -np.gradient(profiles, step, axis=1)
    middle = slice(len(reach) // 2 - 8, len(reach) // 2 + 9)
    steepest = slopes[:, middle].max(axis=1)
    heights = profiles.max(axis=1) - profiles.min(axis=1)
    gradient = float(np.median(steepest))
    if gradient <= 0:
        return None
    noise = estimate_noise(volume)
    edge = 0.8 * float(np.median(heights / np.maximum(steepest, 1e-6)))
    return EdgeProfile(gradient, edge, noise, noise / gradient, 100.0 / gradient)


def estimate_noise(volume: Volume) -> float:
    """Standard deviation of the noise in grey values: the 20th percentile of the spreads within blocks of 6 x 6 x 6
    voxels (fewer where the volume has fewer) at random places, the flattest of which hold no edge.

    The budget needs the whole standard deviation, smooth noise included: blocks see it, and differences of neighbours
    (`segmentation.threshold_estimation.estimate_noise`) see a part of it. Phantom of 12 HU: 11.5 against 9.4.
    """
    array = volume.array
    size = np.minimum(6, array.shape)
    spreads = []
    random = np.random.default_rng(0)
    for corner in random.integers(0, np.array(array.shape) - size + 1, size=(3000, 3)):
        block = array[tuple(slice(int(c), int(c) + int(n)) for c, n in zip(corner, size))].astype(np.float32)
        if block.max() > block.min():  # padding has no noise
            spreads.append(float(block.std()))
    return float(np.percentile(spreads, 20)) if spreads else 0.0


@dataclass(frozen=True)
class Deviation:
    """How far the finished surface lies from the boundary that it was made from: 95th percentile and maximum, mm."""

    p95_mm: float
    max_mm: float | None = None


@dataclass(frozen=True)
class PrintTolerance:
    """The tolerance of a process: `absolute_mm` at least, and `share` (0..1) of the longest side of the part.

    `longest_mm` is that side, `process` the title of the process for the sentence (empty: not named). `measured` says on which test plate
    of the printer it was measured (empty: a guideline), `is_current` whether that still holds.
    """

    absolute_mm: float
    share: float = 0.0
    longest_mm: float = 0.0
    process: str = ""
    measured: str = ""
    is_current: bool = True

    @property
    def is_measured(self) -> bool:
        """Whether the figure is the printer's own, and still holds."""
        return bool(self.measured) and self.is_current

    @property
    def bound_mm(self) -> float:
        """The larger of the two."""
        return max(self.absolute_mm, self.share * self.longest_mm)


def error_budget(
    *,
    spacing: Sequence[float] | None = None,
    boundary: EdgeProfile | None = None,
    accuracy: Accuracy | None = None,
    deviation: Deviation | None = None,
    tolerance: PrintTolerance | None = None,
    structure: str = "",
) -> ErrorBudget:
    """The budget from what was measured; each item is a 95 % bound in mm, None where it is not known.

    Acquisition: how far the grey-value boundary lies from the edge before the scan's blur; where that was not measured,
    a quarter of the voxel's largest side. Boundary: 1.96 times the uncertainty by noise. Editing: the 95th percentile
    of the measured deviation. Process: `PrintTolerance.bound_mm`. `structure` is what the sentence calls the anatomy.

    The total of the first three is the accuracy where it was measured, since it holds them together; otherwise the
    root of the sum of their squares. The process adds to it in squares, since it is independent. The total is None
    where neither the accuracy nor the editing was measured.
    """
    items = (
        _acquisition(spacing, accuracy),
        _segmentation(boundary, None if accuracy is None else accuracy.modelled),
        _editing(deviation, accuracy is not None),
        _process(tolerance),
    )
    apart = [item.bound_mm for item in items[:3]] if accuracy is None else [accuracy.p95_mm]
    known = [bound for bound in (*apart, items[3].bound_mm) if bound is not None]
    has_editing = accuracy is not None or items[2].bound_mm is not None
    total = math.sqrt(sum(bound**2 for bound in known)) if known and has_editing else None
    missing = [item.name for item in (items if accuracy is None else items[3:]) if item.bound_mm is None]
    measured = ""
    if tolerance is not None and tolerance.is_measured:
        by_rule = any(item.origin == "assumed" for item in items[:3])
        measured = (
            _("Measured on this printer's test plate, the scan's share by a rule of thumb")
            if by_rule
            else _("Measured on this scan and on this printer's test plate")
        )
    sentence = _sentence(total, structure, items[3].bound_mm is not None, missing, measured)
    return ErrorBudget(items, total, sentence, _excluded(), _together(accuracy), _figures(accuracy))


def _together(accuracy: Accuracy | None) -> str:
    if accuracy is None:
        return ""
    line = _(
        "The model against the edges that the scan shows, with its blur, its noise and the editing together: mean "
        "{mean} mm, 95 % within {p95} mm, at most {most} mm (at {points} points of the surface; the scan's blur leaves the largest "
        "value open by {open} mm)."
    ).format(
        mean=_("{mean_mm:.2f}", mean_mm=accuracy.mean_mm),
        p95=_("{p95_mm:.2f}", p95_mm=accuracy.p95_mm),
        most=_("{max_mm:.2f}", max_mm=accuracy.max_mm),
        open=_("{max_known_to_mm:.2f}", max_known_to_mm=accuracy.max_known_to_mm),
        points=accuracy.points,
    )
    if accuracy.modelled is not None and accuracy.modelled.share > 0.0:
        line += " " + _modelled_words(accuracy.modelled)
    if accuracy.share < 0.995:
        line += " " + _("At {share} % of them the scan shows no edge; they are not counted.").format(
            share=_("{share:.0f}", share=100.0 * (1.0 - accuracy.share))
        )
    return line


def _figures(accuracy: Accuracy | None) -> dict[str, float]:
    if accuracy is None:
        return {}
    in_plane, across = accuracy.blur.full_widths_mm
    return {
        "mean_mm": accuracy.mean_mm,
        "p95_mm": accuracy.p95_mm,
        "max_mm": accuracy.max_mm,
        "max_known_to_mm": float(accuracy.max_known_to_mm),
        "scan_p95_mm": accuracy.scan_p95_mm,
        "share": accuracy.share,
        "modelled_share": 0.0 if accuracy.modelled is None else accuracy.modelled.share,
        "blur_in_plane_mm": float(in_plane),
        "blur_across_mm": float(across),
    }


def _acquisition(spacing: Sequence[float] | None, accuracy: Accuracy | None) -> BudgetItem:
    name = _("Acquisition: voxels and blur of the scan")
    if not spacing:
        return BudgetItem(name, None, _("no scan was given"))
    sizes = join(" × ", (_("{value:.2f}", value=value) for value in spacing))
    if accuracy is None:
        return BudgetItem(
            name,
            0.25 * max(spacing),
            _("voxels of {sizes} mm; a quarter of the largest side").format(sizes=sizes),
            "assumed",
        )
    in_plane, across = accuracy.blur.full_widths_mm
    basis = _(
        "voxels of {sizes} mm; blur of {in_plane} mm in the slices and {across} mm across, read from {edges} edges of "
        "the scan: where the boundary lay before it"
    )
    if not accuracy.blur.edges:
        basis = _(
            "voxels of {sizes} mm; blur of {in_plane} mm in the slices and {across} mm across, by its walls or assumed, since no bone in "
            "the scan is thick enough to show it"
        )
    return BudgetItem(
        name,
        accuracy.scan_p95_mm,
        basis.format(
            sizes=sizes,
            in_plane=_("{in_plane:.1f}", in_plane=in_plane),
            across=_("{across:.1f}", across=across),
            edges=accuracy.blur.edges,
        ),
        "scan" if accuracy.blur.edges else "assumed",
    )


def _modelled_words(modelled: Modelled) -> str:
    """What is said of thin walls."""
    line = _(
        "{share} % of the surface are walls thinner than the scan's blur: their thickness is modelled from their brightness, with "
        "bone at a grey value of {bone}, and 95 % of their faces are expected within {p95} mm."
    ).format(
        share=_("{share:.0f}", share=100.0 * modelled.share),
        bone=_("{bone:.0f}", bone=modelled.bone),
        p95=_("{within:.2f}", within=modelled.within(0.95)),
    )
    if not modelled.established:
        line += " " + _(
            "No bone in the scan is thick enough to show that value: it is inferred from the walls, and may be off by {share} %."
        ).format(share=_("{known_to:.0f}", known_to=100.0 * modelled.known_to))
    elif not modelled.calibrated:
        line += " " + _("The scan is not calibrated in HU: that value may differ over it by {share} %.").format(
            share=_("{known_to:.0f}", known_to=100.0 * modelled.known_to)
        )
    return line


def _bound_of(boundary: EdgeProfile, modelled: Modelled | None) -> float:
    """mm within which noise and density leave 95 % of the boundary: of edges by the noise, of thin walls as they were fitted."""
    if modelled is None:
        return 1.96 * boundary.shift_mm
    edges = boundary.shift_mm * HALF_NORMAL
    values = np.concatenate([edges, modelled.errors])
    shares = np.concatenate(
        [
            np.full(len(edges), (1.0 - modelled.share) / len(edges)),
            np.full(len(modelled.errors), modelled.share / len(modelled.errors)),
        ]
    )
    order = np.argsort(values)
    at = int(np.searchsorted(np.cumsum(shares[order]), 0.95))
    return float(values[order][min(at, len(order) - 1)])


def _segmentation(boundary: EdgeProfile | None, modelled: Modelled | None = None) -> BudgetItem:
    name = _("Segmentation: where the boundary lies")
    if boundary is None:
        return BudgetItem(name, None, _("no boundary in grey values was measured"))
    basis = _(
        "noise {noise} HU on an edge of {gradient} HU/mm, {edge} mm wide; 100 HU more on the threshold move the "
        "surface by {shift} mm"
    )
    return BudgetItem(
        name,
        _bound_of(boundary, modelled),
        basis.format(
            noise=_("{noise_hu:.0f}", noise_hu=boundary.noise_hu),
            gradient=_("{gradient_hu_per_mm:.0f}", gradient_hu_per_mm=boundary.gradient_hu_per_mm),
            edge=_("{edge_mm:.1f}", edge_mm=boundary.edge_mm),
            shift=_("{shift_per_100_hu_mm:.2f}", shift_per_100_hu_mm=boundary.shift_per_100_hu_mm),
        ),
        "scan",
    )


def _editing(deviation: Deviation | None, is_counted: bool) -> BudgetItem:
    name = _("Editing: smoothing, repair, simplification")
    if deviation is None and is_counted:
        return BudgetItem(
            name, None, _("not measured by itself, since preparation moved the surface; counted in the line above")
        )
    if deviation is None:
        return BudgetItem(name, None, _("the deviation from the scan was not measured"))
    basis = _("measured on the final surface: 95 % of it lie within this")
    if deviation.max_mm is not None:
        basis += _(", the largest deviation is {most} mm").format(most=_("{max_mm:.2f}", max_mm=deviation.max_mm))
    return BudgetItem(name, deviation.p95_mm, basis, "model")


def _process(tolerance: PrintTolerance | None) -> BudgetItem:
    name = _("Print process: tolerance")
    if tolerance is None:
        return BudgetItem(name, None, _("no process was given"))
    basis = _("guideline of the process")
    if tolerance.measured:
        basis = tolerance.measured
        if not tolerance.is_current:
            basis += _(", which is over")
    elif tolerance.process:
        basis = _("guideline of the process {process}").format(process=tolerance.process)
    if tolerance.share:
        basis += _(": {share} % of the longest side, at least {least} mm").format(
            share=_("{share:g}", share=100 * tolerance.share),
            least=_("{absolute_mm:g}", absolute_mm=tolerance.absolute_mm),
        )
    return BudgetItem(name, tolerance.bound_mm, basis, "printer" if tolerance.measured else "guideline")


def _sentence(total: float | None, structure: str, printed: bool, missing: Sequence[str], measured: str) -> str:
    if total is None:
        return _("The accuracy was not measured; do not take measures from this model.")
    what = _("the printed part's surface") if printed else _("the model's surface")
    boundary = (
        _("the boundary of {structure} in the scan").format(structure=structure)
        if structure
        else _("the boundary in the scan")
    )
    line = _("About 95 % of {what} is expected within {total} mm of {boundary}.").format(
        what=what, total=_("{total:.1f}", total=total), boundary=boundary
    )
    if measured:
        line = _("{measured}: about 95 % of {what} lies within {total} mm of {boundary}.").format(
            measured=measured, what=what, total=_("{total:.1f}", total=total), boundary=boundary
        )
    if missing:
        line += " " + _("Not counted: {names}.").format(names=join("; ", missing))
    return line


def _excluded() -> tuple[str, ...]:
    return (
        _("motion, metal and other artefacts in the scan, and the scanner's own calibration"),
        _("whether the threshold chosen is the true edge of the anatomy, and anatomy that the scan does not show"),
        _("surfaces marked bridged, cut or added: they are not measured anatomy"),
        _("supports, curing, warping, cleaning and sterilisation of this particular print: measure the part"),
    )
