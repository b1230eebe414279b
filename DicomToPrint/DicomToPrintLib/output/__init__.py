"""Files that others can trust, the report and the record that says why."""

from .budget import Boundary, boundary_of, error_budget
from .calipers import caliper_distances
from .dicom_objects import source_headers, write_dicom_seg, write_encapsulated_stl
from .files import Outputs, json_text, sha256_of, write_bytes_atomically, write_json_atomically, write_text_atomically
from .pictures import (
    ModelPictures,
    SurfaceMap,
    contour_pictures,
    deviation_map,
    draw_model,
    gap_plot,
    provenance_map,
    wall_map,
)
from .record import (
    Comparison,
    FileComparison,
    Record,
    build_record,
    compare_runs,
    hashed_inputs,
    hashed_series,
    read_record,
    registry_entry,
    versions,
    write_record,
    write_registry,
)
from .report import BudgetItem, Caliper, Change, ErrorBudget, ModelPart, ReportContent, report_html, write_report
from .write import FORMATS, WrittenFile, write_files

__all__ = [
    "FORMATS",
    "Boundary",
    "BudgetItem",
    "Caliper",
    "Change",
    "Comparison",
    "ErrorBudget",
    "FileComparison",
    "ModelPart",
    "ModelPictures",
    "Outputs",
    "Record",
    "ReportContent",
    "SurfaceMap",
    "WrittenFile",
    "boundary_of",
    "build_record",
    "caliper_distances",
    "compare_runs",
    "contour_pictures",
    "deviation_map",
    "draw_model",
    "error_budget",
    "gap_plot",
    "hashed_inputs",
    "hashed_series",
    "json_text",
    "provenance_map",
    "read_record",
    "registry_entry",
    "report_html",
    "sha256_of",
    "source_headers",
    "versions",
    "wall_map",
    "write_bytes_atomically",
    "write_dicom_seg",
    "write_encapsulated_stl",
    "write_files",
    "write_json_atomically",
    "write_record",
    "write_registry",
    "write_report",
    "write_text_atomically",
]
