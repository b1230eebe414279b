"""From grey values to labelled anatomy: the steps of a preset, in order."""

import numpy as np

from ..errors import RefusedError, UsageError
from ..messages import _
from ..progress import ProgressCallback, no_progress, subprogress
from ..text import pluralize
from ..volume import Volume
from ..voxel_components import VoxelComponents, bounding_box, label_components
from .airway_shape import keep_airway
from .contrast_medium import remove_contrast_medium
from .finalize import build_segmentation, segment_vertebrae
from .hole_filling import cavities_to_fill, closing_residue
from .metal import apart_from_bone, detect_metal, metal_neighbourhood, remove_streaks
from .modality import holds_xray, require_threshold, without_hounsfield
from .patient_mask import PatientMask, find_patient
from .presets import AnatomyPreset
from .roi import crop_to_roi, nearest_mask_voxel, seeds_to_voxels
from .segmenter import SegmentationHints, Segmenter
from .slice_interpolation import interpolate_slices
from .state import SEED_REACH_MM, SegmentationState
from .thin_bone_stage import add_thin_bone
from .thin_walls import Raised
from .threshold_estimation import (
    IDENTITY_SCALE,
    SOFT_HU,
    IntensityScale,
    estimate_intensity_scale,
    estimate_noise,
    half_maximum_threshold,
)
from .types import Segmentation
from .validation import boundary_in_words, require_grey, require_voxels, validate_hints, validate_voxels
from .vessel_growth import grow_vessels

MIN_INSIDE_FRACTION = 0.2
MIN_BONE_FRACTION = 0.02
# Dark streaks of metal cut gaps of a few mm into a cortex.
STREAK_CLOSING_MM = 2.0


class ThresholdSegmenter(Segmenter):
    """A boundary in the grey values, measured or given, and the steps of the preset on what it encloses."""

    name = "grey"

    def segment(
        self, volume: Volume, anatomy: AnatomyPreset, hints: SegmentationHints, progress: ProgressCallback
    ) -> Segmentation:
        return segment_by_threshold(volume, anatomy, hints, progress)


def segment_by_threshold(
    volume: Volume, anatomy: AnatomyPreset, hints: SegmentationHints, progress: ProgressCallback = no_progress
) -> Segmentation:
    """Labelled anatomy of a scan by its grey values; with a region of interest the result lies on the region's grid.

    Raises `UsageError` for a threshold, a seed or a region outside the scan or a seed that is missing, and `RefusedError` where
    nothing would be left, or the voxels are no numbers or all the same.
    """
    threshold, seeds_lps, roi_lps = hints.threshold, hints.seeds_lps, hints.roi_lps
    least_branch_mm = hints.least_branch_mm
    require_grey(anatomy)
    validate_voxels(volume.array)
    if not holds_xray(volume):
        require_threshold(volume, threshold)
        anatomy = without_hounsfield(anatomy)
    assert anatomy.boundary is not None
    # The whole scan tells the scale: a region may hold neither air nor soft tissue.
    scale = estimate_intensity_scale(volume.array) if anatomy.boundary.calibrate else IDENTITY_SCALE
    inside = None
    if roi_lps is not None:
        volume, inside = crop_to_roi(volume, roi_lps)
        validate_voxels(volume.array)
    slice_mm = volume.spacing[2]
    if anatomy.finest_ratio > 0:
        before = volume
        volume = interpolate_slices(volume, anatomy.finest_ratio, subprogress(progress, 0.0, 0.1))
        if inside is not None and volume is not before:
            inside = inside[np.rint(np.linspace(0, len(inside) - 1, len(volume.array))).astype(int)]
    seeds = seeds_to_voxels(volume, seeds_lps)
    validate_hints(anatomy, seeds, least_branch_mm)
    state = _start(volume, anatomy, scale, threshold, seeds, subprogress(progress, 0.1, 0.3))
    state.slice_mm = slice_mm
    if inside is not None:
        state.mask &= inside
    if anatomy.separation.method == "vertebra":
        return segment_vertebrae(state, seeds_lps, subprogress(progress, 0.3, 1.0))
    add_thin_bone(state, subprogress(progress, 0.3, 0.4))
    _metal(state)
    remove_contrast_medium(state)
    if anatomy.parts.tube and not len(seeds):
        keep_airway(state)
    cut = grow_vessels(state, least_branch_mm) if anatomy.separation.method == "vessel" else None
    _parts(state, subprogress(progress, 0.4, 0.7))
    core = _interior(state, subprogress(progress, 0.7, 0.85))
    return build_segmentation(state, core, cut, subprogress(progress, 0.85, 1.0))


