"""The child process: runs one step of the pipeline, tells its progress by a file, and leaves its result or its
failure in the job.
"""

import hashlib
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
from ..progress import Progress, part
from ..settings import Settings
from .job import GIVEN_FILE, Ordered, opened


def main(order: str) -> int:
    """Run the order; 0 where the result stands in the job."""
    job, step, source, settings = opened(Path(order))
    try:
        STEPS[step](job, _opened_source(job, source), settings, _teller(job))
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


def _fail(job: Ordered, kind: str, sentence: str, code: int) -> int:
    (job.folder / "failure.json").write_text(json.dumps({"kind": kind, "sentence": sentence}), encoding="utf-8")
    return code


def _teller(job: Ordered) -> Progress:
    last = [0.0]
    stream = (job.folder / "progress.txt").open("a", encoding="utf-8")

    def tell(fraction: float, phrase: str = "") -> None:
        now = time.monotonic()
        if now - last[0] > 0.1 or fraction >= 1.0:
            last[0] = now
            stream.write(f"{fraction:.4f} {phrase}\n")
            stream.flush()

    return tell


def _opened_source(job: Ordered, source: dict[str, Any]) -> Any:
    """The scan as the pipeline takes it: a path, a folder of links to the database's files, or a volume from the scene.

    The links stay in the job, whole or not at all: what an earlier step has read still knows its files by them.
    """
    if "files" in source:
        from ..mrml.database import linked_folder

        names = "\n".join(source["files"])
        links = job.shared / f"links-{hashlib.sha256(names.encode()).hexdigest()[:16]}"
        if not links.is_dir():
            linked_folder(map(Path, source["files"]), job.folder / "links").replace(links)
        return links
    return job.load("volume") if source.get("volume") else source.get("path", "")


def _is_volume(source: Any) -> bool:
    return not isinstance(source, (str, Path))


def _scan(job: Ordered, source: Any, settings: Settings, progress: Progress) -> None:
    """What the panel's first part shows before anything is made: the verdicts of all protocols, and whether the gate opens."""
    if _is_volume(source) or pipeline.is_volume_file(source):
        job.save("scan", {"acceptance": None, "open": True, "gate": pipeline.NO_HEADERS, "series": None})
        return
    acceptance = pipeline.check(source, settings, progress)
    chosen = pipeline.choose_series(acceptance, settings)
    try:
        gate, is_open = pipeline.pass_gate(_as_run_judges(chosen, settings), acceptance, settings), True
    except pipeline.GateShut as shut:
        gate, is_open = str(shut.error), False
    job.save("scan", {"acceptance": acceptance, "open": is_open, "gate": gate, "series": chosen.series.id})


def _as_run_judges(chosen: Any, settings: Settings) -> Any:
    """The series as `run` sees it: under the protocol of the use alone, with its questions; chosen protocols are all that was judged by."""
    from ..acceptance import asked_by, load_protocol, load_use

    if settings.protocols:
        return chosen
    protocol = load_protocol(load_use(settings.use).protocol)
    asked = asked_by((protocol,))
    return replace(
        chosen,
        protocols={name: result for name, result in chosen.protocols.items() if name == protocol.name},
        questions=tuple(question for question in chosen.questions if question.rule in asked),
    )


def _taken(job: Ordered, part_name: str, walked: pipeline.Walked, progress: Progress) -> pipeline.Walked:
    """The walk's steps of one part of the panel; their times stay in the job for the record."""
    walked, times = pipeline.take(walked, pipeline.steps_of(part_name), progress)
    job.save("times", {**(job.load("times") if job.has("times") else {}), part_name: times})
    return walked


def _anatomy(job: Ordered, source: Any, settings: Settings, progress: Progress) -> None:
    given = job.load("edited") if job.has("edited") else None
    walked = _taken(job, "anatomy", pipeline.Walked(source, settings, job.folder, given), progress)
    assert walked.scan is not None
    job.save("grid", (walked.scan.volume.array.shape, walked.scan.volume.affine))
    job.save("opened", walked.scan)
    job.save("anatomy", walked.segmentation)


