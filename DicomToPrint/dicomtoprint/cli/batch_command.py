"""The command `batch`: inputs and tables to cases, the cases through a pool, the pages and the summary."""

import argparse
import os
import sys
import time
from collections import Counter, deque
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from functools import lru_cache, partial
from itertools import chain
from pathlib import Path
from typing import Any

from ..batch.attempt import Attempt
from ..batch.board import VERDICT_WORDS, WAITING, Board
from ..batch.case import Case, settings_hash
from ..batch.folder import case_folder, is_finished, open_batch_folder, read_outcome
from ..batch.inputs import CaseRequest, cases_of
from ..batch.limits import BatchLimits, load_limits
from ..batch.page import write_pages
from ..batch.pools import Pool, dask_pool, thread_pool
from ..batch.schedule import run_cases
from ..batch.table import read_table
from ..config.options import COMMANDS, DEBUG, QUIET
from ..config.run_settings import NAME_OR_PATH_FIELDS, RunSettings, to_cli_args, user_files
from ..errors import InputError, OutputError, RefusedError, UsageError
from ..messages import _, join
from ..pipeline import output_folder
from ..text import pluralize
from .language import tell
from .parser import build_parser
from .settings_from_args import settings_from_args

ENTRY = Path(__file__).resolve().parent / "case_entry.py"
PAGE_LOCK_SECONDS = 60.0  # for the last time, while other batches write theirs


def run_batch(options: argparse.Namespace) -> tuple[int, Mapping[str, Any]]:
    """Runs the command; returns its exit code and the content of ``status.json``.

    Raises
    ------
    UsageError
        For options that make no sense, answers for all cases of a strict use among them.
    InputError
        Where a table or a cluster cannot be reached.
    OutputError
        Where the output cannot be written.
    """
    root, limits = Path(os.path.abspath(options.output)), load_limits()
    requests = deque(_requests(options))  # all are checked before anything is written
    output_folder.check_writable(root)
    key, begun = open_batch_folder(root), time.monotonic()
    board, names = Board(root), dict[str, None]()
    found = _found(requests, root, key, names)
    if options.list:
        _print_list(found, board)
        return 0, board.status(0)
    run = 0
    with _progress(len(requests), options.quiet) as bar:
        left = _unfinished(found, root, board, options.retry_failed, bar)
        first = next(left, None)
        if first is not None:
            attempt = Attempt(root, ENTRY, 0, 0, limits.attempts, limits.watch_seconds, options.retry_failed)
            with _pool(options, attempt, limits, key) as pool:
                bar.write(_("Cases run {where}: see {root}/index.html", where=pool.where, root=root.name))
                run = _run(chain([first], left), root, pool, board, limits, options, bar)
    board.refresh_waiting()
    write_pages(board, root, 0, limits.league_min_cases, PAGE_LOCK_SECONDS)
    tell(_summary(board.counts(names), len(names), run, time.monotonic() - begun))
    return _exit_code(board, names), board.status(0) if options.json else {}


def _found(requests: deque[CaseRequest], root: Path, key: bytes, names: dict[str, None]) -> Iterator[Case]:
    """Cases of all inputs, each once; `names` takes theirs, and `requests` gives up each when its turn has come."""
    while requests:
        request = requests.popleft()
        for case in cases_of(request, root, key):
            if case.name not in names:
                names[case.name] = None
                yield case


def _unfinished(found: Iterable[Case], root: Path, board: Board, retry_failed: bool, bar: "_Bar") -> Iterator[Case]:
    """Those of the cases that are to be run; the others are counted."""
    for case in found:
        bar.found()
        if is_finished(case, read_outcome(case_folder(root, case.name)), retry_failed):
            bar.finished()
        else:
            board.forget(case.name)
            yield case


def _run(
    cases: Iterable[Case],
    root: Path,
    pool: Pool,
    board: Board,
    limits: BatchLimits,
    options: argparse.Namespace,
    bar: "_Bar",
) -> int:
    """Runs the cases while the pages are written; returns how many there were."""
    memory = int(options.memory_per_case * 1e9) if options.memory_per_case else None
    write, done = _PageWriter(board, root, limits), 0
    write.now(1)

    def on_change(case: Case | None, running: int) -> None:
        nonlocal done
        if case is not None:
            board.refresh(case.name)
            bar.finished()
            done += 1
        write.when_due(running)

    try:
        run_cases(cases, root, pool, limits, memory, options.retry_failed, on_change)
    except KeyboardInterrupt:
        write.now(0)
        raise
    return done


