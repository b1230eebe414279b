"""Solid in, solid out: valid, of the expected volume, moved only where it was meant to, or refused with a reason."""

import numpy as np
import pytest

from dicomtoprint.errors import RefusedError, UsageError
from dicomtoprint.mesh import analyse_topology, self_intersections
from dicomtoprint.mesh.core import Mesh, Provenance
from dicomtoprint.mesh.thickness import thickness_field
from Phantoms.solids import box, mesh_of

manifold3d = pytest.importorskip("manifold3d", reason="preparation needs manifold3d")


def assert_valid(mesh: Mesh) -> None:
    found = analyse_topology(mesh)
    assert (found.boundary_edges, found.nonmanifold_edges, found.nonmanifold_vertices, found.inverted) == (0, 0, 0, 0)
    assert len(self_intersections(mesh)) == 0
    assert mesh.volume > 0
    assert len(mesh.triangle_arrays["Provenance"]) == len(mesh.triangles)


def area_of(mesh: Mesh, origin: Provenance) -> float:
    chosen = mesh.triangle_arrays["Provenance"] == origin
    return float(np.linalg.norm(mesh.triangle_normals()[chosen], axis=1).sum() / 2.0)


@pytest.fixture(scope="module")
def ball() -> Mesh:
    return mesh_of(manifold3d.Manifold.sphere(30.0, 128))


def test_cut_halves_make_the_whole_and_mark_the_face(ball):
    from dicomtoprint.preparation import axis_plane, cut

    upper, lower = cut(ball, axis_plane("S", 6.0))
    for side in (upper, lower):
        assert_valid(side)
        assert area_of(side, Provenance.CUT) == pytest.approx(np.pi * (30.0**2 - 6.0**2), rel=0.002)
        assert area_of(side, Provenance.MEASURED) > 1000.0
    assert upper.bounds[4] == pytest.approx(6.0, abs=1e-4)
    assert upper.volume + lower.volume == pytest.approx(ball.volume, rel=1e-5)
    assert upper.volume == pytest.approx(np.pi * 24.0**2 * (3 * 30.0 - 24.0) / 3.0, rel=0.003)


def test_cut_positions_are_ras_as_slicer_shows_them(ball):
    from dicomtoprint.preparation import axis_plane, cut

    toward_right, _rest = cut(ball, axis_plane("R", 20.0))
    assert toward_right.bounds[1] == pytest.approx(-20.0, abs=1e-4)
    with pytest.raises(RefusedError):
        cut(ball, axis_plane("A", 31.0))
    with pytest.raises(UsageError):
        axis_plane("X", 0.0)


def test_no_hole_opens_where_a_base_will_close_it(ball):
    from dicomtoprint.preparation import hollow

    low = ball.bounds[4]
    assert hollow(ball, 3.0, 4.0).holes[0][2] < low + 1.0
    done = hollow(ball, 3.0, 4.0, holes=2, floor=low + 6.0)
    assert len(done.holes) == 2 and min(z for _x, _y, z in done.holes) >= low + 8.0
    assert_valid(done.mesh)


def test_hollow_keeps_the_outside_and_leaves_the_wall(ball):
    from dicomtoprint.preparation import hollow

    done = hollow(ball, 3.0, 4.0)
    assert_valid(done.mesh)
    assert len(done.holes) == done.cavities == 1
    assert done.removed_mm3 == pytest.approx(4.0 / 3.0 * np.pi * 27.0**3, rel=0.01)
    radius = np.linalg.norm(done.mesh.points, axis=1)
    inner = radius[(radius < 28.5) & (np.hypot(*done.mesh.points[:, :2].T) > 4.0)]
    np.testing.assert_allclose(30.0 - inner, 3.0, atol=0.05)
    assert analyse_topology(done.mesh).components == 1, "the escape hole opens the cavity"
    kept = done.mesh.triangle_arrays["Provenance"] == Provenance.MEASURED
    np.testing.assert_allclose(
        np.linalg.norm(done.mesh.points[done.mesh.triangles[kept]], axis=2).max(), 30.0, atol=0.01
    )


def test_hollow_refuses_what_is_too_thin():
    from dicomtoprint.preparation import hollow

    with pytest.raises(RefusedError, match="thinner wall"):
        hollow(mesh_of(manifold3d.Manifold.cube((30.0, 30.0, 3.0), True)), 2.0, 3.0)


