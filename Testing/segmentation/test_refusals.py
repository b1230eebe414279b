"""What cannot give a model is refused in one sentence."""

import numpy as np
import pytest

from dicomtoprint.errors import DicomToPrintError, RefusedError, UsageError
from dicomtoprint.segmentation import load_anatomy, segment
from dicomtoprint.volume import Volume
from Phantoms.shapes import add_ball, middle, scan, with_noise


@pytest.fixture(scope="module")
def ball():
    volume = scan((24, 32, 32))
    add_ball(volume, middle(volume), 8.0, 1000.0)
    return with_noise(volume, 10.0)


def _sentence(error: DicomToPrintError) -> None:
    text = str(error)
    assert text.endswith(".") and "\n" not in text and len(text) < 260 and "Traceback" not in text


@pytest.mark.parametrize(
    ("name", "array"),
    [
        ("constant", np.zeros((8, 8, 8), np.int16)),
        ("NaN", np.full((8, 8, 8), np.nan, np.float32)),
        (
            "one NaN",
            np.where(np.arange(512).reshape(8, 8, 8) == 77, np.nan, np.arange(512).reshape(8, 8, 8)).astype(np.float32),
        ),
        ("infinite", np.where(np.arange(512).reshape(8, 8, 8) == 77, np.inf, 0.0).astype(np.float32)),
        ("one slice", np.arange(64, dtype=np.int16).reshape(1, 8, 8)),
        ("air", np.random.default_rng(0).normal(-1000, 5, (16, 16, 16)).astype(np.int16)),
        ("soft tissue", np.random.default_rng(0).normal(40, 8, (16, 16, 16)).astype(np.int16)),
    ],
)
def test_nothing_to_find_is_refused(name, array):
    with pytest.raises(RefusedError) as caught:
        segment(Volume(array, np.eye(4)), load_anatomy("bone"))
    _sentence(caught.value)


@pytest.mark.parametrize(
    "threshold", [(5000.0, None), (-5000.0, None), (float("nan"), None), (300.0, 200.0), (200.0, -4000.0)]
)
def test_threshold_outside_the_scan_is_refused(ball, threshold):
    with pytest.raises(UsageError) as caught:
        segment(ball, load_anatomy("bone"), threshold=threshold)
    _sentence(caught.value)


@pytest.mark.parametrize("seed", [(1e4, 0, 0), (float("nan"), 0, 0)])
def test_seed_outside_the_scan_is_refused(ball, seed):
    with pytest.raises(UsageError) as caught:
        segment(ball, load_anatomy("single-bone"), seeds_lps=[seed])
    _sentence(caught.value)


def test_seed_in_soft_tissue_is_refused(ball):
    with pytest.raises(UsageError) as caught:
        segment(ball, load_anatomy("single-bone"), seeds_lps=[middle(ball, 15, 15, 0)])
    _sentence(caught.value)


@pytest.mark.parametrize("name", ["vertebra", "contrast-vessels"])
def test_a_preset_that_needs_a_seed_says_so(ball, name):
    with pytest.raises(UsageError, match="needs a seed"):
        segment(ball, load_anatomy(name))


@pytest.mark.parametrize("roi", [(1e4, 1e4 + 1, 0, 1, 0, 1), (0, 0, 0, 0, 0, 0), (float("nan"),) * 6])
def test_region_outside_the_scan_is_refused(ball, roi):
    with pytest.raises(UsageError) as caught:
        segment(ball, load_anatomy("bone"), roi_lps=roi)
    _sentence(caught.value)


def test_a_preset_of_labels_asks_for_a_segmentation(ball):
    with pytest.raises(UsageError, match="needs a segmentation"):
        segment(ball, load_anatomy("from-segmentation"))


def test_an_island_below_the_smallest_part_is_never_an_empty_model(ball):
    with pytest.raises(RefusedError) as caught:
        segment(ball, load_anatomy("bone"), threshold=(float(ball.array.max()), None))
    _sentence(caught.value)
