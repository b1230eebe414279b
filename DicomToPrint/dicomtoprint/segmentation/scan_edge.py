"""Where the scan's edge cuts a structure: what lies beyond was not scanned."""

from collections.abc import Mapping

import numpy as np

from ..volume import Volume
from .types import Segmentation

SAME_FACE = 0.75  # voxels of the scan: a finer grid ends by less than one before the scan does


def cut_by_scan(segmentation: Segmentation, scan: Volume) -> Mapping[str, float]:
    """Area in mm2, by name, of structures on the outermost voxels of `scan`, those that it does not reach left out.

    The segmentation may lie on a part of the scan or on a finer grid; where it was cropped inside the scan, its edge cuts nothing.
    """
    labels, grid = segmentation.labels, Volume(segmentation.labels, segmentation.affine)
    ends = np.array(labels.shape[::-1]) - 1
    counts = np.zeros(1 + max((segment.label for segment in segmentation.segments), default=0))
    for axis in range(3):
        u, v = (grid.affine[:3, n] for n in range(3) if n != axis)
        face_mm2 = float(np.linalg.norm(np.cross(u, v)))
        for at, outward in ((0, -0.5), (ends[axis], 0.5)):
            middle = ends / 2.0
            middle[axis] = at + outward
            if not _on_face(scan, grid.to_lps(middle[None])[0], grid.affine[:3, axis] * outward):
                continue
            plane = np.take(labels, at, axis=2 - axis)
            found = np.bincount(plane.ravel(), minlength=len(counts))[: len(counts)]
            counts += found * face_mm2
    return {s.name: round(float(counts[s.label]), 1) for s in segmentation.segments if counts[s.label] > 0.0}


def _on_face(scan: Volume, place: np.ndarray, outward: np.ndarray) -> bool:
    """Whether a place (3,) LPS mm lies on the face of the scan that `outward` points through."""
    ijk, way = scan.to_ijk(place[None])[0], np.linalg.inv(scan.affine)[:3, :3] @ outward
    axis = int(np.argmax(np.abs(way)))
    edge = -0.5 if way[axis] < 0 else scan.array.shape[2 - axis] - 0.5
    return bool(abs(ijk[axis] - edge) < SAME_FACE)
