"""The pictures of the documentation, from the application: one of its window for every step of the panel.

    Slicer --python-script Testing/Driver/pictures.py -- --output Resources/Screenshots [--scan FOLDER | --tilt DEGREES]
        [--steps scan anatomy ...]

Without a scan it is the phantom, read from the DICOM database of this run, or from the folder of a scan by a tilted gantry. A scan
that is refused stays in step 1, as `rejected`; a print that is not ready gets its remedy by thicker walls, or the first
where that is none, and `repaired` is what follows from that.
"""

import sys
import tempfile
import time
from pathlib import Path

SIZE = 1366, 768


class Answers:
    """The panel's dialogs: nothing is installed, files go to a folder that nobody sees."""

    def __init__(self, folder):
        self._folder = folder

    def folder(self, title, start):
        return self._folder

    def install(self, packages):
        return ""

    def confirm(self, title, text):
        return True


def settle(seconds=0.6):
    """Let the application draw."""
    import slicer

    end = time.monotonic() + seconds
    while time.monotonic() < end:
        slicer.app.processEvents()
        time.sleep(0.02)


def keep(folder, name):
    """A picture of the window."""
    import slicer

    settle()
    assert slicer.util.mainWindow().grab().save(str(folder / f"{name}.png"))
    print(f"{name}.png", flush=True)


def run(panel, step, seconds=600.0):
    """Press a step's button and wait for its end."""
    panel.open_step(step)
    panel.steps[step].primary.click()
    wait(panel, seconds)
    print(step, panel.state.state(step), panel.footer.message.text, flush=True)


def wait(panel, seconds=600.0):
    """Until nothing runs."""
    end = time.monotonic() + seconds
    while panel.runner.running and time.monotonic() < end:
        settle(0.1)


def walk(panel, folder, steps):
    """The steps one after the other, a picture of each."""
    for step in steps:
        run(panel, step)
        if step in ("model", "print"):
            overlay = panel.steps[step].overlay
            overlay.currentIndex = overlay.findData("Deviation" if step == "model" else "Wall")
        table = panel.steps[step].findings.table if step == "print" else None
        if table is not None and table.rowCount:
            table.selectRow(0)
            panel.area.show_part(panel.steps[step].frame, panel.steps[step].start_of_result())
        is_rejected = step == "scan" and panel.state.state(step) != "done"
        keep(folder, "rejected" if is_rejected else step)
        remedies = panel.steps["print"].remedies
        if step == "print" and panel.state.state(step) == "needs you" and remedies.count():
            buttons = [remedies.itemAt(index).widget() for index in range(remedies.count())]
            next((one for one in buttons if "hicken" in one.text), buttons[0]).click()
            wait(panel)
            keep(folder, "repaired")
        if is_rejected:
            return


def main(arguments):
    """In the application."""
    import argparse

    import slicer

    reader = argparse.ArgumentParser(prog="pictures")
    reader.add_argument("--output", type=Path, required=True)
    reader.add_argument("--scan", default="")
    reader.add_argument("--tilt", type=float, default=0.0)
    reader.add_argument("--steps", nargs="*", default=["scan", "anatomy", "model", "print", "files"])
    chosen = reader.parse_args(arguments)
    chosen.output.mkdir(parents=True, exist_ok=True)
    slicer.util.mainWindow().resize(*SIZE)
    with tempfile.TemporaryDirectory() as hidden:
        slicer.util.selectModule("DicomToPrint")
        panel = slicer.modules.DicomToPrintWidget.panel
        files = Path(tempfile.gettempdir(), "prints")  # its name is seen in step 5
        panel.dialogs = Answers(str(files))
        if chosen.tilt:
            from dicomtoprint.phantom import write_phantom_dicom

            scan = Path(hidden, "tilted")
            write_phantom_dicom(scan, tilt_degrees=chosen.tilt)
            panel.choose_source(folder=str(scan))
        elif chosen.scan:
            panel.choose_source(folder=chosen.scan)
        else:
            slicer.util.getModuleLogic("DicomToPrint").makePhantom()
            panel.choose_only_volume()
        walk(panel, chosen.output, chosen.steps)
    return 0


if __name__ == "__main__":
    import traceback

    code = 70
    try:
        code = main(sys.argv[2:] if sys.argv[1:2] == ["--"] else sys.argv[1:])
    except Exception:
        traceback.print_exc()
    import slicer

    sys.stdout.flush()
    slicer.util.exit(code)
