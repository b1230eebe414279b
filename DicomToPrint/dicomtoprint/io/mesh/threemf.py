"""3MF through lib3mf, after the package has been looked at from outside: size when unpacked, names, XML entities."""

import re
import zipfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np

from ...errors import InputError, MissingDependencyError
from ...mesh.core import Mesh
from ...progress import ProgressCallback
from .raw import RawMeshFile

MAX_UNPACKED_BYTES = 3 * 1024**3  # bytes of all parts
MAX_COMPRESSION_RATIO = 200  # real meshes unpack 4 to 30 times
MAX_INSTANCES = 10_000
MAX_TRIANGLES = 60_000_000
_PLACED = re.compile(rb"<(?:\w+:)?(object|component)\b[^>]*?\s(?:id|objectid)\s*=\s*[\"'](\d+)[\"']")
_SMALL = 8 * 1024**2  # below this a high ratio harms nobody
_UNITS = {0: "um", 1: "mm", 2: "cm", 3: "in", 4: "ft", 5: "m"}


def read_3mf(path: Path, progress: ProgressCallback) -> RawMeshFile:
    """One mesh a placed object, its build transform and the transforms of its components applied, in the unit of the file."""
    try:
        import lib3mf
    except ImportError:
        raise MissingDependencyError(
            "Reading 3MF needs the package lib3mf, which is not installed: install it, or use STL."
        ) from None
    _inspect_package(path, progress)
    wrapper = lib3mf.get_wrapper()
    model = wrapper.CreateModel()
    try:
        # From the file: its buffers are copied to C byte by byte, in Python.
        model.QueryReader("3mf").ReadFromFile(str(path))
    except Exception as error:  # lib3mf raises its own class, with the code of its C interface
        raise InputError(f"{path.name} is no valid 3MF ({_short(error)}): export the model again.") from None
    progress(0.6, "reading 3MF")
    meshes = _placed_meshes(path, model, progress)
    return RawMeshFile(tuple(meshes), _UNITS.get(int(model.GetUnit()), "mm"))


def _short(error: Exception) -> str:
    return str(error).splitlines()[0][:80] if str(error) else type(error).__name__


def _inspect_package(path: Path, progress: ProgressCallback) -> None:
    """Refuse what would unpack to too much, leave its folder, or bring XML entities; nothing is unpacked to disk."""
    try:
        with zipfile.ZipFile(path) as package:
            entries = package.infolist()
            if len(entries) > 10_000:
                raise InputError(f"{path.name} holds {len(entries):,} parts, too many for a model: export it again.")
            for entry in entries:
                name = entry.filename.replace("\\", "/")
                if name.startswith("/") or ".." in name.split("/") or ":" in name.split("/")[0] or "\0" in name:
                    raise InputError(
                        f"{path.name} holds a part whose name leads out of the package: "
                        "do not open it, ask where it came from."
                    )
            total = 0
            for entry in entries:
                total += _unpacked_size(path, package, entry, MAX_UNPACKED_BYTES - total, progress)
    except (
        zipfile.BadZipFile,
        zipfile.LargeZipFile,
        NotImplementedError,
        RuntimeError,
        zlib.error,
        EOFError,
        ValueError,
    ) as error:
        raise InputError(
            f"{path.name} is no whole 3MF package ({type(error).__name__}): copy or export it again."
        ) from None


def _unpacked_size(
    path: Path, package: zipfile.ZipFile, entry: zipfile.ZipInfo, budget: int, progress: ProgressCallback
) -> int:
    """Bytes the part truly unpacks to, read in pieces, whatever its directory entry claims."""
    bomb = InputError(
        f"{path.name} would unpack to far more than a model needs (a zip bomb?): do not open it, ask where it came from."
    )
    if entry.file_size > budget or (
        entry.file_size > _SMALL and entry.file_size > MAX_COMPRESSION_RATIO * max(entry.compress_size, 1)
    ):
        raise bomb
    xml = entry.filename.lower().endswith((".model", ".rels", ".xml"))
    total, tail = 0, b""
    copies = _Copies(path)
    with package.open(entry) as stream:
        while block := stream.read(1 << 20):
            total += len(block)
            if total > budget or (total > _SMALL and total > MAX_COMPRESSION_RATIO * max(entry.compress_size, 1)):
                raise bomb
            if xml:
                if total == len(block) and (block[:2] in (b"\xff\xfe", b"\xfe\xff") or b"\0" in block[:64]):
                    raise InputError(f"{path.name} has XML that is not UTF-8, as 3MF demands: export the model again.")
                window = (tail + block).upper()
                if b"<!DOCTYPE" in window or b"<!ENTITY" in window:
                    raise InputError(
                        f"{path.name} declares XML entities, which 3MF forbids: do not open it, ask where it came from."
                    )
                copies.count(tail + block)
                tail = (tail + block)[-400:]
            progress(0.3, "checking 3MF")
    if total != entry.file_size:
        raise InputError(f"{path.name} is no whole 3MF package (a part's size lies): copy or export it again.")
    return total


