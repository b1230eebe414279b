"""The button that packs the chosen study for transfer: the command line's `pack` in a child process."""

from pathlib import Path

from dicomtoprint.config.run_settings import to_judgement_args
from dicomtoprint.errors import InputError

from ..mrml import dicom_database
from . import scan_source
from .command_run import CommandRun
from .i18n import tr as _
from .panel_context import PanelContext

FOLDER = "packed-study"


class PackStudy:
    """Asks for a folder, packs into a new one inside it, and tells how it ended."""

    def __init__(self, panel: PanelContext) -> None:
        self._panel = panel
        self._command = CommandRun(self._ended)

    def start(self) -> None:
        """Pack what is chosen in the first step. Raises `InputError` in one sentence."""
        if self._command.running:
            self._panel.show_message(_("A study is being packed already."))
            return
        kind = scan_source.selected_kind(self._panel.parameters)
        if kind not in ("folder", "series"):
            raise InputError(_("Choose a folder or a series of the database: a volume alone is no DICOM study."))
        given = self._input(kind)
        target = self._panel.dialogs.folder(_("Folder to pack the study into"), "")
        if not target:
            return
        arguments = ("pack", *given, "--output", str(Path(target, FOLDER)), *to_judgement_args(self._panel.settings))
        self._panel.show_message(_("Packing the study ..."))
        self._command.start(arguments)

    def stop(self) -> None:
        """End the child: the panel goes."""
        self._command.stop()

    def _input(self, kind: str) -> tuple[str, ...]:
        if kind == "folder":
            return (str(self._panel.parameters.folder),)
        series = str(self._panel.parameters.series)
        files = dicom_database.series_files(scan_source.current_database(), series)
        # The files of one series of the database lie in one folder; others that lie there are not packed.
        return str(Path(files[0]).parent), "--series", series

    def _ended(self, _code: int, said: str) -> None:
        self._panel.show_message(said or _("The study could not be packed."))
