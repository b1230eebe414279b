"""The finished mask as labels, with what was not measured marked, and one segment a structure."""

from collections.abc import Sequence

import numpy as np

from ..errors import UsageError
from ..mesh.core import Provenance
from ..messages import _
from ..progress import ProgressCallback, subprogress
from ..voxel_components import label_components, label_voxel_counts
from .bone_separation import interface_voxels, separate_bones
from .presets import SegmentStyle
from .roi import Point, nearest_mask_voxel
from .state import SEED_REACH_MM, SegmentationState
from .types import Segment, Segmentation
from .vertebra import segment_vertebra

MAX_SEGMENTS = 60
# A dip between two bones: its least depth as a share of the step at the bones' edges, and in standard deviations of noise.
VALLEY_SHARE, VALLEY_NOISE = 0.15, 5.0


def build_segmentation(
    state: SegmentationState, core: np.ndarray | None, cut: np.ndarray | None, progress: ProgressCallback
) -> Segmentation:
    """Labels, provenance and segments of the finished mask; `cut` (k, j, i) are faces where something was left out."""
    if state.anatomy.separation.method not in ("none", "vessel"):
        labels, cut = _separated(state, progress)
    elif state.anatomy.parts.apart:
        labels = _apart(state)
    else:
        labels = state.mask.view(np.uint8)
    count = int(labels.max())
    looks = _looks(state.anatomy.looks, count)
    boundaries = [state.low] * count
    if state.metal is not None:
        labels = labels.astype(np.uint8 if count < 255 else np.uint16, copy=False)
        labels[state.metal] = count + 1
        looks.append(state.anatomy.looks[-1] if len(state.anatomy.looks) > 1 else METAL)
        boundaries.append(float(np.floor(state.metal_boundary)) + 0.5)
    sizes = label_voxel_counts(labels) * state.volume.voxel_volume
    segments = tuple(
        Segment(look.id, n, look.name, look.color, value, look.terminology, float(sizes[n]), state.bright)
        for n, (look, value) in enumerate(zip(looks, boundaries), start=1)
        if sizes[n] > 0
    )
    return Segmentation(
        state.volume,
        state.volume.affine,
        labels,
        _provenance(state, labels, core, cut),
        segments,
        tuple(state.notes),
        state.figures,
        state.raised,
        tuple(state.warnings),
    )


METAL = SegmentStyle(
    "metal",
    "Metal",
    (0.75, 0.78, 0.82),
    {
        "category": {"scheme": "SCT", "code": "260787004", "meaning": "Physical object"},
        "type": {"scheme": "SCT", "code": "40388003", "meaning": "Implant"},
    },
)


def segment_vertebrae(state: SegmentationState, seeds_lps: Sequence[Point], progress: ProgressCallback) -> Segmentation:
    """A vertebra at each seed, a segment each; where two claim a voxel, the first seed has it."""
    volume = state.volume
    outside = state.edges.outside if state.edges is not None else state.scale.grey(40.0)
    labels = np.zeros(volume.array.shape, dtype=np.uint8)
    cut, filled, bridged = (np.zeros(labels.shape, dtype=bool) for _unused in range(3))
    for number, seed in enumerate(seeds_lps, start=1):
        found = segment_vertebra(
            volume,
            np.asarray(seed, dtype=np.float64),
            state.low,
            outside,
            state.anatomy.separation.reach_mm,
            subprogress(progress, (number - 1) / len(seeds_lps), number / len(seeds_lps)),
        )
        free = labels == 0
        labels[found.mask & free] = number
        cut |= found.cut & free
        filled |= found.filled & free
        bridged |= found.bridged & free
    state.bridge(bridged)
    state.figures["filled_mm3"] = float(np.count_nonzero(filled)) * volume.voxel_volume
    state.figures["closed_mm3"] = float(np.count_nonzero(bridged)) * volume.voxel_volume
    state.figures["cut_mm3"] = float(np.count_nonzero(cut)) * volume.voxel_volume
    state.notes.append(
        _(
            "The vertebral body was filled solid and cut off from its neighbours; filled voxels and the "
            "faces of the cut are marked."
        )
    )
    sizes = label_voxel_counts(labels) * volume.voxel_volume
    segments = tuple(
        Segment(look.id, n, look.name, look.color, state.low, look.terminology, float(sizes[n]))
        for n, look in enumerate(_looks(state.anatomy.looks, len(seeds_lps)), start=1)
        if sizes[n] > 0
    )
    return Segmentation(
        volume,
        volume.affine,
        labels,
        _provenance(state, labels, filled, cut),
        segments,
        tuple(state.notes),
        state.figures,
    )


