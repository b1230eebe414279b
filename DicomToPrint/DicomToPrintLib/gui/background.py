"""Long work that leaves the application drawing: large arrays beside it, and what it must do itself in turns."""

from collections.abc import Callable
from threading import Thread
from typing import TypeVar

import qt
import slicer

Result = TypeVar("Result")
SHORT_S = 0.02  # between two looks


def in_background(work: Callable[[], Result]) -> Result:
    """What `work` returns or raises, while the application draws and takes no input.

    For numpy, hashes and files alone, which let go of Python's lock: VTK and MRML stay in the application's thread.
    """
    done: list[Result] = []
    failed: list[BaseException] = []

    def run() -> None:
        try:
            done.append(work())
        except BaseException as error:
            failed.append(error)

    thread = Thread(target=run, daemon=True)
    thread.start()
    thread.join(SHORT_S)
    while thread.is_alive():
        slicer.app.processEvents(qt.QEventLoop.ExcludeUserInputEvents)
        thread.join(SHORT_S)
    if failed:
        raise failed[0]
    return done[0]


def in_turns(*works: Callable[[], None]) -> None:
    """Each of these in a turn of the event loop of its own: the application draws and answers between them."""
    first, *others = works

    def turn() -> None:
        first()
        if others:
            in_turns(*others)

    qt.QTimer.singleShot(0, turn)
