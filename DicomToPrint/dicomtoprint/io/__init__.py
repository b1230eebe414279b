"""Files: written whole or not at all; mesh files read without trust and written with a round trip."""

from .atomic import (
    AtomicOutputSet,
    json_text,
    sha256_of,
    write_bytes_atomically,
    write_json_atomically,
    write_text_atomically,
)
from .mesh.export import WrittenFile, export_meshes
from .mesh.raw import NOT_PRINTED, OTHER_TYPES, LeftOutObject
from .mesh.reader import MeshFile, read_mesh_file, read_meshes

__all__ = [
    "NOT_PRINTED",
    "OTHER_TYPES",
    "AtomicOutputSet",
    "LeftOutObject",
    "MeshFile",
    "WrittenFile",
    "export_meshes",
    "json_text",
    "read_mesh_file",
    "read_meshes",
    "sha256_of",
    "write_bytes_atomically",
    "write_json_atomically",
    "write_text_atomically",
]
