"""Step 2: which anatomy, found at once, corrected by hand where need be."""

from typing import Any

import qt
import slicer

from dicomtoprint.messages import join
from dicomtoprint.pipeline.open_questions import grey_value_caution
from dicomtoprint.pipeline.segmenting import FROM_SEGMENTATION, anatomy_name

from . import widgets
from .answer_controls import ChecklistControls
from .backend_controls import BackendControls, LabelChooser, structures_of
from .i18n import format_figure
from .i18n import tr as _
from .markups_binding import MarkupsBinding
from .preset_titles import builtin_presets, preset_help
from .step_view import StepView, node_selector
from .texts import without_options

# Every manual step of the printing workflow, in the order in which it is usually taken.
EDITOR_EFFECTS = (
    "Threshold",
    "Paint",
    "Draw",
    "Erase",
    "Level tracing",
    "Grow from seeds",
    "Fill between slices",
    "Margin",
    "Smoothing",
    "Scissors",
    "Islands",
    "Logical operators",
)


class AnatomyStep(StepView):
    """Anatomy preset, seeds, region, a given segmentation, and Slicer's own segment editor on the result."""

    key = "anatomy"
    tip = _("Find the chosen anatomy in the scan and show it as a segmentation.")

    def build_controls(self) -> None:
        self.anatomy = widgets.combo_box(
            builtin_presets("anatomy"), _("What is to be printed."), self.setting("anatomy"), "anatomy"
        )
        self.form.addRow(_("Anatomy"), self.anatomy)
        self.help = widgets.text_label()
        self.layout.addWidget(self.help)
        self.caution = widgets.text_label()
        self.caution.objectName = "anatomyCaution"
        self.layout.addWidget(self.caution)

    def build_results(self) -> None:
        self.figures = widgets.text_label(selectable=True)
        self.layout.addWidget(self.figures)
        self.checklist = ChecklistControls(self)
        self.show_3d = self.button(
            _("Show in 3D"), _("Show or hide the segments in the 3D view."), self.panel.results.toggle_preview, "show3D"
        )
        self.full = self.button(
            _("Open the Segment Editor"),
            _("Correct the segmentation with all of Slicer's tools."),
            self.panel.results.open_segment_editor,
            "openEditor",
        )
        self.layout.addLayout(widgets.hbox(self.show_3d, self.full))
        self.edit_group, form = widgets.collapsible_form(_("Correct by hand"), self.layout)
        # The editor's effects are wider than the panel: it grows with them, as Slicer's own module does, or they were cut off.
        self.edit_group.setSizePolicy(qt.QSizePolicy.Preferred, qt.QSizePolicy.Preferred)
        self.editor_form = form
        self.editor: Any = None
        for node_of in ("segmentationNode", "sourceVolumeNode"):
            self.panel.watch.add(_Edited(self, node_of))
        self.edit_group.collapsed = True
        self.edit_group.connect("toggled(bool)", self.guarded_slot(self._open_editor))

    def build_advanced(self) -> None:
        self.group, form = widgets.collapsible_form(_("Advanced"), self.layout)
        tip = _("Points in the structure you want: only what they touch is kept.")
        self.seeds = MarkupsBinding(self.panel, "seeds", tip, _("Seed"))
        form.addRow(_("Seed points"), self.seeds.widget)
        self.region = node_selector(
            self.panel.watch,
            "vtkMRMLMarkupsROINode",
            _("Only what lies in this region."),
            "region",
            _("whole scan"),
            self.guarded_slot(self.panel.choose_region),
        )
        form.addRow(_("Region"), self.region)
        self.low = widgets.double_spin_box(
            -2000.0,
            4000.0,
            10.0,
            "",
            _("Grey value from which on it counts, instead of the measured boundary."),
            self.guarded_slot(self._threshold),
            "thresholdLow",
            _("measured"),
        )
        self.high = widgets.double_spin_box(
            -2000.0,
            20000.0,
            10.0,
            "",
            _("Grey value up to which it counts."),
            self.guarded_slot(self._threshold),
            "thresholdHigh",
            _("no end"),
        )
        form.addRow(_("Threshold from"), self.low)
        form.addRow(_("Threshold to"), self.high)
        tip = _("Side branches of a vessel that are thinner than this are left out.")
        self.branch = self.number("least_branch", 0.0, 50.0, 0.5, tip, _("all branches"))
        form.addRow(_("Thinnest branch"), self.branch)
        self.given = node_selector(
            self.panel.watch,
            "vtkMRMLSegmentationNode",
            _("A segmentation that is in the scene already, for example of an AI tool."),
            "givenSegmentation",
            _("find it automatically"),
            self.guarded_slot(self.panel.choose_segmentation),
            self.guarded_slot(self.panel.segmentation_lost),
        )
        form.addRow(_("Use instead"), self.given)
        self.backend = BackendControls(self, form)
        self.wanted = LabelChooser(self, form)
        tip = _("Takes narrower details out of labels whose surface no grey value of the scan finds.")
        self.smoothing = self.number("smooth_labels", 0.0, 20.0, 0.5, tip, _("none"))
        form.addRow(_("Smooth labels by"), self.smoothing)
        self.group.collapsed = True
        self.clear()

    def refresh(self) -> None:
        settings = self.panel.settings
        widgets.select_silently(self.anatomy, settings.anatomy)
        told = preset_help("anatomy", settings.anatomy)
        self.help.text = told.partition(". ")[0].rstrip(".")
        self.help.toolTip = self.anatomy.toolTip = told
        low, high = settings.threshold or (None, None)
        widgets.set_property_silently(self.low, "value", -2000.0 if low is None else low)
        widgets.set_property_silently(self.high, "value", -2000.0 if high is None else high)
        self.high.enabled = settings.threshold is not None
        given = self.panel.results.given_node()
        self.caution.text = without_options(grey_value_caution(self.panel.scan_modality(), settings, given is not None))
        self.caution.visible = bool(self.caution.text)
        widgets.set_property_silently(self.smoothing, "value", settings.smooth_labels or 0.0)
        self.backend.refresh(settings)
        self.wanted.refresh(settings, structures_of(settings, given))
        widgets.set_property_silently(self.branch, "value", settings.least_branch or 0.0)
        has = self.panel.results.anatomy_node() is not None
        if self.panel.state.state(self.key) == "not needed":
            self.primary.enabled = False
            widgets.update_badge(self.chip, "not applicable", _("Not needed: a model was chosen in step 1."))
        name = anatomy_name(settings) if given is None else FROM_SEGMENTATION
        self.checklist.ask(name if has else None)
        for widget in (self.show_3d, self.full, self.edit_group):
            widget.enabled = widget.visible = has

    def clear(self) -> None:
        super().clear()
        self.figures.visible = False

    def show(self, result: Any) -> str:
        node = self.panel.results.keep_anatomy(result)
        lines = [
            _("{name}: {volume} ml").format(name=segment.name, volume=format_figure(segment.volume_mm3 / 1000.0, ".1f"))
            for segment in result.segments
        ]
        note = self.panel.results.geometry_note()
        notes = map(without_options, result.notes)
        self.figures.text = join("\n", [*([note] if note else []), *lines, *notes])
        self.figures.visible = True
        found = _("{count} structures found; look at them in the slices").format(count=len(lines))
        widgets.update_badge(
            self.chip, "accept", found if len(lines) != 1 else _("one structure found; look at it in the slices")
        )
        if result.warnings:
            widgets.update_badge(self.chip, "warn", " ".join(map(without_options, result.warnings)))
        self.summary = ", ".join(lines[:2]) if len(lines) < 3 else _("{count} structures").format(count=len(lines))
        self.connect_editor(node)
        self.panel.watch_edits(node)
        return "done"

    def _threshold(self, value: float) -> None:
        low, high = float(self.low.value), float(self.high.value)
        wanted = None if low <= -2000.0 else (low, None if high <= -2000.0 else high)
        self.panel.change(threshold=wanted)

    def _open_editor(self, is_open: bool) -> None:
        if is_open and self.editor is None:
            self.editor = _editor()
            self.editor_form.addRow(self.editor)
        self.connect_editor(self.panel.results.anatomy_node() if is_open else None)

    def connect_editor(self, node: Any) -> None:
        """Give the embedded editor a segmentation, or nothing; its shortcuts live only while it has one."""
        if self.editor is None:
            return
        if node is None:
            self.editor.setActiveEffectByName("")
            self.editor.setSourceVolumeNode(None)  # it takes none while it has no segmentation, and would keep its scan
            self.editor.setSegmentationNode(None)
            self.editor.uninstallKeyboardShortcuts()
            self.editor.removeViewObservations()
            return
        self.editor.setSegmentationNode(node)
        self.editor.setSourceVolumeNode(self.panel.results.volume_node())
        self.editor.installKeyboardShortcuts()
        self.editor.setupViewObservations()

    def resume_editor(self) -> None:
        """The module is shown again: an editor that was open works again."""
        if self.editor is not None and not self.edit_group.collapsed:
            self.connect_editor(self.panel.results.anatomy_node())

    def release_editor(self) -> None:
        """Let go of the scene: it is about to close, or the module to be left."""
        self.connect_editor(None)

    def close_editor(self) -> None:
        """Take the editor away whole; it is built again for the next scene."""
        if self.editor is not None:
            self.release_editor()
            self.editor.setMRMLScene(None)
            self.editor.setParent(None)
            self.editor.deleteLater()
            self.editor = None
            self.edit_group.collapsed = True


