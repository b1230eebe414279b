"""The stages of a run in their order: `run` takes all of them, the panel those of one of its steps at a time.

A mesh takes the place of scan, anatomy and surface; from there on the stages are the same.
"""

import datetime
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from ..config.run_settings import RunSettings
from ..errors import InputError
from ..messages import _
from ..progress import ProgressCallback, no_progress, subprogress
from . import stages
from .calibrated import add_calibration
from .checklist import add_checklist
from .inspection import inspect_outputs
from .mesh_comparison import SourceComparison, compare_with_source
from .mesh_loading import LoadedMesh, load_mesh, surface_of_mesh
from .modelled import ask_about_modelled
from .open_questions import ask_about_bone_like_blood, ask_about_contrast_medium, ask_about_vessel_doubts
from .preparation import PreparedModel, mesh_figures, prepare
from .scaling import ask_about_scale, size_suffix
from .scan_loading import LoadedScan, Source, load_scan, reevaluate_for_anatomy
from .segmenting import anatomy_name, segment
from .slicing import ask_slicer
from .steps import needs_preparation
from .vessel_findings import add_vessel_doubts, add_vessel_ends

if TYPE_CHECKING:
    from ..io import WrittenFile
    from ..printability import Readiness
    from ..reconstruction import SurfaceModel
    from ..segmentation import Segmentation
    from ..simplify.before import SimplifiedBefore
    from ..volume import Volume

T = TypeVar("T")


@dataclass(frozen=True)
class StageResults:
    """What the stages have made; None for a stage that has not run.

    `model` is the repaired surface as scanned or given, `prepared` the same prepared for print, or as it is where nothing was asked
    for. A run has either a `scan` with its segmentation, or a `mesh` with its `comparison`.
    """

    scan: LoadedScan | None = None
    segmentation: "Segmentation | None" = None
    model: "SurfaceModel | None" = None
    prepared: PreparedModel | None = None
    files: "tuple[WrittenFile, ...] | None" = None
    readiness: "Readiness | None" = None
    mesh: LoadedMesh | None = None
    comparison: SourceComparison | None = None


@dataclass(frozen=True)
class WorkflowState:
    """What a run was asked for, and the results of its stages so far.

    `given` is a segmentation of the user's, taken instead of finding the anatomy; `befores` are surfaces that those of this run can go on
    from, as of `reconstruct_surfaces`; `day` that of the run, for what expires (None: today).
    The properties hand out a stage's result and
    raise `InputError` where the stage has not run; `results` may be asked without that.
    """

    source: "Source | Volume"
    settings: RunSettings
    folder: Path
    given: "Segmentation | None" = None
    day: datetime.date | None = None
    befores: "Mapping[str, SimplifiedBefore] | None" = None
    results: StageResults = StageResults()

    @property
    def scan(self) -> LoadedScan:
        """The scan with its verdict."""
        return _require(self.results.scan, "scan")

    @property
    def mesh(self) -> LoadedMesh:
        """The mesh that was given."""
        return _require(self.results.mesh, "mesh")

    @property
    def comparison(self) -> SourceComparison:
        """The prepared model against the mesh that was given."""
        return _require(self.results.comparison, _("comparison with the given mesh"))

    @property
    def segmentation(self) -> "Segmentation":
        """The anatomy found or given."""
        return _require(self.results.segmentation, "segmentation")

    @property
    def model(self) -> "SurfaceModel":
        """The surface as scanned or given."""
        return _require(self.results.model, "surface")

    @property
    def prepared(self) -> PreparedModel:
        """The model for print."""
        return _require(self.results.prepared, _("prepared model"))

    @property
    def files(self) -> "tuple[WrittenFile, ...]":
        """The files written and read back."""
        return _require(self.results.files, _("written file"))

    @property
    def readiness(self) -> "Readiness":
        """The verdict on the written files."""
        return _require(self.results.readiness, _("print readiness"))


def _require(result: T | None, name: str) -> T:
    if result is None:
        raise InputError(_("There is no {name} yet: run the step before first.", name=name))
    return result


@dataclass(frozen=True)
class StageTiming:
    """What one stage of a run did: its name, its wall time in seconds and its effect in figures."""

    name: str
    seconds: float
    effect: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class WorkflowStage:
    """One stage of a run.

    Attributes
    ----------
    name
        As it stands in the progress and the record.
    share
        Of the time of a whole run.
    panel_steps
        The steps of the panel that run it.
    apply
        From the state before to the state with the stage's result.
    effect
        Figures for the record, from the state after.
    is_requested
        Whether the settings ask for it at all.
    """

    name: str
    share: float
    panel_steps: tuple[str, ...]
    apply: Callable[[WorkflowState, ProgressCallback], WorkflowState]
    effect: Callable[[WorkflowState], Mapping[str, object]]
    is_requested: Callable[[RunSettings], bool] = lambda settings: True


