"""Which triangles of a mesh pass through others.

Broad phase: a tree of boxes. Fans whose triangles all face one way and go round once cannot intersect themselves,
which settles nearly all pairs that share a corner. What is left is decided by exact signs.
"""

import numpy as np

from ..progress import ProgressCallback, no_progress
from .aabb_tree import AabbTree, map_overlapping_pairs
from .arrays import Points, Triangles
from .core import Mesh, cross_rows
from .edge_table import EdgeTable, build_edge_table
from .exact_predicates import orient3d, segment_intersects_triangle
from .merge_points import merged_mesh
from .topology import degenerate_triangles

_NO_PAIRS = np.zeros((0, 2), dtype=np.int64)
# Directions in the plane that chosen triangles favour: slivers of a cut's face overlap as boxes, seldom along all of these.
_DIAGONALS = np.radians((45.0, 135.0, 22.5, 67.5, 112.5, 157.5))


def self_intersections(mesh: Mesh, progress: ProgressCallback = no_progress) -> np.ndarray:
    """Sorted indices of the triangles that intersect or touch another one beyond the corners or the edge they share.

    Judged after a float32 weld. Degenerate triangles (see `topology`) take no part. Two parts that touch in a point
    count; two triangles with the same three corners do not (`topology` counts them as duplicates): the definition of
    libigl's self-intersection detection by CGAL.
    """
    pairs = intersecting_pairs(mesh, progress)
    return np.unique(pairs)


def intersecting_pairs(mesh: Mesh, progress: ProgressCallback = no_progress) -> np.ndarray:
    """(n, 2) pairs of triangles as in `self_intersections`."""
    single, triangles, _ = merged_mesh(mesh)
    kept = np.flatnonzero(~degenerate_triangles(single, triangles))
    if len(kept) < 2:
        return _NO_PAIRS
    tree = AabbTree(*_boxes(single, triangles[kept]))
    # Along the curve of the tree neighbours in space are neighbours in memory, which halves the time.
    kept = kept[tree.order]
    tree.order = np.arange(len(kept))
    triangles = triangles[kept]
    points = single.astype(np.float64)
    normals = _unit_normals(points, triangles)
    edges = build_edge_table(triangles)
    found = [_folded(points, triangles, normals, edges)]
    doubtful = _doubtful_corners(points, triangles, normals, edges)
    pairs = _Pairs(points, [np.ascontiguousarray(triangles[:, c]) for c in range(3)], doubtful)
    found.append(map_overlapping_pairs(tree, tree, pairs.meeting, progress))
    result = np.concatenate(found)
    return np.unique(np.sort(kept[result], axis=1), axis=0) if len(result) else _NO_PAIRS


def intersecting_pairs_touching(points: Points, triangles: Triangles, chosen: np.ndarray) -> np.ndarray:
    """(n, 2) pairs as in `self_intersections` with at least one triangle among `chosen` (indices of `triangles` (m,
    3)).

    `points` (n, 3) float32, already welded. For looking again at a part of a mesh that was changed.
    """
    if len(chosen) == 0:
        return _NO_PAIRS
    low, high = _boxes(points, triangles)
    near = _near_boxes(low, high, chosen)
    near = near[~degenerate_triangles(points, triangles[near])]
    chosen = chosen[~degenerate_triangles(points, triangles[chosen])]
    if len(chosen) == 0:
        return _NO_PAIRS
    found = _pairs_among(points, triangles[near], np.searchsorted(near, chosen))
    return np.unique(np.sort(near[found], axis=1), axis=0) if len(found) else _NO_PAIRS


