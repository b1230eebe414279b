"""A model of the scene as the source of the panel: steps 1 and 2 are not needed, the others are as for a scan."""

import json
import shlex

import numpy as np
import pytest

from dicomtoprint.mesh.core import Mesh
from Phantoms.solids import box

pytestmark = pytest.mark.panel
COLOR = (0.2, 0.6, 0.4)


def model_node(*missing, name="Femur of a portal"):
    """A box of 60 x 40 x 30 mm as a model node that no step made, without the triangles `missing`, under a transform."""
    import slicer

    from DicomToPrintLib.mrml.models import MESH_NAME, mesh_to_node

    whole = box(60.0, 40.0, 30.0)
    node = mesh_to_node(
        Mesh(whole.points, np.delete(whole.triangles, missing, axis=0), name, COLOR), slicer.mrmlScene, name
    )
    node.RemoveAttribute(MESH_NAME)
    moved = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLLinearTransformNode", "Moved")
    matrix = slicer.vtkMRMLSliceNode().GetSliceToRAS()
    matrix.SetElement(0, 3, 100.0)
    moved.SetMatrixTransformToParent(matrix)
    node.SetAndObserveTransformNodeID(moved.GetID())
    return node


def made_nodes():
    import slicer

    found = slicer.util.getNodesByClass("vtkMRMLModelNode")
    return [node for node in found if node.GetAttribute("DicomToPrint.Role") == "model"]


def states(driver):
    return [driver.state(step) for step in ("scan", "anatomy", "model", "print", "files")]


def test_a_given_model_walks_from_step_3_to_files_that_replay(driver, tmp_path):
    panel, node = driver.panel, model_node(0)
    driver.find("model").setCurrentNode(node)
    assert states(driver) == ["not needed", "not needed", "idle", "idle", "idle"]
    assert not driver.find("scanRun").enabled and not driver.find("anatomyRun").enabled
    assert "not needed" in driver.find("scanStep").text and "Not judged" in panel.steps["scan"].chip.text
    driver.find("hollow").value = 3.0
    driver.find("process").setCurrentIndex(driver.find("process").findData("sla"))
    driver.find("format-3mf").checked = False
    panel.steps["files"].folder.currentPath = str(tmp_path / "out")
    driver.start_and_cancel("model")
    driver.click("runAll")
    driver.wait()
    assert driver.state("files") == "done", driver.message
    assert states(driver)[:3] == ["not needed", "not needed", "done"]
    record = json.loads((tmp_path / "out" / "record.json").read_text(encoding="utf-8"))
    assert record["command"] == "prepare" and record["parameters"]["hollow"] == 3.0
    assert {path.name for path in (tmp_path / "out").iterdir()} >= {
        "given.ply",
        "model.stl",
        "report.html",
        "plan.json",
    }
    words = shlex.split(panel.command())
    assert words[2:4] == ["prepare", "MODEL.stl"] and "--hollow" in words and "--anatomy" not in words

    from dicomtoprint.cli.main import main
    from dicomtoprint.io import read_mesh_file

    assert read_mesh_file(tmp_path / "out" / "model.stl").meshes[0].bounds[:2] == pytest.approx((-100.0, -40.0))
    again = ["--input", str(tmp_path / "out" / "given.ply"), "--output", str(tmp_path / "again")]
    assert main(["replay", str(tmp_path / "out" / "record.json"), *again]) == 0


def test_a_given_model_is_asked_what_the_terminal_asks_and_a_no_rejects_the_print(driver, tmp_path):
    from dicomtoprint.pipeline.checklist import load_checklist

    panel = driver.panel
    asked = [one.id for one in load_checklist().questions if one.is_asked_of("")]
    driver.find("model").setCurrentNode(model_node())
    driver.run("model")
    box = driver.find(f"answer-{asked[0]}")
    box.setCurrentIndex(box.findData("no"))
    assert driver.state("model") == "done" and panel.settings.answers == ((asked[0], "no"),)
    assert f"{asked[0]}=no" in panel.command()
    driver.run("print")
    readiness = panel.job.load("print")["readiness"]
    assert {entry["question"]: entry["answer"] for entry in readiness.checklist} == {
        name: "no" if name == asked[0] else None for name in asked
    }
    assert any(finding.rule == asked[0] for finding in readiness.findings)


def test_the_closed_model_is_shown_in_its_colour_and_can_be_taken_back(driver):
    panel, node = driver.panel, model_node(0)
    driver.find("model").setCurrentNode(node)
    driver.run("model")
    assert driver.state("model") == "done", driver.message
    made = made_nodes()
    assert len(made) == 1 and not node.GetDisplayVisibility()
    assert made[0].GetDisplayNode().GetColor() == pytest.approx(COLOR, abs=0.01)
    before = panel.job.load("model").meshes[0]
    assert before.volume == pytest.approx(72000.0, rel=1e-4)
    driver.find("triangles").value = 50_000
    driver.run("model")
    driver.click("undoModel")
    assert panel.settings.triangles == 500_000 and np.array_equal(
        panel.job.load("model").meshes[0].points, before.points
    )
    driver.find("model").setCurrentNode(made_nodes()[0])
    assert driver.find("model").currentNode() is node
    assert "is a result of this panel" in driver.message and panel.parameters.model is node


def test_a_model_that_may_not_be_repaired_is_refused_in_the_panel_s_words(driver):
    driver.find("model").setCurrentNode(model_node(0))
    driver.find("repair").checked = False
    driver.run("model")
    assert driver.state("model") == "needs you"
    assert (
        "3 edges are open" in driver.message
        and "allow its repair in step 3" in driver.message
        and "--" not in driver.message
    )


def test_a_scan_takes_the_place_of_a_model_and_the_other_way_round(driver, small_dicom):
    import slicer

    node = model_node()
    driver.find("model").setCurrentNode(node)
    driver.choose_folder(small_dicom)
    assert states(driver) == ["idle"] * 5 and driver.find("model").currentNode() is None
    driver.find("model").setCurrentNode(node)
    assert driver.panel.source_text() == "" and states(driver)[:2] == ["not needed", "not needed"]
    slicer.mrmlScene.RemoveNode(node)
    driver.application.processEvents()
    assert "taken out of the scene" in driver.message and states(driver) == ["idle"] * 5


def test_a_strict_use_asks_for_a_reason_beside_the_model(driver):
    driver.find("model").setCurrentNode(model_node())
    use = driver.find("use")
    use.setCurrentIndex(use.findData("implant"))
    assert not driver.panel.steps["scan"].reason.isHidden()
    driver.run("model")
    assert driver.state("model") == "needs you" and "a reason below" in driver.message