def run_stages(
    state: WorkflowState, stages_to_run: tuple[WorkflowStage, ...], progress: ProgressCallback = no_progress
) -> tuple[WorkflowState, tuple[StageTiming, ...]]:
    """Runs stages one after the other; the state after the last, and the time and effect of each.

    Stages that the settings do not ask for are left out; the progress is divided by the shares. Raises what the stages raise.
    """
    requested = [stage for stage in stages_to_run if stage.is_requested(state.settings)]
    total, done, times = sum(stage.share for stage in requested), 0.0, []
    for stage in requested:
        start = time.perf_counter()
        progress(done / total, stage.name)
        state = stage.apply(state, subprogress(progress, done / total, (done + stage.share) / total))
        done += stage.share
        times.append(StageTiming(stage.name, round(time.perf_counter() - start, 3), stage.effect(state)))
    return state, tuple(times)


def _read_scan(state: WorkflowState, progress: ProgressCallback) -> WorkflowState:
    scan = load_scan(state.source, state.settings, progress)
    return replace(state, results=replace(state.results, scan=scan))


def _segment(state: WorkflowState, progress: ProgressCallback) -> WorkflowState:
    segmentation = segment(state.scan.volume, state.settings, progress, state.given)
    scan = reevaluate_for_anatomy(state.scan, segmentation, state.settings)
    scan = ask_about_contrast_medium(scan, segmentation, state.settings)
    scan = ask_about_bone_like_blood(scan, segmentation, state.settings)
    scan = ask_about_vessel_doubts(scan, segmentation, state.settings)
    return replace(state, results=replace(state.results, segmentation=segmentation, scan=scan))


def _make_surface(state: WorkflowState, progress: ProgressCallback) -> WorkflowState:
    model = stages.make_surface(state.segmentation, state.settings, progress, state.befores)
    scan = state.results.scan
    scan = None if scan is None else ask_about_modelled(scan, model, state.settings)
    return replace(state, results=replace(state.results, model=model, scan=scan))


def _repair(state: WorkflowState, progress: ProgressCallback) -> WorkflowState:
    model = stages.repair(state.model, state.settings, progress)
    return replace(state, results=replace(state.results, model=model, prepared=PreparedModel(model)))


def _prepare(state: WorkflowState, progress: ProgressCallback) -> WorkflowState:
    scan = state.results.scan
    scan = None if scan is None else ask_about_scale(scan, state.settings)
    prepared = prepare(state.model, state.settings, progress)
    return replace(state, results=replace(state.results, prepared=prepared, scan=scan))


def _read_mesh(state: WorkflowState, progress: ProgressCallback) -> WorkflowState:
    mesh = load_mesh(_path_of(state.source), state.settings, progress)
    return replace(state, results=replace(state.results, mesh=mesh))


def _path_of(source: "Source | Volume") -> Path:
    if not isinstance(source, (str, Path)):
        raise InputError(_("A volume is no mesh: name a mesh file."))
    return Path(source)


def _close_mesh(state: WorkflowState, progress: ProgressCallback) -> WorkflowState:
    model = surface_of_mesh(state.mesh, state.settings, progress)
    return replace(state, results=replace(state.results, model=model, prepared=PreparedModel(model)))


def _compare(state: WorkflowState, progress: ProgressCallback) -> WorkflowState:
    prepared = state.prepared
    comparison = compare_with_source(state.mesh.meshes, prepared.model.meshes, prepared.moved, progress)
    figures = tuple(map(mesh_figures, comparison.made))
    prepared = replace(prepared, model=replace(prepared.model, meshes=comparison.made, figures=figures))
    return replace(state, results=replace(state.results, comparison=comparison, prepared=prepared))


def _write(state: WorkflowState, progress: ProgressCallback) -> WorkflowState:
    model, results = state.prepared.model, state.results
    if results.mesh is not None:
        naming = stages.FileNaming(results.mesh.stem + size_suffix(state.settings), results.mesh.space)
    else:
        naming = stages.FileNaming(stages.file_stem(state.settings))
    files = stages.export(model, state.settings, results.scan, state.folder, progress, results.segmentation, naming)
    return replace(state, results=replace(state.results, files=files))


def _inspect(state: WorkflowState, progress: ProgressCallback) -> WorkflowState:
    prepared = state.prepared
    segmentation = None if state.results.mesh is not None else state.segmentation
    readiness = inspect_outputs(
        state.files, segmentation, prepared.model, state.settings, progress, prepared.labels, prepared.moved
    )
    readiness = add_calibration(
        add_vessel_doubts(add_vessel_ends(readiness, segmentation), segmentation), state.settings, state.day
    )
    anatomy = "" if state.results.mesh is not None else anatomy_name(state.settings)
    readiness = add_checklist(readiness, state.settings, anatomy)
    return replace(state, results=replace(state.results, readiness=readiness))


