"""Room for texts on a base: in front of the model, to be read by whoever faces it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from .csg import import_manifold3d

MARGIN_MM = 1.5  # around a text


@dataclass(frozen=True)
class LabelSlot:
    """A plane place for a text of `width` x `height` mm on top of a base: `origin`, its middle, LPS mm.

    The text runs to the left of the patient and its top points to the posterior, so that it reads for whoever looks at the model's
    front: `right` is (1, 0, 0), `up` (0, 1, 0), `outward` (0, 0, 1).
    """

    origin: tuple[float, float, float]
    width: float
    height: float


def label_slots(
    texts: Sequence[tuple[float, float]], middle: float, front: float, level: float
) -> tuple[LabelSlot, ...]:
    """Places for texts (width, height in mm) one in front of the other, around L = `middle`, from P = `front` towards anterior, on the
    plane S = `level` (LPS mm)."""
    slots = []
    edge = front
    for width, height in texts:
        edge -= MARGIN_MM
        slots.append(LabelSlot((middle, edge - height / 2.0, level), width, height))
        edge -= height + MARGIN_MM
    return tuple(slots)


def slots_outline(slots: Sequence[LabelSlot]) -> Any:
    """CrossSection of what the texts and the margins around them cover."""
    module = import_manifold3d()
    outline = module.CrossSection()
    for slot in slots:
        size = (slot.width + 2.0 * MARGIN_MM, slot.height + 2.0 * MARGIN_MM)
        outline = outline + module.CrossSection.square(size, True).translate(slot.origin[:2])
    return outline
