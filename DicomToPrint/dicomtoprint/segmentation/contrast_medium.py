"""Vessels and heart full of contrast medium, which by grey value alone would be bone."""

from dataclasses import dataclass
from functools import reduce

import numpy as np
from scipy import ndimage

from ..messages import _
from ..volume import Volume
from ..voxel_components import label_components
from .presets import ContrastMediumSettings
from .state import SegmentationState
from .threshold_estimation import SOFT_HU, IntensityScale

_CELL_MM = (
    1.5  # blood pools are looked for on means of cells of this size: noise falls, and vessels of 6 mm still have a core
)
_CORE_MM = 2.5  # from the middle of the core to where the pool ends
_NEAR_MM, _FAR_MM = 2.0, 5.0  # the shell around a core in which a cortex would be seen
_CORTEX_HU, _CORTEX_NOISE = (
    80.0,
    5.0,
)  # brighter than the core by this much, and by this many standard deviations of its voxels, is cortex
_SIGHT_MM = 3.0  # how far from a place of the shell cortex is looked for
_MOST_CORTEX, _LEAST_SOFT = (
    0.6,
    0.15,
)  # shares of the shell: all of marrow is within sight of cortex, a vessel by bone on one side only
_GROWTH_MM = 5.5  # from a core to the rim of its pool: the depth of the core, a cell of the mean, and the blur
_BAND_HU = 150.0  # brighter than its pool by more is no longer blood
_LEAST_BONE = 0.02  # share of voxels brighter than blood in a part that is bone
_LARGEST_BRANCH_MM3 = 3000.0  # a larger part is kept whatever its grey values: bone of low density looks the same


@dataclass(frozen=True)
class ContrastMedium:
    """Where blood pools are: `labels` (k, j, i) on cells of `cell` voxels (k, j, i), and the grey value of each pool."""

    labels: np.ndarray
    cell: tuple[int, int, int]
    grey: np.ndarray
    volume_mm3: float


def find_contrast_medium(
    volume: Volume, settings: ContrastMediumSettings, scale: IntensityScale
) -> ContrastMedium | None:
    """Large even bodies in the range of contrast medium that no cortex encloses and soft tissue surrounds; None where there is none."""
    spacing = np.asarray(volume.spacing[::-1])
    cell = tuple(int(max(1, round(_CELL_MM / step))) for step in spacing)
    means = _cell_means(volume.array, cell)
    if min(means.shape) < 5:
        return None
    steps = spacing * cell
    low, high = (scale.grey(value) for value in settings.range)
    unit = scale.grey(SOFT_HU + 1.0) - scale.grey(SOFT_HU)
    even = ndimage.uniform_filter(means, 3)
    spread = np.sqrt(np.maximum(ndimage.uniform_filter(means * means, 3) - even * even, 0.0))
    pool = (even > low) & (even < high) & (spread < settings.spread * (even - scale.grey(SOFT_HU)))
    core = ~_within(~pool, steps, np.nextafter(_CORE_MM, 0.0))
    labels, count = ndimage.label(core)
    sizes = np.bincount(labels.ravel(), minlength=count + 1) * float(np.prod(steps))
    kept = [n for n in range(1, count + 1) if sizes[n] >= settings.smallest_mm3]
    if not kept:
        return None
    margin = [int(np.ceil((_FAR_MM + _SIGHT_MM) / step)) + 1 for step in steps]
    boxes = ndimage.find_objects(labels)
    found, greys = [], [0.0]
    for number in kept:
        box = tuple(
            slice(max(0, s.start - m), min(s.stop + m, size))
            for s, m, size in zip(boxes[number - 1], margin, means.shape)
        )
        own = labels[box] == number
        values = means[box][own]
        grey = float(values.mean())
        if values.std() > settings.spread * (grey - scale.grey(SOFT_HU)):
            continue
        away = ndimage.distance_transform_edt(~own, sampling=steps)
        shell = (away > _NEAR_MM) & (away < _FAR_MM)
        if not shell.any():
            continue
        limit = grey + max(_CORTEX_HU * unit, _CORTEX_NOISE * _voxel_noise(volume.array, box, own, cell))
        cortex = _within(_cell_peaks(volume.array, cell, box) > limit, steps, _SIGHT_MM)[shell].mean()
        soft = (means[box][(away > _FAR_MM - 1.0) & (away < _FAR_MM + 2.0)] < 0.5 * (grey + scale.grey(SOFT_HU))).mean()
        if cortex <= _MOST_CORTEX and soft >= _LEAST_SOFT:
            found.append(number)
            greys.append(grey)
    if not found:
        return None
    rank = np.zeros(count + 1, dtype=np.uint16)
    rank[found] = np.arange(1, len(found) + 1)
    return ContrastMedium(rank[labels], cell, np.array(greys), float(sizes[found].sum()))  # type: ignore[arg-type]


