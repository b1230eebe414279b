"""Coarse triangles laid where the fine boundary is: least squares between the surface and the level of its field."""

from collections.abc import Callable

import numpy as np

from ..imaging.surface_deviation import isosurface_height, vertex_normals
from ..mesh.core import Mesh
from ..mesh.scalar_field import ScalarField
from ..progress import ProgressCallback, no_progress
from .wall_faces import WallFaces

_ROUNDS = 8  # of Jacobi's iteration; the error left falls by 0.6 a round
_CREASE = 0.3  # cosine


def fit_to_isosurface(
    points: np.ndarray,
    triangles: np.ndarray,
    field: ScalarField,
    shift_of: Callable[[Mesh, np.ndarray], np.ndarray] | None = None,
    walls: WallFaces | None = None,
    progress: ProgressCallback = no_progress,
) -> np.ndarray:
    """(n, 3) float32 points, moved along their normals so that the triangles lie as near to the level of the field as
    triangles can: the mean square distance over the surface becomes least, and what the triangles cut off from a
    convex body on the one hand they add on the other.

    `points` (n, 3) and `triangles` (m, 3) in LPS mm, already within half a voxel of the level; where no crossing is as
    near, a point stays. No point moves further than half the smallest voxel spacing. `shift_of` tells how far outwards
    of the level the edge lies at each point, in mm, from the mesh and how far the level is ahead of its points; `walls`
    where the faces of thin walls are, which go before the level.
    """
    spacing = np.linalg.norm(field.affine[:3, :3], axis=0)
    reach = 0.5 * float(spacing.min())
    to_index = field.to_index
    mesh = Mesh(points, triangles)
    cross = mesh.triangle_normals()
    normals = vertex_normals(mesh, cross)
    area = np.sqrt(np.einsum("ij,ij->i", cross, cross))
    middle = (
        points.take(triangles[:, 0], axis=0)
        + points.take(triangles[:, 1], axis=0)
        + points.take(triangles[:, 2], axis=0)
    ) / np.float32(3.0)
    facing = cross / np.maximum(area, 1e-30)[:, None]
    height = isosurface_height(
        np.concatenate([points, middle]),
        np.concatenate([normals, facing]),
        field.array,
        field.level,
        to_index,
        reach,
        progress,
    )
    at_point, at_middle = np.split(height, [len(points)])
    if shift_of is not None:
        # Faces that only close the surface at the rim of the volume stand in no scan.
        index = points @ to_index[:3, :3].T + to_index[:3, 3] + field.start
        scanned = ((index >= 0.0) & (index <= np.array(field.shape[::-1]) - 1.0)).all(axis=1)
        shift = shift_of(mesh, np.nan_to_num(at_point)) * scanned
        at_point = at_point + shift
        at_middle = at_middle + shift.take(triangles).mean(axis=1)
    at_point, at_middle = np.nan_to_num(at_point), np.nan_to_num(at_middle)
    if walls is not None:
        ahead = walls.ahead(np.concatenate([points, middle]), np.concatenate([normals, facing]))
        face, found = ahead.height, ahead.found
        at_point = np.where(found[: len(points)], face[: len(points)], at_point)
        at_middle = np.where(found[len(points) :], face[len(points) :], at_middle)
    moved = np.clip(_least_squares(triangles, area, at_point, at_middle), -reach, reach)
    moved[_creased(triangles, normals, facing)] = 0.0
    return (points + moved[:, None] * normals).astype(np.float32)


def _least_squares(triangles: np.ndarray, area: np.ndarray, at_point: np.ndarray, at_middle: np.ndarray) -> np.ndarray:
    """(n,) heights at the points whose linear course over the triangles is nearest to the heights asked for at points
    and middles: (mass matrix) x = right-hand side, with a quadrature that is exact to second order."""
    from scipy import sparse

    size, starts = len(at_point), np.arange(0, triangles.size + 1, 3)
    around = sparse.csc_array((np.ones(triangles.size), triangles.ravel(), starts), (size, len(triangles)))
    of_point = around @ area
    asked = of_point * at_point / 12.0 + around @ (area * at_middle / 4.0)
    diagonal = np.maximum(of_point / 6.0, 1e-30)
    height = asked / (2.0 * diagonal)
    for _ in range(_ROUNDS):
        total = height.take(triangles[:, 0]) + height.take(triangles[:, 1]) + height.take(triangles[:, 2])
        product = of_point * height / 12.0 + around @ (area * total / 12.0)
        height = height + 0.8 * (asked - product) / diagonal
    return height


def _creased(triangles: np.ndarray, normals: np.ndarray, facing: np.ndarray) -> np.ndarray:
    """(n,) bool: points with a triangle that looks away from their normal: moving these along it would fold it."""
    creased = np.zeros(len(normals), dtype=bool)
    for corner in range(3):
        at = triangles[:, corner]
        creased[at[np.einsum("ij,ij->i", normals.take(at, axis=0), facing) < _CREASE]] = True
    return creased
