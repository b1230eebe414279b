"""A mesh on a grid of voxels: which voxel centres lie inside it."""

import numpy as np

from ..progress import ProgressCallback, no_progress
from .core import Mesh, flying_edges, to_polydata


def voxelize(
    mesh: Mesh, affine: np.ndarray, shape: tuple[int, int, int], progress: ProgressCallback = no_progress
) -> np.ndarray:
    """(k, j, i) bool of `shape`: voxels whose centre lies inside the closed mesh.

    `affine` 4x4 takes (i, j, k, 1) to LPS mm and may shear or mirror: the mesh is taken to index space, where the grid is even. By
    vtkPolyDataToImageStencil, slab by slab so that a progress is heard.
    """
    import vtk
    from vtk.util.numpy_support import vtk_to_numpy

    inverse = np.linalg.inv(affine)
    points = mesh.points.astype(np.float64) @ inverse[:3, :3].T + inverse[:3, 3]
    polydata = to_polydata(Mesh(points, mesh.triangles))
    stencil = vtk.vtkPolyDataToImageStencil()
    stencil.SetInputData(polydata)
    stencil.SetTolerance(0.0)
    result = np.zeros(shape, dtype=bool)
    slab = 32
    for start in range(0, shape[0], slab):
        progress(start / shape[0], "comparing with the segment")
        end = min(start + slab, shape[0])
        if points[:, 2].max() < start - 1 or points[:, 2].min() > end:
            continue
        extent = (0, shape[2] - 1, 0, shape[1] - 1, start, end - 1)
        stencil.SetOutputSpacing(1.0, 1.0, 1.0)
        stencil.SetOutputOrigin(0.0, 0.0, 0.0)
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


def mask_surface(mask: np.ndarray, affine: np.ndarray) -> Mesh:
    """Closed surface in LPS mm around the voxels of `mask` (k, j, i) bool on `affine` (4x4), half-way to their neighbours."""
    found = flying_edges(np.pad(mask, 1).view(np.uint8), 0.5)
    points = (found.points.astype(np.float64) - 1.0) @ affine[:3, :3].T + affine[:3, 3]
    mesh = Mesh(points.astype(np.float32), found.triangles)
    return mesh if mesh.volume >= 0 else Mesh(mesh.points, mesh.triangles[:, ::-1].copy())
