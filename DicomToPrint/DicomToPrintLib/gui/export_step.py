"""Step 5: formats, folder, report."""

import os
from pathlib import Path
from typing import Any

import ctk

from dicomtoprint.config.formats import FORMATS
from dicomtoprint.messages import join

from . import widgets
from .i18n import tr as _
from .option_controls import OptionControls
from .printed_part import PrintedPart
from .step_view import StepView


class ExportStep(StepView):
    """Which files, where to, and what was written."""

    key = "files"
    tip = _("Write the files, the report and the record into the folder.")

    def build_controls(self) -> None:
        self.folder = ctk.ctkPathLineEdit()
        self.folder.objectName = "outputFolder"
        self.folder.filters = ctk.ctkPathLineEdit.Dirs
        self.folder.settingKey = "DicomToPrint/OutputFolder"
        self.folder.toolTip = _("Where the files go; files of the same name are replaced.")
        # The first signal comes with valid input only, which an emptied line is not; the second one comes with that.
        self.folder.connect("currentPathChanged(QString)", self.guarded_slot(self._folder_typed))
        self.folder.connect("validInputChanged(bool)", self.guarded_slot(self._folder_typed))
        self.form.addRow(_("Folder"), self.folder)
        tips = {
            "stl": _("Triangles only; millimetres are not in the file."),
            "3mf": _("Parts, colours and millimetres."),
            "obj": _("Parts and colours."),
            "ply": _("Triangles with their colours."),
            "dicom": _("Encapsulated STL, for the hospital's archive."),
            "seg": _("The anatomy as DICOM segmentation, for the hospital's archive."),
        }
        words = {"dicom": _("DICOM STL"), "seg": _("DICOM SEG")}
        self.formats = {
            name: widgets.check_box(
                words.get(name, name.upper()),
                tips.get(name, ""),
                self.guarded_slot(lambda on, name=name: self._format(name, on)),
                f"format-{name}",
            )
            for name in FORMATS
        }
        boxes = list(self.formats.values())
        self.form.addRow(_("Formats"), widgets.hbox(*boxes[:4]))
        self.form.addRow("", widgets.hbox(*boxes[4:]))
        self.controls = OptionControls(self)
        self.identified = self.check(
            "include_identifiers",
            _("With the patient's name and UIDs"),
            _("Off: report, record and file names say nothing by which a person is known."),
        )
        self.form.addRow("", self.controls.make("scene"))
        self.form.addRow("", widgets.hbox(self.controls.make("viewer"), self.controls.make("pdf")))
        self.form.addRow("", self.identified)

    def build_results(self) -> None:
        self.written = widgets.text_label(selectable=True)
        self.layout.addWidget(self.written)
        self.report = self.button(
            _("Open the report"), _("Open report.html in the browser."), self.panel.results.open_report, "openReport"
        )
        self.store = self.button(
            _("Save to the DICOM database"),
            _("Add the DICOM files that were written (Encapsulated STL, segmentation) to Slicer's DICOM database."),
            self.panel.store_dicom,
            "storeDicom",
        )
        self.layout.addLayout(widgets.hbox(self.report, self.store))
        self.copy = self.button(
            _("Copy command"),
            _("Copy the command line that does the same outside the panel."),
            self.panel.copy_command,
            "copyCommand",
        )
        self.layout.addWidget(self.copy)
        self.part = PrintedPart(self)
        self.clear()

    def refresh(self) -> None:
        settings = self.panel.settings
        for name, box in self.formats.items():
            widgets.set_property_silently(box, "checked", name in settings.formats)
        self.controls.refresh(settings)
        widgets.set_property_silently(self.identified, "checked", settings.include_identifiers)
        if full_path(self.folder.currentPath) != self.panel.output_folder():  # the user may be typing it another way
            widgets.set_property_silently(self.folder, "currentPath", self.panel.output_folder())

    def clear(self) -> None:
        super().clear()
        self.written.visible = False
        self.report.enabled = self.store.enabled = False
        self.part.clear()

    def show(self, result: Any) -> str:
        names = self.panel.results.deliver(result["folder"], result["names"])
        was = self.folder.blockSignals(True)  # the path leaves the chooser for a moment
        self.folder.addCurrentPathToHistory()
        self.folder.blockSignals(was)
        files = [name for name in names if Path(name).parent == Path()]
        text = _("Written: {names}").format(names=join(", ", files))
        if len(files) < len(names):
            text += _(", and {count} pictures").format(count=len(names) - len(files))
        self.written.text = text
        self.written.visible = True
        self.report.enabled = any(Path(name).name == "report.html" for name in names)
        self.store.enabled = any(Path(name).suffix.lower() == ".dcm" for name in names)
        self.summary = _("{count} files in {folder}").format(
            count=len(files), folder=Path(self.panel.output_folder()).name
        )
        widgets.update_badge(self.chip, "ready", _("written, read back and checked"))
        return "done"

    def _folder_typed(self, _told: Any) -> None:
        self.panel.choose_output(full_path(self.folder.currentPath))

    def _format(self, name: str, is_on: bool) -> None:
        kept = [
            format_
            for format_ in FORMATS
            if (format_ in self.panel.settings.formats and format_ != name) or (format_ == name and is_on)
        ]
        self.panel.change(formats=tuple(kept))


def full_path(text: str | None) -> str:
    """A typed path in full: ``~`` is the user's folder, and what has no root is meant from there; empty for nothing."""
    typed = (text or "").strip()
    home = os.path.expanduser("~")
    return os.path.abspath(os.path.join(home, os.path.expanduser(typed))) if typed else ""
