"""The logic's public methods on MRML nodes, as another module would call them; and what the module registers."""

from pathlib import Path

import numpy as np
import pytest

pytestmark = pytest.mark.panel


@pytest.fixture
def cube(driver):
    """A volume node of a bright cube of 18 x 20 x 21 mm."""
    import slicer

    from dicomtoprint.volume import Volume
    from DicomToPrintLib.mrml.volumes import volume_to_node

    array = np.full((30, 40, 40), -1000, np.int16)
    array[3:-3, 4:-4, 4:-4] = 40
    array[8:22, 10:30, 12:30] = 1200
    affine = np.diag([1.0, 1.0, 1.5, 1.0])
    affine[:3, 3] = (-20.0, -30.0, 10.0)
    return volume_to_node(Volume(array, affine), slicer.mrmlScene, "Cube")


def test_the_steps_on_nodes_end_in_a_file_of_the_right_size(driver, cube, tmp_path):
    logic = driver.widget.logic
    heard = []
    segmentation = logic.segment(cube, progress=lambda fraction, phrase="": heard.append(fraction))
    assert heard
    assert segmentation.GetClassName() == "vtkMRMLSegmentationNode"
    models = logic.repair(logic.makeSurface(segmentation, cube, max_deviation=0.3))
    bounds = [0.0] * 6
    models[0].GetRASBounds(bounds)
    assert np.diff(bounds)[::2] == pytest.approx([18.0, 20.0, 21.0], abs=1.0)
    assert bounds[1] == pytest.approx(20.0 - 11.5, abs=0.6), "the left side is where the scan has it"
    verdict = logic.inspect(models, process="sla")
    assert verdict["schema"] == "dicom-to-print/printability/1"
    assert verdict["mesh"]["boundary_edges"] == 0
    paths = logic.export(models, tmp_path, "cube", formats=("stl", "ply", "seg"))
    assert sorted(path.name for path in paths) == ["cube.ply", "cube.stl"]
    assert logic.inspect(paths[0])["mesh"]["volume_mm3"] == pytest.approx(18 * 20 * 21, rel=0.1)


def test_settings_are_keywords_by_either_name_and_an_unknown_one_is_refused(driver, cube):
    from dicomtoprint.errors import UsageError

    pytest.importorskip("manifold3d")
    logic = driver.widget.logic
    models = logic.makeSurface(logic.segment(cube, pixels=False), cube, check_pixels=False)
    plane = ((0.0, 11.0, 30.0, 0.0, 0.6, 0.8),)
    assert len(logic.prepare(models, planes=plane)) == len(logic.prepare(models, oblique_cuts=plane)) == 2
    with pytest.raises(UsageError, match="the setting 'treshold'"):
        logic.segment(cube, treshold=(300.0, None))


def test_prepare_cuts_a_model_in_two(driver, cube):
    pytest.importorskip("manifold3d")
    logic = driver.widget.logic
    models = logic.makeSurface(logic.segment(cube), cube)
    parts = logic.prepare(models, cuts=(("S", 30.0),))
    assert len(parts) == 2


def test_a_run_can_write_its_scene_and_leaves_one_scan(driver, cube, tmp_path, monkeypatch):
    import slicer

    from dicomtoprint import pipeline
    from dicomtoprint.segmentation import Segment, Segmentation
    from DicomToPrintLib.mrml import logic
    from DicomToPrintLib.mrml.volumes import volume_from_node

    volume = volume_from_node(cube)
    labels = (volume.array > 1000).astype(np.uint8)
    bone = Segment("bone", 1, "Bone", (0.9, 0.85, 0.7), None, {}, 1.0)
    found = Segmentation(None, volume.affine, labels, None, (bone,))
    writers = []

    def run(path, folder, settings, progress, scene=None):
        writers.append(scene)
        scan, model = pipeline.LoadedScan(volume, None, None, ""), type("Model", (), {"meshes": ()})
        return pipeline.RunResult(settings, scan, found, model, (), None, (), folder)

    monkeypatch.setattr(logic.pipeline, "run", run)
    for _times in (1, 2):
        driver.widget.logic.run(str(tmp_path), tmp_path, scene=True)
    assert all(writers), "inside Slicer a scene can be written"
    names = [node.GetName() for node in slicer.util.getNodesByClass("vtkMRMLScalarVolumeNode", slicer.mrmlScene)]
    assert sorted(names) == ["Cube", "Scan"], "the scan of the run before is replaced"


def test_a_failure_is_an_error_of_the_library_with_one_sentence(driver, cube, tmp_path):
    from dicomtoprint.errors import DicomToPrintError

    logic = driver.widget.logic
    for work in (
        lambda: logic.check(cube),
        lambda: logic.run(cube, tmp_path),
        lambda: logic.check(str(tmp_path)),
        lambda: logic.segment(cube, anatomy="no such"),
        lambda: logic.check("dicomdb:1.2"),
        lambda: logic.export([], tmp_path, formats=("dicom",)),
    ):
        with pytest.raises(DicomToPrintError) as caught:
            work()
        assert "\n" not in str(caught.value)


