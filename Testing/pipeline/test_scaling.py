"""Scale and mirror: all parts alike, triangles facing outwards, places of the patient followed, and everything says so."""

import argparse
import json
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from dicomtoprint.cli.main import main
from dicomtoprint.config.option_types import scale_factor
from dicomtoprint.config.run_settings import RunSettings
from dicomtoprint.errors import UnansweredQuestionError, UsageError
from dicomtoprint.io import export_meshes, read_mesh_file
from dicomtoprint.mesh import analyse_topology
from dicomtoprint.mesh.core import Provenance
from dicomtoprint.pipeline import WORKFLOW, WorkflowState, run_stages
from dicomtoprint.pipeline.inspection import inspect_outputs
from dicomtoprint.pipeline.preparation import prepare, undo_transforms, validate_preparation
from dicomtoprint.pipeline.scaling import ask_about_scale, ratio, scale_words, size_suffix
from dicomtoprint.pipeline.scan_loading import GateClosedError, LoadedScan
from dicomtoprint.reconstruction import SurfaceModel
from dicomtoprint.volume import Volume
from Phantoms.solids import box

HALF = RunSettings(scale=0.5, mirror="sagittal", process="sla")


def part(size, at, name):
    mesh = box(*size)
    origin = np.full(len(mesh.triangles), Provenance.MEASURED, np.uint8)
    origin[0] = Provenance.BRIDGED
    away = np.linspace(0.0, 1.0, len(mesh.points), dtype=np.float32)
    points = (mesh.points + np.array(at)).astype(np.float32)
    return replace(mesh, points=points, name=name).with_arrays({"Deviation": away}, {"Provenance": origin})


@pytest.fixture
def model():
    """A large part and a small one to its left, far from the origin."""
    parts = (
        part((40.0, 30.0, 20.0), (100.0, -50.0, 900.0), "Large"),
        part((6.0, 8.0, 10.0), (150.0, -50.0, 905.0), "Small"),
    )
    return SurfaceModel(parts, ({}, {}), (), ())


def extent(mesh, axis):
    return mesh.points[:, axis].min(), mesh.points[:, axis].max()


def test_all_parts_are_scaled_and_mirrored_alike_and_face_outwards(model):
    done = prepare(model, HALF)
    large, small = done.model.meshes
    for mesh, old in zip((large, small), model.meshes):
        assert mesh.volume == pytest.approx(old.volume / 8.0, rel=1e-5) and analyse_topology(mesh).closed
        for name in ("Deviation",):
            assert np.array_equal(mesh.point_arrays[name], old.point_arrays[name]), (
                "deviations stay in mm of the patient"
            )
        assert np.array_equal(mesh.triangle_arrays["Provenance"], old.triangle_arrays["Provenance"])
    assert extent(small, 0)[1] < extent(large, 0)[0], "what lay on the left lies on the right"
    gaps = extent(model.meshes[1], 0)[0] - extent(model.meshes[0], 0)[1], extent(large, 0)[0] - extent(small, 0)[1]
    assert gaps[1] == pytest.approx(gaps[0] / 2.0, abs=1e-3)
    for mesh, old in zip(undo_transforms((large, small), done.moved), model.meshes):
        assert np.abs(mesh.points - old.points).max() < 1e-3 and mesh.volume == pytest.approx(old.volume, rel=1e-5)
    (step,) = done.model.steps
    assert step.name == "scale and mirror" and step.effect.startswith("all parts 1:2, mirrored (left and right);")


def test_places_of_the_patient_are_followed_and_the_label_tells():
    pytest.importorskip("manifold3d", reason="cuts need manifold3d")
    large = part((140.0, 100.0, 60.0), (100.0, -50.0, 900.0), "Large")
    low, high = extent(large, 0)
    at = -(low + 0.25 * (high - low))  # R of a quarter from its right side
    asked = replace(HALF, cuts=(("R", float(at)),), kept_sides=("R",), label="L 7", orient=True)
    done = prepare(SurfaceModel((large,), ({},), (), ()), asked)
    (mesh,) = undo_transforms(done.model.meshes, done.moved)
    assert extent(mesh, 0) == pytest.approx((low, -at), abs=0.2)
    (label,) = done.labels
    assert label.text == "L 7 1:2 MIRROR"
    (moved,) = done.moved
    right, up, outward = (moved[:3, :3] @ axis for axis in (label.right, label.up, label.outward))
    assert np.allclose(np.cross(right, up), outward, atol=1e-6) and np.linalg.norm(right) == pytest.approx(1.0)
    place = moved[:3, :3] @ label.origin + moved[:3, 3]
    assert np.linalg.norm(done.model.meshes[0].points - place, axis=1).min() < 10.0


