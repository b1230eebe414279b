"""Simplification as a map: which vertex of the fine mesh goes to which vertex of the coarse one, and its undoing
where it did harm."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..measure.intersection import self_intersections
from ..measure.topology import topology
from ..mesh import Mesh
from ..progress import Progress, part, silent
from .surgery import bad_triangles

_ROUNDS = 60


@dataclass(frozen=True)
class Grade:
    """One grade of simplification: `target` (n,) takes every fine vertex to a row of `points` (p, 3)."""

    points: np.ndarray
    target: np.ndarray


@dataclass(frozen=True)
class Collapsed:
    """A coarse mesh: its points, triangles (m, 3), and the fine triangle (m,) that each of them comes from."""

    points: np.ndarray
    triangles: np.ndarray
    birth: np.ndarray


def collapse(triangles: np.ndarray, last: Grade, count: int, between: int | None = None) -> list[Grade]:
    """Coarser grades by collapse of edges (Garland and Heckbert's quadrics, fast_simplification): one of about
    `count` triangles, and before it one of about `between`, the same collapse stopped earlier, its points where the
    last grade had them.

    `triangles` (m, 3) are the fine ones, `last` the grade to start from; empty where that is as coarse already.
    Raises ImportError without that package.
    """
    import fast_simplification

    current = apply(triangles, last)
    if count >= len(current.triangles):
        return []
    points, _, history = fast_simplification.simplify(last.points, current.triangles.astype(np.int32),
                                                      target_count=int(count), agg=7, return_collapses=True)
    grades = []
    if between is not None:
        # A collapse takes two triangles away.
        root = _roots(history[:(len(current.triangles) - between) // 2], len(last.points))
        grades.append(_grade(last, current.triangles, root, None))
    return [*grades, _grade(last, current.triangles, _roots(history, len(last.points)), points)]


def _roots(history: np.ndarray, size: int) -> np.ndarray:
    """(size,) the vertex that every vertex has become after the collapses (n, 2): second into first."""
    root = np.arange(size)
    root[history[:, 1]] = history[:, 0]
    while True:
        further = root[root]
        if np.array_equal(further, root):
            return root
        root = further


def _grade(last: Grade, triangles: np.ndarray, root: np.ndarray, points: np.ndarray | None) -> Grade:
    """The grade after the vertices of `last` have become their roots, which lie at `points` in order of those in use,
    or where they were."""
    mapped = root[triangles]
    used = np.zeros(len(root), dtype=bool)
    used[mapped[_with_three_corners(mapped)].ravel()] = True
    points = last.points[used] if points is None else points
    # A part that vanished whole keeps one place for all its vertices, which no triangle uses.
    place = np.where(used, np.cumsum(used) - 1, len(points))[root]
    return Grade(np.concatenate([points, points[:1]]).astype(np.float32), place[last.target])


def apply(triangles: np.ndarray, grade: Grade) -> Collapsed:
    """The fine triangles as the grade makes them."""
    mapped = grade.target.take(triangles)
    birth = _with_three_corners(mapped)
    return Collapsed(grade.points, mapped.take(birth, axis=0), birth)


def _with_three_corners(triangles: np.ndarray) -> np.ndarray:
    a, b, c = triangles[:, 0], triangles[:, 1], triangles[:, 2]
    return np.flatnonzero((a != b) & (b != c) & (c != a))


def mend(triangles: np.ndarray, grades: Sequence[Grade], also: np.ndarray | None = None, most: int | None = None,
         progress: Progress = silent) -> tuple[Collapsed, int, np.ndarray]:
    """The coarsest grade, set back to finer ones around everything that is wrong in it.

    `grades` from the finest to the coarsest, each a collapse of the one before; the finest is known to be without
    defects (a contour as it was made), so setting back more and more ends valid. `also` are vertices of the coarsest
    grade to be set back once though nothing is broken there. With more than `most` triangles it gives up. Returns the
    mesh, how many fine vertices were set back, and the vertices at which something is still wrong.
    """
    starts = np.cumsum([0] + [len(grade.points) for grade in grades])
    table = np.concatenate([grade.points for grade in grades]).astype(np.float32)
    level = np.full(len(grades[0].target), len(grades) - 1, dtype=np.int8)
    target = grades[-1].target + starts[-2]
    current = apply(triangles, Grade(table, target))
    coarse = current.triangles - starts[-2]
    bad = _bad_vertices(Mesh(grades[-1].points, coarse), part(progress, 0.0, 0.7)) + starts[-2]
    if also is not None and len(also):
        bad = np.union1d(bad, also + starts[-2])
    for round_ in range(_ROUNDS):
        if len(bad) == 0:
            break
        progress(0.7 + 0.3 * round_ / _ROUNDS, "undoing simplification where it did harm")
        flag = np.zeros(len(table), dtype=bool)
        flag[bad] = True
        chosen = flag.take(target)
        finest = chosen & (level == 0)
        if finest.any():
            # What is wrong in spite of standing on the contour has its cause next to it.
            chosen[triangles[finest[triangles].any(axis=1)].ravel()] = True
            chosen |= _whole(target, chosen, len(table))
        moved = np.flatnonzero(chosen & (level > 0))
        if len(moved) == 0:
            break
        level[moved] -= 1
        for number, grade in enumerate(grades):
            here = moved[level[moved] == number]
            target[here] = grade.target[here] + starts[number]
        current = apply(triangles, Grade(table, target))
        if most is not None and len(current.triangles) > most:
            break
        changed = np.zeros(len(table), dtype=bool)
        changed[target[moved]] = changed[bad] = True
        around = np.unique(current.triangles[changed[current.triangles].any(axis=1)])
        bad = np.unique(current.triangles[bad_triangles(table, current.triangles, around)])
    used = np.zeros(len(table), dtype=bool)
    used[current.triangles.ravel()] = True
    used[bad] = True
    rank = np.cumsum(used) - 1
    result = Collapsed(table[used], rank[current.triangles].astype(np.int32), current.birth)
    return result, int((level < len(grades) - 1).sum()), rank[bad]


def _whole(target: np.ndarray, chosen: np.ndarray, size: int) -> np.ndarray:
    """All fine vertices of the coarse ones of which some are chosen: a coarse vertex is set back as a whole."""
    flag = np.zeros(size, dtype=bool)
    flag[target[chosen]] = True
    return flag.take(target)


def _bad_vertices(mesh: Mesh, progress: Progress) -> np.ndarray:
    """Vertices of everything that is wrong, by a full validation."""
    facts = topology(mesh)
    wrong = np.concatenate(
        [facts.degenerate_at, facts.duplicate_at, facts.inverted_at, self_intersections(mesh, progress)]
    )
    return np.unique(np.concatenate([
        facts.boundary_at.ravel(), facts.nonmanifold_edges_at.ravel(), facts.nonmanifold_vertices_at,
        mesh.triangles[wrong].ravel()])).astype(np.int64)
