"""The report: one HTML file without network, that prints on A4."""

from .build import report_html, write_report
from .content import BudgetItem, Caliper, Change, ErrorBudget, ModelPart, ReportContent

__all__ = [
    "BudgetItem",
    "Caliper",
    "Change",
    "ErrorBudget",
    "ModelPart",
    "ReportContent",
    "report_html",
    "write_report",
]
