"""Round pockets for magnets on both sides of a cut."""

from ..errors import RefusedError
from ..mesh.core import Mesh, Provenance
from .connectors import ConnectorResult, ConnectorSize, place_connectors
from .csg import from_manifold, import_manifold3d
from .cut import Plane

SIDES = 64


def cut_magnet_pockets(first: Mesh, second: Mesh, plane: Plane, size: ConnectorSize) -> ConnectorResult:
    """Up to two pockets in each part on their common cut, as far apart as the solid allows, `first` on the side of the normal.

    A pocket is deeper than the magnet by the clearance, so that the faces of the cut meet. New faces are marked CUT. Raises
    `RefusedError` where the section has no room for one.
    """
    joints = place_connectors(first, second, plane, [size])
    if not joints.places:
        raise RefusedError(
            f"The cut of '{first.name}' has no room for a magnet of {size.diameter:g} mm: cut at another place or use "
            "smaller magnets."
        )
    reach = size.length + size.clearance
    radius = size.diameter / 2.0 + size.clearance
    pockets = joints.each(import_manifold3d().Manifold.cylinder(2.0 * reach, radius, radius, SIDES, True))
    parts = [
        from_manifold(solid.manifold - pockets, [solid], Provenance.CUT, solid.mesh)
        for solid in (joints.first, joints.second)
    ]
    return ConnectorResult(parts[0], parts[1], joints.places, size)
