"""Rollback of simplification at defects: every vertex of the fine mesh has its own level of collapse.

A level of collapse maps each vertex of the fine mesh to a point of a coarser mesh. Where the coarse mesh is defective, its
vertices go back to the level before, until nothing is wrong; the finest level is known to be valid.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from ..mesh.core import Mesh
from ..mesh.edge_table import build_edge_table
from ..mesh.self_intersection import self_intersections
from ..mesh.topology import analyse_topology, duplicate_indices, face_keys, vertex_fan_counts
from ..messages import _
from ..progress import ProgressCallback, no_progress, subprogress
from ..repair.local_repair import find_defective_triangles, triangles_touching
from .edge_collapse import CoarseMesh, CollapseLevel, apply_level

_ROUNDS = 60


class _Mixture:
    """The fine mesh with every vertex at one of several levels of collapse.

    Attributes
    ----------
    triangles
        (m, 3), of the fine mesh.
    grades
        The levels, from the finest to the coarsest, at which all vertices begin; each is a collapse of the one before.
    table
        (p, 3) float32 in mm, the points of all levels and the points that `move` made.
    starts
        The first row of each level in `table`.
    level
        (n,) the level of each fine vertex.
    target
        (n,) the row of `table` at which each fine vertex stands.
    moved, home
        (n,) whether `move` took the vertex away from the point of its level, and the row where it stood before.
    back
        (n,) whether the vertex was rolled back at least once.
    """

    def __init__(self, triangles: np.ndarray, grades: Sequence[CollapseLevel]) -> None:
        self.triangles, self.grades = triangles, grades
        self.starts = np.cumsum([0] + [len(grade.points) for grade in grades])
        self.table = np.concatenate([grade.points for grade in grades]).astype(np.float32)
        self.level = np.full(len(grades[0].target), len(grades) - 1, dtype=np.int8)
        self.target = grades[-1].target + self.starts[-2]
        self.moved = np.zeros(len(self.target), dtype=bool)
        self.home = self.target
        self.back = np.zeros(len(self.target), dtype=bool)

    def surface(self) -> CoarseMesh:
        """The mesh at the current levels."""
        return remove_folded_pairs(apply_level(self.triangles, CollapseLevel(self.table, self.target)))

    def move(self, current: CoarseMesh, fit: Callable[[np.ndarray, np.ndarray], np.ndarray]) -> CoarseMesh:
        """Moves all points of the `current` surface by `fit`, which takes points (k, 3) and triangles (l, 3) and returns points
        (k, 3). Vertices that are rolled back return to where they stood before."""
        used, rank = _in_use(current.triangles, len(self.table))
        triangles = rank[current.triangles]
        points = fit(self.table[used], triangles)
        # Components that collapsed completely have no triangle and are not moved.
        self.home, self.moved = self.target, used.take(self.target)
        self.target = np.where(self.moved, rank.take(self.target) + len(self.table), self.target)
        triangles = triangles + len(self.table)
        self.table = np.concatenate([self.table, points])
        return CoarseMesh(self.table, triangles, current.source_triangle)

    def set_back(self, bad: np.ndarray, lowest: int = 0) -> np.ndarray:
        """Rolls back the fine vertices at the `bad` rows of the table: moved ones to where they stood, others by one level.

        Where a vertex is at the `lowest` level already, its neighbours are rolled back: they cause the defect. Returns the
        indices of the vertices that were rolled back.
        """
        flag = np.zeros(len(self.table), dtype=bool)
        flag[bad] = True
        chosen = flag.take(self.target)
        finest = chosen & (self.level <= lowest) & ~self.moved
        if finest.any():
            chosen[self.triangles[triangles_touching(finest, self.triangles)].ravel()] = True
            chosen |= self._whole(chosen)
        home = np.flatnonzero(chosen & self.moved)
        lower = np.flatnonzero(chosen & ~self.moved & (self.level > lowest))
        self.moved[home] = False
        self.target[home] = self.home[home]
        self.level[lower] -= 1
        for number, grade in enumerate(self.grades):
            here = lower[self.level[lower] == number]
            self.target[here] = grade.target[here] + self.starts[number]
        self.back[home] = self.back[lower] = True
        return np.concatenate([home, lower])

    def _whole(self, chosen: np.ndarray) -> np.ndarray:
        """(n,) bool: all fine vertices of the coarse vertices of the `chosen` ones, which are rolled back as a whole."""
        flag = np.zeros(len(self.table), dtype=bool)
        flag[self.target[chosen]] = True
        return flag.take(self.target)

    def around(self, current: CoarseMesh, moved: np.ndarray, bad: np.ndarray) -> np.ndarray:
        """Rows of the table at the corners of the triangles that the rolled back vertices `moved` or the rows `bad` touch."""
        changed = np.zeros(len(self.table), dtype=bool)
        changed[self.target[moved]] = changed[bad] = True
        return np.unique(current.triangles[triangles_touching(changed, current.triangles)])


def _in_use(triangles: np.ndarray, size: int) -> tuple[np.ndarray, np.ndarray]:
    """(size,) bool, the rows that the triangles use, and (size,) the new index of each."""
    used = np.zeros(size, dtype=bool)
    used[triangles.ravel()] = True
    return used, np.cumsum(used) - 1


def remove_folded_pairs(mesh: CoarseMesh) -> CoarseMesh:
    """The mesh without pairs of triangles that have the same corners and opposite orientation.

    A neck that collapses to a line leaves such pairs; they enclose no volume, and without them their neighbours are connected.
    """
    if len(mesh.triangles) == 0:
        return mesh
    some = duplicate_indices(face_keys(mesh.triangles))
    if len(some) == 0:
        return mesh
    corners = mesh.triangles.take(some, axis=0)
    rows, first = np.arange(len(some)), corners.argmin(axis=1)
    least, second, third = corners[rows, first], corners[rows, (first + 1) % 3], corners[rows, (first + 2) % 3]
    low, high = np.minimum(second, third), np.maximum(second, third)
    order = np.lexsort((high, low, least))
    same = np.stack([least, low, high])[:, order]
    start = np.flatnonzero(np.append(True, (same[:, 1:] != same[:, :-1]).any(axis=0)))
    size = np.diff(np.append(start, len(order)))
    balance = np.add.reduceat(np.where(second < third, 1, -1)[order], start)
    keep = np.ones(len(mesh.triangles), dtype=bool)
    keep[some[order[np.repeat((size > 1) & (balance == 0), size)]]] = False
    return CoarseMesh(mesh.points, mesh.triangles[keep], mesh.source_triangle[keep])


def roll_back_defects(
    triangles: np.ndarray,
    grades: Sequence[CollapseLevel],
    also: Callable[[], np.ndarray] | None = None,
    most: int | None = None,
    progress: ProgressCallback = no_progress,
    fit: Callable[[np.ndarray, np.ndarray], np.ndarray] | None = None,
) -> tuple[CoarseMesh, int, np.ndarray]:
    """The coarsest level, its points moved by `fit`, rolled back to finer levels around its defects.

    Parameters
    ----------
    triangles
        (m, 3), of the fine mesh.
    grades
        Levels of collapse from the finest to the coarsest, each a collapse of the one before. The finest is known to be valid
        (a contour as extracted), so that rolling back terminates; the second and more may have the same triangles, and the same
        `target`.
    also
        Returns vertices of the coarsest level that are rolled back once without a defect.
    most
        Ceiling of triangles; with more the rollback is given up.
    progress
        Called with fraction and phrase.
    fit
        Moves points (k, 3) mm of triangles (l, 3).

    Returns
    -------
    The mesh, the number of fine vertices that were rolled back, and the vertices (d,) of the mesh that are still defective.
    """
    mixture = _Mixture(triangles, grades)
    current = mixture.surface()
    same = sum(grade.target is grades[0].target for grade in grades)
    if len(grades) > same:
        current = _joined(mixture, current, same - 1, also)
    if most is not None and len(current.triangles) > most:
        return current, 0, np.zeros(0, np.int64)
    if fit is not None:
        progress(0.1, _("fitting the triangles to the boundary"))
        current = mixture.move(current, fit)
    used, rank = _in_use(current.triangles, len(mixture.table))
    whole = Mesh(mixture.table[used], rank[current.triangles])
    bad = np.flatnonzero(used)[_bad_vertices(whole, subprogress(progress, 0.2, 0.8))]
    for round_ in range(_ROUNDS):
        if len(bad) == 0:
            break
        progress(0.8 + 0.2 * round_ / _ROUNDS, _("undoing simplification where it did harm"))
        moved = mixture.set_back(bad)
        if len(moved) == 0:
            break
        current = mixture.surface()
        if most is not None and len(current.triangles) > most:
            break
        around = mixture.around(current, moved, bad)
        bad = np.unique(current.triangles[find_defective_triangles(mixture.table, current.triangles, around)])
    used, rank = _in_use(np.concatenate([current.triangles.ravel(), bad]), len(mixture.table))
    target = np.where(used.take(mixture.target), rank.take(mixture.target), -1).astype(np.int32)
    result = CoarseMesh(mixture.table[used], rank[current.triangles].astype(np.int32), current.source_triangle, target)
    return result, int(mixture.back.sum()), rank[bad]


def _joined(mixture: _Mixture, current: CoarseMesh, lowest: int, also: Callable[[], np.ndarray] | None) -> CoarseMesh:
    """The `current` surface, rolled back where it is not manifold, at most to the level `lowest`, and once where `also` says.

    This needs no coordinates, so it is done before points are moved and before intersections are searched for.
    """
    size = len(mixture.table)
    bad = _torn(current.triangles, np.arange(size), size)
    if also is not None:
        bad = np.union1d(bad, also() + mixture.starts[-2])
    for _unused in range(_ROUNDS):
        moved = mixture.set_back(bad, lowest)
        if len(moved) == 0:
            break
        current = mixture.surface()
        bad = _torn(current.triangles, mixture.around(current, moved, bad), size)
    return current


def _torn(triangles: np.ndarray, vertices: np.ndarray, size: int) -> np.ndarray:
    """Non-manifold ones of the `vertices`: those with more than one fan, and ends of edges of more than two triangles.

    `triangles` (m, 3) are on `size` vertices.
    """
    asked = np.zeros(size, dtype=bool)
    asked[vertices] = True
    near = triangles[triangles_touching(asked, triangles)]
    edges = build_edge_table(near)
    pinched = np.flatnonzero((vertex_fan_counts(near, edges, size, asked) > 1) & asked)
    return np.union1d(edges.ends[edges.count > 2].ravel(), pinched)


def _bad_vertices(mesh: Mesh, progress: ProgressCallback) -> np.ndarray:
    """Vertices of all defects by a full validation; topology and intersections are tested in parallel."""
    with ThreadPoolExecutor(1) as pool:
        counting = pool.submit(analyse_topology, mesh)
        crossing = self_intersections(mesh, progress)
        facts = counting.result()
    wrong = np.concatenate([facts.degenerate_at, facts.duplicate_at, facts.inverted_at, crossing])
    return np.unique(
        np.concatenate(
            [
                facts.boundary_at.ravel(),
                facts.nonmanifold_edges_at.ravel(),
                facts.nonmanifold_vertices_at,
                mesh.triangles[wrong].ravel(),
            ]
        )
    ).astype(np.int64)
