"""The generalised winding number at a few places, exactly."""

import numpy as np

from ..mesh.arrays import Points
from ..mesh.core import Mesh

_BLOCK = 2_000_000  # pairs of place and triangle at once: about 200 MB


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
    corners = [points[mesh.triangles[:, c]] for c in range(3)]
    result = np.zeros(len(places))
    step = max(1, _BLOCK // max(len(mesh.triangles), 1))
    for start in range(0, len(places), step):
        at = np.asarray(places[start : start + step], dtype=np.float64)[:, None, :]
        a, b, c = (corner[None] - at for corner in corners)
        la, lb, lc = (np.sqrt(np.einsum("ijk,ijk->ij", v, v)) for v in (a, b, c))
        volume = np.einsum("ijk,ijk->ij", a, np.cross(b, c))
        below = (
            la * lb * lc
            + np.einsum("ijk,ijk->ij", a, b) * lc
            + np.einsum("ijk,ijk->ij", b, c) * la
            + np.einsum("ijk,ijk->ij", c, a) * lb
        )
        result[start : start + step] = np.arctan2(volume, below).sum(axis=1) / (2.0 * np.pi)
    return result
