"""Hollowing a solid to a wall, with escape holes for resin or powder."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..errors import RefusedError
from ..mesh.core import Mesh, Provenance
from ..mesh.grid import grid_around
from ..mesh.narrow_band_distance import inner_offset_field
from ..mesh.voxelize import voxelize
from ..messages import _
from ..progress import ProgressCallback, no_progress, subprogress
from .csg import from_manifold, import_manifold3d, to_manifold
from .drain_holes import DrainHole, Point, drain_hole_at, place_drain_holes
from .voxel_grid import isosurface_mesh, remove_small_components

VOXELS = 3.0  # to the wall
SIMPLIFICATION_FRACTION = 0.012  # of the wall: how far simplifying may move the inner surface


@dataclass(frozen=True)
class HollowResult:
    """The hollow solid; `removed_mm3` is what it saves, `holes` the middle of each escape hole's mouth in LPS mm."""

    mesh: Mesh
    removed_mm3: float
    cavities: int
    holes: tuple[tuple[float, float, float], ...]


def hollow(
    mesh: Mesh,
    wall: float,
    escape_diameter: float,
    *,
    places: Sequence[Point] = (),
    holes: int = 1,
    spacing: float | None = None,
    floor: float = -np.inf,
    progress: ProgressCallback = no_progress,
) -> HollowResult:
    """The solid with its inside taken out to `wall` mm, and escape holes of `escape_diameter` mm for each cavity.

    The outer surface stays where it is; the wall is measured perpendicular to it (a field on a grid of a quarter of the wall, or
    `spacing` mm). Cavities too small to drain through their hole stay solid. A hole opens at each of `places` (LPS mm on the
    surface); a cavity that none of them opens gets `holes` of its own, the first straight down from its lowest place, the next
    far from it, none of them below the height `floor` (mm along S). The new faces are marked CUT. An `escape_diameter` of 0
    makes no holes. Raises `RefusedError` where no cavity is left, a place reaches none, or a cavity cannot be drained.
    """
    module = import_manifold3d()
    outer = to_manifold(mesh)
    cavities = _cavities(mesh, wall, escape_diameter, spacing, subprogress(progress, 0.0, 0.7))
    progress(0.7, _("taking the inside out"))
    opened = (
        _openings(outer.manifold, cavities, escape_diameter, places, holes, mesh.name, floor)
        if escape_diameter > 0
        else []
    )
    tools = [*cavities, *(hole.cutter for hole in opened)]
    result = outer.manifold - module.Manifold.batch_boolean(tools, module.OpType.Add)
    removed = outer.manifold.volume() - result.volume()
    progress(1.0, _("hollow"))
    return HollowResult(
        from_manifold(result, [outer], Provenance.CUT, mesh),
        removed,
        len(cavities),
        tuple(hole.opening for hole in opened),
    )


def _cavities(
    mesh: Mesh, wall: float, escape_diameter: float, spacing: float | None, progress: ProgressCallback
) -> list[Any]:
    """What lies deeper than the wall, in pieces (manifold3d.Manifold) that are worth a hole. Raises `RefusedError` where there is none."""
    grid = grid_around(mesh, spacing or wall / VOXELS, wall)
    field = inner_offset_field(
        mesh, grid, voxelize(mesh, grid.affine, grid.shape), wall, subprogress(progress, 0.0, 0.85)
    )
    smallest = max(np.pi / 6.0 * (2.0 * escape_diameter) ** 3, (4.0 * grid.spacing) ** 3)
    if not remove_small_components(field, smallest / grid.spacing**3, grid.spacing):
        raise RefusedError(
            _(
                "'{mesh}' has no inside deep and large enough for a wall of {wall:g} mm: choose a thinner "
                "wall, or print it solid.",
                mesh=mesh.name,
                wall=wall,
            )
        )
    inner = isosurface_mesh(field, grid, mesh)
    del field
    # Inside-out pieces would be islands loose within a cavity: without them it is empty.
    return [
        piece
        for piece in to_manifold(inner).manifold.simplify(SIMPLIFICATION_FRACTION * wall).decompose()
        if piece.volume() > 0
    ]


def _openings(
    outer: Any, cavities: list[Any], diameter: float, places: Sequence[Point], holes: int, name: str, floor: float
) -> list[DrainHole]:
    chosen = [drain_hole_at(outer, cavities, diameter, place, name) for place in places]
    opened = [hole for _number, hole in chosen]
    for number, cavity in enumerate(cavities):
        if number not in {at for at, _hole in chosen}:
            opened += place_drain_holes(outer, cavity, diameter, holes, name, floor)
    return opened
