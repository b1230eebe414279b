"""Bone told from blood where both are bright and touch."""

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from ..voxel_components import bounding_box, components_of_at_least, components_touching

_SMOOTH_MM = 0.6  # noise off, before bone is told from blood
_BONE_SHARE, _BONE_HU = (
    0.35,
    120.0,
)  # brighter than blood by this share of its contrast, and by this, is bone, chalk or metal
_DARKER = 0.2  # share of the contrast by which blood may be darker than at the seed: marrow may be hardly darker
_LEAST_BONE_MM3 = 30.0  # less is chalk in a wall
_SURROUNDED = 0.3  # share of what lies around a bright part that is blood: a stent or chalk, not bone
_AROUND_MM = 1.6
_CORE_MM, _LEAST_CORE_MM3 = 1.5, 100.0  # as far from its rim, and as large, a vessel is no rim of bone
# Share of the side of a thin part that may lie against bone: within a few mm, of the whole, and of a plate.
_BESIDE_MM, _BARE_NEARBY, _BARE, _BARE_PLATE = 3.0, 0.55, 0.4, 0.03
# A plate: as much lies around its voxels as in two tubes of its thickness, over half of it, and far from what is thick.
_NEAR_MM, _FORK, _PLATES, _REACH_MM = 5.0, 2.0, 0.5, 8.0
_ENCLOSED = 0.7  # share of a part that lies within bone where it is marrow
_GAP_MM, _HOLLOW = 2.0, 0.4  # gaps in a cortex, and marrow as a share of its volume


@dataclass(frozen=True)
class Blood:
    """Grey values of the blood at the seeds, of what surrounds the vessel, and of 1 HU."""

    grey: float
    around: float
    unit: float = 1.0

    @property
    def contrast(self) -> float:
        return max(self.grey - self.around, 1e-6)


def find_bone(
    array: np.ndarray, steps: tuple[float, ...], mask: np.ndarray, starts: np.ndarray, blood: Blood
) -> np.ndarray:
    """Voxels of a vessel's mask that belong to bone.

    Markers of blood (its pool at the seeds) and of bone (what is brighter, and not surrounded by blood as a stent is) flood the mask in
    the order of how much a voxel differs from blood (Meyer 1994, doi 10.1016/0165-1684(94)90060-4). Of what blood flooded, thin rims
    along bone and thin shells around marrow are bone too.

    Parameters
    ----------
    array, mask, starts
        (k, j, i) grey values, bool what is to be told apart, bool the seeds.
    steps
        Along k, j, i in mm.
    blood
        Grey values.

    Returns
    -------
    numpy.ndarray
        (k, j, i) bool.
    """
    import SimpleITK as sitk

    sigma = [_SMOOTH_MM / step for step in steps]
    smooth = ndimage.gaussian_filter(array.astype(np.float32), sigma)
    over = max(_BONE_SHARE * blood.contrast, _BONE_HU * blood.unit)
    labels, count = ndimage.label(mask & (smooth > blood.grey + over), np.ones((3, 3, 3)))
    sizes = np.bincount(labels.ravel(), minlength=count + 1) * float(np.prod(steps))
    vessel = _pool(mask & (smooth < blood.grey + over), smooth > blood.grey - _DARKER * blood.contrast, starts, steps)
    # Blood is uneven where contrast medium streams in, but what lies within a cortex is marrow.
    uneven = _pool(mask & (smooth < blood.grey + over), smooth > blood.grey - over, starts, steps)
    pool = vessel | (uneven & ~_filled(labels > 0, steps))
    unlike = sitk.GetImageFromArray(np.abs(smooth - np.float32(blood.grey)))
    near = ndimage.distance_transform_edt(~pool, sampling=steps) <= _CORE_MM if pool.any() else pool
    surrounded = _share_around(labels, count, near, steps)
    bright = ((sizes >= _LEAST_BONE_MM3) & (surrounded < _SURROUNDED))[labels] & (labels > 0)
    markers = np.where(mask, 0, 3).astype(np.uint8)
    markers[bright] = 2
    markers[(vessel & ~bright) | starts] = 1
    flooded = sitk.MorphologicalWatershedFromMarkers(unlike, sitk.GetImageFromArray(markers), False, False)
    bone = np.asarray(sitk.GetArrayViewFromImage(flooded) == 2) & mask
    return bone | _rims_of_bone(components_touching(mask & ~bone, starts), bone, starts, steps)


def _pool(mask: np.ndarray, alike: np.ndarray, starts: np.ndarray, steps: tuple[float, ...]) -> np.ndarray:
    """(k, j, i) bool: what of the mask is alike and hangs together with the seeds by more than its rim."""
    own = mask & alike
    inner = ndimage.distance_transform_edt(own, sampling=steps) > _CORE_MM
    return components_touching(inner | (starts & own), starts | (inner & ndimage.binary_dilation(starts, iterations=3)))


