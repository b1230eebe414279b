"""The verdict on a written file: will this process and this printer make it, where not, and what to do."""

from .merge import merge_readiness
from .process import Calibration, GuidelineLimit, Printer, PrintProcess, load_printer, load_process
from .readiness import VERDICTS, Readiness, assess_file
from .scan_reference import LabelFrame, ScanReference

__all__ = [
    "VERDICTS",
    "Calibration",
    "GuidelineLimit",
    "LabelFrame",
    "PrintProcess",
    "Printer",
    "Readiness",
    "ScanReference",
    "assess_file",
    "load_printer",
    "load_process",
    "merge_readiness",
]
