"""Distance of points to triangles."""

import numpy as np


def point_triangle_distance(points: np.ndarray, corners: np.ndarray) -> np.ndarray:
    """(n,) distance of each point (n, 3) to its triangle (n, 3, 3): its plane where the foot lies inside, else its edges."""
    ab, ac, offset = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0], points - corners[:, 0]
    ab_ab, ab_ac, ac_ac = _dot(ab, ab), _dot(ab, ac), _dot(ac, ac)
    along_ab, along_ac = _dot(ab, offset), _dot(ac, offset)
    squared = ab_ab * ac_ac - ab_ac**2
    divisor = np.maximum(squared, 1e-30)
    v, w = (ac_ac * along_ab - ab_ac * along_ac) / divisor, (ab_ab * along_ac - ab_ac * along_ab) / divisor
    away = np.sqrt(np.maximum(_dot(offset, offset) - v * along_ab - w * along_ac, 0.0))
    outside = np.flatnonzero((v < 0) | (w < 0) | (v + w > 1) | (squared <= 1e-24))
    if len(outside):
        edge = np.full(len(outside), np.inf)
        for first, second in ((0, 1), (1, 2), (2, 0)):
            start = corners[outside, first]
            along = corners[outside, second] - start
            relative = points[outside] - start
            share = _dot(relative, along) / np.maximum(_dot(along, along), 1e-30)
            foot = relative - np.clip(share, 0.0, 1.0)[:, None] * along
            edge = np.minimum(edge, _dot(foot, foot))
        away[outside] = np.sqrt(edge)
    return away


def _dot(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    return np.einsum("ij,ij->i", first, second)
