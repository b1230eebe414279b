"""Child processes: their interpreter, how they are asked, their end. Work that may crash its process (a decoder, a renderer, a
step of the panel) runs in a child, so that a crash does not end this process.

Inside the Slicer application the interpreter is PythonSlicer, a launcher: killing it leaves the Python process that it started
running. The launcher passes its standard input on, so a child watches that input and exits when it is closed, by the parent or by
the parent's end.
"""

import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Mapping
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import IO, Any

from ..messages import _

EXIT_INTERRUPTED = 130
GRACE_PERIOD_S = 0.5  # between the end of the input and the kill


def python_executable() -> str:
    """Path of the interpreter for child processes: inside the Slicer application its PythonSlicer, else the running one."""
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
    """Called in a child that answers no questions: the process exits at once, with code `EXIT_INTERRUPTED`, when its input closes."""
    threading.Thread(target=_watch_input, daemon=True).start()


def _watch_input() -> None:
    # Not `sys.stdin`: this thread would hold its lock at the shutdown of the interpreter.
    while os.read(0, 4096):
        pass
    os._exit(EXIT_INTERRUPTED)


def limit_memory(megabytes: int) -> None:
    """Called in a child that reads what may lie about its size: more data than that fails, and leaves no core file. Not on Windows, where
    its time alone is bounded."""
    try:
        import resource
    except ImportError:
        return
    resource.setrlimit(resource.RLIMIT_DATA, (megabytes << 20, megabytes << 20))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


class ChildError(Exception):
    """A child process could not be started, ended, or took longer than it may."""


class ChildProcess:
    """A script of ours in a Python of its own: started, asked, watched and ended in one way.

    A child that is asked answers messages: 8 bytes of length, little endian, and what they count, on its standard input
    and output (`read_message`, `write_message`). Large data go by files in a folder that the request names. Every child ends
    itself where its standard input closes, so that none outlives the parent.

    Parameters
    ----------
    script
        The file that is run.
    arguments
        Its arguments.
    environment
        All of its environment; that of this process by default.
    folder
        Its working folder; that of this process by default.
    answers
        Whether it answers questions.
    output, errors
        Files that take what it writes; dropped by default.

    Raises
    ------
    ChildError
        Where it cannot be started.
    """

    def __init__(
        self,
        script: Path,
        *arguments: str,
        environment: Mapping[str, str] | None = None,
        folder: Path | None = None,
        answers: bool = False,
        output: Path | None = None,
        errors: Path | None = None,
    ) -> None:
        with ExitStack() as files:
            taken: list[Any] = [
                subprocess.DEVNULL if path is None else files.enter_context(path.open("wb"))
                for path in (output, errors)
            ]
            try:
                self._process = subprocess.Popen(
                    [python_executable(), str(script), *arguments],
                    env=None if environment is None else dict(environment),
                    cwd=folder,
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE if answers else taken[0],
                    stderr=taken[1],
                    creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
                )
            except OSError as error:
                raise ChildError(str(error)) from None

    @property
    def exit_code(self) -> int | None:
        """None while it runs; negative, or above 255, where a signal or a crash ended it."""
        return self._process.poll()

    @property
    def pid(self) -> int:
        """Its process id; inside the Slicer application that of the launcher."""
        return self._process.pid

    def wait(self, seconds: float) -> int | None:
        """Its exit code once it has ended; None where it still runs after `seconds`."""
        try:
            return self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return None

    def tell(self, message: bytes) -> None:
        """Write a message; its input stays open. Where it has ended by then, its exit code tells."""
        assert self._process.stdin is not None
        with suppress(OSError):
            write_message(self._process.stdin, message)

    def ask(self, question: bytes | None, seconds: float) -> bytes:
        """What the child answers to a message; what it says by itself, when it is ready, where that is None.

        Raises
        ------
        ChildError
            Where it ends before it has answered; it is ended after `seconds`.
        """
        process = self._process
        assert process.stdin is not None and process.stdout is not None
        watch = threading.Timer(seconds, _stop, (process,))
        watch.start()
        try:
            if question is not None:
                write_message(process.stdin, question)
            return read_message(process.stdout)
        except (OSError, EOFError):  # it ended while it was written to, or before its answer was whole
            raise ChildError(_("The child process ended.")) from None
        finally:
            watch.cancel()

    def end(self) -> None:
        """End it: its input closes, and it is killed where it does not end by that."""
        _close_stdin(self._process)
        try:
            self._process.wait(GRACE_PERIOD_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()


def write_message(stream: IO[bytes], payload: bytes) -> None:
    """Write a length of 8 bytes, little endian, and what it counts."""
    stream.write(len(payload).to_bytes(8, "little") + payload)
    stream.flush()


def read_message(stream: IO[bytes]) -> bytes:
    """Read what `write_message` wrote. Raises `EOFError` where the stream ends before."""
    start = stream.read(8)
    length = int.from_bytes(start, "little")
    payload = stream.read(length) if length else b""
    if len(start) < 8 or len(payload) < length:
        raise EOFError
    return payload


def _close_stdin(process: "subprocess.Popen[bytes]") -> None:
    try:
        if process.stdin is not None:
            process.stdin.close()
    except OSError:  # buffered bytes that the child no longer reads
        pass


def _stop(process: "subprocess.Popen[bytes]") -> None:
    """Killing ends a Python at once, or the launcher before it; the end of its input ends the Python behind a launcher."""
    process.kill()
    _close_stdin(process)
