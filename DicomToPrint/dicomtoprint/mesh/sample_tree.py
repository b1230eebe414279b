"""Points on every triangle of a surface, in a tree, for distances to it."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from .arrays import Points
from .core import Mesh
from .triangle_lattice import lattice_points, longest_sides, subdivide_slender, subtriangle_centroids


@dataclass(frozen=True)
class SampleTree:
    """Points on a surface in a tree, for distances to it: a cKDTree, the triangle `owner` (n,) of each, `corners` (m, 3, 3) mm."""

    tree: Any
    owner: np.ndarray
    corners: np.ndarray


def build_sample_tree(mesh: Mesh, step: float) -> SampleTree:
    """The points of `sample_triangles` in a tree."""
    from scipy.spatial import cKDTree

    points, owner, corners = sample_triangles(mesh, step)
    return SampleTree(cKDTree(points, balanced_tree=False), owner, corners)


def sample_triangles(mesh: Mesh, step: float) -> tuple[Points, np.ndarray, np.ndarray]:
    """Points (n, 3) mm on every triangle, no farther than about `step` mm from one another: its middle, and a lattice in large ones;
    the triangle (n,) of each, and the corners (m, 3, 3) mm of the triangles.

    For distances: no normals or areas, unlike `surface_sampling.sample_surface`, and as many points as the step asks for.
    """
    corners = mesh.points.astype(np.float64)[mesh.triangles]
    pieces, piece_of = subdivide_slender(corners, step)
    divisions = np.clip(np.ceil(longest_sides(pieces) / step).astype(int), 1, 400)

    def weights(count: int) -> np.ndarray:
        u, v = subtriangle_centroids(count)
        return np.column_stack([u, v, 1.0 - (u + v)])

    points, rows = lattice_points(pieces, divisions, weights)
    return points, piece_of[rows], corners