class _Edited:
    """What the embedded editor works on, as a chooser: it lets go of all where its segmentation or its scan leaves the
    scene, instead of moving on to a neighbour.
    """

    def __init__(self, step: AnatomyStep, node_of: str) -> None:
        self._step, self._node_of = step, node_of

    def currentNode(self) -> Any:
        editor = self._step.editor
        return getattr(editor, self._node_of)() if editor is not None else None

    def setCurrentNode(self, node: Any) -> None:
        self._step.connect_editor(node)


def _editor() -> Any:
    """Slicer's segment editor with the workflow's effects; its own parameter node is set before the scene."""
    scene = slicer.mrmlScene
    tag = "DicomToPrint.SegmentEditor"
    parameters = scene.GetSingletonNode(tag, "vtkMRMLSegmentEditorNode")
    if parameters is None:
        parameters = scene.CreateNodeByClass("vtkMRMLSegmentEditorNode")
        parameters.UnRegister(None)
        parameters.SetSingletonTag(tag)
        parameters = scene.AddNode(parameters)
    editor = slicer.qMRMLSegmentEditorWidget()
    editor.objectName = "segmentEditor"
    editor.maximumNumberOfUndoStates = 10
    editor.setMRMLSegmentEditorNode(parameters)
    editor.setMRMLScene(scene)
    editor.segmentationNodeSelectorVisible = False
    editor.sourceVolumeNodeSelectorVisible = False
    editor.switchToSegmentationsButtonVisible = False
    editor.setEffectNameOrder(list(EDITOR_EFFECTS))
    editor.unorderedEffectsVisible = False
    return editor
