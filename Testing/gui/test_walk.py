"""The whole walk on the phantom, clicked through."""

from pathlib import Path

import pytest

pytestmark = pytest.mark.panel


def test_the_phantom_walks_from_dicom_to_files(driver, phantom_dicom, tmp_path):
    import slicer

    panel = driver.panel
    driver.dialogs.folder_answer = str(phantom_dicom)
    driver.click("browseFolder")
    driver.run("scan")
    driver.picture("02-scan")
    assert driver.state("scan") == "done", driver.message
    driver.run("anatomy")
    assert driver.state("anatomy") == "done", driver.message
    driver.picture("03-anatomy")
    assert panel.anatomy_node().GetSegmentation().GetNumberOfSegments() >= 1
    driver.run("model")
    assert driver.state("model") == "done", driver.message
    driver.picture("04-model")
    driver.run("print")
    driver.picture("05-print")
    assert driver.state("print") in ("done", "needs you"), driver.message
    panel.steps["files"].folder.currentPath = str(tmp_path / "out")
    driver.run("files")
    assert driver.state("files") == "done", driver.message
    driver.picture("06-files")
    names = {path.name for path in Path(tmp_path / "out").iterdir()}
    assert "report.html" in names
    assert any(name.endswith(".stl") for name in names)
    assert slicer.mrmlScene.GetNumberOfNodesByClass("vtkMRMLModelNode") >= 1
