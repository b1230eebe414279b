"""Pins and sockets across a cut: D-shaped, so that the parts go together one way."""

from typing import Any

from ..errors import RefusedError
from ..mesh.core import Mesh, Provenance
from ..messages import _
from .connectors import ConnectorResult, ConnectorSize, place_connectors, thinner_sizes
from .csg import from_manifold, import_manifold3d
from .cut import Plane


def cut_pins(
    first: Mesh, second: Mesh, plane: Plane, size: ConnectorSize, smallest: float | None = None
) -> ConnectorResult:
    """Pins on the second part and sockets in the first (the side the normal points to), on their common cut.

    Up to two pins as far apart as the solid allows; each stands in solid material of both parts over its whole length with
    `size.wall` mm around its socket. Where there is no room for `size`, pins become thinner and in proportion shorter, down to a
    diameter of `smallest` mm. Raises `RefusedError` where the section has no room for one.
    """
    joints = place_connectors(first, second, plane, list(thinner_sizes(size, smallest or size.diameter)))
    if not joints.places:
        raise RefusedError(
            _(
                "The cut of '{first}' has no room for a pin of {diameter:g} mm: cut at another place, use "
                "dowels ({--joint} dowel), or glue the parts.",
                first=first.name,
                diameter=joints.size.diameter,
            )
        )
    size = joints.size
    sockets = joints.each(_d_shape(size, size.clearance))
    with_sockets = from_manifold(joints.first.manifold - sockets, [joints.first], Provenance.CUT, first)
    with_pins = from_manifold(
        joints.second.manifold + joints.each(_d_shape(size, 0.0)), [joints.second], Provenance.ADDED, second
    )
    return ConnectorResult(with_sockets, with_pins, joints.places, size)


def _d_shape(size: ConnectorSize, clearance: float) -> Any:
    """Cylinder with a flat side, its middle at the origin, along z, grown all round by `clearance`."""
    module = import_manifold3d()
    radius = size.diameter / 2.0
    circle = module.CrossSection.circle(radius, 48)
    flat = circle - module.CrossSection.square((2.0 * radius, 2.0 * radius)).translate((0.6 * radius, -radius))
    grown = flat.offset(clearance, module.JoinType.Round) if clearance else flat
    total = 2.0 * (size.length + clearance)
    return module.Manifold.extrude(grown, total).translate((0.0, 0.0, -total / 2.0))