def _looks(looks: Sequence[SegmentStyle], count: int) -> list[SegmentStyle]:
    """The preset's first structure, numbered where there are several."""
    first = looks[0]
    if count == 1:
        return [first]
    return [
        SegmentStyle(
            f"{first.id}-{n}", _("{first} {n}", first=first.name, n=n), _shade(first.color, n), first.terminology
        )
        for n in range(1, count + 1)
    ]


def _shade(color: tuple[float, float, float], number: int) -> tuple[float, float, float]:
    """A colour of its own for each of several parts: hue turned by the golden angle."""
    import colorsys

    hue, saturation, value = colorsys.rgb_to_hsv(*color)
    return colorsys.hsv_to_rgb((hue + 0.381966 * (number - 1)) % 1.0, max(saturation, 0.35), value)


def _apart(state: SegmentationState) -> np.ndarray:
    """Each connected part its own label, largest first."""
    parts = label_components(state.mask)
    assert parts is not None
    order = np.argsort(-parts.counts[1:], kind="stable")[:MAX_SEGMENTS] + 1
    rank = np.zeros(len(parts.counts), dtype=np.uint8)
    rank[order] = np.arange(1, len(order) + 1)
    labels = np.zeros(state.mask.shape, dtype=np.uint8)
    for target, plane in zip(labels[parts.box], parts.labels):
        target[...] = rank[plane]
    return labels


def _separated(state: SegmentationState, progress: ProgressCallback) -> tuple[np.ndarray, np.ndarray]:
    """Touching bones as labels of their own, only those at the seeds where there are seeds, and the faces of the
    cuts."""
    settings = state.anatomy.separation
    contrast = state.edges.inside - state.edges.outside if state.edges is not None else state.low
    noise = float(state.figures["noise"])  # type: ignore[arg-type]
    regions = separate_bones(
        state.mask,
        state.volume.array,
        state.volume.spacing,
        max(VALLEY_SHARE * contrast, VALLEY_NOISE * noise),
        settings.neck_mm,
        settings.smallest_mm3,
        settings.crumb_mm3,
        progress,
    )
    cut = interface_voxels(regions)
    wanted = np.arange(1, min(int(regions.max()), MAX_SEGMENTS) + 1)
    if state.anatomy.parts.keep == "seed" and len(state.seeds):
        found = []
        for seed in state.seeds:
            place = nearest_mask_voxel(regions > 0, seed, state.volume.spacing, SEED_REACH_MM)
            if place is None:
                raise UsageError(
                    _(
                        "No structure of '{anatomy}' lies within {seed_reach_mm:g} mm of a seed: move the seed onto "
                        "it or lower the threshold.",
                        anatomy=state.anatomy.title,
                        seed_reach_mm=SEED_REACH_MM,
                    )
                )
            found.append(int(regions[tuple(place)]))
        wanted = np.array(list(dict.fromkeys(found)))
    elif state.anatomy.parts.keep != "all":
        wanted = wanted[:1]
    rank = np.zeros(int(regions.max()) + 1, dtype=np.uint8)
    rank[wanted] = np.arange(1, len(wanted) + 1)
    labels = rank[regions]
    cut &= labels > 0
    area = float(np.count_nonzero(cut)) * state.volume.voxel_volume
    state.figures["cut_mm3"] = area
    if cut.any():
        state.notes.append(_("Touching bones were cut apart; the faces of the cut are marked."))
    return labels, cut


def _provenance(
    state: SegmentationState, labels: np.ndarray, core: np.ndarray | None, cut: np.ndarray | None
) -> np.ndarray | None:
    """Voxels that were not measured, by kind; None where all were."""
    marks = [(state.bridged, Provenance.BRIDGED), (core, Provenance.ADDED), (cut, Provenance.CUT)]
    thin = None if state.raised is None else state.raised.at[state.raised.wall]
    if (
        thin is None
        and state.volume.interpolated is None
        and not any(where is not None and where.any() for where, _unused in marks)
    ):
        return None
    result = np.zeros(labels.shape, dtype=np.uint8)
    if state.volume.interpolated is not None:
        result[state.volume.interpolated] = Provenance.BRIDGED
    if thin is not None:
        result.reshape(-1)[thin] = Provenance.MODELLED
    for where, kind in marks:
        if where is not None:
            result[where] = kind
    for plane, label in zip(result, labels):
        plane[label == 0] = 0
    return result
