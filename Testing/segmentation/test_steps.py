"""Parts, couch, hollows, closing, thin bone, metal, slices: each step does what it says and marks what it added."""

from dataclasses import replace

import numpy as np
import pytest

from dicomtoprint.mesh.core import Provenance
from dicomtoprint.segmentation import load_anatomy, segment
from dicomtoprint.segmentation.hole_filling import closing_residue, distance_to_background
from dicomtoprint.segmentation.slice_interpolation import interpolate_slices
from dicomtoprint.volume import Volume
from dicomtoprint.voxel_components import components_touching, label_components
from Phantoms.shapes import add_ball, dice, middle, scan, with_noise


def test_solid_core_is_filled_marked_and_reported_and_marrow_can_be_kept():
    volume = scan((44, 60, 60))
    add_ball(volume, middle(volume), 15.0, 1000.0)
    add_ball(volume, middle(volume), 10.0, 60.0)
    volume = with_noise(volume, 15.0)
    bone = load_anatomy("bone")
    solid = segment(volume, bone)
    hollow = segment(volume, replace(bone, interior=replace(bone.interior, fill="keep")))
    core = 4 / 3 * np.pi * 10**3
    assert solid.figures["filled_mm3"] == pytest.approx(core, rel=0.06)
    assert solid.segments[0].volume_mm3 - hollow.segments[0].volume_mm3 == pytest.approx(core, rel=0.06)
    added = solid.provenance == Provenance.ADDED
    assert np.array_equal(added, (solid.labels > 0) & (hollow.labels == 0))
    assert any("filled solid" in note for note in solid.notes)


def test_a_cavity_too_deep_for_marrow_stays_open():
    volume = scan((44, 60, 60))
    add_ball(volume, middle(volume), 18.0, 1000.0)
    add_ball(volume, middle(volume), 15.0, 60.0)
    bone = load_anatomy("bone")
    shallow = replace(bone, interior=replace(bone.interior, deepest_mm=10.0))
    assert segment(with_noise(volume, 15.0), shallow).figures["filled_mm3"] == 0.0


def test_air_cells_stay_open_and_skin_fills_them():
    volume = scan((40, 60, 60), background=-1000.0)
    add_ball(volume, middle(volume), 18.0, 900.0)
    add_ball(volume, middle(volume), 9.0, -1000.0)
    volume = with_noise(volume, 10.0)
    assert segment(volume, load_anatomy("bone")).figures["filled_mm3"] == 0.0
    assert segment(volume, load_anatomy("skin")).figures["filled_mm3"] > 2000.0


def test_islands_below_the_limit_are_dropped_and_counted():
    volume = scan((40, 60, 60))
    add_ball(volume, middle(volume), 10.0, 1000.0)
    add_ball(volume, middle(volume, 20, 20, 0), 1.8, 1000.0)
    add_ball(volume, middle(volume, -20, 20, 0), 4.0, 1000.0)
    found = segment(with_noise(volume, 10.0), load_anatomy("bone"))
    assert found.figures["parts"] == 2 and found.figures["islands_dropped"] == 1


def test_couch_and_holder_go_and_limbs_stay(phantom):
    volume = scan((30, 100, 100), spacing=(2.0, 2.0, 3.0), background=-1000.0)
    _, j, i = np.indices(volume.array.shape)
    for centre in (30, 70):
        inside = np.hypot(i - centre, j - 45) < 16
        volume.array[inside] = 40.0
        volume.array[np.hypot(i - centre, j - 45) < 6] = 900.0
    volume.array[:, 85:87, 10:90] = 500.0
    volume.array[:, 30:85, 3:5] = 500.0
    found = segment(with_noise(volume, 10.0), load_anatomy("bone"))
    assert not found.labels[:, 80:].any() and not found.labels[:, :, :8].any()
    assert found.figures["parts"] == 2 and found.figures["surroundings_mm3"] > 0
    plain = segment(phantom[0], load_anatomy("bone"))
    assert found.segments[0].volume_mm3 > 0 and plain.labels[:, 140:].sum() == 0


