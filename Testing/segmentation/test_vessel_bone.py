"""Bone that a vessel opens into, runs through or lies in is told from it."""

import numpy as np
import pytest

from dicomtoprint.segmentation import load_anatomy, segment
from Phantoms.vessel_scenes import VesselScene, on_scan

VESSELS = load_anatomy("contrast-vessels")


@pytest.mark.parametrize(("worn_mm", "marrow"), [(1.0, 210.0), (1.4, 180.0)])
def test_marrow_as_bright_as_blood_that_a_gap_in_its_cortex_joins_to_it_is_bone(worn_mm, marrow):
    scene = VesselScene((56.0, 66.0, 66.0), (1.2, 0.8, 0.8))
    scene.tube((0, 18, 33), (56, 18, 33), 6.8, 6.8)
    scene.vertebra((28, 18 + 6.8 + 13 - worn_mm, 37), (11.0, 13.0, 17.0))
    volume, (vessel, bone) = scene.scan(252.0, 18.0, cortex_mm=0.95, marrow=marrow), scene.truth()
    found = segment(volume, VESSELS, seeds_lps=((33.0, 18.0, 5.0),))
    mask = on_scan(found, vessel.shape)
    assert mask[vessel & (volume.array > found.figures["boundary"])].mean() > 0.98
    assert (mask & bone).sum() < 0.01 * bone.sum()


def test_cortex_that_blur_leaves_hardly_brighter_than_blood_is_bone():
    scene = VesselScene((50.0, 60.0, 60.0), (1.24, 0.77, 0.77))
    scene.tube((0, 16, 30), (24, 16, 30), 6.0, 6.0)
    scene.tube((24, 16, 30), (28, 16, 30), 6.0, 1.5)  # what is thick behind a narrowing is blood too
    scene.tube((28, 16, 30), (32, 16, 30), 1.5, 6.0)
    scene.tube((32, 16, 30), (50, 16, 30), 6.0, 6.0)
    for place in (10.0, 42.0):
        scene.vertebra((place, 16 + 6 + 13 - 1, 33), (9.0, 13.0, 17.0))
    volume, (vessel, bone) = scene.scan(407.0, 20.0, cortex=1200.0, cortex_mm=1.0, marrow=200.0), scene.truth()
    found = segment(volume, VESSELS, seeds_lps=((30.0, 16.0, 5.0),))
    mask = on_scan(found, vessel.shape)
    lumen = vessel & (volume.array > found.figures["boundary"])
    assert mask[lumen].mean() > 0.99 and mask[30:][lumen[30:]].mean() > 0.99
    assert (mask & bone).sum() < 0.006 * bone.sum(), "0.010 where only what is much brighter is bone"


@pytest.mark.parametrize(("cortex", "is_told"), [(1250.0, False), (750.0, True)])
def test_bone_no_brighter_than_blood_is_told_since_a_rim_of_it_may_stay(cortex, is_told):
    scene = VesselScene((44.0, 60.0, 60.0), (1.2, 1.0, 1.0))
    scene.tube((0, 16, 30), (44, 16, 30), 6.0, 6.0)
    scene.vertebra((22, 16 + 6 + 13, 32), (11.0, 13.0, 17.0))
    blood = 430.0 if is_told else 300.0
    volume = scene.scan(blood, 15.0, cortex=cortex, cortex_mm=0.9 if is_told else 1.5, marrow=110.0)
    found = segment(volume, VESSELS, seeds_lps=((30.0, 16.0, 5.0),))
    assert ("bone_like_blood_mm3" in found.figures) == is_told
    assert any("no brighter than its blood" in warning for warning in found.warnings) == is_told


def test_an_artery_through_a_canal_of_bone_is_not_cut():
    scene = VesselScene((60.0, 50.0, 66.0), (1.0, 0.8, 0.8))
    scene.tube((0, 25, 33), (60, 25, 33), 2.6, 2.6)
    canal = scene.vessel + 1.2
    scene.vertebra((30, 25, 33), (11.0, 10.0, 14.0))
    scene.bones[0] = np.minimum(scene.bones[0], -canal)
    volume, (vessel, bone) = scene.scan(400.0, 12.0), scene.truth()
    mask = on_scan(segment(volume, VESSELS, seeds_lps=((33.0, 25.0, 5.0),)), vessel.shape)
    assert mask[vessel].mean() > 0.95 and mask[52:][vessel[52:]].mean() > 0.95
    assert (mask & bone).sum() < 0.01 * bone.sum()


def test_arteries_in_a_skull_are_not_marrow():
    scene = VesselScene((96.0, 90.0, 90.0), (1.2, 1.0, 1.0))
    scene.tube((0, 45, 45), (40, 45, 45), 2.8, 2.6)
    entry = scene.vessel + 0.4  # so narrow that bone and blood hang together
    for way in ((0.6, 1.0, 0.1), (0.6, -1.0, -0.1), (0.4, 0.1, 1.0)):
        scene.tube((40, 45, 45), np.add((40, 45, 45), 18.0 * np.asarray(way)), 2.3, 1.9)
    places = np.stack(np.meshgrid(*scene.axes, indexing="ij"), axis=-1)
    skull = 2.5 - np.abs(np.linalg.norm(places - (48, 45, 45), axis=-1) - 39.0)
    scene.bones.append(np.minimum(skull, -entry).astype(np.float32))
    volume, (vessel, bone) = scene.scan(380.0, 12.0, cortex=900.0), scene.truth()
    found = segment(volume, VESSELS, seeds_lps=((45.0, 45.0, 3.0),))
    mask = on_scan(found, vessel.shape)
    assert found.figures["bone_taken_out_mm3"] > 1000.0
    assert mask[vessel & (volume.array > found.figures["boundary"])].mean() > 0.98
    assert (mask & bone).sum() < 0.01 * bone.sum()