class _PageWriter:
    """Writes the pages every few seconds; with many cases less often, so that it takes a small share of the time."""

    def __init__(self, board: Board, root: Path, limits: BatchLimits) -> None:
        self._board, self._root, self._limits = board, root, limits
        self._due = 0.0

    def when_due(self, running: int) -> None:
        if time.monotonic() >= self._due:
            self._board.refresh_waiting()
            self.now(running)

    def now(self, running: int) -> None:
        begun = time.monotonic()
        write_pages(self._board, self._root, running, self._limits.league_min_cases)
        ended = time.monotonic()
        self._due = ended + max(self._limits.page_seconds, (ended - begun) / self._limits.page_time_share)


def _pool(
    options: argparse.Namespace, attempt: Attempt, limits: BatchLimits, key: bytes
) -> AbstractContextManager[Pool]:
    if options.scheduler:
        if options.jobs:
            raise UsageError(
                _("{--jobs} is for this machine: a Dask cluster runs as many cases as its workers have threads.")
            )
        return dask_pool(options.scheduler, attempt, limits, key)
    return thread_pool(options.jobs, attempt, limits)


def _requests(options: argparse.Namespace) -> Iterator[CaseRequest]:
    """What is asked for, input by input and row by row, all of it checked before anything is written."""
    if options.scene:
        raise UsageError(_("A batch writes no scenes: leave {--scene} out, or run the case by itself in Slicer."))
    common = settings_from_args(argparse.Namespace(**{**vars(options), "command": "run"}))
    _refuse_answers_for_all(common, common)
    words = _absolute_files(to_cli_args(common), common)
    make = partial(_request_of_words, given=user_files(common))
    for text in options.inputs:
        path = Path(text)
        if path.suffix.lower() == ".csv" and path.is_file():
            yield from _table_requests(path, common, words)
        elif text.startswith("dicomdb:"):
            raise UsageError(
                _("dicomdb: names a series in Slicer's DICOM database: give a batch the folders of its files.")
            )
        else:
            yield make(path, "run", words)


def _request_of_words(
    source: Path, command: str, words: Sequence[str], given: Sequence[Path], name: str = "", occurrence: int = 0
) -> CaseRequest:
    try:
        made_with = settings_hash(command, words, given)
    except OSError as error:
        raise InputError(
            _("'{filename}' cannot be read: check the file and its rights.", filename=Path(str(error.filename)).name)
        ) from None
    # Tens of thousands of rows wait with few different options: equal ones are held once.
    return CaseRequest(str(source), command, _shared(tuple(words)), sys.intern(made_with), name, occurrence)


@lru_cache(maxsize=1000)
def _shared(options: tuple[str, ...]) -> tuple[str, ...]:
    return options


def _table_requests(path: Path, common: RunSettings, words: Sequence[str]) -> Iterator[CaseRequest]:
    parser, seen = build_parser(), Counter[str]()
    switches, repeated = _kinds_of_options()
    for row in read_table(path):
        own = row.arguments(switches, repeated, path.parent)
        start = [*words, *own] if row.command == "run" else own
        try:
            parsed = parser.parse_args([row.command, str(row.source), "--output", ".", *start])
            settings = settings_from_args(parsed)
            _refuse_answers_for_all(common, settings)
        except UsageError as error:
            raise UsageError(
                _("Line {line} of '{path}': {error}", line=row.line, path=path.name, error=error)
            ) from None
        given = user_files(settings)
        ready = _absolute_files(to_cli_args(settings), settings)
        yield _request_of_words(row.source, row.command, ready, given, row.name, seen[str(row.source)])
        seen[str(row.source)] += 1


