"""Local repair: defective triangles and a rim around them are removed, the holes filled, and only that region tested again."""

from dataclasses import dataclass

import numpy as np

from ..mesh.core import Mesh
from ..mesh.edge_table import build_edge_table
from ..mesh.merge_points import merged_mesh
from ..mesh.self_intersection import intersecting_pairs_touching
from ..mesh.topology import analyse_topology, degenerate_triangles, duplicate_triangles, vertex_fan_counts
from ..messages import _
from ..progress import ProgressCallback, no_progress
from .boundary_loops import boundary_loops, triangulate_loop

_ROUNDS = 10
_LONGEST = 400  # edges: a longer boundary loop is an opening of the mesh and stays


@dataclass(frozen=True)
class LocalRepairResult:
    """Result of `repair_locally`: the mesh, numbers of triangles removed and added, and the triangles still defective (n,)."""

    mesh: Mesh
    cut: int
    put: int
    bad: np.ndarray


def remove_duplicate_triangles(points: np.ndarray, triangles: np.ndarray) -> np.ndarray:
    """The triangles without collapsed ones, without repetitions, and without pairs of opposite orientation.

    Parameters
    ----------
    points
        (n, 3); triangles with points that are not finite are removed too.
    triangles
        (m, 3). Two of the same corners and opposite orientation enclose no volume: without both their neighbours are connected.
    """
    collapsed = (
        (triangles[:, 0] == triangles[:, 1])
        | (triangles[:, 1] == triangles[:, 2])
        | (triangles[:, 2] == triangles[:, 0])
    )
    triangles = triangles[~collapsed & np.isfinite(points[triangles]).all(axis=(1, 2))]
    if len(duplicate_triangles(triangles)) == 0:
        return triangles
    ordered = np.sort(triangles, axis=1)
    _unused, group = np.unique(ordered, axis=0, return_inverse=True)
    group = group.ravel()
    # Even permutations of the sorted corners face one way, odd ones the other.
    low = triangles.argmin(axis=1)
    rows = np.arange(len(triangles))
    facing = np.where(triangles[rows, (low + 1) % 3] < triangles[rows, (low + 2) % 3], 1, -1)
    balance = np.bincount(group, facing).astype(np.int64)
    order = np.lexsort((rows, -facing * np.sign(balance[group]), group))
    first = np.append(True, group[order][1:] != group[order][:-1])
    keep = np.zeros(len(triangles), dtype=bool)
    keep[order[first]] = True
    return triangles[keep & (balance[group] != 0)]


def triangles_touching(flag: np.ndarray, triangles: np.ndarray) -> np.ndarray:
    """(m,) bool: triangles with a corner whose `flag` (n,) is set."""
    at = flag.take(triangles)
    return at[:, 0] | at[:, 1] | at[:, 2]


