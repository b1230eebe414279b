"""Which clause of a protocol stops how many scans, by scanner, kernel and month: for who mends the protocols of a scanner."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ..messages import _
from .board import ScanFacts

COLUMNS = ("scanner", "kernel", "month", "scans", "rejected", "protocol", "clause", "severity", "scans_not_passed")
OTHER_MONTHS, OTHER_KERNELS, OTHER_SCANNERS = _("other months"), _("other kernels"), _("other scanners")


@dataclass(frozen=True)
class LeagueRow:
    """One group of scans. `not_passed` counts scans by (protocol, clause, severity), most first."""

    scanner: str
    kernel: str
    month: str
    scans: int
    rejected: int
    not_passed: tuple[tuple[tuple[str, str, str], int], ...]


def league_table(scans: Sequence[ScanFacts], least: int) -> tuple[tuple[LeagueRow, ...], int]:
    """Groups of scans by scanner, kernel and month, and how many scans stand in none.

    A group of fewer than `least` scans could point to a patient: its scans are counted with the other such months of the scanner
    and kernel, where these are too few with the other kernels of the scanner, then with the other scanners; what is too few even
    so is not shown.
    """
    kept = list(scans)
    pools: tuple[dict[str, Any], ...] = (
        {"month": OTHER_MONTHS},
        {"month": OTHER_MONTHS, "kernel": OTHER_KERNELS},
        {"month": OTHER_MONTHS, "kernel": OTHER_KERNELS, "scanner": OTHER_SCANNERS},
    )
    for names in pools:
        sizes = Counter(map(_group, kept))
        kept = [scan if sizes[_group(scan)] >= least else replace(scan, **names) for scan in kept]
    groups: dict[tuple[str, str, str], list[ScanFacts]] = defaultdict(list)
    for scan in kept:
        groups[_group(scan)].append(scan)
    rows = [_row(group, members) for group, members in groups.items() if len(members) >= least]
    rows.sort(key=lambda row: (-row.rejected, -row.scans, row.scanner, row.kernel, row.month))
    return tuple(rows), len(scans) - sum(row.scans for row in rows)


def _group(scan: ScanFacts) -> tuple[str, str, str]:
    return scan.scanner, scan.kernel, scan.month


def _row(group: tuple[str, str, str], members: Sequence[ScanFacts]) -> LeagueRow:
    counted = Counter(clause for scan in members for clause in scan.clauses)
    order = sorted(counted.items(), key=lambda item: (-item[1], item[0]))
    return LeagueRow(*group, len(members), sum(scan.verdict == "reject" for scan in members), tuple(order))


def table_rows(rows: Iterable[LeagueRow]) -> Iterator[tuple[str | int, ...]]:
    """Rows in the order of `COLUMNS`: one for each clause that a group did not pass, one for a group that passed all."""
    for row in rows:
        head = (row.scanner, row.kernel, row.month, row.scans, row.rejected)
        for (protocol, clause, severity), count in row.not_passed:
            yield (*head, protocol, clause, severity, count)
        if not row.not_passed:
            yield (*head, "", "", "", 0)
