"""The report: one HTML file without network, that prints on A4."""

from .caliper_measurements import select_caliper_measurements
from .content import ModelPart, ProcessingNote, ReportContent
from .render import render_report, write_report

__all__ = [
    "ModelPart",
    "ProcessingNote",
    "ReportContent",
    "render_report",
    "select_caliper_measurements",
    "write_report",
]
