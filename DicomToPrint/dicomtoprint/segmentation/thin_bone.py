"""Thin bone by ridge detection: plates whose contrast the scan's blur has lowered below the threshold of thick bone."""

import itertools

import numpy as np

from ..messages import _
from ..progress import ProgressCallback, no_progress

SIDE_MM = 1.6


# Longer than 60 lines, nearly half of them its docstring: one pass over the slices, whose steps share all that it computes.
def detect_ridges(
    array: np.ndarray,
    spacing: tuple[float, float, float],
    low: float,
    high: float,
    rise: float,
    progress: ProgressCallback = no_progress,
    slice_mm: float = 0.0,
) -> np.ndarray:
    """Voxels on a ridge of grey values.

    A voxel is on a ridge where, along one of 13 directions, it exceeds both voxels at `SIDE_MM` to either side by `rise`. A
    thin plate does; the flank of a thick bone does not.

    Parameters
    ----------
    array
        Grey values (k, j, i).
    spacing
        Steps of the indices i, j, k in mm.
    low, high
        Only voxels from `low` to below `high` are tested.
    rise
        By how much a ridge exceeds both sides, in grey values.
    progress
        Called with fraction and phrase; one slice is processed at a time.
    slice_mm
        Distance of the measured slices. Above `SIDE_MM` the sides across slices lie 1.5 slices away, since a plate between two
        slices shows in both; the flank of a thick bone is then recognized by brighter bone beside it in the slice.

    Returns
    -------
    numpy.ndarray
        (k, j, i) bool; False near the border of the volume.
    """
    result = np.zeros(array.shape, dtype=bool)
    reach = (1.5 * slice_mm if slice_mm > SIDE_MM else SIDE_MM, SIDE_MM, SIDE_MM)
    sides = tuple(max(1, round(mm / step)) for mm, step in zip(reach, spacing[::-1]))
    if any(size <= 2 * side for size, side in zip(array.shape, sides)):
        return result
    directions = [d for d in itertools.product((-1, 0, 1), repeat=3) if d > (0, 0, 0)]
    dk, dj, di = sides
    beside = ((dj, 0), (-dj, 0), (0, di), (0, -di)) if reach[0] > SIDE_MM else ()
    for k in range(dk, array.shape[0] - dk):
        if k % 32 == 0:
            progress(k / array.shape[0], _("looking for thin bone"))
        plane = array[k, dj:-dj, di:-di]
        j, i = np.nonzero((plane >= low) & (plane < high))
        j += dj
        i += di
        value = array[k, j, i].astype(np.float32) - np.float32(rise)
        found = np.zeros(len(j), dtype=bool)
        flank = np.zeros(len(j), dtype=bool)
        for b, c in beside:
            flank |= array[k, j + b, i + c] > value + np.float32(3.0 * rise)
        for a, b, c in directions:
            # The same distance in mm along diagonals as along the axes.
            length = (a * a + b * b + c * c) ** 0.5
            ka, jb, ic = (round(s * d / length) or d for s, d in zip(sides, (a, b, c)))
            ridge = (value >= array[k + ka, j + jb, i + ic]) & (value >= array[k - ka, j - jb, i - ic])
            found |= ridge & ~flank if a else ridge
        result[k, j[found], i[found]] = True
    return result
