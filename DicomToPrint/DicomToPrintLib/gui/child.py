"""The child process: runs one step of the pipeline, tells its progress by a file, and leaves its result or its
failure in the job.
"""

import json
import sys
import time
import traceback
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from .. import pipeline
from ..errors import CannotRead, DicomToPrintError, UsageError
from ..pipeline.inspection import inspect_run
from ..pipeline.preparing import Prepared, prepare_with_frames
from ..pipeline.steps import prepares, without_missing
from ..pipeline.telling import write_run
from ..progress import Progress, part
from ..settings import Settings
from .job import Job, opened

NO_HEADERS = (
    "Acceptance is not applicable: this volume does not come from DICOM files, so there are no headers to judge."
)


def main(order: str) -> int:
    """Run the order; 0 where the result stands in the job."""
    job, step, source, settings = opened(Path(order))
    try:
        start = time.perf_counter()
        STEPS[step](job, _opened_source(job, source), settings, _teller(job))
        _keep_time(job, step, time.perf_counter() - start)
        return 0
    except pipeline.GateShut as shut:
        return _fail(job, type(shut.error).__name__, str(shut.error), shut.error.exit_code)
    except DicomToPrintError as error:
        return _fail(job, type(error).__name__, str(error), error.exit_code)
    except MemoryError:
        return _fail(
            job,
            "MemoryError",
            "The computer has too little memory for this step: choose a region or a smaller series.",
            70,
        )
    except Exception as error:
        traceback.print_exc()
        place = traceback.extract_tb(error.__traceback__)[-1]
        return _fail(
            job,
            "internal",
            f"Internal error ({type(error).__name__} in {Path(place.filename).name}, line {place.lineno}): "
            "please report it; the scene is unchanged.",
            70,
        )


def _fail(job: Job, kind: str, sentence: str, code: int) -> int:
    (job.folder / "failure.json").write_text(json.dumps({"kind": kind, "sentence": sentence}), encoding="utf-8")
    return code


def _teller(job: Job) -> Progress:
    last = [0.0]
    stream = (job.folder / "progress.txt").open("a", encoding="utf-8")

    def tell(fraction: float, phrase: str = "") -> None:
        now = time.monotonic()
        if now - last[0] > 0.1 or fraction >= 1.0:
            last[0] = now
            stream.write(f"{fraction:.4f} {phrase}\n")
            stream.flush()

    return tell


def _keep_time(job: Job, step: str, seconds: float) -> None:
    times = job.load("times") if job.has("times") else {}
    job.save("times", {**times, step: round(seconds, 3)})


def _opened_source(job: Job, source: dict[str, Any]) -> Any:
    """The scan as the pipeline takes it: a path, a folder of links to the database's files, or a volume from the scene.

    The links stay in the job's folder: what an earlier step has read still knows its files by them.
    """
    if "files" in source:
        from ..mrml.database import linked_folder

        return linked_folder((Path(name) for name in source["files"]), job.folder / "links")
    return job.load("volume") if source.get("volume") else source.get("path", "")


def _is_volume(source: Any) -> bool:
    return not isinstance(source, (str, Path))


def _scan(job: Job, source: Any, settings: Settings, progress: Progress) -> None:
    if _is_volume(source) or pipeline.is_volume_file(source):
        job.save("scan", {"acceptance": None, "open": True, "gate": NO_HEADERS, "series": None})
        return
    acceptance = pipeline.check(source, settings, progress)
    chosen = pipeline.choose_series(acceptance, settings)
    try:
        gate, is_open = pipeline.pass_gate(_as_run_judges(chosen, settings), acceptance, settings), True
    except pipeline.GateShut as shut:
        gate, is_open = str(shut.error), False
    job.save("scan", {"acceptance": acceptance, "open": is_open, "gate": gate, "series": chosen.series.id})


def _as_run_judges(chosen: Any, settings: Settings) -> Any:
    """The series as `run` sees it: under the protocols of the use alone."""
    from ..acceptance import load_use

    wanted = settings.protocols or (load_use(settings.use).protocol,)
    return replace(chosen, protocols={name: result for name, result in chosen.protocols.items() if name in wanted})


def _scan_of(source: Any, settings: Settings, progress: Progress) -> Any:
    """The scan past the gate; a volume of the scene without DICOM files has nothing to judge."""
    return (
        pipeline.Scan(source, None, None, NO_HEADERS)
        if _is_volume(source)
        else pipeline.open_scan(source, settings, progress)
    )


