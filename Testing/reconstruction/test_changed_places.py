"""A surface whose labels changed in a few places stays where it was everywhere else, and is as good as one made anew."""

from dataclasses import replace

import numpy as np
import pytest

from dicomtoprint.mesh.core import Mesh
from dicomtoprint.mesh.topology import analyse_topology
from dicomtoprint.mesh.triangle_distance import nearest_triangles
from dicomtoprint.reconstruction import reconstruct_surfaces
from dicomtoprint.segmentation import Segment, Segmentation
from dicomtoprint.simplify.changed_places import unchanged_points
from dicomtoprint.volume import Volume

pytest.importorskip("fast_simplification", reason="without it a surface is always made whole")

LIMITS = {"max_deviation_mm": 0.01}


def body():
    """An egg of bone, 56 voxels wide, its edge blurred over about two voxels."""
    k, j, i = (np.arange(64) - 31.6 for _axis in range(3))
    radius = np.sqrt((k[:, None, None] / 1.1) ** 2 + j[None, :, None] ** 2 + (i[None, None, :] / 0.8) ** 2)
    grey = (1000.0 / (1.0 + np.exp((radius - 24.0) / 0.6))).astype(np.float32)
    affine = np.diag([0.5, 0.5, 0.6, 1.0])
    segment = Segment("bone", 1, "Bone", (0.9, 0.8, 0.7), 500.0, {}, 1.0)
    return Segmentation(Volume(grey, affine), affine, (grey > 500.0).astype(np.uint8), None, (segment,))


def bitten(found):
    """The same with a bite taken out by hand."""
    labels = np.array(found.labels)
    labels[20:32, 25:37, :18] = 0
    return replace(found, labels=labels)


@pytest.fixture(scope="module")
def surfaces():
    found = body()
    first = reconstruct_surfaces(found, befores={}, **LIMITS)
    edited = bitten(found)
    return first, reconstruct_surfaces(edited, befores=first.befores, **LIMITS), reconstruct_surfaces(edited, **LIMITS)


def far_from(one, other):
    """Distances in mm of the points of one model from the triangles of another."""
    mesh, onto = one.meshes[0], other.meshes[0]
    return nearest_triangles(mesh.points.astype(np.float64), Mesh(onto.points, onto.triangles))[1]


def test_what_is_kept_changes_no_byte_of_the_surface(surfaces):
    plain = reconstruct_surfaces(body(), **LIMITS)
    assert np.array_equal(plain.meshes[0].points, surfaces[0].meshes[0].points)
    assert np.array_equal(plain.meshes[0].triangles, surfaces[0].meshes[0].triangles)
    assert not plain.befores and surfaces[0].befores


def test_where_nothing_changed_every_point_stays_to_the_last_bit(surfaces):
    first, local, _whole = surfaces
    before = {point.tobytes() for point in first.meshes[0].points}
    points = local.meshes[0].points
    stayed = np.array([point.tobytes() in before for point in points])
    low = np.array([0.0, 12.5, 12.0]) - 6.0
    high = np.array([9.0, 18.5, 19.2]) + 6.0
    away = ~((points > low) & (points < high)).all(axis=1)
    assert stayed[away].all() and away.mean() > 0.5
    assert not stayed.all() and len(points) != len(before)


def test_a_surface_that_goes_on_is_as_good_as_one_made_anew(surfaces):
    _first, local, whole = surfaces
    for model in (local, whole):
        assert model.figures[0]["valid"] and analyse_topology(model.meshes[0]).closed
    apart = abs(local.figures[0]["volume_mm3"] - whole.figures[0]["volume_mm3"])
    assert apart / whole.figures[0]["area_mm2"] < 0.001, "mm on average"
    assert local.figures[0]["p95_deviation_mm"] == pytest.approx(whole.figures[0]["p95_deviation_mm"], abs=0.01)
    assert len(local.meshes[0].triangles) < 1.2 * len(whole.meshes[0].triangles)
    for distances in (far_from(local, whole), far_from(whole, local)):
        assert np.percentile(distances, 95.0) < 0.01
        assert np.percentile(distances, 99.0) < 0.03


def test_with_other_limits_the_whole_is_made_anew(surfaces):
    edited = bitten(body())
    anew = reconstruct_surfaces(edited, max_deviation_mm=0.1)
    asked = reconstruct_surfaces(edited, max_deviation_mm=0.1, befores=surfaces[0].befores)
    assert np.array_equal(asked.meshes[0].points, anew.meshes[0].points)


def test_an_undone_edit_gives_the_surface_before_back(surfaces):
    first, local, _whole = surfaces
    again = reconstruct_surfaces(body(), befores=local.befores, **LIMITS)
    assert again.figures[0]["valid"]
    assert np.percentile(far_from(again, first), 95.0) < 0.01


def test_a_point_is_unchanged_only_with_all_its_triangles():
    points = np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1]], np.float32)
    triangles = np.array([[0, 2, 1], [0, 1, 3], [1, 2, 3], [2, 0, 3]], np.int32)
    from dicomtoprint.simplify.before import SimplifiedBefore

    before = SimplifiedBefore(points, points, triangles, points, np.arange(4), (0.0, 0.0), ())
    assert unchanged_points(Mesh(points, triangles), points, before).tolist() == [0, 1, 2, 3]
    turned = np.array([[0, 2, 1], [0, 1, 3], [1, 2, 3], [0, 3, 2]], np.int32)
    assert unchanged_points(Mesh(points, turned), points, before).tolist() == [0, 1, 2, 3]
    without = triangles[:3]
    assert unchanged_points(Mesh(points, without), points, before).tolist() == [-1, 1, -1, -1]
    twice = np.concatenate([points, points[:1]])
    assert unchanged_points(Mesh(twice, triangles), twice, before)[0] == -1
