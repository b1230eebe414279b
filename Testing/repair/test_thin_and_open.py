"""Shells with large holes, rims whose cap would pass through the surface, and thin shells that cross themselves."""

import numpy as np
import pytest

from dicomtoprint.mesh import analyse_topology, self_intersections
from dicomtoprint.mesh.core import Mesh
from dicomtoprint.repair import repair_mesh
from dicomtoprint.repair.limits import repair_limits
from dicomtoprint.repair.remesh import count_solids
from dicomtoprint.repair.winding_number_remesh import finest_cells
from Phantoms.solids import box, shell


def strips(*rings: np.ndarray) -> np.ndarray:
    """Triangles between rings of vertex numbers, each ring to the next."""
    made = []
    for one, other in zip(rings, rings[1:]):
        a, b = one, np.roll(one, -1)
        c, d = other, np.roll(other, -1)
        made += [np.stack([a, b, d], 1), np.stack([a, d, c], 1)]
    return np.concatenate(made)


def crown_over_a_spike() -> Mesh:
    """A bowl of 8 sides whose rim goes up and down; a spike rises from its floor above the rim's low corners."""
    angle = 2 * np.pi * np.arange(8) / 8
    circle = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    low = np.arange(8) % 2 == 0
    rim = np.column_stack([circle * np.where(low, 9.0, 10.0)[:, None], np.where(low, -2.0, 4.0)])
    rings = [rim] + [np.column_stack([circle * radius, np.full(8, -10.0)]) for radius in (8.0, 2.0)]
    points = np.concatenate([*rings, [[0.0, 0.0, 0.0]]]).astype(np.float32)
    numbers = [8 * ring + np.arange(8) for ring in range(3)]
    spike = np.stack([numbers[2], np.roll(numbers[2], -1), np.full(8, 24)], axis=1)
    return Mesh(points, np.concatenate([strips(*numbers), spike])[:, ::-1].copy())


def windowed_box(side: float, window: float) -> Mesh:
    """A cube of which five faces have a window in the middle."""
    whole, low, high = box(side, side, side), (side - window) / 2, (side + window) / 2
    points, triangles = [], [whole.triangles[np.ptp(whole.points[whole.triangles][:, :, 2], axis=1) == 0][:2]]
    count = 0
    for axis in range(3):
        u, v = (axis + 1) % 3, (axis + 2) % 3
        for at in (0.0, side):
            corners = [
                [(0, 0), (side, 0), (side, side), (0, side)],
                [(low, low), (high, low), (high, high), (low, high)],
            ]
            ring = np.zeros((8, 3))
            ring[:, axis], ring[:, [u, v]] = at, np.concatenate(corners)
            frame = strips(np.arange(4), 4 + np.arange(4)) + count
            if axis == 2 and at == 0.0:
                frame = np.array([[0, 1, 2], [0, 2, 3]]) + count
            points.append(ring)
            triangles.append(frame if at > 0.0 else frame[:, ::-1])
            count += 8
    return Mesh(np.concatenate(points).astype(np.float32), np.concatenate(triangles[1:]))


def ribbon(thickness: float, width: float = 8.0, steps: int = 60) -> Mesh:
    """One shell: a strip of about 230 x 8 mm that crosses itself once."""
    t = np.linspace(-1.9, 1.9, steps)
    line = np.stack([40 * (t**3 / 3 - t), 22 * t**2], axis=1)
    along = np.gradient(line, axis=0)
    across = np.stack([-along[:, 1], along[:, 0]], axis=1) / np.linalg.norm(along, axis=1)[:, None] * thickness / 2
    corners = [(-1, 0.0), (1, 0.0), (1, width), (-1, width)]
    points = np.stack([np.column_stack([line + side * across, np.full(steps, z)]) for side, z in corners], axis=1)
    rings = [4 * step + np.arange(4) for step in range(steps)]
    ends = np.array([[0, 1, 2], [0, 2, 3]])
    triangles = np.concatenate([strips(*rings)[:, ::-1], ends, ends[:, ::-1] + 4 * (steps - 1)])
    mesh = Mesh(points.reshape(-1, 3).astype(np.float32), triangles)
    return mesh if mesh.volume > 0 else Mesh(mesh.points, triangles[:, ::-1].copy())


def assert_sound(mesh: Mesh) -> None:
    assert analyse_topology(mesh).closed and len(self_intersections(mesh)) == 0


def test_a_cap_that_would_pass_through_the_surface_gives_way_to_another():
    given = crown_over_a_spike()
    result = repair_mesh(given)
    assert result.valid and [stage.name for stage in result.stages] == ["holes"]
    assert_sound(result.mesh)
    assert len(result.mesh.triangles) == len(given.triangles) + 8  # around the middle of the rim
    assert result.measures.loss.max_mm == 0.0


def test_a_shell_that_encloses_a_solid_keeps_it_however_large_its_holes_are():
    given = windowed_box(20.0, 15.0)
    result = repair_mesh(given)
    assert result.valid, result.remaining
    assert result.mesh.volume == pytest.approx(8000.0)
    assert len(result.mesh.triangles) <= len(given.triangles) + 10
    assert_sound(result.mesh)


@pytest.mark.parametrize("thickness", [0.6])
def test_a_thin_shell_that_crosses_itself_stays_whole(thickness):
    """Thinner than a cell of the usual grid; that would leave a hundred crumbs."""
    given = ribbon(thickness)
    assert len(self_intersections(given)) > 0
    result = repair_mesh(given)
    assert result.valid, result.remaining
    assert_sound(result.mesh)
    assert result.measures.parts_after == 1
    assert result.mesh.volume == pytest.approx(given.volume, rel=0.03)


def test_a_thinner_one_is_refused_and_not_made_crumbs():
    result = repair_mesh(ribbon(0.08))
    assert not result.valid
    assert "fall into" in result.remaining[-1] or "would be lost" in result.remaining[-1]


def test_the_finer_grid_is_bound_by_its_nodes():
    nodes = repair_limits().fine_grid_nodes
    for mesh, least, most in ((box(10, 10, 10), 110, 160), (box(100, 10, 10), 350, 800)):
        cells = finest_cells(mesh, nodes)
        size = np.ceil(np.ptp(mesh.points, axis=0) / np.ptp(mesh.points, axis=0).max() * cells) + 17
        assert least < cells < most and size.prod() <= nodes


def test_the_wall_of_a_cavity_is_no_part_that_fell_off():
    """A hollow ball of which a fifth of the outer triangles is gone gets a new surface around the same cavity."""
    whole = shell(10.0, 6.0, 24)
    outer = np.linalg.norm(whole.points[whole.triangles].mean(axis=1), axis=1) > 8.0
    kept = ~outer | (np.random.default_rng(3).random(len(outer)) > 0.2)
    assert count_solids(whole) == 1 and analyse_topology(whole).components == 2
    result = repair_mesh(Mesh(whole.points, whole.triangles[kept]))
    assert result.valid, result.remaining
    assert result.mesh.volume == pytest.approx(whole.volume, rel=0.05)
