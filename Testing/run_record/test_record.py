"""The record: complete, free of patient data, read back, and able to tell whether a repeated run is the same."""

import json
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest

from dicomtoprint.accuracy import CaliperMeasurement
from dicomtoprint.config import resources
from dicomtoprint.errors import InputError
from dicomtoprint.io import export_meshes
from dicomtoprint.run_record import (
    compare_runs,
    hash_inputs,
    new_run_record,
    read_record,
    registry_entry,
    write_record,
    write_registry,
)
from Phantoms.solids import box


@dataclass(frozen=True)
class Step:
    name: str
    seconds: float
    effect: dict


@pytest.fixture
def cube():
    """A cube of 10 mm facing outward."""
    return replace(box(10.0, 10.0, 10.0), name="Cube")


@pytest.fixture
def inputs(tmp_path):
    folder = tmp_path / "DOE^JANE"
    folder.mkdir()
    for index in range(3):
        (folder / f"DOE_{index}.dcm").write_bytes(bytes([index]) * 100)
    return folder


def full_record(cube, inputs, folder):
    entries, digest = hash_inputs(list(inputs.iterdir()), inputs.parent)
    files = export_meshes((cube,), folder, "model", ("stl", "ply"))
    return new_run_record(
        inputs=entries,
        input_sha256=digest,
        series="a1b2",
        parameters={"anatomy": "bone", "threshold": (226.0, None)},
        answers=({"rule": "motion", "answer": "yes", "role": "radiographer", "time": "2026-01-02T03:04:05"},),
        steps=(Step("segment", 1.5, {"voxels": np.int64(12), "kept_mm3": np.float32(3.5)}),),
        intended_use="general",
        parts=({"name": "Cube", "volume_mm3": cube.volume, "bounds_mm": cube.bounds, "color": cube.color},),
        provenance={"measured": 1.0},
        verdicts={"scan": "accept", "print": "ready"},
        outputs=files,
        calipers=(CaliperMeasurement(1, "left to right", 10.0, 0.3),),
    ), files


