"""Other people's programs: run in a folder and a process group of their own, within limits of time, memory and disk, ended with all
their children where they go over them or the caller stops.
"""

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

POLL_S = 0.1
MEASURE_EVERY_S = 1.0  # memory and disk
MAX_TEXT = 200_000  # characters of what it says that are looked at
LOG_NAME = "said.txt"
MEGABYTE = 1 << 20


@dataclass(frozen=True)
class ProgramLimits:
    """What a program may take: seconds, megabytes of memory with its children, megabytes in its folder (None: no limit)."""

    time_s: float
    memory_mb: float | None = None
    disk_mb: float | None = None


@dataclass(frozen=True)
class ProgramEnd:
    """How a program ended: its exit code, what it said last, and which limit (`time`, `memory`, `disk`) stopped it; `code` is None then."""

    code: int | None
    said: str
    limit: str = ""


def can_measure_memory() -> bool:
    """Whether the memory of other processes can be measured here (psutil)."""
    try:
        import psutil  # noqa: F401
    except ImportError:
        return False
    return True


def run_program(
    command: Sequence[str],
    folder: Path,
    limits: ProgramLimits,
    watch: Callable[[str], None],
    environment: Mapping[str, str] | None = None,
) -> ProgramEnd:
    """Run a program in `folder` until it ends or goes over a limit.

    Parameters
    ----------
    command
        Program and arguments.
    folder
        Its working folder, which counts for the limit of the disk; what it says goes into a file there.
    limits
        What it may take. Memory is watched where psutil is installed.
    watch
        Called about ten times a second with what the program said last; it may raise to stop it.
    environment
        All of its environment; that of this process by default.

    Raises
    ------
    OSError
        Where it cannot be started. What `watch` raises goes through, after the program and its children have ended.
    """
    log = folder / LOG_NAME
    with log.open("wb") as said:
        child = subprocess.Popen(
            list(command),
            cwd=folder,
            env=None if environment is None else dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=subprocess.STDOUT,
            **group_options(),
        )
        began = measured = time.monotonic()
        limit = ""
        try:
            while child.poll() is None and not limit:
                watch(_said(log, folder))
                with contextlib.suppress(subprocess.TimeoutExpired):
                    child.wait(POLL_S)
                now = time.monotonic()
                if now - began > limits.time_s and child.poll() is None:
                    limit = "time"
                elif now - measured >= MEASURE_EVERY_S and child.poll() is None:
                    limit, measured = _over(child.pid, folder, limits), now
        finally:
            end_program(child)
    return ProgramEnd(None if limit else child.returncode, _said(log, folder), limit)


def _said(log: Path, folder: Path) -> str:
    """The end of what it said, without the folder it ran in."""
    with log.open("rb") as stream:
        stream.seek(max(0, log.stat().st_size - MAX_TEXT))
        return stream.read().decode("utf-8", "replace").replace(str(folder) + os.sep, "")


def _over(pid: int, folder: Path, limits: ProgramLimits) -> str:
    if limits.disk_mb is not None and _size(folder) > limits.disk_mb * MEGABYTE:
        return "disk"
    if limits.memory_mb is not None and _memory(pid) > limits.memory_mb * MEGABYTE:
        return "memory"
    return ""


def _size(folder: Path) -> int:
    """Bytes in a folder; files that go away meanwhile count for nothing."""
    total = 0
    for place, _folders, files in os.walk(folder):
        for name in files:
            with contextlib.suppress(OSError):
                total += os.lstat(os.path.join(place, name)).st_size
    return total


def _memory(pid: int) -> int:
    """Bytes that a process and its children hold; 0 where it cannot be measured."""
    try:
        import psutil
    except ImportError:
        return 0
    total = 0
    with contextlib.suppress(psutil.Error):
        parent = psutil.Process(pid)
        for process in (parent, *parent.children(recursive=True)):
            with contextlib.suppress(psutil.Error):
                total += process.memory_info().rss
    return total


def group_options() -> dict[str, Any]:
    """Options of `subprocess.Popen` for a process group of its own, which `end_program` ends; on Windows for no window."""
    return (
        {"start_new_session": True}
        if os.name != "nt"
        else {"creationflags": getattr(subprocess, "CREATE_NO_WINDOW", 0)}
    )


def end_program(child: "subprocess.Popen[Any]") -> None:
    """End a program that was started with `group_options`.

    On POSIX also the children that it leaves behind, on Windows where it still runs.
    """
    if os.name != "nt":
        with contextlib.suppress(OSError):
            os.killpg(child.pid, signal.SIGKILL)
    elif child.poll() is None:
        subprocess.run(
            ["taskkill", "/F", "/T", "/PID", str(child.pid)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            check=False,
        )
        child.kill()
    child.wait()
