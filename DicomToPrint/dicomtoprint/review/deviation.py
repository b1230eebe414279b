"""How far the printed surface lies from the model, in both directions."""

from dataclasses import dataclass

import numpy as np

from ..mesh.arrays import Points
from ..mesh.components import label_components
from ..mesh.core import Mesh, keep_triangles
from ..mesh.edge_table import EdgeTable, build_edge_table
from ..mesh.graph import label_connected_nodes
from ..mesh.surface_sampling import SurfaceSamples, sample_surface
from ..mesh.triangle_distance import nearest_feet
from ..mesh.vtk_smp import sequential_vtk_smp
from .model_surface import ModelSurface
from .scan_noise import steady_offsets
from .scan_points import LOOSE_SHARE, ScanPoints, measured_points
from .trend import Trend, fit_trend
from .types import Pose

_LEAST_POINTS = 50  # near the model, to tell a trend
_TREND_POINTS = 60_000
_SMALL_NEAR, _LARGE_NEAR = 0.5, 0.05  # shares of a piece near the model from which on it belongs to the part
_DRAWN_POINTS = 100_000  # at most, on large triangles of a scan
_BESIDE_MM = 0.05  # a sample whose nearest place on the rim of a gap lies farther aside than this is not seen


@dataclass(frozen=True)
class DeviationMap:
    """Signed distances, outside positive.

    Attributes
    ----------
    samples
        Points of the model with normals and areas.
    values
        (n,) mm from there to the nearest place of the scan, whose noise was taken out before; nan where the scan shows nothing.
    scan
        Points of the scan as they lie on the model, first those of its file, in their order.
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
    surface: ModelSurface,
    part: Mesh,
    pose: Pose,
    *,
    gross_mm: float,
    budget: int = 60_000,
    pieces: tuple[np.ndarray, int] | None = None,
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
    pieces
        `label_components` of the part, where they are at hand.
    """
    scan = measured_points(part, _DRAWN_POINTS, seed=1)
    placed = ScanPoints(pose.apply(scan.points), scan.normals @ pose.rotation.T, scan.triangle, scan.areas)
    samples = sample_surface(surface.mesh, budget)
    trend = _trend(surface, placed, gross_mm)
    # Without what the whole does each point lies on its own face: on the print as it is, edges stand beside those of the model.
    at_rest = placed.points if trend is None else trend.undone(placed.points)
    left, facing = signed_offsets(surface, at_rest)
    offsets = left if trend is None else _offsets(surface, placed.points, at_rest, left, facing, trend, gross_mm)
    left = left - (0.0 if trend is None else trend.growth_mm)
    loose = _loose_pieces(part, label_components(part) if pieces is None else pieces, placed, offsets, gross_mm)
    kept = (np.abs(offsets) < gross_mm) & ~loose[0]
    usable = kept & (np.abs(left) < gross_mm) & (np.einsum("ij,ij->i", placed.normals, facing) > 0.3)
    own = slice(0, len(part.points))
    edges = build_edge_table(part.triangles)
    steady = steady_offsets(at_rest[own], facing[own], left[own], usable[own], edges)
    moved = np.where(usable[own], steady.values - left[own], 0.0)
    cleaned = Mesh(placed.points[own] + moved[:, None] * facing[own], part.triangles)
    near = kept[own][part.triangles].all(axis=1)
    values = _distances(samples, keep_triangles(cleaned, near), _rim(part, edges, near), gross_mm)
    return DeviationMap(
        samples, values, placed, np.where(loose[0], np.nan, offsets), steady.noise_mm, steady.error_mm, loose[1]
    )


def _trend(surface: ModelSurface, placed: ScanPoints, gross_mm: float) -> Trend | None:
    """What the whole part does, from some of its points; None where too few lie near the model to tell."""
    rows = np.random.default_rng(2).permutation(len(placed.points))[:_TREND_POINTS]
    points = placed.points[rows]
    offsets, facing = signed_offsets(surface, points)
    usable = (np.abs(offsets) < gross_mm) & (np.einsum("ij,ij->i", placed.normals[rows], facing) > 0.3)
    if usable.sum() < _LEAST_POINTS:
        return None
    half = np.maximum(surface.sides / 2.0, 1e-9)
    return fit_trend(points[usable], facing[usable], offsets[usable], surface.centre, half)


