"""A scale bar on the model, for exhibits: a length that anyone can lay a ruler against."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from ..errors import UsageError
from ..mesh.core import Mesh
from ..messages import _
from .base_label import LabelSlot
from .csg import import_manifold3d
from .text_label import LabelResult, apply_relief, text_outline

SHORTEST_MM, LONGEST_MM = 5.0, 200.0
CURVED = 0.1  # of the diagonal


@dataclass(frozen=True)
class ScaleBarSize:
    """Sizes in mm of a scale bar: the width of its lines, its ticks' length, its figures' height. A run takes them from
    `data/plans/plan.json`."""

    stroke: float = 1.2
    tick: float = 4.0
    letters: float = 4.0


def add_scale_bar(
    mesh: Mesh,
    length: float = 20.0,
    depth: float = 0.8,
    *,
    raised: bool = False,
    place: tuple[float, float, float] | None = None,
    avoid: Sequence[LabelResult] = (),
    size: ScaleBarSize | None = None,
    wall: float = 0.0,
    slot: LabelSlot | None = None,
) -> LabelResult:
    """A bar of exactly `length` mm between the outer edges of its ticks, with its length in words.

    It lies on the flattest place of the outside, or on the `slot` that a base offers, and leaves `wall` mm of the model behind it.

    On a curved place the bar keeps its length straight across, as a ruler laid against it tells; it bends by a tenth of its
    diagonal at most. Raises `UsageError` for a length under 5 mm, `RefusedError`
    where no place is flat enough.
    """
    validate_scale_bar(length)
    done = apply_relief(
        mesh,
        _bar(length, size or ScaleBarSize()),
        _("{length:g} mm", length=length),
        depth,
        raised=raised,
        curved=CURVED,
        place=place,
        avoid=avoid,
        wall=wall,
        slot=slot,
    )
    return replace(done, is_text=False)


def validate_scale_bar(length: float) -> None:
    """Raises `UsageError` for a length in mm that no bar has."""
    if not SHORTEST_MM <= length <= LONGEST_MM:
        raise UsageError(
            _(
                "A scale bar is {shortest_mm:g} to {longest_mm:g} mm long, not {length:g} mm ({--scale-bar}).",
                shortest_mm=SHORTEST_MM,
                longest_mm=LONGEST_MM,
                length=length,
            )
        )


def scale_bar_extent(length: float, size: ScaleBarSize | None = None) -> tuple[float, float]:
    """Width and height in mm of a bar with its words."""
    low_x, low_y, high_x, high_y = _bar(length, size or ScaleBarSize()).bounds()
    return high_x - low_x, high_y - low_y


def _bar(length: float, size: ScaleBarSize) -> Any:
    module = import_manifold3d()
    square = module.CrossSection.square
    shapes = [
        square((length, size.stroke)).translate((0.0, (size.tick - size.stroke) / 2.0)),
        square((size.stroke, size.tick)),
        square((size.stroke, size.tick)).translate((length - size.stroke, 0.0)),
    ]
    words = text_outline(_("{length:g} mm", length=length), size.letters)
    low_x, low_y, high_x, _high_y = words.bounds()
    if high_x - low_x > length:
        words = words.scale((length / (high_x - low_x),) * 2)
        low_x, low_y, high_x, _high_y = words.bounds()
    shapes.append(words.translate((length / 2.0 - (low_x + high_x) / 2.0, size.tick + 1.0 - low_y)))
    return module.CrossSection.batch_boolean(shapes, module.OpType.Add)
