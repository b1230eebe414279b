"""Connected stretches of a surface that share a property: how large each is, and where."""

from dataclasses import dataclass

import numpy as np

from .arrays import Mask
from .core import Mesh
from .graph import label_connected_nodes
from .surface_sampling import SurfaceSamples


@dataclass(frozen=True)
class SurfacePatch:
    """A connected stretch: `area` mm2, `centre` (3,) mm (a sample near its middle), `rows` the indices of its samples."""

    area: float
    centre: np.ndarray
    rows: np.ndarray


def connected_patches(mesh: Mesh, samples: SurfaceSamples, chosen: Mask) -> tuple[SurfacePatch, ...]:
    """Stretches of the `chosen` (n,) bool samples that hang together over shared vertices, the largest first."""
    rows = np.flatnonzero(chosen)
    if len(rows) == 0:
        return ()
    at_vertex = samples.vertex[rows] >= 0
    flagged = np.zeros(len(mesh.points), dtype=bool)
    flagged[samples.vertex[rows[at_vertex]]] = True
    touched = np.all(flagged[mesh.triangles], axis=1)
    touched[samples.triangle[rows]] = True
    triangles = np.flatnonzero(touched)
    corners, ends = np.unique(mesh.triangles[triangles].ravel(), return_inverse=True)
    owner = np.repeat(np.arange(len(triangles)), 3)
    _, label = label_connected_nodes(owner, ends.ravel() + len(triangles), len(triangles) + len(corners))
    group = label[np.searchsorted(triangles, samples.triangle[rows])]
    names, group = np.unique(group, return_inverse=True)
    area = np.bincount(group, samples.area[rows], minlength=len(names))
    order = np.argsort(group, kind="stable")
    members = np.split(order, np.cumsum(np.bincount(group, minlength=len(names)))[:-1])
    found = []
    for index in np.argsort(-area):
        own = rows[members[index]]
        points = samples.points[own]
        middle = int(np.argmin(((points - points.mean(axis=0)) ** 2).sum(axis=1)))
        found.append(SurfacePatch(float(area[index]), points[middle], own))
        if len(found) >= 1000:
            break
    return tuple(found)
