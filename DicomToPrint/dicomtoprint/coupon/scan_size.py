"""How large a scanned plate was printed: scale and growth from its faces along each axis, with the rest of the pose taken out.

Most of a plate is flat, and a fit that takes what lies off as outliers leaves the few faces that show scale along the plate out. Here each
axis has as much of a say.
"""

from dataclasses import dataclass

import numpy as np

from .scan_readings import PlateSurface

DRAWN = 4000  # samples an axis
SOFT_MM = 0.05  # residuals beyond it count less and less: features that are broken off are no scale
FACING = 0.9  # cosine from which a face looks along an axis


@dataclass(frozen=True)
class SizeFit:
    """`scale` (3,) along x, y, z and `growth_mm` outward all over; `values` (n,) mm of the samples with pose and scale taken out, growth
    left in; `noise_mm` robust standard deviation of what remains; `seen` (3,) share of the area of the faces along each axis that the scan
    shows."""

    scale: np.ndarray
    growth_mm: float
    values: np.ndarray
    noise_mm: float
    seen: np.ndarray


def fit_size(surface: PlateSurface, centre: np.ndarray) -> SizeFit:
    """Scale about `centre` (3,), growth and what is left of pose, by least squares with a soft L1 loss on as many samples of each axis.

    A surface that is turned by r, shifted by t, scaled by 1 + s and grown by g lies ``(r x p + t + s p) . n + g`` outside at a point p with
    the normal n, to first order.
    """
    from scipy.optimize import least_squares

    points, normals = surface.points - centre, surface.normals
    lever = np.column_stack([np.cross(points, normals), normals, points * normals, np.ones(len(points))])
    known = np.isfinite(surface.values)
    random = np.random.default_rng(0)
    seen, rows = np.zeros(3), []
    for axis in range(3):
        along = np.abs(normals[:, axis]) > FACING
        seen[axis] = surface.areas[along & known].sum() / max(float(surface.areas[along].sum()), 1e-12)
        own = np.flatnonzero(along & known)
        if len(own):
            share = surface.areas[own] / surface.areas[own].sum()
            rows.append(random.choice(own, DRAWN, p=share))
    if not rows:
        return SizeFit(np.full(3, np.nan), float("nan"), surface.values, float("nan"), seen)
    drawn = np.concatenate(rows)
    size = np.maximum(np.abs(lever[drawn]).max(axis=0), 1e-9)
    matrix, values = lever[drawn] / size, surface.values[drawn]
    found = least_squares(
        lambda x: matrix @ x - values, np.zeros(10), jac=lambda x: matrix, loss="soft_l1", f_scale=SOFT_MM
    )
    motion = found.x / size
    left = surface.values - lever[:, :9] @ motion[:9]
    noise = 1.4826 * float(np.median(np.abs(left[drawn] - motion[9])))
    return SizeFit(1.0 + motion[6:9], float(motion[9]), left, noise, seen)
