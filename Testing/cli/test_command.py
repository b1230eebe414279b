"""The headless contract: commands, exit codes, one-sentence errors, JSON forms, nothing half-written."""

import hashlib
import io
import json
import os
import resource
import subprocess
import sys
import zipfile
from contextlib import nullcontext
from pathlib import Path

import numpy as np
import pytest

from dicomtoprint.cli import main as main_module
from dicomtoprint.cli import parser
from dicomtoprint.cli.main import main
from dicomtoprint.cli.settings_from_args import settings_from_args
from dicomtoprint.config.resources import RESOURCE_DIR
from dicomtoprint.config.run_settings import RunSettings, resolve_relative_to
from Phantoms.phi_leak import heard, plant

SCRIPT = Path(__file__).resolve().parents[2] / "DicomToPrint" / "Scripts" / "dicom_to_print.py"


@pytest.fixture(scope="module")
def ct(tmp_path_factory):
    """Folder with a small conformant CT: half the phantom's size, pixels of 0.58 mm."""
    from dicomtoprint.phantom import write_phantom_dicom

    folder = tmp_path_factory.mktemp("ct")
    write_phantom_dicom(folder, shape=(64, 128, 128), spacing=(0.58, 0.58, 1.0), scale=0.5)
    plant(folder)
    return folder


