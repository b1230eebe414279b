"""How far a surface lies from the level of a grey field: from the scan's own boundary."""

import os
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from ..mesh.core import Mesh
from ..messages import _
from ..progress import ProgressCallback, no_progress

_CHUNK = 50_000


def vertex_normals(mesh: Mesh, cross: np.ndarray | None = None) -> np.ndarray:
    """(n, 3) unit normals of the points, by area; zero for points of no triangle. `cross` (m, 3) are the mesh's
    `triangle_normals`, where they are at hand."""
    flat = mesh.triangles.ravel()
    normal = mesh.triangle_normals() if cross is None else cross
    total = np.stack(
        [np.bincount(flat, np.repeat(normal[:, k], 3), minlength=len(mesh.points)) for k in range(3)], axis=1
    )
    length = np.sqrt(np.einsum("ij,ij->i", total, total))
    return total / np.where(length > 0.0, length, 1.0)[:, None]


def isosurface_distance(
    points: np.ndarray,
    normals: np.ndarray,
    array: np.ndarray,
    level: float,
    to_index: np.ndarray,
    reach_mm: float,
    step_mm: float,
    progress: ProgressCallback = no_progress,
) -> np.ndarray:
    """(n,) signed distance in mm of points from the nearest place on their normal where the field crosses the level.

    `points`, `normals` (n, 3) in LPS mm, `array` (k, j, i) a field above `level` inside, `to_index` 4x4 LPS mm to its
    index (i, j, k), interpolated linearly. Positive where the point lies outside of the boundary. Points without a
    crossing within `reach_mm` get NaN.
    """
    steps = np.arange(1, int(np.ceil(reach_mm / step_mm)) + 1) * step_mm

    def work(rows: slice) -> np.ndarray:
        return _offsets(points[rows], normals[rows], array, level, to_index, steps)

    return _in_chunks(len(points), work, progress)


def isosurface_height(
    points: np.ndarray,
    normals: np.ndarray,
    array: np.ndarray,
    level: float,
    to_index: np.ndarray,
    reach_mm: float,
    progress: ProgressCallback = no_progress,
) -> np.ndarray:
    """(n,) height in mm of the field's level over points, along their outward normals: positive for points inside,
    which look outward only, negative for points outside, which look inward only. NaN without a crossing within
    `reach_mm` (one linear step). Arguments as in `isosurface_distance`."""

    def work(rows: slice) -> np.ndarray:
        at = points[rows].astype(np.float64) @ to_index[:3, :3].T + to_index[:3, 3]
        here = _sampled(array, at) - np.float32(level)
        step = np.where(here > 0.0, reach_mm, -reach_mm)
        there = _sampled(array, at + step[:, None] * (normals[rows] @ to_index[:3, :3].T)) - np.float32(level)
        crossed = here * there <= 0.0
        share = here / np.where(here == there, np.inf, here - there)
        return np.where(crossed, step * share, np.nan).astype(np.float32)

    return _in_chunks(len(points), work, progress)


def _in_chunks(count: int, work: Callable[[slice], np.ndarray], progress: ProgressCallback) -> np.ndarray:
    """What `work` says about each chunk of rows, put together; in threads, since sampling lets go of the lock."""
    chunks = [slice(start, start + _CHUNK) for start in range(0, count, _CHUNK)]
    if not chunks:
        return np.zeros(0, dtype=np.float32)
    results = []
    with ThreadPoolExecutor(min(4, os.cpu_count() or 1)) as pool:
        for number, result in enumerate(pool.map(work, chunks)):
            results.append(result)
            progress((number + 1) / len(chunks), _("measuring the deviation"))
    return np.concatenate(results)


def _sampled(array: np.ndarray, at: np.ndarray) -> np.ndarray:
    """(n,) float32 values of the field at indices (n, 3) (i, j, k), linearly interpolated."""
    from scipy import ndimage

    return ndimage.map_coordinates(array, at.T[::-1], output=np.float32, order=1, mode="nearest")


def _offsets(
    points: np.ndarray, normals: np.ndarray, array: np.ndarray, level: float, to_index: np.ndarray, steps: np.ndarray
) -> np.ndarray:
    at = points.astype(np.float64) @ to_index[:3, :3].T + to_index[:3, 3]
    along = normals @ to_index[:3, :3].T

    def sample(rows: np.ndarray, distance: float) -> np.ndarray:
        return _sampled(array, at[rows] + distance * along[rows]) - np.float32(level)

    everything = np.arange(len(points))
    here = sample(everything, 0.0)
    result = np.where(here == 0.0, 0.0, np.nan).astype(np.float32)
    open_ = np.flatnonzero(here != 0.0)
    last = {1: here[open_], -1: here[open_]}
    before = 0.0
    for distance in steps:
        # Seen from inside the boundary is usually outward, but thin walls have one on either side: the nearer one
        # counts.
        best = np.full(len(open_), np.nan, dtype=np.float64)
        following = {}
        for sign in (1, -1):
            value = sample(open_, sign * distance)
            crossed = np.flatnonzero(value * last[sign] <= 0.0)
            share = last[sign][crossed] / (last[sign][crossed] - value[crossed])
            offset = -sign * (before + share * (distance - before))
            nearer = ~(np.abs(best[crossed]) < np.abs(offset))
            best[crossed[nearer]] = offset[nearer]
            following[sign] = value
        found = np.isfinite(best)
        result[open_[found]] = best[found]
        last = {sign: value[~found] for sign, value in following.items()}
        open_, before = open_[~found], distance
        if len(open_) == 0:
            break
    return result


def weighted_distance_stats(values: np.ndarray, weights: np.ndarray) -> Mapping[str, float]:
    """Mean, 95th percentile and maximum of absolute values in mm, weighted (by area); values that are no number
    take no part."""
    known = np.isfinite(values)
    size, weights = np.abs(values[known]).astype(np.float64), weights[known].astype(np.float64)
    if len(size) == 0 or weights.sum() <= 0.0:
        return {"mean_deviation_mm": 0.0, "p95_deviation_mm": 0.0, "max_deviation_mm": 0.0}
    order = np.argsort(size)
    share = np.cumsum(weights[order])
    at = min(int(np.searchsorted(share, 0.95 * share[-1])), len(order) - 1)
    return {
        "mean_deviation_mm": float((size * weights).sum() / weights.sum()),
        "p95_deviation_mm": float(size[order[at]]),
        "max_deviation_mm": float(size.max()),
    }


def vertex_areas(mesh: Mesh) -> np.ndarray:
    """(n,) area in mm2 that belongs to each point: a third of its triangles'."""
    area = np.linalg.norm(mesh.triangle_normals(), axis=1) / 6.0
    return np.bincount(mesh.triangles.ravel(), np.repeat(area, 3), minlength=len(mesh.points))
