"""Writers of single mesh files: STL, PLY, OBJ by numpy, 3MF by lib3mf.

They write what they are given; `write.py` checks it.
"""

import ctypes
import hashlib
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TextIO

import numpy as np

from ... import __version__
from ...errors import MissingDependencyError, OutputError
from ...mesh.core import Material, Mesh, concatenate
from ...messages import _
from ...progress import ProgressCallback, no_progress
from .threemf_errors import in_words
from .threemf_materials import add_triangle_materials

UNKNOWN_SPACE = "written by DicomToPrint, space unknown"
OBJ_UNIT = "vertex coordinates are measured in units, where 1 unit = 1.000000 mm"  # read by Slicer, after Mimics
NAMESPACE = "urn:x-dicom-to-print:metadata:1"
_CHUNK = 65536
_PLY_OWN = ("x", "y", "z", "red", "green", "blue", "count", "vertex_indices", "object")


def space_words(space: str | None) -> str:
    """How a header names the space, as Slicer reads it: ``SPACE=LPS``; for None words that no reader takes for a space."""
    return f"SPACE={space}" if space else UNKNOWN_SPACE


def write_stl(
    path: Path, meshes: Sequence[Mesh], progress: ProgressCallback = no_progress, *, space: str | None = "LPS"
) -> None:
    """Binary STL, little-endian float32, all meshes side by side in one solid; the 80-byte header is ``SPACE=LPS``."""
    count = sum(len(mesh.triangles) for mesh in meshes)
    record = np.dtype([("normal", "<f4", 3), ("corners", "<f4", (3, 3)), ("attribute", "<u2")])
    with open(path, "wb") as file:
        file.write(space_words(space).encode("ascii").ljust(80, b"\0"))
        file.write(np.uint32(count).astype("<u4").tobytes())
        done = 0
        for mesh in meshes:
            for start in range(0, len(mesh.triangles), _CHUNK):
                progress(done / max(count, 1), "STL")
                corners = mesh.points[mesh.triangles[start : start + _CHUNK]].astype(np.float64)
                rows = np.zeros(len(corners), dtype=record)
                rows["normal"] = unit_normals(corners)
                rows["corners"] = corners
                file.write(rows.tobytes())
                done += len(corners)


def unit_normals(corners: np.ndarray) -> np.ndarray:
    """(m, 3, 3) corners to (m, 3) unit normals; zero for a triangle without area."""
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    lengths = np.linalg.norm(normals, axis=1, keepdims=True)
    return np.divide(normals, lengths, out=np.zeros_like(normals), where=lengths > 0)


def write_ply(
    path: Path, meshes: Sequence[Mesh], progress: ProgressCallback = no_progress, *, space: str | None = "LPS"
) -> None:
    """Binary little-endian PLY of all meshes: colours, their shared arrays by name, each triangle's object number."""
    whole = concatenate(list(meshes))
    colors = np.concatenate([np.tile(_bytes(mesh.color), (len(mesh.points), 1)) for mesh in meshes])
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
            for start in range(0, len(rows), _CHUNK):
                file.write(rows[start : start + _CHUNK].tobytes())


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
    lines += [f"comment object {index} {_one_line(mesh.name)}" for index, mesh in enumerate(meshes)]
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


def write_obj(
    path: Path,
    material_path: Path,
    material_name: str,
    meshes: Sequence[Mesh],
    progress: ProgressCallback = no_progress,
    *,
    space: str | None = "LPS",
) -> None:
    """OBJ with one object and one material a mesh, and its material file, called `material_name` in the OBJ."""
    with open(material_path, "w", encoding="utf-8", newline="\n") as file:
        for index, mesh in enumerate(meshes):
            color = "{:.4f} {:.4f} {:.4f}".format(*mesh.color)
            file.write(f"newmtl material_{index}\nKa {color}\nKd {color}\nKs 0 0 0\nd 1\nillum 1\n")
    first = 1
    with open(path, "w", encoding="utf-8", newline="\n") as file:
        file.write(f"# DicomToPrint output. {space_words(space)}\n# {OBJ_UNIT}\nmtllib {material_name}\n")
        for index, mesh in enumerate(meshes):
            progress(index / len(meshes), "OBJ")
            file.write(f"o {_one_line(mesh.name).replace(' ', '_')}\n")
            _write_rows(file, "v %.6f %.6f %.6f\n", mesh.points)
            file.write(f"usemtl material_{index}\n")
            _write_rows(file, "f %d %d %d\n", mesh.triangles + first)
            first += len(mesh.points)


def _write_rows(file: TextIO, pattern: str, rows: np.ndarray) -> None:
    for start in range(0, len(rows), _CHUNK):
        part = rows[start : start + _CHUNK]
        file.write((pattern * len(part)) % tuple(part.ravel().tolist()))


