"""From a field to triangles in LPS mm."""

import numpy as np

from .core import Mesh, flying_edges
from .scalar_field import ScalarField
from .vtk_smp import enable_vtk_smp

_HALVED = 8_000_000  # voxels: a label's box up to this size is contoured on half its steps, at eight bytes a voxel


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
