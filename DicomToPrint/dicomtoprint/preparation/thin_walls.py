"""Where walls are thinner than a minimum, and how far they may grow to each side."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from ..mesh.core import Mesh
from ..mesh.ray_casting import RayCaster
from ..mesh.surface_patches import connected_patches
from ..mesh.surface_sampling import SurfaceSamples, sample_surface
from ..mesh.thickness import GAP, WALL, ThicknessField, correct_sharp_edges, opposing_surface_distance, thickness_field
from ..mesh.triangle_lattice import lattice_points, longest_sides, subdivide_slender
from ..messages import _
from ..progress import ProgressCallback, subprogress

EDGE_WALLS = 2.0  # minima: sharp edges are measured this far behind the edge, as the check of readiness does
EDGE_MM = 5.2  # how far the check looks behind an edge
SPACING = 4.0  # samples to the minimum
REACH = (
    1.45  # of the minimum: walls are measured up to here; 0.7 of it, where neighbours count, is more than the minimum
)
MAX_SAMPLES = 2_000_000
SLACK_MM = 0.01  # half of what the check lets pass
REPEAT_TOLERANCE_MM = 0.018  # after a pass nearly all of it: added material makes its surroundings slightly uneven
NOTHING_MM = 0.005  # growth that no process shows
TIGHT_GAP_FRACTION = 0.3  # of the minimum: a gap no farther than this beyond the growth needs finer voxels to be seen
MIN_PATCH_MM2 = 0.45  # of connected thin wall that is worth another pass: a little less than the check calls a wall
NAMES = ("points", "normals", "area", "vertex", "triangle")
OTHER_SOLID_CLEARANCE_MM = 0.1  # what stays free to another solid; also covers how far its samples lie apart


@dataclass(frozen=True)
class ThinWalls:
    """Thin walls as balls along their middle that fill them out to the wanted thickness.

    Attributes
    ----------
    centres, radius
        The balls: (n, 3) in mm and (n,) in mm.
    area_mm2
        Area of surface whose wall is below the minimum.
    spared_mm2
        The part of it that stays thin because a gap or another solid leaves no space.
    spared
        (k, 3) mm, positions of the spared walls.
    tight
        (n,) bool, a gap or another solid is near the ball.
    found
        (l, 3) mm, every sample of the readiness check that is thin, specks too.
    """

    centres: np.ndarray
    radius: np.ndarray
    area_mm2: float
    spared_mm2: float
    spared: np.ndarray
    tight: np.ndarray
    found: np.ndarray


@dataclass(frozen=True)
class _ThinSamples:
    """Samples on and beside thin walls: `points` and outward `normals` (n, 3), `width` of the wall (n,) mm, `area` (n,) mm2 of
    the surface that a sample stands for where its wall is below the minimum, else 0; `found` as in `ThinWalls`."""

    points: np.ndarray
    normals: np.ndarray
    width: np.ndarray
    area: np.ndarray
    found: np.ndarray


def find_thin_walls(
    mesh: Mesh,
    minimum: float,
    clearance: float,
    wanted: float,
    others: Sequence[Mesh],
    before: ThinWalls | None,
    progress: ProgressCallback,
) -> ThinWalls | None:
    """Balls along the middle of the walls that are thinner than a minimum.

    Parameters
    ----------
    mesh
        A closed surface, points in mm.
    minimum
        Wall thickness in mm below which a wall is thin.
    clearance
        Width in mm that a gap keeps.
    wanted
        Radius of the balls in mm, less where a gap or another solid leaves no space.
    others
        Solids that the walls must not grow into.
    before
        The result of the pass before: only its neighbourhood is searched, and where it spared walls nothing grows.

    Returns
    -------
    ThinWalls or None
        None where no wall is thin.
    """
    rays = RayCaster(mesh, REACH * minimum)
    thin = _thin_samples(mesh, rays, minimum, wanted, before, progress)
    if thin is None:
        return None
    # After a pass, a gap that was narrowed to the clearance may measure slightly less: it is no narrow gap that may close.
    gaps = (clearance, clearance if before is None else 0.5 * clearance)
    front, back = _free_space(rays, thin, gaps, wanted, others)
    progress(0.9, _("looking for gaps"))
    need = np.maximum(2.0 * wanted - thin.width, 0.0)
    ahead = np.minimum(front, need / 2.0)
    behind = np.minimum(back, need - ahead)
    ahead = np.minimum(front, need - behind)
    tight = np.minimum(front, back) < need / 2.0 + TIGHT_GAP_FRACTION * minimum
    radius = (thin.width + ahead + behind) / 2.0
    centres = thin.points + thin.normals * ((ahead - thin.width - behind) / 2.0)[:, None]
    radius = _clear_of(others, centres, radius)
    spared = radius < minimum / 2.0 * (1.0 - 1e-3)
    radius = _limited_by_spared(centres, radius, spared, wanted)
    settled = np.zeros((0, 3)) if before is None else before.spared
    growing = (radius > thin.width / 2.0 + NOTHING_MM) & ~_near(settled, centres, wanted)
    return ThinWalls(
        centres[growing],
        radius[growing],
        float(thin.area.sum()),
        float(thin.area[spared].sum()),
        centres[spared],
        tight[growing],
        thin.found,
    )


def _thin_samples(
    mesh: Mesh,
    rays: RayCaster,
    minimum: float,
    wanted: float,
    before: ThinWalls | None,
    progress: ProgressCallback,
) -> _ThinSamples | None:
    """Samples whose wall is below the minimum, and those beside them that the balls reach; None without any."""
    coarse = sample_surface(mesh)
    if before is not None:
        # A pass makes nothing thinner: points that were measured before need it only where the mesh grew, and beside.
        grown = np.concatenate([before.centres, before.found])
        coarse = _rows_of(coarse, _near(grown, coarse.points, 3.0 * wanted) | (coarse.vertex < 0))
    checked = _walls(mesh, coarse, rays, minimum, subprogress(progress, 0.0, 0.4)).distance
    rows = np.flatnonzero(checked < minimum - (SLACK_MM if before is None else REPEAT_TOLERANCE_MM))
    found = coarse.points[rows]
    if before is not None:
        rows = _in_large_patches(mesh, coarse, rows)
    samples = _fine_samples(mesh, minimum, coarse, rows)
    if samples is None:
        return None
    field = _walls(mesh, samples, rays, minimum, subprogress(progress, 0.4, 0.8))
    # What the check finds thin counts as that, also where its neighbours among the fine samples do not agree.
    np.minimum(field.distance[: len(rows)], checked[rows], out=field.distance[: len(rows)])
    # Beside a thin wall all that is thinner than the balls takes part, so that the added material runs out without a step.
    thin = np.flatnonzero(field.distance < 2.0 * wanted - NOTHING_MM)
    distance = field.distance[thin]
    if not (distance < minimum - SLACK_MM).any():
        return None
    # At a sharp edge the ball sits at the sample, whose own wall is thinner than what is measured behind the edge.
    width, _slope = opposing_surface_distance(rays, samples.points[thin], samples.normals[thin], WALL, REACH * minimum)
    area = np.where(distance < minimum - SLACK_MM, samples.area[thin], 0.0)
    return _ThinSamples(samples.points[thin], samples.normals[thin], np.minimum(width, distance), area, found)


def _near(places: np.ndarray, points: np.ndarray, reach: float) -> np.ndarray:
    """(n,) bool: which of `points` (n, 3) lie within `reach` mm of one of `places` (m, 3)."""
    from scipy.spatial import cKDTree

    if len(places) == 0:
        return np.zeros(len(points), dtype=bool)
    return np.isfinite(cKDTree(places).query(points, distance_upper_bound=reach, workers=-1)[0])


def _walls(
    mesh: Mesh, samples: SurfaceSamples, rays: RayCaster, minimum: float, progress: ProgressCallback
) -> ThicknessField:
    """Wall thickness at the samples, behind sharp edges as the readiness check measures it."""
    field = thickness_field(mesh, progress, REACH * minimum, samples, rays)
    seen = replace(field, cap_mm=max(EDGE_MM, field.cap_mm))
    return replace(correct_sharp_edges(seen, rays, EDGE_WALLS * minimum), cap_mm=field.cap_mm)


def _free_space(
    rays: RayCaster, thin: _ThinSamples, clearance: tuple[float, float], wanted: float, others: Sequence[Mesh]
) -> tuple[np.ndarray, np.ndarray]:
    """How far (n,), (n,) mm walls may grow in front of and behind the samples: half of what a gap has over the clearance.

    Both walls of a gap may grow. A gap below the second clearance, which a process fuses anyway, does not count. The space
    up to `others` may be used but for `OTHER_SOLID_CLEARANCE_MM`.
    """
    keep, fused = clearance
    reach = keep + 4.0 * wanted
    points, normals = thin.points, thin.normals
    front, _slope = opposing_surface_distance(rays, points, normals, GAP, reach)
    # From just beyond the wall's other side outward, in the same direction.
    across = points - normals * (thin.width + 1e-3)[:, None]
    back = rays.first_hit(across, -normals, False, reach).distance
    free = [np.where(gap < fused - 1e-3, np.inf, np.maximum(gap - keep, 0.0) / 2.0) for gap in (front, back)]
    for other in others:
        beside = RayCaster(other, reach)
        for index, (start, direction) in enumerate(((points, normals), (across, -normals))):
            distance = beside.first_hit(start, direction, False, reach).distance - OTHER_SOLID_CLEARANCE_MM
            free[index] = np.minimum(free[index], np.maximum(distance, 0.0))
    return free[0], free[1]


def _clear_of(others: Sequence[Mesh], centres: np.ndarray, radius: np.ndarray) -> np.ndarray:
    """Radii that stay clear of other solids."""
    from ..mesh.sample_tree import build_sample_tree

    for other in others:
        bounds = np.asarray(other.bounds).reshape(3, 2)
        most = float(radius.max()) + OTHER_SOLID_CLEARANCE_MM
        near = np.flatnonzero(((centres > bounds[:, 0] - most) & (centres < bounds[:, 1] + most)).all(axis=1))
        if len(near) == 0:
            continue
        away = build_sample_tree(other, 2.0 * OTHER_SOLID_CLEARANCE_MM).tree.query(
            centres[near], distance_upper_bound=most, workers=-1
        )[0]
        radius = radius.copy()
        radius[near] = np.minimum(radius[near], away - OTHER_SOLID_CLEARANCE_MM)
    return radius


def _in_large_patches(mesh: Mesh, samples: SurfaceSamples, thin: np.ndarray) -> np.ndarray:
    """Those of the `thin` rows in connected patches of `MIN_PATCH_MM2` or more: the check ignores smaller ones too."""
    chosen = np.zeros(len(samples.points), dtype=bool)
    chosen[thin] = True
    rows = [patch.rows for patch in connected_patches(mesh, samples, chosen) if patch.area >= MIN_PATCH_MM2]
    return np.concatenate(rows) if rows else thin[:0]


def _fine_samples(mesh: Mesh, minimum: float, coarse: SurfaceSamples, thin: np.ndarray) -> SurfaceSamples | None:
    """The `thin` rows of `coarse`, then samples dense enough for balls of the minimum on and beside their triangles; None without any.

    The coarse samples find the thin walls; where samples lie farther apart than a ball is wide, the balls would not overlap.
    """
    from scipy.spatial import cKDTree

    if len(thin) == 0:
        return None
    tree = cKDTree(coarse.points[thin], balanced_tree=False)
    reach = 0.5 * minimum + 1.5 * float(np.sqrt(np.percentile(coarse.area, 95)))
    chosen = np.zeros(len(mesh.triangles), dtype=bool)
    chosen[coarse.triangle[thin]] = True
    touched = np.zeros(len(mesh.points), dtype=bool)
    touched[mesh.triangles[chosen]] = True
    chosen |= touched[mesh.triangles].any(axis=1)
    fine = _on_triangles(mesh, np.flatnonzero(chosen), minimum / SPACING)
    near = np.isfinite(tree.query(fine.points, distance_upper_bound=reach, workers=-1)[0])
    # The fine samples carry the area; the coarse ones make sure that what they found is not missed.
    return _concatenate(_rows_of(replace(coarse, area=np.zeros(len(coarse.points))), thin), _rows_of(fine, near))


def _on_triangles(mesh: Mesh, rows: np.ndarray, step: float) -> SurfaceSamples:
    """Samples on the triangles `rows`, about `step` mm apart: a barycentric lattice on each, slightly inside its edges.

    Not `sample_surface`, which takes vertices as they are and few points between them; nor the lattice of `sample_triangles`, whose
    points stay away from the edges, where balls must overlap.
    """
    corners = mesh.points.astype(np.float64)[mesh.triangles[rows]]
    cross = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    doubled = np.linalg.norm(cross, axis=1)
    sound = doubled > 1e-9
    rows, corners, normals, doubled = rows[sound], corners[sound], cross[sound] / doubled[sound, None], doubled[sound]
    step = max(step, float(np.sqrt(doubled.sum() / 2.0 / MAX_SAMPLES)))
    corners, piece_of = subdivide_slender(corners, step)
    doubled = np.linalg.norm(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1)
    divisions = np.clip(np.ceil(longest_sides(corners) / step), 1, 300).astype(int)

    def weights(count: int) -> np.ndarray:
        u, v = np.meshgrid(np.arange(count + 1), np.arange(count + 1), indexing="ij")
        keep = u + v <= count
        shares = np.stack([u[keep], v[keep], count - u[keep] - v[keep]], axis=1) + 0.05
        return shares / shares.sum(axis=1, keepdims=True)

    points, at = lattice_points(corners, divisions, weights)
    owner = piece_of[at]
    area = doubled[at] / 2.0 / np.bincount(at)[at]
    samples = SurfaceSamples(points, normals[owner], area, np.full(len(owner), -1), rows[owner])
    return _one_per_cell(samples, step / 2.0)


def _one_per_cell(samples: SurfaceSamples, cell: float) -> SurfaceSamples:
    """One sample for all that share a cell and a direction, with their summed area: slender triangles give too many."""
    at = np.floor((samples.points - samples.points.min(axis=0)) / cell).astype(np.int64)
    size = at.max(axis=0) + 1
    facing = np.abs(samples.normals).argmax(axis=1)
    facing = 2 * facing + (samples.normals[np.arange(len(facing)), facing] > 0)
    names = ((at[:, 0] * size[1] + at[:, 1]) * size[2] + at[:, 2]) * 6 + facing
    _unused, first, same = np.unique(names, return_index=True, return_inverse=True)
    return replace(_rows_of(samples, first), area=np.bincount(same.reshape(-1), samples.area))


def _rows_of(samples: SurfaceSamples, rows: np.ndarray) -> SurfaceSamples:
    return SurfaceSamples(*(getattr(samples, name)[rows] for name in NAMES))


def _concatenate(first: SurfaceSamples, second: SurfaceSamples) -> SurfaceSamples:
    return SurfaceSamples(*(np.concatenate([getattr(first, name), getattr(second, name)]) for name in NAMES))


def _limited_by_spared(centres: np.ndarray, radius: np.ndarray, spared: np.ndarray, wanted: float) -> np.ndarray:
    """Radii (n,) mm, none larger than the smallest of the spared balls near it: from a wall's other face the gap is not seen."""
    from scipy.spatial import cKDTree

    if not spared.any() or spared.all():
        return radius
    _distance, nearest = cKDTree(centres[spared]).query(centres, k=4, distance_upper_bound=wanted, workers=-1)
    limits = np.append(radius[spared], np.inf)[np.minimum(nearest, np.count_nonzero(spared))]
    return np.minimum(radius, limits.min(axis=1))