def plate(thickness: float) -> Mesh:
    return mesh_of(
        manifold3d.Manifold.cube((12.0, 12.0, thickness), True).rotate((20.0, 10.0, 5.0)).refine_to_length(0.8)
    )


@pytest.mark.parametrize("thickness", [0.4, 1.2])
def test_thicken_brings_a_plate_to_the_minimum(thickness):
    from dicomtoprint.preparation import thicken

    done = thicken(plate(thickness), 2.0)
    assert_valid(done.mesh)
    walls = thickness_field(done.mesh, cap_mm=4.0)
    assert 2.0 < walls.percentile(50) < 2.16
    assert walls.percentile(1) > 1.9
    assert done.thin_area_mm2 == pytest.approx(2 * 12.0 * 12.0, rel=0.02)
    assert area_of(done.mesh, Provenance.ADDED) > 250.0


def test_thicken_moves_nothing_else():
    from dicomtoprint.preparation import thicken

    thick = plate(2.5)
    assert thicken(thick, 2.0).mesh is thick
    block = manifold3d.Manifold.cube((20.0, 20.0, 20.0), True)
    fin = manifold3d.Manifold.cube((8.0, 0.8, 8.0), True).translate((0.0, 0.0, 13.0))
    done = thicken(mesh_of((block + fin).refine_to_length(1.6)), 2.0)
    assert_valid(done.mesh)
    kept = done.mesh.points[
        done.mesh.triangles[done.mesh.triangle_arrays["Provenance"] == Provenance.MEASURED]
    ].reshape(-1, 3)
    block_points = kept[kept[:, 2] < 8.0]
    np.testing.assert_allclose(np.abs(block_points).max(axis=1), 10.0, atol=0.01)
    assert done.mesh.bounds[4] == pytest.approx(-10.0, abs=1e-4)


def stack(count: int) -> Mesh:
    """Plates of 0.8 mm with gaps of 0.4 mm between them."""
    plates = [manifold3d.Manifold.cube((5.0, 5.0, 0.8), True).translate((0.0, 0.0, 1.2 * n)) for n in range(count)]
    return mesh_of(manifold3d.Manifold.batch_boolean(plates, manifold3d.OpType.Add).refine_to_length(1.0))


def test_thicken_grows_away_from_a_gap():
    from dicomtoprint.preparation import thicken

    done = thicken(stack(2), 1.5, clearance=0.3)
    assert_valid(done.mesh)
    assert analyse_topology(done.mesh).components == 2
    assert done.spared_mm2 < 0.02 * done.thin_area_mm2
    heights = done.mesh.points[(np.abs(done.mesh.points[:, :2]) < 1.8).all(axis=1), 2]
    lower, upper = heights[heights < 0.6], heights[heights > 0.6]
    assert upper.min() - lower.max() > 0.28, "the gap keeps the clearance"
    assert np.ptp(lower) > 1.48 and np.ptp(upper) > 1.48
    assert len(done.mesh.triangles) < 5000, "as many as the shape needs, not as the fine voxels give"


def test_thicken_tells_how_far_it_grew_beside_a_gap():
    from dicomtoprint.mesh.triangle_distance import nearest_triangles
    from dicomtoprint.preparation import thicken

    sheets = [manifold3d.Manifold.cube((4.0, 4.0, 0.4), True).translate((0.0, 0.0, 0.9 * n)) for n in range(2)]
    given = mesh_of(manifold3d.Manifold.batch_boolean(sheets, manifold3d.OpType.Add).refine_to_length(1.0))
    done = thicken(given, 1.5, clearance=0.5)  # a gap of just the clearance stays open
    farthest = nearest_triangles(done.mesh.points, given)[1].max()
    assert 1.0 < farthest < 1.5, "away from the gap a wall grows to one side"
    assert done.outward_mm == pytest.approx(farthest, abs=0.05)


def test_thicken_spares_a_wall_between_two_gaps_and_stays_clear_of_others():
    from dicomtoprint.preparation import thicken

    done = thicken(stack(3), 1.5, clearance=0.3)
    assert analyse_topology(done.mesh).components == 3
    assert done.spared_mm2 == pytest.approx(2 * 25.0, rel=0.3), "both faces of the plate in the middle"
    beside = mesh_of(manifold3d.Manifold.cube((5.0, 5.0, 4.0), True).translate((0.0, 0.0, 2.4)))
    limited = thicken(stack(1), 1.5, others=[beside])
    assert limited.mesh.bounds[5] < 0.41 < 0.5 < thicken(stack(1), 1.5).mesh.bounds[5]