def remove_contrast_medium(state: SegmentationState) -> None:
    """Takes blood pools, their rims and the branches that hang on to them out of the mask, and notes it."""
    settings = state.anatomy.contrast_medium
    if settings is None:
        return
    found = find_contrast_medium(state.volume, settings, state.scale)
    if found is None:
        return
    volume, mask = state.volume, state.mask
    region = _pools(found, volume, mask, state.scale)
    before = np.count_nonzero(mask)
    unit = "HU" if state.scale.calibrated else _("grey values")
    what = _("(vessels or heart at about {median:.0f} {unit})", median=np.median(found.grey[1:]), unit=unit)
    if not _holds_bone(state, mask & ~region, float(found.grey[1:].max())):
        # Without brighter bone in view, bone of low density would go.
        state.figures["contrast_medium_left_mm3"] = found.volume_mm3
        _warn(
            state,
            _(
                "What may be contrast medium {what} is in the model, since no brighter bone is in view: look at it.",
                what=what,
            ),
        )
        return
    mask &= ~region
    _drop_branches(state, region, float(found.grey[1:].max()))
    taken = float(before - np.count_nonzero(mask)) * volume.voxel_volume
    if taken < settings.smallest_mm3:
        return  # the boundary of bone lies above the blood: what went was the rim of a vessel
    state.figures["contrast_medium_mm3"] = taken
    _warn(
        state,
        _(
            "Contrast medium {what} was taken out of the bone, {taken:.0f} cm3: look where vessels touch "
            "bone, and for branches that are left.",
            what=what,
            taken=taken / 1000.0,
        ),
    )


def _warn(state: SegmentationState, sentence: str) -> None:
    state.warnings.append(sentence)
    state.notes.append(sentence)


def _holds_bone(state: SegmentationState, mask: np.ndarray, grey: float) -> bool:
    """Whether the mask holds as much that is brighter than blood as a small pool is large."""
    unit = state.scale.grey(SOFT_HU + 1.0) - state.scale.grey(SOFT_HU)
    bright = np.count_nonzero(mask & (state.volume.array >= grey + _BAND_HU * unit))
    assert state.anatomy.contrast_medium is not None
    return bool(bright * state.volume.voxel_volume >= state.anatomy.contrast_medium.smallest_mm3)


