"""Thin bone: below the half-way value, since blur takes its contrast, and yet there."""

import itertools

import numpy as np

from ..progress import ProgressCallback, no_progress

SIDE_MM = 1.6


def detect_ridges(
    array: np.ndarray,
    spacing: tuple[float, float, float],
    low: float,
    high: float,
    rise: float,
    progress: ProgressCallback = no_progress,
    slice_mm: float = 0.0,
) -> np.ndarray:
    """Boolean mask (k, j, i) of voxels from `low` to below `high` that stand out as a ridge.

    A voxel is on a ridge where, along one of 13 directions, it exceeds by `rise` both its neighbours about 1.6 mm
    away: a thin plate does, the flank of a thick bone does not. `spacing` are the steps i, j, k in mm. Across slices
    measured more than that apart (`slice_mm`) they lie one and a half slices away, since a plate between two slices
    shows in both; the side of a thick bone, which ends within that reach, is told by the brighter bone beside it.
    Works slice by slice.
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
            progress(k / array.shape[0], "looking for thin bone")
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
            # Diagonals reach as far in mm as the axes do.
            length = (a * a + b * b + c * c) ** 0.5
            ka, jb, ic = (round(s * d / length) or d for s, d in zip(sides, (a, b, c)))
            ridge = (value >= array[k + ka, j + jb, i + ic]) & (value >= array[k - ka, j - jb, i - ic])
            found |= ridge & ~flank if a else ridge
        result[k, j[found], i[found]] = True
    return result
