"""Labels smoothed by mm: spikes and pits narrower than that go, sizes and shared walls stay, grey values keep theirs."""

import numpy as np
import pytest

from dicomtoprint.config.run_settings import RunSettings
from dicomtoprint.pipeline.segmenting import segment
from dicomtoprint.segmentation import Segment, Segmentation, smooth_labels
from dicomtoprint.volume import Volume

AFFINE = np.diag([1.0, 1.0, 2.0, 1.0])


def labelled(labels, boundaries=(None, None)):
    names = list(range(1, int(labels.max()) + 1))
    segments = tuple(
        Segment(f"s{n}", n, f"S{n}", (1, 1, 1), boundary, {}, float((labels == n).sum() * 2.0))
        for n, boundary in zip(names, boundaries)
    )
    volume = Volume(np.zeros(labels.shape, np.int16), AFFINE)
    return Segmentation(volume, AFFINE, labels.astype(np.uint16), None, segments)


@pytest.fixture
def rough():
    """A block with a spike and a pit of 2 mm, and a neighbour that touches it along a wall with teeth."""
    labels = np.zeros((20, 40, 44), np.uint16)
    labels[5:15, 10:30, 8:20] = 1
    labels[5:15, 10:30, 20:34] = 2
    labels[5:15, 10:30:4, 20] = 1
    labels[9:11, 19:21, 2:8] = 1
    labels[9:11, 29:31, 10:12] = 0
    return labels


def test_details_go_and_sizes_stay(rough):
    found = smooth_labels(labelled(rough), 6.0)
    assert not (found.labels[:, :, :5] == 1).any(), "the spike is gone"
    for before, after in zip(labelled(rough).segments, found.segments):
        assert after.volume_mm3 == pytest.approx(before.volume_mm3, rel=0.05)
        assert after.volume_mm3 == pytest.approx(float((found.labels == after.label).sum() * 2.0))
    (alone,) = smooth_labels(labelled(np.where(rough == 1, 1, 0).astype(np.uint16)), 6.0).segments
    assert alone.volume_mm3 == pytest.approx(labelled(rough).segments[0].volume_mm3, rel=0.01)
    wall = found.labels[10, 12:28, 19:22]
    assert np.count_nonzero(np.diff(wall[:, 1].astype(int))) <= 2 and not (wall == 0).any(), "no teeth and no gap"
    assert any("smoothed by 6 mm" in note for note in found.notes) and found.figures["label_smoothing_mm"] == 6.0


def test_what_follows_the_grey_values_keeps_its_voxels(rough):
    found = smooth_labels(labelled(rough, (300.5, None)), 6.0)
    assert np.array_equal(found.labels == 1, rough == 1)
    assert smooth_labels(labelled(rough, (300.5, 300.5)), 6.0).labels is not None
    assert smooth_labels(labelled(rough), 0.0).notes == ()


def test_a_small_structure_stays_and_one_that_others_swallow_is_told(rough):
    rough[2, 2, 2] = 3
    found = smooth_labels(labelled(rough, (None, None, None)), 12.0)
    assert (found.labels == 3).sum() >= 1 and not found.warnings
    rough[2, 2, 2], rough[10, 20, 14] = 0, 3
    found = smooth_labels(labelled(rough, (None, None, None)), 12.0)
    assert [segment.name for segment in found.segments] == ["S1", "S2"]
    assert found.warnings == ("Too small to be smoothed by 12 mm, and so lost: S3.",)


def test_a_run_smooths_its_given_labels(rough):
    given = labelled(rough)
    plain = segment(given.volume, RunSettings(), given=given)
    smooth = segment(given.volume, RunSettings(smooth_labels=6.0), given=given)
    assert (plain.labels != 0).sum() == pytest.approx((smooth.labels != 0).sum(), rel=0.03)
    assert not np.array_equal(plain.labels, smooth.labels)