def write_3mf(
    path: Path,
    meshes: Sequence[Mesh],
    metadata: Mapping[str, str] | None = None,
    thumbnail: bytes = b"",
    progress: ProgressCallback = no_progress,
    *,
    space: str | None = "LPS",
) -> None:
    """3MF in millimetres by lib3mf: one coloured named object a mesh, the package's metadata and a PNG thumbnail.

    Ids come from the content, so that the same meshes give the same package. Raises `MissingDependencyError` without lib3mf,
    `OutputError` where lib3mf refuses a mesh.
    """
    try:
        import lib3mf
    except ImportError:
        raise MissingDependencyError(
            _("3MF needs the package lib3mf, which is not installed: install it, or choose the format stl.")
        ) from None
    wrapper = lib3mf.get_wrapper()
    model = wrapper.CreateModel()
    try:
        model.SetUnit(lib3mf.ModelUnit.MilliMeter)
        model.SetBuildUUID(_id("build", meshes))
        told = {
            "CoordinateSystem": space_words(space),
            "Application": f"DicomToPrint {__version__}",
            **(metadata or {}),
        }
        _add_metadata(model.GetMetaDataGroup(), told)
        colors = model.AddBaseMaterialGroup()
        for index, mesh in enumerate(meshes):
            progress(index / len(meshes), "3MF")
            _add_object(lib3mf, wrapper, model, colors, mesh, _id(f"object {index}", meshes))
        if thumbnail:
            model.CreatePackageThumbnailAttachment().ReadFromBuffer(thumbnail)
        writer = model.QueryWriter("3mf")
        writer.SetStrictModeActive(True)
        writer.SetDecimalPrecision(6)
        progress(0.7, "3MF")
        package = _packed(lib3mf, writer)
    except lib3mf.ELib3MFException as error:
        raise OutputError(
            _("The 3MF cannot be made ({in_words}): repair the model, or write STL.", in_words=in_words(error))
        ) from None
    path.write_bytes(package)


def _packed(lib3mf: Any, writer: Any) -> bytes:
    """The package in memory: lib3mf's own file writer ends the process where the disk is full (2.5.0)."""
    data = bytearray()
    place = 0

    def write(address: int, count: int, _user: object) -> None:
        nonlocal place
        data[place : place + count] = ctypes.string_at(address, count)
        place += count

    def seek(position: int, _user: object) -> None:
        nonlocal place
        data.extend(bytes(max(position - len(data), 0)))
        place = position

    writer.WriteToCallback(lib3mf.WriteCallback(write), lib3mf.SeekCallback(seek), None)
    return bytes(data)


def _add_object(lib3mf: Any, wrapper: Any, model: Any, colors: Any, mesh: Mesh, identity: str) -> None:
    part = model.AddMeshObject()
    part.SetName(_one_line(mesh.name))
    part.SetUUID(identity)
    points = np.ascontiguousarray(mesh.points, dtype="<f4")
    triangles = np.ascontiguousarray(mesh.triangles, dtype="<u4")
    part.SetGeometry(
        (lib3mf.Position * len(points)).from_buffer_copy(points.tobytes()),
        (lib3mf.Triangle * len(triangles)).from_buffer_copy(triangles.tobytes()),
    )
    red, green, blue = (int(v) for v in _bytes(mesh.color))
    material = mesh.materials[0] if len(mesh.materials) == 1 else Material(mesh.name, (red, green, blue, 255))
    color = colors.AddMaterial(_one_line(material.name), wrapper.RGBAToColor(*material.rgba))
    part.SetObjectLevelProperty(colors.GetResourceID(), color)
    if len(mesh.triangle_arrays.get("Material", ())):
        add_triangle_materials(lib3mf, wrapper, part, colors, mesh, color)
    item = model.AddBuildItem(part, wrapper.GetIdentityTransform())
    item.SetUUID(str(uuid.uuid5(uuid.UUID(identity), "item")))


def _add_metadata(group: Any, metadata: Mapping[str, str]) -> None:
    """Names of the 3MF core specification as they are, all others in our namespace."""
    known = (
        "Title",
        "Designer",
        "Description",
        "Copyright",
        "LicenseTerms",
        "Rating",
        "CreationDate",
        "ModificationDate",
        "Application",
    )
    for name, value in metadata.items():
        group.AddMetaData("" if name in known else NAMESPACE, name, str(value), "xs:string", True)


def _id(role: str, meshes: Sequence[Mesh]) -> str:
    digest = hashlib.sha256(role.encode())
    for mesh in meshes:
        digest.update(np.ascontiguousarray(mesh.points, dtype="<f4").tobytes())
        digest.update(np.ascontiguousarray(mesh.triangles, dtype="<u4").tobytes())
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"{NAMESPACE}#{digest.hexdigest()}"))


def _bytes(color: tuple[float, float, float]) -> np.ndarray:
    return np.clip(np.rint(np.asarray(color, dtype=float) * 255), 0, 255).astype(np.uint8)


def _one_line(text: str) -> str:
    return " ".join(str(text).split()) or "Model"
