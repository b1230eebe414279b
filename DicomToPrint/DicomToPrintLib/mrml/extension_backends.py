"""Backends that are installed as extensions of Slicer: their own logic labels a volume of the scene, in a process of its own.

The calls are those of SlicerTotalSegmentator (``TotalSegmentatorLogic.process``) and SlicerNNUnet (``SegmentationLogic``), as their
public sources have them.
"""

import contextlib
import importlib.util
import inspect
import json
import os
import signal
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from queue import Empty, Queue
from subprocess import CalledProcessError
from threading import Thread
from typing import TYPE_CHECKING, Any

from dicomtoprint.errors import DicomToPrintError, MissingDependencyError, RefusedError
from dicomtoprint.messages import _, join
from dicomtoprint.progress import ProgressCallback
from dicomtoprint.workers.program import end_program

if TYPE_CHECKING:
    from dicomtoprint.backends import Backend, BackendTask
    from dicomtoprint.segmentation import Segmentation

ORIGIN_ATTRIBUTE = "DicomToPrint.Backend"
QUIET_SCRIPT = Path(__file__).resolve().parents[2] / "Scripts" / "run_quietly.py"
LOOK_S = 0.05
KEPT_CHARACTERS = 20_000  # of what a program says


@dataclass
class _Job:
    """A task of a backend on a volume node. `words` is what the program has said; `watch` moves the progress on, and may raise."""

    backend: "Backend"
    task: "BackendTask"
    volume: Any
    watch: ProgressCallback
    words: list[str] = field(default_factory=list)
    began: float = field(default_factory=time.monotonic)

    @property
    def said(self) -> str:
        return "\n".join(self.words)[-KEPT_CHARACTERS:]

    def look(self) -> None:
        """Lets the application breathe. Raises `CancelledError` where the user stopped it, `RefusedError` where it takes too long."""
        import slicer

        slicer.app.processEvents()
        line = next((one.strip() for one in reversed(self.words) if one.strip()), "")
        self.watch(0.1, f"{self.backend.title}: {line[:80]}" if line else f"{self.backend.title} at work")
        if time.monotonic() - self.began > self.backend.limits.time_s:
            raise RefusedError(
                _(
                    "{backend} gave no labels in {time_s:.3g} hours and was stopped: choose a coarser task, or "
                    "give less of the scan.",
                    backend=self.backend.title,
                    time_s=self.backend.limits.time_s / 3600.0,
                )
            )

    def log(self, text: object) -> None:
        self.words.append(str(text))
        self.look()

    def failed(self, how: str) -> DicomToPrintError:
        from dicomtoprint.backends import failure_from_words

        return failure_from_words(self.backend, self.task, self.said, how)


def has_module(name: str) -> bool:
    """True where the application has the scripted module of that name, with whose logic a backend is run; empty: there is none."""
    import slicer

    return bool(name) and hasattr(slicer.modules, name.lower())


def label_with_extension(backend: "Backend", task: "BackendTask", volume: Any, watch: ProgressCallback) -> Any:
    """A new segmentation node with the labels that an extension of Slicer gives a volume node; its licence must have been confirmed.

    `watch` is called while it works and may raise `CancelledError`, which ends its program; no node is left then. Raises
    `MissingDependencyError` where the extension has not installed its packages yet, `RefusedError` in one sentence where it fails,
    gives nothing, or is called in another way than its public source has it.
    """
    import slicer

    extension = backend.extension
    assert extension is not None
    if lacking := [name for name in extension.packages if importlib.util.find_spec(name) is None]:
        raise MissingDependencyError(
            _(
                "{extension} has not installed what it needs in Slicer ({lacking}): open its module, let it "
                "install that, and run this step again.",
                extension=extension.title,
                lacking=join(", ", lacking),
            )
        )
    job = _Job(backend, task, volume, watch)
    before = _nodes(slicer.mrmlScene)
    node = None
    try:
        node = _LOGICS[extension.module](job)
        _require_segments(node, job)
    except DicomToPrintError:
        raise
    except CalledProcessError as error:
        raise job.failed(_("code {returncode}", returncode=error.returncode)) from None
    except Exception as error:
        raise job.failed(type(error).__name__) from None
    finally:
        _remove_others(slicer.mrmlScene, before, node if _is_complete(node) else None)
    node.SetName(slicer.mrmlScene.GenerateUniqueName(f"{backend.title} {task.name}"))
    node.SetAttribute(
        ORIGIN_ATTRIBUTE, json.dumps({"backend": backend.name, "task": _task_name(task), "by": extension.title})
    )
    return node


