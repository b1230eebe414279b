"""Solids with an exact signed distance and their coverage of a Gaussian point spread function.

Points are (n, 3) in LPS mm, float32 or float64; distances are mm, negative inside. `coverage(points, sigma)` is the
share in [0, 1] of an isotropic Gaussian of standard deviation `sigma` mm, centred on the point, that lies in the
solid: exact for flat faces, slabs, boxes and balls; for other curved faces the flat-face value, off by about sigma^2
/ (2 x curvature radius).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

import numpy as np

Point = tuple[float, float, float]
_NODES = 256
_REST = 0.2  # of the width of the point spread function, left to each node of it
_NONE = 0.002  # of the coverage: below it a part is not met
_CHUNK = 1000


class Solid(Protocol):
    """Anything with a signed distance (never larger than the true one outside) and a coverage."""

    def distance(self, points: np.ndarray) -> np.ndarray: ...

    def coverage(self, points: np.ndarray, sigma: float) -> np.ndarray: ...


def half_space_coverage(distance: np.ndarray, sigma: float) -> np.ndarray:
    """Coverage by a half-space at signed `distance`: the edge spread function of a Gaussian."""
    from scipy.special import ndtr

    return ndtr(distance * distance.dtype.type(-1.0 / sigma))


@lru_cache(maxsize=1)
def _gaussian_nodes() -> np.ndarray:
    """(`_NODES`, 3) points spread like a Gaussian of standard deviation 1 (Sobol's sequence)."""
    from scipy.special import ndtri
    from scipy.stats import qmc

    return ndtri(qmc.Sobol(3, scramble=False).random(_NODES) + 0.5 / _NODES)


def _from(points: np.ndarray, centre: Sequence[float]) -> np.ndarray:
    return points - np.asarray(centre, dtype=points.dtype)


@dataclass(frozen=True)
class Ball:
    """A ball of `radius` mm around `centre`."""

    centre: Point
    radius: float

    def distance(self, points: np.ndarray) -> np.ndarray:
        """Exact signed distance."""
        return np.linalg.norm(_from(points, self.centre), axis=-1) - points.dtype.type(self.radius)

    def coverage(self, points: np.ndarray, sigma: float) -> np.ndarray:
        """Exact: the integral of a Gaussian over a ball in closed form."""
        from scipy.special import ndtr

        r = np.maximum(np.linalg.norm(_from(points, self.centre), axis=-1).astype(np.float64), 1e-3 * sigma)
        near, far = (self.radius - r) / sigma, (self.radius + r) / sigma
        tail = sigma / (np.sqrt(2 * np.pi) * r) * (np.exp(-near * near / 2) - np.exp(-far * far / 2))
        return (ndtr(near) + ndtr(far) - 1.0 - tail).astype(points.dtype)


@dataclass(frozen=True)
class Box:
    """A box: `half` sizes in mm along the rows of `axes` (3x3, orthonormal)."""

    centre: Point
    half: Point
    axes: tuple[Point, Point, Point] = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))

    def _local(self, points: np.ndarray) -> np.ndarray:
        return _from(points, self.centre) @ np.asarray(self.axes, dtype=points.dtype).T

    def distance(self, points: np.ndarray) -> np.ndarray:
        """Exact signed distance."""
        q = np.abs(self._local(points)) - np.asarray(self.half, dtype=points.dtype)
        return np.linalg.norm(np.maximum(q, 0), axis=-1) + np.minimum(q.max(axis=-1), 0)

    def coverage(self, points: np.ndarray, sigma: float) -> np.ndarray:
        """Exact: a Gaussian is separable along the axes of the box."""
        from scipy.special import ndtr

        local = self._local(points) / points.dtype.type(sigma)
        half = np.asarray(self.half, dtype=points.dtype) / points.dtype.type(sigma)
        return np.prod(ndtr(half - local) - ndtr(-half - local), axis=-1)

    def bounds(self) -> tuple[float, float, float, float, float, float]:
        """xmin, xmax, ymin, ymax, zmin, zmax in mm."""
        reach = np.abs(np.asarray(self.axes)).T @ np.asarray(self.half)
        (x, y, z), (a, b, c) = self.centre, (float(v) for v in reach)
        return x - a, x + a, y - b, y + b, z - c, z + c


