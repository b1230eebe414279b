"""What the five steps share: a folding part with its state or result in the title, controls, results; and in the foot of
the panel one primary button and a verdict.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

import ctk
import qt
import slicer

from dicomtoprint.config.run_settings import RunSettings

from ..mrml.scene import node_or_none
from . import widgets
from .i18n import tr as _
from .model_source import ModelSource
from .node_watch import NodeWatch
from .panel_context import PanelContext
from .scene_presenter import ScenePresenter
from .texts import STATE_SIGNS, action_text, guidance, step_state_text, step_title


class StepContext(PanelContext, Protocol):
    """The panel as its steps see it: what their controls start. `results` are the nodes of the scene."""

    results: ScenePresenter

    def watch_edits(self, node: Any) -> None:
        """From now on what the user changes in this segmentation by hand puts the model out of date."""

    def run(self, steps: Sequence[str]) -> None:
        """Run these steps, and before them what they need and what is missing."""

    def copy(self, text: str) -> None:
        """Text to the clipboard."""

    def copy_command(self) -> None:
        """The command line that does the same, to the clipboard."""

    def choose_volume(self, node: Any) -> None:
        """Work on a volume of the scene."""

    model_source: ModelSource

    def volume_lost(self) -> None:
        """The chosen volume was taken out of the scene."""

    def segmentation_lost(self) -> None:
        """The given segmentation was taken out of the scene."""

    def choose_series(self) -> None:
        """Ask for a series of the DICOM database."""

    def choose_folder(self) -> None:
        """Ask for a folder of DICOM files."""

    def source_text(self) -> str:
        """One line on the chosen scan."""

    def placement_text(self) -> str:
        """What a transform over the volume means."""

    def harden(self) -> None:
        """Apply the transform over the volume to its voxels."""

    def scan_modality(self) -> str:
        """Modality of the series that was checked; empty before."""

    def choose_segmentation(self, node: Any) -> None:
        """Use a segmentation that is in the scene already; None finds it automatically."""

    def choose_region(self, node: Any) -> None:
        """Only what lies in a region of interest."""

    def can_undo_model(self) -> bool:
        """True where there is a model before this one."""

    def undo_model(self) -> None:
        """Back to the model before, and to what it was made with."""

    def add_cut(self, node: Any) -> None:
        """Cut along a plane of the scene."""

    def no_cuts(self) -> None:
        """Take all cuts back."""

    def apply_remedy(self, fields: Mapping[str, Any]) -> None:
        """A one-click remedy: set it and check again."""

    def choose_output(self, path: str) -> None:
        """Where the files go."""

    def store_dicom(self) -> None:
        """The DICOM files that were written into Slicer's DICOM database."""


# Of every step, folded or not, in pixels: the module panel is as wide as its module asks, and the views would move at each step.
WIDTH = 394