def find_defective_triangles(points: np.ndarray, triangles: np.ndarray, vertices: np.ndarray) -> np.ndarray:
    """Indices of the defective triangles at the given vertices.

    Defects are edges of more than two triangles, neighbours of opposite orientation, non-manifold vertices, degenerate and
    duplicate triangles and self-intersections. `points` (n, 3), `triangles` (m, 3), `vertices` (k,).
    """
    touched = np.zeros(len(points), dtype=bool)
    touched[vertices] = True
    near = np.flatnonzero(triangles_touching(touched, triangles))
    if len(near) == 0:
        return near
    local = triangles[near]
    used, corner = np.unique(local, return_inverse=True)
    corner = corner.reshape(-1, 3)
    edges = build_edge_table(corner)
    wrong = np.zeros(len(near), dtype=bool)
    crowded = edges.count > 2
    first, second = edges.pairs()
    turned = edges.forward[first] == edges.forward[second]
    wrong[first[turned] // 3] = wrong[second[turned] // 3] = True
    wrong[edges.order[np.repeat(crowded, edges.count)] // 3] = True
    whole = touched[local]
    fans = vertex_fan_counts(corner, edges, len(used), touched[used])
    wrong |= ((fans[corner] > 1) & whole).any(axis=1)
    wrong |= degenerate_triangles(points, local)
    wrong[duplicate_triangles(local)] = True
    inside = np.flatnonzero(whole.all(axis=1))
    pairs = intersecting_pairs_touching(points, triangles, near[inside])
    return np.union1d(near[wrong], pairs.ravel())


def repair_locally(
    mesh: Mesh, bad: np.ndarray | None = None, progress: ProgressCallback = no_progress
) -> LocalRepairResult:
    """Removes the defective triangles of a nearly valid mesh with a rim and fills the holes, in rounds with a growing rim.

    Parameters
    ----------
    mesh
        Points in mm. Openings are filled too, up to boundary loops of `_LONGEST` edges.
    bad
        (n,) the defective triangles of the mesh as given; None: by a full validation.
    progress
        Called with fraction and phrase.

    Returns
    -------
    LocalRepairResult
        Its mesh has merged points in float32 and no arrays.
    """
    points, triangles, _unused = merged_mesh(mesh)
    if bad is None:
        bad = _all_bad(mesh)
    worst = np.unique(triangles[bad].ravel())
    before = len(triangles)
    triangles = remove_duplicate_triangles(points, triangles)
    cut, put = before - len(triangles), 0
    flawed = _touching(triangles, worst, len(points))
    wrong = find_defective_triangles(points, triangles, np.unique(triangles[flawed].ravel()))
    rim = 0
    for round_ in range(_ROUNDS):
        progress(round_ / _ROUNDS, _("repairing the surface"))
        loops, odd = boundary_loops(triangles)
        if len(wrong) == 0 and len(loops) == 0 and len(odd) == 0:
            break
        wrong = np.union1d(wrong, _touching(triangles, odd, len(points)))
        for _turn in range(rim):
            wrong = _touching(triangles, np.unique(triangles[wrong].ravel()), len(points))
        triangles, removed = _cut_clean(triangles, wrong, len(points))
        patch = _patches(points, triangles)
        cut, put = cut + removed, put + len(patch)
        triangles = np.concatenate([triangles, patch])
        around = np.unique(np.concatenate([patch.ravel(), triangles[wrong[wrong < len(triangles)]].ravel()]))
        wrong = find_defective_triangles(points, triangles, around)
        rim = min(1 + round_ // 2, 3)
    loops, odd = boundary_loops(triangles)
    if len(odd) or len(loops):
        rims = np.concatenate([odd, *loops]) if loops else odd
        wrong = np.union1d(wrong, _touching(triangles, rims, len(points)))
    used, compact = np.unique(triangles, return_inverse=True)
    result = Mesh(points[used], compact.reshape(-1, 3).astype(np.int32), mesh.name, mesh.color)
    return LocalRepairResult(result, cut, put, wrong)


def _all_bad(mesh: Mesh) -> np.ndarray:
    from ..mesh.self_intersection import self_intersections

    facts = analyse_topology(mesh)
    _unused, triangles, first = merged_mesh(mesh)
    vertices = np.concatenate(
        [facts.boundary_at.ravel(), facts.nonmanifold_edges_at.ravel(), facts.nonmanifold_vertices_at]
    )
    flag = np.zeros(len(triangles), dtype=bool)
    flag |= np.isin(first[triangles], vertices).any(axis=1)
    flag[np.concatenate([facts.degenerate_at, facts.duplicate_at, facts.inverted_at, self_intersections(mesh)])] = True
    return np.flatnonzero(flag)


def _touching(triangles: np.ndarray, vertices: np.ndarray, size: int) -> np.ndarray:
    flag = np.zeros(size, dtype=bool)
    flag[vertices] = True
    return np.flatnonzero(triangles_touching(flag, triangles))


def _cut_clean(triangles: np.ndarray, wrong: np.ndarray, size: int) -> tuple[np.ndarray, int]:
    """The triangles without `wrong` and without those that keep the boundary from being simple loops; and how many were removed."""
    before = len(triangles)
    keep = np.ones(before, dtype=bool)
    keep[wrong] = False
    triangles = triangles[keep]
    for _turn in range(20):
        _loops, odd = boundary_loops(triangles)
        if len(odd) == 0:
            break
        triangles = np.delete(triangles, _touching(triangles, odd, size), axis=0)
    return triangles, before - len(triangles)


def _patches(points: np.ndarray, triangles: np.ndarray) -> np.ndarray:
    loops, _unused = boundary_loops(triangles)
    loops = [loop for loop in loops if len(loop) <= _LONGEST]
    if not loops:
        return np.zeros((0, 3), dtype=triangles.dtype)
    rim = np.zeros(len(points), dtype=bool)
    rim[np.concatenate(loops)] = True
    # Edges between two boundary vertices exist already; a patch must not use them again.
    sides = np.concatenate([triangles[:, (0, 1)], triangles[:, (1, 2)], triangles[:, (2, 0)]])
    sides = np.sort(sides[rim[sides].all(axis=1)], axis=1)
    taken = {tuple(side) for side in sides.tolist()}
    neighbours: dict[int, set[tuple[int, int]]] = {}
    for side in taken:
        for vertex in side:
            neighbours.setdefault(vertex, set()).add(side)
    filled = []
    for loop in sorted(loops, key=len):
        near = set().union(*(neighbours.get(int(v), set()) for v in loop))
        patch = triangulate_loop(points, loop, near)
        if patch is not None:
            filled.append(patch)
            for t in patch.tolist():
                for side in ((t[0], t[1]), (t[1], t[2]), (t[2], t[0])):
                    side = (min(side), max(side))
                    for vertex in side:
                        neighbours.setdefault(vertex, set()).add(side)
    return np.concatenate(filled).astype(triangles.dtype) if filled else np.zeros((0, 3), dtype=triangles.dtype)
