"""One stage a function, composed by `run`, from a scan to a checked print file. The panel and the command line call these.

Each is loaded when it is first asked for: a check of headers needs nothing that prepares a mesh.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .budgets import deviation_budget
    from .inspection import Inspection, inspect_file
    from .mesh_loading import NO_SCAN_MESSAGE, LoadedMesh, is_mesh_file
    from .output_folder import check_writable
    from .outputs import write_check, write_inspection, write_preparation, write_run
    from .preparation import PreparedModel, prepare, validate_preparation
    from .results import PreparationResult, RunResult
    from .runs import collect_preparation, collect_result, demo, prepare_file, replay, run
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
        drop_unavailable_formats,
        export,
        file_stem,
        make_surface,
        missing_optional_packages,
        missing_packages,
        missing_packages_for_files,
        repair,
    )
    from .steps import needs_preparation
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

_HOMES = {
    "BUILT_IN_PROTOCOLS": "scan_loading",
    "GateClosedError": "scan_loading",
    "Inspection": "inspection",
    "LoadedMesh": "mesh_loading",
    "LoadedScan": "scan_loading",
    "MESH_WORKFLOW": "workflow",
    "NO_HEADERS_MESSAGE": "scan_loading",
    "NO_SCAN_MESSAGE": "mesh_loading",
    "PreparationResult": "results",
    "PreparedModel": "preparation",
    "RunResult": "results",
    "StageResults": "workflow",
    "StageTiming": "workflow",
    "WORKFLOW": "workflow",
    "WorkflowStage": "workflow",
    "WorkflowState": "workflow",
    "check_scan": "scan_loading",
    "check_writable": "output_folder",
    "choose_series": "scan_loading",
    "collect_preparation": "runs",
    "collect_result": "runs",
    "demo": "runs",
    "deviation_budget": "budgets",
    "drop_unavailable_formats": "stages",
    "export": "stages",
    "file_stem": "stages",
    "inspect_file": "inspection",
    "is_mesh_file": "mesh_loading",
    "is_volume_file": "scan_loading",
    "load_scan": "scan_loading",
    "make_surface": "stages",
    "missing_optional_packages": "stages",
    "missing_packages": "stages",
    "missing_packages_for_files": "stages",
    "needs_preparation": "steps",
    "needs_reason": "scan_loading",
    "pass_gate_without_headers": "scan_loading",
    "prepare": "preparation",
    "prepare_file": "runs",
    "reevaluate_for_anatomy": "scan_loading",
    "repair": "stages",
    "replay": "runs",
    "require_open_gate": "scan_loading",
    "run": "runs",
    "run_stages": "workflow",
    "segment": "segmenting",
    "stages_for_panel_step": "workflow",
    "validate_preparation": "preparation",
    "write_check": "outputs",
    "write_inspection": "outputs",
    "write_preparation": "outputs",
    "write_run": "outputs",
}

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
    "missing_packages_for_files",
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


def __getattr__(name: str) -> Any:
    """The object of a name in `__all__`, from its module (PEP 562)."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
