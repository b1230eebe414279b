"""The parts of a mesh: how large each is, which lies inside which, and which way they face."""

from dataclasses import dataclass

import numpy as np

from .arrays import Points, Triangles
from .core import Mesh, cross_rows
from .edge_table import EdgeTable, build_edge_table, label_face_components
from .graph import label_connected_nodes
from .merge_points import merged_mesh

_MOST_DOUBTFUL = 64  # parts that face inward and seem to lie in no other: more of them are no cavities
_PROBES = 24  # triangles of such a part that are looked at


@dataclass(frozen=True)
class Component:
    """One part of a mesh: its triangles (n,), signed volume in mm3, area in mm2, and bounds (low (3,), high (3,))
    in mm."""

    triangles: np.ndarray
    volume: float
    area: float
    low: np.ndarray
    high: np.ndarray


@dataclass(frozen=True)
class NestedComponent:
    """A part with its place among the others: whether it is `closed`, and how often it lies `within` the solid of other closed parts:
    each that faces outward around it counts 1, each that faces inward -1."""

    part: Component
    closed: bool
    within: int


def component_volumes(points: Points, triangles: Triangles, part: np.ndarray, count: int) -> np.ndarray:
    """(count,) signed volumes in mm3 of the parts of `triangles` (m, 3), `part` (m,) being the part of each
    triangle."""
    if count == 0:
        return np.zeros(0)
    centre = points.mean(axis=0, dtype=np.float64)
    precise = points - centre
    a, b, c = (precise.take(triangles[:, k], axis=0) for k in range(3))
    return np.bincount(part, np.einsum("ij,ij->i", a, cross_rows(b, c)), minlength=count) / 6.0


def components(mesh: Mesh) -> tuple[Component, ...]:
    """The parts of the mesh that hang together over edges after a float32 weld, the one of largest absolute volume
    first."""
    return tuple(item.part for item in nested_components(mesh, ask_nesting=False))


