"""Topology against solids with known faults."""

import numpy as np
import pytest

from dicomtoprint.mesh import analyse_topology
from dicomtoprint.mesh.core import Mesh, concatenate
from dicomtoprint.mesh.merge_points import merge_equal_points

CORNERS = np.array([[x, y, z] for z in (0, 1) for y in (0, 1) for x in (0, 1)], dtype=np.float32)
SIDES = np.array(
    [
        [0, 2, 1],
        [1, 2, 3],
        [4, 5, 6],
        [5, 7, 6],
        [0, 1, 4],
        [1, 5, 4],
        [2, 6, 3],
        [3, 6, 7],
        [0, 4, 2],
        [2, 4, 6],
        [1, 3, 5],
        [3, 7, 5],
    ]
)


def cube(size: float = 10.0, offset=(0.0, 0.0, 0.0), turned: bool = False) -> Mesh:
    return Mesh((CORNERS * size + np.asarray(offset)).astype(np.float32), SIDES[:, ::-1].copy() if turned else SIDES)


def faults(mesh: Mesh) -> dict[str, int]:
    found = analyse_topology(mesh)
    names = ("boundary_edges", "nonmanifold_edges", "nonmanifold_vertices", "degenerate", "duplicate", "inverted")
    return {name: getattr(found, name) for name in names if getattr(found, name)}


def test_cube_has_no_fault():
    found = analyse_topology(cube())
    assert found.closed
    assert (found.triangles, found.components) == (12, 1)


def test_corners_of_an_stl_are_welded():
    given = cube()
    assert analyse_topology(Mesh(given.points[given.triangles].reshape(-1, 3), np.arange(36).reshape(-1, 3))).closed


def test_weld_joins_the_two_zeros_and_no_others():
    points = np.array([[0.0, 0, 0], [-0.0, 0, 0], [1e-30, 0, 0], [np.nan, 0, 0], [np.nan, 0, 0]])
    _, group = merge_equal_points(points)
    assert group[0] == group[1]
    assert len(set(group.tolist())) == 4


@pytest.mark.parametrize(
    ("broken", "expected"),
    [
        (Mesh(cube().points, SIDES[1:]), {"boundary_edges": 3}),
        (Mesh(cube().points, np.concatenate([SIDES, SIDES[:1]])), {"nonmanifold_edges": 3, "duplicate": 1}),
        (concatenate([cube(), cube(offset=(10, 10, 0))]), {"nonmanifold_edges": 1}),
        (concatenate([cube(), cube(offset=(10, 10, 10))]), {"nonmanifold_vertices": 1}),
        (cube(turned=True), {"inverted": 12}),
        (Mesh(cube().points, np.concatenate([SIDES[:1, ::-1], SIDES[1:]])), {"inverted": 1}),
        (Mesh(cube().points, np.concatenate([SIDES, [[0, 0, 1]]])), {"degenerate": 1}),
    ],
    ids=["hole", "duplicate", "edge contact", "corner contact", "inside out", "one flipped", "two equal corners"],
)
def test_fault_is_counted_and_nothing_else(broken, expected):
    assert faults(broken) == expected


def test_cavity_faces_inward_and_a_solid_in_it_outward():
    body, cavity, island = cube(10.0), cube(6.0, (2, 2, 2), turned=True), cube(2.0, (4, 4, 4))
    assert analyse_topology(concatenate([body, cavity, island])).closed
    assert faults(concatenate([body, cavity, cube(2.0, (4, 4, 4), turned=True)])) == {"inverted": 12}
    assert faults(concatenate([body, cube(6.0, (20, 0, 0), turned=True)])) == {"inverted": 12}


def test_places_are_indices_of_the_given_mesh():
    given = cube()
    stl = Mesh(given.points[given.triangles[1:]].reshape(-1, 3), np.arange(33).reshape(-1, 3))
    at = analyse_topology(stl).boundary_at
    corners = {tuple(point) for point in stl.points[at.ravel()]}
    assert corners == {tuple(point) for point in given.points[SIDES[0]]}


def test_no_number_is_degenerate():
    points = cube().points.copy()
    points[0] = np.nan
    found = analyse_topology(Mesh(points, SIDES))
    assert found.degenerate == (SIDES == 0).any(axis=1).sum()


def test_empty_mesh():
    found = analyse_topology(Mesh(np.zeros((0, 3), np.float32), np.zeros((0, 3), np.int32)))
    assert (found.triangles, found.components, found.closed) == (0, 0, False)
