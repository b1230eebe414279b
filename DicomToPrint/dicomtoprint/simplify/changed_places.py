"""Simplification of a surface that was simplified before and has changed in a few places since: the rest stays as it is."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from ..mesh.core import Mesh
from ..messages import _
from ..progress import ProgressCallback, no_progress, subprogress
from .before import SimplifiedBefore
from .edge_collapse import CollapseLevel, apply_level, quadric_edge_collapse
from .rollback import roll_back_defects
from .simplify import (
    SimplifyResult,
    cut_within_budget,
    has_fast_simplification,
    levels_before_collapse,
    simplify_result,
    vertices_over_budget,
)

_SAME_MM = 1e-3
_REACH = 12  # rings of neighbours around a change: as far as smoothing and the search for walls look
_MOST_CHANGED = 0.5  # of the points; beyond that the whole is made anew
_FURTHER = 0.7  # of the share of triangles that were left before: where the search for the budget begins


def remember(
    mesh: Mesh, raw: np.ndarray, result: SimplifyResult, made_with: tuple[float | int | bool | None, ...]
) -> SimplifiedBefore | None:
    """What is needed to go on from `result`, of the smoothed contour `mesh` and its points before; None where that cannot be."""
    if result.target is None or len(result.bad):
        return None
    return SimplifiedBefore(
        np.asarray(raw, np.float32),
        np.asarray(mesh.points, np.float32),
        mesh.triangles,
        result.mesh.points,
        result.target,
        result.deviation_mm,
        made_with,
    )


def simplify_changed_places(
    mesh: Mesh,
    raw: np.ndarray,
    before: SimplifiedBefore,
    max_deviation_mm: float,
    max_triangles: int,
    progress: ProgressCallback = no_progress,
    fit: Callable[[np.ndarray, np.ndarray], np.ndarray] | None = None,
    between: Sequence[float] = (),
) -> SimplifyResult | None:
    """As `simplify_with_report`, but every point of the surface `before` that nothing changed around stays where it is.

    The result is checked as a whole. None where too much changed, or where more than `max_triangles` would come of it:
    then the whole is to be made anew.
    """
    if not has_fast_simplification():
        return None
    kept = unchanged_points(mesh, raw, before)
    free = kept < 0
    if free.mean() > _MOST_CHANGED:
        return None
    progress(0.0, _("simplifying"))
    rows = np.unique(kept[~free])
    place = np.full(len(before.points), -1)
    place[rows] = np.arange(len(rows))
    target = np.where(free, len(rows) + np.cumsum(free) - 1, place[kept])
    start = CollapseLevel(np.concatenate([before.points[rows], mesh.points[free]]).astype(np.float32), target)
    grades = [*levels_before_collapse(mesh, raw, between), start]
    moved = before.deviation_mm
    if free.any():
        movable = np.arange(len(start.points)) >= len(rows)
        run = quadric_edge_collapse(mesh.triangles, start, _goal(mesh, start, before, movable), movable)
        cut = cut_within_budget(mesh, run, max_deviation_mm, np.flatnonzero(free))
        grades.append(cut.grade)
        moved = (max(moved[0], cut.moved[0]), max(moved[1], cut.moved[1]))
    last, staying = grades[-1], np.zeros(len(grades[-1].points), dtype=bool)
    staying[last.target[~free]] = True

    def far() -> np.ndarray:
        over = vertices_over_budget(mesh, last, 2.0 * max(max_deviation_mm, moved[0]), max_triangles // 200)
        return over[~staying[over]]

    mended, restored, bad = roll_back_defects(
        mesh.triangles, grades, far, None, subprogress(progress, 0.4, 1.0), _fit_of_free(fit, start.points[: len(rows)])
    )
    if len(bad) or len(mended.triangles) > max(max_triangles, 1):
        return None
    return simplify_result(mesh, mended, moved, restored, bad)


def _goal(mesh: Mesh, start: CollapseLevel, before: SimplifiedBefore, movable: np.ndarray) -> int:
    """Triangles around `movable` points to collapse to: somewhat fewer than the same share as before."""
    of_before = apply_level(before.triangles, CollapseLevel(before.points, before.target))
    share = len(of_before.triangles) / max(len(before.triangles), 1)
    current = apply_level(mesh.triangles, start).triangles
    return int(_FURTHER * share * np.count_nonzero(movable.take(current).any(axis=1)))


def _fit_of_free(
    fit: Callable[[np.ndarray, np.ndarray], np.ndarray] | None, staying: np.ndarray
) -> Callable[[np.ndarray, np.ndarray], np.ndarray] | None:
    """`fit` for all but the points (s, 3) that are `staying`: they were fitted before."""
    if fit is None:
        return None
    known = np.sort(_keys(staying))

    def fit_free(points: np.ndarray, triangles: np.ndarray) -> np.ndarray:
        stays = _found_in(known, _keys(points))[1]
        return np.where(stays[:, None], points, fit(points, triangles)).astype(np.float32)

    return fit_free


def carry_over(mesh: Mesh, raw: np.ndarray, before: SimplifiedBefore) -> Mesh:
    """The smoothed contour with the points of the contour before where that did not change.

    What smooths a contour and finds its walls goes by figures of the whole scan: they would move every point a little. Around
    a change the points go over from the ones to the others within `_REACH` rings of neighbours.
    """
    old, stays = _unchanged_contour(mesh, raw, before)
    distance = np.where(stays, _REACH, 0)
    for ring in range(1, _REACH):
        touched = (distance < ring).take(mesh.triangles).any(axis=1)
        corners = mesh.triangles[touched].ravel()
        distance[corners] = np.minimum(distance[corners], ring)
    share = (distance / _REACH)[:, None]
    carried = np.where(stays[:, None], before.smooth[np.maximum(old, 0)], mesh.points)
    points = np.where(distance[:, None] == _REACH, carried, mesh.points + share * (carried - mesh.points))
    return replace(mesh, points=points.astype(np.float32))


def unchanged_points(mesh: Mesh, raw: np.ndarray, before: SimplifiedBefore) -> np.ndarray:
    """(n,) for every point of the contour the row of `before.points` that it became and becomes again; -1 where the contour
    changed at it, next to it, or at another point that became the same.
    """
    old, stays = _unchanged_contour(mesh, raw, before)
    shift = np.linalg.norm(mesh.points[stays] - before.smooth[old[stays]], axis=1)
    stays[stays] = shift <= _SAME_MM
    was = np.zeros(len(before.raw), dtype=bool)
    was[old[stays]] = True
    intact = np.ones(len(before.points) + 1, dtype=bool)  # the last row stands for what vanished
    intact[before.target[~was]] = intact[-1] = False
    row = np.where(stays, before.target[np.maximum(old, 0)], -1)
    return np.where(intact[row], row, -1)


def _unchanged_contour(mesh: Mesh, raw: np.ndarray, before: SimplifiedBefore) -> tuple[np.ndarray, np.ndarray]:
    """(n,) the point of the contour before that each is, -1 for none, and whether all triangles around it are those of before."""
    old = _same_points(np.asarray(raw, np.float32), before.raw)
    known = old >= 0
    stays = known.copy()
    whole = _same_triangles(np.where(known, old, -1).take(mesh.triangles), before.triangles)
    stays[mesh.triangles[~whole].ravel()] = False
    around = np.bincount(mesh.triangles.ravel(), minlength=len(old))
    around_before = np.bincount(before.triangles.ravel(), minlength=len(before.raw))
    stays[known] &= around[known] == around_before[old[known]]
    return old, stays


def _keys(points: np.ndarray) -> np.ndarray:
    """(n,) one value a point, equal where all three coordinates are, to the last bit."""
    bits = np.ascontiguousarray(points, np.float32).view(np.uint32).astype(np.uint64)
    # Two coordinates fill 64 bits; the third is mixed in by an odd factor, and looked at by itself where it counts.
    return (bits[:, 0] << np.uint64(32) | bits[:, 1]) ^ (bits[:, 2] * np.uint64(0x9E3779B97F4A7C15))


def _found_in(known: np.ndarray, asked: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(n,) where each value asked for stands among the sorted `known` ones, and whether it does."""
    if len(known) == 0:
        return np.zeros(len(asked), dtype=np.int64), np.zeros(len(asked), dtype=bool)
    at = np.minimum(np.searchsorted(known, asked), len(known) - 1)
    return at, known[at] == asked