def _cell_means(array: np.ndarray, cell: tuple[int, ...]) -> np.ndarray:
    """Means of cells of `cell` voxels, (k, j, i) float32; an incomplete row at the far ends is left out."""
    n = [size // step for size, step in zip(array.shape, cell)]
    whole = np.int64 if array.dtype.kind in "iub" else np.float64
    found = np.empty(n, dtype=np.float32)
    for k in range(n[0]):
        slab = array[k * cell[0] : (k + 1) * cell[0]].sum(axis=0, dtype=whole)
        total = np.zeros(n[1:], dtype=whole)
        for j, i in np.ndindex(*cell[1:]):
            total += slab[j : n[1] * cell[1] : cell[1], i : n[2] * cell[2] : cell[2]]
        found[k] = total / np.prod(cell)
    return found


def _cell_peaks(array: np.ndarray, cell: tuple[int, ...], box: tuple[slice, ...]) -> np.ndarray:
    """The brightest voxel of each cell in a box of cells."""
    some = array[tuple(slice(s.start * step, s.stop * step) for s, step in zip(box, cell))]
    parts = [some[k :: cell[0], j :: cell[1], i :: cell[2]] for k, j, i in np.ndindex(*cell)]
    return reduce(np.maximum, parts)


def _within(mask: np.ndarray, steps: np.ndarray, reach: float) -> np.ndarray:
    """Cells at most `reach` mm from one of the mask, which is 0 mm from itself; a short reach costs less so than a map of
    distances."""
    found = mask.copy()
    most = np.minimum(np.floor(reach / steps).astype(int), np.array(mask.shape) - 1)
    for step in np.ndindex(*(2 * most + 1)):
        offset = np.array(step) - most
        if offset.any() and float(np.sqrt(((offset * steps) ** 2).sum())) <= reach:
            to = tuple(slice(max(0, o), size + min(0, o)) for o, size in zip(offset, mask.shape))
            come = tuple(slice(max(0, -o), size - max(0, o)) for o, size in zip(offset, mask.shape))
            found[to] |= mask[come]
    return found


def _voxel_noise(array: np.ndarray, box: tuple[slice, ...], own: np.ndarray, cell: tuple[int, ...]) -> float:
    """Standard deviation of the voxels of a core, from one voxel of each of its cells."""
    places = np.argwhere(own)[:5000] + [s.start for s in box]
    k, j, i = (places * cell).T
    return float(array[k, j, i].astype(np.float32).std())


def _pools(found: ContrastMedium, volume: Volume, mask: np.ndarray, scale: IntensityScale) -> np.ndarray:
    """(k, j, i) bool: voxels of the mask that are a pool or its rim, not brighter than the pool by more than the band."""
    unit = scale.grey(SOFT_HU + 1.0) - scale.grey(SOFT_HU)
    steps = np.asarray(volume.spacing[::-1]) * found.cell
    means = _cell_means(volume.array, found.cell)
    away, nearest = ndimage.distance_transform_edt(found.labels == 0, sampling=steps, return_indices=True)
    ceiling = found.grey[found.labels[tuple(nearest)]] + _BAND_HU * unit
    within = (away <= _GROWTH_MM) & (means < ceiling)
    linked = ndimage.binary_propagation(found.labels > 0, mask=within)
    region = np.zeros(mask.shape, dtype=bool)
    for k, plane in enumerate(region):
        cell_k = min(k // found.cell[0], len(linked) - 1)
        ceilings = spread_over_voxels(ceiling[cell_k], found.cell[1:], plane.shape)
        plane[...] = spread_over_voxels(linked[cell_k], found.cell[1:], plane.shape) & (volume.array[k] < ceilings)
    return region & mask


def spread_over_voxels(cells: np.ndarray, cell: tuple[int, ...], shape: tuple[int, ...]) -> np.ndarray:
    """The cells of a plane at its voxels (j, i); the far ends take the last cell."""
    j = np.minimum(np.arange(shape[0]) // cell[0], cells.shape[0] - 1)
    i = np.minimum(np.arange(shape[1]) // cell[1], cells.shape[1] - 1)
    return cells[np.ix_(j, i)]


def _drop_branches(state: SegmentationState, region: np.ndarray, grey: float) -> None:
    """Parts that only hung on to a pool and hold next to nothing brighter than blood are vessels too."""
    parts = label_components(state.mask)
    if parts is None:
        return
    unit = state.scale.grey(SOFT_HU + 1.0) - state.scale.grey(SOFT_HU)
    bright = parts.share(lambda k: state.volume.array[k] >= grey + _BAND_HU * unit)
    near = ndimage.binary_dilation(region, iterations=2)[parts.box]
    touching = np.zeros(len(parts.counts), dtype=bool)
    touching[np.unique(parts.labels[near])] = True
    vessels = touching & (bright < _LEAST_BONE) & (parts.counts * state.volume.voxel_volume <= _LARGEST_BRANCH_MM3)
    vessels[0] = False
    if vessels.any():
        state.mask &= ~parts.select(vessels, state.mask.shape)