def test_closing_is_bounded_in_mm_and_exact():
    mask = np.zeros((30, 30, 30), bool)
    mask[10:20, 10:14, 5:25] = True
    mask[10:20, 16:20, 5:25] = True
    assert not closing_residue(mask, (1.0, 1.0, 1.0), 0.9).any()
    added = closing_residue(mask, (1.0, 1.0, 1.0), 1.6)
    assert added[12:18, 14:16, 8:22].all() and not (added & mask).any()
    outside = distance_to_background(~mask, (1.0, 1.0, 1.0))
    assert outside[added].max() <= 1.6 + 1e-6


def test_thin_plate_below_the_half_way_value_is_kept_and_marked_modelled():
    volume = scan((40, 60, 60))
    add_ball(volume, middle(volume, -14, 0, 0), 10.0, 1000.0)
    volume.array[12:28, 29:31, 30:50] = np.array([300.0, 480.0])[None, :, None]
    volume = with_noise(volume, 10.0)
    bone = load_anatomy("bone")
    found = segment(volume, bone)
    without = segment(volume, replace(bone, thin=replace(bone.thin, share=1.0)))
    plate = np.s_[14:26, 30, 32:48]
    assert (found.labels[plate] > 0).mean() > 0.98 and (without.labels[plate] > 0).mean() < 0.1
    assert (found.provenance[plate] == Provenance.MODELLED).mean() > 0.98


def test_a_wall_thinner_than_the_slices_stays_whole_where_it_lies_between_two():
    fine = scan((95, 60, 60), spacing=(0.6, 0.6, 0.5))
    centre = middle(fine, 0, 0, 0.6)
    add_ball(fine, centre, 14.0, 1200.0, blur_mm=0.3)
    add_ball(fine, centre, 12.2, 40.0, blur_mm=0.3)
    thick = Volume(fine.array.reshape(19, 5, 60, 60).mean(axis=1), fine.affine @ np.diag([1, 1, 5, 1]))
    found = segment(with_noise(thick, 10.0), load_anatomy("bone"))
    # Lost anywhere, the wall leaves its hollow open and unfilled: 40 % of the ball.
    assert found.segments[0].volume_mm3 == pytest.approx(4 / 3 * np.pi * 14**3, rel=0.06)


def test_metal_is_a_segment_of_its_own_and_its_bloom_is_marked():
    volume = scan((30, 60, 60))
    add_ball(volume, middle(volume), 12.0, 1000.0)
    add_ball(volume, middle(volume), 4.0, 3071.0)
    found = segment(with_noise(volume, 10.0), load_anatomy("bone"))
    bone, metal = found.segments
    assert (bone.name, metal.name) == ("Bone", "Metal")
    assert metal.volume_mm3 == pytest.approx(4 / 3 * np.pi * 4**3, rel=0.35)
    around = np.linalg.norm(np.argwhere(found.provenance == Provenance.BRIDGED) - [14.5, 29.5, 29.5], axis=1)
    assert len(around) and around.max() < 7.5
    only = segment(with_noise(volume, 10.0), load_anatomy("metal"))
    assert only.segments[0].volume_mm3 < 500


def test_a_cortex_cut_by_a_dark_streak_is_closed_and_filled_and_bright_streaks_are_no_bone():
    volume = scan((30, 70, 70))
    add_ball(volume, middle(volume), 13.0, 1000.0)
    add_ball(volume, middle(volume), 10.0, 60.0)
    add_ball(volume, middle(volume), 4.0, 3071.0)
    volume.array[14:16, 33:36, 40:50] = 200.0
    volume.array[14:16, 46:60, 35] = 480.0
    volume = with_noise(volume, 10.0)
    found = segment(volume, load_anatomy("bone"))
    assert found.figures["filled_mm3"] == pytest.approx(4 / 3 * np.pi * (10**3 - 4**3), rel=0.2)
    slit = np.s_[14:16, 34, 45:47]
    assert (found.labels[slit] == 1).all() and (found.provenance[slit] != Provenance.MEASURED).all()
    assert (found.provenance[14:16, 34, 46] == Provenance.BRIDGED).all()
    assert not found.labels[:, 50:].any()


