"""What bone looks like where it is thick enough to show its own grey value, and whether there is soft tissue beside it.

Blur takes the contrast of a wall thinner than about three of its widths: a boundary half-way up such a wall lies too far
out everywhere. The grey value of bone is therefore read where profiles across its edge stay high for a while.
"""

import numpy as np

from ..config.wall_settings import wall_settings

_SET = wall_settings().thick_bone

MIN_MM, MIN_VOXELS = _SET.least_mm, _SET.least_voxels  # for which a profile stays near its inside in thick bone
FURTHER = _SET.further  # times as far as the plateaus of an edge are sought
COARSEST_MM = _SET.coarsest_mm  # voxels on which every bone is a ridge
FINEST_MM = _SET.finest_mm  # voxels on which a profile tells a wall's thickness, and thick bone from thin, at most


def is_thick(
    profile: np.ndarray, step_mm: float, inside: np.ndarray, outside: np.ndarray, least_mm: float
) -> np.ndarray:
    """(n,) bool: profiles (n, m) across edges of bone, sampled every `step_mm`, that stay near their `inside` value (n,)
    for `least_mm` (brighter than `outside` or darker)."""
    share = (profile - outside[:, None]) / np.where(inside == outside, np.inf, inside - outside)[:, None]
    return np.asarray((share >= _SET.high).sum(axis=1) * step_mm >= least_mm)


def without_thin(
    inside: np.ndarray, outside: np.ndarray, thick: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The edges (n,) of thick bone, and those as bright, where there are enough: thin bone does not show its grey value and
    would draw the boundary down."""
    if thick.sum() < _SET.enough:
        return inside, outside, thick
    keep = thick | (inside >= float(np.median(inside[thick])))
    return inside[keep], outside[keep], thick[keep]


def has_soft_tissue(values: np.ndarray, soft: float, air: float) -> bool:
    """Whether a sample of a scan (n,) shows soft tissue, whose grey value is `soft` and that of air `air`."""
    unit = (soft - air) / 1040.0
    near = np.count_nonzero(np.abs(values - soft) <= _SET.soft_half_hu * unit)
    between = np.count_nonzero(np.abs(values - (0.5 * soft + 0.5 * air)) <= 2.0 * _SET.soft_half_hu * unit) / 2.0
    return bool(near > max(_SET.more * between, 0.01 * len(values)))
