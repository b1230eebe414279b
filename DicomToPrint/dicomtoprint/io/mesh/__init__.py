"""Mesh files: STL, 3MF, OBJ, PLY of any program back into triangles, none of them trusted; writers and their round trip."""

from .export import FORMATS, WrittenFile, export_meshes
from .reader import MeshFile, read_mesh_file, read_meshes

__all__ = ["FORMATS", "MeshFile", "WrittenFile", "export_meshes", "read_mesh_file", "read_meshes"]
