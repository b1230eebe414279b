"""The state of all cases of a folder, and the files that show it: ``status.json``, ``summary.csv`` and the pages."""

import csv
import json
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from .. import __version__
from ..io import AtomicOutputSet
from ..io.atomic import translate_os_errors
from ..messages import _, spoken
from .case import VERDICTS, CaseOutcome
from .describe import THUMBNAIL
from .folder import RESULT, case_folder, outcome_folders, read_outcome

SCHEMA = "dicom-to-print/batch-status/1"
_FILES = ("report.html", THUMBNAIL)
WAITING = "waiting"
VERDICT_WORDS = {
    "ready": _("ready"),
    "warn": _("ready with warnings"),
    "not-ready": _("not ready"),
    "reject": _("scan rejected"),
    "ask": _("question open"),
    "unreadable": _("unreadable"),
    "failed": _("failed"),
}
MEASURES = ("triangles", "components", "volume_mm3", "area_mm2", "min_wall_mm", "min_gap_mm")
COLUMNS = (
    "case",
    "verdict",
    "exit_code",
    "seconds",
    "reason",
    "scan_verdict",
    *MEASURES,
    "attempts",
    "files",
    "bytes",
    "version",
    "models",
    "report",
    "thumbnail",
)


@dataclass(frozen=True)
class ScanFacts:
    """What the table of scanners counts: nothing in it tells of a patient. `clauses` are (protocol, clause, severity) not passed."""

    scanner: str
    kernel: str
    month: str
    verdict: str
    clauses: frozenset[tuple[str, str, str]]

    @classmethod
    def of(cls, scan: Mapping[str, Any]) -> "ScanFacts":
        """Those of the ``scan`` of an outcome."""
        clauses = frozenset((one["protocol"], one["clause"], one["severity"]) for one in scan.get("clauses", ()))
        scanner, kernel, month, verdict = (
            str(scan.get(name, "")) for name in ("scanner", "kernel", "month", "verdict")
        )
        return cls(scanner, kernel, month, verdict, clauses)


@dataclass(frozen=True, slots=True)
class _Finished:
    """Of a finished case what is asked often, and where its row begins in the file of rows."""

    verdict: str
    exit_code: int
    at: int


class Board:
    """What is known of every case, by name: a row of plain values each, read from its folder once it is finished.

    The rows stand in a temporary file without a name, so that the memory that a batch takes hardly grows with its cases.

    Parameters
    ----------
    root
        The batch's folder.
    names
        Cases that are known to be waiting; what the folder holds beside them is shown as well.
    """

    def __init__(self, root: Path, names: Iterable[str] = ()) -> None:
        self._root = root
        self._known: dict[str, _Finished | None] = dict.fromkeys(names)
        self._rows = tempfile.TemporaryFile()  # noqa: SIM115 - it goes with the board
        self._scans: dict[str, ScanFacts] = {}
        self._same: dict[ScanFacts, ScanFacts] = {}  # one object for equal ones: thousands of cases have few
        for folder in outcome_folders(root):
            self.refresh(folder.name)

    def refresh(self, name: str) -> str:
        """Reads the outcome of a case again; returns its verdict, `WAITING` where it has none."""
        folder = case_folder(self._root, name)
        outcome = read_outcome(folder)
        if outcome is None:
            self.forget(name)
            return WAITING
        at = self._rows.seek(0, 2)
        self._rows.write(json.dumps([*_row(outcome, folder), outcome.reason_told]).encode("utf-8") + b"\n")
        self._known[name] = _Finished(sys.intern(outcome.verdict), outcome.exit_code, at)
        if outcome.scan:
            facts = ScanFacts.of(outcome.scan)
            self._scans[name] = self._same.setdefault(facts, facts)
        return outcome.verdict

    def refresh_waiting(self) -> None:
        """Looks for outcomes of the cases that have none yet: another batch may have finished them."""
        for name in [name for name, finished in self._known.items() if finished is None]:
            self.refresh(name)

    def forget(self, name: str) -> None:
        """A case that is to be made again waits until it is."""
        self._known[name] = None
        self._scans.pop(name, None)

    def scans(self) -> list[ScanFacts]:
        """Scanner, kernel, month and what did not pass, of every case whose scan was judged."""
        return list(self._scans.values())

    def verdict(self, name: str) -> str:
        """Verdict of a case; `WAITING` where it has none."""
        finished = self._known.get(name)
        return WAITING if finished is None else finished.verdict

    def counts(self, names: Iterable[str] | None = None) -> dict[str, int]:
        """Cases by verdict, of those named or of all; every verdict stands there."""
        counted = Counter(self.verdict(name) for name in (self._known if names is None else names))
        return {verdict: counted.get(verdict, 0) for verdict in (*VERDICTS, WAITING)}

    def exit_codes(self, names: Iterable[str]) -> set[int]:
        """Exit codes of the named cases that are finished."""
        return {finished.exit_code for name in names if (finished := self._known.get(name)) is not None}

    def rows(self) -> Iterator[tuple[Any, ...]]:
        """A row a case in the order of `COLUMNS`, the cases without an outcome last."""
        for row, _told in self._rows_and_told():
            yield row

    def rows_for_readers(self) -> Iterator[tuple[Any, ...]]:
        """As `rows`, the reasons in the language that is spoken where they were told in it."""
        reason = COLUMNS.index("reason")
        for row, told in self._rows_and_told():
            yield (*row[:reason], told.get(spoken(), row[reason]), *row[reason + 1 :])

    def _rows_and_told(self) -> Iterator[tuple[tuple[Any, ...], Mapping[str, str]]]:
        for finished in self._known.values():
            if finished is not None:
                self._rows.seek(finished.at)
                *row, told = json.loads(self._rows.readline())
                where = case_folder(self._root, row[0]).relative_to(self._root).as_posix()
                files = (f"{where}/{RESULT}/{name}" if there else None for name, there in zip(_FILES, row[-2:]))
                yield (*row[:-2], *files), told
        for name, finished in self._known.items():
            if finished is None:
                yield (name, WAITING, *(None,) * (len(COLUMNS) - 2)), {}

    def head(self, running: int) -> dict[str, Any]:
        """The content of ``status.json`` but for the cases."""
        return {
            "schema": SCHEMA,
            "version": __version__,
            "updated": datetime.now().astimezone().isoformat(timespec="seconds"),
            "running": running,
            "counts": self.counts(),
        }

    def status(self, running: int) -> dict[str, Any]:
        """The content of ``status.json``."""
        return {**self.head(running), "cases": [dict(zip(COLUMNS, row)) for row in self.rows()]}


