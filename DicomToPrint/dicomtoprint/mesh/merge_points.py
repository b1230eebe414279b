"""Points that are equal in float32, as every reader of a print file joins them."""

from dataclasses import replace

import numpy as np

from .arrays import Points, Triangles
from .core import Mesh


def _no_indices() -> np.ndarray:
    return np.zeros(0, dtype=np.int64)


def merge_equal_points(points: Points) -> tuple[np.ndarray, np.ndarray]:
    """Points that are equal in float32 made one.

    Returns the index of the first of each group in `points` (u,) and, for every point, the number of its group (n,).
    Points with a coordinate that is no number stay alone.
    """
    single = np.ascontiguousarray(points, dtype=np.float32) + np.float32(0.0)  # +0: -0.0 and 0.0 are one place
    if len(single) == 0:
        return _no_indices(), _no_indices()
    bits = single.view(np.uint32)
    key = (bits[:, 0].astype(np.uint64) << np.uint64(32)) | bits[:, 1]
    order = np.lexsort((bits[:, 2], key))
    key, last = key[order], bits[order, 2]
    new = np.ones(len(order), dtype=bool)
    new[1:] = (key[1:] != key[:-1]) | (last[1:] != last[:-1])
    new |= ~np.isfinite(single).all(axis=1)[order]
    group = np.empty(len(order), dtype=np.int64)
    group[order] = np.cumsum(new) - 1
    return order[new], group


def merged_mesh(mesh: Mesh) -> tuple[Points, Triangles, np.ndarray]:
    """The mesh as a reader sees it: float32 points (u, 3), triangles (m, 3) on them, and the first given point of
    each (u,)."""
    first, group = merge_equal_points(mesh.points)
    triangles = group[mesh.triangles] if len(mesh.triangles) else np.zeros((0, 3), np.int64)
    return np.asarray(mesh.points, dtype=np.float32)[first], triangles, first


def merge_duplicate_points(mesh: Mesh) -> Mesh:
    """The mesh with points that are equal in float32 made one; triangles are all kept, even those that collapse.

    Points keep the order of their first use; the first one's arrays win. Point type becomes float32, as in the files.
    """
    points = np.ascontiguousarray(mesh.points, dtype=np.float32) + np.float32(0.0)  # -0 becomes 0
    first, group = merge_equal_points(points)
    if len(first) == len(points):
        return replace(mesh, points=points)
    order = np.argsort(first)
    rank = np.empty(len(first), dtype=np.int32)
    rank[order] = np.arange(len(first), dtype=np.int32)
    first = first[order]
    return replace(
        mesh,
        points=points[first],
        triangles=rank[group][mesh.triangles],
        point_arrays={name: values[first] for name, values in mesh.point_arrays.items()},
    )


def drop_unused_points(mesh: Mesh) -> Mesh:
    """The mesh without points that no triangle has: they are no part of the solid, but would count in its size."""
    used = np.zeros(len(mesh.points), dtype=bool)
    used[mesh.triangles.ravel()] = True
    if used.all():
        return mesh
    rank = (np.cumsum(used) - 1).astype(mesh.triangles.dtype)
    return replace(
        mesh,
        points=mesh.points[used],
        triangles=rank[mesh.triangles],
        point_arrays={name: values[used] for name, values in mesh.point_arrays.items()},
    )
