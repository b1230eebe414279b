"""A dovetail across a cut: one part slides into the other sideways, and nothing sticks out of the bone."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..errors import RefusedError
from ..mesh.core import Mesh, Provenance
from ..messages import _
from .connectors import BESIDE_CUT_MM, ConnectorResult, ConnectorSize, thinner_sizes
from .csg import CsgSolid, from_manifold, import_manifold3d, to_manifold
from .cut import Plane, plane_basis

FLARE = float(np.tan(np.radians(15.0)))  # of each side
NECK = 1.5  # widths of the neck to the height
LONG = 1.2  # the groove is so many necks long at least
LIPS, ROOF, ROOT = (
    0.6,
    0.9,
    0.8,
)  # shares of the groove's length along which there must be material beside, above and below it
PLUG_MM = 0.05  # how far what joins the tail to its part reaches into both
OFF_MIDDLE = (0.0, -0.2, 0.2)  # of the section's width: where across it a tail is tried


@dataclass(frozen=True)
class _Frame:
    """Both solids turned so that the cut is the plane z = `height`, the groove runs along x, and `back` (3, 3) turns them again;
    `middle` is the groove's y and `section` where the parts meet."""

    above: Any
    below: Any
    back: np.ndarray
    height: float
    middle: float
    section: Any


def cut_dovetail(
    first: Mesh, second: Mesh, plane: Plane, size: ConnectorSize, smallest: float | None = None
) -> ConnectorResult:
    """A groove through the first part (on the side of the normal) and the tail in it on the second, along their whole common cut.

    The tail is `size.diameter` mm high, its neck 1.5 times as wide, its sides flare by 15 degrees; it consists of what was the first
    part there, so the outside of the whole stays as it is. The groove is wider by `size.clearance` all round, with `size.wall` mm of
    material beside and above it. Where there is no room, tails become smaller, down to `smallest` mm. Of the place told, one point lies
    at each end of the groove's middle. Raises `RefusedError` where none fits.
    """
    solids = to_manifold(first), to_manifold(second)
    for one in thinner_sizes(size, smallest or size.diameter):
        for frame in _frames(solids, plane):
            made = _joined(solids, frame, one) if _has_room(frame, one) else None
            if made is not None:
                return made
    raise RefusedError(
        _(
            "The cut of '{first}' has no room for a dovetail of {smallest:g} mm: cut at another place, "
            "use pins ({--joint} pin), or glue the parts.",
            first=first.name,
            smallest=smallest or size.diameter,
        )
    )


def _frames(solids: Sequence[CsgSolid], plane: Plane) -> Iterator[_Frame]:
    """Grooves along the short way across the section first, then along the long one, through its middle and beside it."""
    module = import_manifold3d()
    rotation = plane_basis(np.asarray(plane.normal))
    above, below = (_turned(solid.manifold, rotation.T) for solid in solids)
    section = above.slice(plane.offset + BESIDE_CUT_MM) ^ below.slice(plane.offset - BESIDE_CUT_MM)
    if section.is_empty():
        return
    points = np.concatenate([np.asarray(loop) for loop in section.to_polygons()])
    _spread, axes = np.linalg.eigh(np.cov(points.T))
    for along in axes.T:
        turn = np.array([[along[0], along[1], 0.0], [-along[1], along[0], 0.0], [0.0, 0.0, 1.0]])
        angle = float(np.degrees(np.arctan2(turn[0, 1], turn[0, 0])))
        flat = section.rotate(-angle)
        _low_x, low_y, _high_x, high_y = flat.bounds()
        for share in OFF_MIDDLE:
            middle = (low_y + high_y) / 2.0 + share * (high_y - low_y)
            whole = rotation @ turn.T
            yield _Frame(
                _turned(solids[0].manifold, whole.T),
                _turned(solids[1].manifold, whole.T),
                whole,
                plane.offset,
                middle,
                module.CrossSection.batch_boolean([flat], module.OpType.Add),
            )


def _turned(solid: Any, rotation: np.ndarray) -> Any:
    return solid.transform(np.ascontiguousarray(np.column_stack([rotation, np.zeros(3)])))


