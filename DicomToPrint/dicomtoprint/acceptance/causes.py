"""One cause, one line: which finding follows from which, over all protocols of a series.

Two ways lead from a finding to its cause. A table (`data/causes`) says what follows from what by their facts. And
where a few slices are unlike the rest, the series is judged again without them: what then no longer complains was their
doing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import numpy as np

from ..config import resources
from ..dicom import Series
from ..dicom.subset import subset
from ..rules import Finding, Outcome, Severity
from .facts.file_integrity import short_of_pixels

_ORDER = {Severity.REJECT: 0, Severity.ASK: 1, Severity.WARN: 2, Severity.INFO: 3}
Rejudge = Callable[[Series], Mapping[str, Sequence[Finding]]]


@dataclass(frozen=True)
class Row:
    """A line of the table: a fact, its values where not any, and the facts that follow from it."""

    cause: str
    values: tuple[str, ...]
    explains: tuple[str, ...]

    def speaks_of(self, finding: Finding) -> bool:
        """Whether this line is about what `finding` found."""
        return finding.fact == self.cause and (
            not self.values or bool({finding.kind, str(finding.measured)} & set(self.values))
        )

    def holds(self, cause: Finding, finding: Finding) -> bool:
        """Whether `finding` follows from `cause` by this line."""
        if not self.speaks_of(cause):
            return False
        return finding.fact != cause.fact and (finding.fact in self.explains or "*" in self.explains)


@cache
def table() -> tuple[Row, ...]:
    """The lines of the table, the first that fits counts."""
    content, _ = resources.load_json_resource("causes", "causes")
    return tuple(
        Row(str(row["cause"]), tuple(row.get("values", ())), tuple(row["explains"])) for row in content["rows"]
    )


def complains(finding: Finding) -> bool:
    """True for a finding that a user must hear of."""
    return finding.outcome in (Outcome.FAIL, Outcome.ASK) and finding.severity is not Severity.INFO


def trace(
    series: Series, findings: Mapping[str, Sequence[Finding]], rejudge: Rejudge
) -> dict[str, tuple[Finding, ...]]:
    """The findings of each protocol, those that follow from another with the rule it follows from in `follows`.

    Parameters
    ----------
    series : Series
        What was judged.
    findings : mapping of str to sequence of Finding
        By the protocol's name.
    rejudge : callable
        Judges a part of the series under the same protocols, by headers alone.
    """
    bad = {name: [one for one in found if complains(one)] for name, found in findings.items()}
    every = sorted((one for found in bad.values() for one in found), key=lambda one: _ORDER[one.severity])
    parents = _by_outliers(series, every, bad, rejudge) if every else {}
    for finding in every:
        if id(finding) not in parents:
            cause = _by_table(finding, every)
            if cause is not None:
                parents[id(finding)] = cause
    _fold_the_same(every, parents)
    return {
        name: tuple(replace(one, follows=_root(one, parents).rule) if id(one) in parents else one for one in found)
        for name, found in findings.items()
    }


def _by_table(finding: Finding, every: Sequence[Finding]) -> Finding | None:
    leads_to_all = False  # what explains everything is explained by nothing that stands below it
    for row in table():
        if leads_to_all and "*" in row.explains:
            continue
        leads_to_all = leads_to_all or ("*" in row.explains and row.speaks_of(finding))
        for cause in every:
            if cause is not finding and row.holds(cause, finding):
                return cause
    return None


def _fold_the_same(every: Sequence[Finding], parents: dict[int, Finding]) -> None:
    """Rules of several protocols on one fact are one line: that of the gravest outcome."""
    first: dict[tuple[str, str], Finding] = {}
    for finding in every:
        if id(finding) in parents:
            continue
        leader = first.setdefault((finding.fact, str(finding.measured)), finding)
        if leader is not finding and leader.rule != finding.rule:
            parents[id(finding)] = leader


def _root(finding: Finding, parents: Mapping[int, Finding]) -> Finding:
    """The first of the causes; a finding that would follow from itself is its own."""
    met = {id(finding)}
    while id(finding) in parents and id(parents[id(finding)]) not in met:
        finding = parents[id(finding)]
        met.add(id(finding))
    return finding


def _by_outliers(
    series: Series, every: Sequence[Finding], bad: Mapping[str, Sequence[Finding]], rejudge: Rejudge
) -> dict[int, Finding]:
    """Findings that are gone where the slices that a cause speaks of are left out."""
    parents: dict[int, Finding] = {}
    for fact, rows in _outliers(series, {one.fact for one in every}):
        cause = next((one for one in every if one.fact == fact and id(one) not in parents), None)
        if cause is None or not 0 < len(rows) < len(series) / 2:
            continue
        keep = np.setdiff1d(np.arange(len(series)), rows)
        if len(keep) < 2:
            continue
        left = rejudge(replace(subset(series, keep), unreadable_near=()))
        for name, found in bad.items():
            still = {one.rule for one in left.get(name, ()) if complains(one)}
            for one in found:
                if one.fact != fact and one.rule not in still and id(one) not in parents and one is not cause:
                    parents[id(one)] = cause
    return parents


def _outliers(series: Series, complained: set[str]) -> Iterable[tuple[str, np.ndarray]]:
    """Facts that some rule complains of and the rows of the few slices that they speak of, the gravest fact first."""
    if "unreadable_files" in complained:
        yield "unreadable_files", _rows_of_files(series, lambda file: bool(file.problem))
    if "truncated_files" in complained:
        yield "truncated_files", _rows_of_files(series, short_of_pixels)
    if "slices_without_place" in complained:
        places = series.table("ImagePositionPatient", 3), series.table("ImageOrientationPatient", 6)
        yield "slices_without_place", np.flatnonzero(np.isnan(np.hstack(places)).any(axis=1))
    if "patients" in complained:
        yield "patients", _minority(series, "PatientID", "PatientName")
    if "orientation_spread" in complained:
        own = series.table("ImageOrientationPatient", 6)
        yield "orientation_spread", np.flatnonzero(np.abs(own - np.nanmedian(own, axis=0)).max(axis=1) > 1e-4)
    for fact, keywords in (
        ("matrix_spread", ("Rows", "Columns", "PixelSpacing")),
        ("sop_class", ("SOPClassUID",)),
        ("modality", ("Modality",)),
        ("frames_of_reference", ("FrameOfReferenceUID",)),
        ("kernel_family", ("ConvolutionKernel",)),
    ):
        if fact in complained:
            yield fact, _minority(series, *keywords)


def _rows_of_files(series: Series, wanted: Callable[[Any], bool]) -> np.ndarray:
    files = [at for at, file in enumerate(series.files) if wanted(file)]
    return np.flatnonzero(np.isin(series.file_of, files))


def _minority(series: Series, *keywords: str) -> np.ndarray:
    """Rows that hold other values than most."""
    columns = np.stack([series.column(keyword).index for keyword in keywords], axis=1)
    _, kinds, counts = np.unique(columns, axis=0, return_inverse=True, return_counts=True)
    return np.flatnonzero(kinds.ravel() != counts.argmax())


def tree(findings: Mapping[str, Sequence[Finding]]) -> list[dict[str, Any]]:
    """The causes for the contract's JSON, the gravest first: each once, with what follows from it.

    Each entry has ``rule``, ``severity`` (the gravest of all that it leads to), ``clauses``, ``protocols``,
    ``message``, ``remedy``, ``level`` and ``consequences`` (rules).
    """
    entries: dict[str, dict[str, Any]] = {}
    bad = [(name, one) for name, found in findings.items() for one in found if complains(one)]
    for name, one in sorted(bad, key=lambda pair: (bool(pair[1].follows), _ORDER[pair[1].severity])):
        entry = entries.setdefault(one.follows or one.rule, _entry(one))
        entry["protocols"] = sorted({*entry["protocols"], name})
        if not one.follows:
            entry["clauses"] = sorted({*entry["clauses"], *filter(None, [one.clause])})
        elif one.rule not in entry["consequences"]:
            entry["consequences"].append(one.rule)
        entry["severity"] = min((Severity(entry["severity"]), one.severity), key=lambda value: _ORDER[value]).value
    return sorted(entries.values(), key=lambda entry: _ORDER[Severity(entry["severity"])])


def _entry(finding: Finding) -> dict[str, Any]:
    return {
        "rule": finding.rule,
        "severity": finding.severity.value,
        "outcome": finding.outcome.value,
        "clauses": [],
        "protocols": [],
        "message": finding.message,
        "remedy": finding.remedy,
        "level": finding.level,
        "consequences": [],
    }
