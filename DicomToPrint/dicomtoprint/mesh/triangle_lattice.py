"""Lattices of points on triangles, as fine as a step: what distances to a surface and samples of its walls are taken from."""

from collections.abc import Callable

import numpy as np

from .arrays import Points


def longest_sides(corners: np.ndarray) -> np.ndarray:
    """Length (m,) of the longest side of triangles with corners (m, 3, 3)."""
    return np.linalg.norm(corners - np.roll(corners, 1, axis=1), axis=2).max(axis=1)


def subtriangle_centroids(divisions: int) -> tuple[np.ndarray, np.ndarray]:
    """Two barycentric coordinates (n,), (n,) of the middles of the small triangles that a triangle falls into whose sides
    are divided into `divisions`: on the triangle, never on its edges. First those that stand as it does, then the flipped."""
    u, v = np.meshgrid(np.arange(divisions), np.arange(divisions), indexing="ij")
    upright, flipped = u + v < divisions, u + v < divisions - 1
    return (
        np.concatenate([u[upright] + 1.0 / 3.0, u[flipped] + 2.0 / 3.0]) / divisions,
        np.concatenate([v[upright] + 1.0 / 3.0, v[flipped] + 2.0 / 3.0]) / divisions,
    )


def lattice_points(
    corners: np.ndarray, divisions: np.ndarray, weights: Callable[[int], np.ndarray]
) -> tuple[Points, np.ndarray]:
    """A lattice on every triangle.

    Parameters
    ----------
    corners
        (m, 3, 3) corners of the triangles.
    divisions
        (m,) int, into how many parts the lattice divides a side.
    weights
        Gives the lattice of so many divisions as barycentric coordinates (w, 3).

    Returns
    -------
    points, rows
        (n, 3) points, and the triangle (n,) of each; by rising divisions, not by triangle.
    """
    points, rows = [], []
    for count in np.unique(divisions):
        own = np.flatnonzero(divisions == count)
        lattice = weights(int(count))
        points.append(np.einsum("wc,tcx->twx", lattice, corners[own]).reshape(-1, 3))
        rows.append(np.repeat(own, len(lattice)))
    return np.concatenate(points), np.concatenate(rows)


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
