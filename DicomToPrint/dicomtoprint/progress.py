"""Progress of long work: a callable that takes a fraction and a phrase, and may raise `CancelledError`."""

from typing import Protocol


class ProgressCallback(Protocol):
    """Called with the finished fraction in [0, 1] and a short phrase; raises `errors.CancelledError` to stop the work.

    Long work calls it at least about once a second, so that a cancel is heard.
    """

    def __call__(self, fraction: float, phrase: str = "") -> None: ...


def no_progress(fraction: float, phrase: str = "") -> None:
    """Progress that nobody watches."""


def subprogress(progress: ProgressCallback, start: float, end: float) -> ProgressCallback:
    """Progress of a sub-step that covers [start, end] of the whole."""

    def inner(fraction: float, phrase: str = "") -> None:
        progress(start + (end - start) * min(max(fraction, 0.0), 1.0), phrase)

    return inner