def test_record_follows_its_schema_and_reads_back(cube, inputs, tmp_path):
    jsonschema = pytest.importorskip("jsonschema")
    record, files = full_record(cube, inputs, tmp_path / "out")
    path = write_record(tmp_path / "out", record)
    content = json.loads(path.read_text(encoding="utf-8"))
    schema = json.loads((resources.RESOURCE_DIR / "report" / "record.schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(content, schema)
    assert content["calipers"][0]["measured_mm"] is None
    assert content["steps"][0]["effect"] == {"voxels": 12, "kept_mm3": 3.5}
    assert content["outputs"][0]["sha256"] == files[0].sha256
    assert set(content["libraries"]) >= {"numpy", "scipy", "pydicom", "SimpleITK", "vtk"}
    assert read_record(path).as_json() == content


def test_no_name_of_an_input_stands_in_the_record(cube, inputs, tmp_path):
    record, _files = full_record(cube, inputs, tmp_path / "out")
    text = json.dumps(record.as_json())
    assert "DOE" not in text
    assert set(record.inputs[0]) == {"number", "sha256", "bytes"}  # a hash of a name could be guessed
    assert str(tmp_path) not in text
    named, _digest = hash_inputs(list(inputs.iterdir()), inputs.parent, identified=True)
    assert named[0]["name"] == "DOE^JANE/DOE_0.dcm"


def test_hash_of_the_input_depends_on_content_alone(inputs, tmp_path):
    _entries, digest = hash_inputs(list(inputs.iterdir()), inputs)
    (inputs / "DOE_0.dcm").rename(inputs / "z.dcm")
    assert hash_inputs(list(inputs.iterdir()), inputs)[1] == digest
    (inputs / "z.dcm").write_bytes(b"other")
    assert hash_inputs(list(inputs.iterdir()), inputs)[1] != digest
    with pytest.raises(InputError, match="file 1 of 1"):
        hash_inputs([tmp_path / "gone.dcm"])


@pytest.mark.parametrize(
    "content",
    ["", "{", "[]", '{"schema": "dicom-to-print/record/9"}', '{"schema": "dicom-to-print/record/1", "parameters": 3}'],
)
def test_what_is_no_record_is_refused(tmp_path, content):
    (tmp_path / "record.json").write_text(content, encoding="utf-8")
    with pytest.raises(InputError, match=r"record\.json"):
        read_record(tmp_path / "record.json")
    with pytest.raises(InputError):
        read_record(tmp_path / "none.json")


def test_same_bytes_are_the_same(cube, inputs, tmp_path):
    record, _files = full_record(cube, inputs, tmp_path / "out")
    again = export_meshes((cube,), tmp_path / "again", "model", ("stl", "ply"))
    comparison = compare_runs(record, again, new_record=record)
    assert comparison.same
    assert comparison.in_words.count("same to the byte") == 2
    assert comparison.as_json()["files"][0]["distance_mm"] == 0.0


def test_a_difference_is_measured(cube, inputs, tmp_path):
    record, _files = full_record(cube, inputs, tmp_path / "out")
    points = cube.points.copy()
    points[7] += (0.3, 0.0, 0.4)
    again = export_meshes((replace(cube, points=points),), tmp_path / "again", "model", ("stl",))
    comparison = compare_runs(record, again, old_folder=tmp_path / "out")
    assert not comparison.same
    stl, ply = comparison.files
    assert stl.distance_mm == pytest.approx(0.5, abs=1e-5)
    assert stl.volume_change_mm3 == pytest.approx(replace(cube, points=points).volume - 1000.0, abs=1e-3)
    assert "not written" in ply.sentence
    blind = compare_runs(record, again)
    assert blind.files[0].distance_mm is None
    assert "12 triangles before, 12 now" in blind.in_words


def test_a_changed_old_file_is_not_compared_with(cube, inputs, tmp_path):
    record, _files = full_record(cube, inputs, tmp_path / "out")
    export_meshes((replace(cube, points=cube.points * 2),), tmp_path / "out", "model", ("stl",))
    again = export_meshes((replace(cube, points=cube.points + 1),), tmp_path / "again", "model", ("stl", "ply"))
    assert compare_runs(record, again, old_folder=tmp_path / "out").files[0].distance_mm is None


def test_reasons_name_what_changed(cube, inputs, tmp_path):
    record, files = full_record(cube, inputs, tmp_path / "out")
    record = replace(record, given_files=({"file": "our-bone.json", "sha256": "1" * 64, "bytes": 9},))
    other = replace(
        record,
        given_files=({"file": "our-bone.json", "sha256": "2" * 64, "bytes": 9},),
        input_sha256="0" * 64,
        parameters={"anatomy": "skull", "threshold": [226.0, None]},
        libraries={**record.libraries, "numpy": "1.0"},
    )
    words = compare_runs(record, files, new_record=other).in_words
    assert "not the one of the record" in words
    assert "Parameters differ: anatomy." in words
    assert "have changed: our-bone.json." in words
    assert "/ 1.0" in words


def test_a_hostile_output_name_cannot_lead_elsewhere(cube, inputs, tmp_path):
    record, files = full_record(cube, inputs, tmp_path / "out")
    lying = replace(record, outputs=({**record.outputs[0], "file": "../../etc/passwd", "sha256": "0" * 64},))
    assert "not written" in compare_runs(lying, files, old_folder=tmp_path / "out").in_words


def test_a_registry_entry_follows_the_case_form(cube, inputs, tmp_path):
    record, _files = full_record(cube, inputs, tmp_path / "out")
    entry = registry_entry(record, modality="CT", slices=96, spacing_mm=(0.9, 0.9, 1.2), anatomy="bone", process="sla")
    path = write_registry(tmp_path, entry)
    content = json.loads(Path(path).read_text(encoding="utf-8"))
    (model,) = content["physical_models"]
    assert model["technology"] == "vat photopolymerization"
    assert model["volume_cm3"] == 1.0
    assert model["size_mm"] == [10.0, 10.0, 10.0]
    assert content["imaging"]["indication"] is None
    assert content["digital_model"]["purpose"] == "general"
    (part,) = content["digital_model"]["anatomic_parts"]
    assert (part["structure"], part["region"], part["laterality"]) == ("Bone", None, None)
    efforts = [effort for kinds in content["effort"].values() for effort in kinds.values()]
    assert len(efforts) == 8
    assert all(effort == {"hours": None, "minutes": None, "unknown": None} for effort in efforts)
