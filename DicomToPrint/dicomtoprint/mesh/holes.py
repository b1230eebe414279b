"""The openings of a surface that is not closed: how large each is, and where."""

from dataclasses import dataclass

import numpy as np

from .core import Mesh
from .edge_table import build_edge_table
from .graph import label_connected_nodes
from .merge_points import merged_mesh
from .topology import degenerate_triangles


@dataclass(frozen=True)
class Hole:
    """`area` mm2 of the opening seen straight on, `place` (3,) mm the middle of one of its edges, `edges` how many it has."""

    area: float
    place: np.ndarray
    edges: int


def find_holes(mesh: Mesh) -> tuple[Hole, ...]:
    """Openings of the mesh after a float32 weld, the largest first; edges that hang together are one opening.

    The area is the length of the vector area of its edges, which is exact for a plane opening and less than any surface that would
    close a bent one.
    """
    points, triangles, _ = merged_mesh(mesh)
    triangles = triangles[~degenerate_triangles(points, triangles)]
    edges = build_edge_table(triangles)
    half = edges.order[edges.start[edges.count == 1]]
    if len(half) == 0:
        return ()
    tail, head = triangles.ravel()[half], triangles[:, (1, 2, 0)].ravel()[half]
    names, ends = np.unique(np.concatenate([tail, head]), return_inverse=True)
    ends = ends.reshape(2, -1)
    count, label = label_connected_nodes(ends[0], ends[1], len(names))
    part = label[ends[0]]
    a, b = points[tail].astype(np.float64), points[head].astype(np.float64)
    size = np.bincount(part, minlength=count)
    centre = np.stack([np.bincount(part, a[:, k], count) / size for k in range(3)], axis=1)
    crossed = np.cross(a - centre[part], b - centre[part]) / 2.0
    area = np.linalg.norm(np.stack([np.bincount(part, crossed[:, k], count) for k in range(3)], axis=1), axis=1)
    first = np.zeros(count, dtype=np.int64)
    first[part[::-1]] = np.arange(len(part))[::-1]
    places = (a[first] + b[first]) / 2.0
    return tuple(Hole(float(area[i]), places[i], int(size[i])) for i in np.argsort(-area, kind="stable"))
