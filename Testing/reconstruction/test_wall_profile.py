"""A wall's faces from its profile: blurred, noisy, between unequal sides."""

import numpy as np
import pytest
from scipy.special import ndtr

from dicomtoprint.reconstruction.wall_profile import INWARD_MM, OUTWARD_MM, Prior, Profiles, fitted_walls

WIDTH = 0.42


def profiles(
    thickness: float, left: float, right: float, bone: float = 1200.0, noise: float = 15.0, count: int = 300
) -> Profiles:
    """Profiles whose walls begin a little before or behind the surface."""
    random = np.random.default_rng(3)
    x = np.arange(-OUTWARD_MM, INWARD_MM + 1e-9, 0.25)
    start = random.uniform(-0.4, 0.6, (count, 1))
    rise, fall = ndtr((x - start) / WIDTH), ndtr((x - start - thickness) / WIDTH)
    values = left + (bone - left) * rise + (right - bone) * fall + noise * random.normal(size=(count, len(x)))
    values = values.astype(np.float32)
    depths = np.broadcast_to((x - start).astype(np.float32), values.shape).copy()
    return Profiles(values, x, values, depths, np.full(count, WIDTH))


def prior(bone: float = 1200.0, sd: float = 40.0, count: int = 300) -> Prior:
    return Prior(np.full(count, bone), np.full(count, sd), 1160.0, 15.0)


@pytest.mark.parametrize("thickness", [0.3, 0.5, 1.0, 2.0])
@pytest.mark.parametrize(("left", "right"), [(40.0, 40.0), (40.0, -1000.0), (-1000.0, -1000.0), (40.0, 250.0)])
def test_thickness_and_place_come_back_between_any_two_sides(thickness, left, right):
    fit = fitted_walls(profiles(thickness, left, right), prior())
    assert fit.good.mean() > 0.9
    found = fit.thickness[fit.good]
    assert found.mean() == pytest.approx(thickness, abs=0.02)
    assert found.std() < 0.06
    # Depths are counted from the true outer face.
    assert fit.outer[fit.good].mean() == pytest.approx(0.0, abs=0.02)


def test_what_is_stated_of_noise_is_what_it_does():
    fit = fitted_walls(profiles(0.5, 40.0, 40.0), prior(sd=1.0))
    assert 0.7 < np.median(fit.thickness_sd) / fit.thickness.std() < 2.5


def test_a_wrong_density_is_a_wrong_thickness_of_thin_walls_only():
    thin = fitted_walls(profiles(0.4, 40.0, 40.0), prior(1320.0, 1.0))
    thick = fitted_walls(profiles(2.5, 40.0, 40.0), prior(1320.0, 100.0))
    assert thin.thickness.mean() == pytest.approx(0.4 * 1160 / 1280, abs=0.015)
    assert thick.thickness.mean() == pytest.approx(2.5, abs=0.03)


def test_the_next_wall_is_not_taken_for_this_one():
    one, other = profiles(0.5, 40.0, 40.0), profiles(0.7, 0.0, 0.0, 1160.0, 0.0)
    behind = np.interp(one.x - 2.2, one.x, other.values[0])
    both = one.voxels + behind.astype(np.float32)
    fit = fitted_walls(Profiles(both, one.x, both, one.depths, one.width), prior())
    assert fit.good.mean() > 0.9
    assert np.median(fit.thickness[fit.good]) == pytest.approx(0.5, abs=0.07)  # 1.7 mm away it still shines through


def test_flat_grey_is_no_wall():
    flat = profiles(0.0, 40.0, 40.0)
    assert not fitted_walls(flat, prior()).good.any()
