"""Vessels full of contrast medium are taken out of bone and said; marrow within cortex never is."""

import numpy as np
import pytest
from scipy import ndimage

from dicomtoprint.segmentation import load_anatomy, segment
from dicomtoprint.segmentation.contrast_medium import find_contrast_medium
from dicomtoprint.segmentation.threshold_estimation import IDENTITY_SCALE
from dicomtoprint.volume import Volume

SETTINGS = load_anatomy("bone").contrast_medium


def trunk(vessel_hu, marrow_hu=200.0, cortex_mm=1.2, spacing=0.8, noise=15.0, gap=5.0, cortex_hu=750.0):
    """A body with a vertebra (cortex around marrow) and a vessel of 22 mm diameter before it, `gap` mm away; the inside of the vessel, and
    the middle of the cortex."""
    step = np.array([1.0, spacing, spacing])
    shape = (36, int(90 / spacing), int(80 / spacing))
    _k, j, i = (index * s for index, s in zip(np.indices(shape), step))
    array = np.where(np.hypot((j - 45) / 42, (i - 40) / 37) < 1, 40.0, -1000.0)
    bone = 17.0 - np.hypot(j - 60, i - 40)
    array[bone > 0], array[bone > cortex_mm] = cortex_hu, marrow_hu
    array[np.hypot(j - (60 - 17 - 11 - gap), i - 40) < 11] = vessel_hu
    blurred = ndimage.gaussian_filter(array, [0.5 / s for s in step])
    rng = np.random.default_rng(0)
    affine = np.diag([spacing, spacing, 1.0, 1.0])
    vessel = np.hypot(j - (60 - 17 - 11 - gap), i - 40) < 10
    cortex = (bone > 0.2 * cortex_mm) & (bone < 0.8 * cortex_mm)
    return Volume(np.rint(blurred + rng.normal(0, noise, shape)).astype(np.int16), affine), vessel, cortex


@pytest.mark.parametrize(("vessel_hu", "cortex_hu"), [(450.0, 800.0), (540.0, 1000.0)])
@pytest.mark.parametrize("gap", [5.0, 0.5])
def test_a_vessel_is_taken_out_and_the_bone_stays(vessel_hu, cortex_hu, gap):
    volume, vessel, cortex = trunk(vessel_hu, gap=gap, cortex_hu=cortex_hu)
    found = segment(volume, load_anatomy("bone"))
    taken = found.labels > 0
    assert taken[vessel].mean() < 0.02
    assert taken[cortex].mean() > 0.95
    assert found.warnings and "Contrast medium" in found.warnings[0]
    assert found.figures["contrast_medium_mm3"] > 0.7 * np.count_nonzero(vessel) * volume.voxel_volume


@pytest.mark.parametrize("marrow_hu", [150.0, 260.0, 300.0])
@pytest.mark.parametrize(("cortex_mm", "spacing"), [(0.4, 0.45), (0.8, 0.6), (1.2, 0.9)])
def test_marrow_within_a_cortex_is_no_contrast_medium(marrow_hu, cortex_mm, spacing):
    volume, _vessel, _cortex = trunk(40.0, marrow_hu, cortex_mm, spacing)
    assert find_contrast_medium(volume, SETTINGS, IDENTITY_SCALE) is None


@pytest.mark.parametrize("hu", [600.0, 900.0, 1600.0])
def test_solid_bone_is_no_contrast_medium(hu):
    volume, _vessel, _cortex = trunk(hu)
    assert find_contrast_medium(volume, SETTINGS, IDENTITY_SCALE) is None


def test_a_vessel_darker_than_the_boundary_of_bone_is_no_matter():
    volume, vessel, _cortex = trunk(200.0)
    found = segment(volume, load_anatomy("bone"))
    assert (found.labels > 0)[vessel].mean() < 0.02
    assert not found.warnings and "contrast_medium_mm3" not in found.figures


def test_without_brighter_bone_in_view_nothing_goes_and_that_is_said():
    volume, vessel, _cortex = trunk(450.0)
    volume.array[:, 50:] = np.minimum(volume.array[:, 50:], 60)
    found = segment(volume, load_anatomy("bone"))
    assert (found.labels > 0)[vessel].mean() > 0.95
    assert "may be contrast medium" in found.warnings[0] and "contrast_medium_left_mm3" in found.figures
