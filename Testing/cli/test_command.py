"""The headless contract: commands, exit codes, one-sentence errors, JSON forms, nothing half-written."""

import hashlib
import io
import json
import os
import subprocess
import sys
import zipfile

import numpy as np
import pytest

from dicomtoprint.cli import main as main_module
from dicomtoprint.cli.main import main
from dicomtoprint.config.run_settings import RunSettings, resolve_relative_to
from Phantoms.command_line import SCRIPT, sentence_of
from Phantoms.phi_leak import heard


def test_run_writes_every_file_of_the_contract(finished):
    code, folder = finished
    verdict = json.loads((folder / "printability.json").read_text(encoding="utf-8"))["verdict"]
    assert code == (1 if verdict == "not-ready" else 0)
    names = {path.name for path in folder.iterdir()}
    assert {"report.html", "record.json", "printability.json", "acceptance.json", "result.json", "bone.3mf"} <= names
    assert {"bone.stl", "bone.dcm", "bone.seg.dcm"} <= names
    assert not [name for name in names if name.startswith(".")], "temporary files are left"


def test_own_files_are_named_without_their_folders(finished, own_files):
    _, folder = finished
    parameters = json.loads((folder / "record.json").read_text(encoding="utf-8"))["parameters"]
    assert (parameters["process"], parameters["anatomy"]) == ("our-process.json", "bone.json")
    assert (parameters["printer"], parameters["protocols"]) == ("our-printer.json", ["our-protocol.json"])
    given = json.loads((folder / "record.json").read_text(encoding="utf-8"))["given_files"]
    assert {entry["file"]: entry["sha256"] for entry in given} == {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in own_files.iterdir()
    }
    for name in ("record.json", "report.html", "acceptance.json"):
        text = (folder / name).read_text(encoding="utf-8")
        assert "our-protocol" in text and str(own_files) not in text, name


