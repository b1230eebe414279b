"""Signs of geometric predicates, exact for coordinates that come from float32.

A float64 evaluation with the forward error bound of Shewchuk (Adaptive Precision Floating-Point Arithmetic, 1997)
decides almost all; what it leaves open is evaluated again in twofold precision (Dekker), whose error for float32
coordinates of one model lies below any non-zero value that can occur.
"""

import numpy as np

from .arrays import Mask, Points

_BOUND = 8e-16
_SPLIT = 134217729.0  # 2**27 + 1


def _two_product(a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    product = a * b
    big = _SPLIT * a
    a_high = big - (big - a)
    a_low = a - a_high
    big = _SPLIT * b
    b_high = big - (big - b)
    b_low = b - b_high
    return product, ((a_high * b_high - product) + a_high * b_low + a_low * b_high) + a_low * b_low


def _add(x: tuple[np.ndarray, np.ndarray], y: tuple[np.ndarray, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    total = x[0] + y[0]
    back = total - x[0]
    error = (x[0] - (total - back)) + (y[0] - back) + x[1] + y[1]
    high = total + error
    return high, error - (high - total)


def _times(x: tuple[np.ndarray, np.ndarray], factor: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    high, low = _two_product(x[0], factor)
    low = low + x[1] * factor
    total = high + low
    return total, low - (total - high)


def _minor(a: np.ndarray, b: np.ndarray, c: np.ndarray, d: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """a d - b c."""
    high, low = _two_product(b, c)
    return _add(_two_product(a, d), (-high, -low))


def orient3d(a: Points, b: Points, c: Points, d: Points) -> np.ndarray:
    """(n,) int8 sign of det(b-a, c-a, d-a): +1 where d lies on the side to which the counter-clockwise triangle a b c
    faces.

    All arguments (n, 3) float64.
    """
    u, v, w = b - a, c - a, d - a
    m0 = u[:, 1] * v[:, 2]
    n0 = u[:, 2] * v[:, 1]
    m1 = u[:, 2] * v[:, 0]
    n1 = u[:, 0] * v[:, 2]
    m2 = u[:, 0] * v[:, 1]
    n2 = u[:, 1] * v[:, 0]
    value = w[:, 0] * (m0 - n0) + w[:, 1] * (m1 - n1) + w[:, 2] * (m2 - n2)
    size = (
        np.abs(w[:, 0]) * (np.abs(m0) + np.abs(n0))
        + np.abs(w[:, 1]) * (np.abs(m1) + np.abs(n1))
        + np.abs(w[:, 2]) * (np.abs(m2) + np.abs(n2))
    )
    sign = np.sign(value).astype(np.int8)
    open_ = np.flatnonzero(np.abs(value) <= _BOUND * size)
    if len(open_):
        u, v, w, size = u[open_], v[open_], w[open_], size[open_]
        total = _add(
            _times(_minor(u[:, 1], u[:, 2], v[:, 1], v[:, 2]), w[:, 0]),
            _times(_minor(u[:, 2], u[:, 0], v[:, 2], v[:, 0]), w[:, 1]),
        )
        total = _add(total, _times(_minor(u[:, 0], u[:, 1], v[:, 0], v[:, 1]), w[:, 2]))
        sign[open_] = np.where(np.abs(total[0]) > 1e-29 * size, np.sign(total[0]), 0).astype(np.int8)
    return sign


def orient2d(a: np.ndarray, b: np.ndarray, c: np.ndarray) -> np.ndarray:
    """(n,) int8 sign of the area of a b c in the plane; all arguments (n, 2) float64."""
    u, v = b - a, c - a
    high, low = _minor(u[:, 0], u[:, 1], v[:, 0], v[:, 1])
    return np.sign(high + low).astype(np.int8)


def _between(a: np.ndarray, b: np.ndarray, c: np.ndarray) -> np.ndarray:
    """c, known to lie on the line a b, lies between them."""
    return ((np.minimum(a, b) <= c) & (c <= np.maximum(a, b))).all(axis=1)


def segments_intersect(p: np.ndarray, q: np.ndarray, a: np.ndarray, b: np.ndarray) -> Mask:
    """(n,) bool: closed segments p q and a b of the plane (n, 2) share a point."""
    s1, s2 = orient2d(p, q, a), orient2d(p, q, b)
    s3, s4 = orient2d(a, b, p), orient2d(a, b, q)
    proper = (s1 * s2 < 0) & (s3 * s4 < 0)
    touching = (
        ((s1 == 0) & _between(p, q, a))
        | ((s2 == 0) & _between(p, q, b))
        | ((s3 == 0) & _between(a, b, p))
        | ((s4 == 0) & _between(a, b, q))
    )
    return proper | touching


def _flat(normal: np.ndarray, *points: np.ndarray) -> list[np.ndarray]:
    """Coordinates (n, 2) without the one along which the normal is largest."""
    drop = np.abs(normal).argmax(axis=1)
    rows = np.arange(len(drop))
    first, second = np.array([1, 2, 0])[drop], np.array([2, 0, 1])[drop]
    return [np.stack([point[rows, first], point[rows, second]], axis=1) for point in points]


def _coplanar_meet(p: np.ndarray, q: np.ndarray, a: np.ndarray, b: np.ndarray, c: np.ndarray) -> np.ndarray:
    p, q, a, b, c = _flat(np.cross(b - a, c - a), p, q, a, b, c)
    meet = segments_intersect(p, q, a, b) | segments_intersect(p, q, b, c) | segments_intersect(p, q, c, a)
    turn = [orient2d(a, b, p), orient2d(b, c, p), orient2d(c, a, p)]
    within = ((turn[0] > 0) & (turn[1] > 0) & (turn[2] > 0)) | ((turn[0] < 0) & (turn[1] < 0) & (turn[2] < 0))
    return meet | within


def segment_intersects_triangle(p: Points, q: Points, a: Points, b: Points, c: Points) -> Mask:
    """(n,) bool: the closed segment p q and the closed triangle a b c share a point; all (n, 3) float64, triangles
    not degenerate."""
    above, below = orient3d(a, b, c, p), orient3d(a, b, c, q)
    result = np.zeros(len(p), dtype=bool)
    crossing = np.flatnonzero((above * below <= 0) & ((above != 0) | (below != 0)))
    if len(crossing):
        p1, q1, a1, b1, c1 = (x[crossing] for x in (p, q, a, b, c))
        s0, s1, s2 = orient3d(p1, q1, a1, b1), orient3d(p1, q1, b1, c1), orient3d(p1, q1, c1, a1)
        result[crossing] = ((s0 >= 0) & (s1 >= 0) & (s2 >= 0)) | ((s0 <= 0) & (s1 <= 0) & (s2 <= 0))
    flat = np.flatnonzero((above == 0) & (below == 0))
    if len(flat):
        result[flat] = _coplanar_meet(*(x[flat] for x in (p, q, a, b, c)))
    return result
