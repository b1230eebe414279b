"""GDCM in a child process: it ends the process on some hostile frames, and then that is one sentence here."""

import io
import subprocess
import tempfile
import threading
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np

from ..workers.process import close_stdin, python_executable, terminate_child

SCRIPT = Path(__file__).resolve().parent.parent / "workers" / "gdcm_worker.py"
STARTUP_TIMEOUT_S = 60.0  # a cold start of Python on a busy machine; frames have no part in it
# JPEG 2000, the slowest of them, takes 0.02 to 0.05 s a megabyte of pixels here: a bound ten times as wide.
SECONDS, SECONDS_A_MEGABYTE = 4.0, 0.5
# Python, NumPy and SimpleITK hold 150 MB; the array is there up to four times (image, view, file, answer).
MEGABYTES, TIMES = 600, 5


class DecodeError(Exception):
    """The decoder refused a file, ended, or took longer than it may."""


class GdcmDecoder:
    """A child process that decodes files one after another; it is started with the first one and ends with the
    context.
    """

    def __init__(self, largest_bytes: int) -> None:
        """`largest_bytes` is what the pixels of the largest file need when decoded."""
        self._megabytes = MEGABYTES + TIMES * (largest_bytes >> 20)
        self._process: subprocess.Popen[bytes] | None = None
        self._folder: tempfile.TemporaryDirectory[str] | None = None

    def __enter__(self) -> "GdcmDecoder":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._end()

    def decode(self, content: bytes, expected_bytes: int) -> np.ndarray:
        """Array of the pixels of a DICOM file, as SimpleITK gives it. Raises `DecodeError`."""
        if self._process is None:
            self._start()
        allowed = SECONDS + SECONDS_A_MEGABYTE * (expected_bytes >> 20)
        payload = self._asked(len(content).to_bytes(8, "little") + content, allowed)
        if not payload:
            raise DecodeError
        try:
            return np.load(io.BytesIO(payload), allow_pickle=False)
        except (ValueError, EOFError):
            raise DecodeError from None

    def _start(self) -> None:
        self._folder = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        command = [python_executable(), str(SCRIPT), self._folder.name, str(self._megabytes)]
        flags = getattr(subprocess, "CREATE_NO_WINDOW", 0)
        pipe: Any = subprocess.PIPE
        try:
            self._process = subprocess.Popen(
                command, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL, creationflags=flags
            )
        except OSError:
            self._end()
            raise DecodeError from None
        self._asked(b"", STARTUP_TIMEOUT_S)

    def _asked(self, question: bytes, seconds: float) -> bytes:
        """What the child answers; it is ended after `seconds`. Raises `DecodeError` where it ends before."""
        process = self._process
        assert process is not None and process.stdin is not None and process.stdout is not None
        watch = threading.Timer(seconds, _stop, (process,))
        watch.start()
        try:
            process.stdin.write(question)
            process.stdin.flush()
            start = process.stdout.read(8)
            length = int.from_bytes(start, "little")
            payload = process.stdout.read(length) if length else b""
        except OSError:  # the child ended while it was written to
            start = payload = b""
            length = 0
        finally:
            watch.cancel()
        if len(start) < 8 or len(payload) < length:
            self._end()
            raise DecodeError
        return payload

    def _end(self) -> None:
        process, folder, self._process, self._folder = self._process, self._folder, None, None
        if process is not None:
            terminate_child(process)
            assert process.stdout is not None
            process.stdout.close()
        if folder is not None:
            folder.cleanup()


def _stop(process: "subprocess.Popen[bytes]") -> None:
    """Killing ends a Python at once, or the launcher before it; the end of its input ends the Python behind a launcher."""
    process.kill()
    close_stdin(process)
