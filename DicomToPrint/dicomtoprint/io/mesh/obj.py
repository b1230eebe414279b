"""OBJ: vertices and faces by numpy. vtkOBJReader ends the whole process on an index out of range, so it is not used."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import TextIO

import numpy as np

from ...errors import InputError
from ...mesh.core import Mesh
from ...messages import _
from ...progress import ProgressCallback, no_progress
from .handler import FormatHandler, WriteTarget
from .plain_text import mend_text
from .polygons import triangulate_polygons
from .raw import RawMeshFile, parse_space
from .writing import CHUNK, one_line, space_words

OBJ_UNIT = "vertex coordinates are measured in units, where 1 unit = 1.000000 mm"  # read by Slicer, after Mimics
_UNIT = re.compile(r"1\s*unit\s*=\s*([0-9.]+(?:e[+-]?\d+)?)\s*(um|mm|cm|m|in|inch|ft)\b", re.IGNORECASE)
_UNIT_WORD = re.compile(
    r"\bunits?\s*[:=]\s*(um|mm|cm|m|in|inch|inches|millimeters?|meters?|centimeters?)\b", re.IGNORECASE
)

_AFTER_SLASH = re.compile(rb"/[^\s]*")


def read_obj(path: Path, progress: ProgressCallback) -> RawMeshFile:
    """One mesh an ``o`` (or none); polygons are triangulated by ear clipping; texture, normals and groups are left out."""
    progress(0.0, _("reading OBJ"))
    content = mend_text(path.read_bytes()).replace(b"\\\r\n", b" ").replace(b"\\\n", b" ") + b"\n"
    lines = _Lines(content)
    vertices, faces, names = (lines.starting_with(letter) for letter in (b"v", b"f", b"o"))
    objects = [(lines.text(at)[2:].strip().decode("utf-8", "replace"), int(np.searchsorted(faces, at))) for at in names]
    comments = [lines.text(at)[:400].decode("utf-8", "replace") for at in np.flatnonzero(lines.first == ord("#"))[:200]]
    progress(0.2, _("reading OBJ"))
    coordinates = _coordinates(path, lines, vertices)
    progress(0.5, _("reading OBJ"))
    corners, sizes = _polygons(path, lines, faces, np.searchsorted(vertices, faces), len(coordinates))
    triangles, owner = triangulate_polygons(coordinates, corners, sizes)
    text = "\n".join(comments)
    unit, factor = _unit(text)
    meshes = _objects(path, coordinates * factor, triangles.astype(np.int32), owner, objects)
    return RawMeshFile(meshes, unit, parse_space(text))


class _Lines:
    """Where the lines of a text lie, found at once: a million of them would be slow one by one."""

    def __init__(self, content: bytes) -> None:
        self.content = content
        self.bytes = np.frombuffer(content, dtype=np.uint8)
        self.ends = np.flatnonzero(self.bytes == ord("\n"))
        self.starts = np.concatenate([[0], self.ends[:-1] + 1])
        self.first = self.bytes[self.starts]

    def text(self, at: int) -> bytes:
        return self.content[self.starts[at] : self.ends[at]]

    def starting_with(self, letter: bytes) -> np.ndarray:
        """Numbers of the lines that begin with a letter and a blank."""
        second = self.bytes[np.minimum(self.starts + 1, len(self.bytes) - 1)]
        return np.flatnonzero((self.first == ord(letter)) & ((second == ord(" ")) | (second == ord("\t"))))

    def words(self, which: np.ndarray, drop: "re.Pattern[bytes] | None" = None) -> np.ndarray | None:
        """(lines, words) of these lines without what matches `drop`; None where they hold unequally many, or one has a word
        so long that it is no number and would cost memory."""
        if len(which) == 0:
            return None
        marks = np.zeros(len(self.starts), dtype=bool)
        marks[which] = True
        text = self.bytes[np.repeat(marks, self.ends - self.starts + 1)].tobytes()
        words = (drop.sub(b"", text) if drop is not None else text).split()
        columns = len(words) // len(which)
        letter = bytes([self.first[which[0]]])
        regular = len(words) == columns * len(which) and all(word == letter for word in words[::columns])
        if not regular or max(map(len, words)) > 30:
            return None
        return np.array(words).reshape(-1, columns)[:, 1:]


def _unit(text: str) -> tuple[str | None, float]:
    """Unit the comments state and the factor before it (``1 unit = 10 mm``)."""
    found = _UNIT.search(text)
    if found:
        return found.group(2).lower(), float(found.group(1))
    found = _UNIT_WORD.search(text)
    if not found:
        return None, 1.0
    word = found.group(1).lower()
    return {"inches": "in", "millimeters": "mm", "meters": "m", "centimeters": "cm"}.get(word, word), 1.0


def _coordinates(path: Path, lines: _Lines, which: np.ndarray) -> np.ndarray:
    words = lines.words(which)
    if words is not None and words.shape[1] >= 3:
        try:
            return words[:, :3].astype(np.float64)
        except ValueError:
            pass  # the one that is none is named below
    rows = np.empty((len(which), 3), dtype=np.float64)
    for index, at in enumerate(which):
        try:
            rows[index] = lines.text(at).split()[1:4]
        except ValueError:
            raise InputError(
                _(
                    "{path}: vertex {index:,} has no three numbers: export the model again.",
                    path=path.name,
                    index=index + 1,
                )
            ) from None
    return rows


def _polygons(
    path: Path, lines: _Lines, which: np.ndarray, seen: np.ndarray, count: int
) -> tuple[np.ndarray, np.ndarray]:
    """Point indices of all faces, one after another, and the number of corners of each (f,); negative indices count back from where they
    stand (`seen`)."""
    at_once = _faces_alike(lines, which, seen, count)
    if at_once is not None:
        return at_once.ravel(), np.full(len(at_once), at_once.shape[1])
    corners: list[int] = []
    sizes = np.zeros(len(which), dtype=np.int64)
    for index, at in enumerate(which):
        try:
            face = [int(word.split(b"/", 1)[0]) for word in lines.text(at).split()[1:]]
        except ValueError:
            raise InputError(
                _(
                    "{path}, line {at}: a face is not made of numbers: export the model again.",
                    path=path.name,
                    at=at + 1,
                )
            ) from None
        face = [value - 1 if value > 0 else int(seen[index]) + value for value in face]
        if len(face) < 3 or min(face) < 0 or max(face) >= count:
            raise InputError(
                _(
                    "{path}, line {at}: a face names a vertex that does not exist: export the model again.",
                    path=path.name,
                    at=at + 1,
                )
            )
        corners += face
        sizes[index] = len(face)
    return np.array(corners, dtype=np.int64), sizes


def _faces_alike(lines: _Lines, which: np.ndarray, seen: np.ndarray, count: int) -> np.ndarray | None:
    """(faces, corners) point indices where all faces have equally many, as in most files; None where not, or one is faulty."""
    words = lines.words(which, _AFTER_SLASH)
    if words is None or words.shape[1] < 3:
        return None
    try:
        corners = words.astype(np.int64)
    except (ValueError, OverflowError):
        return None
    corners = np.where(corners > 0, corners - 1, seen[:, None] + corners)
    return corners if corners.min() >= 0 and corners.max() < count else None


def _objects(
    path: Path, points: np.ndarray, triangles: np.ndarray, owner: np.ndarray, objects: list[tuple[str, int]]
) -> tuple[Mesh, ...]:
    """Meshes of the file's objects; points without a face are left out."""
    starts = [start for _unused, start in objects]
    names = [name or path.stem for name, _unused in objects]
    if not starts or starts[0] > 0:
        starts, names = [0, *starts], [path.stem, *names]
    which = np.searchsorted(np.array(starts), owner, side="right") - 1
    meshes = []
    for index, name in enumerate(names):
        own = triangles[which == index]
        if len(own) == 0:
            continue
        used, compact = np.unique(own, return_inverse=True)
        meshes.append(Mesh(points[used], compact.reshape(-1, 3).astype(np.int32), name))
    return tuple(meshes)


