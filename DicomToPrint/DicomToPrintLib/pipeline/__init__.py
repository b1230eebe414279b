"""The walk from a scan to a checked print file: one function a step, composed by `run`. The panel and the script call these."""

from .steps import (
    BUILT_IN_PROTOCOLS,
    Inspection,
    Scan,
    check,
    choose_series,
    deviation_budget,
    inspect,
    is_volume_file,
    make_surface,
    missing,
    open_scan,
    pass_gate,
    repair,
    segment,
)

__all__ = [
    "BUILT_IN_PROTOCOLS",
    "Inspection",
    "Scan",
    "check",
    "choose_series",
    "deviation_budget",
    "inspect",
    "is_volume_file",
    "make_surface",
    "missing",
    "open_scan",
    "pass_gate",
    "repair",
    "segment",
]
