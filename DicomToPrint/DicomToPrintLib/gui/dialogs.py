"""Every question that the panel asks in a window: one object, so that a test can answer in its place."""

import importlib
import subprocess
from pathlib import Path

import qt
import slicer

from dicomtoprint.messages import join

from .i18n import tr as _

REQUIREMENTS = Path(__file__).resolve().parents[2] / "Resources" / "requirements.txt"


class Dialogs:
    """The application's own windows, over its main window."""

    def folder(self, title: str, start: str) -> str:
        """A folder, empty where the user changed their mind."""
        return str(qt.QFileDialog.getExistingDirectory(slicer.util.mainWindow(), title, start) or "")

    def file(self, title: str, filters: str) -> str:
        """A file, empty where the user changed their mind."""
        return str(qt.QFileDialog.getOpenFileName(slicer.util.mainWindow(), title, "", filters) or "")

    def confirm(self, title: str, text: str) -> bool:
        """Yes or no."""
        answer = qt.QMessageBox.question(slicer.util.mainWindow(), title, text, qt.QMessageBox.Yes | qt.QMessageBox.No)
        return answer == qt.QMessageBox.Yes

    def choose(self, title: str, text: str, items: list[str]) -> int:
        """Index of the chosen item, -1 where the user changed their mind.

        A dialog of its own: the static ``getItem`` answers with the first item where it is cancelled.
        """
        dialog = qt.QInputDialog(slicer.util.mainWindow())
        dialog.windowTitle = title
        dialog.setLabelText(text)
        dialog.setComboBoxItems(items)
        dialog.setOption(qt.QInputDialog.UseListViewForComboBoxItems, True)
        dialog.resize(720, 420)  # patient, date and series on one line
        if dialog.exec_() != qt.QDialog.Accepted:
            return -1
        chosen = str(dialog.textValue())
        return items.index(chosen) if chosen in items else -1

    def install(self, packages: list[str]) -> str:
        """Ask for consent and install packages into Slicer's Python, in the versions of ``Resources/requirements.txt``.

        Returns a sentence where the installation failed; empty where it went well, or the user declined.
        """
        import slicer.packaging

        listed = {one.name: one for one in slicer.packaging.load_requirements(REQUIREMENTS)}
        try:
            slicer.packaging.pip_ensure([listed.get(name, name) for name in packages], requester=_("DICOM to Print"))
        except subprocess.CalledProcessError:
            return _(
                "The packages {names} could not be installed: check the connection to the internet, or ask who "
                "looks after this computer."
            ).format(names=join(", ", packages))
        except RuntimeError:  # declined
            return ""
        importlib.invalidate_caches()
        return ""

    def open_file(self, path: str) -> None:
        """Open a file in the system's own program."""
        qt.QDesktopServices.openUrl(qt.QUrl.fromLocalFile(path))

    def copy(self, text: str) -> None:
        """Put text on the clipboard."""
        qt.QApplication.clipboard().setText(text)

    def nothing_to_choose(self) -> None:
        """Tell that the database is empty."""
        qt.QMessageBox.information(
            slicer.util.mainWindow(),
            _("DICOM database"),
            _("There is no CT series in the DICOM database yet: import one in the DICOM module."),
        )
