"""Overhangs, bridges, pose, fit, stretches, detail and voxelising on solids whose answer is known."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from dicomtoprint.mesh.chordal_error import chordal_error
from dicomtoprint.mesh.core import concatenate
from dicomtoprint.mesh.surface_patches import connected_patches
from dicomtoprint.mesh.surface_sampling import sample_surface
from dicomtoprint.mesh.voxelize import voxelize
from dicomtoprint.printability.build_volume_fit import convex_hull_vertices, find_fitting_rotation, oriented_extents
from dicomtoprint.printability.overhangs import analyse_overhangs
from dicomtoprint.printability.stable_pose import center_of_mass, find_stable_pose
from Phantoms.solids import ball, box, moved, rod, shell, table


@pytest.mark.parametrize("tilt, hangs", [(0, False), (30, False), (44, False), (46, True), (60, True), (80, True)])
def test_an_overhang_fan(tilt, hangs):
    """A plate that leans `tilt` degrees from the vertical overhangs on its lower side only."""
    plate = moved(box(20, 1, 30), (0, 0, 0), Rotation.from_euler("x", -tilt, degrees=True).as_matrix())
    found = analyse_overhangs(plate, sample_surface(plate), 45.0)
    resting = 0.3 * 20.0 / np.cos(np.radians(tilt))  # what lies within 0.3 mm of the plate
    lower_side = 600.0 - resting if hangs else 0.0
    assert found.area == pytest.approx(lower_side, abs=25.0)


@pytest.mark.parametrize("span", [5.0, 12.0, 30.0])
def test_a_bridge_is_as_wide_as_its_legs_are_apart(span):
    mesh = table(span, 20.0)
    found = analyse_overhangs(mesh, sample_surface(mesh), 45.0)
    assert found.bridge_mm == pytest.approx(span, rel=0.06)
    assert found.area == pytest.approx(span * 20.0, rel=0.02)
    assert found.support_mm3 == pytest.approx(span * 20.0 * 10.0, rel=0.05)


def test_supports_end_on_the_surface_below():
    """A slab that floats 8 mm above a larger one needs supports 8 mm high, not down to the plate."""
    mesh = concatenate((box(30, 30, 5), box(10, 10, 5, at=(10, 10, 13))))
    found = analyse_overhangs(mesh, sample_surface(mesh), 45.0)
    assert found.support_mm3 == pytest.approx(800.0, rel=0.08)


def test_what_lies_on_the_plate_is_no_overhang():
    cube = box(10, 10, 10)
    assert analyse_overhangs(cube, sample_surface(cube), 45.0).area == 0.0


def test_poses():
    assert find_stable_pose(box(10, 10, 10)).stands
    leaning = moved(box(4, 4, 30), (0, 0, 0), Rotation.from_euler("x", 30, degrees=True).as_matrix())
    found = find_stable_pose(leaning)
    assert not found.stands
    laid = leaning.points @ found.rotation.matrix.T
    assert np.ptp(laid[:, 2]) == pytest.approx(4.0, abs=0.1)  # on its long side
    assert center_of_mass(leaning) == pytest.approx(leaning.points.mean(axis=0), abs=1e-3)


@pytest.mark.parametrize(
    "size, fits, stands",
    [
        ((100, 50, 30), True, True),
        ((30, 50, 100), True, False),
        ((110, 10, 10), True, False),
        ((160, 90, 90), False, False),
    ],
)
def test_a_rotation_that_fits(size, fits, stands):
    mesh = box(*size)
    room = np.array([100.0, 80.0, 60.0])
    found = find_fitting_rotation(mesh.points, room)
    assert (found is not None) == fits
    if found is not None:
        assert (found.angle_deg == 0.0) == stands
        assert np.linalg.det(found.matrix) == pytest.approx(1.0)
        assert np.all(oriented_extents(mesh.points, found.matrix) <= room + 1e-6)


def test_a_long_rod_goes_in_only_along_the_diagonal():
    mesh = rod(1.0, 165.0)
    found = find_fitting_rotation(mesh.points, np.array([100.0, 100.0, 100.0]))
    assert found is not None
    assert np.all(oriented_extents(mesh.points, found.matrix) <= 100.0 + 1e-6)


def test_the_hull_of_many_points_reaches_as_far_as_they_do():
    at = np.random.default_rng(0).normal(size=(40_000, 3))
    for points in (at * (1, 2, 3), 5.0 * at / np.linalg.norm(at, axis=1)[:, None]):
        hull = convex_hull_vertices(points)
        assert len(hull) < 25_000
        directions = at[:100] / np.linalg.norm(at[:100], axis=1)[:, None]
        assert (hull @ directions.T).max(axis=0) == pytest.approx((points @ directions.T).max(axis=0), rel=5e-4)


def test_stretches_are_counted_and_measured():
    mesh = concatenate((box(10, 10, 1), box(5, 5, 1, at=(20, 0, 0))))
    samples = sample_surface(mesh)
    found = connected_patches(mesh, samples, samples.normals[:, 2] > 0.9)
    assert [patch.area for patch in found] == pytest.approx([100.0, 25.0], rel=0.02)
    assert found[0].centre == pytest.approx([5, 5, 1], abs=1.0)


def test_facets_of_a_sphere_depart_by_their_sagitta():
    for rings in (10, 20, 40):
        step = np.pi / rings
        assert chordal_error(ball(10.0, rings)) == pytest.approx(10.0 * (1 - np.cos(step / 2.0)), rel=0.35)
    assert chordal_error(box(1, 1, 1)) == pytest.approx(0.0, abs=1e-9)


@pytest.mark.parametrize("shear", [0.0, 0.4])
@pytest.mark.parametrize("mirror", [1.0, -1.0])
def test_voxels_of_a_shell_on_a_sheared_and_a_mirrored_grid(shear, mirror):
    affine = np.array([[0.7 * mirror, 0, shear, -14 * mirror], [0, 0.6, 0, -12], [0, 0, 0.8, -14], [0, 0, 0, 1.0]])
    affine[0, 3] -= shear * 17.5
    mesh = shell(9.0, 5.0, 60)
    inside = voxelize(mesh, affine, (36, 40, 40))
    k, j, i = np.indices(inside.shape)
    radius = np.linalg.norm(np.stack([i, j, k], axis=-1) @ affine[:3, :3].T + affine[:3, 3], axis=-1)
    truth = (radius < 9.0) & (radius > 5.0)
    clear = (np.abs(radius - 9.0) > 0.05) & (np.abs(radius - 5.0) > 0.05)
    assert truth.sum() > 3000
    assert np.array_equal(inside[clear], truth[clear])
