"""The panel survives what happens to a scene: close, save and reopen, reload, deleted nodes, other volumes, undo,
failures.
"""

import numpy as np
import pytest

pytestmark = pytest.mark.panel


def test_the_scene_may_close_at_any_moment(driver, loaded, cube):
    import slicer

    def close():
        slicer.mrmlScene.StartState(slicer.mrmlScene.CloseState)
        slicer.mrmlScene.Clear(0)
        slicer.mrmlScene.EndState(slicer.mrmlScene.CloseState)
        driver.application.processEvents()

    driver.click("scanRun")
    assert driver.panel.runner.running
    close()
    assert not driver.panel.runner.running
    assert driver.panel.state is not None, "a new scene is worked in"
    assert driver.panel.parameters.volume is None
    driver.run("scan")
    assert "No scan is chosen" in driver.message

    node = cube("Again")
    driver.panel.steps["scan"].volume.setCurrentNode(node)
    driver.run_steps("scan", "anatomy")
    driver.find("anatomyStep").collapsed = False
    driver.panel.steps["anatomy"].edit_group.toggled.emit(True)
    editor = driver.panel.steps["anatomy"].editor
    assert editor is not None
    assert editor.segmentationNode() is driver.panel.results.anatomy_node()
    assert editor.effectNameOrder()[0] == "Threshold"
    driver.widget.exit()
    assert editor.segmentationNode() is None
    assert ("shortcuts", False) in editor._calls
    driver.panel.steps["anatomy"].edit_group.collapsed = False
    driver.widget.enter()
    assert editor.segmentationNode() is not None
    close()
    assert driver.panel.steps["anatomy"].editor is None
    assert driver.state("anatomy") == "idle"
    driver.picture("closed")


@pytest.mark.parametrize("step", ["scan", "anatomy", "model", "print", "files"])
def test_the_scene_may_close_while_a_step_runs(driver, loaded, tmp_path, monkeypatch, step):
    import slicer

    panel = driver.panel
    monkeypatch.setattr(panel.runner._child, "start", lambda order: None)  # a child that never ends
    panel.steps["files"].folder.currentPath = str(tmp_path)
    for needed in ("scan", "anatomy", "model", "print"):
        panel.job.save(needed, needed)
    driver.click(f"{step}Run")
    assert panel.runner.running == step
    assert "running" in panel.steps[step].frame.text
    slicer.mrmlScene.StartState(slicer.mrmlScene.CloseState)
    slicer.mrmlScene.Clear(0)
    slicer.mrmlScene.EndState(slicer.mrmlScene.CloseState)
    driver.application.processEvents()
    assert not panel.runner.running
    assert not driver.message
    assert not any(panel.job.has(name) for name in ("scan", "anatomy", "model", "print", "files"))
    assert all(driver.state(name) == "idle" for name in panel.steps)
    assert driver.find("runAll").enabled
    assert not driver.find("cancel").enabled


def test_a_saved_scene_goes_on_where_it_was(driver, loaded, tmp_path):
    import slicer

    driver.run_steps("scan", "anatomy", "model")
    before = driver.panel.job.load("model").meshes[0]
    driver.find("process").currentIndex = driver.find("process").findData("sla")
    slicer.mrmlScene.SetURL(str(tmp_path / "scene.mrml"))
    slicer.mrmlScene.SetRootDirectory(str(tmp_path))
    for index in range(slicer.mrmlScene.GetNumberOfNodesByClass("vtkMRMLStorableNode")):
        node = slicer.mrmlScene.GetNthNodeByClass(index, "vtkMRMLStorableNode")
        if (node.GetSaveWithScene() and node.AddDefaultStorageNode()) or node.GetStorageNode():
            storage = node.GetStorageNode()
            storage.SetFileName(str(tmp_path / f"{index}.{storage.GetDefaultWriteFileExtension()}"))
            storage.WriteData(node)
    assert slicer.mrmlScene.Commit(str(tmp_path / "scene.mrml"))

    driver.panel.set_parameters(None)
    slicer.mrmlScene.Clear(0)
    slicer.mrmlScene.SetURL(str(tmp_path / "scene.mrml"))
    assert slicer.mrmlScene.Import()
    driver.widget.initializeParameterNode()
    assert driver.panel.settings.process == "sla"
    assert driver.state("anatomy") == "done"
    assert driver.state("print") == "idle"
    assert driver.panel.results.volume_node().GetName() == "Cube"
    assert not driver.panel.results.is_given(), "saving and loading is no edit"
    assert not driver.panel.steps["print"].frame.collapsed, "the first step that is not done is open"
    driver.picture("reopened")
    # What the next step needs is taken from the scene: no earlier step runs again.
    started = []
    start = driver.panel.runner._child.start
    driver.panel.runner._child.start = lambda order: (started.append(driver.panel.runner.running), start(order))
    driver.run_steps("print")
    assert started == ["print"]
    after = driver.panel.job.load("print")["prepared"].model.meshes[0]
    assert np.array_equal(after.triangles, before.triangles)
    assert np.allclose(after.points, before.points, atol=1e-4)
    an_edit_reaches_the_model(driver, before.volume)


