"""The child process: runs one step of the pipeline, writes its progress to a file, and leaves its result or its failure in
the folder of its request.
"""

import hashlib
import json
import shutil
import sys
import time
import traceback
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from dicomtoprint import pipeline
from dicomtoprint.config.run_settings import RunSettings
from dicomtoprint.errors import DicomToPrintError, InputError, UnansweredQuestionError, UsageError
from dicomtoprint.messages import _, as_data, join, speaking, translate
from dicomtoprint.pipeline.checklist import settings_of_given_mesh
from dicomtoprint.progress import ProgressCallback, subprogress

from .step_results import GIVEN_FILE, SEGMENTATION_PLACEHOLDER, WorkerResultStore, load_request


def run_request(request: str) -> int:
    """Run the request; 0 where the result is stored."""
    job, step, source, settings = load_request(Path(request))
    try:
        with speaking(settings.language):
            STEPS[step](job, _opened_source(job, source), settings, _progress_writer(job))
        return 0
    except pipeline.GateClosedError as shut:
        return _fail(job, type(shut.error).__name__, str(shut.error), shut.error.exit_code)
    except DicomToPrintError as error:
        return _fail(job, type(error).__name__, str(error), error.exit_code)
    except MemoryError:
        return _fail(
            job,
            "MemoryError",
            _("The computer has too little memory for this step: choose a region or a smaller series."),
            70,
        )
    except Exception as error:
        traceback.print_exc()
        place = traceback.extract_tb(error.__traceback__)[-1]
        return _fail(
            job,
            "internal",
            _(
                "Internal error ({kind} in {filename}, line {lineno}): please report it; the scene is unchanged.",
                kind=type(error).__name__,
                filename=Path(place.filename).name,
                lineno=place.lineno,
            ),
            70,
        )


def _fail(job: WorkerResultStore, kind: str, sentence: str, code: int) -> int:
    (job.folder / "failure.json").write_text(
        json.dumps({"kind": kind, "sentence": sentence, "message": as_data(sentence)}), encoding="utf-8"
    )
    return code


def _progress_writer(job: WorkerResultStore) -> ProgressCallback:
    last = [0.0]
    stream = (job.folder / "progress.txt").open("a", encoding="utf-8")

    def write_progress(fraction: float, phrase: str = "") -> None:
        now = time.monotonic()
        if now - last[0] > 0.1 or fraction >= 1.0:
            last[0] = now
            stream.write(f"{fraction:.4f} {translate(phrase)}\n")
            stream.flush()

    return write_progress


def _opened_source(job: WorkerResultStore, source: dict[str, Any]) -> Any:
    """The scan as the pipeline takes it: a path, a folder of links to the database's files, or a volume from the scene.

    The links stay in the session's folder, whole or not at all: what an earlier step has read still knows its files by them.
    """
    if "files" in source:
        from ..mrml.dicom_database import link_files

        names = join("\n", source["files"])
        links = job.session_folder / f"links-{hashlib.sha256(names.encode()).hexdigest()[:16]}"
        if not links.is_dir():
            link_files(map(Path, source["files"]), job.folder / "links").replace(links)
        return links
    if source.get("mesh"):
        return job.session_folder / GIVEN_FILE
    return job.load("volume") if source.get("volume") else source.get("path", "")


def _is_volume(source: Any) -> bool:
    return not isinstance(source, (str, Path))


def _scan(job: WorkerResultStore, source: Any, settings: RunSettings, progress: ProgressCallback) -> None:
    """What the panel's first part shows before anything is made: the verdicts of all protocols, and whether the gate opens."""
    if _is_volume(source) or pipeline.is_volume_file(source):
        gate, is_open = _gate_without_headers(settings)
        job.save("scan", {"acceptance": None, "open": is_open, "gate": gate, "series": None})
        return
    acceptance = pipeline.check_scan(source, settings, progress)
    chosen = pipeline.choose_series(acceptance, settings)
    try:
        gate, is_open = pipeline.require_open_gate(_as_run_judges(chosen, settings), acceptance, settings), True
    except pipeline.GateClosedError as shut:
        gate, is_open = str(shut.error), False
    job.save("scan", {"acceptance": acceptance, "open": is_open, "gate": gate, "series": chosen.series.id})


def _gate_without_headers(settings: RunSettings) -> tuple[str, bool]:
    """The sentence on a volume that has no headers to judge, and whether the use goes on with it, as in `load_scan`."""
    from dicomtoprint.acceptance import load_use_case

    try:
        use = load_use_case(settings.use)
        return pipeline.pass_gate_without_headers(pipeline.NO_HEADERS_MESSAGE, use, settings), True
    except UnansweredQuestionError as shut:
        return str(shut), False


