"""Pins and sockets across a cut: D-shaped, so that the parts go together one way."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ..errors import Refused
from ..mesh import Mesh, Provenance
from .cut import Plane
from .solid import from_solid, manifold3d, to_solid


@dataclass(frozen=True)
class PinSize:
    """Sizes in mm: `diameter` of the pin, `length` into each part, `clearance` all round in the socket, `wall` around the socket."""

    diameter: float
    length: float
    clearance: float
    wall: float


@dataclass(frozen=True)
class Pinned:
    """Both parts, the first with sockets and the second with pins; `places` are the pins' feet on the cut, LPS mm."""

    first: Mesh
    second: Mesh
    places: tuple[tuple[float, float, float], ...]


def frame_of(normal: np.ndarray) -> np.ndarray:
    """(3, 3) rotation whose third column is the unit `normal`, the same for the same normal."""
    helper = np.eye(3)[int(np.argmin(np.abs(normal)))]
    across = np.cross(helper, normal)
    across /= np.linalg.norm(across)
    return np.stack([across, np.cross(normal, across), normal], axis=1)


def pin_cut(first: Mesh, second: Mesh, plane: Plane, size: PinSize) -> Pinned:
    """Pins on the second part and sockets in the first (the side the normal points to), on their common cut.

    Up to two pins as far apart as the solid allows; each stands in solid material of both parts over its whole length with
    `size.wall` mm around its socket. Raises `Refused` where the section has no room for one.
    """
    module = manifold3d()
    normal = np.asarray(plane.normal)
    rotation = frame_of(normal)
    solids = to_solid(first), to_solid(second)
    upright = [placed(solid.manifold, rotation.T, np.zeros(3)) for solid in solids]
    room = room_for_pins(upright[0], upright[1], plane.offset, size)
    places = far_apart(room)
    if not places:
        raise Refused(f"The cut of '{first.name}' has no room for a pin of {size.diameter:g} mm: cut at another place or use thinner pins.")
    pin = _d_shape(module, size.diameter / 2.0, 2.0 * size.length, 0.0)
    socket = _d_shape(module, size.diameter / 2.0, 2.0 * size.length, size.clearance)
    pins, sockets, feet = [], [], []
    for across, along in places:
        foot = rotation @ np.array([across, along, plane.offset])
        feet.append((float(foot[0]), float(foot[1]), float(foot[2])))
        pins.append(placed(pin, rotation, foot))
        sockets.append(placed(socket, rotation, foot))
    with_sockets = solids[0].manifold - module.Manifold.batch_boolean(sockets, module.OpType.Add)
    with_pins = solids[1].manifold + module.Manifold.batch_boolean(pins, module.OpType.Add)
    return Pinned(replace(from_solid(with_sockets, [solids[0]], Provenance.CUT, first), name=first.name),
                  replace(from_solid(with_pins, [solids[1]], Provenance.ADDED, second), name=second.name), tuple(feet))


def placed(solid: Any, rotation: np.ndarray, origin: np.ndarray) -> Any:
    return solid.transform(np.ascontiguousarray(np.column_stack([rotation, origin])))


def _d_shape(module: Any, radius: float, length: float, clearance: float) -> Any:
    """Cylinder with a flat side, its middle at the origin, along z, grown all round by `clearance`."""
    circle = module.CrossSection.circle(radius, 48)
    flat = circle - module.CrossSection.square((2.0 * radius, 2.0 * radius)).translate((0.6 * radius, -radius))
    grown = flat.offset(clearance, module.JoinType.Round) if clearance else flat
    total = length + 2.0 * clearance
    return module.Manifold.extrude(grown, total).translate((0.0, 0.0, -total / 2.0))


def room_for_pins(above: Any, below: Any, height: float, size: PinSize) -> Any:
    """CrossSection of the places where a socket fits above and a pin's root below."""
    margin = size.diameter / 2.0 + size.clearance + size.wall
    room = None
    reach = size.length + size.clearance + size.wall
    for solid, sign in ((above, 1.0), (below, -1.0)):
        for share in (0.02, 0.25, 0.5, 0.75, 1.0):
            section = solid.slice(height + sign * share * reach)
            room = section if room is None else room ^ section
    assert room is not None
    return room.offset(-margin)


def far_apart(room: Any) -> list[tuple[float, float]]:
    """Up to two places in the room: its two outline points farthest apart, or one where it is small."""
    contours = [np.asarray(contour) for contour in room.to_polygons()]
    if not contours:
        return []
    points = np.concatenate(contours)
    # The widest pair lies near the ends of the main axis.
    middle = points.mean(axis=0)
    first = points[np.argmax(np.linalg.norm(points - middle, axis=1))]
    distance = np.linalg.norm(points - first, axis=1)
    second = points[np.argmax(distance)]
    if distance.max() < 1.0:
        return [(float(middle[0]), float(middle[1]))] if len(contours) == 1 else [(float(first[0]), float(first[1]))]
    return [(float(first[0]), float(first[1])), (float(second[0]), float(second[1]))]