def write_obj(
    path: Path,
    material_path: Path,
    material_name: str,
    meshes: Sequence[Mesh],
    progress: ProgressCallback = no_progress,
    *,
    space: str | None = "LPS",
) -> None:
    """OBJ with one object and one material a mesh, and its material file, called `material_name` in the OBJ."""
    with open(material_path, "w", encoding="utf-8", newline="\n") as file:
        for index, mesh in enumerate(meshes):
            color = "{:.4f} {:.4f} {:.4f}".format(*mesh.color)
            file.write(f"newmtl material_{index}\nKa {color}\nKd {color}\nKs 0 0 0\nd 1\nillum 1\n")
    first = 1
    with open(path, "w", encoding="utf-8", newline="\n") as file:
        file.write(f"# DicomToPrint output. {space_words(space)}\n# {OBJ_UNIT}\nmtllib {material_name}\n")
        for index, mesh in enumerate(meshes):
            progress(index / len(meshes), "OBJ")
            file.write(f"o {one_line(mesh.name).replace(' ', '_')}\n")
            _write_rows(file, "v %.6f %.6f %.6f\n", mesh.points)
            file.write(f"usemtl material_{index}\n")
            _write_rows(file, "f %d %d %d\n", mesh.triangles + first)
            first += len(mesh.points)


def _write_rows(file: TextIO, pattern: str, rows: np.ndarray) -> None:
    for start in range(0, len(rows), CHUNK):
        part = rows[start : start + CHUNK]
        file.write((pattern * len(part)) % tuple(part.ravel().tolist()))


class Obj(FormatHandler):
    """Objects with one colour each, in a file of materials beside it."""

    name = "obj"
    keeps_objects = True
    may_be_text = True
    companions = ("mtl",)

    def read(self, path: Path, progress: ProgressCallback) -> RawMeshFile:
        return read_obj(path, progress)

    def write(self, target: WriteTarget, meshes: Sequence[Mesh], progress: ProgressCallback) -> None:
        write_obj(target.path, target.companion("mtl"), f"{target.stem}.mtl", meshes, progress, space=target.space)
