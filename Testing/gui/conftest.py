"""The panel on the stand-in, on real MRML; skipped where PySide6 or slicer-core is absent."""

import os
import sys
import time
from pathlib import Path

import pytest

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")


@pytest.fixture(scope="session")
def application(tmp_path_factory):
    """The stand-in, put in place once."""
    pytest.importorskip("PySide6.QtWidgets", reason="needs PySide6")
    pytest.importorskip("slicer", reason="needs the slicer-core wheel")
    pytest.importorskip("vtk", reason="the application has loaded it before any module")
    from SlicerStandin import install

    return install(tmp_path_factory.mktemp("application"))


@pytest.fixture(scope="session")
def small_dicom(tmp_path_factory):
    """A coarse phantom as DICOM, quick to run; the usual one where pictures are made to be shown."""
    from dicomtoprint.phantom import write_phantom_dicom

    folder = tmp_path_factory.mktemp("small") / "phantom"
    shown = bool(os.environ.get("DICOM_TO_PRINT_PICTURES"))
    write_phantom_dicom(folder, **({} if shown else {"shape": (56, 92, 92), "spacing": (1.5, 1.5, 2.0)}))
    return folder


@pytest.fixture(scope="session")
def tilted_dicom(tmp_path_factory):
    """The coarse phantom from a tilted gantry: rejected for every use but research."""
    from dicomtoprint.phantom import write_phantom_dicom

    folder = tmp_path_factory.mktemp("tilted") / "coarse"
    write_phantom_dicom(folder, shape=(40, 92, 92), spacing=(1.5, 1.5, 2.5), tilt_degrees=15.0)
    return folder


class Store:
    """A DICOM database of one patient."""

    isOpen = True

    def __init__(self, folder):
        self.files = sorted(str(path) for path in Path(folder).iterdir())

    def patients(self):
        return ["1"]

    def studiesForPatient(self, patient):
        return ["1.2"]

    def seriesForStudy(self, study):
        return ["1.2.3"]

    def fieldForSeries(self, field, series):
        return "CT"

    def nameForPatient(self, patient):
        return "Doe^Jane"

    def fieldForPatient(self, field, patient):
        return {"PatientID": "4711"}.get(field, "")

    def fieldForStudy(self, field, study):
        return {"StudyDate": "20260714"}.get(field, "")

    def descriptionForSeries(self, series):
        return "phantom"

    def instancesForSeries(self, series):
        return [f"1.2.3.{index}" for index in range(len(self.files))]

    def filesForSeries(self, series):
        return self.files


@pytest.fixture
def store_of():
    """Makes a DICOM database of the files of a folder."""
    return Store


class Answers:
    """Dialogs that answer what a test says."""

    def __init__(self):
        self.folder_answer, self.index, self.copied, self.opened, self.told = "", -1, "", "", []
        self.failed = self.file_answer = ""

    def folder(self, title, start):
        return self.folder_answer

    def file(self, title, filters):
        return self.file_answer

    def confirm(self, title, text):
        self.told.append(title)
        return True

    def choose(self, title, text, items):
        self.items = items
        return self.index

    def install(self, packages):
        self.told.append(packages)
        return self.failed

    def open_file(self, path):
        self.opened = path

    def copy(self, text):
        self.copied = text

    def nothing_to_choose(self):
        self.told.append("nothing to choose")


