"""A command of the command line in a child process, with what it said at its end."""

import shutil
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import qt

from dicomtoprint.workers.process import ChildError, ChildProcess

from .step_process import CLI_SCRIPT

SCRIPT = CLI_SCRIPT.with_name("run_command.py")


class CommandRun:
    """Runs one command at a time; `on_end(exit_code, said)` is called in the application's thread, -1 where nothing started."""

    def __init__(self, on_end: Callable[[int, str], None]) -> None:
        self._on_end = on_end
        self._child: ChildProcess | None = None
        self._messages = Path()  # folder of what the child writes
        self._timer = qt.QTimer()
        self._timer.setInterval(200)
        self._timer.connect("timeout()", self._look)

    @property
    def running(self) -> bool:
        """True from `start` until `on_end` is called."""
        return self._child is not None

    def start(self, arguments: Sequence[str]) -> None:
        """Start the command."""
        self._messages = Path(tempfile.mkdtemp(prefix="dicom-to-print-command-"))
        said, failed = self._messages / "output.txt", self._messages / "errors.txt"
        try:
            self._child = ChildProcess(SCRIPT, *arguments, output=said, errors=failed)
        except ChildError:
            self._end(-1, "")
            return
        self._timer.start()

    def stop(self) -> None:
        """End the child and tell nobody."""
        child, self._child = self._child, None
        self._timer.stop()
        if child is not None:
            child.end()
            shutil.rmtree(self._messages, ignore_errors=True)

    def _look(self) -> None:
        child = self._child
        if child is None or child.exit_code is None:
            return
        self._timer.stop()
        self._child, code = None, child.exit_code
        said = self._said("errors.txt" if code else "output.txt")
        child.end()
        self._end(code, said)

    def _said(self, name: str) -> str:
        text = (self._messages / name).read_text(encoding="utf-8", errors="replace").strip()
        lines = text.splitlines()
        if name == "errors.txt":
            lines = lines[-1:]
        return " ".join(lines).removeprefix("dicom_to_print: ")

    def _end(self, code: int, said: str) -> None:
        shutil.rmtree(self._messages, ignore_errors=True)
        self._on_end(code, said)