def _kinds_of_options() -> tuple[frozenset[str], frozenset[str]]:
    """Names of the options without a value, and of those that may be given several times, of the commands that a table may name."""
    options = (DEBUG, QUIET, *COMMANDS["run"].options, *COMMANDS["prepare"].options)
    switches, repeated = set[str](), set[str]()
    for option in options:
        names = {flag.lstrip("-") for flag in option.flags if flag.startswith("-")}
        switches |= names if option.kind.is_switch else set()
        repeated |= names if option.kind.is_repeated else set()
    return frozenset(switches), frozenset(repeated)


def _refuse_answers_for_all(common: RunSettings, settings: RunSettings) -> None:
    """Raises `UsageError` where a use that stops at open questions would get answers that were given for all cases at once, and for
    the checklist of the anatomy in any use."""
    from ..acceptance import load_use_case
    from ..pipeline.checklist import without_checklist

    if not (common.answers or common.accept_anyway):
        return
    if common.answers and len(without_checklist(common.answers)) < len(dict(common.answers)):
        raise UsageError(
            _(
                "Each model needs answers of its own to the checklist of the anatomy: give answer in a column of "
                "a table (.csv), not for all cases at once."
            )
        )
    use = load_use_case(settings.use)
    if {"ask", "question"} & set(use.blocked_by):
        raise UsageError(
            _(
                "For the use {use} each case needs answers of its own: give answer and accept-anyway in "
                "columns of a table (.csv), not for all cases at once.",
                use=use.name,
            )
        )


def _absolute_files(words: Sequence[str], settings: RunSettings) -> list[str]:
    """The words with the user's own files by their whole path: children and workers may run elsewhere."""
    values = [getattr(settings, name) for name in NAME_OR_PATH_FIELDS]
    files = {text for value in values for text in (value if isinstance(value, tuple) else (value,)) if text}
    return [
        os.path.abspath(word) if word in files and Path(word).suffix and Path(word).is_file() else word
        for word in words
    ]


class _Bar:
    """Cases done, and the time left, on a terminal; silence in a pipe and where tqdm is absent."""

    def __init__(self, bar: Any, least: int) -> None:
        self._bar, self._least, self._count = bar, least, 0

    def found(self) -> None:
        """One more case was found: an archive holds more of them than inputs were given."""
        self._count += 1
        if self._bar is not None and self._count > self._least:
            self._bar.total = self._count

    def finished(self) -> None:
        if self._bar is not None:
            self._bar.update()

    def write(self, line: str) -> None:
        """A line beside the bar."""
        if self._bar is not None:
            self._bar.clear()
        tell(line, flush=True)


@contextmanager
def _progress(least: int, quiet: bool) -> Iterator[_Bar]:
    """A bar over at least so many cases; none when quiet, or in a pipe, where nobody would see it."""
    if quiet or not sys.stderr.isatty():
        yield _Bar(None, least)
        return
    try:
        from tqdm import tqdm
    except ImportError:
        yield _Bar(None, least)
        return
    with tqdm(total=least, file=sys.stderr, leave=False, unit="case", smoothing=0.05) as bar:
        yield _Bar(bar, least)


def _print_list(cases: Iterable[Case], board: Board) -> None:
    """On the terminal alone: the inputs may be named after patients."""
    for case in cases:
        tell(_("{case}  {verdict:<10}  {source}", case=case.name, verdict=board.verdict(case.name), source=case.source))


_WORDS = {**VERDICT_WORDS, WAITING: _("not finished")}


def _summary(counts: Mapping[str, int], total: int, run: int, seconds: float) -> str:
    told = join(
        ", ",
        (_("{count} {verdict}", count=count, verdict=_WORDS[verdict]) for verdict, count in counts.items() if count),
    ) or _("none")
    return _(
        "{cases}: {told}. {run} of them finished now, in {seconds:.0f} s. See index.html, summary.csv, scanners.html.",
        cases=pluralize(total, "case"),
        told=told,
        run=run,
        seconds=seconds,
    )


def _exit_code(board: Board, names: Collection[str]) -> int:
    """5 where an output could not be written, else 3 where an input is unreadable, else 1 where a case is not ready, else 0."""
    counts = board.counts(names)
    if OutputError.exit_code in board.exit_codes(names):
        return OutputError.exit_code
    if counts["unreadable"]:
        return InputError.exit_code
    return 0 if counts["ready"] + counts["warn"] == len(names) else RefusedError.exit_code
