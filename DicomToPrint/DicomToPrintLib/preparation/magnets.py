"""Round pockets for magnets on both sides of a cut."""

from ..errors import Refused
from ..mesh import Mesh, Provenance
from .cut import Plane
from .joints import Jointed, JointSize, joints_across
from .solid import from_solid, manifold3d

SIDES = 64


def magnet_cut(first: Mesh, second: Mesh, plane: Plane, size: JointSize) -> Jointed:
    """Up to two pockets in each part on their common cut, as far apart as the solid allows, `first` on the side of the normal.

    A pocket is deeper than the magnet by the clearance, so that the faces of the cut meet. New faces are marked CUT. Raises
    `Refused` where the section has no room for one.
    """
    joints = joints_across(first, second, plane, [size])
    if not joints.places:
        raise Refused(
            f"The cut of '{first.name}' has no room for a magnet of {size.diameter:g} mm: cut at another place or use "
            "smaller magnets."
        )
    reach = size.length + size.clearance
    radius = size.diameter / 2.0 + size.clearance
    pockets = joints.each(manifold3d().Manifold.cylinder(2.0 * reach, radius, radius, SIDES, True))
    parts = [
        from_solid(solid.manifold - pockets, [solid], Provenance.CUT, solid.mesh)
        for solid in (joints.first, joints.second)
    ]
    return Jointed(parts[0], parts[1], joints.places, size)
