"""The steps of the walk in their order: `run` goes through all of them, the panel through those of one of its parts at a time."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..config.run_settings import RunSettings
from ..progress import ProgressCallback, no_progress, subprogress
from . import stages
from .inspection import inspect_outputs
from .preparation import PreparedModel, prepare
from .scan_loading import LoadedScan, Source, load_scan, reevaluate_for_anatomy

if TYPE_CHECKING:
    from ..io import WrittenFile
    from ..printability import Readiness
    from ..reconstruction import SurfaceModel
    from ..segmentation import Segmentation
    from ..volume import Volume


@dataclass(frozen=True)
class WorkflowState:
    """What a walk goes by, and what it has made so far (None or empty: not yet).

    `given` is a segmentation of the user's, taken instead of finding the anatomy; `model` is the repaired surface as scanned,
    `prepared` the same prepared for print, or as it is where nothing was asked for.
    """

    source: "Source | Volume"
    settings: RunSettings
    folder: Path
    given: "Segmentation | None" = None
    scan: LoadedScan | None = None
    segmentation: "Segmentation | None" = None
    model: "SurfaceModel | None" = None
    prepared: PreparedModel | None = None
    files: "tuple[WrittenFile, ...]" = ()
    readiness: "Readiness | None" = None


@dataclass(frozen=True)
class StageTiming:
    """What one step of a run did: its name, its wall time and its effect in figures."""

    name: str
    seconds: float
    effect: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class WorkflowStage:
    """One step: what it is called, its share of the time of a whole walk, the parts of the panel that run it, what it does, and its
    effect in figures. `asked` says whether the settings ask for it at all."""

    name: str
    share: float
    parts: tuple[str, ...]
    work: Callable[[WorkflowState, ProgressCallback], WorkflowState]
    effect: Callable[[Any], Mapping[str, object]]
    asked: Callable[[RunSettings], bool] = lambda settings: True


def run_stages(
    walked: WorkflowState, asked: tuple[WorkflowStage, ...], progress: ProgressCallback = no_progress
) -> tuple[WorkflowState, tuple[StageTiming, ...]]:
    """Takes the steps one after the other; what there is after the last, and the time and effect of each.

    Steps that the settings do not ask for are left out; the progress is divided by the shares. Raises what the steps raise.
    """
    chosen = [step for step in asked if step.asked(walked.settings)]
    whole, done, times = sum(step.share for step in chosen), 0.0, []
    for step in chosen:
        start = time.perf_counter()
        progress(done / whole, step.name)
        walked = step.work(walked, subprogress(progress, done / whole, (done + step.share) / whole))
        done += step.share
        times.append(StageTiming(step.name, round(time.perf_counter() - start, 3), step.effect(walked)))
    return walked, tuple(times)


def _read(walked: WorkflowState, progress: ProgressCallback) -> WorkflowState:
    return replace(walked, scan=load_scan(walked.source, walked.settings, progress))


def _found(walked: WorkflowState, progress: ProgressCallback) -> WorkflowState:
    assert walked.scan is not None
    found = stages.segment(walked.scan.volume, walked.settings, progress, walked.given)
    return replace(walked, segmentation=found, scan=reevaluate_for_anatomy(walked.scan, found, walked.settings))


def _surfaced(walked: WorkflowState, progress: ProgressCallback) -> WorkflowState:
    assert walked.segmentation is not None
    return replace(walked, model=stages.make_surface(walked.segmentation, walked.settings, progress))


def _repaired(walked: WorkflowState, progress: ProgressCallback) -> WorkflowState:
    assert walked.model is not None
    model = stages.repair(walked.model, walked.settings, progress)
    return replace(walked, model=model, prepared=PreparedModel(model))


def _prepared(walked: WorkflowState, progress: ProgressCallback) -> WorkflowState:
    assert walked.model is not None
    return replace(walked, prepared=prepare(walked.model, walked.settings, progress))


def _written(walked: WorkflowState, progress: ProgressCallback) -> WorkflowState:
    assert walked.prepared is not None and walked.scan is not None
    model, settings, scan = walked.prepared.model, walked.settings, walked.scan
    return replace(walked, files=stages.export(model, settings, scan, walked.folder, progress, walked.segmentation))


def _inspected(walked: WorkflowState, progress: ProgressCallback) -> WorkflowState:
    assert walked.prepared is not None and walked.segmentation is not None
    done = walked.prepared
    readiness = inspect_outputs(
        walked.files, walked.segmentation, done.model, walked.settings, progress, done.labels, done.moved
    )
    return replace(walked, readiness=readiness)


def _scan_effect(walked: Any) -> dict[str, object]:
    scan: LoadedScan = walked.scan
    return {
        "series": scan.series.series.id if scan.series else None,
        "verdict": scan.series.verdict.value if scan.series else None,
        "gate": scan.gate,
        "voxels": list(scan.volume.array.shape[::-1]),
        "spacing_mm": list(scan.volume.spacing),
        "shear_degrees": scan.volume.shear_degrees,
        "notes": list(scan.volume.notes),
    }


def _segment_effect(walked: Any) -> dict[str, object]:
    found: Segmentation = walked.segmentation
    segments = [
        {"id": s.id, "name": s.name, "boundary": s.boundary, "volume_mm3": s.volume_mm3} for s in found.segments
    ]
    return {"segments": segments, "figures": dict(found.figures), "notes": list(found.notes)}


def _model_effect(model: "SurfaceModel") -> dict[str, object]:
    return {
        "meshes": [dict(figures) for figures in model.figures],
        "notes": list(model.notes),
        "triangles": [len(mesh.triangles) for mesh in model.meshes],
    }


WORKFLOW: tuple[WorkflowStage, ...] = (
    WorkflowStage("reading and judging the scan", 0.2, ("anatomy",), _read, _scan_effect),
    WorkflowStage("finding the anatomy", 0.15, ("anatomy",), _found, _segment_effect),
    WorkflowStage("making the surface", 0.3, ("model",), _surfaced, lambda walked: _model_effect(walked.model)),
    WorkflowStage("repairing", 0.05, ("model",), _repaired, lambda walked: _model_effect(walked.model)),
    WorkflowStage(
        "preparing for print",
        0.05,
        ("print",),
        _prepared,
        lambda walked: _model_effect(walked.prepared.model),
        stages.needs_preparation,
    ),
    # The panel writes twice: to judge what is written, and into the chosen folder, in formats that may have changed since.
    WorkflowStage(
        "writing and reading back",
        0.05,
        ("print", "files"),
        _written,
        lambda walked: {"files": [file.as_json() for file in walked.files]},
    ),
    WorkflowStage(
        "inspecting the written file",
        0.1,
        ("print",),
        _inspected,
        lambda walked: {"verdict": walked.readiness.as_json()["verdict"]},
    ),
)


def stages_for_panel_step(panel_part: str) -> tuple[WorkflowStage, ...]:
    """The steps that one part of the panel runs, in their order."""
    return tuple(step for step in WORKFLOW if panel_part in step.parts)
