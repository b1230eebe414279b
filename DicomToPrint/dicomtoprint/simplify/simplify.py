"""Fewer triangles within a budget of deviation."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from ..imaging.surface_deviation import vertex_normals
from ..mesh.core import Mesh, from_polydata, to_polydata
from ..mesh.transfer import transfer_triangle_arrays
from ..mesh.triangle_distance import nearest_triangles, point_triangle_distance
from ..messages import _
from ..progress import ProgressCallback, no_progress, subprogress
from ..repair.local_repair import repair_locally
from .edge_collapse import CoarseMesh, CollapseHistory, CollapseLevel, apply_level, quadric_edge_collapse
from .rollback import roll_back_defects

_SAMPLE = 15_000
_FEWEST = 200  # triangles
_AIM = 0.8  # of the budget is near enough
_CUTS = 4
_POWER = 1.0  # of the share of triangles left, by which the deviation grows; on surfaces of scans and phantoms
_TRIES = 3
_MUCH = 2.5  # times the ceiling


@dataclass(frozen=True)
class SimplifyResult:
    """A simplified, mended mesh with the triangle arrays of the fine one; `deviation_mm` the 99th percentile and
    the maximum of the distances of a sample of fine points; `restored` how many fine points were set back to mend
    it; `bad` triangles that are still wrong; `target` (n,) the point that each fine one became, -1 for what vanished, None
    where that is not known."""

    mesh: Mesh
    deviation_mm: tuple[float, float]
    restored: int
    bad: np.ndarray
    target: np.ndarray | None = None


def has_fast_simplification() -> bool:
    """Whether fast_simplification is installed."""
    try:
        import fast_simplification  # noqa: F401
    except ImportError:
        return False
    return True


def simplify(mesh: Mesh, max_deviation_mm: float, max_triangles: int, progress: ProgressCallback = no_progress) -> Mesh:
    """The mesh with as few triangles as `max_deviation_mm` allows (99 % of its points stay within), never more than
    `max_triangles` where that can be done without harm. Triangle arrays are carried over; point arrays are lost. A
    mesh without defects stays so.
    """
    return simplify_with_report(mesh, mesh.points, max_deviation_mm, max_triangles, progress).mesh


def simplify_with_report(
    mesh: Mesh,
    raw: np.ndarray,
    max_deviation_mm: float,
    max_triangles: int,
    progress: ProgressCallback = no_progress,
    fit: Callable[[np.ndarray, np.ndarray], np.ndarray] | None = None,
    between: Sequence[float] = (),
) -> SimplifyResult:
    """As `simplify`, with figures. `raw` (n, 3) are the points before smoothing, known to be without defects: a defect
    of the smoothing is mended by going back to them, first to the greatest of these shares of the way `between` them. `fit` moves
    the points of the coarse triangles (both are given) to where they belong; it is undone where it does harm."""
    if not has_fast_simplification():
        return _with_vtk(mesh, raw, max_triangles, progress, fit)
    grades = levels_before_collapse(mesh, raw, between)
    moved, most = (0.0, 0.0), _most(mesh, max_triangles)
    for attempt in range(_TRIES):
        inner = subprogress(progress, attempt / _TRIES, (attempt + 1) / _TRIES)
        last = attempt == _TRIES - 1 or most == len(mesh.triangles)
        grades, moved = _coarser(mesh, grades, moved, max_deviation_mm, most, subprogress(inner, 0.0, 0.4))
        limit = 2.0 * max(max_deviation_mm, moved[0])
        with ThreadPoolExecutor(1) as pool:
            far = pool.submit(vertices_over_budget, mesh, grades[-1], limit, max_triangles // 200)
            room = None if last else int(1.01 * max_triangles)
            mended, restored, bad = roll_back_defects(
                mesh.triangles, grades, far.result, room, subprogress(inner, 0.4, 1.0), fit
            )
        excess = len(mended.triangles) - max_triangles
        if last or excess <= 0:
            break
        most -= int(1.2 * excess) + 1000
    return simplify_result(mesh, mended, moved, restored, bad)


def levels_before_collapse(mesh: Mesh, raw: np.ndarray, between: Sequence[float]) -> list[CollapseLevel]:
    """The levels of all fine points: before smoothing, at the shares of the way `between`, and smoothed."""
    identity = np.arange(len(mesh.points))
    first, whole = np.asarray(raw, np.float32), np.asarray(mesh.points, np.float32)
    levels = [CollapseLevel(first + np.float32(share) * (whole - first), identity) for share in (0.0, *sorted(between))]
    return [*levels, CollapseLevel(whole, identity)]


def simplify_result(
    mesh: Mesh, mended: CoarseMesh, moved: tuple[float, float], restored: int, bad: np.ndarray
) -> SimplifyResult:
    """The result of what `roll_back_defects` made of the fine mesh."""
    result = Mesh(
        mended.points,
        mended.triangles,
        mesh.name,
        mesh.color,
        triangle_arrays={key: values[mended.source_triangle] for key, values in mesh.triangle_arrays.items()},
    )
    wrong = np.flatnonzero(np.isin(mended.triangles, bad).any(axis=1)) if len(bad) else np.zeros(0, dtype=np.int64)
    return SimplifyResult(result, moved, restored, wrong, mended.target)


def _coarser(
    mesh: Mesh,
    grades: list[CollapseLevel],
    moved: tuple[float, float],
    budget: float,
    most: int,
    progress: ProgressCallback,
) -> tuple[list[CollapseLevel], tuple[float, float]]:
    """The grades given and coarser ones: a quarter of the triangles each time until the budget is passed, then as
    many of the last collapses undone as keeps to it; and the deviation of the last grade.

    The ceiling of `most` triangles goes before the budget.
    """
    count = len(apply_level(mesh.triangles, grades[-1]).triangles) if len(grades) > 2 else len(mesh.triangles)
    while moved[0] < _AIM * budget or count > most:
        progress(1.0 - count / len(mesh.triangles), _("simplifying"))
        run = quadric_edge_collapse(mesh.triangles, grades[-1], _goal(count, most, moved[0] >= _AIM * budget))
        if len(run.history) == 0:
            break
        needed = max(-(-(count - most) // 2), 0)
        cut = _within(mesh, run, budget, Cut(0, grades[-1], moved), needed)
        if cut.taken == 0:
            break
        grades, moved, count = [*grades, cut.grade], cut.moved, count - 2 * cut.taken
        if cut.taken < len(run.history):
            break
    return grades, moved


def _goal(count: int, most: int, passed: bool) -> int:
    """Triangles to collapse `count` to: a ceiling that takes much away mostly goes before the budget, which then is
    `passed` or will be."""
    if passed or count > _MUCH * most:
        return max(most, _FEWEST)
    return max(min(most, count // 4), _FEWEST)


@dataclass(frozen=True)
class Cut:
    """A run of collapses up to the first `taken`: its grade and the deviation of that, as `simplification_error` tells it."""

    taken: int
    grade: CollapseLevel
    moved: tuple[float, float]


def cut_within_budget(mesh: Mesh, run: CollapseHistory, budget: float, among: np.ndarray) -> Cut:
    """As many collapses of a run as keep to the budget, measured at the fine points `among` these alone."""
    start = Cut(0, run.last, (0.0, 0.0))
    if not len(run.history):
        return start
    asked = np.zeros(len(mesh.points), dtype=bool)
    asked[among] = True
    count = int(np.count_nonzero(asked.take(mesh.triangles).any(axis=1)))
    return _within(mesh, run, budget, start, 0, (among, count))


def _within(
    mesh: Mesh, run: CollapseHistory, budget: float, start: Cut, needed: int, part: tuple[np.ndarray, int] | None = None
) -> Cut:
    """As many collapses of a run as keep to the budget, but at least those `needed`; `start` is before all of them. `part`: the fine
    points that alone are collapsed, and how many triangles there are around them.
    """
    among, count = part if part is not None else (None, len(run.triangles))

    def tried(taken: int) -> Cut:
        grade = run.grade(taken)
        return Cut(taken, grade, simplification_error(mesh, grade, _AIM * budget, among))

    kept, over = start, tried(len(run.history))
    if over.moved[0] <= budget or needed >= over.taken:
        return over
    for _unused in range(_CUTS):
        if kept.moved[0] > _AIM * budget or over.taken - max(kept.taken, needed) < 2:
            break
        trial = tried(max(_between(kept, over, count, (_AIM + 1.0) / 2.0 * budget), needed))
        if trial.moved[0] <= budget:
            kept = trial
        elif trial.taken == needed:
            return trial
        else:
            over = trial
    return kept if kept.taken >= needed else tried(needed)


def _between(kept: Cut, over: Cut, count: int, aim: float) -> int:
    """Where between two cuts of `count` triangles the deviation is about `aim`: it grows as a power of how many are
    left."""
    fewer = max(count - 2 * over.taken, 1)
    power = _POWER
    if kept.moved[0] > 0.0:
        power = np.log(over.moved[0] / kept.moved[0]) / np.log((count - 2 * kept.taken) / fewer)
    left = fewer * (over.moved[0] / aim) ** (1.0 / power) if power > 0.0 else 0.0
    return min(max(int((count - left) / 2), kept.taken + 1), over.taken - 1)


def _most(mesh: Mesh, ceiling: int) -> int:
    """How many triangles a collapse may leave: rolling back defects needs the more spare triangles the more is taken away."""
    count = len(mesh.triangles)
    if count <= ceiling:
        return count
    return int((0.975 - 0.045 * np.log2(count / ceiling)) * ceiling)


def simplification_error(
    mesh: Mesh, grade: CollapseLevel, limit: float = 0.0, among: np.ndarray | None = None
) -> tuple[float, float]:
    """99th percentile and maximum in mm of the distances of a sample of the fine mesh's points, or of those `among` them, from
    the coarse triangles (upper bounds of them; above `limit` mm these are looked at more closely)."""
    asked = np.arange(len(mesh.points)) if among is None else among
    chosen = asked[:: max(1, len(asked) // _SAMPLE)]
    _unused, nearest = _distances(mesh, grade, apply_level(mesh.triangles, grade), chosen, limit)
    if len(nearest) == 0:
        return 0.0, 0.0
    return float(np.percentile(nearest, 99.0)), float(nearest.max())


def vertices_over_budget(mesh: Mesh, grade: CollapseLevel, limit: float, most: int) -> np.ndarray:
    """Coarse vertices to which a fine point was taken that lies further than `limit` mm from the coarse triangles; the
    furthest where there are more than `most`."""
    coarse = apply_level(mesh.triangles, grade)
    if len(coarse.triangles) == len(mesh.triangles):
        return np.zeros(0, dtype=np.int64)
    normals = vertex_normals(Mesh(grade.points, coarse.triangles))
    # Most points lie close to the tangent plane: only the others are measured.
    offset = mesh.points - grade.points.take(grade.target, axis=0)
    height = np.abs(np.einsum("ij,ij->i", offset, normals.take(grade.target, axis=0)))
    suspects = np.flatnonzero(height > limit)
    if len(suspects) > 20 * most:
        suspects = suspects[np.argpartition(-height[suspects], 20 * most)[: 20 * most]]
    suspects, nearest = _distances(mesh, grade, coarse, suspects, limit)
    worst = np.argsort(-nearest)
    vertices = grade.target[suspects[worst[nearest[worst] > limit]]]
    _unused, first = np.unique(vertices, return_index=True)
    return vertices[np.sort(first)[:most]]


def _distances(
    mesh: Mesh, grade: CollapseLevel, coarse: CoarseMesh, chosen: np.ndarray, limit: float
) -> tuple[np.ndarray, np.ndarray]:
    """Those of the chosen fine points whose vertex still has triangles, and their distances in mm from the coarse
    surface: from the triangles around that vertex, and where this is more than `limit`, from all triangles (across a
    flat face its vertex may be far away)."""
    at = grade.target[chosen]
    asked = np.zeros(len(grade.points), dtype=bool)
    asked[at] = True
    corner = coarse.triangles.ravel()
    order = np.flatnonzero(asked.take(corner))
    order = order[np.argsort(corner.take(order), kind="stable")]
    starts = np.searchsorted(corner[order], np.arange(len(grade.points) + 1))
    counts = starts[at + 1] - starts[at]
    chosen, at, counts = chosen[counts > 0], at[counts > 0], counts[counts > 0]
    if len(chosen) == 0:
        return chosen, np.zeros(0)
    first = np.cumsum(counts) - counts
    triangle = order[np.repeat(starts[at] - first, counts) + np.arange(counts.sum())] // 3
    corners = grade.points[coarse.triangles[triangle]].astype(np.float64)
    distance = point_triangle_distance(np.repeat(mesh.points[chosen].astype(np.float64), counts, axis=0), corners)
    nearest = np.minimum.reduceat(distance, first)
    far = np.flatnonzero(nearest > limit)
    if len(far):
        _unused, nearest[far] = nearest_triangles(mesh.points[chosen[far]], Mesh(grade.points, coarse.triangles))
    return chosen, nearest


def _with_vtk(
    mesh: Mesh,
    raw: np.ndarray,
    max_triangles: int,
    progress: ProgressCallback,
    fit: Callable[[np.ndarray, np.ndarray], np.ndarray] | None,
) -> SimplifyResult:
    """VTK's quadric decimation and local surgery: several times slower, and without a budget."""
    from vtkmodules.vtkFiltersCore import vtkQuadricDecimation

    result = Mesh(mesh.points, mesh.triangles, mesh.name, mesh.color)
    if len(mesh.triangles) > max_triangles:
        progress(0.0, _("simplifying (slower without the package fast-simplification)"))
        filter_ = vtkQuadricDecimation()
        filter_.SetInputData(to_polydata(result))
        filter_.SetTargetReduction(1.0 - 0.99 * max_triangles / len(mesh.triangles))
        filter_.Update()
        made = from_polydata(filter_.GetOutput())
        result = Mesh(made.points.astype(np.float32), made.triangles.astype(np.int32), mesh.name, mesh.color)
    if fit is not None:
        result = Mesh(fit(result.points, result.triangles), result.triangles, mesh.name, mesh.color)
    healed = repair_locally(result, None, subprogress(progress, 0.5, 1.0))
    result, bad = healed.mesh, healed.bad
    if len(bad) and len(mesh.triangles) <= 2 * max_triangles:
        # Surgery failed: rather too many triangles than a broken surface.
        collapsed, _unused, vertices = roll_back_defects(
            mesh.triangles,
            [
                CollapseLevel(np.asarray(raw, np.float32), np.arange(len(raw))),
                CollapseLevel(np.asarray(mesh.points, np.float32), np.arange(len(raw))),
            ],
        )
        result = Mesh(collapsed.points, collapsed.triangles, mesh.name, mesh.color)
        bad = np.flatnonzero(np.isin(collapsed.triangles, vertices).any(axis=1))
    return SimplifyResult(transfer_triangle_arrays(result, mesh), (0.0, 0.0), 0, bad)
