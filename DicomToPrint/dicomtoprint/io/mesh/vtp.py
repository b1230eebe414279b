"""VTP, VTK's XML polygons, which Slicer saves models as: by VTK's own reader, in a child process."""

import io
from pathlib import Path

import numpy as np

from ...errors import InputError
from ...mesh.core import Mesh
from ...messages import _
from ...progress import ProgressCallback
from ...workers.process import ChildError, ChildProcess
from .handler import FormatHandler
from .raw import RawMeshFile, parse_space

SCRIPT = Path(__file__).resolve().parents[2] / "workers" / "vtp_worker.py"
# Python and VTK hold 300 MB; text and packed arrays unpack some ten times, and the answer stands there twice.
MEGABYTES, TIMES = 900, 40
SECONDS, SECONDS_A_MEGABYTE = 60.0, 2.0  # the first for a cold start on a busy machine


def read_vtp(path: Path, progress: ProgressCallback) -> RawMeshFile:
    """One mesh of all polygons and strips, without its arrays; lines and loose points are no surface and are left out.

    VTK's reader ends its process where a file claims more than there is memory for, so it works in one of its own.
    """
    progress(0.0, _("reading VTP"))
    with open(path, "rb") as file:
        head = file.read(4096)
    if b"VTKFile" not in head or b"PolyData" not in head:
        raise InputError(_("{path} is no VTP file: export the model again, as VTP or STL.", path=path.name))
    answer = _read_in_child(path)
    if not answer:
        raise InputError(
            _("{path} is no whole VTP file: it was cut short or damaged, copy or export it again.", path=path.name)
        )
    with np.load(io.BytesIO(answer), allow_pickle=False) as arrays:
        points, corners, space = arrays["points"], arrays["triangles"], str(arrays["space"])
    if len(corners) and (corners.min() < 0 or corners.max() >= len(points)):
        raise InputError(
            _("{path} has a face that names a vertex that does not exist: export the model again.", path=path.name)
        )
    mesh = Mesh(points, corners.astype(np.int32), path.stem)
    return RawMeshFile((mesh,), space=parse_space(space) or parse_space(f"SPACE={space}"))


def _read_in_child(path: Path) -> bytes:
    megabytes = (path.stat().st_size >> 20) + 1
    try:
        child = ChildProcess(SCRIPT, str(path.resolve()), str(MEGABYTES + TIMES * megabytes), answers=True)
    except ChildError:
        return b""
    try:
        return child.ask(None, SECONDS + SECONDS_A_MEGABYTE * megabytes)
    except ChildError:
        return b""
    finally:
        child.end()


class Vtp(FormatHandler):
    """What Slicer saves models as: read only."""

    name = "vtp"
    can_write = False

    def read(self, path: Path, progress: ProgressCallback) -> RawMeshFile:
        return read_vtp(path, progress)
