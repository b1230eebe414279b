"""Distance of points to triangles: each to its own, or each to the nearest of a mesh."""

from typing import Any

import numpy as np

from .arrays import Points
from .core import Mesh, to_polydata

_SINE_SQUARED = 1e-14  # of the angle between two sides; flatter triangles are no more than their sides


def point_triangle_distance(points: Points, corners: np.ndarray) -> np.ndarray:
    """Distance of each point to its own triangle.

    The distance to the foot in the triangle's plane where that lies inside, else to the nearest side, without subtracting
    large squares of each other: exact to rounding, for slender triangles and points close by too.

    Parameters
    ----------
    points
        (n, 3) float64 mm.
    corners
        (n, 3, 3) float64 mm, the three corners of each point's triangle.

    Returns
    -------
    (n,) float64 mm, unsigned.

    References
    ----------
    Ericson, Real-Time Collision Detection, 2005, 5.1.5.
    """
    a, b, c = corners[:, 0], corners[:, 1], corners[:, 2]
    ab, ac, ap = b - a, c - a, points - a
    d00, d01, d11, d20, d21 = _dot(ab, ab), _dot(ab, ac), _dot(ac, ac), _dot(ap, ab), _dot(ap, ac)
    squared = d00 * d11 - d01 * d01
    size = np.maximum(squared, 1e-300)
    v, w = (d11 * d20 - d01 * d21) / size, (d00 * d21 - d01 * d20) / size
    within = (v >= 0.0) & (w >= 0.0) & (v + w <= 1.0) & (squared > _SINE_SQUARED * d00 * d11)
    gap = ap - v[:, None] * ab - w[:, None] * ac
    result = _dot(gap, gap)
    edge = np.flatnonzero(~within)
    p, a, b, c = points[edge], a[edge], b[edge], c[edge]
    best = np.full(len(edge), np.inf)
    for start, end in ((a, b), (b, c), (c, a)):
        side, offset = end - start, p - start
        share = np.clip(_dot(side, offset) / np.maximum(_dot(side, side), 1e-300), 0.0, 1.0)
        gap = offset - share[:, None] * side
        best = np.minimum(best, _dot(gap, gap))
    result[edge] = best
    return np.sqrt(result)


def nearest_triangles(points: Points, mesh: Mesh) -> tuple[np.ndarray, np.ndarray]:
    """The nearest triangle of a mesh for each point, and the distance to it; see `nearest_feet`.

    Returns
    -------
    triangle
        (n,) int64 index of the nearest triangle.
    distance
        (n,) float64 mm to it, unsigned.
    """
    triangle, foot = nearest_feet(points, mesh)
    return triangle, np.linalg.norm(foot - points, axis=1)


def nearest_feet(points: Points, mesh: Mesh) -> tuple[np.ndarray, Points]:
    """The nearest triangle of a mesh for each point, and where on it the nearest place is, by vtkStaticCellLocator.

    vtkImplicitPolyDataDistance gives the same distances in one call, without the triangles; it takes longer to prepare and no less
    for each point.

    Parameters
    ----------
    points
        (n, 3) LPS mm.
    mesh
        One triangle at least.

    Returns
    -------
    triangle
        (n,) int64 index of the nearest triangle.
    foot
        (n, 3) float64 LPS mm, the nearest place.
    """
    from vtkmodules.vtkCommonCore import reference
    from vtkmodules.vtkCommonDataModel import vtkGenericCell, vtkStaticCellLocator

    locator = vtkStaticCellLocator()
    locator.SetDataSet(to_polydata(Mesh(mesh.points, mesh.triangles)))
    locator.BuildLocator()
    cell = vtkGenericCell()
    number: Any = reference(0)
    inner: Any = reference(0)
    squared: Any = reference(0.0)
    triangle, foot = np.empty(len(points), np.int64), np.empty((len(points), 3))
    place = [0.0, 0.0, 0.0]
    for row, point in enumerate(points.tolist()):
        locator.FindClosestPoint(point, place, cell, number, inner, squared)
        triangle[row], foot[row] = int(number), place
    return triangle, foot


def _dot(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    return np.einsum("ij,ij->i", first, second)
