"""Simplification as a map: which vertex of the fine mesh goes to which vertex of the coarse one."""

from dataclasses import dataclass

import numpy as np

from ..mesh.core import Mesh

_SCALE = 0.7  # of the points given to the collapse


@dataclass(frozen=True)
class CollapseLevel:
    """One grade of simplification: `target` (n,) takes every fine vertex to a row of `points` (p, 3)."""

    points: np.ndarray
    target: np.ndarray


@dataclass(frozen=True)
class CoarseMesh:
    """A coarse mesh: its points, triangles (m, 3), the fine triangle (m,) that each of them comes from, and where it is known the
    point that each fine vertex became, -1 for one that vanished."""

    points: np.ndarray
    triangles: np.ndarray
    source_triangle: np.ndarray
    target: np.ndarray | None = None


@dataclass(frozen=True)
class CollapseHistory:
    """A run of edge collapses: `triangles` (m, 3) it began with on the points of `last`, `history` (n, 2) of its
    collapses, the second vertex into the first, and `planes` (p, 10) of the vertices, as `_planes` sums them."""

    last: CollapseLevel
    triangles: np.ndarray
    history: np.ndarray
    planes: np.ndarray

    def grade(self, count: int) -> CollapseLevel:
        """The grade after the first `count` collapses."""
        root = _roots(self.history[:count], len(self.last.points))
        used = np.zeros(len(root), dtype=bool)
        used[_distinct(root.take(self.triangles)).ravel()] = True
        rank = np.cumsum(used) - 1
        # A part that vanished whole keeps one place for all its vertices, which no triangle uses.
        place = np.where(used, rank, rank[-1] + 1)[root]
        points = _placed(self.last.points, self.planes, place, rank[-1] + 2)
        return CollapseLevel(points.astype(np.float32), place[self.last.target])


_SQUARE = ((0, 0), (0, 1), (0, 2), (1, 1), (1, 2), (2, 2))
_PULL = 1e-3


def quadric_edge_collapse(
    triangles: np.ndarray, last: CollapseLevel, count: int, movable: np.ndarray | None = None
) -> CollapseHistory:
    """Collapse of edges (Garland and Heckbert's quadrics, fast_simplification) down to about `count` triangles.

    `triangles` (m, 3) are the fine ones, `last` the grade to start from; without history where that is as coarse
    already. With `movable` (p,) bool only those points are collapsed, and `count` is that of the triangles around them.
    Raises ImportError without that package.
    """
    current = apply_level(triangles, last).triangles.astype(np.int32)
    if movable is None:
        asked, points, named = current, last.points, np.arange(len(last.points))
    else:
        asked = current[movable.take(current).any(axis=1)]
        named = np.unique(asked)  # the others of these are the rim of what is looked at
        asked, points = np.searchsorted(named, asked).astype(np.int32), last.points[named]
    if count >= len(asked):
        return CollapseHistory(last, current, np.zeros((0, 2), np.int64), np.zeros((0, 10)))
    history = named[_collapses(points, asked, count)]
    if movable is not None:
        history = history[movable.take(history).all(axis=1)]
    return CollapseHistory(last, current, history, _planes(last.points, current))


def _collapses(points: np.ndarray, triangles: np.ndarray, count: int) -> np.ndarray:
    """(n, 2) collapses of the mesh to about `count` triangles, the second point into the first."""
    import fast_simplification

    middle = points.mean(axis=0, dtype=np.float64)
    # That package's thresholds grow from 0.0015 of a unit on: at this scale a step that takes little away is left out;
    # around the middle of the points its quadrics lose no digits.
    _, _, history = fast_simplification.simplify(
        _SCALE * (points - middle), triangles, target_count=int(count), agg=7, return_collapses=True
    )
    return np.asarray(history.reshape(-1, 2))


