"""How far blur has moved the boundary of curved parts.

At a plane edge the half-maximum grey value lies where the edge was. Over a curved one it lies on the hollow side, since
there is less of the body around it: by half the variance of the blur times the sum of the two curvatures (Bouma,
Vilanova, van Vliet and Gerritsen, Correction for the dislocation of curved surfaces caused by the PSF in 2D and 3D CT
images, IEEE Trans. Pattern Anal. Mach. Intell. 27, 2005). Linear interpolation between samples a step h apart does the
same with a variance of h^2 / 6.
"""

import numpy as np

from ..imaging.psf import PointSpreadFunction
from ..imaging.surface_deviation import vertex_normals
from ..mesh.core import Mesh, cross_rows
from ..mesh.vertex_averaging import VertexAveraging, build_vertex_averaging

_ROUNDS = 4  # over which normals and curvature are averaged with their neighbours
_SURE, _UNSURE = 0.25, 0.5  # sum of the curvatures times the blur: up to here the formula counts, from there not at all
_AGREEING = 0.9  # length of the mean of the normals around; less is an edge or noise


def psf_covariance(blur: PointSpreadFunction, affine: np.ndarray) -> np.ndarray:
    """(3, 3) mm2: covariance in LPS of the blur and of linear interpolation, of a grid with this affine."""
    steps = affine[:3, :3]
    spacing = np.linalg.norm(steps, axis=0)
    across = np.cross(steps[:, 0], steps[:, 1])
    across /= np.linalg.norm(across)
    axes = steps / spacing
    result = blur.in_plane_mm**2 * np.eye(3) + (blur.through_plane_mm**2 - blur.in_plane_mm**2) * np.outer(
        across, across
    )
    return result + (axes * spacing**2) @ axes.T / 6.0


def psf_curvature_shift(mesh: Mesh, variance: np.ndarray, near: VertexAveraging | None = None) -> np.ndarray:
    """(n,) mm by which the points of a closed mesh (LPS mm) must move along their outward normals to undo what a blur
    of covariance `variance` (3, 3) mm2 has moved them.

    Zero where the curvature is too strong for the formula or the surface too rough to have one; never above a quarter
    of the blur's width.
    """
    size = len(mesh.points)
    if len(mesh.triangles) == 0:
        return np.zeros(size)
    facing = mesh.triangle_normals()
    normals = smoothed = vertex_normals(mesh, facing)
    near = near or build_vertex_averaging(mesh, facing)
    facing /= np.maximum(near.area, 1e-30)[:, None]
    agreeing = np.ones(size)
    for _ in range(_ROUNDS):
        smoothed = near.averaged(smoothed)
        length = np.sqrt(np.einsum("ij,ij->i", smoothed, smoothed))
        agreeing = np.minimum(agreeing, length)
        smoothed /= np.maximum(length, 1e-30)[:, None]
    curvature = near.summed(_divergence(mesh, facing, smoothed))
    for _ in range(_ROUNDS // 2):
        curvature = near.averaged(curvature)
    # The blur along the surface counts, not across it.
    sideways = (np.trace(variance) - np.einsum("ni,ij,nj->n", normals, variance, normals)) / 2.0
    strength = np.abs(curvature) * np.sqrt(sideways)
    trust = np.clip((_UNSURE - strength) / (_UNSURE - _SURE), 0.0, 1.0) * (agreeing > _AGREEING)
    return 0.5 * trust * sideways * curvature


def edge_curvature(mesh: Mesh, facing: np.ndarray, outward: np.ndarray, near: VertexAveraging) -> np.ndarray:
    """(n,) per mm: curvature of the edges of a mesh around its points, the lesser of the sum of the two curvatures and the root of
    the sum of their squares: the first forgets noise and saddles, the second counts a ball not twice. `facing` (m, 3) are the
    mesh's `triangle_normals`, `outward` (n, 3) the unit normals of its points."""
    normals = near.averaged(outward)
    normals /= np.maximum(np.linalg.norm(normals, axis=1), 1e-30)[:, None]
    unit = facing / np.maximum(near.area, 1e-30)[:, None]
    summed = near.averaged(near.summed(_divergence(mesh, unit, normals)))
    return np.minimum(np.abs(summed), near.averaged(near.summed(_turning(mesh, normals))))


def _turning(mesh: Mesh, normals: np.ndarray) -> np.ndarray:
    """(m,) root of the sum of the squares of the two curvatures over each triangle, times twice its area: how fast the normals of
    its corners turn, in the metric of two of its sides."""
    a, b, c = (mesh.triangles[:, k] for k in range(3))
    sides = [mesh.points[end].astype(np.float64) - mesh.points[a] for end in (b, c)]
    turns = [normals[end] - normals[a] for end in (b, c)]
    square = (
        np.einsum("ij,ij->i", sides[1], sides[1]) * np.einsum("ij,ij->i", turns[0], turns[0])
        + np.einsum("ij,ij->i", sides[0], sides[0]) * np.einsum("ij,ij->i", turns[1], turns[1])
        - 2.0 * np.einsum("ij,ij->i", *sides) * np.einsum("ij,ij->i", *turns)
    )
    return np.asarray(np.sqrt(np.maximum(square, 0.0)))


def _divergence(mesh: Mesh, facing: np.ndarray, normals: np.ndarray) -> np.ndarray:
    """(m,) how fast the normals of the corners spread over each triangle, times twice its area: the sum of the two
    curvatures, which is 2 / r on a ball."""
    corners = [mesh.points.take(mesh.triangles[:, k], axis=0).astype(np.float64) for k in range(3)]
    total = np.zeros(len(facing))
    for k in range(3):
        opposite = corners[(k + 2) % 3] - corners[(k + 1) % 3]
        slope = cross_rows(facing, opposite)
        total += np.einsum("ij,ij->i", slope, normals.take(mesh.triangles[:, k], axis=0))
    return total
