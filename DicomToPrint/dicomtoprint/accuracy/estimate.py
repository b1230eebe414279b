"""How far the model lies from the anatomy, as far as the scan itself can tell."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..imaging.psf import PointSpreadFunction, estimate_psf
from ..imaging.surface_deviation import vertex_normals
from ..imaging.voxel_patches import SurfacePoints, interpolate, runs_through, sample_measured_surface
from ..mesh.core import Mesh
from ..progress import ProgressCallback, no_progress, subprogress
from ..volume import Volume
from .deconvolution import deblurred_edge_distances
from .modelled import Modelled

POINTS = 1000
EXTREME_POINTS = 600
_ROUNDS, _EXTREME_ROUNDS = 20, 60  # of deblurring; accuracy against the phantom's truth is measured with them
# In widths of the blur: no maximum was farther from the phantom's truth (Testing/Benchmarks/output_truth.py).
MAX_DEVIATION_UNCERTAINTY_FWHM = 0.1
_OTHER = 0.06, 0.2  # of the step between the scan's main materials, by which the boundary of a face may differ


@dataclass(frozen=True)
class Accuracy:
    """Distances in mm, without sign, over the measured part of the model's surface, evenly by area.

    mean_mm, p95_mm, max_mm: of the model from the deblurred edge: partial volume, noise and editing together.
    scan_p95_mm: of the grey-value boundary from that edge: what the scan costs before anything is edited.
    share: part of the points at which an edge was found. `blur`: the point spread function that was measured.
    modelled: thin walls whose thickness was modelled; mean and 95 % hold what is expected of them.
    """

    mean_mm: float
    p95_mm: float
    max_mm: float
    scan_p95_mm: float
    share: float
    points: int
    blur: PointSpreadFunction
    modelled: Modelled | None = None

    @property
    def max_known_to_mm(self) -> float:
        """How well the maximum is known: it hangs on a single sharp or thin place, where most of the edge went with the blur."""
        return MAX_DEVIATION_UNCERTAINTY_FWHM * self.blur.full_widths_mm[0]


def estimate_accuracy(
    volume: Volume,
    meshes: Sequence[Mesh],
    noise: float,
    *,
    points: int = POINTS,
    seed: int = 0,
    modelled: Modelled | None = None,
    blur: PointSpreadFunction | None = None,
    progress: ProgressCallback = no_progress,
) -> Accuracy | None:
    """Accuracy of meshes (LPS mm, with ``Deviation``) against the scan they come from; None where it has no edges.

    `points` are drawn by area, half of them from the quarter of the surface where the edge is least steep, where large
    distances are found, and weighed accordingly: the 95 % figure scatters a third less. The maximum is sought besides at
    `EXTREME_POINTS` points, half of them where the edge is least steep of all (thin and sharp parts, where partial volume costs
    most), half where the deviation is largest. `noise` is the standard deviation of the grey values;
    `modelled` are the walls that no edge tells of, `blur` that which counts where the edges tell none.
    """
    meshes = [_with_bridged(mesh, volume) for mesh in meshes] if modelled is None else meshes
    blur = estimate_psf(volume, meshes, seed) or blur
    if blur is None:
        return None
    areas = np.array([mesh.area for mesh in meshes])
    drawn, extreme, boundary, weights = [], [], [], []
    for index, mesh in enumerate(meshes):
        inner = subprogress(progress, index / len(meshes), (index + 1) / len(meshes))
        share = areas[index] / areas.sum()
        level, bright = _level(volume, mesh)
        some, weight = _drawn(volume, mesh, max(int(points * share), 4), seed + 1)
        weights.append(weight * share)
        levels, first = _levels(volume, some, level, blur), subprogress(inner, 0.0, 0.5)
        off = deblurred_edge_distances(volume, some.places, levels, bright, blur, noise, _ROUNDS, first)
        if modelled is not None and bright:
            # Deblurring may take the far face of a wall for its near one: walls are recognised by their fit.
            off = np.where(runs_through(volume, some.places, some.outward, levels), np.nan, off)
        drawn.append(off)
        boundary.append(off - some.deviation)
        worst = _extremes(volume, mesh, max(int(EXTREME_POINTS * share), 1))
        levels = _levels(volume, worst, level, blur)
        inner = subprogress(inner, 0.5, 1.0)
        extreme.append(
            deblurred_edge_distances(volume, worst.places, levels, bright, blur, noise, _EXTREME_ROUNDS, inner)
        )
    off, worst_off, weight = np.abs(np.concatenate(drawn)), np.abs(np.concatenate(extreme)), np.concatenate(weights)
    known = np.isfinite(off)
    if not known.any() and modelled is None:
        return None
    before = np.abs(np.concatenate(boundary))
    all_off, all_weight = _with_walls(off, weight, modelled)
    return Accuracy(
        mean_mm=float(np.average(all_off, weights=all_weight)),
        p95_mm=_within(all_off, all_weight, 0.95),
        max_mm=float(max(all_off.max(), np.nanmax(worst_off, initial=0.0))),
        scan_p95_mm=_within(before, weight, 0.95) if np.isfinite(before).any() else _within(all_off, all_weight, 0.95),
        share=1.0 if modelled is not None else float(weight[known].sum() / weight.sum()),
        points=len(off),
        blur=blur,
        modelled=modelled,
    )


def _with_bridged(mesh: Mesh, volume: Volume) -> Mesh:
    """The mesh with what was bridged marked as measured, where all of its slices were scanned: thin bone is bridged where
    slices are too far apart to fit it."""
    from ..mesh.core import Provenance

    origin = mesh.triangle_arrays.get("Provenance")
    if origin is None or (volume.interpolated is not None and volume.interpolated.any()):
        return mesh
    own = np.where(origin == Provenance.BRIDGED, Provenance.MEASURED, origin).astype(np.uint8)
    return mesh.with_arrays(triangle_arrays={"Provenance": own})


def _drawn(volume: Volume, mesh: Mesh, count: int, seed: int) -> tuple[SurfacePoints, np.ndarray]:
    """`count` points of the measured surface and the share of its area that each stands for."""
    pool = sample_measured_surface(mesh, 4 * count, seed)
    steepness = _steepness(volume, pool.places, pool.outward)
    flat = steepness <= np.percentile(steepness, 25) if len(steepness) else np.zeros(0, dtype=bool)
    chosen, weights = [], []
    for stratum, wanted in ((np.flatnonzero(flat), count // 2), (np.flatnonzero(~flat), count - count // 2)):
        taken = stratum[np.linspace(0, len(stratum) - 1, min(wanted, len(stratum))).astype(int)]
        chosen.append(taken)
        weights.append(np.full(len(taken), len(stratum) / max(len(pool.places) * len(taken), 1)))
    return pool.chosen(np.concatenate(chosen)), np.concatenate(weights)


def _within(values: np.ndarray, weights: np.ndarray, share: float) -> float:
    """The value below which a share of the weight lies; values that are not known do not count."""
    known = np.isfinite(values)
    order = np.argsort(values[known], kind="stable")
    summed = np.cumsum(weights[known][order])
    return float(values[known][order][min(np.searchsorted(summed, share * summed[-1]), len(order) - 1)])


def _with_walls(off: np.ndarray, weight: np.ndarray, modelled: Modelled | None) -> tuple[np.ndarray, np.ndarray]:
    """Distances and weights of the points at which they are known, with those expected of walls for the rest."""
    known = np.isfinite(off)
    if modelled is None:
        return off[known], weight[known]
    measured = 1.0 - modelled.share
    walls = measured * float(weight[~known].sum()) + modelled.share  # all of it where no face was measured
    rest = np.full(len(modelled.of_walls), walls / len(modelled.of_walls))
    return np.concatenate([off[known], modelled.of_walls]), np.concatenate([measured * weight[known], rest])


def _steepness(volume: Volume, places: np.ndarray, outward: np.ndarray) -> np.ndarray:
    """How much the grey value changes across the surface, over one voxel."""
    reach = 0.5 * min(volume.spacing)
    return np.abs(interpolate(volume, places - reach * outward) - interpolate(volume, places + reach * outward))


def _level(volume: Volume, mesh: Mesh) -> tuple[float, bool]:
    """The grey value of the boundary, from which the surface lies by its deviation, and whether the inside is brighter."""
    points = sample_measured_surface(mesh, 2000)
    if not len(points.places):
        return 0.0, True
    reach = 0.5 * min(volume.spacing)
    boundary = points.places - np.nan_to_num(points.deviation)[:, None] * points.outward
    at, within, without = (interpolate(volume, boundary + way * reach * points.outward) for way in (0.0, -1.0, 1.0))
    return float(np.median(at)), bool(np.median(within - without) > 0)


def _levels(volume: Volume, points: SurfacePoints, level: float, blur: PointSpreadFunction) -> np.ndarray:
    """(n,) grey value of the boundary at each point: faces between other materials have their own (reconstruction/local_half_maximum.py).
    One that differs by less is interpolation, one that differs by more a deviation along the wrong way."""
    at = interpolate(volume, points.places - np.nan_to_num(points.deviation)[:, None] * points.outward)
    differs = np.abs(at - level) / abs(blur.inside - blur.outside)
    return np.where((differs >= _OTHER[0]) & (differs <= _OTHER[1]), at, level)


def _extremes(volume: Volume, mesh: Mesh, count: int) -> SurfacePoints:
    """Points of the measured surface where the edge is least steep, and those with the largest deviation."""
    from ..mesh.core import Provenance

    origin = mesh.triangle_arrays.get("Provenance")
    used = np.zeros(len(mesh.points), dtype=bool)
    used[mesh.triangles if origin is None else mesh.triangles[np.asarray(origin) == Provenance.MEASURED]] = True
    rows = np.flatnonzero(used)
    normals = vertex_normals(mesh)[rows]
    places = mesh.points[rows].astype(np.float64)
    slope = _steepness(volume, places, normals)
    deviation = mesh.point_arrays.get("Deviation", np.zeros(len(mesh.points)))[rows]
    flattest = np.argsort(slope, kind="stable")[: count // 2]
    farthest = np.argsort(-np.abs(deviation), kind="stable")[: count - len(flattest)]
    both = np.union1d(flattest, farthest)
    return SurfacePoints(places[both], normals[both], deviation[both])