def _planes(points: np.ndarray, triangles: np.ndarray) -> np.ndarray:
    """(n, 10) for every point, summed over its triangles and weighted by their area: products of the unit normal's
    components, the normal times the plane's height over the middle of all points, and the weight."""
    from scipy import sparse

    corner = points.take(triangles[:, 0], axis=0) - points.mean(axis=0, dtype=np.float64)
    cross = Mesh(points, triangles).triangle_normals()
    weight = np.sqrt(np.einsum("ij,ij->i", cross, cross))
    normal = cross / np.maximum(weight, 1e-300)[:, None]
    rows = np.empty((len(triangles), 10))
    for place, (a, b) in enumerate(_SQUARE):
        np.multiply(cross[:, a], normal[:, b], out=rows[:, place])
    np.multiply(cross, np.einsum("ij,ij->i", normal, corner)[:, None], out=rows[:, 6:9])
    rows[:, 9] = weight
    starts = np.arange(0, 3 * len(triangles) + 1, 3)
    around = sparse.csc_array((np.ones(triangles.size), triangles.ravel(), starts), (len(points), len(triangles)))
    return around @ rows


def _placed(points: np.ndarray, planes: np.ndarray, place: np.ndarray, count: int) -> np.ndarray:
    """(count, 3) where what each place holds together is nearest to the planes of its triangles, by least squares;
    along the surface, which these leave open, in the middle of its points. Single points stay where they are."""
    from scipy import sparse

    size = len(points)
    centre = points.mean(axis=0, dtype=np.float64)
    gather = sparse.csc_array((np.ones(size), place, np.arange(size + 1)), (count, size))
    members = np.bincount(place, minlength=count)
    middle = gather @ (points - centre) / np.maximum(members, 1)[:, None]
    merged = np.flatnonzero(members > 1)
    total, start = (gather @ planes)[merged], middle[merged]
    pull = _PULL * total[:, 9] + 1e-12
    xx, xy, xz, yy, yz, zz = (total[:, k] for k in range(6))
    right = [
        total[:, 6 + k] - sum(total[:, j] * start[:, i] for i, j in enumerate(row))
        for k, row in enumerate(((0, 1, 2), (1, 3, 4), (2, 4, 5)))
    ]
    middle[merged] += _solved(xx + pull, xy, xz, yy + pull, yz, zz + pull, *right)
    return middle + centre


def _solved(
    xx: np.ndarray,
    xy: np.ndarray,
    xz: np.ndarray,
    yy: np.ndarray,
    yz: np.ndarray,
    zz: np.ndarray,
    a: np.ndarray,
    b: np.ndarray,
    c: np.ndarray,
) -> np.ndarray:
    """(n, 3) solutions of symmetric systems by Cramer's rule."""
    p, q, r = yy * zz - yz * yz, xz * yz - xy * zz, xy * yz - xz * yy
    s, t, u = xx * zz - xz * xz, xy * xz - xx * yz, xx * yy - xy * xy
    size = xx * p + xy * q + xz * r
    return np.stack([p * a + q * b + r * c, q * a + s * b + t * c, r * a + t * b + u * c], axis=1) / size[:, None]


def _roots(history: np.ndarray, size: int) -> np.ndarray:
    """(size,) the vertex that every vertex has become after the collapses (n, 2): second into first."""
    root = np.arange(size)
    root[history[:, 1]] = history[:, 0]
    while True:
        further = root[root]
        if np.array_equal(further, root):
            return root
        root = further


def apply_level(triangles: np.ndarray, grade: CollapseLevel) -> CoarseMesh:
    """The fine triangles as the grade makes them."""
    mapped = grade.target.take(triangles)
    birth = _with_three_corners(mapped)
    return CoarseMesh(grade.points, mapped.take(birth, axis=0), birth)


def _distinct(triangles: np.ndarray) -> np.ndarray:
    return triangles.take(_with_three_corners(triangles), axis=0)


def _with_three_corners(triangles: np.ndarray) -> np.ndarray:
    a, b, c = triangles[:, 0], triangles[:, 1], triangles[:, 2]
    return np.flatnonzero((a != b) & (b != c) & (c != a))
