"""What is expected of the faces of walls: their distances, edges sharper than the blur, scans without calibration."""

import numpy as np
import pytest

from dicomtoprint.imaging.surface_deviation import vertex_normals
from dicomtoprint.mesh.core import flying_edges
from dicomtoprint.mesh.vertex_averaging import build_vertex_averaging
from dicomtoprint.reconstruction.bone_density import Density
from dicomtoprint.reconstruction.psf_curvature_correction import edge_curvature
from dicomtoprint.reconstruction.wall_uncertainty import edge_rounding, expected_distances
from dicomtoprint.volume import Volume

NOTHING = np.zeros((2, 2, 2))


def density(calibrated=True, places=100):
    blur = 0.4**2 * np.eye(3)
    return Density(1200.0, 50.0, 40.0, 15.0, blur, places, np.zeros(3), NOTHING, NOTHING, calibrated)


def surface(distance):
    """Of a body of 20 mm in voxels of 0.5 mm, by its distance from the centre's coordinates z, y, x in mm."""
    axis = (np.arange(60) - 29.5) * 0.5
    field = -distance(*np.meshgrid(axis, axis, axis, indexing="ij")).astype(np.float32)
    mesh = flying_edges(field, 0.0)
    return type(mesh)((mesh.points * 0.5 - 14.75).astype(np.float32), mesh.triangles)


def rounding(mesh, thickness=np.nan, spacing=(0.5, 0.5, 0.5)):
    facing = mesh.triangle_normals()
    near, outward = build_vertex_averaging(mesh, facing), vertex_normals(mesh, facing)
    volume = Volume(np.zeros((60, 60, 60), np.int16), np.diag([*spacing, 1.0]))
    walls = np.full(len(mesh.points), thickness)
    error = edge_rounding(mesh, facing, outward, near, volume, density(), walls)
    return edge_curvature(mesh, facing, outward, near), error


def test_curvature_of_a_ball_is_not_counted_twice(ball):
    curvature, error = rounding(ball(radius=6.0, rings=40))
    assert np.median(curvature) == pytest.approx(2**0.5 / 6.0, rel=0.05)
    assert np.median(error) < 0.02


def test_edges_may_be_sharper_than_they_look_and_faces_not():
    mesh = surface(lambda z, y, x: np.maximum(np.maximum(np.abs(x), np.abs(y)), np.abs(z)) - 6.0)
    _, error = rounding(mesh)
    sides = np.sort(np.abs(mesh.points), axis=1)
    assert error[sides[:, 1] < 4.0].max() < 0.01
    assert np.median(error[sides[:, 1] > 5.5]) > 0.1
    assert (
        error.max() < 0.55 * 0.45
    )  # a right angle's contour at half the step lies 0.55 widths of the blur from its faces


def test_a_rim_is_off_by_a_part_of_its_wall_at_most_and_by_slices_far_apart():
    mesh = surface(lambda z, y, x: np.maximum(np.maximum(np.abs(x), np.abs(y)), np.abs(z)) - 6.0)
    thick, thin, far = rounding(mesh)[1], rounding(mesh, 0.2)[1], rounding(mesh, 0.2, (0.5, 0.5, 1.25))[1]
    assert thin.max() == pytest.approx(0.25 * 0.2) and thick.max() > 2.0 * thin.max()
    assert far.max() > 2.0 * thin.max() and thin.min() == far.min() == 0.0


def test_distances_of_a_surface_that_lies_on_its_faces_are_those_of_a_normal_distribution():
    found = np.array(expected_distances(np.zeros(500), np.full(500, 0.1)))
    assert found[94] == pytest.approx(0.196, abs=0.002) and np.median(found) == pytest.approx(0.067, abs=0.006)


def test_what_editing_left_counts_with_the_area_it_stands_for():
    off = np.repeat([0.0, 0.3], [90, 10])
    found = np.array(expected_distances(off, np.zeros(100)))
    assert (found[:88] == 0.0).all() and (found[92:] == 0.3).all()


def test_a_scan_without_calibration_knows_the_density_less_well():
    places = np.zeros((3, 3))
    known, unknown = (density(calibrated).at(places)[1] for calibrated in (True, False))
    assert (unknown > known).all() and (density(places=0).at(places)[1] > unknown).all()
