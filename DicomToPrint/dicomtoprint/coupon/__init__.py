"""The test plate of a printer, and the process file that its measures make."""

from .calibration import Circumstances, PrintedSize, held, new_limits, process_content, size_from_blocks
from .form import FeatureReading, read_form, write_form
from .plan import CouponFeature, CouponLayout, lay_out, load_plan
from .scan_readings import PlateSurface, absent_blocks, readings_from_scan
from .scan_size import SizeFit, fit_size
from .solid import CouponSolid, build_solid

__all__ = [
    "Circumstances",
    "CouponFeature",
    "CouponLayout",
    "CouponSolid",
    "FeatureReading",
    "PlateSurface",
    "PrintedSize",
    "SizeFit",
    "absent_blocks",
    "build_solid",
    "fit_size",
    "held",
    "lay_out",
    "load_plan",
    "new_limits",
    "process_content",
    "read_form",
    "readings_from_scan",
    "size_from_blocks",
    "write_form",
]
