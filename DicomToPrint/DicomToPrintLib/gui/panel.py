"""The five steps down one panel: what was chosen, and what the user changes. `StepRunner` runs the steps."""

import itertools
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import qt
import slicer
from slicer.i18n import tr as _

from dicomtoprint.config.run_settings import RunSettings, to_command_line
from dicomtoprint.errors import CancelledError, DicomToPrintError, InputError

from ..mrml.markups import roi_bounds_ras
from . import scan_source, widgets
from .anatomy_step import AnatomyStep
from .dialogs import Dialogs
from .export_step import ExportStep
from .node_watch import NodeWatch
from .panel_state import open_state
from .print_step import PrintStep
from .scan_step import ScanStep
from .scene_presenter import ScenePresenter
from .step_process import CLI_SCRIPT
from .step_results import STEP_OF_SETTING, STEPS, StepResultStore, earliest_affected_step
from .step_runner import StepRunner
from .surface_step import SurfaceStep
from .texts import setting_text, without_options

# Answers, places and names that mean something in one scan alone.
PER_SCAN_SETTINGS = (
    "series",
    "answers",
    "answer_times",
    "accept_anyway",
    "roi",
    "seeds",
    "cuts",
    "oblique_cuts",
    "kept_sides",
    "drain_hole_positions",
    "label_at",
    "keep_out_regions",
)


