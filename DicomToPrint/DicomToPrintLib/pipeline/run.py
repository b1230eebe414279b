"""The whole walk, and its repetitions: `run`, `replay`, `demo`."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from ..errors import MissingPackage
from ..progress import Progress, part, silent
from ..settings import Settings, settings_from_json
from . import steps
from .inspection import inspect_run
from .preparing import Prepared, prepare_with_frames
from .scan import GateShut, Scan, Source, judge_anatomy, open_scan

if TYPE_CHECKING:
    import numpy as np

    from ..mesh import Mesh
    from ..output import Comparison, WrittenFile
    from ..printability import Readiness
    from ..segmentation import Segmentation
    from ..surface import Model

Result = TypeVar("Result")


@dataclass(frozen=True)
class StepTime:
    """What one step of a run did: its name, its wall time and its effect in figures."""

    name: str
    seconds: float
    effect: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class RunResult:
    """Everything a run made. `verdict` is the readiness of the written file: ready, warn or not-ready.

    `moved` are the transforms (4x4, LPS mm) that turned the meshes for the print, None for a mesh that stayed.
    """

    settings: Settings
    scan: Scan
    segmentation: "Segmentation"
    model: "Model"
    files: "tuple[WrittenFile, ...]"
    readiness: "Readiness"
    steps: tuple[StepTime, ...]
    folder: Path
    moved: "tuple[np.ndarray | None, ...]" = ()

    @property
    def meshes_in_scan(self) -> "tuple[Mesh, ...]":
        """The meshes where they lie in the scan, without what turned them for the print."""
        import numpy as np

        back = [np.linalg.inv(moved) if moved is not None else None for moved in self.moved]
        back += [None] * (len(self.model.meshes) - len(back))
        return tuple(
            mesh if way is None else replace(mesh, points=mesh.points @ way[:3, :3].T + way[:3, 3])
            for mesh, way in zip(self.model.meshes, back)
        )

    @property
    def verdict(self) -> str:
        """ready, warn or not-ready."""
        return str(self.readiness.verdict)


class _Clock:
    """Runs steps one after the other, each over its share of the progress, and keeps their times."""

    def __init__(self, progress: Progress) -> None:
        self.progress = progress
        self.steps: list[StepTime] = []
        self.done = 0.0

    def step(
        self,
        name: str,
        share: float,
        work: Callable[[Progress], Result],
        effect: Callable[[Result], Mapping[str, object]],
    ) -> Result:
        start = time.perf_counter()
        self.progress(self.done, name)
        result = work(part(self.progress, self.done, self.done + share))
        self.done += share
        self.steps.append(StepTime(name, round(time.perf_counter() - start, 3), effect(result)))
        return result


SceneWriter = Callable[["RunResult"], "WrittenFile"]


def run(
    source: Source, output: Path, settings: Settings, progress: Progress = silent, scene: SceneWriter | None = None
) -> RunResult:
    """From a scan to checked print files, report and record in `output`. `scene` writes the Slicer scene that the settings may ask for.

    Raises `UsageError`, `CannotRead`, `Refused`, `OpenQuestion`, `CannotWrite` or `Cancelled`, each with one sentence; where the
    gate of the use stays shut, the report of the scan is still written. No file is ever partial under its final name.
    """
    from . import telling

    settings = steps.without_missing(settings)
    steps.check_names(settings)
    steps.check_source(source, settings)
    if settings.scene and scene is None:
        raise MissingPackage(
            "--scene needs Slicer, or the package slicer-core in this Python: install it or leave the option out."
        )
    telling.check_writable(output)
    clock = _Clock(progress)
    try:
        scan = clock.step("reading and judging the scan", 0.2, lambda p: open_scan(source, settings, p), _scan_effect)
        segmentation = clock.step(
            "finding the anatomy", 0.15, lambda p: steps.segment(scan.volume, settings, p), _segment_effect
        )
        scan = judge_anatomy(scan, segmentation, settings)
    except GateShut as shut:
        telling.write_refusal(shut, settings, output)
        raise shut.error from None
    model = clock.step(
        "making the surface", 0.3, lambda p: steps.make_surface(segmentation, settings, p), _model_effect
    )
    model = clock.step("repairing", 0.05, lambda p: steps.repair(model, settings, p), _model_effect)
    prepared = Prepared(model)
    if steps.prepares(settings):
        prepared = clock.step(
            "preparing for print",
            0.05,
            lambda p: prepare_with_frames(model, settings, p),
            lambda done: _model_effect(done.model),
        )
        model = prepared.model
    files = clock.step(
        "writing and reading back", 0.05, lambda p: steps.export(model, settings, scan, output, p, segmentation), _file_effect
    )
    readiness = clock.step(
        "inspecting the written file",
        0.1,
        lambda p: inspect_run(files, segmentation, model, settings, p, prepared.labels, prepared.moved),
        _readiness_effect,
    )
    result = RunResult(settings, scan, segmentation, model, files, readiness, tuple(clock.steps), output, prepared.moved)
    if settings.scene and scene is not None:
        result = replace(result, files=(*files, scene(result)))
    telling.write_run(source, result, part(progress, clock.done, 1.0))
    progress(1.0, "done")
    return result


def replay(record_file: Path, source: Source, output: Path, progress: Progress = silent) -> "Comparison":
    """Repeats a recorded run on the same scan and compares the files. Raises what `run` raises, `CannotRead` for no record."""
    from ..output import compare_runs, read_record

    record = read_record(record_file)
    # A scene is a view of the run, with times of its own in the bundle; what is repeated are the files to print.
    record = replace(record, outputs=tuple(entry for entry in record.outputs if entry.get("format") != "mrb"))
    result = run(source, output, replace(settings_from_json(record.parameters), scene=False), progress)
    return compare_runs(
        record, result.files, old_folder=record_file.resolve().parent, new_record=read_record(output / "record.json")
    )


def demo(output: Path, progress: Progress = silent) -> RunResult:
    """Makes the phantom CT as DICOM in ``output/phantom`` and runs it into ``output/model``."""
    from ..phantom import write_phantom
    from . import telling

    telling.check_writable(output)
    write_phantom(output / "phantom", progress=part(progress, 0.0, 0.3))
    return run(output / "phantom", output / "model", Settings(), part(progress, 0.3, 1.0))


def _scan_effect(scan: Scan) -> dict[str, object]:
    return {
        "series": scan.series.series.id if scan.series else None,
        "verdict": scan.series.verdict.value if scan.series else None,
        "gate": scan.gate,
        "voxels": list(scan.volume.array.shape[::-1]),
        "spacing_mm": list(scan.volume.spacing),
        "shear_degrees": scan.volume.shear_degrees,
        "notes": list(scan.volume.notes),
    }


def _segment_effect(segmentation: "Segmentation") -> dict[str, object]:
    segments = [
        {"id": s.id, "name": s.name, "boundary": s.boundary, "volume_mm3": s.volume_mm3} for s in segmentation.segments
    ]
    return {"segments": segments, "figures": dict(segmentation.figures), "notes": list(segmentation.notes)}


def _model_effect(model: "Model") -> dict[str, object]:
    return {
        "meshes": [dict(figures) for figures in model.figures],
        "notes": list(model.notes),
        "triangles": [len(mesh.triangles) for mesh in model.meshes],
    }


def _file_effect(files: "tuple[WrittenFile, ...]") -> dict[str, object]:
    return {"files": [file.as_json() for file in files]}


def _readiness_effect(readiness: "Readiness") -> dict[str, object]:
    content: dict[str, Any] = readiness.as_json()
    return {"verdict": content["verdict"]}
