"""What blur moves, and what is put back."""

import numpy as np
import pytest

from dicomtoprint.imaging.psf import PointSpreadFunction
from dicomtoprint.mesh.core import Mesh
from dicomtoprint.mesh.isosurface import extract_isosurface
from dicomtoprint.mesh.scalar_field import ScalarField
from dicomtoprint.reconstruction.psf_curvature_correction import psf_covariance, psf_curvature_shift

STEP = 0.6


def surface_of(function) -> Mesh:
    axis = np.arange(-12.0, 12.01, STEP)
    z, y, x = np.meshgrid(axis, axis, axis, indexing="ij")
    values = function(x, y, z).astype(np.float32) + np.float32(1e-5)
    affine = np.diag([STEP, STEP, STEP, 1.0])
    affine[:3, 3] = -12.0
    return extract_isosurface(ScalarField(values, 0.0, (0, 0, 0), values.shape, affine, True))[0]


@pytest.fixture(scope="module")
def hollow() -> Mesh:
    """A ball of 10 mm radius with a cavity of 5 mm."""
    return surface_of(lambda x, y, z: 2.5 - np.abs(np.sqrt(x * x + y * y + z * z) - 7.5))


def test_a_ball_grows_and_a_cavity_shrinks_by_the_variance_over_the_radius(hollow):
    moved = psf_curvature_shift(hollow, 0.25 * np.eye(3))
    outer = np.linalg.norm(hollow.points, axis=1) > 7.5
    assert moved[outer].mean() == pytest.approx(0.25 / 10.0, rel=0.05)
    assert moved[~outer].mean() == pytest.approx(-0.25 / 5.0, rel=0.05)
    assert moved[outer].std() < 0.15 * 0.25 / 10.0


def test_blur_across_the_slices_counts_where_the_surface_runs_across_them(hollow):
    moved = psf_curvature_shift(hollow, np.diag([0.0, 0.0, 0.25]))
    outer = np.linalg.norm(hollow.points, axis=1) > 7.5
    pole = outer & (np.abs(hollow.points[:, 2]) > 9.5)
    equator = outer & (np.abs(hollow.points[:, 2]) < 1.0)
    assert np.abs(moved[pole]).mean() < 0.2 * moved[equator].mean()


def test_edges_and_noise_stay():
    box = surface_of(lambda x, y, z: 8.0 - np.maximum(np.maximum(np.abs(x), np.abs(y)), np.abs(z)))
    assert np.abs(psf_curvature_shift(box, np.eye(3))).max() <= 0.25
    edge = np.sort(np.abs(box.points), axis=1)[:, 1] > 7.7
    assert np.abs(psf_curvature_shift(box, np.eye(3))[edge]).mean() < 0.05
    flat = np.sort(np.abs(box.points), axis=1)[:, 1] < 4.0
    rough = Mesh(box.points + np.random.default_rng(0).normal(scale=0.05, size=box.points.shape), box.triangles)
    assert np.abs(psf_curvature_shift(rough, 0.15 * np.eye(3))[flat]).mean() < 0.01


def test_interpolation_adds_to_the_blur_along_each_step_of_the_grid():
    affine = np.eye(4)
    affine[:3, :3] = np.diag([0.5, 0.5, 1.0]) @ np.array([[1, 0, 0], [0, 1, 0.2], [0, 0, 1]])
    made = psf_covariance(PointSpreadFunction(0.4, 0.6, 1000.0, 0.0, 50), affine)
    np.testing.assert_allclose(made, made.T)
    assert made[0, 0] == pytest.approx(0.16 + 0.25 / 6)
    assert made[2, 2] == pytest.approx(0.36 + 1.0 / 6)