@dataclass(frozen=True)
class RoundCone:
    """The hull of two balls: a shaft from `start` to `end` with radii mm at its ends (a capsule where they are
    equal)."""

    start: Point
    end: Point
    start_radius: float
    end_radius: float

    def distance(self, points: np.ndarray) -> np.ndarray:
        """Exact signed distance outside and to the lateral face (formula: Inigo Quilez, round cone)."""
        axis = np.subtract(self.end, self.start)
        length = float(np.linalg.norm(axis))
        direction = (axis / length).astype(points.dtype)
        slope = (self.start_radius - self.end_radius) / length
        lean = np.sqrt(1.0 - slope * slope)
        local = _from(points, self.start)
        along = local @ direction
        square = np.einsum("...i,...i->...", local, local)
        across = np.sqrt(np.maximum(square - along * along, 0))
        # Where the foot of the lateral normal falls on the axis decides between the two end balls and the cone.
        foot = along - across * points.dtype.type(slope / lean)
        first = np.sqrt(square) - points.dtype.type(self.start_radius)
        last = np.sqrt(across * across + (along - points.dtype.type(length)) ** 2) - points.dtype.type(self.end_radius)
        side = across * points.dtype.type(lean) + along * points.dtype.type(slope)
        side -= points.dtype.type(self.start_radius)
        return np.where(foot < 0, first, np.where(foot > length, last, side))

    def coverage(self, points: np.ndarray, sigma: float) -> np.ndarray:
        """Flat-face value."""
        return half_space_coverage(self.distance(points), sigma)


@dataclass(frozen=True)
class Shell:
    """A spherical shell of `wall` mm inside `radius`, optionally only where (point - centre).`normal` >= `offset`."""

    centre: Point
    radius: float
    wall: float
    normal: Point | None = None
    offset: float = 0.0

    def _behind(self, points: np.ndarray) -> np.ndarray:
        assert self.normal is not None
        return points.dtype.type(self.offset) - _from(points, self.centre) @ np.asarray(self.normal, points.dtype)

    def distance(self, points: np.ndarray) -> np.ndarray:
        """Exact outside and to the faces; inside, near the rim, a bound."""
        radius = np.linalg.norm(_from(points, self.centre), axis=-1)
        middle, half = self.radius - self.wall / 2, self.wall / 2
        distance = np.abs(radius - points.dtype.type(middle)) - points.dtype.type(half)
        if self.normal is None:
            return distance
        behind = self._behind(points)
        height = points.dtype.type(self.offset) - behind
        # Where the nearest point of the whole shell is cut away, the rim's flat ring is nearest.
        kept = height * np.clip(radius, self.radius - self.wall, self.radius) >= self.offset * radius
        inner, outer = (np.sqrt(max(r * r - self.offset**2, 0.0)) for r in (self.radius - self.wall, self.radius))
        across = np.sqrt(np.maximum(radius * radius - height * height, 0))
        rim = np.hypot(behind, across - np.clip(across, inner, outer))
        return np.where(kept, np.maximum(distance, np.where(distance > 0, distance, behind)), rim)

    def coverage(self, points: np.ndarray, sigma: float) -> np.ndarray:
        """Exact away from the rim."""
        outer = Ball(self.centre, self.radius).coverage(points, sigma)
        share = outer - Ball(self.centre, self.radius - self.wall).coverage(points, sigma)
        return share if self.normal is None else share * half_space_coverage(self._behind(points), sigma)


@dataclass(frozen=True)
class EllipticCylinder:
    """An endless cylinder along z with half axes `half` (x, y) mm around `centre` (x, y)."""

    centre: tuple[float, float]
    half: tuple[float, float]

    def distance(self, points: np.ndarray) -> np.ndarray:
        """First-order distance: exact on the surface, close to it near by, a lower bound within a factor of two far
        away."""
        local = points[..., :2] - np.asarray(self.centre, dtype=points.dtype)
        half = np.asarray(self.half, dtype=points.dtype)
        level = np.linalg.norm(local / half, axis=-1)
        slope = np.linalg.norm(local / (half * half), axis=-1)
        return np.where(level > 1e-3, (level - 1) * level / np.maximum(slope, 1e-12), -half.min())

    def coverage(self, points: np.ndarray, sigma: float) -> np.ndarray:
        """Flat-face value."""
        return half_space_coverage(self.distance(points), sigma)


