"""Points on every triangle of a surface, in a tree, for distances to it."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from .core import Mesh


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


def sample_triangles(mesh: Mesh, step: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Points (n, 3) mm on every triangle, no farther than about `step` mm from one another: its middle, and a lattice in large ones;
    the triangle (n,) of each, and the corners (m, 3, 3) mm of the triangles."""
    corners = mesh.points.astype(np.float64)[mesh.triangles]
    pieces, piece_of = subdivide_slender(corners, step)
    longest = np.linalg.norm(pieces - np.roll(pieces, 1, axis=1), axis=2).max(axis=1)
    divisions = np.clip(np.ceil(longest / step).astype(int), 1, 400)
    points, owners = [], []
    for count in np.unique(divisions):
        chosen = np.flatnonzero(divisions == count)
        # Middles of the small triangles of a lattice of `count` divisions: on the triangle, never on its edges.
        u, v = np.meshgrid(np.arange(count), np.arange(count), indexing="ij")
        upright, flipped = u + v < count, u + v < count - 1
        weights = (
            np.concatenate(
                [
                    np.stack([u[upright], v[upright]], axis=1) + 1.0 / 3.0,
                    np.stack([u[flipped], v[flipped]], axis=1) + 2.0 / 3.0,
                ]
            )
            / count
        )
        weights = np.column_stack([weights, 1.0 - weights.sum(axis=1)])
        points.append(np.einsum("wc,tcx->twx", weights, pieces[chosen]).reshape(-1, 3))
        owners.append(np.repeat(piece_of[chosen], len(weights)))
    return np.concatenate(points), np.concatenate(owners), corners


def subdivide_slender(corners: np.ndarray, step: float) -> tuple[np.ndarray, np.ndarray]:
    """Triangles (n, 3, 3) and the row of `corners` (m, 3, 3) that each is a piece of: slender ones are halved until they are not.

    A lattice as fine as `step` mm along the long side of a slender triangle would be many times as fine across it. Pieces shorter
    than three steps stay as they are.
    """
    whole, owner = [], []
    rows = np.arange(len(corners))
    while True:
        sides = np.roll(corners, -1, axis=1) - corners
        squared = np.einsum("ijk,ijk->ij", sides, sides)
        longest = squared.argmax(axis=1)
        most = squared.max(axis=1)
        doubled = np.linalg.norm(np.cross(sides[:, 0], sides[:, 1]), axis=1)
        slender = (most > (3.0 * step) ** 2) & (doubled < 0.4 * most)
        whole.append(corners[~slender])
        owner.append(rows[~slender])
        if not slender.any():
            return np.concatenate(whole), np.concatenate(owner)
        at = np.flatnonzero(slender)
        start, end, apex = (corners[at, (longest[at] + turn) % 3] for turn in range(3))
        middle = (start + end) / 2.0
        corners = np.concatenate([np.stack([start, middle, apex], axis=1), np.stack([middle, end, apex], axis=1)])
        rows = np.concatenate([rows[at], rows[at]])
