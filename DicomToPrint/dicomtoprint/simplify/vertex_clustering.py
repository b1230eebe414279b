"""Vertex clustering of a contour at the samples of its grid: a third fewer triangles, and better shaped ones.

An isosurface has sliver triangles wherever it passes close to a sample of the grid. The vertices within half a step of a sample
are merged into one, except where that would change the topology.

References
----------
Raman, Wenger, "Quality isosurface mesh generation using an extended marching cubes lookup table", Computer Graphics Forum 27,
2008.
"""

import numpy as np

from ..mesh.core import Mesh
from ..repair.local_repair import triangles_touching


def cluster_grid_vertices(mesh: Mesh, index: np.ndarray) -> tuple[Mesh, np.ndarray]:
    """A contour with fewer triangles.

    Parameters
    ----------
    mesh
        A closed contour whose points lie on the edges of a grid, LPS mm.
    index
        (n, 3) its points as continuous indices of that grid.

    Returns
    -------
    tuple
        The mesh, whose points are the means of their clusters, and for each of its triangles the index of the given triangle that
        it comes from (m,).
    """
    place = _places(index)
    place, _ = _apart(place, _torn(mesh.triangles, place))
    left = _distinct(place.take(mesh.triangles))
    # A small body may vanish or become flat: every point of a closed surface has three triangles or more.
    flat = np.flatnonzero(np.bincount(left.ravel(), minlength=int(place.max()) + 1) < 3)
    place, loose = _apart(place, np.union1d(flat, _crowded(left, len(place))))
    while loose.any():
        near = mesh.triangles.take(np.flatnonzero(triangles_touching(loose, mesh.triangles)), axis=0)
        place, loose = _apart(place, _crowded(_distinct(place.take(near)), len(place)))
    mapped = place.take(mesh.triangles)
    birth = np.flatnonzero(_three(mapped))
    members = np.bincount(place)
    middle = mesh.points.mean(axis=0, dtype=np.float64)
    points = np.empty((len(members), 3), dtype=np.float32)
    for k in range(3):
        points[:, k] = np.bincount(place, mesh.points[:, k] - middle[k]) / members + middle[k]
    return Mesh(points, mapped.take(birth, axis=0), mesh.name, mesh.color), birth


def _places(index: np.ndarray) -> np.ndarray:
    """(n,) the cluster of each point: the number of the nearest sample of the grid."""
    at = np.rint(index)
    at -= at.min(axis=0)
    span = at.max(axis=0).astype(np.int64) + 1
    key = (at[:, 2].astype(np.int64) * span[1] + at[:, 1].astype(np.int64)) * span[0] + at[:, 0].astype(np.int64)
    return np.unique(key, return_inverse=True)[1].astype(np.int32)


def _three(triangles: np.ndarray) -> np.ndarray:
    """(m,) bool: triangles with three different corners."""
    a, b, c = triangles[:, 0], triangles[:, 1], triangles[:, 2]
    return (a != b) & (b != c) & (c != a)


def _distinct(triangles: np.ndarray) -> np.ndarray:
    return triangles.take(np.flatnonzero(_three(triangles)), axis=0)


def _torn(triangles: np.ndarray, place: np.ndarray) -> np.ndarray:
    """Clusters (c,) that would change the topology.

    Merging k points of one disc removes 2 (k - 1) triangles by Euler's formula; for a handle, a bridge or a whole body the
    number differs.
    """
    a, b, c = (place.take(triangles[:, k]) for k in range(3))
    owner = np.where((a == b) | (a == c), a, b)[(a == b) | (b == c) | (c == a)]
    members = np.bincount(place)
    return np.flatnonzero(np.bincount(owner, minlength=len(members)) != 2 * (members - 1))


def _crowded(triangles: np.ndarray, size: int) -> np.ndarray:
    """Ends of edges of more than two triangles."""
    tail, head = triangles.ravel(), triangles[:, (1, 2, 0)].ravel()
    key = np.minimum(tail, head).astype(np.int64) * size + np.maximum(tail, head)
    key.sort()
    more = np.unique(key[2:][key[2:] == key[:-2]])
    return np.union1d(more // size, more % size)


def _apart(place: np.ndarray, wrong: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The clusters (n,) with the `wrong` ones dissolved into single points, and which points that concerns (n,) bool."""
    members = np.bincount(place)
    undone = np.zeros(len(members), dtype=bool)
    undone[wrong] = True
    undone &= members > 1
    loose = undone.take(place)
    if not loose.any():
        return place, loose
    rank = np.cumsum(~undone, dtype=np.int32) - 1
    result = rank.take(place)
    result[loose] = rank[-1] + 1 + np.arange(int(loose.sum()), dtype=np.int32)
    return result, loose
