"""The panel's choice of a program that labels the scan, of the structures that are wanted, and what stands beside the anatomy."""

import pytest

pytestmark = pytest.mark.panel


def choose(driver, name, key):
    widget = driver.find(name)
    index = widget.findData(key)
    assert index >= 0, key
    widget.currentIndex = index


def test_a_backend_says_what_is_installed_what_it_allows_and_how_coarse_it_is(driver):
    panel = driver.panel
    choose(driver, "backend", "totalsegmentator:heartchambers_highres")
    told = driver.find("backendTold").text
    assert "was not found on this computer" in told or "Installed: " in told
    assert (
        "Voxels of its labels:" in told and "non-commercial use" in told and "switched" in told
    ) or "runs with a copy" in told
    driver.find("backendConfirmed").checked = True
    assert panel.settings.confirm_licence == "totalsegmentator"
    choose(driver, "backend", "totalsegmentator:total")
    assert panel.settings.confirm_licence is None, "another licence has to be read too"
    assert "1.5 x 1.5 x 1.5 mm" in driver.find("backendTold").text and driver.find("labels").count == 117
    choose(driver, "backend", "nnunet")
    assert "needs the folder of a model" in driver.find("backendTold").text
    assert not driver.find("backendConfirmed").enabled
    model = driver.find("backendModel")
    model.text = "/nowhere/model"
    model.editingFinished.emit()
    assert panel.settings.segment_with == "nnunet:/nowhere/model"
    choose(driver, "backend", "")
    assert panel.settings.segment_with is None and driver.find("labels").isHidden()


def test_segments_of_the_scene_are_chosen_by_their_boxes(driver):
    import qt
    import slicer

    node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLSegmentationNode", "Labels")
    for name in ("Femur", "Hip, left", "Sacrum"):
        node.GetSegmentation().AddEmptySegment(name, name)
    driver.find("givenSegmentation").setCurrentNode(node)
    driver.panel.refresh()
    boxes = driver.find("labels")
    assert [boxes.item(row).text() for row in range(boxes.count)] == ["Femur", "Hip, left", "Sacrum"]
    boxes.item(0).setCheckState(qt.Qt.Unchecked)
    assert driver.panel.settings.labels == ("Hip, left", "Sacrum")
    boxes.item(1).setCheckState(qt.Qt.Unchecked)
    boxes.item(2).setCheckState(qt.Qt.Unchecked)
    assert driver.panel.settings.labels == ("Sacrum",), "nothing at all is no model"
    assert boxes.item(2).checkState() == qt.Qt.Checked
    driver.find("givenSegmentation").setCurrentNode(None)
    assert driver.panel.settings.labels == ()


def test_warnings_stand_where_the_anatomy_is_chosen(driver):
    from types import SimpleNamespace

    panel = driver.panel
    caution = driver.find("anatomyCaution")
    assert caution.isHidden()
    panel.steps["scan"].modality = "MR"
    panel.refresh()
    assert caution.text.startswith("This scan is MR: its grey values do not tell") and "--" not in caution.text
    choose(driver, "backend", "totalsegmentator:total_mr")
    assert caution.isHidden()
    step = panel.steps["anatomy"]
    panel.results.keep_anatomy = lambda result: None
    segment = SimpleNamespace(name="Bone", volume_mm3=1000.0)
    step.show(SimpleNamespace(segments=[segment], notes=(), warnings=("Contrast medium was taken out of the bone.",)))
    assert "Contrast medium was taken out" in step.chip.text


@pytest.mark.parametrize(("modality", "said"), [("CT", False), ("", False), ("MR", True), ("PT", True)])
def test_the_caution_is_about_grey_values_alone(modality, said):
    from dicomtoprint.config.run_settings import RunSettings
    from dicomtoprint.pipeline.open_questions import grey_value_caution

    assert bool(grey_value_caution(modality, RunSettings(), False)) is said
    assert not grey_value_caution(modality, RunSettings(), True)
    assert not grey_value_caution(modality, RunSettings(threshold=(1.0, None)), False)
