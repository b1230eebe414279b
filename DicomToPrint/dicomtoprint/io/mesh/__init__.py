"""Mesh files: STL, 3MF, OBJ, PLY of any program back into triangles, none of them trusted; writers and their round trip."""

from .export import WrittenFile, export_meshes
from .raw import NOT_PRINTED, OTHER_TYPES, LeftOutObject
from .reader import MeshFile, read_mesh_file, read_meshes

__all__ = [
    "NOT_PRINTED",
    "OTHER_TYPES",
    "LeftOutObject",
    "MeshFile",
    "WrittenFile",
    "export_meshes",
    "read_mesh_file",
    "read_meshes",
]
