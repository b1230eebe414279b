"""Surfaces of fields on a grid."""

import numpy as np

from ..errors import RefusedError
from ..mesh.core import Mesh, flying_edges
from ..mesh.grid import Grid
from ..messages import _
from ..voxel_components import label_components


def remove_small_components(field: np.ndarray, fewest: float, step: float) -> bool:
    """Takes parts of fewer than `fewest` voxels above zero out of `field` (k, j, i), in place; False where nothing is left."""
    parts = label_components(field > 0)
    if parts is None:
        return False
    small = parts.counts < fewest
    small[0] = False
    if small.any():
        field[parts.box][small[parts.labels]] = -np.float32(step)
    return bool((parts.counts[1:] >= fewest).any())


def isosurface_mesh(field: np.ndarray, grid: Grid, like: Mesh) -> Mesh:
    """Closed surface where the field rises through zero, in LPS mm, facing away from the positive side.

    No sample may equal the level and the border is outside, so the result is closed and manifold. Raises `RefusedError` where nothing is
    positive.
    """
    if not (field > 0).any():
        raise RefusedError(_("Nothing of '{like}' is thick enough for this: choose a smaller size.", like=like.name))
    padded = np.pad(field, 1, constant_values=-np.float32(grid.spacing))
    points, triangles = zero_isosurface(padded, grid.spacing)
    return Mesh((grid.origin + grid.spacing * (points - 1.0)).astype(np.float32), triangles, like.name, like.color)


def zero_isosurface(field: np.ndarray, step: float) -> tuple[np.ndarray, np.ndarray]:
    """Points (n, 3) float64 along i, j, k in voxels, and triangles, of the surface where `field` (k, j, i) rises through zero.

    It faces away from the positive side and is open where it meets the border. `step` mm is a voxel: samples at the level, or a
    hair from it, would make triangles without area and are moved off it, in `field` itself.
    """
    tiny = np.float32(1e-3 * step)
    np.copyto(field, tiny, where=(field >= 0) & (field < tiny))
    np.copyto(field, -tiny, where=(field < 0) & (field > -tiny))
    found = flying_edges(field, 0.0)
    return found.points.astype(np.float64), found.triangles.astype(np.int64)