def an_edit_reaches_the_model(driver, volume):
    """Half of the anatomy taken away by hand in the reopened scene; the scan is read for the first time then."""
    from vtk.util.numpy_support import vtk_to_numpy

    assert driver.find("updateModel").isHidden()
    segmentation = driver.panel.results.anatomy_node().GetSegmentation()
    identifier = segmentation.GetNthSegmentID(0)
    image = segmentation.GetSegment(identifier).GetRepresentation("Binary labelmap")
    labels = vtk_to_numpy(image.GetPointData().GetScalars())
    filled = np.flatnonzero(labels)
    labels[filled[: len(filled) // 2]] = 0
    image.Modified()
    segmentation.GetSegment(identifier).Modified()
    driver.application.processEvents()
    assert not driver.find("updateModel").isHidden(), "the foot says that the model is out of date"
    driver.click("updateModel")
    driver.wait()
    assert driver.state("model") == "done", driver.message
    assert 0.3 * volume < driver.panel.job.load("model").meshes[0].volume < 0.7 * volume


def test_a_reload_of_the_module_leaves_a_working_panel(driver, loaded, application):
    import sys

    from SlicerStandin.install import open_module

    driver.run_steps("scan")
    driver.widget.cleanup()
    for name in [name for name in sys.modules if name.startswith("DicomToPrintLib.gui")] + ["DicomToPrint"]:
        del sys.modules[name]
    again = open_module()
    assert again.panel.state.state("scan") == "done"
    assert again.panel.parameters.volume is loaded
    again.cleanup()
    driver.widget = type("Closed", (), {"cleanup": lambda self: None, "parent": driver.widget.parent})()


def test_points_are_settings_while_their_list_lives(driver, loaded):
    import slicer

    seeds, panel = driver.panel.steps["anatomy"].seeds, driver.panel
    node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLMarkupsFiducialNode", "Seeds")
    assert panel.settings.seeds == (), "a list that others make is not taken"
    seeds.widget.setCurrentNode(node)
    node.AddControlPoint(1.0, 2.0, 3.0)
    preview = node.AddControlPoint(9.0, 9.0, 9.0)
    node.SetNthControlPointPosition(preview, 9.0, 9.0, 9.0, slicer.vtkMRMLMarkupsNode.PositionPreview)
    assert panel.settings.seeds == ((1.0, 2.0, 3.0),), "the point on the mouse counts for nothing"
    assert "seed points" in panel.area.changed.text

    # A reopened scene has the points in its settings; no list is chosen yet.
    parameters = panel.parameters
    panel.set_parameters(None)
    assert seeds.widget.currentNode() is None
    panel.set_parameters(parameters)
    assert panel.settings.seeds == ((1.0, 2.0, 3.0),)

    seeds.widget.setCurrentNode(node)
    slicer.mrmlScene.RemoveNode(node)
    assert panel.settings.seeds == ()
    assert not driver.message


def test_another_volume_starts_again(driver, loaded, cube):
    import slicer

    driver.run_steps("scan")
    driver.panel.change(max_deviation=0.3)
    assert "allowed deviation" in driver.panel.area.changed.text
    other = cube("Other")
    driver.panel.steps["scan"].volume.setCurrentNode(other)
    assert driver.state("scan") == "idle"
    driver.click("reset")
    assert driver.panel.settings.max_deviation is None
    slicer.mrmlScene.RemoveNode(other)
    driver.application.processEvents()
    driver.run("anatomy")
    assert driver.state("anatomy") in ("idle", "needs you", "done")


def test_another_folder_leaves_nothing_of_the_scan_before(driver, loaded, tmp_path, cube):

    panel = driver.panel
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    driver.choose_folder(tmp_path / "a")
    assert panel.results.volume_node() is None
    shown = cube("Scan")
    panel.results.keep_scan(shown)
    assert panel.results.volume_node() is shown
    driver.choose_folder(tmp_path / "b")
    assert panel.results.volume_node() is None
    assert shown.GetScene() is None
    panel.results.keep_scan(cube("Scan"))
    panel.change(series="1.2.3")
    assert panel.results.volume_node() is None, "another series of the same folder"


def test_a_control_that_tells_nothing_new_lets_the_step_run(driver, loaded, monkeypatch):
    panel = driver.panel
    monkeypatch.setattr(panel.runner._child, "start", lambda order: None)  # a child that never ends
    driver.click("scanRun")
    driver.find("labelText").editingFinished.emit()  # the focus leaves an untouched line
    assert panel.runner.running == "scan"
    driver.find("labelText").text = "Left"
    driver.find("labelText").editingFinished.emit()
    assert not panel.runner.running


def test_planes_of_the_scene_cut_straight_or_oblique_and_are_taken_back(driver, loaded):
    import slicer

    driver.panel.open_step("print")
    driver.panel.steps["print"].group.collapsed = False
    driver.click("addCut")
    assert "No plane is chosen" in driver.message
    plane = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLMarkupsPlaneNode", "Cut")
    plane.SetOriginWorld([1.0, 2.0, 30.0])
    plane.SetNormalWorld([0.0, 0.0, 1.0])
    driver.find("cutPlane").setCurrentNode(plane)
    driver.click("addCut")
    assert driver.panel.settings.cuts == (("S", 30.0),)
    plane.SetNormalWorld([0.0, 0.6, 0.8])
    driver.click("addCut")
    assert driver.panel.settings.oblique_cuts == (pytest.approx((1.0, 2.0, 30.0, 0.0, 0.6, 0.8)),)
    assert "oblique at 1, 2, 30" in driver.panel.steps["print"].cuts.text
    assert "--plane=1,2,30,0,0.6,0.8" in driver.panel.command()
    driver.click("noCuts")
    assert not driver.panel.settings.cuts
    assert not driver.panel.settings.oblique_cuts
