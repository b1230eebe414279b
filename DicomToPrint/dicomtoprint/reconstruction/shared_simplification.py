"""Fewer triangles on walls that structures share: each wall by itself, its rim kept, so that both sides stay the same."""

from dataclasses import dataclass, replace

import numpy as np

from ..mesh import self_intersections
from ..mesh.arrays import Points, Triangles
from ..mesh.core import Mesh, to_polydata
from ..mesh.edge_table import build_edge_table
from ..messages import _
from ..progress import ProgressCallback, no_progress
from .complex_volumes import complex_volumes, keep_volumes, points_on_curves

_IDS = "Ids"
# By how many times the size of a triangle that crosses more around it is kept with each further attempt; after the last the whole wall.
_WIDENING = (0.0, 1.0, 3.0, np.inf)


@dataclass(frozen=True)
class TriangleComplex:
    """Walls between labels as triangles.

    `points` (n, 3) float32 in LPS mm; `triangles` (m, 3), which face from the label ``sides[:, 0]`` to ``sides[:, 1]`` (m, 2); `inner`
    flat index of a voxel inside of each (m,), or of one near each corner (m, 3); `at_end` (n,) bool: points at the faces of the volume.
    """

    points: Points
    triangles: Triangles
    sides: np.ndarray
    inner: np.ndarray
    at_end: np.ndarray


def simplify_complex(
    whole: TriangleComplex, max_deviation_mm: float, max_triangles: int, progress: ProgressCallback = no_progress
) -> tuple[TriangleComplex, np.ndarray]:
    """The complex reduced to about `max_triangles`, as far as `max_deviation_mm` allows, and the triangles that cross others.

    Each wall is reduced by itself with its rim and the triangles there kept, so that both sides stay the same. Then the walls move by up to
    `max_deviation_mm` so that each label encloses as much as before. Where triangles cross, or have an edge of another wall, those
    around stay as they were, more of them with each attempt; what crosses after the last is returned.
    """
    # Next to the curves where walls meet, fewer triangles of one would cross those of another.
    on_curve = points_on_curves(whole.triangles, whole.sides, len(whole.points))
    protected = np.asarray(on_curve[whole.triangles].any(axis=1))
    free = np.count_nonzero(~protected)
    reduction = 1.0 - max(max_triangles - len(whole.triangles) + free, 0) / max(free, 1)
    if max_deviation_mm <= 0.0 or max_triangles >= len(whole.triangles):
        reduction = 0.0
    volumes = complex_volumes(whole.points, whole.triangles, whole.sides) if reduction > 0.0 else {}
    patches = _patches(whole.sides)
    middle = whole.points[whole.triangles].mean(axis=1)
    held = np.zeros(len(whole.points), dtype=bool)
    made: list[tuple[Triangles, np.ndarray] | None] = [None] * len(patches)
    for attempt, more in enumerate((*_WIDENING, None)):
        for number, own in enumerate(patches):
            progress((attempt + number / len(patches)) / (len(_WIDENING) + 1), _("fewer triangles on shared walls"))
            if made[number] is None:
                made[number] = _simplify_patch(
                    whole.points, whole.triangles, own, protected, reduction, max_deviation_mm
                )
        kept = [one for one in made if one is not None]
        triangles, origin = (np.concatenate([one[n] for one in kept]) for n in (0, 1))
        sides = whole.sides[origin[:, 0]]
        points = _with_volumes(whole, triangles, sides, volumes, held, max_deviation_mm)
        crossing = np.union1d(self_intersections(Mesh(points, triangles)), _at_edges_of_several(triangles, sides))
        if not len(crossing) or reduction <= 0.0 or more is None:
            break
        near = (
            _near(middle, points[triangles[crossing]], more)
            if np.isfinite(more)
            else _of_walls(whole.sides, sides[crossing])
        )
        protected[near] = held[whole.triangles[near].ravel()] = True
        again = np.zeros(len(whole.triangles), dtype=bool)
        again[near] = True
        made = [one if not again[own].any() else None for own, one in zip(patches, made)]
    return replace(whole, points=points, triangles=triangles, sides=sides, inner=whole.inner[origin]), crossing


def _with_volumes(
    whole: TriangleComplex,
    triangles: Triangles,
    sides: np.ndarray,
    volumes: dict[int, float],
    held: np.ndarray,
    reach_mm: float,
) -> Points:
    """The points (n, 3) float32 of simplified triangles, moved by up to `reach_mm` so that the volumes stay, but those `held` (n,)."""
    if not volumes:
        return whole.points
    start = whole.points.astype(np.float64)

    def limit(points: Points) -> Points:
        return start + np.clip(points - start, -reach_mm, reach_mm)

    return keep_volumes(start, triangles, sides, volumes, ~(whole.at_end | held), limit).astype(np.float32)