def test_pins_go_together_one_way_with_the_clearance(ball):
    from dicomtoprint.preparation import ConnectorSize, axis_plane, cut, cut_pins

    plane = axis_plane("A", 4.0)
    front, back = cut(ball, plane)
    done = cut_pins(front, back, plane, ConnectorSize(6.0, 9.0, 0.3, 2.0))
    for side in (done.first, done.second):
        assert_valid(side)
    assert len(done.places) == 2
    pin_volume = (done.second.volume - back.volume) / 2.0
    socket_volume = (front.volume - done.first.volume) / 2.0
    # A D of 6 mm: the circle less the segment beyond 0.6 of its radius.
    whole = 9.0 * (np.arccos(-0.6) * 9.0 + 0.6 * 0.8 * 9.0)
    assert pin_volume == pytest.approx(whole, rel=0.02)
    assert socket_volume > 1.1 * pin_volume
    apart = manifold3d.Manifold(
        manifold3d.Mesh64(np.array(done.first.points, np.float64), np.array(done.first.triangles, np.uint64))
    )
    other = manifold3d.Manifold(
        manifold3d.Mesh64(np.array(done.second.points, np.float64), np.array(done.second.triangles, np.uint64))
    )
    assert (apart ^ other).volume() == pytest.approx(0.0, abs=0.05), "the parts do not meet in each other"


def test_split_parts_fit_and_make_the_whole(ball):
    from dicomtoprint.preparation import split_to_fit

    done = split_to_fit(ball, (50.0, 80.0, 50.0))
    assert len(done.parts) == 3, "the first cut leaves a piece that needs no second one"
    for piece in done.parts:
        assert_valid(piece)
        size = np.diff(np.array(piece.bounds).reshape(3, 2), axis=1).ravel()
        assert np.all(np.sort(size) <= np.array([49.0, 49.0, 79.0]) + 1e-3)
    assert sum(piece.volume for piece in done.parts) == pytest.approx(ball.volume, rel=1e-5)
    assert split_to_fit(ball, (100.0, 100.0, 100.0)).parts[0].volume == pytest.approx(ball.volume)


def test_struts_join_loose_pieces_without_moving_them():
    from dicomtoprint.preparation import add_struts

    pieces = (
        manifold3d.Manifold.sphere(10, 48)
        + manifold3d.Manifold.sphere(6, 48).translate((25, 3, 0))
        + manifold3d.Manifold.sphere(4, 48).translate((25, 30, 0))
    )
    mesh = mesh_of(pieces)
    done = add_struts(mesh, 3.0)
    assert done.count == 2
    assert_valid(done.mesh)
    assert analyse_topology(done.mesh).components == 1
    assert done.mesh.bounds == pytest.approx(mesh.bounds, abs=1e-4)
    assert area_of(done.mesh, Provenance.ADDED) > 50.0


def test_base_stands_flat_below_the_model(ball):
    from dicomtoprint.preparation import BaseSize, add_base

    done = add_base(ball, size=BaseSize(thickness=3.0, sink=1.0))
    assert_valid(done.mesh)
    assert done.mesh.bounds[4] == pytest.approx(-32.0, abs=1e-3)
    bottom = done.mesh.triangle_normals()[(done.mesh.points[done.mesh.triangles][:, :, 2] < -31.99).all(axis=1)]
    assert np.linalg.norm(bottom, axis=1).sum() / 2.0 > 400.0


@pytest.mark.parametrize("raised", [False, True])
def test_label_reads_from_outside(raised):
    from dicomtoprint.preparation import add_label

    block = mesh_of(manifold3d.Manifold.cube((70.0, 40.0, 20.0), True))
    done = add_label(block, "R 4f2a", 6.0, 0.8, raised=raised)
    assert_valid(done.mesh)
    right, up, outward = (np.array(v) for v in (done.right, done.up, done.outward))
    np.testing.assert_allclose(np.cross(right, up), outward, atol=1e-9)
    assert np.sign(done.mesh.volume - block.volume) == (1 if raised else -1)
    # The first letter, R, has more material than a blank, and lies at the left end of the line.
    local = (done.mesh.points - np.array(done.origin)) @ np.stack([right, up, outward], axis=1)
    changed = np.abs(local[:, 2]) > 0.5
    letters = local[changed & (np.abs(local[:, 0]) < done.width / 2 + 0.1) & (np.abs(local[:, 1]) < 5.0)]
    assert letters[:, 0].min() == pytest.approx(-done.width / 2, abs=0.1)
    gap = letters[(letters[:, 0] > -done.width / 2 + 5.5) & (letters[:, 0] < -done.width / 2 + 7.0)]
    assert len(gap) == 0, "the blank after the first letter is at the left, so the text is not mirrored"


