"""Equal points become one, as every program that reads a triangle soup does; exact float32 equality, no tolerance."""

from dataclasses import replace

import numpy as np

from ...mesh.core import Mesh


def merge_duplicate_points(mesh: Mesh) -> Mesh:
    """The mesh with points that are equal in float32 made one; triangles are all kept, even those that collapse.

    Points keep the order of their first use; the first one's arrays win. Point type becomes float32, as in the files.
    """
    points = np.ascontiguousarray(mesh.points, dtype=np.float32) + np.float32(0.0)  # -0 becomes 0
    first, inverse = _unique_rows(points)
    if len(first) == len(points):
        return replace(mesh, points=points)
    return replace(
        mesh,
        points=points[first],
        triangles=inverse[mesh.triangles].astype(np.int32),
        point_arrays={name: values[first] for name, values in mesh.point_arrays.items()},
    )


def _unique_rows(points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Indices of each distinct row's first place, ascending, and for every row its position among them."""
    keys = _hash(points)
    order = np.argsort(keys, kind="stable")
    starts = np.ones(len(points), dtype=bool)
    starts[1:] = keys[order[1:]] != keys[order[:-1]]
    same = ~starts[1:]
    if np.any(
        points[order[1:][same]] != points[order[:-1][same]]
    ):  # two points with one hash: rare, but must not merge
        order = np.lexsort(points.T)
        starts[1:] = np.any(points[order[1:]] != points[order[:-1]], axis=1)
    first = order[starts]
    rank = np.empty(len(first), dtype=np.int64)
    ascending = np.argsort(first, kind="stable")
    rank[ascending] = np.arange(len(first))
    inverse = np.empty(len(points), dtype=np.int64)
    inverse[order] = rank[np.cumsum(starts) - 1]
    return first[ascending], inverse


def _hash(points: np.ndarray) -> np.ndarray:
    """64-bit mix of three float32 (the finaliser of SplitMix64, Steele 2014, between the words)."""
    words = points.view(np.uint32).reshape(-1, 3).astype(np.uint64)
    key = words[:, 0] | (words[:, 1] << np.uint64(32))
    key = _mixed(key) ^ words[:, 2] * np.uint64(0x9E3779B97F4A7C15)
    return _mixed(key)


def _mixed(key: np.ndarray) -> np.ndarray:
    key = (key ^ (key >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    key = (key ^ (key >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return key ^ (key >> np.uint64(31))