def _offsets(
    surface: ModelSurface,
    points: Points,
    at_rest: Points,
    left: np.ndarray,
    facing: Points,
    trend: Trend,
    gross_mm: float,
) -> np.ndarray:
    """(n,) mm from the points as they lie: what is left and the trend; measured again where that could be missing or extra material."""
    offsets = left + np.einsum("ij,ij->i", points - at_rest, facing)
    far = np.flatnonzero(np.abs(offsets) > 0.5 * gross_mm)
    if len(far):
        offsets[far] = signed_offsets(surface, points[far])[0]
    return offsets


def signed_offsets(surface: ModelSurface, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Signed distance (n,) mm of points to the model's triangles, outside positive, by vtkImplicitPolyDataDistance; and the unit normal
    (n, 3) of the model at the sample nearest to each."""
    from vtkmodules.util.numpy_support import numpy_to_vtk, vtk_to_numpy
    from vtkmodules.vtkCommonCore import vtkDoubleArray

    precise = np.ascontiguousarray(points, dtype=np.float64)
    found = vtkDoubleArray()
    with sequential_vtk_smp():
        surface.distance.FunctionValue(numpy_to_vtk(precise), found)
    _distance, nearest = surface.tree.query(precise, workers=-1)
    return vtk_to_numpy(found).copy(), surface.normals[surface.owner[nearest]]


def _loose_pieces(
    part: Mesh, pieces: tuple[np.ndarray, int], placed: ScanPoints, offsets: np.ndarray, gross_mm: float
) -> tuple[np.ndarray, int]:
    """Which points (k,) belong to pieces of which hardly anything lies near the model, and the number of such pieces.

    Of a large piece, a support or a table, a little that is near says that it hangs on the part; of a small one, dust in the scanner's
    view, most of it.
    """
    labels, count = pieces
    piece = labels[placed.triangle]
    near = np.bincount(piece, np.abs(offsets) < gross_mm, minlength=count)
    whole = np.bincount(piece, minlength=count)
    area = np.bincount(labels, np.linalg.norm(part.triangle_normals(), axis=1), minlength=count)
    loose = near < np.where(area < LOOSE_SHARE * area.sum(), _SMALL_NEAR, _LARGE_NEAR) * whole
    return loose[piece], int((loose & (whole > 0)).sum())


def _rim(part: Mesh, edges: EdgeTable, near: np.ndarray) -> np.ndarray:
    """(k,) bool for the points of `keep_triangles(part, near)`: those on edges that only one of the `near` (m,) triangles has."""
    if not near.any():
        return np.zeros(0, bool)
    sharing = np.add.reduceat(near[edges.order // 3].astype(np.int64), edges.start)
    rim, used = np.zeros(len(part.points), bool), np.zeros(len(part.points), bool)
    rim[edges.ends[sharing == 1].ravel()] = True
    used[part.triangles[near].ravel()] = True
    return rim if near.all() else rim[used]


def _distances(samples: SurfaceSamples, scanned: Mesh, rim: np.ndarray, gross_mm: float) -> np.ndarray:
    """(n,) signed mm from each sample to the nearest place of a scan, outside positive; nan where it shows nothing: where that place is on
    the `rim` (k,) of a gap and lies aside, faces the other way, or is farther than `gross_mm`."""
    if not len(scanned.triangles):
        return np.full(len(samples.points), np.nan)
    triangle, foot = nearest_feet(samples.points, scanned)
    gap = foot - samples.points
    facing = scanned.triangle_normals()
    facing /= np.maximum(np.sqrt(np.einsum("ij,ij->i", facing, facing)), 1e-12)[:, None]
    around = np.zeros((len(scanned.points), 3))
    for axis in range(3):
        around[:, axis] = np.bincount(
            scanned.triangles.ravel(), np.repeat(facing[:, axis], 3), minlength=len(scanned.points)
        )
    # Beyond an edge one triangle's plane does not tell the side.
    outward = around[scanned.triangles[triangle]].sum(axis=1)
    size = np.linalg.norm(gap, axis=1)
    values = np.where(np.einsum("ij,ij->i", gap, outward) < 0.0, -size, size)
    along = np.einsum("ij,ij->i", gap, facing[triangle])
    aside = np.linalg.norm(gap - along[:, None] * facing[triangle], axis=1)
    hidden = rim[scanned.triangles[triangle]].any(axis=1) & (aside > _BESIDE_MM)
    hidden |= (np.einsum("ij,ij->i", outward, samples.normals) <= 0.0) | (size > gross_mm)
    return np.where(hidden, np.nan, values)


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
