"""What a format of mesh files is: how it is read, how it is written, and what it can hold."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ...errors import UsageError
from ...mesh.core import Mesh
from ...messages import _
from ...progress import ProgressCallback
from .raw import RawMeshFile


@dataclass(frozen=True)
class WriteTarget:
    """Where a mesh file goes, under its temporary name, and what it says of itself.

    Parameters
    ----------
    path
        The file to write.
    stem
        The name that it will have, without its ending.
    companion
        From an ending (``mtl``) to the path of a file that goes with it.
    metadata
        Title, Description, ... for formats that hold them; no patient data.
    thumbnail
        A PNG for formats that hold one; empty: none.
    space
        ``LPS``; None where nobody knows the space, which the file then does not name.
    """

    path: Path
    stem: str
    companion: Callable[[str], Path]
    metadata: Mapping[str, str] = field(default_factory=dict)
    thumbnail: bytes = b""
    space: str | None = "LPS"


class FormatHandler:
    """One format of mesh files.

    Attributes
    ----------
    name
        Its name, which is the ending of its files as well.
    can_write
        False where it is only read.
    keeps_objects
        True where one file holds several meshes as named objects; else each goes into a file of its own.
    keeps_materials
        True where the colours and materials of triangles are written.
    has_thumbnail
        True where the file holds a picture of the model.
    may_be_text
        True where a file may be text, which slicing programs read in few encodings.
    states_unit
        True where slicing programs read the unit that the file states.
    companions
        Endings of files that are written beside it.
    package
        The package that reading and writing need and Slicer lacks, by its name on PyPI; empty: none.
    """

    name = ""
    can_write = True
    keeps_objects = False
    keeps_materials = False
    has_thumbnail = False
    may_be_text = False
    states_unit = False
    companions: tuple[str, ...] = ()
    package = ""

    def read(self, path: Path, progress: ProgressCallback) -> RawMeshFile:
        """What the file holds, nothing of it trusted. Memory stays within a small multiple of its size. Raises `InputError`."""
        raise NotImplementedError

    def write(self, target: WriteTarget, meshes: Sequence[Mesh], progress: ProgressCallback) -> None:
        """Write closed meshes (LPS mm); the same meshes give the same bytes. It is read back and compared by the caller."""
        raise UsageError(_("The format {name} is only read: choose another one.", name=self.name))
