"""Facts of walls, rods, gaps and holes, from one set of samples of the surface."""

from dataclasses import dataclass

import numpy as np

from ..findings import MISSING, Fact
from ..measure.patch import Patch, patches
from ..measure.rays import Rays
from ..measure.samples import Samples, samples_of
from ..measure.wall import Field, behind_edges, gap_field, rods, thick_walls, wall_field
from ..mesh import Mesh
from ..progress import Progress, part
from .fact_mesh import as_places, in_words
from .process import Process

TOLERANCE_MM = 0.02  # as in the rules: what measures this much less is not below a limit
ROD_SHARE = 3.0  # a rod's side in squares of its thickness: a round one as long as thick has 3.1, the corner of a plate 1


@dataclass(frozen=True)
class Walls:
    """Facts and the fields they came from."""

    facts: dict[str, Fact]
    samples: Samples
    wall: Field
    gap: Field


def wall_facts(
    mesh: Mesh, process: Process, size_sum_mm: float, fragments: np.ndarray, progress: Progress
) -> Walls:
    """Walls and gaps measured up to a little more than the process's largest limit; beyond that they are only "thick enough".

    `fragments` (m,) bool are triangles of loose crumbs, which have a finding of their own: their walls are not judged.
    """
    limits = [process.limit("wall_supported_mm"), process.wall_recommended(size_sum_mm), process.limit("pin_mm")]
    openings = [process.limit("clearance_mm"), process.limit("hole_mm")]
    wall_cap = 1.3 * max([value for value in limits if value] + [4.0])
    gap_cap = 1.3 * max([value for value in openings if value] + [1.0])
    progress(0.0, "spreading samples")
    samples = samples_of(mesh)
    progress(0.05, "sorting triangles")
    rays = Rays(mesh, wall_cap)
    back = process.judgement["edge_walls"]
    wall = wall_field(mesh, part(progress, 0.1, 0.5), wall_cap, samples, rays)
    wall = behind_edges(wall, rays, back * (limits[0] or 1.0), part(progress, 0.5, 0.52))
    gap = gap_field(mesh, part(progress, 0.52, 0.75), gap_cap, samples, rays)
    gap = behind_edges(gap, rays, back * (openings[0] or 0.5), part(progress, 0.75, 0.77))
    rod = rods(wall, rays, limits[2] or wall_cap, part(progress, 0.77, 0.87))
    hole = rods(gap, rays, openings[1] or gap_cap, part(progress, 0.87, 0.95))
    judged = ~fragments[samples.triangle]
    small = process.judgement["small_patch_mm2"]
    thick = wall
    if wall.percentile(5.0) is None or not np.isfinite(wall.distance[judged]).any():
        thick = thick_walls(samples, rays, part(progress, 0.95, 1.0))
    facts = {
        **_smallest("min_wall_mm", mesh, wall, judged, limits[0], small),
        **_smallest("min_pin_mm", mesh, wall, judged & rod, limits[2], small, ROD_SHARE),
        **_smallest("min_gap_mm", mesh, gap, judged & ~hole, openings[0], small),
        **_smallest("min_hole_mm", mesh, gap, judged & hole, openings[1], small),
        **_thin(mesh, wall, judged, process),
    }
    if facts["min_wall_mm"].value is MISSING and judged.any():
        facts.update(_smallest("min_wall_mm", mesh, thick, ~fragments[thick.samples.triangle], None, small))
    value = wall.percentile(5.0) or thick.percentile(5.0)
    facts["wall_p05_mm"] = Fact(
        "wall_p05_mm", MISSING if value is None else round(value, 4), parameters={"why": _thick(wall)}
    )
    return Walls(facts, samples, wall, gap)


def _thick(field: Field) -> str:
    return f"nothing measures less than {field.cap_mm:.1f} mm"


def _smallest(
    name: str,
    mesh: Mesh,
    field: Field,
    chosen: np.ndarray,
    limit: float | None,
    least_mm2: float,
    share: float = 0.0,
) -> dict[str, Fact]:
    """The smallest distance that a connected stretch of `least_mm2` (and of `share` times its distance squared) does not exceed.

    Below the limit specks that do not hang together are no wall; at and above it the stretches are not told apart.
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
        return {name: Fact(name, MISSING, parameters={"why": _thick(field)})}
    points = field.samples.points[found[1]]
    return {
        name: Fact(
            name,
            round(found[0], 4),
            where=in_words(points[:1]),
            places=as_places(points, 10),
            evidence="ball between the opposite sides, sharp edges measured behind the edge",
        )
    }


def _narrowest(
    mesh: Mesh, field: Field, below: np.ndarray, least_mm2: float, share: float
) -> tuple[float, np.ndarray] | None:
    """The smallest distance below which a connected stretch is large enough, to 1 %, and the stretch's samples; None where none is."""
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
    return high, stretch.rows[np.argsort(field.distance[stretch.rows], kind="stable")]


def _large_enough(
    mesh: Mesh, field: Field, chosen: np.ndarray, least_mm2: float, share: float
) -> Patch | None:
    """The thinnest of the connected stretches that are at least `least_mm2`, and `share` squares of their thickness, large."""
    found = [
        patch
        for patch in patches(mesh, field.samples, chosen)
        if patch.area >= max(least_mm2, share * float(np.median(field.distance[patch.rows])) ** 2)
    ]
    return min(found, key=lambda patch: float(field.distance[patch.rows].max()), default=None)


def _thin(mesh: Mesh, wall: Field, judged: np.ndarray, process: Process) -> dict[str, Fact]:
    """Stretches of wall below the guideline: the largest decides."""
    limit = process.limit("wall_supported_mm")
    if limit is None:
        return {}
    thin = judged & (wall.distance < limit - TOLERANCE_MM)
    found = [patch for patch in patches(mesh, wall.samples, thin) if patch.area >= process.judgement["small_patch_mm2"]]
    centres = np.array([patch.centre for patch in found]).reshape(-1, 3)
    areas = [round(patch.area, 2) for patch in found]
    return {
        "thin_patch_mm2": Fact(
            "thin_patch_mm2",
            areas[0] if areas else 0.0,
            where=in_words(centres),
            places=as_places(centres),
            parameters={
                "wall": limit,
                "total": float(wall.samples.area[thin].sum()),
                "areas": areas[:50],
                "stretches": len(areas),
            },
        )
    }
