"""How wide the widest way between two regions of air is: found on voxels, measured on the triangles."""

from dataclasses import dataclass

import numpy as np

from .arrays import Mask, Points
from .core import Mesh
from .grid import Grid
from .sample_tree import sample_triangles
from .surface_voxels import SurfaceVoxels, distance_in_voxels, label_voxels
from .triangle_distance import nearest_triangles

LEVEL_STEP = 0.25  # voxels, to which the level is known at which the way opens
OPEN = 0.5  # voxels: a way through voxels that the surface does not pass through
AROUND = (
    (0.9, 7),
    (0.25, 5),
)  # voxels that a place may lie beside the middle of its section, and points across: coarse, then fine
ALONG = 0.5  # voxels between sections
OFF_SURFACE = 1.8  # voxels outward from the surface, where the air that it bounds is looked up
FINE_VOXELS = 1_000_000
MOST_HOLES = 6  # places that are looked at with finer voxels

_FULL = np.ones((3, 3, 3), dtype=bool)


@dataclass(frozen=True)
class _Air:
    """Air on a grid: `distance` (k, j, i) mm of each voxel from the surface, and the voxels (n, 3) to come from and to get to."""

    grid: Grid
    distance: np.ndarray
    starts: np.ndarray
    ends: np.ndarray


def measure_neck(voxels: SurfaceVoxels, distance: np.ndarray, start: np.ndarray, most_mm: float) -> float | None:
    """Diameter in mm of the largest ball that gets from the voxel `start` (3,) (k, j, i) to the outside; None where no way is found.

    Parameters
    ----------
    voxels, distance
        The closed mesh on a grid, and each voxel's distance from it in mm, as of `distance_from_surface`. The first voxel is outside.
    most_mm
        Half the width beyond which ways are wide enough.

    Notes
    -----
    The way is found on the voxels. Where it is closed there, since it is narrower than a few of them, the triangles between those that
    face the start and those that face the outside are put on finer voxels. Its width is that of its narrowest section: the largest
    distance from the triangles beside the way, at right angles to it, to a tenth of a voxel.
    """
    outside = np.zeros((1, 3), dtype=np.int64)
    found = _widest(voxels.mesh, _Air(voxels.grid, distance, start[None], outside), most_mm)
    if found is None:
        found = max(
            (one for air, mesh in _holes(voxels, start) if (one := _widest(mesh, air, most_mm)) is not None),
            default=None,
        )
    return None if found is None else 2.0 * found


def _widest(mesh: Mesh, air: _Air, most: float) -> float | None:
    """Radius in mm of the widest way; None where there is none through voxels without surface."""
    spacing = air.grid.spacing
    low, high = OPEN * spacing, most
    if _joint(air, low) is None:
        return None
    while high - low > LEVEL_STEP * spacing:
        middle = (low + high) / 2.0
        low, high = (middle, high) if _joint(air, middle) is not None else (low, middle)
    sections = _sections(air, low, high)
    if not sections:
        return high
    return min(_narrowest(mesh, air.grid, section, high) for section in sections)


def _joint(air: _Air, level: float) -> tuple[np.ndarray, np.ndarray] | None:
    """Numbers (k, j, i) of the parts of the air at least `level` mm from the surface, and those that hold a start and an end; None
    where none does."""
    label, _count = label_voxels(air.distance >= level)
    both = np.intersect1d(label[tuple(air.starts.T)], label[tuple(air.ends.T)])
    both = both[both > 0]
    return (label, both) if len(both) else None


