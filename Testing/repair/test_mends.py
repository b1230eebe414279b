"""The exact mends, one kind of broken mesh each, and what they must leave alone."""

import numpy as np
import pytest
from Benchmarks.repair_corpus import implicit

from dicomtoprint.errors import UsageError
from dicomtoprint.mesh import analyse_topology, self_intersections
from dicomtoprint.mesh.core import Mesh, concatenate
from dicomtoprint.repair import RepairOptions, repair_mesh

# Corners of a cube by x, y, z, and its twelve triangles facing outward.
CORNERS = np.array([[x, y, z] for x in (0, 1) for y in (0, 1) for z in (0, 1)], dtype=np.float64)
FACES = np.array(
    [
        *((0, 1, 3), (0, 3, 2), (4, 6, 7), (4, 7, 5), (0, 4, 5), (0, 5, 1)),
        *((2, 3, 7), (2, 7, 6), (0, 2, 6), (0, 6, 4), (1, 5, 7), (1, 7, 3)),
    ]
)


def box(size=(10.0, 10.0, 10.0), at=(0.0, 0.0, 0.0)) -> Mesh:
    return Mesh((CORNERS * size + at).astype(np.float32), FACES)


def voxel_surface(filled: np.ndarray) -> Mesh:
    """The staircase around the voxels (k, j, i), edges and corners shared by all that meet there."""
    padded = np.pad(filled, 1)
    quads = []
    for axis in range(3):
        for step in (1, -1):
            beside = np.roll(padded, -step, axis=axis)
            k, j, i = np.nonzero(padded & ~beside)
            at = np.stack([i, j, k], axis=1)[:, None, :].repeat(4, axis=1)
            u, v = (2 - axis + 1) % 3, (2 - axis + 2) % 3
            at[:, :, 2 - axis] += step > 0
            at[:, (1, 2), u] += 1
            at[:, (2, 3), v] += 1
            quads.append(at if step > 0 else at[:, ::-1])
    points, index = np.unique(np.concatenate(quads).reshape(-1, 3), axis=0, return_inverse=True)
    index = index.reshape(-1, 4)
    return Mesh(points.astype(np.float32), np.concatenate([index[:, (0, 1, 2)], index[:, (0, 2, 3)]]))


def tube(radius: float, height: float, count: int = 24, outward: bool = True) -> Mesh:
    angle = 2.0 * np.pi * np.arange(count) / count
    ring = np.stack([radius * np.cos(angle), radius * np.sin(angle), 0.0 * angle], axis=1)
    a, b = np.arange(count), (np.arange(count) + 1) % count
    triangles = np.concatenate([np.stack([a, b, b + count], 1), np.stack([a, b + count, a + count], 1)])
    points = np.concatenate([ring, ring + np.array([0.0, 0.0, height])]).astype(np.float32)
    return Mesh(points, triangles if outward else triangles[:, ::-1])


def sheet(count: int = 12, size: float = 30.0) -> Mesh:
    u, v = (w.ravel() for w in np.meshgrid(*2 * [np.linspace(-0.5, 0.5, count)]))
    points = size * np.stack([u, v, 0.6 * (u * u - v * v)], axis=1)
    corner = (np.arange(count - 1)[:, None] * count + np.arange(count - 1)).ravel()
    triangles = [np.stack([corner, corner + 1, corner + count + 1], 1)]
    triangles += [np.stack([corner, corner + count + 1, corner + count], 1)]
    return Mesh(points.astype(np.float32), np.concatenate(triangles))


def assert_sound(mesh: Mesh) -> None:
    assert analyse_topology(mesh).closed
    assert len(self_intersections(mesh)) == 0


@pytest.mark.parametrize("at", [(10, 10, 10), (10, 10, 0)], ids=["corner", "edge"])
def test_cubes_that_touch_keep_their_volume_and_triangles(at):
    result = repair_mesh(concatenate([box(), box(at=at)]))
    assert result.valid, result.remaining
    assert_sound(result.mesh)
    assert result.mesh.volume == pytest.approx(2000.0, rel=1e-3)
    assert len(result.mesh.triangles) <= 32
    assert result.measures.loss.max_mm < 0.02


def test_cubes_that_share_a_face_become_one():
    result = repair_mesh(concatenate([box(), box(at=(10, 0, 0))]))
    assert result.valid
    assert result.mesh.volume == pytest.approx(2000.0)
    assert analyse_topology(result.mesh).components == 1


