"""The printed part against its model: found in any pose, scale and deviation measured, judged by process and use."""

from .bend import Bend, find_bend
from .calipers import CaliperReading, CaliperResult, match_readings, parse_reading, read_caliper_table
from .deviation import DeviationMap, measure_deviation
from .fine_fit import Fit, fit_pose
from .judgement import PartFinding, PartLimits, ReviewVerdict, judge_part
from .model_surface import ModelSurface, build_model_surface
from .registration import Registration, ambiguity_words, register_part
from .scan_points import ScanPoints, sample_scan
from .types import Pose, SearchLimits
from .walls import WallChange, measure_walls

__all__ = [
    "Bend",
    "CaliperReading",
    "CaliperResult",
    "DeviationMap",
    "Fit",
    "ModelSurface",
    "PartFinding",
    "PartLimits",
    "Pose",
    "Registration",
    "ReviewVerdict",
    "ScanPoints",
    "SearchLimits",
    "WallChange",
    "ambiguity_words",
    "build_model_surface",
    "find_bend",
    "fit_pose",
    "judge_part",
    "match_readings",
    "measure_deviation",
    "measure_walls",
    "parse_reading",
    "read_caliper_table",
    "register_part",
    "sample_scan",
]
