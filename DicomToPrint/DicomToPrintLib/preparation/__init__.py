"""Solid to solid: thicken, hollow, cut, split, pins, base, struts, label, wrap, orient.

Valid before, valid after, or refused with a reason.
"""

from .base import Joined, add_base, add_struts
from .cut import Plane, cut, plane_at
from .hollow import Hollowed, hollow
from .label import Labelled, add_label
from .orient import Oriented, orient
from .pins import Pinned, PinSize, pin_cut
from .split import Split, split_to_fit
from .thicken import Thickened, thicken
from .wrap import Wrapped, wrap

__all__ = [
    "Hollowed",
    "Joined",
    "Labelled",
    "Oriented",
    "PinSize",
    "Pinned",
    "Plane",
    "Split",
    "Thickened",
    "Wrapped",
    "add_base",
    "add_label",
    "add_struts",
    "cut",
    "hollow",
    "orient",
    "pin_cut",
    "plane_at",
    "split_to_fit",
    "thicken",
    "wrap",
]
