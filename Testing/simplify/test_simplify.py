"""Budget, ceiling and the undoing of harm."""

import numpy as np
import pytest

from dicomtoprint.mesh import analyse_topology, self_intersections
from dicomtoprint.mesh.core import Mesh
from dicomtoprint.mesh.isosurface import extract_isosurface
from dicomtoprint.mesh.scalar_field import ScalarField
from dicomtoprint.mesh.triangle_distance import nearest_triangles, point_triangle_distance
from dicomtoprint.repair.local_repair import remove_duplicate_triangles, repair_locally
from dicomtoprint.simplify import simplify
from dicomtoprint.simplify.edge_collapse import CoarseMesh, CollapseLevel
from dicomtoprint.simplify.rollback import remove_folded_pairs, roll_back_defects
from dicomtoprint.simplify.simplify import simplify_with_report


def solid(function, cells: int = 48) -> Mesh:
    axis = np.linspace(-12, 12, cells)
    z, y, x = np.meshgrid(axis, axis, axis, indexing="ij")
    values = function(x, y, z).astype(np.float32) + np.float32(1e-5)
    step = axis[1] - axis[0]
    affine = np.diag([step, step, step, 1.0])
    affine[:3, 3] = -12.0
    return extract_isosurface(ScalarField(values, 0.0, (0, 0, 0), values.shape, affine, True))[0]


@pytest.fixture(scope="module")
def ball() -> Mesh:
    return solid(lambda x, y, z: 10.0 - np.sqrt(x * x + y * y + z * z))


@pytest.fixture(scope="module")
def sheets() -> Mesh:
    """Thin curved sheets with many tunnels: what quadric collapse breaks."""
    return solid(
        lambda x, y, z: np.minimum(
            0.32 - np.abs(np.sin(x) * np.cos(y) + np.sin(y) * np.cos(z) + np.sin(z) * np.cos(x)),
            11.0 - np.maximum(np.maximum(np.abs(x), np.abs(y)), np.abs(z)),
        ),
        44,
    )


def valid(mesh: Mesh) -> bool:
    return analyse_topology(mesh).closed and len(self_intersections(mesh)) == 0


@pytest.mark.parametrize("budget", [0.02, 0.1, 0.4])
def test_budget_is_kept_and_used(ball, budget):
    made = simplify(ball, budget, 1_000_000)
    assert valid(made)
    distance = nearest_triangles(ball.points[::5], made)[1]
    assert np.percentile(distance, 99) <= budget * 1.05
    assert len(made.triangles) < len(ball.triangles) / 2


def test_undone_collapses_keep_to_the_budget(ball):
    """A run of collapses that went too far is taken back to where the budget is met, not to where it began."""
    made = simplify(ball, 0.05, 1_000_000)
    assert len(made.triangles) < 0.2 * len(ball.triangles)
    assert np.percentile(nearest_triangles(ball.points[::5], made)[1], 99) > 0.5 * 0.05


def test_flat_faces_need_few_triangles():
    box = solid(lambda x, y, z: np.minimum.reduce([10.1 - abs(x), 9.2 - abs(y), 8.3 - abs(z)]))
    made = simplify(box, 0.05, 1_000_000)
    assert valid(made)
    assert len(made.triangles) < 0.12 * len(box.triangles)
    assert made.volume == pytest.approx(box.volume, rel=1e-3)


def test_larger_budget_means_fewer_triangles(ball):
    counts = [len(simplify(ball, budget, 1_000_000).triangles) for budget in (0.02, 0.1, 0.4)]
    assert counts[0] > 2 * counts[1] > 2 * counts[2]


def test_ceiling_goes_before_the_budget(ball):
    made = simplify(ball, 0.001, 2000)
    assert len(made.triangles) <= 2000
    assert valid(made)


def test_harm_is_undone(sheets):
    import fast_simplification

    assert valid(sheets)
    goal = len(sheets.triangles) // 3
    points, faces = fast_simplification.simplify(sheets.points, sheets.triangles, target_count=goal, agg=7)
    assert not valid(Mesh(points.astype(np.float32), faces)), "the case no longer breaks a plain collapse"
    made = simplify(sheets, 0.02, goal)
    assert valid(made)
    assert len(made.triangles) < 0.6 * len(sheets.triangles)


def test_smoothing_that_breaks_is_taken_back(ball):
    """Points thrown far off: setting them back to the contour mends the mesh."""
    thrown = ball.points.copy()
    chosen = np.random.default_rng(0).integers(len(thrown), size=12)
    thrown[chosen] += 5.0
    here = np.arange(len(thrown))
    assert not valid(Mesh(thrown, ball.triangles))
    made, restored, bad = roll_back_defects(
        ball.triangles, [CollapseLevel(ball.points, here), CollapseLevel(thrown, here)]
    )
    assert len(bad) == 0
    assert 12 <= restored < len(thrown) / 5
    assert valid(Mesh(made.points, made.triangles))


