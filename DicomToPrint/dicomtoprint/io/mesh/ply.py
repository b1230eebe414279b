"""PLY, binary and ASCII, by numpy. vtkPLYReader ends the whole process on a lying header, so it is not used."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ...errors import InputError
from ...mesh.core import Mesh, concatenate
from ...messages import _
from ...progress import ProgressCallback, no_progress
from .handler import FormatHandler, WriteTarget
from .plain_text import mend_text
from .polygons import triangulate_polygons
from .raw import RawMeshFile, parse_space
from .writing import CHUNK, color_bytes, one_line, space_words

_PLY_OWN = ("x", "y", "z", "red", "green", "blue", "count", "vertex_indices", "object")
_TYPES = {
    "char": "i1",
    "int8": "i1",
    "uchar": "u1",
    "uint8": "u1",
    "short": "i2",
    "int16": "i2",
    "ushort": "u2",
    "uint16": "u2",
    "int": "i4",
    "int32": "i4",
    "uint": "u4",
    "uint32": "u4",
    "float": "f4",
    "float32": "f4",
    "double": "f8",
    "float64": "f8",
}


@dataclass(frozen=True)
class _Element:
    name: str
    count: int
    properties: tuple[tuple[str, str, str], ...]  # name, type, type of the list's length or ""

    def row(self, order: str, length: int = 3) -> np.dtype:
        """Record of one row, every list taken to have `length` members."""
        fields: list[tuple] = []
        for name, kind, counter in self.properties:
            if counter:
                fields.append((f"{name}:count", order + counter))
            fields.append((name, order + kind, (length,)) if counter else (name, order + kind))
        return np.dtype(fields)

    @property
    def smallest(self) -> int:
        """Fewest bytes a row can take in binary."""
        return sum(np.dtype(counter or kind).itemsize for _unused, kind, counter in self.properties)


def read_ply(path: Path, progress: ProgressCallback) -> RawMeshFile:
    """One mesh with the file's scalar arrays; polygons are triangulated by ear clipping."""
    with open(path, "rb") as file:
        data = file.read()
    if not data.startswith(b"ply") or b"\n" not in data:
        data = mend_text(data)
    form, elements, comments, start = _header(path, data)
    progress(0.2, _("reading PLY"))
    names = [element.name for element in elements]
    if "vertex" not in names or "face" not in names:
        raise InputError(_("{path} has no vertices or no faces: export the model as a surface.", path=path.name))
    table = (
        _ascii_rows(path, data[start:], elements)
        if form == "ascii"
        else _binary_rows(path, data, start, form, elements)
    )
    vertices, (corners, sizes, arrays) = table["vertex"], table["face"]
    if not {"x", "y", "z"} <= set(vertices):
        raise InputError(_("{path} has vertices without x, y, z: export the model again.", path=path.name))
    points = np.stack([vertices[axis] for axis in "xyz"], axis=1).astype(np.float64)
    if len(corners) and (corners.min() < 0 or corners.max() >= len(points)):
        raise InputError(
            _("{path} has a face that names a vertex that does not exist: export the model again.", path=path.name)
        )
    triangles, owner = triangulate_polygons(points, corners, sizes)
    arrays = {name: values[owner] for name, values in arrays.items()}
    point_arrays = {name: np.asarray(values) for name, values in vertices.items() if name not in ("x", "y", "z")}
    text = "\n".join(comments)
    color = _one_color(point_arrays)
    mesh = Mesh(points, triangles.astype(np.int32), path.stem, color, point_arrays, arrays)
    unit = next((line.split()[-1] for line in comments if line.lower().startswith("unit ")), None)
    return RawMeshFile((mesh,), unit if unit in ("um", "mm", "cm", "m", "in") else None, parse_space(text))


def _one_color(arrays: Mapping[str, np.ndarray]) -> tuple[float, float, float]:
    """The colour of all points where they have one and the same, in [0, 1]; else that of a mesh without any."""
    channels = [np.asarray(arrays[name]) for name in ("red", "green", "blue") if name in arrays]
    if len(channels) < 3 or not all(len(values) and (values == values[0]).all() for values in channels):
        return Mesh.color
    red, green, blue = (min(max(float(values[0]) / 255.0, 0.0), 1.0) for values in channels)
    return red, green, blue