def _start(
    volume: Volume,
    anatomy: AnatomyPreset,
    scale: IntensityScale,
    threshold: "tuple[float, float | None] | None",
    seeds: np.ndarray,
    progress: ProgressCallback,
) -> SegmentationState:
    """The boundary, given or measured, and the voxels on its inner side."""
    settings = anatomy.boundary
    assert settings is not None
    array = volume.array
    progress(0.0, _("looking for the boundary in the scan"))
    metal_above = None if anatomy.metal.above is None else scale.grey(anatomy.metal.above)
    body = (
        find_patient(array, volume.spacing, scale.grey(-400.0), subprogress(progress, 0.0, 0.4))
        if anatomy.surroundings
        else None
    )
    brightest = metal_above
    if settings.like_seed and len(seeds):
        brightest = _as_bright_as(array, seeds, scale, settings.start, metal_above)
    edges = half_maximum_threshold(
        array, volume.affine, settings, scale, brightest, None if body is None else body.holds
    )
    high = None if settings.ceiling is None else scale.grey(settings.ceiling)
    notes = list(volume.notes)
    if threshold is not None:
        low, high = _given(threshold, array, settings.bright)
        notes.append(_("The boundary was set to a grey value of {low:g}.", low=low))
    else:
        low = edges.value if edges is not None else scale.grey(settings.start)
        notes.append(boundary_in_words(edges, low, scale))
    if array.dtype.kind in "iu" and threshold is None:
        low = float(np.floor(low)) + 0.5
    progress(0.6, _("taking what lies inside the boundary"))
    mask = array >= low if settings.bright else array <= low
    if high is not None:
        mask &= array <= high
    if body is not None and not settings.bright and body.within.any():
        # The air of nose and mouth runs on into the room's.
        for k, plane in enumerate(mask):
            plane &= body.plane_within(k, plane.shape)
    figures: dict[str, object] = {"boundary": low, "calibrated": scale.calibrated, "noise": estimate_noise(array)}
    if edges is not None:
        figures |= {
            "half_way": edges.value,
            "inside": edges.inside,
            "outside": edges.outside,
            "edge_spread": edges.spread,
        }
    require_voxels(mask, low, settings.bright)
    return SegmentationState(volume, anatomy, scale, low, high, edges, mask, seeds, body, notes=notes, figures=figures)


def _as_bright_as(
    array: np.ndarray, seeds: np.ndarray, scale: IntensityScale, start: float, most: float | None
) -> float | None:
    """Grey value half a contrast above the structure at the seeds; `most` where the seeds do not lie in one."""
    around = [array[tuple(slice(max(0, v - 1), v + 2) for v in seed)] for seed in seeds]
    value = float(np.median(np.concatenate([block.ravel() for block in around])))
    if value < scale.grey(start):
        return most
    limit = value + 0.5 * (value - scale.grey(SOFT_HU))
    return limit if most is None else min(most, limit)


def _given(threshold: "tuple[float, float | None]", array: np.ndarray, bright: bool) -> "tuple[float, float | None]":
    low, high = float(threshold[0]), None if threshold[1] is None else float(threshold[1])
    least, most = float(array.min()), float(array.max())
    if not np.isfinite(low) or (high is not None and not high > low):
        raise UsageError(_("The threshold must be a number, or two rising numbers: correct it."))
    if not (least < low <= most) or (high is not None and high <= least):
        raise UsageError(
            _(
                "The threshold {low:g} lies outside the grey values of this scan ({least:g} to {most:g}): "
                "choose one between.",
                low=low,
                least=least,
                most=most,
            )
        )
    return low, high


