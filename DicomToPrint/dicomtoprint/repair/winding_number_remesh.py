"""A new closed surface around whatever triangles there are: the last resort of repair."""

from collections.abc import Iterator

import numpy as np

from ..mesh.core import Mesh
from ..mesh.isosurface import extract_isosurface
from ..mesh.scalar_field import ScalarField
from ..mesh.triangle_distance import point_triangle_distance
from ..mesh.triangle_lattice import longest_sides, subdivide_slender, subtriangle_centroids

_CELLS = 110  # along the longest side of the model
_MARGIN = 8  # cells around the model, at whose border the winding number is 0
_BLOCK = 200_000  # samples at once: about 100 MB


def winding_number_remesh(mesh: Mesh, cells: int = _CELLS) -> Mesh:
    """The half-level surface of the generalised winding number, at the distance of the triangles.

    The winding number jumps by one across each triangle and is smooth elsewhere, so it solves Poisson's equation with the divergence of
    the triangles' area vectors; it bridges holes and does not mind overlaps. It gives the sign, samples of the triangles give the
    distance. Details below two cells (the longest side over 55) are lost. Returns an empty mesh where no cell lies inside.
    Time and memory go with the grid and with the surface in cells, however many or slender the triangles are.

    References
    ----------
    Jacobson, Kavan, Sorkine-Hornung: Robust inside-outside segmentation using generalized winding numbers. SIGGRAPH 2013.
    Kazhdan, Bolitho, Hoppe: Poisson surface reconstruction. SGP 2006.
    """
    triangles = mesh.triangles[np.isfinite(mesh.points[mesh.triangles]).all(axis=(1, 2))]
    if len(triangles) == 0:
        return Mesh(np.zeros((0, 3), np.float32), np.zeros((0, 3), np.int32), mesh.name, mesh.color)
    corners = mesh.points.astype(np.float64)[triangles]
    low, high = corners.min(axis=(0, 1)), corners.max(axis=(0, 1))
    step = max(float((high - low).max()) / cells, 1e-9)
    origin = low - _MARGIN * step
    i, j, k = (int(n) for n in np.ceil((high - origin) / step).astype(int) + _MARGIN + 1)
    shape = (k, j, i)
    flow = [np.zeros(i * j * k) for _ in range(3)]
    kept, owners, begun = [], [], 0
    for block in _blocks(corners, step):
        points, vectors, owner = _samples(block, step)
        for axis in range(3):
            # Between the nodes along its own axis, where the winding number's difference is.
            between = origin + 0.5 * step * np.eye(3)[axis]
            _splat(flow[axis], points, vectors[:, axis], between, step, shape)
        some = _one_each(points, origin, 0.5 * step)
        kept.append(points[some])
        owners.append(owner[some] + begun)
        begun += len(block)
    samples, owner = np.concatenate(kept), np.concatenate(owners)
    some = _one_each(samples, origin, 0.5 * step)
    field = _signed(_winding(flow, step, shape), samples[some], corners[owner[some]], origin, step, shape)
    affine = np.diag([step, step, step, 1.0])
    affine[:3, 3] = origin
    made, _ = extract_isosurface(ScalarField(field, 0.0, (0, 0, 0), shape, affine, True))
    return Mesh(made.points, made.triangles, mesh.name, mesh.color)


def finest_cells(mesh: Mesh, nodes: int) -> int:
    """Cells along the longest side for which the grid around the mesh has at most so many nodes: the slimmer it is, the more."""
    size = np.maximum(np.ptp(mesh.points[mesh.triangles].reshape(-1, 3).astype(np.float64), axis=0), 1e-9)
    share = size / size.max()
    counts = np.arange(8, 1024)
    total = np.prod(np.ceil(counts[:, None] * share) + 2 * _MARGIN + 1, axis=1)
    return int(counts[total <= nodes].max(initial=0))


def _blocks(corners: np.ndarray, step: float) -> Iterator[np.ndarray]:
    """The triangles in blocks of at most about `_BLOCK` samples."""
    longest = longest_sides(corners) / step + 1.0
    height = 2.0 * np.linalg.norm(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1)
    expected = np.cumsum(8.0 * longest + height / step**2)
    begun = 0
    while begun < len(corners):
        used = expected[begun - 1] if begun else 0.0
        end = max(begun + 1, int(np.searchsorted(expected, used + _BLOCK)))
        yield corners[begun:end]
        begun = end


