"""The closed surface of a union of balls, on fine voxels, block by block: memory goes with the surface, not with the model."""

import numpy as np

from ..mesh.core import Mesh
from ..mesh.grid import Grid
from ..messages import _
from ..progress import ProgressCallback, no_progress
from .voxel_grid import zero_isosurface

RADIUS_LEVELS = 3  # radii are taken in so many steps, each rounded down
BLOCK = 64  # voxels along a block's edge


def ball_union_surface(
    centres: np.ndarray, radius: np.ndarray, spacing: float, like: Mesh, progress: ProgressCallback = no_progress
) -> Mesh | None:
    """Surface of the balls about `centres` (n, 3) LPS mm with `radius` (n,) mm, on cubic voxels of `spacing` mm; None without any ball.

    Neighbouring blocks share a plane of voxels, so that their surfaces have the same points there: each point lies on one edge
    of the grid, which is its name. The result is closed and manifold.
    """
    from scipy.spatial import cKDTree

    centres, radius = _one_a_cell(centres, radius, spacing / 2.0)
    keep = radius > spacing
    if not keep.any():
        return None
    centres, radius = centres[keep], radius[keep]
    origin = centres.min(axis=0) - radius.max() - 3.0 * spacing
    levels = [(cKDTree(centres[chosen]), float(radius[chosen].min())) for chosen in _levels(radius)]
    cells = np.floor((centres - origin) / (BLOCK * spacing)).astype(np.int64)
    reach = int(np.ceil((radius.max() + 3.0 * spacing) / (BLOCK * spacing)))
    blocks = _with_neighbours(cells, reach)
    points, triangles, names, count = [], [], [], 0
    for number, block in enumerate(blocks):
        progress(number / len(blocks), _("thickening"))
        grid = Grid(origin + block * BLOCK * spacing, spacing, (BLOCK + 1, BLOCK + 1, BLOCK + 1))
        surface = _in_block(grid, levels)
        if surface is None:
            continue
        local, faces = surface
        points.append(grid.origin + spacing * local)
        names.append(_edge_names(local, block * BLOCK))
        triangles.append(faces + count)
        count += len(local)
    if not points:
        return None
    _unused, first, same = np.unique(np.concatenate(names), axis=0, return_index=True, return_inverse=True)
    return Mesh(np.concatenate(points)[first], same.reshape(-1)[np.concatenate(triangles)], like.name, like.color)


def _levels(radius: np.ndarray) -> list[np.ndarray]:
    if np.ptp(radius) < 0.02:
        return [np.ones(len(radius), dtype=bool)]
    edges = np.linspace(radius.min(), radius.max(), RADIUS_LEVELS + 1)
    # The largest radius is the wanted one of most balls: it is a level of its own, not rounded down.
    level = np.where(
        radius > radius.max() - 1e-6,
        RADIUS_LEVELS,
        np.clip(np.searchsorted(edges, radius, side="right") - 1, 0, RADIUS_LEVELS - 1),
    )
    return [level == one for one in np.unique(level)]


def _with_neighbours(cells: np.ndarray, reach: int) -> np.ndarray:
    """(n, 3) blocks that hold a centre or lie within `reach` blocks of one that does."""
    cells = np.unique(cells, axis=0)
    around = np.stack(np.meshgrid(*3 * [np.arange(-reach, reach + 1)], indexing="ij"), axis=-1).reshape(-1, 3)
    return np.unique((cells[:, None] + around).reshape(-1, 3), axis=0)


def _in_block(grid: Grid, levels: list) -> tuple[np.ndarray, np.ndarray] | None:
    """Points (n, 3) in voxels of the block and triangles of the surface in it; None where there is none."""
    step = np.float32(grid.spacing)
    field = np.full(grid.shape, -2.0 * step, dtype=np.float32)
    middle = grid.origin + 0.5 * grid.spacing * BLOCK
    half = 0.5 * np.sqrt(3.0) * grid.spacing * BLOCK
    for tree, radius in levels:
        near = tree.query_ball_point(middle, half + radius + 2.0 * grid.spacing)
        if not near:
            continue
        flat, depth = _depth(grid, tree.data[near], radius)
        field.ravel()[flat] = np.maximum(field.ravel()[flat], depth)
    if not (field > 0).any() or (field > 0).all():
        return None
    return zero_isosurface(field, step)


def _depth(grid: Grid, centres: np.ndarray, radius: float) -> tuple[np.ndarray, np.ndarray]:
    """Flat indices of voxels in or near the balls and how deep they lie in them: exact within two voxels of their surface."""
    from scipy import ndimage
    from scipy.spatial import cKDTree

    pad = int(np.ceil(radius / grid.spacing)) + 3
    seen = np.zeros([size + 2 * pad for size in grid.shape], dtype=np.uint8)
    index = np.rint((centres - grid.origin) / grid.spacing).astype(int)[:, ::-1] + pad
    index = index[((index >= 0) & (index < np.array(seen.shape))).all(axis=1)]
    if len(index) == 0:
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.float32)
    seen[tuple(index.T)] = 1
    # Voxels in the boxes around the balls: all that can lie within two voxels of one.
    reach = 2 * (int(np.ceil(radius / grid.spacing)) + 2) + 1
    for axis in range(3):
        seen = ndimage.maximum_filter1d(seen, reach, axis=axis)
    flat = np.flatnonzero(seen[pad:-pad, pad:-pad, pad:-pad])
    rows = np.stack(np.unravel_index(flat, grid.shape), axis=1)
    away = cKDTree(centres).query(grid.points(rows), distance_upper_bound=radius + 2.0 * grid.spacing, workers=-1)[0]
    return flat, np.maximum(radius - away, -2.0 * grid.spacing).astype(np.float32)


def _edge_names(local: np.ndarray, corner: np.ndarray) -> np.ndarray:
    """(n, 4) int: the grid edge on which each point (in voxels) lies: its lower end in the whole grid, and its axis."""
    nearest = np.rint(local)
    axis = np.argmax(np.abs(local - nearest), axis=1)
    rows = np.arange(len(local))
    lower = nearest.astype(np.int64)
    lower[rows, axis] = np.floor(local[rows, axis]).astype(np.int64)
    return np.column_stack([lower + corner, axis])


def _one_a_cell(centres: np.ndarray, radius: np.ndarray, cell: float) -> tuple[np.ndarray, np.ndarray]:
    """The balls without those that share a cell with another: both faces of a wall give the same ones. The smallest of a cell stays."""
    order = np.argsort(radius, kind="stable")
    keys = np.floor((centres[order] - centres.min(axis=0)) / cell).astype(np.int64)
    size = keys.max(axis=0) + 1
    _unused, first = np.unique((keys[:, 0] * size[1] + keys[:, 1]) * size[2] + keys[:, 2], return_index=True)
    rows = order[first]
    return centres[rows], radius[rows]
