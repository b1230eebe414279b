"""GDCM in a child process: it ends the process on some hostile frames, and then that is one sentence here."""

import io
import tempfile
from pathlib import Path
from types import TracebackType

import numpy as np

from ..workers.process import ChildError, ChildProcess

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
        self._child: ChildProcess | None = None
        self._folder: tempfile.TemporaryDirectory[str] | None = None

    def __enter__(self) -> "GdcmDecoder":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._end()

    def decode(self, content: bytes, expected_bytes: int) -> np.ndarray:
        """Array of the pixels of a DICOM file, as SimpleITK gives it. Raises `DecodeError`."""
        if self._child is None:
            self._start()
        allowed = SECONDS + SECONDS_A_MEGABYTE * (expected_bytes >> 20)
        payload = self._asked(content, allowed)
        if not payload:
            raise DecodeError
        try:
            return np.load(io.BytesIO(payload), allow_pickle=False)
        except (ValueError, EOFError):
            raise DecodeError from None

    def _start(self) -> None:
        self._folder = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        try:
            self._child = ChildProcess(SCRIPT, self._folder.name, str(self._megabytes), answers=True)
        except ChildError:
            self._end()
            raise DecodeError from None
        self._asked(None, STARTUP_TIMEOUT_S)

    def _asked(self, question: bytes | None, seconds: float) -> bytes:
        """What the child answers; it is ended after `seconds`. Raises `DecodeError` where it ends before."""
        assert self._child is not None
        try:
            return self._child.ask(question, seconds)
        except ChildError:
            self._end()
            raise DecodeError from None

    def _end(self) -> None:
        child, folder, self._child, self._folder = self._child, self._folder, None, None
        if child is not None:
            child.end()
        if folder is not None:
            folder.cleanup()
