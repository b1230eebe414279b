"""Boundary loops and the triangles that close them."""

import numpy as np

from ..mesh.edge_table import build_edge_table

_EXACT = 48  # longest loop for which all triangulations are weighed


def boundary_loops(triangles: np.ndarray) -> tuple[list[np.ndarray], np.ndarray]:
    """Simple loops of boundary edges, and the vertices where loops touch or do not close.

    Each loop lists its vertices in the direction in which triangles that fill it must run along it.
    """
    if len(triangles) == 0:
        return [], np.zeros(0, dtype=np.int64)
    edges = build_edge_table(triangles)
    half = edges.order[edges.start[edges.count == 1]]
    tail, head = triangles[half // 3, half % 3], triangles[half // 3, (half + 1) % 3]
    ends, out = np.unique(tail, return_counts=True)
    others, into = np.unique(head, return_counts=True)
    odd = np.union1d(np.union1d(ends[out > 1], others[into > 1]), np.setxor1d(ends, others))
    following = dict(zip(head.tolist(), tail.tolist()))
    blocked = set(odd.tolist())
    loops, seen = [], set()
    for start in following:
        if start in seen or start in blocked:
            continue
        loop, at = [], start
        while at not in seen and at not in blocked and at in following:
            seen.add(at)
            loop.append(at)
            at = following[at]
        if at == start and len(loop) >= 3:
            loops.append(np.array(loop))
    return loops, odd


def triangulate_loop(points: np.ndarray, loop: np.ndarray, taken: set[tuple[int, int]]) -> np.ndarray | None:
    """Triangles (n - 2, 3) that close a loop without new vertices, of least area; None where none avoids the edges in
    `taken`.

    `points` (n, 3) of the whole mesh, `loop` (m,) indices. The least-area triangulation of Barequet and Sharir (1995)
    for short loops, ears of least area for long ones.
    """
    if len(loop) == 3:
        return loop[None, :]
    corners, forbidden = points[loop].astype(np.float64), _forbidden(loop, taken)
    local = _least_area(corners, forbidden) if len(loop) <= _EXACT else _ears(corners, forbidden)
    return None if local is None else loop[local]


def triangulate_by_ears(points: np.ndarray, loop: np.ndarray, triangles: np.ndarray) -> np.ndarray | None:
    """As `triangulate_loop`, by ears of least reach; of the `triangles` (m, 3) around no edge is used again."""
    rim = np.zeros(len(points), dtype=bool)
    rim[loop] = True
    ends = build_edge_table(triangles).ends
    taken = {(int(u), int(v)) for u, v in ends[rim[ends].all(axis=1)]}
    local = _ears(points[loop].astype(np.float64), _forbidden(loop, taken))
    return None if local is None else loop[local]


def _forbidden(loop: np.ndarray, taken: set[tuple[int, int]]) -> np.ndarray:
    """(n, n) bool: pairs of corners of a loop that an edge in `taken` joins already, neighbours left out."""
    count = len(loop)
    forbidden = np.zeros((count, count), dtype=bool)
    places = {int(vertex): place for place, vertex in enumerate(loop)}
    for u, v in taken:
        if u in places and v in places:
            a, b = places[u], places[v]
            if abs(a - b) not in (1, count - 1):
                forbidden[a, b] = forbidden[b, a] = True
    return forbidden


def _least_area(corners: np.ndarray, forbidden: np.ndarray) -> np.ndarray | None:
    count = len(corners)
    cost = np.full((count, count), np.inf)
    split = np.zeros((count, count), dtype=np.int64)
    index = np.arange(count - 1)
    cost[index, index + 1] = 0.0
    for span in range(2, count):
        for a in range(count - span):
            b = a + span
            if forbidden[a, b]:
                continue
            between = np.arange(a + 1, b)
            side = corners[b] - corners[a]
            area = np.linalg.norm(np.cross(corners[between] - corners[a], side), axis=1)
            total = cost[a, between] + cost[between, b] + area + 1e-12
            best = int(total.argmin())
            cost[a, b], split[a, b] = total[best], between[best]
    if not np.isfinite(cost[0, count - 1]):
        return None
    result, stack = [], [(0, count - 1)]
    while stack:
        a, b = stack.pop()
        if b - a >= 2:
            m = int(split[a, b])
            result.append((a, m, b))
            stack += [(a, m), (m, b)]
    return np.array(result)


def _ears(corners: np.ndarray, forbidden: np.ndarray) -> np.ndarray | None:
    left = list(range(len(corners)))
    normal = np.cross(corners, np.roll(corners, -1, axis=0)).sum(axis=0)
    result = []
    while len(left) > 3:
        at = np.array(left)
        before, after = np.roll(at, 1), np.roll(at, -1)
        cross = np.cross(corners[at] - corners[before], corners[after] - corners[at])
        reach = np.linalg.norm(corners[after] - corners[before], axis=1)
        cost = reach + np.where(cross @ normal <= 0.0, 1e6 * (1.0 + reach.max()), 0.0)
        cost[forbidden[before, after]] = np.inf
        best = int(cost.argmin())
        if not np.isfinite(cost[best]):
            return None
        result.append((before[best], at[best], after[best]))
        left.pop(best)
    result.append((left[0], left[1], left[2]))
    return np.array(result)