def _has_room(frame: _Frame, size: ConnectorSize) -> bool:
    neck, gap = NECK * size.diameter, size.clearance
    throat = _strip(frame.section, frame.middle, neck)
    length = throat.area() / neck
    if len(throat.decompose()) != 1 or length < LONG * neck:
        return False
    for z in (BESIDE_CUT_MM, 0.5 * size.diameter, size.diameter + gap):
        section = frame.above.slice(frame.height + z)
        half = neck / 2.0 + FLARE * z + gap
        if len(_strip(section, frame.middle, 2.0 * half).decompose()) != 1:
            return False
        for side in (-1.0, 1.0):
            lip = _strip(section, frame.middle + side * (half + size.wall / 2.0), size.wall)
            if lip.area() / size.wall < LIPS * length:
                return False
    widest = neck + 2.0 * FLARE * size.diameter
    roof = _strip(frame.above.slice(frame.height + size.diameter + gap + size.wall), frame.middle, widest)
    root = _strip(frame.below.slice(frame.height - size.diameter), frame.middle, neck)
    return bool(roof.area() / widest >= ROOF * length and root.area() / neck >= ROOT * length)


def _strip(section: Any, middle: float, width: float) -> Any:
    """What of a section lies in a strip along x."""
    low_x, _low_y, high_x, _high_y = section.bounds()
    if section.is_empty():
        return section
    size = (high_x - low_x + 2.0, width)
    return section ^ import_manifold3d().CrossSection.square(size).translate((low_x - 1.0, middle - width / 2.0))


def _joined(solids: Sequence[CsgSolid], frame: _Frame, size: ConnectorSize) -> ConnectorResult | None:
    """Both parts with the dovetail; None where it would take one of them apart."""
    low_x, _low_y, high_x, _high_y = frame.section.bounds()
    reach = high_x - low_x + 4.0 * size.diameter
    prism = _prism(frame, size, 0.0, 0.0, low_x, reach)
    groove = _prism(frame, size, size.clearance, 1.0, low_x, reach)
    neck = _strip(frame.section.offset(-2.0 * PLUG_MM), frame.middle, NECK * size.diameter - 2.0 * PLUG_MM)
    plug = import_manifold3d().Manifold.extrude(neck, 2.0 * PLUG_MM).translate((0.0, 0.0, frame.height - PLUG_MM))
    tail = _turned(prism ^ frame.above, frame.back) + _turned(plug, frame.back)
    with_groove = solids[0].manifold - _turned(groove, frame.back)
    with_tail = solids[1].manifold + tail
    if [_pieces(solid.manifold) for solid in solids] != [_pieces(with_groove), _pieces(with_tail)]:
        return None
    ends = [frame.back @ np.array([x, frame.middle, frame.height]) for x in (neck.bounds()[0], neck.bounds()[2])]
    return ConnectorResult(
        from_manifold(with_groove, [solids[0]], Provenance.CUT, solids[0].mesh),
        from_manifold(with_tail, [solids[1], solids[0]], Provenance.CUT, solids[1].mesh),
        tuple((float(x), float(y), float(z)) for x, y, z in ends),
        size,
    )


def _prism(frame: _Frame, size: ConnectorSize, gap: float, below: float, low_x: float, reach: float) -> Any:
    """The dovetail's profile, grown by `gap` and carried down by `below` mm, along the whole section and beyond."""
    module = import_manifold3d()
    half, top = NECK * size.diameter / 2.0 + gap, size.diameter + gap
    wide = half + FLARE * top
    profile = [(-half, -below), (half, -below), (half, 0.0), (wide, top), (-wide, top), (-half, 0.0)]
    if not below:
        profile = [(-half, 0.0), (half, 0.0), (wide, top), (-wide, top)]
    # Extruded along z, then laid along x: (y, z) of the profile become y and z.
    lying = module.Manifold.extrude(module.CrossSection([np.array(profile)]), reach)
    lying = lying.transform(np.array([[0.0, 0.0, 1.0, 0.0], [1.0, 0.0, 0.0, 0.0], [0.0, 1.0, 0.0, 0.0]]))
    return lying.translate((low_x - 2.0 * size.diameter, frame.middle, frame.height))


def _pieces(solid: Any) -> int:
    return sum(piece.volume() > 0 for piece in solid.decompose())
