"""The faces of a surface's thin walls, and how far other surfaces of the same walls lie from them."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from ..config.wall_settings import wall_settings
from ..imaging.surface_deviation import vertex_normals
from ..mesh.core import Mesh, Provenance
from ..mesh.surface_sampling import draw_by_weight
from .bone_density import Density
from .wall_uncertainty import expected_distances

_SET = wall_settings().faces


@dataclass(frozen=True)
class WallFaces:
    """A surface whose thin walls lie at the scan's faces. `mesh` (LPS mm) has moved where `known` (n,) bool; `error` (n,) mm
    is the standard deviation of each point's distance from the true face; `walled` (n,) bool: in walls and at rims, where
    edges tell no distance; `modelled` (n,) bool where the thickness comes of brightness alone."""

    mesh: Mesh
    known: np.ndarray
    error: np.ndarray
    walled: np.ndarray
    modelled: np.ndarray
    density: Density

    def figures(self) -> dict[str, object]:
        """What the report says of modelled walls: the grey value of bone that they go by, whether the scan shows it, and the
        blur that counts."""
        return {
            "bone_grey_value": self.density.bone,
            "bone_established": self.density.established,
            "bone_places": self.density.places,
            "bone_calibrated": self.density.calibrated,
            "bone_known_to": self.density.known_to,
            "outside_grey_value": self.density.outside,
            "wall_blur_mm": self.density.blur_mm,
        }

    @cached_property
    def _tree(self) -> tuple[Any, np.ndarray, np.ndarray]:
        from scipy.spatial import cKDTree

        near = self.known.copy()
        triangles = self.mesh.triangles
        for _ in range(3):
            near[triangles[near[triangles].any(axis=1)].ravel()] = True
        rows = np.flatnonzero(near)
        points = self.mesh.points[rows].astype(np.float64)
        return cKDTree(points), rows, vertex_normals(self.mesh)[rows]

    def ahead(self, points: np.ndarray, normals: np.ndarray) -> "FacesAhead":
        """The walls' faces over points (n, 3) with outward normals (n, 3): of the nearest point of the fine surface that
        faces the same way."""
        height, found = np.zeros(len(points)), np.zeros(len(points), dtype=bool)
        nearest = np.full(len(points), -1)
        if not self.known.any() or not len(points):
            return FacesAhead(height, found, nearest)
        tree, rows, facing = self._tree
        distance, index = tree.query(points, k=6, distance_upper_bound=_SET.reach_mm, workers=2)
        index = np.minimum(index, len(rows) - 1)
        agree = np.einsum("nkx,nx->nk", facing[index], normals)
        valid = np.isfinite(distance) & (agree > _SET.facing)
        some = np.flatnonzero(valid.any(axis=1))
        first = valid[some].argmax(axis=1)
        chosen = index[some, first]
        away = self.mesh.points[rows[chosen]] - points[some]
        height[some] = np.einsum("nx,nx->n", away, facing[chosen]) / agree[some, first]
        nearest[some] = rows[chosen]
        # Around a rim no point may face the same way: the field, which is raised there, tells less than this surface.
        rim = np.flatnonzero(np.isfinite(distance[:, 0]) & ~valid.any(axis=1))
        nearest[rim] = rows[index[rim, 0]]
        known = np.append(self.known, False)
        return FacesAhead(np.where(known[nearest], height, 0.0), known[nearest], nearest)

    def distances(self, mesh: Mesh, facing: np.ndarray) -> dict[str, list[float]]:
        """Quantiles of the distances in mm that the faces of a mesh (LPS mm) of the same walls are expected to have from the truth,
        evenly by area of what was measured or modelled: of all walls, and of those that are modelled. `facing` (m, 3) are its
        `triangle_normals`."""
        area = np.linalg.norm(facing, axis=1)
        own = np.isin(mesh.triangle_arrays["Provenance"], (Provenance.MEASURED, Provenance.MODELLED))
        if not (area[own] > 0.0).any():
            return {}
        random = np.random.default_rng(0)
        positions = (np.arange(_SET.places) + random.random(_SET.places)) / _SET.places
        drawn, places = draw_by_weight(mesh, area * own, positions, random.dirichlet((1.0, 1.0, 1.0), size=_SET.places))
        ahead = self.ahead(places, facing[drawn] / np.maximum(area[drawn, None], 1e-30))
        result = {}
        for name, which in (("wall_distance_mm", self.walled), ("modelled_distance_mm", self.modelled)):
            rows = np.flatnonzero(np.append(which, False)[ahead.nearest])
            if len(rows):
                result[name] = expected_distances(ahead.height[rows], self.error[ahead.nearest[rows]])
        return result


@dataclass(frozen=True)
class FacesAhead:
    """By how many mm faces of walls lie outwards of places, `height` (n,), zero where no face was `found` (n,) bool; `nearest`
    (n,) points of the fine surface, -1 where none lies near."""

    height: np.ndarray
    found: np.ndarray
    nearest: np.ndarray