def _model(job: Ordered, source: Any, settings: Settings, progress: Progress) -> None:
    walked = pipeline.Walked(source, settings, job.folder, segmentation=_needed(job, "anatomy"))
    job.save("model", _taken(job, "model", walked, progress).model)


def _print(job: Ordered, source: Any, settings: Settings, progress: Progress) -> None:
    model = _needed(job, "model")
    known = _known(job, source, settings, part(progress, 0.0, 0.1))
    walked = replace(known, model=model, prepared=pipeline.Prepared(model), folder=_made(job, "files"))
    walked = _taken(job, "print", walked, part(progress, 0.1, 1.0))
    job.save("print", {"prepared": walked.prepared, "readiness": walked.readiness})


def _known(job: Ordered, source: Any, settings: Settings, progress: Progress) -> pipeline.Walked:
    """What the parts before have left; the scan is opened and judged once more where a reopened scene brought the results."""
    settings = pipeline.without_missing(settings)
    segmentation = _needed(job, "anatomy")
    if not job.has("opened"):
        scan = pipeline.open_scan(source, settings, progress)
        job.save("opened", pipeline.judge_anatomy(scan, segmentation, settings))
    return pipeline.Walked(source, settings, job.folder, scan=job.load("opened"), segmentation=segmentation)


def _made(job: Ordered, name: str) -> Path:
    folder = job.folder / name
    folder.mkdir()
    return folder


def _files(job: Ordered, source: Any, settings: Settings, progress: Progress) -> None:
    printed, folder = _needed(job, "print"), _made(job, "files")
    known = _known(job, source, settings, part(progress, 0.0, 0.1))
    assert known.scan is not None
    if {"dicom", "seg"} & set(known.settings.formats) and known.scan.series is None:
        raise UsageError("The DICOM formats need a scan in DICOM files, whose study they join: leave them out here.")
    if job.has("edited"):
        known = _told_as_given(known)
    walked = replace(known, prepared=printed["prepared"], readiness=printed["readiness"], folder=folder)
    walked = _taken(job, "files", walked, part(progress, 0.1, 0.3))
    times = job.load("times")
    result = pipeline.result_of(walked, [took for part_name in STEPS for took in times.get(part_name, ())])
    if settings.scene:
        from ..mrml.scene_file import write_run_scene

        result = replace(result, files=(*result.files, write_run_scene(result)))
    pipeline.write_run(_kept(source, folder) if _is_volume(source) else source, result, part(progress, 0.4, 1.0))
    names = [str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()]
    job.save("files", {"names": sorted(names), "folder": folder})


def _told_as_given(walked: pipeline.Walked) -> pipeline.Walked:
    """A segmentation from the scene is no file that a repetition would find: record and report say what is needed."""
    assert walked.segmentation is not None
    note = (
        "The segmentation was given or edited in the scene: to repeat this run, export it from Slicer (or tick DICOM SEG) and name "
        "it with --segmentation."
    )
    found = replace(walked.segmentation, notes=(*walked.segmentation.notes, note))
    return replace(walked, segmentation=found, settings=replace(walked.settings, segmentation=GIVEN_FILE))


def _kept(volume: Any, folder: Path) -> Path:
    """A volume of the scene as a file beside the results: without it the record could not be repeated."""
    import SimpleITK as sitk

    from ..volume import orthogonal, to_sitk

    path = folder / "scan.nrrd"
    sitk.WriteImage(to_sitk(orthogonal(volume)), str(path), useCompression=True)
    return path


def _needed(job: Ordered, name: str) -> Any:
    if not job.has(name):
        raise CannotRead("The step before has no result yet: run it first.")
    return job.load(name)


STEPS: dict[str, Callable[[Ordered, Any, Settings, Progress], None]] = {
    "scan": _scan,
    "anatomy": _anatomy,
    "model": _model,
    "print": _print,
    "files": _files,
}

if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