def test_streaks_far_from_metal_are_no_thin_walls_and_walls_in_other_slices_are():
    volume = scan((34, 120, 120))
    add_ball(volume, middle(volume), 12.0, 1000.0)
    beside, beyond = np.s_[13:18, 100, 30:100], np.s_[22:27, 100, 30:100]
    for sheet in (beside, beyond):
        volume.array[sheet] = 350.0
    without = segment(with_noise(volume, 10.0), load_anatomy("bone"))
    assert without.labels[beside].mean() > 0.8 and without.labels[beyond].mean() > 0.8
    add_ball(volume, middle(volume), 4.0, 3071.0)
    found = segment(with_noise(volume, 10.0), load_anatomy("bone"))
    assert not found.labels[beside].any()
    assert found.labels[beyond].mean() > 0.8


def test_thick_slices_are_resampled_and_keep_the_measured_ones():
    rng = np.random.default_rng(0)
    volume = Volume(
        rng.normal(0, 100, (6, 8, 8)).astype(np.int16),
        np.diag([0.5, 0.5, 2.5, 1.0]),
        np.array([0, 0, 1, 0, 0, 0], bool),
    )
    fine = interpolate_slices(volume, 2.0)
    assert fine.array.shape == (16, 8, 8) and fine.spacing[2] == pytest.approx(2.5 / 3)
    assert np.array_equal(fine.array[::3], volume.array)
    assert fine.interpolated[6] and fine.interpolated[4] and fine.interpolated[8] and not fine.interpolated[3]
    assert np.allclose(fine.to_lps([[1, 2, 15]]), volume.to_lps([[1, 2, 5]]))
    assert interpolate_slices(volume, 5.0) is volume


