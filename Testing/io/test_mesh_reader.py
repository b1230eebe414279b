"""Whole files of the four formats come back as they are."""

import numpy as np
import pytest

from dicomtoprint.errors import InputError, UsageError
from dicomtoprint.io import read_mesh_file, read_meshes
from dicomtoprint.mesh.core import Mesh
from dicomtoprint.mesh.merge_points import merge_duplicate_points
from Phantoms.solids import ball, box, write_stl

CUBE_OBJ = """# made by hand
{comments}
v 0 0 0
v 1 0 0
v 1 1 0
v 0 1 0
v 0 0 1
v 1 0 1
v 1 1 1
v 0 1 1
f 1 4 3 2
f 5 6 7 8
f 1 2 6 5
f 2/1 3/2 7/99 6//4
f -6 -5 -1 -2
f 4 1 5 8
"""


def ascii_stl(mesh: Mesh, name: str = "solid model") -> str:
    lines = [name]
    for triangle in mesh.points[mesh.triangles]:
        lines += [
            "facet normal 0 0 0",
            " outer loop",
            *(" vertex {} {} {}".format(*point) for point in triangle),
            " endloop",
            "endfacet",
        ]
    return "\n".join([*lines, "endsolid model", ""])


def test_binary_stl_comes_back_welded_with_its_volume(tmp_path):
    write_stl(tmp_path / "a.stl", box(2, 3, 4))
    (mesh,) = read_meshes(tmp_path / "a.stl")
    assert (len(mesh.points), len(mesh.triangles)) == (8, 12)
    assert mesh.volume == pytest.approx(24.0)


@pytest.mark.parametrize("text", ["plain", "CAPITALS", "windows", "no last line"])
def test_ascii_stl_of_several_writers(tmp_path, text):
    content = ascii_stl(box(2, 3, 4))
    content = {
        "plain": content,
        "CAPITALS": content.upper(),
        "windows": content.replace("\n", "\r\n"),
        "no last line": content.replace("endsolid model\n", ""),
    }[text]
    (tmp_path / "a.stl").write_text(content, newline="", encoding="utf-8")
    (mesh,) = read_meshes(tmp_path / "a.stl")
    assert mesh.volume == pytest.approx(24.0)


def test_binary_stl_that_begins_with_solid_is_binary(tmp_path):
    write_stl(tmp_path / "a.stl", box(2, 3, 4), header=b"solid by some program")
    assert read_mesh_file(tmp_path / "a.stl").triangles == 12


@pytest.mark.parametrize(
    "header, space, x", [(b"SPACE=LPS", "LPS", 10.0), (b"SPACE=RAS", "RAS", -12.0), (b"Made by hand", None, 10.0)]
)
def test_space_of_the_header_is_read_and_ras_is_turned_to_lps(tmp_path, header, space, x):
    write_stl(tmp_path / "a.stl", box(2, 3, 4, at=(10, 0, 0)), header=header)
    file = read_mesh_file(tmp_path / "a.stl")
    assert file.space == space
    assert file.meshes[0].bounds[0] == pytest.approx(x)
    assert file.meshes[0].volume == pytest.approx(24.0)  # half a turn mirrors nothing


@pytest.mark.parametrize(
    "comments, unit, volume, space",
    [
        ("#", None, 1.0, None),
        ("# SPACE=LPS\n# 1 unit = 1.000000 mm", "mm", 1.0, "LPS"),
        ("# 1 unit = 10.0 mm", "mm", 1000.0, None),
        ("# units: inches", "in", 25.4**3, None),
    ],
)
def test_obj_with_polygons_slashes_and_negative_indices(tmp_path, comments, unit, volume, space):
    (tmp_path / "a.obj").write_text(CUBE_OBJ.format(comments=comments), encoding="utf-8")
    file = read_mesh_file(tmp_path / "a.obj")
    assert (file.unit, file.space, file.triangles) == (unit, space, 12)
    assert file.meshes[0].volume == pytest.approx(volume)


def test_obj_faces_are_the_same_read_at_once_or_one_by_one(tmp_path):
    """Faces with equally many corners are read at once, others line by line."""
    points = "v 0 0 0\nv 1 0 0\nv 1 1 0\nv 0 1 0\nv 0 0 1\n"
    quads = points + "f 1/1/1 2/2/1 3//1 4\nf -5 -4\t-1 -2\r\n"
    (tmp_path / "alike.obj").write_text(quads, encoding="utf-8")
    (tmp_path / "mixed.obj").write_text(quads + "f 1 2 3\n", encoding="utf-8")
    alike, mixed = (read_meshes(tmp_path / f"{name}.obj")[0].triangles for name in ("alike", "mixed"))
    assert alike.tolist() == mixed[:4].tolist() == [[0, 1, 2], [0, 2, 3], [0, 1, 4], [0, 4, 3]]


def test_obj_objects_become_meshes(tmp_path):
    text = "o first\nv 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 3\no second\nv 0 0 5\nv 1 0 5\nv 0 1 5\nf 4 5 6\nf 6 5 4\n"
    (tmp_path / "a.obj").write_text(text, encoding="utf-8")
    assert [(mesh.name, len(mesh.triangles)) for mesh in read_meshes(tmp_path / "a.obj")] == [
        ("first", 1),
        ("second", 2),
    ]


