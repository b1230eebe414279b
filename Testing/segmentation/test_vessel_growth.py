"""Vessels are grown from their seed to their ends: through narrowings, without bone, and never cut in silence."""

import numpy as np
import pytest
from scipy import ndimage

from dicomtoprint.errors import UsageError
from dicomtoprint.segmentation import load_anatomy, segment
from dicomtoprint.volume import Volume
from Phantoms.vessel_scenes import VesselScene, aorta_beside_spine, cerebral_tree, on_scan

VESSELS = load_anatomy("contrast-vessels")


def connected(truth, volume, found, seed):
    """What of the true vessels hangs together with the seed in the scan, at the boundary."""
    labels, _ = ndimage.label(truth & (volume.array >= found.figures["boundary"]))
    place = np.rint(np.array(seed)[::-1] / volume.spacing[::-1]).astype(int)
    return labels == labels[tuple(place)]


@pytest.mark.parametrize(
    ("steps", "narrow_mm", "scan"),
    [
        ((1.5, 1.0, 1.0), 0.0, {"blood": 380.0, "noise": 20.0}),
        ((1.0, 0.8, 0.8), 2.0, {"blood": 330.0, "noise": 30.0}),
        ((1.5, 1.5, 1.5), 0.0, {"blood": 300.0, "noise": 15.0, "cortex": 950.0}),
        # Bone of low density, no brighter than blood.
        ((1.0, 1.0, 1.0), 0.0, {"blood": 430.0, "noise": 20.0, "cortex": 750.0, "cortex_mm": 0.8, "marrow": 110.0}),
    ],
)
def test_a_tree_beside_a_spine_is_kept_whole_and_no_bone_with_it(steps, narrow_mm, scan):
    scene, seed = aorta_beside_spine(steps, narrow_mm)
    volume, (vessel, bone) = scene.scan(**scan), scene.truth()
    found = segment(volume, VESSELS, seeds_lps=(seed,))
    mask, whole = on_scan(found, vessel.shape), connected(vessel, volume, found, seed)
    assert mask[whole].mean() > 0.95
    assert (mask & bone).sum() < 0.01 * bone.sum()
    assert any("left out" in note for note in found.notes)


def test_a_tree_of_mr_angiography_is_kept_whole():
    scene, seed = cerebral_tree((0.8, 0.6, 0.6))
    volume, (vessel, _bone) = scene.scan(420.0, 14.0, around=90.0, blur=0.4, modality="MR"), scene.truth()
    found = segment(volume, VESSELS, seeds_lps=(seed,), threshold=(250.0, None))
    mask = on_scan(found, vessel.shape)
    assert mask[connected(vessel, volume, found, seed)].mean() > 0.99
    assert mask[vessel].mean() > 0.95


def two_lengths(gap_radius, faint_radius=0.0):
    """Two lengths of a vessel of 8 mm and what joins them over 8 mm."""
    scene = VesselScene((60.0, 40.0, 40.0), (1.0, 0.8, 0.8))
    scene.tube((-5, 20, 20), (24, 20, 20), 4.0, 4.0)
    scene.tube((40, 20, 20), (50, 20, 20), 4.0, 4.0)
    if gap_radius:
        scene.tube((24, 20, 20), (40, 20, 20), gap_radius, gap_radius)
    return scene.scan(380.0, 10.0), scene.truth()[0]


def test_a_narrowing_thinner_than_the_blur_is_followed_and_marked():
    volume, vessel = two_lengths(0.66)
    assert (volume.array[30:34] > 215).mean() < 0.01  # the boundary alone would not get through
    found = segment(volume, VESSELS, seeds_lps=((20.0, 20.0, 5.0),))
    assert on_scan(found, vessel.shape)[42:49][vessel[42:49]].mean() > 0.95
    assert found.figures["bridged_tubes_mm3"] > 0 and (found.provenance == 1).any()


def test_a_narrowing_too_dark_to_follow_is_told_with_its_place():
    volume, vessel = two_lengths(0.42)
    found = segment(volume, VESSELS, seeds_lps=((20.0, 20.0, 5.0),))
    assert not on_scan(found, vessel.shape)[42:49].any()
    (end,) = [end for end in found.figures["vessel_ends"] if end["kind"] == "narrowing"]
    assert end["place"] == pytest.approx((-20.0, -20.0, 39.0), abs=4.0) and end["size"] > 100.0
    assert any("narrowing" in warning for warning in found.warnings)


def test_two_vessels_that_nothing_joins_are_two_and_the_edge_of_the_scan_is_told():
    volume, _vessel = two_lengths(0.0)
    found = segment(volume, VESSELS, seeds_lps=((20.0, 20.0, 5.0),))
    (end,) = found.figures["vessel_ends"]
    assert end["kind"] == "edge" and end["place"] == pytest.approx((-20.0, -20.0, 0.0), abs=0.5)
    assert end["size"] == pytest.approx(np.pi * 16.0, rel=0.1)


