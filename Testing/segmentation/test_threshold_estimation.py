"""The boundary is the half-way grey value of the scan, whatever its scale and noise."""

import numpy as np
import pytest

from dicomtoprint.segmentation import load_anatomy, segment
from dicomtoprint.segmentation.threshold_estimation import (
    estimate_intensity_scale,
    estimate_noise,
    half_maximum_threshold,
    prominent_peaks,
)
from dicomtoprint.volume import Volume
from Phantoms.shapes import add_ball, middle, scan, with_noise


def _patient(bone=1200.0, noise=20.0, air=True, dtype=np.int16):
    volume = scan((40, 64, 64), background=-1000.0 if air else 40.0)
    add_ball(volume, middle(volume), 26.0, 40.0)
    add_ball(volume, middle(volume, 3, -2, 1), 11.0, bone)
    return with_noise(volume, noise, dtype=dtype)


@pytest.mark.parametrize("noise", [5.0, 20.0, 50.0])
@pytest.mark.parametrize("bone", [500.0, 1200.0])
def test_half_way_value_is_found_through_noise(bone, noise):
    found = segment(_patient(bone, noise), load_anatomy("bone")).segments[0].boundary
    assert found == pytest.approx((bone + 40) / 2, abs=0.04 * (bone - 40))


@pytest.mark.parametrize(("factor", "offset"), [(1.0, 1000.0), (0.6, 300.0), (1.4, 2500.0)])
def test_uncalibrated_scan_gives_the_same_bone(factor, offset):
    plain = _patient()
    moved = Volume((plain.array.astype(np.float32) * factor + offset).astype(np.float32), plain.affine)
    assert not estimate_intensity_scale(moved.array).calibrated and estimate_intensity_scale(plain.array).calibrated
    first, second = (segment(volume, load_anatomy("jaw")) for volume in (plain, moved))
    assert (second.segments[0].boundary - offset) / factor == pytest.approx(first.segments[0].boundary, abs=20)
    assert second.segments[0].volume_mm3 == pytest.approx(first.segments[0].volume_mm3, rel=0.02)


def test_bone_beside_a_vessel_does_not_pull_its_boundary_up():
    volume = scan((40, 64, 64))
    add_ball(volume, middle(volume, 0, -16, 0), 7.0, 350.0)
    add_ball(volume, middle(volume, 0, 10, 0), 16.0, 740.0)
    found = segment(with_noise(volume, 20.0), load_anatomy("contrast-vessels"), seeds_lps=(middle(volume, 0, -16, 0),))
    assert found.segments[0].boundary == pytest.approx(195, abs=20)
    assert found.segments[0].volume_mm3 == pytest.approx(4 / 3 * np.pi * 7**3, rel=0.05)


def test_a_scan_of_one_joint_without_air_in_view_is_calibrated():
    volume = scan((30, 40, 40))
    add_ball(volume, middle(volume), 15.0, 1200.0)
    assert estimate_intensity_scale(with_noise(volume, 20.0).array).calibrated
    marrow = scan((30, 40, 40))
    add_ball(marrow, middle(marrow), 16.0, 1200.0)
    add_ball(marrow, middle(marrow), 13.0, 300.0)
    assert estimate_intensity_scale(with_noise(marrow, 20.0).array).calibrated
    # The first picture with brighter bone in it is air and soft tissue of another scale.
    add_ball(volume, middle(volume), 5.0, 2400.0)
    assert not estimate_intensity_scale(with_noise(volume, 20.0).array).calibrated


def test_float_and_integer_scans_agree():
    whole, real = (segment(_patient(dtype=kind), load_anatomy("bone")) for kind in (np.int16, np.float32))
    assert np.count_nonzero(whole.labels != real.labels) < 0.001 * np.count_nonzero(real.labels)
    assert whole.segments[0].boundary % 1 == 0.5


def test_bare_bone_in_air_is_cut_half_way_to_air():
    volume = scan((40, 64, 64), background=-1000.0)
    add_ball(volume, middle(volume), 12.0, 800.0)
    found = segment(with_noise(volume, 10.0), load_anatomy("bone"))
    assert found.segments[0].boundary == pytest.approx(-100, abs=40)
    assert found.segments[0].volume_mm3 == pytest.approx(4 / 3 * np.pi * 12**3, rel=0.03)


def test_a_sheared_grid_keeps_shape_and_place():
    volume = scan((40, 70, 60), shear=0.4, background=40.0)
    centre = middle(volume, 2, 1, -1)
    add_ball(volume, centre, 10.0, 1100.0)
    found = segment(with_noise(volume, 10.0), load_anatomy("bone"))
    places = np.argwhere(found.labels > 0)[:, ::-1]
    points = places @ found.affine[:3, :3].T + found.affine[:3, 3]
    assert np.abs(points.mean(axis=0) - centre).max() < 0.1
    assert np.abs(np.linalg.norm(points - centre, axis=1).max() - 10.0) < 0.8
    assert np.array_equal(found.affine, volume.affine)


def test_too_few_edges_is_told_and_the_preset_is_used():
    volume = with_noise(scan((20, 20, 20)), 1.0)
    volume.array[8:12, 8:12, 8:12] = 900
    assert (
        half_maximum_threshold(
            volume.array[:3, :3, :3],
            volume.affine,
            load_anatomy("bone").boundary,
            estimate_intensity_scale(volume.array),
        )
        is None
    )


def test_noise_is_read_from_the_scan():
    assert estimate_noise(with_noise(scan((30, 40, 40)), 25.0).array) == pytest.approx(25.0, rel=0.1)


def test_phantom_boundary(phantom):
    volume, truth = phantom
    found = segment(volume, load_anatomy("bone")).segments[0].boundary
    assert found == pytest.approx(truth.boundary_hu, abs=30)


def test_peaks_of_a_histogram_are_those_of_scipy():
    from scipy import signal

    random = np.random.default_rng(4)
    for size in (3, 10, 258):
        for _ in range(20):
            values = random.integers(0, 12, size).astype(float)
            peaks, facts = signal.find_peaks(values, prominence=3.0)
            found, heights = prominent_peaks(values, 3.0)
            assert np.array_equal(found, peaks) and np.array_equal(heights, facts["prominences"])
