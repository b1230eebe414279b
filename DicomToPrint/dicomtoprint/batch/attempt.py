"""A case in a child process: started, its memory watched, started again where it was ended from outside."""

import json
import os
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ..messages import _
from ..workers.process import EXIT_INTERRUPTED, ChildError, ChildProcess
from .case import Case
from .child import EXIT_HELD, write_failure
from .folder import HeldError

FINISHED, HELD, STOPPED = "finished", "held", "stopped"
_THREADS = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "VTK_SMP_MAX_THREADS",
    "ITK_GLOBAL_DEFAULT_NUMBER_OF_THREADS",
    "LP_NUM_THREADS",
)


@dataclass(frozen=True)
class Attempt:
    """How a case is made: the batch's folder, the script of the child, and what it may take.

    `memory_bytes` bounds the resident memory of the child and what it starts; `threads` is how many each may use, 0 for as
    many as it likes; `attempts` and `watch_seconds` are limits of `data/batch`.
    """

    root: Path
    entry: Path
    memory_bytes: int
    threads: int
    attempts: int
    watch_seconds: float
    retry_failed: bool = False


def make_case_in_child(case: Case, attempt: Attempt, stop: threading.Event | None = None) -> str:
    """Makes a case in a child process. A crash, a kill or too much memory costs this case only.

    Returns
    -------
    str
        `FINISHED` where its outcome stands in its folder, `HELD` where another batch is at work on it, `STOPPED` where `stop`
        was set before.

    Raises
    ------
    OutputError
        Where the failure of a case cannot be noted.
    """
    begun = time.monotonic()
    reason, code = "", 0
    for number in range(1, attempt.attempts + 1):
        if stop is not None and stop.is_set():
            return STOPPED
        try:
            code, too_much = _attempted(case, attempt, number, stop)
        except ChildError as error:
            reason, code = _("Its process could not be started ({error}).", error=error), 70
            break
        if code in (0, EXIT_HELD):
            return HELD if code else FINISHED
        if stop is not None and stop.is_set():
            return STOPPED
        if too_much:
            reason = _too_much(attempt.memory_bytes, case.command)
            break
        reason = _ended(code, number)
        if code == 5:
            break
    try:
        write_failure(case, attempt.root, reason, code, number, time.monotonic() - begun)
    except HeldError:
        return HELD
    return FINISHED


def _attempted(case: Case, attempt: Attempt, number: int, stop: threading.Event | None) -> tuple[int, bool]:
    """Exit code of one child, and whether it was ended because it took too much memory."""
    child = ChildProcess(attempt.entry, environment=_environment(attempt.threads))
    try:
        job = {
            "case": case.to_message().decode("utf-8"),
            "root": str(attempt.root),
            "attempt": number,
            "retry_failed": attempt.retry_failed,
        }
        child.tell(json.dumps(job).encode("utf-8"))
        looks = 0
        while (code := child.wait(attempt.watch_seconds)) is None:
            if stop is not None and stop.is_set():
                return EXIT_INTERRUPTED, False
            looks += 1
            # Looking for the processes of a process takes a hundred times as long as looking at one.
            if _resident_bytes(child.pid, with_children=looks % 10 == 0) > attempt.memory_bytes:
                return EXIT_INTERRUPTED, True
        return code, False
    finally:
        child.end()


def _resident_bytes(pid: int, with_children: bool) -> int:
    import psutil

    try:
        process = psutil.Process(pid)
        total = process.memory_info().rss
        for child in process.children(recursive=True) if with_children else ():
            total += child.memory_info().rss
        return total
    except psutil.Error:  # it ended meanwhile
        return 0


def _environment(threads: int) -> Mapping[str, str]:
    """That of this process; where several children share the cores, with so many threads for each, unless the user said otherwise."""
    if not threads:
        return dict(os.environ)
    return {**dict.fromkeys(_THREADS, str(threads)), **os.environ}


def _too_much(limit: int, command: str) -> str:
    smaller = (
        _("make the mesh smaller (fewer triangles, less volume)")
        if command == "prepare"
        else _("give it a region with {--roi}")
    )
    return _(
        "It took more than {limit:.1f} GB of memory: allow more with {--memory-per-case}, or "
        "{smaller}, and try it again with {--retry-failed}.",
        limit=limit / 1000000000.0,
        smaller=smaller,
    )


def _ended(code: int, attempts: int) -> str:
    tried = _("once") if attempts == 1 else _("{attempts} times", attempts=attempts)
    if code < 0 or code > 255:
        return _(
            "Its process crashed or was ended by the system (code {code}), tried {tried}: see whether "
            "memory ran out, then use {--retry-failed}.",
            code=code,
            tried=tried,
        )
    return _(
        "Its process ended with code {code}, tried {tried}: try it by itself with the command run, "
        "and use {--retry-failed}.",
        code=code,
        tried=tried,
    )