def test_staircase_of_a_labelmap_stays_one_part_of_as_many_triangles():
    rng = np.random.default_rng(3)
    solid = rng.random((9, 9, 9)) < 0.45
    solid[:, 4, 4] = solid[4, :, 4] = solid[4, 4, :] = True
    given = voxel_surface(solid)
    before = analyse_topology(given)
    assert before.nonmanifold_edges > 50
    result = repair_mesh(given)
    assert result.valid, result.remaining
    assert analyse_topology(result.mesh).components <= before.components
    assert len(result.mesh.triangles) < 1.3 * len(given.triangles)
    assert result.mesh.volume == pytest.approx(solid.sum(), rel=0.01)


def test_seams_are_joined_at_the_distance_that_the_file_shows():
    base = implicit(lambda x, y, z: 0.9 - np.sqrt(x * x + y * y + z * z), 12)
    corners = base.points[base.triangles].astype(np.float64)
    middle = corners.mean(axis=1, keepdims=True)
    shrunk = corners + 0.02 * (middle - corners) / np.linalg.norm(middle - corners, axis=2, keepdims=True)
    given = Mesh(shrunk.reshape(-1, 3).astype(np.float32), np.arange(3 * len(corners)).reshape(-1, 3))
    result = repair_mesh(given)
    assert result.valid, result.remaining
    assert len(result.mesh.triangles) == len(base.triangles)
    assert result.mesh.volume == pytest.approx(base.volume, rel=0.01)


def test_sides_are_split_where_another_side_has_a_point():
    points = np.concatenate([CORNERS, [[1.0, 0.5, 1.0]]]) * 10.0
    # The top is cut at the middle of one edge, the wall below it is not.
    faces = [face for face in FACES.tolist() if face != [1, 5, 7]]
    faces += [[1, 5, 8], [1, 8, 7]]
    result = repair_mesh(Mesh(points.astype(np.float32), np.array(faces)))
    assert result.valid, result.remaining
    assert result.mesh.volume == pytest.approx(1000.0)
    assert result.measures.loss.max_mm < 1e-3
    assert [stage.name for stage in result.stages] == ["T-junctions"]


def test_ends_of_a_hollow_tube_become_rings():
    given = concatenate([tube(12.0, 40.0), tube(8.0, 40.0, outward=False)])
    result = repair_mesh(given)
    assert result.valid, result.remaining
    area = 12 * np.sin(np.radians(15.0)) * (12.0**2 - 8.0**2)
    assert result.mesh.volume == pytest.approx(40.0 * area, rel=1e-5)
    assert len(result.mesh.triangles) == 2 * len(given.triangles)
    assert [hole.done for hole in result.holes] == 4 * ["capped"]
    assert result.measures.loss.max_mm == 0.0
    assert result.measures.added.max_mm > 1.5  # the middle of a ring is 2 mm from both walls


def test_a_hole_that_is_kept_stays_open():
    given = concatenate([tube(12.0, 40.0), tube(8.0, 40.0, outward=False)])
    result = repair_mesh(given, options=RepairOptions(holes=((1, "keep"),)))
    assert not result.valid
    assert analyse_topology(result.mesh).boundary_edges > 0
    assert result.holes[0].done == "kept"


def test_an_open_sheet_is_refused_with_the_way_out():
    result = repair_mesh(sheet())
    assert not result.valid
    assert len(result.mesh.triangles) == len(sheet().triangles)
    assert any("--thicken-sheet" in note for note in result.notes)


def test_an_open_sheet_is_thickened_on_request():
    given = sheet()
    result = repair_mesh(given, options=RepairOptions(thicken_sheet_mm=1.5))
    assert result.valid, result.remaining
    assert_sound(result.mesh)
    assert result.mesh.volume == pytest.approx(1.5 * given.area, rel=0.02)
    assert result.measures.loss.p95_mm == pytest.approx(0.75, rel=0.05)


def test_an_inverted_file_is_said_to_be_inverted():
    given = box()
    result = repair_mesh(Mesh(given.points, given.triangles[:, ::-1].copy()))
    assert result.valid
    assert result.mesh.volume == pytest.approx(1000.0)
    assert any("inverted" in note for note in result.notes)


