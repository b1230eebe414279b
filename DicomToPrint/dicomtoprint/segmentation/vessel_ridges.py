"""Tubes thinner than the scan's blur: ridges of grey values that stand out all around an axis."""

import itertools

import numpy as np
from scipy import ndimage

from ..volume import Volume

_SIDE_MM = 2.5  # from the middle of a tube to what surrounds it
_LEAST_RIDGES = 11  # of 13 directions: a tube stands out in all but those near its axis, a plate in at most nine


def find_tubes(volume: Volume, low: float, high: float, rise: float) -> np.ndarray:
    """Voxels (k, j, i) bool from `low` to below `high` in the middle of a bright tube, and what of such values lies within 2.5 mm.

    A voxel is in the middle where, along at least 11 of 13 directions, it exceeds both voxels at 2.5 mm to either side by `rise` (grey
    values). False near the border of the volume.
    """
    array = volume.array
    middle = np.zeros(array.shape, dtype=bool)
    sides = tuple(max(1, round(_SIDE_MM / step)) for step in volume.spacing[::-1])
    if any(size <= 2 * side for size, side in zip(array.shape, sides)):
        return middle
    directions = [d for d in itertools.product((-1, 0, 1), repeat=3) if d > (0, 0, 0)]
    dk, dj, di = sides
    for k in range(dk, array.shape[0] - dk):
        plane = array[k, dj:-dj, di:-di]
        j, i = np.nonzero((plane >= low) & (plane < high))
        j, i = j + dj, i + di
        value = array[k, j, i].astype(np.float32) - np.float32(rise)
        votes = np.zeros(len(j), dtype=np.uint8)
        for tried, direction in enumerate(directions):
            # The same distance in mm along diagonals as along the axes.
            length = sum(abs(part) for part in direction) ** 0.5
            a, b, c = (round(s * d / length) or d for s, d in zip(sides, direction))
            votes += (value >= array[k + a, j + b, i + c]) & (value >= array[k - a, j - b, i - c])
            if tried in (4, 8):
                alive = votes + (len(directions) - 1 - tried) >= _LEAST_RIDGES
                j, i, value, votes = j[alive], i[alive], value[alive], votes[alive]
        found = votes >= _LEAST_RIDGES
        middle[k, j[found], i[found]] = True
    # Where a tube opens into a wide vessel it stands out on fewer sides: it is followed over that length.
    further = round(_SIDE_MM / min(volume.spacing))
    return (
        np.asarray(ndimage.binary_dilation(middle, iterations=further, mask=array >= low)) if middle.any() else middle
    )
