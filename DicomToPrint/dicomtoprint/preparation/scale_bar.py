"""A scale bar on the model, for exhibits: a length that anyone can lay a ruler against."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ..errors import UsageError
from ..mesh.core import Mesh
from .csg import import_manifold3d
from .text_label import LabelResult, apply_relief, text_outline

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
) -> LabelResult:
    """A bar of exactly `length` mm between the outer edges of its ticks, with its length in words, on the flattest place.

    On a curved place the bar keeps its length straight across, as a ruler laid against it tells; it bends by a tenth of its
    diagonal at most. Raises `UsageError` for a length under 5 mm, `RefusedError`
    where no place is flat enough.
    """
    if not 5.0 <= length <= 200.0:
        raise UsageError(f"A scale bar is 5 to 200 mm long, not {length:g} mm.")
    return apply_relief(
        mesh,
        _bar(length, size or ScaleBarSize()),
        f"{length:g} mm",
        depth,
        raised=raised,
        curved=CURVED,
        place=place,
        avoid=avoid,
    )


def _bar(length: float, size: ScaleBarSize) -> Any:
    module = import_manifold3d()
    square = module.CrossSection.square
    shapes = [
        square((length, size.stroke)).translate((0.0, (size.tick - size.stroke) / 2.0)),
        square((size.stroke, size.tick)),
        square((size.stroke, size.tick)).translate((length - size.stroke, 0.0)),
    ]
    words = text_outline(f"{length:g} mm", size.letters)
    low_x, low_y, high_x, _high_y = words.bounds()
    if high_x - low_x > length:
        words = words.scale((length / (high_x - low_x),) * 2)
        low_x, low_y, high_x, _high_y = words.bounds()
    shapes.append(words.translate((length / 2.0 - (low_x + high_x) / 2.0, size.tick + 1.0 - low_y)))
    return module.CrossSection.batch_boolean(shapes, module.OpType.Add)
