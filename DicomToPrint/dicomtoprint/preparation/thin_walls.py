"""Where walls are thinner than a minimum, and how far they may grow to each side."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from ..mesh.core import Mesh
from ..mesh.ray_casting import RayCaster
from ..mesh.sample_tree import subdivide_slender
from ..mesh.surface_patches import connected_patches
from ..mesh.surface_sampling import SurfaceSamples, sample_surface
from ..mesh.thickness import GAP, WALL, ThicknessField, correct_sharp_edges, opposing_surface_distance, thickness_field
from ..progress import ProgressCallback, subprogress

EDGE_WALLS = 2.0  # minima: sharp edges are measured this far behind the edge, as the check of readiness does
EDGE_MM = 5.2  # how far the check looks behind an edge
SPACING = 4.0  # samples to the minimum
REACH = 1.45  # of the minimum: up to here walls are measured; 0.7 of it, where neighbours have a say, is more than the minimum
MOST_SAMPLES = 2_000_000
SLACK_MM = 0.01  # half of what the check lets pass
REPEAT_TOLERANCE_MM = 0.018  # after a pass nearly all of it: what is put on makes its surroundings a little uneven
NOTHING_MM = 0.005  # growth that no process shows
TIGHT_GAP_FRACTION = 0.3  # of the minimum: a gap no farther than this beyond the growth needs finer voxels to be seen
MIN_PATCH_MM2 = 0.45  # of connected thin wall that is worth another pass: a little less than the check calls a wall
NAMES = ("points", "normals", "area", "vertex", "triangle")
OTHER_SOLID_CLEARANCE_MM = 0.1  # what stays free to another solid; also covers how far its samples lie apart


@dataclass(frozen=True)
class ThinWalls:
    """Thin walls: `centres` (n, 3) mm and `radius` (n,) mm of the balls that fill them out; mm2 that are thin, and that are
    spared for want of room; `spared` (k, 3) mm are places of the spared; `tight` (n,) bool: a gap or another solid is near;
    `found` (l, 3) mm: where the check's samples are thin, specks too."""

    centres: np.ndarray
    radius: np.ndarray
    area_mm2: float
    spared_mm2: float
    spared: np.ndarray
    tight: np.ndarray
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
    """Balls of radius `wanted` mm (less where a gap or another solid leaves no room) along the middle of walls thinner than
    `minimum`; None where there is none. After a pass `before` only its neighbourhood is looked at; where it spared walls nothing grows."""
    rays = RayCaster(mesh, REACH * minimum)
    coarse = sample_surface(mesh)
    if before is not None:
        # A pass makes nothing thinner: points of the mesh that were looked at before need it only where it grew, and beside.
        coarse = _rows_of(
            coarse,
            _near(np.concatenate([before.centres, before.found]), coarse.points, 3.0 * wanted) | (coarse.vertex < 0),
        )
    usual = _walls(mesh, coarse, rays, minimum, subprogress(progress, 0.0, 0.4)).distance
    found = np.flatnonzero(usual < minimum - (SLACK_MM if before is None else REPEAT_TOLERANCE_MM))
    places = coarse.points[found]
    if before is not None:
        found = _worth_another(mesh, coarse, found)
    samples = _fine_samples(mesh, minimum, coarse, found)
    if samples is None:
        return None
    field = _walls(mesh, samples, rays, minimum, subprogress(progress, 0.4, 0.8))
    # What the check finds thin counts as that, also where its neighbours among the fine samples, others than the check's, do not agree.
    np.minimum(field.distance[: len(found)], usual[found], out=field.distance[: len(found)])
    # Beside a thin wall all that is thinner than the balls takes part, so that what is put on runs out without a step.
    thin = np.flatnonzero(field.distance < 2.0 * wanted - NOTHING_MM)
    if not (field.distance[thin] < minimum - SLACK_MM).any():
        return None
    # At a sharp edge the ball sits at the sample, whose own wall is thinner than what is measured behind the edge.
    width, _slope = opposing_surface_distance(rays, samples.points[thin], samples.normals[thin], WALL, REACH * minimum)
    width = np.minimum(width, field.distance[thin])
    area = np.where(field.distance[thin] < minimum - SLACK_MM, samples.area[thin], 0.0)
    points, normals = samples.points[thin], samples.normals[thin]
    # After a pass, a gap that was narrowed to the clearance may measure a hair less: it is no narrow gap that may close.
    front, back = _room(
        rays, points, normals, width, (clearance, clearance if before is None else 0.5 * clearance), wanted, others
    )
    progress(0.9, "looking for gaps")
    need = np.maximum(2.0 * wanted - width, 0.0)
    ahead = np.minimum(front, need / 2.0)
    behind = np.minimum(back, need - ahead)
    ahead = np.minimum(front, need - behind)
    tight = np.minimum(front, back) < need / 2.0 + TIGHT_GAP_FRACTION * minimum
    radius = (width + ahead + behind) / 2.0
    centres = points + normals * ((ahead - width - behind) / 2.0)[:, None]
    radius = _clear_of(others, centres, radius)
    spared = radius < minimum / 2.0 * (1.0 - 1e-3)
    radius = _as_narrow_as_near(centres, radius, spared, wanted)
    growing = (radius > width / 2.0 + NOTHING_MM) & ~_near(
        np.zeros((0, 3)) if before is None else before.spared, centres, wanted
    )
    return ThinWalls(
        centres[growing],
        radius[growing],
        float(area.sum()),
        float(area[spared].sum()),
        centres[spared],
        tight[growing],
        places,
    )


