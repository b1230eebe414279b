"""Holes closed: plane rims by caps that go round islands, other rims by the least area."""

from dataclasses import dataclass

import numpy as np

from ..mesh.arrays import Points, Triangles
from ..mesh.edge_table import build_edge_table
from ..mesh.self_intersection import intersecting_pairs_touching
from .boundary_loops import boundary_loops, triangulate_by_ears, triangulate_loop

_FLAT = 1e-3  # of a rim's size: points nearer to a plane than this lie in it


@dataclass(frozen=True)
class Cap:
    """Triangles (n, 3) that close some rims: the first corner of each rim's loop, in `loops`, and the cap's area in mm2."""

    loops: tuple[int, ...]
    triangles: Triangles
    area: float


def make_caps(points: Points, triangles: Triangles) -> tuple[list[np.ndarray], list[Cap]]:
    """The simple rims of an oriented mesh and a cap for each that can be closed without new points.

    `points` (n, 3), `triangles` (m, 3). Rims in one plane are closed together, so that the end of a tube becomes a ring; the
    others each by the triangulation of least area.
    """
    loops, _ = boundary_loops(triangles)
    if not loops:
        return [], []
    precise = points.astype(np.float64)
    caps: list[Cap] = []
    left = list(range(len(loops)))
    for group in _plane_groups(precise, loops):
        if len(group) == 1 and len(loops[group[0]]) <= 4:
            continue
        patch = _plane_cap(precise, [loops[number] for number in group])
        if patch is not None:
            caps.append(Cap(tuple(group), patch, _area(precise, patch)))
            left = [number for number in left if number not in group]
    taken = _rim_sides(triangles, loops, len(points))
    for number in left:
        patch = triangulate_loop(points, loops[number], taken)
        if patch is None:
            continue
        caps.append(Cap((number,), patch, _area(precise, patch)))
        taken |= {tuple(sorted(side)) for a, b, c in patch.tolist() for side in ((a, b), (b, c), (c, a))}
    return loops, caps


def with_caps(
    points: Points, triangles: Triangles, loops: list[np.ndarray], caps: list[Cap]
) -> tuple[np.ndarray, np.ndarray]:
    """Points and triangles with the caps; one that passes through the surface gives way to the first of the other ways to close its rim
    that does so less: ears, or a fan around the middle of the rim."""
    patches = [cap.triangles for cap in caps]
    for number, cap in enumerate(caps):
        if len(cap.loops) > 1 or len(loops[cap.loops[0]]) < 5:
            continue
        rest = np.concatenate([triangles, *patches[:number], *patches[number + 1 :]])
        least = _crossings(points, rest, cap.triangles)
        if least == 0:
            continue
        loop = loops[cap.loops[0]]
        middle = points[loop].mean(axis=0, keepdims=True).astype(points.dtype)
        fan = np.stack([loop, np.roll(loop, -1), np.full(len(loop), len(points))], axis=1)
        for more, patch in ((points[:0], triangulate_by_ears(points, loop, rest)), (middle, fan)):
            if patch is None or (crossed := _crossings(np.concatenate([points, more]), rest, patch)) >= least:
                continue
            least, patches[number] = crossed, patch
            points = np.concatenate([points, more]) if len(more) else points
            if crossed == 0:
                break
    return points, np.concatenate([triangles, *patches])


def _crossings(points: Points, rest: Triangles, patch: Triangles) -> int:
    """Pairs of triangles that cross where a patch is put to the rest."""
    rows = len(rest) + np.arange(len(patch))
    return len(intersecting_pairs_touching(points, np.concatenate([rest, patch]), rows))


def _rim_sides(triangles: np.ndarray, loops: list[np.ndarray], size: int) -> set[tuple[int, int]]:
    """Edges between two rim points, which a cap must not use again."""
    rim = np.zeros(size, dtype=bool)
    rim[np.concatenate(loops)] = True
    ends = build_edge_table(triangles).ends
    return {tuple(side) for side in ends[rim[ends].all(axis=1)].tolist()}


