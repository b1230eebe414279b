"""Labels smoothed by a length in mm, where no grey value says where their surface is."""

from dataclasses import replace

import numpy as np

from ..messages import _, join
from ..progress import ProgressCallback, no_progress
from ..voxel_components import bounding_box, label_voxel_counts
from .types import Segmentation


def smooth_labels(segmentation: Segmentation, mm: float, progress: ProgressCallback = no_progress) -> Segmentation:
    """The segmentation with its label-only structures smoothed: details narrower than about `mm` go, sizes stay where
    no neighbour takes a part.

    Each structure is blurred by a Gaussian with a standard deviation of a quarter of `mm` and cut where it keeps its number of voxels.
    Where structures meet, a voxel goes to the one that is further above its own cut, so that neighbours still share their wall.
    Structures that follow the grey values of the scan stay as they are, and keep their voxels. A note says how many voxels changed.
    """
    chosen = [s for s in segmentation.segments if s.boundary is None or segmentation.volume is None]
    if not chosen or mm <= 0.0:
        return segmentation
    spacing = np.linalg.norm(segmentation.affine[:3, :3], axis=0)[::-1]  # k, j, i
    sigma = 0.25 * mm / spacing
    margin = [int(np.ceil(3.0 * value)) + 1 for value in sigma]
    given, best = segmentation.labels, np.zeros(segmentation.labels.shape, dtype=np.float32)
    free = np.isin(given, [0, *(segment.label for segment in chosen)])
    labels = np.where(free, 0, given).astype(given.dtype)
    for number, segment in enumerate(chosen):
        progress(number / len(chosen), _("smoothing {segment}", segment=segment.name))
        place = bounding_box(given == segment.label)
        if place is None:
            continue
        box = tuple(slice(max(0, s.start - m), min(n, s.stop + m)) for s, m, n in zip(place, margin, given.shape))
        above = _above_its_cut(given[box] == segment.label, sigma)
        wins = free[box] & (above > best[box])
        labels[box][wins] = segment.label
        best[box][wins] = above[wins]
    changed = int(np.count_nonzero(labels != given))
    voxel = float(abs(np.linalg.det(segmentation.affine[:3, :3])))
    sizes = label_voxel_counts(labels) * voxel
    sizes = np.concatenate([sizes, np.zeros(max(0, 1 + max(s.label for s in segmentation.segments) - len(sizes)))])
    gone = [s.name for s in segmentation.segments if sizes[s.label] == 0.0]
    note = _(
        "Labels without grey values were smoothed by {mm:g} mm, which changed {changed} voxels ({changed2:.0f} mm3).",
        mm=mm,
        changed=changed,
        changed2=changed * voxel,
    )
    lost = (
        (_("Too small to be smoothed by {mm:g} mm, and so lost: {gone}.", mm=mm, gone=join(", ", gone[:10])),)
        if gone
        else ()
    )
    return replace(
        segmentation,
        labels=labels,
        provenance=None if segmentation.provenance is None else np.where(labels == 0, 0, segmentation.provenance),
        segments=tuple(
            replace(s, volume_mm3=float(sizes[s.label])) for s in segmentation.segments if sizes[s.label] > 0.0
        ),
        notes=(*segmentation.notes, note, *lost),
        warnings=(*segmentation.warnings, *lost),
        figures={**segmentation.figures, "label_smoothing_mm": mm},
    )


def _above_its_cut(mask: np.ndarray, sigma: np.ndarray) -> np.ndarray:
    """(k, j, i) float32: the blurred mask less the level at which it has as many voxels as before."""
    from scipy import ndimage

    blurred = ndimage.gaussian_filter(mask.astype(np.float32), sigma, mode="nearest")
    count = int(np.count_nonzero(mask))
    level = (
        float(np.partition(blurred.ravel(), blurred.size - count)[blurred.size - count])
        if count < blurred.size
        else 0.0
    )
    return blurred - np.float32(max(level, 1e-6)) + np.float32(1e-7)
