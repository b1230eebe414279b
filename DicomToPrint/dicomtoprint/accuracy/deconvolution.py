"""Where the edge lies that the scan has blurred: deconvolution in a small window around each point.

A scan shows partial volume: thin plates and sharp ridges look smaller or larger at a fixed grey value than they are,
by up to half the blur. In a window of voxels the grey values before the blur are sought on a grid several times
finer, such that, blurred again, they give the voxels that were measured, and that none lies beyond the grey values of
the materials: Landweber's iteration with constraints (Bertero and Boccacci, Introduction to Inverse Problems in
Imaging, 1998, 6.2), stopped in each window where its residual reaches the noise (Morozov's discrepancy principle).
"""

from collections.abc import Sequence

import numpy as np

from ..imaging.psf import PointSpreadFunction
from ..imaging.voxel_patches import extract_patches
from ..messages import _
from ..progress import ProgressCallback, no_progress
from ..volume import Volume

_CHUNK = 200
_DIRECTIONS = 32


def deblurred_edge_distances(
    volume: Volume,
    places: np.ndarray,
    levels: np.ndarray,
    bright: bool,
    blur: PointSpreadFunction,
    noise: float,
    rounds: int,
    progress: ProgressCallback = no_progress,
) -> np.ndarray:
    """(n,) signed distance in mm of `places` (n, 3) LPS mm from the deblurred edge at grey values `levels` (n,), after at
    most `rounds` of deblurring: more of them bring out sharp places, and noise on plain ones.

    Positive outside of the structure, which is brighter than its surroundings where `bright`. NaN where the window
    leaves the volume, or no edge lies within two voxels.
    """
    spacing, widths = volume.spacing, (blur.in_plane_mm, blur.in_plane_mm, blur.through_plane_mm)
    half = [int(np.clip(np.ceil(2.5 * w / s) + 1, 3, 5)) for w, s in zip(widths, spacing)]
    finer = [int(np.clip(np.ceil(s / w), 1, 4)) for w, s in zip(widths, spacing)]
    blurring = [_blurring(h, f, w / s) for h, f, w, s in zip(half, finer, widths, spacing)]
    sign = 1.0 if bright else -1.0
    alike = bright == (blur.inside > blur.outside)
    possible = (sign * blur.outside, sign * blur.inside) if alike else (np.inf, -np.inf)
    result = np.full(len(places), np.nan)
    for start in range(0, len(places), _CHUNK):
        progress(start / len(places), _("measuring the accuracy"))
        rows = np.arange(start, min(start + _CHUNK, len(places)))
        windows, ok = extract_patches(volume, places[rows], half)
        if not ok.any():
            continue
        rows = rows[ok]
        sharp = _deblurred(sign * windows.values, blurring, finer, possible, noise, rounds)
        inside = (volume.to_ijk(places[rows]) - windows.centres + half) * finer + (np.array(finer) - 1) / 2
        to_fine = np.linalg.inv(volume.affine[:3, :3]).T * finer
        result[rows] = _nearest(sharp, sign * levels[rows], inside, to_fine, 0.25 * min(spacing), 2.0 * max(spacing))
    return result


def _blurring(half: int, finer: int, width: float) -> np.ndarray:
    """Matrix (voxels, fine samples) of a Gaussian of `width` voxels; its rows sum to one."""
    voxels = np.arange(2 * half + 1)
    fine = (np.arange((2 * half + 1) * finer) - (finer - 1) / 2) / finer
    weights = np.exp(-0.5 * ((voxels[:, None] - fine) / width) ** 2)
    return (weights / weights.sum(axis=1, keepdims=True)).astype(np.float32)


def _between(voxels: int, finer: int) -> np.ndarray:
    """Matrix (fine samples, voxels) of linear interpolation."""
    place = np.clip((np.arange(voxels * finer) - (finer - 1) / 2) / finer, 0, voxels - 1)
    return np.maximum(1.0 - np.abs(place[:, None] - np.arange(voxels)), 0.0).astype(np.float32)


