"""Points spread over a surface, each with a normal and the area it stands for: what thickness and gaps are measured on."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from .arrays import Points
from .core import Mesh
from .triangle_lattice import longest_sides

CREASE_COSINE = 0.78  # a vertex whose faces turn more than 39 degrees from its normal lies on a sharp edge


@dataclass(frozen=True)
class SurfaceSamples:
    """`points` (n, 3) float64 mm, unit `normals` (n, 3) outward, `area` (n,) mm2; `vertex` (n,) the mesh vertex or -1, `triangle` (n,)
    a triangle the sample lies on."""

    points: Points
    normals: Points
    area: np.ndarray
    vertex: np.ndarray
    triangle: np.ndarray


def sample_surface(mesh: Mesh, budget: int = 60_000, finest_mm: float = 0.4) -> SurfaceSamples:
    """Samples of a mesh: its vertices, and points `finest_mm` apart on triangles that are larger, farther where `budget` affords no more.

    Half the thinnest wall is fine enough for `finest_mm`. The budget counts points on flat facets only: what is opposite to the middle
    of a facet is as flat, or has vertices of its own.

    A vertex on a sharp edge gives one sample a face, with the face's normal, moved a little into the face: an averaged normal would
    look past the opposite wall. Points on large triangles follow a quasi-random sequence (R2, Roberts 2018), so that they repeat:
    a lattice of `triangle_lattice` would put rows of them opposite to one another.
    """
    points = mesh.points.astype(np.float64)
    triangles = mesh.triangles
    corners = points[triangles]
    cross = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    doubled = np.linalg.norm(cross, axis=1)
    sound = doubled > 1e-12
    normals = np.zeros_like(cross)
    normals[sound] = cross[sound] / doubled[sound, None]
    area = doubled / 2.0
    longest = longest_sides(corners)
    spacing = _spacing(area, longest, budget, finest_mm)
    large = sound & (longest > spacing)
    at_vertices = _vertex_samples(points, triangles, normals, np.where(large | ~sound, 0.0, area), sound, corners)
    if not large.any():
        return at_vertices
    return _joined(at_vertices, _face_samples(np.flatnonzero(large), corners, normals, area, longest, spacing))


def draw_by_weight(
    mesh: Mesh,
    weights: np.ndarray,
    positions: np.ndarray,
    shares: np.ndarray,
    side: Literal["left", "right"] = "right",
) -> tuple[np.ndarray, Points]:
    """Points drawn on the triangles of a mesh in proportion to a weight of each, such as its area.

    Parameters
    ----------
    mesh
        Its points in mm.
    weights
        (m,) of the triangles, 0 or more, not all 0.
    positions
        (n,) in 0 to 1, where along the summed weights a triangle is drawn.
    shares
        (n, 3) barycentric coordinates of the points.
    side
        Which triangle a position on the border of two draws: the one before or the one after.

    Returns
    -------
    triangles, points
        Indices (n,) of the triangles drawn, and the points (n, 3) float64 in mm.
    """
    summed = np.cumsum(weights)
    drawn = np.minimum(np.searchsorted(summed, positions * summed[-1], side=side), len(summed) - 1)
    return drawn, np.einsum("nc,ncx->nx", shares, mesh.points.astype(np.float64)[mesh.triangles[drawn]])


def triangles_of_samples(mesh: Mesh, samples: SurfaceSamples, rows: np.ndarray) -> np.ndarray:
    """Indices of the triangles in which samples of `rows` lie, or all of whose corners are such samples."""
    at_vertex = np.zeros(len(mesh.points), dtype=bool)
    at_vertex[samples.vertex[rows][samples.vertex[rows] >= 0]] = True
    covered = np.all(at_vertex[mesh.triangles], axis=1)
    covered[samples.triangle[rows[samples.vertex[rows] < 0]]] = True
    return np.flatnonzero(covered)


def _spacing(area: np.ndarray, longest: np.ndarray, budget: int, finest: float) -> float:
    """Spacing at which the triangles that are larger than it take about `budget` samples."""
    spacing = finest
    for _ in range(40):
        count = 0.0
        large = longest > spacing
        count = float(np.maximum(area[large] / spacing**2, longest[large] / spacing).sum())
        if count <= budget:
            return spacing
        spacing *= max((count / budget) ** 0.25, 1.02)
    return spacing


def _vertex_samples(
    points: np.ndarray,
    triangles: np.ndarray,
    normals: np.ndarray,
    area: np.ndarray,
    sound: np.ndarray,
    corners: np.ndarray,
) -> SurfaceSamples:
    count = len(points)
    angles = _corner_angles(corners)
    summed = np.stack(
        [
            np.bincount(triangles.ravel(), (angles * normals[:, axis, None]).ravel(), minlength=count)
            for axis in range(3)
        ],
        axis=1,
    )
    length = np.linalg.norm(summed, axis=1)
    vertex_normals = summed / np.maximum(length, 1e-12)[:, None]
    owner = np.zeros(count, dtype=np.int64)
    owner[triangles[sound].ravel()] = np.repeat(np.flatnonzero(sound), 3)
    agreement = np.einsum("ijk,ik->ij", vertex_normals[triangles], normals)
    crease = np.zeros(count, dtype=bool)
    crease[
        triangles[sound & (agreement.min(axis=1) < CREASE_COSINE)][
            agreement[sound & (agreement.min(axis=1) < CREASE_COSINE)] < CREASE_COSINE
        ]
    ] = True
    share = np.bincount(triangles.ravel(), np.repeat(area / 3.0, 3), minlength=count)
    used = np.zeros(count, dtype=bool)
    used[triangles[sound].ravel()] = True
    smooth = np.flatnonzero(used & ~crease & (length > 1e-9))
    plain = SurfaceSamples(points[smooth], vertex_normals[smooth], share[smooth], smooth, owner[smooth])
    where, corner = np.nonzero(crease[triangles] & sound[:, None])
    if len(where) == 0:
        return plain
    centre = corners[where].mean(axis=1)
    at = corners[where, corner]
    inward = centre - at
    reach = np.linalg.norm(inward, axis=1, keepdims=True)
    moved = at + inward * np.minimum(0.05, 0.05 / np.maximum(reach, 1e-9))
    return _joined(
        plain,
        SurfaceSamples(moved, normals[where], area[where] / 3.0, triangles[where, corner].astype(np.int64), where),
    )


def _corner_angles(corners: np.ndarray) -> np.ndarray:
    """(m, 3) angles of the triangles in radians; 0 where a side has no length."""
    angles = np.zeros(corners.shape[:2])
    for k in range(3):
        a, b = corners[:, (k + 1) % 3] - corners[:, k], corners[:, (k + 2) % 3] - corners[:, k]
        scale = np.sqrt((a * a).sum(axis=1) * (b * b).sum(axis=1))
        cosine = np.divide((a * b).sum(axis=1), scale, out=np.ones(len(a)), where=scale > 0)
        angles[:, k] = np.arccos(np.clip(cosine, -1.0, 1.0))
    return angles


def _face_samples(
    large: np.ndarray, corners: np.ndarray, normals: np.ndarray, area: np.ndarray, longest: np.ndarray, spacing: float
) -> SurfaceSamples:
    count = np.ceil(np.maximum(area[large] / spacing**2, longest[large] / spacing)).astype(np.int64)
    which = np.repeat(large, count)
    number = np.arange(len(which)) - np.repeat(np.cumsum(count) - count, count) + 1
    u, v = (0.5 + number * 0.7548776662466927) % 1.0, (0.5 + number * 0.5698402909980532) % 1.0
    over = u + v > 1.0
    u, v = np.where(over, 1.0 - u, u)[:, None], np.where(over, 1.0 - v, v)[:, None]
    points = corners[which, 0] * (1 - u - v) + corners[which, 1] * u + corners[which, 2] * v
    return SurfaceSamples(points, normals[which], np.repeat(area[large] / count, count), np.full(len(which), -1), which)


def _joined(first: SurfaceSamples, second: SurfaceSamples) -> SurfaceSamples:
    return SurfaceSamples(
        *(
            np.concatenate([getattr(first, name), getattr(second, name)])
            for name in ("points", "normals", "area", "vertex", "triangle")
        )
    )
