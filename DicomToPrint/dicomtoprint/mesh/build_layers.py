"""What layers meet when a model is built upwards along z: air that is shut in between model and film, parts that begin in the air."""

from dataclasses import dataclass

import numpy as np

from .arrays import Mask
from .grid import Grid

_SIDES = np.array([[0, 1, 0], [1, 1, 1], [0, 1, 0]], dtype=bool)


@dataclass(frozen=True)
class LayerRegion:
    """A region of a layer: its `area` in mm2, the `volume` in mm3 that it shuts in below (0 for what begins in the air), and its
    `place` (3,) in LPS mm."""

    area: float
    volume: float
    place: np.ndarray


def find_suction_cups(solid: Mask, grid: Grid) -> tuple[LayerRegion, ...]:
    """Hollows that are open upwards only, each at the layer at which it has shut in most, the largest first.

    While such a hollow grows, the model, the layer that is built and the film under it shut in what is inside: it has no way out
    downwards or sideways. What stays shut in for ever is a cavity, and no cup.

    Parameters
    ----------
    solid
        (k, j, i) bool, z upwards along k, with air on every side.
    """
    from scipy.ndimage import label

    cups: list[LayerRegion] = []
    hollows = _Hollows()
    below, first_below = np.zeros(solid.shape[1:], dtype=np.int32), 0
    for level in range(len(solid)):
        layer, count = label(~solid[level], _SIDES)
        areas = np.bincount(layer.ravel(), minlength=count + 1)
        first = hollows.added(count)
        # A region that reaches the border has a way out.
        for number in np.unique(np.concatenate([layer[0], layer[-1], layer[:, 0], layer[:, -1]])):
            if number:
                hollows.vented[first + int(number)] = True
        shut = hollows.shut_in(first_below, int(below.max()))
        pairs = np.unique(layer.astype(np.int64) * (int(below.max()) + 1) + below)
        for up, down in np.stack(np.divmod(pairs, int(below.max()) + 1), axis=1).tolist():
            if up and down:
                hollows.joined(first + up, first_below + down)
        for volume, members in shut:
            if hollows.vented[hollows.root(members[0])]:
                numbers = [member - first_below for member in members]
                cups.append(_region(np.isin(below, numbers), volume, level - 1, grid))
        for number in range(1, count + 1):
            hollows.volume[hollows.root(first + number)] += int(areas[number])
        below, first_below = layer, first
    return tuple(sorted(cups, key=lambda item: -item.volume))


class _Hollows:
    """Regions of air of all layers so far, joined where they hang together: voxels of each hollow, and whether it has a way out."""

    def __init__(self) -> None:
        self.volume: list[int] = []
        self.vented: list[bool] = []
        self._parent: list[int] = []

    def added(self, count: int) -> int:
        """Take the regions 1 to `count` of a layer, and one for what is no air; the number of that one."""
        first = len(self._parent)
        self._parent += range(first, first + count + 1)
        self.volume += [0] * (count + 1)
        self.vented += [False] * (count + 1)
        return first

    def root(self, region: int) -> int:
        """The region that stands for the hollow."""
        while self._parent[region] != region:
            self._parent[region] = self._parent[self._parent[region]]
            region = self._parent[region]
        return region

    def joined(self, one: int, other: int) -> None:
        """Make one hollow of two regions."""
        one, other = self.root(one), self.root(other)
        if one != other:
            self._parent[other] = one
            self.volume[one] += self.volume[other]
            self.vented[one] = self.vented[one] or self.vented[other]

    def shut_in(self, first: int, count: int) -> list[tuple[int, list[int]]]:
        """Hollows without a way out among the regions 1 to `count` of a layer: their voxels, and their regions in it."""
        found: dict[int, list[int]] = {}
        for region in range(first + 1, first + count + 1):
            if not self.vented[self.root(region)]:
                found.setdefault(self.root(region), []).append(region)
        return [(self.volume[root], members) for root, members in found.items()]


def _region(rows: np.ndarray, volume: int, level: int, grid: Grid) -> LayerRegion:
    """A region of the layer `level` (j, i) that shuts in so many voxels."""
    at = np.argwhere(rows)
    middle = at[int(np.argmin(((at - at.mean(axis=0)) ** 2).sum(axis=1)))]
    place = grid.points(np.array([[level, *middle]], dtype=np.float64))[0]
    return LayerRegion(len(at) * grid.spacing**2, volume * grid.spacing**3, place)


def find_islands(solid: Mask, grid: Grid, least_voxels: int = 4) -> tuple[LayerRegion, ...]:
    """Regions of layers that begin in the air, with nothing of the layer below under or beside them, the largest first; what stands on
    the plate is none."""
    from scipy.ndimage import binary_dilation, label

    filled = np.flatnonzero(solid.any(axis=(1, 2)))
    islands = []
    for level in range(int(filled[0]) + 1, int(filled[-1]) + 1) if len(filled) else ():
        layer, count = label(solid[level], _SIDES)
        held = np.zeros(count + 1, dtype=bool)
        held[layer[binary_dilation(solid[level - 1], _SIDES)]] = True
        sizes = np.bincount(layer.ravel(), minlength=count + 1)
        for number in np.flatnonzero(~held & (sizes >= least_voxels)):
            if number:
                islands.append(_region(layer == number, 0, level, grid))
    return tuple(sorted(islands, key=lambda item: -item.area))