def test_a_folder_is_checked_in_the_contracts_form(driver, tilted_dicom):
    content = driver.widget.logic.check(str(tilted_dicom), pixels=False)
    assert content["schema"] == "dicom-to-print/acceptance/1"
    assert content["series"][0]["verdict"] == "reject"


def test_the_phantom_is_offered_as_sample_data(driver):
    import slicer

    from SlicerStandin.install import SampleDataLogic

    SampleDataLogic.registered.clear()
    slicer.app._startup()
    ((category, source),) = SampleDataLogic.registered
    assert (category, source.sampleName) == ("DicomToPrint", "DicomToPrintPhantom")
    assert callable(source.customDownloader)
    assert Path(source.thumbnailFileName).is_file()
    assert list(source.uris) == [], "nothing is downloaded"


def test_an_older_slicer_starts_without_the_category(driver, monkeypatch):
    import slicer

    from SlicerStandin.install import SampleDataLogic

    SampleDataLogic.registered.clear()
    monkeypatch.delattr(SampleDataLogic, "registerCustomSampleDataCategory")
    slicer.app._startup()
    assert len(SampleDataLogic.registered) == 1


@pytest.fixture
def small_phantom(monkeypatch):
    """The phantom is made coarse, which is quick."""
    from dicomtoprint import phantom

    made = phantom.write_phantom_dicom
    monkeypatch.setattr(
        phantom,
        "write_phantom_dicom",
        lambda folder, progress: made(folder, shape=(56, 92, 92), spacing=(1.5, 1.5, 2.0), progress=progress),
    )


def test_the_phantom_is_loaded_while_the_database_is_closed(driver, small_phantom, monkeypatch):
    import types

    import slicer

    assert not slicer.dicomDatabase.isOpen
    shown = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLSliceCompositeNode", "Red")
    fitted = []
    views = types.SimpleNamespace(resetSliceViews=lambda: fitted.append(True))
    monkeypatch.setattr(slicer.app, "layoutManager", lambda: views, raising=False)
    (node,) = driver.widget.logic.makePhantom()
    assert shown.GetBackgroundVolumeID() == node.GetID(), "the slice views were black"
    assert fitted
    assert node.GetScene() is slicer.mrmlScene
    assert node.GetImageData().GetDimensions() == (92, 92, 56)
    driver.widget.enter()
    assert driver.panel.parameters.volume is node
    driver.panel.change(check_pixels=False)
    driver.run("scan")
    assert driver.state("scan") == "done", driver.message
    assert driver.panel.job.load("scan")["acceptance"] is not None, "its files are judged"
    assert driver.widget.logic.check(node, pixels=False)["series"][0]["files"] == 56


def test_a_closed_database_is_asked_nothing(driver):
    import slicer

    node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLScalarVolumeNode", "CT")
    node.SetAttribute("DICOM.instanceUIDs", "1.2.3.1 1.2.3.2")
    driver.find("volume").setCurrentNode(node)
    for work in (
        lambda: driver.panel.command(),
        lambda: driver.click("browseSeries"),
        lambda: driver.run("scan"),
        lambda: driver.panel.guarded_slot(driver.panel.store_dicom)(),
    ):
        work()
        assert "Something went wrong" not in driver.message
    driver.panel.parameters.series = "1.2.3"
    driver.panel.refresh()
    driver.run("scan")
    assert "database is not open" in driver.message


def test_the_phantom_is_loaded_from_an_open_database(driver, small_phantom, store_of, monkeypatch):
    import sys
    import types

    import slicer

    heard = []

    def load(series):
        heard.append(series)
        return [slicer.mrmlScene.AddNewNodeByClass("vtkMRMLScalarVolumeNode", "Loaded").GetID()]

    utils = types.SimpleNamespace(importDicom=lambda folder: heard.append(folder), loadSeriesByUID=load)
    monkeypatch.setitem(sys.modules, "DICOMLib", types.SimpleNamespace(DICOMUtils=utils))
    slicer.dicomDatabase = type("Open", (), {"isOpen": True})()
    (node,) = driver.widget.logic.makePhantom()
    assert node.GetName() == "Loaded"
    assert heard[0].endswith("DicomToPrintPhantom")
    assert heard[1][0].count(".") > 3, "a UID"


@pytest.mark.parametrize(
    "name", ["test_SampleData", "test_PanelOpens", "test_DeletedNodesAndClosedScenes", "test_Reload"]
)
def test_the_module_s_self_test_passes_here_too(driver, name):
    import sys

    import slicer

    from SlicerStandin.install import SampleDataLogic

    SampleDataLogic.registered.clear()
    slicer.app._startup()  # in the application the phantom is offered before any test runs
    test = sys.modules["DicomToPrint"].DicomToPrintTest()
    test.setUp()
    getattr(test, name)()
    driver.widget = slicer.modules.DicomToPrintWidget
