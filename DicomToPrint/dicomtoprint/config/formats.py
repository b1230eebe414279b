"""The formats that files are written in."""

from collections.abc import Sequence
from typing import Any

from ..errors import UsageError
from ..messages import _, join
from .registry import Registry

# Formats of mesh files, in the order in which they are listed.
MESH_HANDLERS: Registry[Any] = Registry(
    _("format of mesh files"),
    "dicomtoprint.formats",
    {
        "stl": "io.mesh.stl:Stl",
        "3mf": "io.mesh.threemf:ThreeMf",
        "obj": "io.mesh.obj:Obj",
        "ply": "io.mesh.ply:Ply",
        "vtp": "io.mesh.vtp:Vtp",
    },
)
# Formats of what joins the study of a scan.
STUDY_HANDLERS: Registry[Any] = Registry(
    _("format of a study"),
    "dicomtoprint.study_formats",
    {"dicom": "pipeline.study_formats:EncapsulatedStl", "seg": "pipeline.study_formats:DicomSeg"},
)
READ_ONLY = ("vtp",)
DEFAULT_FORMATS = ("stl", "3mf")
MESH_FORMATS = tuple(name for name in MESH_HANDLERS.names if name not in READ_ONLY)
FORMATS = (*MESH_FORMATS, *STUDY_HANDLERS.names)


def mesh_format(name: str) -> Any:
    """The `FormatHandler` of a format of mesh files. Raises `UsageError` where there is none."""
    return MESH_HANDLERS.get(name)()


def is_mesh_format(name: str) -> bool:
    """True for a format that a model can be printed from: one of ours, or of an installed package."""
    return name in MESH_FORMATS or (name not in FORMATS and name in MESH_HANDLERS and mesh_format(name).can_write)


def endings_of_format(name: str) -> tuple[str, ...]:
    """How the names of the files of a format end, those beside it included."""
    if name in STUDY_HANDLERS.names:
        return (STUDY_HANDLERS.get(name)().ending,)
    return (f".{name}", *(f".{ending}" for ending in mesh_format(name).companions))


def read_formats(flag: str, lists: Sequence[str] | None) -> tuple[str, ...]:
    """The formats of the option `flag`, the default ones where it is not given. Raises `UsageError`."""
    if lists is None:
        return DEFAULT_FORMATS
    formats = tuple(dict.fromkeys(part.strip().lower() for part in ",".join(lists).split(",") if part.strip()))
    for name in formats:
        if name not in FORMATS and not is_mesh_format(name):
            raise UsageError(
                _("'{name}' is no file format here: choose of {formats}.", name=name, formats=join(", ", FORMATS))
            )
    if not formats:
        raise UsageError(_("{flag} names no format: choose of {formats}.", flag=flag, formats=join(", ", FORMATS)))
    return formats
