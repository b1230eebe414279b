"""Escape holes: where resin or powder leaves a cavity."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..errors import RefusedError
from ..messages import _
from .cut import plane_basis

Point = tuple[float, float, float]
DOWN = (0.0, 0.0, -1.0)
SIDEWAYS = ((1.0, 0.0, 0.0), (-1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, -1.0, 0.0), (0.0, 0.0, 1.0))
TRIES = 60
SIDES = 48
LOWER_DIAMETERS = 3.0  # where no way leads down, one to the side is looked for this near to the lowest place first


@dataclass(frozen=True)
class DrainHole:
    """A way out of a cavity: the middle of its `opening` in LPS mm and the `cutter` (manifold3d.Manifold) to take out."""

    opening: Point
    cutter: Any


def place_drain_holes(
    outer: Any, cavity: Any, diameter: float, count: int, name: str, floor: float = -np.inf
) -> list[DrainHole]:
    """Up to `count` holes of a cavity: the first at its lowest place, further ones as far from the others as it reaches.

    None opens below the height `floor` (mm along S), where a base will close it.

    Each takes the shortest straight way out that leads through one wall only, downwards if there is one, else sideways or up.
    Raises `RefusedError` where no way leads out.
    """
    points = _points(cavity)
    low = points[points[:, 2] <= points[:, 2].min() + diameter]
    lower = points[points[:, 2] <= max(floor, points[:, 2].min()) + LOWER_DIAMETERS * diameter]
    first = (
        _shortest(outer, low, (DOWN,), diameter, floor)
        or _shortest(outer, lower, SIDEWAYS, diameter, floor)
        or _shortest(outer, points, SIDEWAYS, diameter, floor)
    )
    if first is None:
        raise RefusedError(
            _(
                "A cavity of '{name}' cannot be drained in a straight line: cut the model through it, or "
                "print it solid.",
                name=name,
            )
        )
    holes = [first]
    for _unused in range(count - 1):
        away = np.min([np.linalg.norm(points - np.asarray(hole.opening), axis=1) for hole in holes], axis=0)
        far = points[away >= max(0.7 * float(away.max()), 3.0 * diameter)]
        more = _shortest(outer, far, (DOWN, *SIDEWAYS), diameter, floor) if len(far) else None
        if more is None:
            break
        holes.append(more)
    return holes


def drain_hole_at(
    outer: Any, cavities: Sequence[Any], diameter: float, place: Point, name: str
) -> tuple[int, DrainHole]:
    """A hole that opens at `place` (LPS mm on the surface), and the number of the cavity it leads to: the nearest one.

    Raises `RefusedError` where no cavity can be reached from there through one wall.
    """
    at = np.asarray(place, dtype=np.float64)
    clouds = [_points(cavity) for cavity in cavities]
    away = [np.linalg.norm(cloud - at, axis=1) for cloud in clouds]
    number = int(np.argmin([reach.min() for reach in away]))
    nearest = np.argsort(away[number], kind="stable")[:: max(1, min(len(clouds[number]) // TRIES, 20))][:TRIES]
    for index in nearest:
        start = clouds[number][index]
        length = float(np.linalg.norm(at - start))
        if length < 1e-6:
            continue
        hole = _way(outer, start, (at - start) / length, diameter)
        # The chosen place is where the hole shall be, not somewhere along the same line.
        if hole is not None and np.linalg.norm(np.asarray(hole.opening) - at) < max(diameter, 2.0):
            return number, hole
    raise RefusedError(
        _(
            "No cavity of '{name}' can be opened at ({place:.1f}, {place2:.1f}, {place3:.1f}) mm (R, A, "
            "S): choose a place on the surface nearer to the inside, or leave the place open.",
            name=name,
            place=-place[0],
            place2=-place[1],
            place3=place[2],
        )
    )


def _points(cavity: Any) -> np.ndarray:
    return np.asarray(cavity.to_mesh64().vert_properties)[:, :3]


def _shortest(
    outer: Any, places: np.ndarray, directions: Sequence[Point], diameter: float, floor: float
) -> DrainHole | None:
    best: tuple[float, DrainHole] | None = None
    for direction in directions:
        for place in places[:: max(1, len(places) // TRIES)]:
            hole = _way(outer, place, np.asarray(direction), diameter)
            if hole is None or hole.opening[2] - 0.5 * diameter < floor:
                continue
            length = float(np.linalg.norm(np.asarray(hole.opening) - place))
            if best is None or length < best[0]:
                best = length, hole
    return best[1] if best else None


def _way(outer: Any, place: np.ndarray, direction: np.ndarray, diameter: float) -> DrainHole | None:
    """The hole from a place of the cavity's wall straight out; None where more than one wall lies that way."""
    start = place - 0.5 * diameter * direction
    low = np.asarray(outer.bounding_box()[:3])
    high = np.asarray(outer.bounding_box()[3:])
    end = start + (float(np.linalg.norm(high - low)) + diameter) * direction
    hits = outer.ray_cast(tuple(start), tuple(end))
    if len(hits) != 1:
        return None
    opening = np.asarray(hits[0].position)
    length = float((opening - start) @ direction) + diameter
    from .csg import import_manifold3d

    cutter = import_manifold3d().Manifold.cylinder(length, diameter / 2.0, diameter / 2.0, SIDES)
    cutter = cutter.transform(np.ascontiguousarray(np.column_stack([plane_basis(direction), start])))
    return DrainHole((float(opening[0]), float(opening[1]), float(opening[2])), cutter)
