"""`prepare`: a mesh file through the steps of a run, with its report, record and replay."""

import json
import os
from dataclasses import replace

import numpy as np
import pytest

from dicomtoprint import pipeline
from dicomtoprint.cli import parser
from dicomtoprint.cli.main import main
from dicomtoprint.cli.settings_from_args import settings_from_args
from dicomtoprint.config.run_settings import RunSettings, run_settings_from_json, to_cli_args
from dicomtoprint.io import export_meshes, read_mesh_file
from dicomtoprint.mesh.core import Material, Mesh, concatenate
from Phantoms.command_line import sentence_of
from Phantoms.solids import ball, box, moved, write_stl

pytest.importorskip("manifold3d", reason="preparation needs manifold3d")
NAME = "Mustermann-Erika"  # the file is called after a patient, and no output may be
STEPS = ("--hollow", "3", "--cut", "S=5", "--pins", "--label", "K7", "--orient", "--process", "sla")


def without(mesh: Mesh, *triangles: int) -> Mesh:
    return replace(mesh, triangles=np.delete(mesh.triangles, triangles, axis=0))


def two_objects(folder, name="two.3mf"):
    """A cube with a hole where a triangle is missing, and a smaller one beside it, as named and coloured objects of a 3MF."""
    from dicomtoprint.io.mesh.threemf_writer import write_3mf

    cube = replace(without(box(20.0, 20.0, 20.0), 3), name="femur", color=(0.8, 0.2, 0.2))
    other = replace(box(8.0, 8.0, 8.0, at=(30.0, 0.0, 0.0)), name="tumour", color=(0.2, 0.2, 0.8))
    write_3mf(folder / name, [cube, other], space=None)
    return folder / name


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    """(exit code, file, folder) of a box of 60 x 40 x 30 mm, open in one corner, with most steps of preparation."""
    folder = tmp_path_factory.mktemp("prepared")
    source = folder / f"{NAME}.stl"
    write_stl(source, without(box(60.0, 40.0, 30.0, at=(-30.0, -20.0, -10.0)), 0), b"SPACE=RAS")
    out = folder / "out"
    code = main(["prepare", str(source), "--output", str(out), "--json", str(out / "result.json"), *STEPS])
    return code, source, out


def test_every_file_of_a_run_is_there_and_none_that_needs_a_scan(prepared):
    code, _source, out = prepared
    readiness = json.loads((out / "printability.json").read_text(encoding="utf-8"))
    assert code == (1 if readiness["verdict"] == "not-ready" else 0)
    assert json.loads((out / "result.json").read_text(encoding="utf-8")) | {"findings": 0} == readiness | {
        "findings": 0
    }
    names = {path.name for path in out.iterdir()}
    assert {"model-1.stl", "model-2.stl", "model.3mf", "report.html", "record.json", "plan.json"} <= names
    assert not {"acceptance.json", "registry.json"} & names and not [name for name in names if name.startswith(".")]
    for entry in (finding for finding in readiness["findings"] if finding["rule"] in ("placement", "lost", "added")):
        assert entry["outcome"] == "not applicable"


def test_no_output_bears_the_name_of_the_file(prepared):
    _code, _source, out = prepared
    for path in out.rglob("*"):
        assert NAME not in path.name
        assert path.is_dir() or NAME.encode() not in path.read_bytes(), path.name


def test_report_shows_before_and_after_and_says_what_was_not_judged(prepared):
    text = (prepared[2] / "report.html").read_text(encoding="utf-8")
    for words in (
        "Before: the mesh as it was given",
        "Steps from the given mesh to the file",
        "model: 3 edges are open",
        "as turned by the program",
        "replay record.json --input MESH",
        "Distance of the given surface from the result (mm)",
        "Given surface to result: ",
        pipeline.mesh_loading.NO_SCAN_MESSAGE,
        "dicom_to_print.py prepare MESH --output OUTPUT",
    ):
        assert words in text, words
    assert "Error budget" not in text and "Where the surface comes from" not in text