def _as_run_judges(chosen: Any, settings: RunSettings) -> Any:
    """The series as `run` sees it: under the protocol of the use alone, with its questions; chosen protocols are all that was judged by."""
    from dicomtoprint.acceptance import answerable_rule_ids, load_protocol, load_use_case

    if settings.protocols:
        return chosen
    protocol = load_protocol(load_use_case(settings.use).protocol)
    asked = answerable_rule_ids((protocol,))
    return replace(
        chosen,
        protocols={name: result for name, result in chosen.protocols.items() if name == protocol.name},
        questions=tuple(question for question in chosen.questions if question.rule in asked),
    )


def _run_stages(
    job: WorkerResultStore, step: str, state: pipeline.WorkflowState, progress: ProgressCallback
) -> pipeline.WorkflowState:
    """The stages of one step of the panel; their times stay in the session for the record."""
    stages = pipeline.stages_for_panel_step(step, pipeline.is_mesh_file(state.source))
    state, times = pipeline.run_stages(state, stages, progress)
    _keep_times(job, step, times)
    return state


def _keep_times(job: WorkerResultStore, step: str, times: tuple[pipeline.StageTiming, ...]) -> None:
    job.save("times", {**(job.load("times") if job.has("times") else {}), step: times})


def _anatomy(job: WorkerResultStore, source: Any, settings: RunSettings, progress: ProgressCallback) -> None:
    from ..mrml.segmentations import expected_content_hash

    given = _given_labels(job) if job.has("edited") else None
    state = pipeline.WorkflowState(source, settings, job.folder, given)
    reading, *finding = pipeline.stages_for_panel_step("anatomy")
    read = job.load("read") if _is_by_hand(job) and job.has("read") else None
    asked = json.dumps(settings.as_json())
    if read is not None and read["settings"] == asked:  # an edit changes no scan
        state = replace(state, results=pipeline.StageResults(scan=read["scan"]))
    else:
        state, times = pipeline.run_stages(state, (reading,), subprogress(progress, 0.0, 0.6))
        read = {"settings": asked, "scan": state.scan, "times": times}
        job.save("read", read)
    state, times = pipeline.run_stages(state, tuple(finding), subprogress(progress, 0.6, 1.0))
    _keep_times(job, "anatomy", (*read["times"], *times))
    job.save("grid", (state.scan.volume.array.shape, state.scan.volume.affine))
    job.save("opened", state.scan)
    job.save("content", expected_content_hash(state.segmentation))
    job.save("anatomy", state.segmentation)


def _is_by_hand(job: WorkerResultStore) -> bool:
    """True where labels that were found here were edited by hand."""
    return job.has("edited") and bool(job.load("edited")["by_hand"])


def _given_labels(job: WorkerResultStore) -> Any:
    """The user's own segmentation; or what was found before, with what was edited by hand."""
    from dicomtoprint.segmentation import with_edited_labels

    edited = job.load("edited")
    return (
        with_edited_labels(job.load("found"), edited["segmentation"]) if edited["by_hand"] else edited["segmentation"]
    )


def _model(job: WorkerResultStore, source: Any, settings: RunSettings, progress: ProgressCallback) -> None:
    if pipeline.is_mesh_file(source):
        _given_model(job, source, settings_of_given_mesh(settings), progress)
        return
    results = pipeline.StageResults(segmentation=_needed(job, "anatomy"))
    # After an edit by hand the surface goes on from the one before; else it is what any run makes of the same settings.
    befores = job.load("befores") if _is_by_hand(job) and job.has("befores") else {}
    state = pipeline.WorkflowState(source, settings, job.folder, befores=befores, results=results)
    model = _run_stages(job, "model", state, progress).model
    job.save("befores", dict(model.befores))
    job.save("model", replace(model, befores={}))


def _given_model(job: WorkerResultStore, source: Path, settings: RunSettings, progress: ProgressCallback) -> None:
    """The model of the scene as a file, which the record of the run can name, and the closed surface of it."""
    from dicomtoprint.io import export_meshes

    (file,) = export_meshes((job.load("given"),), job.folder, source.stem, (source.suffix[1:],))
    file.path.replace(source)
    state = _run_stages(job, "model", pipeline.WorkflowState(source, settings, job.folder), progress)
    job.save("mesh", state.mesh)
    job.save("model", state.model)


def _print(job: WorkerResultStore, source: Any, settings: RunSettings, progress: ProgressCallback) -> None:
    model = _needed(job, "model")
    known = _known(job, source, settings, subprogress(progress, 0.0, 0.1))
    results = replace(known.results, model=model, prepared=pipeline.PreparedModel(model))
    state = replace(known, results=results, folder=_made(job, "files"))
    state = _run_stages(job, "print", state, subprogress(progress, 0.1, 1.0))
    made = {"prepared": state.prepared, "readiness": state.readiness}
    job.save("print", {**made, "comparison": state.results.comparison})


