"""Fewer triangles on walls that structures share: each wall by itself, its rim kept, so that both sides stay the same."""

from collections.abc import Iterator

import numpy as np

from ..mesh.arrays import Points, Triangles
from ..mesh.core import Mesh, to_polydata
from ..progress import ProgressCallback, no_progress

_IDS = "Ids"


def simplify_patches(
    points: Points,
    triangles: Triangles,
    sides: np.ndarray,
    max_deviation_mm: float,
    max_triangles: int,
    progress: ProgressCallback = no_progress,
) -> tuple[Triangles, np.ndarray]:
    """Triangles of a complex reduced to about `max_triangles`, as far as `max_deviation_mm` allows.

    Parameters
    ----------
    points
        (n, 3) in mm; they stay where they are.
    triangles
        (m, 3), each with its labels in `sides` (m, 2), all of a pair of labels facing the same way.
    max_deviation_mm
        How far the surface may move where vertices are taken out (Schroeder 1992, doi 10.1145/133994.134010).
    max_triangles
        Above this number of triangles some are taken out.

    Returns
    -------
    triangles, source
        (k, 3) of the same points, and (k,) a triangle of the input near each that lies between the same labels.
    """
    if len(triangles) <= max_triangles:
        return triangles, np.arange(len(triangles))
    reduction = 1.0 - max_triangles / len(triangles)
    kept, sources = [], []
    done = 0
    for own in _patches(sides):
        progress(done / len(triangles), "fewer triangles on shared walls")
        done += len(own)
        reduced = _decimated(points, triangles[own], reduction, max_deviation_mm)
        kept.append(reduced)
        sources.append(own[_nearest(points[triangles[own]].mean(axis=1), points[reduced].mean(axis=1))])
    return np.concatenate(kept), np.concatenate(sources)


def _patches(sides: np.ndarray) -> Iterator[np.ndarray]:
    """Indices of the triangles of each pair of labels."""
    order = np.lexsort((sides[:, 1], sides[:, 0]))
    breaks = np.flatnonzero((np.diff(sides[order], axis=0) != 0).any(axis=1)) + 1
    yield from np.split(order, breaks)


def _decimated(points: Points, triangles: Triangles, reduction: float, error_mm: float) -> Triangles:
    """The triangles of a patch with vertices of its inside taken out; those of its rim stay, as does its topology."""
    from vtkmodules.util.numpy_support import vtk_to_numpy
    from vtkmodules.vtkFiltersCore import vtkDecimatePro

    used, numbered = np.unique(triangles, return_inverse=True)
    patch = Mesh(points[used], numbered.reshape(-1, 3), point_arrays={_IDS: used.astype(np.int64)})
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


def _nearest(centres: Points, wanted: Points) -> np.ndarray:
    """Index of the centre nearest to each of the wanted places."""
    from scipy.spatial import cKDTree

    return cKDTree(centres).query(wanted)[1]