class Driver:
    """A user's hands on the panel."""

    def __init__(self, application, widget, pictures):
        self.application, self.widget, self.panel = application, widget, widget.panel
        self.pictures = pictures
        self.panel.dialogs = self.dialogs = Answers()

    def find(self, name):
        import qt

        found = self.widget.parent.widget.findChild(qt.QWidget.__mro__[2], name)
        assert found is not None, name
        return found

    def click(self, name):
        """Press a button by name; it must be there and enabled."""
        button = self.find(name)
        assert button.enabled, f"{name} is disabled"
        button.click()
        self.application.processEvents()

    def wait(self, seconds=240.0, longest=None):
        """Until nothing runs; `longest` collects the longest stay of the event loop."""
        end = time.monotonic() + seconds
        while self.panel.runner.running:
            start = time.process_time()  # this process's own work: a busy machine is not the panel's fault
            self.application.processEvents()
            if longest is not None:
                longest.append(time.process_time() - start)
            assert time.monotonic() < end, "the step did not end"
            time.sleep(0.02)
        self.application.processEvents()

    def run(self, step):
        self.click(f"{step}Run")
        self.wait()

    def run_steps(self, *steps):
        """Run steps one after the other; each must end with a result and without a message."""
        for step in steps:
            self.run(step)
            assert self.state(step) in ("done", "needs you"), self.message
            assert not self.message, self.message

    def choose_folder(self, folder):
        """Work on a folder of DICOM files."""
        self.dialogs.folder_answer = str(folder)
        self.click("browseFolder")

    def start_and_cancel(self, step):
        """Start a step and stop it while it runs; nothing of it may stay."""
        import slicer

        before = slicer.mrmlScene.GetNumberOfNodes()
        self.click(f"{step}Run")
        assert self.panel.runner.running
        assert self.find("cancel").enabled
        end = time.monotonic() + 0.3
        while time.monotonic() < end:
            self.application.processEvents()
        self.click("cancel")
        assert not self.panel.runner.running
        assert self.state(step) == "idle"
        assert not self.panel.job.has(step)
        assert slicer.mrmlScene.GetNumberOfNodes() == before
        assert "Cancelled" in self.message

    def state(self, step):
        return self.panel.state.state(step)

    @property
    def message(self):
        return self.panel.footer.message.text

    def picture(self, name, height=None):
        """Leave a PNG of the panel."""
        from DicomToPrintLib.gui import widgets

        top = self.widget.parent.widget
        self.application.processEvents()
        top.show()
        for _turn in range(3):  # wrapped labels know their height only after the first layout
            top.resize(460, height or max(top.sizeHint().height(), 700))
            self.application.processEvents()
        folder = self.panel.steps["files"].folder
        chosen = folder.currentPath
        widgets.set_property_silently(
            folder, "currentPath", "Documents/prints" if chosen else ""
        )  # a picture shows no path of the machine
        self.application.processEvents()
        assert top.grab().save(str(self.pictures / f"{name}.png"))
        widgets.set_property_silently(folder, "currentPath", chosen)


@pytest.fixture(scope="session")
def pictures(tmp_path_factory):
    """Where every test leaves its pictures, to be looked at: DICOM_TO_PRINT_PICTURES=Resources/Screenshots makes those of the
    tutorial.
    """
    chosen = os.environ.get("DICOM_TO_PRINT_PICTURES")
    folder = Path(chosen) if chosen else tmp_path_factory.mktemp("pictures")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture
def driver(application, monkeypatch, pictures):
    """The module opened in an empty scene."""
    import slicer

    from SlicerStandin.install import ClosedDatabase, open_module
    from SlicerStandin.qt_module import UNCAUGHT, keep_uncaught

    slicer.mrmlScene.Clear(0)
    slicer.dicomDatabase = ClosedDatabase()
    UNCAUGHT.clear()
    monkeypatch.setattr(sys, "excepthook", keep_uncaught)
    before = our_modules()
    widget = open_module()
    yield Driver(application, widget, pictures)
    widget.cleanup()
    widget.parent.widget.close()
    widget.parent.widget.deleteLater()
    application.processEvents()
    sys.modules.pop("DicomToPrint", None)
    if (
        sys.modules.get("dicomtoprint") is not before["dicomtoprint"]
    ):  # reloaded: other tests hold the classes of before
        for name in our_modules():
            del sys.modules[name]
        sys.modules.update(before)
    assert not UNCAUGHT, UNCAUGHT


def our_modules():
    """Modules of the engine and of what needs Slicer, by name."""
    return {
        name: module
        for name, module in sys.modules.items()
        if name.partition(".")[0] in ("dicomtoprint", "DicomToPrintLib")
    }


@pytest.fixture
def cube(driver):
    """Adds a volume node of a bright cube in soft tissue, with its centre off the middle; called with the node's name."""
    import numpy as np
    import slicer

    from dicomtoprint.volume import Volume
    from DicomToPrintLib.mrml.volumes import volume_to_node

    array = np.full((30, 40, 40), -1000, np.int16)
    array[3:-3, 4:-4, 4:-4] = 40
    array[8:22, 10:28, 12:26] = 1200
    affine = np.diag([1.0, 1.0, 1.5, 1.0])
    affine[:3, 3] = (-20.0, -30.0, 10.0)
    return lambda name: volume_to_node(Volume(array, affine), slicer.mrmlScene, name)


@pytest.fixture
def loaded(driver, cube):
    """A volume of the scene without DICOM files, chosen in the panel."""
    node = cube("Cube")
    driver.panel.steps["scan"].volume.setCurrentNode(node)
    driver.application.processEvents()
    assert driver.panel.parameters.volume is node
    return node
