"""Bone and organs as bright as blood are never part of a vessel in silence."""

import numpy as np
import pytest

from dicomtoprint.segmentation import load_anatomy, segment
from Phantoms.vessel_scenes import VesselScene, on_scan

VESSELS = load_anatomy("contrast-vessels")
SEED = (33.0, 18.0, 5.0)


def scene_with_aorta():
    scene = VesselScene((56.0, 66.0, 66.0), (1.2, 0.9, 0.9))
    scene.tube((0, 18, 33), (56, 18, 33), 7.0, 6.5)
    return scene


@pytest.mark.parametrize(
    ("blood", "cortex_mm", "cortex", "marrow"), [(300.0, 0.4, 800.0, 200.0), (380.0, 0.6, 600.0, 400.0)]
)
def test_a_vertebra_with_a_thin_cortex_and_marrow_like_blood_is_told(blood, cortex_mm, cortex, marrow):
    scene = scene_with_aorta()
    scene.vertebra((28, 18 + 7 + 13 - 0.5, 37), (11.0, 13.0, 17.0))
    _, bone = scene.truth()
    volume = scene.scan(blood, 15.0, cortex_mm=cortex_mm, cortex=cortex, marrow=marrow)
    found = segment(volume, VESSELS, seeds_lps=(SEED,))
    assert (on_scan(found, bone.shape) & bone).sum() > 0.3 * bone.sum()  # grey values cannot tell it
    places = [doubt["place"] for doubt in found.figures["vessel_doubts"] if doubt["kind"] == "neck"]
    assert places and np.abs(np.subtract(places[0], (-37.0, -37.5, 28.0))).max() < 8.0
    assert any("may be vessel" in warning for warning in found.warnings)


def test_a_kidney_that_hangs_on_by_its_artery_is_told():
    scene = scene_with_aorta()
    scene.tube((28, 18, 33), (28, 40, 36), 2.5, 2.5)
    scene.tube((22, 46, 36), (34, 46, 37), 11.0, 11.0)
    found = segment(scene.scan(320.0, 15.0), VESSELS, seeds_lps=(SEED,))
    assert [doubt["kind"] for doubt in found.figures["vessel_doubts"]] == ["neck"]


def test_a_vessel_behind_a_narrowing_and_an_aneurysm_in_its_way_are_vessel():
    scene = VesselScene((84.0, 50.0, 50.0), (1.2, 0.9, 0.9))
    scene.tube((0, 25, 25), (22, 25, 25), 7.0, 6.5)
    scene.tube((22, 25, 25), (26, 25, 25), 1.5, 1.5)
    scene.tube((26, 25, 25), (84, 25, 25), 6.5, 6.0)
    scene.tube((55, 25, 25), (62, 25, 25), 12.0, 12.0)
    found = segment(scene.scan(320.0, 15.0), VESSELS, seeds_lps=((25.0, 25.0, 5.0),))
    assert "vessel_doubts" not in found.figures