def _task_name(task: "BackendTask") -> str:
    """What names a task again: a model by its folder."""
    return "".join(task.values.get("model", (task.name,)))


def origin_of(node: Any) -> dict[str, str] | None:
    """Backend, task and extension that a segmentation node came from; None for any other node."""
    text = node.GetAttribute(ORIGIN_ATTRIBUTE) if node is not None else None
    found = json.loads(text) if text else None
    return found if isinstance(found, dict) else None


def with_origin(segmentation: "Segmentation", node: Any) -> "Segmentation":
    """The segmentation of a node, with what report and record must know where an extension made it."""
    from dicomtoprint.backends import backend_facts, backend_notes, load_backend, open_task

    origin = origin_of(node)
    if origin is None:
        return segmentation
    backend = load_backend(origin["backend"])
    task = open_task(backend, origin["task"])
    version = f"{_version(backend)} by {origin['by']}"
    facts = {**backend_facts(backend, task, segmentation.labels, version), "memory_watched": False}
    notes = (*segmentation.notes, *backend_notes(backend, task, version))
    return replace(segmentation, notes=notes, figures={**segmentation.figures, "backend": facts})


def _version(backend: "Backend") -> str:
    from importlib import metadata

    try:
        return metadata.version(backend.package)
    except metadata.PackageNotFoundError:
        return "unknown"


def _require_call(function: Callable[..., Any], job: _Job, **arguments: object) -> None:
    """Raises `RefusedError` where a function of an extension does not take these arguments."""
    try:
        inspect.signature(function).bind(job.volume, **arguments)
    except TypeError:
        raise _other_call(job) from None


def _other_call(job: _Job) -> RefusedError:
    assert job.backend.extension is not None
    return RefusedError(
        _(
            "This version of {extension} is called in another way than is known here: run it in its own "
            "module, and choose its segmentation under 'Use instead'.",
            extension=job.backend.extension.title,
        )
    )


def _run_totalsegmentator(job: _Job) -> Any:
    import slicer

    logic = slicer.util.getModuleLogic("TotalSegmentator")
    arguments = list(job.task.arguments)
    name = arguments[arguments.index("--task") + 1] if "--task" in arguments else job.task.name
    if name not in logic.tasks:
        raise RefusedError(
            _(
                "The extension SlicerTotalSegmentator knows no task {name}: choose another, or run the "
                "program that is installed by itself.",
                name=name,
            )
        )
    quality = "faster" if "--fastest" in arguments else "fast" if "--fast" in arguments else "normal"
    node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLSegmentationNode")
    asked = {"quality": quality, "cpu": False, "task": name, "subset": None, "interactive": False}
    _require_call(logic.process, job, outputSegmentation=node, **asked)
    logic.logCallback = job.log
    logic.useStandardSegmentNames = False  # names as the task lists them
    with _own_programs(logic, job):
        logic.process(job.volume, outputSegmentation=node, **asked)
    return node


@contextmanager
def _own_programs(logic: Any, job: _Job) -> Iterator[None]:
    """What the logic starts within has its statistics switched off, is read while the application goes on, and ends with the work.

    Two methods of this one logic are led through ours, and back again at the end.
    """
    from dicomtoprint.backends import quiet_environment

    process_volume = logic.processVolume
    call = inspect.signature(process_volume)
    if "totalSegmentatorCommand" not in call.parameters:
        raise _other_call(job)
    with tempfile.TemporaryDirectory(prefix="dicomtoprint-backend-", ignore_cleanup_errors=True) as folder:
        variables = json.dumps(quiet_environment(job.backend, Path(folder), os.environ))
        mark = Path(folder) / "group"

        def start(*arguments: Any, **named: Any) -> None:
            bound = call.bind(*arguments, **named)
            python, *program = bound.arguments["totalSegmentatorCommand"]
            bound.arguments["totalSegmentatorCommand"] = [python, str(QUIET_SCRIPT), variables, str(mark), *program]
            process_volume(*bound.args, **bound.kwargs)

        def read(process: Any, returnOutput: bool = False) -> str | None:
            try:
                for line in iter(_Reader(process.stdout, job.look).readline, ""):
                    logic.log(line.rstrip())
                process.wait()
            finally:
                _end_group(mark)
                end_program(process)
            if process.returncode != 0:
                raise CalledProcessError(process.returncode, _("TotalSegmentator"))
            return job.said if returnOutput else None

        logic.processVolume, logic.logProcessOutput = start, read
        try:
            yield
        finally:
            del logic.processVolume, logic.logProcessOutput


