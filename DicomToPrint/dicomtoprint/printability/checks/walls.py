"""Facts of walls, rods, gaps and holes, from one set of samples of the surface."""

from dataclasses import dataclass, replace

import numpy as np

from ...mesh.core import Mesh
from ...mesh.ray_casting import RayCaster
from ...mesh.surface_patches import SurfacePatch, connected_patches
from ...mesh.surface_sampling import SurfaceSamples, sample_surface, triangles_of_samples
from ...mesh.thickness import (
    ThicknessField,
    clearance_field,
    correct_sharp_edges,
    detect_rods,
    thickness_field,
    uncapped_thickness,
)
from ...mesh.thin_wall_support import find_unsupported_walls
from ...messages import _
from ...progress import ProgressCallback, subprogress
from ...rules import MISSING, Fact
from ..process import PrintProcess
from .mesh import MOST_PLACES, describe_positions, round_sizes, subsample_positions

TOLERANCE_MM = 0.02  # as in the rules: what measures this much less is not below a limit
WALL_SHARE = 4.0  # both sides of a wall, in squares of its thickness: what is smaller is a bump, no wall
MOST_ROD = 0.1  # of a stretch's samples: along the middle of a rod they are distinguished from a wall's
CONTACT_MM = 0.005  # surfaces of two objects that are nearer touch: that is no gap, and told elsewhere
KINDS = {
    "min_wall_mm": _("wall"),
    "min_pin_mm": _("rod or pin"),
    "min_gap_mm": _("gap"),
    "min_hole_mm": _("hole or channel"),
}
ROD_SHARE = (
    3.0  # a rod's side in squares of its thickness: a round one as long as thick has 3.1, the corner of a plate 1
)


@dataclass(frozen=True)
class WallMeasurements:
    """Facts and the fields they came from."""

    facts: dict[str, Fact]
    samples: SurfaceSamples
    wall: ThicknessField
    gap: ThicknessField


def wall_facts(
    mesh: Mesh,
    process: PrintProcess,
    size_sum_mm: float,
    fragments: np.ndarray,
    progress: ProgressCallback,
    owner: np.ndarray | None = None,
) -> WallMeasurements:
    """Walls and gaps measured up to a little more than the process's largest limit; beyond that they are only "thick enough".

    `fragments` (m,) bool are triangles of loose crumbs and of texts, which have findings of their own: their walls are not judged.
    `owner` (m,) is the object of each triangle where a file has several: walls are those of each object, gaps those between all.
    """
    names = ("wall_supported_mm", "pin_mm", "wall_unsupported_mm")
    limits = [*(process.limit(name) for name in names), process.wall_recommended(size_sum_mm)]
    openings = [process.limit("clearance_mm"), process.limit("hole_mm")]
    wall_cap = 1.3 * max([value for value in limits if value] + [4.0])
    gap_cap = 1.3 * max([value for value in openings if value] + [1.0])
    progress(0.0, _("spreading samples"))
    samples = sample_surface(mesh)
    progress(0.05, _("sorting triangles"))
    rays = RayCaster(mesh, wall_cap, owner)
    back = process.judgement["edge_walls"]
    wall = thickness_field(mesh, subprogress(progress, 0.1, 0.5), wall_cap, samples, rays)
    wall = correct_sharp_edges(wall, rays, back * (limits[0] or 1.0), subprogress(progress, 0.5, 0.52))
    gap = clearance_field(mesh, subprogress(progress, 0.52, 0.75), gap_cap, samples, rays)
    if owner is not None:
        gap = replace(gap, distance=np.where(gap.distance <= CONTACT_MM, np.inf, gap.distance))
    gap = correct_sharp_edges(gap, rays, back * (openings[0] or 0.5), subprogress(progress, 0.75, 0.77))
    rod = detect_rods(wall, rays, max(limits[1] or wall_cap, limits[2] or 0.0), subprogress(progress, 0.77, 0.87))
    hole = detect_rods(gap, rays, openings[1] or gap_cap, subprogress(progress, 0.87, 0.93))
    if fragments.all():  # a wire, a needle: there is nothing else whose walls could be judged
        fragments = np.zeros_like(fragments)
    judged = ~fragments[samples.triangle]
    small = process.judgement["small_patch_mm2"]
    thick = wall
    if wall.percentile(5.0) is None or not np.isfinite(wall.distance[judged]).any():
        thick = uncapped_thickness(samples, rays, subprogress(progress, 0.95, 1.0))
    facts = {
        **_smallest("min_wall_mm", mesh, wall, judged, limits[0], small),
        **_smallest("min_pin_mm", mesh, wall, judged & rod, limits[1], small, ROD_SHARE),
        **_smallest("min_gap_mm", mesh, gap, judged & ~hole, openings[0], small),
        **_smallest("min_hole_mm", mesh, gap, judged & hole, openings[1], small),
        **_thin(mesh, wall, judged, process),
        **_unsupported(mesh, wall, rays, judged, rod, process, subprogress(progress, 0.93, 0.95)),
    }
    if facts["min_wall_mm"].value is MISSING and judged.any():
        facts.update(_smallest("min_wall_mm", mesh, thick, ~fragments[thick.samples.triangle], None, small))
    value = wall.percentile(5.0) or thick.percentile(5.0)
    facts["wall_p05_mm"] = _stretches(
        "wall_p05_mm",
        MISSING if value is None else round(value, 4),
        _below(mesh, wall, judged, limits[3], small),
        why=_none_below("wall_p05_mm", wall),
    )
    return WallMeasurements(facts, samples, wall, gap)