def _ask_slicer(state: WorkflowState, progress: ProgressCallback) -> WorkflowState:
    readiness = ask_slicer(state.readiness, state.files, state.settings, progress)
    return replace(state, results=replace(state.results, readiness=readiness))


def _scan_effect(state: WorkflowState) -> dict[str, object]:
    scan = state.scan
    return {
        "series": scan.series.series.id if scan.series else None,
        "verdict": scan.series.verdict.value if scan.series else None,
        "gate": scan.gate,
        "voxels": list(scan.volume.array.shape[::-1]),
        "spacing_mm": list(scan.volume.spacing),
        "shear_degrees": scan.volume.shear_degrees,
        "notes": list(scan.volume.notes),
    }


def _segment_effect(state: WorkflowState) -> dict[str, object]:
    found = state.segmentation
    segments = [
        {"id": s.id, "name": s.name, "boundary": s.boundary, "volume_mm3": s.volume_mm3} for s in found.segments
    ]
    return {"segments": segments, "figures": dict(found.figures), "notes": list(found.notes)}


def _mesh_effect(state: WorkflowState) -> dict[str, object]:
    loaded = state.mesh
    return {
        "format": loaded.file.format,
        "unit": loaded.file.unit,
        "space": loaded.file.space,
        "objects": [
            {"name": mesh.name, "triangles": len(mesh.triangles), "volume_mm3": mesh.volume} for mesh in loaded.meshes
        ],
        "notes": list(loaded.notes),
    }


def _model_effect(model: "SurfaceModel") -> dict[str, object]:
    return {
        "meshes": [dict(figures) for figures in model.figures],
        "notes": list(model.notes),
        "triangles": [len(mesh.triangles) for mesh in model.meshes],
    }


def _prepared_effect(prepared: PreparedModel) -> dict[str, object]:
    matrix = prepared.compensation
    return _model_effect(prepared.model) | ({} if matrix is None else {"compensation": matrix[:3].ravel().tolist()})


WORKFLOW: tuple[WorkflowStage, ...] = (
    WorkflowStage(_("reading and judging the scan"), 0.2, ("anatomy",), _read_scan, _scan_effect),
    WorkflowStage(_("finding the anatomy"), 0.15, ("anatomy",), _segment, _segment_effect),
    WorkflowStage(_("making the surface"), 0.3, ("model",), _make_surface, lambda state: _model_effect(state.model)),
    WorkflowStage("repairing", 0.05, ("model",), _repair, lambda state: _model_effect(state.model)),
    WorkflowStage(
        _("preparing for print"),
        0.05,
        ("print",),
        _prepare,
        lambda state: _prepared_effect(state.prepared),
        needs_preparation,
    ),
    # The panel writes twice: to judge what is written, and into the chosen folder, in formats that may have changed since.
    WorkflowStage(
        _("writing and reading back"),
        0.05,
        ("print", "files"),
        _write,
        lambda state: {"files": [file.as_json() for file in state.files]},
    ),
    WorkflowStage(
        _("inspecting the written file"),
        0.1,
        ("print",),
        _inspect,
        lambda state: {"verdict": state.readiness.as_json()["verdict"]},
    ),
    WorkflowStage(
        _("asking the slicer"),
        0.1,
        ("print",),
        _ask_slicer,
        lambda state: dict(state.readiness.slicing),
        lambda settings: bool(settings.slice_with),
    ),
)


_FROM_PREPARATION = next(number for number, stage in enumerate(WORKFLOW) if stage.apply is _prepare)
MESH_WORKFLOW: tuple[WorkflowStage, ...] = (
    WorkflowStage(_("reading the mesh"), 0.1, ("model",), _read_mesh, _mesh_effect),
    WorkflowStage("repairing", 0.2, ("model",), _close_mesh, lambda state: _model_effect(state.model)),
    WORKFLOW[_FROM_PREPARATION],
    WorkflowStage(
        _("comparing with the given mesh"), 0.1, ("print",), _compare, lambda state: state.comparison.as_json()
    ),
    *WORKFLOW[_FROM_PREPARATION + 1 :],
)


def stages_for_panel_step(panel_step: str, is_mesh: bool = False) -> tuple[WorkflowStage, ...]:
    """The stages that one step of the panel runs on a scan, or on a given mesh, in their order."""
    return tuple(stage for stage in (MESH_WORKFLOW if is_mesh else WORKFLOW) if panel_step in stage.panel_steps)