def test_many_ends_at_the_edge_of_the_scan_do_not_hide_one_of_another_kind():
    from types import SimpleNamespace

    from dicomtoprint.segmentation.vessel_ends import VesselEnd, note_ends

    state = SimpleNamespace(notes=[], warnings=[], figures={})
    edges = [VesselEnd("edge", (float(n), 0.0, 0.0), 9.0) for n in range(80)]
    note_ends(state, [*edges, VesselEnd("narrowing", (1.0, 2.0, 3.0), 99.0)])
    assert state.figures["vessel_ends"][-1]["kind"] == "narrowing" and len(state.figures["vessel_ends"]) == 61
    assert "77 more places" in state.warnings[0] and "narrowing" in state.warnings[1]


def test_thin_side_branches_are_left_out_and_a_narrowing_of_the_trunk_is_not():
    scene = VesselScene((50.0, 40.0, 40.0), (0.8, 0.8, 0.8))
    scene.tube((4, 20, 20), (20, 20, 20), 4.0, 4.0)
    scene.tube((20, 20, 20), (28, 20, 20), 1.0, 1.0)
    scene.tube((28, 20, 20), (46, 20, 20), 4.0, 4.0)
    trunk = scene.vessel.copy()
    scene.tube((12, 20, 24), (12, 20, 36), 1.2, 1.2)
    scene.tube((38, 24, 20), (38, 36, 20), 2.6, 2.6)
    volume, thin, thick = scene.scan(380.0, 10.0), (slice(12, 18), slice(None), slice(33, None)), None
    thick = (slice(44, 51), slice(36, None), slice(None))
    whole = on_scan(segment(volume, VESSELS, seeds_lps=((20.0, 20.0, 10.0),)), trunk.shape)
    pruned = segment(volume, VESSELS, seeds_lps=((20.0, 20.0, 10.0),), least_branch_mm=3.5)
    mask = on_scan(pruned, trunk.shape)
    assert whole[thin].any() and not mask[thin].any()
    assert mask[thick].sum() > 0.9 * whole[thick].sum() > 0
    assert mask[trunk > 0.4].mean() > 0.97
    assert pruned.figures["pruned_mm3"] > 20 and any("as asked" in note for note in pruned.notes)
    with pytest.raises(UsageError, match="thinner than 12 mm"):
        segment(volume, VESSELS, seeds_lps=((20.0, 20.0, 10.0),), least_branch_mm=12.0)
    with pytest.raises(UsageError, match="least-branch"):
        segment(volume, load_anatomy("bone"), least_branch_mm=3.0)


def test_the_blood_pool_of_a_heart_is_one_with_its_vessels_and_without_ribs():
    scene = VesselScene((80.0, 80.0, 80.0), (1.6, 1.6, 1.6))
    for middle, radius in (
        ((30, 30, 26), 14.0),
        ((30, 30, 54), 13.0),
        ((50, 34, 30), 10.0),
    ):  # chambers, open to one another
        scene.tube(middle, np.add(middle, (1, 0, 0)), radius, radius)
    scene.tube((30, 30, 26), (50, 34, 30), 7.0, 7.0)
    scene.tube((30, 30, 38), (30, 30, 44), 4.0, 4.0)
    scene.tube((50, 34, 30), (84, 34, 30), 8.0, 8.0)
    scene.vertebra((50, 60.5, 32), (11.0, 13.0, 17.0))
    volume, (pool, bone) = scene.scan(350.0, 20.0), scene.truth()
    found = segment(volume, load_anatomy("heart-blood-pool"), seeds_lps=((26.0, 30.0, 30.0),))
    mask = on_scan(found, pool.shape)
    assert mask[pool].mean() > 0.95 and (mask & bone).sum() < 0.01 * bone.sum()


def test_a_dissected_aorta_keeps_its_true_lumen_and_no_vertebra(data_dir):
    import SimpleITK as sitk

    def read(name):
        path = data_dir / "reported" / name
        if not path.is_file():
            pytest.skip(f"{name} is not among the real scans")
        return sitk.ReadImage(str(path))

    image = read("aorta_ct.nii.gz")
    affine = np.eye(4)
    affine[:3, :3] = np.array(image.GetDirection()).reshape(3, 3) * image.GetSpacing()
    affine[:3, 3] = image.GetOrigin()
    volume = Volume(sitk.GetArrayFromImage(image), affine)
    mask = segment(volume, VESSELS, seeds_lps=((12.3, -131.2, 750.2),)).labels > 0
    lumen = sitk.GetArrayFromImage(read("aorta_true_lumen.nii.gz")) > 0
    height = np.argwhere(lumen)[:, 0]
    for quarter in np.array_split(np.sort(height), 4):
        within = (height >= quarter[0]) & (height <= quarter[-1])
        assert mask[lumen][within].mean() > 0.95
    vertebra = sitk.GetArrayFromImage(read("vertebrae_T12.nii.gz")) > 0
    assert mask[vertebra].mean() < 0.001
