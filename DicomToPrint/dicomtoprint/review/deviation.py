"""How far the printed surface lies from the model, in both directions."""

from dataclasses import dataclass

import numpy as np

from ..mesh.components import label_components
from ..mesh.core import Mesh
from ..mesh.graph import label_connected_nodes
from ..mesh.surface_sampling import SurfaceSamples, sample_surface
from ..mesh.vtk_smp import sequential_vtk_smp
from .fine_fit import ModelSurface
from .scan_points import ScanPoints, measured_points
from .types import Pose

_WANTED_ERROR_MM = 0.01  # standard error of the map: so many points are averaged as the scan's noise asks for
_LEAST_POINTS, _MOST_POINTS = 8, 160
_FARTHEST_MM = 2.0  # a mean goes no farther around
_SCAN_POINTS = 400_000


@dataclass(frozen=True)
class DeviationMap:
    """Signed distances, outside positive.

    Attributes
    ----------
    samples
        Points of the model with normals and areas.
    values
        (n,) mm there, a mean over the points of the scan around; nan where the scan shows nothing.
    scan
        Points of the scan as they lie on the model.
    offsets
        (k,) mm from each of them to the model's surface; nan for those of loose pieces.
    noise_mm
        Standard deviation of the scan's points around the map.
    error_mm
        Standard error of the map by that scatter, as a root mean square.
    loose_pieces
        Number of pieces of the scan that nowhere come near the model, which were not judged.
    """

    samples: SurfaceSamples
    values: np.ndarray
    scan: ScanPoints
    offsets: np.ndarray
    noise_mm: float
    error_mm: float
    loose_pieces: int

    @property
    def seen(self) -> np.ndarray:
        """(n,) bool, where the scan shows the surface."""
        return np.isfinite(self.values)

    @property
    def seen_share(self) -> float:
        """Share of the model's area that the scan shows."""
        return float(self.samples.area[self.seen].sum() / max(self.samples.area.sum(), 1e-12))


def measure_deviation(
    surface: ModelSurface, part: Mesh, pose: Pose, *, gross_mm: float, budget: int = 60_000
) -> DeviationMap:
    """The map of a part (mm, as scanned) in a pose.

    Parameters
    ----------
    surface, part, pose
        As in `register_part`.
    gross_mm
        Farther from the model than this is no deviation of a face: another part, or none.
    budget
        Points on flat faces of the model, see `sample_surface`.
    """
    scan = measured_points(part, _SCAN_POINTS, seed=1)
    placed = ScanPoints(pose.apply(scan.points), scan.normals @ pose.rotation.T, scan.triangle, scan.areas)
    offsets, facing = signed_offsets(surface, placed.points)
    loose = _loose_pieces(part, placed, offsets, gross_mm)
    offsets = np.where(loose[0], np.nan, offsets)
    samples = sample_surface(surface.mesh, budget)
    agrees = np.einsum("ij,ij->i", placed.normals, facing) > 0.3
    usable = agrees & (np.abs(offsets) < gross_mm)
    values, noise, error = _map(samples, placed, offsets, facing, usable)
    return DeviationMap(samples, values, placed, offsets, noise, error, loose[1])


