"""A volume without headers and a strict use: the first step asks for a reason, as the command line does. What asks there is
answered there.
"""

import numpy as np
import pytest

from dicomtoprint.acceptance import load_use_case
from dicomtoprint.volume import Volume
from Phantoms.files import write_files
from Phantoms.series import put, series

pytestmark = pytest.mark.panel


@pytest.fixture
def loaded(driver):
    """The panel with a bare volume of the scene."""
    import slicer

    from DicomToPrintLib.mrml.volumes import volume_to_node

    array = np.full((24, 24, 24), -1000, dtype=np.int16)
    array[3:21, 3:21, 3:21] = 40
    array[6:18, 6:18, 6:18] = 1200
    node = volume_to_node(Volume(array, np.diag([1.0, 1.0, 1.5, 1.0])), slicer.mrmlScene, "Cube")
    driver.find("volume").setCurrentNode(node)
    return driver


@pytest.mark.parametrize("use", ["dental", "surgical-planning", "general"])
def test_a_strict_use_asks_for_a_reason_before_anything_is_made(loaded, use):
    strict = bool({"ask", "question"} & set(load_use_case(use).blocked_by))
    loaded.panel.change(use=use)
    loaded.run("scan")
    assert loaded.state("scan") == ("needs you" if strict else "done")
    assert loaded.find("acceptAnyway").isHidden() is not strict
    if strict:
        loaded.panel.change(accept_anyway="phantom")
        loaded.run("scan")
        assert loaded.state("scan") == "done"


def test_the_step_after_it_goes_on_with_the_reason_alone(loaded):
    loaded.panel.change(use="surgical-planning", anatomy="bone")
    loaded.run("anatomy")
    assert loaded.state("anatomy") != "done" and "needs a scan that was judged" in loaded.message
    assert "--" not in loaded.message
    loaded.panel.change(accept_anyway="phantom")
    loaded.run("scan")
    loaded.run("anatomy")
    assert loaded.state("anatomy") == "done", loaded.message


def test_a_finding_that_asks_is_answered_in_the_first_step(driver, tmp_path):
    driver.choose_folder(write_files(put(series(count=6), ConvolutionKernel="XYZ"), tmp_path / "scan"))
    driver.panel.change(check_pixels=False)
    driver.run("scan")
    assert driver.state("scan") in ("done", "needs you"), driver.message
    chooser = driver.find("answer-kernel")
    chooser.setCurrentIndex(1)
    driver.application.processEvents()
    assert dict(driver.panel.settings.answers)["kernel"] == "yes"
    driver.run("scan")
    assert driver.find("answer-kernel").currentIndex == 1
