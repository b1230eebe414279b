"""Labels that touch: one wall for both, closed surfaces, volumes kept, the scan's edge followed where it is seen."""

from collections import Counter

import numpy as np
import pytest

from dicomtoprint.mesh import analyse_topology, self_intersections
from dicomtoprint.mesh.core import Provenance
from dicomtoprint.reconstruction import reconstruct_surfaces
from dicomtoprint.reconstruction.label_complex import make_well_composed
from dicomtoprint.reconstruction.shared_walls import groups_that_touch
from dicomtoprint.segmentation import Segment, Segmentation, load_anatomy, refine_labelmap
from dicomtoprint.volume import Volume
from Phantoms.shapes import add_ball, middle, scan, with_noise

AFFINES = {
    "thin slices": np.diag([0.7, 0.7, 1.2, 1.0]),
    "flipped": np.diag([-0.8, 0.8, 1.0, 1.0]),
    "sheared": np.array([[0.8, 0, 0.2, 5], [0, 0.8, 0, 5], [0, 0, 1.0, -7], [0, 0, 0, 1]]),
}


def segmentation(labels, affine=None, volume=None):
    affine = AFFINES["thin slices"] if affine is None else affine
    voxel = abs(np.linalg.det(affine[:3, :3]))
    segments = tuple(
        Segment(f"s{n}", int(n), f"S{n}", (0.9, 0.8, 0.6), None, {}, float((labels == n).sum() * voxel))
        for n in np.unique(labels[labels > 0])
    )
    return Segmentation(volume, affine, labels.astype(np.uint16), None, segments, shares_walls=True)


def two_balls(size=44):
    k, j, i = np.indices((size, size, size)) - size / 2
    left, right = np.hypot(np.hypot(k, j), i + 0.16 * size), np.hypot(np.hypot(k, j), i - 0.16 * size)
    labels = np.where(left < 0.25 * size, 1, 0)
    return np.where((labels == 0) & (right < 0.25 * size), 2, labels)


def three_in_a_corner(size=30):
    """Three parts of a ball that meet in a line, cut by the face of the volume."""
    k, j, i = np.indices((size, size, size)) - size / 2
    inside = np.hypot(np.hypot(k + 4, j), i) < 0.45 * size
    return np.where(inside, 1 + (i > 0) + ((i > 0) & (j > 0)), 0)


def faces(mesh):
    """Triangles as sorted corners in mm, each with the number of times it occurs."""
    return Counter(tuple(sorted(map(tuple, corners))) for corners in mesh.points[mesh.triangles].tolist())


def assert_sound(mesh):
    found = analyse_topology(mesh)
    assert not (found.boundary_edges or found.nonmanifold_edges or found.nonmanifold_vertices or found.inverted)
    assert not len(self_intersections(mesh))


@pytest.mark.parametrize("name", AFFINES)
@pytest.mark.parametrize("make", [two_balls, three_in_a_corner])
def test_neighbours_have_the_same_wall(name, make):
    given = segmentation(make(), AFFINES[name])
    model = reconstruct_surfaces(given)
    counted = [faces(mesh) for mesh in model.meshes]
    shared = sum((counted[0] & counted[1]).values())
    assert shared > 200
    assert (
        shared == np.count_nonzero(model.meshes[0].triangle_arrays["Provenance"] == Provenance.CUT)
        or make is three_in_a_corner
    )
    for mesh, segment in zip(model.meshes, given.segments):
        assert_sound(mesh)
        assert mesh.volume == pytest.approx(segment.volume_mm3, rel=0.01)


def test_neighbours_neither_overlap_nor_leave_a_gap():
    manifold3d = pytest.importorskip("manifold3d")
    model = reconstruct_surfaces(segmentation(two_balls()))
    one, other = (
        manifold3d.Manifold(manifold3d.Mesh(np.float32(mesh.points), np.uint32(mesh.triangles)))
        for mesh in model.meshes
    )
    assert abs((one ^ other).volume()) < 1e-6
    assert len((one + other).decompose()) == 1
    assert (one + other).volume() == pytest.approx(sum(mesh.volume for mesh in model.meshes), rel=1e-6)