def _pairs_among(points: np.ndarray, triangles: np.ndarray, chosen: np.ndarray) -> np.ndarray:
    """As `intersecting_pairs_touching` for few triangles (m, 3), none degenerate."""
    used, triangles = np.unique(triangles, return_inverse=True)
    triangles, precise = triangles.reshape(-1, 3), points[used].astype(np.float64)
    turned = precise @ _axes(precise, triangles[chosen])
    hair = 1e-9 * float(np.abs(turned).max())  # far above what turning rounds off
    low, high = _boxes(turned, triangles)
    low, high = low - hair, high + hair
    frame = (low.min(axis=0), high.max(axis=0))
    all_tree, own_tree = AabbTree(low, high, frame), AabbTree(low[chosen], high[chosen], frame)
    own_tree.order = chosen[own_tree.order]
    columns = [np.ascontiguousarray(triangles[:, c]) for c in range(3)]
    extents = [_extent(turned @ (np.cos(a), np.sin(a), 0.0), columns, hair) for a in _DIAGONALS]
    corner, own = np.zeros(len(precise), dtype=bool), np.zeros(len(triangles), dtype=bool)
    corner[triangles[chosen].ravel()] = own[chosen] = True
    # Only fans around corners of the chosen triangles count, and these are whole here.
    around = np.flatnonzero(corner[triangles].any(axis=1))
    local = triangles[around]
    normals = _unit_normals(precise, local)
    edges = build_edge_table(local)
    pairs = _Pairs(precise, columns, _doubtful_corners(precise, local, normals, edges))
    folded = around[_folded(precise, local, normals, edges)]

    def meeting(first: np.ndarray, second: np.ndarray) -> np.ndarray:
        # Two chosen ones come twice, and each with itself.
        once = np.flatnonzero(~own.take(second) | (first < second))
        first, second = first.take(once), second.take(once)
        for least, most in extents:
            keep = (least.take(first) <= most.take(second)) & (least.take(second) <= most.take(first))
            first, second = first[keep], second[keep]
        return pairs.meeting(first, second)

    return np.concatenate([map_overlapping_pairs(own_tree, all_tree, meeting), folded[own[folded].any(axis=1)]])


def _axes(points: np.ndarray, triangles: np.ndarray) -> np.ndarray:
    """(3, 3) rotation, its columns axes of which most triangles (m, 3) face along the last: boxes along them are flat where these lie in
    one plane, however that is turned."""
    a, b, c = (points.take(triangles[:, k], axis=0) for k in range(3))
    normal = cross_rows(b - a, c - a)
    # By length, so that a few large triangles of one plane count for what they are; their boxes are the fat ones.
    normal /= np.sqrt(np.sqrt(np.einsum("ij,ij->i", normal, normal)))[:, None]
    return np.linalg.eigh(normal.T @ normal)[1]


def _extent(heights: np.ndarray, columns: list[np.ndarray], hair: float) -> tuple[np.ndarray, np.ndarray]:
    """Least and most (m,) of the heights (n,) of the triangles' corners, and a hair."""
    a, b, c = (heights.take(column) for column in columns)
    return np.minimum(np.minimum(a, b), c) - hair, np.maximum(np.maximum(a, b), c) + hair


def _near_boxes(low: np.ndarray, high: np.ndarray, chosen: np.ndarray) -> np.ndarray:
    """Indices of boxes that may overlap a chosen one: those in a marked cell of a coarse grid, and the large ones."""
    origin = low[chosen].min(axis=0).astype(np.float64)
    extent = np.maximum.reduce([high[:, k] - low[:, k] for k in range(3)])
    span = float((high[chosen].max(axis=0) - origin).max())
    size = max(1.5 * float(np.median(extent)), span / 200.0, 1e-12)
    shape = np.floor((high[chosen].max(axis=0) - origin) / size).astype(np.int64) + 3
    marked = np.zeros(shape, dtype=bool)

    def cells(corners: np.ndarray) -> tuple[np.ndarray, ...]:
        columns = ((corners[:, k] - origin[k]) / size + 1.0 for k in range(3))
        # Above zero cutting off is rounding down.
        return tuple(np.clip(column, 0, end - 1).astype(np.int32) for column, end in zip(columns, shape))

    ends = [cells(low[chosen]), cells(high[chosen])]
    for corner in np.ndindex(2, 2, 2):
        marked[tuple(ends[c][k] for k, c in enumerate(corner))] = True
    for index in np.flatnonzero(extent[chosen] > size):
        marked[tuple(slice(first[index], last[index] + 1) for first, last in zip(*ends))] = True
    # A box no larger than a cell lies in the cell of its low corner and in the next ones: one look is enough.
    at = cells(low)
    marked = _spread_down(marked, 1)
    found = marked[at] | (extent > 4.0 * size)
    wide = np.flatnonzero((extent > size) & ~found)
    found[wide] = _spread_down(marked, 3)[tuple(axis[wide] for axis in at)]
    # Boxes beyond the grid were taken for ones at its rim.
    for k in range(3):
        found &= (high[:, k] >= low[chosen, k].min()) & (low[:, k] <= high[chosen, k].max())
    return np.flatnonzero(found)


