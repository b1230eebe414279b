"""Thickening walls below a minimum, and nothing else."""

from dataclasses import dataclass

import numpy as np

from ..mesh import Mesh, Provenance
from ..progress import Progress, part, silent
from .field import CHUNK, Grid, contour
from .solid import from_solid, to_solid

LEVELS = 5
MOST_VOXELS = 150_000_000


@dataclass(frozen=True)
class Thickened:
    """The thickened solid; `added_mm3` and `thin_area_mm2` say how much; `spared_mm2` is thin surface left thin for a gap's sake."""

    mesh: Mesh
    added_mm3: float
    thin_area_mm2: float
    spared_mm2: float


def thicken(mesh: Mesh, minimum: float, clearance: float = 0.3, *, progress: Progress = silent) -> Thickened:
    """The solid with every wall thinner than `minimum` mm grown to it, evenly to both sides; all else stays where it is.

    Balls of the minimum's diameter are set along the middle of thin walls (the centres of the largest inner balls) and joined to the
    solid exactly; added faces are marked ADDED. A gap is never narrowed below `clearance` mm: where there is no room, the wall
    grows as far as there is. A mesh without thin walls comes back unchanged.
    """
    from ..measure.wall import gap_field, wall_field

    walls = wall_field(mesh, part(progress, 0.0, 0.25), cap_mm=1.5 * minimum)
    thin = walls.distance < minimum * (1.0 - 1e-3)
    area = float(walls.samples.area[thin].sum())
    if not thin.any():
        return Thickened(mesh, 0.0, 0.0, 0.0)
    gaps = gap_field(mesh, part(progress, 0.25, 0.4), cap_mm=clearance + minimum, samples=walls.samples)
    width = walls.distance[thin]
    centres = walls.samples.points[thin] - walls.samples.normals[thin] * (width / 2.0)[:, None]
    # Both walls of a gap may grow, so each gets half of what may be taken from it.
    room = np.maximum(0.0, (gaps.distance[thin] - clearance) / 2.0)
    wanted = minimum / 2.0
    radius = np.minimum(wanted, width / 2.0 + room)
    radius = _as_narrow_as_near(centres, radius, wanted)
    spared = float(walls.samples.area[thin][radius < wanted - 1e-6].sum())
    grown = _balls(mesh, centres, radius, minimum, part(progress, 0.4, 0.9))
    if grown is None:
        return Thickened(mesh, 0.0, area, spared)
    progress(0.9, "joining the thickened walls")
    solid = to_solid(mesh)
    joined = solid.manifold + to_solid(grown).manifold
    progress(1.0, "thickened")
    return Thickened(from_solid(joined, [solid], Provenance.ADDED, mesh), joined.volume() - solid.manifold.volume(), area, spared)


def _as_narrow_as_near(centres: np.ndarray, radius: np.ndarray, wanted: float) -> np.ndarray:
    """Radii where each ball takes the smallest of those about it: a wall's other face does not see the gap, its ball must."""
    from scipy.spatial import cKDTree

    narrow = radius < wanted - 1e-6
    if not narrow.any() or narrow.all():
        return radius
    _distance, nearest = cKDTree(centres[narrow]).query(centres, k=4, distance_upper_bound=wanted, workers=-1)
    limits = np.append(radius[narrow], wanted)[np.minimum(nearest, np.count_nonzero(narrow))]
    return np.minimum(radius, limits.min(axis=1))


def _balls(mesh: Mesh, centres: np.ndarray, radius: np.ndarray, minimum: float, progress: Progress) -> Mesh | None:
    """Closed surface of the union of balls, on a grid around them; None where no ball is larger than a voxel."""
    low, high = centres.min(axis=0) - minimum, centres.max(axis=0) + minimum
    spacing = max(minimum / 6.0, float((np.prod(high - low) / MOST_VOXELS) ** (1.0 / 3.0)))
    counts = np.ceil((high - low) / spacing).astype(int) + 1
    grid = Grid(low, spacing, (int(counts[2]), int(counts[1]), int(counts[0])))
    # Balls set `step` apart along a wall leave dents of step^2 / (8 r) between them: half a voxel's step is added to the radius.
    radius = radius + spacing**2 / (4.0 * minimum) + 0.01
    keep = radius > spacing
    if not keep.any():
        return None
    field = _union(grid, centres[keep], radius[keep], progress)
    return contour(field, grid, mesh)


def _union(grid: Grid, centres: np.ndarray, radius: np.ndarray, progress: Progress) -> np.ndarray:
    """(k, j, i) float32: how deep each voxel lies in the nearest balls, near their surface; beyond only the sign counts."""
    from scipy.spatial import cKDTree

    field = np.full(grid.shape, -np.float32(2.0 * grid.spacing), dtype=np.float32)
    edges = np.linspace(radius.min(), radius.max(), LEVELS + 1) if np.ptp(radius) > 0.02 else np.array([0.0, np.inf])
    level_of = np.clip(np.searchsorted(edges, radius, side="right") - 1, 0, len(edges) - 2)
    levels = np.unique(level_of)
    for done, level in enumerate(levels):
        chosen = level_of == level
        tree, reach = cKDTree(centres[chosen]), float(radius[chosen].min())
        flat = _near_voxels(grid, centres[chosen], reach + 1.5 * grid.spacing)
        for start in range(0, len(flat), CHUNK):
            progress((done + start / len(flat)) / len(levels), "thickening")
            rows = flat[start:start + CHUNK]
            points = grid.points(np.stack(np.unravel_index(rows, grid.shape), axis=1))
            depth = reach - tree.query(points, distance_upper_bound=reach + 3.0 * grid.spacing, workers=-1)[0]
            depth = np.maximum(depth, -2.0 * grid.spacing).astype(np.float32)
            field.ravel()[rows] = np.maximum(field.ravel()[rows], depth)
    return field


def _near_voxels(grid: Grid, centres: np.ndarray, reach: float) -> np.ndarray:
    """Flat indices of the voxels within about `reach` mm of any centre."""
    from scipy import ndimage

    seen = np.zeros(grid.shape, dtype=bool)
    index = np.rint((centres - grid.origin) / grid.spacing).astype(int)[:, ::-1]
    seen[tuple(np.clip(index, 0, np.array(grid.shape) - 1).T)] = True
    size = 2 * int(np.ceil(reach / grid.spacing)) + 1
    for axis in range(3):
        seen = ndimage.maximum_filter1d(seen.view(np.uint8), size, axis=axis).view(bool)
    return np.flatnonzero(seen)
