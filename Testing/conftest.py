"""Fixtures that the tests of all packages share: real scans where present, and the phantom."""

import os
import shlex
import sys
import time
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """Folder of real scans, named by DICOM_TO_PRINT_DATA; tests that need it are skipped with a reason without it."""
    folder = os.environ.get("DICOM_TO_PRINT_DATA", "")
    if not folder or not Path(folder).is_dir():
        pytest.skip("DICOM_TO_PRINT_DATA names no folder of real scans")
    return Path(folder).resolve()


@pytest.fixture(scope="session")
def phantom():
    """A small phantom CT in memory and its truth: (Volume, Truth)."""
    from dicomtoprint.phantom import make_phantom_volume

    return make_phantom_volume(shape=(96, 160, 160), spacing=(0.9, 0.9, 1.2))


@pytest.fixture(scope="session")
def phantom_dicom(tmp_path_factory) -> Path:
    """Folder with the small phantom as classic CT DICOM files; do not write into it."""
    from dicomtoprint.phantom import write_phantom_dicom

    folder = tmp_path_factory.mktemp("phantom")
    write_phantom_dicom(folder, shape=(96, 160, 160), spacing=(0.9, 0.9, 1.2))
    return folder


class Launcher:
    """A program that starts Python and is not told of its end, as PythonSlicer is one: killing it ends it alone."""

    def __init__(self, folder: Path) -> None:
        self.path, self._pids = folder / "PythonLauncher", folder / "pids"
        self._pids.write_text("", encoding="utf-8")
        python, pids = shlex.quote(sys.executable), shlex.quote(str(self._pids))
        lines = ("#!/bin/sh", "exec 3<&0", f'{python} "$@" <&3 3<&- &', f"echo $! >> {pids}", "exec 3<&-", "wait $!")
        self.path.write_text("\n".join((*lines, "exit $?", "")), encoding="utf-8")
        self.path.chmod(0o755)

    def __call__(self) -> str:
        """The launcher in the place of `interpreter.python_executable`."""
        return str(self.path)

    def started(self) -> list[int]:
        """The processes that it has started."""
        return [int(word) for word in self._pids.read_text(encoding="utf-8").split()]

    def left(self, seconds: float = 3.0) -> list[int]:
        """Those that still run after `seconds`."""
        end = time.monotonic() + seconds
        while (left := [pid for pid in self.started() if _runs(pid)]) and time.monotonic() < end:
            time.sleep(0.02)
        return left


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
        stat = Path(f"/proc/{pid}/stat")
        return not (stat.is_file() and stat.read_text(encoding="utf-8").rpartition(")")[2].split()[0] == "Z")
    except OSError:
        return False


@pytest.fixture
def launcher(tmp_path_factory) -> Launcher:
    """Stands for PythonSlicer, which is a launcher."""
    if os.name == "nt":
        pytest.skip("the stand-in of the launcher is a script of the shell")
    return Launcher(tmp_path_factory.mktemp("launcher"))


@pytest.fixture
def ball():
    """Maker of balls: centre and radius in LPS mm, name, color, rings."""
    from Phantoms.balls import make_ball

    return make_ball


@pytest.fixture
def meshes():
    """Two objects that are not symmetric about any plane, far from the origin as real scans are."""
    from Phantoms.balls import make_ball

    return (
        make_ball((-81.3, 120.7, -903.2), 10.0, "Left femur", (0.9, 0.4, 0.1)),
        make_ball((40.1, 98.2, -880.9), 4.0, "Loose part", (0.1, 0.3, 0.8)),
    )