def test_resampling_slices_brings_the_surface_nearer():
    volume = scan((16, 60, 60), spacing=(0.6, 0.6, 3.0))
    fine = scan((76, 60, 60), spacing=(0.6, 0.6, 0.6))
    centre = middle(fine)
    add_ball(fine, centre, 12.0, 1000.0, blur_mm=0.8)
    volume.array[:] = [fine.array[max(0, 5 * n - 2) : 5 * n + 3].mean(axis=0) for n in range(16)]
    bone = load_anatomy("bone")
    resampled = segment(with_noise(volume, 5.0), bone)
    plain = segment(with_noise(volume, 5.0), replace(bone, finest_ratio=0.0))
    truth = fine.array > 520
    repeated = np.repeat(plain.labels, 5, axis=0)[2:78] > 0
    matched = np.repeat(resampled.labels, 5 // ((len(resampled.labels) - 1) // 15), axis=0)
    assert len(resampled.labels) == 31 and len(matched) > 0
    even = resampled.labels[np.rint(np.linspace(0, 30, 76)).astype(int)] > 0
    assert dice(even, truth) > dice(repeated[:76], truth)


def test_slices_across_a_hole_are_marked_bridged():
    volume = scan((24, 40, 40))
    add_ball(volume, middle(volume), 9.0, 1000.0)
    holes = np.zeros(24, bool)
    holes[11:13] = True
    found = segment(Volume(with_noise(volume, 10.0).array, volume.affine, holes), load_anatomy("bone"))
    assert (found.provenance[11:13][found.labels[11:13] > 0] == Provenance.BRIDGED).all()
    assert not found.provenance[5:9].any()


def test_parts_agree_with_an_independent_count():
    from scipy import ndimage

    mask = np.random.default_rng(1).random((30, 31, 32)) > 0.75
    parts = label_components(mask)
    labels, count = ndimage.label(mask)
    assert len(parts.counts) - 1 == count
    assert sorted(parts.counts[1:]) == sorted(np.bincount(labels.ravel())[1:])
    keep = parts.counts >= 5
    assert np.array_equal(parts.select(keep, mask.shape), (np.bincount(labels.ravel()) >= 5)[labels] & mask)


def test_parts_that_hold_a_seed_stay_whole():
    mask = np.zeros((3, 4, 6), bool)
    mask[0, 0, :3] = mask[1, 1, 3] = mask[2, 3, 5] = True
    seeds = np.zeros_like(mask)
    seeds[0, 0, 0] = seeds[2, 0, 0] = True
    by_faces = components_touching(mask, seeds)
    assert by_faces[0, 0, :3].all() and by_faces.sum() == 3
    assert np.array_equal(
        components_touching(mask, seeds, corners=True), by_faces | (np.indices(mask.shape).T == [1, 1, 3]).all(-1).T
    )
    assert not components_touching(mask, np.zeros_like(mask)).any()


def test_region_saves_voxels_and_finds_the_same():
    volume = scan((40, 60, 60))
    add_ball(volume, middle(volume, -12, 0, 0), 8.0, 1000.0)
    add_ball(volume, middle(volume, 14, 0, 0), 8.0, 1000.0)
    volume = with_noise(volume, 10.0)
    x, y, z = middle(volume, 14, 0, 0)
    found = segment(volume, load_anatomy("bone"), roi_lps=(x + 11, x - 11, y - 11, y + 11, z - 11, z + 11))
    assert found.labels.size < 0.2 * volume.array.size and found.figures["parts"] == 1
    assert found.segments[0].volume_mm3 == pytest.approx(4 / 3 * np.pi * 8**3, rel=0.05)
    places = np.argwhere(found.labels > 0).mean(axis=0)[::-1]
    assert np.abs(places @ found.affine[:3, :3].T + found.affine[:3, 3] - (x, y, z)).max() < 0.3


def test_airway_is_a_dark_segment():
    volume = scan((40, 60, 60), background=-1000.0)
    add_ball(volume, middle(volume), 19.0, 40.0)
    add_ball(volume, middle(volume), 6.0, -1000.0)
    found = segment(with_noise(volume, 10.0), load_anatomy("airway"), seeds_lps=[middle(volume)])
    segment_ = found.segments[0]
    assert not segment_.brighter_than_background and segment_.boundary == pytest.approx(-480, abs=30)
    assert segment_.volume_mm3 == pytest.approx(4 / 3 * np.pi * 6**3, rel=0.08)


@pytest.mark.parametrize("seeded", [True, False])
def test_an_airway_that_is_open_to_the_outside_ends_at_the_skin(seeded):
    volume = scan((50, 90, 90), background=-1000.0)
    add_ball(volume, middle(volume), 34.0, 40.0)
    add_ball(volume, middle(volume), 12.0, -1000.0)
    for step in range(0, 34, 2):  # a passage as wide as a nostril
        add_ball(volume, middle(volume, 0.0, -10.0 - step, 0.0), 3.5, -1000.0)
    add_ball(volume, middle(volume, 20.0, 15.0, 0.0), 5.0, -1000.0)  # a sinus: another part
    seeds = [middle(volume)] if seeded else ()
    found = segment(with_noise(volume, 10.0), load_anatomy("airway"), seeds_lps=seeds)
    inside = 4 / 3 * np.pi * 12**3 + np.pi * 3.5**2 * 22.0
    assert found.segments[0].volume_mm3 == pytest.approx(inside, rel=0.08)
    places = np.argwhere(found.labels > 0)[:, ::-1] @ found.affine[:3, :3].T + found.affine[:3, 3]
    depth = 34.0 - np.linalg.norm(places - middle(volume), axis=1)
    assert depth.min() > 0.0, "no air outside the skin"
    assert depth.min() < 9.0, "the passage is followed to just below it"


def test_cancel_is_heard():
    from dicomtoprint.errors import CancelledError

    volume = scan((24, 32, 32))
    add_ball(volume, middle(volume), 8.0, 1000.0)

    def stop(fraction, phrase=""):
        if fraction > 0.3:
            raise CancelledError("stopped")

    with pytest.raises(CancelledError):
        segment(with_noise(volume, 10.0), load_anatomy("bone"), progress=stop)
