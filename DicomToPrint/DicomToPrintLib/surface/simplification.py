"""Fewer triangles within a budget of deviation."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ..measure.deviation import vertex_normals
from ..mesh import Mesh, from_polydata, to_polydata
from ..progress import Progress, part, silent
from .collapse import Collapsed, Grade, apply, collapse, mend
from .surgery import heal

_SAMPLE = 25_000
_SAMPLED, _RUNS = 150_000, 3  # triangles on which the budget is tried, and in how many runs of them
_RINGS = 6  # of vertices along the open edge of a run, which a collapse draws in: they tell nothing of the whole
_LEAST = 500  # points that tell the deviation; where the runs hold fewer, the whole mesh is tried
_AIM = 0.9  # of the budget: the sample is not the whole
_TRIES = 4


@dataclass(frozen=True)
class Simplified:
    """A simplified, mended mesh with the triangle arrays of the fine one; `deviation_mm` the 99th percentile and
    the maximum of the distances of a sample of fine points; `restored` how many fine points were set back to mend
    it; `bad` triangles that are still wrong."""

    mesh: Mesh
    deviation_mm: tuple[float, float]
    restored: int
    bad: np.ndarray


def have_collapse() -> bool:
    """Whether fast_simplification is installed."""
    try:
        import fast_simplification  # noqa: F401
    except ImportError:
        return False
    return True


def simplify(mesh: Mesh, max_deviation_mm: float, max_triangles: int, progress: Progress = silent) -> Mesh:
    """The mesh with as few triangles as `max_deviation_mm` allows (99 % of its points stay within), never more than
    `max_triangles` where that can be done without harm. Triangle arrays are carried over; point arrays are lost. A
    mesh without defects stays so.
    """
    return simplified(mesh, mesh.points, max_deviation_mm, max_triangles, progress).mesh


def simplified(mesh: Mesh, raw: np.ndarray, max_deviation_mm: float, max_triangles: int, progress: Progress = silent,
               fit: Callable[[np.ndarray, np.ndarray], np.ndarray] | None = None) -> Simplified:
    """As `simplify`, with figures. `raw` (n, 3) are the points before smoothing, known to be without defects: a
    defect of the smoothing is mended by going back to them. `fit` moves the points of the coarse triangles (both are
    given) to where they belong; it is undone where it does harm."""
    if not have_collapse():
        return _with_vtk(mesh, raw, max_triangles, progress)
    identity = np.arange(len(mesh.points))
    fine = [Grade(np.asarray(raw, np.float32), identity), Grade(np.asarray(mesh.points, np.float32), identity)]
    progress(0.0, "simplifying to the budget")
    goal = _goal(mesh, max_deviation_mm, max_triangles)
    for attempt in range(_TRIES):
        inner = part(progress, 0.1 + 0.9 * attempt / _TRIES, 0.1 + 0.9 * (attempt + 1) / _TRIES)
        inner(0.0, "simplifying")
        # Straight down to a small share breaks thin walls; a grade between gives mending a place to go back to that
        # costs few triangles.
        between = max(len(mesh.triangles) // 2, 2 * goal) if len(mesh.triangles) > 2.5 * goal else None
        grades = fine + collapse(mesh.triangles, fine[-1], goal, between)
        moved = fine_distances(mesh, grades[-1])
        if moved[0] > max_deviation_mm and goal < 0.8 * _most(mesh, max_triangles) and attempt < _TRIES - 1:
            goal = min(int(1.2 * goal * moved[0] / max_deviation_mm), _most(mesh, max_triangles))
            continue
        far = far_vertices(mesh, grades[-1], 2.0 * max_deviation_mm, max_triangles // 200)
        if fit is not None and len(grades) > len(fine):
            inner(0.3, "fitting the triangles to the boundary")
            coarse = apply(mesh.triangles, grades[-1])
            grades.append(Grade(fit(coarse.points, coarse.triangles), grades[-1].target))
        last = attempt == _TRIES - 1 or goal == len(mesh.triangles) or goal < max_triangles // 4
        mended, restored, bad = mend(mesh.triangles, grades, None if attempt else far,
                                     None if last else int(1.01 * max_triangles), part(inner, 0.4, 1.0))
        excess = len(mended.triangles) - max_triangles
        if last or excess <= 0:
            break
        goal -= int(1.2 * excess) + 1000
    result = Mesh(mended.points, mended.triangles, mesh.name, mesh.color,
                  triangle_arrays={key: values[mended.birth] for key, values in mesh.triangle_arrays.items()})
    wrong = np.flatnonzero(np.isin(mended.triangles, bad).any(axis=1)) if len(bad) else np.zeros(0, dtype=np.int64)
    return Simplified(result, moved, restored, wrong)


def _most(mesh: Mesh, ceiling: int) -> int:
    """How many triangles a collapse may leave: mending needs the more room the more is taken away."""
    count = len(mesh.triangles)
    if count <= ceiling:
        return count
    return int((0.975 - 0.045 * np.log2(count / ceiling)) * ceiling)


def _goal(mesh: Mesh, budget: float, ceiling: int) -> int:
    """The number of triangles at which the 99th percentile of the deviation is about the budget, tried on slices of
    the mesh."""
    count, most = len(mesh.triangles), _most(mesh, ceiling)
    sample = _slices(mesh)
    inner = _inner_points(sample)
    if len(inner) < _LEAST:
        sample, inner = mesh, np.arange(len(mesh.points))
    here = Grade(np.asarray(sample.points, np.float32), np.arange(len(sample.points)))
    reached, share = 0.0, 1.0
    for tried in (0.5, 0.25, 0.12, 0.06, 0.03, 0.015):
        if tried * len(sample.triangles) < 200 or budget <= 0.0:
            break
        grades = collapse(sample.triangles, here, int(tried * len(sample.triangles)))
        error, _ = fine_distances(sample, grades[-1], inner) if grades else (np.inf, np.inf)
        if error > _AIM * budget:
            # Between two shares the error grows about as a power of the share; above the first, about as its inverse.
            if np.isfinite(error) and reached > 0.0:
                share *= (tried / share) ** (np.log(_AIM * budget / reached) / np.log(error / reached))
            elif np.isfinite(error):
                share = min(1.0, tried * error / (_AIM * budget))
            break
        reached, share = error, tried
    return min(most, max(int(share * count), 200))


def _slices(mesh: Mesh) -> Mesh:
    """Some runs of triangles as the contour made them, slice after slice; all of a small mesh."""
    count = len(mesh.triangles)
    if count <= _SAMPLED:
        return mesh
    starts = ((np.arange(_RUNS) + 0.5) / _RUNS * count).astype(np.int64) - _SAMPLED // (2 * _RUNS)
    chosen = (starts[:, None] + np.arange(_SAMPLED // _RUNS)).ravel()
    used, triangles = np.unique(mesh.triangles[chosen], return_inverse=True)
    return Mesh(mesh.points[used], triangles.reshape(-1, 3).astype(np.int32))


def _inner_points(mesh: Mesh) -> np.ndarray:
    """Indices of the points that lie some rings away from open edges."""
    edges = np.sort(mesh.triangles[:, [0, 1, 1, 2, 2, 0]].reshape(-1, 2), axis=1).astype(np.int64)
    keys, uses = np.unique(edges[:, 0] * len(mesh.points) + edges[:, 1], return_counts=True)
    near = np.zeros(len(mesh.points), dtype=bool)
    once = keys[uses == 1]
    near[once // len(mesh.points)] = near[once % len(mesh.points)] = True
    for _ in range(_RINGS):
        near[mesh.triangles[near.take(mesh.triangles).any(axis=1)]] = True
    return np.flatnonzero(~near)


def fine_distances(mesh: Mesh, grade: Grade, among: np.ndarray | None = None) -> tuple[float, float]:
    """99th percentile and maximum in mm of the distances of a sample of the fine mesh's points (of those `among`)
    from the coarse triangles around the vertex to which each was taken (an upper bound of the distance from the
    coarse surface)."""
    among = np.arange(len(mesh.points)) if among is None else among
    chosen = among[:: max(1, len(among) // _SAMPLE)]
    _, nearest = _distances(mesh, grade, apply(mesh.triangles, grade), chosen)
    if len(nearest) == 0:
        return 0.0, 0.0
    return float(np.percentile(nearest, 99.0)), float(nearest.max())


def far_vertices(mesh: Mesh, grade: Grade, limit: float, most: int) -> np.ndarray:
    """Coarse vertices to which a fine point was taken that lies further than `limit` mm from the triangles around
    them; the furthest where there are more than `most`."""
    coarse = apply(mesh.triangles, grade)
    if len(coarse.triangles) == len(mesh.triangles):
        return np.zeros(0, dtype=np.int64)
    normals = vertex_normals(Mesh(grade.points, coarse.triangles))
    # Most points lie close to the tangent plane: only the others are measured.
    offset = mesh.points - grade.points.take(grade.target, axis=0)
    height = np.abs(np.einsum("ij,ij->i", offset, normals.take(grade.target, axis=0)))
    suspects = np.flatnonzero(height > limit)
    if len(suspects) > 20 * most:
        suspects = suspects[np.argpartition(-height[suspects], 20 * most)[:20 * most]]
    suspects, nearest = _distances(mesh, grade, coarse, suspects)
    worst = np.argsort(-nearest)
    vertices = grade.target[suspects[worst[nearest[worst] > limit]]]
    _, first = np.unique(vertices, return_index=True)
    return vertices[np.sort(first)[:most]]


def _distances(mesh: Mesh, grade: Grade, coarse: Collapsed, chosen: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Those of the chosen fine points whose vertex still has triangles, and their distances in mm from these."""
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
    corners = [grade.points[coarse.triangles[triangle, c]].astype(np.float64) for c in range(3)]
    distance = distance_to_triangles(np.repeat(mesh.points[chosen].astype(np.float64), counts, axis=0), *corners)
    return chosen, np.minimum.reduceat(distance, first)


