"""Touching bones told apart, and only those."""

from dataclasses import replace

import numpy as np
import pytest

from dicomtoprint.mesh.core import Provenance
from dicomtoprint.phantom import make_phantom_volume, object_distances
from dicomtoprint.segmentation import finalize, load_anatomy, segment
from Phantoms.shapes import add_ball, dice, middle, scan, with_noise


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


def test_bones_one_voxel_apart_are_two(monkeypatch):
    """Ball and cup of the phantom 0.5 mm apart, one in-plane voxel: blur lifts the joint space above the boundary, and
    the dip between both bones tells them apart."""
    volume, truth = make_phantom_volume(
        (36, 112, 112), (0.5, 0.5, 1.0), noise_hu=20.0, psf_mm=0.8, gap_mm=0.5, centre=(-22.0, -4.0, 34.0)
    )
    found = segment(volume, load_anatomy("bones-apart"))
    assert [s.id for s in found.segments] == ["bone-1", "bone-2"]
    bones = object_distances(truth.scale, truth.gap_mm)
    k, j, i = np.nonzero(found.labels)
    points = np.stack([i, j, k], axis=1) @ found.affine[:3, :3].T + found.affine[:3, 3]
    for name, label in (("femur", 1), ("cup", 2)):
        own = found.labels[k, j, i][bones[name].distance(points) < 0]
        assert (own == label).mean() > 0.999
    cut = found.provenance[k, j, i] == Provenance.CUT
    between = np.maximum(bones["femur"].distance(points[cut]), bones["cup"].distance(points[cut]))
    assert cut.sum() > 1000 and np.percentile(between, 95) < 1.6
    together = segment(volume, load_anatomy("bone"))
    assert together.figures["parts"] == 1
    monkeypatch.setattr(finalize, "VALLEY_SHARE", 1.0)
    assert len(segment(volume, load_anatomy("bones-apart")).segments) != 2


def test_marrow_between_two_tables_is_no_joint():
    from dicomtoprint.segmentation.bone_separation import joint_space_mask

    array = np.full((30, 30, 30), 1000.0, np.float32)
    array[5:25, 5:25, 14:16] = 700.0
    solid = np.ones(array.shape, bool)
    solid[:2] = solid[-2:] = False
    array[~solid] = 40.0
    assert not joint_space_mask(solid, array, (1.0, 1.0, 1.0), 150.0).any()
    array[2:25, 5:25, 14:16] = 700.0
    assert joint_space_mask(solid, array, (1.0, 1.0, 1.0), 150.0)[8:22, 8:22, 14:16].all()


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