def _row(outcome: CaseOutcome, folder: Path) -> tuple[Any, ...]:
    """As in `COLUMNS`, with whether report and thumbnail are there in the place of their paths."""
    models = " ".join(f"{name}:{sha256}" for name, sha256 in outcome.models.items())
    return (
        outcome.case,
        outcome.verdict,
        outcome.exit_code,
        outcome.seconds,
        outcome.reason,
        outcome.scan.get("verdict"),
        *(outcome.measures.get(name) for name in MEASURES),
        outcome.attempts,
        outcome.input.get("files"),
        outcome.input.get("bytes"),
        outcome.version,
        models,
        *((folder / RESULT / name).is_file() for name in _FILES),
    )


def write_csv(path: Path, heads: Iterable[str], rows: Iterable[Iterable[Any]]) -> None:
    """Writes plain values, row by row: whole or not at all. A text that a spreadsheet would take for a formula gets an apostrophe
    before it. Raises `OutputError`.
    """
    with AtomicOutputSet(path.parent) as outputs, translate_os_errors(path.name):
        with outputs.temporary(path.name).open("w", encoding="utf-8", newline="") as stream:
            writer = csv.writer(stream, lineterminator="\n")
            writer.writerow(heads)
            writer.writerows(map(_cell, row) for row in rows)
        outputs.publish()


def write_with_rows(path: Path, before: str, rows: Iterable[Any], after: str) -> None:
    """Writes a text with a JSON list of `rows` in it, row by row, so that it takes little memory: whole or not at all. In it every <
    is escaped: in a page nothing in the list can end its element. Raises `OutputError`.
    """
    with AtomicOutputSet(path.parent) as outputs, translate_os_errors(path.name):
        with outputs.temporary(path.name).open("w", encoding="utf-8", newline="") as stream:
            stream.write(f"{before}[")
            for number, row in enumerate(rows):
                text = json.dumps(row, separators=(",", ":")).replace("<", "\\u003c")
                stream.write(f",\n{text}" if number else text)
            stream.write(f"]{after}")
        outputs.publish()


def _cell(value: Any) -> Any:
    return f"'{value}" if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r") else value


def write_status(board: Board, root: Path, running: int) -> None:
    """Writes ``status.json`` and ``summary.csv``. Raises `OutputError`."""
    before = json.dumps(board.head(running), separators=(",", ":"))[:-1] + ',"cases":'
    write_with_rows(root / "status.json", before, (dict(zip(COLUMNS, row)) for row in board.rows()), "}\n")
    write_csv(root / "summary.csv", COLUMNS, board.rows())
