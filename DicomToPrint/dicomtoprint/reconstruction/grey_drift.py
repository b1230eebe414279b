"""How the grey values of a scan that is not calibrated drift over its field, read from the soft tissue along its bones.

Cone beams show one tissue brighter in the middle of the field than at its border (cupping), so bone where it is thick is no
measure of bone elsewhere. Soft tissue beside bone drifts in the same way: a quadratic of the place follows it, and what that
leaves is how far the density of a wall may differ from what is known of it.
"""

from dataclasses import dataclass

import numpy as np

from ..config.wall_settings import wall_settings
from ..imaging.voxel_patches import interpolate
from ..volume import Volume

_SET = wall_settings().drift


@dataclass(frozen=True)
class GreyDrift:
    """A quadratic of the place in LPS mm, `coefficients` (10,) of coordinates from `centre` (3,) in units of `size_mm`, within
    `least` and `most` grey values; `left`: standard deviation of soft tissue about it."""

    coefficients: np.ndarray
    centre: np.ndarray
    size_mm: float
    least: float
    most: float
    left: float

    def at(self, points: np.ndarray) -> np.ndarray:
        """(n,) grey values by which the scan is brighter at points (n, 3) LPS mm than along its bones in the mean."""
        terms = _terms((points - self.centre) / self.size_mm)
        return np.asarray(np.clip(terms @ self.coefficients, self.least, self.most))


def grey_drift(
    volume: Volume, places: np.ndarray, normals: np.ndarray, outside: float, contrast: float, noise: float
) -> GreyDrift | None:
    """The drift along a surface of bone (`places`, outward `normals`, (n, 3) each) in soft tissue of about the grey value
    `outside`; None where too little of it lies beside the bone."""
    some = np.random.default_rng(2).permutation(len(places))[: _SET.looked_at]
    at, facing = places[some].astype(np.float64), normals[some]
    values = np.mean([interpolate(volume, at + away * facing) for away in _SET.beside_mm], axis=0)
    keep = np.abs(values - outside) <= _SET.tissue * contrast
    if keep.sum() < _SET.enough:
        return None
    at, values = at[keep], values[keep]
    centre = at.mean(axis=0)
    size = float(np.linalg.norm(at - centre, axis=1).max())
    terms = _terms((at - centre) / size)
    weight = np.ones(len(at))
    for _ in range(_SET.rounds):
        root = np.sqrt(weight)
        coefficients = np.linalg.lstsq(terms * root[:, None], values * root, rcond=None)[0]
        off = values - terms @ coefficients
        sd = max(1.4826 * float(np.median(np.abs(off))), 1e-6)
        weight = 1.0 / (1.0 + (off / (_SET.stray * sd)) ** 2)
    mean = float(np.mean(terms @ coefficients))
    coefficients[0] -= mean
    least, most = np.percentile(terms @ coefficients, [1.0, 99.0])
    by_noise = noise**2 / len(_SET.beside_mm)
    return GreyDrift(coefficients, centre, size, float(least), float(most), float(np.sqrt(max(sd**2 - by_noise, 0.0))))


def _terms(x: np.ndarray) -> np.ndarray:
    """(n, 10) of coordinates (n, 3): one, each, and their products."""
    products = [x[:, a] * x[:, b] for a in range(3) for b in range(a, 3)]
    return np.stack([np.ones(len(x)), *x.T, *products], axis=1)
