"""A given segmentation joined with the scan: its labels say what is what, the grey values say where the surface
lies."""

from dataclasses import dataclass, replace

import numpy as np

from ..errors import RefusedError
from ..mesh.core import Provenance
from ..messages import _
from ..progress import ProgressCallback, no_progress, subprogress
from ..volume import Volume, reordered
from ..voxel_components import (
    Box,
    bounding_box,
    components_touching,
    count_components,
    grown_box,
    label_voxel_counts,
    segment_boxes,
)
from .hole_filling import closing_residue, distance_to_background, enclosed_cavities
from .presets import AnatomyPreset
from .roi import crop
from .threshold_estimation import edge_plateaus, estimate_noise, gradient_directions
from .types import Segment, Segmentation

MARGIN_MM = 6.0
MIN_EDGE_FRACTION = 0.5
MIN_CONTRAST_HU = 60.0
MIN_POLARITY_AGREEMENT = 0.67


def refine_labelmap(
    labels: Segmentation, volume: Volume | None, anatomy: AnatomyPreset, progress: ProgressCallback = no_progress
) -> Segmentation:
    """A given segmentation ready for the surface, on the scan's grid, cropped around its labels.

    Where at least half of a structure's border lies by a clear edge of the scan, the half-maximum grey value of these
    edges becomes
    its boundary, and its border moves onto it, by at most 1.25 voxels or 1.5 mm; otherwise the label stays as it is.
    Where the label says structure
    and no edge is there (a filled craniotomy), the voxels stay and are marked added; `figures["disagreement_mm2"]`
    gives the area per
    structure. Without a volume the labels are returned as they are. Raises `RefusedError` where both do not lie in the same
    place.
    """
    if volume is None:
        return _without_small(labels, anatomy)
    given = resample_labelmap(labels, volume, subprogress(progress, 0.0, 0.3))
    steps = np.asarray(volume.spacing)
    around = bounding_box(given > 0)
    if around is None:
        raise RefusedError(_("The segmentation lies outside the scan: give the one that was made on this scan."))
    margin = [int(np.ceil(MARGIN_MM / step)) + 2 for step in steps[::-1]]
    around = tuple(slice(max(0, s.start - m), min(n, s.stop + m)) for s, m, n in zip(around, margin, given.shape))  # type: ignore[assignment]
    volume, given = crop(volume, around), np.ascontiguousarray(given[around])
    joined = _Joined(
        given.copy(), np.full(given.shape, np.inf, dtype=np.float32), np.zeros(given.shape, dtype=np.uint8)
    )
    noise = estimate_noise(volume.array)
    boxes, _unused = segment_boxes(given)
    segments: list[Segment] = []
    areas: dict[str, float] = {}
    for number, segment in enumerate(labels.segments):
        progress(0.3 + 0.7 * number / len(labels.segments), _("joining {segment} with the scan", segment=segment.name))
        box = boxes.get(segment.label)
        edge = None if box is None else _edge_of(given, segment.label, box, volume, noise)
        if box is not None and edge is not None:
            value, bright = edge
            segment = replace(segment, boundary=value, brighter_than_background=bright)
            areas[segment.name] = _join(joined, given, segment, box, volume)
        segments.append(segment)
    return _finished(labels, joined, given, tuple(segments), volume, areas)


@dataclass
class _Joined:
    """Labels so far, how far (mm) each added voxel lies from the label it was added to, and the provenance."""

    labels: np.ndarray
    nearness: np.ndarray
    provenance: np.ndarray


def resample_labelmap(labels: Segmentation, volume: Volume, progress: ProgressCallback = no_progress) -> np.ndarray:
    """Labels on the volume's grid (k, j, i) uint16, by the nearest voxel; unchanged where both grids are one. Shear is
    kept."""
    from scipy import ndimage

    shape = volume.array.shape
    same = reordered(labels.labels, labels.affine, volume.affine, shape)
    if same is not None:
        return same.astype(np.uint16, order="C")
    progress(0.0, _("bringing the segmentation onto the scan"))
    across = np.linalg.inv(labels.affine) @ volume.affine
    matrix = across[:3, :3][::-1, ::-1]
    offset = across[:3, 3][::-1]
    return ndimage.affine_transform(
        labels.labels.astype(np.uint16), matrix, offset, output_shape=shape, order=0, mode="constant"
    )