def test_a_shell_inside_another_that_faces_alike_is_said_and_can_be_flipped():
    pytest.importorskip("manifold3d")
    given = concatenate([box(), box((4.0, 4.0, 4.0), (3.0, 3.0, 3.0))])
    filled = repair_mesh(given)
    assert filled.valid
    assert filled.mesh.volume == pytest.approx(1000.0)
    assert any("--repair-shell 2=flip" in note for note in filled.notes)
    assert filled.measures.swallowed_area_mm2 == pytest.approx(96.0)
    flipped = repair_mesh(given, options=RepairOptions(shells=((2, "flip"),)))
    assert flipped.valid
    assert flipped.mesh.volume == pytest.approx(1000.0 - 64.0)


def test_small_shells_go_by_size_and_by_count_and_are_counted():
    specks = [box((0.5, 0.5, 0.5), (20.0 + 2.0 * n, 0.0, 0.0)) for n in range(6)]
    given = concatenate([box(), box((3.0, 3.0, 3.0), (-9.0, 0.0, 0.0)), *specks])
    by_size = repair_mesh(given, options=RepairOptions(min_shell_mm=1.0))
    assert by_size.mesh.volume == pytest.approx(1027.0)
    assert any("6 of 8 shells" in note for note in by_size.notes)
    by_count = repair_mesh(given, options=RepairOptions(largest_shells=1))
    assert by_count.mesh.volume == pytest.approx(1000.0)
    assert repair_mesh(given).mesh is given  # nothing goes unasked


@pytest.mark.parametrize(
    ("options", "text"),
    [
        (RepairOptions(shells=((3, "drop"),)), "no shell 3"),
        (RepairOptions(shells=((1, "melt"),)), "not 'melt'"),
        (RepairOptions(shells=((1, "drop"), (2, "drop"))), "No shell"),
        (RepairOptions(shells=((1, "keep"), (1, "flip"))), "Two choices are given for one shell"),
        (RepairOptions(holes=((9, "cap"),)), "no hole 9"),
        (RepairOptions(holes=((0, "cap"),)), "no hole 0"),
        (RepairOptions(holes=((1, "melt"),)), "not 'melt'"),
    ],
    ids=["shell", "choice", "nothing left", "twice", "hole", "hole 0", "choice for a hole"],
)
def test_a_choice_that_does_not_exist_is_a_usage_error(options, text):
    given = box()
    opened = concatenate([Mesh(given.points, given.triangles[2:]), box((2.0, 2.0, 2.0), (20.0, 0.0, 0.0))])
    with pytest.raises(UsageError, match=text):
        repair_mesh(opened, options=options)


def test_triangles_without_area_go_and_leave_no_gap():
    middle = np.array([[0.5, 0.0, 0.0]])
    # The bottom edge from corner 0 to 4 has a point in its middle on one side, and a flat triangle between the two.
    faces = [face for face in FACES.tolist() if face != [0, 4, 5]] + [[0, 8, 5], [8, 4, 5], [0, 4, 8]]
    given = Mesh((np.concatenate([CORNERS, middle]) * 10.0).astype(np.float32), np.array(faces))
    assert analyse_topology(given).degenerate == 1
    result = repair_mesh(given)
    assert result.valid, result.remaining
    assert result.mesh.volume == pytest.approx(1000.0)
    assert result.measures.loss.max_mm < 1e-4
    assert [stage.name for stage in result.stages] == ["flat triangles"]


def test_a_broken_shell_is_made_new_and_its_sound_neighbour_left_alone():
    base = implicit(lambda x, y, z: 0.5 - np.sqrt(x * x + y * y + z * z), 14, 0.7)
    rng = np.random.default_rng(4)
    keep = rng.random(len(base.triangles)) > 0.25
    given = concatenate([Mesh(base.points, base.triangles[keep]), box((3.0, 3.0, 3.0), (30.0, 0.0, 0.0))])
    result = repair_mesh(given)
    assert result.valid, result.remaining
    assert result.mesh.volume == pytest.approx(base.volume + 27.0, rel=0.05)
    corners = {tuple(point) for point in result.mesh.points[result.mesh.points[:, 0] > 25.0].round(4).tolist()}
    assert len(corners) == 8
    assert len(result.mesh.triangles) <= 8000


def test_a_hole_that_a_closed_mesh_lacks_is_a_usage_error():
    with pytest.raises(UsageError, match="no hole 1 in 'Model': it has none"):
        repair_mesh(box(), options=RepairOptions(holes=((1, "cap"),)))
