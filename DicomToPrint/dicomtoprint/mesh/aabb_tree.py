"""Pairs of triangles whose boxes overlap, by a tree of boxes that is traversed level by level for many pairs at once."""

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import numpy as np

from ..messages import _
from ..progress import ProgressCallback, no_progress

_START = 128  # nodes of the level from which the traversal starts
_GUARDS = np.int64((1 << 20) | (1 << 41) | (1 << 62))
_CHUNK = 200_000  # pairs that one traversal starts from, grown to, at most: bounds the memory


class AabbTree:
    """Binary tree over boxes sorted along a Morton curve; level 0 holds the boxes, each level above half as many.

    `order` (n,) is the index of each leaf's box. Corners are kept on a grid of 20 bits an axis, three axes in one
    word with a guard bit above each: one subtraction then compares three coordinates. Rounding down both corners
    never loses an overlap. Two trees that are compared need the same `frame` (low (3,), high (3,)) around all their
    boxes.
    """

    def __init__(self, low: np.ndarray, high: np.ndarray, frame: tuple[np.ndarray, np.ndarray] | None = None) -> None:
        bottom, top = frame if frame is not None else (low.min(axis=0), high.max(axis=0))
        scale = (2**20 - 1) / max(float((top.astype(np.float64) - bottom).max()), 1e-300)
        lows, highs = (((corner - bottom.astype(np.float64)) * scale).astype(np.int64) for corner in (low, high))
        self.order = np.argsort(_morton(lows + highs))
        columns = [np.ascontiguousarray(lows[self.order, k]) for k in range(3)]
        columns += [np.ascontiguousarray(highs[self.order, k]) for k in range(3)]
        self.levels = [_packed(columns)]
        while len(columns[0]) > (_START if frame is None else 1):
            columns = [_halved(column, np.minimum if k < 3 else np.maximum) for k, column in enumerate(columns)]
            self.levels.append(_packed(columns))
        # First and second children apart: taken from every other place of an array, it would be copied each time.
        self.halves = [[[np.ascontiguousarray(c[k::2]) for c in level] for k in (0, 1)] for level in self.levels[:-1]]

    def starts(self, other: "AabbTree") -> tuple[np.ndarray, np.ndarray, int]:
        """All overlapping pairs of nodes of the top levels; of one tree with itself each pair once."""
        level = min(len(self.levels), len(other.levels)) - 1
        sizes = len(self.levels[level][0]), len(other.levels[level][0])
        if self is other:
            first, second = np.triu_indices(sizes[0])
        else:
            first, second = (grid.ravel() for grid in np.indices(sizes))
        keep = self._overlap(other, level, first, second)
        return first[keep], second[keep], level

    def _overlap(self, other: "AabbTree", level: int, first: np.ndarray, second: np.ndarray) -> np.ndarray:
        return _meet(*(c.take(first) for c in self.levels[level]), *(c.take(second) for c in other.levels[level]))

    def descend(
        self, other: "AabbTree", level: int, first: np.ndarray, second: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """The overlapping pairs one level below the overlapping pairs given."""
        own = [[c.take(first) for c in corners] for corners in self.halves[level - 1]]
        others = [[c.take(second) for c in corners] for corners in other.halves[level - 1]]
        firsts, seconds = [], []
        for i, j in ((0, 0), (0, 1), (1, 0), (1, 1)):
            meet = _meet(*own[i], *others[j])
            if self is other and i > j:
                meet &= first != second  # (1, 0) of a node with itself is (0, 1) again
            keep = np.flatnonzero(meet)
            firsts.append(2 * first.take(keep) + i)
            seconds.append(2 * second.take(keep) + j)
        return np.concatenate(firsts), np.concatenate(seconds)


def _meet(low_a: np.ndarray, high_a: np.ndarray, low_b: np.ndarray, high_b: np.ndarray) -> np.ndarray:
    """(p,) bool: whether packed boxes overlap, row by row."""
    ahead = high_b - low_a
    ahead &= high_a - low_b
    ahead &= _GUARDS
    return ahead == _GUARDS


def _packed(columns: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """The boxes in one word a corner; an odd number of them with one more that meets nothing."""
    low = columns[0] | (columns[1] << 21) | (columns[2] << 42)
    high = (columns[3] | (columns[4] << 21) | (columns[5] << 42)) | _GUARDS
    if len(low) % 2 == 0 or len(low) == 1:
        return low, high
    return np.append(low, np.int64(1 << 20)), np.append(high, _GUARDS)


def _halved(column: np.ndarray, join: np.ufunc) -> np.ndarray:
    even = len(column) // 2 * 2
    half = join(column[:even:2], column[1:even:2])
    return np.append(half, column[-1]) if len(column) % 2 else half


def _morton(cells: np.ndarray) -> np.ndarray:
    """Interleaved bits of (n, 3) whole numbers below 2**21."""
    code = np.zeros(len(cells), dtype=np.uint64)
    for k in range(3):
        x = cells[:, k].astype(np.uint64)
        for shift, mask in (
            (32, 0x1F00000000FFFF),
            (16, 0x1F0000FF0000FF),
            (8, 0x100F00F00F00F00F),
            (4, 0x10C30C30C30C30C3),
            (2, 0x1249249249249249),
        ):
            x = (x | (x << np.uint64(shift))) & np.uint64(mask)
        code |= x << np.uint64(k)
    return code


def map_overlapping_pairs(
    first: AabbTree,
    second: AabbTree,
    decide: Callable[[np.ndarray, np.ndarray], np.ndarray],
    progress: ProgressCallback = no_progress,
) -> np.ndarray:
    """Rows that `decide` returns for the overlapping pairs, put together.

    `decide` gets chunks of pairs, (p,) indices of boxes of `first` and (p,) of `second`, in several threads (numpy
    lets go of the interpreter lock). With the same tree twice every unordered pair comes once, and no box with
    itself.
    """
    a, b, level = first.starts(second)
    threads = min(4, os.cpu_count() or 1)
    pieces = np.array_split(np.arange(len(a)), max(1, min(16 * threads, len(a) // 64)))
    found: list[np.ndarray] = []

    def work(piece: np.ndarray) -> list[np.ndarray]:
        return [decide(i, j) for i, j in _traverse(first, second, a[piece], b[piece], level)]

    with ThreadPoolExecutor(threads) as pool:
        tasks = [pool.submit(work, piece) for piece in pieces]
        try:
            for number, task in enumerate(tasks):
                found += task.result()
                progress((number + 1) / len(tasks), _("comparing triangles"))
        finally:
            pool.shutdown(wait=True, cancel_futures=True)
    return np.concatenate(found) if found else np.zeros((0, 2), dtype=np.int64)


def _traverse(
    first: AabbTree, second: AabbTree, a: np.ndarray, b: np.ndarray, level: int
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    stack = [(a, b, level)]
    while stack:
        a, b, level = stack.pop()
        while level > 0 and 0 < len(a) <= _CHUNK:
            a, b = first.descend(second, level, a, b)
            level -= 1
        if level > 0 and len(a):
            cuts = np.linspace(0, len(a), -(-len(a) // (_CHUNK // 4)) + 1).astype(int)
            stack += [(a[s:e], b[s:e], level) for s, e in pairwise(cuts)]
        elif len(a):
            if first is second:
                apart = np.flatnonzero(a != b)
                a, b = a.take(apart), b.take(apart)
            yield first.order.take(a), second.order.take(b)
