"""What walls and soft tissue tell of bone's grey value where thick bone does not: blur and density, and cupping."""

import numpy as np
import pytest
from scipy.special import ndtr

from dicomtoprint.reconstruction.grey_drift import grey_drift
from dicomtoprint.reconstruction.wall_density import density_by_walls
from dicomtoprint.reconstruction.wall_profile import INWARD_MM, OUTWARD_MM, Profiles
from dicomtoprint.volume import Volume

WIDTH, GUESS = 0.42, 0.45


def walls(thickness, bone=1200.0, count=200, noise=12.0):
    """Profiles of walls of these thicknesses in tissue of 40, of which the blur is guessed only."""
    random = np.random.default_rng(5)
    x = np.arange(-OUTWARD_MM, INWARD_MM + 1e-9, 0.25)
    start = random.uniform(-0.3, 0.3, (count, 1))
    wall = np.resize(thickness, count)[:, None]
    share = ndtr((x - start) / WIDTH) - ndtr((x - start - wall) / WIDTH)
    values = (40.0 + (bone - 40.0) * share + noise * random.normal(size=(count, len(x)))).astype(np.float32)
    depths = np.broadcast_to(x.astype(np.float32), values.shape).copy()
    return Profiles(values, x, values, depths, np.full(count, GUESS))


@pytest.mark.parametrize("bone", [900.0, 1400.0])
def test_walls_of_several_thicknesses_tell_bone_and_blur(bone):
    peak = 40.0 + 0.7 * (bone - 40.0)
    found = density_by_walls(walls((0.4, 0.7, 1.1), bone), peak, 40.0, 12.0, True)
    assert found.bone == pytest.approx(bone, rel=0.08)
    assert found.widths * GUESS == pytest.approx(WIDTH, rel=0.05)
    assert abs(found.bone - bone) < 2.5 * found.bone_sd


def test_walls_thinner_than_the_blur_tell_less_and_too_few_nothing():
    known = density_by_walls(walls((0.4, 0.7, 1.1)), 850.0, 40.0, 12.0, True)
    open_ = density_by_walls(walls((0.3,)), 850.0, 40.0, 12.0, True)
    assert open_ is None or open_.bone_sd > 2.0 * known.bone_sd
    assert density_by_walls(walls((0.4, 0.7, 1.1), count=50), 850.0, 40.0, 12.0, True) is None


def test_cupping_is_read_from_the_soft_tissue_and_a_field_of_air_tells_none():
    axis = (np.arange(60) - 29.5) * 0.5
    _z, y, x = np.meshgrid(axis, axis, axis, indexing="ij")
    affine = np.diag([0.5, 0.5, 0.5, 1.0])
    affine[:3, 3] = axis[0]
    cupped = 300.0 - 80.0 * (x**2 + y**2) / 15.0**2
    normals = np.random.default_rng(0).normal(size=(3000, 3))
    normals /= np.linalg.norm(normals, axis=1)[:, None]
    places = 9.0 * normals
    noisy = cupped + np.random.default_rng(1).normal(0.0, 15.0, cupped.shape)
    found = grey_drift(Volume(noisy.astype(np.float32), affine), places, normals, 270.0, 760.0, 15.0)
    apart = found.at(np.array([[0.0, 0.0, 9.0], [9.0, 0.0, 0.0]]))
    assert apart[0] - apart[1] == pytest.approx(80.0 * 11.2**2 / 15.0**2, abs=12.0)
    assert found.left < 0.02 * 760.0
    air = Volume(np.full(cupped.shape, -1000.0, np.float32), affine)
    assert grey_drift(air, places, normals, 270.0, 760.0, 15.0) is None