class _Copies:
    """How often objects are placed through components of components; lib3mf itself would visit all of them."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._placed: dict[bytes, int] = {}
        self._current = b""

    def count(self, window: bytes) -> None:
        """Take the tags of the next stretch of XML; raises `InputError` where an object stands for too many."""
        for tag, number in _PLACED.findall(window):
            if tag == b"object":
                self._current = number
                self._placed.setdefault(number, 0)
                continue
            self._placed[self._current] = self._placed.get(self._current, 0) + max(self._placed.get(number, 1), 1)
            if self._placed[self._current] > MAX_INSTANCES:
                raise InputError(
                    f"{self._path.name} places its parts more often than a model needs: export it again as one mesh."
                )


def _placed_meshes(path: Path, model: Any, progress: ProgressCallback) -> list[Mesh]:
    geometry: dict[int, tuple[np.ndarray, np.ndarray]] = {}
    result: list[Mesh] = []
    triangles = 0
    items = model.GetBuildItems()
    while items.MoveNext():
        item = items.GetCurrent()
        stack = [
            (
                item.GetObjectResource(),
                _matrix(item.GetObjectTransform()) if item.HasObjectTransform() else np.eye(4),
                0,
            )
        ]
        while stack:
            resource, matrix, depth = stack.pop()
            if len(result) + len(stack) > MAX_INSTANCES or depth > 32:
                raise InputError(
                    f"{path.name} places its parts more often than a model needs: export it again as one mesh."
                )
            if resource.IsComponentsObject():
                components = model.GetComponentsObjectByID(resource.GetUniqueResourceID())
                for index in range(components.GetComponentCount()):
                    component = components.GetComponent(index)
                    inner = _matrix(component.GetTransform()) if component.HasTransform() else np.eye(4)
                    stack.append((component.GetObjectResource(), matrix @ inner, depth + 1))
                continue
            if not resource.IsMeshObject():
                continue
            key = resource.GetUniqueResourceID()
            if key not in geometry:
                geometry[key] = _geometry(model.GetMeshObjectByID(key))
            points, corners = geometry[key]
            triangles += len(corners)
            if triangles > MAX_TRIANGLES:
                raise InputError(
                    f"{path.name} places more than {MAX_TRIANGLES:,} triangles: reduce it in the program that made it."
                )
            moved = points @ matrix[:3, :3].T + matrix[:3, 3]
            mirrored = np.linalg.det(matrix[:3, :3]) < 0
            result.append(
                Mesh(moved, corners[:, ::-1].copy() if mirrored else corners, resource.GetName() or path.stem)
            )
            progress(0.7, "reading 3MF")
    return result


def _matrix(transform: Any) -> np.ndarray:
    """4x4 for column vectors of lib3mf's four rows of three (row vectors)."""
    rows = np.array([[transform.Fields[row][column] for column in range(3)] for row in range(4)])
    matrix = np.eye(4)
    matrix[:3, :3], matrix[:3, 3] = rows[:3].T, rows[3]
    return matrix


def _geometry(mesh: Any) -> tuple[np.ndarray, np.ndarray]:
    points = _rows(mesh.GetVertices(), np.dtype("=f4")).astype(np.float64)
    return points, _rows(mesh.GetTriangleIndices(), np.dtype("=u4")).astype(np.int32)


def _rows(structures: list[Any], kind: np.dtype) -> np.ndarray:
    """(n, 3) of lib3mf's structures of three numbers, which lie side by side in the one array that they come from."""
    if not structures:
        return np.zeros((0, 3), kind)
    return np.frombuffer(structures[0]._b_base_, dtype=kind).reshape(-1, 3)
