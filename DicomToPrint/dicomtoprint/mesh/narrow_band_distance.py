"""Distance field in a narrow band about a surface, on a regular grid: what hollowing, wrapping and curved text offset by."""

import numpy as np

from ..messages import _
from ..progress import ProgressCallback, no_progress, subprogress
from .arrays import Mask, Points
from .core import Mesh
from .edge_table import build_edge_table
from .grid import Grid
from .sample_tree import build_sample_tree, sample_triangles
from .triangle_distance import point_triangle_distance
from .triangle_lattice import longest_sides

SAMPLE_SPACING_VOXELS = (
    1.75  # distance of surface samples: the triangles of a contour, none of which is longer, have one each
)
MAX_WALK_STEPS = 8  # steps over edges towards the nearest triangle
EXACT_BAND_VOXELS = 1.15  # half width of the band about the wanted distance in which it is measured to triangles
BAND_MARGIN_VOXELS = 1.25  # how far beyond the wanted distance samples are propagated: just over a neighbour
FACE_NEIGHBOURS = np.concatenate([np.eye(3, dtype=np.int64), -np.eye(3, dtype=np.int64)])  # steps along k, j, i


def inner_offset_field(
    mesh: Mesh, grid: Grid, within: Mask, distance: float, progress: ProgressCallback = no_progress
) -> np.ndarray:
    """A field whose zero level is the inward offset of a mesh.

    Parameters
    ----------
    mesh
        A closed surface, points in mm.
    grid
        The voxels.
    within
        (k, j, i) bool, the inside of the mesh.
    distance
        Offset in mm.
    progress
        Called with fraction and phrase.

    Returns
    -------
    numpy.ndarray
        (k, j, i) float32 in mm, positive deeper than the offset. Exact as `narrow_band_distance` at both ends of every grid edge
        that the zero level intersects; elsewhere only the sign is meaningful.
    """
    field = narrow_band_distance(mesh, grid, within, distance, progress)
    field -= np.float32(distance)
    np.minimum(field, np.float32(grid.spacing), out=field)
    field[~within] = -np.float32(grid.spacing)
    return field


def narrow_band_distance(
    mesh: Mesh, grid: Grid, side: Mask, reach: float, progress: ProgressCallback = no_progress
) -> np.ndarray:
    """Distance of voxels from a mesh, on one side of it.

    Parameters
    ----------
    mesh
        A closed surface, points in mm.
    grid
        The voxels; none nearer to the mesh than `reach` and two voxels may lie at its border.
    side
        (k, j, i) bool, the inside of the mesh or its outside.
    reach
        In mm.
    progress
        Called with fraction and phrase.

    Returns
    -------
    numpy.ndarray
        (k, j, i) float32 in mm, inf off `side` and farther than about `reach`. Within a voxel of `reach` the distance to the
        nearest triangle near the nearest surface sample, elsewhere to that sample.

    Notes
    -----
    Nearest samples are propagated from voxel to voxel; time and memory grow with the surface, but for 9 bytes a voxel.

    References
    ----------
    Danielsson, "Euclidean distance mapping", Computer Graphics and Image Processing 14, 1980.
    """
    points, owner, corners = _with_corners(mesh, SAMPLE_SPACING_VOXELS * grid.spacing)
    samples = ((points - grid.origin) / grid.spacing).astype(np.float32)[:, ::-1]
    strides = np.array([side.shape[1] * side.shape[2], side.shape[2], 1])
    found, nearest = _propagate(samples, side, strides, reach / grid.spacing, subprogress(progress, 0.0, 0.7))
    np.sqrt(found, out=found)
    found *= np.float32(grid.spacing)
    rows = np.flatnonzero(np.abs(found - np.float32(reach)) < EXACT_BAND_VOXELS * grid.spacing)
    at = grid.points(np.stack(np.unravel_index(rows, side.shape), axis=1))
    progress(0.7, _("measuring distances"))
    exact = _nearest_triangle_distance(mesh, corners, at, owner[nearest[rows]])
    found[rows] = exact
    return found.reshape(side.shape)


def local_mesh_distance(mesh: Mesh, points: Points, step: float) -> np.ndarray:
    """(n,) mm from points (n, 3) LPS mm, most of which lie nearer than `step` mm to the mesh, to it: to the nearest triangle
    around the nearest sample, samples being `step` mm apart."""
    surface = build_sample_tree(mesh, step)
    _unused, nearest = surface.tree.query(points, workers=-1)
    return _nearest_triangle_distance(mesh, surface.corners, points, surface.owner[nearest])


