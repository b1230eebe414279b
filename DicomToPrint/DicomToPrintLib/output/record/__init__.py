"""The record of a run: everything needed to repeat it, and the comparison of a repeated run with it."""

from .build import Record, build_record, hashed_inputs, hashed_series, read_record, versions, write_record
from .compare import Comparison, FileComparison, compare_runs
from .registry import registry_entry, write_registry

__all__ = [
    "Comparison",
    "FileComparison",
    "Record",
    "build_record",
    "compare_runs",
    "hashed_inputs",
    "hashed_series",
    "read_record",
    "registry_entry",
    "versions",
    "write_record",
    "write_registry",
]
