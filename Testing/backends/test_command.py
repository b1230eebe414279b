"""A backend on the command line: licence before anything else, then labels, report and record that say whose they are."""

import json

import numpy as np
import pytest
import SimpleITK as sitk

from dicomtoprint.cli.main import main
from Phantoms.backends import WRITE, options, write_backend


@pytest.fixture(scope="module")
def scan(tmp_path_factory):
    folder = tmp_path_factory.mktemp("scan")
    k, j, i = np.indices((40, 44, 44))
    ball = (k - 20) ** 2 + (j - 22) ** 2 + (i - 22) ** 2 < 14**2
    image = sitk.GetImageFromArray(np.where(ball, 900, -1000).astype(np.int16))
    sitk.WriteImage(image, str(folder / "scan.nii.gz"))
    return folder / "scan.nii.gz"


def run(scan, output, words):
    return main(["run", str(scan), "--output", str(output), "--format", "stl", "--quiet", *words])


def test_a_licence_that_nobody_confirmed_stops_before_the_scan_is_read(scan, tmp_path, capsys):
    path = write_backend(tmp_path, WRITE)
    assert run(scan, tmp_path / "out", options(path, confirmed=False)) == 4
    told = capsys.readouterr().err
    assert "Apache-2.0 (program and weights); for any use." in told and "add --confirm-licence stand-in." in told
    assert not (tmp_path / "out").exists()


class Terminal:
    def __init__(self, answer):
        self.answer = answer

    def isatty(self):
        return True

    def readline(self):
        return self.answer


@pytest.mark.parametrize(("answer", "confirmed"), [("yes\n", "stand-in"), ("no\n", None), ("", None)])
def test_someone_at_a_terminal_is_asked_once(tmp_path, monkeypatch, capsys, answer, confirmed):
    from dicomtoprint.cli.backend_terms import confirm_licence
    from dicomtoprint.config.run_settings import RunSettings

    monkeypatch.setattr("sys.stdin", Terminal(answer))
    settings = RunSettings(segment_with=f"{write_backend(tmp_path, WRITE)}:heartchambers_highres")
    done = confirm_licence(settings)
    assert done.confirm_licence == confirmed
    assert "for non-commercial use without payment" in capsys.readouterr().err
    assert confirm_licence(RunSettings()) == RunSettings()
    if confirmed:
        assert confirm_licence(done) == done and not capsys.readouterr().err


def test_the_labels_make_a_model_and_the_record_says_whose_they_are(scan, tmp_path, capsys):
    path = write_backend(tmp_path, WRITE)
    out = tmp_path / "out"
    assert run(scan, out, options(path, "total")) == 0, capsys.readouterr().err
    record = json.loads((out / "record.json").read_text(encoding="utf-8"))
    asked = record["parameters"]
    assert (asked["segment_with"], asked["confirm_licence"]) == ("stand-in.json:total", "stand-in")
    assert "/" not in asked["backend_command"] and [entry["file"] for entry in record["given_files"]] == [
        "stand-in.json"
    ]
    step = next(step for step in record["steps"] if step["name"] == "finding the anatomy")
    facts = step["effect"]["figures"]["backend"]
    assert (facts["title"], facts["task"], facts["licence_confirmed"]) == ("Stand-in", "total", True)
    assert len(facts["labels_sha256"]) == 64 and facts["version"][0].isdigit()
    assert step["effect"]["segments"][0]["name"] == "heart"
    report = (out / "report.html").read_text(encoding="utf-8")
    assert "Labelled by Stand-in" in report and "Nobody has checked its labels" in report
    assert str(tmp_path) not in json.dumps(record) and str(tmp_path) not in report


def test_a_failure_leaves_no_model(scan, tmp_path, capsys):
    path = write_backend(tmp_path, "raise RuntimeError")
    assert run(scan, tmp_path / "out", options(path)) == 1
    assert capsys.readouterr().err == (
        "dicom_to_print: Stand-in failed (code 1, RuntimeError): try its program by itself, and see its installation.\n"
    )
    assert not [file for file in (tmp_path / "out").glob("*") if file.suffix in (".stl", ".json", ".html")]


def test_both_a_segmentation_and_a_backend_is_a_contradiction(scan, tmp_path, capsys):
    path = write_backend(tmp_path, WRITE)
    assert run(scan, tmp_path / "out", [*options(path), "--segmentation", str(scan)]) == 2
    assert "choose --segmentation or --segment-with" in capsys.readouterr().err


def test_list_says_what_is_installed_what_its_licence_allows_and_how_coarse_it_is(capsys):
    assert main(["list", "backends"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert any(line.startswith("totalsegmentator ") and "installed" in line for line in lines)
    total = next(line for line in lines if "totalsegmentator:total " in line)
    assert "CT, voxels of 1.5 x 1.5 x 1.5 mm, 117 structures" in total and "any use" in total
    assert "non-commercial" in next(line for line in lines if "heartchambers_highres" in line)