@pytest.fixture(scope="module")
def own_files(tmp_path_factory):
    """A folder with a protocol, an anatomy, a process and a printer of the user's own."""
    folder = tmp_path_factory.mktemp("site")
    for kind, built_in, name in (
        ("protocols", "3dsystems-ortho", "our-protocol"),
        ("anatomy", "bone", "bone"),
        ("processes", "sla", "our-process"),
        ("printers", "sla-145", "our-printer"),
    ):
        content = json.loads((RESOURCE_DIR / kind / f"{built_in}.json").read_text(encoding="utf-8"))
        (folder / f"{name}.json").write_text(json.dumps({**content, "name": name}, indent=1), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def finished(ct, own_files, tmp_path_factory):
    """A finished run on the small CT, with presets of the user's own: (exit code, folder)."""
    folder = tmp_path_factory.mktemp("run")
    code = main(
        [
            *("run", str(ct), "--output", str(folder), "--process", str(own_files / "our-process.json")),
            *("--anatomy", str(own_files / "bone.json"), "--protocol", str(own_files / "our-protocol.json")),
            *("--printer", str(own_files / "our-printer.json"), "--json", str(folder / "result.json")),
            *("--format", "stl,3mf,dicom,seg", "--answer", "motion-blur=yes", "--role", "radiographer"),
        ]
    )
    return code, folder


def sentence_of(capsys) -> str:
    text = capsys.readouterr().err.strip()
    assert text.startswith("dicom_to_print: ")
    assert "\n" not in text
    assert "Traceback" not in text
    return text


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


def test_help_and_list(capsys):
    assert main(["--help"]) == 0
    assert "examples:" in capsys.readouterr().out
    for kind, name in (
        ("protocols", "3dsystems-ortho"),
        ("anatomy", "bone"),
        ("processes", "fdm"),
        ("printers", "sla"),
        ("uses", "general"),
    ):
        assert main(["list", kind]) == 0
        out = capsys.readouterr().out
        assert name in out
        assert "schema" not in out.split()


@pytest.mark.parametrize(
    "arguments",
    [
        ["run"],
        ["check", "x", "--surgery-date", "tomorrow"],
        ["check", ".", "--answer", "motion"],
        ["bogus"],
        ["run", ".", "--output", "o", "--cut", "X=3"],
        ["run", ".", "--output", "o", "--seed", "1,2"],
        ["run", ".", "--output", "o", "--format", "step"],
        ["run", ".", "--output", "o", "--thicken", "-1"],
        ["run", ".", "--output", "o", "--use", "no-such-use"],
        ["run", ".", "--output", "o", "--anatomy", "no-such-anatomy"],
        ["run", ".", "--output", "o", "--process", "no-such-process"],
        ["check", ".", "--protocol", "no-such-protocol"],
        ["run", ".", "--output", "o", "--printer", "0x0x0"],
        ["run", ".", "--output", "o", "--magnets", "3"],
        ["run", ".", "--output", "o", "--magnets", "3x2"],
        ["run", ".", "--output", "o", "--pins"],
        ["run", ".", "--output", "o", "--keep", "R", "--cut", "S=3"],
        ["run", ".", "--output", "o", "--keep", "front", "--cut", "S=3"],
        ["run", ".", "--output", "o", "--avoid", "0,0,0", "--cut", "S=3"],
        ["run", ".", "--output", "o", "--plane", "0,0,0,0,0,0"],
        ["run", ".", "--output", "o", "--label", ""],
        ["run", ".", "--output", "o", "--label", "Müller"],
        ["run", ".", "--output", "o", "--label-at", "0,0,0"],
        ["run", ".", "--output", "o", "--escape", "0,0,0"],
    ],
)
def test_wrong_usage_is_exit_2(arguments, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(arguments) == 2
    sentence_of(capsys)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["empty", "jpegs", "missing", "file"])
def test_input_without_images_is_exit_3(name, tmp_path, capsys):
    source, output = tmp_path / name, tmp_path / "out"
    if name != "missing" and name != "file":
        source.mkdir()
    if name == "jpegs":
        for number in range(3):
            (source / f"{number}.jpg").write_bytes(b"\xff\xd8\xff\xe0" + os.urandom(4000))
    if name == "file":
        source.write_text("not a DICOM file", encoding="utf-8")
    for arguments in (["check", str(source)], ["run", str(source), "--output", str(output)]):
        assert main(arguments) == 3
        assert name in sentence_of(capsys)
    assert not output.exists() or list(output.iterdir()) == []


def test_volumes_in_a_folder_and_a_missing_segmentation_are_told_at_once(tmp_path, capsys):
    (tmp_path / "scans").mkdir()
    (tmp_path / "scans" / "head.nii.gz").write_bytes(b"")
    assert main(["run", str(tmp_path / "scans"), "--output", str(tmp_path / "out")]) == 3
    told = sentence_of(capsys)
    assert "(1 file)" in told and "one of its volume files itself" in told
    missing = ["--segmentation", str(tmp_path / "labels.nii")]
    assert main(["run", str(tmp_path / "scans"), "--output", str(tmp_path / "out"), *missing]) == 3
    assert sentence_of(capsys).startswith("dicom_to_print: labels.nii was not found")


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


def test_negative_coordinates_are_values_not_options():
    parsed = parser.build_parser().parse_args(
        parser.join_negative_values(["run", "x", "--output", "y", "--seed", "-10,2.5,-3", "--threshold", "-200,300"])
    )
    settings = settings_from_args(parsed)
    assert settings.seeds == ((-10.0, 2.5, -3.0),)
    assert settings.seeds_lps == ((10.0, -2.5, -3.0),)
    assert settings.threshold == (-200.0, 300.0)


def test_meshes_turned_for_the_print_are_shown_where_they_lie_in_the_scan():
    from dicomtoprint.mesh.core import Mesh
    from dicomtoprint.pipeline import RunResult

    turn = np.array([[0.0, -1, 0, 5], [1, 0, 0, 6], [0, 0, 1, 7], [0, 0, 0, 1]])
    here = np.array([[1.0, 2, 3], [4, 5, 6], [7, 8, 10]])
    meshes = [Mesh(here @ turn[:3, :3].T + turn[:3, 3], np.array([[0, 1, 2]])), Mesh(here, np.array([[0, 1, 2]]))]
    result = RunResult(*[None] * 8, print_transforms=(turn, None))
    for mesh in result.in_scan(meshes):
        np.testing.assert_allclose(mesh.points, here, atol=1e-6)


def test_formats_may_be_listed_or_repeated():
    for given in (["--format", "stl,OBJ", "--format", "ply"], ["--format", "stl, obj,stl,ply"]):
        parsed = parser.build_parser().parse_args(["run", "x", "--output", "y", *given])
        assert settings_from_args(parsed).formats == ("stl", "obj", "ply")


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


def test_settings_survive_their_command_line():
    from dicomtoprint.config.run_settings import RunSettings, run_settings_from_json, to_cli_args

    settings = RunSettings(
        use="dental",
        seeds=((-1.0, 2.0, 3.5),),
        threshold=(150.0 + 1.0 / 3.0, None),
        cuts=(("R", -1043.2567), ("S", 10.0)),
        answers=(("motion-blur", "yes"),),
        split=True,
        pins=True,
        thicken=1.2,
        oblique_cuts=((-1.0, 2.0, 3.0, 0.0, 0.6, 0.8),),
        kept_sides=("S", "front"),
        drain_hole_positions=((-4.0, 5.0, 6.0),),
        escape_holes=2,
        magnets=(5.0, 2.5),
        base=True,
        base_kind="stand",
        label_at=(-1.0, -2.0, 3.0),
        scale_bar=20.0,
        formats=("stl", "ply"),
        check_pixels=False,
        roi=(-5.0, 5.0, -6.0, 6.0, 0.0, 10.0),
        accept_anyway="teaching only",
    )
    parsed = parser.build_parser().parse_args(
        parser.join_negative_values(["run", "in", "--output", "out", *to_cli_args(settings)])
    )
    assert settings_from_args(parsed) == settings
    assert run_settings_from_json(json.loads(json.dumps(settings.as_json()))) == settings


def test_a_command_is_quoted_for_the_shell_of_the_system(monkeypatch):
    from dicomtoprint.config import run_settings

    wanted = run_settings.RunSettings(label="Left hip", cuts=(("S", -1043.2567),))
    assert run_settings.to_command_line("a b", "out", wanted).endswith(
        "'a b' --output out --cut S=-1043.2567 --label 'Left hip'"
    )
    monkeypatch.setattr(run_settings.os, "name", "nt")
    assert run_settings.to_command_line("a b", "out", wanted, r"C:\x y\d.py") == (
        r'python "C:\x y\d.py" run "a b" --output out --cut S=-1043.2567 --label "Left hip"'
    )


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


def test_unwritable_output_is_exit_5(ct, tmp_path, capsys):
    (tmp_path / "a-file").write_text("in the way", encoding="utf-8")
    assert main(["run", str(ct), "--output", str(tmp_path / "a-file" / "out")]) == 5
    sentence_of(capsys)


def test_two_runs_do_not_write_to_one_folder(tmp_path):
    """The second is refused while the first lives; what a killed one left of its claim is in nobody's way."""
    from dicomtoprint.errors import OutputError
    from dicomtoprint.pipeline.output_folder import lock_output_folder

    waiting = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    with lock_output_folder(tmp_path):
        (own,) = tmp_path.iterdir()
        other = tmp_path / f"{own.name.rpartition('-')[0]}-{waiting.pid}"
    assert list(tmp_path.iterdir()) == []
    other.write_bytes(b"")
    with pytest.raises(OutputError, match="Another run"), lock_output_folder(tmp_path):
        pass
    waiting.communicate(b"\n")
    with lock_output_folder(tmp_path):
        assert not other.exists()
    assert list(tmp_path.iterdir()) == []


def test_model_files_of_others_in_the_folder_are_counted_and_not_named(tmp_path):
    from dicomtoprint.pipeline.output_folder import describe_foreign_files

    for name in ("Doe^Jane.STL", "bone.stl", "report.html"):
        (tmp_path / name).write_bytes(b"")
    (told,) = describe_foreign_files(tmp_path, ["bone.stl"])
    assert "1 model file " in told and "Doe" not in told
    assert describe_foreign_files(tmp_path, ["bone.stl", "Doe^Jane.STL"]) == ()
    (tmp_path / "record.json").write_bytes(b"")
    (refused,) = describe_foreign_files(tmp_path, ())
    assert "2 model files and the record of an earlier run" in refused


def test_full_disk_is_exit_5_and_leaves_nothing_partial(ct, tmp_path):
    """A file larger than the limit fails as on a full disk (EFBIG)."""

    def limited() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))

    done = subprocess.run(
        [sys.executable, "-B", str(SCRIPT), "run", str(ct), "--output", str(tmp_path / "out"), "--no-pixels"],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
        preexec_fn=limited,
        encoding="utf-8",
    )
    assert done.returncode == 5, done.stderr
    assert "disk is full" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert list((tmp_path / "out").iterdir()) == []


