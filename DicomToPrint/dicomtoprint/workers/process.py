"""Child processes: which interpreter runs them, and how they end. Work that may end its process (a decoder, a renderer, a
step of the panel) never ends ours.

Inside the Slicer application the interpreter is PythonSlicer, a launcher: whoever kills it leaves the Python that it
started running. It hands its standard input on, so a child watches that and ends itself where it closes: because the
parent closed it, or because the parent is gone.
"""

import os
import shutil
import subprocess
import sys
import threading
from pathlib import Path

EXIT_INTERRUPTED = 130
GRACE_PERIOD_S = 0.5  # between the end of the input and the kill


def python_executable() -> str:
    """The interpreter for child processes: inside the Slicer application its PythonSlicer, else the running one."""
    running = Path(sys.executable or "SlicerApp-real")
    if running.name.lower().startswith("python"):
        return str(running)
    beside = [running.parent / "PythonSlicer", running.parent / "PythonSlicer.exe"]
    home = os.environ.get("SLICER_HOME")
    if home:
        beside += [Path(home) / "bin" / "PythonSlicer", Path(home) / "bin" / "PythonSlicer.exe"]
    found = next((str(path) for path in beside if path.is_file()), None)
    return found or shutil.which("PythonSlicer") or str(running)


def exit_when_stdin_closes() -> None:
    """Called by a child: this process ends at once, with exit code 130, where its standard input closes."""
    threading.Thread(target=_watch_input, daemon=True).start()


def _watch_input() -> None:
    # Not `sys.stdin`: its lock would be held when the interpreter shuts down.
    while os.read(0, 4096):
        pass
    os._exit(EXIT_INTERRUPTED)


def close_stdin(process: "subprocess.Popen[bytes]") -> None:
    """Close the standard input of a child, which ends a child that watches it."""
    try:
        if process.stdin is not None:
            process.stdin.close()
    except OSError:  # bytes that the child no longer takes
        pass


def terminate_child(process: "subprocess.Popen[bytes]") -> None:
    """End a child: its input closes, and it is killed where it does not end by that."""
    close_stdin(process)
    try:
        process.wait(GRACE_PERIOD_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
