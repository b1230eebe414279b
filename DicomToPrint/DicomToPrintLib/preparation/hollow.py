"""Hollowing a solid to a wall, with escape holes for resin or powder."""

from dataclasses import dataclass

import numpy as np

from ..errors import Refused
from ..mesh import Mesh, Provenance
from ..progress import Progress, part, silent
from .field import contour, grid_around, offset_field
from .solid import from_solid, manifold3d, to_solid


@dataclass(frozen=True)
class Hollowed:
    """The hollow solid; `removed_mm3` is what it saves, `holes` the middle of each escape hole's mouth in LPS mm."""

    mesh: Mesh
    removed_mm3: float
    cavities: int
    holes: tuple[tuple[float, float, float], ...]


def hollow(mesh: Mesh, wall: float, escape_diameter: float, *, spacing: float | None = None,
           progress: Progress = silent) -> Hollowed:
    """The solid with its inside taken out to `wall` mm, and one escape hole of `escape_diameter` mm for each cavity.

    The outer surface stays where it is; the wall is measured perpendicular to it (a field on a grid of a quarter of the wall, or
    `spacing` mm). Cavities too small to drain through their hole stay solid. Holes go straight down (towards inferior) from the lowest
    place of the cavity; the new faces are marked CUT. An `escape_diameter` of 0 makes no holes. Raises `Refused` where no cavity
    is left or a cavity cannot be drained downwards.
    """
    module = manifold3d()
    outer = to_solid(mesh)
    grid = grid_around(mesh, spacing or wall / 4.0, wall)
    field = offset_field(mesh, grid, wall, part(progress, 0.0, 0.6))
    too_thin = f"'{mesh.name}' has no inside deep enough for a wall of {wall:g} mm: choose a thinner wall, or print it solid."
    if not (field > 0).any():
        raise Refused(too_thin)
    inner = contour(field, grid, mesh)
    del field
    progress(0.7, "taking the inside out")
    smallest = max(np.pi / 6.0 * (2.0 * escape_diameter) ** 3, (4.0 * grid.spacing) ** 3)
    cavities = [piece for piece in to_solid(inner).manifold.decompose() if piece.volume() > smallest]
    if not cavities:
        raise Refused(too_thin)
    cavities = [piece.simplify(0.02 * wall) for piece in cavities]
    mouths = []
    tools = list(cavities)
    for piece in cavities if escape_diameter > 0 else ():
        mouth, drill = _escape(module, outer.manifold, piece, escape_diameter, mesh.name)
        mouths.append(mouth)
        tools.append(drill)
    result = outer.manifold - module.Manifold.batch_boolean(tools, module.OpType.Add)
    removed = outer.manifold.volume() - result.volume()
    progress(1.0, "hollow")
    return Hollowed(from_solid(result, [outer], Provenance.CUT, mesh), removed, len(cavities), tuple(mouths))


def _escape(module: object, outer: object, cavity: object, diameter: float,
            name: str) -> tuple[tuple[float, float, float], object]:
    """Where the hole opens, and the cylinder to take out: the shortest way down among the lowest places of the cavity."""
    points = np.asarray(cavity.to_mesh64().vert_properties)[:, :3]  # type: ignore[attr-defined]
    low = points[points[:, 2] <= points[:, 2].min() + diameter]
    bottom = outer.bounding_box()[2] - 1.0  # type: ignore[attr-defined]
    best: tuple[float, np.ndarray] | None = None
    for place in low[:: max(1, len(low) // 60)]:
        start = place + np.array([0.0, 0.0, 0.5 * diameter])
        hits = outer.ray_cast(tuple(start), (place[0], place[1], bottom))  # type: ignore[attr-defined]
        depths = sorted(start[2] - hit.position[2] for hit in hits)
        # One hit: the way leads out through a single wall and nothing else lies below.
        if len(depths) == 1 and (best is None or depths[0] < best[0]):
            best = (depths[0], place)
    if best is None:
        raise Refused(f"A cavity of '{name}' cannot be drained downwards: turn the model, or print it solid.")
    depth, place = best
    length = depth + diameter
    drill = module.Manifold.cylinder(length, diameter / 2.0, diameter / 2.0, 48)  # type: ignore[attr-defined]
    top = place[2] + 0.5 * diameter
    return (float(place[0]), float(place[1]), float(top - depth)), drill.translate((place[0], place[1], top - length))