def _known(
    job: WorkerResultStore, source: Any, settings: RunSettings, progress: ProgressCallback
) -> pipeline.WorkflowState:
    """What the steps before have left; the scan is opened and judged once more where a reopened scene brought the results."""
    settings = pipeline.drop_unavailable_formats(settings)
    if pipeline.is_mesh_file(source):
        results = pipeline.StageResults(mesh=_needed(job, "mesh"))
        return pipeline.WorkflowState(source, settings_of_given_mesh(settings), job.folder, results=results)
    segmentation = _needed(job, "anatomy")
    if not job.has("opened"):
        scan = pipeline.load_scan(source, settings, progress)
        job.save("opened", pipeline.reevaluate_for_anatomy(scan, segmentation, settings))
    results = pipeline.StageResults(scan=job.load("opened"), segmentation=segmentation)
    return pipeline.WorkflowState(source, settings, job.folder, results=results)


def _made(job: WorkerResultStore, name: str) -> Path:
    folder = job.folder / name
    folder.mkdir()
    return folder


def _files(job: WorkerResultStore, source: Any, settings: RunSettings, progress: ProgressCallback) -> None:
    printed, folder = _needed(job, "print"), _made(job, "files")
    known = _known(job, source, settings, subprogress(progress, 0.0, 0.1))
    scan = known.results.scan
    if {"dicom", "seg"} & set(known.settings.formats) and (scan is None or scan.series is None):
        raise UsageError(_("The DICOM formats need a scan in DICOM files, whose study they join: leave them out here."))
    if job.has("edited"):
        known = _note_given_segmentation(known)
    results = replace(known.results, prepared=printed["prepared"], readiness=printed["readiness"])
    state = replace(known, results=results, folder=folder)
    state = _run_stages(job, "files", state, subprogress(progress, 0.1, 0.3))
    times = [timing for made in map(job.load("times").get, STEPS) for timing in made or ()]
    if scan is None:
        state = replace(state, results=replace(state.results, comparison=printed["comparison"]))
        kept = Path(shutil.copy(source, folder / GIVEN_FILE))
        result_of_mesh = pipeline.collect_preparation(state, times)
        pipeline.write_preparation(kept, result_of_mesh, subprogress(progress, 0.4, 1.0))
    else:
        _write_run_of_scan(source, state, times, settings, subprogress(progress, 0.3, 1.0))
    names = [str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()]
    job.save("files", {"names": sorted(names), "folder": folder})


def _write_run_of_scan(
    source: Any, state: pipeline.WorkflowState, times: Any, settings: RunSettings, progress: ProgressCallback
) -> None:
    """Report, record and all else that a run on a scan leaves, with a scene where one is asked for."""
    result, folder = pipeline.collect_result(state, times), state.folder
    if settings.scene:
        from ..mrml.mrb import write_run_scene

        result = replace(result, files=(*result.files, write_run_scene(result)))
    pipeline.write_run(_kept(source, folder) if _is_volume(source) else source, result, progress)


def _note_given_segmentation(state: pipeline.WorkflowState) -> pipeline.WorkflowState:
    """A segmentation from the scene is no file that a repetition would find: record and report say what is needed."""
    note = _(
        "The segmentation was given in the scene: to repeat this run, export it from Slicer (or tick DICOM SEG) and name it "
        "with {--segmentation}."
    )
    if "edited_mm3" in state.segmentation.figures:
        note = _(
            "The segmentation was edited by hand: to repeat this run, export it from Slicer (or tick DICOM SEG) and name it "
            "with {--segmentation}; a file is joined with the scan anew, so its surface may lie up to a voxel elsewhere."
        )
    noted = replace(state.segmentation, notes=(*state.segmentation.notes, note))
    settings = replace(state.settings, segmentation=SEGMENTATION_PLACEHOLDER, segment_with=None)
    return replace(state, settings=settings, results=replace(state.results, segmentation=noted))


def _kept(volume: Any, folder: Path) -> Path:
    """A volume of the scene as a file beside the results: without it the record could not be repeated."""
    import SimpleITK as sitk

    from dicomtoprint.volume import resample_orthogonal, to_sitk

    path = folder / "scan.nrrd"
    sitk.WriteImage(to_sitk(resample_orthogonal(volume)), str(path), useCompression=True)
    return path


def _needed(job: WorkerResultStore, name: str) -> Any:
    if not job.has(name):
        raise InputError(_("The step before has no result yet: run it first."))
    return job.load(name)


STEPS: dict[str, Callable[[WorkerResultStore, Any, RunSettings, ProgressCallback], None]] = {
    "scan": _scan,
    "anatomy": _anatomy,
    "model": _model,
    "print": _print,
    "files": _files,
}

if __name__ == "__main__":
    sys.exit(run_request(sys.argv[1]))
