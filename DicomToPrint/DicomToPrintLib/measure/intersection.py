"""Which triangles of a mesh pass through others.

Broad phase: triangles are sorted into a pyramid of grids by their size. Fans whose triangles all face one way and go round once
cannot intersect themselves, which settles nearly all pairs that share a corner. What is left is decided by exact signs.
"""

from collections.abc import Iterator

import numpy as np

from ..mesh import Mesh
from ..progress import Progress, silent
from .predicates import segment_meets_triangle, side_of_plane
from .topology import degenerate_triangles, edges_of, welded

_CHUNK = 1_000_000
_NO_PAIRS = np.zeros((0, 2), dtype=np.int64)


def self_intersections(mesh: Mesh, progress: Progress = silent) -> np.ndarray:
    """Sorted indices of the triangles that intersect or touch another one beyond the corners or the edge they share.

    Judged after a float32 weld. Degenerate triangles (see `topology`) take no part. Two triangles with the same three corners count, and
    so do two parts that touch in a point: the definition of CGAL's and libigl's self-intersection detection.
    """
    pairs = intersecting_pairs(mesh, progress)
    return np.unique(pairs)


def intersecting_pairs(mesh: Mesh, progress: Progress = silent) -> np.ndarray:
    """(n, 2) pairs of triangles as in `self_intersections`."""
    points, triangles, _ = welded(mesh)
    kept = np.flatnonzero(~degenerate_triangles(points, triangles))
    triangles = triangles[kept]
    if len(triangles) < 2:
        return _NO_PAIRS
    points = points.astype(np.float64)
    found = [_folded(points, triangles)]
    doubtful = _doubtful_corners(points, triangles)
    done = 0
    for total, pairs in _near_pairs(points, triangles):
        done += 1
        progress(done / total, "looking for self-intersections")
        found.append(_meeting(points, triangles, pairs, doubtful))
    result = np.concatenate(found)
    return kept[np.unique(np.sort(result, axis=1), axis=0)] if len(result) else _NO_PAIRS


def _folded(points: np.ndarray, triangles: np.ndarray) -> np.ndarray:
    """Pairs that share an edge and lie in one plane on the same side of it."""
    edges = edges_of(triangles)
    rows = [np.stack(edges.pairs(), axis=1)]
    for where in np.flatnonzero(edges.count > 2):
        around = edges.order[edges.start[where]:edges.start[where] + edges.count[where]]
        a, b = np.triu_indices(len(around), 1)
        rows.append(np.stack([around[a], around[b]], axis=1))
    half = np.concatenate(rows)
    pair = half // 3
    u, v = triangles[pair[:, 0], half[:, 0] % 3], triangles[pair[:, 0], (half[:, 0] + 1) % 3]
    r, s = triangles[pair[:, 0], (half[:, 0] + 2) % 3], triangles[pair[:, 1], (half[:, 1] + 2) % 3]
    a, b = points[u], points[v]
    first, second = np.cross(b - a, points[r] - a), np.cross(b - a, points[s] - a)
    # On the same side of the edge the two cross products agree in direction.
    close = np.flatnonzero((np.einsum("ij,ij->i", first, second) > 0) & (r != s))
    flat = side_of_plane(a[close], b[close], points[r[close]], points[s[close]]) == 0
    same = np.flatnonzero(r == s)
    return pair[np.concatenate([close[flat], same])]