def test_the_record_fits_its_schema_and_replays_to_the_byte(prepared, tmp_path, capsys):
    jsonschema = pytest.importorskip("jsonschema")
    from dicomtoprint.config.resources import RESOURCE_DIR

    _code, source, out = prepared
    record = json.loads((out / "record.json").read_text(encoding="utf-8"))
    jsonschema.validate(
        record, json.loads((RESOURCE_DIR / "report" / "record.schema.json").read_text(encoding="utf-8"))
    )
    assert record["command"] == "prepare" and record["verdicts"]["scan"] == "not applicable"
    assert "name" not in record["inputs"][0] and record["budget"] == {} and record["acceptance"] == {}
    again = tmp_path / "again"
    assert main(["replay", str(out / "record.json"), "--input", str(source), "--output", str(again)]) == 0
    assert capsys.readouterr().out.count("the same to the byte") == len(record["outputs"]) == 3


def test_distances_are_measured_where_the_mesh_was_given_not_where_it_was_turned_to(prepared):
    """The box is hollowed and cut, so that almost nothing of its outside is lost, and it lies elsewhere in the files."""
    record = json.loads((prepared[2] / "record.json").read_text(encoding="utf-8"))
    (figures,) = (step["effect"] for step in record["steps"] if step["name"] == "comparing with the given mesh")
    assert figures["given_to_result_mm"]["p95"] < 0.01 < figures["given_to_result_mm"]["most"] < 3.0, (
        "pockets and letters alone"
    )
    assert 2.0 < figures["result_to_given_mm"]["most"] < 20.0, "the walls of the hollow"


def test_ras_becomes_lps_and_is_said(prepared):
    record = json.loads((prepared[2] / "record.json").read_text(encoding="utf-8"))
    assert any("in RAS" in note and "LPS" in note for note in record["notes"])
    assert {entry["space"] for entry in record["outputs"]} == {"LPS"}
    assert (prepared[2] / "model-1.stl").read_bytes().startswith(b"SPACE=LPS")


def options_of(command):
    commands = next(
        action for action in parser.build_parser()._actions if hasattr(action, "choices") and action.choices
    )
    return {
        group.title: {action.dest for action in group._group_actions}
        for group in commands.choices[command]._action_groups
    }


def test_prepare_has_every_step_of_run_and_the_stages_are_the_same():
    assert options_of("run")["preparation"] == options_of("prepare")["preparation"]
    assert {"process", "printer", "use", "format", "triangles", "json", "overwrite"} <= options_of("prepare")["options"]
    shared = [stage for stage in pipeline.MESH_WORKFLOW if stage in pipeline.WORKFLOW]
    assert [stage.name for stage in shared] == [stage.name for stage in pipeline.WORKFLOW[4:]]


@pytest.mark.parametrize("form", ["stl", "3mf", "obj", "ply"])
def test_objects_stay_apart_with_their_names_and_an_unknown_space_stays_unknown(form, tmp_path, capsys):
    pytest.importorskip("lib3mf")
    source, out = two_objects(tmp_path), tmp_path / "out"
    settings = RunSettings(formats=(form,), cuts=(("R", -10.0),))
    state = pipeline.WorkflowState(source, settings, out)
    state, _times = pipeline.run_stages(state, pipeline.MESH_WORKFLOW[:-1])
    assert [mesh.name for mesh in state.prepared.model.meshes] == ["femur part 1", "femur part 2", "tumour"]
    files = [read_mesh_file(file.path) for file in state.files if file.format == form]
    assert {file.space for file in files} == {None} and {file.space for file in state.files} == {None}
    volumes = [mesh.volume for file in files for mesh in file.meshes]
    assert sum(volumes) == pytest.approx(8000.0 + 512.0, rel=1e-5)
    if form == "3mf":
        assert [mesh.name for mesh in files[0].meshes] == ["femur part 1", "femur part 2", "tumour"]


