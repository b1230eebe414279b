"""Thickening walls below a minimum, and nothing else."""

from dataclasses import dataclass

import numpy as np

from ..errors import Refused
from ..measure.ball import ball_diameters
from ..measure.samples import Samples, samples_of
from ..measure.wall import wall_field
from ..mesh import Mesh, Provenance
from ..progress import Progress, part, silent
from .balls import union_of_balls
from .solid import from_solid, to_solid, without_small_voids

FINENESS = 6.0  # voxels to the minimum
SPACING = 4.0  # samples to the minimum
MARGIN = 0.03  # of the minimum: what contouring, simplifying and the sampling of a round rim take off
MOST_SAMPLES = 1_500_000
SEAM_MM = 0.002  # far below the 0.01 mm that untouched surface may move
SIMPLER = 0.005  # of the minimum: how far simplifying may move the added surface


@dataclass(frozen=True)
class Thickened:
    """The thickened solid; `added_mm3` and `thin_area_mm2` say how much; `spared_mm2` is thin surface left thin for a gap's sake."""

    mesh: Mesh
    added_mm3: float
    thin_area_mm2: float
    spared_mm2: float


@dataclass(frozen=True)
class _Thin:
    """Thin walls: `centres` (n, 3) mm of the balls that fit in them, the `radius` (n,) mm each shall have, and what is spared."""

    centres: np.ndarray
    radius: np.ndarray
    area_mm2: float
    spared_mm2: float


def thicken(mesh: Mesh, minimum: float, clearance: float = 0.3, *, progress: Progress = silent) -> Thickened:
    """The solid with every wall thinner than `minimum` mm grown to it, evenly to both sides; all else stays where it is.

    Balls a little larger than the minimum are set along the middle of thin walls (the centres of the largest inner balls) and
    joined to the solid exactly; added faces are marked ADDED. A gap of `clearance` mm or more is never narrowed below it: where
    there is no room, the wall grows as far as there is. Narrower gaps, which a process fuses anyway, may close beside a thin
    wall. A mesh without thin walls comes back unchanged. Raises `Refused` where the result could not be made sound.
    """
    thin = _thin_walls(mesh, minimum, clearance, part(progress, 0.0, 0.5))
    if thin is None:
        return Thickened(mesh, 0.0, 0.0, 0.0)
    grown = union_of_balls(thin.centres, thin.radius, minimum / FINENESS, mesh, part(progress, 0.5, 0.85))
    if grown is None:
        return Thickened(mesh, 0.0, thin.area_mm2, thin.spared_mm2)
    progress(0.9, "joining the thickened walls")
    solid = to_solid(mesh)
    joined = solid.manifold + to_solid(grown).manifold.simplify(SIMPLER * minimum)
    # Slivers along the seam would cross one another once rounded to float32.
    joined = joined.simplify(SEAM_MM)
    result = _sound(without_small_voids(from_solid(joined, [solid], Provenance.ADDED, mesh), minimum**3))
    progress(1.0, "thickened")
    return Thickened(result, result.volume - mesh.volume, thin.area_mm2, thin.spared_mm2)


def _sound(mesh: Mesh) -> Mesh:
    """The mesh, mended where surfaces that all but coincide cross after rounding to float32."""
    from ..measure import self_intersections
    from ..surface import repair

    if not len(self_intersections(mesh)):
        return mesh
    repaired = repair(mesh)
    if not repaired.valid:
        raise Refused(f"Thickening '{mesh.name}' left faults that could not be mended: choose a slightly different minimum.")
    return repaired.mesh


def _thin_walls(mesh: Mesh, minimum: float, clearance: float, progress: Progress) -> _Thin | None:
    samples = _fine_samples(mesh, minimum, part(progress, 0.0, 0.4))
    if samples is None:
        return None
    width = wall_field(mesh, part(progress, 0.4, 0.8), 1.1 * minimum, samples).distance
    thin = np.flatnonzero(width < minimum * (1.0 - 1e-3))
    if len(thin) == 0:
        return None
    gaps, _ = ball_diameters(samples, 1.0, clearance + 1.1 * minimum, part(progress, 0.8, 1.0), thin)
    width, area = width[thin], samples.area[thin]
    centres = samples.points[thin] - samples.normals[thin] * (width / 2.0)[:, None]
    wanted = (0.5 + MARGIN) * minimum
    # Both walls of a gap may grow, so each gets half of what may be taken from it.
    radius = np.where(gaps < clearance, wanted, np.minimum(wanted, (width + np.maximum(gaps - clearance, 0.0)) / 2.0))
    spared = radius < minimum / 2.0 * (1.0 - 1e-3)
    return _Thin(centres, _as_narrow_as_near(centres, radius, spared, wanted), float(area.sum()), float(area[spared].sum()))