def _one_each(points: np.ndarray, origin: np.ndarray, size: float) -> np.ndarray:
    """Rows of the points (n, 3), one in each cube of that size."""
    i, j, k = (np.floor((points - origin) / size).astype(np.int64) + 1).T
    key = (k * (int(j.max()) + 1) + j) * (int(i.max()) + 1) + i
    return np.unique(key, return_index=True)[1]


def _samples(corners: np.ndarray, step: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Points on all triangles, about a step apart, the area vector and the triangle of each. Slender triangles are cut into short ones
    first."""
    pieces, piece_of = subdivide_slender(corners, 0.5 * step)
    points, vectors, owner = [], [], []
    divisions = np.minimum(np.ceil(longest_sides(pieces) / step).astype(int), 512)
    divisions = np.maximum(divisions, 1)
    for count in np.unique(divisions):
        chosen = pieces[divisions == count]
        v, u = subtriangle_centroids(int(count))
        at = (
            chosen[:, None, 0]
            + u[None, :, None] * (chosen[:, None, 1] - chosen[:, None, 0])
            + v[None, :, None] * (chosen[:, None, 2] - chosen[:, None, 0])
        )
        area = np.cross(chosen[:, 1] - chosen[:, 0], chosen[:, 2] - chosen[:, 0]) / (2.0 * count**2)
        points.append(at.reshape(-1, 3))
        vectors.append(np.repeat(area, len(u), axis=0))
        owner.append(np.repeat(piece_of[divisions == count], len(u)))
    return np.concatenate(points), np.concatenate(vectors), np.concatenate(owner)


def _winding(flow: list[np.ndarray], step: float, shape: tuple[int, ...]) -> np.ndarray:
    """(k, j, i) winding number with the difference `flow` x, y, z between the nodes along each axis, 0 at the border of the grid: Poisson's
    equation by sine transforms."""
    from scipy import fft

    source = np.zeros(shape, dtype=np.float32)
    for axis, part in enumerate(flow):
        grid = (part.reshape(shape) / step**2).astype(np.float32)
        along = 2 - axis
        source -= np.diff(grid, axis=along, prepend=0.0)
    source = fft.dstn(source, type=1, workers=-1)
    total = np.zeros((1, 1, 1))
    for axis, size in enumerate(shape):
        wave = 2.0 - 2.0 * np.cos(np.pi * np.arange(1, size + 1) / (size + 1))
        reached = wave.reshape([-1 if other == axis else 1 for other in range(3)])
        total = total + reached
    return fft.idstn(source / -total.astype(np.float32), type=1, workers=-1)


def _splat(
    grid: np.ndarray, samples: np.ndarray, values: np.ndarray, origin: np.ndarray, step: float, shape: tuple[int, ...]
) -> None:
    """Adds `values` (n,) at `samples` (n, 3) to the eight nodes around each, by their nearness."""
    at = (samples - origin) / step
    base = np.floor(at).astype(np.int64)
    rest = at - base
    for corner in np.ndindex(2, 2, 2):
        weight = np.prod(np.where(np.array(corner) == 1, rest, 1.0 - rest), axis=1)
        i, j, k = (base + np.array(corner)).T
        grid += np.bincount((k * shape[1] + j) * shape[2] + i, weight * values, minlength=len(grid))


def _signed(
    winding: np.ndarray,
    samples: np.ndarray,
    corners: np.ndarray,
    origin: np.ndarray,
    step: float,
    shape: tuple[int, ...],
) -> np.ndarray:
    """Positive inside; distance in mm near the surface, capped at two steps, and never zero. `corners` (n, 3, 3) are the triangles
    of the samples (n, 3)."""
    from scipy.spatial import cKDTree

    inside = winding > 0.5
    cap = 2.0 * step
    distance = np.full(shape, cap)
    near = np.zeros(shape, dtype=bool)
    at = np.round((samples - origin) / step).astype(np.int64)
    for offset in np.ndindex(3, 3, 3):
        i, j, k = (at + np.array(offset) - 1).T
        near[k, j, i] = True
    k, j, i = np.nonzero(near)
    places = origin + np.stack([i, j, k], axis=1) * step
    _, nearest = cKDTree(samples, balanced_tree=False, compact_nodes=False).query(places, workers=-1)
    distance[k, j, i] = np.clip(point_triangle_distance(places, corners[nearest]), 0.02 * step, cap)
    # A change of sign without a triangle nearby (a bridged hole) lies where the winding number says.
    free = np.clip(np.abs(winding - 0.5) * 2.0 * cap, 0.02 * step, cap)
    distance = np.where(near, np.maximum(distance, 0.02 * step), free)
    return np.where(inside, distance, -distance).astype(np.float32)