def _along(matrices: Sequence[np.ndarray], field: np.ndarray) -> np.ndarray:
    """Matrices applied along i, j, k of (n, k, j, i): many small products, which need no threads."""
    i, j, k = matrices
    n, a, b, c = field.shape
    field = (k @ field.reshape(n, a, b * c)).reshape(n, len(k), b, c)
    return (j @ field) @ i.T


def _deblurred(
    measured: np.ndarray,
    blurring: Sequence[np.ndarray],
    finer: Sequence[int],
    possible: tuple[float, float],
    noise: float,
    rounds: int,
) -> np.ndarray:
    """Grey values (n, k, j, i) on the fine grid, between the darkest and brightest of the window; the values on both
    sides of the scan's clean edges are `possible` in every window, since thin parts and narrow gaps never show theirs.
    """
    flat = measured.reshape(len(measured), -1)
    low = np.minimum(np.percentile(flat, 5, axis=1), possible[0]).astype(np.float32)[:, None, None, None]
    high = np.maximum(np.percentile(flat, 97, axis=1), possible[1]).astype(np.float32)[:, None, None, None]
    field = _along([_between(size, f) for size, f in zip(measured.shape[:0:-1], finer)], measured)
    back = [(m / np.maximum(m.sum(axis=0), 1e-3)).T.astype(np.float32) for m in blurring]
    left = np.arange(len(field))
    for _round in range(rounds):
        residual = measured[left] - _along(blurring, field[left])
        open_ = np.sqrt(np.mean(residual[:, 1:-1, 1:-1, 1:-1] ** 2, axis=(1, 2, 3))) > noise
        left, residual = left[open_], residual[open_]
        if not len(left):
            break
        field[left] = np.clip(field[left] + _along(back, residual), low[left], high[left])
    return field


def _nearest(
    field: np.ndarray, levels: np.ndarray, inside: np.ndarray, to_fine: np.ndarray, step: float, reach: float
) -> np.ndarray:
    """(n,) signed distance in mm from fine indices `inside` (n, 3) to the nearest crossing of `levels` (n,) along rays in
    all directions; NaN where there is none within `reach` mm."""
    from scipy import ndimage

    directions = _sphere(_DIRECTIONS) @ to_fine

    def sample(rows: np.ndarray, distance: float) -> np.ndarray:
        at = inside[rows, None, :] + distance * directions
        window = np.broadcast_to(rows[:, None], at.shape[:2])
        where = np.stack([window, at[..., 2], at[..., 1], at[..., 0]])
        return ndimage.map_coordinates(field, where, order=1, mode="nearest", output=np.float32) - levels[rows, None]

    rows = np.arange(len(field))
    here = sample(rows, 0.0)
    side = np.where(here[:, 0] > 0, -1.0, 1.0)
    last, before = here, 0.0
    result = np.full(len(field), np.nan)
    while before < reach and len(rows):
        value = sample(rows, before + step)
        share = np.where(value * last <= 0, np.abs(last) / np.maximum(np.abs(last) + np.abs(value), 1e-6), np.inf)
        nearest = share.min(axis=1)
        found = np.isfinite(nearest)
        result[rows[found]] = before + step * nearest[found]
        rows, last, before = rows[~found], value[~found], before + step
    return side * result


def _sphere(pairs: int) -> np.ndarray:
    """(2 x pairs, 3) unit vectors spread evenly over the sphere, each with its opposite (Fibonacci lattice)."""
    number = np.arange(pairs)
    height = 1.0 - (number + 0.5) / pairs
    angle = np.pi * (1.0 + 5**0.5) * number
    radius = np.sqrt(1.0 - height**2)
    upper = np.stack([radius * np.cos(angle), radius * np.sin(angle), height], axis=1)
    return np.concatenate([upper, -upper])
