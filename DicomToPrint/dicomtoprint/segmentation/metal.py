"""Metal and what it does to its surroundings."""

import numpy as np

from ..voxel_components import bounding_box, components_of_at_least, components_touching

BLOOM_MM = 2.0
BESIDE_MM = 2.5
MIN_MM3 = 3.0
GROW_MM = 1.5


def detect_metal(
    array: np.ndarray, spacing: tuple[float, float, float], above: float, beside: float
) -> np.ndarray | None:
    """Boolean mask (k, j, i) of metal; None where there is none.

    Parts above `above` of at least 3 mm3 (single hot voxels are noise), grown by at most 1.5 mm down to the half maximum towards
    `beside`, the grey
    value of bone: metal is mostly cut off at the top of the scale.
    """
    from scipy import ndimage

    if array.max() < above:
        return None
    mask = array >= above
    margin = int(np.ceil(GROW_MM / min(spacing))) + 1
    box = bounding_box(mask, margin)
    if box is None:
        return None
    core = components_of_at_least(mask[box], MIN_MM3, float(np.prod(spacing)))
    if not core.any():
        return None
    near = ndimage.distance_transform_edt(~core, sampling=spacing[::-1]) <= GROW_MM
    mask[:] = False
    mask[box] = core | (near & (array[box] >= 0.5 * (above + beside)))
    return mask


def metal_neighbourhood(metal: np.ndarray, spacing: tuple[float, float, float], reach_mm: float) -> np.ndarray:
    """Boolean mask (k, j, i) of what lies within `reach_mm` of metal in the slices that hold some: streaks stay in
    their slice."""
    from scipy import ndimage

    result = np.zeros(metal.shape, dtype=bool)
    box = bounding_box(metal)
    if box is None:
        return result
    reach = [int(np.ceil(reach_mm / step)) + 1 for step in spacing[1::-1]]
    place = (
        box[0],
        *(slice(max(0, s.start - r), min(n, s.stop + r)) for s, r, n in zip(box[1:], reach, metal.shape[1:])),
    )
    for target, plane in zip(result[place], metal[place]):
        if plane.any():
            target[...] = ndimage.distance_transform_edt(~plane, sampling=spacing[1::-1]) <= reach_mm
    return result


def apart_from_bone(mask: np.ndarray, array: np.ndarray, level: float, metal: np.ndarray) -> np.ndarray:
    """Boolean mask (k, j, i) of what in the slices that hold metal is darker than `level` and hangs on nothing of `mask` that is
    brighter: streaks run across the whole slice, and nothing tells such a one from a thin wall that stands alone.
    """
    result = np.zeros(mask.shape, dtype=bool)
    box = bounding_box(metal)
    if box is not None:
        own, thin = mask[box[0]], mask[box[0]] & (array[box[0]] < level)
        result[box[0]] = thin & ~components_touching(own, own & ~thin, corners=True)
    return result


def remove_streaks(
    mask: np.ndarray, metal: np.ndarray, spacing: tuple[float, float, float], streaks_mm: float
) -> tuple[int, np.ndarray]:
    """Takes streaks off `mask` (changed in place) and says where grey values near metal are not to be trusted.

    Within `streaks_mm` of metal, in the same slices, what an in-plane opening by one pixel removes is a streak, unless
    it lies within 2.5 mm of
    what stays: bone keeps its edges and its thin cortex. Returns the voxels removed and a boolean mask (k, j, i) of
    the bloom, 2 mm around the metal.
    """
    from scipy import ndimage

    reach = [int(np.ceil(max(streaks_mm, BLOOM_MM) / step)) + 1 for step in spacing[::-1]]
    box = bounding_box(metal)
    bloom = np.zeros(mask.shape, dtype=bool)
    if box is None:
        return 0, bloom
    around = tuple(slice(max(0, s.start - r), min(n, s.stop + r)) for s, r, n in zip(box, (3, *reach[1:]), mask.shape))
    far = ndimage.distance_transform_edt(~metal[around], sampling=spacing[::-1])
    bloom[around] = (far > 0) & (far <= BLOOM_MM)
    local = mask[around]
    opened = ndimage.binary_opening(local, ndimage.generate_binary_structure(2, 1)[None])
    beside = ndimage.distance_transform_edt(~opened, sampling=spacing[::-1]) <= BESIDE_MM if opened.any() else opened
    streak = local & ~beside & (far > BLOOM_MM) & (far <= streaks_mm)
    local[streak] = False
    return int(streak.sum()), bloom
