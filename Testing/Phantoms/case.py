"""What a case is: a series with one property, the clauses it touches, and what each protocol must say of it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from .files import File, write_files
from .series import CRANIOFACIAL, KINDS

ORTHO, EXOPLAN = "3dsystems-ortho", "exoplan-import"
PROTOCOLS = (ORTHO, EXOPLAN)
SURGERY = date(2026, 5, 4)

ALL_KINDS = KINDS
RANK = ("accept", "warn", "ask", "reject")
# What an outcome word of a clause does to the verdict of the protocol that holds the clause.
VERDICT_OF = {"pass": "accept", "info": "accept", "n/a": "accept", "warn": "warn", "ask": "ask", "reject": "reject"}


@dataclass(frozen=True)
class Case:
    """A series and its expected judgement.

    `clauses` maps a catalogue clause to its outcome word (`pass`, `info`, `n/a`, `warn`, `ask`, `reject`; alternatives
    joined by ``|``). `verdicts` maps a protocol to the verdict of the main series, again with alternatives.
    `must_reject` marks a defect that some profile must reject; `conformant` an oddity that no profile may complain of.
    """

    id: str
    clauses: Mapping[str, str]
    verdicts: Mapping[str, str]
    write: Callable[[Path], object]
    must_reject: bool = False
    conformant: bool = False
    pixels: bool = False
    surgery: date | None = SURGERY
    answers: Mapping[str, str] = field(default_factory=dict)
    main: str = ""
    why: str = ""


def protocols_of(clause: str) -> tuple[str, ...]:
    """The protocols that hold a clause: O and E one each, integrity both; I17 stands in the E rows under exoplan."""
    if clause == "I17":
        return (ORTHO,)
    return {"O": (ORTHO,), "E": (EXOPLAN,)}.get(clause[0], PROTOCOLS)


def expected_verdicts(clauses: Mapping[str, str], kind: str) -> dict[str, str]:
    """The worst of the expected outcomes under each protocol; the Craniofacial object always asks for its kernel."""
    verdicts = {}
    for protocol in PROTOCOLS:
        lowest = "ask" if protocol == ORTHO and kind == CRANIOFACIAL else "accept"
        choices = {lowest}
        for clause, words in clauses.items():
            if protocol in protocols_of(clause):
                own = {VERDICT_OF[word] for word in words.split("|")}
                choices = {max(a, b, key=RANK.index) for a in choices for b in own}
        verdicts[protocol] = "|".join(sorted(choices, key=RANK.index))
    return verdicts


def cases(
    name: str,
    clauses: Mapping[str, str],
    build: Callable[[str], Sequence[File]],
    kinds: Sequence[str] = (KINDS[0],),
    verdicts: Mapping[str, str] | None = None,
    **options: object,
) -> Iterator[Case]:
    """One case for each kind of object that `build` can make; `verdicts` overrules the computed ones."""
    for kind in kinds:
        expected = expected_verdicts(clauses, kind) | dict(verdicts or {})
        own = dict(options)
        own.setdefault("must_reject", any(verdict == "reject" for verdict in expected.values()))
        if own.get("conformant"):
            own["must_reject"] = False
        yield Case(f"{kind}-{name}", dict(clauses), expected, _writer(build, kind), **own)  # type: ignore[arg-type]


def _writer(build: Callable[[str], Sequence[File]], kind: str) -> Callable[[Path], object]:
    return lambda folder: write_files(build(kind), folder)


def by_folder(name: str, clauses: Mapping[str, str], write: Callable[[Path], object], **options: object) -> Case:
    """A case that writes its own folder (a disc with DICOMDIR, files that are no DICOM, several series)."""
    verdicts = expected_verdicts(clauses, KINDS[0]) | dict(options.pop("verdicts", {}))  # type: ignore[call-overload]
    options.setdefault("must_reject", "reject" in verdicts.values())
    return Case(name, dict(clauses), verdicts, write, **options)  # type: ignore[arg-type]


def clause_words(clause: str) -> list[str]:
    """The clause ids in a rule's `clause`, which may name several."""
    return re.findall(r"[A-Z]\w*(?:-[A-Za-z]\w*)*", clause)
