"""Where each triangle of a contour comes from."""

from typing import TYPE_CHECKING

import numpy as np

from ..mesh.core import Provenance
from ..mesh.scalar_field import ScalarField

if TYPE_CHECKING:
    from ..segmentation import Segment, Segmentation


def triangle_provenance(
    index: np.ndarray, triangles: np.ndarray, field: ScalarField, segmentation: "Segmentation", segment: "Segment"
) -> np.ndarray:
    """(m,) uint8 of `Provenance` for the triangles of a contour whose points (n, 3) are given as indices (i, j, k) of
    the grid.

    CUT where the face closes a structure at the edge of the volume or where a neighbouring voxel as bright was left
    out of the segment; ADDED where the voxel inside was filled; BRIDGED where its slice was interpolated; or what the
    segmentation says about the voxel inside. A triangle takes what at least two of its corners have.
    """
    of_point = _of_points(index, segmentation, segment, field)
    corners = np.sort(of_point[triangles], axis=1)
    result = corners[:, 1]
    last = np.array(field.shape[::-1]) - 1
    outside = np.asarray(((index < -0.25) | (index > last + 0.25)).any(axis=1))
    if outside.any():
        result[outside[triangles].sum(axis=1) >= 2] = Provenance.CUT
    return result


def _of_points(index: np.ndarray, segmentation: "Segmentation", segment: "Segment", field: ScalarField) -> np.ndarray:
    last = np.array(field.shape[::-1]) - 1
    result = np.zeros(len(index), dtype=np.uint8)
    step = 500_000
    for start in range(0, len(index), step):
        at = index[start : start + step]
        below = np.clip(np.floor(at + 1e-4), 0, last).astype(np.int64)
        above = np.clip(np.ceil(at - 1e-4), 0, last).astype(np.int64)
        flat_below, flat_above = (
            np.ravel_multi_index((c[:, 2], c[:, 1], c[:, 0]), field.shape) for c in (below, above)
        )
        labels = segmentation.labels.reshape(-1)
        inside_below = labels.take(flat_below) == segment.label
        inner = np.where(inside_below, flat_below, flat_above)
        outer = np.where(inside_below, flat_above, flat_below)
        found = result[start : start + step]
        volume = segmentation.volume
        if field.grey and volume is not None:
            grey, level = volume.array.reshape(-1), field.level if segment.brighter_than_background else -field.level
            found[(grey.take(inner) > level) != segment.brighter_than_background] = Provenance.ADDED
            found[((grey.take(outer) > level) == segment.brighter_than_background) & (inner != outer)] = Provenance.CUT
        if volume is not None and volume.interpolated is not None:
            found[volume.interpolated[inner // (field.shape[1] * field.shape[2])]] = Provenance.BRIDGED
        if segmentation.provenance is not None:
            given = segmentation.provenance.reshape(-1).take(inner)
            found[given != 0] = given[given != 0]
    return result
