"""The pixel detectors on phantoms with and without defects, and on volumes that make no sense."""

import math
from dataclasses import replace

import numpy as np
import pytest
from scipy import ndimage

from dicomtoprint.acceptance import load_protocol
from dicomtoprint.acceptance.detectors import run_anatomy_detectors, run_detectors, segment_truncation
from dicomtoprint.acceptance.detectors.motion import _shift
from dicomtoprint.acceptance.evaluate import finding_for
from dicomtoprint.dicom import read_study, read_volume
from dicomtoprint.images.image import encode_png
from dicomtoprint.phantom import make_phantom_volume, write_phantom_dicom
from dicomtoprint.rules import MISSING, Verdict
from dicomtoprint.volume import Volume
from Phantoms.small_scans import scanned, seen

NAMES = {
    "motion_slices",
    "metal_mm3",
    "contrast_to_noise",
    "fov_cut_mm2",
    "fov_cut_ends_mm2",
    "tilt_taken_out_degrees",
    "kernel_from_noise",
    "air_mode_hu",
    "body_share_of_fov",
    "blank_slices",
    "repeated_slices",
    "noise_hu",
    "tissue_above_air_hu",
}


def test_clean_phantom_raises_no_alarm(clean):
    _, facts, pictures = clean
    assert set(facts) == NAMES
    assert all(facts[name].name == name for name in facts)
    assert facts["motion_slices"].value == 0
    assert facts["motion_slices"].parameters["largest_mm"] < 0.3
    assert facts["metal_mm3"].value == 0
    assert facts["fov_cut_mm2"].value == 0
    assert facts["fov_cut_ends_mm2"].value == 0
    assert facts["tilt_taken_out_degrees"].value == 0
    assert facts["kernel_from_noise"].value is MISSING  # pixels of 1 mm
    assert facts["air_mode_hu"].value == pytest.approx(-1000, abs=5)
    # The step from soft tissue to cortex is 1160 HU; the noise 12 HU.
    assert 60 < facts["contrast_to_noise"].value < 110
    assert [picture.name for picture in pictures] == ["sagittal", "contrast", "air", "body-share"]


def test_every_fact_says_how_sure_it_is(clean):
    known = [
        fact for facts in (clean[1], seen(implant=True)[0]) for fact in facts.values() if fact.value is not MISSING
    ]
    assert {fact.parameters.get("sure") for fact in known} <= {"clear", "borderline"}
    rule = next(one for one in load_protocol("3dsystems-ortho").rules if one.fact == "metal_mm3")
    assert finding_for(rule, clean[1]["metal_mm3"]).message.endswith("(clear).")
    told = finding_for(rule, seen(implant=True)[0]["metal_mm3"]).as_json()["message"]
    assert told.endswith("The measure is clear.")


def test_body_box_leaves_the_couch_out(clean):
    _, facts, _ = clean
    share = facts["body_share_of_fov"]
    # The body is an ellipse of 124 x 108 mm, the field 128 x 128 mm; the couch below it reaches the edge.
    assert share.value == pytest.approx(124 * 108 / 128**2, rel=0.06)
    without = seen(couch=False)[0]["body_share_of_fov"]
    assert share.value == pytest.approx(without.value, abs=0.02)


@pytest.mark.parametrize(("where", "step"), [(8, (1.0, 0.0, 0.0)), (15, (0.0, -1.5, 0.0)), (21, (2.0, 2.0, 0.0))])
def test_motion_is_found_where_it_happened(where, step):
    facts, pictures = seen(motion=((where, step),))
    fact = facts["motion_slices"]
    assert fact.value == 1
    assert fact.where == f"after image {where}"
    assert fact.parameters["largest_mm"] == pytest.approx(np.hypot(*step[:2]), rel=0.15)
    assert fact.places[0][2] == pytest.approx((where - 14.5) * 4.0, abs=0.1)
    assert "motion" in [picture.name for picture in pictures]


def test_moving_there_and_back_counts_twice():
    assert seen(motion=((12, (0.0, 3.0, 0.0)), (15, (0.0, 0.0, 0.0))))[0]["motion_slices"].value == 2


@pytest.mark.parametrize("tilt", [-20.0, 16.5])
def test_a_tilt_is_no_motion(tilt):
    facts, pictures = seen(tilt_degrees=tilt)
    assert facts["motion_slices"].value == 0
    assert facts["tilt_taken_out_degrees"].value == 0
    assert pictures[0].name == "tilt"


@pytest.mark.parametrize("moved", [(0.0, 0.0), (0.4, -0.7), (2.5, 1.5)])
def test_shift_of_a_picture_is_measured(moved):
    rng = np.random.default_rng(0)
    first = ndimage.gaussian_filter(rng.normal(0, 1, (90, 100)), 4.0) * 4000
    second = ndimage.shift(first, moved, order=3, mode="nearest")
    found = _shift(first.astype(np.float32), second.astype(np.float32), np.ones(first.shape, bool))
    assert found == pytest.approx(moved, abs=0.05)


