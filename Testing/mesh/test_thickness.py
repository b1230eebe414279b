"""Thickness and gaps on solids whose answer is known: within 3 % or 0.03 mm."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from dicomtoprint.errors import CancelledError
from dicomtoprint.mesh.core import Mesh, concatenate
from dicomtoprint.mesh.ray_casting import RayCaster
from dicomtoprint.mesh.surface_sampling import sample_surface
from dicomtoprint.mesh.thickness import (
    clearance_field,
    correct_sharp_edges,
    detect_rods,
    thickness_field,
    uncapped_thickness,
)
from Phantoms.solids import ball, box, moved, rod, shell, tube, turned, wedge


def near(truth: float):
    return pytest.approx(truth, abs=max(0.03 * truth, 0.03))


def sharp(mesh):
    """Walls as the readiness judges them: edges measured 1.6 mm behind the edge."""
    return correct_sharp_edges(thickness_field(mesh), RayCaster(mesh, 6.0), 1.6)


def everything(field):
    return np.ones(len(field.distance), dtype=bool)


@pytest.mark.parametrize("thickness", [0.3, 0.5, 0.8, 1.0, 1.5, 2.0, 3.0])
def test_a_plate_of_twelve_triangles(thickness):
    plate = moved(box(15, 10, thickness), (3, 4, 5), Rotation.from_euler("xyz", (20, 30, 40), degrees=True).as_matrix())
    field = thickness_field(plate, cap_mm=6.0)
    assert field.smallest(everything(field), 0.05)[0] == near(thickness)
    assert field.percentile(50) == near(thickness)
    assert thickness_field(plate).at_vertices(8) == pytest.approx(np.full(8, thickness), abs=0.03)


@pytest.mark.parametrize("wall", [0.5, 1.0, 2.0])
def test_a_shell_has_its_wall_everywhere(wall):
    field = thickness_field(shell(10.0, 10.0 - wall, 40))
    assert [field.percentile(percent) for percent in (1, 50, 99)] == [near(wall)] * 3
    assert field.smallest(everything(field), 0.05)[0] == near(wall)


@pytest.mark.parametrize("degrees", [15, 30, 45])
def test_a_wedge_measures_the_ball_and_not_the_ray(degrees):
    field = thickness_field(wedge(degrees), cap_mm=5.0)
    points = field.samples.points
    chosen = (
        (np.abs(points[:, 1]) < 1e-6)
        & (np.abs(points[:, 2] - 5.0) < 2.0)
        & (points[:, 0] > 1.0)
        & np.isfinite(field.distance)
    )
    assert chosen.sum() > 50
    truth = 2.0 * points[chosen, 0] * np.tan(np.radians(degrees) / 2.0)
    assert field.distance[chosen] == pytest.approx(truth, rel=0.03)


@pytest.mark.parametrize("degrees", [10, 30, 45, 58])
def test_a_sharp_edge_is_measured_behind_the_edge(degrees):
    """The wall of a wedge does not end at 0.00 mm: its edge has the thickness of the place 1.6 mm behind it."""
    field = sharp(wedge(degrees))
    expected = 2.0 * 1.6 * np.tan(np.radians(degrees) / 2.0)
    at_edge = field.samples.points[:, 0] < 3.0
    assert field.smallest(at_edge, 0.05)[0] == pytest.approx(expected, rel=0.03)


def test_a_groove_is_no_closed_gap():
    field = clearance_field(turned(wedge(40)))
    assert field.smallest(everything(field), 0.05)[0] < 0.1
    measured = correct_sharp_edges(field, RayCaster(turned(wedge(40)), 2.0), 1.0)
    assert measured.smallest(everything(field), 0.05)[0] == pytest.approx(2.0 * np.tan(np.radians(20)), rel=0.03)


def test_an_uneven_thin_wall_stays_thin_behind_its_slopes():
    """Sides of a 0.3 mm wall that lean up to 20 degrees against one another: no edge is near."""
    points, triangles = _sheet(12.0, 8.0, 0.25)
    wave = 0.05 * np.sin(points[:, 0] * 2 * np.pi / 2.0)
    top = Mesh(points + np.c_[np.zeros((len(points), 2)), 0.3 + wave], triangles)
    plate = concatenate((top, turned(Mesh(points - np.c_[np.zeros((len(points), 2)), wave], triangles))))
    field = sharp(plate)
    inner = np.abs(field.samples.points[:, 0] - 6.0) < 4.0
    assert field.distance[inner].max() < 0.45
    assert field.distance[inner].min() == pytest.approx(0.2, abs=0.03)


@pytest.mark.parametrize("sides", [3, 4, 5])
def test_a_solid_with_sharp_edges_has_no_wall_of_nothing(sides):
    """A right prism: 60, 90 and 108 degrees between its sides."""
    mesh = rod(10.0, 20.0, sides)
    field = sharp(mesh)
    least = field.smallest(everything(field), 0.05)[0]
    assert least is None or least > 1.5


def test_the_tip_of_a_spike_is_no_wall_of_nothing():
    """A tetrahedron with edges of 55 degrees: behind one edge lies the next side already."""
    points = np.array([[0, 0, 0], [20, 0, 0], [0, 20, 0], [0, 0, 20]], np.float32)
    mesh = Mesh(points, np.array([[0, 2, 1], [0, 1, 3], [1, 2, 3], [0, 3, 2]]))
    assert sharp(mesh).smallest(np.ones(len(sample_surface(mesh).points), bool), 0.05)[0] > 1.5


@pytest.mark.parametrize("diameter", [1.0, 2.0, 3.0])
def test_a_rod_is_told_from_a_plate(diameter):
    field = thickness_field(rod(diameter / 2.0, 15.0), cap_mm=5.0)
    assert field.percentile(50) == near(diameter)
    mesh = rod(diameter / 2.0, 15.0)
    is_rod = detect_rods(field, RayCaster(mesh, 5.0), 5.0)
    assert field.samples.area[is_rod].sum() > 0.75 * field.samples.area.sum()
    mesh = box(15, 10, diameter)
    plate = thickness_field(mesh, cap_mm=5.0)
    assert plate.samples.area[detect_rods(plate, RayCaster(mesh, 5.0), 5.0)].sum() < 0.05 * plate.samples.area.sum()


@pytest.mark.parametrize("width", [0.1, 0.2, 0.5, 1.0])
def test_the_gap_between_two_boxes(width):
    pair = concatenate((box(10, 10, 5), box(10, 10, 5, at=(10 + width, 0, 0))))
    field = clearance_field(pair, cap_mm=3.0)
    assert field.smallest(everything(field), 0.05)[0] == near(width)
    assert np.isfinite(field.distance).mean() < 0.5  # outer sides face nothing
    assert clearance_field(pair).at_vertices(16).min() == near(width)


def test_a_wall_beside_a_narrow_gap():
    """The samples across the gap crowd the search: the wall must be found behind them."""
    pair = concatenate((box(20, 20, 2), box(20, 20, 2, at=(0, 0, 2.5))))
    assert thickness_field(pair).at_vertices(16) == pytest.approx(np.full(16, 2.0), abs=0.03)


def test_a_lone_convex_solid_has_no_gap():
    assert not np.isfinite(clearance_field(ball(5.0)).distance).any()


@pytest.mark.parametrize("diameter", [0.5, 1.0, 2.0])
def test_a_hole_is_told_from_a_slot(diameter):
    mesh = tube(6.0, diameter / 2.0, 10.0)
    field = clearance_field(mesh, cap_mm=4.0)
    hole = detect_rods(field, RayCaster(mesh, 4.0), 4.0)
    # On the edges of the 48 facets the facet's normal passes beside the axis: 4 % less there.
    assert field.smallest(hole, 0.5)[0] == pytest.approx(diameter, rel=0.05)
    mesh = concatenate((box(10, 10, 5), box(10, 10, 5, at=(10.5, 0, 0))))
    slot = clearance_field(mesh, cap_mm=4.0)
    assert slot.samples.area[detect_rods(slot, RayCaster(mesh, 4.0), 4.0)].sum() < 0.5


def test_solids_without_thin_walls_are_measured_too():
    cube = box(10, 10, 10)
    field = uncapped_thickness(sample_surface(cube), RayCaster(cube, 5.0))
    assert field.smallest(np.ones(len(field.distance), bool), 0.05)[0] == near(10.0)
    field = uncapped_thickness(sample_surface(ball(20.0, 60)), RayCaster(ball(20.0, 60), 5.0))
    assert field.percentile(50) == near(40.0)


def test_a_dense_mesh_and_a_coarse_one_agree():
    coarse = box(10, 8, 1.0)
    fine = coarse
    for _ in range(5):
        fine = _subdivided(fine)
    values = [thickness_field(mesh).percentile(50) for mesh in (coarse, fine)]
    assert values == pytest.approx([1.0, 1.0], abs=0.005)


def test_noise_of_a_scan_lowers_the_wall_by_little():
    """0.03 mm of noise on the two sides of a 2 mm plate with triangles of 0.5 mm."""
    points, triangles = _sheet(20.0, 15.0, 0.5)
    top = Mesh(points + np.array([0, 0, 2.0]), triangles)
    plate = concatenate((top, turned(Mesh(points, triangles))))
    noisy = Mesh(plate.points + np.random.default_rng(1).normal(0, 0.03, plate.points.shape), plate.triangles)
    field = thickness_field(noisy)
    assert field.percentile(5) > 1.7
    assert field.percentile(50) == pytest.approx(2.0, rel=0.05)


def test_inside_out_walls_are_gaps():
    assert clearance_field(turned(box(10, 10, 1.0))).percentile(10) == near(1.0)


def test_samples_cover_the_area_once():
    for mesh in (box(10, 8, 1), ball(10, 30), tube(5, 2, 10)):
        assert sample_surface(mesh).area.sum() == pytest.approx(mesh.area, rel=1e-6)


def test_a_cancel_is_heard():
    def stop(fraction, phrase=""):
        if phrase.startswith("comparing"):
            raise CancelledError("stopped")

    with pytest.raises(CancelledError):
        thickness_field(shell(10.0, 9.0, 20), stop)


def _sheet(width, depth, step):
    """An open sheet of triangles in the plane z = 0, facing up."""
    columns, rows = int(width / step) + 1, int(depth / step) + 1
    x, y = np.meshgrid(np.arange(columns) * step, np.arange(rows) * step)
    corner = (np.arange(rows - 1)[:, None] * columns + np.arange(columns - 1)).ravel()
    triangles = np.vstack(
        [np.c_[corner, corner + 1, corner + columns], np.c_[corner + 1, corner + columns + 1, corner + columns]]
    )
    return np.c_[x.ravel(), y.ravel(), np.zeros(x.size)], triangles


def _subdivided(mesh):
    """Every triangle in four, points shared."""
    from dicomtoprint.mesh.merge_points import merge_duplicate_points

    corners = mesh.points[mesh.triangles]
    middle = (corners + np.roll(corners, -1, axis=1)) / 2.0
    a, b, c = corners[:, 0], corners[:, 1], corners[:, 2]
    ab, bc, ca = middle[:, 0], middle[:, 1], middle[:, 2]
    soup = np.stack(
        [np.stack(item, axis=1) for item in ((a, ab, ca), (ab, b, bc), (ca, bc, c), (ab, bc, ca))], axis=1
    ).reshape(-1, 3)
    return merge_duplicate_points(type(mesh)(soup, np.arange(len(soup)).reshape(-1, 3)))
