"""Coarse triangles laid on the level of the field."""

import numpy as np
import pytest

from dicomtoprint.mesh.core import Mesh
from dicomtoprint.mesh.isosurface import extract_isosurface
from dicomtoprint.mesh.scalar_field import ScalarField
from dicomtoprint.reconstruction.isosurface_fitting import fit_to_isosurface
from dicomtoprint.simplify import simplify

RADIUS = 10.0


@pytest.fixture(scope="module")
def field() -> ScalarField:
    axis = np.linspace(-12, 12, 41)
    z, y, x = np.meshgrid(axis, axis, axis, indexing="ij")
    values = (RADIUS - np.sqrt(x * x + y * y + z * z)).astype(np.float32) + np.float32(1e-5)
    affine = np.diag([0.6, 0.6, 0.6, 1.0])
    affine[:3, 3] = -12.0
    return ScalarField(values, 0.0, (0, 0, 0), values.shape, affine, True)


@pytest.fixture(scope="module")
def coarse(field) -> Mesh:
    """A ball of about 500 triangles that lies a tenth of a millimetre too far inside."""
    made = simplify(extract_isosurface(field)[0], 0.04, 1_000_000)
    return Mesh(0.99 * made.points, made.triangles)


def test_a_coarse_ball_has_the_volume_of_the_fine_one(field, coarse):
    truth = 4 / 3 * np.pi * RADIUS**3
    assert coarse.volume < 0.97 * truth
    assert Mesh(fit_to_isosurface(coarse.points, coarse.triangles, field), coarse.triangles).volume == pytest.approx(
        truth, rel=0.003
    )


def test_what_lies_right_stays(field):
    fine, _ = extract_isosurface(field)
    moved = np.linalg.norm(fit_to_isosurface(fine.points, fine.triangles, field) - fine.points, axis=1)
    assert moved.mean() < 0.01


def test_points_without_a_level_near_them_stay(field, coarse):
    far = Mesh((0.8 * coarse.points).astype(np.float32), coarse.triangles)
    np.testing.assert_array_equal(fit_to_isosurface(far.points, far.triangles, field), far.points)


def test_points_on_a_fold_stay(field, coarse):
    """A point whose triangles look away from one another has no direction in which moving it is safe."""
    folded = coarse.points.copy()
    at, beside = coarse.triangles[0, :2]
    folded[at] += 2.5 * (folded[beside] - folded[at])
    made = fit_to_isosurface(folded, coarse.triangles, field)
    np.testing.assert_array_equal(made[at], folded[at])
    assert (made != folded).any()
