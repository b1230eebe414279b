"""Points of a contour around one sample of the grid, gathered into one: a third fewer triangles, and better shaped.

The grid cuts a contour into slivers wherever it passes close to a sample. What is gathered there lies within half a
step of the sample (after Raman and Wenger, Quality isosurface mesh generation using an extended marching cubes lookup
table, Computer Graphics Forum 27, 2008). Whatever would tear, pinch or join the surface stays as it is.
"""

import numpy as np

from ..mesh.core import Mesh
from ..repair.local_repair import triangles_touching


def cluster_grid_vertices(mesh: Mesh, index: np.ndarray) -> tuple[Mesh, np.ndarray]:
    """A contour with fewer triangles, and which of the triangles given (m,) its triangles come from.

    `mesh` is a closed contour whose points lie on the edges of a grid, `index` (n, 3) its points as indices of that
    grid. A point becomes the mean of what is gathered in it.
    """
    place = _places(index)
    place, _ = _apart(place, _torn(mesh.triangles, place))
    left = _distinct(place.take(mesh.triangles))
    # A little body may vanish or fall flat: no point of a closed surface has fewer than three triangles.
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
    """(n,) number of the sample of the grid to which each point is nearest."""
    at = np.rint(index)
    at -= at.min(axis=0)
    span = at.max(axis=0).astype(np.int64) + 1
    key = (at[:, 2].astype(np.int64) * span[1] + at[:, 1].astype(np.int64)) * span[0] + at[:, 0].astype(np.int64)
    return np.unique(key, return_inverse=True)[1].astype(np.int32)


def _three(triangles: np.ndarray) -> np.ndarray:
    """(m,) bool: triangles of three different corners."""
    a, b, c = triangles[:, 0], triangles[:, 1], triangles[:, 2]
    return (a != b) & (b != c) & (c != a)


def _distinct(triangles: np.ndarray) -> np.ndarray:
    return triangles.take(np.flatnonzero(_three(triangles)), axis=0)


def _torn(triangles: np.ndarray, place: np.ndarray) -> np.ndarray:
    """Places that change the surface's kind: gathering k points of one patch takes away 2 (k - 1) triangles, as
    Euler's formula has it; a handle, a bridge or a whole little body does not."""
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
    """The places without those that are `wrong`, whose points stand alone again; also which points (n,) bool that
    concerns."""
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