def _sections(air: _Air, low: float, high: float) -> list[np.ndarray]:
    """Stretches (n, 3) (k, j, i) of the shortest way at `low` that lie between the parts at `high`, each with a voxel of both ends."""
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import breadth_first_order

    joint = _joint(air, low)
    assert joint is not None, "the level at which the way is open"
    within = np.isin(joint[0], joint[1])
    wide, count = label_voxels(within & (air.distance >= high))
    narrow = np.flatnonzero(within & (wide == 0))
    node = wide.astype(np.int64)
    node.ravel()[narrow] = count + 1 + np.arange(len(narrow))
    rows, columns = [], []
    for axis in range(3):
        ahead, behind = np.moveaxis(node, axis, 0)[1:].ravel(), np.moveaxis(node, axis, 0)[:-1].ravel()
        linked = (ahead != behind) & (ahead > 0) & (behind > 0)
        rows.append(ahead[linked])
        columns.append(behind[linked])
    starts, ends = (np.unique(node[tuple(some.T)]) for some in (air.starts, air.ends))
    rows.append(starts[starts > 0])
    columns.append(np.zeros(len(rows[-1]), dtype=np.int64))
    first, second = np.concatenate(rows), np.concatenate(columns)
    size = count + 1 + len(narrow)
    links = coo_matrix((np.ones(len(first), np.int8), (first, second)), (size, size)).tocsr()
    order, before = breadth_first_order(links, 0, directed=False)
    arrived = order[np.isin(order, ends[ends > 0])]
    way = [int(arrived[0])] if len(arrived) else []
    while way and way[-1] > 0:
        way.append(int(before[way[-1]]))
    return _stretches(node, narrow, count, way)


def _stretches(node: np.ndarray, narrow: np.ndarray, count: int, way: list[int]) -> list[np.ndarray]:
    """The runs of single voxels on a way of nodes, each with the voxel before and after it where there is one."""
    found: list[np.ndarray] = []
    run: list[int] = []
    for place, number in enumerate([*way, 0]):
        if number > count:
            run.append(number)
            continue
        if run:
            kji = np.stack(np.unravel_index(narrow[np.array(run) - count - 1], node.shape), axis=1)
            before = way[place - len(run) - 1] if place > len(run) else 0
            ends = [_neighbour(node, kji[0], before), kji, _neighbour(node, kji[-1], number)]
            found.append(np.concatenate(ends))
        run = []
    return found


def _neighbour(node: np.ndarray, kji: np.ndarray, number: int) -> np.ndarray:
    """(1, 3) the voxel beside one that belongs to a node; (0, 3) where none does."""
    steps = np.array([[1, 0, 0], [-1, 0, 0], [0, 1, 0], [0, -1, 0], [0, 0, 1], [0, 0, -1]])
    beside = kji + steps
    beside = beside[((beside >= 0) & (beside < node.shape)).all(axis=1)]
    return beside[node[tuple(beside.T)] == number][: 1 if number else 0]


def _narrowest(mesh: Mesh, grid: Grid, kji: np.ndarray, radius: float) -> float:
    """Radius in mm of the narrowest section along a stretch of voxels."""
    way = grid.points(kji.astype(np.float64))
    if len(way) < 2:
        return float(nearest_triangles(way, mesh)[1].min())
    smooth = way.copy()
    smooth[1:-1] = (way[:-2] + way[1:-1] + way[2:]) / 3.0
    at = np.arange(0.0, len(way) - 1 + 1e-9, ALONG)
    whole = np.arange(len(way))
    points = np.stack([np.interp(at, whole, smooth[:, axis]) for axis in range(3)], axis=1)
    reach = min(6, len(points) - 1)
    ahead, behind = (
        np.minimum(np.arange(len(points)) + reach, len(points) - 1),
        np.maximum(np.arange(len(points)) - reach, 0),
    )
    along = points[ahead] - points[behind]
    along /= np.linalg.norm(along, axis=1, keepdims=True)
    other = np.eye(3)[np.argmin(np.abs(along), axis=1)]
    right = np.cross(along, other)
    right /= np.linalg.norm(right, axis=1, keepdims=True)
    up = np.cross(along, right)
    near = _near(mesh, points, radius + 4.0 * grid.spacing)
    best = np.zeros(len(points))
    for across, count in AROUND:
        u, v = (axis.ravel() for axis in np.meshgrid(*(np.linspace(-across, across, count) * grid.spacing,) * 2))
        tried = points[:, None] + u[None, :, None] * right[:, None] + v[None, :, None] * up[:, None]
        distance = nearest_triangles(tried.reshape(-1, 3), near)[1].reshape(len(points), -1)
        chosen = distance.argmax(axis=1)
        best = np.maximum(best, distance.max(axis=1))
        points = tried[np.arange(len(points)), chosen]
    return float(best.min())