@dataclass(frozen=True)
class Union:
    """Several overlapping solids as one; solids that only touch would leave a seam."""

    parts: tuple[Solid, ...]

    def distance(self, points: np.ndarray) -> np.ndarray:
        """Smallest of the parts' distances: exact outside, a bound inside."""
        return np.minimum.reduce([part.distance(points) for part in self.parts])

    def coverage(self, points: np.ndarray, sigma: float) -> np.ndarray:
        """That of the part, where the Gaussian meets the face of one; to about 0.01 where it meets those of several.

        There, at creases and where faces of two parts lie in one plane, the Gaussian is averaged over `_NODES` points,
        with the rest of its width as an edge spread function at each.
        """
        share = np.zeros(points.shape[:-1], dtype=points.dtype)
        met = np.zeros(share.shape, dtype=np.uint8)
        for part in self.parts:
            one = part.coverage(points, sigma)
            met += (one > _NONE) & (one < 1.0 - _NONE)
            np.maximum(share, one, out=share)
        crease = (met > 1) & (share < 1.0 - _NONE)
        if crease.any():
            share[crease] = self._sampled(points[crease], sigma)
        return share

    def _sampled(self, points: np.ndarray, sigma: float) -> np.ndarray:
        nodes = (_gaussian_nodes() * (sigma * np.sqrt(1.0 - _REST * _REST))).astype(points.dtype)
        share = np.empty(len(points), dtype=points.dtype)
        for start in range(0, len(points), _CHUNK):
            some = points[start : start + _CHUNK, None, :] + nodes
            share[start : start + _CHUNK] = half_space_coverage(self.distance(some), _REST * sigma).mean(axis=1)
        return share


@dataclass(frozen=True)
class InsetSolid:
    """`solid` moved inward by `depth` mm: the inside of a wall of that thickness."""

    solid: Solid
    depth: float

    def distance(self, points: np.ndarray) -> np.ndarray:
        """The solid's distance plus the depth."""
        return self.solid.distance(points) + points.dtype.type(self.depth)

    def coverage(self, points: np.ndarray, sigma: float) -> np.ndarray:
        """Flat-face value."""
        return half_space_coverage(self.distance(points), sigma)


@dataclass(frozen=True)
class GyroidSheets:
    """Curved sheets of `wall` mm that repeat every `period` mm, inside `within`: like the trabeculae of cancellous
    bone."""

    period: float
    wall: float
    within: Solid

    def _from_middle(self, points: np.ndarray) -> np.ndarray:
        wave = points * points.dtype.type(2 * np.pi / self.period)
        s, c = np.sin(wave), np.cos(wave)
        level = (s * np.roll(c, -1, axis=-1)).sum(axis=-1)
        slope = np.linalg.norm(c * np.roll(c, -1, axis=-1) - s * np.roll(s, 1, axis=-1), axis=-1)
        return level / np.maximum(slope, 0.5) * points.dtype.type(self.period / (2 * np.pi))

    def distance(self, points: np.ndarray) -> np.ndarray:
        """First-order distance to the sheets, close to the surface good to a few per cent of the wall."""
        sheet = np.abs(self._from_middle(points)) - points.dtype.type(self.wall / 2)
        return np.maximum(sheet, self.within.distance(points))

    def coverage(self, points: np.ndarray, sigma: float) -> np.ndarray:
        """That of a flat sheet, times that of the solid around it."""
        middle, half = self._from_middle(points), points.dtype.type(self.wall / 2)
        sheet = half_space_coverage(middle - half, sigma) - half_space_coverage(middle + half, sigma)
        return sheet * self.within.coverage(points, sigma)
