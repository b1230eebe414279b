"""A vessel grown from its seed to its ends, through its own narrowings, with the bone that touches it left out."""

import numpy as np
from scipy import ndimage

from ..errors import UsageError
from ..messages import _
from ..voxel_components import Box, bounding_box, components_touching
from .near_distance import distance_up_to
from .roi import nearest_mask_voxel
from .state import SEED_REACH_MM, SegmentationState
from .threshold_estimation import SOFT_HU
from .vessel_bone import Blood, find_bone
from .vessel_doubts import note_doubts
from .vessel_ends import find_ends, note_ends, prune_branches
from .vessel_ridges import find_tubes

_AROUND_SEED_MM = 3.0
_FAINTEST, _RISE = 0.35, 0.2  # shares of the contrast: of a tube thinner than the blur, and by how much it stands out
_RIM_VOXELS = 1.5
_LIKE_BLOOD = 0.5  # share of the bone that only its shape tells from blood


def grow_vessels(state: SegmentationState, least_branch_mm: float | None = None) -> np.ndarray | None:
    """Keeps of the mask what belongs to the vessels at the seeds, and returns the faces where bone was left out (None: none).

    What is brighter than half-way from the vessel's surroundings to its blood, and tubes that are darker since they are thinner than
    the scan's blur, is followed from the seeds; so a vessel goes on behind its narrowing. Bone is left out (`find_bone`), then side
    branches thinner than `least_branch_mm` are, and what no seed hangs together with any more; the rim down to the boundary joins.
    Where the vessel was cut is noted and warned of. Without seeds nothing is done. Raises `UsageError` where the vessel at every seed is
    thinner than the least branch.
    """
    starts = _starts(state)
    if not starts.any():
        return None  # said by what looks for the parts at the seeds
    assert state.anatomy.boundary is not None
    steps = state.volume.spacing[::-1]
    blood = _blood_at(state, starts)
    half_way = max(state.low, blood.around + 0.5 * blood.contrast)
    bright = (state.mask & (state.volume.array >= half_way)) | starts
    bridged = _bridge_narrowings(state, bright, starts, blood, half_way)
    linked = components_touching(bright, starts)
    box = bounding_box(linked, margin=3)
    assert box is not None
    bone = np.zeros(linked[box].shape, dtype=bool)
    if state.anatomy.boundary.calibrate:  # else not CT: bone is not brighter
        bone, told_by_shape = find_bone(state.volume.array[box], steps, linked[box], starts[box], blood)
        _note_bone_like_blood(state, bone, told_by_shape)
    vessel = components_touching(linked[box] & ~bone, starts[box])
    ends = find_ends(state, bright & ~linked, linked[box] & ~bone & ~vessel, vessel, bone, box, blood, half_way)
    if least_branch_mm:
        vessel = _pruned(state, vessel, starts[box], least_branch_mm)
    _add_rim(state, vessel, bone, box)
    note_ends(state, ends)
    if state.anatomy.boundary.calibrate:
        note_doubts(state, vessel, starts[box], box)
    if (bridged & state.mask).any():
        state.bridge(bridged & state.mask)
        state.figures["bridged_tubes_mm3"] = float(np.count_nonzero(bridged & state.mask)) * state.volume.voxel_volume
    return _faces(state, bone, box) if bone.any() else None


def _starts(state: SegmentationState) -> np.ndarray:
    """(k, j, i) bool: the voxels of the mask nearest to the seeds."""
    starts = np.zeros(state.mask.shape, dtype=bool)
    for seed in state.seeds:
        place = nearest_mask_voxel(state.mask, seed, state.volume.spacing, SEED_REACH_MM)
        if place is not None:
            starts[tuple(place)] = True
    return starts


