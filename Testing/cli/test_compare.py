"""`compare` on the command line: how two models differ, where, and why."""

import json

import numpy as np
import pytest

from dicomtoprint.cli.main import main
from dicomtoprint.config import resources
from dicomtoprint.io import export_meshes
from dicomtoprint.mesh.core import Mesh
from dicomtoprint.run_record import new_run_record, write_record
from Phantoms.printed_parts import solid


def ball(radius, shift=0.0):
    found = solid(lambda x, y, z: (x * x + y * y + z * z) ** 0.5 - radius, 36.0, 1.0)
    return Mesh(found.points + np.array([shift, 0.0, 0.0]), found.triangles)


def write_run(folder, mesh, **parameters):
    files = export_meshes([mesh], folder, "bone", ("stl",))
    return write_record(folder, new_run_record(parameters=parameters, outputs=tuple(file.as_json() for file in files)))


def test_two_thresholds_are_compared_with_their_reason(tmp_path, capsys):
    jsonschema = pytest.importorskip("jsonschema")
    first = write_run(tmp_path / "a", ball(14.0), threshold=[200.0, None], anatomy="bone")
    second = write_run(tmp_path / "b", ball(14.5), threshold=[150.0, None], anatomy="bone")
    target = tmp_path / "r.json"
    arguments = ["compare", str(first), str(second.parent), "--json", str(target), "--output", str(tmp_path / "maps")]
    assert main([*arguments, "--quiet"]) == 0
    found = json.loads(target.read_text(encoding="utf-8"))
    schema = json.loads((resources.RESOURCE_DIR / "report" / "compare.schema.json").read_text(encoding="utf-8"))
    jsonschema.validate(found, schema)
    assert found["mean_mm"] == pytest.approx(0.5, abs=0.02)
    assert found["volume_change_percent"] == pytest.approx(100 * ((14.5 / 14) ** 3 - 1), abs=0.3)
    assert found["dice"] == pytest.approx(2 * 14**3 / (14**3 + 14.5**3), abs=0.003)
    assert list(found["differences"]) == ["setting threshold"]
    assert "differs: setting threshold: [200.0, None] / [150.0, None]" in capsys.readouterr().out
    assert sorted(path.name for path in (tmp_path / "maps").iterdir()) == ["first.ply", "second.ply"]


def test_where_two_models_differ_is_named_in_the_patient_s_axes(tmp_path, capsys):
    first = write_run(tmp_path / "a", ball(14.0))
    second = write_run(tmp_path / "b", ball(14.0, shift=0.8))
    assert main(["compare", str(first), str(second), "--quiet", "--json", "-"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert abs(found["mean_mm"]) < 0.04, "of the second order in the shift"
    outside = [patch["where_mm"] for patch in found["patches"] if patch["mean_mm"] > 0]
    inside = [patch["where_mm"] for patch in found["patches"] if patch["mean_mm"] < 0]
    assert outside[0][0] < -10 and inside[0][0] > 10, "moved to the left of the patient, away from R"


def test_the_same_run_twice_is_the_same(tmp_path, capsys):
    records = [write_run(tmp_path / name, ball(14.0), anatomy="bone") for name in "ab"]
    assert main(["compare", *map(str, records), "--quiet"]) == 0
    said = capsys.readouterr().out
    assert "Dice: 1.0000" in said and "largest 0.00 mm" in said
    assert "same input, settings and versions" in said


@pytest.mark.parametrize(
    "change", [{"orient": True}, {"scale": 0.5}, {"mirror": "sagittal"}], ids=lambda change: next(iter(change))
)
def test_a_model_turned_for_the_print_cannot_be_compared(tmp_path, capsys, change):
    records = [write_run(tmp_path / name, ball(14.0), **(change if name == "b" else {})) for name in "ab"]
    assert main(["compare", *map(str, records), "--quiet"]) == 2
    assert "mirrored for the print" in capsys.readouterr().err


def test_a_model_whose_file_names_no_space_is_not_called_turned(tmp_path, capsys):
    files = export_meshes([ball(14.0)], tmp_path / "a", "bone", ("stl",), space=None)
    record = write_record(tmp_path / "a", new_run_record(outputs=tuple(file.as_json() for file in files)))
    assert main(["compare", str(record), str(write_run(tmp_path / "b", ball(14.0))), "--quiet"]) == 2
    told = capsys.readouterr().err
    assert "LPS or RAS" in told and "turned" not in told