def _edge_of(labels: np.ndarray, label: int, box: Box, volume: Volume, noise: float) -> "tuple[float, bool] | None":
    """Half-way grey value at a label's border, and whether the structure is the brighter side; None where edges are
    not clear.

    Clear: at half of the border points the scan has contrast, it rises on the same side of the label at two thirds of
    these, and the half-maximum
    values agree within half of the contrast. A soft organ between fat and other organs does not pass, bone does.
    """
    from scipy import ndimage

    place = grown_box(box, 4, labels.shape)
    mask, start = labels[place] == label, [s.start for s in place[::-1]]
    points = _border_points(mask) + start
    if len(points) < 30:
        return None
    upper, lower, _unused = edge_plateaus(volume.array, volume.affine, points, True)
    contrast = upper - lower
    clear = contrast >= max(MIN_CONTRAST_HU, 4.0 * noise)
    if clear.mean() < MIN_EDGE_FRACTION:
        return None
    points, contrast, halves = points[clear], contrast[clear], 0.5 * (upper + lower)[clear]
    smooth = ndimage.gaussian_filter(mask.astype(np.float32), 1.0)
    inward = gradient_directions(smooth, volume.affine, points - start)
    along = np.einsum("ij,ij->i", inward, gradient_directions(volume.array, volume.affine, points)) > 0
    bright = bool(along.mean() >= 0.5)
    agree = along == bright
    quarter, value, three = np.percentile(halves[agree], [25, 50, 75])
    if agree.mean() < MIN_POLARITY_AGREEMENT or three - quarter > 0.5 * np.median(contrast[agree]):
        return None
    return (float(np.floor(value)) + 0.5 if volume.array.dtype.kind in "iu" else float(value)), bright


def _border_points(mask: np.ndarray, count: int = 20_000) -> np.ndarray:
    """(n, 3) index positions (i, j, k) of the faces between a label and its outside; a fixed random choice of
    `count`."""
    found = []
    for axis in range(3):
        a = np.argwhere(np.diff(mask.astype(np.int8), axis=axis))
        found.append((a + 0.5 * (np.arange(3) == axis))[:, ::-1])
    points = np.concatenate(found)
    if len(points) > count:
        points = points[np.random.default_rng(0).choice(len(points), count, replace=False)]
    return points


def _join(joined: _Joined, given: np.ndarray, segment: Segment, box: Box, volume: Volume) -> float:
    """Moves the border of one structure, all of it in `box`, onto its grey value within the band; returns the area (mm2) where no
    edge is there."""
    from scipy import ndimage

    spacing = volume.spacing
    reach = max(1.5, 1.25 * float(np.cbrt(np.prod(spacing))))
    margin = int(np.ceil(reach / min(spacing))) + 2
    place = grown_box(box, margin, given.shape)
    assert segment.boundary is not None
    mine, others = given[place] == segment.label, (given[place] != 0) & (given[place] != segment.label)
    grey = volume.array[place]
    inner_side = grey >= segment.boundary if segment.brighter_than_background else grey <= segment.boundary
    depth, away = distance_to_background(mine, spacing), distance_to_background(~mine, spacing)
    beside_other = ndimage.binary_dilation(others)
    firm = mine & ((depth > reach) | inner_side | beside_other)
    grown = ~mine & ~others & (away <= reach) & inner_side & (away < joined.nearness[place])
    # An edge must follow outside: where the scan goes on bright, the label alone knows where the structure ends.
    grown &= distance_to_background(mine | inner_side, spacing) <= reach
    # Only what hangs on to the structure: a neighbour's edge in the band does not.
    grown &= components_touching(firm | grown, firm)
    shape = firm | grown
    # What was taken away stays away only where it is open to the outside: marrow under a porous cortex is inside.
    shell = shape | closing_residue(shape, spacing, 1.01 * max(spacing))
    shape |= (shell | enclosed_cavities(shell)) & mine
    shape |= _bridges(mine, shape)
    unseen = (
        shape & ~inner_side & (distance_to_background(~(shape & inner_side), spacing) > max(2.0, 1.5 * max(spacing)))
    )
    border = shape & ~ndimage.binary_erosion(shape)
    joined.labels[place][mine & ~shape] = 0
    joined.labels[place][shape & ~others] = segment.label
    joined.nearness[place][grown] = away[grown]
    joined.provenance[place][unseen] = Provenance.ADDED
    return float(np.count_nonzero(unseen & border)) * volume.voxel_volume ** (2 / 3)


