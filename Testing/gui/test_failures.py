"""What goes wrong is one sentence in the panel, and the scene stays as it was."""

import pytest

pytestmark = pytest.mark.panel


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

    driver.run_steps("scan", "anatomy")
    panel = driver.panel
    panel.steps["files"].folder.currentPath = str(tmp_path)
    for step, needed in (("model", "anatomy"), ("print", "model"), ("files", "print")):
        panel.job.save(needed, "not a result")
        before = slicer.mrmlScene.GetNumberOfNodes()
        driver.run(step)
        assert driver.state(step) == "needs you"
        assert driver.message.startswith("Internal error")
        assert slicer.mrmlScene.GetNumberOfNodes() == before
        assert panel.footer.run_all.enabled
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