def _near(middle: Points, crossing: Points, more: float) -> np.ndarray:
    """Which of the triangles with these middles (m, 3) lie within the size of the crossing triangle (k, 3, 3) that is next to them,
    and `more` times that."""
    from scipy.spatial import cKDTree

    centres = crossing.mean(axis=1)
    radius = (1.0 + more) * np.linalg.norm(crossing - centres[:, None], axis=2).max(axis=1)
    distance, which = cKDTree(centres).query(middle, distance_upper_bound=float(radius.max()))
    found = np.flatnonzero(np.isfinite(distance))
    return found[distance[found] <= radius[which[found]]]


def _at_edges_of_several(triangles: Triangles, sides: np.ndarray) -> np.ndarray:
    """The triangles at edges that more than two triangles of one label share: two of its walls were bridged between the same points."""
    edges = build_edge_table(triangles)
    found = [np.zeros(0, dtype=np.int64)]
    for number in np.unique(edges.count[edges.count > 2]):
        around = edges.order[edges.start[edges.count == number][:, None] + np.arange(number)] // 3
        labels = np.sort(sides[around].reshape(len(around), -1), axis=1)
        thrice = (labels[:, 2:] == labels[:, :-2]) & (labels[:, 2:] > 0)
        found.append(around[thrice.any(axis=1)].ravel())
    return np.unique(np.concatenate(found))


def _of_walls(sides: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Which triangles, of labels `sides` (m, 2), lie in a wall between two of the pairs of labels `wanted` (k, 2)."""
    return np.flatnonzero(np.isin(_pair(sides), _pair(wanted)))


def _pair(sides: np.ndarray) -> np.ndarray:
    return np.asarray(sides[:, 0].astype(np.int64) * 65536 + sides[:, 1])


def _patches(sides: np.ndarray) -> list[np.ndarray]:
    """Indices of the triangles of each pair of labels."""
    order = np.lexsort((sides[:, 1], sides[:, 0]))
    breaks = np.flatnonzero((np.diff(sides[order], axis=0) != 0).any(axis=1)) + 1
    return np.split(order, breaks)


def _simplify_patch(
    points: Points,
    triangles: Triangles,
    own: np.ndarray,
    protected: np.ndarray,
    reduction: float,
    max_deviation_mm: float,
) -> tuple[Triangles, np.ndarray]:
    """The triangles `own` of a wall with vertices of its inside taken out, those `protected` (m,) bool kept.

    The rim stays, as does the topology; no vertex goes whose loss moves the surface by more than `max_deviation_mm` (Schroeder 1992,
    doi 10.1145/133994.134010). Returns (k, 3) triangles and (k, 3) for each corner a triangle of the wall that had it.
    """
    free, rest = (own, own[:0]) if reduction <= 0.0 else (own[~protected[own]], own[protected[own]])
    if reduction <= 0.0 or not len(free):
        return triangles[own], np.repeat(own, 3).reshape(-1, 3)
    used, numbered = np.unique(triangles[free], return_inverse=True)
    numbered = numbered.reshape(-1, 3)
    origin = np.zeros(len(used), dtype=np.int64)
    for corner in numbered.T:
        origin[corner] = free
    kept = _decimated(points[used], numbered, reduction, max_deviation_mm)
    return (
        np.concatenate([used[kept].astype(triangles.dtype), triangles[rest]]),
        np.concatenate([origin[kept], np.repeat(rest, 3).reshape(-1, 3)]),
    )


def _decimated(points: Points, triangles: Triangles, reduction: float, error_mm: float) -> Triangles:
    """The triangles (k, 3) of a wall after decimation, as numbers of its points."""
    from vtkmodules.util.numpy_support import vtk_to_numpy
    from vtkmodules.vtkFiltersCore import vtkDecimatePro

    patch = Mesh(points, triangles, point_arrays={_IDS: np.arange(len(points))})
    decimate = vtkDecimatePro()
    decimate.SetInputData(to_polydata(patch))
    decimate.SetTargetReduction(reduction)
    decimate.PreserveTopologyOn()
    decimate.SplittingOff()
    decimate.BoundaryVertexDeletionOff()
    decimate.SetErrorIsAbsolute(1)
    decimate.SetAbsoluteError(error_mm)
    decimate.Update()
    result = decimate.GetOutput()
    ids = result.GetPointData().GetArray(_IDS)
    if ids is None or not result.GetNumberOfPolys():
        return triangles
    connectivity = vtk_to_numpy(result.GetPolys().GetConnectivityArray()).reshape(-1, 3)
    return vtk_to_numpy(ids)[connectivity].astype(triangles.dtype)
