"""Nothing is ever chosen that the user did not choose: whatever leaves the scene leaves "none" behind."""

import pytest

pytestmark = pytest.mark.panel

CHOOSERS = {
    "volume": "vtkMRMLScalarVolumeNode",
    "model": "vtkMRMLModelNode",
    "givenSegmentation": "vtkMRMLSegmentationNode",
    "region": "vtkMRMLMarkupsROINode",
    "cutPlane": "vtkMRMLMarkupsPlaneNode",
    "seeds": "vtkMRMLMarkupsFiducialNode",
    "drain_hole_positions": "vtkMRMLMarkupsFiducialNode",
    "keep_out_regions": "vtkMRMLMarkupsFiducialNode",
    "label_at": "vtkMRMLMarkupsFiducialNode",
}


def three(kind):
    import slicer

    nodes = [slicer.mrmlScene.AddNewNodeByClass(kind, name) for name in ("First", "Second", "Third")]
    for index, node in enumerate(nodes):
        if node.IsA("vtkMRMLMarkupsFiducialNode"):
            node.AddControlPoint(float(index), 1.0, 2.0)
        if node.IsA("vtkMRMLMarkupsROINode"):
            node.SetSize(10.0 + index, 10.0, 10.0)
    return nodes


def chosen_of(panel):
    """What the panel works with, apart from what its choosers show."""
    parameters, settings = panel.parameters, panel.settings
    settings_of = (getattr(settings, name) for name in list(CHOOSERS)[5:])
    return parameters.volume, parameters.model, parameters.given, settings.roi, *settings_of


NOTHING = (None, None, None, None, (), (), (), None)


def test_every_chooser_of_nodes_is_known_here(driver):
    from SlicerStandin.mrml_widgets import qMRMLNodeComboBox, qSlicerSimpleMarkupsWidget

    top = driver.widget.parent.widget
    found = {
        chooser.objectName
        for kind in (qMRMLNodeComboBox, qSlicerSimpleMarkupsWidget)
        for chooser in top.findChildren(kind)
        if chooser.objectName
    }
    assert found == set(CHOOSERS)


@pytest.mark.parametrize("name", CHOOSERS)
@pytest.mark.parametrize("index", [0, 1, 2])
def test_a_deleted_node_leaves_none(driver, name, index):
    import slicer

    nodes = three(CHOOSERS[name])
    chooser = driver.find(name)
    chooser.setCurrentNode(nodes[index])
    if name != "cutPlane":
        assert chosen_of(driver.panel) != NOTHING
    slicer.mrmlScene.RemoveNode(nodes[index])
    driver.application.processEvents()
    assert chooser.currentNode() is None
    assert chosen_of(driver.panel) == NOTHING


@pytest.mark.parametrize("name", CHOOSERS)
def test_several_nodes_that_go_at_once_leave_none(driver, name):
    import slicer

    nodes, heard = three(CHOOSERS[name]), []
    chooser = driver.find(name)
    chooser.setCurrentNode(nodes[1])
    signal = chooser.markupsNodeChanged if hasattr(chooser, "markupsNodeChanged") else chooser.currentNodeChanged
    signal.connect(lambda *node: heard.append(chooser.currentNode()))
    slicer.mrmlScene.StartState(slicer.mrmlScene.BatchProcessState)
    for node in (nodes[1], nodes[0]):
        slicer.mrmlScene.RemoveNode(node)
    slicer.mrmlScene.EndState(slicer.mrmlScene.BatchProcessState)
    assert heard == [None], "not even for a moment"
    assert chosen_of(driver.panel) == NOTHING


@pytest.mark.parametrize("name", list(CHOOSERS)[:5])
def test_a_hidden_node_leaves_none(driver, name):
    import slicer

    nodes = three(CHOOSERS[name])
    chooser = driver.find(name)
    chooser.setCurrentNode(nodes[1])
    nodes[1].SetHideFromEditors(True)
    slicer.mrmlScene.AddNewNodeByClass(CHOOSERS[name], "Another")  # at the latest now it is noticed
    assert chooser.currentNode() is None
    assert chosen_of(driver.panel) == NOTHING


def test_a_closed_scene_leaves_none(driver):
    import slicer

    for name, kind in CHOOSERS.items():
        driver.find(name).setCurrentNode(three(kind)[1])
    slicer.mrmlScene.Clear(0)
    driver.application.processEvents()
    assert [driver.find(name).currentNode() for name in CHOOSERS] == [None] * len(CHOOSERS)
    for kind in CHOOSERS.values():
        three(kind)
    assert [driver.find(name).currentNode() for name in CHOOSERS] == [None] * len(CHOOSERS)
    assert chosen_of(driver.panel) == NOTHING


