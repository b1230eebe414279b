"""From a field to triangles in LPS mm, and their smoothing."""

import numpy as np

from ..mesh.core import Mesh, flying_edges, to_polydata
from .scalar_field import ScalarField

_HALVED = 8_000_000  # voxels: a label's box up to this size is contoured on half its steps, at eight bytes a voxel
# Windowed sinc of a label, lightly and then strongly: iterations and pass band; on half steps and on whole ones.
_LABEL = {True: ((40, 0.02), (60, 0.008)), False: ((20, 0.03), (60, 0.008))}
_FIRM = 0.15  # of a voxel: how far the strong smoothing may move a point
_TAUBIN = (0.63, 1.0 / (0.1 - 1.0 / 0.63))  # forth and back; waves of the pass band 0.1 keep their height


def enable_vtk_smp() -> None:
    """VTK's wheel runs sequentially unless told; Slicer's own build (TBB) is left as it is."""
    from vtkmodules.vtkCommonCore import vtkSMPTools

    if vtkSMPTools.GetBackend() == "Sequential":
        vtkSMPTools.SetBackend("STDThread")


def extract_isosurface(field: ScalarField) -> tuple[Mesh, np.ndarray]:
    """Closed surface of the field's level in LPS mm, facing outward whatever the handedness of the affine; its points
    (n, 3) also as indices (i, j, k) of the segmentation's grid, on the edge of the grid that each belongs to.

    Contoured in index space, then taken through the affine: shear and uneven spacing stay exact. No sample equals the
    level, so every vertex lies inside its edge of the grid and the surface is a two-manifold by construction.
    """
    enable_vtk_smp()
    halved = _halved(field)
    mesh = flying_edges(_on_half_steps(field.array) if halved else field.array, field.level)
    start = np.asarray(field.start, dtype=np.float32)
    index = (mesh.points - 0.5) / 2.0 + start if halved else mesh.points + start
    points = np.empty_like(index)
    for k in range(3):
        points[:, k] = index @ field.affine[k, :3] + field.affine[k, 3]
    triangles = mesh.triangles.astype(np.int32)
    if np.linalg.det(field.affine[:3, :3]) < 0:
        triangles = np.ascontiguousarray(triangles[:, (0, 2, 1)])
    return Mesh(points, triangles), _on_edges(index) if halved else index


def _halved(field: ScalarField) -> bool:
    """Whether the field is contoured on half its steps, where a wall of one voxel keeps its thickness: a label only, and a small one."""
    return not field.grey and field.array.size <= _HALVED


def _on_half_steps(array: np.ndarray) -> np.ndarray:
    """Every voxel as eight."""
    return array.repeat(2, axis=0).repeat(2, axis=1).repeat(2, axis=2)


def _on_edges(index: np.ndarray) -> np.ndarray:
    """Indices (n, 3) of points on faces of voxels, moved to where the edge between the two voxels passes the face."""
    nearest = np.rint(index)
    return np.where(np.abs(np.abs(index - nearest) - 0.5) < 0.01, index, nearest).astype(np.float32)


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
