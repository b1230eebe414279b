"""The panel survives what happens to a scene: close, save and reopen, reload, deleted nodes, other volumes, undo,
failures.
"""

from pathlib import Path

import numpy as np
import pytest

pytestmark = pytest.mark.panel


def cube_volume():
    """A bright cube in air-like grey, with its centre off the middle."""
    from dicomtoprint.volume import Volume

    array = np.full((30, 40, 40), -1000, np.int16)
    array[3:-3, 4:-4, 4:-4] = 40
    array[8:22, 10:28, 12:26] = 1200
    affine = np.diag([1.0, 1.0, 1.5, 1.0])
    affine[:3, 3] = (-20.0, -30.0, 10.0)
    return Volume(array, affine)


@pytest.fixture
def loaded(driver):
    """A volume of the scene without DICOM files, chosen in the panel."""
    import slicer

    from DicomToPrintLib.mrml.volumes import volume_to_node

    node = volume_to_node(cube_volume(), slicer.mrmlScene, "Cube")
    driver.panel.steps["scan"].volume.setCurrentNode(node)
    driver.application.processEvents()
    assert driver.panel.parameters.volume is node
    return node


def walk(driver, *steps):
    for step in steps:
        driver.run(step)
        assert driver.state(step) in ("done", "needs you"), driver.message
        assert not driver.message, driver.message


def test_a_volume_without_dicom_files_is_told_and_can_be_printed(driver, loaded):
    import slicer

    walk(driver, "scan", "anatomy", "model")
    assert "not applicable" in driver.panel.steps["scan"].chip.text
    node = driver.panel.results.anatomy_node()
    assert node.GetSegmentation().GetNumberOfSegments() >= 1

    # Colouring, and a deleted model.
    overlay = driver.find("modelOverlay")
    overlay.currentIndex = overlay.findData("Deviation")
    models = [
        n
        for n in slicer.util.getNodesByClass("vtkMRMLModelNode", slicer.mrmlScene)
        if n.GetAttribute("DicomToPrint.Role") == "model"
    ]
    assert models[0].GetDisplayNode().GetActiveScalarName() == "Deviation"
    for model in models:
        slicer.mrmlScene.RemoveNode(model)
    overlay.currentIndex = 0
    assert not driver.message

    # Segments in 3D, shown and hidden again; the full editor takes over from the embedded one.
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

    # An edit by hand: the next model is made of it, and the edited segmentation stays the user's.
    assert "--segmentation" not in driver.panel.command()
    cut_away(node)
    assert driver.panel.results.edited(node)
    assert "--segmentation SEGMENTATION.seg.nrrd" in driver.panel.command(), "the script needs the edit as a file"
    before = driver.panel.job.load("model").meshes[0].volume
    driver.click("anatomyRun")
    driver.wait()
    assert driver.panel.results.anatomy_node() is node
    walk(driver, "model")
    after = driver.panel.job.load("model").meshes[0].volume
    assert after < 0.7 * before
    driver.picture("edited")

    # Undo: the model before comes back with what it was made with.
    kept = driver.panel.job.load("model").meshes[0]
    assert not driver.panel.can_undo_model(), "there is no model before of this anatomy"
    driver.panel.change(max_deviation=1.0)
    walk(driver, "model")
    assert len(driver.panel.job.load("model").meshes[0].triangles) != len(kept.triangles)
    driver.click("undoModel")
    assert np.array_equal(driver.panel.job.load("model").meshes[0].points, kept.points)
    assert driver.panel.settings.max_deviation is None
    assert driver.state("model") == "done"
    assert driver.state("print") == "idle"
    driver.panel.change(max_deviation=1.0)
    assert driver.panel.job.has("model-before")

    # Other settings for the anatomy: the edit is asked about, stays in the scene and counts no longer.
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


def test_the_scene_may_close_at_any_moment(driver, loaded):
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

    from DicomToPrintLib.mrml.volumes import volume_to_node

    node = volume_to_node(cube_volume(), slicer.mrmlScene, "Again")
    driver.panel.steps["scan"].volume.setCurrentNode(node)
    walk(driver, "scan", "anatomy")
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

    walk(driver, "scan", "anatomy", "model")
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
    walk(driver, "print")
    assert started == ["print"]
    after = driver.panel.job.load("print")["prepared"].model.meshes[0]
    assert np.array_equal(after.triangles, before.triangles)
    assert np.allclose(after.points, before.points, atol=1e-4)


