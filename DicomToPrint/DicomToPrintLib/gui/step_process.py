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
    """Runs one order at a time. `on_progress(fraction, phrase)` and `on_end(exit_code)` are called in the
    application's thread.

    The child is the engine's `ChildProcess`, as for the decoder and the renderer; a timer looks how far it is.
    """

    def __init__(
        self,
        told: Callable[[], tuple[float, str]],
        on_progress: Callable[[float, str], None],
        on_end: Callable[[int], None],
    ) -> None:
        self._told, self._on_progress, self._on_end = told, on_progress, on_end
        self._child: ChildProcess | None = None
        self._timer = qt.QTimer()
        self._timer.setInterval(150)
        self._timer.connect("timeout()", self._look)

    @property
    def running(self) -> bool:
        """True from `start` until the end was told."""
        return self._child is not None

    def start(self, order: Path) -> None:
        """Start the child on an order."""
        said, failed = order.parent / "output.txt", order.parent / "errors.txt"
        try:
            self._child = ChildProcess(SCRIPT, str(order), output=said, errors=failed)
        except ChildError:
            self._on_end(-1)
            return
        self._timer.start()

    def cancel(self) -> None:
        """Stop the child at once and tell nobody; what it had written is the job's to drop."""
        child, self._child = self._child, None
        self._timer.stop()
        if child is not None:
            child.end()

    def _look(self) -> None:
        child = self._child
        if child is None:
            return
        self._on_progress(*self._told())
        code = child.exit_code
        if code is not None:
            self._timer.stop()
            self._child = None
            child.end()
            self._on_end(code)
