"""A surface scan as points with normals that its noise does not turn about."""

from dataclasses import dataclass

import numpy as np

from ..mesh.arrays import Points
from ..mesh.core import Mesh
from ..mesh.surface_sampling import draw_by_weight

LOOSE_SHARE = 0.02  # pieces of a scan with less of its area are dust in its view, unless they lie on the model
_LARGE = 2.0  # of the median area: larger triangles count no more
_WIDE_MM = 1.5  # triangles of more than about this length are sampled
_SMOOTHED_MM = 0.6  # normals are means over about this: three times the noise of a poor scanner


@dataclass(frozen=True)
class ScanPoints:
    """`points` (n, 3) float64 mm; unit `normals` (n, 3) outward; `triangle` (n,) they lie on; `areas` (n,) mm2 that each stands for.

    `sharing` is how many there are for each point that the scanner measured, since those of one triangle share its noise; `spacing_mm`
    is how far apart the scanner's points lie: the longest side of most triangles, since that is what an edge loses.
    """

    points: Points
    normals: Points
    triangle: np.ndarray
    areas: np.ndarray
    sharing: float = 1.0
    spacing_mm: float = 0.0


def measured_areas(mesh: Mesh) -> np.ndarray:
    """(m,) weights for `sample_scan`: areas, of large triangles cut off.

    A scanner's program that thins out flat places leaves points there that are as noisy as all others, and each stands for much area. By
    area they would have the most to say of the pose.
    """
    areas = np.linalg.norm(mesh.triangle_normals(), axis=1)
    weights: np.ndarray = np.minimum(areas, _LARGE * np.median(areas))
    return weights if weights.sum() > 0.0 else areas


def draw_points(
    mesh: Mesh, count: int, seed: int = 0, weights: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray, Points]:
    """`count` places on the triangles of `mesh` (mm) in proportion to `weights` (m,), without them to their area, in an order of
    chance: the triangle (n,) of each, its shares (n, 3) of the corners, and the points (n, 3)."""
    random = np.random.default_rng(seed)
    u, v = np.sqrt(random.random(count)), random.random(count)
    shares = np.stack([1.0 - u, u * (1.0 - v), u * v], axis=1)
    positions = random.permutation((np.arange(count) + random.random(count)) / count)
    weights = np.linalg.norm(mesh.triangle_normals(), axis=1) if weights is None else weights
    triangle, points = draw_by_weight(mesh, weights, positions, shares)
    return triangle, shares, points


def corner_normals(mesh: Mesh) -> Points | None:
    """Unit normals (k, 3) at the points of a scan, averaged over about what noise turns about; None where its triangles are large, and tell
    them better."""
    rounds = _smoothing_rounds(mesh)
    return None if rounds == 0 else _vertex_normals(mesh, mesh.triangle_normals(), rounds)


def sample_scan(
    mesh: Mesh, count: int, seed: int = 0, weights: np.ndarray | None = None, at_points: Points | None = None
) -> ScanPoints:
    """`count` points on the triangles of `mesh` as `draw_points` gives them; `at_points` are its `corner_normals`, where they are at
    hand."""
    triangle, shares, points = draw_points(mesh, count, seed, weights)
    facing = mesh.triangle_normals()
    doubled = np.linalg.norm(facing, axis=1)
    at_points = corner_normals(mesh) if at_points is None else at_points
    normals = (
        facing[triangle] if at_points is None else np.einsum("nc,ncx->nx", shares, at_points[mesh.triangles[triangle]])
    )
    length = np.linalg.norm(normals, axis=1, keepdims=True)
    areas = np.full(count, float(doubled.sum() / 2.0 / count))
    sharing = max(count / len(mesh.points), 1.0)
    return ScanPoints(points, normals / np.maximum(length, 1e-12), triangle, areas, sharing, _spacing(mesh))


def measured_points(mesh: Mesh, most_drawn: int, seed: int = 0) -> ScanPoints:
    """The points of a scan as they were measured, in their order, then `most_drawn` at most on triangles too large to be told by their
    corners: noise is each measured point's own."""
    facing = mesh.triangle_normals()
    doubled = np.linalg.norm(facing, axis=1)
    corners = mesh.triangles.ravel()
    large = np.where(doubled > _WIDE_MM**2, doubled, 0.0)
    # The area of large triangles is told by the points on them, not by their corners.
    areas = np.bincount(corners, np.repeat((doubled - large) / 6.0, 3), minlength=len(mesh.points))
    owner = np.zeros(len(mesh.points), np.int64)
    owner[corners] = np.repeat(np.arange(len(mesh.triangles)), 3)
    normals = _vertex_normals(mesh, facing, max(_smoothing_rounds(mesh), 1))
    measured = ScanPoints(mesh.points.astype(np.float64), normals, owner, areas)
    if not large.any():
        return measured
    count = int(np.clip(large.sum() / 2.0 / _WIDE_MM**2 * 4.0, 1, most_drawn))
    drawn = sample_scan(mesh, count, seed, large)
    return ScanPoints(
        np.concatenate([measured.points, drawn.points]),
        np.concatenate([measured.normals, drawn.normals]),
        np.concatenate([measured.triangle, drawn.triangle]),
        np.concatenate([areas, np.full(count, large.sum() / 2.0 / count)]),
    )


def _smoothing_rounds(mesh: Mesh) -> int:
    """How often normals are averaged with their neighbours: not at all where the triangles are large and so hold the edges."""
    edge = float(np.median(_side_lengths(mesh)[:, 0]))
    return int(np.clip((_SMOOTHED_MM / max(edge, 1e-6)) ** 2, 0, 8))


def _spacing(mesh: Mesh) -> float:
    return float(np.median(_side_lengths(mesh).max(axis=1)))


def _side_lengths(mesh: Mesh) -> np.ndarray:
    """(k, 3) mm, the sides of some of the triangles."""
    corners = mesh.points[mesh.triangles[:: max(1, len(mesh.triangles) // 20_000)]].astype(np.float64)
    sides: np.ndarray = np.linalg.norm(np.roll(corners, -1, axis=1) - corners, axis=2)
    return sides


def _vertex_normals(mesh: Mesh, facing: Points, rounds: int) -> Points:
    from scipy import sparse

    count, corners = len(mesh.triangles), mesh.triangles.ravel()
    ones = np.ones(len(corners))
    # A row of `around` holds the corners of a triangle; sums along axis 1 of millions of rows would be most of the work.
    around = sparse.csr_array((ones, corners, np.arange(0, len(corners) + 1, 3)), (count, len(mesh.points)))
    meeting = around.T.tocsr()
    normals, at_triangles = np.zeros(mesh.points.shape), facing
    for _round in range(rounds):
        normals = meeting @ at_triangles
        normals /= np.maximum(np.sqrt(np.einsum("ij,ij->i", normals, normals)), 1e-12)[:, None]
        at_triangles = around @ normals
    return normals
