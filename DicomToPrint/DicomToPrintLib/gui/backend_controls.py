"""The part of step 2 that lets an installed program label the scan, and says which of the labels are wanted."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import qt

from dicomtoprint.config.run_settings import RunSettings, backend_choice
from dicomtoprint.errors import DicomToPrintError
from dicomtoprint.pipeline import backends

from ..mrml import extension_backends
from . import widgets
from .i18n import tr as _
from .step_view import StepView

LIST_HEIGHT = 120


class BackendControls:
    """Backend and task, where its program is, what its licence allows and how coarse it is, and that this was read."""

    def __init__(self, step: StepView, form: Any) -> None:
        self.form, self.panel = form, step.panel
        self.known = {str(entry["name"]): entry for entry in backends.known_backends()}
        known = self.known
        self.folders = tuple(name for name, entry in known.items() if entry["takes_folder"])
        self.chooser = widgets.combo_box(
            [("", _("not asked")), *(item for entry in known.values() for item in _items(entry))],
            _("Let a program that is installed outside Slicer label the scan, in a process of its own."),
            step.guarded_slot(self._choose),
            "backend",
        )
        form.addRow(_("Label with"), self.chooser)
        self.model = qt.QLineEdit()
        self.model.objectName = "backendModel"
        self.model.placeholderText = _("folder of the trained model")
        self.model.toolTip = _("The folder that holds dataset.json, plans.json and fold_0.")
        self.model.connect("editingFinished()", step.guarded_slot(self._choose_model))
        form.addRow(_("Model"), self.model)
        self.runner = widgets.combo_box(
            [("program", _("its own program")), ("extension", _("the extension of Slicer"))],
            _("An extension of Slicer runs the same program with the packages that it has installed in Slicer."),
            step.guarded_slot(self._choose_runner),
            "backendRunner",
        )
        form.addRow(_("Run by"), self.runner)
        self.is_extension_wanted: bool | None = None  # None: where there is no program of its own
        tip = _("The program, or the Python that it is installed in; empty: looked for in PATH.")
        self.program = step.line("backend_command", tip, "backendCommand", _("looked for in PATH"))
        form.addRow(_("Its program"), self.program)
        self.told = widgets.text_label(selectable=True)
        self.told.objectName = "backendTold"
        form.addRow("", self.told)
        self.confirmed = widgets.check_box(
            _("I have read this, and my use keeps to it"),
            _("The licence of program and weights."),
            step.guarded_slot(self._confirm),
            "backendConfirmed",
        )
        form.addRow("", self.confirmed)

    def _choose(self, key: str) -> None:
        choice = key if key not in self.folders else ":".join((key, str(self.model.text).strip())).rstrip(":")
        given = self.panel.results.given_node()
        if given is not None and extension_backends.origin_of(given):
            self.panel.choose_segmentation(None)  # labels of another task
        self.panel.change(segment_with=choice or None, confirm_licence=None, labels=())

    def _choose_runner(self, key: str) -> None:
        self.is_extension_wanted = key == "extension"
        self.panel.refresh()

    def by_extension(self) -> bool:
        """True where the chosen backend is to be run by its extension of Slicer."""
        name = (backend_choice(self.panel.settings.segment_with) or ("",))[0]
        if name not in self.known or not _in_slicer(self.known[name]):
            return False
        if self.is_extension_wanted is None:
            return not (self.known[name]["program"] or self.panel.settings.backend_command)
        return self.is_extension_wanted

    def _choose_model(self) -> None:
        if str(self.chooser.itemData(self.chooser.currentIndex)) in self.folders:
            self._choose(str(self.chooser.itemData(self.chooser.currentIndex)))

    def _confirm(self, is_read: bool) -> None:
        settings = self.panel.settings
        self.panel.change(confirm_licence=backends.confirmed(settings).confirm_licence if is_read else None)

    def refresh(self, settings: RunSettings) -> None:
        """Shows what is set, and what is known of it."""
        name, *task = backend_choice(settings.segment_with) or ("",)
        is_folder = name in self.folders
        widgets.select_silently(self.chooser, name if is_folder else settings.segment_with or "")
        if is_folder:
            widgets.set_text_silently(self.model, "".join(task))
        widgets.set_text_silently(self.program, settings.backend_command)
        by_extension = self.by_extension()
        notice, is_known = _notice(settings, by_extension)
        self.told.text = notice
        widgets.select_silently(self.runner, "extension" if by_extension else "program")
        widgets.set_property_silently(self.confirmed, "checked", bool(settings.confirm_licence))
        self.confirmed.enabled = is_known
        widgets.set_row_visible(self.form, self.model, is_folder)
        for widget in (self.told, self.confirmed):
            widgets.set_row_visible(self.form, widget, bool(name))
        widgets.set_row_visible(self.form, self.program, bool(name) and not by_extension)
        has_choice = name in self.known and _in_slicer(self.known[name])
        widgets.set_row_visible(self.form, self.runner, has_choice)


def _items(entry: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Keys and words of a backend's tasks: modality and voxel."""
    installed = "" if entry["program"] or _in_slicer(entry) else _(", not found")
    if entry["takes_folder"]:
        return [
            (
                entry["name"],
                _("{title}: a model of your own{installed}").format(title=entry["title"], installed=installed),
            )
        ]
    return [
        (
            f"{entry['name']}:{task['name']}",
            _("{title}: {task} ({modality}{voxel}{installed})").format(
                title=entry["title"],
                task=task["name"],
                modality=task["modality"],
                voxel="" if task["voxel_mm"] is None else _(", {voxel_mm:g} mm", voxel_mm=max(task["voxel_mm"])),
                installed=installed,
            ),
        )
        for task in entry["tasks"]
    ]


