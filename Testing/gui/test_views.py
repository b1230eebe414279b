"""What the views show belongs to the open step: its models, its marks, one legend; and the model as it was before it."""

import pytest

from Testing.gui.test_application import finding, tetrahedron

pytestmark = pytest.mark.panel


@pytest.fixture
def shown(driver):
    """The models that are seen and the legends that are, by name, after a model and a print of it are there."""
    import numpy as np
    import slicer

    panel = driver.panel
    origin = {"Provenance": np.zeros(4, np.uint8)}
    panel.results.keep_meshes("model", [tetrahedron("bone", **origin)], "")
    panel.results.keep_meshes("print", [tetrahedron("thickened", **origin)], "")
    overlay = panel.steps["print"].overlay
    overlay.currentIndex = overlay.findData("Provenance")

    def names():
        nodes = slicer.util.getNodesByClass("vtkMRMLModelNode", slicer.mrmlScene)
        legend_of = slicer.vtkSlicerColorLogic.GetColorLegendDisplayNode
        legends = [legend_of(node) for node in nodes]
        count = sum(legend is not None and bool(legend.GetVisibility()) for legend in legends)
        return [node.GetName() for node in nodes if node.GetDisplayNode().GetVisibility()], count

    return names


def test_the_model_as_it_was_before_a_step_comes_and_goes_with_one_box(driver, shown):
    before = driver.panel.steps["print"].before
    assert shown() == (["thickened"], 1)
    before.checked = True
    assert shown() == (["bone"], 0)
    before.checked = False
    assert shown() == (["thickened"], 1)
    before.checked = True
    driver.panel.open_step("model")
    driver.panel.open_step("print")
    assert shown() == (["thickened"], 1) and not before.checked


def test_models_marks_and_legends_of_a_step_go_when_it_is_left(driver, shown):
    import slicer

    panel = driver.panel
    panel.open_step("print")
    wall = finding("wall", "fail", [(0.0, 0.0, 0.0)])
    panel.results.keep_findings("print-findings", "Print findings", [wall], {}, with_places=True)
    panel.results.go_to_place(wall)
    (marks,) = slicer.util.getNodesByClass("vtkMRMLMarkupsFiducialNode", slicer.mrmlScene)
    assert marks.GetDisplayNode().GetVisibility()
    panel.open_step("model")
    assert shown() == (["bone"], 0)
    assert not marks.GetDisplayNode().GetVisibility()
    panel.open_step("anatomy")
    assert shown() == (["bone"], 0)
    panel.open_step("files")
    assert shown() == (["thickened"], 0)
    panel.open_step("print")
    assert shown() == (["thickened"], 1)


def test_selecting_a_finding_turns_the_views_and_one_without_a_place_says_nothing(driver, monkeypatch):
    panel, gone = driver.panel, []
    view = panel.steps["print"].findings
    monkeypatch.setattr(view, "_follow", gone.append)
    placed, whole = finding("wall", "fail", [(1.0, 2.0, 3.0)]), finding("size", "fail")
    view.show([placed, whole])
    for row in range(2):
        view.table.selectRow(row)
    assert [one.rule for one in gone] == ["wall"]
    assert not driver.message
    titles = [view.table.horizontalHeaderItem(column).text() for column in range(4)]
    assert titles == ["Outcome", "Finding", "Measured", "Limit"], "a number stands beside its limit"


def test_a_given_model_is_shown_as_it_was_before_its_repair(driver):
    import slicer

    from DicomToPrintLib.mrml.models import mesh_to_node

    given = mesh_to_node(tetrahedron("given"), slicer.mrmlScene, "given")
    driver.panel.choose_source(model=given)
    driver.panel.results.keep_meshes("model", [tetrahedron("repaired")], "")
    assert not given.GetDisplayNode().GetVisibility()
    driver.panel.steps["model"].before.checked = True
    assert given.GetDisplayNode().GetVisibility()
    driver.panel.steps["model"].before.checked = False
    assert not given.GetDisplayNode().GetVisibility()
