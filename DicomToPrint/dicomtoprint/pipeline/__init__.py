"""One stage a function, composed by `run`, from a scan to a checked print file. The panel and the command line call these."""

from .inspection import Inspection, inspect_file
from .mesh_loading import NO_SCAN_MESSAGE, LoadedMesh, is_mesh_file
from .output_folder import check_writable
from .outputs import write_check, write_inspection, write_preparation, write_run
from .preparation import PreparedModel, prepare, validate_preparation
from .results import PreparationResult, RunResult
from .run import collect_preparation, collect_result, demo, prepare_file, replay, run
from .scan_loading import (
    BUILT_IN_PROTOCOLS,
    NO_HEADERS_MESSAGE,
    GateClosedError,
    LoadedScan,
    check_scan,
    choose_series,
    is_volume_file,
    load_scan,
    needs_reason,
    pass_gate_without_headers,
    reevaluate_for_anatomy,
    require_open_gate,
)
from .segmenting import segment
from .stages import (
    deviation_budget,
    drop_unavailable_formats,
    export,
    file_stem,
    make_surface,
    missing_optional_packages,
    missing_packages,
    needs_preparation,
    repair,
)
from .workflow import (
    MESH_WORKFLOW,
    WORKFLOW,
    StageResults,
    StageTiming,
    WorkflowStage,
    WorkflowState,
    run_stages,
    stages_for_panel_step,
)

__all__ = [
    "BUILT_IN_PROTOCOLS",
    "MESH_WORKFLOW",
    "NO_HEADERS_MESSAGE",
    "NO_SCAN_MESSAGE",
    "WORKFLOW",
    "GateClosedError",
    "Inspection",
    "LoadedMesh",
    "LoadedScan",
    "PreparationResult",
    "PreparedModel",
    "RunResult",
    "StageResults",
    "StageTiming",
    "WorkflowStage",
    "WorkflowState",
    "check_scan",
    "check_writable",
    "choose_series",
    "collect_preparation",
    "collect_result",
    "demo",
    "deviation_budget",
    "drop_unavailable_formats",
    "export",
    "file_stem",
    "inspect_file",
    "is_mesh_file",
    "is_volume_file",
    "load_scan",
    "make_surface",
    "missing_optional_packages",
    "missing_packages",
    "needs_preparation",
    "needs_reason",
    "pass_gate_without_headers",
    "prepare",
    "prepare_file",
    "reevaluate_for_anatomy",
    "repair",
    "replay",
    "require_open_gate",
    "run",
    "run_stages",
    "segment",
    "stages_for_panel_step",
    "validate_preparation",
    "write_check",
    "write_inspection",
    "write_preparation",
    "write_run",
]