def _near(places: np.ndarray, points: np.ndarray, reach: float) -> np.ndarray:
    from scipy.spatial import cKDTree

    if len(places) == 0:
        return np.zeros(len(points), dtype=bool)
    return np.isfinite(cKDTree(places).query(points, distance_upper_bound=reach, workers=-1)[0])


def _walls(
    mesh: Mesh, samples: SurfaceSamples, rays: RayCaster, minimum: float, progress: ProgressCallback
) -> ThicknessField:
    field = thickness_field(mesh, progress, REACH * minimum, samples, rays)
    seen = replace(field, cap_mm=max(EDGE_MM, field.cap_mm))
    return replace(correct_sharp_edges(seen, rays, EDGE_WALLS * minimum), cap_mm=field.cap_mm)


def _room(
    rays: RayCaster,
    points: np.ndarray,
    normals: np.ndarray,
    width: np.ndarray,
    clearance: tuple[float, float],
    wanted: float,
    others: Sequence[Mesh],
) -> tuple[np.ndarray, np.ndarray]:
    """How far (n,), (n,) mm walls may grow ahead of and behind the samples: half of what a gap has over the clearance.

    Both walls of a gap may grow. A gap below the second clearance, which a process fuses anyway, does not count. Up to `others`
    all but a hair may be taken.
    """
    keep, fused = clearance
    reach = keep + 4.0 * wanted
    ahead, _slope = opposing_surface_distance(rays, points, normals, GAP, reach)
    # From a hair beyond the wall's other side outward, in the same direction.
    across = points - normals * (width + 1e-3)[:, None]
    hits = rays.first_hit(across, -normals, False, reach)
    rooms = [np.where(gap < fused - 1e-3, np.inf, np.maximum(gap - keep, 0.0) / 2.0) for gap in (ahead, hits.distance)]
    for other in others:
        beside = RayCaster(other, reach)
        for index, (start, towards) in enumerate(((points, normals), (across, -normals))):
            away = beside.first_hit(start, towards, False, reach).distance - OTHER_SOLID_CLEARANCE_MM
            rooms[index] = np.minimum(rooms[index], np.maximum(away, 0.0))
    return rooms[0], rooms[1]


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