def _metal(state: SegmentationState) -> None:
    """Metal out of the mask and on its own, streaks off, and its bloom marked as not measured."""
    settings = state.anatomy.metal
    if settings.above is None:
        return
    volume = state.volume
    above = max(state.scale.grey(settings.above), state.low)
    beside = state.edges.inside if state.edges is not None else state.low
    found = detect_metal(volume.array, volume.spacing, above, beside)
    if found is None:
        return
    state.metal_boundary = 0.5 * (above + beside)
    state.mask &= ~found
    state.streaked = metal_neighbourhood(found, volume.spacing, settings.streaks_mm)
    if state.bridged is not None:
        # Below the boundary a bright streak looks like thin bone.
        state.mask &= ~(state.bridged & state.streaked)
        state.bridged &= ~state.streaked
    if state.raised is not None:
        _lower(state, state.streaked)
        apart = apart_from_bone(state.mask, volume.array, state.low, found)
        state.mask &= ~apart
        _lower(state, apart)
    streaks, bloom = remove_streaks(state.mask, found, volume.spacing, settings.streaks_mm)
    state.bridge(bloom)
    state.figures["metal_mm3"] = float(np.count_nonzero(found)) * volume.voxel_volume
    state.figures["streaks_mm3"] = streaks * volume.voxel_volume
    state.metal = found if settings.apart else None
    state.notes.append(
        _(
            "Metal of {metal_mm3:.0f} mm3 was found and kept apart; the surface within 2 mm of it is "
            "marked as not measured.",
            metal_mm3=state.figures["metal_mm3"],
        )
    )


def _lower(state: SegmentationState, streaks: np.ndarray) -> None:
    """Raised voxels among `streaks` (k, j, i) of metal as they were: below the boundary a bright streak looks like thin bone."""
    assert state.raised is not None
    streaked = streaks.reshape(-1)[state.raised.at]
    state.mask.reshape(-1)[state.raised.at[streaked & state.raised.wall]] = False
    state.raised = Raised(*(values[~streaked] for values in (state.raised.at, state.raised.values, state.raised.wall)))


def _parts(state: SegmentationState, progress: ProgressCallback) -> None:
    """Connected parts kept by size, by what they hold, by seed; couch and holder out."""
    volume, settings = state.volume, state.anatomy.parts
    parts = label_components(state.mask, progress=subprogress(progress, 0.0, 0.4))
    assert parts is not None
    counts = parts.counts.copy()
    counts[0] = 0
    keep = counts * volume.voxel_volume >= settings.smallest_mm3
    keep[0] = False
    small = int((~keep[1:]).sum())
    state.figures["islands_dropped"] = small
    state.figures["islands_mm3"] = float(counts[~keep].sum()) * volume.voxel_volume
    if state.body is not None and keep.any():
        _drop_surroundings(state, state.body, parts, keep)
    # Where parts are to be separated, seeds choose among them afterwards.
    kept = keep.copy()
    by_seed = settings.keep == "seed" and state.anatomy.separation.method in ("none", "vessel")
    if by_seed and len(state.seeds):
        keep &= np.isin(np.arange(len(counts)), [_part_at(state, parts, seed) for seed in state.seeds])
    elif (by_seed or settings.keep == "largest") and keep.any():
        only = int(np.argmax(np.where(keep, counts, 0)))
        keep[:] = False
        keep[only] = True
    if not keep.any():
        raise RefusedError(
            _(
                "Nothing of at least {smallest_mm3:g} mm3 is left for '{anatomy}': lower the threshold or "
                "the smallest part, or choose another anatomy.",
                smallest_mm3=settings.smallest_mm3,
                anatomy=state.anatomy.title,
            )
        )
    state.figures["parts"] = int(keep.sum())
    state.figures["other_parts_mm3"] = float(counts[kept & ~keep].sum()) * volume.voxel_volume
    state.mask = parts.select(keep, state.mask.shape)


