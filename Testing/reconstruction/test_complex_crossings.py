"""Triangles of labelled structures that cross: all found where faces are looked at, and gone afterwards; volumes kept on the way."""

from dataclasses import replace

import numpy as np
import pytest

from dicomtoprint.mesh import self_intersections
from dicomtoprint.mesh.core import Mesh
from dicomtoprint.mesh.self_intersection import intersecting_pairs
from dicomtoprint.reconstruction import reconstruct_surfaces
from dicomtoprint.reconstruction.complex_crossings import (
    _doubtful_faces,
    _points_of_several_labels,
    divide_faces,
    without_crossings,
)
from dicomtoprint.reconstruction.complex_volumes import complex_volumes, keep_volumes
from dicomtoprint.reconstruction.label_complex import MAX_REACH, faces_between_labels, make_well_composed
from dicomtoprint.segmentation import Segment, Segmentation

AFFINE = np.diag([0.8, 0.7, 1.5, 1.0])
MIRRORED = np.diag([-0.8, 0.7, 1.5, 1.0])


def cells(count=9, shape=(26, 30, 30), seed=3):
    """(k, j, i) uint16: parts of a ball, each nearest to its own centre."""
    rng = np.random.default_rng(seed)
    places = np.stack(np.meshgrid(*(np.linspace(-1, 1, n) for n in shape), indexing="ij"), axis=-1)
    centres = rng.uniform(-0.6, 0.6, size=(count, 3))
    nearest = 1 + np.argmin(((places[..., None, :] - centres) ** 2).sum(axis=-1), axis=-1)
    return np.where((places**2).sum(axis=-1) < 0.7, nearest, 0).astype(np.uint16)


def shaken(seed, reach):
    """Faces of cells with every point moved at random by up to `reach` voxels."""
    surface = faces_between_labels(make_well_composed(cells(seed=seed)))
    moved = np.random.default_rng(seed).uniform(-reach, reach, surface.points.shape)
    return replace(surface, points=surface.corners + moved)


@pytest.mark.parametrize("affine", [AFFINE, MIRRORED], ids=["plain", "mirrored"])
@pytest.mark.parametrize("reach", [0.42, MAX_REACH, 0.8])
def test_no_crossing_is_passed_over(reach, affine):
    surface = shaken(1, reach)
    triangles = divide_faces(surface, affine)
    points = (surface.points @ affine[:3, :3].T).astype(np.float32)
    crossing = np.unique(intersecting_pairs(Mesh(points, triangles))) % len(surface.faces)
    assert len(crossing) > 20
    everything = np.arange(len(surface.faces))
    found = _doubtful_faces(surface, points, everything, _points_of_several_labels(surface))
    assert len(np.setdiff1d(crossing, found)) == 0 or reach > MAX_REACH
    if reach > MAX_REACH:
        # Beyond its cell a point may reach faces that share no corner with its own: one of the two is looked at.
        pairs = intersecting_pairs(Mesh(points, triangles)) % len(surface.faces)
        assert np.isin(pairs, found).any(axis=1).all()


def test_smooth_faces_are_not_all_looked_at():
    surface = shaken(2, 0.05)
    points = (surface.points @ AFFINE[:3, :3].T).astype(np.float32)
    found = _doubtful_faces(surface, points, np.arange(len(surface.faces)), _points_of_several_labels(surface))
    assert len(found) < 0.4 * len(surface.faces)


@pytest.mark.parametrize("reach", [0.42, MAX_REACH, 0.8])
def test_crossings_go_and_other_points_stay(reach):
    surface = shaken(4, reach)
    triangles = divide_faces(surface, AFFINE)
    calm = without_crossings(surface, triangles, AFFINE)
    points = (calm.points @ AFFINE[:3, :3].T + AFFINE[:3, 3]).astype(np.float32)
    assert not len(self_intersections(Mesh(points, triangles)))
    if reach == 0.42:
        assert np.mean((calm.points == surface.points).all(axis=1)) > 0.5


def segmentation(labels):
    segments = tuple(
        Segment(f"s{n}", int(n), f"S{n}", (0.9, 0.8, 0.6), None, {}, float((labels == n).sum() * 0.84))
        for n in np.unique(labels[labels > 0])
    )
    return Segmentation(None, AFFINE, labels, None, segments, shares_walls=True)


@pytest.mark.parametrize("max_triangles", [500_000, 6_000, 3_000])
def test_each_structure_keeps_its_volume_and_none_overlap(max_triangles):
    given = segmentation(cells(14))
    model = reconstruct_surfaces(given, max_triangles=max_triangles)
    if max_triangles < 10_000:
        assert sum(len(mesh.triangles) for mesh in model.meshes) < 2 * 8_000
    for mesh, segment, figures in zip(model.meshes, given.segments, model.figures):
        assert figures["valid"]
        assert mesh.volume == pytest.approx(segment.volume_mm3, rel=0.01)
    # All walls at once: structures that cross without a common wall are seen too.
    corners = np.concatenate([mesh.points[mesh.triangles].reshape(-1, 3) for mesh in model.meshes])
    once = np.unique(np.sort(np.unique(corners, axis=0, return_inverse=True)[1].reshape(-1, 3), axis=1), axis=0)
    assert not len(self_intersections(Mesh(np.unique(corners, axis=0), once)))


def test_walls_of_structures_without_a_wanted_volume_stay():
    surface = faces_between_labels(make_well_composed(cells(4)))
    triangles = divide_faces(surface, AFFINE)
    sides = np.concatenate([surface.sides] * 2)
    points = surface.points @ AFFINE[:3, :3].T
    before = complex_volumes(points, triangles, sides)
    movable = np.ones(len(points), dtype=bool)
    moved = keep_volumes(points, triangles, sides, {1: 1.02 * before[1], 2: before[2]}, movable, lambda p: p)
    after = complex_volumes(moved, triangles, sides)
    assert after[1] == pytest.approx(1.02 * before[1], rel=1e-3) and after[2] == pytest.approx(before[2], rel=1e-3)
    assert after[3] == pytest.approx(before[3], rel=1e-9) and after[4] == pytest.approx(before[4], rel=1e-9)
    of_others = np.unique(triangles[~np.isin(sides, (0, 1, 2)).all(axis=1)])
    assert np.array_equal(moved[of_others], points[of_others])