def test_metal_is_measured_and_bone_is_none(clean):
    facts, pictures = seen(implant=True)
    expected = math.pi * 4.0**2 * np.linalg.norm([0.5, 0.5, 30.0]) + 4 / 3 * math.pi * 4.0**3
    # Blooming: everything above 2500 HU around a rod of 12000 HU counts.
    assert expected < facts["metal_mm3"].value < 1.6 * expected
    assert facts["metal_mm3"].parameters["pieces"] == 1
    assert "metal" in [picture.name for picture in pictures]


@pytest.mark.parametrize(("edge", "found"), [(2, False), (4, True)])
def test_metal_needs_a_piece_of_some_size(clean, edge, found):
    volume = clean[0]
    array = volume.array.copy()
    array[20 : 20 + edge // 2, 60 : 60 + edge, 60 : 60 + edge] = 3071
    assert (run_detectors(replace(volume, array=array))[0]["metal_mm3"].value > 0) == found


@pytest.mark.parametrize(("gap_mm", "share"), [(10, 1.0), (17, 0.6), (25, 0.0)])
def test_metal_counts_near_the_chosen_anatomy(clean, gap_mm, share):
    volume = clean[0]
    array = volume.array.copy()
    array[10:12, 60:65, 100:105] = 3071
    anatomy = np.zeros(array.shape, bool)
    anatomy[10:12, 60:65, : 100 - gap_mm + 1] = True  # the nearest metal lies `gap_mm` from it, the furthest 4 mm more
    facts, pictures = run_anatomy_detectors(replace(volume, array=array), anatomy)
    assert facts["metal_mm3"].value == pytest.approx(share * 2 * 5 * 5 * 4.0, abs=41)
    assert bool(share) == ("metal-near" in [picture.name for picture in pictures])
    assert set(facts) == {"fov_cut_mm2", "fov_cut_ends_mm2", "contrast_to_noise", "metal_mm3"}


def test_a_lost_intercept_is_no_metal():
    facts, _ = seen(offset=1024)
    assert facts["air_mode_hu"].value == pytest.approx(24, abs=5)
    assert facts["metal_mm3"].value == 0


def water(noise_hu, correlation, pixel):
    """A bath of soft tissue with noise, air at its sides."""
    grey = np.full((12, 150, 150), 40.0, np.float32)
    grey[:, :, :20] = -1000.0
    return scanned(Volume(grey, np.diag([pixel, pixel, 1.0, 1.0])), noise_hu, correlation, padding=False)


@pytest.mark.parametrize("correlation", [0.75, 0.6, 0.3, 0.0])
def test_kernel_from_noise(correlation):
    fact = run_detectors(water(15.0, correlation, 0.5))[0]["kernel_from_noise"]
    # Taking out the plane of a tile costs some correlation.
    assert fact.parameters["autocorrelation"] == pytest.approx(correlation, abs=0.08)
    assert fact.value == ("smooth" if correlation > 0.45 else "sharp" if correlation > 0.15 else "unknown")


def test_a_kernel_is_unknown_without_noise_and_not_judged_on_coarse_pixels():
    assert run_detectors(water(0.0, 0.0, 0.5))[0]["kernel_from_noise"].value == "unknown"
    assert run_detectors(water(15.0, 0.6, 0.5))[0]["kernel_from_noise"].value == "smooth"
    assert run_detectors(water(15.0, 0.6, 1.2))[0]["kernel_from_noise"].value is MISSING


def test_contrast_falls_with_noise():
    values = [seen(noise_hu=noise)[0]["contrast_to_noise"].value for noise in (10, 40, 120)]
    assert values[0] > 2.5 * values[1] > 5 * values[2]


def test_contrast_of_a_chosen_segment(clean):
    volume = clean[0]
    fact = run_anatomy_detectors(volume, volume.array > 620)[0]["contrast_to_noise"]
    assert fact.parameters["anatomy_hu"] == pytest.approx(1050, abs=150)  # partial volume of 1 x 1 x 4 mm in thin walls
    assert fact.parameters["around_hu"] == pytest.approx(40, abs=60)
    step = fact.parameters["anatomy_hu"] - fact.parameters["around_hu"]
    assert fact.value == pytest.approx(step / 12.0, rel=0.15)
    empty, _pictures = run_anatomy_detectors(volume, np.zeros(volume.array.shape, bool))
    assert empty["contrast_to_noise"].value is MISSING


@pytest.mark.parametrize("offset", [-5, 0, 140])
def test_air_is_measured_at_its_offset(offset):
    assert seen(noise_hu=8, offset=offset)[0]["air_mode_hu"].value == pytest.approx(-1000 + offset, abs=6)


SENSELESS = {
    "constant": lambda rng: np.zeros((5, 20, 20), np.int16),
    "two voxels": lambda rng: rng.integers(-1000, 1000, (2, 2, 2)).astype(np.int16),
    "one row": lambda rng: rng.integers(-1000, 1000, (12, 1, 64)).astype(np.int16),
    "all NaN": lambda rng: np.full((6, 32, 32), np.nan, np.float32),
    "some NaN": lambda rng: np.where(rng.random((12, 40, 40)) < 0.1, np.nan, 500.0).astype(np.float32),
    "infinite": lambda rng: np.where(rng.random((12, 40, 40)) < 0.1, np.inf, rng.normal(0, 500)).astype(np.float32),
    "noise": lambda rng: rng.normal(0, 500, (20, 64, 64)).astype(np.int16),
    "absurd": lambda rng: rng.normal(0, 1e30, (12, 40, 40)).astype(np.float32),
    "air": lambda rng: rng.normal(-1000, 10, (20, 64, 64)).astype(np.int16),
    "whole range": lambda rng: rng.integers(-32768, 32767, (12, 40, 50)).astype(np.int16),
    "two values": lambda rng: np.where(np.indices((20, 64, 64)).sum(axis=0) % 3 == 0, -1000, 1000).astype(np.int16),
}


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("kind", list(SENSELESS))
def test_senseless_volumes_give_facts_and_no_error(kind):
    volume = Volume(SENSELESS[kind](np.random.default_rng(0)), np.diag([0.5, 0.5, 1.0, 1.0]))
    facts, _ = run_detectors(volume)
    assert set(facts) == NAMES
    segment_truncation(volume, volume.array > 100)


def _patterns(side):
    """Test patterns that a program writes into a conformant series: HU by name."""
    rng = np.random.default_rng(5)
    k, j, i = np.mgrid[:10, :side, :side].astype(np.float32)
    off = (side - 1) / 2
    disc = np.hypot(j - off, i - off) < 0.35 * side
    yield "zeros", np.zeros_like(i)
    yield "bright", np.full_like(i, 3000)
    yield "ramp", i / side * 2000 - 1000
    yield "ramps", (np.arange(i.size).reshape(i.shape) % 4096) - 1024
    yield "uniform", rng.integers(0, 4096, i.shape) - 1024
    yield "white noise", rng.normal(40, 20, i.shape)
    yield "coarse noise", rng.normal(0, 100, i.shape)
    yield "disc of water", np.where(disc, 40, -1000) + rng.normal(0, 10, i.shape)
    yield "disc of bone", np.where(disc, 1000, -1000)
    yield "bone in water", np.where(disc, 1200, 40) + rng.normal(0, 10, i.shape)
    yield "ring of bone", np.where(disc, np.where(np.hypot(j - off, i - off) > 0.25 * side, 1000, 40), -1000)
    yield "slanted rod", np.where(np.hypot(j - off - k, i - off) < 0.2 * side, 1000, -1000)
    yield "slanted box", np.where((np.abs(j - off - k) < 0.2 * side) & (np.abs(i - off) < 0.2 * side), 40, -1024)
    yield "checkers", np.where((i // 4 + j // 4) % 2 == 0, -1000, 1000)


def _complaints(volume):
    facts, _ = run_detectors(volume)
    return [
        rule.fact
        for rule in load_protocol("3dsystems-ortho").rules
        if rule.fact in facts and finding_for(rule, facts[rule.fact]).verdict is not Verdict.ACCEPT
    ]


@pytest.mark.parametrize(("side", "pixel"), [(16, 0.5), (64, 0.6), (100, 0.5)])
def test_test_patterns_are_no_patients(side, pixel):
    for name, array in _patterns(side):
        volume = Volume(array.astype(np.float32), np.diag([pixel, pixel, 1.0, 1.0]))
        # A disc of bone is as small as its field makes it.
        assert not set(_complaints(volume)) - {"body_share_of_fov"}, name


def test_all_air_establishes_nothing():
    array = np.random.default_rng(0).normal(-1000, 10, (20, 64, 64)).astype(np.int16)
    facts, _ = run_detectors(Volume(array, np.diag([0.5, 0.5, 1.0, 1.0])))
    for name in ("motion_slices", "contrast_to_noise", "fov_cut_mm2", "air_mode_hu", "body_share_of_fov"):
        assert facts[name].value is MISSING


def test_slices_are_named_as_on_the_console(tmp_path):
    write_phantom_dicom(tmp_path, (30, 64, 64), (2.0, 2.0, 3.6), motion=((15, (0.0, 5.0, 0.0)),))
    series = read_study(tmp_path).series[0]
    fact = run_detectors(read_volume(series), series)[0]["motion_slices"]
    assert fact.where == "after image 15"


def test_progress_runs_to_the_end_and_can_stop():
    volume, _ = make_phantom_volume((20, 64, 64), (2.0, 2.0, 5.0))
    fractions = []
    run_detectors(volume, progress=lambda fraction, phrase="": fractions.append(fraction))
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1.0

    def stop(fraction, phrase=""):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_detectors(volume, progress=stop)


def test_pictures_are_small_png(clean):
    for picture in (*seen(implant=True)[1], *seen(wedge_degrees=8.0)[1], *seen(tilt_degrees=16.5)[1], *clean[2]):
        encoded = encode_png(picture)
        assert encoded.media_type == "image/png"
        assert encoded.data[:8] == b"\x89PNG\r\n\x1a\n"
        assert int.from_bytes(encoded.data[16:20], "big") <= 400
        assert encoded.alt