def _doubtful_corners(points: np.ndarray, triangles: np.ndarray) -> np.ndarray:
    """(n,) bool: points around which triangles that share only that point may intersect.

    Where the triangles of a closed fan all face the same half-space and their angles, seen along its axis, add up to one turn, the fan
    seen along the axis is a star without overlap, so no two of its triangles meet elsewhere.
    """
    size = len(points)
    corners = [points[triangles[:, c]] for c in range(3)]
    normal = np.cross(corners[1] - corners[0], corners[2] - corners[0])
    normal /= np.linalg.norm(normal, axis=1)[:, None]
    axis = np.stack([np.bincount(triangles.ravel(), np.repeat(normal[:, k], 3), minlength=size) for k in range(3)], axis=1)
    length = np.linalg.norm(axis, axis=1)
    axis /= np.maximum(length, 1e-12)[:, None]
    doubtful = length < 1e-3
    turn = np.zeros(size)
    for c in range(3):
        at = triangles[:, c]
        m = axis[at]
        doubtful[at[np.einsum("ij,ij->i", m, normal) < 1e-3]] = True
        to_next, to_last = corners[(c + 1) % 3] - corners[c], corners[(c + 2) % 3] - corners[c]
        # Angle between the two sides, both projected on the plane across m.
        along_next, along_last = np.einsum("ij,ij->i", to_next, m), np.einsum("ij,ij->i", to_last, m)
        cosine = np.einsum("ij,ij->i", to_next, to_last) - along_next * along_last
        sine = np.einsum("ij,ij->i", np.cross(to_next, to_last), m)
        turn += np.bincount(at, np.arctan2(sine, cosine), minlength=size)
    # A single closed fan gives one full turn; an open one less, two fans more: both are looked at pair by pair.
    return doubtful | (np.abs(turn - 2.0 * np.pi) > 1e-3)


def _near_pairs(points: np.ndarray, triangles: np.ndarray) -> Iterator[tuple[int, np.ndarray]]:
    """Chunks of pairs (p, 2) whose boxes overlap, each pair once, with the number of chunks to come in all."""
    low = points[triangles].min(axis=1)
    high = points[triangles].max(axis=1)
    extent = (high - low).max(axis=1)
    base = max(float(np.median(extent)), float(extent.max()) / 2 ** 12, 1e-12)
    level = np.ceil(np.log2(np.maximum(extent / base, 1.0))).astype(np.int64)
    origin = low.min(axis=0)
    levels = np.unique(level)
    plans = [_cell_pairs(low, high, level, int(number), base * 2.0 ** int(number), origin) for number in levels]
    total = sum(len(plan[2]) for plan in plans)
    for entries, cells, chunks, partner_end in plans:
        for start, end in chunks:
            counts = partner_end[start:end] - np.arange(start, end) - 1
            first = np.repeat(np.arange(start, end), counts)
            second = first + 1 + np.arange(len(first)) - np.repeat(np.cumsum(counts) - counts, counts)
            a, b = entries[first], entries[second]
            keep = np.ones(len(a), dtype=bool)
            for k in range(3):
                keep &= (low[a, k] <= high[b, k]) & (low[b, k] <= high[a, k])
            a, b, first = a[keep], b[keep], first[keep]
            size, number, cell = cells
            # The cell that holds the lower corner of the common box reports the pair, the others keep silent.
            corner = np.floor((np.maximum(low[a], low[b]) - origin) / size).astype(np.int64)
            mine = (corner == cell[first]).all(axis=1) & ((level[a] == number) | (level[b] == number))
            yield total, np.stack([a[mine], b[mine]], axis=1)


def _cell_pairs(low: np.ndarray, high: np.ndarray, level: np.ndarray, number: int, size: float, origin: np.ndarray):
    """Entries of one grid sorted by cell, owners (of this level) first, and where the partners of each owner end."""
    members = np.flatnonzero(level <= number)
    first = np.floor((low[members] - origin) / size).astype(np.int64)
    last = np.floor((high[members] - origin) / size).astype(np.int64)
    span = last - first + 1
    shape = last.max(axis=0) + 1
    cells, owners = [], []
    for offset in np.ndindex(*(int(v) for v in span.max(axis=0))):
        inside = (span > np.array(offset)).all(axis=1)
        cells.append(first[inside] + np.array(offset))
        owners.append(members[inside])
    cell, entry = np.concatenate(cells), np.concatenate(owners)
    key = (cell[:, 0] * shape[1] + cell[:, 1]) * shape[2] + cell[:, 2]
    visitor = level[entry] != number
    own_keys = np.unique(key[~visitor])
    place = np.searchsorted(own_keys, key)
    used = own_keys[np.minimum(place, len(own_keys) - 1)] == key
    key, entry, cell, visitor = key[used], entry[used], cell[used], visitor[used]
    order = np.argsort(2 * key + visitor, kind="stable")
    key, entry, cell, visitor = key[order], entry[order], cell[order], visitor[order]
    starts = np.flatnonzero(np.append(True, key[1:] != key[:-1]))
    ends = np.append(starts[1:], len(key))
    end = np.repeat(ends, ends - starts)
    # Owners meet all that follow in their cell; visitors meet nobody by themselves.
    end = np.where(visitor, np.arange(len(key)) + 1, end)
    counts = np.cumsum(end - np.arange(len(key)) - 1)
    cuts = np.searchsorted(counts, np.arange(_CHUNK, counts[-1] + _CHUNK, _CHUNK)) + 1
    bounds = np.unique(np.clip(np.concatenate([[0], cuts]), 0, len(key)))
    return entry, (size, number, cell), list(zip(bounds[:-1], bounds[1:])), end


