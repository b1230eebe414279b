"""A volume of the scene without DICOM files, from its check to the files: overlays, edits by hand, undo, remedies."""

import numpy as np
import pytest

pytestmark = pytest.mark.panel


def test_a_volume_without_dicom_files_is_told_and_can_be_printed(driver, loaded):
    driver.run_steps("scan", "anatomy", "model")
    assert "not applicable" in driver.panel.steps["scan"].chip.text
    node = driver.panel.results.anatomy_node()
    assert node.GetSegmentation().GetNumberOfSegments() >= 1
    colour_and_delete_the_model(driver)
    show_segments_and_open_the_editor(driver, node)
    edit_by_hand(driver, node)
    undo_the_model(driver)
    choose_another_threshold(driver, node)


def colour_and_delete_the_model(driver):
    """Colour a model by an overlay, and delete it."""
    import slicer

    overlay = driver.find("modelOverlay")
    overlay.currentIndex = overlay.findData("Deviation")
    models = [node for node in models_of(slicer) if node.GetAttribute("DicomToPrint.Role") == "model"]
    assert models[0].GetDisplayNode().GetActiveScalarName() == "Deviation"
    for model in models:
        slicer.mrmlScene.RemoveNode(model)
    overlay.currentIndex = 0
    assert not driver.message


def show_segments_and_open_the_editor(driver, node):
    """Segments in 3D, shown and hidden again; the full editor takes over from the embedded one."""
    import slicer

    display = node.GetDisplayNode()
    assert not display.GetVisibility3D(), "the model took their place"
    driver.click("show3D")
    assert display.GetVisibility3D()
    assert node.GetSegmentation().ContainsRepresentation("Closed surface")
    driver.click("show3D")
    assert not display.GetVisibility3D()
    driver.panel.steps["anatomy"].edit_group.toggled.emit(True)
    assert driver.panel.steps["anatomy"].editor.segmentationNode() is node
    driver.click("openEditor")
    assert not driver.message, driver.message
    assert slicer.util.selectedModule() == "SegmentEditor"
    assert driver.panel.steps["anatomy"].editor.segmentationNode() is None


def edit_by_hand(driver, node):
    """The next model is made of the edit, and the edited segmentation stays the user's."""
    assert "--segmentation" not in driver.panel.command()
    node.GetSegmentation().GetNthSegment(0).SetColor(0.1, 0.2, 0.3)
    assert driver.find("updateModel").isHidden(), "a colour is no edit"
    cut_away(node)
    assert not driver.find("updateModel").isHidden()
    assert "out of date" in driver.panel.footer.todo.text
    assert driver.panel.results.edited(node)
    assert "--segmentation SEGMENTATION.seg.nrrd" in driver.panel.command(), "the script needs the edit as a file"
    before = driver.panel.job.load("model").meshes[0].volume
    known = driver.panel.job.load("anatomy")
    driver.click("updateModel")
    driver.wait()
    assert driver.panel.results.anatomy_node() is node
    assert driver.state("model") == "done", driver.message
    assert driver.find("updateModel").isHidden()
    after = driver.panel.job.load("model").meshes[0].volume
    assert after < 0.7 * before
    now = driver.panel.job.load("anatomy")
    assert now.segments[0].boundary == known.segments[0].boundary, "the surface of what was left alone stays"
    assert np.array_equal(now.labels, np.where(now.labels != 0, known.labels, 0)), "nothing grew"
    removed = now.figures["edited_mm3"]["removed"]
    assert before - after == pytest.approx(removed, rel=0.15)
    driver.picture("edited")


def undo_the_model(driver):
    """The model before comes back with what it was made with."""
    kept = driver.panel.job.load("model").meshes[0]
    assert not driver.panel.can_undo_model(), "there is no model before of this anatomy"
    driver.panel.change(max_deviation=1.0)
    driver.run_steps("model")
    assert len(driver.panel.job.load("model").meshes[0].triangles) != len(kept.triangles)
    driver.click("undoModel")
    assert np.array_equal(driver.panel.job.load("model").meshes[0].points, kept.points)
    assert driver.panel.settings.max_deviation is None
    assert driver.state("model") == "done"
    assert driver.state("print") == "idle"
    driver.panel.change(max_deviation=1.0)
    assert driver.panel.job.has("model-before")


