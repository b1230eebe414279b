"""The results of a session of the panel in its folder, and the requests to its child processes. No Qt here: both processes
use it.
"""

import json
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dicomtoprint.config.options import STEPS
from dicomtoprint.config.run_settings import RunSettings, run_settings_from_json
from dicomtoprint.messages import from_data
from dicomtoprint.workers.state_files import SUFFIX as STATE_SUFFIX
from dicomtoprint.workers.state_files import StateFolder, remove_unused_arrays

# Stands for a segmentation of the scene where a command or a record must name a file.
SEGMENTATION_PLACEHOLDER = "SEGMENTATION.seg.nrrd"
GIVEN_FILE = "given.ply"  # a model of the scene, as the record names it
STEPS_OF_SCAN = ("scan", "anatomy")  # a given model needs neither


class StepResultStore:
    """The folder of one session's exact results, and the requests to its child processes.

    Only this application writes here; every request has a folder of its own below it, where its child process writes, so that
    one which outlives its cancellation changes nothing that counts. Large arrays are shared by all: their files are named by
    their content.
    """

    def __init__(self, parent: str | None = None) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="DicomToPrint-job-", dir=parent or None))
        self._states = StateFolder(self.folder)
        self._requests = 0
        self._request_folder = self.folder

    def path(self, name: str) -> Path:
        """The document of a result."""
        return self._states.path(name)

    def has(self, name: str) -> bool:
        """True where a step has left its result."""
        return self._states.has(name)

    def load(self, name: str) -> Any:
        """A result, its large arrays memory-mapped. Raises `InputError` in one sentence where it is damaged."""
        return self._states.load(name)

    def save(self, name: str, value: Any) -> None:
        """Keep a result, whole or not at all."""
        self._states.save(name, value)

    def drop(self, *names: str) -> None:
        """Forget results; their arrays go when the next request is written."""
        for name in names:
            self.path(name).unlink(missing_ok=True)

    def drop_all(self) -> None:
        """Forget every result: the scene that they belong to is gone."""
        for result in self.folder.glob(f"*{STATE_SUFFIX}"):
            result.unlink(missing_ok=True)

    def drop_from(self, step: str) -> None:
        """Forget the result of `step` and of every step after it; another anatomy has no model before.

        The anatomy stays as "found": edits by hand on its nodes are edits of it.
        """
        if STEPS.index(step) < STEPS.index("model"):
            self.drop("model-before")
            if self.has("anatomy"):
                self.path("anatomy").replace(self.path("found"))
        self.drop(*STEPS[STEPS.index(step) :])

    def write_request(self, step: str, source: Mapping[str, Any], settings: RunSettings) -> Path:
        """Write what a child process shall do; its path is the child's only argument. No child may run meanwhile."""
        for before in self.folder.glob(f"request-*-{step}"):
            shutil.rmtree(before, ignore_errors=True)
        remove_unused_arrays(self._states.arrays, [self._states])
        self._requests += 1
        self._request_folder = self.folder / f"request-{self._requests}-{step}"
        self._request_folder.mkdir()
        path = self._request_folder / "request.json"
        content = {"step": step, "source": dict(source), "settings": settings.as_json()}
        path.write_text(json.dumps(content), encoding="utf-8")
        return path

    def commit_results(self) -> None:
        """The results of the last request count from now on: its child has ended well."""
        for result in self._request_folder.glob(f"*{STATE_SUFFIX}"):
            result.replace(self.folder / result.name)

    def progress(self) -> tuple[float, str]:
        """Fraction and phrase that the child wrote last."""
        try:
            last = (self._request_folder / "progress.txt").read_text(encoding="utf-8").rstrip("\n").rpartition("\n")[2]
            fraction, _, phrase = last.partition(" ")
            return float(fraction), phrase
        except (OSError, ValueError):
            return 0.0, ""

    def failure(self) -> tuple[str, str]:
        """Kind and sentence (a message) of the child's failure; empty where it wrote none."""
        try:
            content = json.loads((self._request_folder / "failure.json").read_text(encoding="utf-8"))
            told = from_data(content["message"]) if content.get("message") else content["sentence"]
            return content["kind"], told
        except (OSError, ValueError, KeyError):
            return "", ""

    def close(self) -> None:
        """Remove the folder."""
        shutil.rmtree(self.folder, ignore_errors=True)


class WorkerResultStore:
    """The results on the side of the child: it reads what the session has, and writes into the folder of its request."""

    def __init__(self, request: Path) -> None:
        self.session_folder, self.folder = request.parent.parent, request.parent
        self._session = StateFolder(self.session_folder)
        self._own = StateFolder(self.folder, self._session.arrays)

    def has(self, name: str) -> bool:
        """True where this request or a step before has left the result."""
        return self._own.has(name) or self._session.has(name)

    def load(self, name: str) -> Any:
        """A result, that of this request first. Raises `InputError` in one sentence where it is damaged."""
        return (self._own if self._own.has(name) else self._session).load(name)

    def save(self, name: str, value: Any) -> None:
        """Keep a result of this request, whole or not at all."""
        self._own.save(name, value)


def load_request(path: Path) -> tuple[WorkerResultStore, str, dict[str, Any], RunSettings]:
    """The results, step, source and settings of a request, on the child's side."""
    content = json.loads(path.read_text(encoding="utf-8"))
    return WorkerResultStore(path), content["step"], content["source"], run_settings_from_json(content["settings"])