def distance_to_triangles(p: np.ndarray, a: np.ndarray, b: np.ndarray, c: np.ndarray) -> np.ndarray:
    """(n,) distance of points from triangles, row by row; all (n, 3) float64. After Ericson, Real-Time Collision
    Detection 5.1.5."""
    def dot(u: np.ndarray, v: np.ndarray) -> np.ndarray:
        return np.einsum("ij,ij->i", u, v)

    ab, ac, ap = b - a, c - a, p - a
    d00, d01, d11, d20, d21 = dot(ab, ab), dot(ab, ac), dot(ac, ac), dot(ap, ab), dot(ap, ac)
    size = np.maximum(d00 * d11 - d01 * d01, 1e-300)
    v, w = (d11 * d20 - d01 * d21) / size, (d00 * d21 - d01 * d20) / size
    within = (v >= 0.0) & (w >= 0.0) & (v + w <= 1.0)
    gap = ap - v[:, None] * ab - w[:, None] * ac
    result = dot(gap, gap)
    edge = np.flatnonzero(~within)
    p, a, b, c = p[edge], a[edge], b[edge], c[edge]
    best = np.full(len(edge), np.inf)
    for s, e in ((a, b), (b, c), (c, a)):
        side, offset = e - s, p - s
        share = np.clip(dot(side, offset) / np.maximum(dot(side, side), 1e-300), 0.0, 1.0)
        gap = offset - share[:, None] * side
        best = np.minimum(best, dot(gap, gap))
    result[edge] = best
    return np.sqrt(result)


