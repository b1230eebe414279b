"""Step 5 takes what comes back from the printer: a scan of the part is compared with its model; and it makes the coupon."""

import time

import pytest

from dicomtoprint.io import export_meshes
from dicomtoprint.mesh.core import Mesh
from dicomtoprint.run_record import new_run_record, write_record
from Phantoms import printed_parts
from Phantoms.printed_parts import PrintFault, ScannerFault, scan_of

pytestmark = pytest.mark.panel


def wait(driver, seconds=120.0):
    end = time.monotonic() + seconds
    part = driver.panel.steps["files"].part
    while any(command.running for command in part._commands.values()):
        driver.application.processEvents()
        assert time.monotonic() < end
        time.sleep(0.05)
    driver.application.processEvents()


@pytest.fixture(autouse=True)
def unfolded(driver):
    """The group is open."""
    driver.panel.steps["files"].part.group.collapsed = False


@pytest.fixture
def written(driver, tmp_path):
    """A folder with a model and its record, chosen; and the file of a scan of a print that is too large."""
    bracket = printed_parts.bracket(1.0)
    folder = tmp_path / "model"
    files = export_meshes([bracket], folder, "bone", ("stl",))
    parameters = {"process": "fdm", "use": "general"}
    outputs = tuple(file.as_json() for file in files)
    write_record(folder, new_run_record(intended_use="general", parameters=parameters, outputs=outputs, calipers=()))
    scan = scan_of(bracket, PrintFault(scale=(1.0, 1.0, 1.03)), ScannerFault(noise_mm=0.02), 1)
    export_meshes([Mesh(scan.mesh.points, scan.mesh.triangles, "scan")], tmp_path, "scan", ("stl",), space=None)
    driver.panel.steps["files"].folder.currentPath = str(folder)
    return tmp_path / "scan.stl"


def test_a_scan_of_the_part_is_judged_and_shown_in_colours(driver, written):
    import slicer

    panel = driver.panel
    panel.open_step("files")
    driver.dialogs.file_answer = str(written)
    driver.click("comparePart")
    wait(driver)
    assert not driver.message
    assert "deviates" in driver.find("partVerdict").text
    assert "too large" in panel.steps["files"].part.figures.text or "beyond" in panel.steps["files"].part.figures.text
    (node,) = slicer.util.getNodesByClass("vtkMRMLModelNode", slicer.mrmlScene)
    display = node.GetDisplayNode()
    assert display.GetActiveScalarName() == "Deviation" and display.GetScalarVisibility()
    low, high = display.GetScalarRange()
    assert low == -high < 0.0
    legend = slicer.vtkSlicerColorLogic.GetColorLegendDisplayNode(node)
    assert legend.GetVisibility()
    panel.open_step("scan")
    assert not legend.GetVisibility()


def test_what_is_no_scan_of_a_part_is_one_sentence(driver, written):
    written.write_bytes(b"no mesh at all")
    driver.dialogs.file_answer = str(written)
    driver.click("comparePart")
    wait(driver)
    assert driver.message and "Traceback" not in driver.message
    assert driver.find("partVerdict").isHidden()


def test_without_a_record_or_a_folder_it_says_so(driver, tmp_path):
    for name in ("comparePart", "makeCoupon"):
        driver.click(name)
        assert driver.message == "No folder is chosen yet: choose one in step 5."
    driver.panel.steps["files"].folder.currentPath = str(tmp_path)
    driver.click("comparePart")
    assert "no record in the folder" in driver.message


def test_the_coupon_of_the_process_is_written_into_the_folder(driver, tmp_path):
    driver.panel.steps["files"].folder.currentPath = str(tmp_path)
    driver.click("makeCoupon")
    wait(driver)
    assert "test coupon is in the folder" in driver.message, driver.message
    assert list((tmp_path / "coupon").glob("*.stl"))
