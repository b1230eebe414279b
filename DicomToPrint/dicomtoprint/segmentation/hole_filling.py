"""Hollows inside a structure, solid core or marrow by choice, and closing bounded in mm."""

import numpy as np

from ..messages import _
from ..progress import ProgressCallback, no_progress, subprogress
from ..voxel_components import VoxelComponents, bounding_box, label_components

Spacing = tuple[float, float, float]


def enclosed_cavities(mask: np.ndarray) -> np.ndarray:
    """Boolean mask (k, j, i) of the hollows that `mask` encloses: no way out over voxel faces, the volume's own faces
    are open."""
    import SimpleITK as sitk

    image = sitk.GetImageFromArray(np.ascontiguousarray(mask).view(np.uint8))
    filled = sitk.GetArrayFromImage(sitk.BinaryFillhole(image, False, 1)).view(bool)
    filled &= ~mask
    return filled


def cavities_to_fill(
    mask: np.ndarray,
    array: np.ndarray,
    spacing: Spacing,
    deepest_mm: float,
    air_below: float | None,
    progress: ProgressCallback = no_progress,
) -> np.ndarray:
    """Hollows to fill, a boolean mask (k, j, i).

    Of the enclosed hollows those whose innermost point lies at most `deepest_mm` from the structure, and whose mean
    grey value is
    at least `air_below` (None: any). `spacing` are the steps i, j, k in mm.
    """
    result = np.zeros(mask.shape, dtype=bool)
    box = bounding_box(mask)
    if box is None:
        return result
    progress(0.0, _("looking for enclosed marrow"))
    result[box] = enclosed_cavities(mask[box])
    parts = label_components(result, progress=subprogress(progress, 0.4, 0.6))
    if parts is None:
        return result
    keep = np.ones(len(parts.counts), dtype=bool)
    if air_below is not None:
        keep &= parts.share(lambda k: array[k] < air_below) < 0.5
    deep = deepest_mm**3 / float(np.prod(spacing))
    for label in np.flatnonzero(parts.counts > deep):
        if label and keep[label]:
            keep[label] = _depth(parts, int(label), spacing) <= deepest_mm
    if keep[1:].all():
        return result
    progress(0.9, _("filling enclosed marrow"))
    return parts.select(keep, mask.shape)


def _depth(parts: VoxelComponents, label: int, spacing: Spacing) -> float:
    """Largest distance in mm from a voxel of a part to its outside, to about two voxels (every second voxel is looked
    at)."""
    from scipy import ndimage

    thinned = np.asarray(parts.labels)[::2, ::2, ::2] == label
    place = bounding_box(thinned)
    if place is None:
        return 0.0
    sampling = tuple(2.0 * step for step in spacing[::-1])
    return float(ndimage.distance_transform_edt(np.pad(thinned[place], 1), sampling=sampling).max())


def closing_residue(
    mask: np.ndarray, spacing: Spacing, closing_mm: float, progress: ProgressCallback = no_progress
) -> np.ndarray:
    """What closing by a ball of radius `closing_mm` adds to `mask`, a boolean mask (k, j, i).

    Exact distances in mm on the given steps i, j, k; a gap wider than twice the radius stays open, and nothing lies
    farther
    than the radius from the structure.
    """
    added = np.zeros(mask.shape, dtype=bool)
    around = tuple(int(np.ceil(closing_mm / step)) + 1 for step in spacing[::-1])
    box = bounding_box(mask)
    if box is None or closing_mm <= 0:
        return added
    progress(0.0, _("closing small gaps"))
    padded = np.pad(mask[box], [(n, n) for n in around])
    grown = distance_to_background(~padded, spacing) <= closing_mm
    progress(0.5, _("closing small gaps"))
    back = distance_to_background(grown, spacing) > closing_mm
    inner = back[tuple(slice(n, -n) for n in around)]
    added[box] = inner & ~mask[box]
    return added


def distance_to_background(mask: np.ndarray, spacing: Spacing) -> np.ndarray:
    """Distance in mm (float32) from each voxel of `mask` to the nearest voxel outside it, 0 outside. Exact (Maurer et
    al. 2003)."""
    import SimpleITK as sitk

    if not mask.any():
        return np.zeros(mask.shape, dtype=np.float32)
    if mask.all():
        return np.full(mask.shape, np.inf, dtype=np.float32)
    image = sitk.GetImageFromArray((~mask).view(np.uint8))
    # Index space: the steps are lengths along the axes, a shear (of a few degrees at most here) is left out of
    # distances.
    image.SetSpacing(spacing)
    found = sitk.SignedMaurerDistanceMap(image, insideIsPositive=False, squaredDistance=False, useImageSpacing=True)
    result = sitk.GetArrayFromImage(found)
    return np.maximum(result, 0.0, out=result)
