"""Text on the model: engraved or raised, on flat and curved places, readable from outside, never mirrored."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..errors import RefusedError, UsageError
from ..images.lettering import outline_loops, undrawable_characters
from ..mesh.core import Mesh, Provenance
from ..mesh.grid import grid_around
from ..mesh.narrow_band_distance import inner_offset_field
from ..mesh.voxelize import voxelize
from ..messages import _, join
from .base_label import LabelSlot
from .csg import from_manifold, import_manifold3d, to_manifold
from .label_places import NoPlacementError, TextNeeds, find_place, slot_place
from .voxel_grid import isosurface_mesh

FLAT = 3.0  # depths: up to this unevenness the text has a plane floor
MAX_LETTERS = 40
LOWER = 0.8  # from one height of letters to the next
CURVED = 0.35  # of the text's diagonal: beyond it the letters at the ends would be seen too much aslant


@dataclass(frozen=True)
class LabelResult:
    """The solid with its text and the text's frame in LPS mm: `origin` its middle, `right` along the line, `up`, `outward`.

    right x up = outward, so the text reads from outside. `width`, `height` and `depth` in mm, depth negative for engraved text;
    `uneven_mm` is how far the surface under the text lies from a plane; `is_text` is false for a scale bar, which is no line of letters.
    """

    mesh: Mesh
    text: str
    origin: tuple[float, float, float]
    right: tuple[float, float, float]
    up: tuple[float, float, float]
    outward: tuple[float, float, float]
    width: float
    height: float
    depth: float
    uneven_mm: float = 0.0
    is_text: bool = True


def add_label(
    mesh: Mesh,
    text: str,
    height: float = 6.0,
    depth: float = 0.8,
    *,
    raised: bool = False,
    place: tuple[float, float, float] | None = None,
    avoid: "Sequence[LabelResult]" = (),
    smallest: float | None = None,
    wall: float = 0.0,
    slot: LabelSlot | None = None,
) -> LabelResult:
    """Text of `height` mm capitals, `depth` mm deep (or high), on the flattest place of the outside, or nearest to `place` (LPS mm), or
    on the `slot` that a base offers.

    Where no place is even enough the letters become lower, down to `smallest` mm. Engraved letters leave `wall` mm of the model behind
    them; no text stands where something of the model lies in front of it.

    Letters stand upright towards superior where the surface allows, else towards anterior. On a flat place their floor is plane,
    on a curved one it follows the surface at `depth`. Places of `avoid` stay free. Engraved faces are marked CUT, raised ones
    ADDED. Raises `UsageError` for text that cannot be set (see `validate_text`) and `RefusedError` where no place is
    even enough.
    """
    lowest = height if smallest is None else min(smallest, height)
    while True:
        try:
            return apply_relief(
                mesh,
                text_outline(text, height),
                text,
                depth,
                raised=raised,
                place=place,
                avoid=avoid,
                wall=wall,
                slot=slot,
            )
        except RefusedError:  # no place, or none where the result would be sound
            if height <= lowest:
                raise
            height = max(LOWER * height, lowest)


def apply_relief(
    mesh: Mesh,
    shape: Any,
    text: str,
    depth: float,
    *,
    raised: bool = False,
    curved: float = CURVED,
    place: tuple[float, float, float] | None = None,
    avoid: "Sequence[LabelResult]" = (),
    wall: float = 0.0,
    slot: LabelSlot | None = None,
) -> LabelResult:
    """As `add_label`, for a flat shape (manifold3d.CrossSection, mm); on places up to `curved` of its diagonal uneven."""
    low_x, low_y, high_x, high_y = shape.bounds()
    width, height = high_x - low_x, high_y - low_y
    most = max(FLAT * depth, curved * float(np.hypot(width, height)))
    needs = TextNeeds(width, height, most, 0.0 if raised else depth, 0.0 if raised else wall, FLAT * depth)
    at = slot_place(slot) if slot is not None else find_place(mesh, needs, place, avoid)
    below, above = at.below, at.above
    frame = np.column_stack([np.stack([at.right, at.up, at.outward], axis=1), at.origin])
    centred = shape.translate((-(low_x + high_x) / 2.0, -(low_y + high_y) / 2.0))
    solid = to_manifold(mesh)
    # Over an uneven place every stroke is at least `depth` deep or high.
    bottom, top = (below - 1.0, above + depth) if raised else (below - depth, above + 1.0)
    tool = import_manifold3d().Manifold.extrude(centred, top - bottom).translate((0.0, 0.0, bottom))
    if above - below > FLAT * depth:
        tool = tool - _beyond(solid.manifold, frame, (width, height, below, above), depth, raised)
    tool = tool.transform(np.ascontiguousarray(frame))
    result = solid.manifold + tool if raised else solid.manifold - tool
    made = from_manifold(result, [solid], Provenance.ADDED if raised else Provenance.CUT, mesh)
    return LabelResult(
        made,
        text,
        _point(at.origin),
        _point(at.right),
        _point(at.up),
        _point(at.outward),
        width,
        height,
        depth if raised else -depth,
        above - below,
    )


def _beyond(solid: Any, frame: np.ndarray, size: tuple[float, float, float, float], depth: float, raised: bool) -> Any:
    """What lies deeper than `depth` in the solid (raised: higher than that above it), around the text, in the text's frame."""
    width, height, below, above = size
    margin = 3.0 * depth + 1.0
    box = import_manifold3d().Manifold.cube(
        (width + 2.0 * margin, height + 2.0 * margin, above - below + 4.0 * margin), True
    )
    box = box.translate((0.0, 0.0, (above + below) / 2.0))
    rotation = frame[:, :3]
    local = solid.transform(np.ascontiguousarray(np.column_stack([rotation.T, -rotation.T @ frame[:, 3]])))
    piece = box - local if raised else local ^ box
    raw = piece.to_mesh64()
    mesh = Mesh(np.asarray(raw.vert_properties)[:, :3], np.asarray(raw.tri_verts).astype(np.int64))
    grid = grid_around(mesh, depth / 3.0, depth)
    field = inner_offset_field(mesh, grid, voxelize(mesh, grid.affine, grid.shape), depth)
    if not (field > 0).any():
        raise NoPlacementError  # the model is thinner there than the text is deep
    return to_manifold(isosurface_mesh(field, grid, mesh)).manifold.simplify(0.03 * depth)


