"""Memory of a repair goes with the grid and the number of triangles, however long and thin these are."""

import tracemalloc

import numpy as np

from dicomtoprint.mesh.core import Mesh
from dicomtoprint.repair.limits import repair_limits
from dicomtoprint.repair.winding_number_remesh import winding_number_remesh

SIDES = np.array([(0, 1, 4), (1, 5, 4), (1, 2, 5), (2, 6, 5), (2, 3, 6), (3, 7, 6), (3, 0, 7), (0, 4, 7)])
ENDS = np.array([(0, 2, 1), (0, 3, 2), (4, 5, 6), (4, 6, 7)])


def bars(count: int, length: float = 100.0, width: float = 0.2) -> Mesh:
    """So many bars along each axis, all across the model: twelve triangles each, eight of them slender."""
    rng = np.random.default_rng(6)
    square = np.array([(0, 0), (1, 0), (1, 1), (0, 1)]) * width
    points, triangles = [], []
    for number in range(3 * count):
        at = rng.random(2) * (length - width)
        ends = [np.column_stack([square + at, np.full(4, z)]) for z in (0.0, length)]
        points.append(np.roll(np.concatenate(ends), number % 3, axis=1))
        triangles.append(np.concatenate([SIDES, ENDS]) + 8 * number)
    return Mesh(np.concatenate(points).astype(np.float32), np.concatenate(triangles))


def test_a_new_surface_of_long_thin_bars_stays_within_its_memory():
    given = bars(15)
    tracemalloc.start()
    winding_number_remesh(given, 60)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    # The limit is for a million triangles, and these are 540: a tenth of it is the grid and one block of samples.
    assert peak < 0.1e9 * repair_limits().memory_gb
