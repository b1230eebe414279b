"""A process whose limits were measured, in `prepare`, `run`'s gate and `replay`: compensation, expiry, budget."""

import datetime
import json
from types import SimpleNamespace

import numpy as np
import pytest

from dicomtoprint.cli.main import main
from dicomtoprint.config.run_settings import RunSettings
from dicomtoprint.errors import UnansweredQuestionError, UsageError
from dicomtoprint.io import read_meshes
from dicomtoprint.pipeline.calibrated import require_valid_calibration
from dicomtoprint.pipeline.report_content import measure_budget
from dicomtoprint.pipeline.results import RunResult
from dicomtoprint.pipeline.reviewed_model import load_reviewed_model
from dicomtoprint.printability import load_process
from Phantoms.coupons import printed_form, write_map
from Phantoms.solids import box, write_stl

SCALE = (0.996, 1.002, 0.99)
SIDES = (40.0, 30.0, 20.0)


@pytest.fixture
def lab(tmp_path):
    """The lab's own process file, made by `calibrate` from a plate that this printer made."""
    content = write_map(tmp_path / "plate")
    form, path = tmp_path / "form.csv", tmp_path / "lab.json"
    form.write_text(printed_form(content, scale=SCALE), encoding="utf-8")
    arguments = ["calibrate", str(tmp_path / "plate"), "--measured", str(form), "--output", str(path), "--quiet"]
    assert main([*arguments, "--printer", "MK4", "--material", "PLA", "--person", "technician"]) == 0
    return path


@pytest.fixture
def mesh(tmp_path):
    path = tmp_path / "given.stl"
    write_stl(path, box(*SIDES, at=(100.0, -40.0, 7.0)))
    return path


def expired(path):
    content = json.loads(path.read_text(encoding="utf-8"))
    content["calibration"] |= {"date": "2020-01-01", "expires": "2020-07-01"}
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


def prepared(mesh, lab, folder, *more):
    return main(
        ["prepare", str(mesh), "--process", str(lab), "--output", str(folder), "--format", "stl", "--quiet", *more]
    )


def test_the_file_is_scaled_against_the_printer_and_the_intended_model_is_known(mesh, lab, tmp_path):
    folder = tmp_path / "out"
    assert prepared(mesh, lab, folder, "--use", "general") == 0
    (written,) = read_meshes(folder / "model.stl")
    size = np.ptp(written.points, axis=0)
    assert size == pytest.approx(np.array(SIDES) / SCALE, abs=0.002)
    assert size * SCALE == pytest.approx(SIDES, abs=0.002)  # what this printer makes of it
    record = json.loads((folder / "record.json").read_text(encoding="utf-8"))
    step = next(one for one in record["steps"] if one["name"] == "preparing for print")
    assert len(step["effect"]["compensation"]) == 12
    assert record["calipers"][0]["expected_mm"] in [pytest.approx(side, abs=0.01) for side in SIDES]
    assert [entry["file"] for entry in record["given_files"]] == ["lab.json"]
    page = (folder / "report.html").read_text(encoding="utf-8")
    assert "scale compensation" in page and "test plate of MK4 with PLA" in page
    # A review holds the part against what shall be printed, not against the scaled file.
    intended = load_reviewed_model(folder).mesh
    assert np.ptp(intended.points, axis=0) == pytest.approx(SIDES, abs=0.002)
    assert intended.points.mean(axis=0) == pytest.approx((100, -40, 7), abs=max(SIDES))


def test_turned_parts_are_compensated_along_the_printers_axes(mesh, lab, tmp_path):
    folder = tmp_path / "out"
    assert prepared(mesh, lab, folder, "--orient") == 0
    (written,) = read_meshes(folder / "model.stl")
    sizes = np.ptp(written.points, axis=0) * SCALE
    assert sorted(sizes) == pytest.approx(sorted(SIDES), abs=0.003)
    assert sorted(np.ptp(load_reviewed_model(folder).mesh.points, axis=0)) == pytest.approx(sorted(SIDES), abs=0.003)


def test_an_expired_calibration_warns_and_a_strict_use_refuses_it(mesh, lab, tmp_path, capsys):
    expired(lab)
    folder = tmp_path / "out"
    assert prepared(mesh, lab, folder, "--use", "teaching") == 0
    found = json.loads((folder / "printability.json").read_text(encoding="utf-8"))
    told = next(one for one in found["findings"] if one["rule"] == "calibration")
    assert (found["verdict"], told["outcome"], told["severity"]) == ("warn", "fail", "warn")
    capsys.readouterr()
    assert main(["inspect", str(mesh), "--process", str(lab), "--quiet"]) == 0
    assert "expired" in capsys.readouterr().out
    strict = RunSettings(use="surgical-planning", process=str(lab))
    with pytest.raises(UnansweredQuestionError, match=r"expired on 2020-07-01.*--accept-anyway"):
        require_valid_calibration(strict)
    require_valid_calibration(strict, datetime.date(2020, 7, 1))
    require_valid_calibration(RunSettings(use="surgical-planning", process=str(lab), accept_anyway="checked by hand"))
    assert prepared(mesh, lab, tmp_path / "no", "--use", "surgical-planning") == 4
    assert not (tmp_path / "no" / "model.stl").exists()


def test_a_record_is_repeated_by_what_held_on_its_day(mesh, lab, tmp_path):
    folder = tmp_path / "out"
    expired(lab)
    assert prepared(mesh, lab, folder) == 0
    (folder / "lab.json").write_bytes(lab.read_bytes())
    path, again = folder / "record.json", tmp_path / "again"
    record = json.loads(path.read_text(encoding="utf-8")) | {"created": "2020-03-01T10:00:00+01:00"}
    path.write_text(json.dumps(record), encoding="utf-8")
    assert main(["replay", str(path), "--input", str(mesh), "--output", str(again), "--quiet"]) == 0
    found = json.loads((again / "printability.json").read_text(encoding="utf-8"))["findings"]
    assert [one["outcome"] for one in found if one["rule"] == "calibration"] == ["pass"], "it held on that day"


def test_a_compensated_model_is_no_dicom_stl(lab):
    with pytest.raises(UsageError, match="leave the format dicom out"):
        require_valid_calibration(RunSettings(process=str(lab), formats=("stl", "dicom")))


def test_the_error_budget_asks_for_the_day_of_the_run(lab, monkeypatch):
    """A replay in later years has the budget of its record: the printer's figure was measured, and held on that day."""
    from dicomtoprint import accuracy

    tolerances = []
    monkeypatch.setattr(accuracy, "measure_edge_profile", lambda volume, meshes: None)
    monkeypatch.setattr(accuracy, "error_budget", lambda **given: tolerances.append(given["tolerance"]))
    process = load_process(str(expired(lab)))
    for day in (datetime.date(2020, 3, 1), datetime.date(2020, 7, 2), None):
        mesh = SimpleNamespace(bounds=(0.0, 40.0, 0.0, 30.0, 0.0, 20.0), name="Bone")
        result = RunResult(
            RunSettings(process=str(lab)),
            SimpleNamespace(volume=SimpleNamespace(spacing=(1.0, 1.0, 1.0))),
            SimpleNamespace(segments=()),
            SimpleNamespace(meshes=(mesh,), figures=()),
            (),
            SimpleNamespace(process=process),
            (),
            lab.parent,
            (None,),
            day,
        )
        measure_budget(result)
    assert [tolerance.is_current for tolerance in tolerances] == [True, False, False]
