"""Bone told from blood where both are bright and touch."""

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from ..voxel_components import bounding_box, components_of_at_least, components_touching, grown_box
from .near_distance import grown_by, shrunk_by

_SMOOTH_MM = 0.6  # noise off, before bone is told from blood
_BONE_SHARE, _BONE_HU = (
    0.35,
    120.0,
)  # brighter than blood by this share of its contrast, and by this, is bone, chalk or metal
# Where blood is even, less: as far beyond its brightest part as that lies beyond its middle, and this share of the contrast.
_EVEN_CORE_MM, _EVEN_PART, _EVEN_SHARE, _EVEN_VOXELS = 2.5, 0.95, 0.16, 50
# Bone blurs into the blood beside it: how far from the blood, and within what distance bone shows how bright it is.
_BLURRED_MM, _PEAK_MM = 1.5, 2.0
_DARKER = 0.2  # share of the contrast by which blood may be darker than at the seed: marrow may be hardly darker
_LEAST_BONE_MM3 = 30.0  # less is chalk in a wall
_SURROUNDED = 0.3  # share of what lies around a bright part that is blood: a stent or chalk, not bone
_AROUND_MM = 1.6
_BEYOND_MM = 12.0  # around the vessel, where bone may hold marrow that looks like it
_CORE_MM, _LEAST_CORE_MM3 = 1.5, 100.0  # as far from its rim, and as large, a vessel is no rim of bone
# Share of the side of a thin part that may lie against bone: within a few mm, of the whole, and of a plate.
_BESIDE_MM, _BARE_NEARBY, _BARE, _BARE_PLATE = 3.0, 0.55, 0.4, 0.03
# A plate: as much lies around its voxels as in two tubes of its thickness, over half of it, and far from what is thick.
_NEAR_MM, _FORK, _PLATES, _REACH_MM = 5.0, 2.0, 0.5, 8.0
_ENCLOSED = 0.7  # share of a part that lies within bone where it is marrow
# Blood may lie a mm deep in bone that it wears away; half the width of a canal of a vessel through bone.
_DEEP_MM, _CANAL_MM = 1.0, 4.0
_MARROW_MM2 = 3500.0  # what a cortex holds in a plane; a skull, a pelvis or a chest holds more, and vessels
_LOOKS = 2  # bone that was found shows what lies in it and along it
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
) -> tuple[np.ndarray, float]:
    """Voxels of a vessel's mask that belong to bone.

    Markers of blood (its pool at the seeds) and of bone (what is brighter, and not surrounded by blood as a stent is) flood the mask in
    the order of how much a voxel differs from blood (Meyer 1994, doi 10.1016/0165-1684(94)90060-4). Of what blood flooded, thin rims
    along bone and thin shells around marrow are bone too, and then what is hardly brighter than blood, as thin cortex is once blurred.

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
    numpy.ndarray, float
        (k, j, i) bool, and the share of it that is no, or hardly, brighter than blood.
    """
    sigma = [_SMOOTH_MM / step for step in steps]
    smooth = ndimage.gaussian_filter(array.astype(np.float32), sigma)
    over = max(_BONE_SHARE * blood.contrast, _BONE_HU * blood.unit)
    bright = mask & (smooth > blood.grey + over)
    vessel = _pool(mask & (smooth < blood.grey + over), smooth > blood.grey - _DARKER * blood.contrast, starts, steps)
    # Blood is uneven where contrast medium streams in, but what lies within a cortex is marrow.
    uneven = _pool(mask & (smooth < blood.grey + over), smooth > blood.grey - over, starts, steps)
    pool = vessel | (uneven & ~_filled(bright, steps))
    bright = _not_surrounded(bright, pool, np.zeros_like(mask), steps)
    bone = _flooded(np.abs(smooth - np.float32(blood.grey)), mask, (vessel & ~bright) | starts, bright)
    own = components_touching(mask & ~bone, starts)
    box = bounding_box(own, margin=int(np.ceil(_BEYOND_MM / min(steps))))
    assert box is not None
    near, own, by_shape = bone[box], own[box], 0
    for _look in range(_LOOKS):
        near |= _within_bone(own, near, starts[box], steps)
        rims = _rims_of_bone(own & ~near, near, starts[box], steps)
        near |= rims
        own = components_touching(mask[box] & ~near, starts[box])
        hardly = _hardly_brighter(smooth[box], own, near, starts[box], steps, blood, over)
        near |= hardly
        own = components_touching(mask[box] & ~near, starts[box])
        by_shape += int(np.count_nonzero(rims | hardly))
        if not hardly.any():
            break
    return bone, by_shape / max(1, int(np.count_nonzero(bone)))


