"""The steps of the walk in their order: `run` goes through all of them, the panel through those of one of its parts at a time."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..progress import Progress, part, silent
from ..settings import Settings
from . import steps
from .inspection import inspect_run
from .preparing import Prepared, prepare_with_frames
from .scan import Scan, Source, judge_anatomy, open_scan

if TYPE_CHECKING:
    from ..output import WrittenFile
    from ..printability import Readiness
    from ..segmentation import Segmentation
    from ..surface import Model
    from ..volume import Volume


@dataclass(frozen=True)
class Walked:
    """What a walk goes by, and what it has made so far (None or empty: not yet).

    `given` is a segmentation of the user's, taken instead of finding the anatomy; `model` is the repaired surface as scanned,
    `prepared` the same prepared for print, or as it is where nothing was asked for.
    """

    source: "Source | Volume"
    settings: Settings
    folder: Path
    given: "Segmentation | None" = None
    scan: Scan | None = None
    segmentation: "Segmentation | None" = None
    model: "Model | None" = None
    prepared: Prepared | None = None
    files: "tuple[WrittenFile, ...]" = ()
    readiness: "Readiness | None" = None


@dataclass(frozen=True)
class StepTime:
    """What one step of a run did: its name, its wall time and its effect in figures."""

    name: str
    seconds: float
    effect: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class Step:
    """One step: what it is called, its share of the time of a whole walk, the parts of the panel that run it, what it does, and its
    effect in figures. `asked` says whether the settings ask for it at all."""

    name: str
    share: float
    parts: tuple[str, ...]
    work: Callable[[Walked, Progress], Walked]
    effect: Callable[[Any], Mapping[str, object]]
    asked: Callable[[Settings], bool] = lambda settings: True


def take(walked: Walked, asked: tuple[Step, ...], progress: Progress = silent) -> tuple[Walked, tuple[StepTime, ...]]:
    """Takes the steps one after the other; what there is after the last, and the time and effect of each.

    Steps that the settings do not ask for are left out; the progress is divided by the shares. Raises what the steps raise.
    """
    chosen = [step for step in asked if step.asked(walked.settings)]
    whole, done, times = sum(step.share for step in chosen), 0.0, []
    for step in chosen:
        start = time.perf_counter()
        progress(done / whole, step.name)
        walked = step.work(walked, part(progress, done / whole, (done + step.share) / whole))
        done += step.share
        times.append(StepTime(step.name, round(time.perf_counter() - start, 3), step.effect(walked)))
    return walked, tuple(times)


def _read(walked: Walked, progress: Progress) -> Walked:
    return replace(walked, scan=open_scan(walked.source, walked.settings, progress))


def _found(walked: Walked, progress: Progress) -> Walked:
    assert walked.scan is not None
    found = steps.segment(walked.scan.volume, walked.settings, progress, walked.given)
    return replace(walked, segmentation=found, scan=judge_anatomy(walked.scan, found, walked.settings))


def _surfaced(walked: Walked, progress: Progress) -> Walked:
    assert walked.segmentation is not None
    return replace(walked, model=steps.make_surface(walked.segmentation, walked.settings, progress))


def _repaired(walked: Walked, progress: Progress) -> Walked:
    assert walked.model is not None
    model = steps.repair(walked.model, walked.settings, progress)
    return replace(walked, model=model, prepared=Prepared(model))


def _prepared(walked: Walked, progress: Progress) -> Walked:
    assert walked.model is not None
    return replace(walked, prepared=prepare_with_frames(walked.model, walked.settings, progress))


def _written(walked: Walked, progress: Progress) -> Walked:
    assert walked.prepared is not None and walked.scan is not None
    model, settings, scan = walked.prepared.model, walked.settings, walked.scan
    return replace(walked, files=steps.export(model, settings, scan, walked.folder, progress, walked.segmentation))


def _inspected(walked: Walked, progress: Progress) -> Walked:
    assert walked.prepared is not None and walked.segmentation is not None
    done = walked.prepared
    readiness = inspect_run(
        walked.files, walked.segmentation, done.model, walked.settings, progress, done.labels, done.moved
    )
    return replace(walked, readiness=readiness)


def _scan_effect(walked: Any) -> dict[str, object]:
    scan: Scan = walked.scan
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


def _model_effect(model: "Model") -> dict[str, object]:
    return {
        "meshes": [dict(figures) for figures in model.figures],
        "notes": list(model.notes),
        "triangles": [len(mesh.triangles) for mesh in model.meshes],
    }


WALK: tuple[Step, ...] = (
    Step("reading and judging the scan", 0.2, ("anatomy",), _read, _scan_effect),
    Step("finding the anatomy", 0.15, ("anatomy",), _found, _segment_effect),
    Step("making the surface", 0.3, ("model",), _surfaced, lambda walked: _model_effect(walked.model)),
    Step("repairing", 0.05, ("model",), _repaired, lambda walked: _model_effect(walked.model)),
    Step(
        "preparing for print",
        0.05,
        ("print",),
        _prepared,
        lambda walked: _model_effect(walked.prepared.model),
        steps.prepares,
    ),
    # The panel writes twice: to judge what is written, and into the chosen folder, in formats that may have changed since.
    Step(
        "writing and reading back",
        0.05,
        ("print", "files"),
        _written,
        lambda walked: {"files": [file.as_json() for file in walked.files]},
    ),
    Step(
        "inspecting the written file",
        0.1,
        ("print",),
        _inspected,
        lambda walked: {"verdict": walked.readiness.as_json()["verdict"]},
    ),
)


def steps_of(panel_part: str) -> tuple[Step, ...]:
    """The steps that one part of the panel runs, in their order."""
    return tuple(step for step in WALK if panel_part in step.parts)
