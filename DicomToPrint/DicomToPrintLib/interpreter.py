"""Which interpreter runs a child process: work that may end its process (a decoder, a renderer) never ends ours."""

import os
import shutil
import sys
from pathlib import Path


def python_executable() -> str:
    """The interpreter for child processes: inside the Slicer application its PythonSlicer, else the running one."""
    running = Path(sys.executable or "python")
    if running.name.lower().startswith("python"):
        return str(running)
    beside = [running.parent / "PythonSlicer", running.parent / "PythonSlicer.exe"]
    home = os.environ.get("SLICER_HOME")
    if home:
        beside += [Path(home) / "bin" / "PythonSlicer", Path(home) / "bin" / "PythonSlicer.exe"]
    found = next((str(path) for path in beside if path.is_file()), None)
    return found or shutil.which("PythonSlicer") or str(running)
