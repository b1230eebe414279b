"""Repairs one mesh as a process of its own, so that what takes too long or too much memory ends it and nothing else.

Called as ``python repair_worker.py FOLDER MEGABYTES SECONDS``. FOLDER holds the result ``job`` of `StateFolder`: mesh and options.
Leaves there ``done``: the result, or the class and the sentence of an error that the user can mend. Writes its progress as lines, a
fraction and a phrase. Ends with `EXIT_MEMORY` where it needs more than MEGABYTES, and by a signal after SECONDS of work.
"""

import os
import sys

if (
    __name__ == "__main__"
):  # run as a file: its folder's modules (`types`!) are no top-level ones, the engine's package is
    sys.path[0] = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from contextlib import suppress
from pathlib import Path

from dicomtoprint.workers.process import exit_when_stdin_closes, limit_memory
from dicomtoprint.workers.state_files import StateFolder

EXIT_MEMORY = 12


def _limit_work(seconds: int) -> None:
    """Not on Windows, where the parent's clock alone ends it."""
    with suppress(ImportError):
        import resource

        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 5))


def _reserved_mb() -> int:
    """What this process has reserved before any work: some libraries do so for each core. 0 where the system does not tell."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[5])
    except (OSError, ValueError, IndexError):
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE") >> 20


def _say(fraction: float, phrase: str = "") -> None:
    print(f"{fraction:.4f} {phrase}", flush=True)


def main(folder: str, megabytes: int, seconds: int) -> int:
    """The exit code."""
    from dicomtoprint.errors import DicomToPrintError
    from dicomtoprint.repair import repair_mesh

    state = StateFolder(Path(folder))
    mesh, options = state.load("job")
    limit_memory(_reserved_mb() + megabytes)
    _limit_work(seconds)
    try:
        state.save("done", repair_mesh(mesh, _say, options))
    except DicomToPrintError as error:
        state.save("done", (type(error).__name__, str(error)))
    except MemoryError:
        return EXIT_MEMORY
    return 0


if __name__ == "__main__":
    exit_when_stdin_closes()
    sys.exit(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))
