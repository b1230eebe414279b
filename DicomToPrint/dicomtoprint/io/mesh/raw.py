"""What a format's reader hands over before units, spaces and welding are settled."""

import re
from dataclasses import dataclass

from ...mesh.core import Mesh
from ...messages import _

# Kinds of 3MF objects that are no models. PrusaSlicer 2.5 reads no file that places one.
NEGATIVE_VOLUME = _("negative volume")
NOT_PRINTED = _("marked as not to be printed")  # which some slicing programs mind and others do not
OTHER_TYPES = (_("support"), _("solid support"), _("of type 'surface'"), _("of type 'other'"))


@dataclass(frozen=True)
class LeftOutObject:
    """An object of the file that is not printed as a solid: its `name`, and in words what it is (``support``, ``negative volume``)."""

    name: str
    kind: str

    @property
    def consequence(self) -> str:
        """What it means for the print that it is left out."""
        if self.kind == NEGATIVE_VOLUME:
            return _("what it would cut away is printed")
        return _("it is no part of the print")


@dataclass(frozen=True)
class RawMeshFile:
    """Meshes as the file has them, the unit and the space (``LPS``, ``RAS``) it states, and notes for the report.

    `left_out` are objects that are not printed as solids; `unjudged` says in words what the file has that is no triangle.
    `items` are the numbers of the objects that slicing programs make of the meshes, one for each mesh; empty: all are one object.
    """

    meshes: tuple[Mesh, ...]
    unit: str | None = None
    space: str | None = None
    notes: tuple[str, ...] = ()
    left_out: tuple[LeftOutObject, ...] = ()
    unjudged: tuple[str, ...] = ()
    items: tuple[int, ...] = ()


def parse_space(text: str) -> str | None:
    """``LPS`` or ``RAS`` where a header or comment says ``SPACE=LPS``, as Slicer writes it."""
    found = re.search(r"\bSPACE\s*[=:]\s*(LPS|RAS)\b", text, re.IGNORECASE)
    return found.group(1).upper() if found else None