def _spread_down(marked: np.ndarray, steps: int) -> np.ndarray:
    """Cells from which a marked one is reached by up to `steps` steps up along each axis."""
    result = marked.copy()
    for axis in range(3):
        for _ in range(steps):
            lower, upper = (slice(None),) * axis + (slice(None, -1),), (slice(None),) * axis + (slice(1, None),)
            result[lower] |= result[upper].copy()
    return result


def _unit_normals(points: np.ndarray, triangles: np.ndarray) -> np.ndarray:
    a = points.take(triangles[:, 0], axis=0)
    u, v = points.take(triangles[:, 1], axis=0) - a, points.take(triangles[:, 2], axis=0) - a
    normal = cross_rows(u, v)
    normal /= np.sqrt(np.einsum("ij,ij->i", normal, normal))[:, None]
    return normal


def _folded(points: np.ndarray, triangles: np.ndarray, normals: np.ndarray, edges: EdgeTable) -> np.ndarray:
    """Pairs that share an edge and lie in one plane on the same side of it."""
    first, second = edges.pairs()
    dot = np.einsum("ij,ij->i", normals.take(first // 3, axis=0), normals.take(second // 3, axis=0))
    # Folded flat, two triangles that agree in orientation have opposite normals.
    folded = np.flatnonzero(np.where(edges.forward[first] != edges.forward[second], -dot, dot) > 0.999)
    rows = [np.stack([first[folded], second[folded]], axis=1)]
    for number in np.unique(edges.count[edges.count > 2]):
        around = edges.order[edges.start[edges.count == number][:, None] + np.arange(number)]
        a, b = np.triu_indices(int(number), 1)
        rows.append(np.stack([around[:, a].ravel(), around[:, b].ravel()], axis=1))
    half = np.concatenate(rows)
    pair = half // 3
    u, v = triangles[pair[:, 0], half[:, 0] % 3], triangles[pair[:, 0], (half[:, 0] + 1) % 3]
    r, s = triangles[pair[:, 0], (half[:, 0] + 2) % 3], triangles[pair[:, 1], (half[:, 1] + 2) % 3]
    a, b = points[u], points[v]
    sides = cross_rows(b - a, points[r] - a), cross_rows(b - a, points[s] - a)
    # On the same side of the edge the two cross products agree in direction.
    close = np.flatnonzero((np.einsum("ij,ij->i", *sides) > 0) & (r != s))
    flat = orient3d(a[close], b[close], points[r[close]], points[s[close]]) == 0
    return pair[close[flat]]


def _doubtful_corners(points: np.ndarray, triangles: np.ndarray, normals: np.ndarray, edges: EdgeTable) -> np.ndarray:
    """(n,) bool: points around which triangles that share only that point may intersect.

    Where the triangles of a closed fan all face the same half-space and their angles, seen along its axis, add up to
    one turn, the fan seen along the axis is a star without overlap, so no two of its triangles meet elsewhere.
    """
    size, flat = len(points), triangles.ravel()
    total = np.stack([np.bincount(flat, np.repeat(normals[:, k], 3), minlength=size) for k in range(3)], axis=1)
    length = np.sqrt(np.einsum("ij,ij->i", total, total))
    axis = total / np.maximum(length, 1e-12)[:, None]
    doubtful = length < 1e-3
    turn = np.zeros(size)
    corners = [points.take(triangles[:, c], axis=0) for c in range(3)]
    for c in range(3):
        at = triangles[:, c]
        m = axis.take(at, axis=0)
        doubtful[at[np.einsum("ij,ij->i", m, normals) < 1e-3]] = True
        to_next, to_last = corners[(c + 1) % 3] - corners[c], corners[(c + 2) % 3] - corners[c]
        # Angle between the two sides, both projected on the plane across m.
        along_next, along_last = np.einsum("ij,ij->i", to_next, m), np.einsum("ij,ij->i", to_last, m)
        cosine = np.einsum("ij,ij->i", to_next, to_last) - along_next * along_last
        sine = np.einsum("ij,ij->i", cross_rows(to_next, to_last), m)
        turn += np.bincount(at, np.arctan2(sine, cosine), minlength=size)
    # Open fans and edges not shared by two are looked at pair by pair; of closed fans a single one has one turn.
    doubtful[edges.ends[edges.count != 2].ravel()] = True
    return doubtful | (np.abs(turn - 2.0 * np.pi) > 1e-3)


def _boxes(points: np.ndarray, triangles: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    a, b, c = (points.take(triangles[:, k], axis=0) for k in range(3))
    return np.minimum(np.minimum(a, b), c), np.maximum(np.maximum(a, b), c)


class _Pairs:
    """Decides candidate pairs of triangles: `columns` are the three corners (m,) of all triangles."""

    def __init__(self, points: np.ndarray, columns: list[np.ndarray], doubtful: np.ndarray) -> None:
        self.points = points
        # Half as wide, corners are compared twice as fast.
        self.columns = [column.astype(np.int32) for column in columns]
        self.corner_doubtful = doubtful
        self.doubtful = doubtful[columns[0]] | doubtful[columns[1]] | doubtful[columns[2]]
        a, b, c = (points.take(column, axis=0) for column in columns)
        u, v = b - a, c - a
        self.normal = cross_rows(u, v)
        self.size = np.sqrt(np.einsum("ij,ij->i", u, u) * np.einsum("ij,ij->i", v, v))

    def meeting(self, first: np.ndarray, second: np.ndarray) -> np.ndarray:
        """The pairs (n, 2) that intersect, of those that share at most one corner; the others are left to `_folded`."""
        a = [column.take(first) for column in self.columns]
        b = [column.take(second) for column in self.columns]
        joined = a[0] == b[0]
        for i, j in ((0, 1), (0, 2), (1, 0), (1, 1), (1, 2), (2, 0), (2, 1), (2, 2)):
            joined |= a[i] == b[j]
        apart = np.flatnonzero(~joined)
        hits = apart[self._meeting_apart(first.take(apart), second.take(apart))]
        joined &= self.doubtful.take(first)
        near = np.flatnonzero(joined)
        near = near[self.doubtful.take(second.take(near))]
        hits = np.concatenate([hits, near[self._meeting_at_corner(first.take(near), second.take(near))]])
        return np.stack([first[hits], second[hits]], axis=1)

    def _meeting_apart(self, first: np.ndarray, second: np.ndarray) -> np.ndarray:
        """Places of the pairs without a common corner that intersect."""
        where = np.arange(len(first))
        for settled in (self._not_on_one_side, self._not_beyond_an_edge):
            for turned in (False, True):
                keep = np.flatnonzero(settled(second, first) if turned else settled(first, second))
                where, first, second = where.take(keep), first.take(keep), second.take(keep)
        meet = np.zeros(len(where), dtype=bool)
        for edge_of, triangle in ((first, second), (second, first)):
            corners = [self.points[column[triangle]] for column in self.columns]
            ends = [self.points[column[edge_of]] for column in self.columns]
            for c in range(3):
                meet |= segment_intersects_triangle(ends[c], ends[(c + 1) % 3], *corners)
        return where[meet]

    def _not_on_one_side(self, plane: np.ndarray, tested: np.ndarray) -> np.ndarray:
        """(p,) bool: False where all corners of `tested` lie safely on one side of the plane of `plane`."""
        normal, start = self.normal.take(plane, axis=0), self.points.take(self.columns[0].take(plane), axis=0)
        lowest = highest = reach = np.zeros(len(plane))
        for c, column in enumerate(self.columns):
            offset = self.points.take(column.take(tested), axis=0)
            offset -= start
            height = np.einsum("ij,ij->i", normal, offset)
            far = np.einsum("ij,ij->i", offset, offset)
            lowest, highest, reach = (
                (height, height, far)
                if c == 0
                else (np.minimum(lowest, height), np.maximum(highest, height), np.maximum(reach, far))
            )
        safe = self._doubt(plane, reach)
        return ~((lowest > safe) | (highest < -safe))

    def _not_beyond_an_edge(self, triangle: np.ndarray, tested: np.ndarray) -> np.ndarray:
        """(p,) bool: False where all corners of `tested` lie safely beyond one edge of `triangle`, seen along its normal.

        This settles triangles of one plane, such as those of a cut's face, which would else all be decided exactly.
        """
        corners = [self.points.take(column.take(triangle), axis=0) for column in self.columns]
        others = [self.points.take(column.take(tested), axis=0) for column in self.columns]
        normal = self.normal.take(triangle, axis=0)
        squared = np.einsum("ij,ij->i", normal, normal)
        beyond = np.zeros(len(triangle), dtype=bool)
        for c in range(3):
            edge = corners[(c + 1) % 3] - corners[c]
            inward = cross_rows(normal, edge)
            nearest, reach = np.full(len(triangle), -np.inf), np.zeros(len(triangle))
            for other in others:
                offset = other - corners[c]
                np.maximum(nearest, np.einsum("ij,ij->i", inward, offset), out=nearest)
                np.maximum(reach, np.einsum("ij,ij->i", offset, offset), out=reach)
            # Far above the rounding error, which is some 1e-15 of the product of the three lengths.
            beyond |= nearest < -1e-13 * np.sqrt(squared * np.einsum("ij,ij->i", edge, edge) * reach) - 1e-300
        return ~beyond

    def _meeting_at_corner(self, first: np.ndarray, second: np.ndarray) -> np.ndarray:
        """Places of the pairs that share one corner, a doubtful one, and meet elsewhere too."""
        a, b = [column.take(first) for column in self.columns], [column.take(second) for column in self.columns]
        place, shared = np.zeros(len(first), dtype=np.int8), np.zeros(len(first), dtype=np.int8)
        for i in range(3):
            for j in range(3):
                same = a[i] == b[j]
                place[same] = 3 * i + j
                shared += same
        corner, other = place // 3, place % 3
        open_ = np.flatnonzero((shared == 1) & self.corner_doubtful.take(np.choose(corner, a)))
        for plane, tested, at in ((first, b, other), (second, a, corner)):
            open_ = open_[self._not_beside(plane.take(open_), [c.take(open_) for c in tested], at.take(open_))]
        a, b = [c.take(open_) for c in a], [c.take(open_) for c in b]
        meet = _opposite_edge_meets(self.points, a, corner[open_], b)
        meet |= _opposite_edge_meets(self.points, b, other[open_], a)
        return open_[meet]

    def _not_beside(self, plane: np.ndarray, tested: list[np.ndarray], at: np.ndarray) -> np.ndarray:
        """(p,) bool: False where the triangles `tested`, of which one corner `at` lies in the plane of the triangles `plane`, have their
        other two safely on one side of it."""
        start = self.points.take(np.choose(at, tested), axis=0)
        ahead = self.points.take(np.choose((at + 1) % 3, tested), axis=0) - start
        behind = self.points.take(np.choose((at + 2) % 3, tested), axis=0) - start
        normal = self.normal.take(plane, axis=0)
        one, two = np.einsum("ij,ij->i", normal, ahead), np.einsum("ij,ij->i", normal, behind)
        reach = np.maximum(np.einsum("ij,ij->i", ahead, ahead), np.einsum("ij,ij->i", behind, behind))
        safe = self._doubt(plane, reach)
        return ~((np.minimum(one, two) > safe) | (np.maximum(one, two) < -safe))

    def _doubt(self, plane: np.ndarray, reach: np.ndarray) -> np.ndarray:
        """Far above the rounding error of a height over the triangles `plane`, which is some 1e-15 of the product of the three lengths;
        `reach` is the last of them squared."""
        return 1e-14 * self.size.take(plane) * np.sqrt(reach) + 1e-300


def _opposite_edge_meets(
    points: np.ndarray, edge_of: list[np.ndarray], corner: np.ndarray, triangle: list[np.ndarray]
) -> np.ndarray:
    p, q = np.choose((corner + 1) % 3, edge_of), np.choose((corner + 2) % 3, edge_of)
    return segment_intersects_triangle(points[p], points[q], *(points[c] for c in triangle))
