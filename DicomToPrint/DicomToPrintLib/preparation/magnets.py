"""Round pockets for magnets on both sides of a cut."""

from dataclasses import dataclass

import numpy as np

from ..errors import Refused
from ..mesh import Mesh, Provenance
from .cut import Plane
from .pins import PinSize, far_apart, frame_of, placed, room_for_pins
from .solid import from_solid, manifold3d, to_solid

SIDES = 64


@dataclass(frozen=True)
class MagnetSize:
    """Sizes in mm: `diameter` and `height` of the round magnet, `clearance` all round in its pocket, `wall` around the pocket."""

    diameter: float
    height: float
    clearance: float
    wall: float


@dataclass(frozen=True)
class Pocketed:
    """Both parts with pockets that face each other; `places` are their middles on the cut, LPS mm."""

    first: Mesh
    second: Mesh
    places: tuple[tuple[float, float, float], ...]


def magnet_cut(first: Mesh, second: Mesh, plane: Plane, size: MagnetSize) -> Pocketed:
    """Up to two pockets in each part on their common cut, as far apart as the solid allows, `first` on the side of the normal.

    A pocket is deeper than the magnet by the clearance, so that the faces of the cut meet. New faces are marked CUT. Raises
    `Refused` where the section has no room for one.
    """
    module = manifold3d()
    rotation = frame_of(np.asarray(plane.normal))
    solids = to_solid(first), to_solid(second)
    upright = [placed(solid.manifold, rotation.T, np.zeros(3)) for solid in solids]
    room = room_for_pins(upright[0], upright[1], plane.offset, PinSize(size.diameter, size.height, size.clearance, size.wall))
    places = far_apart(room)
    if not places:
        raise Refused(f"The cut of '{first.name}' has no room for a magnet of {size.diameter:g} mm: cut at another place or use "
                      "smaller magnets.")
    reach = size.height + size.clearance
    radius = size.diameter / 2.0 + size.clearance
    pocket = module.Manifold.cylinder(2.0 * reach, radius, radius, SIDES, True)
    feet = [rotation @ np.array([across, along, plane.offset]) for across, along in places]
    pockets = module.Manifold.batch_boolean([placed(pocket, rotation, foot) for foot in feet], module.OpType.Add)
    parts = [from_solid(solid.manifold - pockets, [solid], Provenance.CUT, mesh) for solid, mesh in zip(solids, (first, second))]
    return Pocketed(parts[0], parts[1], tuple((float(x), float(y), float(z)) for x, y, z in feet))
