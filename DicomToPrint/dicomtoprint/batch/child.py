"""One case inside its child process: held, run into a folder of its own, described, and put into its place whole."""

import io
import os
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..errors import OutputError
from ..io.atomic import translate_os_errors
from ..messages import ENGLISH, Said, _, spoken, translate
from ..workers.process import EXIT_INTERRUPTED
from . import describe, folder
from .case import Case, CaseOutcome
from .fingerprint import describe_input, stat_hash

EXIT_HELD = 75
_STAGING, _OLD = ".making", ".before"
RunCommand = Callable[[Sequence[str]], int]


def make_case(case: Case, root: Path, attempt: int, retry_failed: bool, run_command: RunCommand) -> int:
    """Makes a case of the batch in `root`, unless it is finished by now.

    Parameters
    ----------
    case
        What is made.
    root
        The batch's folder.
    attempt
        Which one it is, from 1.
    retry_failed
        Whether a failed outcome counts for nothing.
    run_command
        The command line: takes its words, returns the exit code.

    Returns
    -------
    int
        0 where the case is finished, whatever its verdict; `EXIT_HELD` where another batch is at work on it;
        `EXIT_INTERRUPTED` where the run was.

    Raises
    ------
    OutputError
        Where its folder cannot be written.
    """
    own = folder.case_folder(root, case.name)
    with translate_os_errors(own.name):
        own.mkdir(parents=True, exist_ok=True)
    try:
        with folder.held(own / folder.LOCK):
            before = folder.read_outcome(own)
            if folder.is_finished(case, before, retry_failed):
                return 0
            found = describe_input(case)
            if not retry_failed and folder.same_contents(case, before, found):
                assert before is not None
                folder.write_outcome(own, replace(before, input=found))
                return 0
            return _made(case, own, attempt, found, run_command)
    except folder.HeldError:
        return EXIT_HELD


def _made(case: Case, own: Path, attempt: int, found: dict[str, Any], run_command: RunCommand) -> int:
    begun = time.monotonic()
    with _staging(own) as making:
        result, errors = making / folder.RESULT, Complaints()
        result.mkdir()
        source = _gathered(case, making)
        with redirect_stderr(errors), redirect_stdout(io.StringIO()):
            code = run_command([case.command, str(source), "--output", str(result), *case.options])
        if code == EXIT_INTERRUPTED:
            return code
        measures, models = describe.describe_models(result)
        if models:
            describe.write_thumbnail(result)
        reason = describe.last_sentence(errors, case) or describe.first_fault(result)
        outcome = CaseOutcome(
            case.name,
            describe.verdict_of(code, result),
            code,
            reason.english,
            _by_language(reason),
            round(time.monotonic() - begun, 2),
            attempt,
            found if stat_hash(case) == found["stat"] else {**found, "stat": _("changed while it was read")},
            case.settings_sha256,
            scan=describe.describe_scan(source, result),
            measures=measures,
            models=models,
        )
        with translate_os_errors(own.name):
            # What stands there says nothing about this case any more; without case.json it is not finished.
            (own / folder.STATE).unlink(missing_ok=True)
            if (own / folder.RESULT).exists():
                os.replace(own / folder.RESULT, making / _OLD)
            os.replace(result, own / folder.RESULT)
    folder.write_outcome(own, outcome)
    return 0


class Complaints(io.StringIO):
    """What a command writes on standard error, with its sentences in English too."""

    def __init__(self) -> None:
        super().__init__()
        self.said: list[Said] = []


def _by_language(reason: Said) -> dict[str, str]:
    return {} if reason.language == ENGLISH or not reason.told else {reason.language: reason.told}


@contextmanager
def _staging(own: Path) -> Iterator[Path]:
    """A folder for what is in the making; what a killed process left in it is taken away first."""
    making = own / _STAGING
    with translate_os_errors(own.name):
        shutil.rmtree(making, ignore_errors=True)
        making.mkdir()
    try:
        yield making
    finally:
        shutil.rmtree(making, ignore_errors=True)


def _gathered(case: Case, making: Path) -> Path:
    """The source of a case; a folder of links to its files where they lie among those of other studies."""
    if not case.files:
        return Path(case.source)
    gathered = making / "study"
    gathered.mkdir()
    for number, file in enumerate(case.files, start=1):
        link = gathered / f"{number:06d}{Path(file).suffix}"
        try:
            os.symlink(file, link)
        except OSError:  # Windows without the right to make links
            try:
                shutil.copyfile(file, link)
            except OSError as error:
                raise OutputError(
                    _("A file of the study could not be copied ({strerror}): free some space.", strerror=error.strerror)
                ) from None
    return gathered


def write_failure(case: Case, root: Path, reason: str, code: int, attempts: int, seconds: float) -> None:
    """Notes that the process of a case ended without an outcome. Raises `OutputError`."""
    own = folder.case_folder(root, case.name)
    with translate_os_errors(own.name):
        own.mkdir(parents=True, exist_ok=True)
    with folder.held(own / folder.LOCK, seconds=60.0):
        shutil.rmtree(own / _STAGING, ignore_errors=True)
        folder.write_outcome(
            own,
            CaseOutcome(
                case.name,
                "failed",
                code,
                "".join(("", reason)),
                _by_language(Said(reason, translate(reason), spoken())),
                round(seconds, 2),
                attempts,
                {"stat": stat_hash(case), "sha256": "", "files": 0, "bytes": 0},
                case.settings_sha256,
            ),
        )
