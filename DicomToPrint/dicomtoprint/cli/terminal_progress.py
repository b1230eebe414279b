"""How far the work is, on the terminal: a bar where someone looks, a line now and then where it goes into a log."""

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import copy_context

from ..messages import _, translate
from ..progress import ProgressCallback, no_progress
from .language import tell

LINES_EVERY_S = 10.0


@contextmanager
def terminal_progress(quiet: bool = False, every_s: float = LINES_EVERY_S) -> Iterator[ProgressCallback]:
    """What the work calls with its share (0 to 1) and phase.

    A progress bar on a terminal; else a line with both on standard error every `every_s` seconds, whatever the work does meanwhile. Nothing
    with `quiet`, nor on a terminal where tqdm is absent (Slicer).
    """
    if quiet:
        yield no_progress
    elif sys.stderr is not None and sys.stderr.isatty():
        with _bar() as advance:
            yield advance
    else:
        with _lines(every_s) as advance:
            yield advance


@contextmanager
def _bar() -> Iterator[ProgressCallback]:
    try:
        from tqdm import tqdm
    except ImportError:
        yield no_progress
        return
    with tqdm(
        total=100,
        file=sys.stderr,
        leave=False,
        bar_format="{desc:<42.42} {percentage:3.0f} % |{bar}| {elapsed}",
    ) as bar:

        def advance(fraction: float, phrase: str = "") -> None:
            if phrase:
                bar.set_description_str(translate(phrase), refresh=False)
            bar.update(max(0.0, min(100.0, 100.0 * fraction) - bar.n))

        yield advance


@contextmanager
def _lines(every_s: float) -> Iterator[ProgressCallback]:
    """A thread of its own writes the lines: a long call into VTK reports nothing for a while, and must not look like a hang."""
    state: dict[str, float | str] = {"share": 0.0, "phase": translate(_("starting"))}
    done, began = threading.Event(), time.monotonic()

    def advance(fraction: float, phrase: str = "") -> None:
        state["share"] = max(float(state["share"]), min(1.0, fraction))
        state["phase"] = translate(phrase) or state["phase"]

    def write() -> None:
        while not done.wait(every_s):
            spent = time.monotonic() - began
            tell(
                _(
                    "{share:3.0f} % after {spent:.0f} s: {phase}",
                    share=100.0 * float(state["share"]),
                    spent=spent,
                    phase=state["phase"],
                ),
                file=sys.stderr,
                flush=True,
            )

    # A thread begins without the language that is spoken here.
    writer = threading.Thread(target=copy_context().run, args=(write,), name="progress lines", daemon=True)
    writer.start()
    try:
        yield advance
    finally:
        done.set()
        writer.join()
