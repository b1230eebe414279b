"""Runs the steps of the panel one after the other, each in a child process, and hands their results to be shown."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol

import qt

from dicomtoprint import pipeline
from dicomtoprint.config.formats import MESH_FORMATS
from dicomtoprint.config.options import STEPS
from dicomtoprint.errors import CancelledError, InputError, MissingDependencyError
from dicomtoprint.messages import join
from dicomtoprint.pipeline.checklist import without_checklist

from . import scan_source
from .extension_labels import choose_labels, confirm_licence, label_scan_of_scene
from .i18n import tr as _
from .panel_context import PanelContext
from .scene_presenter import ScenePresenter
from .step_process import StepProcess

# What each step needs in the job before it can run.
PREREQUISITES = {"scan": None, "anatomy": None, "model": "anatomy", "print": "model", "files": "print"}


class RunnerContext(PanelContext, Protocol):
    """The panel as the runner sees it; `results` are the nodes of the scene."""

    results: ScenePresenter

    @property
    def steps(self) -> Mapping[str, Any]:
        """The views of the steps by name."""

    def reread_region(self) -> None:
        """Take the region of interest as it is now."""

    def open_step(self, step: str) -> None:
        """Unfold one step and fold the others."""

    def scroll_to(self, step: str) -> None:
        """Bring a step's result into sight."""

    def choose_output(self, path: str) -> None:
        """Where the files go."""

    def progressed(self, fraction: float, phrase: str) -> None:
        """Show how far the running step is."""


