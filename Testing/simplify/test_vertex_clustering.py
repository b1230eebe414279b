"""Gathering of a contour's points: fewer triangles, the same shape and the same kind of surface, even of noise."""

import numpy as np
import pytest
from scipy import ndimage

from dicomtoprint.mesh import analyse_topology
from dicomtoprint.mesh.core import Mesh, flying_edges
from dicomtoprint.simplify.vertex_clustering import cluster_grid_vertices


def made(field: np.ndarray) -> tuple[Mesh, Mesh, np.ndarray]:
    whole = flying_edges(np.pad(field, 1, constant_values=-1.0).astype(np.float32), 0.0)
    return whole, *cluster_grid_vertices(whole, whole.points)


def kind(mesh: Mesh) -> tuple[int, int]:
    """Number of parts and Euler's characteristic."""
    return analyse_topology(mesh).components, len(np.unique(mesh.triangles)) - len(mesh.triangles) // 2


def test_a_ball_has_a_third_fewer_triangles_on_the_same_surface():
    k, j, i = np.indices((40, 40, 40)) - 19.7
    whole, few, birth = made(16.0 - np.sqrt(i**2 + j**2 + k**2))
    assert 0.5 < len(few.triangles) / len(whole.triangles) < 0.7
    assert analyse_topology(few).closed
    assert few.volume == pytest.approx(whole.volume, rel=2e-3)
    radius = np.linalg.norm(few.points - 20.7, axis=1)
    assert np.abs(radius - 16.0).max() < 0.05
    # Triangles keep the place of the one they come from.
    middle = [mesh.points[mesh.triangles].mean(axis=1) for mesh in (few, Mesh(whole.points, whole.triangles[birth]))]
    assert np.linalg.norm(middle[0] - middle[1], axis=1).max() < 0.6


@pytest.mark.parametrize("share, smoothing", [(0.05, 0.0), (0.3, 0.0), (0.5, 0.7)])
def test_noise_is_neither_torn_nor_joined_and_nothing_vanishes(share, smoothing):
    noise = ndimage.gaussian_filter(np.random.default_rng(3).random((24, 24, 24)), smoothing)
    whole, few, _ = made(noise - np.quantile(noise, 1.0 - share))
    before, after = analyse_topology(whole), analyse_topology(few)
    assert before.closed
    assert after.boundary_edges == after.nonmanifold_edges == after.duplicate == 0
    assert kind(few) == kind(whole)
    assert len(few.triangles) < len(whole.triangles)


def test_a_voxel_by_itself_stays():
    field = np.full((7, 7, 7), -1.0)
    field[3, 3, 3] = 0.4
    whole, few, birth = made(field)
    assert len(few.triangles) == len(whole.triangles) == len(birth) == 8