def _in_slicer(entry: Mapping[str, Any]) -> bool:
    return extension_backends.has_module(str(entry["extension_module"]))


def _notice(settings: RunSettings, by_extension: bool) -> tuple[str, bool]:
    """What is installed, what the licence allows and how coarse the labels are, or why nothing can be said; and whether it can."""
    if not settings.segment_with:
        return "", False
    try:
        return backends.backend_notice(settings, by_extension), True
    except DicomToPrintError as error:
        return str(error), False


class LabelChooser:
    """The structures of a given segmentation, or of a backend's task, each with a box; none unticked means all."""

    def __init__(self, step: StepView, form: Any) -> None:
        self.form, self.panel = form, step.panel
        self.list = qt.QListWidget()
        self.list.objectName = "labels"
        self.list.maximumHeight = LIST_HEIGHT
        self.list.toolTip = _("Only what is ticked becomes a model.")
        self.list.connect("itemChanged(QListWidgetItem*)", step.guarded_slot(lambda item: self._changed()))
        form.addRow(_("Structures"), self.list)
        self.merge = step.check("merge", _("Join them into one"), _("One model of all structures that are ticked."))
        form.addRow("", self.merge)
        self.names: tuple[str, ...] = ()

    def refresh(self, settings: RunSettings, names: Sequence[str]) -> None:
        """Shows the structures `names`; the boxes are hidden where there are none to choose of."""
        was = self.list.blockSignals(True)
        if tuple(names) != self.names:
            self.names = tuple(names)
            self.list.clear()
            for name in self.names:
                item = qt.QListWidgetItem(name)
                item.setFlags(qt.Qt.ItemIsEnabled | qt.Qt.ItemIsUserCheckable)
                self.list.addItem(item)
        for row in range(len(self.names)):
            is_wanted = not settings.labels or self.names[row] in settings.labels
            self.list.item(row).setCheckState(qt.Qt.Checked if is_wanted else qt.Qt.Unchecked)
        self.list.blockSignals(was)
        widgets.set_property_silently(self.merge, "checked", settings.merge)
        for widget in (self.list, self.merge):
            widgets.set_row_visible(self.form, widget, len(self.names) > 1)

    def _changed(self) -> None:
        ticked = [row for row in range(len(self.names)) if self.list.item(row).checkState() == qt.Qt.Checked]
        if not ticked:  # nothing at all is no model: the last box stays
            self.refresh(self.panel.settings, self.names)
            return
        names = tuple(self.names[row] for row in ticked)
        self.panel.change(labels=() if len(names) == len(self.names) else names)


def structures_of(settings: RunSettings, given: Any) -> tuple[str, ...]:
    """Names to choose of: the segments of the given node (None: there is none), else the labels of the backend's task."""
    if given is not None:
        segmentation = given.GetSegmentation()
        return tuple(
            segmentation.GetNthSegment(number).GetName() for number in range(segmentation.GetNumberOfSegments())
        )
    if not settings.segment_with:
        return ()
    try:
        return backends.backend_labels(replace(settings, labels=()))
    except DicomToPrintError:
        return ()