def text_extent(text: str, height: float) -> tuple[float, float]:
    """Width and height in mm of a text with capitals `height` mm high."""
    low_x, low_y, high_x, high_y = text_outline(text, height).bounds()
    return high_x - low_x, high_y - low_y


def _point(vector: np.ndarray) -> tuple[float, float, float]:
    return float(vector[0]), float(vector[1]), float(vector[2])


def validate_text(text: str) -> None:
    """Raises `UsageError` for a text that is too long or has characters that the letters cannot show, which it names."""
    if not text.strip() or len(text) > MAX_LETTERS:
        raise UsageError(
            _(
                "The label must be 1 to {max_letters} characters, not {text_count}: choose another text.",
                max_letters=MAX_LETTERS,
                text_count=len(text.strip()),
            )
        )
    lacking = undrawable_characters(text)
    if lacking:
        shown = join(", ", (f"'{letter}'" if letter.isprintable() else f"U+{ord(letter):04X}" for letter in lacking))
        raise UsageError(
            _(
                "The label cannot show {shown}: it has Latin, Greek and Cyrillic letters, digits and common "
                "signs; write it with these.",
                shown=shown,
            )
        )


def text_outline(text: str, height: float) -> Any:
    """CrossSection of the text, capitals `height` mm high, its baseline at 0."""
    validate_text(text)
    module = import_manifold3d()
    return module.CrossSection(outline_loops(text, height), module.FillRule.NonZero)