def choose_another_threshold(driver, node):
    """The edit is asked about, stays in the scene and counts no longer."""
    import slicer

    driver.panel.change(threshold=(300.0, None))
    assert not driver.panel.job.has("model-before"), "another anatomy has no model before"
    driver.click("anatomyRun")
    driver.wait()
    assert "Edited by hand" in driver.dialogs.told
    found = driver.panel.results.anatomy_node()
    assert found is not node
    assert "(edited)" in node.GetName()
    assert node.GetScene() is slicer.mrmlScene
    assert "--segmentation" not in driver.panel.command()


def models_of(slicer):
    return slicer.util.getNodesByClass("vtkMRMLModelNode", slicer.mrmlScene)


def test_run_all_goes_down_to_the_files_and_a_remedy_checks_again(driver, loaded, tmp_path):
    import slicer

    panel = driver.panel
    driver.click("runAll")
    driver.wait()
    assert [driver.state(step) for step in ("scan", "anatomy", "model")] == ["done"] * 3, driver.message
    assert driver.state("print") in ("done", "needs you")
    assert driver.state("files") == "idle", "no folder is chosen yet"
    panel.steps["print"].overlay.currentIndex = panel.steps["print"].overlay.findData("Wall")
    assert not driver.message, driver.message
    limit = panel.job.load("print")["readiness"].process.limit("wall_supported_mm")
    displays = {node.GetAttribute("DicomToPrint.Role"): node.GetDisplayNode() for node in models_of(slicer)}
    assert displays["print"].GetScalarRange() == pytest.approx((0.0, limit)), (
        "walls below the process's limit stand out"
    )
    overlay = panel.steps["print"].overlay
    overlay.currentIndex = overlay.findData("Provenance")
    assert not driver.message, driver.message
    assert displays["print"].GetActiveScalarName() == "Provenance"
    overlay.currentIndex = overlay.findData("Wall")
    findings = panel.steps["print"].findings
    findings.only.checked = False
    rows = [index for index, finding in enumerate(findings.shown) if finding.places]
    if rows:
        panel.guarded_slot(panel.results.go_to_place)(findings.shown[rows[0]])
        assert not driver.message, driver.message
    remedies = panel.steps["print"].remedies
    if remedies.count():
        words = remedies.itemAt(0).widget().text
        remedies.itemAt(0).widget().click()
        driver.wait()
        assert driver.state("print") in ("done", "needs you"), (words, driver.message)
        assert panel.state.differing()
        driver.picture("remedy")
    panel.steps["files"].folder.currentPath = str(tmp_path / "out")
    driver.find("format-3mf").checked = False
    driver.find("scene").checked = True
    driver.click("runAll")
    driver.wait()
    assert driver.state("files") == "done", driver.message
    names = {path.name for path in (tmp_path / "out").iterdir()}
    assert {"bone.stl", "bone.mrb", "scan.nrrd", "report.html", "record.json"} <= names
    assert not any(name.endswith(".3mf") for name in names)
    assert panel.steps["files"].folder._history == [str(tmp_path / "out")]


def cut_away(node):
    """Erase the upper half of the first segment, as the eraser would."""
    import slicer
    from vtk.util.numpy_support import vtk_to_numpy

    segmentation = node.GetSegmentation()
    identifier = segmentation.GetNthSegmentID(0)
    image = slicer.vtkOrientedImageData()
    node.GetBinaryLabelmapRepresentation(identifier, image)
    i0, i1, j0, j1, k0, k1 = image.GetExtent()
    array = vtk_to_numpy(image.GetPointData().GetScalars()).reshape(k1 - k0 + 1, j1 - j0 + 1, i1 - i0 + 1)
    filled = np.flatnonzero(array.any(axis=(1, 2)))
    array[(filled[0] + filled[-1]) // 2 :] = 0
    image.Modified()
    logic = slicer.vtkSlicerSegmentationsModuleLogic
    assert logic.SetBinaryLabelmapToSegment(image, node, identifier, logic.MODE_REPLACE)


def test_the_checklist_is_answered_on_the_anatomy_and_asked_anew_of_another(driver, loaded):
    driver.run_steps("scan", "anatomy", "model")
    driver.find("answer-anatomy-included").currentIndex = 2
    settings = driver.panel.settings
    assert dict(settings.answers) == {"anatomy-included": "no"} and dict(settings.answer_times)["anatomy-included"]
    assert [driver.state(step) for step in ("anatomy", "model", "print")] == ["done", "done", "idle"]
    driver.run("print")
    (finding,) = (one for one in driver.panel.job.load("print")["readiness"].findings if one.rule == "anatomy-included")
    assert finding.severity.value == "reject"
    driver.panel.change(threshold=(150.0, None))
    driver.run("anatomy")
    assert driver.panel.settings.answers == () and driver.find("answer-anatomy-included").currentIndex == 0
