"""A step in a child process: started, watched by a timer, cancelled whole. Never a thread: VTK would hold Python's
lock.
"""

from collections.abc import Callable
from pathlib import Path

import qt

from dicomtoprint.workers.process import GRACE_PERIOD_S, python_executable

SCRIPT = Path(__file__).resolve().parents[2] / "Scripts" / "run_step.py"
CLI_SCRIPT = SCRIPT.with_name("dicom_to_print.py")


class StepProcess:
    """Runs one order at a time. `on_progress(fraction, phrase)` and `on_end(exit_code)` are called in the
    application's thread.

    Ends are watched by a timer, not by QProcess's signals: `finished(int)` went with Qt 6, and its successor carries an
    enumeration that PythonQt hands over differently from version to version.
    """

    def __init__(
        self,
        told: Callable[[], tuple[float, str]],
        on_progress: Callable[[float, str], None],
        on_end: Callable[[int], None],
    ) -> None:
        self._told, self._on_progress, self._on_end = told, on_progress, on_end
        self._process = None
        self._timer = qt.QTimer()
        self._timer.setInterval(150)
        self._timer.connect("timeout()", self._look)

    @property
    def running(self) -> bool:
        """True from `start` until the end was told."""
        return self._process is not None

    def start(self, order: Path) -> None:
        """Start the child on an order."""
        process = qt.QProcess()
        process.setStandardOutputFile(str(order.parent / "output.txt"))
        process.setStandardErrorFile(str(order.parent / "errors.txt"))
        self._process = process
        process.start(python_executable(), [str(SCRIPT), str(order)])
        self._timer.start()

    def cancel(self) -> None:
        """Stop the child at once and tell nobody; what it had written is the job's to drop.

        PythonSlicer is a launcher: killed first, it would leave the child running. The end of its input ends the child.
        """
        process, self._process = self._process, None
        self._timer.stop()
        if process is not None:
            process.closeWriteChannel()
            if not process.waitForFinished(round(1000 * GRACE_PERIOD_S)):
                process.kill()
                process.waitForFinished(2000)

    def _look(self) -> None:
        process = self._process
        if process is None:
            return
        self._on_progress(*self._told())
        if process.state() == qt.QProcess.NotRunning:
            self._timer.stop()
            self._process = None
            crashed = process.exitStatus() == qt.QProcess.CrashExit
            self._on_end(-1 if crashed else int(process.exitCode()))
