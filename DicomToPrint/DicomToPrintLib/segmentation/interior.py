"""Hollows inside a structure: solid core or marrow, by choice, and bounded closing."""

import numpy as np

from ..progress import Progress, silent
from .parts import box_of, components, select


def enclosed(mask: np.ndarray) -> np.ndarray:
    """Boolean mask (k, j, i) of the hollows that `mask` encloses (no way out over voxel faces)."""
    import SimpleITK as sitk

    image = sitk.GetImageFromArray(np.ascontiguousarray(mask).view(np.uint8))
    filled = sitk.GetArrayFromImage(sitk.BinaryFillhole(image, False, 1)).view(bool)
    filled &= ~mask
    return filled


def fill_core(mask: np.ndarray, array: np.ndarray, spacing: tuple[float, float, float], deepest_mm: float,
              air_below: float | None, progress: Progress = silent) -> np.ndarray:
    """Hollows to fill, as a boolean mask (k, j, i).

    Of the enclosed hollows those whose innermost point lies at most `deepest_mm` from the structure, and whose mean grey value is
    at least `air_below` (None: any). `spacing` are the steps i, j, k in mm.
    """
    from scipy import ndimage

    result = np.zeros(mask.shape, dtype=bool)
    box = box_of(mask)
    if box is None:
        return result
    progress(0.0, "filling enclosed marrow")
    hollow = enclosed(mask[box])
    inner = box_of(hollow)
    if inner is None:
        return result
    labels, counts = components(np.ascontiguousarray(hollow[inner]))
    grey = array[box][inner]
    keep = np.ones(len(counts), dtype=bool)
    keep[0] = False
    half = tuple(int(np.ceil(deepest_mm / step)) for step in spacing[::-1])
    voxel = float(np.prod(spacing))
    boxes = ndimage.find_objects(np.asarray(labels).astype(np.int32, copy=False))
    for index, place in enumerate(boxes, start=1):
        if place is None:
            continue
        if index % 200 == 0:
            progress(index / len(boxes), "filling enclosed marrow")
        part = labels[place] == index
        if air_below is not None and float(grey[place][part].mean()) < air_below:
            keep[index] = False
        elif counts[index] * voxel > deepest_mm**3 and all(s.stop - s.start > 2 * h for s, h in zip(place, half)):
            depth = ndimage.distance_transform_edt(np.pad(part, 1), sampling=spacing[::-1]).max()
            keep[index] = depth <= deepest_mm
    view = result[box]
    view[inner] = select(labels, keep)
    return result