def test_what_breaks_gives_way_by_a_part_of_its_movement_first(ball):
    """Points thrown far off go back to the hundredth of the way that harms nobody, not to where they came from."""
    thrown = ball.points.copy()
    chosen = np.random.default_rng(0).integers(len(thrown), size=12)
    thrown[chosen] += 5.0
    moved = Mesh(thrown, ball.triangles)
    assert not valid(moved)
    made = simplify_with_report(moved, ball.points, 0.0, len(ball.triangles), between=(0.01,))
    assert len(made.bad) == 0 and valid(made.mesh)

    def away(places: np.ndarray) -> np.ndarray:
        return np.array([np.abs(made.mesh.points - place).sum(axis=1).min() for place in places])

    back = away(thrown[chosen]) > 1e-3
    assert back.sum() >= 4 and (away(ball.points[chosen] + np.float32(0.05))[back] < 1e-4).all()


def test_leaves_of_a_collapsed_neck_vanish():
    """Three edges around a neck that became one triangle, seen from both sides: it encloses nothing."""
    triangles = np.array([[0, 1, 2], [4, 5, 6], [2, 1, 0], [3, 2, 1], [5, 6, 4]])
    made = remove_folded_pairs(CoarseMesh(np.zeros((7, 3), np.float32), triangles, np.arange(5)))
    np.testing.assert_array_equal(made.triangles, triangles[[1, 3, 4]])  # twins that face one way stay
    np.testing.assert_array_equal(made.source_triangle, [1, 3, 4])


def test_a_fit_that_breaks_goes_home_before_collapses_are_undone(ball):
    def thrown(points, triangles):
        points = points.copy()
        points[::300] += 5.0
        return points

    here = np.arange(len(ball.points))
    made, restored, bad = roll_back_defects(
        ball.triangles, [CollapseLevel(ball.points, here), CollapseLevel(ball.points, here)], fit=thrown
    )
    assert len(bad) == 0
    assert len(here) / 300 <= restored < len(here) / 5
    assert valid(Mesh(made.points, made.triangles))


def test_triangle_arrays_come_along(ball):
    half = (ball.points[ball.triangles].mean(axis=1)[:, 0] > 0).astype(np.uint8)
    made = simplify(ball.with_arrays(triangle_arrays={"Provenance": half}), 0.1, 4000)
    x = made.points[made.triangles].mean(axis=1)[:, 0]
    assert (made.triangle_arrays["Provenance"][np.abs(x) > 1.5] == (x > 0)[np.abs(x) > 1.5]).all()


def test_surgery_closes_what_it_cuts(ball):
    points = ball.points.copy()
    points[100] += 4.0
    broken = Mesh(points, np.delete(ball.triangles, np.arange(500, 540), axis=0))
    healed = repair_locally(broken)
    assert len(healed.bad) == 0
    assert valid(healed.mesh)
    assert healed.mesh.volume == pytest.approx(ball.volume, rel=0.01)


def test_two_leaves_that_face_each_other_vanish_and_twins_become_one():
    points = np.eye(3, dtype=np.float32)
    assert len(remove_duplicate_triangles(points, np.array([[0, 1, 2], [0, 2, 1]]))) == 0
    assert len(remove_duplicate_triangles(points, np.array([[0, 1, 2], [1, 2, 0], [2, 0, 1]]))) == 1
    np.testing.assert_array_equal(
        remove_duplicate_triangles(points, np.array([[0, 1, 2], [1, 2, 0], [0, 2, 1]])), [[0, 1, 2]]
    )


def test_distance_to_a_triangle_in_every_region():
    corner = np.array([[0, 0, 0], [2, 0, 0], [0, 2, 0]], float)
    points = np.array([[0.5, 0.5, 3], [1, -2, 0], [-3, -4, 0], [2, 2, 0], [4, 0, 0], [0.2, 0.2, 0]], float)
    expected = [3.0, 2.0, 5.0, np.sqrt(2.0), 2.0, 0.0]
    rows = [np.repeat(corner[k : k + 1], len(points), axis=0) for k in range(3)]
    np.testing.assert_allclose(point_triangle_distance(points, np.stack(rows, axis=1)), expected, atol=1e-12)


def test_distance_to_triangles_without_area_is_that_to_their_sides():
    corners = np.array([[[100.1, 100.3, 0.7], [110.2, 103.5, 2.1], [0.0, 0.0, 0.0]]])
    corners[0, 2] = corners[0, 0] + 0.4 * (corners[0, 1] - corners[0, 0])
    points = corners[:, 1] + (corners[:, 1] - corners[:, 0])
    expected = np.linalg.norm(corners[:, 1] - corners[:, 0], axis=1)
    np.testing.assert_allclose(point_triangle_distance(points, corners), expected, rtol=1e-12)
