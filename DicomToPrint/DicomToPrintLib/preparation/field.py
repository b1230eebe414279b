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
    import vtk
    from vtk.util.numpy_support import numpy_to_vtk

    from ..mesh import from_polydata

    if not (field > 0).any():
        raise Refused(f"Nothing of '{like.name}' is thick enough for this: choose a smaller size.")
    padded = np.pad(field, 1, constant_values=-np.float32(grid.spacing))
    tiny = np.float32(1e-3 * grid.spacing)
    # Samples at the level, or a hair from it, make zero-area triangles.
    np.copyto(padded, tiny, where=(padded >= 0) & (padded < tiny))
    np.copyto(padded, -tiny, where=(padded < 0) & (padded > -tiny))
    image = vtk.vtkImageData()
    image.SetDimensions(*padded.shape[::-1])
    image.SetSpacing(*(3 * [grid.spacing]))
    image.SetOrigin(*(grid.origin - grid.spacing))
    image.GetPointData().SetScalars(numpy_to_vtk(padded.ravel(), deep=False))
    edges = vtk.vtkFlyingEdges3D()
    edges.SetInputData(image)
    edges.SetValue(0, 0.0)
    edges.ComputeNormalsOff()
    edges.ComputeGradientsOff()
    edges.ComputeScalarsOff()
    edges.Update()
    mesh = from_polydata(edges.GetOutput(), like.name)
    mesh = Mesh(mesh.points, mesh.triangles, like.name, like.color)
    return mesh if mesh.volume > 0 else Mesh(mesh.points, mesh.triangles[:, ::-1].copy(), like.name, like.color)
