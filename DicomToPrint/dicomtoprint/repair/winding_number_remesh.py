"""A new closed surface around whatever triangles there are: the last resort of repair."""

import numpy as np

from ..mesh.core import Mesh
from ..mesh.isosurface import extract_isosurface
from ..mesh.scalar_field import ScalarField
from ..mesh.triangle_lattice import longest_sides, subtriangle_centroids

_CELLS = 110  # along the longest side of the model


def winding_number_remesh(mesh: Mesh, cells: int = _CELLS) -> Mesh:
    """The half-level surface of the generalised winding number (Jacobson, Kavan and Sorkine 2013), at the distance of
    the triangles.

    The winding number is the potential of a layer of dipoles on the surface, taken on a grid by convolution (FFT); it
    bridges holes and does not mind overlaps. It gives the sign, samples of the triangles give the distance. Details
    below two cells (the longest side over 55) are lost. Returns an empty mesh where no cell lies inside.
    """
    triangles = mesh.triangles[np.isfinite(mesh.points[mesh.triangles]).all(axis=(1, 2))]
    if len(triangles) == 0:
        return Mesh(np.zeros((0, 3), np.float32), np.zeros((0, 3), np.int32), mesh.name, mesh.color)
    corners = mesh.points.astype(np.float64)[triangles]
    low, high = corners.min(axis=(0, 1)), corners.max(axis=(0, 1))
    step = max(float((high - low).max()) / cells, 1e-9)
    origin = low - 3.0 * step
    i, j, k = (int(n) for n in np.ceil((high - origin) / step).astype(int) + 4)
    shape = (k, j, i)
    samples, weighted = _samples(corners, step)
    winding = _winding(samples, weighted, origin, step, shape)
    field = _signed(winding, samples, origin, step, shape)
    affine = np.diag([step, step, step, 1.0])
    affine[:3, 3] = origin
    made, _ = extract_isosurface(ScalarField(field, 0.0, (0, 0, 0), shape, affine, True))
    return Mesh(made.points, made.triangles, mesh.name, mesh.color)


def _samples(corners: np.ndarray, step: float) -> tuple[np.ndarray, np.ndarray]:
    """Points on all triangles, about half a step apart, and the area vector of each.

    Not `mesh.sample_tree.sample_triangles`: each point stands for the same area of its triangle, so slender ones stay whole, and the
    divisions are powers of two. Points summed in its order of operations would move by a rounding, and the surface with them.
    """
    points, vectors = [], []
    longest = longest_sides(corners)
    pieces = np.minimum(2 ** np.ceil(np.log2(np.maximum(longest / (0.5 * step), 1.0))).astype(int), 512)
    for count in np.unique(pieces):
        chosen = corners[pieces == count]
        v, u = subtriangle_centroids(int(count))
        at = (
            chosen[:, None, 0]
            + u[None, :, None] * (chosen[:, None, 1] - chosen[:, None, 0])
            + v[None, :, None] * (chosen[:, None, 2] - chosen[:, None, 0])
        )
        area = np.cross(chosen[:, 1] - chosen[:, 0], chosen[:, 2] - chosen[:, 0]) / (2.0 * count**2)
        points.append(at.reshape(-1, 3))
        vectors.append(np.repeat(area, len(u), axis=0))
    return np.concatenate(points), np.concatenate(vectors)


def _winding(
    samples: np.ndarray, vectors: np.ndarray, origin: np.ndarray, step: float, shape: tuple[int, ...]
) -> np.ndarray:
    from scipy import fft

    padded = tuple(fft.next_fast_len(2 * n, real=True) for n in shape)
    axes = [np.fft.fftfreq(n, 1.0 / n) * step for n in padded]
    z, y, x = np.meshgrid(*axes, indexing="ij", sparse=True)
    # Distances below a cell are rounded off: the layer of dipoles becomes one cell thick.
    cubed = 4.0 * np.pi * (x * x + y * y + z * z + (0.5 * step) ** 2) ** 1.5
    total = None
    for k, coordinate in enumerate((x, y, z)):
        layer = fft.rfftn(_splat(samples, vectors[:, k], origin, step, shape), padded, workers=-1)
        layer *= fft.rfftn((-coordinate / cubed).astype(np.float32), workers=-1)
        total = layer if total is None else total + layer
    winding = fft.irfftn(total, padded, workers=-1)
    return winding[tuple(slice(0, n) for n in shape)]


def _splat(
    samples: np.ndarray, values: np.ndarray, origin: np.ndarray, step: float, shape: tuple[int, ...]
) -> np.ndarray:
    at = (samples - origin) / step
    base = np.floor(at).astype(np.int64)
    rest = at - base
    grid = np.zeros(int(np.prod(shape)))
    for corner in np.ndindex(2, 2, 2):
        weight = np.prod(np.where(np.array(corner) == 1, rest, 1.0 - rest), axis=1)
        i, j, k = (base + np.array(corner)).T
        grid += np.bincount((k * shape[1] + j) * shape[2] + i, weight * values, minlength=len(grid))
    return grid.reshape(shape).astype(np.float32)


def _signed(
    winding: np.ndarray, samples: np.ndarray, origin: np.ndarray, step: float, shape: tuple[int, ...]
) -> np.ndarray:
    """Positive inside; distance in mm near the surface, capped at two steps, and never zero."""
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
    found, _ = cKDTree(samples, balanced_tree=False, compact_nodes=False).query(places, workers=-1)
    distance[k, j, i] = np.clip(found, 0.02 * step, cap)
    # A change of sign without a triangle nearby (a bridged hole) lies where the winding number says.
    free = np.clip(np.abs(winding - 0.5) * 2.0 * cap, 0.02 * step, cap)
    distance = np.where(near, np.maximum(distance, 0.02 * step), free)
    return np.where(inside, distance, -distance).astype(np.float32)
