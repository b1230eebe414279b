"""Solid to solid: thicken, hollow, cut, split, pins, base, struts, label, wrap, orient.

Valid before, valid after, or refused with a reason.
"""

from .base import KINDS as BASE_KINDS
from .base import AddedSolidResult, BaseSize, add_base
from .base_label import LabelSlot
from .connectors import ConnectorResult, ConnectorSize, contact_area
from .csg import SEAM_MM
from .cut import Plane, axis_plane, cut, plane_from_point_normal
from .displacement import Displacement, DistanceStats, measure_displacement, measure_distance
from .dovetail import cut_dovetail
from .hollow import HollowResult, hollow
from .orient import FirstLayer, OrientResult, arrange_on_plate, orient
from .pins import cut_pins
from .round_holes import cut_dowel_holes, cut_magnet_pockets
from .scale_bar import ScaleBarSize, add_scale_bar, scale_bar_extent, validate_scale_bar
from .shell import ShellResult, add_shell
from .shrink_wrap import ShrinkWrapResult, shrink_wrap
from .split import KeepOutRegion, SplitResult, count_small_bodies, split_to_fit
from .struts import add_struts
from .text_label import LabelResult, add_label, text_extent, validate_text
from .thicken import ThickenResult, thicken

__all__ = [
    "BASE_KINDS",
    "SEAM_MM",
    "AddedSolidResult",
    "BaseSize",
    "ConnectorResult",
    "ConnectorSize",
    "Displacement",
    "DistanceStats",
    "FirstLayer",
    "HollowResult",
    "KeepOutRegion",
    "LabelResult",
    "LabelSlot",
    "OrientResult",
    "Plane",
    "ScaleBarSize",
    "ShellResult",
    "ShrinkWrapResult",
    "SplitResult",
    "ThickenResult",
    "add_base",
    "add_label",
    "add_scale_bar",
    "add_shell",
    "add_struts",
    "arrange_on_plate",
    "axis_plane",
    "contact_area",
    "count_small_bodies",
    "cut",
    "cut_dovetail",
    "cut_dowel_holes",
    "cut_magnet_pockets",
    "cut_pins",
    "hollow",
    "measure_displacement",
    "measure_distance",
    "orient",
    "plane_from_point_normal",
    "scale_bar_extent",
    "shrink_wrap",
    "split_to_fit",
    "text_extent",
    "thicken",
    "validate_scale_bar",
    "validate_text",
]