def test_a_reload_of_the_module_leaves_a_working_panel(driver, loaded, application):
    import sys

    from SlicerStandin.install import open_module

    walk(driver, "scan")
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
    assert "seed points" in panel.head.changed.text

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


def test_another_volume_starts_again(driver, loaded):
    import slicer

    from DicomToPrintLib.mrml.volumes import volume_to_node

    walk(driver, "scan")
    driver.panel.change(max_deviation=0.3)
    assert "allowed deviation" in driver.panel.head.changed.text
    other = volume_to_node(cube_volume(), slicer.mrmlScene, "Other")
    driver.panel.steps["scan"].volume.setCurrentNode(other)
    assert driver.state("scan") == "idle"
    driver.click("reset")
    assert driver.panel.settings.max_deviation is None
    slicer.mrmlScene.RemoveNode(other)
    driver.application.processEvents()
    driver.run("anatomy")
    assert driver.state("anatomy") in ("idle", "needs you", "done")


def test_another_folder_leaves_nothing_of_the_scan_before(driver, loaded, tmp_path):
    import slicer

    from DicomToPrintLib.mrml.volumes import volume_to_node

    panel = driver.panel
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    driver.choose_folder(tmp_path / "a")
    assert panel.results.volume_node() is None
    shown = volume_to_node(cube_volume(), slicer.mrmlScene, "Scan")
    panel.results.keep_scan(shown)
    assert panel.results.volume_node() is shown
    driver.choose_folder(tmp_path / "b")
    assert panel.results.volume_node() is None
    assert shown.GetScene() is None
    panel.results.keep_scan(volume_to_node(cube_volume(), slicer.mrmlScene, "Scan"))
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


def test_an_empty_volume_and_a_folder_without_dicom_are_each_one_sentence(driver, tmp_path):
    import slicer

    node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLScalarVolumeNode", "Empty")
    driver.panel.steps["scan"].volume.setCurrentNode(node)
    driver.run("scan")
    assert "no voxels" in driver.message
    assert driver.state("scan") == "needs you"
    (tmp_path / "notes.txt").write_text("no scan", encoding="utf-8")
    driver.choose_folder(tmp_path)
    driver.run("scan")
    assert driver.message
    assert "Internal" not in driver.message
    driver.picture("bad-input")


def test_a_date_that_is_none_is_one_sentence_without_options(driver, tilted_dicom):
    driver.choose_folder(tilted_dicom)
    scan = driver.panel.steps["scan"]
    scan.date.text = "next May"
    scan.date.editingFinished.emit()
    driver.run("scan")
    assert driver.message.startswith("The date of surgery takes a date as YYYY-MM-DD")
    assert "--" not in driver.message


def test_a_transform_over_the_volume_is_told_and_hardened(driver, loaded):
    import slicer

    transform = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLGridTransformNode", "acquisition transform")
    loaded.SetAndObserveTransformNodeID(transform.GetID())
    driver.panel.refresh()
    assert "acquisition transform" in driver.panel.steps["scan"].placement.text
    driver.run("scan")
    assert "bent transform" in driver.message
    driver.picture("transform")
    loaded.SetAndObserveTransformNodeID(None)
    driver.panel.refresh()
    assert driver.panel.steps["scan"].placement.isHidden()


def test_a_failure_inside_a_step_is_one_sentence_and_the_scene_stays(driver, loaded, tmp_path):
    import slicer

    walk(driver, "scan", "anatomy")
    panel = driver.panel
    panel.steps["files"].folder.currentPath = str(tmp_path)
    for step, needed in (("model", "anatomy"), ("print", "model"), ("files", "print")):
        panel.job.save(needed, "not a result")
        before = slicer.mrmlScene.GetNumberOfNodes()
        driver.run(step)
        assert driver.state(step) == "needs you"
        assert driver.message.startswith("Internal error")
        assert slicer.mrmlScene.GetNumberOfNodes() == before
        assert panel.head.run_all.enabled
    driver.picture("failed")