def _bridges(mine: np.ndarray, shape: np.ndarray) -> np.ndarray:
    """Voxels of the label that must stay so that what was one body stays one: all that was taken from a part that fell apart."""
    given, _unused = count_components(mine)
    left, _unused = count_components(shape & mine)
    bodies = np.unique(np.stack([given[left > 0], left[left > 0]]), axis=1)[0]
    apart = np.flatnonzero(np.bincount(bodies) > 1)
    return mine & ~shape & np.isin(given, apart[apart > 0])


def _finished(
    labels: Segmentation,
    joined: _Joined,
    given: np.ndarray,
    segments: tuple[Segment, ...],
    volume: Volume,
    areas: dict[str, float],
) -> Segmentation:
    sizes = label_voxel_counts(joined.labels) * volume.voxel_volume
    sizes = np.concatenate([sizes, np.zeros(max(0, 1 + max(s.label for s in segments) - len(sizes)))])
    kept = tuple(replace(s, volume_mm3=float(sizes[s.label])) for s in segments if sizes[s.label] > 0)
    joined.provenance[joined.labels == 0] = 0
    if volume.interpolated is not None:
        joined.provenance[volume.interpolated] = np.where(joined.labels[volume.interpolated] > 0, Provenance.BRIDGED, 0)
    notes = [*volume.notes, *labels.notes]
    by_grey = [s.name for s in kept if s.boundary is not None]
    notes.append(
        _(
            "{by_grey_count} of {kept_count} structures follow the grey values of the scan, the others "
            "the given labels.",
            by_grey_count=len(by_grey),
            kept_count=len(kept),
        )
    )
    for name, area in sorted(areas.items(), key=lambda item: -item[1]):
        if area > 100.0:
            notes.append(
                _(
                    "{name}: the given label shows structure where the scan shows no edge, over about {area:.0f} "
                    "mm2 (marked as added).",
                    name=name,
                    area=area,
                )
            )
    figures = {
        "disagreement_mm2": {name: round(area, 1) for name, area in areas.items()},
        "label_voxel_mm": max(Volume(labels.labels, labels.affine).spacing),
        "voxels_moved": int(np.count_nonzero(joined.labels != given)),
        "boundaries": {s.name: s.boundary for s in kept},
    }
    provenance = joined.provenance if joined.provenance.any() else None
    return Segmentation(
        volume, volume.affine, joined.labels, provenance, kept, tuple(notes), figures, shares_walls=True
    )


def _without_small(labels: Segmentation, anatomy: AnatomyPreset) -> Segmentation:
    kept = tuple(s for s in labels.segments if s.volume_mm3 >= anatomy.parts.smallest_mm3)
    if not kept:
        raise RefusedError(_("No structure of the segmentation is large enough: choose another one."))
    figures = {**labels.figures, "label_voxel_mm": max(Volume(labels.labels, labels.affine).spacing)}
    return replace(labels, segments=kept, shares_walls=True, figures=figures)