def _share_around(labels: np.ndarray, count: int, near: np.ndarray, steps: tuple[float, ...]) -> np.ndarray:
    """(count + 1,) share of what lies around each labelled part that is near blood."""
    away, nearest = ndimage.distance_transform_edt(labels == 0, sampling=steps, return_indices=True)
    ring = (away > 0) & (away <= max(_AROUND_MM, max(steps)) + 1e-6)
    beside = labels[tuple(nearest[:, ring])]
    around = np.bincount(beside, minlength=count + 1)
    return np.bincount(beside[near[ring]], minlength=count + 1) / np.maximum(around, 1)


def _rims_of_bone(vessel: np.ndarray, bone: np.ndarray, starts: np.ndarray, steps: tuple[float, ...]) -> np.ndarray:
    """(k, j, i) bool: thin parts of the vessel that are rims of bone which blood flooded.

    A large part of their side lies against bone, or they are plates and reach far from what is thick: a branch is a tube.
    """
    depth = ndimage.distance_transform_edt(vessel, sampling=steps)
    inner = components_of_at_least(depth > _CORE_MM, _LEAST_CORE_MM3, float(np.prod(steps)))
    surface = vessel & ~ndimage.binary_erosion(vessel)
    beside = surface & ndimage.binary_dilation(bone)
    hull = _filled(bone, steps)
    inner &= ~_marrow(inner, starts, hull)
    away = ndimage.distance_transform_edt(~inner, sampling=steps)
    thin = vessel & (away > _CORE_MM + 0.5 * max(steps))
    side, against = surface & thin, beside & thin
    around = [2 * round(_BESIDE_MM / step) + 1 for step in steps]
    lost = thin & (_sum(against, around) > _BARE_NEARBY * _sum(side, around))
    thin &= ~lost
    side &= thin
    against &= thin
    labels, count = ndimage.label(thin)
    if not count:
        return lost
    whole = np.maximum(np.bincount(labels.ravel(), minlength=count + 1), 1)
    sides = np.maximum(np.bincount(labels[side], minlength=count + 1), 1)
    bare = np.bincount(labels[against], minlength=count + 1)
    drop = (bare > _BARE * sides) | (np.bincount(labels[hull], minlength=count + 1) > _ENCLOSED * whole)
    plates = np.bincount(labels[_plates(thin, depth, steps)], minlength=count + 1) / whole
    reach = ndimage.maximum(away, labels, np.arange(count + 1)) if inner.any() else np.full(count + 1, np.inf)
    for number in np.flatnonzero((plates > _PLATES) & (np.asarray(reach) > _REACH_MM) & ~drop):
        drop[number] = number > 0 and (bare[number] > _BARE_PLATE * sides[number] or _is_shell(labels == number, steps))
    drop[0] = False
    return np.asarray(lost | drop[labels])


def _marrow(inner: np.ndarray, starts: np.ndarray, hull: np.ndarray) -> np.ndarray:
    """(k, j, i) bool: connected parts without a seed that lie within bone, as marrow does that is as bright as blood."""
    labels, count = ndimage.label(inner)
    whole = np.maximum(np.bincount(labels.ravel(), minlength=count + 1), 1)
    drop = np.bincount(labels[hull], minlength=count + 1) > _ENCLOSED * whole
    drop[[0, *np.unique(labels[starts])]] = False
    return np.asarray(drop[labels])


def _filled(part: np.ndarray, steps: tuple[float, ...]) -> np.ndarray:
    """(k, j, i) bool: a part with its gaps closed and with what it surrounds in planes along any two axes."""
    margin = [int(np.ceil(_GAP_MM / step)) + 1 for step in steps]
    own = np.pad(part, [(m, m) for m in margin])
    wide = ndimage.distance_transform_edt(~own, sampling=steps) <= _GAP_MM if own.any() else own
    held = np.zeros(own.shape, dtype=bool)
    for axis in range(3):  # a shell may be open at its ends
        for plane, target in zip(np.moveaxis(wide, axis, 0), np.moveaxis(held, axis, 0)):
            target |= ndimage.binary_fill_holes(plane)
    closed = ndimage.distance_transform_edt(held, sampling=steps) > _GAP_MM
    return np.asarray(closed[tuple(slice(m, -m) for m in margin)])


def _sum(mask: np.ndarray, around: list[int]) -> np.ndarray:
    return ndimage.uniform_filter(mask.astype(np.float32), around)


def _is_shell(part: np.ndarray, steps: tuple[float, ...]) -> bool:
    """Whether a part, with its gaps closed, surrounds more than it holds: a cortex around marrow."""
    box = bounding_box(part)
    assert box is not None
    own = part[box]
    return bool(np.count_nonzero(_filled(own, steps) & ~own) > _HOLLOW * np.count_nonzero(own))


def _plates(thin: np.ndarray, depth: np.ndarray, steps: tuple[float, ...]) -> np.ndarray:
    """(k, j, i) bool: voxels around which more of the thin part lies than a forked tube of its thickness has."""
    around = [2 * round(_NEAR_MM / step) + 1 for step in steps]
    share = ndimage.uniform_filter(thin.astype(np.float32), around)
    held = share * float(np.prod(np.multiply(around, steps)))
    half = ndimage.maximum_filter(np.where(thin, depth, 0.0), around)
    return np.asarray(thin & (held > _FORK * np.pi * half**2 * 2.0 * _NEAR_MM))
