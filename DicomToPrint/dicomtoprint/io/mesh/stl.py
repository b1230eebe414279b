"""STL: binary as a numpy record array (VTK's reader loses facets while it merges points), ASCII through vtkSTLReader."""

import os
import re
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ...errors import InputError
from ...mesh.core import Mesh
from ...messages import _
from ...progress import ProgressCallback, no_progress
from .handler import FormatHandler, WriteTarget
from .plain_text import mend_text
from .raw import RawMeshFile, parse_space
from .writing import CHUNK, space_words, unit_normals

RECORD = np.dtype([("normal", "<f4", 3), ("corners", "<f4", (3, 3)), ("attribute", "<u2")])


def read_stl(path: Path, progress: ProgressCallback) -> RawMeshFile:
    """Triangles of an STL, one point a corner. The size of the file, not its word, decides what is allocated."""
    size = path.stat().st_size
    with open(path, "rb") as file:
        head = file.read(1024)
    if size == 0:
        raise InputError(_("{path} is empty: export the model again.", path=path.name))
    claimed = int(np.frombuffer(head[80:84], "<u4")[0]) if len(head) >= 84 else -1
    if claimed >= 0 and size == 84 + 50 * claimed:
        return _binary(path, head, claimed)
    begin = mend_text(head[: len(head) // 2 * 2])
    if begin.lstrip()[:5].lower() == b"solid" and b"\0" not in begin[:80]:
        return _ascii(path, progress)
    if claimed < 0:
        raise InputError(
            _("{path} is no STL file (only {size} bytes): export the model again.", path=path.name, size=size)
        )
    held = (size - 84) // 50
    if size - 84 - 50 * claimed in range(1, 50):
        return _binary(path, head, claimed)  # a few stray bytes at the end, as some programs leave them
    raise InputError(
        _(
            "{path} claims {claimed:,} triangles but holds {held:,}: it was cut short or damaged, copy "
            "or export it again.",
            path=path.name,
            claimed=claimed,
            held=held,
        )
    )


def _binary(path: Path, head: bytes, count: int) -> RawMeshFile:
    records = np.fromfile(path, dtype=RECORD, count=count, offset=84)
    points = records["corners"].reshape(-1, 3)
    triangles = np.arange(3 * count, dtype=np.int32).reshape(-1, 3)
    header = head[:80].decode("latin-1")
    return RawMeshFile((Mesh(points, triangles, path.stem),), space=parse_space(header))


def _ascii(path: Path, progress: ProgressCallback) -> RawMeshFile:
    text = mend_text(path.read_bytes()).lstrip()
    facets = len(re.findall(rb"(?i)\bendfacet\b", text))
    started = len(re.findall(rb"(?im)^\s*facet\b", text))
    if started == 0:
        raise InputError(
            _("{path} begins like an ASCII STL but holds no facets: export the model again.", path=path.name)
        )
    if started != facets:
        raise InputError(
            _(
                "{path} is cut short ({started:,} facets begin, {facets:,} end): copy or export it again.",
                path=path.name,
                started=started,
                facets=facets,
            )
        )
    if re.search(rb"(?im)^\s*vertex\b[^\n]*,", text):
        raise InputError(
            _(
                "{path} writes numbers with a decimal comma, which STL does not know: export it again with a "
                "decimal point, or as binary STL.",
                path=path.name,
            )
        )
    if re.search(rb"(?im)^\s*vertex\b[^\n]*\b(nan|inf)", text):
        raise InputError(
            _("{path} has coordinates that are not numbers (NaN or infinite): export the model again.", path=path.name)
        )
    progress(0.3, _("reading ASCII STL"))
    points = _through_vtk(path, text)
    if len(points) != 3 * facets:
        raise InputError(
            _(
                "{path} holds {facets:,} facets but only {points_count:,} can be read: export the model "
                "again, as binary STL.",
                path=path.name,
                facets=facets,
                points_count=len(points) // 3,
            )
        )
    triangles = np.arange(len(points), dtype=np.int32).reshape(-1, 3)
    first_line = text[:200].split(b"\n", 1)[0].decode("latin-1")
    return RawMeshFile((Mesh(points, triangles, path.stem),), space=parse_space(first_line))


def _through_vtk(path: Path, text: bytes) -> np.ndarray:
    """(n, 3) float32 corners. VTK knows only small letters and a last line that ends: both are put right in a copy."""
    import vtk
    from vtk.util.numpy_support import vtk_to_numpy

    lowered = text.lower()
    if b"endsolid" not in lowered:
        lowered += b"\nendsolid\n"
    with tempfile.TemporaryDirectory() as folder:
        copy = os.path.join(folder, "ascii.stl")
        with open(copy, "wb") as file:
            file.write(lowered if lowered.endswith(b"\n") else lowered + b"\n")
        reader = vtk.vtkSTLReader()
        reader.SetFileName(copy)
        reader.MergingOff()
        shown = vtk.vtkObject.GetGlobalWarningDisplay()
        vtk.vtkObject.GlobalWarningDisplayOff()  # its errors become our sentence
        try:
            reader.Update()
        finally:
            vtk.vtkObject.SetGlobalWarningDisplay(shown)
        polydata = reader.GetOutput()
        if polydata.GetNumberOfPoints() == 0:
            return np.zeros((0, 3), np.float32)
        return vtk_to_numpy(polydata.GetPoints().GetData()).astype(np.float32)


def write_stl(
    path: Path, meshes: Sequence[Mesh], progress: ProgressCallback = no_progress, *, space: str | None = "LPS"
) -> None:
    """Binary STL, little-endian float32, all meshes side by side in one solid; the 80-byte header is ``SPACE=LPS``."""
    count = sum(len(mesh.triangles) for mesh in meshes)
    with open(path, "wb") as file:
        file.write(space_words(space).encode("ascii").ljust(80, b"\0"))
        file.write(np.uint32(count).astype("<u4").tobytes())
        done = 0
        for mesh in meshes:
            for start in range(0, len(mesh.triangles), CHUNK):
                progress(done / max(count, 1), "STL")
                corners = mesh.points[mesh.triangles[start : start + CHUNK]].astype(np.float64)
                rows = np.zeros(len(corners), dtype=RECORD)
                rows["normal"] = unit_normals(corners)
                rows["corners"] = corners
                file.write(rows.tobytes())
                done += len(corners)


class Stl(FormatHandler):
    """Triangles alone: no unit, no colours, no objects."""

    name = "stl"
    may_be_text = True

    def read(self, path: Path, progress: ProgressCallback) -> RawMeshFile:
        return read_stl(path, progress)

    def write(self, target: WriteTarget, meshes: Sequence[Mesh], progress: ProgressCallback) -> None:
        write_stl(target.path, meshes, progress, space=target.space)