def _nearest_triangle_distance(mesh: Mesh, corners: np.ndarray, at: np.ndarray, start: np.ndarray) -> np.ndarray:
    """(n,) mm from the points `at` (n, 3) to the nearest triangle that is reached over sides from triangle `start` (n,), ever nearer."""
    edges = build_edge_table(mesh.triangles)
    first, second = edges.pairs()
    beside = np.repeat(np.arange(len(mesh.triangles))[:, None], 3, axis=1)
    beside[first // 3, first % 3], beside[second // 3, second % 3] = second // 3, first // 3
    own, away = start.copy(), point_triangle_distance(at, corners[start])
    rows = np.arange(len(at))
    for _unused in range(MAX_WALK_STEPS):
        best, to = away[rows], own[rows]
        for side in range(3):
            other = beside[own[rows], side]
            there = point_triangle_distance(at[rows], corners[other])
            nearer = there < best
            best[nearer], to[nearer] = there[nearer], other[nearer]
        moved = best < away[rows]
        away[rows], own[rows] = best, to
        rows = rows[moved]
    return away


def _with_corners(mesh: Mesh, step: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """As `sample_triangles`, with the corners of large triangles too, from which the lattice stays away."""
    points, owner, corners = sample_triangles(mesh, step)
    large = longest_sides(corners) > step
    at, first = np.unique(mesh.triangles[large], return_index=True)
    return (
        np.concatenate([points, mesh.points[at].astype(np.float64)]),
        np.concatenate([owner, np.flatnonzero(large)[first // 3]]),
        corners,
    )


def _propagate(
    samples: np.ndarray, side: np.ndarray, strides: np.ndarray, reach: float, progress: ProgressCallback
) -> tuple[np.ndarray, np.ndarray]:
    """Propagates the nearest of the `samples` (n, 3), in voxels (k, j, i), over the voxels of `side` within `reach` voxels.

    Returns the squared distance (voxels,) in voxels, inf where not reached, and the index of the nearest sample (voxels,).
    """
    squared = np.full(side.size, np.inf, dtype=np.float32)
    nearest = np.zeros(side.size, dtype=np.int32)
    changed = np.zeros(side.size, dtype=bool)
    open_ = side.ravel()
    _initialize(samples, open_, strides, squared, nearest, changed)
    farthest = np.float32((reach + BAND_MARGIN_VOXELS) ** 2)
    done = 0
    while True:
        front = np.flatnonzero(changed)
        if len(front) == 0:
            return squared, nearest
        progress(min(done / (reach + BAND_MARGIN_VOXELS), 1.0), _("measuring distances"))
        done += 1
        changed[front] = False
        own = nearest[front]
        away = np.stack(np.unravel_index(front, side.shape), axis=1).astype(np.float32) - samples[own]
        for step in FACE_NEIGHBOURS:
            gap = away + step.astype(np.float32)
            reached = np.einsum("ij,ij->i", gap, gap)
            to = front + int(step @ strides)
            nearer = np.flatnonzero((reached < squared[to]) & (reached <= farthest) & open_[to])
            to = to[nearer]
            squared[to], nearest[to], changed[to] = reached[nearer], own[nearer], True


def _initialize(
    samples: np.ndarray,
    open_: np.ndarray,
    strides: np.ndarray,
    squared: np.ndarray,
    nearest: np.ndarray,
    changed: np.ndarray,
) -> None:
    """Initializes the voxel that holds each sample and its six face neighbours, in place: a surface through the centre of a voxel
    has samples on both sides."""
    at = np.rint(samples)
    away, to_middle = at - samples, at.astype(np.int64) @ strides
    for step in (np.zeros(3, dtype=np.int64), *FACE_NEIGHBOURS):
        to = to_middle + int(step @ strides)
        gap = away + step.astype(np.float32)
        reached = np.einsum("ij,ij->i", gap, gap)
        rows = np.flatnonzero(open_[to] & (reached < squared[to]))
        # Assigned in order: of the samples that meet at one voxel the nearest is the last.
        rows = rows[np.argsort(-reached[rows], kind="stable")]
        squared[to[rows]], nearest[to[rows]], changed[to[rows]] = reached[rows], rows, True
