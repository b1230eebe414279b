"""The model made ready for finding the nearest place of its surface."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from ..mesh.arrays import Points
from ..mesh.core import Mesh, to_polydata
from ..mesh.surface_sampling import draw_by_weight

_STEP_MM = 0.3  # between samples, where the model is small enough for it
_LEAST_SAMPLES, _SAMPLES = 40_000, 250_000


@dataclass(frozen=True)
class ModelSurface:
    """The model for nearest planes: `samples` (n, 3) mm on its triangles, the triangle `owner` of each, unit `normals` (m, 3) and
    `corners` (m, 3, 3) of the triangles; `step` mm between samples."""

    mesh: Mesh
    samples: Points
    owner: np.ndarray
    normals: Points
    corners: np.ndarray
    step: float

    @cached_property
    def tree(self) -> Any:
        """A cKDTree of the samples."""
        from scipy.spatial import cKDTree

        return cKDTree(self.samples, balanced_tree=False)

    @cached_property
    def distance(self) -> Any:
        """A vtkImplicitPolyDataDistance of the model."""
        from vtkmodules.vtkFiltersCore import vtkImplicitPolyDataDistance

        made = vtkImplicitPolyDataDistance()
        made.SetInput(to_polydata(Mesh(self.mesh.points.astype(np.float64), self.mesh.triangles)))
        return made

    @cached_property
    def centre(self) -> np.ndarray:
        """(3,) mean of the surface by area, about which scale is told."""
        areas = np.linalg.norm(self.mesh.triangle_normals(), axis=1)
        middle: np.ndarray = np.average(self.corners.mean(axis=1), axis=0, weights=areas)
        return middle

    @property
    def sides(self) -> np.ndarray:
        """(3,) mm of the box along the axes."""
        return np.ptp(self.mesh.points.astype(np.float64), axis=0)

    def offsets(self, points: Points, reach_mm: float) -> tuple[np.ndarray, Points, Points]:
        """Signed distance (n,) of points to the plane of the nearest triangle, its unit normal, and the vector from its sample; inf for
        what is farther than `reach_mm`, which is told sooner than it is found."""
        distance, nearest = self.tree.query(points, distance_upper_bound=reach_mm, workers=-1)
        far = ~np.isfinite(distance)
        nearest[far] = 0
        facing = self.normals[self.owner[nearest]]
        gap = points - self.samples[nearest]
        gap[far] = np.inf
        offset = np.einsum("ij,ij->i", np.where(far[:, None], 0.0, gap), facing)
        return np.where(far, np.inf, offset), facing, gap


def build_model_surface(mesh: Mesh) -> ModelSurface:
    """`mesh` (LPS mm), closed and oriented, made ready for `fit_pose` and `measure_deviation`."""
    facing = mesh.triangle_normals()
    doubled = np.linalg.norm(facing, axis=1)
    count = int(np.clip(doubled.sum() / 2.0 / _STEP_MM**2, _LEAST_SAMPLES, _SAMPLES))
    random = np.random.default_rng(0)
    u, v = np.sqrt(random.random(count)), random.random(count)
    shares = np.stack([1.0 - u, u * (1.0 - v), u * v], axis=1)
    owner, samples = draw_by_weight(mesh, doubled, (np.arange(count) + random.random(count)) / count, shares)
    normals = facing / np.maximum(doubled[:, None], 1e-30)
    step = float(np.sqrt(doubled.sum() / 2.0 / count))
    corners = mesh.points.astype(np.float64)[mesh.triangles]
    return ModelSurface(mesh, samples, owner, normals, corners, step)