def _flooded(unlike: np.ndarray, mask: np.ndarray, blood: np.ndarray, bone: np.ndarray) -> np.ndarray:
    """(k, j, i) bool: what of the mask the markers of bone flood, `blood` and `bone` bool, where those of blood flood it too."""
    import SimpleITK as sitk

    markers = np.where(mask, 0, 3).astype(np.uint8)
    markers[bone] = 2
    markers[blood] = 1
    flooded = sitk.MorphologicalWatershedFromMarkers(
        sitk.GetImageFromArray(unlike), sitk.GetImageFromArray(markers), False, False
    )
    return np.asarray(sitk.GetArrayViewFromImage(flooded) == 2) & mask


def _not_surrounded(bright: np.ndarray, pool: np.ndarray, bone: np.ndarray, steps: tuple[float, ...]) -> np.ndarray:
    """(k, j, i) bool: the bright parts that are bone: large or beside `bone`, and not in blood as a stent or chalk is."""
    labels, count = ndimage.label(bright, np.ones((3, 3, 3)))
    sizes = np.bincount(labels.ravel(), minlength=count + 1) * float(np.prod(steps))
    beside = np.bincount(labels[ndimage.binary_dilation(bone)], minlength=count + 1) > 0
    surrounded = _share_around(labels, count, grown_by(pool, steps, _CORE_MM), steps)
    return np.asarray((((sizes >= _LEAST_BONE_MM3) | beside) & (surrounded < _SURROUNDED))[labels] & bright)


def _hardly_brighter(
    smooth: np.ndarray,
    vessel: np.ndarray,
    bone: np.ndarray,
    starts: np.ndarray,
    steps: tuple[float, ...],
    blood: Blood,
    most: float,
) -> np.ndarray:
    """(k, j, i) bool: what of the vessel is bone that is brighter than blood by less than `most`, as blood is seen to be even.

    All that is thick in the vessel is blood, also behind a narrowing. What lies beside it and is darker than half-way to the bone stays:
    the scan blurs the one into the other.
    """
    like_blood = (smooth > blood.grey - _DARKER * blood.contrast) & (smooth < blood.grey + most)
    values = smooth[shrunk_by(_pool(vessel, like_blood, starts, steps), steps, _EVEN_CORE_MM)]
    if len(values) < _EVEN_VOXELS:
        return np.zeros_like(vessel)
    middle, brightest = np.quantile(values, (0.5, _EVEN_PART))
    over = max(float(2.0 * brightest - middle) - blood.grey, _EVEN_SHARE * blood.contrast)
    if over >= most:
        return np.zeros_like(vessel)
    bright = vessel & (smooth > blood.grey + over)
    thick = shrunk_by(vessel & ~bright, steps, _CORE_MM)
    bright = _not_surrounded(bright, thick, bone, steps)
    unlike = np.abs(smooth - np.float32(blood.grey))
    more = _flooded(unlike, vessel | bone, (thick & ~bright) | starts, bright | bone) & vessel
    around = [2 * int(np.ceil(_PEAK_MM / step)) + 1 for step in steps]
    peak = ndimage.maximum_filter(np.where(more | bone, smooth, -np.inf), around)
    kept = components_touching(vessel & ~more, starts)
    darker = more & (smooth < 0.5 * (peak + blood.grey)) & grown_by(kept, steps, _BLURRED_MM)
    reach = max(1, round(_BLURRED_MM / min(steps)))
    return np.asarray(more & ~ndimage.binary_dilation(kept, iterations=reach, mask=darker | kept))


