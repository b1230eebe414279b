"""How far a step moved the surface: what every step of preparation tells about itself."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..mesh.core import Mesh, Provenance
from ..mesh.triangle_distance import nearest_triangles

SAMPLES = 20_000
UNMOVED_TOLERANCE_MM = 0.002  # nearer to the old surface than this is no new surface


@dataclass(frozen=True)
class DistanceStats:
    """Mean, 95 % and most of distances in mm, by area; all 0 where there is no area."""

    mean: float
    p95: float
    most: float


@dataclass(frozen=True)
class Displacement:
    """Distances in mm from the old surface: of the surface that was kept, and of new surface, with its share of the whole (0..1)."""

    kept: DistanceStats
    new: DistanceStats
    new_share: float


def measure_distance(of: Sequence[Mesh], to: Sequence[Mesh]) -> DistanceStats:
    """Distances of 20,000 points, spread evenly over the surfaces `of`, from the nearest of the surfaces `to`, in mm."""
    points, _marks = _spread_over(of)
    return _spread(np.min([nearest_triangles(points, mesh)[1] for mesh in to], axis=0))


def measure_displacement(before: Sequence[Mesh], after: Sequence[Mesh]) -> Displacement:
    """Distances of 20,000 points, spread evenly over the surfaces `after` a step, from the surfaces `before` it.

    New is what is marked CUT or ADDED and does not lie on the old surface; everything else was kept.
    """
    points, marks = _spread_over(after)
    away = np.min([nearest_triangles(points, mesh)[1] for mesh in before], axis=0)
    new = np.isin(marks, (Provenance.CUT, Provenance.ADDED)) & (away >= UNMOVED_TOLERANCE_MM)
    return Displacement(_spread(away[~new]), _spread(away[new]), float(new.mean()))


def _spread(distances: np.ndarray) -> DistanceStats:
    if len(distances) == 0:
        return DistanceStats(0.0, 0.0, 0.0)
    return DistanceStats(float(distances.mean()), float(np.percentile(distances, 95.0)), float(distances.max()))


def _spread_over(meshes: Sequence[Mesh]) -> tuple[np.ndarray, np.ndarray]:
    """Random points (n, 3) mm, evenly by area and the same every time, and the provenance (n,) of their triangles."""
    random = np.random.default_rng(0)
    areas = [np.linalg.norm(mesh.triangle_normals(), axis=1) for mesh in meshes]
    total = sum(float(area.sum()) for area in areas)
    points, marks = [], []
    for mesh, area in zip(meshes, areas):
        count = max(1, round(SAMPLES * float(area.sum()) / total))
        chosen = random.choice(len(area), count, p=area / area.sum())
        u, v = random.random((2, count, 1))
        u, v = np.where(u + v > 1.0, 1.0 - u, u), np.where(u + v > 1.0, 1.0 - v, v)
        a, b, c = (mesh.points[mesh.triangles[chosen, k]].astype(np.float64) for k in range(3))
        points.append(a + u * (b - a) + v * (c - a))
        known = mesh.triangle_arrays.get("Provenance")
        marks.append(np.zeros(count, np.uint8) if known is None else known[chosen])
    return np.concatenate(points), np.concatenate(marks)