def test_prepare_says_it_in_name_summary_report_and_record_and_compares_in_the_given_size(tmp_path, capsys):
    given = export_meshes((part((60.0, 50.0, 40.0), (0.0, 0.0, 0.0), "Block"),), tmp_path, "block", ("stl",))[0].path
    out = tmp_path / "out"
    words = ["--scale", "1:2", "--mirror", "coronal", "--format", "stl", "--process", "sla", "--quiet"]
    assert main(["prepare", str(given), "--output", str(out), *words]) == 0
    told = capsys.readouterr().out
    assert "Printed 1:2, mirrored (front and back): not the anatomy as it is." in told
    file = out / "model-50-percent-mirrored.stl"
    assert read_mesh_file(file).meshes[0].volume == pytest.approx(15_000.0, rel=1e-4)
    record = json.loads((out / "record.json").read_text(encoding="utf-8"))
    assert (record["parameters"]["scale"], record["parameters"]["mirror"]) == (0.5, "coronal")
    compared = next(step for step in record["steps"] if step["name"] == "comparing with the given mesh")["effect"]
    assert compared["given_to_result_mm"]["most"] < 1e-3 and compared["result_to_given_mm"]["most"] < 1e-3
    assert max(one["expected_mm"] for one in record["calipers"]) < 45.0, "distances of the print, not of the anatomy"
    assert "The model is printed 1:2, mirrored (front and back)" in (out / "report.html").read_text(encoding="utf-8")
    assert (
        main(
            ["replay", str(out / "record.json"), "--input", str(given), "--output", str(tmp_path / "again"), "--quiet"]
        )
        == 0
    )


def test_a_scaled_model_of_a_scan_is_compared_with_the_scan_and_not_taken_for_a_wrong_unit(tmp_path):
    k, j, i = np.indices((36, 40, 46))
    ball, arm = (
        (k - 18) ** 2 + (j - 20) ** 2 + (i - 19) ** 2 < 13**2,
        (abs(k - 18) < 5) & (abs(j - 20) < 4) & (i > 19) & (i < 41),
    )
    volume = Volume(np.where(ball | arm, 900, -1000).astype(np.int16), np.eye(4))
    settings = RunSettings(scale=3.0, mirror="sagittal", process="sla", formats=("stl",))
    state, _times = run_stages(WorkflowState(volume, settings, tmp_path), WORKFLOW)
    assert [file.path.name for file in state.files] == ["bone-300-percent-mirrored.stl"]
    outcomes = {finding.rule: finding.outcome.value for finding in state.readiness.findings}
    assert {outcomes[rule] for rule in ("placement", "lost", "added", "unit", "orientation")} == {"pass"}
    mirrored = replace(settings, mirror=None)
    wrong = inspect_outputs(
        state.files, state.segmentation, state.prepared.model, mirrored, moved=[np.diag([3.0, 3.0, 3.0, 1.0])]
    )
    assert next(finding for finding in wrong.findings if finding.rule == "placement").outcome.value == "fail"


def test_a_strict_use_asks(model):
    scan = LoadedScan(None, SimpleNamespace(), SimpleNamespace(), "Accepted.")
    strict = replace(HALF, use="surgical-planning")
    with pytest.raises(GateClosedError) as shut:
        ask_about_scale(scan, strict)
    assert isinstance(shut.value.error, UnansweredQuestionError)
    assert str(shut.value.error).startswith("The model is not the anatomy as it is: 1:2, mirrored (left and right).")
    assert "on purpose" in ask_about_scale(scan, replace(strict, accept_anyway="on purpose")).gate
    assert ask_about_scale(scan, RunSettings(use="surgical-planning")) is scan
    assert ask_about_scale(scan, HALF) is scan


def test_ratios_names_and_refusals():
    assert [ratio(value) for value in (0.5, 1 / 3, 2.0, 0.8, 1.25)] == ["1:2", "1:3", "2:1", "80 %", "125 %"]
    assert size_suffix(RunSettings(scale=1 / 3)) == "-33_33-percent" and size_suffix(RunSettings()) == ""
    assert size_suffix(RunSettings(scale=1.0)) == "" and scale_words(RunSettings(scale=1.0)) == ""
    assert (scale_factor("1:4"), scale_factor("0.7")) == (0.25, 0.7)
    for text in ("0", "1:1000", "-1"):
        with pytest.raises(argparse.ArgumentTypeError):
            scale_factor(text)
    for changed, words in (
        ({"formats": ("stl", "dicom")}, "leave the format dicom out"),
        ({"scale_bar": 20.0}, "leave --scale-bar or --scale out"),
        ({"scale": 500.0}, "takes 0.01 to 100"),
        ({"mirror": "left"}, "takes one of sagittal"),
    ):
        with pytest.raises(UsageError, match=words):
            validate_preparation(replace(HALF, **changed))
