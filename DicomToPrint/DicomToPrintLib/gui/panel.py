"""The five steps down one panel: what was chosen, and what the user changes. `StepRunner` runs the steps."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import slicer

from dicomtoprint.config.options import STEPS, earliest_step, per_scan_settings, settings_of_step
from dicomtoprint.config.run_settings import RunSettings
from dicomtoprint.errors import InputError

from ..mrml.markups import roi_bounds_ras
from ..mrml.volumes import shown_volumes
from . import scan_source
from .anatomy_step import AnatomyStep
from .command_line import command_line
from .dialogs import Dialogs
from .edit_watch import EditWatch
from .export_step import ExportStep
from .i18n import tr as _
from .model_source import ModelSource
from .node_watch import NodeWatch
from .panel_footer import PanelFooter
from .panel_state import open_state
from .print_step import PrintStep
from .scan_step import ScanStep
from .scene_presenter import ScenePresenter
from .slots import SafeSlots
from .step_area import StepArea
from .step_navigation import StepNavigation
from .step_results import StepResultStore
from .step_runner import StepRunner
from .surface_step import SurfaceStep


class Panel:
    """The panel over one scene. `layout` takes the widgets, `parameters` is the module's wrapped parameter node."""

    def __init__(self, layout: Any, dialogs: Dialogs | None = None) -> None:
        self.dialogs = dialogs or Dialogs()
        slots = SafeSlots(self.show_message)
        self.guarded_slot, self.action_slot = slots.guarded, slots.acting
        self.state: Any = None  # PanelState, or None while there is no scene
        self.job = StepResultStore(getattr(slicer.app, "temporaryPath", None))
        self.results = ScenePresenter(self)
        self.runner = StepRunner(self)
        self.model_source = ModelSource(self)
        self.watch = NodeWatch(slicer.mrmlScene)
        self.area = StepArea(layout, self.action_slot(self.reset_settings))
        self.footer = PanelFooter(
            layout,
            self.action_slot(self.run_everything),
            self.action_slot(self.cancel),
            self.guarded_slot(self.open_step),
            self.action_slot(self.update_model),
        )
        self.edits = EditWatch(self.guarded_slot(self.refresh))
        self.steps: dict[str, Any] = {
            view.key: view
            for view in (ScanStep(self), AnatomyStep(self), SurfaceStep(self), PrintStep(self), ExportStep(self))
        }
        self.navigation = StepNavigation(self)

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
            self.runner.stop()
            self.edits.close()
            self.steps["anatomy"].close_editor()
            self.state = None
            self.job.drop_all()
        else:
            self.state = state
            self._restore()
            self.open_step(next((step for step in STEPS if not self.state.is_finished(step)), STEPS[-1]))
        self.refresh()
        if fault:
            self.show_message(fault)

    def _restore(self) -> None:
        """Show what a reopened scene holds: steps keep their state, results stay in the scene."""
        for view in self.steps.values():
            view.clear()
        self.steps["scan"].show_source(self.parameters.volume, self.parameters.model)
        self.steps["anatomy"].given.setCurrentNode(self.parameters.given)
        for step in STEPS:
            if self.state.state(step) == "running":
                self.state.set_state(step, "idle")
        self.watch_edits(self.results.anatomy_node() if self.state.state("anatomy") == "done" else None)
        self.show_message("")

    def refresh(self) -> None:
        """Show settings and states in every control."""
        for step, view in self.steps.items():
            view.set_state(
                (self.runner.running == step and "running")
                or (self.state.state(step) if self.state is not None else "idle")
            )
            view.frame.enabled = self.state is not None
            view.primary.enabled = not self.runner.running
            if self.state is not None:
                view.refresh()
        self.area.refresh(self.state.differing() if self.state is not None else [])
        self.navigation.refresh()

    def open_step(self, step: str) -> None:
        """Unfold one step and fold the others."""
        self.navigation.open(step)

    def scroll_to(self, step: str) -> None:
        """Bring a step's result into sight."""
        self.navigation.scroll_to(step)

    def watch_edits(self, node: Any) -> None:
        """From now on what the user changes in this segmentation by hand puts the model out of date."""
        self.edits.watch(node)

    def update_model(self) -> None:
        """Take what was edited by hand into the model."""
        self.runner.run(["anatomy", "model"])

    # -- what the user changes -----------------------------------------------------------------------------------------

    def change(self, **fields: Any) -> None:
        """Change settings; results of the steps that they concern no longer count."""
        self.change_from(min((earliest_step(name) for name in fields), key=STEPS.index), fields)

    def change_from(self, earliest: str, fields: Mapping[str, Any]) -> None:
        """Change settings that concern no step before `earliest`."""
        self.parameters  # noqa: B018 - refuses while there is no scene
        changed = replace(self.settings, **fields)
        if changed == self.settings:  # a control may signal without a change, as a line does when it loses the focus
            return
        if self.runner.running:
            self.cancel()
        if "series" in fields:
            self.results.remove_scan_nodes()
        if earliest == "model" and self.job.has("model"):
            made_with = {name: getattr(self.settings, name) for name in settings_of_step("model")}
            self.job.save("model-before", (self.job.load("model"), made_with))
        self.state.settings = changed
        self.invalidate_from(earliest)

    def invalidate_from(self, step: str) -> None:
        """The results of `step` and of those after it no longer count."""
        self.job.drop_from(step)
        for later in STEPS[STEPS.index(step) :]:
            self.state.reset(later)
            self.steps[later].clear()
        self.show_message("")
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
        if node is None and scan_source.selected_kind(self.parameters) in ("series", "folder", "model"):
            return
        self.choose_source(volume=node)

    def volume_lost(self) -> None:
        """The chosen volume was taken out of the scene."""
        if self.state is not None:
            self.show_message(_("The chosen volume was taken out of the scene: choose the scan again in step 1."))

    def choose_only_volume(self) -> None:
        """Work on the scene's only volume, as long as the user has chosen no scan themselves."""
        if self.state is None or self.parameters.chosen or scan_source.selected_kind(self.parameters):
            return
        volumes = shown_volumes(slicer.mrmlScene)
        if len(volumes) == 1:
            self.choose_source(volume=volumes[0])
            self.parameters.chosen = False

    def choose_series(self) -> None:
        """Ask for a series of the DICOM database."""
        listed = scan_source.series_list()
        if not listed:
            self.dialogs.nothing_to_choose()
            return
        index = self.dialogs.choose(_("DICOM database"), _("Series"), [text for _uid, text in listed])
        if index >= 0:
            self.choose_source(series=listed[index][0])

    def choose_folder(self) -> None:
        """Ask for a folder of DICOM files."""
        path = self.dialogs.folder(_("Folder of DICOM files"), self.parameters.folder)
        if path:
            self.choose_source(folder=path)

    def choose_source(self, volume: Any = None, series: str = "", folder: str = "", model: Any = None) -> None:
        """Work on one of these; what was made of another goes."""
        if self.runner.running:
            self.cancel()
        parameters = self.parameters
        self.results.remove_scan_nodes()
        parameters.series, parameters.folder, parameters.volume, parameters.model = series, folder, volume, model
        parameters.chosen = True
        self.steps["scan"].show_source(volume, model)
        self.job.drop("edited", "opened", "read", "befores", "grid", "given", "mesh")
        fresh = {name: getattr(RunSettings(), name) for name in per_scan_settings()}
        self.state.settings = replace(self.settings, **fresh)
        self.release_points()
        self.steps["anatomy"].region.setCurrentNode(None)
        self.steps["scan"].fill_series(())
        self.invalidate_from("scan")

    def scan_modality(self) -> str:
        """Modality of the series that was checked; empty before."""
        return str(self.steps["scan"].modality)

    def choose_segmentation(self, node: Any) -> None:
        """Use a segmentation that is in the scene already; None finds it automatically."""
        if self.state is None or node is self.parameters.given:
            return
        self.parameters.given = node
        self.state.settings = replace(self.settings, labels=())  # they are names of the segmentation before
        self.job.drop("edited")
        self.invalidate_from("anatomy")

    def segmentation_lost(self) -> None:
        """The given segmentation was taken out of the scene."""
        if self.state is not None:
            self.show_message(
                _("The given segmentation was taken out of the scene: the anatomy is found automatically now.")
            )

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
        """A one-click remedy: set it, check again, and go on with what the check had stopped."""
        left = self.runner.left
        self.change(**fields)
        self.run(["print", *left])

    def harden(self) -> None:
        """Apply the transform over the volume to its voxels."""
        self.results.harden(self.parameters.volume)
        self.invalidate_from("scan")

    # -- running -------------------------------------------------------------------------------------------------------

    def run_everything(self) -> None:
        """Every step that is not done, in order; the files only where a folder is chosen."""
        self.runner.run_everything()

    def run(self, steps: Sequence[str]) -> None:
        """Run these steps, and before them what they need and what is missing."""
        self.runner.run(steps)

    def cancel(self) -> None:
        """Stop the running step; its result is dropped whole."""
        self.runner.cancel()

    def progressed(self, fraction: float, phrase: str) -> None:
        """Show how far the running step is."""
        self.footer.show_progress(fraction, phrase)

    # -- what the steps ask for ----------------------------------------------------------------------------------------

    def can_undo_model(self) -> bool:
        """True where there is a model before this one."""
        return self.job.has("model-before") and not self.runner.running

    def undo_model(self) -> None:
        """Back to the model before, and to what it was made with."""
        if self.can_undo_model():
            before, made_with = self.job.load("model-before")
            self.state.settings = replace(self.settings, **made_with)
            self.invalidate_from("print")
            self.job.drop("model-before")
            self.job.save("model", before)
            self.runner.show_result("model")

    def store_dicom(self) -> None:
        """The DICOM files that were written into Slicer's DICOM database."""
        self.results.store_dicom()
        self.show_message(_("Saved to the DICOM database."))

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
        return command_line(self)

    def copy(self, text: str) -> None:
        """Text to the clipboard."""
        self.dialogs.copy(text)
        self.show_message(_("Copied."))

    def copy_command(self) -> None:
        """The command line that does the same, to the clipboard."""
        self.copy(self.command())

    def show_message(self, sentence: str) -> None:
        """One sentence over the buttons; empty takes it away."""
        self.footer.show_message(sentence)

    def close(self) -> None:
        """Let go of everything: the module is unloaded or the application ends."""
        self.runner.stop()
        self.edits.close()
        self.steps["scan"].packing.stop()
        self.steps["files"].part.stop()
        self.steps["anatomy"].close_editor()
        self.state = None
        self.watch.close()
        self.area.close()
        self.job.close()
