"""What was seen on the real Slicer application, which the stand-in now does too."""

import os
from pathlib import Path

import pytest

pytestmark = pytest.mark.panel


def test_the_stand_in_follows_pythonqt(application):
    import ctk
    import qt
    import slicer

    assert not isinstance(qt.QPushButton(), qt.QWidget), "PythonQt's classes have flat bases"
    chooser = slicer.qMRMLNodeComboBox()
    chooser.nodeTypes = ["vtkMRMLModelNode"]
    assert chooser.nodeTypes == ("vtkMRMLModelNode",)
    line, bar = qt.QLineEdit(), qt.QProgressBar()
    line.text, bar.value = None, 7.9
    assert (line.text, bar.value) == ("None", 7)
    assert ctk.ctkCollapsibleButton().sizePolicy.horizontalPolicy() == qt.QSizePolicy.Minimum


def test_an_emptied_folder_line_is_no_folder(driver, tmp_path):
    panel, folder = driver.panel, driver.panel.steps["files"].folder
    folder.currentPath = str(tmp_path)
    assert panel.output_folder() == str(tmp_path)
    folder.currentPath = ""
    assert panel.output_folder() == ""
    driver.run("files")
    assert driver.message == "No folder is chosen yet: choose one in step 5."
    made = tmp_path / "made"
    made.mkdir()
    (made / "bone.stl").write_bytes(b"solid")
    panel.job.save("files", {"names": ["bone.stl"], "folder": made})
    panel.safe(panel.walk.show_result)("files")
    assert "No folder is chosen any more" in driver.message
    assert not Path("bone.stl").exists()


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("~/prints", "prints"),
        ("prints", "prints"),
        (os.path.join("prints", "..", "of today"), "of today"),
        ("  ~  ", ""),
    ],
)
def test_a_typed_folder_is_meant_from_the_user_s_own(driver, typed, meant):
    home = os.path.expanduser("~")
    folder = driver.panel.steps["files"].folder
    folder.currentPath = typed
    assert driver.panel.output_folder() == os.path.abspath(os.path.join(home, meant))
    driver.panel.refresh()
    assert folder.currentPath == typed, "what is being typed stays as it is"


def finding(rule, outcome, place=()):
    from DicomToPrintLib.findings import Finding, Outcome, Severity

    said = (1.0, 2.0, "here", "Do this.", f"{rule} is told.")
    return Finding(rule, "1", Severity.WARN, Outcome(outcome), *said, places=place)


def test_a_row_is_selected_while_the_filter_changes(driver):
    view = driver.panel.steps["scan"].findings
    view.show([finding(f"rule-{index}", "pass" if index > 1 else "fail") for index in range(6)])
    view.only.checked = False
    assert view.table.rowCount == 6
    for row in range(6):
        view.table.selectRow(row)
        assert not view.detail.isHidden()
        view.only.checked = True
        assert view.table.rowCount == 2
        assert view.detail.isHidden()
        assert not view.table.selectedItems()
        view.only.checked = False
    view.table.selectRow(5)
    view.show(())
    assert view.table.rowCount == 0


def test_every_window_stands_over_the_main_window(driver, monkeypatch):
    import qt
    import slicer
    from DicomToPrintLib.gui.dialogs import Dialogs

    parents = []

    def shown(parent, *told):
        parents.append(parent)
        return ""

    for holder, name in (
        (qt.QFileDialog, "getExistingDirectory"),
        (qt.QMessageBox, "question"),
        (qt.QMessageBox, "information"),
    ):
        monkeypatch.setattr(holder, name, shown)
    dialogs = Dialogs()
    dialogs.folder("Folder", "")
    dialogs.confirm("Sure?", "Really?")
    dialogs.nothing_to_choose()
    assert parents == [slicer.util.mainWindow()] * 3


def test_a_series_is_told_by_patient_and_date(driver, small_dicom, store_of):
    import slicer

    store = slicer.dicomDatabase = store_of(small_dicom)
    driver.click("browseSeries")
    (text,) = driver.dialogs.items
    assert text == f"1.  Doe Jane [4711]  2026-07-14  CT  phantom  ({len(store.files)} images)"
    store.nameForPatient = store.descriptionForSeries = lambda uid: None
    store.fieldForPatient = store.fieldForStudy = lambda field, uid: ""
    store.fieldForSeries = lambda field, uid: {"Modality": "CT", "SeriesNumber": "7"}[field]
    driver.click("browseSeries")
    assert driver.dialogs.items[0].startswith("1.  no name  -  CT  series 7  (")
