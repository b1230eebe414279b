"""Mesh files back into triangles: STL, 3MF, OBJ, PLY of any program, none of them trusted."""

from .read import MeshFile, read_mesh_file, read_meshes

__all__ = ["MeshFile", "read_mesh_file", "read_meshes"]