def _none_below(name: str, field: ThicknessField) -> str:
    """Why there is no figure of this kind; what another kind measures is not denied."""
    return _(
        "no {kinds} was found that measures less than {cap_mm:.1f} mm",
        kinds=KINDS.get(name, _("stretch of wall")),
        cap_mm=field.cap_mm,
    )


def _smallest(
    name: str,
    mesh: Mesh,
    field: ThicknessField,
    chosen: np.ndarray,
    limit: float | None,
    least_mm2: float,
    share: float = 0.0,
) -> dict[str, Fact]:
    """The smallest distance that a connected stretch of `least_mm2` (and of `share` times its distance squared) does not exceed.

    Below the limit specks that do not hang together are no wall; at and above it the stretches are not distinguished.
    """
    found: tuple[float, np.ndarray] | None = None
    enough = chosen & np.isfinite(field.distance)
    if limit is not None:
        found = _narrowest(mesh, field, chosen & (field.distance < limit - TOLERANCE_MM), least_mm2, share)
        enough &= field.distance >= limit - TOLERANCE_MM
    if found is None and share == 0.0:
        value, rows = field.smallest(enough, least_mm2)
        found = (value, rows) if value is not None else None
    if found is None:
        return {name: Fact(name, MISSING, parameters={"why": _none_below(name, field)})}
    points = field.samples.points[found[1]]
    return {
        name: Fact(
            name,
            round(found[0], 4),
            where=describe_positions(points[:1]),
            places=subsample_positions(points, 10),
            evidence=_("ball between the opposite sides, sharp edges measured behind the edge"),
            area_mm2=_area(field, chosen, limit),
            marked=triangles_of_samples(mesh, field.samples, np.flatnonzero(_below_limit(field, chosen, limit))),
        )
    }


def _below_limit(field: ThicknessField, chosen: np.ndarray, limit: float | None) -> np.ndarray:
    return chosen & (field.distance < (limit or 0.0) - TOLERANCE_MM)


def _area(field: ThicknessField, chosen: np.ndarray, limit: float | None) -> float | None:
    """How much of the `chosen` surface is below the limit, in mm2; None where nothing is."""
    below = _below_limit(field, chosen, limit)
    return round(float(field.samples.area[below].sum()), 2) if below.any() else None


def _narrowest(
    mesh: Mesh, field: ThicknessField, below: np.ndarray, least_mm2: float, share: float
) -> tuple[float, np.ndarray] | None:
    """The smallest distance below which a connected stretch is large enough, to 1 %, and the stretch's samples, the one in its middle
    first; None where none is."""
    stretch = _large_enough(mesh, field, below, least_mm2, share)
    if stretch is None:
        return None
    low, high = float(field.distance[below].min()), float(field.distance[stretch.rows].max())
    while high - low > max(0.01 * high, 0.002):
        middle = (low + high) / 2.0
        smaller = _large_enough(mesh, field, below & (field.distance <= middle), least_mm2, share)
        if smaller is None:
            low = middle
        else:
            stretch, high = smaller, float(field.distance[smaller.rows].max())
    rows = stretch.rows[np.argsort(field.distance[stretch.rows], kind="stable")]
    points = field.samples.points[rows]
    middle = int(np.argmin(((points - points.mean(axis=0)) ** 2).sum(axis=1)))
    return high, np.concatenate([rows[middle : middle + 1], np.delete(rows, middle)])