def signed_offsets(surface: ModelSurface, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Signed distance (n,) mm of points to the model's triangles, outside positive, by vtkImplicitPolyDataDistance; and the unit normal
    (n, 3) of the model at the sample nearest to each."""
    from vtkmodules.util.numpy_support import numpy_to_vtk, vtk_to_numpy
    from vtkmodules.vtkCommonCore import vtkDoubleArray

    precise = np.ascontiguousarray(points, dtype=np.float64)
    found = vtkDoubleArray()
    with sequential_vtk_smp():
        surface.distance.FunctionValue(numpy_to_vtk(precise), found)
    _distance, nearest = surface.tree.query(precise)
    return vtk_to_numpy(found).copy(), surface.normals[surface.owner[nearest]]


def _loose_pieces(part: Mesh, placed: ScanPoints, offsets: np.ndarray, gross_mm: float) -> tuple[np.ndarray, int]:
    """Which points (k,) belong to pieces of which no tenth lies near the model, and the number of such pieces."""
    labels, count = label_components(part)
    piece = labels[placed.triangle]
    near = np.bincount(piece, np.abs(offsets) < gross_mm, minlength=count)
    whole = np.bincount(piece, minlength=count)
    loose = near < 0.1 * whole
    return loose[piece], int((loose & (whole > 0)).sum())


def _map(
    samples: SurfaceSamples, placed: ScanPoints, offsets: np.ndarray, facing: np.ndarray, usable: np.ndarray
) -> tuple[np.ndarray, float, float]:
    """Mean offset of the points of the scan around each sample, without those that stand out from their neighbours; their noise, and the
    standard error of the means."""
    from scipy.spatial import cKDTree

    values = np.full(len(samples.points), np.nan)
    if usable.sum() < _LEAST_POINTS:
        return values, float("nan"), float("nan")
    feet = placed.points[usable] - offsets[usable, None] * facing[usable]
    kept, normals = offsets[usable], facing[usable]
    tree = cKDTree(feet, balanced_tree=False)
    spacing = float(np.sqrt(np.median(placed.areas[placed.areas > 0.0])))
    noise = _noise(tree, kept, normals)
    count = int(np.clip((noise / _WANTED_ERROR_MM) ** 2, _LEAST_POINTS, _MOST_POINTS))
    reach = max(1.0, 2.0 * spacing, min(1.3 * spacing * np.sqrt(count / np.pi), _FARTHEST_MM))
    variance = []
    for start in range(0, len(values), 20_000):
        block = slice(start, start + 20_000)
        distance, near = tree.query(samples.points[block], k=count, distance_upper_bound=reach)
        found = np.isfinite(distance)
        near = np.where(found, near, 0)
        found &= np.einsum("bki,bi->bk", normals[near], samples.normals[block]) > 0.5
        around = np.where(found, kept[near], np.nan)
        # The nearest tell whether the scan shows this place: beyond a gap's rim there are none.
        shown = (found & (distance < max(1.0, 2.0 * spacing))).sum(axis=1) >= 3
        values[block] = np.where(shown, _steady_mean(around, noise), np.nan)
        variance.append(noise**2 / found.sum(axis=1)[shown])
    error = float(np.sqrt(np.concatenate(variance).mean())) if len(np.concatenate(variance)) else noise
    return values, noise, error


def _noise(tree: object, offsets: np.ndarray, normals: np.ndarray) -> float:
    """Robust standard deviation of the scan's offsets around the mean of their neighbours on the same face."""
    rows = np.arange(0, len(offsets), max(1, len(offsets) // 5_000))
    _distance, near = tree.query(tree.data[rows], k=9)  # type: ignore[attr-defined]
    same = np.einsum("bki,bi->bk", normals[near], normals[rows]) > 0.5
    around = np.where(same, offsets[near], np.nan)
    centred = around - np.nanmedian(around, axis=1, keepdims=True)
    return max(1.4826 * float(np.nanmedian(np.abs(centred))) * np.sqrt(9.0 / 8.0), 1e-4)


def _steady_mean(around: np.ndarray, noise: float) -> np.ndarray:
    """Mean (b,) of each row of (b, k) without what lies more than four standard deviations from its median; nan in empty rows."""
    ordered = np.sort(around, axis=1)  # nan last
    held = np.isfinite(ordered).sum(axis=1)
    rows = np.arange(len(ordered))
    low, high = np.maximum((held - 1) // 2, 0), np.minimum(held // 2, ordered.shape[1] - 1)
    middle = 0.5 * (ordered[rows, low] + ordered[rows, high])
    good = np.abs(around - middle[:, None]) <= 4.0 * noise
    total = np.where(good, around, 0.0).sum(axis=1)
    result: np.ndarray = np.where(held > 0, total / np.maximum(good.sum(axis=1), 1), np.nan)
    return result


@dataclass(frozen=True)
class Patch:
    """A stretch of surface: its `area_mm2`, its `centre` (3,) LPS mm, its largest and mean distance from the model in mm."""

    area_mm2: float
    centre: np.ndarray
    largest_mm: float
    mean_mm: float


def patches_of(
    points: np.ndarray, areas: np.ndarray, values: np.ndarray, reach_mm: float, least_mm2: float
) -> list[Patch]:
    """Points (n, 3) that hang together within `reach_mm`, as patches of at least `least_mm2`, the largest first."""
    from scipy.spatial import cKDTree

    if not len(points):
        return []
    pairs = cKDTree(points).query_pairs(reach_mm, output_type="ndarray")
    _count, label = label_connected_nodes(pairs[:, 0], pairs[:, 1], len(points))
    found = []
    for number in np.flatnonzero(np.bincount(label, areas) >= least_mm2):
        rows = label == number
        area = float(areas[rows].sum())
        sizes = np.abs(values[rows])
        centre = np.average(points[rows], axis=0, weights=areas[rows])
        mean = float(np.average(values[rows], weights=areas[rows]))
        found.append(Patch(area, centre, float(np.percentile(sizes, 98)), mean))
    return sorted(found, key=lambda patch: -patch.area_mm2)