def nested_components(mesh: Mesh, ask_nesting: bool = True) -> tuple[NestedComponent, ...]:
    """The parts as `components` gives them, each with what it lies in; without `ask_nesting` as if each lay outside the others."""
    points, triangles, _ = merged_mesh(mesh)
    edges = build_edge_table(triangles)
    count, part = label_face_components(triangles, edges)
    closed = np.ones(count, dtype=bool)
    closed[part[edges.order[edges.start[edges.count == 1]] // 3]] = False
    volumes = component_volumes(points, triangles, part, count)
    within: np.ndarray = np.zeros(count)
    if ask_nesting and count > 1:
        inside = contained_parts(points, triangles, part, count)
        inside = inside[closed[inside].all(axis=1)]
        within = np.bincount(inside[:, 0], np.sign(volumes[inside[:, 1]]), minlength=count)
    areas = np.bincount(part, np.linalg.norm(mesh.triangle_normals(), axis=1) / 2.0, minlength=count)
    order = np.argsort(part, kind="stable")
    groups = np.split(order, np.cumsum(np.bincount(part, minlength=count))[:-1]) if count else []
    found = []
    for index, group in enumerate(groups):
        used = points[triangles[group].ravel()]
        own = Component(group, float(volumes[index]), float(areas[index]), used.min(axis=0), used.max(axis=0))
        found.append(NestedComponent(own, bool(closed[index]), int(within[index])))
    return tuple(sorted(found, key=lambda item: -abs(item.part.volume)))


def winding_number_x_ray(points: Points, triangles: Triangles, queries: Points) -> np.ndarray:
    """(q,) winding number of the closed surface around each query point, by counting signed crossings of a ray
    towards +x.

    Exact for points off the surface whose ray misses every edge; queries should have coordinates that no vertex has.
    """
    winding = np.zeros(len(queries), dtype=np.int64)
    if len(triangles) == 0 or len(queries) == 0:
        return winding
    corners = points[triangles].astype(np.float64)
    low, high = corners.min(axis=1), corners.max(axis=1)
    # By where they begin along y: only those that begin less than the widest one before a query can reach it.
    order = np.argsort(low[:, 1], kind="stable") if len(queries) > 8 else np.arange(len(triangles))
    begin = low[order, 1]
    widest = float((high[:, 1] - low[:, 1]).max())
    for index, (x, y, z) in enumerate(np.asarray(queries, dtype=np.float64)):
        near = order
        if len(queries) > 8:
            near = order[np.searchsorted(begin, y - widest) : np.searchsorted(begin, y, side="right")]
        within = (low[near, 1] <= y) & (high[near, 1] >= y) & (low[near, 2] <= z) & (high[near, 2] >= z)
        hit = corners[near[within & (high[near, 0] >= x)]]
        u, v = hit[:, :, 1] - y, hit[:, :, 2] - z
        s0 = u[:, 1] * v[:, 2] - u[:, 2] * v[:, 1]
        s1 = u[:, 2] * v[:, 0] - u[:, 0] * v[:, 2]
        s2 = u[:, 0] * v[:, 1] - u[:, 1] * v[:, 0]
        total = s0 + s1 + s2
        inside = ((s0 > 0) & (s1 > 0) & (s2 > 0)) | ((s0 < 0) & (s1 < 0) & (s2 < 0))
        with np.errstate(divide="ignore", invalid="ignore"):
            at = (s0 * hit[:, 0, 0] + s1 * hit[:, 1, 0] + s2 * hit[:, 2, 0]) / total
        winding[index] = int(np.sign(total[inside & (at > x)]).sum())
    return winding


def _consistent_sides(triangles: np.ndarray, edges: EdgeTable) -> np.ndarray:
    """(m,) bool: which triangles must be turned over so that all triangles of a part agree.

    A graph with two nodes a triangle (as it is, turned over) joins neighbours over edges of two triangles in the way
    in which they agree; the side of the smaller node wins, and a one-sided part (Moebius) keeps its triangles as they
    are.
    """
    count = len(triangles)
    first, second = edges.pairs()
    against = edges.forward[first] == edges.forward[second]
    if not against.any():
        return np.zeros(count, dtype=bool)
    a, b = first // 3, second // 3
    rows = np.concatenate([a, a + count])
    columns = np.concatenate([b + count * against, b + count * ~against])
    _, label = label_connected_nodes(rows, columns, 2 * count)
    plain, turned = label[:count], label[count:]
    return turned < plain


def inverted_triangles(
    points: Points, triangles: Triangles, edges: EdgeTable, part: np.ndarray, count: int
) -> np.ndarray:
    """Indices of triangles that face into the solid.

    Within a part, those that disagree with the orientation that makes it enclose a positive volume (a negative one
    where it is the wall of a cavity, that is, where it lies inside one other part). A part inside another that also
    faces outward is an overlap, not an inversion.
    """
    if count == 0:
        return np.zeros(0, np.int64)
    turn = _consistent_sides(triangles, edges)
    agreed = np.where(turn[:, None], triangles[:, (0, 2, 1)], triangles) if turn.any() else triangles
    volumes = component_volumes(points, agreed, part, count)
    given = np.bincount(part, np.where(turn, -1, 1), minlength=count)
    # Agreed orientation is free up to a global turn of each part: start from the one most triangles have.
    flip = given < 0
    turn ^= flip[part]
    volumes = np.where(flip, -volumes, volumes)
    closed = np.ones(count, dtype=bool)
    closed[part[edges.order[edges.start[edges.count == 1]] // 3]] = False  # an open part has no inside to face
    if (volumes[closed] < 0).any():
        number = np.cumsum(closed) - 1
        of_closed = closed[part]
        wrong = _turned_parts(points, triangles[of_closed], number[part[of_closed]], volumes[closed])
        turn[of_closed] ^= wrong[number[part[of_closed]]]
    return np.flatnonzero(turn)


def _turned_parts(points: np.ndarray, triangles: np.ndarray, part: np.ndarray, volumes: np.ndarray) -> np.ndarray:
    """(c,) bool: parts that face the wrong way as a whole.

    Outermost parts must enclose a positive volume. Where one does not, everything inside it is judged by its depth:
    walls of cavities at odd depth negative, the others positive. Where it does, only a negative part at even depth is
    wrong; a positive one at odd depth is an overlap.
    """
    inside = contained_parts(points, triangles, part, len(volumes))
    depth = np.bincount(inside[:, 0], minlength=len(volumes))
    doubtful = np.flatnonzero((volumes < 0) & (depth % 2 == 0))
    if 0 < len(doubtful) <= _MOST_DOUBTFUL:
        inside = _contained_for_the_most(points, triangles, part, inside, doubtful)
        depth = np.bincount(inside[:, 0], minlength=len(volumes))
    wrong_outermost = (depth == 0) & (volumes < 0)
    in_wrong = np.zeros(len(volumes), dtype=bool)
    in_wrong[inside[wrong_outermost[inside[:, 1]], 0]] = True
    odd = depth % 2 == 1
    by_depth = np.where(odd, volumes > 0, volumes < 0)
    return np.where(in_wrong, by_depth, (volumes < 0) & ~odd)


def _contained_for_the_most(
    points: np.ndarray, triangles: np.ndarray, part: np.ndarray, inside: np.ndarray, doubtful: np.ndarray
) -> np.ndarray:
    """(n, 2) as `contained_parts` gives it, the parts `doubtful` (d,) judged by triangles all over them: the first corner of a cavity that
    touches the outer wall may lie on it, and the cavity would be turned into a solid."""
    kept = [inside[~np.isin(inside[:, 0], doubtful)]]
    corners = points[triangles]
    low, high = np.full((part.max() + 1, 3), np.inf), np.full((part.max() + 1, 3), -np.inf)
    np.minimum.at(low, part, corners.min(axis=1))
    np.maximum.at(high, part, corners.max(axis=1))
    hair = 1e-6 * float((high - low).max()) * np.array([1.234, 2.345, 3.456])
    for number in doubtful:
        own = corners[part == number].mean(axis=1, dtype=np.float64)
        places = own[np.linspace(0, len(own) - 1, min(len(own), _PROBES)).astype(int)] + hair
        for outer in np.flatnonzero((low <= low[number]).all(axis=1) & (high >= high[number]).all(axis=1)):
            within = winding_number_x_ray(points, triangles[part == outer], places) != 0
            if outer != number and 2 * np.count_nonzero(within) > len(places):
                kept.append(np.array([[number, outer]]))
    return np.concatenate(kept)


def contained_parts(points: Points, triangles: Triangles, part: np.ndarray, count: int) -> np.ndarray:
    """(n, 2) pairs of parts of `triangles` (m, 3), `part` (m,) being the part of each: the first begins inside the second."""
    order = np.argsort(part, kind="stable")
    ends = np.cumsum(np.bincount(part, minlength=count))
    starts = np.concatenate([[0], ends[:-1]])
    corners = points[triangles]
    low = np.minimum.reduceat(corners.min(axis=1)[order], starts)
    high = np.maximum.reduceat(corners.max(axis=1)[order], starts)
    # A corner of each part, moved a hair so that its ray misses other corners.
    hair = 1e-6 * float((high - low).max()) * np.array([1.234, 2.345, 3.456])
    places = corners[order[starts], 0].astype(np.float64) + hair
    result = [np.zeros((0, 2), dtype=np.int64)]
    for outer in range(count):
        within = np.flatnonzero((places > low[outer]).all(axis=1) & (places < high[outer]).all(axis=1))
        within = within[within != outer]
        if len(within):
            shell = triangles[order[starts[outer] : ends[outer]]]
            within = within[winding_number_x_ray(points, shell, places[within]) != 0]
            result.append(np.stack([within, np.full(len(within), outer)], axis=1))
    return np.concatenate(result)


def nested_shell_triangles(mesh: Mesh) -> np.ndarray:
    """Triangles of closed parts that lie, facing outward, inside the solid of other parts; and of the cavities in them.

    Such a shell encloses what is solid anyway: readers disagree whether it is solid twice or hollow.
    """
    points, triangles, _ = merged_mesh(mesh)
    edges = build_edge_table(triangles)
    count, part = label_face_components(triangles, edges)
    if count < 2:
        return np.zeros(0, np.int64)
    closed = np.ones(count, dtype=bool)
    closed[part[edges.order[edges.start[edges.count == 1]] // 3]] = False
    volumes = component_volumes(points, triangles, part, count)
    inside = contained_parts(points, triangles, part, count)
    inside = inside[closed[inside].all(axis=1)]
    around = np.bincount(inside[:, 0], np.sign(volumes[inside[:, 1]]), minlength=count)
    return np.flatnonzero(np.where(volumes > 0, around >= 1, around >= 2)[part])


def label_components(mesh: Mesh) -> tuple[np.ndarray, int]:
    """(m,) part of every triangle and the number of parts, over edges after a float32 weld."""
    _, triangles, _ = merged_mesh(mesh)
    count, part = label_face_components(triangles, build_edge_table(triangles))
    return part, count
