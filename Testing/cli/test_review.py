"""`review` on the command line: exit codes, what is written, what is refused."""

import json

import numpy as np
import pytest

from dicomtoprint.cli.main import main
from dicomtoprint.config import resources
from dicomtoprint.io import export_meshes
from dicomtoprint.mesh.core import Mesh
from dicomtoprint.report import select_caliper_measurements
from dicomtoprint.run_record import new_run_record, write_record
from Phantoms import printed_parts
from Phantoms.printed_parts import PrintFault, ScannerFault, scan_of


@pytest.fixture(scope="module")
def bracket():
    return printed_parts.bracket(1.0)


@pytest.fixture
def record(bracket, tmp_path):
    folder = tmp_path / "model"
    files = export_meshes([bracket], folder, "bone", ("stl",))
    return write_record(
        folder,
        new_run_record(
            intended_use="general",
            parameters={"process": "fdm", "use": "general"},
            outputs=tuple(file.as_json() for file in files),
            calipers=select_caliper_measurements([bracket], absolute_mm=0.3, share=0.003),
        ),
    )


def write_scan(mesh, folder, name="SCAN OF DOE.stl"):
    mesh = Mesh(mesh.points, mesh.triangles, "scan")
    export_meshes([mesh], folder, name.removesuffix(".stl"), ("stl",), space=None)
    return folder / name


def test_a_print_too_large_fails_with_its_scale_in_every_output(bracket, record, tmp_path, capsys):
    jsonschema = pytest.importorskip("jsonschema")
    scan = scan_of(bracket, PrintFault(scale=(1.0, 1.0, 1.03)), ScannerFault(noise_mm=0.02), 1)
    part = write_scan(scan.mesh, tmp_path)
    arguments = ["review", str(record), "--part", str(part), "--json", str(tmp_path / "r.json"), "--quiet"]
    assert main([*arguments, "--process", "sla", "--caliper", "1=40", "--scan-error", "0.02"]) == 1
    said = capsys.readouterr().out
    assert "Printed part: FAIL" in said and "too large in S" in said
    content = json.loads((tmp_path / "r.json").read_text(encoding="utf-8"))
    schema = json.loads((resources.RESOURCE_DIR / "report" / "review.schema.json").read_text(encoding="utf-8"))
    jsonschema.validate(content, schema)
    assert content["verdict"] == "fail"
    assert content["scan"]["scale"]["S"]["percent"] == pytest.approx(3.0, abs=0.05)
    assert content["scan"]["budget"]["sentence"].startswith("Measured:")
    folder = record.parent / "review"
    assert sorted(path.name for path in folder.iterdir()) == ["deviation.ply", "part.ply", "review.html", "review.json"]
    page = (folder / "review.html").read_text(encoding="utf-8")
    assert "too large in S" in page and "Measured:" in page
    for text in (page, json.dumps(content), said):
        assert "SCAN OF" not in text
    assert b"Deviation" in (folder / "deviation.ply").read_bytes()[:2000]


def test_distances_alone_are_a_review(record, capsys):
    expected = json.loads(record.read_text(encoding="utf-8"))["calipers"][0]["expected_mm"]
    arguments = ["review", str(record.parent), "--quiet", "--person", "lab technician"]
    assert main([*arguments, "--caliper", f"1={expected + 0.1:.3f}"]) == 0
    assert main([*arguments, "--caliper", f"1={expected + 1.0:.3f}"]) == 1
    assert "+1.00 mm, allowed ± 0.30 mm" in capsys.readouterr().out
    page = (record.parent / "review" / "review.html").read_text(encoding="utf-8")
    assert "lab technician" in page and "not measured" in page


def test_a_shape_without_a_known_pose_is_ambiguous(tmp_path, capsys):
    ball = printed_parts.ball()
    files = export_meshes([ball], tmp_path / "model", "ball", ("stl",))
    record = write_record(
        tmp_path / "model", new_run_record(parameters={"process": "fdm"}, outputs=tuple(f.as_json() for f in files))
    )
    assert main(["review", str(record), "--part", str(write_scan(ball, tmp_path)), "--quiet"]) == 4
    assert "Printed part: AMBIGUOUS" in capsys.readouterr().out


@pytest.mark.parametrize(
    "damage, code, words",
    [
        ("model", 3, "was changed after the record"),
        ("gone", 3, "no longer beside the record"),
        ("part", 3, "part.stl"),
        ("none", 3, "does not exist"),
        ("nothing", 2, "Nothing to review"),
        ("process", 2, "neither a built-in name"),
        ("name", 2, "has no model 'skull'"),
    ],
)
def test_what_cannot_be_reviewed_is_one_sentence(bracket, record, tmp_path, capsys, damage, code, words):
    part = write_scan(bracket, tmp_path, "part.stl")
    arguments = ["review", str(record), "--part", str(part), "--quiet"]
    model = record.parent / "bone.stl"
    if damage == "model":
        content = bytearray(model.read_bytes())
        content[-20] ^= 1
        model.write_bytes(content)
    elif damage == "gone":
        model.unlink()
    elif damage == "part":
        part.write_bytes(part.read_bytes()[:3000])
    elif damage == "none":
        arguments[3] = str(tmp_path / "other.stl")
    elif damage == "nothing":
        arguments = arguments[:2]
    elif damage == "process":
        arguments += ["--process", "clay"]
    else:
        arguments += ["--model", "skull"]
    assert main(arguments) == code
    said = capsys.readouterr().err
    assert words in said and said.count("\n") == 1
    assert not (record.parent / "review").exists()


def test_the_scan_is_not_replaced_by_an_output(bracket, record, tmp_path, capsys):
    folder = tmp_path / "out"
    export_meshes([bracket], folder, "part", ("ply",), space=None)
    before = (folder / "part.ply").read_bytes()
    arguments = ["review", str(record), "--part", str(folder / "part.ply"), "--output", str(folder), "--quiet"]
    assert main(arguments) == 2
    assert "would be replaced" in capsys.readouterr().err
    assert np.array_equal(np.frombuffer(before, np.uint8), np.frombuffer((folder / "part.ply").read_bytes(), np.uint8))
