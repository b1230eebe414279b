"""The formats that files are written in."""

from collections.abc import Sequence

from ..errors import UsageError

DEFAULT_FORMATS = ("stl", "3mf")
MESH_FORMATS = ("stl", "3mf", "obj", "ply")
FORMATS = (*MESH_FORMATS, "dicom", "seg")


def read_formats(flag: str, lists: Sequence[str] | None) -> tuple[str, ...]:
    """The formats of the option `flag`, the default ones where it is not given. Raises `UsageError`."""
    if lists is None:
        return DEFAULT_FORMATS
    formats = tuple(dict.fromkeys(part.strip().lower() for part in ",".join(lists).split(",") if part.strip()))
    for name in formats:
        if name not in FORMATS:
            raise UsageError(f"'{name}' is no file format here: choose of {', '.join(FORMATS)}.")
    if not formats:
        raise UsageError(f"{flag} names no format: choose of {', '.join(FORMATS)}.")
    return formats