def _near(mesh: Mesh, points: Points, around: float) -> Mesh:
    """The triangles whose boxes reach into the box of the points, so many mm larger; all where none does."""
    corners = mesh.points.astype(np.float64)[mesh.triangles]
    low, high = points.min(axis=0) - around, points.max(axis=0) + around
    inside = ((corners.max(axis=1) >= low) & (corners.min(axis=1) <= high)).all(axis=1)
    return Mesh(mesh.points, mesh.triangles[inside]) if inside.any() else mesh


def _holes(voxels: SurfaceVoxels, start: np.ndarray) -> "list[tuple[_Air, Mesh]]":
    """Places where surface that faces neither the start's air nor the outside lies between surfaces that do, on finer voxels."""
    from scipy.ndimage import binary_dilation, find_objects, label

    spacing, shape = voxels.grid.spacing, voxels.grid.shape
    air, _count = label_voxels(~voxels.passed)
    inner, outer = int(air[tuple(start)]), int(air[0, 0, 0])
    points, owner, _corners = sample_triangles(voxels.mesh, spacing / 2.0)
    normals = voxels.mesh.triangle_normals()
    normals = normals / np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-30)

    def cells(some: Points) -> tuple[np.ndarray, ...]:
        kji = np.rint((some - voxels.grid.origin) / spacing).astype(np.int64)[:, ::-1]
        return tuple(np.clip(kji, 0, np.array(shape) - 1).T)

    faced = air[cells(points + OFF_SURFACE * spacing * normals[owner])]
    between, sides = np.zeros(shape, dtype=bool), []
    between[cells(points[(faced != inner) & (faced != outer)])] = True
    for number in (inner, outer):
        side = np.zeros(shape, dtype=bool)
        side[cells(points[faced == number])] = True
        sides.append(binary_dilation(side, _FULL))
    parts, _number = label(between, _FULL)
    both = np.intersect1d(np.unique(parts[sides[0] & between]), np.unique(parts[sides[1] & between]))
    boxes = find_objects(parts)
    found = [boxes[number - 1] for number in both if number]
    found = sorted(found, key=lambda box: float(np.prod([axis.stop - axis.start for axis in box])))[:MOST_HOLES]
    return [item for box in found if (item := _finer(voxels, air, (inner, outer), box)) is not None]


def _finer(
    voxels: SurfaceVoxels, air: np.ndarray, numbers: tuple[int, int], box: tuple[slice, ...]
) -> "tuple[_Air, Mesh] | None":
    """The air of a box of voxels and its surroundings on finer voxels, with the triangles there; None where one of the two regions of
    air (numbers) does not reach into it."""
    coarse = voxels.grid.spacing
    low = np.array([max(axis.start - 3, 0) for axis in box])
    high = np.array([min(axis.stop + 3, size) - 1 for axis, size in zip(box, air.shape)])
    size = (high - low) * coarse
    spacing = max(float((np.prod(size) / FINE_VOXELS) ** (1.0 / 3.0)), coarse / 12.0)
    shape = tuple(int(side / spacing) + 1 for side in size)
    grid = Grid(voxels.grid.points(low[None].astype(np.float64))[0], spacing, (shape[0], shape[1], shape[2]))
    corners = grid.points(np.array([[0.0, 0.0, 0.0], np.array(shape) - 1.0]))
    near = _near(voxels.mesh, corners, spacing)
    points, _owner, ends = sample_triangles(near, spacing / 2.0)
    passed: Mask = np.zeros(grid.shape, dtype=bool)
    for some in (points, ends.reshape(-1, 3)):
        at = np.rint((some - grid.origin) / spacing).astype(np.int64)[:, ::-1]
        at = at[((at >= 0) & (at < np.array(shape))).all(axis=1)]
        passed[tuple(at.T)] = True
    if not passed.any():
        return None
    index = [np.rint(low[axis] + np.arange(shape[axis]) * spacing / coarse).astype(np.int64) for axis in range(3)]
    region = air[np.ix_(*(np.minimum(one, side - 1) for one, side in zip(index, air.shape)))]
    starts, stops = (np.argwhere((region == number) & ~passed) for number in numbers)
    if not len(starts) or not len(stops):
        return None
    return _Air(grid, distance_in_voxels(passed) * np.float32(spacing), starts, stops), near
