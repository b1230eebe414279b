"""Distance to a surface on a grid around it: what hollow, thicken and wrap offset by."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..errors import Refused
from ..mesh import Mesh
from ..progress import Progress, part, silent

MOST_VOXELS = 400_000_000
CHUNK = 400_000


@dataclass(frozen=True)
class Grid:
    """Cubic voxels of `spacing` mm along L, P, S; `origin` (3,) is the centre of voxel (0, 0, 0); `shape` is (k, j, i)."""

    origin: np.ndarray
    spacing: float
    shape: tuple[int, int, int]

    def points(self, kji: np.ndarray) -> np.ndarray:
        """(n, 3) index rows (k, j, i) to (n, 3) LPS mm."""
        return self.origin + self.spacing * kji[:, ::-1]


def grid_around(mesh: Mesh, spacing: float, margin: float) -> Grid:
    """Grid that holds the mesh and `margin` mm around it; coarser than `spacing` only where it would exceed the memory."""
    bounds = np.asarray(mesh.bounds).reshape(3, 2)
    size = bounds[:, 1] - bounds[:, 0] + 2.0 * margin
    spacing = max(spacing, float((np.prod(size) / MOST_VOXELS) ** (1.0 / 3.0)))
    counts = np.ceil(size / spacing).astype(int) + 1
    return Grid(bounds[:, 0] - margin, spacing, (int(counts[2]), int(counts[1]), int(counts[0])))


def inside(mesh: Mesh, grid: Grid) -> np.ndarray:
    """(k, j, i) bool: voxel centres within a closed mesh (scan lines of vtkPolyDataToImageStencil)."""
    import vtk
    from vtk.util.numpy_support import vtk_to_numpy

    from ..mesh import to_polydata

    stencil = vtk.vtkPolyDataToImageStencil()
    stencil.SetInputData(to_polydata(Mesh(mesh.points, mesh.triangles)))
    stencil.SetOutputOrigin(*grid.origin)
    stencil.SetOutputSpacing(grid.spacing, grid.spacing, grid.spacing)
    extent = (0, grid.shape[2] - 1, 0, grid.shape[1] - 1, 0, grid.shape[0] - 1)
    stencil.SetOutputWholeExtent(*extent)
    stencil.SetTolerance(0.0)
    to_image = vtk.vtkImageStencilToImage()
    to_image.SetInputConnection(stencil.GetOutputPort())
    to_image.SetOutputScalarTypeToUnsignedChar()
    to_image.SetInsideValue(1)
    to_image.SetOutsideValue(0)
    to_image.Update()
    return vtk_to_numpy(to_image.GetOutput().GetPointData().GetScalars()).reshape(grid.shape).view(bool).copy()


def samples(mesh: Mesh, step: float) -> np.ndarray:
    """(n, 3) LPS mm points on the surface, no farther than about `step` mm from one another: corners and points within."""
    corners = mesh.points.astype(np.float64)[mesh.triangles]
    longest = np.linalg.norm(corners - np.roll(corners, 1, axis=1), axis=2).max(axis=1)
    parts = [mesh.points.astype(np.float64)]
    divisions = np.ceil(longest / step).astype(int)
    for count in np.unique(divisions[divisions > 1]):
        # Barycentric lattice of `count` divisions, corners left out: they are in already.
        count = min(int(count), 400)
        u, v = np.meshgrid(np.arange(count + 1), np.arange(count + 1), indexing="ij")
        keep = (u + v <= count) & ~((u == count) | (v == count) | (u + v == 0))
        weights = np.stack([u[keep], v[keep], count - u[keep] - v[keep]], axis=1) / count
        chosen = corners[np.minimum(divisions, 400) == count]
        parts.append(np.einsum("wc,tcx->twx", weights, chosen).reshape(-1, 3))
    return np.concatenate(parts)


def near_distance(tree: Any, grid: Grid, wanted: np.ndarray, progress: Progress = silent) -> np.ndarray:
    """(n,) float32 mm from the voxels where `wanted` (k, j, i) is True to the nearest point of a cKDTree."""
    rows = np.argwhere(wanted)
    found = np.empty(len(rows), dtype=np.float32)
    for start in range(0, len(rows), CHUNK):
        progress(start / max(len(rows), 1), "measuring distances")
        found[start:start + CHUNK] = tree.query(grid.points(rows[start:start + CHUNK]), workers=-1)[0]
    return found


def offset_field(mesh: Mesh, grid: Grid, distance: float, progress: Progress = silent) -> np.ndarray:
    """(k, j, i) float32, zero on the surface at `distance` mm inside the mesh, positive deeper.

    Exact to the sampling of the surface (a fifth of a voxel) within two voxels of that surface; beyond only the sign counts.
    """
    import SimpleITK as sitk
    from scipy.spatial import cKDTree

    within = inside(mesh, grid)
    progress(0.1, "measuring distances")
    image = sitk.GetImageFromArray(within.view(np.uint8))
    rough = sitk.GetArrayFromImage(sitk.SignedMaurerDistanceMap(image, insideIsPositive=True, squaredDistance=False))
    field = rough * np.float32(grid.spacing) - np.float32(distance)
    band = within & (np.abs(field) < 2.5 * grid.spacing)
    tree = cKDTree(samples(mesh, 0.4 * grid.spacing))
    field[band] = near_distance(tree, grid, band, part(progress, 0.3, 1.0)) - np.float32(distance)
    field[~within] = np.minimum(field[~within], -np.float32(grid.spacing))
    return field


def contour(field: np.ndarray, grid: Grid, like: Mesh) -> Mesh:
    """Closed surface where the field rises through zero, in LPS mm, facing away from the positive side.

    No sample may equal the level and the border is outside, so the result is closed and manifold. Raises `Refused` where nothing is
    positive.
    """
    if not (field > 0).any():
        raise Refused(f"Nothing of '{like.name}' is thick enough for this: choose a smaller size.")
    padded = np.pad(field, 1, constant_values=-np.float32(grid.spacing))
    points, triangles = zero_surface(padded, grid.spacing)
    return Mesh((grid.origin + grid.spacing * (points - 1.0)).astype(np.float32), triangles, like.name, like.color)


def zero_surface(field: np.ndarray, step: float) -> tuple[np.ndarray, np.ndarray]:
    """Points (n, 3) float64 along i, j, k in voxels, and triangles, of the surface where `field` (k, j, i) rises through zero.

    It faces away from the positive side and is open where it meets the border. `step` mm is a voxel: samples at the level, or a
    hair from it, would make triangles without area and are moved off it, in `field` itself.
    """
    import vtk
    from vtk.util.numpy_support import numpy_to_vtk, vtk_to_numpy

    tiny = np.float32(1e-3 * step)
    np.copyto(field, tiny, where=(field >= 0) & (field < tiny))
    np.copyto(field, -tiny, where=(field < 0) & (field > -tiny))
    image = vtk.vtkImageData()
    image.SetDimensions(*field.shape[::-1])
    image.GetPointData().SetScalars(numpy_to_vtk(field.ravel(), deep=False))
    edges = vtk.vtkFlyingEdges3D()
    edges.SetInputData(image)
    edges.SetValue(0, 0.0)
    edges.ComputeNormalsOff()
    edges.ComputeGradientsOff()
    edges.ComputeScalarsOff()
    edges.Update()
    found = edges.GetOutput()
    if found.GetNumberOfPoints() == 0:
        return np.zeros((0, 3)), np.zeros((0, 3), dtype=np.int64)
    points = vtk_to_numpy(found.GetPoints().GetData()).astype(np.float64)
    triangles = vtk_to_numpy(found.GetPolys().GetConnectivityArray()).reshape(-1, 3).astype(np.int64)
    return points, triangles