def _worth_another(mesh: Mesh, samples: SurfaceSamples, thin: np.ndarray) -> np.ndarray:
    """Those of the `thin` rows that hang together over `MIN_PATCH_MM2`: specks are no wall for the check either."""
    chosen = np.zeros(len(samples.points), dtype=bool)
    chosen[thin] = True
    rows = [patch.rows for patch in connected_patches(mesh, samples, chosen) if patch.area >= MIN_PATCH_MM2]
    return np.concatenate(rows) if rows else thin[:0]


def _fine_samples(mesh: Mesh, minimum: float, coarse: SurfaceSamples, thin: np.ndarray) -> SurfaceSamples | None:
    """The `thin` rows of `coarse`, then samples dense enough for balls of the minimum on and beside their triangles; None without any.

    The usual samples find the thin walls; between samples farther apart than a ball is wide the balls would be beads.
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
    # The fine samples stand for the area; the coarse ones only see to it that what they found is not missed.
    return _together(_rows_of(replace(coarse, area=np.zeros(len(coarse.points))), thin), _rows_of(fine, near))


def _on_triangles(mesh: Mesh, rows: np.ndarray, step: float) -> SurfaceSamples:
    """Samples on the triangles `rows`, about `step` mm apart: a lattice of each, drawn in a little from its edges."""
    corners = mesh.points.astype(np.float64)[mesh.triangles[rows]]
    cross = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    doubled = np.linalg.norm(cross, axis=1)
    sound = doubled > 1e-9
    rows, corners, normals, doubled = rows[sound], corners[sound], cross[sound] / doubled[sound, None], doubled[sound]
    step = max(step, float(np.sqrt(doubled.sum() / 2.0 / MOST_SAMPLES)))
    corners, piece_of = subdivide_slender(corners, step)
    doubled = np.linalg.norm(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1)
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
    owner = piece_of[np.concatenate(owners)]
    samples = SurfaceSamples(
        np.concatenate(points), normals[owner], np.concatenate(areas), np.full(len(owner), -1), rows[owner]
    )
    return _one_a_cell(samples, step / 2.0)


def _one_a_cell(samples: SurfaceSamples, cell: float) -> SurfaceSamples:
    """One of the samples that share a cell and face the same way, with the area of all of them: slender triangles give too many."""
    at = np.floor((samples.points - samples.points.min(axis=0)) / cell).astype(np.int64)
    size = at.max(axis=0) + 1
    facing = np.abs(samples.normals).argmax(axis=1)
    facing = 2 * facing + (samples.normals[np.arange(len(facing)), facing] > 0)
    names = ((at[:, 0] * size[1] + at[:, 1]) * size[2] + at[:, 2]) * 6 + facing
    _, first, same = np.unique(names, return_index=True, return_inverse=True)
    return replace(_rows_of(samples, first), area=np.bincount(same.reshape(-1), samples.area))


def _rows_of(samples: SurfaceSamples, rows: np.ndarray) -> SurfaceSamples:
    return SurfaceSamples(*(getattr(samples, name)[rows] for name in NAMES))


def _together(first: SurfaceSamples, second: SurfaceSamples) -> SurfaceSamples:
    return SurfaceSamples(*(np.concatenate([getattr(first, name), getattr(second, name)]) for name in NAMES))


def _as_narrow_as_near(centres: np.ndarray, radius: np.ndarray, spared: np.ndarray, wanted: float) -> np.ndarray:
    """Radii where each ball takes the smallest of the spared about it: a wall's other face does not see the gap, its ball must."""
    from scipy.spatial import cKDTree

    if not spared.any() or spared.all():
        return radius
    _distance, nearest = cKDTree(centres[spared]).query(centres, k=4, distance_upper_bound=wanted, workers=-1)
    limits = np.append(radius[spared], np.inf)[np.minimum(nearest, np.count_nonzero(spared))]
    return np.minimum(radius, limits.min(axis=1))
