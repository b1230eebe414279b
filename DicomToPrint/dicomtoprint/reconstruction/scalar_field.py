"""The grey field whose one level is the boundary of a segment: grey values where mask and threshold agree, mirrored
where not."""

from typing import TYPE_CHECKING

import numpy as np

from ..mesh.scalar_field import ScalarField
from ..messages import _
from ..progress import ProgressCallback, no_progress
from ..voxel_components import Box, bounding_box

if TYPE_CHECKING:
    from ..segmentation import Segment, Segmentation
    from ..segmentation.thin_walls import Raised

_SLAB = 16


def _level(grey: np.ndarray, labels: np.ndarray, label: int, boundary: float) -> float:
    """The boundary itself, moved by at most half a grey level so that no integer sample equals it.

    Voxels of exactly the integer below stand inside or outside by the segmentation's own rule (>= or >): follow the
    majority.
    """
    if not np.issubdtype(grey.dtype, np.integer):
        return float(boundary)
    at = int(np.floor(boundary))
    sample = (slice(None, None, 3),) * 3
    equal = grey[sample] == at
    inside = np.count_nonzero(labels[sample][equal] == label)
    return at - 0.5 if 2 * inside > np.count_nonzero(equal) else at + 0.5


def build_scalar_field(
    segmentation: "Segmentation", segment: "Segment", progress: ProgressCallback = no_progress, box: Box | None = None
) -> ScalarField | None:
    """The field of one segment; None where no voxel has its label. `box` holds all its voxels; without it they are looked for.

    Where the mask and the grey value disagree (filled cavities, removed parts, a neighbouring segment) the grey value
    is mirrored at the level. Two segments that touch thus have exactly opposite fields across their border, and share
    its boundary. Outside the volume the border's values are mirrored too: a structure cut by the field of view is
    closed by a flat face half a voxel out.
    """
    labels = segmentation.labels
    box = box or bounding_box(labels == segment.label)
    if box is None:
        return None
    start = [max(b.start - 1, -1) for b in box]
    stop = [min(b.stop + 1, n + 1) for b, n in zip(box, labels.shape)]
    inner = tuple(slice(max(a, 0), min(b, n)) for a, b, n in zip(start, stop, labels.shape))
    target = tuple(slice(s.start - a, s.stop - a) for s, a in zip(inner, start))
    grey = segmentation.volume.array if segmentation.volume is not None and segment.boundary is not None else None
    shape = tuple(b - a for a, b in zip(start, stop))
    if grey is None:
        result = np.zeros(shape, dtype=np.uint8)
        result[target] = labels[inner] == segment.label
        level = 0.5
    else:
        raised = segmentation.raised if segment.brighter_than_background else None
        result, level = _grey(grey, labels, segment, shape, inner, target, raised, progress)
    _close_faces(result, level, inner, target, labels.shape)
    return ScalarField(
        result, level, (start[2], start[1], start[0]), labels.shape, segmentation.affine, grey is not None
    )


def _grey(
    grey: np.ndarray,
    labels: np.ndarray,
    segment: "Segment",
    shape: tuple[int, ...],
    inner: tuple[slice, ...],
    target: tuple[slice, ...],
    raised: "Raised | None",
    progress: ProgressCallback,
) -> tuple[np.ndarray, float]:
    assert segment.boundary is not None
    level = _level(grey[inner], labels[inner], segment.label, segment.boundary)
    whole = np.issubdtype(grey.dtype, np.signedinteger) and grey.dtype.itemsize == 2
    result = np.empty(shape, dtype=np.int16 if whole else np.float32)
    inside = result[target]
    for k in range(0, inside.shape[0], _SLAB):
        progress(k / inside.shape[0], _("grey values of the segment"))
        values = grey[inner][k : k + _SLAB]
        member = labels[inner][k : k + _SLAB] == segment.label
        slab = inside[k : k + _SLAB]
        slab[...] = values
        if raised is not None:
            _raise(slab, raised, k + inner[0].start, inner, grey.shape)
        wrong = np.flatnonzero(((slab > level) == member) != segment.brighter_than_background)
        flat = slab.reshape(-1) if slab.flags.c_contiguous else slab.ravel()
        mirrored = 2.0 * level - flat[wrong].astype(np.float64)
        if whole:
            np.clip(mirrored, -32768, 32767, out=mirrored)
        else:
            # Exactly on the level: a hair to the side where the mask puts it.
            member_wrong = member.reshape(-1)[wrong] == segment.brighter_than_background
            tie = mirrored == level
            mirrored[tie] += np.where(member_wrong[tie], 1e-3, -1e-3) * max(abs(level), 1.0)
        flat[wrong] = mirrored
        if not slab.flags.c_contiguous:
            slab[...] = flat.reshape(slab.shape)
    if not segment.brighter_than_background:
        np.negative(result, out=result)
        level = -level
    return result, level


def _raise(slab: np.ndarray, raised: "Raised", first: int, box: tuple[slice, ...], shape: tuple[int, ...]) -> None:
    """Put the values of thin walls in the place of a slab's, which begins at slice `first` of the grid."""
    plane = shape[1] * shape[2]
    a, b = np.searchsorted(raised.at, (first * plane, (first + len(slab)) * plane))
    k, rest = np.divmod(raised.at[a:b], plane)
    j, i = np.divmod(rest, shape[2])
    within = (j >= box[1].start) & (j < box[1].stop) & (i >= box[2].start) & (i < box[2].stop)
    values = raised.values[a:b][within]
    if slab.dtype == np.int16:
        values = np.minimum(np.rint(values), 32767)
    slab[k[within] - first, j[within] - box[1].start, i[within] - box[2].start] = values


def _close_faces(
    field: np.ndarray, level: float, inner: tuple[slice, ...], target: tuple[slice, ...], shape: tuple[int, ...]
) -> None:
    """Fill the padding: the mirror of the neighbouring sample where that is inside, the sample itself where not."""
    for axis in range(3):
        for edge, end in ((0, inner[axis].start == 0), (-1, inner[axis].stop == shape[axis])):
            padded = field.shape[axis] > inner[axis].stop - inner[axis].start
            if not (padded and end):
                continue
            place = 0 if edge == 0 else field.shape[axis] - 1
            if target[axis].start <= place < target[axis].stop:
                continue
            here: list[slice | int] = [slice(None)] * 3
            near: list[slice | int] = [slice(None)] * 3
            here[axis], near[axis] = place, place + (1 if edge == 0 else -1)
            values = field[tuple(near)]
            mirrored = np.minimum(values, (2.0 * level - values) if field.dtype != np.uint8 else 0)
            field[tuple(here)] = mirrored.astype(field.dtype)
