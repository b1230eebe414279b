"""Is a repeated run the same, to the byte, or by how much does it differ?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..config.formats import is_mesh_format
from ..config.run_settings import RunSettings
from ..errors import InputError
from ..io import read_meshes
from ..io.mesh.export import WrittenFile
from ..mesh.core import Mesh, concatenate
from ..messages import ENGLISH, _, join
from .record import RunRecord


@dataclass(frozen=True)
class FileComparison:
    """One output.

    `same` to the byte (a DICOM object: of the model inside), or the largest distance between the two surfaces in mm
    (None: not known) and the change of volume.
    """

    file: str
    same: bool
    distance_mm: float | None = None
    volume_change_mm3: float | None = None
    sentence: str = ""


@dataclass(frozen=True)
class RunComparison:
    """A repeated run against its record. `same`: every file of the record came out with the same bytes; `language`: that of the
    repetition, which a reader of the comparison has too."""

    files: tuple[FileComparison, ...]
    notes: tuple[str, ...] = ()
    language: str = ENGLISH

    @property
    def same(self) -> bool:
        """True where there is something to compare and all of it is the same to the byte."""
        return bool(self.files) and all(file.same for file in self.files)

    @property
    def in_words(self) -> str:
        """A line for each file, then the reasons that the record itself shows."""
        return join("\n", [*(file.sentence for file in self.files), *self.notes])

    def as_json(self) -> dict[str, Any]:
        """The comparison as plain JSON."""
        return {
            "same": self.same,
            "notes": list(self.notes),
            "files": [
                {
                    "file": file.file,
                    "same": file.same,
                    "distance_mm": file.distance_mm,
                    "volume_change_mm3": file.volume_change_mm3,
                }
                for file in self.files
            ],
        }


def compare_runs(
    record: RunRecord,
    new_outputs: Sequence[WrittenFile],
    *,
    old_folder: Path | None = None,
    new_record: RunRecord | None = None,
) -> RunComparison:
    """Compares the files of a repeated run with those that `record` names.

    Hashes decide; where they differ and the old file still stands, unchanged, in `old_folder`, the distance between
    the two surfaces is measured from vertex to nearest vertex, both ways (an upper bound of the true distance).
    `new_record` tells which input, parameters or libraries changed.
    """
    by_name = {file.path.name: file for file in new_outputs}
    files = [_compare(old, by_name.get(str(old.get("file", ""))), old_folder) for old in record.outputs]
    return RunComparison(tuple(files), _reasons(record, new_record) if new_record is not None else ())


def _compare(old: Mapping[str, Any], new: WrittenFile | None, old_folder: Path | None) -> FileComparison:
    name = str(old.get("file", ""))
    if new is None:
        return FileComparison(name, False, sentence=_("{file}: not written this time.").format(file=name))
    if new.sha256 == old.get("sha256"):
        return FileComparison(name, True, 0.0, 0.0, _("{file}: the same to the byte.").format(file=name))
    if new.payload_sha256 and new.payload_sha256 == old.get("payload_sha256"):
        message = _("{file}: the same model to the byte, in a DICOM object made at another time.").format(file=name)
        return FileComparison(name, True, 0.0, 0.0, message)
    before = _old_mesh(old, old_folder)
    if before is None or not is_mesh_format(new.format):
        sentence = _(
            "{file}: differs; {old} triangles before, {new} now (the earlier file is not there to measure by how much)."
        )
        return FileComparison(
            name, False, sentence=sentence.format(file=name, old=old.get("triangles"), new=new.triangles)
        )
    after = concatenate(list(read_meshes(new.path)))
    distance, change = _distance(before, after), after.volume - before.volume
    sentence = _("{file}: differs by at most {distance} mm; volume {change} mm³.").format(
        file=name, distance=f"{distance:.4f}", change=f"{change:+.1f}"
    )
    return FileComparison(name, False, distance, change, sentence)


def _old_mesh(old: Mapping[str, Any], old_folder: Path | None) -> Mesh | None:
    from ..io.atomic import sha256_of

    if old_folder is None:
        return None
    path = Path(old_folder) / Path(str(old.get("file", ""))).name
    try:
        if sha256_of(path) != old.get("sha256"):
            return None
        return concatenate(list(read_meshes(path)))
    except (OSError, InputError):
        return None


def _distance(one: Mesh, other: Mesh) -> float:
    from scipy.spatial import cKDTree

    if one.points.shape == other.points.shape and np.array_equal(one.triangles, other.triangles):
        return float(np.linalg.norm(one.points.astype(np.float64) - other.points, axis=1).max(initial=0.0))
    forward, _index = cKDTree(other.points).query(one.points)
    backward, _index = cKDTree(one.points).query(other.points)
    return float(max(forward.max(initial=0.0), backward.max(initial=0.0)))


def _reasons(old: RunRecord, new: RunRecord) -> tuple[str, ...]:
    notes = []
    if old.input_sha256 and old.input_sha256 != new.input_sha256:
        notes.append(_("The input is not the one of the record."))
    given = [{entry["file"]: entry["sha256"] for entry in record.given_files} for record in (old, new)]
    other_files = sorted(name for name in given[0].keys() & given[1].keys() if given[0][name] != given[1][name])
    if other_files:
        notes.append(_("Files given for the run have changed: {names}.").format(names=join(", ", other_files)))
    # A record of an earlier version lacks the settings that came later: they had no effect then, as their defaults have none. No file
    # for printing depends on the language.
    before, now = ({**RunSettings().as_json(), **record.parameters} for record in (old, new))
    changed = sorted(
        name for name in {*before, *now} - {"language"} if _tuples(before.get(name)) != _tuples(now.get(name))
    )
    if changed:
        notes.append(_("Parameters differ: {names}.").format(names=join(", ", changed)))
    libraries = {**_prefixed(old.software), **old.libraries}, {**_prefixed(new.software), **new.libraries}
    other = sorted(name for name in {*libraries[0], *libraries[1]} if libraries[0].get(name) != libraries[1].get(name))
    if other:
        versions = ", ".join(f"{name} {libraries[0].get(name, '-')} / {libraries[1].get(name, '-')}" for name in other)
        notes.append(_("Versions differ (then / now): {versions}.").format(versions=versions))
    return tuple(notes)


def _prefixed(software: Mapping[str, str]) -> dict[str, str]:
    return {str(software.get("name", "software")): str(software.get("version", ""))}


def _tuples(value: Any) -> Any:
    return [_tuples(item) for item in value] if isinstance(value, (list, tuple)) else value
