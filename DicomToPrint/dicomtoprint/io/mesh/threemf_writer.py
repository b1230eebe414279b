"""Writer of 3MF by lib3mf. It writes what it is given; `export.py` checks it."""

import ctypes
import hashlib
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ... import __version__
from ...errors import MissingDependencyError, OutputError
from ...mesh.core import Material, Mesh
from ...messages import _
from ...progress import ProgressCallback, no_progress
from .threemf_errors import in_words
from .threemf_materials import add_triangle_materials
from .writing import color_bytes, one_line, space_words

NAMESPACE = "urn:x-dicom-to-print:metadata:1"


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
            _add_object(lib3mf, wrapper, model, colors, mesh, _id(_("object {index}", index=index), meshes))
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
    part.SetName(one_line(mesh.name))
    part.SetUUID(identity)
    points = np.ascontiguousarray(mesh.points, dtype="<f4")
    triangles = np.ascontiguousarray(mesh.triangles, dtype="<u4")
    part.SetGeometry(
        (lib3mf.Position * len(points)).from_buffer_copy(points.tobytes()),
        (lib3mf.Triangle * len(triangles)).from_buffer_copy(triangles.tobytes()),
    )
    red, green, blue = (int(v) for v in color_bytes(mesh.color))
    material = mesh.materials[0] if len(mesh.materials) == 1 else Material(mesh.name, (red, green, blue, 255))
    color = colors.AddMaterial(one_line(material.name), wrapper.RGBAToColor(*material.rgba))
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
