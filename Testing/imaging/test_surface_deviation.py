"""Distances from the level of a field that is known in closed form."""

import numpy as np

from dicomtoprint.imaging.surface_deviation import (
    isosurface_distance,
    vertex_normals,
    weighted_distance_stats,
)
from dicomtoprint.mesh.core import Mesh
from dicomtoprint.mesh.triangle_distance import nearest_triangles

SPACING = 0.5
AFFINE = np.diag([SPACING, SPACING, SPACING, 1.0])


def ball_field() -> np.ndarray:
    """100 per mm inward from a sphere of 8 mm around (10, 10, 10)."""
    z, y, x = np.mgrid[0:41, 0:41, 0:41] * SPACING - 10.0
    return (100.0 * (8.0 - np.sqrt(x * x + y * y + z * z))).astype(np.float32)


def directions(count: int = 500) -> np.ndarray:
    at = np.random.default_rng(0).normal(size=(count, 3))
    return at / np.linalg.norm(at, axis=1)[:, None]


def test_offset_has_size_and_sign():
    out = directions()
    for moved in (-0.4, -0.1, 0.0, 0.2, 0.7):
        offsets = isosurface_distance(
            10.0 + (8.0 + moved) * out, out, ball_field(), 0.0, np.linalg.inv(AFFINE), 1.5, 0.25
        )
        np.testing.assert_allclose(offsets, moved, atol=0.02)


def test_nothing_within_reach_is_no_number():
    out = directions(20)
    offsets = isosurface_distance(10.0 + 5.0 * out, out, ball_field(), 0.0, np.linalg.inv(AFFINE), 1.0, 0.25)
    assert np.isnan(offsets).all()


def test_thin_wall_takes_the_nearer_side():
    z = np.abs(np.arange(21) - 10.0) * 0.1
    field = np.broadcast_to((1.0 - 2.0 * z)[:, None, None], (21, 5, 5)).astype(np.float32)  # wall of 1 mm around z = 1
    inverse = np.linalg.inv(np.diag([0.1, 0.1, 0.1, 1.0]))
    points, up = np.array([[0.2, 0.2, 1.4], [0.2, 0.2, 0.6]]), np.array([[0, 0, 1.0], [0, 0, 1.0]])
    np.testing.assert_allclose(isosurface_distance(points, up, field, 0.0, inverse, 1.5, 0.05), [-0.1, 0.1], atol=1e-5)


def test_spread_is_weighted():
    found = weighted_distance_stats(np.array([-1.0, 3.0, np.nan]), np.array([3.0, 1.0, 50.0]))
    assert found == {"mean_deviation_mm": 1.5, "p95_deviation_mm": 3.0, "max_deviation_mm": 3.0}


def test_normals_and_distance_of_a_plane():
    plane = Mesh(np.array([[0, 0, 0], [4, 0, 0], [4, 4, 0], [0, 4, 0]], np.float32), np.array([[0, 1, 2], [0, 2, 3]]))
    np.testing.assert_allclose(vertex_normals(plane), [[0, 0, 1]] * 4)
    np.testing.assert_allclose(nearest_triangles(np.array([[1, 2, 0.5], [6, 2, 0]]), plane)[1], [0.5, 2.0], atol=1e-6)
