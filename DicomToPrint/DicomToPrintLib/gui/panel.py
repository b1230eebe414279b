"""The five steps down one panel: what was chosen, what runs, what came out. It starts the pipeline's steps and shows
their results.
"""

import itertools
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import qt
import slicer
from slicer.i18n import tr as _

from .. import pipeline
from ..errors import Cancelled, CannotRead, DicomToPrintError
from ..settings import Settings, command_line
from . import parts, source
from .anatomy_step import AnatomyStep
from .dialogs import Dialogs
from .files_step import FilesStep
from .job import STEPS, Job, first_step
from .model_step import ModelStep
from .print_step import PrintStep
from .process import ChildProcess
from .scan_step import ScanStep
from .scene_results import SceneResults
from .state import PanelState
from .words import setting_text, without_options

# What each step needs in the job before it can run.
NEEDS = {"scan": None, "anatomy": None, "model": "anatomy", "print": "model", "files": "print"}
RESULT = {"scan": "scan", "anatomy": "anatomy", "model": "model", "print": "print", "files": "files"}


class Panel:
    """The panel over one scene. `layout` takes the widgets, `parameters` is the module's wrapped parameter node."""

    def __init__(self, layout: Any, dialogs: Dialogs | None = None) -> None:
        self.dialogs = dialogs or Dialogs()
        self.state: Any = None  # PanelState, or None while there is no scene
        self.job = Job(getattr(slicer.app, "temporaryPath", None))
        self.results = SceneResults(self)
        self._queue: list[str] = []
        self._running = ""
        self._declined: set[str] = set()
        self._child = ChildProcess(self.job.progress, self.safe(self._progressed), self.safe(self._ended))
        self._build_head(layout)
        self.steps: dict[str, Any] = {
            view.key: view
            for view in (ScanStep(self), AnatomyStep(self), ModelStep(self), PrintStep(self), FilesStep(self))
        }
        for view in self.steps.values():
            layout.addWidget(view.frame)
        layout.addStretch(1)
        self._set_tab_order()

    def _build_head(self, layout: Any) -> None:
        self.run_all = parts.button(
            _("Run all"),
            _("Run every step that is not done yet, down to the files."),
            self.safe(self.run_everything),
            "runAll",
            primary=True,
        )
        self.cancel_button = parts.button(
            _("Cancel"), _("Stop the running step; its result is dropped whole."), self.safe(self.cancel), "cancel"
        )
        self.copy_command = parts.button(
            _("Copy command"),
            _("Copy the command line that does the same outside the panel."),
            self.safe(lambda: self.copy(self.command())),
            "copyCommand",
        )
        layout.addLayout(parts.row(self.run_all, self.cancel_button, self.copy_command))
        self.bar = qt.QProgressBar()
        self.bar.objectName = "progress"
        self.bar.setRange(0, 100)
        layout.addWidget(self.bar)
        self.phrase = parts.label()
        layout.addWidget(self.phrase)
        self.message = parts.label(selectable=True)
        self.message.objectName = "message"
        layout.addWidget(self.message)
        self.changed_label = parts.label()
        self.reset = parts.button(
            _("Reset"), _("Go back to what the preset says."), self.safe(self.reset_settings), "reset"
        )
        layout.addLayout(parts.row(self.changed_label, self.reset))
        self.bar.visible = self.phrase.visible = self.message.visible = False

    def _set_tab_order(self) -> None:
        order = [self.run_all, self.cancel_button, self.copy_command, self.reset]
        for view in self.steps.values():
            order += [view.frame, view.primary]
        for before, after in itertools.pairwise(order):
            qt.QWidget.setTabOrder(before, after)

    # -- the scene and the parameters ----------------------------------------------------------------------------------

    @property
    def settings(self) -> Settings:
        """What is chosen now."""
        return self.state.settings if self.state is not None else Settings()

    @property
    def parameters(self) -> Any:
        """The wrapped parameter node. Raises `CannotRead` while there is no scene to work in."""
        if self.state is None:
            raise CannotRead(_("The scene is closing: try again in a moment."))
        return self.state.parameters

    def set_parameters(self, parameters: Any) -> None:
        """Work in the scene of this parameter node; None lets go of the scene."""
        if parameters is None:
            self._stop()
            self.steps["anatomy"].close_editor()
            self.state = None
            self.job.drop(*STEPS, "opened", "grid", "edited", "volume", "times", "model-before")
        else:
            self.state = PanelState(parameters)
        for key in ("scan", "anatomy"):
            for name in ("volume", "region", "given", "seeds"):
                widget = getattr(self.steps[key], name, None)
                if widget is not None:
                    widget.setMRMLScene(slicer.mrmlScene if parameters is not None else None)
        self.steps["print"].plane.setMRMLScene(slicer.mrmlScene if parameters is not None else None)
        if parameters is not None:
            self._restore()
        self.refresh()

    def _restore(self) -> None:
        """Show what a reopened scene holds: steps keep their state, results stay in the scene."""
        for view in self.steps.values():
            view.clear()
        self.steps["scan"].volume.setCurrentNode(self.parameters.volume)
        for step in STEPS:
            if self.state.state(step) == "running":
                self.state.set_state(step, "idle")
        self.tell("")

    def refresh(self) -> None:
        """Show settings and states in every control."""
        for step, view in self.steps.items():
            view.set_state(
                (self._running == step and "running") or (self.state.state(step) if self.state is not None else "idle")
            )
            view.frame.enabled = self.state is not None
            view.primary.enabled = not self._running
            if self.state is not None:
                view.refresh()
        self.run_all.enabled = self.state is not None and not self._running
        self.cancel_button.enabled = bool(self._running)
        self.bar.visible = self.phrase.visible = bool(self._running)
        differing = self.state.differing() if self.state is not None else []
        self.changed_label.text = _("Changed from the preset: {names}").format(
            names=", ".join(setting_text(name) for name in differing)
        )
        self.changed_label.visible = self.reset.visible = bool(differing)

    def open_step(self, step: str) -> None:
        """Unfold one step and fold the others."""
        for key, view in self.steps.items():
            view.frame.collapsed = key != step

    # -- what the user changes -----------------------------------------------------------------------------------------

    def change(self, **fields: Any) -> None:
        """Change settings; results of the steps that they concern no longer count."""
        self.parameters  # noqa: B018 - refuses while there is no scene
        if self._running:
            self.cancel()
        changed = replace(self.settings, **fields)
        if changed == self.settings:
            return
        self.state.settings = changed
        earliest = min((first_step(name) for name in fields), key=STEPS.index)
        self.stale(earliest)

    def stale(self, step: str) -> None:
        """The results of `step` and of those after it no longer count."""
        self.job.drop_from(step)
        for later in STEPS[STEPS.index(step) :]:
            self.state.set_state(later, "idle")
            self.steps[later].clear()
        self.tell("")
        self.refresh()

    def reset_settings(self) -> None:
        """Back to the presets: the use, anatomy and process stay."""
        now = self.settings
        kept = Settings(use=now.use, anatomy=now.anatomy, process=now.process)
        names = self.state.differing()
        self.change(**{name: getattr(kept, name) for name in names})

    def choose_volume(self, node: Any) -> None:
        """Work on a volume of the scene."""
        if self.state is None or (
            node is self.parameters.volume and not self.parameters.series and not self.parameters.folder
        ):
            return
        if node is None and (self.parameters.series or self.parameters.folder):
            return
        self._choose(volume=node)

    def choose_series(self) -> None:
        """Ask for a series of the DICOM database."""
        listed = source.series_list()
        if not listed:
            self.dialogs.nothing_to_choose()
            return
        index = self.dialogs.choose(_("DICOM database"), _("Series"), [text for _uid, text in listed])
        if index >= 0:
            self._choose(series=listed[index][0])

    def choose_folder(self) -> None:
        """Ask for a folder of DICOM files."""
        path = self.dialogs.folder(_("Folder of DICOM files"), self.parameters.folder)
        if path:
            self._choose(folder=path)

    def _choose(self, volume: Any = None, series: str = "", folder: str = "") -> None:
        if self._running:
            self.cancel()
        parameters = self.parameters
        parameters.series, parameters.folder, parameters.volume = series, folder, volume
        self.steps["scan"].volume.setCurrentNode(volume)
        self.job.drop("edited", "opened", "grid", "model-before")
        self.state.settings = replace(self.settings, answers=(), accept_anyway=None, cuts=(), roi=None, seeds=())
        self.stale("scan")

    def choose_segmentation(self, node: Any) -> None:
        """Use a segmentation that is in the scene already; None finds it automatically."""
        self.parameters.given = node
        self.job.drop("edited")
        self.stale("anatomy")

    def choose_region(self, node: Any) -> None:
        """Only what lies in a region of interest."""
        self.change(roi=self.results.region_of(node))

    def choose_output(self, path: str) -> None:
        """Where the files go."""
        if self.state is not None and path != self.parameters.output:
            self.parameters.output = path

    def add_cut(self, node: Any) -> None:
        """Cut along a plane of the scene."""
        self.change(cuts=(*self.settings.cuts, self.results.cut_of(node)))

    def apply_remedy(self, fields: Mapping[str, Any]) -> None:
        """A one-click remedy: set it and check again."""
        self.change(**fields)
        self.run(["print"])

    def harden(self) -> None:
        """Apply the transform over the volume to its voxels."""
        self.results.harden(self.parameters.volume)
        self.stale("scan")

    # -- running -------------------------------------------------------------------------------------------------------

    def run_everything(self) -> None:
        """Every step that is not done, in order; the files only where a folder is chosen."""
        wanted = [step for step in STEPS if self.state.state(step) != "done" or not self.job.has(RESULT[step])]
        if not self.output_folder() and "files" in wanted:
            wanted.remove("files")
            if not wanted:
                raise CannotRead(_("No folder is chosen yet: choose one in step 5."))
        self.run(wanted or ["files"])

    def run(self, steps: Sequence[str]) -> None:
        """Run these steps, and before them what they need and what is missing."""
        self.parameters  # noqa: B018 - refuses while there is no scene
        if self._running:
            return
        if "files" in steps and not self.output_folder():
            raise CannotRead(_("No folder is chosen yet: choose one in step 5."))
        queue = list(steps)
        need = NEEDS[queue[0]]
        while need is not None and not self.job.has(need):
            queue.insert(0, need)
            need = NEEDS[need]
        self._queue = queue
        self.tell("")
        self._next()

    def _next(self) -> None:
        if not self._queue:
            self._running = ""
            self.refresh()
            return
        step = self._queue.pop(0)
        try:
            self._start(step)
        except Exception:
            self._queue, self._running = [], ""
            self.state.set_state(step, "needs you")
            self.refresh()
            raise

    def _start(self, step: str) -> None:
        if step in ("scan", "anatomy", "files"):
            told = source.for_child(self.parameters, self.job)
        else:
            told = {"path": source.for_command_line(self.parameters)}
        if step == "anatomy":
            self._hand_over_segmentation()
        if step in ("print", "files"):
            self._offer_packages()
        if step == "model" and self.job.has("model"):
            self.job.save("model-before", self.job.load("model"))
        self._running = step
        self.job.drop_from(step)
        for later in STEPS[STEPS.index(step) :]:
            self.state.set_state(later, "idle")
            self.steps[later].clear()
        self.open_step(step)
        self._child.start(self.job.order(step, told, self.results.with_points(self.settings)))
        self._progressed(0.0, "")
        self.refresh()

    def _offer_packages(self) -> None:
        """Ask once a session to install what these settings need; without them the step goes on as far as it can."""
        lacking = tuple(name for name in pipeline.missing(self.settings) if name not in self._declined)
        if lacking:
            self.dialogs.install(list(lacking))
            self._declined |= set(pipeline.missing(self.settings))

    def _hand_over_segmentation(self) -> None:
        given = self.results.given_segmentation()
        if given is None:
            self.job.drop("edited")
        else:
            self.job.save("edited", given)

    def _progressed(self, fraction: float, phrase: str) -> None:
        self.bar.value = round(100.0 * fraction)
        self.phrase.text = phrase or _("working...")

    def _ended(self, code: int) -> None:
        step, self._running = self._running, ""
        if self.state is None or not step:
            return
        if code == 0 and self.job.has(RESULT[step]):
            self.show_result(step)
            return
        _kind, sentence = self.job.failure()
        self._queue = []
        self.job.drop_from(step)
        self.state.set_state(step, "needs you")
        self.refresh()
        self.tell(
            sentence or _("The step ended without a result ({code}): run it again, or report it.").format(code=code)
        )

    def show_result(self, step: str) -> None:
        """Show a step's result and go on with what was asked for."""
        try:
            state = self.steps[step].show(self.job.load(RESULT[step]))
        except Exception:
            self._queue = []
            self.state.set_state(step, "needs you")
            self.refresh()
            raise
        self.state.set_state(step, state)
        if state != "done":
            self._queue = []
        self.refresh()
        self._next()

    def cancel(self) -> None:
        """Stop the running step; its result is dropped whole."""
        step = self._running
        self._stop()
        if step and self.state is not None:
            self.job.drop_from(step)
            self.state.set_state(step, "idle")
            self.tell(_("Cancelled: nothing was changed by this step."))
            self.refresh()

    def _stop(self) -> None:
        self._queue, self._running = [], ""
        self._child.cancel()

    # -- what the steps ask for ----------------------------------------------------------------------------------------

    def can_undo_model(self) -> bool:
        """True where there is a model before this one."""
        return self.job.has("model-before") and not self._running

    def undo_model(self) -> None:
        """Back to the model before."""
        if self.can_undo_model():
            before = self.job.load("model-before")
            self.stale("print")
            self.job.drop("model-before")
            self.job.save("model", before)
            self.show_result("model")

    def store_dicom(self) -> None:
        """The Encapsulated STL into Slicer's DICOM database."""
        self.results.store_dicom()
        self.tell(_("Saved to the DICOM database."))

    def source_text(self) -> str:
        """One line on the chosen scan."""
        return source.in_words(self.parameters)

    def placement_text(self) -> str:
        """What a transform over the volume means."""
        return source.placement_in_words(self.parameters.volume)

    def output_folder(self) -> str:
        """Where the files go."""
        return str(self.state.parameters.output or "") if self.state is not None else ""

    def command(self) -> str:
        """The command line that does the same."""
        output = self.output_folder() or "OUTPUT"
        return command_line(source.for_command_line(self.parameters), output, self.results.with_points(self.settings))

    def copy(self, text: str) -> None:
        """Text to the clipboard."""
        self.dialogs.copy(text)
        self.tell(_("Copied."))

    def tell(self, sentence: str) -> None:
        """One sentence under the buttons; empty takes it away."""
        self.message.text = without_options(sentence)
        self.message.visible = bool(sentence)

    def safe(self, work: Callable[..., Any]) -> Callable[..., Any]:
        """`work` as a slot: whatever goes wrong is told in one sentence, and the scene stays usable."""

        def slot(*arguments: Any) -> Any:
            try:
                return work(*arguments)
            except Cancelled:
                self.tell(_("Cancelled: nothing was changed by this step."))
            except DicomToPrintError as error:
                self.tell(str(error))
            except Exception as error:
                logging.exception("DicomToPrint")
                self.tell(
                    _(
                        "Something went wrong inside ({kind}): the scene is unchanged; please report it with the log."
                    ).format(kind=type(error).__name__)
                )
            return None

        return slot

    def close(self) -> None:
        """Let go of everything: the module is unloaded or the application ends."""
        self._stop()
        self.steps["anatomy"].close_editor()
        self.state = None
        self.job.close()
