"""The scans of walls are what they say: partial volume, blur, noise and truth."""

import numpy as np
import pytest
from scipy.special import ndtr

from dicomtoprint.phantom.wall_scan import SOFT_HU, Layer, Scanner, Wall, WallScene, box, measured, scan_of, varying
from Phantoms.wall_scenes import EVERYWHERE

SMALL = (10.0, 10.0, 10.0)


def plate(thickness: float) -> WallScene:
    return WallScene([Layer(EVERYWHERE, SOFT_HU), Layer(box((0, 0, 0), (1e3, 1e3, thickness / 2)), 1200.0)], [], SMALL)


def test_a_plate_keeps_its_contents_through_blur_and_voxels():
    volume = scan_of(plate(0.5), Scanner((0.5, 0.5, 0.5), 0.4, noise_hu=0.0))
    middle = volume.array[:, 10, 10].astype(float) - SOFT_HU
    assert middle.sum() * 0.5 == pytest.approx(0.5 * 1160.0, rel=0.01)
    z = volume.to_lps(np.stack([np.full(20, 10), np.full(20, 10), np.arange(20)], axis=1))[:, 2]
    width = np.hypot(0.4, 0.5 / 12**0.5)
    assert middle == pytest.approx(1160.0 * (ndtr((z + 0.25) / width) - ndtr((z - 0.25) / width)), abs=12.0)


def test_an_edge_enhancing_kernel_overshoots_and_keeps_the_contents():
    smooth, sharp = (scan_of(plate(2.0), Scanner((0.5, 0.5, 0.5), 0.4, w, 0.0)).array[:, 10, 10] for w in (0.0, 0.2))
    assert sharp.min() < SOFT_HU - 10 and sharp[10] == pytest.approx(1200.0, abs=15.0)
    assert sharp.sum() == pytest.approx(smooth.sum(), rel=0.01)


def test_noise_scale_and_cupping():
    scene = WallScene([Layer(EVERYWHERE, SOFT_HU)], [], SMALL)
    noisy = scan_of(scene, Scanner(noise_hu=20.0)).array
    assert noisy.std() == pytest.approx(20.0, rel=0.1)
    other = scan_of(scene, Scanner(noise_hu=0.0, gain=0.5, offset=100.0, cupping=-40.0)).array
    assert other[:, 12, 12].mean() == pytest.approx(120.0, abs=2.0) and other[:, 0, 12].mean() < 90.0


def test_density_varies_by_what_is_asked():
    points = np.random.default_rng(0).uniform(-20, 20, (5000, 3))
    values = varying(1000.0, 0.2, 30.0)(points)
    assert values.min() > 895 and values.max() < 1105 and np.ptp(values) > 150


def test_a_measured_wall_is_that_of_the_mesh():
    corners = np.array([[x, y, z] for z in (0.2, 0.9) for y in (-5, 5) for x in (-5, 5)], float)
    faces = np.array([[0, 2, 1], [1, 2, 3], [4, 5, 6], [5, 7, 6]])
    at = np.random.default_rng(0).uniform(-3, 3, (30, 3)) * [1, 1, 0]
    wall = Wall("w", at, np.broadcast_to([0, 0, 1.0], at.shape), 0.7)
    found = measured(wall, corners, faces)
    assert found.mean == pytest.approx(0.7) and found.middle == pytest.approx(0.55) and found.missing == 0.0
    assert measured(wall, corners, faces[:2]).missing == 1.0
