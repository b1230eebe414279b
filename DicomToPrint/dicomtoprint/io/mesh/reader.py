"""One door for all mesh formats: what the file says of itself, its triangles in LPS mm, and every doubt as one sentence."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from ...config.formats import MESH_HANDLERS, mesh_format
from ...errors import InputError, UsageError
from ...mesh.core import Mesh
from ...mesh.merge_points import drop_unused_points, merge_duplicate_points
from ...messages import _, join
from ...progress import ProgressCallback, no_progress, subprogress
from .plain_text import text_encoding
from .raw import LeftOutObject, RawMeshFile

MILLIMETRES: Mapping[str, float] = {
    "um": 0.001,
    "micron": 0.001,
    "mm": 1.0,
    "millimeter": 1.0,
    "cm": 10.0,
    "centimeter": 10.0,
    "m": 1000.0,
    "meter": 1000.0,
    "in": 25.4,
    "inch": 25.4,
    "ft": 304.8,
    "foot": 304.8,
}
MAX_FILE_BYTES = 3 * 1024**3  # 60 million triangles as STL; more would not fit in memory with the checks


@dataclass(frozen=True)
class MeshFile:
    """A mesh file as read.

    `meshes` hold points in mm (LPS where `space` is known, else as the file has them), equal points welded, nothing dropped.
    `unit` is the unit the file states (3MF, OBJ comment) or that the user gave, None where nobody said; `scale` is what the
    coordinates were multiplied by. `space` is ``LPS`` or ``RAS`` as the header says, None where it says nothing. `size` is in bytes.
    `left_out` are objects that are not printed as solids (supports, a slicing program's negative volumes and modifiers, items that are
    marked as not to be printed): they are in no mesh. `unjudged` names what is printed and is no triangle (beam lattices, slices).
    `slicer_scale` is what a slicing program multiplies the coordinates by: only 3MF has a unit that such programs read.
    `items` are the numbers of the objects that slicing programs make of the meshes, one for each mesh; empty: all are one object.
    `encoding` is how a text begins that such programs do not read (``a byte order mark``, ``UTF-16``), empty for any other file.
    """

    name: str
    format: str
    meshes: tuple[Mesh, ...]
    unit: str | None = None
    unit_source: str = ""
    scale: float = 1.0
    space: str | None = None
    size: int = 0
    notes: tuple[str, ...] = ()
    left_out: tuple[LeftOutObject, ...] = ()
    unjudged: tuple[str, ...] = ()
    slicer_scale: float = 1.0
    encoding: str = ""
    items: tuple[int, ...] = ()

    @property
    def triangles(self) -> int:
        """Number of triangles of all meshes."""
        return sum(len(mesh.triangles) for mesh in self.meshes)


def read_meshes(path: Path, unit: str | None = None, progress: ProgressCallback = no_progress) -> tuple[Mesh, ...]:
    """The meshes of a file, in LPS mm; see `read_mesh_file`."""
    return read_mesh_file(path, unit, progress).meshes


def read_mesh_file(path: Path, unit: str | None = None, progress: ProgressCallback = no_progress) -> MeshFile:
    """Read STL (binary, ASCII), 3MF, OBJ, PLY or VTP.

    `unit` (``mm``, ``cm``, ``m``, ``in``, ``um``) overrules what the file says. RAS coordinates, where the header says so, become LPS.
    Memory stays within a small multiple of the file's size, whatever it claims. Raises `InputError` with one sentence for what
    is no whole mesh file, `UsageError` for an unknown unit, `MissingDependencyError` for 3MF without lib3mf.
    """
    path = Path(path)
    if unit is not None and unit.lower() not in MILLIMETRES:
        raise UsageError(_("The unit '{unit}' is not known: choose mm, cm, m, in or um.", unit=unit))
    form = path.suffix.lower().lstrip(".")
    if form not in MESH_HANDLERS:
        raise InputError(
            _(
                "{path} has no ending .stl, .3mf, .obj, .ply or .vtp: export the model in one of these formats.",
                path=path.name,
            )
        )
    try:
        size = path.stat().st_size
        if not path.is_file():
            raise InputError(_("{path} is not a file: name one mesh file.", path=path.name))
        if size > MAX_FILE_BYTES:
            raise InputError(
                _(
                    "{path} has {size:.1f} GB, more than can be checked: reduce its triangles.",
                    path=path.name,
                    size=size / 1024**3,
                )
            )
        progress(0.0, _("reading {form}", form=form.upper()))
        handler = mesh_format(form)
        contents = handler.read(path, subprogress(progress, 0.0, 0.6))
        with path.open("rb") as file:
            encoding = text_encoding(file.read(4)) if handler.may_be_text else ""
    except FileNotFoundError:
        raise InputError(_("{path} does not exist: check the name and the folder.", path=path.name)) from None
    except OSError as error:
        raise InputError(
            _(
                "{path} cannot be opened ({kind}): check the file and its rights.",
                path=path.name,
                kind=type(error).__name__,
            )
        ) from None
    except MemoryError:
        raise InputError(
            _(
                "{path} needs more memory than there is: reduce its triangles in the program that made it.",
                path=path.name,
            )
        ) from None
    return replace(_finished(path, form, size, contents, unit, subprogress(progress, 0.6, 1.0)), encoding=encoding)


def _finished(
    path: Path, form: str, size: int, contents: RawMeshFile, unit: str | None, progress: ProgressCallback
) -> MeshFile:
    count = sum(len(mesh.triangles) for mesh in contents.meshes)
    if count == 0:
        raise InputError(_nothing_to_print(path, contents))
    stated = unit.lower() if unit is not None else contents.unit
    source = _("given by the user") if unit is not None else (_("stated in the file") if contents.unit else "")
    scale = MILLIMETRES.get(stated or "mm", 1.0)
    meshes = []
    for index, mesh in enumerate(contents.meshes):
        progress(index / len(contents.meshes), _("welding"))
        if not np.isfinite(mesh.points).all():
            raise InputError(_("{path} has coordinates that are not numbers: export the model again.", path=path.name))
        if len(mesh.points) and float(np.abs(mesh.points).max()) > 1e12:
            raise InputError(
                _("{path} has coordinates beyond any size (over 1e12): export the model again.", path=path.name)
            )
        meshes.append(_in_lps_mm(merge_duplicate_points(drop_unused_points(mesh)), scale, contents.space))
    return MeshFile(
        path.name,
        form,
        tuple(meshes),
        stated,
        source,
        scale,
        contents.space,
        size,
        contents.notes,
        contents.left_out,
        contents.unjudged,
        MILLIMETRES.get(contents.unit or "mm", 1.0) if mesh_format(form).states_unit else 1.0,
        items=contents.items,
    )


def _nothing_to_print(path: Path, contents: RawMeshFile) -> str:
    if contents.unjudged:
        kinds = join(", ", contents.unjudged)
        return _(
            "{path} holds no triangles, only what cannot be judged ({kinds}): export the model as a closed surface.",
            path=path.name,
            kinds=kinds,
        )
    if contents.left_out:
        kinds = ", ".join(sorted({item.kind for item in contents.left_out}))
        return _(
            "{path} holds nothing that is printed ({kinds}): mark an object as one to be printed, or export it again.",
            path=path.name,
            kinds=kinds,
        )
    return _("{path} holds no triangles: export the model again as a closed surface.", path=path.name)


def _in_lps_mm(mesh: Mesh, scale: float, space: str | None) -> Mesh:
    """Half a turn about S takes RAS to LPS; it mirrors nothing, so triangles keep their sense."""
    if scale == 1.0 and space != "RAS":
        return mesh
    signs = np.array([-1.0, -1.0, 1.0]) if space == "RAS" else np.ones(3)
    return replace(mesh, points=(mesh.points * (signs * scale)).astype(mesh.points.dtype))