def test_what_repair_puts_in_is_no_given_surface(tmp_path):
    from dicomtoprint.mesh.core import Provenance
    from dicomtoprint.pipeline.mesh_loading import load_mesh, surface_of_mesh

    path = tmp_path / "open.stl"
    write_stl(path, without(box(20.0, 20.0, 20.0), 2, 3))
    settings = RunSettings()
    (mesh,) = surface_of_mesh(load_mesh(path, settings), settings).meshes
    normals = np.linalg.norm(mesh.triangle_normals(), axis=1) / 2.0
    bridged = mesh.triangle_arrays["Provenance"] == Provenance.BRIDGED
    assert normals[bridged].sum() == pytest.approx(400.0, rel=1e-3) and mesh.volume == pytest.approx(8000.0, rel=1e-4)


def test_no_repair_refuses_with_the_reason_and_writes_nothing(tmp_path, capsys):
    path, out = tmp_path / "open.stl", tmp_path / "out"
    write_stl(path, without(box(20.0, 20.0, 20.0), 3))
    assert main(["prepare", str(path), "--output", str(out), "--no-repair"]) == 1
    told = sentence_of(capsys)
    assert "3 edges are open" in told and "--no-repair" in told
    assert list(out.iterdir()) == []


def nested(folder):
    """A box, open in one corner, with a smaller box in it that faces the same way, and a speck beside it."""
    outer, inner = without(box(20.0, 20.0, 20.0), 3), box(8.0, 8.0, 8.0, at=(6.0, 6.0, 6.0))
    write_stl(folder / "nested.stl", concatenate([outer, inner, box(0.5, 0.5, 0.5, at=(25.0, 0.0, 0.0))]))
    return folder / "nested.stl"


@pytest.mark.parametrize(
    ("choices", "volume"),
    [
        ((), 8000.0 + 0.125),
        (("--repair-shell", "2=flip"), 8000.0 - 512.0 + 0.125),
        (("--repair-shell", "2=flip", "--drop-shells-below", "1"), 8000.0 - 512.0),
        (("--largest-shells", "1"), 8000.0),
    ],
)
def test_shells_are_kept_flipped_and_dropped_as_chosen(choices, volume, tmp_path):
    path = nested(tmp_path)
    command = ["prepare", str(path), "--output", str(tmp_path / "out"), *choices]
    settings = settings_from_args(parser.build_parser().parse_args(command))
    again = ["prepare", str(path), "--output", "out", *to_cli_args(settings)]
    assert settings_from_args(parser.build_parser().parse_args(again)) == settings
    assert run_settings_from_json(json.loads(json.dumps(settings.as_json()))) == settings
    loaded = pipeline.mesh_loading.load_mesh(path, settings)
    (mesh,) = pipeline.mesh_loading.surface_of_mesh(loaded, settings).meshes
    assert mesh.volume == pytest.approx(volume, rel=1e-5)


def test_a_choice_changes_a_mesh_that_needs_no_repair_too(tmp_path):
    path = tmp_path / "two.stl"
    write_stl(path, concatenate([box(20.0, 20.0, 20.0), box(8.0, 8.0, 8.0, at=(30.0, 0.0, 0.0))]))
    settings = RunSettings(repair_shells=((2, "drop"),))
    (mesh,) = pipeline.mesh_loading.surface_of_mesh(pipeline.mesh_loading.load_mesh(path, settings), settings).meshes
    assert mesh.volume == pytest.approx(8000.0)


@pytest.mark.parametrize(
    ("choices", "words"),
    [
        (("--repair-shell", "9=drop"), "There is no shell 9"),
        (("--repair-hole", "4=keep"), "There is no hole 4"),
        (("--repair-shell", "1=mend"), "keep, drop or flip"),
        (("--repair-hole", "big=cap"), "takes a number"),
        (("--no-repair", "--largest-shells", "1"), "leave --no-repair out"),
    ],
)
def test_a_choice_that_does_not_exist_is_one_sentence(choices, words, tmp_path, capsys):
    assert main(["prepare", str(nested(tmp_path)), "--output", str(tmp_path / "out"), *choices]) == 2
    assert words in sentence_of(capsys)