class StepRunner:
    """What is to run, what runs now (`running`, empty: nothing), and how it ended."""

    def __init__(self, panel: RunnerContext) -> None:
        self._panel = panel
        self.running = ""
        self._queue: list[str] = []
        self.left: tuple[str, ...] = ()  # what was asked for after a step that needs the user
        self._offered = False  # what a step can do without is offered once a session
        self._child = StepProcess(
            panel.job.progress, panel.guarded_slot(panel.progressed), panel.guarded_slot(self._ended)
        )

    def run_everything(self) -> None:
        """Every step that is not done, in order; the files only where a folder is chosen, now or before."""
        panel = self._panel
        wanted = [step for step in STEPS if not panel.state.is_finished(step) or not self._there(step)]
        if "files" in wanted and not self._has_folder():
            wanted.remove("files")
            if not wanted:
                raise InputError(_("No folder is chosen yet: choose one in step 5."))
        self.run(wanted or ["files"])

    def run(self, steps: Sequence[str]) -> None:
        """Run these steps, and before them what they need and what is missing."""
        panel = self._panel
        panel.parameters  # noqa: B018 - refuses while there is no scene
        if self.running:
            return
        panel.reread_region()
        if "files" in steps and not self._has_folder():
            raise InputError(_("No folder is chosen yet: choose one in step 5."))
        queue = list(steps)
        need = PREREQUISITES[queue[0]]
        while need is not None and not self._there(need):
            queue.insert(0, need)
            need = PREREQUISITES[need]
        self._queue, self.left = queue, ()
        panel.show_message("")
        self._next()

    def _has_folder(self) -> bool:
        """True where a folder is chosen; where none is, the user is asked for one."""
        panel = self._panel
        if not panel.output_folder():
            panel.choose_output(panel.dialogs.folder(_("Folder for the files"), str(Path.home())))
        return bool(panel.output_folder())

    def _there(self, step: str) -> bool:
        """True where a step's result is there, or in a reopened scene could be taken from its nodes, or is not needed."""
        panel = self._panel
        state = panel.state.state(step)
        if state == "not needed":
            return True
        return bool(panel.job.has(step) or (state == "done" and panel.results.restore(step)))

    def _next(self) -> None:
        panel = self._panel
        if not self._queue:
            self.running = ""
            panel.refresh()
            return
        step = self._queue.pop(0)
        try:
            self._start(step)
        except Exception:
            self._queue, self.running = [], ""
            panel.state.set_state(step, "needs you")
            panel.refresh()
            raise

    def _start(self, step: str) -> None:
        panel = self._panel
        if scan_source.selected_kind(panel.parameters) == "model":
            source = scan_source.for_worker(panel.parameters, panel.job) if step == "model" else {"mesh": True}
        elif step in ("scan", "anatomy", "files") or not panel.job.has("opened"):
            source = scan_source.for_worker(panel.parameters, panel.job)
        else:
            source = {"path": scan_source.for_cli(panel.parameters)}
        if step == "anatomy":
            if not self._label_by_extension():
                return
            # What was said of the anatomy was said of the one before.
            kept = tuple(without_checklist(panel.settings.answers).items())
            panel.state.settings = replace(panel.settings, answers=kept)
            self._hand_over_segmentation()
        self._offer_packages(step)
        self.running = step
        panel.job.drop_from(step)
        for later in STEPS[STEPS.index(step) :]:
            panel.state.reset(later)
            panel.steps[later].clear()
        panel.open_step(step)
        self._child.start(panel.job.write_request(step, source, panel.settings))
        panel.progressed(0.0, "")
        panel.refresh()

    def _offer_packages(self, step: str) -> None:
        """Ask to install what this step can use: once a session what it can do without, each time what it needs.

        3MF, a default, is taken out of the formats where it stays impossible. Raises `MissingDependencyError` for the rest.
        """
        panel = self._panel
        if step == "model" and not self._offered:
            self._offered = True
            lacking = pipeline.missing_optional_packages()
            panel.show_message(panel.dialogs.install(list(lacking)) if lacking else "")
        lacking_in = pipeline.missing_packages if step in ("print", "files") else pipeline.missing_packages_for_files
        if not lacking_in(panel.settings):
            return
        failed = panel.dialogs.install(list(lacking_in(panel.settings)))
        others = tuple(name for name in panel.settings.formats if name != "3mf")
        if "lib3mf" in lacking_in(panel.settings) and set(others) & set(MESH_FORMATS):
            panel.change(formats=others)
            panel.show_message(join(" ", (failed, _("3MF is left out: it needs the package lib3mf."))).strip())
        if lacking := lacking_in(panel.settings):
            needs = _("This needs {names}: agree to the installation, or take back what was chosen.")
            raise MissingDependencyError(failed or needs.format(names=join(", ", lacking)))

    def _label_by_extension(self) -> bool:
        """Labels by an extension of Slicer where one is chosen, as the given segmentation; False where the user stopped it."""
        panel = self._panel
        if panel.results.given_node() is not None or not panel.steps["anatomy"].backend.by_extension():
            return True
        confirm_licence(panel)
        self.running = "anatomy"
        panel.refresh()

        def watch(fraction: float, phrase: str = "") -> None:
            if self.running != "anatomy" or panel.state is None:
                raise CancelledError(_("The step was stopped."))
            panel.progressed(fraction, phrase)

        try:
            node = label_scan_of_scene(panel, watch)
        except CancelledError:
            return False
        self.running = ""
        choose_labels(panel, node)
        return True

    def _hand_over_segmentation(self) -> None:
        panel = self._panel
        panel.results.resolve_manual_edits()
        given = panel.results.given_segmentation()
        if given is None:
            panel.job.drop("edited")
        else:
            panel.job.save("edited", {"segmentation": given, "by_hand": panel.results.given_node() is None})

    def _ended(self, code: int) -> None:
        panel, step = self._panel, self.running
        if panel.state is None or not step:
            self.running = ""
            return
        if code == 0:
            panel.job.commit_results()
        if code == 0 and panel.job.has(step):
            # What is read, shown and drawn of a large result takes a while each: the application gets its turns between.
            self._later(step, lambda: self._read_result(step))
            return
        self.running = ""
        _kind, sentence = panel.job.failure()
        self._queue = []
        panel.job.drop_from(step)
        panel.state.set_state(step, "needs you")
        panel.refresh()
        panel.show_message(
            sentence or _("The step ended without a result ({code}): run it again, or report it.").format(code=code)
        )

    def _later(self, step: str, work: Callable[[], None]) -> None:
        """Work in the next turn of the event loop, unless the step is cancelled or its scene closed before."""

        def turn() -> None:
            if self.running == step and self._panel.state is not None:
                work()

        qt.QTimer.singleShot(0, self._panel.guarded_slot(turn))

    def _read_result(self, step: str) -> None:
        try:
            result = self._panel.job.load(step)
        except Exception:
            self._not_shown(step)
            raise
        self._later(step, lambda: self.show_result(step, result))

    def _not_shown(self, step: str) -> None:
        """A result could not be shown: what was to run after it does not."""
        self._queue, self.running = [], ""
        self._panel.state.set_state(step, "needs you")
        self._panel.refresh()

    def show_result(self, step: str, result: Any = None) -> None:
        """Show a step's result, by default that of the job, and go on with what was asked for."""
        panel = self._panel
        try:
            state = panel.steps[step].show(panel.job.load(step) if result is None else result)
        except Exception:
            self._not_shown(step)
            raise
        self.running = ""
        panel.state.set_state(step, state)
        if state != "done":
            self.left, self._queue = tuple(self._queue), []
        panel.refresh()
        panel.scroll_to(step)
        self._next()

    def cancel(self) -> None:
        """Stop the running step; its result is dropped whole."""
        panel = self._panel
        step = self.running
        self.stop()
        if step and panel.state is not None:
            panel.job.drop_from(step)
            panel.state.set_state(step, "idle")
            panel.show_message(_("Cancelled: nothing was changed by this step."))
            panel.refresh()

    def stop(self) -> None:
        """Stop the running step and tell nobody."""
        self._queue, self.running, self.left = [], "", ()
        self._child.cancel()
