"""What a print does as a whole: a displacement that changes slowly from place to place, and growth."""

from dataclasses import dataclass

import numpy as np

from ..mesh.arrays import Points

_POINTS = 30_000
_ROUNDS = 6
_DEFINED = 0.015  # of the stiffest motion: softer ones the shape does not tell, and they stay at rest
_TUKEY = 5.0  # robust standard deviations beyond which a point has no say


@dataclass(frozen=True)
class Trend:
    """A displacement whose components are quadratic in x, y, z (scale, shear, bend, twist and what is left of the pose), and a growth.

    `shares` (10, 3) are the coefficients of 1, x, y, z, x2, y2, z2, xy, xz, yz for each component in mm, of points about `centre` (3,) in
    units of `half` (3,) mm; `growth_mm` is outward all over.
    """

    shares: np.ndarray
    growth_mm: float
    centre: np.ndarray
    half: np.ndarray

    def at(self, points: Points, normals: Points) -> np.ndarray:
        """(n,) mm along the unit `normals` (n, 3) at `points` (n, 3)."""
        return np.einsum("ni,ni->n", self._displacement(points), normals) + self.growth_mm

    def undone(self, points: Points) -> Points:
        """Points (n, 3) of the print where they would lie without the displacement; growth stays."""
        before = points
        for _round in range(3):
            before = points - self._displacement(before)
        return before

    def _displacement(self, points: Points) -> Points:
        moved: Points = _terms((points - self.centre) / self.half) @ self.shares
        return moved


def fit_trend(points: Points, normals: Points, offsets: np.ndarray, centre: np.ndarray, half: np.ndarray) -> Trend:
    """The trend of `offsets` (n,) mm along `normals` (n, 3) at `points` (n, 3), which faults of a place do not draw: least squares with
    Tukey's weights, on some of the points."""
    rows = np.random.default_rng(0).permutation(len(points))[:_POINTS]
    terms = _terms((points[rows] - centre) / half)
    basis = np.concatenate([terms * normals[rows, axis, None] for axis in range(3)] + [np.ones((len(rows), 1))], axis=1)
    weight = np.ones(len(rows))
    found = np.zeros(basis.shape[1])
    for _round in range(_ROUNDS):
        root = np.sqrt(weight)
        found, *_rest = np.linalg.lstsq(basis * root[:, None], offsets[rows] * root, rcond=_DEFINED)
        left = offsets[rows] - basis @ found
        spread = max(1.4826 * float(np.median(np.abs(left))), 1e-4)
        weight = np.clip(1.0 - (left / (_TUKEY * spread)) ** 2, 0.0, None) ** 2
    return Trend(found[:30].reshape(3, 10).T, float(found[30]), centre, half)


def _terms(places: Points) -> np.ndarray:
    x, y, z = places.T
    return np.stack([np.ones(len(places)), x, y, z, x * x, y * y, z * z, x * y, x * z, y * z], axis=1)
