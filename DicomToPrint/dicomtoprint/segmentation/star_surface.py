"""A star-shaped surface around a point: the first clear falling edge along each ray, smoothed over neighbouring rays.

References
----------
Li, Wu, Chen, Sonka, "Optimal surface segmentation in volumetric images: a graph-theoretic approach", IEEE TPAMI 28, 2006, doi
10.1109/TPAMI.2006.19. The energy on the graph of rays is minimized by relaxation here instead of a graph cut.
"""

from dataclasses import dataclass

import numpy as np

RADII = np.arange(4.0, 42.0, 0.5)  # mm, radii tested along each ray
EDGE_MM = 1.25  # half the length over which the fall of an edge is measured
FIRST_MM = 3.0  # an edge this far behind an earlier one counts less
MAX_ITERATIONS = 60
# Weight of the squared difference of radius to the reference surface, per 100 mm2, in units of a clear edge.
SMOOTHNESS_WEIGHT = 1.0


@dataclass(frozen=True)
class StarSurface:
    """A star-shaped surface: `centre` LPS mm, unit `directions` (n, 3), `radii` (n,) mm."""

    centre: np.ndarray
    directions: np.ndarray
    radii: np.ndarray

    def holds(self, points: np.ndarray, margin: float = 0.0) -> np.ndarray:
        """(n,) bool: which of the points (n, 3) LPS mm lie inside the surface, offset outward by `margin` mm."""
        from scipy.spatial import cKDTree

        rays = points - self.centre
        lengths = np.linalg.norm(rays, axis=1)
        result = lengths <= self.radii.min() + margin
        near = np.flatnonzero(~result & (lengths <= self.radii.max() + margin))
        distances, found = cKDTree(self.directions).query(rays[near] / lengths[near, None], k=3)
        weights = 1.0 / np.maximum(distances, 1e-6)
        radii = (self.radii[found] * weights).sum(axis=1) / weights.sum(axis=1)
        result[near] = lengths[near] <= radii + margin
        return result


def fibonacci_sphere(count: int = 1200) -> tuple[np.ndarray, np.ndarray]:
    """Evenly distributed unit directions (n, 3) on a Fibonacci spiral, and the indices of their eight neighbours (n, 8)."""
    from scipy.spatial import cKDTree

    number = np.arange(count) + 0.5
    polar, turn = np.arccos(1 - 2 * number / count), np.pi * (1 + 5**0.5) * number
    directions = np.stack([np.cos(turn) * np.sin(polar), np.sin(turn) * np.sin(polar), np.cos(polar)], axis=1)
    return directions, cKDTree(directions).query(directions, k=9)[1][:, 1:]


def fit_vertebral_body(
    array: np.ndarray,
    affine: np.ndarray,
    centre: np.ndarray,
    contrast: float,
    like: StarSurface | None = None,
    stiffness: float = 0.03,
) -> StarSurface:
    """The surface of a vertebral body.

    Parameters
    ----------
    array
        Lightly smoothed grey values (k, j, i).
    affine
        4x4, indices (i, j, k) to LPS mm.
    centre
        (3,) LPS mm, a point in the body; the result's centre is the middle of the body.
    contrast
        Fall of the grey value at a clear edge. Edges behind an earlier one along the same ray count less.
    like
        A reference of about the same size and shape, which keeps a body that the field of view cuts from growing beyond it.
    stiffness
        Weight of the squared distance (mm2) of a radius from the mean of its neighbours.
    """
    directions, neighbours = fibonacci_sphere()
    star = StarSurface(centre, directions, np.full(len(directions), 15.0))
    for _ in range(4):
        gain = np.clip(_edges(array, affine, star) / contrast, 0.0, 1.5)
        before = np.maximum.accumulate(gain, axis=1)
        lag = int(FIRST_MM / 0.5)
        earlier = np.concatenate([np.zeros((len(gain), lag)), before[:, :-lag]], axis=1)
        gain *= np.exp(-2.0 * earlier)
        if like is not None:
            gain -= SMOOTHNESS_WEIGHT * ((RADII[None, :] - like.radii[:, None]) / 10.0) ** 2
        radii = _relaxed(gain, neighbours, stiffness)
        star = StarSurface(star.centre, directions, radii)
        weights = radii**3
        middle = star.centre + 0.75 * (directions * (weights * radii)[:, None]).sum(axis=0) / weights.sum()
        if np.linalg.norm(middle - star.centre) < 0.5:
            break
        star = StarSurface(middle, directions, radii)
    return star


def _edges(array: np.ndarray, affine: np.ndarray, star: StarSurface) -> np.ndarray:
    """(n, radii) fall of the grey value outward at each of `RADII` along each ray."""
    from scipy import ndimage

    inverse = np.linalg.inv(affine)
    steps = np.arange(RADII[0] - EDGE_MM, RADII[-1] + EDGE_MM + 0.01, 0.25)
    points = star.centre + steps[None, :, None] * star.directions[:, None, :]
    places = points.reshape(-1, 3) @ inverse[:3, :3].T + inverse[:3, 3]
    profile = ndimage.map_coordinates(array, places.T[::-1], order=1, mode="nearest", output=np.float32).reshape(
        len(points), -1
    )
    reach = round(2 * EDGE_MM / 0.25)
    fall = profile[:, :-reach] - profile[:, reach:]
    return fall[:, ::2][:, : len(RADII)]


def _relaxed(gain: np.ndarray, neighbours: np.ndarray, stiffness: float) -> np.ndarray:
    """(n,) mm, the radius of each ray that maximizes `gain` (n, radii) less the penalty for its distance from the neighbours.

    Jacobi iterations from the maxima of the smoothed gain.
    """
    from scipy import ndimage

    pooled = ndimage.gaussian_filter1d(gain, 2.0, axis=1)
    for _ in range(4):
        pooled = 0.4 * pooled + 0.6 * pooled[neighbours].mean(axis=1)
    radii = RADII[np.argmax(pooled, axis=1)]
    for sweep in range(MAX_ITERATIONS):
        mean = np.median(radii[neighbours], axis=1) if sweep < 10 else radii[neighbours].mean(axis=1)
        cost = gain - stiffness * (RADII[None, :] - mean[:, None]) ** 2
        best = RADII[np.argmax(cost, axis=1)]
        radii = 0.5 * radii + 0.5 * best
    return radii
