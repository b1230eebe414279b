"""Distances up to a limit are those of a full distance map, at the edge of the array too."""

import numpy as np
import pytest
from scipy import ndimage

from dicomtoprint.segmentation.near_distance import distance_up_to, grown_by, shrunk_by

STEPS = (1.5, 0.6, 0.8)


@pytest.mark.parametrize("most", [0.5, 1.6, 3.0, 40.0])
@pytest.mark.parametrize("share", [0.001, 0.05, 0.97])
def test_distances_are_those_of_a_full_map(share, most):
    mask = np.random.default_rng(4).random((9, 21, 17)) < share
    mask[4, 20, 0] = True
    full = ndimage.distance_transform_edt(~mask, sampling=STEPS)
    near = distance_up_to(mask, STEPS, most)
    assert np.allclose(near[full <= most], full[full <= most], atol=1e-4)
    assert np.isinf(near[full > most * 1.001]).all()
    assert np.array_equal(grown_by(mask, STEPS, most), full <= most * 1.00001)
    inside = ndimage.distance_transform_edt(mask, sampling=STEPS)
    assert np.array_equal(shrunk_by(mask, STEPS, most), inside > most * 1.00001)


def test_a_voxel_at_exactly_the_limit_is_near_and_nothing_is_near_to_nothing():
    mask = np.zeros((3, 3, 15), dtype=bool)
    assert not grown_by(mask, (1.0, 1.0, 0.3), 9.0).any() and not shrunk_by(mask, (1.0, 1.0, 0.3), 0.1).any()
    mask[1, 1, 2] = True
    assert np.flatnonzero(grown_by(mask, (1.0, 1.0, 0.3), 0.9)[1, 1]).tolist() == [0, 1, 2, 3, 4, 5]
