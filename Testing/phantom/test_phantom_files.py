"""The phantom as DICOM files: valid, anonymous, repeatable, and the same voxels as in memory."""

import shutil
import subprocess
from datetime import date

import numpy as np
import pydicom
import pytest

from dicomtoprint.acceptance import evaluate_study, load_protocol
from dicomtoprint.dicom import read_study
from dicomtoprint.errors import OutputError
from dicomtoprint.phantom import make_phantom_volume, write_phantom_dicom

SHAPE, SPACING = (5, 64, 64), (0.6, 0.6, 1.0)


@pytest.mark.parametrize("defects", [{}, {"tilt_degrees": 16.5}, {"implant": True}], ids=["plain", "tilt", "implant"])
def test_files_hold_the_voxels_and_their_place(tmp_path, defects):
    write_phantom_dicom(tmp_path, SHAPE, SPACING, **defects)
    volume, _ = make_phantom_volume(SHAPE, SPACING, **defects)
    for k, path in enumerate(sorted(tmp_path.iterdir())):
        data = pydicom.dcmread(path)
        grey = data.pixel_array * float(data.RescaleSlope) + float(data.RescaleIntercept)
        assert np.array_equal(grey, volume.array[k])
        for i, j in ((0, 0), (63, 10)):
            row, column = np.reshape([float(v) for v in data.ImageOrientationPatient], (2, 3))
            place = np.asarray(data.ImagePositionPatient, float)
            place = place + i * float(data.PixelSpacing[1]) * row + j * float(data.PixelSpacing[0]) * column
            assert place == pytest.approx(volume.to_lps(np.array([[i, j, k]]))[0], abs=1e-5)


def test_files_are_repeatable_and_anonymous(tmp_path):
    day = date(2024, 2, 29)
    for name in ("a", "b"):
        write_phantom_dicom(tmp_path / name, SHAPE, SPACING, acquired=day, seed=3)
    write_phantom_dicom(tmp_path / "c", SHAPE, SPACING, acquired=day, seed=4)
    first, again, other = (sorted((tmp_path / name).iterdir()) for name in "abc")
    assert [p.read_bytes() for p in first] == [p.read_bytes() for p in again]
    data, another = pydicom.dcmread(first[0]), pydicom.dcmread(other[0])
    assert data.SeriesInstanceUID != another.SeriesInstanceUID
    assert str(data.PatientName) == "PHANTOM^DICOMTOPRINT"
    assert data.AcquisitionDate == "20240229"


@pytest.mark.parametrize(
    ("defects", "verdict"), [({}, "accept"), ({"tilt_degrees": 16.5}, "reject"), ({"kernel": "BONE"}, "reject")]
)
def test_the_protocol_accepts_it_as_it_is(tmp_path, defects, verdict):
    write_phantom_dicom(tmp_path, (8, 32, 32), SPACING, **defects)
    accepted = evaluate_study(read_study(tmp_path), [load_protocol("3dsystems-ortho")], pixels=False)
    assert accepted.series[0].verdict.value == verdict


def test_today_is_the_default_day(tmp_path):
    before = date.today()
    write_phantom_dicom(tmp_path, (1, 16, 16), SPACING)
    assert before.strftime("%Y%m%d") <= pydicom.dcmread(tmp_path / "CT0001.dcm").AcquisitionDate


@pytest.mark.skipif(shutil.which("dciodvfy") is None, reason="dciodvfy (dicom3tools) is not installed")
@pytest.mark.parametrize("tilt", [0.0, 16.5, -10.0])
def test_an_independent_validator_finds_no_error(tmp_path, tilt):
    write_phantom_dicom(tmp_path, (2, 32, 32), SPACING, tilt_degrees=tilt)
    for path in tmp_path.iterdir():
        result = subprocess.run(["dciodvfy", str(path)], capture_output=True, text=True, encoding="utf-8")
        assert "Error" not in result.stderr + result.stdout
        assert "Warning" not in result.stderr + result.stdout


def test_a_folder_that_cannot_be_made_is_one_sentence(tmp_path):
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    with pytest.raises(OutputError, match="choose a folder"):
        write_phantom_dicom(tmp_path / "file" / "below", (1, 16, 16), SPACING)
