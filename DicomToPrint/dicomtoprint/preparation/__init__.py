"""Solid to solid: thicken, hollow, cut, split, pins, base, struts, label, wrap, orient.

Valid before, valid after, or refused with a reason.
"""

from .base import KINDS as BASE_KINDS
from .base import AddedSolidResult, BaseSize, add_base
from .connectors import ConnectorResult, ConnectorSize
from .csg import SEAM_MM
from .cut import Plane, axis_plane, cut, plane_from_point_normal
from .displacement import Displacement, measure_displacement
from .hollow import HollowResult, hollow
from .magnets import cut_magnet_pockets
from .orient import OrientResult, arrange_on_plate, orient
from .pins import cut_pins
from .scale_bar import ScaleBarSize, add_scale_bar
from .shrink_wrap import ShrinkWrapResult, shrink_wrap
from .split import KeepOutRegion, SplitResult, split_to_fit
from .struts import add_struts
from .text_label import STROKE, LabelResult, add_label, validate_text
from .thicken import ThickenResult, thicken

__all__ = [
    "BASE_KINDS",
    "SEAM_MM",
    "STROKE",
    "AddedSolidResult",
    "BaseSize",
    "ConnectorResult",
    "ConnectorSize",
    "Displacement",
    "HollowResult",
    "KeepOutRegion",
    "LabelResult",
    "OrientResult",
    "Plane",
    "ScaleBarSize",
    "ShrinkWrapResult",
    "SplitResult",
    "ThickenResult",
    "add_base",
    "add_label",
    "add_scale_bar",
    "add_struts",
    "arrange_on_plate",
    "axis_plane",
    "cut",
    "cut_magnet_pockets",
    "cut_pins",
    "hollow",
    "measure_displacement",
    "orient",
    "plane_from_point_normal",
    "shrink_wrap",
    "split_to_fit",
    "thicken",
    "validate_text",
]
