"""Memory of the grid for rays goes with its entries, however long and thin the triangles are."""

import tracemalloc

import numpy as np
from scipy.spatial.transform import Rotation

from dicomtoprint.mesh.core import Mesh, concatenate
from dicomtoprint.mesh.ray_casting import RayCaster
from Phantoms.solids import box, moved

TURN = Rotation.from_euler("xyz", [20, 30, 40], degrees=True).as_matrix()


def turned_bars(count: int) -> Mesh:
    """So many bars of 100 x 0.2 x 0.2 mm along each axis, the whole turned."""
    rng = np.random.default_rng(6)
    bars = []
    for number in range(3 * count):
        size = np.roll([0.2, 0.2, 100.0], number % 3)
        place = np.roll([*(rng.random(2) * 99.8), 0.0], number % 3)
        bars.append(moved(box(*size, at=place), (0, 0, 0), TURN))
    return concatenate(bars)


def test_slender_triangles_that_lie_askew_are_binned_part_by_part():
    mesh = turned_bars(60)
    tracemalloc.start()
    rays = RayCaster(mesh, 4.0)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 60e6  # cut up all at once: 330 MB
    middle = mesh.points.reshape(-1, 8, 3).mean(axis=1, dtype=np.float64)
    across = TURN[:, np.arange(len(middle)) % 3].T
    hits = rays.first_hit(middle, across, True, 4.0)
    assert np.isfinite(hits.distance).all() and hits.distance.max() <= 0.11


def test_rays_at_the_tip_of_a_fan_are_compared_part_by_part():
    # Two discs 1 mm apart, each of 600 triangles that share its middle: every ray there has hundreds to compare.
    turns = np.linspace(0.0, 2.0 * np.pi, 600, endpoint=False)
    rim = np.column_stack([30.0 * np.cos(turns), 30.0 * np.sin(turns), np.zeros(600)])
    points = np.concatenate([[[0, 0, 0]], rim, [[0, 0, 1]], rim + np.array([0, 0, 1])]).astype(np.float32)
    ring = np.arange(600)
    lower = np.column_stack([np.zeros(600, int), 1 + (ring + 1) % 600, 1 + ring])
    upper = np.column_stack([np.full(600, 601), 602 + ring, 602 + (ring + 1) % 600])
    rays = RayCaster(Mesh(points, np.concatenate([lower, upper]).astype(np.int32)), 4.0)
    origins = np.column_stack([np.random.default_rng(2).normal(0.0, 0.2, (4_000, 2)), np.full(4_000, 0.4)])
    tracemalloc.start()
    hits = rays.first_hit(origins, np.tile([0.0, 0.0, 1.0], (4_000, 1)), True, 4.0)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    np.testing.assert_allclose(hits.distance, 0.6, atol=1e-5)
    assert peak < 100e6
