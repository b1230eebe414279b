"""One case of a batch, as a process of its own: takes its job on standard input, and ends where that does.

Called as ``python case_entry.py``. Exit code 0 where the case is finished, whatever its verdict; else that of
`batch.child.make_case` or of the failure.
"""

import json
import os
import sys

if __name__ == "__main__":  # run as a file: its folder's modules are no top-level ones, the engine's package is
    sys.path[0] = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from dicomtoprint.workers.process import EXIT_INTERRUPTED, exit_when_stdin_closes, read_message


def main() -> int:
    """Reads the job, makes the case."""
    try:
        job = json.loads(read_message(sys.stdin.buffer))
    except EOFError:
        return EXIT_INTERRUPTED
    exit_when_stdin_closes()
    from pathlib import Path

    from dicomtoprint.batch.case import Case
    from dicomtoprint.batch.child import make_case
    from dicomtoprint.cli.main import main as run_command
    from dicomtoprint.errors import DicomToPrintError

    case = Case.from_message(job["case"].encode("utf-8"))
    try:
        return make_case(case, Path(job["root"]), job["attempt"], job["retry_failed"], run_command)
    except DicomToPrintError as error:
        return error.exit_code


if __name__ == "__main__":
    sys.exit(main())