def _meeting(points: np.ndarray, triangles: np.ndarray, pairs: np.ndarray, doubtful: np.ndarray) -> np.ndarray:
    """The pairs that intersect, of pairs (p, 2) that share at most one corner; those sharing an edge are left to `_folded`."""
    first, second = triangles[pairs[:, 0]], triangles[pairs[:, 1]]
    same = first[:, :, None] == second[:, None, :]
    shared = same.sum(axis=(1, 2))
    apart = pairs[shared == 0]
    one = np.flatnonzero(shared == 1)
    place = same[one].reshape(-1, 9).argmax(axis=1)
    corner, other = place // 3, place % 3
    open_ = doubtful[first[one, corner]]
    one, corner, other = one[open_], corner[open_], other[open_]
    found = [_meeting_apart(points, triangles, apart)]
    touching = _opposite_edge_meets(points, first[one], corner, second[one])
    touching |= _opposite_edge_meets(points, second[one], other, first[one])
    found.append(pairs[one[touching]])
    return np.concatenate(found)


def _opposite_edge_meets(points: np.ndarray, edge_of: np.ndarray, corner: np.ndarray, triangle: np.ndarray) -> np.ndarray:
    rows = np.arange(len(edge_of))
    p, q = points[edge_of[rows, (corner + 1) % 3]], points[edge_of[rows, (corner + 2) % 3]]
    return segment_meets_triangle(p, q, *(points[triangle[:, c]] for c in range(3)))


def _meeting_apart(points: np.ndarray, triangles: np.ndarray, pairs: np.ndarray) -> np.ndarray:
    """The pairs without a common corner that intersect."""
    for one, other in ((0, 1), (1, 0)):
        plane, tested = triangles[pairs[:, one]], triangles[pairs[:, other]]
        pairs = pairs[_not_on_one_side(points, plane, tested)]
    first, second = triangles[pairs[:, 0]], triangles[pairs[:, 1]]
    meet = np.zeros(len(pairs), dtype=bool)
    for edge_of, triangle in ((first, second), (second, first)):
        corners = [points[triangle[:, c]] for c in range(3)]
        for c in range(3):
            meet |= segment_meets_triangle(points[edge_of[:, c]], points[edge_of[:, (c + 1) % 3]], *corners)
    return pairs[meet]


def _not_on_one_side(points: np.ndarray, plane: np.ndarray, tested: np.ndarray) -> np.ndarray:
    """(p,) bool: False where all corners of `tested` lie safely on one side of the plane of `plane`."""
    a = points[plane[:, 0]]
    normal = np.cross(points[plane[:, 1]] - a, points[plane[:, 2]] - a)
    heights, reach = [], 0.0
    for c in range(3):
        offset = points[tested[:, c]] - a
        heights.append(np.einsum("ij,ij->i", normal, offset))
        reach = np.maximum(reach, np.abs(offset).max(axis=1))
    safe = 1e-13 * np.abs(normal).sum(axis=1) * reach + 1e-300
    lowest, highest = np.minimum.reduce(heights), np.maximum.reduce(heights)
    return ~((lowest > safe) | (highest < -safe))
