"""Mesh files that are read back and compared before they get their names."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from ...config.formats import MESH_FORMATS, MESH_HANDLERS, mesh_format
from ...errors import InputError, OutputError, UsageError
from ...mesh.core import Mesh, concatenate
from ...messages import _, join
from ...progress import ProgressCallback, no_progress, subprogress
from ..atomic import AtomicOutputSet, sha256_of, translate_os_errors
from .handler import WriteTarget
from .reader import read_mesh_file
from .writing import unit_normals

TOLERANCE_MM = 1e-4


@dataclass(frozen=True)
class WrittenFile:
    """A file that stands under its final name and was read back whole.

    `format` is one of `MESH_FORMATS`, ``mtl`` (the materials of an OBJ), ``dicom`` or ``dicom-seg``; `triangles` counts what was read
    back; `deviation_mm` is the largest distance between a corner as written and as read back;
    `payload_sha256` is the hash of the STL or of the labels inside a DICOM object, whose own bytes change with the time
    it was made.
    Coordinates are millimetres in `space`: LPS, or None where the mesh that was given named none.
    """

    path: Path
    format: str
    sha256: str
    bytes: int
    triangles: int = 0
    deviation_mm: float = 0.0
    payload_sha256: str = ""
    space: str | None = "LPS"

    def as_json(self) -> dict[str, object]:
        """The file in the record's form: its name without folder, so that no path leaks."""
        entry: dict[str, object] = {
            "file": self.path.name,
            "format": self.format,
            "sha256": self.sha256,
            "bytes": self.bytes,
            "triangles": self.triangles,
            "read_back_deviation_mm": self.deviation_mm,
            "unit": "mm",
            "space": self.space or "unknown",
        }
        return {**entry, "payload_sha256": self.payload_sha256} if self.payload_sha256 else entry


def export_meshes(
    meshes: Sequence[Mesh],
    folder: Path,
    stem: str,
    formats: Sequence[str] = ("stl", "3mf"),
    *,
    metadata: Mapping[str, str] | None = None,
    thumbnail: bytes = b"",
    space: str | None = "LPS",
    progress: ProgressCallback = no_progress,
) -> tuple[WrittenFile, ...]:
    """Writes closed meshes (LPS mm) as ``<stem>.stl``, ``.3mf``, ``.obj`` (with ``.mtl``), ``.ply`` in `folder`.

    STL and PLY hold all meshes side by side; 3MF and OBJ keep them as named, coloured objects. `metadata` (Title,
    Description, ... or own names) goes into the 3MF and must hold no patient data; `thumbnail` is a PNG for it. The files name
    `space`; with None they name none, since nobody knows it. Every
    file is written under a temporary name, read back and compared (count, corners within 1e-4 mm, orientation); all
    are moved to their names only when the last one has passed. An existing file of the name is replaced. The same
    meshes give the same bytes.

    Raises `UsageError` for an unknown format, `MissingDependencyError` for 3MF without lib3mf, `OutputError` for empty
    meshes, a full or read-only disk and a file that does not read back. After any exception nothing is left behind.
    """
    wanted = tuple(dict.fromkeys(name.lower() for name in formats))
    for name in wanted:
        if name not in MESH_HANDLERS or not mesh_format(name).can_write:
            raise UsageError(
                _(
                    "'{name}' is no format of mesh files: choose among {mesh_formats}.",
                    name=name,
                    mesh_formats=join(", ", MESH_FORMATS),
                )
            )
    _refuse_empty(meshes)
    checked: dict[str, tuple[int, float]] = {}
    with AtomicOutputSet(folder) as outputs:
        for index, name in enumerate(wanted):
            step = subprogress(progress, index / len(wanted), (index + 1) / len(wanted))
            step(0.0, _("writing {name}", name=name.upper()))
            path = outputs.temporary(f"{stem}.{name}")
            with translate_os_errors(f"{stem}.{name}"):
                target = WriteTarget(
                    path,
                    stem,
                    lambda ending: outputs.temporary(f"{stem}.{ending}"),
                    metadata or {},
                    thumbnail,
                    space,
                )
                mesh_format(name).write(target, meshes, subprogress(step, 0.0, 0.6))
            step(0.6, _("reading {name} back", name=name.upper()))
            checked[f"{stem}.{name}"] = verify_round_trip(path, meshes, name, space)
        paths = outputs.publish()
    progress(1.0, _("files written"))
    return tuple(replace(_written(path, checked.get(path.name, (0, 0.0))), space=space) for path in paths)


def _written(path: Path, check: tuple[int, float]) -> WrittenFile:
    with translate_os_errors(path.name):
        return WrittenFile(path, path.suffix[1:].lower(), sha256_of(path), path.stat().st_size, *check)


def _refuse_empty(meshes: Sequence[Mesh]) -> None:
    if not meshes or any(len(mesh.triangles) == 0 for mesh in meshes):
        raise OutputError(
            _(
                "The model holds no triangles, so there is nothing to print: lower the threshold or choose "
                "another segment."
            )
        )
    for mesh in meshes:
        if not np.isfinite(mesh.points).all():
            raise OutputError(_("The model holds points without a finite position: repair it before writing."))


def verify_round_trip(path: Path, meshes: Sequence[Mesh], name: str, space: str | None = "LPS") -> tuple[int, float]:
    """Number of triangles in the file and the largest distance of its corners from those of `meshes`, in mm.

    Raises `OutputError` where they differ by more than 1e-4 mm (plus the rounding of float32), in number, or in
    orientation, or unit and `space` are not those that were meant.
    """
    try:
        found = read_mesh_file(path)
    except InputError as error:
        raise OutputError(
            _(
                "The {name} file did not read back ({error}): write it again to another folder.",
                name=name.upper(),
                error=error,
            )
        ) from None
    expected = concatenate(list(meshes))
    result = concatenate(list(found.meshes))
    if len(result.triangles) != len(expected.triangles):
        raise OutputError(
            _(
                "The {name} file read back with {triangles_count} triangles instead of {triangles_count2}: "
                "repair the model and write it again.",
                name=name.upper(),
                triangles_count=len(result.triangles),
                triangles_count2=len(expected.triangles),
            )
        )
    if found.unit not in (None, "mm") or found.space != space:
        raise OutputError(
            _(
                "The {name} file read back in another unit or space: this is a fault of the program; please report it.",
                name=name.upper(),
            )
        )
    worst = 0.0
    for start in range(0, len(expected.triangles), 262144):
        part_ = slice(start, start + 262144)
        before = expected.points[expected.triangles[part_]].astype(np.float64)
        after = result.points[result.triangles[part_]].astype(np.float64)
        worst = max(worst, float(np.abs(before - after).max()))
        _same_orientation(before, after, name)
    limit = TOLERANCE_MM + float(np.spacing(np.float32(np.abs(expected.points).max())))
    if not worst <= limit:
        raise OutputError(
            _(
                "The {name} file read back {worst:.4f} mm off: write it again to another folder.",
                name=name.upper(),
                worst=worst,
            )
        )
    return len(result.triangles), worst


def _same_orientation(before: np.ndarray, after: np.ndarray, name: str) -> None:
    turned = np.einsum("ij,ij->i", unit_normals(before), unit_normals(after)) < -0.5
    # Slivers thinner than the rounding of float32 may turn over; a mirrored file turns all.
    if np.count_nonzero(turned) > 0.001 * len(before) + 2:
        raise OutputError(
            _(
                "The {name} file read back inside out: this is a fault of the program; please report it.",
                name=name.upper(),
            )
        )
