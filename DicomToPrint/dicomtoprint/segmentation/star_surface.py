"""A star-shaped surface around a point: the first clear falling edge on each ray, smoothed over the neighbours.

An active surface on a ray graph (Li, Wu, Chen, Sonka 2006, doi 10.1109/TPAMI.2006.19), solved here by relaxation.
"""

from dataclasses import dataclass

import numpy as np

RADII = np.arange(4.0, 42.0, 0.5)
EDGE_MM = 1.25
FIRST_MM = 3.0
MAX_ITERATIONS = 60
# How much of a clear edge a ray gives up to be 10 mm nearer to the length of the surface it should be like.
SMOOTHNESS_WEIGHT = 1.0


@dataclass(frozen=True)
class StarSurface:
    """A star-shaped surface: `centre` LPS mm, unit `directions` (n, 3), `radii` (n,) mm."""

    centre: np.ndarray
    directions: np.ndarray
    radii: np.ndarray

    def holds(self, points: np.ndarray, margin: float = 0.0) -> np.ndarray:
        """Which of (n, 3) LPS points lie inside, moved outward by `margin` mm."""
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
    """Even unit directions (n, 3) by the golden spiral, and each one's eight neighbours (n, 8)."""
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
    """Surface of the vertebral body around `centre` (LPS mm) in a lightly smoothed scan (k, j, i); the centre is moved
    to its middle.

    `contrast`: grey step of a clear edge. A ray that left bone once already counts later edges less. `like`: a surface
    of about the same size and shape, which keeps a body that the field of view cuts from growing beyond it.
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
    """Fall of the grey value outward at each radius of each ray (n, radii)."""
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
    """Radii (n,) that weigh gain against the distance to the neighbours' mean, by sweeps from a smoothed start."""
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
