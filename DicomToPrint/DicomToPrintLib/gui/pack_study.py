"""The button that packs the chosen study for transfer: the command line's `pack` in a child process."""

import shutil
import tempfile
from pathlib import Path

import qt

from dicomtoprint.config.run_settings import to_judgement_args
from dicomtoprint.errors import InputError
from dicomtoprint.messages import join
from dicomtoprint.workers.process import ChildError, ChildProcess

from ..mrml import dicom_database
from . import scan_source
from .i18n import tr as _
from .panel_context import PanelContext
from .step_process import CLI_SCRIPT

FOLDER = "packed-study"
SCRIPT = CLI_SCRIPT.with_name("run_command.py")


class PackStudy:
    """Asks for a folder, packs into a new one inside it, and tells how it ended."""

    def __init__(self, panel: PanelContext) -> None:
        self._panel = panel
        self._child: ChildProcess | None = None
        self._messages = Path()  # folder of what the child writes
        self._timer = qt.QTimer()
        self._timer.setInterval(200)
        self._timer.connect("timeout()", self._look)

    def start(self) -> None:
        """Pack what is chosen in the first step. Raises `InputError` in one sentence."""
        if self._child is not None:
            self._panel.show_message(_("A study is being packed already."))
            return
        kind = scan_source.selected_kind(self._panel.parameters)
        if kind not in ("folder", "series"):
            raise InputError(_("Choose a folder or a series of the database: a volume alone is no DICOM study."))
        given = self._input(kind)
        target = self._panel.dialogs.folder(_("Folder to pack the study into"), "")
        if not target:
            return
        self._messages = Path(tempfile.mkdtemp(prefix="dicom-to-print-pack-"))
        arguments = ("pack", *given, "--output", str(Path(target, FOLDER)), *to_judgement_args(self._panel.settings))
        try:
            self._child = ChildProcess(
                SCRIPT, *arguments, output=self._messages / "output.txt", errors=self._messages / "errors.txt"
            )
        except ChildError:
            self._end("")
            return
        self._timer.start()
        self._panel.show_message(_("Packing the study ..."))

    def stop(self) -> None:
        """End the child: the panel goes."""
        child, self._child = self._child, None
        self._timer.stop()
        if child is not None:
            child.end()
            shutil.rmtree(self._messages, ignore_errors=True)

    def _input(self, kind: str) -> tuple[str, ...]:
        if kind == "folder":
            return (str(self._panel.parameters.folder),)
        series = str(self._panel.parameters.series)
        files = dicom_database.series_files(scan_source.current_database(), series)
        # The files of one series of the database lie in one folder; others that lie there are not packed.
        return str(Path(files[0]).parent), "--series", series

    def _look(self) -> None:
        child = self._child
        if child is None or child.exit_code is None:
            return
        self._timer.stop()
        self._child = None
        said = self._said("errors.txt" if child.exit_code else "output.txt")
        child.end()
        self._end(said)

    def _said(self, name: str) -> str:
        text = (self._messages / name).read_text(encoding="utf-8", errors="replace").strip()
        lines = text.splitlines()
        if name == "errors.txt":
            lines = lines[-1:]
        return join(" ", lines).removeprefix("dicom_to_print: ")

    def _end(self, said: str) -> None:
        shutil.rmtree(self._messages, ignore_errors=True)
        self._panel.show_message(said or _("The study could not be packed."))
