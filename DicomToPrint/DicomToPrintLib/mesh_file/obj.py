"""OBJ: vertices and faces by numpy. vtkOBJReader ends the whole process on an index out of range, so it is not used."""

import re
from pathlib import Path

import numpy as np

from ..errors import CannotRead
from ..mesh import Mesh
from ..progress import Progress
from .contents import Contents, space_in

_UNIT = re.compile(r"1\s*unit\s*=\s*([0-9.]+(?:e[+-]?\d+)?)\s*(um|mm|cm|m|in|inch|ft)\b", re.IGNORECASE)
_UNIT_WORD = re.compile(
    r"\bunits?\s*[:=]\s*(um|mm|cm|m|in|inch|inches|millimeters?|meters?|centimeters?)\b", re.IGNORECASE
)


def read(path: Path, progress: Progress) -> Contents:
    """One mesh an ``o`` (or none); polygons become fans; texture, normals and groups are left out."""
    lines = path.read_bytes().replace(b"\\\r\n", b" ").replace(b"\\\n", b" ").split(b"\n")
    points: list[bytes] = []
    faces: list[tuple[int, bytes, int]] = []
    objects: list[tuple[str, int]] = []
    comments: list[str] = []
    for number, line in enumerate(lines):
        if number % 200_000 == 0:
            progress(0.8 * number / len(lines), "reading OBJ")
        kind = line[:2]
        if kind in (b"v ", b"v\t"):
            points.append(line)
        elif kind in (b"f ", b"f\t"):
            faces.append((number + 1, line, len(points)))
        elif kind in (b"o ", b"o\t"):
            objects.append((line[2:].strip().decode("utf-8", "replace"), len(faces)))
        elif line.startswith(b"#") and len(comments) < 200:
            comments.append(line[:400].decode("utf-8", "replace"))
    coordinates = _coordinates(path, points)
    corners, owner = _triangles(path, faces, len(coordinates))
    text = "\n".join(comments)
    unit, factor = _unit(text)
    meshes = _objects(path, coordinates * factor, corners, owner, objects)
    return Contents(meshes, unit, space_in(text))


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


def _coordinates(path: Path, lines: list[bytes]) -> np.ndarray:
    rows = np.empty((len(lines), 3), dtype=np.float64)
    for index, line in enumerate(lines):
        try:
            rows[index] = line.split()[1:4]
        except ValueError:
            raise CannotRead(
                f"{path.name}: vertex {index + 1:,} has no three numbers: export the model again."
            ) from None
    return rows


def _triangles(path: Path, lines: list[tuple[int, bytes, int]], count: int) -> tuple[np.ndarray, np.ndarray]:
    """(m, 3) point indices and the face line each triangle came from; negative indices count back from where they stand."""
    corners: list[tuple[int, int, int]] = []
    owner: list[int] = []
    for index, (number, line, seen) in enumerate(lines):
        try:
            face = [int(word.split(b"/", 1)[0]) for word in line.split()[1:]]
        except ValueError:
            raise CannotRead(
                f"{path.name}, line {number}: a face is not made of numbers: export the model again."
            ) from None
        face = [value - 1 if value > 0 else seen + value for value in face]
        if len(face) < 3 or min(face) < 0 or max(face) >= count:
            raise CannotRead(
                f"{path.name}, line {number}: a face names a vertex that does not exist: export the model again."
            )
        for second, third in zip(face[1:-1], face[2:]):
            corners.append((face[0], second, third))
            owner.append(index)
    return np.array(corners, dtype=np.int32).reshape(-1, 3), np.array(owner, dtype=np.int64)


def _objects(
    path: Path, points: np.ndarray, triangles: np.ndarray, owner: np.ndarray, objects: list[tuple[str, int]]
) -> tuple[Mesh, ...]:
    """Meshes of the file's objects; points without a face are left out."""
    starts = [start for _, start in objects]
    names = [name or path.stem for name, _ in objects]
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
