"""Thin bone at any orientation: voxels that stand out as a sheet are raised to where the boundary's grey value finds them.

Blur takes the contrast of a wall thinner than itself, so no grey value that suits thick bone reaches it. Each voxel is
compared with its two neighbours along 13 directions, beyond the reach of the blur. By how much it exceeds both says how
much of a wall it holds, smoothly, whatever the wall's orientation; a multiple of that, added to the surroundings' grey
value, takes the place of the voxel where it is more. The contour of that field encloses the wall, and its faces are
fitted to the scan afterwards (`reconstruction/wall_search.py`): what is raised says where walls are, not how thick they are.
"""

import itertools
from dataclasses import dataclass

import numpy as np

from ..config.wall_settings import wall_settings
from ..messages import _
from ..progress import ProgressCallback, no_progress

_SET = wall_settings().sheets
_FLAT = 3  # of the 13 directions: as many lie in a sheet, along which it does not stand out; one along a rod

_AROUND = tuple(step for step in itertools.product((-1, 0, 1), repeat=3) if any(step))


@dataclass(frozen=True)
class Raised:
    """Voxels of thin walls: their flat indices `at` (n,) in the grid (k, j, i), and the grey `values` (n,) float32 that
    take the place of theirs; `wall` (n,) bool those which lie in a wall."""

    at: np.ndarray
    values: np.ndarray
    wall: np.ndarray


