"""Without a seed the airway is told by its shape from lungs, and where there is none a seed is asked for."""

import numpy as np
import pytest

from dicomtoprint.errors import UsageError
from dicomtoprint.segmentation import load_anatomy, segment
from dicomtoprint.volume import Volume

STEP = 2.0
SHAPE = (90, 70, 100)  # k, j, i


def neck_and_chest(lungs=True, windpipe=True, upside_down=False):
    """A body with two lungs, and a windpipe that forks into them 60 mm above the lower end; and what of it is windpipe."""
    k, j, i = (index * STEP for index in np.indices(SHAPE))
    array = np.full(SHAPE, -1000.0)
    array[(np.hypot((j - 70) / 62, (i - 100) / 92) < 1) & (k < 120)] = 40.0
    array[(np.hypot((j - 70) / 45, (i - 100) / 55) < 1) & (k >= 120)] = 40.0
    pipe = (np.hypot(j - 80, i - 100) < 8.5) & (k > 60) & (k < 172)
    if lungs:
        for side in (-1, 1):
            lung = ((j - 70) / 40) ** 2 + ((i - 100 - side * 42) / 26) ** 2 + (k / 108) ** 2 < 1
            array[lung] = -850.0
    if windpipe:
        array[pipe] = -1000.0
        for side in (-1, 1):
            along = np.abs(i - 100)
            bronchus = (np.hypot(j - 80, k - 64 + 0.5 * along) < 6.0) & (side * (i - 100) > 0) & (along < 40)
            array[bronchus] = -1000.0
    array += np.random.default_rng(0).normal(0, 15, SHAPE)
    affine = np.diag([STEP, STEP, STEP, 1.0])
    if upside_down:
        array, pipe, affine = array[::-1], pipe[::-1], affine @ np.diag([1.0, 1.0, -1.0, 1.0])
    return Volume(np.ascontiguousarray(array.astype(np.int16)), affine), pipe


@pytest.mark.parametrize("upside_down", [False, True])
def test_windpipe_is_found_above_the_lungs_and_they_are_left_out(upside_down):
    volume, pipe = neck_and_chest(upside_down=upside_down)
    found = segment(volume, load_anatomy("airway"))
    mask = found.labels > 0
    assert mask[pipe].mean() > 0.85
    assert (mask & ~pipe).sum() < 0.15 * pipe.sum()
    assert any("by its shape" in note for note in found.notes) and any("lungs begin" in note for note in found.notes)


def test_windpipe_without_lungs_is_kept_whole():
    volume, pipe = neck_and_chest(lungs=False)
    found = segment(volume, load_anatomy("airway"))
    assert (found.labels > 0)[pipe].mean() > 0.9
    assert not any("lungs begin" in note for note in found.notes)


def test_lungs_are_found_without_a_seed():
    volume, _pipe = neck_and_chest(windpipe=False)
    found = segment(volume, load_anatomy("lung"))
    two = 4 / 3 * np.pi * 40 * 26 * 108  # half ellipsoids
    assert found.figures["parts"] == 2 and found.segments[0].volume_mm3 == pytest.approx(two, rel=0.08)


@pytest.mark.parametrize(("radius", "aside", "taken"), [(4.0, 0.0, False), (11.0, 0.0, True), (11.0, 62.0, False)])
def test_a_hollow_that_is_no_tube_is_warned_of_and_a_speck_or_bowel_is_not_taken(radius, aside, taken):
    k, j, i = (index * STEP for index in np.indices(SHAPE))
    array = np.where(np.hypot((j - 70) / 62, (i - 100) / 92) < 1, 40.0, -1000.0)
    array[np.sqrt((k - 90) ** 2 + (j - 70) ** 2 + (i - 100 - aside) ** 2) < radius] = -1000.0
    array += np.random.default_rng(0).normal(0, 15, SHAPE)
    volume = Volume(array.astype(np.int16), np.diag([STEP, STEP, STEP, 1.0]))
    if not taken:
        with pytest.raises(UsageError, match="--seed"):
            segment(volume, load_anatomy("airway"))
        return
    found = segment(volume, load_anatomy("airway"))
    assert found.segments[0].volume_mm3 == pytest.approx(4 / 3 * np.pi * radius**3, rel=0.1)
    assert any("No tube was found" in warning for warning in found.warnings)


def test_where_there_is_only_lung_a_seed_is_asked_for():
    volume, _pipe = neck_and_chest(windpipe=False)
    with pytest.raises(UsageError, match="--seed"):
        segment(volume, load_anatomy("airway"))