def _end_group(mark: Path) -> None:
    """Ends what `run_quietly.py` runs: the launcher that was started ends without what it has started in turn."""
    with contextlib.suppress(
        OSError, ValueError, AttributeError
    ):  # on Windows there are no groups: taskkill knows the children
        os.killpg(int(mark.read_text(encoding="ascii")), signal.SIGKILL)


class _Reader:
    """The lines of a stream, read while the application goes on."""

    def __init__(self, stream: Any, look: Callable[[], None]) -> None:
        self._stream, self._look = stream, look
        self._lines: Queue[str] = Queue()
        Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        line = "."
        while line:
            with contextlib.suppress(UnicodeDecodeError):
                line = self._stream.readline()
                self._lines.put(line)

    def readline(self) -> str:
        """The next line; empty at the end."""
        while True:
            try:
                return self._lines.get(timeout=LOOK_S)
            except Empty:
                self._look()


def _run_nnunet(job: _Job) -> Any:
    from SlicerNNUNetLib import Parameter, SegmentationLogic

    values = job.task.values
    parameter = Parameter(
        folds=",".join(values["folds"]), checkPointName=values["checkpoint"][0], modelPath=Path(values["model"][0])
    )
    is_valid, reason = parameter.isValid()
    if not is_valid:
        raise RefusedError(
            _(
                "SlicerNNUnet does not take the folder of this model ({first_sentence}): give it as "
                "Dataset.../trainer__plans__configuration.",
                first_sentence=_first_sentence(reason),
            )
        )
    logic = SegmentationLogic()
    _require_call(logic.startSegmentation, job)
    ended: list[str] = []
    # Called from Qt, where an exception would be lost: they note, and the loop looks.
    logic.progressInfo.connect(lambda text, *_more: job.words.append(str(text)))
    logic.errorOccurred.connect(lambda text="", *_more: job.words.append(str(text)))
    logic.errorOccurred.connect(lambda *_more: ended.append("an error"))
    logic.inferenceFinished.connect(lambda *_code: ended.append(""))
    logic.setParameter(parameter)
    try:
        logic.startSegmentation(job.volume)
        while not ended:
            job.look()
            time.sleep(LOOK_S)
    finally:
        if not ended:
            logic.stopSegmentation()
    if ended[0]:
        raise job.failed(ended[0])
    return logic.loadSegmentation()


_LOGICS: dict[str, Callable[[_Job], Any]] = {"TotalSegmentator": _run_totalsegmentator, "SlicerNNUNet": _run_nnunet}


def _first_sentence(text: str) -> str:
    return str(text).strip().split(".")[0].split("\n")[0][:100]


def _require_segments(node: Any, job: _Job) -> None:
    if not _is_complete(node):
        raise RefusedError(
            _(
                "{backend} found nothing of its task {task} in this scan: choose another task, or segment in "
                "another way.",
                backend=job.backend.title,
                task=job.task.name,
            )
        )


def _is_complete(node: Any) -> bool:
    return node is not None and node.GetSegmentation().GetNumberOfSegments() > 0


def _nodes(scene: Any) -> set[str]:
    import slicer

    return {node.GetID() for node in slicer.util.getNodesByClass("vtkMRMLSegmentationNode", scene)}


def _remove_others(scene: Any, before: set[str], kept: Any) -> None:
    """Takes segmentation nodes out of the scene that came since, the one that is kept apart."""
    for name in _nodes(scene) - before:
        node = scene.GetNodeByID(name)
        if node is not None and node is not kept:
            scene.RemoveNode(node)
