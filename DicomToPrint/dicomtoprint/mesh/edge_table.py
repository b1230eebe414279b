"""Undirected edges of a set of triangles, and what hangs together over them."""

from dataclasses import dataclass

import numpy as np

from .arrays import Triangles
from .graph import label_connected_nodes


@dataclass(frozen=True)
class EdgeTable:
    """Undirected edges of a set of triangles.

    Half-edge h = 3 t + c runs from corner c of triangle t to the next one. `order` sorts the half-edges so that those
    of one edge lie together; `start` (e,) is where each edge begins in it, `count` (e,) how many half-edges it has,
    `ends` (e, 2) its points and `forward` (3 m,) tells whether the half-edge runs from the smaller index to the
    larger.
    """

    order: np.ndarray
    start: np.ndarray
    count: np.ndarray
    ends: np.ndarray
    forward: np.ndarray

    def pairs(self) -> tuple[np.ndarray, np.ndarray]:
        """The two half-edges of every edge that has two: (p,), (p,)."""
        two = self.start[self.count == 2]
        return self.order[two], self.order[two + 1]


def build_edge_table(triangles: Triangles) -> EdgeTable:
    """Edges of the triangles (m, 3)."""
    tail = triangles.ravel()
    head = triangles[:, (1, 2, 0)].ravel()
    forward = tail < head
    size = int(triangles.max()) + 1 if len(triangles) else 1
    low, high = np.where(forward, tail, head), np.where(forward, head, tail)
    key = low.astype(np.int64) * size + high
    order = np.argsort(key)
    ordered = key[order]
    new = np.ones(len(order), dtype=bool)
    new[1:] = ordered[1:] != ordered[:-1]
    start = np.flatnonzero(new)
    count = np.diff(np.append(start, len(order)))
    unique = ordered[start]
    ends = np.stack([unique // size, unique % size], axis=1)
    return EdgeTable(order, start, count, ends, forward)


def label_face_components(triangles: Triangles, edges: EdgeTable | None = None) -> tuple[int, np.ndarray]:
    """Number of parts that hang together over edges (any number of triangles an edge) and the part (m,) of every
    triangle."""
    if len(triangles) == 0:
        return 0, np.zeros(0, np.int32)
    edges = edges or build_edge_table(triangles)
    owner = edges.order // 3
    joined = np.ones(len(owner), dtype=bool)
    joined[edges.start] = False
    later = np.flatnonzero(joined)
    return label_connected_nodes(owner[later - 1], owner[later], len(triangles))