def test_label_refuses_text_it_cannot_set(ball):
    from dicomtoprint.preparation import add_label

    with pytest.raises(UsageError):
        add_label(ball, "骨 12")
    with pytest.raises(RefusedError, match="even enough"):
        add_label(mesh_of(manifold3d.Manifold.sphere(5.0, 64)), "MUCH TOO LONG FOR THIS", 6.0)


def test_letters_on_a_small_ball_change_nothing_beside_their_box():
    from dicomtoprint.preparation import add_label
    from dicomtoprint.preparation.csg import to_manifold

    small = mesh_of(manifold3d.Manifold.sphere(8.7, 32).translate((0.0, 22.0, 0.0)))
    done = add_label(small, "R 12", 4.0, 0.6, place=(5.0, 27.0, 5.0))
    assert_valid(done.mesh)
    frame = np.column_stack([np.stack([done.right, done.up, done.outward], axis=1), done.origin])
    box = manifold3d.Manifold.cube((done.width, done.height, 40.0), True).transform(np.ascontiguousarray(frame))
    engraved = to_manifold(small).manifold - to_manifold(done.mesh).manifold
    assert engraved.volume() > 8.0
    assert (engraved - box).volume() < 1e-3


def test_a_flat_triangle_is_turned_and_nothing_moves():
    from dicomtoprint.preparation.csg import _sound

    # A point of the top lies on the line between two corners, as after the cut of a large flat face.
    cube = box(30.0, 30.0, 30.0)
    points = np.concatenate([cube.points, np.array([[12, 12, 30]], np.float32)])
    walls = [list(corners) for corners in cube.triangles if set(corners) - {4, 5, 6, 7}]
    top = [[4, 5, 6], [4, 6, 8], [6, 7, 8], [7, 4, 8]]
    given = Mesh(points, np.array(walls + top), "Box", triangle_arrays={"Provenance": np.zeros(14, np.uint8)})
    assert analyse_topology(given).degenerate == 1
    done = _sound(given, np.ones(14, dtype=bool), np.zeros(14, dtype=bool), Provenance.CUT)
    assert_valid(done)
    assert len(done.points) == 9 and done.volume == pytest.approx(27000.0, rel=1e-6)
    assert area_of(done, Provenance.CUT) == 0.0


def test_wrap_fills_the_inside_and_keeps_the_outside():
    from dicomtoprint.preparation import shrink_wrap

    shell = (
        manifold3d.Manifold.sphere(15, 64)
        - manifold3d.Manifold.sphere(12, 64)
        - manifold3d.Manifold.cylinder(30, 1, 1, 24)
    )
    done = shrink_wrap(mesh_of(shell), 4.0)
    assert_valid(done.mesh)
    assert done.mesh.volume == pytest.approx(manifold3d.Manifold.sphere(15, 64).volume(), rel=0.005)
    assert done.share_kept > 0.97


def test_orient_lowers_the_overhang_and_can_be_undone():
    from dicomtoprint.preparation import orient

    table = manifold3d.Manifold.cube((40, 40, 4), True).translate((0, 0, 20)) + manifold3d.Manifold.cube(
        (4, 4, 40), True
    )
    mesh = mesh_of(table)
    done = orient(mesh)
    assert done.overhang_mm2 < 0.1 * done.overhang_before_mm2
    back = np.linalg.inv(done.transform)
    np.testing.assert_allclose(done.mesh.points @ back[:3, :3].T + back[:3, 3], mesh.points, atol=1e-4)
    assert np.linalg.det(done.transform[:3, :3]) == pytest.approx(1.0)


def test_a_surface_that_encloses_nothing_is_refused(ball):
    from dicomtoprint.preparation import axis_plane, cut

    inside_out = Mesh(ball.points, ball.triangles[:, ::-1].copy(), "Ball")
    with pytest.raises(RefusedError, match="repair"):
        cut(inside_out, axis_plane("S", 0.0))