def _pool(mask: np.ndarray, alike: np.ndarray, starts: np.ndarray, steps: tuple[float, ...]) -> np.ndarray:
    """(k, j, i) bool: what of the mask is alike and hangs together with the seeds by more than its rim."""
    own = mask & alike
    inner = shrunk_by(own, steps, _CORE_MM)
    return components_touching(inner | (starts & own), starts | (inner & ndimage.binary_dilation(starts, iterations=3)))


def _share_around(labels: np.ndarray, count: int, near: np.ndarray, steps: tuple[float, ...]) -> np.ndarray:
    """(count + 1,) share of what lies around each labelled part that is near blood."""
    ring = grown_by(labels > 0, steps, max(_AROUND_MM, max(steps))) & (labels == 0)
    nearest = ndimage.distance_transform_edt(labels == 0, sampling=steps, return_distances=False, return_indices=True)
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


def _within_bone(vessel: np.ndarray, bone: np.ndarray, starts: np.ndarray, steps: tuple[float, ...]) -> np.ndarray:
    """(k, j, i) bool: what of a vessel lies deep within bone: marrow that a gap in its cortex joins to blood.

    A vessel in a canal of bone, with the seed in it or open to blood at two ends, is none.
    """
    hull = _filled(bone, steps)
    within = vessel & shrunk_by(hull, steps, max(_DEEP_MM, max(steps)))
    labels, count = ndimage.label(within)
    if not count:
        return within
    drop = np.bincount(labels.ravel(), minlength=count + 1) * float(np.prod(steps)) >= _LEAST_BONE_MM3
    drop[[0, *np.unique(labels[starts])]] = False
    wide = np.bincount(labels[shrunk_by(hull & ~bone, steps, _CANAL_MM)], minlength=count + 1)
    margin = int(np.ceil(3.0 * _CORE_MM / min(steps)))
    for number, box in enumerate(ndimage.find_objects(labels), start=1):
        if drop[number] and not wide[number]:
            box = grown_box(box, margin, labels.shape)
            drop[number] = _openings(vessel[box], labels[box] == number, steps) < 2
    return np.asarray(drop[labels])


def _openings(vessel: np.ndarray, part: np.ndarray, steps: tuple[float, ...]) -> int:
    """At how many places a part of a vessel goes on into the rest of it by more than a rim."""
    inner = shrunk_by(vessel, steps, _CORE_MM)
    near = grown_by(part, steps, _CORE_MM + max(steps))
    return int(ndimage.label(inner & near & ~part, np.ones((3, 3, 3)))[1])


def _filled(part: np.ndarray, steps: tuple[float, ...]) -> np.ndarray:
    """(k, j, i) bool: a part with its gaps closed and with what it surrounds in planes along any two axes, as wide as marrow may be."""
    margin = [int(np.ceil(_GAP_MM / step)) + 1 for step in steps]
    own = np.pad(part, [(m, m) for m in margin])
    wide = grown_by(own, steps, _GAP_MM)
    held = wide.copy()
    for axis in range(3):  # a shell may be open at its ends
        most = _MARROW_MM2 / float(np.prod(np.delete(steps, axis)))
        for plane, target in zip(np.moveaxis(wide, axis, 0), np.moveaxis(held, axis, 0)):
            if plane.any():
                target |= _small_holes(plane, most)
    closed = shrunk_by(held, steps, _GAP_MM)
    return np.asarray(closed[tuple(slice(m, -m) for m in margin)])


def _small_holes(plane: np.ndarray, most: float) -> np.ndarray:
    """Bool as `plane`: its holes of at most so many pixels; its border holds nothing of it."""
    labels, _ = ndimage.label(~plane)
    small = np.bincount(labels.ravel()) <= most
    small[[0, labels[0, 0]]] = False
    return np.asarray(small[labels])


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
