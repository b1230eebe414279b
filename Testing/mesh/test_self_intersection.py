"""The detector against an oracle in rational numbers that shares no code with it."""

from fractions import Fraction
from itertools import combinations

import numpy as np
import pytest

from dicomtoprint.mesh import self_intersections
from dicomtoprint.mesh.core import Mesh, concatenate
from dicomtoprint.mesh.merge_points import merged_mesh
from dicomtoprint.mesh.self_intersection import intersecting_pairs, intersecting_pairs_touching
from dicomtoprint.mesh.topology import degenerate_triangles


def ball(rows: int, radius: float = 10.0, offset=(0.0, 0.0, 0.0)) -> Mesh:
    polar, turn = np.linspace(0, np.pi, rows), np.linspace(0, 2 * np.pi, 2 * rows, endpoint=False)
    rings = [[0, 0, 1.0]] + [
        [np.sin(p) * np.cos(t), np.sin(p) * np.sin(t), np.cos(p)] for p in polar[1:-1] for t in turn
    ]
    points = np.array([*rings, [0, 0, -1.0]]) * radius + np.asarray(offset)
    n, triangles = len(turn), []
    for r in range(rows - 3):
        for i in range(n):
            a, b, c, d = 1 + r * n + i, 1 + r * n + (i + 1) % n, 1 + (r + 1) * n + i, 1 + (r + 1) * n + (i + 1) % n
            triangles += [[a, c, d], [a, d, b]]
    last = len(points) - 1
    triangles += [[0, 1 + i, 1 + (i + 1) % n] for i in range(n)]
    triangles += [[last, last - n + (i + 1) % n, last - n + i] for i in range(n)]
    return Mesh(points.astype(np.float32), np.array(triangles))


def sub(a, b):
    return [x - y for x, y in zip(a, b)]


def cross(a, b):
    return [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]


def dot(a, b):
    return sum(x * y for x, y in zip(a, b))


def clipped(points, normal, offset):
    """A convex polygon cut by normal . x >= offset, in exact numbers."""
    result = []
    for index, end in enumerate(points):
        start = points[index - 1]
        s, e = dot(normal, start) - offset, dot(normal, end) - offset
        if (s < 0) != (e < 0) and s != e:
            t = s / (s - e)
            result.append([p + t * (q - p) for p, q in zip(start, end)])
        if e >= 0:
            result.append(end)
    return result


def common(first, second):
    """Corner points of the intersection of two triangles, exact: the first one clipped by the plane and the prism
    of the other."""
    normal = cross(sub(second[1], second[0]), sub(second[2], second[0]))
    offset = dot(normal, second[0])
    part = clipped(clipped(first, normal, offset), [-n for n in normal], -offset)
    for index in range(3):
        side = sub(second[(index + 1) % 3], second[index])
        inward = cross(normal, side)
        part = clipped(part, inward, dot(inward, second[index]))
    return part


def oracle(mesh: Mesh) -> set[int]:
    points, triangles, _ = merged_mesh(mesh)
    exact = [[Fraction(float(v)) for v in point] for point in points]
    flat = degenerate_triangles(points, triangles)
    found = set()
    for a, b in combinations(np.flatnonzero(~flat).tolist(), 2):
        boxes = points[triangles[a]], points[triangles[b]]
        if (boxes[0].min(0) > boxes[1].max(0)).any() or (boxes[1].min(0) > boxes[0].max(0)).any():
            continue
        shared = set(triangles[a].tolist()) & set(triangles[b].tolist())
        ends = [exact[v] for v in shared]
        meet = common([exact[v] for v in triangles[a]], [exact[v] for v in triangles[b]])
        if len(shared) < 3 and any(not beyond_shared(ends, point) for point in meet):
            found |= {a, b}
    return found


def beyond_shared(ends, point) -> bool:
    """The point lies on what the two triangles share by right: a corner or an edge."""
    if len(ends) == 0:
        return False
    if len(ends) == 1:
        return point == ends[0]
    side = sub(ends[1], ends[0])
    along = dot(sub(point, ends[0]), side)
    return cross(sub(point, ends[0]), side) == [0, 0, 0] and 0 <= along <= dot(side, side)


def cases():
    rng = np.random.default_rng(3)
    yield "ball", ball(7)
    yield "two balls", concatenate([ball(6), ball(6, offset=(9, 3, 1))])
    yield "ball in ball", concatenate([ball(6), ball(6, 5.0)])
    for index in range(8):
        given = ball(5)
        points = given.points + rng.normal(scale=0.7 * index, size=given.points.shape)
        yield f"noise {index}", Mesh(points.astype(np.float32), given.triangles)
    for index in range(8):
        # Whole coordinates: coplanar, touching and coincident pieces in plenty.
        points = rng.integers(0, 4, size=(14, 3)).astype(np.float32)
        yield f"lattice {index}", Mesh(points, rng.integers(0, 14, size=(24, 3)))
    for index in range(4):
        points = np.append(rng.integers(0, 4, size=(12, 2)), np.zeros((12, 1)), axis=1).astype(np.float32)
        yield f"flat {index}", Mesh(points, rng.integers(0, 12, size=(12, 3)))


@pytest.mark.parametrize(("name", "mesh"), list(cases()), ids=[name for name, _ in cases()])
def test_agrees_with_rational_arithmetic(name, mesh):
    assert set(self_intersections(mesh).tolist()) == oracle(mesh)


def test_the_cases_hold_both_answers():
    counts = [len(self_intersections(mesh)) for _, mesh in cases()]
    assert counts.count(0) >= 2
    assert sum(count > 0 for count in counts) >= 15


def test_looking_again_at_a_part_finds_the_pairs_of_that_part():
    mesh = concatenate([ball(12), ball(12, offset=(9, 3, 1))])
    points, triangles, _ = merged_mesh(mesh)
    pairs = intersecting_pairs(mesh)
    chosen = np.arange(0, len(triangles), 3)
    expected = pairs[np.isin(pairs, chosen).any(axis=1)]
    assert len(expected) > 20
    np.testing.assert_array_equal(intersecting_pairs_touching(points, triangles, chosen), expected)


def test_looking_again_finds_the_same_however_the_part_is_turned():
    """Boxes of the second look lie along the chosen triangles, of which those of one plane are the ones that boxes tell apart worst."""
    rng = np.random.default_rng(5)
    turned, _ = np.linalg.qr(rng.normal(size=(3, 3)))
    count = 0
    for name, mesh in cases():
        if name.startswith("lattice"):
            continue
        given = Mesh((mesh.points.astype(np.float64) @ turned + 40.0).astype(np.float32), mesh.triangles)
        points, triangles, _ = merged_mesh(given)
        pairs = intersecting_pairs(given)
        chosen = np.sort(rng.permutation(len(triangles))[: len(triangles) // 2])
        expected = pairs[np.isin(pairs, chosen).any(axis=1)]
        np.testing.assert_array_equal(intersecting_pairs_touching(points, triangles, chosen), expected)
        count += len(expected)
    assert count > 100


def test_far_from_the_origin_and_at_any_scale():
    mesh = concatenate([ball(8), ball(8, offset=(9, 3, 1))])
    expected = self_intersections(mesh)
    for factor in (2.0**-10, 2.0**10):
        np.testing.assert_array_equal(
            self_intersections(Mesh(mesh.points * np.float32(factor), mesh.triangles)), expected
        )


def test_progress_can_stop_it():
    class Stop(Exception):
        pass

    def stop(fraction, phrase=""):
        raise Stop

    with pytest.raises(Stop):
        self_intersections(ball(40), stop)
