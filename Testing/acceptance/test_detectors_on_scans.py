"""The pixel detectors on real scans, as they are and with a defect put into them."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from scipy import ndimage

from dicomtoprint.acceptance.detectors import run_detectors
from dicomtoprint.dicom import read_study, read_volume
from dicomtoprint.volume import resample_orthogonal


@cache
def real(folder):
    """A real scan: its series and its volume."""
    series = read_study(folder).series[0]
    return series, read_volume(series)


REAL = {
    "philips_headphantom_1mm_UB": {"kernel_from_noise": "smooth", "air_mode_hu": -1001},
    "philips_headphantom_tilt16": {"kernel_from_noise": "smooth", "air_mode_hu": -999},
    "ge_tilt_variable_spacing": {"kernel_from_noise": "smooth", "air_mode_hu": -1000},
}


@pytest.mark.parametrize("name", list(REAL))
def test_real_scans_raise_no_false_alarm(data_dir, name):
    series, volume = real(data_dir / name)
    facts, _ = run_detectors(volume, series)
    assert facts["motion_slices"].value == 0
    assert facts["metal_mm3"].value == 0
    assert facts["fov_cut_mm2"].value == 0
    assert facts["tilt_taken_out_degrees"].value == 0
    assert facts["body_share_of_fov"].value > 0.25
    assert facts["contrast_to_noise"].value > 5
    assert facts["kernel_from_noise"].value == REAL[name]["kernel_from_noise"]
    assert facts["air_mode_hu"].value == pytest.approx(REAL[name]["air_mode_hu"], abs=5)


def test_a_real_scan_without_its_intercept_is_seen(data_dir):
    facts, _ = run_detectors(real(data_dir / "slicer_ctheadaxial")[1])
    assert facts["air_mode_hu"].value > -850
    assert facts["motion_slices"].value == 0


def test_a_real_tilt_taken_out_is_measured(data_dir):
    volume = resample_orthogonal(real(data_dir / "philips_headphantom_tilt16")[1])
    assert run_detectors(volume)[0]["tilt_taken_out_degrees"].value == pytest.approx(16.5, abs=0.3)


def test_motion_put_into_a_real_scan_is_found(data_dir):
    _, volume = real(data_dir / "philips_headphantom_1mm_UB")
    array = volume.array[20:50].copy()
    for k in range(18, len(array)):
        array[k] = ndimage.shift(array[k].astype(np.float32), (1.0 / volume.spacing[1], 0), order=1, mode="nearest")
    fact = run_detectors(replace(volume, array=array))[0]["motion_slices"]
    assert (fact.value, fact.where) == (1, "after image 18")
    assert fact.parameters["largest_mm"] == pytest.approx(1.0, rel=0.15)
