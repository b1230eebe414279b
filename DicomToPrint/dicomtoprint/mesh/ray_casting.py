"""Rays against a mesh, all of them at once: the first triangle that each one leaves the solid through, or enters it through.

Triangles are binned in an even grid and each ray traverses its cells (Amanatides and Woo, "A fast voxel traversal algorithm for
ray tracing", Eurographics 1987); triangle and ray by Moeller and Trumbore (1997). Vectorised over the rays of a block, a block a thread.
"""

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from ..progress import ProgressCallback, no_progress
from .arrays import Points
from .core import Mesh

_BLOCK = 16_384  # rays traced together: small enough to stay in the cache, large enough to hide the interpreter
_MAX_CELLS = 16_000_000
_MAX_PIECES = 2_000_000.0  # pieces that large triangles may be cut into
_PAIRS = 400_000  # of ray and triangle compared together: bounds the memory
_TOGETHER = 8_000  # pieces of triangles binned together: each may reach into a hundred cells
_EDGE = 1e-6  # barycentric: a ray through an edge meets one of its triangles


@dataclass(frozen=True)
class RayHits:
    """What each ray met first: `distance` (n,) mm, inf where nothing within reach; `triangle` (n,), -1 there."""

    distance: np.ndarray
    triangle: np.ndarray