def _anatomy(job: Job, source: Any, settings: Settings, progress: Progress) -> None:
    scan = _scan_of(source, settings, part(progress, 0.0, 0.5))
    if job.has("edited"):
        from ..segmentation import from_labels, load_anatomy

        segmentation = from_labels(
            job.load("edited"), scan.volume, load_anatomy(settings.anatomy), progress=part(progress, 0.5, 1.0)
        )
    else:
        segmentation = pipeline.segment(scan.volume, settings, part(progress, 0.5, 1.0))
    scan = pipeline.judge_anatomy(scan, segmentation, settings)
    job.save("grid", (scan.volume.array.shape, scan.volume.affine))
    job.save("opened", scan)
    job.save("anatomy", segmentation)


def _model(job: Job, source: Any, settings: Settings, progress: Progress) -> None:
    segmentation = _needed(job, "anatomy")
    model = pipeline.make_surface(segmentation, settings, part(progress, 0.0, 0.8))
    job.save("model", pipeline.repair(model, settings, part(progress, 0.8, 1.0)))


def _print(job: Job, source: Any, settings: Settings, progress: Progress) -> None:
    settings = without_missing(settings)
    prepared = Prepared(_needed(job, "model"))
    if prepares(settings):
        prepared = prepare_with_frames(prepared.model, settings, part(progress, 0.0, 0.4))
    scan = _opened(job, source, settings, part(progress, 0.3, 0.4))
    files = _exported(job, "print", prepared.model, scan, settings, part(progress, 0.4, 0.6))
    readiness = inspect_run(
        files,
        _needed(job, "anatomy"),
        prepared.model,
        settings,
        part(progress, 0.6, 1.0),
        prepared.labels,
        prepared.moved,
    )
    job.save("print", {"model": prepared.model, "readiness": readiness, "moved": prepared.moved})


def _opened(job: Job, source: Any, settings: Settings, progress: Progress) -> Any:
    """The scan, opened and judged; once more where a reopened scene brought the later results."""
    if not job.has("opened"):
        scan = _scan_of(source, settings, progress)
        job.save("opened", pipeline.judge_anatomy(scan, _needed(job, "anatomy"), settings))
    return job.load("opened")


def _exported(job: Job, step: str, model: Any, scan: Any, settings: Settings, progress: Progress) -> Any:
    folder = job.folder / f"{step}-files"
    folder.mkdir(exist_ok=True)
    return pipeline.export(model, settings, scan, folder, progress, _needed(job, "anatomy"))


def _files(job: Job, source: Any, settings: Settings, progress: Progress) -> None:
    settings = without_missing(settings)
    printed, folder = _needed(job, "print"), job.folder / "files-files"
    scan = _opened(job, source, settings, part(progress, 0.0, 0.1))
    if {"dicom", "seg"} & set(settings.formats) and scan.series is None:
        raise UsageError("The DICOM formats need a scan in DICOM files, whose study they join: leave them out here.")
    files = _exported(job, "files", printed["model"], scan, settings, part(progress, 0.1, 0.3))
    result = pipeline.RunResult(
        settings,
        scan,
        _needed(job, "anatomy"),
        printed["model"],
        files,
        printed["readiness"],
        tuple(pipeline.StepTime(name, seconds) for name, seconds in job.load("times").items()),
        folder,
        printed.get("moved", ()),
    )
    if settings.scene:
        from ..mrml.scene_file import write_run_scene

        result = replace(result, files=(*files, write_run_scene(result)))
    write_run(_kept(source, folder) if _is_volume(source) else source, result, part(progress, 0.4, 1.0))
    names = [str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()]
    job.save("files", {"names": sorted(names)})


def _kept(volume: Any, folder: Path) -> Path:
    """A volume of the scene as a file beside the results: without it the record could not be repeated."""
    import SimpleITK as sitk

    from ..volume import orthogonal, to_sitk

    path = folder / "scan.nrrd"
    sitk.WriteImage(to_sitk(orthogonal(volume)), str(path), useCompression=True)
    return path


def _needed(job: Job, name: str) -> Any:
    if not job.has(name):
        raise CannotRead("The step before has no result yet: run it first.")
    return job.load(name)


STEPS: dict[str, Callable[[Job, Any, Settings, Progress], None]] = {
    "scan": _scan,
    "anatomy": _anatomy,
    "model": _model,
    "print": _print,
    "files": _files,
}

if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
