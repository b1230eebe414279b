"""The whole workflow on the phantom, clicked through; cancelled once in every step; and the same bytes as the script."""

import os
import shlex

import pytest

pytestmark = pytest.mark.panel


def test_the_phantom_walks_from_the_database_to_files_as_the_script_does(driver, small_dicom, store_of, tmp_path):
    import slicer

    panel, longest = driver.panel, []
    slicer.dicomDatabase = store_of(small_dicom)
    driver.dialogs.index = 0
    driver.click("browseSeries")
    assert panel.source_text() == "Series in the DICOM database: phantom"
    assert f"{len(slicer.dicomDatabase.files)} images" in driver.dialogs.items[0]
    driver.find("format-dicom").checked = True
    panel.steps["files"].folder.currentPath = str(tmp_path / "panel")
    for step in ("scan", "anatomy", "model", "print", "files"):
        driver.start_and_cancel(step)
        driver.click(f"{step}Run")
        if step == "model":
            driver.picture("running")
        driver.wait(longest=longest)
        assert driver.state(step) == "done" or (step == "print" and driver.state(step) == "needs you"), (
            step,
            driver.message,
        )
        driver.picture(
            {"scan": "scan", "anatomy": "anatomy", "model": "model", "print": "print", "files": "files"}[step]
        )
    assert max(longest) < 1.0, "the application stood still for longer than a second"

    written = {path.name for path in (tmp_path / "panel").iterdir()}
    assert {"bone.stl", "bone.dcm", "report.html", "record.json", "printability.json", "acceptance.json"} <= written
    assert not any(name.endswith(".part") for name in written)
    assert panel.results.anatomy_node().GetSegmentation().GetNumberOfSegments() == 1
    shown = [
        slicer.mrmlScene.GetNthNodeByClass(i, "vtkMRMLModelNode")
        for i in range(slicer.mrmlScene.GetNumberOfNodesByClass("vtkMRMLModelNode"))
    ]
    assert any(node.GetAttribute("DicomToPrint.Role") == "print" for node in shown)
    driver.click("openReport")
    assert driver.dialogs.opened.endswith("report.html")

    driver.click("copyCommand")
    words = shlex.split(driver.dialogs.copied)
    assert os.path.isfile(words[1])
    assert [words[0], os.path.basename(words[1]), *words[2:4]] == [
        "python",
        "dicom_to_print.py",
        "run",
        "dicomdb:1.2.3",
    ]
    assert driver.find("storeDicom").enabled
    from dicomtoprint.cli.main import main

    arguments = [str(tmp_path / "script") if word == str(tmp_path / "panel") else word for word in words[2:]]
    from DicomToPrintLib.mrml.host import slicer_host

    assert main(arguments, slicer_host()) == (0 if driver.state("print") == "done" else 1)
    assert (tmp_path / "script" / "bone.stl").read_bytes() == (tmp_path / "panel" / "bone.stl").read_bytes()


def test_a_rejected_scan_says_what_blocks_and_goes_on_only_with_a_reason(driver, tilted_dicom):
    driver.choose_folder(tilted_dicom)
    driver.run("scan")
    panel = driver.panel
    scan = panel.steps["scan"]
    assert driver.state("scan") == "needs you"
    assert "needs you" in scan.frame.text
    assert "tilt" in scan.chip.text.lower()
    assert "--" not in scan.chip.text
    assert not scan.reason.isHidden()
    assert scan.findings.shown
    driver.click("scanFindingsCopy")
    assert "tilt" in driver.dialogs.copied.lower()
    scan.findings.table.setCurrentCell(0, 1)
    driver.picture("rejected")
    every = len(scan.findings.shown)
    driver.find("scanFindingsOnly").checked = False
    assert len(scan.findings.shown) > every

    driver.run("anatomy")
    assert driver.state("anatomy") == "needs you"
    assert "tilt" in driver.message.lower()
    driver.picture("refused")

    scan.reason.text = "teaching model, tilt is known"
    scan.reason.editingFinished.emit()
    assert driver.state("scan") == "idle"
    assert "accepted anyway" in panel.area.changed.text
    driver.run("scan")
    assert driver.state("scan") == "done"
    driver.run("anatomy")
    assert driver.state("anatomy") == "done", driver.message


def test_a_finding_moves_the_slice_views_and_questions_are_answered_in_place(driver, tilted_dicom):
    import slicer

    driver.choose_folder(tilted_dicom)
    driver.run("scan")
    box = driver.find("answer-motion-blur")
    box.currentIndex = 1
    assert dict(driver.panel.settings.answers) == {"motion-blur": "yes"}
    assert driver.state("scan") == "idle"
    driver.run("scan")
    assert driver.find("answer-motion-blur").currentText == "yes"
    scan = driver.panel.steps["scan"]
    scan.findings.table.cellDoubleClicked.emit(0, 0)
    assert "no slice of a loaded volume" in driver.message
    assert slicer.mrmlScene.GetNumberOfNodesByClass("vtkMRMLTableNode") == 1


def test_opening_the_panel_imports_nothing_heavy():
    """Everything that the open panel has imported, but Slicer itself, in a process of its own."""
    pytest.importorskip("slicer", reason="the stand-in needs slicer-core")
    import subprocess
    import sys
    from pathlib import Path

    testing = Path(__file__).resolve().parents[1]
    code = (
        "import sys, tempfile; sys.path[:0] = sys.argv[1:]\n"
        "from SlicerStandin.install import install, open_module\n"
        "install(tempfile.gettempdir()); import numpy\n"
        "before = set(sys.modules)\n"
        "open_module()\n"
        "fresh = set(sys.modules) - before\n"
        "heavy = {'scipy', 'SimpleITK', 'pydicom'} & {name.partition('.')[0] for name in fresh}\n"
        "rooms = {'dicom', 'acceptance', 'segmentation', 'surface', 'preparation', 'printability', 'output'}\n"
        "print(sorted(heavy | rooms & {name.partition('DicomToPrintLib.')[2] for name in fresh}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(testing), str(testing.parent / "DicomToPrint")],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen"},
        encoding="utf-8",
    )
    assert done.stdout.strip().split("\n")[-1] == "[]", "heavy imports belong into the step that needs them"