class RayCaster:
    """A mesh made ready for rays; `normals` (m, 3) are its unit triangle normals, zero for triangles without area."""

    def __init__(self, mesh: Mesh, reach_mm: float, owner: np.ndarray | None = None) -> None:
        """Bin the triangles. Cells suit rays of about `reach_mm`; longer ones are only slower. `owner` (m,) is the object of each
        triangle, where there are several."""
        self.owner = owner
        points = mesh.points.astype(np.float64)
        self._centre = points.mean(axis=0) if len(points) else np.zeros(3)
        corners = (points - self._centre)[mesh.triangles]
        first, second = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
        cross = np.cross(first, second)
        doubled = np.linalg.norm(cross, axis=1)
        sound = np.flatnonzero(doubled > 1e-12)
        self.normals = np.divide(cross, doubled[:, None], out=np.zeros_like(cross), where=doubled[:, None] > 1e-12)
        self._plane = np.column_stack([self.normals, np.einsum("ij,ij->i", self.normals, corners[:, 0])])
        self._sides = np.concatenate([corners[:, 0], first, second], axis=1)
        self._bin(corners[sound], sound, doubled[sound] / 2.0, reach_mm)

    def first_hit(
        self,
        origins: Points,
        directions: Points,
        leaving: bool,
        reach_mm: float | np.ndarray,
        progress: ProgressCallback = no_progress,
        phrase: str = "",
        of: np.ndarray | None = None,
    ) -> RayHits:
        """First triangle that each ray from `origins` (n, 3) along unit `directions` (n, 3) leaves the solid through, or enters it through.

        `reach_mm` is a number or one a ray. `of` (n,): each ray meets triangles of this owner only. Triangles that a ray only grazes
        (within 0.06 degrees) are not met.
        """
        count = len(origins)
        distance, triangle = np.full(count, np.inf), np.full(count, -1, dtype=np.int64)
        if count == 0 or len(self._entries) == 0:
            return RayHits(distance, triangle)
        reach = np.broadcast_to(np.asarray(reach_mm, dtype=np.float64), (count,))
        sign = 1.0 if leaving else -1.0

        def trace(block: slice) -> slice:
            distance[block], triangle[block] = self._traverse(
                origins[block] - self._centre, directions[block], sign, reach[block], None if of is None else of[block]
            )
            return block

        blocks = [slice(start, min(start + _BLOCK, count)) for start in range(0, count, _BLOCK)]
        with ThreadPoolExecutor(min(os.cpu_count() or 1, 8)) as pool:
            try:
                for block in pool.map(trace, blocks):
                    progress(block.stop / count, phrase)
            except BaseException:
                pool.shutdown(cancel_futures=True)
                raise
        return RayHits(distance, triangle)

    def _bin(self, corners: np.ndarray, names: np.ndarray, area: np.ndarray, reach: float) -> None:
        self._entries = np.zeros(0, dtype=np.int64)
        if len(names) == 0:
            return
        low, high = corners.min(axis=(0, 1)), corners.max(axis=(0, 1))
        size = np.maximum(high - low, 1e-6)
        # Measured best on bones and on slender triangles: cells a little wider than the mean triangle.
        cell = min(1.2 * float(np.sqrt(area.mean())), max(reach / 3.0, 1e-6))
        cell = max(cell, float(np.sqrt(area.sum() / _MAX_PIECES)), float(size.max()) / 4096.0)
        cell = max(cell, float(np.prod(size / cell + 2.0) / _MAX_CELLS) ** (1.0 / 3.0) * cell)
        self._cell, self._low = cell, low - 0.01 * cell
        self._shape = np.floor((high + 0.01 * cell - self._low) / cell).astype(np.int64) + 1
        count = len(self.normals)
        # Pieces of one triangle share cells: each pair of cell and triangle counts once.
        pairs = np.concatenate([np.unique(key * count + owner) for key, owner in self._cells_of(corners, names)])
        pairs.sort()
        pairs = pairs[np.append(True, pairs[1:] != pairs[:-1])]
        # Narrow and in place: there may be a thousand cells and entries for each triangle.
        self._entries = (pairs % count).astype(np.int32)
        pairs //= count
        begins = np.flatnonzero(np.append(True, pairs[1:] != pairs[:-1]))
        self._start = np.zeros(int(np.prod(self._shape)) + 1, dtype=np.int32)
        self._start[pairs[begins] + 1] = np.diff(np.append(begins, len(pairs)))
        del pairs
        np.cumsum(self._start, out=self._start)
        self._planes = self._plane.astype(np.float32)[self._entries]  # beside one another a cell: read in order
        self._slack = 1e-6 * float(size.max())

    def _cells_of(self, corners: np.ndarray, names: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Pairs (cell, triangle) of every cell that a triangle's plane crosses within its box; large triangles piece by piece."""
        low, high = _box(corners)
        small = (high - low).max(axis=1) <= 4.0 * self._cell
        for block in np.array_split(np.flatnonzero(small), max(int(small.sum()) // _TOGETHER, 1)):
            if len(block):
                yield self._crossed(corners[block], names[block])
        large = np.flatnonzero(~small)
        # Part by part: all pieces of a few slender triangles at once may be millions.
        for block in np.array_split(large, max(4 * len(large) // _TOGETHER, 1)):
            if len(block):
                yield from self._cells_of(_quartered(corners[block]), np.repeat(names[block], 4))

    def _crossed(self, corners: np.ndarray, names: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        low, high = _box(corners)
        first = np.floor((low - self._low) / self._cell - 1e-6).astype(np.int64)
        last = np.floor((high - self._low) / self._cell + 1e-6).astype(np.int64)
        first, last = np.maximum(first, 0), np.minimum(last, self._shape - 1)
        count = last - first + 1
        entries = count[:, 0] * count[:, 1] * count[:, 2]
        which = np.repeat(np.arange(len(names)), entries)
        number = np.arange(len(which)) - np.repeat(np.cumsum(entries) - entries, entries)
        deep, wide = count[which, 2], count[which, 1]
        number, z = np.divmod(number, deep)
        x, y = np.divmod(number, wide)
        normal, offset = self._plane[names, :3], self._plane[names, 3]
        away = np.einsum("ij,ij->i", self._low + (first + 0.5) * self._cell, normal) - offset
        along = (normal * self._cell)[which]
        away = np.abs(away[which] + x * along[:, 0] + y * along[:, 1] + z * along[:, 2])
        crossed = np.flatnonzero(away <= (0.5001 * self._cell * np.abs(normal).sum(axis=1) + 1e-9)[which])
        which = which[crossed]
        start = (first[:, 0] * self._shape[1] + first[:, 1]) * self._shape[2] + first[:, 2]
        key = start[which] + (x[crossed] * self._shape[1] + y[crossed]) * self._shape[2] + z[crossed]
        return key, names[which]

    def _traverse(
        self, origins: np.ndarray, directions: np.ndarray, sign: float, reach: np.ndarray, of: np.ndarray | None
    ) -> tuple[np.ndarray, np.ndarray]:
        distance, triangle = np.full(len(origins), np.inf), np.full(len(origins), -1, dtype=np.int64)
        with np.errstate(divide="ignore"):
            inverse = 1.0 / directions
        enter = self._enters(origins, inverse)
        rows = np.flatnonzero(enter <= reach)
        at = (origins[rows] + enter[rows, None] * directions[rows] - self._low) / self._cell
        cell = np.clip(np.floor(at).astype(np.int64), 0, self._shape - 1)
        step = np.where(directions[rows] > 0, 1, -1)
        border = self._low + (cell + (step > 0)) * self._cell
        with np.errstate(invalid="ignore"):
            until = np.where(np.isfinite(inverse[rows]), (border - origins[rows]) * inverse[rows], np.inf)
        stride = np.where(np.isfinite(inverse[rows]), np.abs(inverse[rows]) * self._cell, np.inf)
        while len(rows):
            key = (cell[:, 0] * self._shape[1] + cell[:, 1]) * self._shape[2] + cell[:, 2]
            axis = until.argmin(axis=1)
            leave = until[np.arange(len(rows)), axis]
            begin, end = self._start[key], self._start[key + 1]
            for full in _in_parts(np.flatnonzero(end > begin), end - begin):
                limit = np.minimum(leave[full] * (1.0 + 1e-9) + 1e-9, reach[rows[full]])
                near, which = self._meet(
                    origins, directions, sign, rows[full], begin[full], end[full] - begin[full], limit, of
                )
                distance[rows[full]], triangle[rows[full]] = near, which
            go = (leave < reach[rows]) & ~np.isfinite(distance[rows])
            every = np.arange(len(rows))
            cell[every, axis] += step[every, axis]
            until[every, axis] += stride[every, axis]
            moved = cell[every, axis]
            go &= (moved >= 0) & (moved < self._shape[axis])
            rows, cell, step, until, stride = rows[go], cell[go], step[go], until[go], stride[go]
        return distance, triangle

    def _enters(self, origins: np.ndarray, inverse: np.ndarray) -> np.ndarray:
        """(n,) distance at which each ray comes into the grid, 0 inside, inf where it never does."""
        high = self._low + self._shape * self._cell
        with np.errstate(invalid="ignore"):
            one, other = (self._low - origins) * inverse, (high - origins) * inverse
        inside = (origins >= self._low) & (origins <= high)
        near = np.where(np.isfinite(inverse), np.minimum(one, other), np.where(inside, -np.inf, np.inf)).max(axis=1)
        far = np.where(np.isfinite(inverse), np.maximum(one, other), np.where(inside, np.inf, -np.inf)).min(axis=1)
        return np.where(far >= np.maximum(near, 0.0), np.maximum(near, 0.0), np.inf)

    def _meet(
        self,
        origins: np.ndarray,
        directions: np.ndarray,
        sign: float,
        rows: np.ndarray,
        begin: np.ndarray,
        count: np.ndarray,
        limit: np.ndarray,
        of: np.ndarray | None,
    ) -> tuple[np.ndarray, np.ndarray]:
        """Nearest hit of each of `rows` among the triangles of its cell: distance up to `limit` or inf, and triangle or -1."""
        ray = np.repeat(np.arange(len(rows), dtype=np.int32), count)
        place = np.arange(len(ray)) + np.repeat(begin - np.cumsum(count) + count, count)
        along, start = (sign * directions[rows]).astype(np.float32), (sign * origins[rows]).astype(np.float32)
        plane = self._planes[place]
        facing, ahead = plane[:, 0] * along[ray, 0], sign * plane[:, 3] - plane[:, 0] * start[ray, 0]
        for axis in (1, 2):
            facing += plane[:, axis] * along[ray, axis]
            ahead -= plane[:, axis] * start[ray, axis]
        # Compared before the division: most triangles of a cell are the ray's own wall, or lie behind it.
        slack = self._slack
        keep = np.flatnonzero((facing > 1e-3) & (ahead > -slack) & (ahead <= facing * (limit[ray] + slack) + slack))
        ray, name = ray[keep], self._entries[place[keep]]
        if of is not None and self.owner is not None:
            same = self.owner[name] == of[rows[ray]]
            ray, name = ray[same], name[same]
        exact = self._plane[name]
        start = origins[rows[ray]]
        ahead = sign * (exact[:, 3] - np.einsum("ij,ij->i", exact[:, :3], start))
        away = ahead / (sign * np.einsum("ij,ij->i", exact[:, :3], directions[rows[ray]]))
        right = (ahead > 1e-7) & (away <= limit[ray])
        ray, name, away = ray[right], name[right], away[right]
        inside = self._inside(origins[rows[ray]], directions[rows[ray]], name)
        ray, name, away = ray[inside], name[inside], away[inside]
        order = np.lexsort((away, ray))
        ray, name, away = ray[order], name[order], away[order]
        nearest = np.ones(len(ray), dtype=bool)
        nearest[1:] = ray[1:] != ray[:-1]
        distance, triangle = np.full(len(rows), np.inf), np.full(len(rows), -1, dtype=np.int64)
        distance[ray[nearest]], triangle[ray[nearest]] = away[nearest], name[nearest]
        return distance, triangle

    def _inside(self, origins: np.ndarray, directions: np.ndarray, names: np.ndarray) -> np.ndarray:
        sides = self._sides[names]
        corner, first, second = sides[:, :3], sides[:, 3:6], sides[:, 6:]
        across = np.cross(directions, second)
        scale = np.einsum("ij,ij->i", first, across)
        offset = origins - corner
        with np.errstate(divide="ignore", invalid="ignore"):
            u = np.einsum("ij,ij->i", offset, across) / scale
            v = np.einsum("ij,ij->i", directions, np.cross(offset, first)) / scale
        return (u >= -_EDGE) & (v >= -_EDGE) & (u + v <= 1.0 + _EDGE)


def _in_parts(rows: np.ndarray, count: np.ndarray) -> Iterator[np.ndarray]:
    """The rows in parts that meet a bounded number of triangles: where many slender ones share a point, a cell holds hundreds."""
    if len(rows):
        met = np.cumsum(count[rows])
        yield from np.split(rows, np.unique(np.searchsorted(met, np.arange(_PAIRS, met[-1], _PAIRS))))


def _box(corners: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(n, 3) lowest and (n, 3) highest coordinates of triangles (n, 3, 3); three at a time, numpy reduces short axes slowly."""
    a, b, c = corners[:, 0], corners[:, 1], corners[:, 2]
    return np.minimum(np.minimum(a, b), c), np.maximum(np.maximum(a, b), c)


def _quartered(corners: np.ndarray) -> np.ndarray:
    """(4 n, 3, 3) the triangles (n, 3, 3) cut at the middles of their sides, the four pieces of each together."""
    a, b, c = corners[:, 0], corners[:, 1], corners[:, 2]
    ab, bc, ca = (a + b) / 2.0, (b + c) / 2.0, (c + a) / 2.0
    pieces = [np.stack(three, axis=1) for three in ((a, ab, ca), (ab, b, bc), (ca, bc, c), (ab, bc, ca))]
    return np.stack(pieces, axis=1).reshape(-1, 3, 3)
