"""Wall thickness and gaps as fields on a surface, and what is thin: how much of it, where, and what is a rod rather than a wall."""

from dataclasses import dataclass

import numpy as np

from ..mesh import Mesh
from ..progress import Progress, part, silent
from .ball import ball_diameters
from .samples import Samples, samples_of


@dataclass(frozen=True)
class Field:
    """Distances on the samples of a surface: `distance` (n,) mm, inf where more than `cap_mm`; `side` -1 for walls (into the
    solid), +1 for gaps (out of it)."""

    samples: Samples
    distance: np.ndarray
    side: float
    cap_mm: float

    def at_vertices(self, count: int) -> np.ndarray:
        """(count,) float32: the smallest distance at each vertex, `cap_mm` where it is that or more."""
        result = np.full(count, self.cap_mm, dtype=np.float32)
        own = self.samples.vertex >= 0
        np.minimum.at(result, self.samples.vertex[own], np.minimum(self.distance[own], self.cap_mm).astype(np.float32))
        return result

    def smallest(self, chosen: np.ndarray, least_area_mm2: float) -> tuple[float | None, np.ndarray]:
        """The distance that at least `least_area_mm2` of the `chosen` (n,) samples do not exceed, and their indices, the smallest
        first; None where less area than that lies within the cap. A single odd sample is no wall."""
        rows = np.flatnonzero(chosen & np.isfinite(self.distance))
        rows = rows[np.argsort(self.distance[rows], kind="stable")]
        covered = np.cumsum(self.samples.area[rows])
        enough = int(np.searchsorted(covered, least_area_mm2))
        if enough >= len(rows):
            return None, rows[:0]
        return float(self.distance[rows[enough]]), rows[: enough + 1]

    def percentile(self, percent: float) -> float | None:
        """The distance that `percent` of the surface do not exceed, by area; None where that lies beyond the cap."""
        order = np.argsort(self.distance, kind="stable")
        covered = np.cumsum(self.samples.area[order])
        if len(order) == 0 or covered[-1] <= 0:
            return None
        value = self.distance[order[min(np.searchsorted(covered, percent / 100.0 * covered[-1]), len(order) - 1)]]
        return float(value) if np.isfinite(value) else None


def wall_thickness(mesh: Mesh, progress: Progress = silent, cap_mm: float = 6.0) -> np.ndarray:
    """(n,) float32 wall thickness in mm at the mesh's points, `cap_mm` where it is that or more; see `wall_field`."""
    return wall_field(mesh, progress, cap_mm).at_vertices(len(mesh.points))


def gap_width(mesh: Mesh, progress: Progress = silent, cap_mm: float = 3.0) -> np.ndarray:
    """(n,) float32 width in mm of the gap in front of the mesh's points, `cap_mm` where it is that or more or there is none."""
    return gap_field(mesh, progress, cap_mm).at_vertices(len(mesh.points))


def wall_field(mesh: Mesh, progress: Progress = silent, cap_mm: float = 6.0, samples: Samples | None = None) -> Field:
    """Diameter of the largest ball inside the solid that touches each sample, opposing walls only; see `ball.py`.

    Exact on plane walls and wedges, second order in the sample spacing on curved ones; noise of the surface lowers it.
    """
    return _field(mesh, samples, -1.0, cap_mm, progress)


def gap_field(mesh: Mesh, progress: Progress = silent, cap_mm: float = 3.0, samples: Samples | None = None) -> Field:
    """The same outside the solid: how far the next surface that faces this one is."""
    return _field(mesh, samples, 1.0, cap_mm, progress)


def _field(mesh: Mesh, samples: Samples | None, side: float, cap_mm: float, progress: Progress) -> Field:
    samples = samples or samples_of(mesh)
    distance, _ = ball_diameters(samples, side, cap_mm, part(progress, 0.0, 0.9))
    return Field(samples, _agreed(samples, distance, part(progress, 0.9, 1.0)), side, cap_mm)


