"""The volumes of labelled structures, kept while their common surfaces are smoothed and simplified."""

from collections.abc import Callable, Mapping

import numpy as np

from ..mesh.arrays import Points, Triangles
from ..mesh.core import cross_rows

_ROUNDS = 3
_LABELS = 65536  # labels are uint16


def complex_volumes(points: Points, triangles: Triangles, sides: np.ndarray) -> dict[int, float]:
    """mm3 enclosed by the triangles of each label; `points` (n, 3) mm, `triangles` (m, 3) face from ``sides[:, 0]`` to
    ``sides[:, 1]`` (m, 2)."""
    centred = points.astype(np.float64) - points.mean(axis=0, dtype=np.float64)
    a, b, c = (centred.take(triangles[:, n], axis=0) for n in range(3))
    enclosed = np.einsum("ij,ij->i", a, cross_rows(b, c)) / 6.0
    total = np.bincount(sides[:, 0], enclosed, _LABELS) - np.bincount(sides[:, 1], enclosed, _LABELS)
    return {int(label): float(total[label]) for label in np.unique(sides) if label > 0}


def points_on_curves(faces: np.ndarray, sides: np.ndarray, count: int) -> np.ndarray:
    """(count,) bool: points whose faces (m, c) lie between different pairs of labels."""
    pair = sides[:, 0].astype(np.int64) * _LABELS + sides[:, 1]
    low, high = np.full(count, np.iinfo(np.int64).max), np.full(count, -1)
    for corner in faces.T:
        np.minimum.at(low, corner, pair)
        np.maximum.at(high, corner, pair)
    return low < high


def keep_volumes(
    points: Points,
    triangles: Triangles,
    sides: np.ndarray,
    wanted: Mapping[int, float],
    movable: np.ndarray,
    limit: Callable[[Points], Points],
) -> Points:
    """Points (n, 3) mm moved so that each label of `wanted` encloses the volume asked for, in mm3, as nearly as `limit` allows.

    Each wall between two labels moves along its normals by one distance, the smallest in the sum of squares over the area that gives
    all volumes. Walls of labels that are not in `wanted` stay, as do curves between walls and points that are not `movable` (n,) bool.
    `limit` takes points to the nearest allowed ones.
    """
    pair = sides[:, 0].astype(np.int64) * _LABELS + sides[:, 1]
    pairs, patch = np.unique(pair, return_inverse=True)
    ends = np.stack([pairs // _LABELS, pairs % _LABELS], axis=1)
    labels = np.array(sorted(wanted))
    free = np.asarray(np.isin(ends, np.append(labels, 0)).all(axis=1))
    of_point = np.zeros(len(points), dtype=np.int64)
    for corner in triangles.T:
        of_point[corner] = patch
    still = ~movable | points_on_curves(triangles, sides, len(points)) | np.isin(of_point, np.flatnonzero(~free))
    used = np.zeros(len(points), dtype=bool)
    used[triangles.ravel()] = True
    still |= ~used
    incidence = (ends[None, :, 0] == labels[:, None]).astype(float) - (ends[None, :, 1] == labels[:, None])
    for _ in range(_ROUNDS):
        now = complex_volumes(points, triangles, sides)
        missing = np.array([wanted[int(label)] - now.get(int(label), 0.0) for label in labels])
        normals, area = _normals(points, triangles)
        area[still] = 0.0
        weight = np.bincount(of_point, area, len(pairs))
        system = (incidence * weight) @ incidence.T
        height = incidence.T @ np.linalg.lstsq(system, missing, rcond=1e-9)[0]
        moved = np.where(still, 0.0, height[of_point])[:, None] * normals
        points = np.where(still[:, None], points, limit(points + moved))
    return points


def _normals(points: Points, triangles: Triangles) -> tuple[Points, np.ndarray]:
    """Unit normals (n, 3) of the points, and the area (n,) in mm2 by which a move along them changes the volume."""
    a, b, c = (points.take(triangles[:, n], axis=0) for n in range(3))
    cross = cross_rows(b - a, c - a)
    flat = triangles.ravel()
    total = np.stack([np.bincount(flat, np.repeat(cross[:, n], 3), len(points)) for n in range(3)], axis=1)
    length = np.sqrt(np.einsum("ij,ij->i", total, total))
    return total / np.maximum(length, 1e-30)[:, None], length / 6.0