def test_question_blocks_surgical_planning_with_exit_4(ct, tmp_path, capsys):
    assert main(["run", str(ct), "--output", str(tmp_path), "--use", "surgical-planning", "--no-pixels"]) == 4
    assert "--answer" in sentence_of(capsys)
    assert {path.name for path in tmp_path.iterdir()} == {"acceptance.json", "report.html"}


def phrases_of(arguments, monkeypatch) -> list[str]:
    """Every phrase that the progress of a command tells, in order, each once."""
    seen: list[str] = []

    def note(fraction: float, phrase: str = "") -> None:
        if phrase and phrase not in seen:
            seen.append(phrase)

    with monkeypatch.context() as patch:
        patch.setattr(main_module, "_terminal_progress", lambda: nullcontext(note))
        main(arguments)
    return seen


def test_interrupt_in_every_phase_leaves_nothing_partial(ct, tmp_path, monkeypatch, capsys):
    arguments = ["run", str(ct), "--no-pixels", "--output"]
    phrases = phrases_of([*arguments, str(tmp_path / "whole")], monkeypatch)
    assert len(phrases) > 6
    final = {path.name for path in (tmp_path / "whole").iterdir()}
    # Some of the phases, spread over the run: each costs a run up to there.
    for number, phrase in enumerate(phrases[:: max(1, len(phrases) // 6)]):
        folder = tmp_path / str(number)

        def stop(fraction: float, told: str = "", wanted: str = phrase) -> None:
            if told == wanted:
                raise KeyboardInterrupt

        with monkeypatch.context() as patch:
            patch.setattr(main_module, "_terminal_progress", lambda stop=stop: nullcontext(stop))
            capsys.readouterr()
            assert main([*arguments, str(folder)]) == 130, phrase
        sentence_of(capsys)
        left = {path.name for path in folder.iterdir()} if folder.exists() else set()
        assert left <= final, (phrase, left)


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
