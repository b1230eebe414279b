"""Connected parts of a mask: counted, kept by size or by seed."""

import numpy as np

from ..progress import Progress, silent


def box_of(mask: np.ndarray) -> tuple[slice, slice, slice] | None:
    """Smallest box (slices along k, j, i) around the voxels of a boolean or uint8 mask; None where it is empty."""
    along_k = mask.any(axis=(1, 2))
    if not along_k.any():
        return None
    rows = mask.any(axis=0)
    result = []
    for line in (along_k, rows.any(axis=1), rows.any(axis=0)):
        places = np.flatnonzero(line)
        result.append(slice(int(places[0]), int(places[-1]) + 1))
    return result[0], result[1], result[2]


def components(mask: np.ndarray, corners: bool = False) -> tuple[np.ndarray, np.ndarray]:
    """Labels (k, j, i) uint32, 1..n, of the face-connected parts (`corners`: also over edges and corners), and their voxel counts.

    The counts have n + 1 entries, entry 0 is the background.
    """
    import SimpleITK as sitk

    image = sitk.GetImageFromArray(mask.view(np.uint8) if mask.dtype == bool else mask)
    labelled = sitk.ConnectedComponent(image, corners)
    del image
    labels = sitk.GetArrayViewFromImage(labelled)
    # The view does not own the voxels: hold the image as long as the array lives.
    held = _Held(labels, labelled)
    return held.array, count_labels(held.array)


class _Held:
    """Couples an array view with the image that owns its memory."""

    def __init__(self, view: np.ndarray, image: object) -> None:
        self.array = view.view(_ViewWithOwner)
        self.array.owner = image  # type: ignore[attr-defined]


class _ViewWithOwner(np.ndarray):
    """An array view that keeps the image alive whose memory it shows."""

    def __array_finalize__(self, obj: object) -> None:
        self.owner = getattr(obj, "owner", None)


def count_labels(labels: np.ndarray) -> np.ndarray:
    """Voxels per label, slice by slice: `np.bincount` on the whole would need eight bytes a voxel."""
    counts = np.zeros(1, dtype=np.int64)
    for plane in labels:
        found = np.bincount(np.asarray(plane).ravel())
        if len(found) > len(counts):
            found[: len(counts)] += counts
            counts = found
        else:
            counts[: len(found)] += found
    return counts


def select(labels: np.ndarray, keep: np.ndarray) -> np.ndarray:
    """Boolean mask (k, j, i) of the labels whose entry in `keep` (n + 1 booleans) is true."""
    result = np.empty(labels.shape, dtype=bool)
    for target, plane in zip(result, labels):
        np.take(keep, np.asarray(plane), out=target)
    return result


def keep_large(mask: np.ndarray, smallest: float, only_largest: bool = False,
               progress: Progress = silent) -> tuple[np.ndarray, int, int]:
    """The mask without parts of fewer than `smallest` voxels; its parts kept and dropped.

    Returns (boolean mask (k, j, i), number kept, number dropped).
    """
    box = box_of(mask)
    result = np.zeros(mask.shape, dtype=bool)
    if box is None:
        return result, 0, 0
    progress(0.0, "finding connected parts")
    labels, counts = components(np.ascontiguousarray(mask[box]))
    keep = counts >= max(smallest, 1)
    keep[0] = False
    if only_largest and len(counts) > 1:
        keep[:] = False
        keep[1 + int(np.argmax(counts[1:]))] = True
    result[box] = select(labels, keep)
    return result, int(keep.sum()), len(counts) - 1 - int(keep.sum())
