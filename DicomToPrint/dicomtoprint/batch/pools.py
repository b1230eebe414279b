"""Where cases run: threads of this process that each start a child, or the workers of a Dask cluster; one interface."""

import os
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from .. import __version__
from ..errors import InputError, MissingDependencyError, OutputError
from ..messages import _
from .attempt import Attempt, make_case_in_child
from .case import Case
from .folder import require_shared
from .limits import BatchLimits

RETRIES = 10  # of a task whose worker died: the case itself counts its own attempts


@dataclass(frozen=True)
class Pool:
    """Where cases run.

    Attributes
    ----------
    submit
        Starts a case within a bound of bytes.
    slots
        How many may be submitted at once.
    memory_bytes
        What they may take together; None where the cluster's scheduler sees to that.
    where
        In words, for the terminal.
    """

    submit: Callable[[Case, int], "Future[str]"]
    slots: int
    memory_bytes: int | None
    where: str


def usable_cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else (os.cpu_count() or 1)


def free_memory_bytes(limits: BatchLimits) -> int:
    """What all cases together may take of the memory that is free now. Raises `MissingDependencyError`."""
    try:
        import psutil
    except ImportError:
        raise MissingDependencyError(
            _("A batch needs the packages filelock and psutil: install them with pip install 'dicomtoprint[batch]'.")
        ) from None
    return int(limits.memory_share * psutil.virtual_memory().available)


@contextmanager
def thread_pool(jobs: int | None, attempt: Attempt, limits: BatchLimits) -> Iterator[Pool]:
    """Threads that each start a child; by default as many as there are cores. Children end with the block, however it ends."""
    jobs, stop = jobs or usable_cores(), threading.Event()
    own = replace(attempt, threads=max(1, usable_cores() // jobs))
    executor: Executor = ThreadPoolExecutor(jobs, thread_name_prefix="case")

    def submit(case: Case, memory_bytes: int) -> "Future[str]":
        return executor.submit(make_case_in_child, case, replace(own, memory_bytes=memory_bytes), stop)

    try:
        yield Pool(submit, jobs, free_memory_bytes(limits), _("{jobs} at a time on this machine", jobs=jobs))
    finally:
        stop.set()
        executor.shutdown(cancel_futures=True)


def _connected(scheduler: str) -> Any:
    """The client of a Dask scheduler. Raises what `dask_pool` raises."""
    try:
        from distributed import Client
    except ImportError:
        raise MissingDependencyError(
            _(
                "{--scheduler} needs the package distributed: install it with pip install "
                "'dicomtoprint[dask]', or leave the option out."
            )
        ) from None
    try:
        return Client(scheduler_file=scheduler) if Path(scheduler).is_file() else Client(scheduler, timeout="20s")
    except (OSError, ValueError) as error:
        raise InputError(
            _(
                "No Dask scheduler answers at '{scheduler}' ({kind}): start it first.",
                scheduler=scheduler,
                kind=type(error).__name__,
            )
        ) from None


@contextmanager
def dask_pool(scheduler: str, attempt: Attempt, limits: BatchLimits, key: bytes) -> Iterator[Pool]:
    """The workers of a Dask cluster by the address of its scheduler or its scheduler file.

    Every worker must see inputs and output under the same paths. Where workers offer the resource ``MEMORY`` (bytes), a case
    takes as much of it as it may use.

    Raises
    ------
    MissingDependencyError
        Without the package distributed.
    InputError
        Where the scheduler cannot be reached or has no workers.
    OutputError
        Where a worker does not see the output folder.
    """
    with _connected(scheduler) as client:
        workers = client.scheduler_info(n_workers=-1)["workers"]
        _require_workers(client, workers, attempt.root, key)
        threads = sum(worker["nthreads"] for worker in workers.values())
        offered = [worker["resources"].get("MEMORY", 0) for worker in workers.values()]
        has_memory = min(offered) > 0
        executor = client.get_executor(pure=False, retries=RETRIES)

        def submit(case: Case, memory_bytes: int) -> "Future[str]":
            memory_bytes = (
                min(memory_bytes, int(max(offered))) if has_memory else memory_bytes
            )  # no worker would ever take more
            asked: dict[str, Any] = {"resources": {"MEMORY": memory_bytes}} if has_memory else {}
            return executor.submit(_on_worker, case, replace(attempt, memory_bytes=memory_bytes), **asked)

        said = (
            ""
            if has_memory
            else _(", which offer no resource MEMORY: only their threads limit how many cases run at once")
        )
        slots = threads * limits.tasks_per_worker_thread
        yield Pool(
            submit,
            slots,
            None,
            _(
                "on {workers_count} Dask workers with {threads} threads{said}",
                workers_count=len(workers),
                threads=threads,
                said=said,
            ),
        )


def _require_workers(client: Any, workers: Any, root: Path, key: bytes) -> None:
    """Raises `InputError` where there are no workers or they have not this engine, `OutputError` where one does not see `root`."""
    if not workers:
        raise InputError(_("The Dask cluster has no workers: start them first."))
    try:
        # The scheduler takes tasks apart as well, so that it is asked too.
        versions = {*client.run(_engine_version).values(), client.submit(_engine_version, pure=False).result(60)}
        sees = client.run(require_shared, root, key)
    except Exception as error:  # what a cluster of another make-up raises has many kinds
        raise InputError(
            _(
                "The Dask cluster cannot load DicomToPrint {version} ({kind}): install it, with the extra "
                "dask, for the scheduler and every worker.",
                version=__version__,
                kind=type(error).__name__,
            )
        ) from None
    if versions != {__version__}:
        raise InputError(
            _(
                "The Dask cluster has DicomToPrint {versions}, this is {version}: install one version everywhere.",
                versions=", ".join(sorted(versions)),
                version=__version__,
            )
        )
    blind = [address for address, seen in sees.items() if not seen]
    if blind:
        raise OutputError(
            _(
                "{blind_count} of {sees_count} workers do not see the output folder '{root}' ({blind}): "
                "inputs and output must stand on a file system that all workers see under the same paths.",
                blind_count=len(blind),
                sees_count=len(sees),
                root=root.name,
                blind=blind[0],
            )
        )


def _engine_version() -> str:
    """Version of the engine where this is called."""
    return __version__


def _on_worker(case: Case, attempt: Attempt) -> str:
    """As `make_case_in_child`, with this worker's share of its machine's cores."""
    from distributed import get_worker

    threads = max(1, usable_cores() // get_worker().state.nthreads)
    return make_case_in_child(case, replace(attempt, threads=threads))