def _agreed(samples: Samples, distance: np.ndarray, progress: Progress) -> np.ndarray:
    """Distances below 0.7 times the median of the nine nearest samples that face the same way, replaced by that median.

    A wall is thin over some width; a single bump of a rough surface, which a ball takes for a wall, is not.
    """
    from scipy.spatial import cKDTree

    rows = np.flatnonzero(np.isfinite(distance))
    result = distance.copy()
    if len(rows) == 0:
        return result
    tree = cKDTree(samples.points, balanced_tree=False, compact_nodes=False)
    for start in range(0, len(rows), 100_000):
        progress(start / len(rows), "comparing neighbours")
        own = rows[start : start + 100_000]
        _, near = tree.query(samples.points[own], k=min(9, tree.n), workers=-1)
        same = np.einsum("ijk,ik->ij", samples.normals[near], samples.normals[own]) > 0.7
        values = np.where(same, distance[near], distance[own][:, None])
        middle = np.sort(values, axis=1)[:, values.shape[1] // 2]
        result[own] = np.where(distance[own] < 0.7 * middle, middle, distance[own])
    return result


def thick_walls(samples: Samples, progress: Progress = silent) -> Field:
    """Wall field without a cap, on a thousand samples against ten thousand: for models without any thin wall."""
    few = _some(samples, 10_000)
    rows = np.unique(np.linspace(0, len(few.points) - 1, 1000).astype(np.int64))
    cap = 1.05 * float(np.linalg.norm(np.ptp(few.points, axis=0)))
    distance, _ = ball_diameters(few, -1.0, cap, progress, rows)
    return Field(_some(few, 1000), distance, -1.0, cap)


def _some(samples: Samples, count: int) -> Samples:
    """About `count` of the samples, evenly picked, each standing for its share of the whole area."""
    rows = np.unique(np.linspace(0, len(samples.points) - 1, count).astype(np.int64))
    picked = [getattr(samples, name)[rows] for name in ("points", "normals", "area", "vertex", "triangle")]
    picked[2] = picked[2] * (samples.area.sum() / max(float(picked[2].sum()), 1e-12))
    return Samples(*picked)


def rods(field: Field, below_mm: float, progress: Progress = silent) -> np.ndarray:
    """(n,) bool: samples thinner than `below_mm` where the solid ends on two opposite sides across the thickness too.

    A wall goes on along both directions across its thickness, a rod only along one. Looked at 1.2 thicknesses from the middle, so
    a bar up to twice as wide as thick counts as a rod. On a field of gaps the same tells a hole or channel from a slot.
    """
    from scipy.spatial import cKDTree

    samples = field.samples
    result = np.zeros(len(field.distance), dtype=bool)
    thin = np.flatnonzero(field.distance < below_mm)
    if len(thin) == 0:
        return result
    tree = cKDTree(samples.points, balanced_tree=False, compact_nodes=False)
    for start in range(0, len(thin), 100_000):
        progress(start / len(thin), "telling rods from walls")
        rows = thin[start : start + 100_000]
        normals, reach = samples.normals[rows], field.distance[rows, None]
        centres = samples.points[rows] + field.side * 0.5 * reach * normals
        first, second = _across(normals)
        for axis in (first, second):
            beyond = np.ones(len(rows), dtype=bool)
            for sign in (1.2, -1.2):
                probe = centres + sign * reach * axis
                _, near = tree.query(probe, workers=-1)
                height = np.einsum("ij,ij->i", probe - samples.points[near], samples.normals[near])
                beyond &= -field.side * height > 0
            result[rows] |= beyond
    return result


def _across(normals: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Two unit vectors (n, 3) across each normal."""
    other = np.where(np.abs(normals[:, :1]) < 0.9, [[1.0, 0.0, 0.0]], [[0.0, 1.0, 0.0]])
    first = np.cross(normals, other)
    first /= np.linalg.norm(first, axis=1, keepdims=True)
    return first, np.cross(normals, first)