def raised_walls(
    array: np.ndarray,
    spacing: tuple[float, float, float],
    level: float,
    inside: float,
    outside: float,
    noise: float,
    slice_mm: float = 0.0,
    in_air: bool = False,
    progress: ProgressCallback = no_progress,
) -> Raised:
    """Voxels (k, j, i) darker than `level` that belong to a wall of bone of grey value `inside` in surroundings of
    `outside`.

    `spacing` are the steps i, j, k in mm, `slice_mm` the scan's own step from slice to slice: where slices are further
    apart than `far_slices_mm` of the settings a neighbour one slice away may give way to that two slices away on one side,
    since a plate between two slices shows in both.
    """
    contrast = inside - outside
    sheet, weakest = (_SET.sheet_in_air, _SET.weak_in_air) if in_air else (_SET.sheet, _SET.weak)
    least = max(sheet * contrast, min(_SET.noises * noise, _SET.rod * contrast))
    gains = (level - outside) / least, (level - outside) / max(_SET.rod * contrast, least)
    far = slice_mm > _SET.far_slices_mm
    reach = (max(slice_mm, _SET.side_mm) if far else _SET.side_mm, _SET.side_mm, _SET.side_mm)
    sides = tuple(max(1, round(mm / step)) for mm, step in zip(reach, spacing[::-1]))
    if far:
        sides = (2 * sides[0], *sides[1:])
    found: list[tuple[np.ndarray, np.ndarray]] = []
    if not any(size <= 2 * side for size, side in zip(array.shape, sides)):
        steps = _steps((sides[0] // 2, *sides[1:]) if far else sides)
        # Beyond slices far apart a thick bone may have ended: brighter bone beside shows it.
        flank = (sides[1], sides[2], _SET.flank * contrast) if far else None
        for k in range(sides[0], array.shape[0] - sides[0]):
            if k % 32 == 0:
                progress(k / array.shape[0], _("looking for thin bone"))
            j, i = _candidates(array, k, sides, outside + 0.5 * least, level, 0.25 * least)
            if len(j):
                values = _raised(array, (k, j, i), steps, outside, level, gains, flank)
                more = values > array[k, j, i]
                flat = (k * array.shape[1] + j[more]) * array.shape[2] + i[more]
                found.append((flat, values[more]))
    at = np.concatenate([f for f, _unused in found]) if found else np.zeros(0, dtype=np.int64)
    values = np.concatenate([v for _unused, v in found]) if found else np.zeros(0, dtype=np.float32)
    if len(found) and (values > level).any():
        weak = max(weakest * contrast, _SET.weak_noises * noise)
        beside = _beside(array, at[values > level], sides, (outside + weak, level))
        gains = (level - outside) / weak, gains[1]
        more = _raised(array, np.unravel_index(beside, array.shape), steps, outside, level, gains, flank)
        at, values = _united(np.concatenate([at, beside]), np.concatenate([values, more]))
    return Raised(at, values, values > level)


def _beside(array: np.ndarray, at: np.ndarray, sides: tuple[int, ...], limits: tuple[float, float]) -> np.ndarray:
    """Flat indices of the voxels around those given, brighter than the first of the limits and not than the second."""
    plane, row = array.shape[1] * array.shape[2], array.shape[2]
    near = np.unique(
        np.concatenate([at + k * plane + j * row + i for k, j, i in itertools.product((-1, 0, 1), repeat=3)])
    )
    near = near[(near >= 0) & (near < array.size)]
    values = array.reshape(-1)[near]
    near = near[(values > limits[0]) & (values <= limits[1])]
    places = np.unravel_index(near, array.shape)
    inside = [(p >= side) & (p < size - side) for p, side, size in zip(places, sides, array.shape)]
    return np.asarray(near[inside[0] & inside[1] & inside[2]])


def _united(at: np.ndarray, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Indices in order, each once, with the largest of their values."""
    order = np.lexsort((-values, at))
    at, values = at[order], values[order]
    first = np.append(True, at[1:] != at[:-1])
    return at[first], values[first]


def _steps(sides: tuple[int, ...]) -> list[tuple[int, int, int]]:
    """13 steps (k, j, i); diagonals reach as far in mm as the axes do."""
    result = []
    for direction in itertools.product((-1, 0, 1), repeat=3):
        if direction > (0, 0, 0):
            length = sum(d * d for d in direction) ** 0.5
            result.append(tuple(round(s * d / length) or d for s, d in zip(sides, direction)))
    return result  # type: ignore[return-value]


def _candidates(
    array: np.ndarray, k: int, sides: tuple[int, ...], low: float, high: float, rise: float
) -> tuple[np.ndarray, np.ndarray]:
    """Rows and columns of the voxels of a slice from `low` to `high` that exceed the mean of six neighbours by `rise`: a
    third of what a sheet across an axis stands out by, and more of any other."""
    dk, dj, di = sides
    inner = slice(dj, array.shape[1] - dj), slice(di, array.shape[2] - di)
    plane = array[k][inner]
    some = (plane > low) & (plane <= high)
    j, i = np.divmod(np.flatnonzero(some), some.shape[1])
    j, i = j + dj, i + di
    total = np.zeros(len(j), dtype=np.float32)
    for a, b, c in ((dk, 0, 0), (-dk, 0, 0), (0, dj, 0), (0, -dj, 0), (0, 0, di), (0, 0, -di)):
        total += array[k + a, j + b, i + c]
    keep = array[k, j, i] - total / np.float32(6.0) > rise
    return j[keep], i[keep]


def _raised(
    array: np.ndarray,
    place: "tuple[int | np.ndarray, ...]",
    steps: list[tuple[int, int, int]],
    outside: float,
    level: float,
    gains: tuple[float, float],
    flank: tuple[int, int, float] | None,
) -> np.ndarray:
    """(n,) the grey values that take the voxels' place. `flank`: rows and columns to the sides at which what is brighter
    by so much tells the flank of thick bone, of which only the directions in the slice count."""
    k, j, i = place
    value = array[k, j, i].astype(np.float32)
    drops = np.empty((len(steps), len(value)), dtype=np.float32)
    for drop, (a, b, c) in zip(drops, steps):
        after, before = array[k + a, j + b, i + c], array[k - a, j - b, i - c]
        np.maximum(after, before, out=drop, casting="unsafe")
        if flank is not None and a:
            b2, c2 = np.clip(j + 2 * b, 0, array.shape[1] - 1), np.clip(i + 2 * c, 0, array.shape[2] - 1)
            np.minimum(drop, np.maximum(array[k + 2 * a, b2, c2], before), out=drop, casting="unsafe")
            b2, c2 = np.clip(j - 2 * b, 0, array.shape[1] - 1), np.clip(i - 2 * c, 0, array.shape[2] - 1)
            np.minimum(drop, np.maximum(array[k - 2 * a, b2, c2], after), out=drop, casting="unsafe")
    np.subtract(value, drops, out=drops)
    if flank is not None:
        dj, di, more = flank
        beside = np.max([array[k, j + b, i + c] for b, c in ((dj, 0), (-dj, 0), (0, di), (0, -di))], axis=0)
        across = np.array([step[0] != 0 for step in steps])
        drops[np.ix_(across, np.flatnonzero(beside > value + more))] = -np.inf
    drops.partition((_FLAT - 1, len(steps) - 1), axis=0)
    most = drops[-1]
    # 1 in a sheet, 0 in a rod or a grain.
    sheet = np.clip(1.5 - 2.0 * drops[_FLAT - 1] / np.maximum(most, 1e-6), 0.0, 1.0)
    stands_out = np.clip(most, 0.0, value - np.float32(outside))
    some = np.flatnonzero(outside + stands_out * max(gains) > value)
    near = [p[some] if isinstance(p, np.ndarray) else p for p in place]
    top = np.max([array[tuple(p + s for p, s in zip(near, step))] for step in _AROUND], axis=0)
    top = np.maximum(top, value[some]) - np.float32(outside)
    share = (value[some] - outside) / np.maximum(top, 1e-6)
    # Where the wall is bright enough by itself only what is about as bright belongs to it.
    seen = np.clip((top / (level - outside) - _SET.seen[0]) / (_SET.seen[1] - _SET.seen[0]), 0.0, 1.0)
    stands_out[some] *= np.clip((share - _SET.foot[0] - _SET.higher * seen) / (_SET.foot[1] - _SET.foot[0]), 0.0, 1.0)
    return np.asarray(outside + stands_out * (gains[1] + (gains[0] - gains[1]) * sheet), dtype=np.float32)