def _header(path: Path, data: bytes) -> tuple[str, list[_Element], list[str], int]:
    end = data.find(b"end_header", 0, 1 << 20)
    if not data.startswith(b"ply") or end < 0:
        raise InputError(_("{path} is no PLY file: export the model again.", path=path.name))
    start = data.find(b"\n", end) + 1 or len(data)
    form, comments = "", []
    elements: list[tuple[str, int, list[tuple[str, str, str]]]] = []
    for line in data[:end].decode("latin-1").splitlines()[1:]:
        words = line.split()
        try:
            if words[:1] == ["format"]:
                form = {"ascii": "ascii", "binary_little_endian": "<", "binary_big_endian": ">"}[words[1]]
            elif words[:1] == ["comment"]:
                comments.append(line[8:400])
            elif words[:1] == ["element"]:
                elements.append((words[1], int(words[2]), []))
            elif words[:2] == ["property", "list"]:
                elements[-1][2].append((words[4], _TYPES[words[3]], _TYPES[words[2]]))
            elif words[:1] == ["property"]:
                elements[-1][2].append((words[2], _TYPES[words[1]], ""))
        except (IndexError, KeyError, ValueError):
            raise InputError(
                _("{path} has a header line that PLY does not know: export the model again.", path=path.name)
            ) from None
    result = [_Element(name, count, tuple(properties)) for name, count, properties in elements]
    needed = sum(
        element.count * (len(element.properties) * 2 - 1 if form == "ascii" else element.smallest) for element in result
    )
    names = [name for element in result for name in {item[0] for item in element.properties}]
    if (
        not form
        or any(element.count < 0 or not element.properties for element in result)
        or any(":" in name for name in names)
    ):
        raise InputError(_("{path} has a header line that PLY does not know: export the model again.", path=path.name))
    if needed > len(data) - start + 1:
        raise InputError(
            _(
                "{path} claims more than its {data_count:,} bytes can hold: it was cut short or damaged, "
                "copy or export it again.",
                path=path.name,
                data_count=len(data),
            )
        )
    return form, result, comments, start


def _cut_short(path: Path) -> InputError:
    return InputError(_("{path} ends before its last face: it was cut short, copy or export it again.", path=path.name))


def _binary_rows(path: Path, data: bytes, start: int, order: str, elements: list[_Element]) -> dict:
    table: dict = {}
    for element in elements:
        lists = [item for item in element.properties if item[2]]
        row = element.row(order)
        fits = start + element.count * row.itemsize <= len(data)
        rows = np.frombuffer(data, row, element.count, start) if fits else None
        if not lists:
            if rows is None:
                raise _cut_short(path)
            table[element.name] = {
                name: rows[name].astype(rows[name].dtype.newbyteorder("=")) for name in row.names or ()
            }
            start += element.count * row.itemsize
        elif rows is not None and len(lists) == 1 and bool(np.all(rows[f"{lists[0][0]}:count"] == 3)):
            table[element.name] = (
                rows[lists[0][0]].astype(np.int64).ravel(),
                np.full(element.count, 3),
                {
                    name: rows[name].astype(rows[name].dtype.newbyteorder("="))
                    for name, _unused, counter in element.properties
                    if not counter
                },
            )
            start += element.count * row.itemsize
        else:
            table[element.name], start = _mixed_rows(path, data, start, order, element)
        if element.name == "face":
            break
    return table


def _mixed_rows(
    path: Path, data: bytes, start: int, order: str, element: _Element
) -> tuple[tuple[np.ndarray, np.ndarray, dict], int]:
    """Rows whose lists differ in length, one after another, every length checked against what is left of the file."""
    corners: list[int] = []
    sizes = np.zeros(element.count, dtype=np.int64)
    for row in range(element.count):
        for name, kind, counter in element.properties:
            size = np.dtype(counter or kind).itemsize
            if start + size > len(data):
                raise _cut_short(path)
            length = int(np.frombuffer(data, order + counter, 1, start)[0]) if counter else 0
            start += size
            if not counter:
                continue
            width = np.dtype(kind).itemsize
            if length < 0 or start + length * width > len(data):
                raise _cut_short(path)
            if name in ("vertex_indices", "vertex_index"):
                face = np.frombuffer(data, order + kind, length, start).tolist()
                corners += face
                sizes[row] = length
            start += length * width
    return (np.array(corners, dtype=np.int64), sizes, {}), start


def _ascii_rows(path: Path, data: bytes, elements: list[_Element]) -> dict:
    lines = iter(data.split(b"\n"))
    table: dict = {}
    try:
        for element in elements:
            rows = [next(lines).split() for _unused in range(element.count)]
            if element.name == "face":
                first = next(index for index, item in enumerate(element.properties) if item[2])
                faces = [[int(word) for word in row[first + 1 : first + 1 + int(row[first])]] for row in rows]
                if any(len(face) != int(row[first]) for face, row in zip(faces, rows)):
                    raise ValueError
                corners = [corner for face in faces for corner in face]
                table["face"] = (np.array(corners, dtype=np.int64), np.array([len(face) for face in faces], int), {})
            else:
                values = np.array(rows, dtype=np.float64).reshape(element.count, -1)
                table[element.name] = {item[0]: values[:, index] for index, item in enumerate(element.properties)}
    except (StopIteration, ValueError, IndexError, OverflowError):
        raise InputError(
            _(
                "{path} has a line that is not made of the numbers its header promises: export the model again.",
                path=path.name,
            )
        ) from None
    return table


