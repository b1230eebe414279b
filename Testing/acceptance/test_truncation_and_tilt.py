"""Anatomy that the field of view cuts, and a gantry tilt that was taken out, on phantoms and on patterns."""

from dataclasses import replace

import numpy as np
import pytest

from dicomtoprint.acceptance.detectors import run_detectors, segment_truncation
from dicomtoprint.acceptance.detectors.gantry_tilt import _edges, _line
from dicomtoprint.phantom import make_phantom_volume, signed_distance
from dicomtoprint.phantom.ct_simulation import apply_padding
from dicomtoprint.rules import MISSING
from dicomtoprint.volume import Volume, resample_orthogonal
from Phantoms.small_scans import bare, scanned, seen

CUTS = {"right": np.s_[:, :, 40:], "left": np.s_[:, :, :40], "front": np.s_[:, 60:, :], "back": np.s_[:, :60, :]}


@pytest.mark.parametrize("side", list(CUTS))
def test_cut_anatomy_is_measured(side):
    volume = scanned(bare(), padding=False)
    facts, pictures = run_detectors(replace(volume, array=np.ascontiguousarray(volume.array[CUTS[side]])))
    assert facts["fov_cut_mm2"].value > 100
    assert facts["fov_cut_mm2"].where == side
    assert "fov-cut" in [picture.name for picture in pictures]


def test_a_cut_by_the_round_edge_is_seen():
    volume = scanned(bare(), padding=False)
    array = np.ascontiguousarray(volume.array[:, 14:94, 30:110])
    apply_padding(array, 0.0)
    facts, _ = run_detectors(replace(volume, array=array))
    assert "round edge" in facts["fov_cut_mm2"].parameters["faces"]
    assert facts["fov_cut_mm2"].value > 100


def test_a_cut_at_an_end_is_told_apart():
    volume = scanned(bare(), padding=False)
    facts, _ = run_detectors(replace(volume, array=volume.array[11:]))
    assert facts["fov_cut_mm2"].value == 0
    assert facts["fov_cut_ends_mm2"].where == "first slice"
    # The shaft cut across: at least its cortex, at most all of it (cancellous bone is as bright as the limit).
    cortex, whole = np.pi * (9.6**2 - 6.6**2), np.pi * 9.6**2
    assert 0.95 * cortex < facts["fov_cut_ends_mm2"].value < 1.05 * whole


def test_the_contact_of_a_chosen_segment_is_its_area():
    volume, _ = make_phantom_volume((20, 64, 64), (1.0, 1.0, 2.0), padding=False)
    mask = np.zeros(volume.array.shape, bool)
    mask[5:10, 20:31, :8] = True
    (sides, ends), pictures = segment_truncation(volume, mask)
    assert sides.value == pytest.approx(5 * 2.0 * 11 * 1.0)
    assert sides.where == "right"
    assert ends.value == 0
    assert len(pictures) == 1
    mask[:, 40:44, 40:44] = True
    assert segment_truncation(volume, mask)[0][1].value == pytest.approx(2 * 16.0)
    assert segment_truncation(volume, np.zeros_like(mask))[0][0].value is MISSING


def test_true_bone_of_the_whole_phantom_is_not_cut(clean):
    volume = clean[0]
    every = np.indices(volume.array.shape[::-1])[:, ::2, ::2].reshape(3, -1).T
    inside = every[signed_distance(volume.to_lps(every)) < 0]
    mask = np.zeros(volume.array.shape, bool)
    mask[inside[:, 2], inside[:, 1], inside[:, 0]] = True
    (sides, ends), pictures = segment_truncation(volume, mask)
    assert (sides.value, ends.value, pictures) == (0, 0, ())


@pytest.mark.parametrize("degrees", [8.0, -12.0, 18.5])
def test_a_tilt_taken_out_is_measured(degrees):
    facts, pictures = seen(wedge_degrees=degrees)
    fact = facts["tilt_taken_out_degrees"]
    assert fact.value == pytest.approx(abs(degrees), abs=0.3)
    assert fact.parameters["r_squared"] > 0.99
    assert pictures[0].name == "tilt-taken-out"


def test_a_resampled_tilt_betrays_itself():
    volume = scanned(bare(tilt_degrees=16.5))
    assert run_detectors(resample_orthogonal(volume))[0]["tilt_taken_out_degrees"].value == pytest.approx(16.5, abs=0.3)


def test_the_outline_of_a_body_in_cleared_air_is_no_wedge():
    k, j, i = np.mgrid[:40, :100, :100].astype(float)
    centre, radius = 50.0, 20.0 + 0.6 * k
    inside = np.hypot(j - centre, i - 50.0) < radius
    array = np.where(inside, 40, -1024).astype(np.int16)
    facts, _ = run_detectors(Volume(array, np.diag([1.0, 1.0, 2.0, 1.0])))
    assert facts["tilt_taken_out_degrees"].value == 0


def test_a_line_is_not_fitted_to_noise():
    rng = np.random.default_rng(0)
    rows = np.repeat(rng.integers(0, 60, 40)[:, None], 10, axis=1).astype(float)
    fitted = _line(rows)
    assert fitted is None or fitted[2] < 0.5


def test_edges_of_a_slanted_cut():
    array = np.full((12, 50, 48), 7, np.int16)
    for k in range(12):
        array[k, : 2 * k] = -5
    first, last = _edges(array, -5.0)
    assert first[:, 0].tolist() == [2 * k for k in range(12)]
    assert np.all(last == 49)


@pytest.mark.parametrize("padding", [-1024, -2000])
def test_slanted_padding_is_seen_without_air_too(padding):
    array = np.random.default_rng(0).normal(40, 10, (12, 64, 64)).astype(np.float32)
    for k in range(12):
        array[k, : 2 * k] = padding
    facts, _ = run_detectors(Volume(array, np.diag([0.5, 0.5, 1.0, 1.0])))
    assert facts["tilt_taken_out_degrees"].value == pytest.approx(45.0, abs=1.0)
