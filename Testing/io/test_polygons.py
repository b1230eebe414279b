"""Polygons of OBJ and PLY: concave ones are clipped, not fanned."""

import numpy as np
import pytest

from dicomtoprint.io import read_mesh_file
from dicomtoprint.io.mesh.polygons import triangulate_polygons
from dicomtoprint.mesh import analyse_topology, self_intersections

# An arrow whose first corner sees not all of it: a fan from there folds over itself. 10 mm high, 20 mm2.
OUTLINE = np.array([[0, 0], [8, 0], [8, 1], [1, 1], [1, 3], [6, 3], [6, 5], [0, 5]], dtype=float)
AREA = 8 + 2 + 12.0


def prism_text(kind: str) -> str:
    count = len(OUTLINE)
    points = [(x, y, z) for z in (0.0, 10.0) for x, y in OUTLINE]
    faces = [list(range(count))[::-1], list(range(count, 2 * count))]
    faces += [[i, (i + 1) % count, (i + 1) % count + count, i + count] for i in range(count)]
    rows = [" ".join(f"{v:g}" for v in point) for point in points]
    if kind == "obj":
        return "\n".join(["v " + row for row in rows] + ["f " + " ".join(str(c + 1) for c in f) for f in faces]) + "\n"
    head = ["ply", "format ascii 1.0", f"element vertex {len(points)}"] + [f"property float {axis}" for axis in "xyz"]
    head += [f"element face {len(faces)}", "property list uchar int vertex_indices", "end_header"]
    return "\n".join(head + rows + [f"{len(f)} " + " ".join(map(str, f)) for f in faces]) + "\n"


@pytest.mark.parametrize("kind", ["obj", "ply"])
def test_a_prism_with_a_concave_face_is_sound(kind, tmp_path):
    path = tmp_path / f"arrow.{kind}"
    path.write_text(prism_text(kind))
    mesh = read_mesh_file(path).meshes[0]
    assert mesh.volume == pytest.approx(10.0 * AREA)
    assert analyse_topology(mesh).closed
    assert len(self_intersections(mesh)) == 0


def test_polygons_keep_their_order_and_owner():
    points = np.array([[0, 0, 0], [2, 0, 0], [2, 2, 0], [1, 0.5, 0], [0, 2, 0]], dtype=float)
    corners, sizes = np.array([0, 1, 2, 2, 0, 1, 2, 3, 4, 0, 1]), np.array([3, 0, 1, 5, 2])
    corners = np.concatenate([corners[:4], [0, 1, 2, 3, 4], [0, 1]])
    triangles, owner = triangulate_polygons(points, corners, sizes)
    assert owner.tolist() == [0, 3, 3, 3]
    sides = points[triangles]
    area = np.cross(sides[:, 1] - sides[:, 0], sides[:, 2] - sides[:, 0])[:, 2] / 2.0
    assert (area > 0).all()
    assert area[1:].sum() == pytest.approx(2.5)


@pytest.mark.parametrize(
    "points",
    [np.zeros((4, 3)), np.full((4, 3), np.nan), np.array([[0, 0, 0], [1, 1, 0], [1, 0, 0], [0, 1, 0]], dtype=float)],
    ids=["a point", "no numbers", "crossing itself"],
)
def test_polygons_that_cannot_be_clipped_lose_no_corner(points):
    triangles, owner = triangulate_polygons(points, np.arange(4), np.array([4]))
    assert len(triangles) == len(owner) == 2
    assert np.unique(triangles).tolist() == [0, 1, 2, 3]