def test_shells_by_number_need_one_object(tmp_path, capsys):
    pytest.importorskip("lib3mf")
    command = ["prepare", str(two_objects(tmp_path)), "--output", str(tmp_path / "out"), "--repair-shell", "1=keep"]
    assert main(command) == 2
    assert "this file has 2" in sentence_of(capsys)


def test_a_strict_use_takes_a_mesh_with_a_reason_only(tmp_path, capsys):
    path = tmp_path / "box.stl"
    write_stl(path, box(20.0, 20.0, 20.0))
    assert main(["prepare", str(path), "--output", str(tmp_path / "out"), "--use", "implant"]) == 4
    told = sentence_of(capsys)
    assert "why this mesh may be used: --accept-anyway REASON" in told
    loaded = pipeline.mesh_loading.load_mesh(path, RunSettings(use="implant", accept_anyway="a test piece"))
    assert loaded.gate.endswith("a test piece")


def test_the_unit_scales_the_mesh_and_triangles_are_reduced_on_request(tmp_path):
    path = tmp_path / "ball.stl"
    write_stl(path, ball(1.0, 40))
    settings = RunSettings(unit="cm", triangles=1000)
    loaded = pipeline.mesh_loading.load_mesh(path, settings)
    (mesh,) = pipeline.mesh_loading.surface_of_mesh(loaded, settings).meshes
    assert len(mesh.triangles) <= 1000 < loaded.file.triangles
    assert mesh.bounds[1] == pytest.approx(10.0, abs=0.1) and not any("no unit" in note for note in loaded.notes)