def _pruned(state: SegmentationState, vessel: np.ndarray, starts: np.ndarray, least_mm: float) -> np.ndarray:
    """The vessel (k, j, i) without thin branches, noted. Raises `UsageError` where nothing at a seed is left."""
    kept = prune_branches(vessel, starts, state.volume.spacing[::-1], least_mm)
    if not kept.any():
        raise UsageError(
            _(
                "The vessel at the seed is thinner than {least_mm:g} mm: give a smaller {--least-branch}, or "
                "put the seed into a thicker one.",
                least_mm=least_mm,
            )
        )
    gone = float(np.count_nonzero(vessel & ~kept)) * state.volume.voxel_volume
    state.figures["pruned_mm3"] = gone
    state.notes.append(
        _(
            "Side branches thinner than {least_mm:g} mm were left out, as asked ({gone:.0f} mm3).",
            least_mm=least_mm,
            gone=gone,
        )
    )
    return kept


def _faces(state: SegmentationState, bone: np.ndarray, box: Box) -> np.ndarray:
    """(k, j, i) bool: voxels of the mask against bone that was left out, noted."""
    faces = np.zeros(state.mask.shape, dtype=bool)
    faces[box] = state.mask[box] & ndimage.binary_dilation(bone)
    taken = float(np.count_nonzero(bone)) * state.volume.voxel_volume
    state.figures["bone_taken_out_mm3"] = taken
    state.notes.append(
        _(
            "Bone that touches the vessel was left out ({taken:.1f} cm3): look where they touch; the faces are marked.",
            taken=taken / 1000.0,
        )
    )
    return faces


def _note_bone_like_blood(state: SegmentationState, bone: np.ndarray, told_by_shape: float) -> None:
    """Notes and warns where most of the bone that touches the vessel is no brighter than its blood; its mm3 go to the figures."""
    if told_by_shape <= _LIKE_BLOOD:
        return
    state.figures["bone_like_blood_mm3"] = float(np.count_nonzero(bone)) * state.volume.voxel_volume
    sentence = _(
        "Bone that touches the vessel is no brighter than its blood: where they touch, a few mm of "
        "bone may be in the model."
    )
    state.notes.append(sentence)
    state.warnings.append(sentence)


def _add_rim(state: SegmentationState, own: np.ndarray, bone: np.ndarray, box: Box) -> None:
    """Makes the mask the vessel, with what of the mask lies within a voxel's diagonal around it and not nearer to bone."""
    steps = state.volume.spacing[::-1]
    reach = _RIM_VOXELS * max(steps)
    away = distance_up_to(own, steps, reach)
    rim = state.mask[box] & np.isfinite(away) & ~bone
    rim &= away < distance_up_to(bone, steps, reach)
    state.mask[...] = False
    state.mask[box] = own | rim


def _blood_at(state: SegmentationState, starts: np.ndarray) -> Blood:
    """Median grey values of the mask near the seeds, without a stent in it, and of what lies around."""
    around = state.edges.outside if state.edges is not None else state.scale.grey(SOFT_HU)
    steps = state.volume.spacing[::-1]
    box = bounding_box(starts, margin=int(np.ceil(_AROUND_SEED_MM / min(steps))))
    assert box is not None
    near = ndimage.distance_transform_edt(~starts[box], sampling=steps) <= _AROUND_SEED_MM
    values = state.volume.array[box][near & state.mask[box]].astype(np.float64)
    # What lies around may be lung: blood beside it is still told from soft tissue.
    soft = state.scale.grey(SOFT_HU)
    around = min(max(around, soft), state.low)
    # Of the brighter half, since the rim of a thin vessel is darker than its blood.
    return Blood(float(np.percentile(values, 60.0)), around, state.scale.grey(SOFT_HU + 1.0) - soft)


def _bridge_narrowings(
    state: SegmentationState, vessel: np.ndarray, starts: np.ndarray, blood: Blood, half_way: float
) -> np.ndarray:
    """Adds tubes below half-way that hang on to the vessel, in place; those below the boundary are returned (k, j, i)."""
    tubes = find_tubes(state.volume, blood.around + _FAINTEST * blood.contrast, half_way, _RISE * blood.contrast)
    tubes &= ~vessel
    tubes &= components_touching(vessel | tubes, starts)
    vessel |= tubes
    below = tubes & ~state.mask
    state.mask |= tubes
    return below
