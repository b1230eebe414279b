"""A whole run on a scan or a given mesh, and its repetitions: `run`, `prepare_file`, `replay`, `demo`."""

import datetime
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from ..config.run_settings import RunSettings, resolve_relative_to, run_settings_from_json, user_files
from ..errors import MissingDependencyError, UsageError
from ..messages import ENGLISH, _, speaking
from ..progress import ProgressCallback, no_progress, subprogress
from . import stages
from .backends import validate_backend
from .calibrated import require_valid_calibration
from .mesh_loading import PLAIN_NAME, validate_mesh_source
from .output_folder import check_writable, keep_inputs, lock_output_folder
from .results import PreparationResult, RunResult
from .scaling import size_suffix
from .scan_loading import GateClosedError, Source
from .slicing import validate_slicer
from .workflow import MESH_WORKFLOW, WORKFLOW, StageTiming, WorkflowState, run_stages

if TYPE_CHECKING:
    from ..io import WrittenFile
    from ..run_record import RunComparison, RunRecord


SceneWriter = Callable[["RunResult"], "WrittenFile"]
REPORT_PROGRESS_START = 0.9  # share of the time before report and record


def collect_result(state: WorkflowState, times: Sequence[StageTiming]) -> RunResult:
    """What a finished run made; `times` are its stages, of which the last of a name counts.

    Raises `InputError` where a stage has not run.
    """
    return RunResult(
        state.settings,
        state.scan,
        state.segmentation,
        state.prepared.model,
        state.files,
        state.readiness,
        tuple({stage.name: stage for stage in times}.values()),
        state.folder,
        state.prepared.moved,
        state.day,
    )


def collect_preparation(state: WorkflowState, times: Sequence[StageTiming]) -> PreparationResult:
    """As `collect_result`, for a given mesh."""
    return PreparationResult(
        state.settings,
        state.mesh,
        state.comparison,
        state.prepared.model,
        state.files,
        state.readiness,
        tuple({stage.name: stage for stage in times}.values()),
        state.folder,
        state.prepared.moved,
    )


def prepare_file(
    source: Path,
    output: Path,
    settings: RunSettings,
    progress: ProgressCallback = no_progress,
    overwrite: bool = False,
    day: datetime.date | None = None,
) -> PreparationResult:
    """From a mesh file to checked print files, report and record in `output`, by the steps that `run` takes after its surface. `day` as
    in `run`.

    Raises what `run` raises, and `UsageError` where a file to be written is the mesh itself and not `overwrite`.
    """
    from . import outputs

    source = Path(source)
    settings = stages.drop_unavailable_formats(settings)
    stages.validate_names(settings)
    require_valid_calibration(settings, day)
    validate_mesh_source(source, settings)
    validate_slicer(settings)
    stem = source.stem if settings.include_identifiers else PLAIN_NAME
    keep_inputs([source], output, stem + size_suffix(settings), settings.formats, overwrite)
    with lock_output_folder(output):
        state, times = run_stages(
            WorkflowState(source, settings, output, day=day),
            MESH_WORKFLOW,
            subprogress(progress, 0.0, REPORT_PROGRESS_START),
        )
        result = collect_preparation(state, times)
        with speaking(settings.language):
            readiness = outputs.write_preparation(source, result, subprogress(progress, REPORT_PROGRESS_START, 1.0))
    progress(1.0, _("done"))
    return replace(result, readiness=readiness)


def run(
    source: Source,
    output: Path,
    settings: RunSettings,
    progress: ProgressCallback = no_progress,
    scene: SceneWriter | None = None,
    overwrite: bool = False,
    day: datetime.date | None = None,
) -> RunResult:
    """From a scan to checked print files, report and record in `output`. `scene` writes the Slicer scene that the settings may ask for;
    `overwrite` lets an output take the place of an input. `day` is that of the run, for what expires (None: today).

    Raises `UsageError`, `InputError`, `RefusedError`, `UnansweredQuestionError`, `OutputError` or `CancelledError`, each with one
    sentence; where the gate of the use stays shut, the report of the scan is still written. No file is ever partial under its
    final name.
    """
    from . import outputs

    settings = stages.drop_unavailable_formats(settings)
    stages.validate_names(settings)
    require_valid_calibration(settings, day)
    stages.validate_source(source, settings)
    validate_slicer(settings)
    validate_backend(settings)
    keep_inputs([source, *user_files(settings)], output, stages.file_stem(settings), settings.formats, overwrite)
    if settings.scene and scene is None:
        raise MissingDependencyError(
            _("{--scene} needs Slicer, or the package slicer-core in this Python: install it or leave the option out.")
        )
    with lock_output_folder(output):
        try:
            state, times = run_stages(
                WorkflowState(source, settings, output, day=day),
                WORKFLOW,
                subprogress(progress, 0.0, REPORT_PROGRESS_START),
            )
        except GateClosedError as shut:
            outputs.write_refusal(shut, settings, output)
            raise shut.error from None
        result = collect_result(state, times)
        if settings.scene and scene is not None:
            result = replace(result, files=(*result.files, scene(result)))
        with speaking(settings.language):
            readiness = outputs.write_run(source, result, subprogress(progress, REPORT_PROGRESS_START, 1.0))
    progress(1.0, _("done"))
    return replace(result, readiness=readiness)


def replay(
    record_file: Path,
    source: Source,
    output: Path,
    progress: ProgressCallback = no_progress,
    language: str | None = None,
) -> "RunComparison":
    """Repeats a recorded run on the same scan or mesh and compares the files. Raises what `run` raises, `InputError` for no record.

    The record names the user's own protocols, processes, anatomies and segmentations without their folders: they are looked
    for where the program runs, then beside the record. `language` is that of the new report (None: as recorded).
    """
    from ..run_record import compare_runs, read_record

    record = read_record(record_file)
    if record.command == "coupon":
        raise UsageError(
            _("This is the record of a test plate, made from no scan: make it again with coupon {--process:NAME}.")
        )
    # A scene is a view of the run, with times of its own in the bundle, a slicer another program; what is repeated are the files to print.
    record = replace(record, outputs=tuple(entry for entry in record.outputs if entry.get("format") != "mrb"))
    settings = resolve_relative_to(
        replace(run_settings_from_json(record.parameters, f"'{record_file.name}'"), scene=False, slice_with=None),
        record_file.resolve().parent,
    )
    settings = replace(settings, language=language or settings.language)
    result: RunResult | PreparationResult
    day = _day_of(record)  # what was valid then is repeated as it was
    if record.command == "prepare":
        result = prepare_file(Path(source), output, settings, progress, day=day)
    else:
        result = run(source, output, settings, progress, day=day)
    compared = compare_runs(
        record, result.files, old_folder=record_file.resolve().parent, new_record=read_record(output / "record.json")
    )
    return replace(compared, language=settings.language)


def _day_of(record: "RunRecord") -> datetime.date | None:
    try:
        return datetime.datetime.fromisoformat(record.created).date()
    except ValueError:
        return None


def demo(output: Path, progress: ProgressCallback = no_progress, language: str = ENGLISH) -> RunResult:
    """Makes the phantom CT as DICOM in ``output/phantom`` and runs it into ``output/model``."""
    from ..phantom import write_phantom_dicom

    check_writable(output)
    write_phantom_dicom(output / "phantom", progress=subprogress(progress, 0.0, 0.3))
    return run(output / "phantom", output / "model", RunSettings(language=language), subprogress(progress, 0.3, 1.0))
