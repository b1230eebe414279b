"""A backend at work: the scan is written for it, it runs as a program of its own, and what it leaves is read without trust."""

import hashlib
import re
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from ..errors import DicomToPrintError, InputError, OutputError, RefusedError, UsageError
from ..messages import _, join
from ..progress import ProgressCallback, no_progress
from ..segmentation import Segment, Segmentation, read_labelmap
from ..segmentation.labelmap_files import EmptyLabelmapError
from ..volume import Volume, reordered, resample_orthogonal, to_sitk
from ..workers.program import ProgramEnd, can_measure_memory, run_program
from .installation import backend_environment, backend_version
from .profile import Backend, BackendTask

WORKING, DONE = 0.1, 0.9  # of the progress: the backend itself says no share of its whole work
LAST_TEXT = 4000  # characters in which its last percentage is looked for


@dataclass(frozen=True)
class _Job:
    """A backend's task, how it is started, and what it runs on."""

    backend: Backend
    task: BackendTask
    command: tuple[str, ...]
    folder: Path

    @property
    def input(self) -> Path:
        return self.folder / self.backend.input.replace("{ending}", self.task.ending)

    @property
    def output(self) -> Path:
        return self.folder / self.backend.output.replace("{ending}", self.task.ending)


def label_with_backend(
    volume: Volume,
    backend: Backend,
    task: BackendTask,
    command: tuple[str, ...],
    progress: ProgressCallback = no_progress,
) -> Segmentation:
    """The labels that a backend gives a scan, named as its data file says, with what a record must know in `figures["backend"]`.

    Parameters
    ----------
    volume
        The scan; a sheared one is resampled for the backend, and its labels lie on that grid.
    backend, task
        What runs; its licence must have been confirmed.
    command
        How it is started (`find_backend`).
    progress
        May raise to stop it; it and its children are ended then, and nothing is left.

    Raises
    ------
    UsageError
        Where the task is for another modality.
    RefusedError
        In one sentence where it fails, takes too long or too much, or leaves no labels of this scan.
    OutputError
        Where the disk is full.
    """
    if task.modality and volume.modality and task.modality != volume.modality:
        raise UsageError(
            _(
                "The task {task} of {backend} is for {modality}, and this scan is {modality2}: choose another task.",
                task=task.name,
                backend=backend.title,
                modality=task.modality,
                modality2=volume.modality,
            )
        )
    progress(0.0, _("starting {backend}", backend=backend.title))
    version, began = backend_version(backend, command), time.monotonic()
    with tempfile.TemporaryDirectory(prefix="dicomtoprint-backend-", ignore_cleanup_errors=True) as name:
        job = _Job(backend, task, command, Path(name))
        straight = resample_orthogonal(volume)
        _write_scan(straight, job)
        progress(WORKING, _("{backend} at work", backend=backend.title))
        _run(job, progress)
        progress(DONE, _("reading the labels of {backend}", backend=backend.title))
        found = _read_labels(job, straight)
    facts = backend_facts(backend, task, found.labels, version)
    facts["seconds"] = round(time.monotonic() - began, 1)
    return replace(
        found,
        notes=(*found.notes, *backend_notes(backend, task, version)),
        figures={**found.figures, "backend": facts},
    )


def backend_notes(backend: Backend, task: BackendTask, version: str) -> tuple[str, ...]:
    """What the report says of labels that a backend gave, known faults included."""
    voxel = (
        ""
        if task.voxel_mm is None
        else _(", voxels of its model {voxel_mm} mm", voxel_mm=join(" x ", (_("{v:g}", v=v) for v in task.voxel_mm)))
    )
    note = _(
        "Labelled by {backend} {version}, task {task}{voxel}. Nobody has checked its labels: look at them on the scan.",
        backend=backend.title,
        version=version,
        task=task.name,
        voxel=voxel,
    )
    return (note, *backend.faults, *task.faults)


def backend_facts(backend: Backend, task: BackendTask, labels: np.ndarray, version: str) -> dict[str, object]:
    """What a record must know of labels (k, j, i) that a backend gave."""
    return {
        "name": backend.name,
        "title": backend.title,
        "version": version,
        "task": task.name,
        "data_file_version": backend.version,
        "licence": task.licence.title,
        "licence_use": task.licence.use,
        "licence_confirmed": True,
        "telemetry": backend.telemetry,
        "voxel_mm": None if task.voxel_mm is None else list(task.voxel_mm),
        "memory_watched": can_measure_memory(),
        "labels_sha256": hashlib.sha256(np.ascontiguousarray(labels, dtype="<u2").tobytes()).hexdigest(),
    }


def _write_scan(volume: Volume, job: _Job) -> None:
    import SimpleITK as sitk

    for path in (job.input, job.output):
        path.parent.mkdir(parents=True, exist_ok=True)
    try:
        sitk.WriteImage(to_sitk(volume), str(job.input), useCompression=True, compressionLevel=1)
    except RuntimeError:
        raise _disk_full(job) from None


def _disk_full(job: _Job) -> OutputError:
    return OutputError(
        _(
            "The scan could not be handed to {backend}: free space in the folder for temporary files, "
            "and run it again.",
            backend=job.backend.title,
        )
    )


def _arguments(job: _Job) -> list[str]:
    """The command with its placeholders filled; one that stands for several arguments is an argument by itself."""
    filled = {
        "input": (str(job.input),),
        "output": (str(job.output),),
        "input_folder": (str(job.input.parent),),
        "output_folder": (str(job.output.parent),),
        "device": (_device(),),
        **job.task.values,
    }
    arguments: list[str] = list(job.command)
    for text in (*job.backend.arguments, *job.task.arguments):
        whole = re.fullmatch(r"\{(\w+)\}", text)
        if whole and whole[1] in filled:
            arguments += filled[whole[1]]
        else:
            arguments.append(re.sub(r"\{(\w+)\}", lambda found: join(" ", filled.get(found[1], (found[0],))), text))
    return arguments