def _large_enough(
    mesh: Mesh, field: ThicknessField, chosen: np.ndarray, least_mm2: float, share: float
) -> SurfacePatch | None:
    """The thinnest of the connected stretches that are at least `least_mm2`, and `share` squares of their thickness, large."""
    found = [
        patch
        for patch in connected_patches(mesh, field.samples, chosen)
        if patch.area >= max(least_mm2, share * float(np.median(field.distance[patch.rows])) ** 2)
    ]
    return min(found, key=lambda patch: float(field.distance[patch.rows].max()), default=None)


def _below(
    mesh: Mesh, wall: ThicknessField, judged: np.ndarray, limit: float | None, least_mm2: float
) -> list[SurfacePatch]:
    """Stretches of wall thinner than the limit, the largest first."""
    if limit is None:
        return []
    thin = judged & (wall.distance < limit - TOLERANCE_MM)
    return [patch for patch in connected_patches(mesh, wall.samples, thin) if patch.area >= least_mm2]


def _stretches(name: str, value: object, found: list[SurfacePatch], **more: object) -> Fact:
    """A fact of stretches of surface, each with its area, in the order given."""
    centres = np.array([patch.centre for patch in found[:MOST_PLACES]]).reshape(-1, 3)
    return Fact(
        name,
        value,
        where=describe_positions(np.array([patch.centre for patch in found]).reshape(-1, 3)),
        places=subsample_positions(centres),
        parameters={"stretches": len(found), **more},
        area_mm2=round(sum(patch.area for patch in found), 2) if found else None,
        sizes=round_sizes(patch.area for patch in found[:MOST_PLACES]),
    )


def _thin(mesh: Mesh, wall: ThicknessField, judged: np.ndarray, process: PrintProcess) -> dict[str, Fact]:
    """Stretches of wall below the guideline: the largest decides, and the share of the surface that they are."""
    limit = process.limit("wall_supported_mm")
    if limit is None:
        return {}
    found = _below(mesh, wall, judged, limit, process.judgement["small_patch_mm2"])
    largest = round(found[0].area, 2) if found else 0.0
    total = float(wall.samples.area[judged & (wall.distance < limit - TOLERANCE_MM)].sum())
    share = total / max(float(wall.samples.area[judged].sum()), 1e-12)
    return {
        "thin_patch_mm2": _stretches("thin_patch_mm2", largest, found, wall=limit, total=total),
        "thin_share": _stretches("thin_share", round(share, 4), found, wall=limit, total=total),
    }


def _unsupported(
    mesh: Mesh,
    wall: ThicknessField,
    rays: RayCaster,
    judged: np.ndarray,
    rod: np.ndarray,
    process: PrintProcess,
    progress: ProgressCallback,
) -> dict[str, Fact]:
    """The thinnest of the walls below their guideline that end free, held on fewer than two sides; rods are judged as pins."""
    limit, supported = process.limit("wall_unsupported_mm"), process.limit("wall_supported_mm")
    name, small = "min_unsupported_mm", process.judgement["small_patch_mm2"]
    if limit is None or limit <= (supported or 0.0):
        return {
            name: Fact(
                name, MISSING, applicable=False, parameters={"why": _("the guideline is that for walls that are held")}
            )
        }
    found = [
        patch
        for patch in _below(mesh, wall, judged, limit, small)
        if patch.area >= WALL_SHARE * float(np.median(wall.distance[patch.rows])) ** 2
        and rod[patch.rows].mean() < MOST_ROD
    ]
    free = [patch for patch, ends in zip(found, find_unsupported_walls(wall, rays, found, limit, progress)) if ends]
    if not free:
        why = _("no wall below {limit:g} mm ends free and is held on fewer than two sides", limit=limit)
        return {name: Fact(name, MISSING, parameters={"why": why})}
    widths = [
        wall.smallest(np.isin(np.arange(len(wall.distance)), patch.rows), 0.5 * small)[0] or limit for patch in free
    ]
    order = np.argsort(widths, kind="stable")
    fact = _stretches(name, round(widths[order[0]], 4), [free[index] for index in order])
    marked = triangles_of_samples(mesh, wall.samples, np.concatenate([patch.rows for patch in free]))
    return {name: replace(fact, marked=marked)}