def _with_vtk(mesh: Mesh, raw: np.ndarray, max_triangles: int, progress: Progress) -> Simplified:
    """VTK's quadric decimation and local surgery: several times slower, and without a budget."""
    from vtkmodules.vtkFiltersCore import vtkQuadricDecimation

    result = Mesh(mesh.points, mesh.triangles, mesh.name, mesh.color)
    if len(mesh.triangles) > max_triangles:
        progress(0.0, "simplifying (slower without the package fast-simplification)")
        filter_ = vtkQuadricDecimation()
        filter_.SetInputData(to_polydata(result))
        filter_.SetTargetReduction(1.0 - 0.99 * max_triangles / len(mesh.triangles))
        filter_.Update()
        made = from_polydata(filter_.GetOutput())
        result = Mesh(made.points.astype(np.float32), made.triangles.astype(np.int32), mesh.name, mesh.color)
    healed = heal(result, None, part(progress, 0.5, 1.0))
    result, bad = healed.mesh, healed.bad
    if len(bad) and len(mesh.triangles) <= 2 * max_triangles:
        # Surgery failed: rather too many triangles than a broken surface.
        collapsed, _, vertices = mend(
            mesh.triangles,
            [
                Grade(np.asarray(raw, np.float32), np.arange(len(raw))),
                Grade(np.asarray(mesh.points, np.float32), np.arange(len(raw))),
            ],
        )
        result = Mesh(collapsed.points, collapsed.triangles, mesh.name, mesh.color)
        bad = np.flatnonzero(np.isin(collapsed.triangles, vertices).any(axis=1))
    return Simplified(with_nearest(result, mesh), (0.0, 0.0), 0, bad)


def with_nearest(mesh: Mesh, fine: Mesh) -> Mesh:
    """Triangle arrays of the nearest fine triangle."""
    from scipy.spatial import cKDTree

    if not fine.triangle_arrays or len(mesh.triangles) == 0:
        return mesh
    first = next(iter(fine.triangle_arrays.values()))
    if all((values == values[0]).all() for values in fine.triangle_arrays.values()) and len(first):
        return mesh.with_arrays(
            triangle_arrays={k: np.full(len(mesh.triangles), v[0]) for k, v in fine.triangle_arrays.items()}
        )
    tree = cKDTree(fine.points[fine.triangles].mean(axis=1), balanced_tree=False, compact_nodes=False)
    _, nearest = tree.query(mesh.points[mesh.triangles].mean(axis=1), workers=-1)
    return mesh.with_arrays(triangle_arrays={key: values[nearest] for key, values in fine.triangle_arrays.items()})


