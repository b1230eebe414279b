"""The walk from a scan to a checked print file: one function a step, composed by `run`. The panel and the script call these."""

from .preparing import Prepared, prepare
from .run import RunResult, StepTime, demo, replay, run
from .steps import (
    BUILT_IN_PROTOCOLS,
    GateShut,
    Inspection,
    Scan,
    check,
    choose_series,
    deviation_budget,
    export,
    inspect,
    is_volume_file,
    make_surface,
    missing,
    open_scan,
    pass_gate,
    repair,
    segment,
)
from .telling import acceptance_in_words, inspection_in_words, run_in_words, write_check, write_inspection

__all__ = [
    "BUILT_IN_PROTOCOLS",
    "GateShut",
    "Inspection",
    "Prepared",
    "RunResult",
    "StepTime",
    "acceptance_in_words",
    "demo",
    "export",
    "inspection_in_words",
    "prepare",
    "replay",
    "run",
    "run_in_words",
    "write_check",
    "write_inspection",
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