def _same_points(points: np.ndarray, before: np.ndarray) -> np.ndarray:
    """(n,) the row of `before` with the same coordinates; -1 where there is none, or more than one on either side."""
    keys, asked = _keys(before), _keys(points)
    order = np.argsort(keys, kind="stable")
    known = keys[order]
    at, found = _found_in(known, asked)
    once = np.append(known[1:] != known[:-1], True) & np.append(True, known[1:] != known[:-1])
    row = order[at]
    found &= once[at] & (points == before[row]).all(axis=1)
    taken = np.bincount(row[found], minlength=len(before))
    found &= taken[row] <= 1
    return np.where(found, row, -1)


def _same_triangles(triangles: np.ndarray, before: np.ndarray) -> np.ndarray:
    """(m,) bool: triangles, their corners as rows of the surface before (-1: not of it), that were there, the same way round."""
    named = (triangles >= 0).all(axis=1)

    def turned(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        first, at = rows.argmin(axis=1), np.arange(len(rows))
        corners = [rows[at, (first + step) % 3].astype(np.int64) for step in range(3)]
        # In a closed surface two corners in their order belong to one triangle.
        return (corners[0] << 32) | corners[1], corners[2]

    edge, third = turned(before)
    order = np.argsort(edge)
    asked, own = turned(triangles[named])
    at, found = _found_in(edge[order], asked)
    same = np.zeros(len(triangles), dtype=bool)
    same[named] = found & (third[order[at]] == own) if len(before) else False
    return same
