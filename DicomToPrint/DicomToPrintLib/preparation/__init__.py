"""Solid to solid: thicken, hollow, cut, split, pins, base, struts, label, wrap, orient.

Valid before, valid after, or refused with a reason.
"""

from .base import KINDS as BASE_KINDS
from .base import BaseSize, Joined, add_base
from .cut import Plane, cut, plane_at, plane_through
from .hollow import Hollowed, hollow
from .joints import Jointed, JointSize
from .label import STROKE, Labelled, add_label, check_text
from .magnets import magnet_cut
from .moved import Moved, moved
from .orient import Oriented, beside_one_another, orient
from .pins import pin_cut
from .scale_bar import BarSize, add_scale_bar
from .solid import SEAM_MM
from .split import Marked, Split, split_to_fit
from .struts import add_struts
from .thicken import Thickened, thicken
from .wrap import Wrapped, wrap

__all__ = [
    "BASE_KINDS",
    "SEAM_MM",
    "STROKE",
    "BarSize",
    "BaseSize",
    "Hollowed",
    "Joined",
    "JointSize",
    "Jointed",
    "Labelled",
    "Marked",
    "Moved",
    "Oriented",
    "Plane",
    "Split",
    "Thickened",
    "Wrapped",
    "add_base",
    "add_label",
    "add_scale_bar",
    "add_struts",
    "beside_one_another",
    "check_text",
    "cut",
    "hollow",
    "magnet_cut",
    "moved",
    "orient",
    "pin_cut",
    "plane_at",
    "plane_through",
    "split_to_fit",
    "thicken",
    "wrap",
]
