"""Files that others can trust, the report and the record that says why."""

from .files import Outputs, sha256_of, write_bytes_atomically, write_json_atomically, write_text_atomically
from .report import BudgetItem, Caliper, Change, ErrorBudget, ModelPart, ReportContent, report_html, write_report
from .write import FORMATS, WrittenFile, write_files

__all__ = [
    "FORMATS",
    "BudgetItem",
    "Caliper",
    "Change",
    "ErrorBudget",
    "ModelPart",
    "Outputs",
    "ReportContent",
    "WrittenFile",
    "report_html",
    "sha256_of",
    "write_bytes_atomically",
    "write_files",
    "write_json_atomically",
    "write_report",
    "write_text_atomically",
]