@pytest.mark.parametrize("form", ["ascii", "binary_little_endian", "binary_big_endian"])
def test_ply_with_triangles_and_quads(tmp_path, form):
    head = (
        f"ply\nformat {form} 1.0\ncomment SPACE=LPS\nelement vertex 4\nproperty float x\nproperty double y\nproperty float z\n"
        "property float quality\nelement face 2\nproperty list uchar int vertex_indices\nend_header\n"
    )
    points = [(0, 0, 0, 1), (1, 0, 0, 2), (1, 1, 0, 3), (0, 1, 0, 4)]
    faces = [(0, 1, 2), (3, 2, 1, 0)]
    if form == "ascii":
        body = "".join("{} {} {} {}\n".format(*p) for p in points) + "".join(
            f"{len(f)} {' '.join(map(str, f))}\n" for f in faces
        )
        data = (head + body).encode()
    else:
        order = "<" if "little" in form else ">"
        vertex = np.array(
            [tuple(p) for p in points],
            [("x", order + "f4"), ("y", order + "f8"), ("z", order + "f4"), ("q", order + "f4")],
        )
        data = (
            head.encode()
            + vertex.tobytes()
            + b"".join(bytes([len(f)]) + np.array(f, order + "i4").tobytes() for f in faces)
        )
    (tmp_path / "a.ply").write_bytes(data)
    file = read_mesh_file(tmp_path / "a.ply")
    assert (file.triangles, file.space) == (3, "LPS")
    assert file.meshes[0].bounds == (0.0, 1.0, 0.0, 1.0, 0.0, 0.0)
    assert file.meshes[0].point_arrays["quality"].tolist() == [1, 2, 3, 4]


def test_3mf_has_its_unit_its_transform_and_its_components(tmp_path):
    lib3mf = pytest.importorskip("lib3mf")
    model = lib3mf.get_wrapper().CreateModel()
    model.SetUnit(lib3mf.ModelUnit.Inch)
    mesh = model.AddMeshObject()
    mesh.SetName("box")
    source = box(1, 1, 1)
    for point in source.points.tolist():
        position = lib3mf.Position()
        position.Coordinates[:] = point
        mesh.AddVertex(position)
    for triangle in source.triangles.tolist():
        corner = lib3mf.Triangle()
        corner.Indices[:] = triangle
        mesh.AddTriangle(corner)
    mirror = lib3mf.Transform()
    for axis, scale in enumerate((-2.0, 1.0, 1.0)):
        mirror.Fields[axis][axis] = scale
    mirror.Fields[3][0] = 10.0
    group = model.AddComponentsObject()
    plain = lib3mf.Transform()
    for axis in range(3):
        plain.Fields[axis][axis] = 1.0
    group.AddComponent(mesh, mirror)
    group.AddComponent(mesh, plain)
    model.AddBuildItem(group, plain)
    model.QueryWriter("3mf").WriteToFile(str(tmp_path / "a.3mf"))
    file = read_mesh_file(tmp_path / "a.3mf")
    assert file.unit == "in"
    volumes = sorted(item.volume for item in file.meshes)
    assert volumes == pytest.approx([25.4**3, 2 * 25.4**3])  # mirrored by its transform, yet facing outward
    assert max(item.bounds[1] for item in file.meshes) == pytest.approx(254.0)


@pytest.mark.parametrize("unit, factor", [("mm", 1.0), ("cm", 10.0), ("m", 1000.0), ("in", 25.4), ("um", 0.001)])
def test_the_users_unit_scales(tmp_path, unit, factor):
    write_stl(tmp_path / "a.stl", box(1, 1, 1))
    file = read_mesh_file(tmp_path / "a.stl", unit)
    assert file.meshes[0].bounds[1] == pytest.approx(factor)
    assert file.unit_source == "given by the user"


def test_an_unknown_unit_is_a_usage_error(tmp_path):
    write_stl(tmp_path / "a.stl", box(1, 1, 1))
    with pytest.raises(UsageError, match="parsec"):
        read_mesh_file(tmp_path / "a.stl", "parsec")


def test_welding_keeps_every_triangle_and_tells_near_from_equal():
    source = ball(10.0, 30)
    soup = Mesh(source.points[source.triangles].reshape(-1, 3), np.arange(3 * len(source.triangles)).reshape(-1, 3))
    result = merge_duplicate_points(soup)
    assert len(result.triangles) == len(source.triangles)
    assert len(result.points) == len(np.unique(source.points, axis=0))
    assert np.array_equal(result.points[result.triangles], source.points[source.triangles])
    near = Mesh(
        np.array([[0, 0, 0], [-0.0, 0, 0], [np.nextafter(np.float32(0), np.float32(1)), 0, 0]], np.float32),
        np.array([[0, 1, 2]]),
    )
    assert merge_duplicate_points(near).triangles.tolist() == [[0, 0, 1]]


@pytest.mark.parametrize("name", ["a.step", "a", "a.stl.txt"])
def test_other_formats_are_named(tmp_path, name):
    (tmp_path / name).write_text("x", encoding="utf-8")
    with pytest.raises(InputError, match="stl"):
        read_mesh_file(tmp_path / name)
