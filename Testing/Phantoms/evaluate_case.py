"""Judges cases of the catalogue through the public functions and reads the outcome of a clause from the result."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from dicomtoprint.acceptance import evaluate_study, load_protocol
from dicomtoprint.dicom import read_study

from .case import PROTOCOLS, Case, clause_words

ORDER = ("n/a", "pass", "info", "warn", "ask", "reject")


@dataclass(frozen=True)
class Judged:
    """A case's result: the contract's JSON of the main series, and the whole contract."""

    series: Mapping[str, object]
    whole: Mapping[str, object]

    def verdict(self, protocol: str) -> str:
        """Verdict of the main series under a protocol."""
        return str(self.series["protocols"][protocol]["verdict"])  # type: ignore[index]

    def findings(self, protocol: str) -> list[Mapping[str, object]]:
        """Findings of the main series under a protocol."""
        return self.series["protocols"][protocol]["findings"]  # type: ignore[index, no-any-return]

    def outcome(self, protocol: str, clause: str) -> str:
        """The worst outcome word of a clause under a protocol; empty where no finding carries the clause."""
        words = [word(finding) for finding in self.findings(protocol) if clause in clause_words(str(finding["clause"]))]
        return max(words, key=ORDER.index, default="")

    def complaints(self, protocol: str) -> list[str]:
        """Clauses that lower the verdict, for a test's message."""
        return [
            f"{finding['clause']} {finding['rule']}: {word(finding)} ({finding['message']})"
            for finding in self.findings(protocol)
            if word(finding) in ORDER[3:]
        ]


def word(finding: Mapping[str, object]) -> str:
    """One outcome word for a finding's outcome and severity."""
    outcome = finding["outcome"]
    if outcome in ("pass", "not applicable"):
        return "pass" if outcome == "pass" else "n/a"
    if finding["severity"] == "info":
        return "info"
    return "ask" if outcome == "ask" else str(finding["severity"])


def worst_series(found: list[Mapping[str, object]]) -> Mapping[str, object]:
    """The series with the worst verdict."""
    return max(found, key=lambda one: ("accept", "warn", "ask", "reject").index(str(one["verdict"])))


@dataclass
class Judge:
    """Writes a case once, judges it once, and remembers the result."""

    folder: Path
    protocols: tuple[object, ...] = field(default_factory=lambda: tuple(load_protocol(name) for name in PROTOCOLS))
    known: dict[str, Judged] = field(default_factory=dict)

    def __call__(self, case: Case) -> Judged:
        """The result of a case."""
        if case.id not in self.known:
            target = self.folder / case.id
            case.write(target)
            self.known[case.id] = self.folder_judged(target, case)
        return self.known[case.id]

    def folder_judged(self, target: Path, case: Case) -> Judged:
        """The result of a folder under the settings of `case`."""
        study = read_study(target)
        accepted = evaluate_study(
            study,
            self.protocols,  # type: ignore[arg-type]
            answers=case.answers,
            surgery_date=case.surgery,
            pixels=case.pixels,
        )
        whole = accepted.as_json(identified=False)
        listed = list(zip(accepted.series, whole["series"]))  # type: ignore[call-overload]
        chosen = [data for one, data in listed if not case.main or one.series.uid == case.main]
        return Judged(worst_series(chosen), whole)


def rules_of(protocol: str) -> Iterable[object]:
    """The rules of a built-in protocol."""
    return load_protocol(protocol).rules


def questions_of(protocol: str) -> Mapping[str, list[str]]:
    """The standing questions of a protocol: clause to the questions' ids."""
    found: dict[str, list[str]] = {}
    for question in load_protocol(protocol).questions:
        found.setdefault(question.clause, []).append(question.rule)
    return found
