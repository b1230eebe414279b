"""Polygons of a file to triangles: fans where they are convex, ear clipping where they are not."""

import numpy as np

from ...mesh.arrays import Points, Triangles

_STRAIGHT = 1e-9  # of the polygon's area: a corner that turns back by less is straight


def triangulate_polygons(points: Points, corners: np.ndarray, sizes: np.ndarray) -> tuple[Triangles, np.ndarray]:
    """Triangles of polygons, and the polygon that each came from.

    A fan from the first corner is right for convex polygons only; across the notch of another its triangles fold over each other. Those
    are clipped ear by ear (`vtkTriangleFilter`); one that VTK cannot clip, as it has no area or crosses itself, becomes a fan.

    Parameters
    ----------
    points
        (n, 3), in the file's unit.
    corners
        (sum of sizes,) point indices of all polygons, one after another; all must exist.
    sizes
        (p,) corners of each polygon; those of less than three give no triangle.

    Returns
    -------
    triangles, owner
        (m, 3) int64 and (m,) int64, in the order of the polygons.
    """
    sizes = np.asarray(sizes, dtype=np.int64)
    starts = np.cumsum(sizes) - sizes
    concave = np.zeros(len(sizes), dtype=bool)
    many = np.flatnonzero(sizes > 3)
    concave[many] = _concave(points, corners, starts, sizes, many)
    clipped, clipped_owner = _clipped(points, corners, starts, sizes, np.flatnonzero(concave))
    fanned = np.ones(len(sizes), dtype=bool)
    fanned[clipped_owner] = False
    fans = np.where(fanned, np.maximum(sizes - 2, 0), 0)
    owner = np.repeat(np.arange(len(sizes)), fans)
    number = np.arange(len(owner)) - np.repeat(np.cumsum(fans) - fans, fans)
    start = starts[owner]
    triangles = np.stack([corners[start], corners[start + number + 1], corners[start + number + 2]], axis=1)
    if len(clipped) == 0:
        return triangles, owner
    order = np.argsort(np.concatenate([owner, clipped_owner]), kind="stable")
    return np.concatenate([triangles, clipped])[order], np.concatenate([owner, clipped_owner])[order]


def _concave(
    points: np.ndarray, corners: np.ndarray, starts: np.ndarray, sizes: np.ndarray, chosen: np.ndarray
) -> np.ndarray:
    """(chosen,) bool: polygons with a corner that turns against the polygon's own normal (Newell's)."""
    if len(chosen) == 0:
        return np.zeros(0, dtype=bool)
    size = sizes[chosen]
    row = np.repeat(np.arange(len(chosen)), size)
    within = np.arange(len(row)) - np.repeat(np.cumsum(size) - size, size)
    first = starts[chosen][row]
    here, after, before = (
        points[corners[first + (within + step) % size[row]]].astype(np.float64) for step in (0, 1, -1)
    )
    origin = points[corners[first]].astype(np.float64)
    crossed = np.cross(here - origin, after - origin)
    normal = np.stack([np.bincount(row, crossed[:, k], len(chosen)) for k in range(3)], axis=1)
    turn = np.einsum("ij,ij->i", np.cross(here - before, after - here), normal[row])
    back = turn < -_STRAIGHT * np.einsum("ij,ij->i", normal, normal)[row]
    return np.bincount(row, back, len(chosen)) > 0


def _clipped(
    points: np.ndarray, corners: np.ndarray, starts: np.ndarray, sizes: np.ndarray, chosen: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Triangles (m, 3) of the chosen polygons by ear clipping and the polygon (m,) of each; those that fail are left out."""
    from vtkmodules.util.numpy_support import numpy_to_vtk, numpy_to_vtkIdTypeArray, vtk_to_numpy
    from vtkmodules.vtkCommonCore import vtkPoints
    from vtkmodules.vtkCommonDataModel import vtkCellArray, vtkPolyData
    from vtkmodules.vtkFiltersCore import vtkTriangleFilter

    nothing = np.zeros((0, 3), dtype=np.int64), np.zeros(0, dtype=np.int64)
    if len(chosen) == 0:
        return nothing
    size = sizes[chosen]
    within = np.arange(size.sum()) - np.repeat(np.cumsum(size) - size, size)
    used, local = np.unique(corners[np.repeat(starts[chosen], size) + within], return_inverse=True)
    places, cells, data = vtkPoints(), vtkCellArray(), vtkPolyData()
    places.SetData(numpy_to_vtk(np.ascontiguousarray(points[used], dtype=np.float64), deep=True))
    cells.SetData(
        numpy_to_vtkIdTypeArray(np.concatenate([[0], np.cumsum(size)]).astype(np.int64), deep=True),
        numpy_to_vtkIdTypeArray(np.ascontiguousarray(local.ravel(), dtype=np.int64), deep=True),
    )
    data.SetPoints(places)
    data.SetPolys(cells)
    number = numpy_to_vtkIdTypeArray(np.ascontiguousarray(chosen, dtype=np.int64), deep=True)
    number.SetName("Polygon")
    data.GetCellData().AddArray(number)
    clip = vtkTriangleFilter()
    clip.PassLinesOff()
    clip.PassVertsOff()
    clip.SetInputData(data)
    clip.Update()
    made = clip.GetOutput()
    if made.GetNumberOfCells() == 0:
        return nothing
    triangles = used[vtk_to_numpy(made.GetPolys().GetConnectivityArray()).reshape(-1, 3)]
    owner = vtk_to_numpy(made.GetCellData().GetArray("Polygon")).astype(np.int64)
    whole = np.bincount(owner, minlength=len(sizes)) == sizes - 2
    return triangles[whole[owner]], owner[whole[owner]]
