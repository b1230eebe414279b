"""Touching bones told apart, and only those."""

from dataclasses import replace

import numpy as np
import pytest
from DicomToPrintLib.mesh import Provenance
from DicomToPrintLib.segmentation import load_anatomy, segment
from segmentation.shapes import add_ball, dice, middle, scan, with_noise


@pytest.fixture(scope="module")
def joint():
    """Two balls a voxel apart, blurred so that they touch above the boundary."""
    volume = scan((44, 50, 70))
    add_ball(volume, middle(volume, -11, 0, 0), 10.0, 1000.0, blur_mm=1.0)
    add_ball(volume, middle(volume, 10, 0, 0), 10.0, 1000.0, blur_mm=1.0)
    volume.array[20:24, 23:27, 33:36] = 800.0
    return with_noise(volume, 15.0)


def test_two_bones_become_two_segments_with_the_cut_marked(joint):
    found = segment(joint, load_anatomy("bones-apart"))
    assert [s.id for s in found.segments] == ["bone-1", "bone-2"]
    for item in found.segments:
        assert item.volume_mm3 == pytest.approx(4 / 3 * np.pi * 1000, rel=0.05)
    cut = np.argwhere(found.provenance == Provenance.CUT)
    assert len(cut) and np.ptp(cut[:, 2]) <= 4 and abs(cut[:, 2].mean() - 34) < 2
    together = segment(joint, load_anatomy("bone"))
    assert together.figures["parts"] == 1
    assert dice(together.labels > 0, found.labels > 0) > 0.999


def test_a_seed_takes_its_bone_alone(joint):
    found = segment(joint, load_anatomy("single-bone"), seeds_lps=[middle(joint, 12, 0, 0)])
    assert len(found.segments) == 1 and np.argwhere(found.labels > 0)[:, 2].min() >= 33
    both = segment(joint, load_anatomy("single-bone"), seeds_lps=[middle(joint, 12, 0, 0), middle(joint, -12, 0, 0)])
    assert len(both.segments) == 2
    largest = segment(joint, load_anatomy("single-bone"))
    assert len(largest.segments) == 1


def test_one_bone_stays_one():
    volume = scan((44, 50, 70))
    for offset in range(-18, 19, 2):
        add_ball(volume, middle(volume, offset, 0, 0), 9.0 - 0.15 * abs(offset), 1000.0)
    found = segment(with_noise(volume, 15.0), load_anatomy("bones-apart"))
    assert len(found.segments) == 1 and found.figures["cut_mm3"] == 0


def test_parts_apart_without_separation(joint):
    bone = load_anatomy("bone")
    apart = replace(bone, parts=replace(bone.parts, apart=True))
    volume = scan((30, 40, 60))
    add_ball(volume, middle(volume, -14, 0, 0), 8.0, 1000.0)
    add_ball(volume, middle(volume, 14, 0, 0), 7.0, 1000.0)
    found = segment(with_noise(volume, 15.0), apart)
    assert [s.id for s in found.segments] == ["bone-1", "bone-2"]
    assert found.segments[0].volume_mm3 > found.segments[1].volume_mm3 > 1000
