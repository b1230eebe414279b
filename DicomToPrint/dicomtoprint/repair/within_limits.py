"""A repair that ends, whatever the shape: in a child process of limited memory and time."""

import tempfile
import time
from dataclasses import replace
from pathlib import Path

import numpy as np

from .. import errors
from ..mesh.core import Mesh
from ..messages import _
from ..progress import ProgressCallback, no_progress
from ..workers.process import ChildError, ChildProcess
from ..workers.state_files import StateFolder
from .limits import RepairLimits, repair_limits
from .repair import repair_mesh
from .repair_worker import EXIT_MEMORY
from .types import RepairOptions, RepairResult

SCRIPT = Path(__file__).with_name("repair_worker.py")
_LIBRARIES_MB = 250  # of data that libraries reserve which a stage loads
_POLL_S = 0.1
_PATIENCE = 4.0  # of the seconds of work may go by on the clock: other work shares the machine


def repair_within_limits(
    mesh: Mesh,
    progress: ProgressCallback = no_progress,
    options: RepairOptions | None = None,
    limits: RepairLimits | None = None,
) -> RepairResult:
    """As `repair_mesh`, ended with a sentence where it needs more time or memory than `data/repair/limits.json` allows.

    A small mesh can need neither and is repaired here; a larger one in a child process, which a cancel ends at once too. The mesh
    comes back as it was where the repair was ended.

    Parameters
    ----------
    mesh, progress, options
        As for `repair_mesh`.
    limits
        The built-in ones by default.

    Raises
    ------
    DicomToPrintError
        What `repair_mesh` raises.
    """
    limits, options = limits or repair_limits(), options or RepairOptions()
    if len(mesh.triangles) < limits.child_triangles:
        return repair_mesh(mesh, progress, options)
    with tempfile.TemporaryDirectory(prefix="dicomtoprint-repair-") as name:
        state = StateFolder(Path(name))
        state.save("job", (mesh, options))
        memory, seconds = limits.memory_for(len(mesh.triangles)), limits.seconds_for(len(mesh.triangles))
        told = Path(name) / "progress.txt"
        megabytes = _LIBRARIES_MB + int(memory * 1e3)
        try:
            child = ChildProcess(SCRIPT, name, str(megabytes), str(int(limits.last_stage * seconds) + 1), output=told)
        except ChildError:  # no interpreter for a child: unlimited is better than not at all
            return repair_mesh(mesh, progress, options)
        try:
            code = _watched(child, told, _PATIENCE * limits.last_stage * seconds, progress)
        finally:
            child.end()
        if code == 0 and state.has("done"):
            return _taken_over(state.load("done"), mesh)
    reason = (
        _("The repair needs more than {memory:.1f} GB of memory", memory=memory)
        if code == EXIT_MEMORY or (code is not None and not _is_timeout(code))
        else _("The repair takes more than {seconds:.0f} s of work", seconds=seconds)
    )
    return RepairResult(mesh, False, (), (_("{reason} and was ended.", reason=reason),))


def _watched(child: ChildProcess, told: Path, seconds: float, progress: ProgressCallback) -> int | None:
    """Its exit code; None where it took longer than `seconds`. Its progress is passed on, and what that raises."""
    begun, fraction, phrase = time.monotonic(), 0.0, ""
    while (code := child.wait(_POLL_S)) is None:
        if time.monotonic() - begun > seconds:
            return None
        lines = told.read_text(encoding="utf-8", errors="replace").splitlines() if told.exists() else []
        if lines:
            first, _unused, phrase = lines[-1].partition(" ")
            fraction = float(first) if first.replace(".", "", 1).isdigit() else fraction
        progress(fraction, phrase)
    return code


def _is_timeout(code: int) -> bool:
    """Whether its limit of work ended it: the signal of that; a launcher adds 128 to its number."""
    return code in (-24, 152)


def _taken_over(found: object, mesh: Mesh) -> RepairResult:
    if isinstance(found, tuple):
        kind, sentence = found
        raise getattr(errors, kind)(sentence)
    assert isinstance(found, RepairResult)
    if _is_same(found.mesh, mesh):
        return replace(found, mesh=mesh, bad_at=np.array(found.bad_at))
    made = found.mesh
    # Copies: the files are mapped, and their folder goes.
    own = replace(
        made,
        points=np.array(made.points),
        triangles=np.array(made.triangles),
        point_arrays={key: np.array(values) for key, values in made.point_arrays.items()},
        triangle_arrays={key: np.array(values) for key, values in made.triangle_arrays.items()},
    )
    return replace(found, mesh=own, bad_at=np.array(found.bad_at))


def _is_same(one: Mesh, other: Mesh) -> bool:
    return np.array_equal(one.triangles, other.triangles) and np.array_equal(one.points, other.points, equal_nan=True)
