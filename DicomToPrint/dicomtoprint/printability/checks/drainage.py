"""Facts of what a liquid, a powder or layers do in a model: ways out of its hollows, hollows that suck, parts that begin in the air."""

from collections.abc import Sequence

import numpy as np

from ...mesh.air_pockets import AirPocket, find_air_pockets
from ...mesh.build_layers import LayerRegion, find_islands, find_suction_cups
from ...mesh.core import Mesh
from ...mesh.surface_voxels import SurfaceVoxels, solid_voxels, surface_voxels
from ...messages import _
from ...progress import ProgressCallback
from ...rules import MISSING, Fact
from ..process import PrintProcess
from .mesh import MOST_PLACES, describe_positions, round_sizes, subsample_positions

MOST_VOXELS = 5_000_000
ACROSS = 10.0  # voxels across the narrowest hole that is enough, where there are so few that this can be afforded
SEEN = 3.0  # voxels: narrower hollows are not told from the ways to them
TOLERANCE_MM = 0.05  # a round hole of flat sides is that much narrower than it was drawn
LIQUID, CLOSED = "liquid", "closed"
DRAIN = ("drain_mm", "drain_guideline_mm")
LAYERS = ("suction_mm3", "islands")


def drainage_facts(
    mesh: Mesh, process: PrintProcess, shut: Mesh | None, is_sound: bool, progress: ProgressCallback
) -> dict[str, Fact]:
    """Ways out that are narrower than the process's escape holes, and for resin suction cups and islands, as the model stands, z up.

    `shut` are the walls of cavities without any way out, which have findings of their own.
    Nothing is said of a surface with faults (not `is_sound`).
    """
    enough, least = process.limit("escape_hole_mm"), process.low_limit("escape_hole_mm")
    if process.trapped == CLOSED or enough is None or least is None:
        return {}
    if not is_sound:
        why = {"why": _("the surface has faults: what is inside cannot be told")}
        return {name: Fact(name, MISSING, parameters=why) for name in (*DRAIN, *LAYERS)}
    progress(0.0, _("looking for ways out of hollows"))
    voxels = surface_voxels(mesh, least / ACROSS, MOST_VOXELS, enough / 2.0)
    progress(0.3, _("looking for ways out of hollows"))
    facts = _drains(voxels, process, enough, least, shut)
    if process.trapped == LIQUID:
        progress(0.7, _("looking for suction cups and islands"))
        solid = solid_voxels(voxels)
        facts |= _layers(find_suction_cups(solid, voxels.grid), find_islands(solid, voxels.grid), voxels.grid.spacing)
    return facts


def _drains(
    voxels: SurfaceVoxels, process: PrintProcess, enough: float, least: float, shut: Mesh | None
) -> dict[str, Fact]:
    """The narrowest way out of the large hollows, which must not be narrower than anyone's guideline, and of all that count."""
    found = find_air_pockets(voxels, enough, process.judgement["pocket_mm3"], shut)
    pockets = [item for item in found if item.neck < enough - TOLERANCE_MM]
    large = [
        item
        for item in pockets
        if item.volume > process.judgement["undrained_mm3"] and item.neck < least - TOLERANCE_MM
    ]
    return {
        name: _drain(name, some, voxels.grid.spacing)
        for name, some in zip(DRAIN, (large, [item for item in pockets if item not in large]))
    }


def _drain(name: str, pockets: Sequence[AirPocket], spacing: float) -> Fact:
    if not pockets:
        why = _("no hollow more than {seen:.1f} mm wide with a narrow way out was found", seen=SEEN * spacing)
        return Fact(name, MISSING, parameters={"why": why})
    pockets = sorted(pockets, key=lambda item: item.neck)
    where = np.array([item.place for item in pockets[:MOST_PLACES]])
    return Fact(
        name,
        round(pockets[0].neck, 2),
        where=describe_positions(where),
        places=subsample_positions(where),
        evidence=_(
            "balls in the air around the model, on voxels of {spacing:.2f} mm; the way out on the triangles",
            spacing=spacing,
        ),
        parameters={"hollows": len(pockets), "behind": sum(item.volume for item in pockets)},
        sizes=round_sizes(item.volume for item in pockets[:MOST_PLACES]),
        size_unit="mm3",
    )


def _layers(cups: Sequence[LayerRegion], islands: Sequence[LayerRegion], spacing: float) -> dict[str, Fact]:
    at_cups, at_islands = (
        np.array([item.place for item in items[:MOST_PLACES]]).reshape(-1, 3) for items in (cups, islands)
    )
    evidence = _("layers of {spacing:.2f} mm, z upwards", spacing=spacing)
    return {
        "suction_mm3": Fact(
            "suction_mm3",
            round(cups[0].volume, 1) if cups else 0.0,
            where=describe_positions(at_cups),
            places=subsample_positions(at_cups),
            evidence=evidence,
            parameters={"opening": cups[0].area if cups else 0.0},
            sizes=round_sizes(item.volume for item in cups[:MOST_PLACES]),
            size_unit="mm3",
        ),
        "islands": Fact(
            "islands",
            len(islands),
            where=describe_positions(at_islands),
            places=subsample_positions(at_islands),
            evidence=evidence,
            sizes=round_sizes(item.area for item in islands[:MOST_PLACES]),
        ),
    }
