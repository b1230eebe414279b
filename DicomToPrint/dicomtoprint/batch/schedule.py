"""Cases through a pool: as many at once as there are slots and memory, each until its outcome stands in its folder."""

import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from ..messages import _
from .attempt import FINISHED, HELD
from .case import Case
from .child import write_failure
from .folder import HeldError, case_folder, is_finished, read_outcome
from .limits import BatchLimits
from .pools import Pool


@dataclass
class _Queue:
    """Cases that are to come, that wait, that run (with the bytes that they may take), that another batch holds (and until when)."""

    more: Iterator[Case]
    waiting: deque[Case] = field(default_factory=deque)
    running: dict["Future[str]", tuple[Case, int]] = field(default_factory=dict)
    held: deque[tuple[float, Case]] = field(default_factory=deque)

    def next_waiting(self) -> Case | None:
        """The case that is to start next: one that waits, else the next that comes; None where there is none."""
        if not self.waiting:
            self.waiting.extend(islice(self.more, 1))
        return self.waiting[0] if self.waiting else None

    def reserved_bytes(self) -> int:
        return sum(memory for _case, memory in self.running.values())


def run_cases(
    cases: Iterable[Case],
    root: Path,
    pool: Pool,
    limits: BatchLimits,
    memory_per_case: int | None = None,
    retry_failed: bool = False,
    on_change: Callable[[Case | None, int], None] = lambda case, running: None,
) -> None:
    """Runs cases that are not finished.

    Parameters
    ----------
    cases
        What is to be run; taken one by one as there is room, so that the first run while inputs are still looked at.
    root
        The batch's folder.
    pool
        Where they run.
    limits
        Memory by voxels, waiting times.
    memory_per_case
        Bytes that each case may take; by default by its voxels.
    retry_failed
        Whether a failed outcome counts for nothing.
    on_change
        Called with a case once it is finished and the number that run; without one while nothing happens.

    Raises
    ------
    OutputError
        Where the folder cannot be written.
    """
    queue = _Queue(iter(cases))
    while queue.next_waiting() is not None or queue.running or queue.held:
        _start(queue, pool, limits, memory_per_case)
        if not queue.running:  # all that is left is held by another batch
            time.sleep(limits.held_seconds)
        done, _rest = wait(queue.running, timeout=limits.held_seconds, return_when=FIRST_COMPLETED)
        for future in done:
            case, _memory = queue.running.pop(future)
            if _result(future, case, root) == HELD:
                queue.held.append((time.monotonic() + limits.held_seconds, case))
            else:
                on_change(case, len(queue.running))
        _look_again(queue, root, retry_failed, on_change)
        if not done:
            on_change(None, len(queue.running))


def _start(queue: _Queue, pool: Pool, limits: BatchLimits, memory_per_case: int | None) -> None:
    """Submits what there is room for; a case that takes more than all the memory runs alone."""
    while len(queue.running) < pool.slots and (case := queue.next_waiting()) is not None:
        memory = memory_per_case or limits.memory_bytes(case)
        full = pool.memory_bytes is not None and queue.reserved_bytes() + memory > pool.memory_bytes
        if full and queue.running:
            return
        queue.waiting.popleft()
        queue.running[pool.submit(case, memory)] = (case, memory)


def _result(future: "Future[str]", case: Case, root: Path) -> str:
    """What became of a case; where a cluster lost it again and again, that is its outcome."""
    error = future.exception()
    if error is not None and type(error).__name__ == "KilledWorker":
        try:
            write_failure(
                case, root, _("The workers that it ran on ended again and again: look into their logs."), 70, 1, 0.0
            )
        except HeldError:
            return HELD
        return FINISHED
    return future.result()


def _look_again(queue: _Queue, root: Path, retry_failed: bool, on_change: Callable[[Case | None, int], None]) -> None:
    """Cases that another batch held: finished by it now, or in the queue again."""
    for _count in range(len(queue.held)):
        at, case = queue.held.popleft()
        if time.monotonic() < at:
            queue.held.append((at, case))
        elif is_finished(case, read_outcome(case_folder(root, case.name)), retry_failed):
            on_change(case, len(queue.running))
        else:
            queue.waiting.append(case)
