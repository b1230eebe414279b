"""The verdict on a written file: will this process and this printer make it, where not, and what to do."""

from .process import Limit, Printer, Process, load_printer, load_process, printer_names, process_names
from .readiness import Readiness, inspect
from .reference import LabelPlace, ScanReference
from .together import together

__all__ = [
    "LabelPlace",
    "Limit",
    "Printer",
    "Process",
    "Readiness",
    "ScanReference",
    "inspect",
    "load_printer",
    "load_process",
    "printer_names",
    "process_names",
    "together",
]
