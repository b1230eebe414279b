"""A region of interest and seeds in the patient, brought to voxels."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from ..errors import UsageError
from ..messages import _
from ..volume import Volume
from ..voxel_components import Box

Point = tuple[float, float, float]
Bounds = tuple[float, float, float, float, float, float]


def crop_to_roi(volume: Volume, roi_lps: Bounds) -> tuple[Volume, np.ndarray | None]:
    """The part of a volume around a box (x0, x1, y0, y1, z0, z1) in LPS mm, without a copy of the voxels.

    Second, where the grid is turned or sheared against the patient's axes, a boolean mask (k, j, i) of the voxels
    inside the
    box; None where the crop is the box. Raises `UsageError` where nothing of the scan lies in it.
    """
    pairs: np.ndarray = np.sort(np.asarray(roi_lps, dtype=np.float64).reshape(3, 2), axis=1)
    if not np.isfinite(pairs).all() or (np.ptp(pairs, axis=1) <= 0).any():
        raise UsageError(_("The region of interest has no size: give two different limits in mm along each axis."))
    corners = np.array([[pairs[0, a], pairs[1, b], pairs[2, c]] for a in (0, 1) for b in (0, 1) for c in (0, 1)])
    places = volume.to_ijk(corners)
    size = np.array(volume.array.shape[::-1])
    low = np.clip(np.ceil(places.min(axis=0) - 1e-6), 0, size).astype(int)
    high = np.clip(np.floor(places.max(axis=0) + 1e-6) + 1, 0, size).astype(int)
    if (high - low < 2).any():
        raise UsageError(_("The region of interest lies outside the scan: move it onto the anatomy."))
    cropped = crop(volume, tuple(slice(int(a), int(b)) for a, b in zip(low[::-1], high[::-1])))  # type: ignore[arg-type]
    axes = np.abs(volume.affine[:3, :3] / np.asarray(volume.spacing))
    if (axes.max(axis=0) > 1 - 1e-6).all():
        return cropped, None
    inside = np.empty(cropped.array.shape, dtype=bool)
    depth, rows, columns = cropped.array.shape
    j, i = np.mgrid[:rows, :columns]
    for k in range(depth):
        points = cropped.to_lps(np.stack([i, j, np.full_like(i, k)], axis=-1).reshape(-1, 3))
        inside[k] = ((points >= pairs[:, 0]) & (points <= pairs[:, 1])).all(axis=1).reshape(i.shape)
    return cropped, inside


def crop(volume: Volume, box: Box) -> Volume:
    """The voxels of a box (slices k, j, i) at their true place; a view, not a copy."""
    affine = volume.affine.copy()
    affine[:3, 3] = volume.to_lps(np.array([[s.start for s in box[::-1]]], dtype=np.float64))[0]
    interpolated = None if volume.interpolated is None else volume.interpolated[box[0]]
    return replace(volume, array=volume.array[box], affine=affine, interpolated=interpolated)


def seeds_to_voxels(volume: Volume, seeds_lps: Sequence[Point]) -> np.ndarray:
    """(n, 3) voxel indices (k, j, i) of seeds in LPS mm. Raises `UsageError` for a seed outside the scan."""
    if not len(seeds_lps):
        return np.zeros((0, 3), dtype=int)
    points = np.asarray(seeds_lps, dtype=np.float64).reshape(-1, 3)
    places = np.rint(np.nan_to_num(volume.to_ijk(points), nan=-1.0)).astype(int)[:, ::-1]
    inside = ((places >= 0) & (places < volume.array.shape)).all(axis=1)
    if not inside.all():
        number = int(np.argmin(inside)) + 1
        raise UsageError(
            _(
                "Seed {number} lies outside the scan or the region of interest: place it on the bone you want.",
                number=number,
            )
        )
    return places


def nearest_mask_voxel(
    mask: np.ndarray, voxel: np.ndarray, spacing: tuple[float, float, float], within_mm: float
) -> np.ndarray | None:
    """Index (k, j, i) of the voxel of `mask` nearest to `voxel`, None where there is none within `within_mm`."""
    reach = [int(np.ceil(within_mm / step)) for step in spacing[::-1]]
    box = tuple(slice(max(0, v - r), v + r + 1) for v, r in zip(voxel, reach))
    places = np.argwhere(mask[box])
    if len(places) == 0:
        return None
    places += [s.start for s in box]
    lengths = np.linalg.norm((places - voxel) * np.asarray(spacing[::-1]), axis=1)
    best = int(np.argmin(lengths))
    return places[best] if lengths[best] <= within_mm else None