def _drop_surroundings(state: SegmentationState, body: PatientMask, parts: VoxelComponents, keep: np.ndarray) -> None:
    """Parts outside the patient, and parts that never reach the grey value of the structure, are taken out of
    `keep`."""
    volume, array = state.volume, state.volume.array
    start = state.scale.grey(state.anatomy.boundary.start)  # type: ignore[union-attr]
    if start > state.low:
        poor = parts.share(lambda k: _bright(state, array[k] >= start, k)) < MIN_BONE_FRACTION
        poor &= keep
        if (keep & ~poor).any():
            keep &= ~poor
            state.figures["too_dark_mm3"] = float(parts.counts[poor].sum()) * volume.voxel_volume
    if not body.cells.any():
        return
    shape = (array.shape[1], array.shape[2])
    outside = parts.share(lambda k: body.plane(k, shape)) < MIN_INSIDE_FRACTION
    outside &= keep
    if outside.any() and (keep & ~outside).any():
        keep &= ~outside
        mm3 = float(parts.counts[outside].sum()) * volume.voxel_volume
        state.figures["surroundings_mm3"] = mm3
        state.notes.append(
            _(
                "What lies outside the patient (couch, head holder) was removed: {parts}, {mm3:.0f} mm3.",
                parts=pluralize(int(outside.sum()), "part"),
                mm3=mm3,
            )
        )


def _bright(state: SegmentationState, plane: np.ndarray, k: int) -> np.ndarray:
    """A slice's bright voxels with those of its thin walls, which in dry bone are darker than soft tissue would be."""
    if state.raised is not None and state.edges is not None and state.edges.outside < state.scale.grey(-500.0):
        a, b = np.searchsorted(state.raised.at, (k * plane.size, (k + 1) * plane.size))
        some = state.raised.at[a:b][state.raised.wall[a:b]] - k * plane.size
        plane.reshape(-1)[some] = True
    return plane


def _part_at(state: SegmentationState, parts: VoxelComponents, seed: np.ndarray) -> int:
    """Label of the part at or near a seed."""
    whole = np.zeros(state.mask.shape, dtype=bool)
    whole[parts.box] = parts.labels > 0
    place = nearest_mask_voxel(whole, seed, state.volume.spacing, SEED_REACH_MM)
    if place is None:
        raise UsageError(
            _(
                "No structure of '{anatomy}' lies within {seed_reach_mm:g} mm of a seed: move the seed onto "
                "it or lower the threshold.",
                anatomy=state.anatomy.title,
                seed_reach_mm=SEED_REACH_MM,
            )
        )
    return int(parts.labels[tuple(int(v) - s.start for v, s in zip(place, parts.box))])


def _interior(state: SegmentationState, progress: ProgressCallback) -> np.ndarray | None:
    """Closing, and the solid core; returns what was filled, and adds both to the mask."""
    volume, settings = state.volume, state.anatomy.interior
    if state.anatomy.closing_mm > 0:
        added = closing_residue(state.mask, volume.spacing, state.anatomy.closing_mm, subprogress(progress, 0.0, 0.5))
        if state.metal is not None:
            added &= ~state.metal
        state.figures["closed_mm3"] = float(np.count_nonzero(added)) * volume.voxel_volume
        state.bridge(added)
        state.mask |= added
    if settings.fill != "solid-core":
        return None
    around = state.mask if state.metal is None else state.mask | state.metal
    if state.streaked is not None:
        _mend_streaked(state, around)
        around = state.mask if state.metal is None else state.mask | state.metal
    air = None if settings.air else state.scale.grey(-400.0)
    core = cavities_to_fill(
        around, volume.array, volume.spacing, settings.deepest_mm, air, subprogress(progress, 0.5, 1.0)
    )
    filled = float(np.count_nonzero(core)) * volume.voxel_volume
    state.figures["filled_mm3"] = filled
    if filled == 0.0:
        return None
    state.notes.append(_("Enclosed hollows of {filled:.0f} mm3 were filled solid.", filled=filled))
    state.mask |= core
    return core


def _mend_streaked(state: SegmentationState, around: np.ndarray) -> None:
    """Closes what dark streaks cut into bone around metal, so that its marrow counts as enclosed; marked as bridged."""
    assert state.streaked is not None
    spacing = state.volume.spacing
    place = bounding_box(state.streaked, int(np.ceil(STREAK_CLOSING_MM / min(spacing))))
    if place is None:
        return
    added = closing_residue(around[place], spacing, STREAK_CLOSING_MM) & state.streaked[place]
    if state.metal is not None:
        added &= ~state.metal[place]
    whole = np.zeros(state.mask.shape, dtype=bool)
    whole[place] = added
    state.figures["streaks_closed_mm3"] = float(np.count_nonzero(added)) * state.volume.voxel_volume
    state.bridge(whole)
    state.mask |= whole