HOSTILE = {
    "empty.stl": (b"", 3),
    "cut.stl": (b"x".ljust(80) + (100).to_bytes(4, "little") + bytes(50), 3),
    "nan.stl": (b"x".ljust(80) + (1).to_bytes(4, "little") + np.full(12, np.nan, "<f4").tobytes() + b"\0\0", 3),
    "none.stl": (b"x".ljust(80) + bytes(4), 3),
    "one.stl": (b"x".ljust(80) + (1).to_bytes(4, "little") + np.eye(4, 3, dtype="<f4").tobytes() + b"\0\0", 1),
    "huge.obj": (b"v 0 0 0\nv 1e30 0 0\nv 0 1 0\nv 0 0 1\nf 1 3 2\nf 1 2 4\nf 2 3 4\nf 3 1 4\n", 3),
    "far.obj": (b"v 0 0 0\nv 1e9 0 0\nv 0 1e9 0\nv 0 0 1e9\nf 1 3 2\nf 1 2 4\nf 2 3 4\nf 3 1 4\n", 1),
    "points.ply": (
        b"ply\nformat ascii 1.0\nelement vertex 1\nproperty float x\nproperty float y\nproperty float z\nend_header\n0 0 0\n",
        3,
    ),
    "text.vtp": (b"no mesh at all", 3),
    "cut.vtp": (b'<VTKFile type="PolyData"><PolyData><Piece NumberOfPoints="99999999999"', 3),
    "table.xlsx": (b"PK\3\4", 3),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_is_one_sentence_and_leaves_nothing(name, tmp_path, capsys):
    content, code = HOSTILE[name]
    path, out = tmp_path / name, tmp_path / "out"
    path.write_bytes(content)
    assert main(["prepare", str(path), "--output", str(out), "--hollow", "2"]) == code
    sentence_of(capsys)
    assert not out.exists() or list(out.iterdir()) == []


def test_a_folder_a_missing_file_and_formats_of_a_study_are_told_at_once(tmp_path, capsys):
    path, out = tmp_path / "box.stl", str(tmp_path / "out")
    write_stl(path, box(20.0, 20.0, 20.0))
    (tmp_path / "folder.stl").mkdir()
    for arguments, code, words in (
        (["folder.stl"], 3, "folder.stl is not a file"),
        (["missing.stl"], 3, "does not exist"),
        (["box.stl", "--format", "stl,dicom"], 2, "leave it out for a mesh"),
        (["box.stl", "--unit", "ell"], 2, "'ell'"),
        (["box.stl", "--pins"], 2, "--cut"),
    ):
        assert main(["prepare", str(tmp_path / arguments[0]), "--output", out, *arguments[1:]]) == code
        assert words in sentence_of(capsys)


def test_the_input_is_not_replaced_without_overwrite(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (mesh,) = (box(20.0, 20.0, 20.0),)
    (tmp_path / "here").mkdir()
    path = tmp_path / "here" / "model.stl"
    export_meshes((mesh,), path.parent, "model", ("stl",))
    before = path.read_bytes()
    os.symlink(path.parent, tmp_path / "link")
    os.link(path, tmp_path / "same.stl")
    for arguments in (
        ["prepare", "here/model.stl", "--output", "link"],
        ["prepare", "same.stl", "--output", str(path.parent)],
        ["inspect", "link/model.stl", "--repair", "here/../here/model.stl"],
        ["inspect", "here/model.stl", "--repair", "same.stl"],
        ["inspect", "same.stl", "--json", "here/model.stl"],
    ):
        assert main(arguments) == 2
        assert "is the input itself" in sentence_of(capsys) and path.read_bytes() == before
    assert sorted(item.name for item in path.parent.iterdir()) == ["model.stl"]
    assert main(["inspect", "here/model.stl", "--repair", "here/model.stl", "--overwrite"]) == 0
    assert read_mesh_file(path).triangles == 12


def half_and_half(name, at, low, high) -> Mesh:
    """A ball whose triangles below the middle of its height are of the material `low`, the others of `high`."""
    made = moved(ball(10.0, 24), at)
    upper = made.points[made.triangles].mean(axis=1)[:, 2] > at[2]
    return replace(
        made, name=name, materials=(low, high), triangle_arrays={"Material": np.where(upper, 1, 0).astype(np.int32)}
    )


def test_materials_of_triangles_survive_repair_and_the_steps_that_rebuild(tmp_path):
    pytest.importorskip("lib3mf")
    from dicomtoprint.io.mesh.threemf_writer import write_3mf

    blue, red, grey = (
        Material(n, c) for n, c in (("b", (0, 0, 255, 255)), ("r", (255, 0, 0, 255)), ("g", (9, 9, 9, 255)))
    )
    given = [half_and_half("one", (0.0, 0.0, 0.0), blue, red), half_and_half("two", (40.0, 0.0, 0.0), grey, red)]
    given[0] = replace(  # open at one triangle
        given[0],
        triangles=given[0].triangles[1:],
        triangle_arrays={"Material": given[0].triangle_arrays["Material"][1:]},
    )
    write_3mf(tmp_path / "balls.3mf", given, space=None)
    out = tmp_path / "out"
    assert main(["prepare", str(tmp_path / "balls.3mf"), "--output", str(out), "--cut", "R=0"]) in (
        0,
        1,
    )
    found = read_mesh_file(out / "model.3mf").meshes
    assert len(found) == 3  # the cut goes through the first
    for mesh in found:
        names = np.array([material.name for material in mesh.materials])[mesh.triangle_arrays["Material"]]
        middle = mesh.points[mesh.triangles].mean(axis=1)
        low = "g" if middle[:, 0].mean() > 20.0 else "b"
        clear = np.abs(middle[:, 2]) > 1.0
        assert clear.sum() > 100
        assert (names[clear] == np.where(middle[clear, 2] > 0.0, "r", low)).mean() > 0.99
