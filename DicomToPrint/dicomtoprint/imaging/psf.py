"""The blur of a scan, read from its own edges.

Voxels around a point of the surface, ordered by their distance from the tangent plane there, sample the edge far
finer than the grid does: the slanted edge of ISO 12233, and of CT's task transfer functions, in three dimensions. No
interpolation takes part, and the width of the pixel is included.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..mesh.core import Mesh
from ..volume import Volume
from .voxel_patches import SurfacePoints, extract_patches, sample_measured_surface

FWHM_PER_SIGMA = 2.0 * np.sqrt(2.0 * np.log(2.0))
_HALF = 4  # voxels to each side of a point
MAX_EDGES = 1200  # points tried for each direction
_LEAST = 10  # edges that make a measurement
_USED = 60  # voxels nearest to the normal that a fit uses
_GOOD_FIT = 0.05  # residual of a clean edge, as a share of its step


@dataclass(frozen=True)
class PointSpreadFunction:
    """Gaussian point spread function of a scan as standard deviations in mm, in the plane of the slices and across
    them, and the grey values on the far sides of its clean edges. `edges` counts these edges."""

    in_plane_mm: float
    through_plane_mm: float
    inside: float
    outside: float
    edges: int

    @property
    def full_widths_mm(self) -> tuple[float, float]:
        """Full width at half maximum in the plane and across, in mm."""
        return FWHM_PER_SIGMA * self.in_plane_mm, FWHM_PER_SIGMA * self.through_plane_mm


def estimate_psf(
    volume: Volume, meshes: Sequence[Mesh], seed: int = 0, edges: int = MAX_EDGES
) -> PointSpreadFunction | None:
    """The blur measured at clean edges of the meshes; None where too few are found. `edges` are tried in each
    direction.

    Where none lies along the slices' normal, the blur across is that in the plane with a slice of the thickness of
    the spacing.
    """
    drawn = [sample_measured_surface(mesh, max(6 * edges // len(meshes), 1), seed) for mesh in meshes]
    points = SurfacePoints(*(np.concatenate([getattr(one, name) for one in drawn]) for name in _FIELDS))
    points = points.chosen(np.random.default_rng(seed).permutation(len(points.places)))
    spacing = np.array(volume.spacing)
    along = np.abs(points.outward @ np.cross(volume.affine[:3, 0] / spacing[0], volume.affine[:3, 1] / spacing[1]))
    in_plane = _edges(volume, points.chosen(np.flatnonzero(along < 0.3)[:edges]))
    if len(in_plane) < _LEAST:
        return None
    across = _edges(volume, points.chosen(np.flatnonzero(along > 0.85)[:edges]))
    width = float(np.median(in_plane[:, 3]))
    wide = float(np.median(across[:, 3])) if len(across) >= _LEAST else float(np.hypot(width, spacing[2] / 12**0.5))
    both = np.concatenate([in_plane, across])
    return PointSpreadFunction(width, wide, float(np.median(both[:, 1])), float(np.median(both[:, 0])), len(both))


_FIELDS = ("places", "outward", "deviation")


def _edges(volume: Volume, points: SurfacePoints) -> np.ndarray:
    """(n, 4) outside, inside, shift and width of the clean edges at the points: those that an error function fits."""
    if len(points.places) == 0:
        return np.zeros((0, 4))
    windows, ok = extract_patches(volume, points.places, (_HALF,) * 3)
    points = points.chosen(ok)
    if len(points.places) == 0:
        return np.zeros((0, 4))
    apart = volume.to_lps(windows.centres) - points.places
    depth = -np.einsum("nx,nx->n", apart, points.outward)[:, None] - points.outward @ windows.offsets.T
    square = ((apart[:, None, :] + windows.offsets) ** 2).sum(axis=2)
    spacing = np.array(volume.spacing)
    axes = volume.affine[:3, :3] / spacing
    step = np.linalg.norm((points.outward @ axes) * spacing, axis=1)[:, None]
    beside = np.prod(spacing) ** (1.0 / 3.0)
    beyond = np.where(np.abs(depth) <= 3.0 * step, square - depth**2, np.inf)
    used = np.argpartition(beyond, _USED, axis=1)[:, :_USED]
    near = np.take_along_axis(beyond, used, axis=1) <= beside**2
    depth = np.take_along_axis(depth, used, axis=1)
    grey = np.take_along_axis(windows.values.reshape(len(depth), -1), used, axis=1).astype(np.float64)
    sign = np.where(_mean(grey, near & (depth > 0)) >= _mean(grey, near & (depth < 0)), 1.0, -1.0)[:, None]
    found, residual = _fitted(sign * grey, depth, near, step)
    height = found[:, 1] - found[:, 0]
    clean = (residual < _GOOD_FIT * height) & (np.abs(found[:, 2]) < 0.5 * step[:, 0])
    if not clean.any():
        return np.zeros((0, 4))
    clean &= height >= np.percentile(height[clean], 67)  # thin parts never reach their own grey value
    return np.concatenate([sign * found[:, :2], found[:, 2:]], axis=1)[clean]


def _mean(values: np.ndarray, mask: np.ndarray) -> np.ndarray:
    return (values * mask).sum(axis=1) / np.maximum(mask.sum(axis=1), 1)


def _fitted(grey: np.ndarray, depth: np.ndarray, near: np.ndarray, step: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Least squares of an error function to many edges at once (Levenberg-Marquardt): (n, 4) low, high, shift, width;
    (n,) root mean square residual."""
    from scipy.special import erf

    def model(p: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        z = (depth - p[:, 2:3]) / p[:, 3:4]
        rise = 0.5 * (1.0 + erf(z / 2**0.5))
        return p[:, 0:1] + (p[:, 1:2] - p[:, 0:1]) * rise, z, rise

    count = np.maximum(near.sum(axis=1), 1)
    seen = near.any(axis=1)  # the others, whose window lies outside the scan, fit a flat line and are no edge
    low = np.where(seen, np.where(near, grey, np.inf).min(axis=1), 0.0)
    high = np.where(seen, np.where(near, grey, -np.inf).max(axis=1), 0.0)
    p = np.stack([low, high, np.zeros(len(grey)), 0.5 * step[:, 0]], axis=1)
    damping = np.full(len(grey), 1e-2)
    value, z, rise = model(p)
    cost = (((value - grey) * near) ** 2).sum(axis=1)
    for _round in range(25):
        bell = -(p[:, 1:2] - p[:, 0:1]) * np.exp(-0.5 * z * z) / (2 * np.pi) ** 0.5 / p[:, 3:4]
        slopes = np.stack([1.0 - rise, rise, bell, bell * z], axis=2) * near[:, :, None]
        normal = slopes.transpose(0, 2, 1) @ slopes
        right = np.einsum("nmp,nm->np", slopes, (value - grey) * near)
        diagonal = np.einsum("npp->np", normal)[:, :, None] * np.eye(4)
        move = np.linalg.solve(normal + damping[:, None, None] * diagonal + 1e-9 * np.eye(4), right[:, :, None])[..., 0]
        trial = p - move
        trial[:, 3] = np.clip(trial[:, 3], 0.05 * step[:, 0], 3.0 * step[:, 0])
        value_t, z_t, rise_t = model(trial)
        cost_t = (((value_t - grey) * near) ** 2).sum(axis=1)
        better = cost_t <= cost
        p = np.where(better[:, None], trial, p)
        cost = np.where(better, cost_t, cost)
        value, z, rise = (
            np.where(better[:, None], new, old) for new, old in ((value_t, value), (z_t, z), (rise_t, rise))
        )
        damping = np.where(better, damping / 3.0, damping * 5.0)
    return p, np.sqrt(cost / count)