def test_a_scene_that_is_added_takes_no_choice_away(driver, tmp_path):
    import slicer

    other = slicer.vtkMRMLScene()
    other.AddNewNodeByClass("vtkMRMLScalarVolumeNode", "Of another scene")
    other.SetURL(str(tmp_path / "other.mrml"))
    assert other.Commit()
    volumes, segmentations = three("vtkMRMLScalarVolumeNode"), three("vtkMRMLSegmentationNode")
    driver.find("volume").setCurrentNode(volumes[1])
    driver.find("givenSegmentation").setCurrentNode(segmentations[2])
    slicer.mrmlScene.SetURL(str(tmp_path / "other.mrml"))
    assert slicer.mrmlScene.Import()
    assert driver.panel.parameters.volume is driver.find("volume").currentNode() is volumes[1]
    assert driver.panel.parameters.given is driver.find("givenSegmentation").currentNode() is segmentations[2]


def test_the_user_is_told_what_went(driver):
    import slicer

    volume, segmentation = three("vtkMRMLScalarVolumeNode")[1], three("vtkMRMLSegmentationNode")[1]
    driver.find("givenSegmentation").setCurrentNode(segmentation)
    slicer.mrmlScene.RemoveNode(segmentation)
    assert "given segmentation was taken out" in driver.message
    driver.find("volume").setCurrentNode(volume)
    assert not driver.message
    slicer.mrmlScene.RemoveNode(volume)
    assert "choose the scan again" in driver.message
    driver.run("scan")
    assert "No scan is chosen" in driver.message


def test_the_editor_lets_go_of_what_is_deleted(driver):
    import slicer

    segmentations, volume = three("vtkMRMLSegmentationNode"), three("vtkMRMLScalarVolumeNode")[1]
    anatomy = driver.panel.steps["anatomy"]
    driver.find("volume").setCurrentNode(volume)
    driver.panel.parameters.segmentation = segmentations[1]
    anatomy.edit_group.toggled.emit(True)
    assert anatomy.editor.segmentationNode() is segmentations[1]
    slicer.mrmlScene.RemoveNode(segmentations[1])
    assert anatomy.editor.segmentationNode() is None
    assert anatomy.editor.sourceVolumeNode() is None, "it takes none while it has no segmentation"
    driver.panel.parameters.segmentation = segmentations[0]
    anatomy.connect_editor(segmentations[0])
    slicer.mrmlScene.RemoveNode(volume)
    assert anatomy.editor.segmentationNode() is None
    assert anatomy.editor.sourceVolumeNode() is None


def test_the_only_volume_is_chosen_on_return_but_never_instead_of_another(driver):
    import slicer

    panel, widget = driver.panel, driver.widget
    widget.exit()
    slicer.mrmlScene.AddNewNodeByClass("vtkMRMLLabelMapVolumeNode", "Labels")
    first = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLScalarVolumeNode", "First")
    widget.enter()
    assert panel.parameters.volume is driver.find("volume").currentNode() is first
    slicer.mrmlScene.AddNewNodeByClass("vtkMRMLScalarVolumeNode", "Second")
    widget.exit()
    slicer.mrmlScene.RemoveNode(first)
    widget.enter()
    assert panel.parameters.volume is None
    assert driver.find("volume").currentNode() is None

    slicer.mrmlScene.Clear(0)
    three("vtkMRMLScalarVolumeNode")
    widget.exit()
    widget.enter()
    assert panel.parameters.volume is None, "there are several"


def test_the_only_volume_is_not_chosen_over_none(driver):
    import slicer

    node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLScalarVolumeNode", "Only")
    driver.widget.enter()
    assert driver.panel.parameters.volume is node
    driver.find("volume").setCurrentNode(None)
    driver.widget.enter()
    assert driver.panel.parameters.volume is None, "the user has chosen none"


def test_nothing_of_ours_stands_in_the_place_of_the_module(driver):
    import slicer

    from SlicerStandin.install import Module

    assert isinstance(slicer.modules.dicomtoprint, Module)
    ours = {name for name in vars(slicer.modules) if name.lower().startswith("dicomtoprint")}
    assert ours <= {"dicomtoprint", "DicomToPrintWidget", "DicomToPrintInstance"}