class StepView:
    """One step of the panel. Subclasses say what it shows; they start nothing but `panel` methods and compute
    nothing.
    """

    key = ""
    tip = ""

    def __init__(self, panel: StepContext) -> None:
        self.panel = panel
        self.frame = ctk.ctkCollapsibleButton()
        self.frame.objectName = f"{self.key}Step"
        # CTK's own policy asks for all the width that its contents would like, and widens Slicer's window.
        self.frame.setSizePolicy(qt.QSizePolicy.Preferred, qt.QSizePolicy.Preferred)
        self.frame.collapsedHeight = 0
        self.layout = qt.QVBoxLayout(self.frame)
        self.layout.setContentsMargins(4, 4, 4, 4)
        self.layout.setSpacing(4)
        self.frame.toolTip = guidance(self.key)
        self.summary = ""  # what the step has come to, in a few words
        self.form = qt.QFormLayout()
        self.form.setFieldGrowthPolicy(qt.QFormLayout.AllNonFixedFieldsGrow)
        self.form.setVerticalSpacing(3)
        self.layout.addLayout(self.form)
        self.build_controls()
        self.primary = widgets.push_button(
            action_text(self.key),
            self.tip,
            self.action_slot(lambda: panel.run([self.key])),
            f"{self.key}Run",
            primary=True,
        )
        self.chip = widgets.status_badge()  # it and the button stand in the foot of the panel
        self._result = qt.QFrame()
        self._result.setFixedHeight(1)
        self.layout.addWidget(self._result)
        self.build_results()
        self.build_advanced()
        self.set_state("idle")

    def build_controls(self) -> None:
        """Controls above the primary button."""

    def build_results(self) -> None:
        """What the result is shown in, under the verdict."""

    def build_advanced(self) -> None:
        """Folded settings for the few."""

    def refresh(self) -> None:
        """Show the settings in the controls."""

    def show(self, result: Any) -> str:
        """Show a result and put it into the scene; returns the step's state: done, or needs you."""
        return "done"

    def show_again(self) -> None:
        """The step is opened: its colours and its legend come back to the views."""

    def before_box(self, text: str, tip: str) -> Any:
        """A check box that shows the model as it was before this step."""
        return widgets.check_box(text, tip, self.action_slot(self._show_before), f"{self.key}Before")

    def _show_before(self, is_before: bool) -> None:
        self.panel.results.show_before(self.key, is_before)
        if not is_before:
            self.show_again()

    def clear(self) -> None:
        """Show no result."""
        self.summary = ""
        widgets.update_badge(self.chip, "")

    def set_state(self, state: str) -> None:
        """The state in the title, in words and with a sign; a finished step names its result."""
        said = self.summary if self.summary and state == "done" else step_state_text(state)
        if self.summary and state == "needs you":
            said = _("{state}: {result}").format(state=said, result=self.summary)
        text = f"{step_title(self.key)}  \u2013  {STATE_SIGNS[state]} {said}"
        # CTK's button is as wide as its text.
        self.frame.text = self.frame.fontMetrics().elidedText(text, qt.Qt.ElideRight, WIDTH - 40)
        self.frame.toolTip = f"{text}\n{guidance(self.key)}"

    def start_of_result(self) -> int:
        """Where under the step's head its result begins, in pixels; 0 where there is none."""
        return int(self._result.y) if self.summary else 0

    def guarded_slot(self, work: Callable[..., Any]) -> Callable[..., Any]:
        """`work` as a slot that tells the user what went wrong, in one sentence."""
        return self.panel.guarded_slot(work)

    def action_slot(self, work: Callable[..., Any]) -> Callable[..., Any]:
        """`work` as the slot of something that the user does: the message of before goes first."""
        return self.panel.action_slot(work)

    def button(self, text: str, tip: str, pressed: Callable[[], None], name: str) -> Any:
        """A push button whose failures are reported."""
        return widgets.push_button(text, tip, self.action_slot(pressed), name)

    def setting(self, name: str) -> Callable[[Any], None]:
        """A slot that changes one setting."""
        return self.guarded_slot(lambda value: self.panel.change(**{name: value}))

    def number(self, name: str, low: float, high: float, step: float, tip: str, off: str) -> Any:
        """A length in mm bound to a setting; the lowest value means that it is off (None)."""
        return widgets.double_spin_box(
            low,
            high,
            step,
            " mm",
            tip,
            self.guarded_slot(lambda value: self.panel.change(**{name: None if value <= low + 1e-9 else float(value)})),
            name,
            off,
        )

    def line(self, name: str, tip: str, object_name: str, placeholder: str = "") -> Any:
        """A line of text bound to a setting; empty means that it is off."""
        widget = qt.QLineEdit()
        widget.objectName = object_name
        widget.placeholderText = placeholder
        widget.toolTip = tip
        default = getattr(RunSettings(), name)
        widget.connect(
            "editingFinished()", self.guarded_slot(lambda: self.panel.change(**{name: widget.text.strip() or default}))
        )
        return widget

    def check(self, name: str, text: str, tip: str) -> Any:
        """A check box bound to a setting."""
        return widgets.check_box(text, tip, self.setting(name), name)


def node_selector(
    watch: NodeWatch,
    kind: str,
    tip: str,
    name: str,
    none_text: str = "",
    chosen: Callable[[Any], None] | None = None,
    lost: Callable[[], None] | None = None,
) -> Any:
    """A chooser of the scene's nodes of one class, with none allowed; `chosen` takes what was chosen.

    It goes to none where its node leaves the scene, which calls `lost`, or is hidden from choosers.
    """
    widget = slicer.qMRMLNodeComboBox()
    widget.objectName = name
    widget.nodeTypes = [kind]
    widget.addEnabled = False
    widget.removeEnabled = False
    widget.renameEnabled = False
    widget.noneEnabled = True
    widget.noneDisplay = none_text or _("none")
    widget.selectNodeUponCreation = False
    widget.toolTip = tip
    widget.sizeAdjustPolicy = qt.QComboBox.AdjustToMinimumContentsLengthWithIcon  # names of nodes may be long
    widget.minimumWidth = 100
    widget.setMRMLScene(slicer.mrmlScene)
    widgets.reach_by_keys(widget)
    before: list[Any] = [None]

    def changed(node: Any) -> None:
        if node is not None and node_or_none(before[0]) is not None and before[0].GetHideFromEditors():
            widget.setCurrentNode(None)  # its node was hidden, and it has moved on
            return
        before[0] = node
        if chosen is not None:
            chosen(node)

    widget.connect("currentNodeChanged(vtkMRMLNode*)", changed)
    watch.add(widget, lost)
    return widget