def write_ply(
    path: Path, meshes: Sequence[Mesh], progress: ProgressCallback = no_progress, *, space: str | None = "LPS"
) -> None:
    """Binary little-endian PLY of all meshes: colours, their shared arrays by name, each triangle's object number."""
    whole = concatenate(list(meshes))
    colors = np.concatenate([np.tile(color_bytes(mesh.color), (len(mesh.points), 1)) for mesh in meshes])
    objects = np.concatenate([np.full(len(mesh.triangles), index, np.uint16) for index, mesh in enumerate(meshes)])
    vertex = [("x", "<f4"), ("y", "<f4"), ("z", "<f4"), ("red", "u1"), ("green", "u1"), ("blue", "u1")]
    face = [("count", "u1"), ("vertex_indices", "<i4", 3), ("object", "<u2")]
    point_arrays = _scalar_arrays(whole.point_arrays)
    triangle_arrays = _scalar_arrays(whole.triangle_arrays)
    vertex += [(name, values.dtype.str) for name, values in point_arrays.items()]
    face += [(name, values.dtype.str) for name, values in triangle_arrays.items()]
    vertices = np.zeros(len(whole.points), dtype=vertex)
    for index, axis in enumerate("xyz"):
        vertices[axis] = whole.points[:, index]
    for index, channel in enumerate(("red", "green", "blue")):
        vertices[channel] = colors[:, index]
    faces = np.zeros(len(whole.triangles), dtype=face)
    faces["count"], faces["vertex_indices"], faces["object"] = 3, whole.triangles, objects
    for name, values in point_arrays.items():
        vertices[name] = values
    for name, values in triangle_arrays.items():
        faces[name] = values
    progress(0.5, "PLY")
    with open(path, "wb") as file:
        header = _ply_header(meshes, vertices.dtype, len(vertices), faces.dtype, len(faces), space_words(space))
        file.write(header.encode("ascii", "replace"))
        for rows in (vertices, faces):
            for start in range(0, len(rows), CHUNK):
                file.write(rows[start : start + CHUNK].tobytes())


def _ply_header(meshes: Sequence[Mesh], vertex: np.dtype, vertices: int, face: np.dtype, faces: int, space: str) -> str:
    words = {
        "f4": "float",
        "f8": "double",
        "u1": "uchar",
        "i1": "char",
        "u2": "ushort",
        "i2": "short",
        "u4": "uint",
        "i4": "int",
    }
    lines = ["ply", "format binary_little_endian 1.0", f"comment {space}", "comment unit mm"]
    lines += [f"comment object {index} {one_line(mesh.name)}" for index, mesh in enumerate(meshes)]
    lines += [f"element vertex {vertices}"]
    lines += [f"property {words[vertex[name].str[1:]]} {name}" for name in vertex.names or ()]
    lines += [f"element face {faces}", "property list uchar int vertex_indices"]
    lines += [f"property {words[face[name].str[1:]]} {name}" for name in (face.names or ())[2:]]
    return "\n".join([*lines, "end_header"]) + "\n"


def _scalar_arrays(arrays: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """One-component arrays in a type PLY knows, names without blanks; not those of another PLY that this one writes by itself."""
    result = {}
    for name, values in arrays.items():
        values = np.asarray(values)
        if values.ndim != 1 or name in _PLY_OWN:
            continue
        if values.dtype.kind == "b" or (values.dtype.kind in "iu" and values.dtype.itemsize == 1):
            kind = "u1" if values.dtype.kind != "i" else "i1"
        elif values.dtype.kind in "iu":
            kind = "<i4"
        else:
            kind = "<f4"
        result["_".join(name.split())] = values.astype(kind)
    return result


class Ply(FormatHandler):
    """Triangles with colours and further values by point and triangle; objects by number only."""

    name = "ply"
    may_be_text = True

    def read(self, path: Path, progress: ProgressCallback) -> RawMeshFile:
        return read_ply(path, progress)

    def write(self, target: WriteTarget, meshes: Sequence[Mesh], progress: ProgressCallback) -> None:
        write_ply(target.path, meshes, progress, space=target.space)
