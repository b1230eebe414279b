"""A segmentation that was found, after its labels were changed by hand."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from ..mesh.core import Provenance
from ..messages import _
from .types import Segment, Segmentation


def with_edited_labels(found: Segmentation, edited: Segmentation) -> Segmentation:
    """`found` with the labels and segments of `edited`, which lie on the same grid.

    Where no label changed the surface stays where it was: grey values, boundaries, raised walls and provenance are those
    of `found`; they are not looked for again, which would move the border of all that was left alone. A structure that
    `found` does not know takes the boundary of the one that held most of its voxels; where that was none, the labels
    alone give its surface. What was painted where the grey values show no structure is marked `ADDED`. A note and
    ``figures["edited_mm3"]`` say how much was added and taken away. Raises `ValueError` where the grids differ.
    """
    if edited.labels.shape != found.labels.shape or not np.allclose(edited.affine, found.affine, atol=1e-4):
        raise ValueError("both segmentations must lie on one grid")
    segments = tuple(_as_found(segment, found, edited.labels) for segment in edited.segments)
    painted = (edited.labels != 0) & (found.labels == 0)
    voxel_mm3 = float(abs(np.linalg.det(found.affine[:3, :3])))
    added = float(np.count_nonzero(painted)) * voxel_mm3
    removed = float(np.count_nonzero((edited.labels == 0) & (found.labels != 0))) * voxel_mm3
    notes, figures = found.notes, dict(found.figures)
    if added or removed:
        figures["edited_mm3"] = {"added": round(added, 3), "removed": round(removed, 3)}
        notes = (
            *notes,
            _(
                "Edited by hand: {added:.2f} ml were added and {removed:.2f} ml taken away.",
                added=added / 1000.0,
                removed=removed / 1000.0,
            ),
        )
    return replace(
        found,
        labels=edited.labels,
        segments=segments,
        provenance=_provenance(found, edited.labels, segments, painted),
        notes=notes,
        figures=figures,
    )


def _as_found(segment: Segment, found: Segmentation, labels: np.ndarray) -> Segment:
    """The segment as it is now, with the boundary, side and terminology that it had, or that of where it was cut from."""
    before: Mapping[str, Segment] = {known.id: known for known in found.segments}
    origin = before.get(segment.id)
    if origin is None:
        held = np.bincount(found.labels[labels == segment.label])
        most = int(held.argmax()) if len(held) else 0
        origin = next((known for known in found.segments if known.label == most), None)
    if origin is None:
        return segment
    return replace(
        segment,
        boundary=origin.boundary,
        brighter_than_background=origin.brighter_than_background,
        terminology=origin.terminology,
    )


def _provenance(
    found: Segmentation, labels: np.ndarray, segments: tuple[Segment, ...], painted: np.ndarray
) -> np.ndarray | None:
    """What was known of each voxel, and `ADDED` for what was painted beyond its structure's grey values."""
    unseen = np.zeros(labels.shape, dtype=bool)
    for segment in segments:
        own = painted & (labels == segment.label)
        if found.volume is not None and segment.boundary is not None:
            array = found.volume.array
            own &= array < segment.boundary if segment.brighter_than_background else array > segment.boundary
        unseen |= own
    if found.provenance is None and not unseen.any():
        return None
    result = np.zeros(labels.shape, np.uint8) if found.provenance is None else found.provenance.copy()
    result[labels == 0] = 0
    result[unseen] = Provenance.ADDED
    return result
