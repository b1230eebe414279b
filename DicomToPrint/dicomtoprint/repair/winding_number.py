"""The generalised winding number at a few places, exactly."""

import numpy as np

from ..mesh.arrays import Points
from ..mesh.core import Mesh

_PROBES = 200
_SOLID_SHARE = 0.75  # of the surface must have solid on one side, or there is nothing to make a new surface of
_BLOCK = 16_384  # pairs of place and triangle at once: they stay in the cache


def winding_numbers(mesh: Mesh, places: Points) -> np.ndarray:
    """(n,) generalised winding number of the mesh around each of a few places (n, 3): 1 inside a closed solid, 0 outside, a fraction
    near what is open.

    The sum of the solid angles of all triangles.

    References
    ----------
    Jacobson, Kavan, Sorkine-Hornung: Robust inside-outside segmentation using generalized winding numbers. SIGGRAPH 2013.
    Van Oosterom, Strackee: The solid angle of a plane triangle. IEEE Trans Biomed Eng 1983.
    """
    points = mesh.points.astype(np.float64)
    # Each coordinate of each corner by itself: rows of (x, y, z) cost four times as much.
    corners = [[np.ascontiguousarray(points[mesh.triangles[:, c], axis]) for axis in range(3)] for c in range(3)]
    result = np.zeros(len(places))
    step = max(1, _BLOCK // max(len(mesh.triangles), 1))
    for start in range(0, len(places), step):
        at = np.asarray(places[start : start + step], dtype=np.float64)[:, :, None]
        for begun in range(0, len(mesh.triangles), _BLOCK):
            some = slice(begun, begun + _BLOCK)
            a, b, c = ([corner[axis][None, some] - at[:, axis] for axis in range(3)] for corner in corners)
            result[start : start + step] += _solid_angles(a, b, c).sum(axis=1) / (2.0 * np.pi)
    return result


def _solid_angles(a: list[np.ndarray], b: list[np.ndarray], c: list[np.ndarray]) -> np.ndarray:
    """Half the solid angle of triangles whose corners have the coordinates x, y, z as seen from the place."""

    def dot(u: list[np.ndarray], v: list[np.ndarray]) -> np.ndarray:
        return u[0] * v[0] + u[1] * v[1] + u[2] * v[2]

    la, lb, lc = (np.sqrt(dot(v, v)) for v in (a, b, c))
    volume = (
        a[0] * (b[1] * c[2] - b[2] * c[1]) + a[1] * (b[2] * c[0] - b[0] * c[2]) + a[2] * (b[0] * c[1] - b[1] * c[0])
    )
    below = la * lb * lc + dot(a, b) * lc + dot(b, c) * la + dot(c, a) * lb
    angles: np.ndarray = np.arctan2(volume, below)
    return angles


def encloses_solid(mesh: Mesh) -> bool:
    """Whether most of the surface has solid on its inner side: places just below it, by area."""
    normals = mesh.triangle_normals()
    area = np.linalg.norm(normals, axis=1)
    if area.sum() <= 0.0:
        return False
    at = np.unique(np.searchsorted(np.cumsum(area), (np.arange(_PROBES) + 0.5) / _PROBES * area.sum()))
    at = at[at < len(area)]
    middle = mesh.points.astype(np.float64)[mesh.triangles[at]].mean(axis=1)
    hair = 1e-4 * float(np.linalg.norm(np.ptp(mesh.points, axis=0)))
    inner = winding_numbers(mesh, middle - hair * normals[at] / area[at, None])
    return float((np.abs(inner) > 0.6).mean()) >= _SOLID_SHARE
