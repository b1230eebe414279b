"""A mesh on a grid of voxels: which voxel centres lie inside it."""

import numpy as np

from ..messages import _
from ..progress import ProgressCallback, no_progress
from .arrays import Mask
from .core import Mesh, flying_edges, to_polydata


def voxelize(
    mesh: Mesh, affine: np.ndarray, shape: tuple[int, int, int], progress: ProgressCallback = no_progress
) -> Mask:
    """Which voxel centres lie inside a closed mesh, by vtkPolyDataToImageStencil, slab by slab so that a progress is heard.

    Parameters
    ----------
    mesh
        Closed, in LPS mm.
    affine
        4x4 from (i, j, k, 1) to LPS mm; it may shear or mirror. Where it does neither nor turns, the mesh stays in mm: a centre
        that lies on the surface is decided on the given coordinates. Else it is taken to index space, where the grid is even.
    shape
        (k, j, i) of the grid.

    Returns
    -------
    (k, j, i) bool.
    """
    import vtk
    from vtk.util.numpy_support import vtk_to_numpy

    steps = np.diag(affine)[:3]
    along_axes = bool((steps > 0).all() and np.count_nonzero(affine[:3, :3]) == 3)
    inverse = np.linalg.inv(affine)
    index = mesh.points.astype(np.float64) @ inverse[:3, :3].T + inverse[:3, 3]
    stencil = vtk.vtkPolyDataToImageStencil()
    stencil.SetInputData(to_polydata(Mesh(mesh.points if along_axes else index, mesh.triangles)))
    stencil.SetTolerance(0.0)
    stencil.SetOutputSpacing(*(steps if along_axes else (1.0, 1.0, 1.0)))
    stencil.SetOutputOrigin(*(affine[:3, 3] if along_axes else (0.0, 0.0, 0.0)))
    result = np.zeros(shape, dtype=bool)
    slab = 32
    for start in range(0, shape[0], slab):
        progress(start / shape[0], _("comparing with the segment"))
        end = min(start + slab, shape[0])
        if index[:, 2].max() < start - 1 or index[:, 2].min() > end:
            continue
        extent = (0, shape[2] - 1, 0, shape[1] - 1, start, end - 1)
        stencil.SetOutputWholeExtent(*extent)
        stencil.Update()
        picture = vtk.vtkImageStencilToImage()
        picture.SetInputConnection(stencil.GetOutputPort())
        picture.SetInsideValue(1)
        picture.SetOutsideValue(0)
        picture.SetOutputScalarTypeToUnsignedChar()
        picture.Update()
        values = vtk_to_numpy(picture.GetOutput().GetPointData().GetScalars())
        result[start:end] = values.reshape(end - start, shape[1], shape[2]) > 0
    return result


def mask_surface(mask: Mask, affine: np.ndarray) -> Mesh:
    """Closed surface in LPS mm around the voxels of `mask` (k, j, i) bool on `affine` (4x4), midway to their neighbours."""
    found = flying_edges(np.pad(mask, 1).view(np.uint8), 0.5)
    points = (found.points.astype(np.float64) - 1.0) @ affine[:3, :3].T + affine[:3, 3]
    mesh = Mesh(points.astype(np.float32), found.triangles)
    return mesh if mesh.volume >= 0 else Mesh(mesh.points, mesh.triangles[:, ::-1].copy())
