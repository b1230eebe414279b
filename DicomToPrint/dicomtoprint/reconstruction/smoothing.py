"""From a field to triangles in LPS mm, and their smoothing."""

import numpy as np

from ..mesh.core import Mesh, to_polydata
from ..mesh.isosurface import _halved
from ..mesh.scalar_field import ScalarField
from ..mesh.vtk_smp import enable_vtk_smp

# Windowed sinc of a label, lightly and then strongly: iterations and pass band; on half steps and on whole ones.
_LABEL = {True: ((40, 0.02), (60, 0.008)), False: ((20, 0.03), (60, 0.008))}
_FIRM = 0.15  # of a voxel: how far the strong smoothing may move a point
_TAUBIN = (0.63, 1.0 / (0.1 - 1.0 / 0.63))  # forth and back; waves of the pass band 0.1 keep their height


def taubin_smooth(mesh: Mesh, rounds: int) -> Mesh:
    """Light smoothing without shrinking (Taubin 1995): what the grid left between neighbours goes, shapes stay.

    For closed meshes: every edge has two triangles.
    """
    from scipy import sparse

    triangles, size = mesh.triangles, len(mesh.points)
    if len(triangles) == 0:
        return mesh
    starts = np.arange(0, triangles.size + 1, 3, dtype=np.int32)
    around = sparse.csc_array((np.ones(triangles.size, np.float32), triangles.ravel(), starts), (size, len(triangles)))
    valence = np.bincount(triangles.ravel(), minlength=size).astype(np.float32)[:, None]
    columns = [np.ascontiguousarray(triangles[:, k], dtype=np.intp) for k in range(3)]
    middle = mesh.points.mean(axis=0, dtype=np.float64).astype(np.float32)
    points = mesh.points - middle
    for _ in range(rounds):
        for share in _TAUBIN:
            # The corners around a point count each neighbour twice, and the point once for each triangle.
            corners = points.take(columns[0], axis=0)
            corners += points.take(columns[1], axis=0)
            corners += points.take(columns[2], axis=0)
            neighbours = (around @ corners - valence * points) / (2.0 * np.maximum(valence, 1.0))
            points = points + np.float32(share) * (neighbours - points)
    return Mesh(points + middle, triangles, mesh.name, mesh.color, triangle_arrays=mesh.triangle_arrays)


def smooth_labelmap_surface(mesh: Mesh, field: ScalarField) -> Mesh:
    """The contour of a label without its staircase: smoothed lightly, then strongly but by at most `_FIRM` of a voxel.

    Windowed sinc alone keeps the volume of what is many voxels thick only: a rod of three voxels loses half of it, one of two is
    gone.
    """
    light, strong = _LABEL[_halved(field)]
    held = windowed_sinc_smooth(mesh, *light)
    points = windowed_sinc_smooth(held, *strong).points
    moved = points - held.points
    voxels = np.linalg.norm(moved @ np.linalg.inv(field.affine[:3, :3]).T.astype(np.float32), axis=1)
    moved *= np.minimum(1.0, _FIRM / np.maximum(voxels, 1e-9))[:, None]
    return Mesh(held.points + moved, mesh.triangles, mesh.name, mesh.color, triangle_arrays=mesh.triangle_arrays)


def windowed_sinc_smooth(mesh: Mesh, iterations: int, pass_band: float) -> Mesh:
    """Windowed sinc smoothing (Taubin, Zhang and Golub 1996), same triangles: keeps the volume of thick shapes."""
    from vtkmodules.util.numpy_support import vtk_to_numpy
    from vtkmodules.vtkFiltersCore import vtkWindowedSincPolyDataFilter

    if iterations <= 0 or len(mesh.triangles) == 0:
        return mesh
    enable_vtk_smp()
    filter_ = vtkWindowedSincPolyDataFilter()
    filter_.SetInputData(to_polydata(Mesh(mesh.points, mesh.triangles)))
    filter_.SetNumberOfIterations(iterations)
    filter_.SetPassBand(pass_band)
    filter_.BoundarySmoothingOff()
    filter_.FeatureEdgeSmoothingOff()
    filter_.NonManifoldSmoothingOn()
    filter_.NormalizeCoordinatesOn()
    filter_.Update()
    points = vtk_to_numpy(filter_.GetOutput().GetPoints().GetData()).copy()
    return Mesh(points, mesh.triangles, mesh.name, mesh.color, triangle_arrays=mesh.triangle_arrays)