class Panel:
    """The panel over one scene. `layout` takes the widgets, `parameters` is the module's wrapped parameter node."""

    def __init__(self, layout: Any, dialogs: Dialogs | None = None) -> None:
        self.dialogs = dialogs or Dialogs()
        self.state: Any = None  # PanelState, or None while there is no scene
        self.job = StepResultStore(getattr(slicer.app, "temporaryPath", None))
        self.results = ScenePresenter(self)
        self.walk = StepRunner(self)
        self.watch = NodeWatch(slicer.mrmlScene)
        self._build_head(layout)
        self.steps: dict[str, Any] = {
            view.key: view
            for view in (ScanStep(self), AnatomyStep(self), SurfaceStep(self), PrintStep(self), ExportStep(self))
        }
        for view in self.steps.values():
            layout.addWidget(view.frame)
        layout.addStretch(1)
        self._set_tab_order()

    def _build_head(self, layout: Any) -> None:
        self.run_all = widgets.push_button(
            _("Run all"),
            _("Run every step that is not done yet, down to the files."),
            self.act(self.run_everything),
            "runAll",
            primary=True,
        )
        self.cancel_button = widgets.push_button(
            _("Cancel"), _("Stop the running step; its result is dropped whole."), self.act(self.cancel), "cancel"
        )
        self.copy_command = widgets.push_button(
            _("Copy command"),
            _("Copy the command line that does the same outside the panel."),
            self.act(lambda: self.copy(self.command())),
            "copyCommand",
        )
        layout.addLayout(widgets.hbox(self.run_all, self.cancel_button, self.copy_command))
        self.bar = qt.QProgressBar()
        self.bar.objectName = "progress"
        self.bar.setRange(0, 100)
        layout.addWidget(self.bar)
        self.phrase = widgets.text_label()
        layout.addWidget(self.phrase)
        self.message = widgets.text_label(selectable=True)
        self.message.objectName = "message"
        # A frame is seen in the light and in the dark theme.
        self.message.styleSheet = "QLabel { border: 2px solid #e69f00; border-radius: 3px; padding: 3px 6px; }"
        layout.addWidget(self.message)
        self.changed_label = widgets.text_label()
        self.reset = widgets.push_button(
            _("Reset"), _("Go back to what the preset says."), self.act(self.reset_settings), "reset"
        )
        changed = widgets.hbox(self.changed_label, self.reset)
        changed.setStretch(0, 1)
        layout.addLayout(changed)
        self.bar.visible = self.phrase.visible = self.message.visible = False

    def _set_tab_order(self) -> None:
        order = [self.run_all, self.cancel_button, self.copy_command, self.reset]
        for view in self.steps.values():
            order += [view.frame, view.primary]
        for before, after in itertools.pairwise(order):
            qt.QWidget.setTabOrder(before, after)

    # -- the scene and the parameters ----------------------------------------------------------------------------------

    @property
    def settings(self) -> RunSettings:
        """What is chosen now."""
        return self.state.settings if self.state is not None else RunSettings()

    @property
    def parameters(self) -> Any:
        """The wrapped parameter node. Raises `InputError` while there is no scene to work in."""
        if self.state is None:
            raise InputError(_("The scene is closing: try again in a moment."))
        return self.state.parameters

    def set_parameters(self, parameters: Any) -> None:
        """Work in the scene of this parameter node; None, or one with settings that are not known, lets go of the scene."""
        was, self.state = self.state, None  # what a chooser tells from here on is no choice of the user
        self.release_points()
        self.watch.choose_none()
        self.state = was
        state, fault = open_state(parameters)
        if state is None:
            self.walk.stop()
            self.steps["anatomy"].close_editor()
            self.state = None
            self.job.drop(*STEPS, "opened", "grid", "edited", "volume", "times", "model-before")
        else:
            self.state = state
            self._restore()
            self.open_step(next((step for step in STEPS if self.state.state(step) != "done"), STEPS[-1]))
        self.refresh()
        if fault:
            self.tell(fault)

    def _restore(self) -> None:
        """Show what a reopened scene holds: steps keep their state, results stay in the scene."""
        for view in self.steps.values():
            view.clear()
        self.steps["scan"].volume.setCurrentNode(self.parameters.volume)
        self.steps["anatomy"].given.setCurrentNode(self.parameters.given)
        for step in STEPS:
            if self.state.state(step) == "running":
                self.state.set_state(step, "idle")
        self.tell("")

    def refresh(self) -> None:
        """Show settings and states in every control."""
        for step, view in self.steps.items():
            view.set_state(
                (self.walk.running == step and "running")
                or (self.state.state(step) if self.state is not None else "idle")
            )
            view.frame.enabled = self.state is not None
            view.primary.enabled = not self.walk.running
            if self.state is not None:
                view.refresh()
        self.run_all.enabled = self.state is not None and not self.walk.running
        self.cancel_button.enabled = bool(self.walk.running)
        self.bar.visible = self.phrase.visible = bool(self.walk.running)
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
        changed = replace(self.settings, **fields)
        if changed == self.settings:  # a control may tell what it told before, as a line does when it loses the focus
            return
        if self.walk.running:
            self.cancel()
        earliest = min((earliest_affected_step(name) for name in fields), key=STEPS.index)
        if "series" in fields:
            self.results.let_go_of_scan()
        if earliest == "model" and self.job.has("model"):
            made_with = {name: getattr(self.settings, name) for name in STEP_OF_SETTING["model"]}
            self.job.save("model-before", (self.job.load("model"), made_with))
        self.state.settings = changed
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
        self.release_points()
        self.steps["anatomy"].region.setCurrentNode(None)
        now = self.settings
        kept = RunSettings(use=now.use, anatomy=now.anatomy, process=now.process)
        names = self.state.differing()
        self.change(**{name: getattr(kept, name) for name in names})

    def release_points(self) -> None:
        """Choose no list of points; lists that were chosen stay in the scene."""
        printing = self.steps["print"]
        for points in (self.steps["anatomy"].seeds, printing.escape, printing.avoid, printing.label_at):
            points.release()

    def choose_volume(self, node: Any) -> None:
        """Work on a volume of the scene."""
        if self.state is None or (
            node is self.parameters.volume and not self.parameters.series and not self.parameters.folder
        ):
            return
        if node is None and (self.parameters.series or self.parameters.folder):
            return
        self._choose(volume=node)

    def volume_lost(self) -> None:
        """The chosen volume was taken out of the scene."""
        if self.state is not None:
            self.tell(_("The chosen volume was taken out of the scene: choose the scan again in step 1."))

    def choose_only_volume(self) -> None:
        """Work on the scene's only volume, as long as the user has chosen no scan themselves."""
        if self.state is None or self.parameters.chosen or scan_source.selected_kind(self.parameters):
            return
        nodes = slicer.mrmlScene.GetNodesByClass("vtkMRMLScalarVolumeNode")
        nodes.UnRegister(None)
        volumes = [
            node
            for node in map(nodes.GetItemAsObject, range(nodes.GetNumberOfItems()))
            if node.GetClassName() == "vtkMRMLScalarVolumeNode" and not node.GetHideFromEditors()
        ]
        if len(volumes) == 1:
            self._choose(volume=volumes[0])
            self.parameters.chosen = False

    def choose_series(self) -> None:
        """Ask for a series of the DICOM database."""
        listed = scan_source.series_list()
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
        if self.walk.running:
            self.cancel()
        parameters = self.parameters
        self.results.let_go_of_scan()
        parameters.series, parameters.folder, parameters.volume = series, folder, volume
        parameters.chosen = True
        self.steps["scan"].volume.setCurrentNode(volume)
        self.job.drop("edited", "opened", "grid")
        self.state.settings = replace(
            self.settings,
            **{name: getattr(RunSettings(), name) for name in PER_SCAN_SETTINGS},
        )
        self.release_points()
        self.steps["anatomy"].region.setCurrentNode(None)
        self.steps["scan"].fill_series(())
        self.stale("scan")

    def choose_segmentation(self, node: Any) -> None:
        """Use a segmentation that is in the scene already; None finds it automatically."""
        if self.state is None or node is self.parameters.given:
            return
        self.parameters.given = node
        self.job.drop("edited")
        self.stale("anatomy")

    def segmentation_lost(self) -> None:
        """The given segmentation was taken out of the scene."""
        if self.state is not None:
            self.tell(_("The given segmentation was taken out of the scene: the anatomy is found automatically now."))

    def choose_region(self, node: Any) -> None:
        """Only what lies in a region of interest; none chosen in a reopened scene leaves the region as it was."""
        if self.state is not None:
            self.change(roi=roi_bounds_ras(node))

    def reread_region(self) -> None:
        """The region may have been moved since it was chosen."""
        node = self.steps["anatomy"].region.currentNode()
        if node is not None:
            self.choose_region(node)

    def choose_output(self, path: str) -> None:
        """Where the files go."""
        if self.state is not None and path != self.parameters.output:
            self.parameters.output = path

    def add_cut(self, node: Any) -> None:
        """Cut along a plane of the scene."""
        self.change(**self.results.cut_of(node, self.settings))

    def no_cuts(self) -> None:
        """Take all cuts back."""
        self.change(cuts=(), oblique_cuts=(), kept_sides=())

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
        self.walk.run_everything()

    def run(self, steps: Sequence[str]) -> None:
        """Run these steps, and before them what they need and what is missing."""
        self.walk.run(steps)

    def cancel(self) -> None:
        """Stop the running step; its result is dropped whole."""
        self.walk.cancel()

    def progressed(self, fraction: float, phrase: str) -> None:
        """Show how far the running step is."""
        self.bar.value = round(100.0 * fraction)
        self.phrase.text = phrase or _("working...")

    # -- what the steps ask for ----------------------------------------------------------------------------------------

    def can_undo_model(self) -> bool:
        """True where there is a model before this one."""
        return self.job.has("model-before") and not self.walk.running

    def undo_model(self) -> None:
        """Back to the model before, and to what it was made with."""
        if self.can_undo_model():
            before, made_with = self.job.load("model-before")
            self.state.settings = replace(self.settings, **made_with)
            self.stale("print")
            self.job.drop("model-before")
            self.job.save("model", before)
            self.walk.show_result("model")

    def store_dicom(self) -> None:
        """The DICOM files that were written into Slicer's DICOM database."""
        self.results.store_dicom()
        self.tell(_("Saved to the DICOM database."))

    def source_text(self) -> str:
        """One line on the chosen scan."""
        return scan_source.describe(self.parameters)

    def placement_text(self) -> str:
        """What a transform over the volume means."""
        return scan_source.transform_warning(self.parameters.volume)

    def output_folder(self) -> str:
        """Where the files go."""
        return str(self.state.parameters.output or "") if self.state is not None else ""

    def release_editor(self) -> None:
        """Take the segment editor's effect off the segmentation."""
        self.steps["anatomy"].release_editor()

    def command(self) -> str:
        """The command line that does the same."""
        output, settings = self.output_folder() or "OUTPUT", self.settings
        if self.results.is_given():
            settings = replace(settings, segmentation=self.results.given_file())
        return to_command_line(scan_source.for_cli(self.parameters), output, settings, str(CLI_SCRIPT))

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
            except CancelledError:
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

    def act(self, work: Callable[..., Any]) -> Callable[..., Any]:
        """`work` as the slot of something that the user does: what was told before goes first."""
        slot = self.safe(work)

        def acted(*arguments: Any) -> Any:
            self.tell("")
            return slot(*arguments)

        return acted

    def close(self) -> None:
        """Let go of everything: the module is unloaded or the application ends."""
        self.walk.stop()
        self.steps["scan"].packing.stop()
        self.steps["anatomy"].close_editor()
        self.state = None
        self.watch.close()
        self.job.close()