def _area(points: np.ndarray, triangles: np.ndarray) -> float:
    a, b, c = (points[triangles[:, k]] for k in range(3))
    return float(np.linalg.norm(np.cross(b - a, c - a), axis=1).sum() / 2.0)


def vector_area(corners: Points) -> np.ndarray:
    """(3,) the vector area in mm2 of a closed loop of corners (n, 3)."""
    centre = corners.mean(axis=0)
    return np.cross(corners - centre, np.roll(corners, -1, axis=0) - centre).sum(axis=0) / 2.0


def _plane_groups(points: np.ndarray, loops: list[np.ndarray]) -> list[list[int]]:
    """Numbers of the plane loops, those in one plane together; a loop that is not plane is in none."""
    planes: list[tuple[np.ndarray, float, float, list[int]]] = []
    for number, loop in enumerate(loops):
        corners = points[loop]
        area = vector_area(corners)
        length = float(np.linalg.norm(area))
        size = float(np.linalg.norm(np.ptp(corners, axis=0)))
        if length < 1e-6 * size * size:
            continue
        normal = area / length
        height = corners @ normal
        if np.ptp(height) > _FLAT * size:
            continue
        for other, at, reach, members in planes:
            near = _FLAT * max(size, reach)
            # Rims of a ring run opposite ways, so the normals may be opposite.
            if abs(float(normal @ other)) > 1.0 - _FLAT and abs(float((corners @ other).mean()) - at) < near:
                members.append(number)
                break
        else:
            planes.append((normal, float(height.mean()), size, [number]))
    return [members for _, _, _, members in planes]


def _plane_cap(points: np.ndarray, loops: list[np.ndarray]) -> np.ndarray | None:
    """Triangles (n, 3) between loops of one plane, by ear clipping around islands; None where the loops cross."""
    from vtkmodules.util.numpy_support import numpy_to_vtk, vtk_to_numpy
    from vtkmodules.vtkCommonCore import vtkPoints
    from vtkmodules.vtkCommonDataModel import vtkCellArray, vtkPolyData
    from vtkmodules.vtkFiltersGeneral import vtkContourTriangulator

    used = np.concatenate(loops)
    normal = sum((vector_area(points[loop]) for loop in loops), np.zeros(3))
    if np.linalg.norm(normal) < 1e-9:
        return None
    data, places, lines = vtkPolyData(), vtkPoints(), vtkCellArray()
    places.SetDataTypeToDouble()
    places.SetData(numpy_to_vtk(np.ascontiguousarray(points[used]), deep=True))
    start = 0
    for loop in loops:
        lines.InsertNextCell(len(loop) + 1)
        for at in (*range(len(loop)), 0):
            lines.InsertCellPoint(start + at)
        start += len(loop)
    data.SetPoints(places)
    data.SetLines(lines)
    filler = vtkContourTriangulator()
    filler.TriangulationErrorDisplayOff()
    filler.SetInputData(data)
    filler.Update()
    made = filler.GetOutput()
    if filler.GetTriangulationError() or made.GetNumberOfCells() == 0:
        return None
    local = vtk_to_numpy(made.GetPolys().GetConnectivityArray()).reshape(-1, 3)
    patch = used[local]
    facing = np.cross(points[patch[:, 1]] - points[patch[:, 0]], points[patch[:, 2]] - points[patch[:, 0]]) @ normal
    patch = patch if facing.sum() > 0.0 else patch[:, ::-1]
    return np.ascontiguousarray(patch) if _closes(patch, loops) else None


def _closes(patch: np.ndarray, loops: list[np.ndarray]) -> bool:
    """Whether the open edges of the patch are exactly those of the loops, in their direction."""
    half = np.concatenate([patch[:, (0, 1)], patch[:, (1, 2)], patch[:, (2, 0)]])
    sides = {tuple(side) for side in half.tolist()}
    if len(sides) != len(half):
        return False
    rim = {side for side in sides if side[::-1] not in sides}
    wanted = {side for loop in loops for side in zip(loop.tolist(), np.roll(loop, -1).tolist())}
    return rim == wanted