def _fine_samples(mesh: Mesh, minimum: float, progress: Progress) -> Samples | None:
    """Samples dense enough for balls of the minimum where walls are thin, coarser elsewhere; None where nothing is thin.

    The usual samples find the thin walls; between samples farther apart than a ball is wide the balls would be beads.
    """
    from scipy.spatial import cKDTree

    coarse = samples_of(mesh)
    thin = np.flatnonzero(wall_field(mesh, progress, 1.1 * minimum, coarse).distance < 1.05 * minimum)
    if len(thin) == 0:
        return None
    tree = cKDTree(coarse.points[thin])
    reach = 0.5 * minimum + 1.5 * float(np.sqrt(np.percentile(coarse.area, 95)))
    away = tree.query(coarse.points, distance_upper_bound=reach, workers=-1)[0]
    chosen = np.zeros(len(mesh.triangles), dtype=bool)
    chosen[coarse.triangle[np.isfinite(away)]] = True
    touched = np.zeros(len(mesh.points), dtype=bool)
    touched[mesh.triangles[chosen]] = True
    chosen |= touched[mesh.triangles].any(axis=1)
    fine = _on_triangles(mesh, np.flatnonzero(chosen), minimum / SPACING)
    near = np.isfinite(tree.query(fine.points, distance_upper_bound=reach, workers=-1)[0])
    return _together(coarse, ~np.isfinite(away), fine, near)


def _on_triangles(mesh: Mesh, rows: np.ndarray, step: float) -> Samples:
    """Samples on the triangles `rows`, about `step` mm apart: a lattice of each, drawn in a little from its edges."""
    corners = mesh.points.astype(np.float64)[mesh.triangles[rows]]
    cross = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    doubled = np.linalg.norm(cross, axis=1)
    sound = doubled > 1e-9
    rows, corners, cross, doubled = rows[sound], corners[sound], cross[sound], doubled[sound]
    step = max(step, float(np.sqrt(doubled.sum() / 2.0 / MOST_SAMPLES)))
    longest = np.linalg.norm(corners - np.roll(corners, 1, axis=1), axis=2).max(axis=1)
    divisions = np.clip(np.ceil(longest / step), 1, 300).astype(int)
    points, owners, areas = [], [], []
    for count in np.unique(divisions):
        own = np.flatnonzero(divisions == count)
        u, v = np.meshgrid(np.arange(count + 1), np.arange(count + 1), indexing="ij")
        keep = u + v <= count
        weights = np.stack([u[keep], v[keep], count - u[keep] - v[keep]], axis=1) + 0.05
        weights /= weights.sum(axis=1, keepdims=True)
        points.append(np.einsum("wc,tcx->twx", weights, corners[own]).reshape(-1, 3))
        owners.append(np.repeat(own, len(weights)))
        areas.append(np.repeat(doubled[own] / 2.0 / len(weights), len(weights)))
    owner = np.concatenate(owners)
    return Samples(np.concatenate(points), (cross / doubled[:, None])[owner], np.concatenate(areas),
                   np.full(len(owner), -1), rows[owner])


def _together(first: Samples, of_first: np.ndarray, second: Samples, of_second: np.ndarray) -> Samples:
    return Samples(*(np.concatenate([getattr(first, name)[of_first], getattr(second, name)[of_second]])
                     for name in ("points", "normals", "area", "vertex", "triangle")))


def _as_narrow_as_near(centres: np.ndarray, radius: np.ndarray, spared: np.ndarray, wanted: float) -> np.ndarray:
    """Radii where each ball takes the smallest of the spared about it: a wall's other face does not see the gap, its ball must."""
    from scipy.spatial import cKDTree

    if not spared.any() or spared.all():
        return radius
    _distance, nearest = cKDTree(centres[spared]).query(centres, k=4, distance_upper_bound=wanted, workers=-1)
    limits = np.append(radius[spared], np.inf)[np.minimum(nearest, np.count_nonzero(spared))]
    return np.minimum(radius, limits.min(axis=1))
