"""A job of the panel: its folder of exact results, and what a child process is told. No Qt here: both processes use
it.
"""

import json
import pickle
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dicomtoprint.config.run_settings import RunSettings, run_settings_from_json

# Stands for a segmentation of the scene where a command or a record must name a file.
SEGMENTATION_PLACEHOLDER = "SEGMENTATION.seg.nrrd"
STEPS = ("scan", "anatomy", "model", "print", "files")
# Which step's result a setting changes first; whatever comes after must run again too.
STEP_OF_SETTING = {
    "scan": (
        "use",
        "protocols",
        "check_pixels",
        "surgery_date",
        "series",
        "answers",
        "answer_times",
        "role",
        "accept_anyway",
    ),
    "anatomy": ("anatomy", "segmentation", "threshold", "seeds", "roi"),
    "model": ("max_deviation", "triangles"),
    "print": (
        "process",
        "printer",
        "thicken",
        "hollow",
        "cuts",
        "split",
        "pins",
        "struts",
        "base",
        "label",
        "wrap",
        "orient",
        "drain_hole_positions",
        "escape_holes",
        "oblique_cuts",
        "kept_sides",
        "magnets",
        "base_kind",
        "label_at",
        "scale_bar",
        "keep_out_regions",
        "label_raised",
    ),
    "files": ("formats", "scene", "include_identifiers"),
}


def earliest_affected_step(name: str) -> str:
    """The first step that a setting concerns."""
    return next((step for step, names in STEP_OF_SETTING.items() if name in names), "scan")


class StepResultStore:
    """The folder of one session's exact results. Only this application writes here; every order has a folder of its own
    below it, where its child process writes, so that one which outlives its cancellation meets nothing that counts.
    """

    def __init__(self, parent: str | None = None) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="DicomToPrint-job-", dir=parent or None))
        self._ordered = 0
        self._order_folder = self.folder

    def path(self, name: str) -> Path:
        """Where a result stands."""
        return self.folder / f"{name}.pickle"

    def has(self, name: str) -> bool:
        """True where a step has left its result."""
        return self.path(name).is_file()

    def load(self, name: str) -> Any:
        """A result. Only ever read from the job's own folder, which nobody else can write."""
        with self.path(name).open("rb") as stream:
            return pickle.load(stream)

    def save(self, name: str, value: Any) -> None:
        """Keep a result, whole or not at all."""
        draft = self.path(name).with_suffix(".draft")
        with draft.open("wb") as stream:
            pickle.dump(value, stream, protocol=pickle.HIGHEST_PROTOCOL)
        draft.replace(self.path(name))

    def drop(self, *names: str) -> None:
        """Forget results."""
        for name in names:
            self.path(name).unlink(missing_ok=True)

    def drop_from(self, step: str) -> None:
        """Forget the result of `step` and of every step after it; another anatomy has no model before."""
        self.drop(*STEPS[STEPS.index(step) :])
        if STEPS.index(step) < STEPS.index("model"):
            self.drop("model-before")

    def order(self, step: str, source: Mapping[str, Any], settings: RunSettings) -> Path:
        """Write what a child process shall do; its path is the child's only argument."""
        for before in self.folder.glob(f"order-*-{step}"):
            shutil.rmtree(before, ignore_errors=True)
        self._ordered += 1
        self._order_folder = self.folder / f"order-{self._ordered}-{step}"
        self._order_folder.mkdir()
        path = self._order_folder / "order.json"
        content = {"step": step, "source": dict(source), "settings": settings.as_json()}
        path.write_text(json.dumps(content), encoding="utf-8")
        return path

    def collect(self) -> None:
        """The results of the last order count from now on: its child has ended well."""
        for result in self._order_folder.glob("*.pickle"):
            result.replace(self.folder / result.name)

    def progress(self) -> tuple[float, str]:
        """Fraction and phrase that the child told last."""
        try:
            last = (self._order_folder / "progress.txt").read_text(encoding="utf-8").rstrip("\n").rpartition("\n")[2]
            fraction, _, phrase = last.partition(" ")
            return float(fraction), phrase
        except (OSError, ValueError):
            return 0.0, ""

    def failure(self) -> tuple[str, str]:
        """Kind and sentence of the child's failure; empty where it told none."""
        try:
            content = json.loads((self._order_folder / "failure.json").read_text(encoding="utf-8"))
            return content["kind"], content["sentence"]
        except (OSError, ValueError, KeyError):
            return "", ""

    def close(self) -> None:
        """Remove the folder."""
        shutil.rmtree(self.folder, ignore_errors=True)


class WorkerResultStore(StepResultStore):
    """A job on the side of the child: it reads what stands in the job, and writes into the folder of its order."""

    def __init__(self, order: Path) -> None:
        self.shared, self.folder = order.parent.parent, order.parent

    def has(self, name: str) -> bool:
        return super().has(name) or (self.shared / f"{name}.pickle").is_file()

    def load(self, name: str) -> Any:
        own = super().has(name)
        with (self.path(name) if own else self.shared / f"{name}.pickle").open("rb") as stream:
            return pickle.load(stream)


def load_request(order: Path) -> tuple[WorkerResultStore, str, dict[str, Any], RunSettings]:
    """The job, step, source and settings of an order, on the child's side."""
    content = json.loads(order.read_text(encoding="utf-8"))
    return WorkerResultStore(order), content["step"], content["source"], run_settings_from_json(content["settings"])
