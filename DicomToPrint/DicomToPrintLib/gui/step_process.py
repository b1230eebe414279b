"""A step in a child process: started, watched by a timer, cancelled whole. Never a thread: VTK would hold Python's
lock.
"""

from collections.abc import Callable
from pathlib import Path

import qt

from dicomtoprint.workers.process import ChildError, ChildProcess

SCRIPT = Path(__file__).resolve().parents[2] / "Scripts" / "run_step.py"
CLI_SCRIPT = SCRIPT.with_name("dicom_to_print.py")


class StepProcess:
    """Runs one request at a time. `on_progress(fraction, phrase)` and `on_end(exit_code)` are called in the
    application's thread.

    The child is the engine's `ChildProcess`, as for the decoder and the renderer; a timer looks how far it is.
    """

    def __init__(
        self,
        read_progress: Callable[[], tuple[float, str]],
        on_progress: Callable[[float, str], None],
        on_end: Callable[[int], None],
    ) -> None:
        self._read_progress, self._on_progress, self._on_end = read_progress, on_progress, on_end
        self._child: ChildProcess | None = None
        self._timer = qt.QTimer()
        self._timer.setInterval(150)
        self._timer.connect("timeout()", self._look)

    @property
    def running(self) -> bool:
        """True from `start` until `on_end` was called."""
        return self._child is not None

    def start(self, request: Path) -> None:
        """Start the child on a request."""
        said, failed = request.parent / "output.txt", request.parent / "errors.txt"
        try:
            self._child = ChildProcess(SCRIPT, str(request), output=said, errors=failed)
        except ChildError:
            self._on_end(-1)
            return
        self._timer.start()

    def cancel(self) -> None:
        """Stop the child at once without a call; what it had written stays in the folder of its request."""
        child, self._child = self._child, None
        self._timer.stop()
        if child is not None:
            child.end()

    def _look(self) -> None:
        child = self._child
        if child is None:
            return
        self._on_progress(*self._read_progress())
        code = child.exit_code
        if code is not None:
            self._timer.stop()
            self._child = None
            child.end()
            self._on_end(code)