def test_fewer_triangles_keep_the_wall_the_same():
    given = segmentation(two_balls())
    model = reconstruct_surfaces(given, max_triangles=2500)
    assert sum(len(mesh.triangles) for mesh in model.meshes) < 4000
    first, second = (faces(mesh) for mesh in model.meshes)
    wall = [np.count_nonzero(mesh.triangle_arrays["Provenance"] == Provenance.CUT) for mesh in model.meshes]
    assert sum((first & second).values()) == wall[0] == wall[1] > 20
    for mesh, segment in zip(model.meshes, given.segments):
        assert_sound(mesh)
        assert mesh.volume == pytest.approx(segment.volume_mm3, rel=0.01)


def test_only_labels_that_touch_are_taken_together():
    labels = np.zeros((12, 12, 12), np.uint16)
    labels[2:5, 2:5, 2:5], labels[5:8, 2:5, 2:5], labels[2:5, 8:11, 8:11] = 3, 1, 2
    given = segmentation(labels)
    groups = groups_that_touch(given, list(given.segments))
    assert [[segment.label for segment in group] for group in groups] == [[1, 3], [2]]


def test_names_that_occur_twice_and_the_order_of_segments_stay():
    labels = np.zeros((14, 14, 14), np.uint16)
    labels[2:6, 2:6, 2:6], labels[6:10, 2:6, 2:6], labels[2:6, 8:12, 8:12] = 3, 1, 2
    given = segmentation(labels)
    model = reconstruct_surfaces(given)
    assert [mesh.name for mesh in model.meshes] == ["S1", "S2", "S3"]


@pytest.mark.parametrize("seed", range(3))
def test_no_structure_hangs_together_by_an_edge_or_a_corner(seed):
    rng = np.random.default_rng(seed)
    labels = (rng.random((9, 9, 9)) > 0.75).astype(np.uint16)
    filled = make_well_composed(labels)
    assert np.array_equal(filled[1:-1, 1:-1, 1:-1][labels > 0], labels[labels > 0]), "nothing is taken away"
    model = reconstruct_surfaces(
        segmentation(np.where(filled[1:-1, 1:-1, 1:-1] > 0, 1 + (np.indices(labels.shape)[2] > 4), 0)), smoothing=None
    )
    for mesh in model.meshes:
        assert not analyse_topology(mesh).boundary_edges


def test_towards_the_outside_the_surface_lies_on_the_scans_edge():
    volume = scan((44, 60, 60))
    add_ball(volume, middle(volume), 14.0, 900.0)
    volume = with_noise(volume, 10.0)
    k, j, i = np.indices(volume.array.shape)
    points = Volume(volume.array, volume.affine).to_lps(np.stack([i.ravel(), j.ravel(), k.ravel()], 1))
    away = np.linalg.norm(points - middle(volume), axis=1).reshape(k.shape)
    labels = np.where(away < 14.6, 1 + (i >= 30), 0)
    given = refine_labelmap(segmentation(labels, volume.affine), volume, load_anatomy("from-segmentation"))
    model = reconstruct_surfaces(given)
    for mesh in model.meshes:
        outer = np.unique(mesh.triangles[mesh.triangle_arrays["Provenance"] == Provenance.MEASURED])
        inner = np.unique(mesh.triangles[mesh.triangle_arrays["Provenance"] == Provenance.CUT])
        radius = np.linalg.norm(mesh.points[np.setdiff1d(outer, inner)] - middle(volume), axis=1)
        assert np.abs(radius - 14.0).mean() < 0.08
        assert np.quantile(np.abs(radius - 14.0), 0.95) < 0.25
