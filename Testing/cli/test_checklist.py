"""The checklist of the anatomy through `prepare` and `run` on a volume: the files, the terminal, the exit code, the repetition."""

import json

import pytest

from dicomtoprint.cli.main import main
from dicomtoprint.config.resources import RESOURCE_DIR
from dicomtoprint.run_record import read_record
from Phantoms.command_line import sentence_of
from Phantoms.solids import box, write_stl

PREPARE = ("--format", "stl", "--process", "sls")


def validated(folder, name):
    jsonschema = pytest.importorskip("jsonschema")
    content = json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
    schema = json.loads((RESOURCE_DIR / "report" / f"{name}.schema.json").read_text(encoding="utf-8"))
    jsonschema.validate(content, schema)
    return content


@pytest.fixture(scope="module")
def mesh(tmp_path_factory):
    folder = tmp_path_factory.mktemp("mesh")
    write_stl(folder / "cube.stl", box(20.0, 20.0, 20.0))
    return folder / "cube.stl"


@pytest.fixture(scope="module")
def unanswered(mesh, tmp_path_factory):
    """(exit code, folder) of a cube prepared without an answer."""
    folder = tmp_path_factory.mktemp("unanswered")
    return main(["prepare", str(mesh), "--output", str(folder), *PREPARE]), folder


def test_unanswered_questions_are_said_and_pass_nothing(unanswered):
    code, folder = unanswered
    assert code == 0
    assert [entry["answer"] for entry in validated(folder, "record")["checklist"]] == [None, None]
    ready = validated(folder, "printability")
    assert [entry["answer"] for entry in ready["checklist"]] == [None, None]
    assert not [finding for finding in ready["findings"] if finding["clause"] == "checklist"]
    report = (folder / "report.html").read_text(encoding="utf-8")
    assert report.count("<td>not answered yet</td>") == 2 and "2 of 2 questions not answered yet" in report
    assert "nobody has signed these files yet" in report


def test_answers_stand_in_every_file_and_no_rejects_the_same_bytes(mesh, unanswered, tmp_path, capsys):
    answers = ("--answer", "anatomy-included=yes", "--answer", "anatomy-kept=no", "--role", "surgeon")
    assert main(["prepare", str(mesh), "--output", str(tmp_path), *PREPARE, *answers]) == 1
    said = capsys.readouterr().out
    assert "NOT READY" in said and "Anatomy that is needed was removed" in said
    assert "question anatomy-included: Is all of the anatomy that is needed in the model? (yes)" in said
    record, ready = validated(tmp_path, "record"), validated(tmp_path, "printability")
    assert record["checklist"] == ready["checklist"] and record["verdicts"]["print"] == ready["verdict"] == "not-ready"
    assert [(entry["answer"], entry["role"]) for entry in record["checklist"]] == [
        ("yes", "surgeon"),
        ("no", "surgeon"),
    ]
    assert {entry["time"] for entry in record["answers"]} == {entry["time"] for entry in record["checklist"]}
    report = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert f"yes, surgeon, {record['checklist'][0]['time']}" in report and "not as needed, as was answered" in report
    before = json.loads((unanswered[1] / "record.json").read_text(encoding="utf-8"))
    assert [entry["sha256"] for entry in record["outputs"]] == [entry["sha256"] for entry in before["outputs"]]
    again = ["replay", str(tmp_path / "record.json"), "--input", str(mesh), "--output", str(tmp_path / "again")]
    assert main(again) == 0
    assert validated(tmp_path / "again", "record")["checklist"][1]["answer"] == "no"


def test_a_mesh_is_asked_nothing_of_a_scan(mesh, tmp_path, capsys):
    out = str(tmp_path / "out")
    assert main(["prepare", str(mesh), "--output", out, *PREPARE, "--answer", "motion-blur=yes"]) == 2
    assert "motion-blur" in sentence_of(capsys)


def test_a_record_from_before_loads_and_is_signed(unanswered, tmp_path):
    record = json.loads((unanswered[1] / "record.json").read_text(encoding="utf-8"))
    del record["checklist"]
    (tmp_path / "record.json").write_text(json.dumps(record), encoding="utf-8")
    assert read_record(tmp_path / "record.json").checklist == ()
    assert main(["sign", str(tmp_path / "record.json"), "--role", "surgeon", "--decision", "approve"]) == 0


def test_a_volume_is_asked_and_the_report_lists_what_was_left_out(tmp_path, capsys):
    import numpy as np

    from dicomtoprint.volume import Volume, to_sitk

    sitk = pytest.importorskip("SimpleITK")
    array = np.full((30, 40, 40), -1000, np.int16)
    array[8:22, 10:24, 10:30] = 700
    array[14:17, 32:35, 18:21] = 700  # a part that is smaller than the anatomy keeps
    sitk.WriteImage(to_sitk(Volume(array, np.eye(4))), str(tmp_path / "scan.nrrd"))
    out = tmp_path / "out"
    words = ["--threshold", "200", "--format", "stl", "--answer", "anatomy-included=no"]
    assert main(["run", str(tmp_path / "scan.nrrd"), "--output", str(out), *words]) == 1
    assert "question anatomy-kept: Was nothing removed" in capsys.readouterr().out
    assert [entry["answer"] for entry in validated(out, "record")["checklist"]] == ["no", None]
    report = (out / "report.html").read_text(encoding="utf-8")
    assert "What was left out of the model" in report
    assert "separate parts smaller than the anatomy keeps" in report
