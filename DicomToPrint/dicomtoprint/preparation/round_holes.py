"""Round holes on both sides of a cut: pockets for magnets, holes for dowels."""

from collections.abc import Sequence

from ..errors import RefusedError
from ..mesh.core import Mesh, Provenance
from ..messages import _
from .connectors import ConnectorResult, ConnectorSize, place_connectors, thinner_sizes
from .csg import from_manifold, import_manifold3d
from .cut import Plane

SIDES = 64


def cut_magnet_pockets(first: Mesh, second: Mesh, plane: Plane, size: ConnectorSize) -> ConnectorResult:
    """Up to two pockets in each part on their common cut, as far apart as the solid allows, `first` on the side of the normal.

    A pocket is deeper than the magnet by the clearance, so that the faces of the cut meet. New faces are marked CUT. Raises
    `RefusedError` where the section has no room for one.
    """
    return _holes(
        first,
        second,
        plane,
        [size],
        _("a magnet of {diameter:g} mm: cut at another place or use smaller ones", diameter=size.diameter),
    )


def cut_dowel_holes(
    first: Mesh, second: Mesh, plane: Plane, size: ConnectorSize, smallest: float | None = None
) -> ConnectorResult:
    """Up to two holes in each part for dowels, rods of `size.diameter` mm and twice `size.length` that are put in loose.

    As `cut_magnet_pockets`; where there is no room for `size`, dowels become thinner and in proportion shorter, down to a diameter
    of `smallest` mm.
    """
    sizes = list(thinner_sizes(size, smallest or size.diameter))
    return _holes(
        first,
        second,
        plane,
        sizes,
        _("a dowel of {diameter:g} mm: cut at another place, or glue the parts", diameter=sizes[-1].diameter),
    )


def _holes(first: Mesh, second: Mesh, plane: Plane, sizes: Sequence[ConnectorSize], lacking: str) -> ConnectorResult:
    joints = place_connectors(first, second, plane, sizes)
    if not joints.places:
        raise RefusedError(_("The cut of '{first}' has no room for {lacking}.", first=first.name, lacking=lacking))
    size = joints.size
    reach = size.length + size.clearance
    radius = size.diameter / 2.0 + size.clearance
    tools = joints.each(import_manifold3d().Manifold.cylinder(2.0 * reach, radius, radius, SIDES, True))
    parts = [
        from_manifold(solid.manifold - tools, [solid], Provenance.CUT, solid.mesh)
        for solid in (joints.first, joints.second)
    ]
    return ConnectorResult(parts[0], parts[1], joints.places, size)