def _device() -> str:
    """cuda where NVIDIA's driver is installed, else cpu: asking torch would load it into this process."""
    import shutil

    return "cuda" if shutil.which("nvidia-smi") else "cpu"


def _run(job: _Job, progress: ProgressCallback) -> None:
    backend = job.backend

    def watch(said: str) -> None:
        shares = re.findall(backend.progress, said[-LAST_TEXT:]) if backend.progress else []
        step = _(", {shares} % of its present step", shares=shares[-1]) if shares else ""
        progress(WORKING, _("{backend} at work{step}", backend=backend.title, step=step))

    try:
        end = run_program(_arguments(job), job.folder, backend.limits, watch, backend_environment(backend, job.folder))
    except OSError as error:
        raise RefusedError(
            _(
                "{backend} could not be started ({kind}): check its installation, or name its program with "
                "{--backend-command}.",
                backend=backend.title,
                kind=type(error).__name__,
            )
        ) from None
    if end.limit or end.code != 0:
        raise _failure(job, end)


def _failure(job: _Job, end: ProgramEnd) -> DicomToPrintError:
    """What went wrong in one sentence: by the limit it met, by what it said, or else by its exit code."""
    title, limits = job.backend.title, job.backend.limits
    amounts = {
        "time": _("gave no labels in {time_s:.3g} hours", time_s=limits.time_s / 3600.0),
        "memory": _("took more than {memory_mb:.3g} GB of memory", memory_mb=(limits.memory_mb or 0.0) / 1024.0),
        "disk": _("wrote more than {disk_mb:.3g} GB", disk_mb=(limits.disk_mb or 0.0) / 1024.0),
    }
    if end.limit:
        return RefusedError(
            _(
                "{title} {amounts} and was stopped: choose a coarser task, or give less of the scan.",
                title=title,
                amounts=amounts[end.limit],
            )
        )
    return failure_from_words(job.backend, job.task, end.said, _("code {code}", code=end.code))


def failure_from_words(backend: Backend, task: BackendTask, said: str, how: str) -> DicomToPrintError:
    """What went wrong in one sentence, by what the program said before it ended; `how` tells its end otherwise."""
    title = backend.title
    sentences: dict[str, Callable[[], DicomToPrintError]] = {
        "licence": lambda: RefusedError(
            _(
                "{title} has no licence number for the task {task}: set it with its own command, or choose "
                "another task.",
                title=title,
                task=task.name,
            )
        ),
        "weights": lambda: RefusedError(
            _(
                "{title} lacks the weights of {task} and could not fetch them: install them with its own "
                "command where there is a network, and run this again.",
                title=title,
                task=task.name,
            )
        ),
        "disk": lambda: OutputError(
            _(
                "The disk was full before {title} had finished: free space in the folder for temporary "
                "files, and run it again.",
                title=title,
            )
        ),
        "memory": lambda: RefusedError(
            _(
                "{title} had too little memory: choose a coarser task, give less of the scan, or use a larger machine.",
                title=title,
            )
        ),
    }
    for kind, sentence in sentences.items():
        if any(re.search(pattern, said) for pattern in backend.failures[kind]):
            return sentence()
    # Its words may hold folders of this computer; the kind of an exception holds none.
    kinds = re.findall(r"^(?:\w+\.)*(\w*(?:Error|Exception))\b", said, re.MULTILINE)
    how += f", {kinds[-1]}" if kinds else ""
    return RefusedError(
        _("{title} failed ({how}): try its program by itself, and see its installation.", title=title, how=how)
    )


def _read_labels(job: _Job, scan: Volume) -> Segmentation:
    title = job.backend.title
    if not job.output.is_file() or job.output.is_symlink() or job.output.stat().st_size == 0:
        raise RefusedError(
            _("{title} ended without writing labels: try its program by itself, and see its installation.", title=title)
        )
    try:
        found = read_labelmap(job.output)
    except EmptyLabelmapError:
        raise RefusedError(
            _(
                "{title} found nothing of its task {task} in this scan: choose another task, or segment in "
                "another way.",
                title=title,
                task=job.task.name,
            )
        ) from None
    except InputError:
        raise RefusedError(
            _("{title} wrote labels that cannot be read: run it again, and see its installation.", title=title)
        ) from None
    same = reordered(found.labels, found.affine, scan.affine, scan.array.shape)
    if same is None:
        raise RefusedError(
            _(
                "{title} wrote labels on another grid than that of the scan, so their place is not known: "
                "see its installation.",
                title=title,
            )
        )
    labels = np.ascontiguousarray(same, dtype=np.uint16)
    segments = tuple(_named(segment, job) for segment in found.segments)
    unknown = [str(segment.label) for segment in segments if segment.label not in job.task.labels]
    notes = found.notes
    if unknown:
        notes = (
            *notes,
            _(
                "{title} gave values that its task does not name, so they are numbered: {unknown}.",
                title=title,
                unknown=join(", ", unknown[:10]),
            ),
        )
    return replace(found, labels=labels, affine=scan.affine, segments=segments, notes=notes)


def _named(segment: Segment, job: _Job) -> Segment:
    name = job.task.labels.get(segment.label)
    if name is None:
        return segment
    return replace(segment, id=name, name=name, terminology=job.backend.codes.get(name, segment.terminology))
