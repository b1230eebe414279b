"""Walls apart from outsides: how much thicker or thinner a wall was printed, from the deviation of both its faces."""

from dataclasses import dataclass

import numpy as np

from ..mesh.thickness import ThicknessField, thickness_field
from .deviation import DeviationMap
from .model_surface import ModelSurface

_NEAR = 0.5  # of the thickness: the other face's sample lies within this of where the wall ends


@dataclass(frozen=True)
class WallChange:
    """Walls of the model up to a thickness.

    Attributes
    ----------
    rows
        (n,) indices of the map's samples that lie on walls, both of whose faces the scan shows.
    thickness_mm, change_mm
        (n,) thickness in the model there, and how much thicker it was printed (negative: thinner).
    area_mm2
        (n,) area of each sample.
    share
        Share of the model's area that is wall; `unseen_share` of the walls whose other face the scan does not show.
    is_wall
        (m,) bool of all samples of the map.
    """

    rows: np.ndarray
    thickness_mm: np.ndarray
    change_mm: np.ndarray
    area_mm2: np.ndarray
    share: float
    unseen_share: float
    is_wall: np.ndarray


def measure_walls(surface: ModelSurface, deviation: DeviationMap, thickest_mm: float) -> WallChange:
    """Pairs the samples of faces that are no more than `thickest_mm` apart and adds their deviations."""
    from scipy.spatial import cKDTree

    samples = deviation.samples
    field: ThicknessField = thickness_field(surface.mesh, cap_mm=thickest_mm, samples=samples)
    is_wall = np.isfinite(field.distance) & (field.distance <= thickest_mm)
    walls = np.flatnonzero(is_wall)
    area = samples.area
    if not len(walls):
        empty = np.zeros(0)
        return WallChange(walls, empty, empty, empty, 0.0, 0.0, is_wall)
    thickness = field.distance[walls]
    ends = samples.points[walls] - thickness[:, None] * samples.normals[walls]
    distance, near = cKDTree(samples.points).query(ends, k=4, distance_upper_bound=float(thickest_mm), workers=-1)
    found = np.isfinite(distance) & (distance < np.maximum(_NEAR * thickness, 0.4)[:, None])
    near = np.where(found, near, 0)
    found &= np.einsum("bki,bi->bk", samples.normals[near], samples.normals[walls]) < -0.5
    found &= np.isfinite(deviation.values[near])
    first = np.argmax(found, axis=1)
    other = near[np.arange(len(walls)), first]
    paired = found.any(axis=1) & deviation.seen[walls]
    rows = walls[paired]
    change = deviation.values[rows] + deviation.values[other[paired]]
    unseen = 1.0 - float(area[rows].sum() / max(area[walls].sum(), 1e-12))
    share = float(area[walls].sum() / max(area.sum(), 1e-12))
    return WallChange(rows, thickness[paired], change, area[rows], share, unseen, is_wall)
