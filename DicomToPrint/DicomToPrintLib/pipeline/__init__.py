"""The walk from a scan to a checked print file: one function a step, composed by `run`. The panel and the script call these."""

from .folder import check_writable
from .inspection import Inspection, inspect
from .preparing import Prepared, check_preparation, prepare, prepare_with_frames
from .run import RunResult, demo, replay, result_of, run
from .scan import (
    BUILT_IN_PROTOCOLS,
    NO_HEADERS,
    GateShut,
    Scan,
    check,
    choose_series,
    is_volume_file,
    judge_anatomy,
    open_scan,
    pass_gate,
)
from .steps import (
    deviation_budget,
    export,
    file_stem,
    make_surface,
    missing,
    optional,
    prepares,
    repair,
    segment,
    without_missing,
)
from .telling import acceptance_in_words, inspection_in_words, run_in_words, write_check, write_inspection, write_run
from .walk import WALK, Step, StepTime, Walked, steps_of, take

__all__ = [
    "BUILT_IN_PROTOCOLS",
    "NO_HEADERS",
    "WALK",
    "GateShut",
    "Inspection",
    "Prepared",
    "RunResult",
    "Scan",
    "Step",
    "StepTime",
    "Walked",
    "acceptance_in_words",
    "check",
    "check_preparation",
    "check_writable",
    "choose_series",
    "demo",
    "deviation_budget",
    "export",
    "file_stem",
    "inspect",
    "inspection_in_words",
    "is_volume_file",
    "judge_anatomy",
    "make_surface",
    "missing",
    "open_scan",
    "optional",
    "pass_gate",
    "prepare",
    "prepare_with_frames",
    "prepares",
    "repair",
    "replay",
    "result_of",
    "run",
    "run_in_words",
    "segment",
    "steps_of",
    "take",
    "without_missing",
    "write_check",
    "write_inspection",
    "write_run",
]
