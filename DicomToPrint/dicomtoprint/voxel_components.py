"""Connected parts of a mask of voxels: labelled, counted, and kept by size or by what they hold.

`label_components` uses SimpleITK, for masks of whole scans; the functions after it use SciPy, for small masks and for acceptance, which
must not load SimpleITK.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from .messages import _
from .progress import ProgressCallback, no_progress

Box = tuple[slice, slice, slice]


def bounding_box(mask: np.ndarray, margin: int = 0) -> Box | None:
    """Smallest box (slices along k, j, i) around the voxels of a mask, with a margin in voxels; None where it is
    empty."""
    along_k = np.any(mask, axis=(1, 2))
    if not along_k.any():
        return None
    rows = np.any(mask, axis=0)
    result = []
    for line, size in zip((along_k, np.any(rows, axis=1), np.any(rows, axis=0)), mask.shape):
        places = np.flatnonzero(line)
        result.append(slice(max(0, int(places[0]) - margin), min(size, int(places[-1]) + 1 + margin)))
    return result[0], result[1], result[2]


@dataclass(frozen=True)
class VoxelComponents:
    """Connected parts in a box of the volume: `labels` (k, j, i) uint32, 1..n, and `counts` of voxels (n + 1, entry 0
    the rest).

    `image` owns the memory of `labels`: hold both together.
    """

    box: Box
    labels: np.ndarray
    counts: np.ndarray
    image: Any = None

    def share(self, plane_mask: Callable[[int], np.ndarray]) -> np.ndarray:
        """Share of each part's voxels (n + 1) on which `plane_mask(k)`, a boolean (j, i) plane of the whole volume, is
        true."""
        hits = np.zeros(len(self.counts), dtype=np.int64)
        for offset, plane in enumerate(self.labels):
            if plane.any():
                where = plane_mask(self.box[0].start + offset)[self.box[1], self.box[2]]
                found = np.bincount(plane[where])
                hits[: len(found)] += found
        return hits / np.maximum(self.counts, 1)

    def select(self, keep: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
        """Boolean mask of the whole volume's `shape` with the parts whose entry in `keep` is true."""
        keep = keep.copy()
        keep[0] = False
        result = np.zeros(shape, dtype=bool)
        for target, plane in zip(result[self.box], self.labels):
            target[...] = keep[plane]
        return result


def label_components(
    mask: np.ndarray, corners: bool = False, progress: ProgressCallback = no_progress
) -> VoxelComponents | None:
    """Face-connected parts (`corners`: also over edges and corners) of a boolean mask; None where it is empty."""
    import SimpleITK as sitk

    box = bounding_box(mask)
    if box is None:
        return None
    progress(0.0, _("finding connected parts"))
    image = sitk.GetImageFromArray(np.ascontiguousarray(mask[box]).view(np.uint8))
    labelled = sitk.ConnectedComponent(image, corners)
    del image
    labels = sitk.GetArrayViewFromImage(labelled)
    return VoxelComponents(box, labels, label_voxel_counts(labels), labelled)


def label_voxel_counts(labels: np.ndarray) -> np.ndarray:
    """Voxels per label, slice by slice: `np.bincount` on the whole would need eight bytes a voxel."""
    counts = np.zeros(1, dtype=np.int64)
    for plane in labels:
        found = np.bincount(plane.ravel())
        if len(found) > len(counts):
            found[: len(counts)] += counts
            counts = found
        else:
            counts[: len(found)] += found
    return counts


def grown_box(box: Box, margin: int, shape: tuple[int, ...]) -> Box:
    """A box with a margin in voxels, as far as an array of this shape goes."""
    k, j, i = (slice(max(0, s.start - margin), min(n, s.stop + margin)) for s, n in zip(box, shape))
    return k, j, i


def segment_boxes(labels: np.ndarray) -> tuple[dict[int, Box], np.ndarray]:
    """The smallest box around the voxels of each label that occurs in `labels` (k, j, i), and the number of voxels of each (n + 1,)."""
    from scipy import ndimage

    boxes = ndimage.find_objects(labels)
    return {label: box for label, box in enumerate(boxes, start=1) if box is not None}, label_voxel_counts(labels)


def count_components(mask: np.ndarray, corners: bool = False) -> tuple[np.ndarray, np.ndarray]:
    """Face-connected parts (`corners`: also over edges and corners) of a boolean mask (k, j, i), by SciPy: labels (k, j, i), 1..n,
    and the voxels of each (n + 1,), entry 0 the rest."""
    from scipy import ndimage

    labels, _unused = ndimage.label(mask, np.ones((3, 3, 3), bool) if corners else None)
    return labels, label_voxel_counts(labels)


def largest_component(mask: np.ndarray) -> np.ndarray:
    """Largest face-connected part of a boolean mask (k, j, i); empty for an empty one."""
    labels, counts = count_components(mask)
    if len(counts) == 1:
        return np.zeros(mask.shape, bool)
    return labels == 1 + counts[1:].argmax()


def components_touching(mask: np.ndarray, seeds: np.ndarray, corners: bool = False) -> np.ndarray:
    """The connected parts of a boolean mask (k, j, i) that hold a voxel of `seeds` (k, j, i)."""
    labels, counts = count_components(mask, corners)
    keep = np.zeros(len(counts), dtype=bool)
    keep[labels[seeds]] = True
    keep[0] = False
    return keep[labels]


def components_of_at_least(mask: np.ndarray, least: float, voxel_volume: float = 1.0) -> np.ndarray:
    """The face-connected parts of a boolean mask (k, j, i) of `least` voxels or more; with the volume of a voxel, of `least` mm3."""
    labels, counts = count_components(mask)
    keep = counts * voxel_volume >= least
    keep[0] = False
    return keep[labels]