@pytest.mark.parametrize("step", ["scan", "anatomy"])
def test_a_failure_inside_the_first_steps_is_one_sentence(driver, loaded, monkeypatch, step):
    import slicer

    write, before = driver.panel.job.write_request, slicer.mrmlScene.GetNumberOfNodes()
    monkeypatch.setattr(
        driver.panel.job, "write_request", lambda name, source, settings: write("no such step", source, settings)
    )
    driver.run(step)
    assert driver.state(step) == "needs you"
    assert driver.message.startswith("Internal error")
    assert "\n" not in driver.message
    assert slicer.mrmlScene.GetNumberOfNodes() == before
    assert driver.find("runAll").enabled


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


def test_a_failure_while_showing_is_one_sentence(driver, loaded, monkeypatch):
    def broken(result):
        raise ValueError("secret /path")

    monkeypatch.setattr(driver.panel.steps["scan"], "show", broken)
    driver.run("scan")
    assert driver.state("scan") == "needs you"
    assert "ValueError" in driver.message
    assert "secret" not in driver.message


def test_a_folder_that_cannot_be_written_is_one_sentence(driver, loaded, tmp_path):
    target = tmp_path / "file"
    target.write_text("", encoding="utf-8")
    panel = driver.panel
    panel.steps["files"].folder.currentPath = str(target / "below")
    made = panel.job.folder / "files"
    made.mkdir()
    (made / "bone.stl").write_bytes(b"solid")
    panel.job.save("files", {"names": ["bone.stl"], "folder": made})
    panel.guarded_slot(panel.runner.show_result)("files")
    assert "cannot be written" in driver.message
    assert driver.state("files") == "needs you"


def test_remote_series_of_the_database_are_told(driver, small_dicom, store_of):
    import slicer

    driver.click("browseSeries")
    assert "not open" in driver.message
    slicer.dicomDatabase = store_of(small_dicom)
    driver.dialogs.index = 0
    driver.click("browseSeries")
    slicer.dicomDatabase.files = [*slicer.dicomDatabase.files[:-1], ""]
    driver.run("scan")
    assert "not stored on this computer" in driver.message


@pytest.fixture
def made(driver, tmp_path):
    """A folder of a job with three files, and the chosen folder beside it."""
    made = tmp_path / "made"
    (made / "pictures").mkdir(parents=True)
    for name in ("bone.stl", "bone.dcm", "pictures/place-1.svg"):
        (made / name).write_bytes(b"new")
    driver.panel.steps["files"].folder.currentPath = str(tmp_path / "out")
    return made


def test_what_was_written_before_goes_and_a_draft_never_stays(driver, made, tmp_path, monkeypatch):
    deliver, out = driver.panel.results.deliver, tmp_path / "out"
    (made / "bone-1-upper.stl").write_bytes(b"before")
    deliver(made, ["bone-1-upper.stl", "bone.dcm"])
    (out / "pictures").mkdir()
    (out / "pictures" / "place-9.svg").write_text("of a run before", encoding="utf-8")
    (out / "notes.txt").write_text("the user's", encoding="utf-8")
    deliver(made, ["bone.stl", "pictures/place-1.svg"])
    left = {str(path.relative_to(out)) for path in out.rglob("*") if path.is_file()}
    assert left == {"bone.stl", "notes.txt", str(Path("pictures/place-1.svg"))}

    def held(source, target):
        raise PermissionError(13, "Access is denied", str(source), None, str(target))

    monkeypatch.setattr("DicomToPrintLib.gui.scene_presenter.os.replace", held)
    driver.panel.guarded_slot(deliver)(made, ["bone.stl"])
    assert (
        driver.message
        == "'bone.stl' cannot be replaced: close it in other programs, or choose another folder in step 5."
    )
    assert not list(out.glob(".*"))


def test_only_what_was_written_goes_into_the_database(driver, made, tmp_path, store_of):
    import slicer

    panel, out = driver.panel, tmp_path / "out"
    slicer.dicomDatabase = store_of(made)
    slicer.dicomDatabase.insert = lambda path, store, thumbnail: inserted.append((Path(path).name, store))
    inserted = []
    out.mkdir()
    (out / "slice.dcm").write_bytes(b"a slice of the scan")
    panel.guarded_slot(panel.store_dicom)()
    assert "no DICOM file to save" in driver.message
    panel.results.deliver(made, ["bone.stl", "bone.dcm"])
    panel.guarded_slot(panel.store_dicom)()
    assert inserted == [("bone.dcm", True)]
    assert driver.message == "Saved to the DICOM database."
