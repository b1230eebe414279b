"""Facts of walls, rods, gaps and holes, from one set of samples of the surface."""

from dataclasses import dataclass

import numpy as np

from ..findings import MISSING, Fact
from ..measure.patch import patches
from ..measure.rays import Rays
from ..measure.samples import Samples, samples_of
from ..measure.wall import Field, behind_edges, gap_field, rods, thick_walls, wall_field
from ..mesh import Mesh
from ..progress import Progress, part
from .fact_mesh import as_places, in_words
from .process import Process

LEAST_MM2 = 0.05  # a value counts where at least this much surface shows it


@dataclass(frozen=True)
class Walls:
    """Facts and the fields they came from."""

    facts: dict[str, Fact]
    samples: Samples
    wall: Field
    gap: Field


def wall_facts(mesh: Mesh, process: Process, size_sum_mm: float, progress: Progress) -> Walls:
    """Walls and gaps measured up to a little more than the process's largest limit; beyond that they are only "thick enough"."""
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
    wall = behind_edges(wall, rays, back * (process.limit("wall_supported_mm") or 1.0), part(progress, 0.5, 0.52))
    gap = gap_field(mesh, part(progress, 0.52, 0.75), gap_cap, samples, rays)
    gap = behind_edges(gap, rays, back * (process.limit("clearance_mm") or 0.5), part(progress, 0.75, 0.77))
    rod = rods(wall, rays, process.limit("pin_mm") or wall_cap, part(progress, 0.77, 0.87))
    hole = rods(gap, rays, process.limit("hole_mm") or gap_cap, part(progress, 0.87, 0.95))
    facts = {
        **_smallest("min_wall_mm", wall, np.ones(len(rod), dtype=bool)),
        **_smallest("min_pin_mm", wall, rod, 1.0),
        **_smallest("min_gap_mm", gap, ~hole),
        **_smallest("min_hole_mm", gap, hole, 0.5),
        **_thin(mesh, wall, process),
    }
    thick = wall
    if wall.percentile(5.0) is None or facts["min_wall_mm"].value is MISSING:
        thick = thick_walls(samples, rays, part(progress, 0.95, 1.0))
    if facts["min_wall_mm"].value is MISSING:
        facts.update(_smallest("min_wall_mm", thick, np.ones(len(thick.distance), dtype=bool)))
    value = wall.percentile(5.0) or thick.percentile(5.0)
    facts["wall_p05_mm"] = Fact(
        "wall_p05_mm", MISSING if value is None else round(value, 4), parameters={"why": _thick(wall)}
    )
    return Walls(facts, samples, wall, gap)


def _thick(field: Field) -> str:
    return f"nothing measures less than {field.cap_mm:.1f} mm"


def _smallest(name: str, field: Field, chosen: np.ndarray, least: float = LEAST_MM2) -> dict[str, Fact]:
    value, rows = field.smallest(chosen, least)
    if value is None:
        return {name: Fact(name, MISSING, parameters={"why": _thick(field)})}
    points = field.samples.points[rows]
    return {
        name: Fact(
            name,
            round(value, 4),
            where=in_words(points[:1]),
            places=as_places(points, 10),
            evidence="ball between the opposite sides, sharp edges measured behind the edge",
        )
    }


def _thin(mesh: Mesh, wall: Field, process: Process) -> dict[str, Fact]:
    """Stretches of wall below the guideline: the largest decides."""
    limit = process.limit("wall_supported_mm")
    if limit is None:
        return {}
    thin = wall.distance < limit - 0.02
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