def test_a_replay_looks_for_own_files_beside_the_record(own_files, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    found = resolve_relative_to(
        RunSettings(process="our-process.json", protocols=("our-protocol.json", "exoplan-import")), own_files
    )
    assert found.process == str(own_files / "our-process.json") and found.anatomy == "bone"
    assert found.protocols == (str(own_files / "our-protocol.json"), "exoplan-import")


def test_record_says_who_answered_and_when(finished):
    record = json.loads((finished[1] / "record.json").read_text(encoding="utf-8"))
    (answer,) = record["answers"]
    assert (answer["rule"], answer["answer"], answer["role"]) == ("motion-blur", "yes", "radiographer")
    assert answer["time"] <= record["created"]


def test_3mf_carries_a_picture_of_the_model(finished):
    with zipfile.ZipFile(finished[1] / "bone.3mf") as package:
        assert package.read("Metadata/thumbnail.png").startswith(b"\x89PNG")


def test_a_run_without_a_format_to_print_from_is_refused_at_once(ct, tmp_path, capsys):
    assert main(["run", str(ct), "--output", str(tmp_path), "--format", "dicom,seg"]) == 2
    assert "stl" in sentence_of(capsys)
    assert not list(tmp_path.iterdir())


def test_stl_header_names_the_space(finished):
    header = next(finished[1].glob("*.stl")).read_bytes()[:80]
    assert b"SPACE=LPS" in header


def test_record_repeats_to_the_byte(finished, own_files, ct, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(own_files)
    code = main(["replay", str(finished[1] / "record.json"), "--input", str(ct), "--output", str(tmp_path)])
    told = capsys.readouterr()
    assert code == 0, told.out + told.err


def test_check_json_has_the_contract_form(ct, capsys):
    assert main(["check", str(ct), "--no-pixels", "--json", "-"]) == 0
    content = json.loads(capsys.readouterr().out)
    assert content["schema"] == "dicom-to-print/acceptance/1"
    (series,) = content["series"]
    assert set(series) >= {"series", "description", "files", "verdict", "protocols", "questions"}
    assert set(series["protocols"]) == {"3dsystems-ortho", "exoplan-import"}
    for result in series["protocols"].values():
        for finding in result["findings"]:
            assert set(finding) == {
                "rule",
                "clause",
                "severity",
                "outcome",
                "measured",
                "limit",
                "where",
                "remedy",
                "message",
                "message_id",
                "message_parameters",
                "remedy_id",
                "remedy_parameters",
                "remedy_options",
            }
            assert finding["outcome"] in ("pass", "fail", "ask", "not applicable")


def test_inspect_json_has_the_contract_form(finished, capsys):
    mesh = next(finished[1].glob("*.stl"))
    main(["inspect", str(mesh), "--process", "sla", "--json", "-"])
    content = json.loads(capsys.readouterr().out)
    assert content["schema"] == "dicom-to-print/printability/1"
    assert content["verdict"] in ("ready", "warn", "not-ready")
    assert set(content["mesh"]) == {
        "triangles",
        "components",
        "boundary_edges",
        "nonmanifold_edges",
        "nonmanifold_vertices",
        "self_intersections",
        "degenerate",
        "inverted",
        "volume_mm3",
        "area_mm2",
        "bounds_mm",
        "min_wall_mm",
        "wall_p05_mm",
        "min_gap_mm",
    }


def test_quiet_when_piped(ct):
    done = subprocess.run(
        [sys.executable, str(SCRIPT), "--", "check", str(ct), "--no-pixels"],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        encoding="utf-8",
    )
    assert done.returncode == 0
    assert done.stderr == ""
    assert "3dsystems-ortho" in done.stdout


def test_a_console_that_lacks_a_letter_ends_nothing(monkeypatch):
    console = io.TextIOWrapper(io.BytesIO(), encoding="ascii", errors="strict")
    monkeypatch.setattr(sys, "stdout", console)
    monkeypatch.setitem(main_module.HANDLERS, "list", lambda options, host: print("Knöchel łódź.json") or 0)
    assert main(["list", "anatomy"]) == 0
    console.flush()
    assert console.buffer.getvalue() == b"Kn\\xf6chel \\u0142\\xf3d\\u017a.json\n"


def test_an_interrupt_while_the_program_loads_shows_no_traceback(tmp_path):
    (tmp_path / "sitecustomize.py").write_text(
        "import sys\n"
        "class Interrupt:\n"
        "    def find_spec(self, name, *rest):\n"
        "        if name == 'dicomtoprint.cli.parser':\n"
        "            raise KeyboardInterrupt\n"
        "sys.meta_path.insert(0, Interrupt())\n",
        encoding="utf-8",
    )
    ended = subprocess.run(
        [sys.executable, str(SCRIPT), "list", "uses"],
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        timeout=60,
    )
    assert (ended.returncode, ended.stderr) == (130, b"")


def test_meshes_turned_for_the_print_are_shown_where_they_lie_in_the_scan():
    from dicomtoprint.mesh.core import Mesh
    from dicomtoprint.pipeline import RunResult

    turn = np.array([[0.0, -1, 0, 5], [1, 0, 0, 6], [0, 0, 1, 7], [0, 0, 0, 1]])
    here = np.array([[1.0, 2, 3], [4, 5, 6], [7, 8, 10]])
    meshes = [Mesh(here @ turn[:3, :3].T + turn[:3, 3], np.array([[0, 1, 2]])), Mesh(here, np.array([[0, 1, 2]]))]
    result = RunResult(*[None] * 8, print_transforms=(turn, None))
    for mesh in result.in_scan(meshes):
        np.testing.assert_allclose(mesh.points, here, atol=1e-6)


@pytest.mark.parametrize("name", ["acceptance", "printability"])
def test_json_of_a_run_validates_against_its_schema(finished, name):
    import jsonschema

    from dicomtoprint.config import resources

    schema = json.loads((resources.RESOURCE_DIR / "report" / f"{name}.schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    content = json.loads((finished[1] / f"{name}.json").read_text(encoding="utf-8"))
    jsonschema.validate(content, schema, cls=jsonschema.Draft202012Validator)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**content, "schema": "something/else"}, schema, cls=jsonschema.Draft202012Validator)


@pytest.mark.parametrize(
    "command",
    ["check a", "run a --output b", "inspect a", "replay a --input b --output c", "demo --output a", "list uses"],
)
@pytest.mark.parametrize("debug", [False, True])
def test_an_internal_error_shows_its_traceback_only_where_asked(monkeypatch, capsys, command, debug):
    def fails(options, host):
        raise RuntimeError("quotes DOE^JANE")

    name = command.split()[0]
    monkeypatch.setitem(main_module.HANDLERS, name, fails)
    assert main([*command.split(), *(["--debug"] if debug else [])]) == 70
    told = capsys.readouterr().err
    assert told.strip().splitlines()[-1].startswith("dicom_to_print: Internal error (RuntimeError in test_command.py")
    assert ("Traceback" in told and "DOE^JANE" in told) if debug else told.count("\n") == 1
    assert main([name, "--help"]) == 0
    assert "--debug" in capsys.readouterr().out


def test_question_blocks_surgical_planning_with_exit_4(ct, tmp_path, capsys):
    assert main(["run", str(ct), "--output", str(tmp_path), "--use", "surgical-planning", "--no-pixels"]) == 4
    assert "--answer" in sentence_of(capsys)
    assert {path.name for path in tmp_path.iterdir()} == {"acceptance.json", "report.html"}


def test_internal_error_is_told_in_one_sentence_without_the_message(monkeypatch, capsys):
    from dicomtoprint import pipeline

    def broken(*arguments, **named):
        raise RuntimeError("Doe^Jane 1970")

    monkeypatch.setattr(pipeline, "check_scan", broken)
    assert main(["check", "somewhere"]) == 70
    assert "Doe" not in sentence_of(capsys)


def test_volume_file_runs_without_acceptance(phantom, tmp_path, capsys):
    import SimpleITK as sitk

    from dicomtoprint.volume import to_sitk

    volume, _truth = phantom
    sitk.WriteImage(to_sitk(volume), str(tmp_path / "scan.nii.gz"))
    code = main(["run", str(tmp_path / "scan.nii.gz"), "--output", str(tmp_path / "out"), "--triangles", "20000"])
    told = capsys.readouterr()
    assert code in (0, 1), told.err
    assert "not applicable" in told.out


def test_a_label_map_alone_becomes_a_model_known_to_half_a_voxel(tmp_path):
    import SimpleITK

    k, j, i = np.indices((14, 14, 14)) - 6.5
    image = SimpleITK.GetImageFromArray((i * i + j * j + k * k < 30.0).astype(np.uint8))
    image.SetSpacing((3.0, 3.0, 3.0))
    given = str(tmp_path / "ball.nii.gz")
    SimpleITK.WriteImage(image, given)
    done = ["run", given, "--segmentation", given, "--output", str(tmp_path / "out"), "--process", "sla"]
    assert main([*done, "--seed", "0,0,0", "--threshold", "100"]) == 0
    record = json.loads((tmp_path / "out" / "record.json").read_text(encoding="utf-8"))
    assert [entry["file"] for entry in record["given_files"]] == ["ball.nii.gz"]
    (part,) = record["parts"]
    assert part["volume_mm3"] == pytest.approx(4 / 3 * np.pi * 30.0**1.5 * 27.0, rel=0.04)
    assert any("of a label with voxels as large as these is not (Label 1:" in note for note in record["notes"])
    assert not any("--triangles" in note for note in record["notes"])
    assert any(note.startswith("Not used") and note.endswith("threshold, seeds.") for note in record["notes"])
    assert {entry["file"] for entry in record["outputs"]} == {"model.stl", "model.3mf"}, "a label is no bone by default"


def test_scene_of_a_run_opens_again_and_stands_in_the_record(ct, tmp_path):
    pytest.importorskip("slicer", reason="--scene needs slicer-core or Slicer")
    from DicomToPrintLib.mrml.host import slicer_host
    from DicomToPrintLib.mrml.mrb import read_mrb

    command = ["run", str(ct), "--output", str(tmp_path), "--no-pixels", "--format", "stl", "--scene"]
    assert main(command, slicer_host()) in (0, 1)
    scene = read_mrb(tmp_path / "bone.mrb")
    for kind in ("vtkMRMLScalarVolumeNode", "vtkMRMLSegmentationNode", "vtkMRMLModelNode", "vtkMRMLTableNode"):
        assert scene.GetNumberOfNodesByClass(kind) >= 1, kind
    record = json.loads((tmp_path / "record.json").read_text(encoding="utf-8"))
    assert "bone.mrb" in [entry["file"] for entry in record["outputs"]]
    replayed = ["replay", str(tmp_path / "record.json"), "--input", str(ct), "--output", str(tmp_path / "again")]
    assert main(replayed) == 0, "the mesh is the same to the byte"


def test_tilted_scan_is_refused_and_its_shape_is_kept_when_accepted_anyway(tmp_path, capsys):
    from dicomtoprint.io import read_meshes
    from dicomtoprint.phantom import write_phantom_dicom

    common = {"shape": (64, 128, 128), "spacing": (0.58, 0.58, 1.0), "scale": 0.5, "couch": False}
    write_phantom_dicom(tmp_path / "straight", **common)
    write_phantom_dicom(tmp_path / "tilted", tilt_degrees=10.0, **common)
    bounds = {}
    for name, more in (("straight", []), ("tilted", [])):
        command_line = [
            "run",
            str(tmp_path / name),
            "--output",
            str(tmp_path / "out" / name),
            "--no-pixels",
            "--format",
            "stl",
        ]
        if name == "tilted":
            assert main(command_line) == 1
            sentence = sentence_of(capsys)
            assert "--accept-anyway" in sentence
            assert "10 degrees" in sentence
            assert not list((tmp_path / "out" / name).glob("*.stl"))
            more = ["--accept-anyway", "shape is checked by the test"]
        assert main([*command_line, *more]) in (0, 1)
        largest = max((tmp_path / "out" / name).glob("*.stl"), key=lambda path: path.stat().st_size)
        bounds[name] = np.array(read_meshes(largest)[0].bounds)
    np.testing.assert_allclose(bounds["tilted"], bounds["straight"], atol=1.0)


def test_no_output_of_a_run_names_the_patient(finished, ct, capfd):
    """The small CT has canaries in every text attribute; no file but the DICOM ones, which carry them by request."""
    _, folder = finished
    written = [path for path in folder.rglob("*") if path.is_file()]
    assert {"report.html", "record.json", "bone.3mf", "bone.stl"} <= {path.name for path in written}
    for path in written:
        content = path.read_bytes()
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as packed:
                content = b"".join(packed.read(name) for name in packed.namelist())
        assert heard(path.name) == [], path.name
        assert path.suffix == ".dcm" or heard(content.decode("latin-1")) == [], path.name
    assert main(["check", str(ct), "--no-pixels"]) == 0
    told = capfd.readouterr()
    assert told.out and heard(told.out + told.err) == []
    assert main(["check", str(ct), "--no-pixels", "--json", "-", "--identified"]) == 0
    assert heard(capfd.readouterr().out), "the switch opens it, so that this test can fail"


def test_check_of_a_volume_file_says_that_there_is_nothing_to_judge(tmp_path, capsys):
    import SimpleITK as sitk

    volume = str(tmp_path / "scan.nii.gz")
    sitk.WriteImage(sitk.Image(6, 6, 6, sitk.sitkInt16), volume)
    assert main(["check", volume]) == 0
    assert "not applicable" in capsys.readouterr().out
    assert main(["check", volume, "--json", "-"]) == 0
    assert json.loads(capsys.readouterr().out)["series"] == []
