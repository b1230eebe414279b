"""Rule, finding, verdict: one small engine for scans and for prints.

A rule is data: a fact's name, an operator, a limit, a severity and a remedy. Code measures facts and holds no limits;
`make_finding` compares them. What could not be established is never a pass.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from .messages import Column, _, id_and_parameters, options_in


class Outcome(str, Enum):
    """How a rule ended."""

    PASS = "pass"
    FAIL = "fail"
    ASK = "ask"
    NOT_APPLICABLE = _("not applicable")


class Severity(str, Enum):
    """What a failed rule does to the verdict."""

    REJECT = "reject"
    ASK = "ask"
    WARN = "warn"
    INFO = "info"


class Verdict(str, Enum):
    """The worst of the findings, best first."""

    ACCEPT = "accept"
    WARN = "warn"
    ASK = "ask"
    REJECT = "reject"

    @property
    def rank(self) -> int:
        """0 for accept to 3 for reject."""
        return list(Verdict).index(self)


# Verdicts, outcomes and severities as people read them.
WORDS: Mapping[str, str] = {
    "accept": _("accept"),
    "warn": _("warn"),
    "ask": _("ask"),
    "reject": _("reject"),
    "pass": _("pass"),
    "fail": _("fail"),
    "info": _("info"),
    "ambiguous": _("ambiguous"),
    "not measured": _("not measured"),
    "ready": _("ready"),
    "not-ready": _("not ready"),
    "not applicable": _("not applicable"),
}


def in_words(verdict: str) -> str:
    """A verdict, outcome or severity as people read it."""
    return WORDS.get(verdict, verdict)


def column_of(word: str, among: Iterable[str] = tuple(Severity)) -> Column:
    """A severity (or one of the outcomes `among`) as people read it below one another; empty for a line without one."""
    return Column(in_words(word), tuple(in_words(str(getattr(one, "value", one))) for one in among))


class _Missing:
    """Marks a fact that could not be established."""

    def __repr__(self) -> str:
        return "not established"


MISSING = _Missing()
# A rule's `missing`: the rule itself keeps silent, and the rule on what was not judged asks once for all such rules.
NOT_JUDGED = _("not judged")


@dataclass(frozen=True)
class Fact:
    """A measured value with its evidence.

    `value` is `MISSING` where it could not be established. `where` says in words which slices, files or places; `evidence`
    names the attributes it came from. `applicable` is False where the question makes no sense for this object. `parameters`
    fill the message. `places` are points in LPS mm, or slice indices for a scan, that a view can jump to; `sizes`, where given,
    are those of the places in `size_unit` (mm2, mm3), and `area_mm2` is how much of a surface the value speaks of. `marked` are the
    indices of the triangles it speaks of, for pictures; None where it speaks of none in particular.
    """

    name: str
    value: object
    where: str = ""
    evidence: str = ""
    applicable: bool = True
    parameters: Mapping[str, object] = field(default_factory=dict)
    places: tuple[tuple[float, float, float], ...] = ()
    area_mm2: float | None = None
    sizes: tuple[float, ...] = ()
    size_unit: str = "mm2"
    marked: Any = field(default=None, repr=False, compare=False)


@dataclass(frozen=True)
class Rule:
    """A requirement as data. See `data/protocols/schema.json` for the file form.

    `operator` is a key of `OPERATORS` or ``table``: then `limit` maps the fact's value to a severity or ``pass``, and
    ``*`` stands for any other value. `missing` is the outcome of a fact that is not established: a severity,
    ``not applicable``, or ``not judged`` (one finding on the scan then asks for all such rules). `affects_geometry` marks
    rules that break the shape of the model (the gate of `run` reads it). `remedy_when` maps a kind of fault, a value or
    ``missing`` to remedies of its own. `unless` names rules: where one of them failed, it has said the same and more. Beyond
    `reject_beyond` a failure is a reject, whatever `severity` says.
    """

    id: str
    clause: str
    fact: str
    operator: str
    limit: object
    severity: Severity
    remedy: tuple[str, ...] = ()
    tolerance: float = 0.0
    missing: str = "ask"
    affects_geometry: bool = False
    undefined_volume: bool = False
    unit: str = ""
    source: str = ""
    section: str = ""
    note: str = ""
    applies_to: tuple[str, ...] = ()
    title: str = ""
    remedy_when: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    unless: tuple[str, ...] = ()
    reject_beyond: float | None = None


@dataclass(frozen=True)
class Finding:
    """A rule's outcome, with the measured value and the limit. `message` is one sentence; `remedy` says what to do.

    `places`, `area_mm2`, `sizes` and `size_unit` are those of the fact. `fact` names it, `kind` is the kind of fault it reported
    of (else its value). `level` is the burden of the remedy, `follows` the rule whose finding is the cause of this one.
    """

    rule: str
    clause: str
    severity: Severity
    outcome: Outcome
    measured: object
    limit: object
    where: str
    remedy: str
    message: str
    unit: str = ""
    source: str = ""
    affects_geometry: bool = False
    undefined_volume: bool = False
    places: tuple[tuple[float, float, float], ...] = ()
    area_mm2: float | None = None
    sizes: tuple[float, ...] = ()
    size_unit: str = "mm2"
    fact: str = ""
    kind: str = ""
    level: str = ""
    follows: str = ""

    @property
    def verdict(self) -> Verdict:
        """What this finding alone makes of the verdict."""
        if self.outcome in (Outcome.PASS, Outcome.NOT_APPLICABLE) or self.severity is Severity.INFO:
            return Verdict.ACCEPT
        if self.outcome is Outcome.ASK:
            return Verdict.ASK
        return Verdict(self.severity.value)

    def as_json(self) -> dict[str, object]:
        """The finding in the contract's form, in English; with it what the sentences were made of, for other languages, and the
        options that the remedy names."""
        message_id, parameters = id_and_parameters(self.message)
        remedy_id, remedy_parameters = id_and_parameters(self.remedy)
        return {
            "rule": self.rule,
            "clause": self.clause,
            "severity": self.severity.value,
            "outcome": self.outcome.value,
            "measured": self.measured,
            "limit": self.limit,
            "where": self.where,
            "remedy": self.remedy,
            "message": self.message,
            "message_id": message_id,
            "message_parameters": parameters,
            "remedy_id": remedy_id,
            "remedy_parameters": remedy_parameters,
            "remedy_options": list(options_in(self.remedy)),
        }


def _close_to(value: float, limit: float, tolerance: float) -> bool:
    return abs(value - limit) <= tolerance


OPERATORS: Mapping[str, Callable[..., bool]] = {
    "<=": lambda value, limit, tolerance: value <= limit + tolerance,
    "<": lambda value, limit, tolerance: value < limit + tolerance,
    ">=": lambda value, limit, tolerance: value >= limit - tolerance,
    ">": lambda value, limit, tolerance: value > limit - tolerance,
    "==": lambda value, limit, tolerance: (
        _close_to(value, limit, tolerance) if isinstance(limit, float) else value == limit
    ),
    "between": lambda value, limit, tolerance: limit[0] - tolerance <= value <= limit[1] + tolerance,
    "in": lambda value, limit, tolerance: (
        all(v in limit for v in value) if isinstance(value, (tuple, list, set, frozenset)) else value in limit
    ),
    "not in": lambda value, limit, tolerance: (
        not any(v in limit for v in value) if isinstance(value, (tuple, list, set, frozenset)) else value not in limit
    ),
    "shown": lambda value, limit, tolerance: True,
}


def is_far_beyond(rule: Rule, fact: Fact) -> bool:
    """Whether the fact exceeds `Rule.reject_beyond`: its parameter ``severe`` where it has one, else its value."""
    value = fact.parameters.get("severe", fact.value)
    return rule.reject_beyond is not None and isinstance(value, (int, float)) and value > rule.reject_beyond


def compare(rule: Rule, fact: Fact) -> tuple[Outcome, Severity]:
    """Outcome and severity of `rule` on `fact`; pure comparison, no words."""
    if not fact.applicable:
        return Outcome.NOT_APPLICABLE, rule.severity
    if fact.value is MISSING:
        if rule.missing in ("pass", Outcome.NOT_APPLICABLE.value, NOT_JUDGED):
            return Outcome.NOT_APPLICABLE, rule.severity
        severity = Severity(rule.missing)
        return (Outcome.ASK if severity is Severity.ASK else Outcome.FAIL), severity
    if rule.operator == "table":
        assert isinstance(rule.limit, Mapping)
        verdict = str(rule.limit.get(str(fact.value), rule.limit.get("*", rule.severity.value)))
        if verdict == "pass":
            return Outcome.PASS, rule.severity
        severity = Severity(verdict)
        return (Outcome.ASK if severity is Severity.ASK else Outcome.FAIL), severity
    if OPERATORS[rule.operator](fact.value, rule.limit, rule.tolerance):
        return Outcome.PASS, rule.severity
    if is_far_beyond(rule, fact):
        return Outcome.FAIL, Severity.REJECT
    return (Outcome.ASK if rule.severity is Severity.ASK else Outcome.FAIL), rule.severity


def make_finding(rule: Rule, fact: Fact, message: str, remedy: str) -> Finding:
    """Finding of `rule` on `fact`, with its sentence and remedy already in words."""
    outcome, severity = compare(rule, fact)
    needs_remedy = outcome in (Outcome.FAIL, Outcome.ASK)
    return Finding(
        rule=rule.id,
        clause=rule.clause,
        severity=severity,
        outcome=outcome,
        measured=None if fact.value is MISSING else fact.value,
        limit=rule.limit,
        where=fact.where,
        remedy=remedy if needs_remedy else "",
        message=message,
        unit=rule.unit,
        source=f"{rule.source}, {rule.section}".strip(", "),
        affects_geometry=rule.affects_geometry,
        undefined_volume=rule.undefined_volume,
        places=fact.places,
        area_mm2=fact.area_mm2,
        sizes=fact.sizes,
        size_unit=fact.size_unit,
        fact=rule.fact.partition(":")[0] if rule.fact.startswith("rules:") else rule.fact,
        kind=str(fact.parameters.get("kind", "" if fact.value is MISSING else fact.value)),
    )


def aggregate_verdict(findings: Iterable[Finding]) -> Verdict:
    """The verdict of a set of findings: reject > ask > warn > accept."""
    return max((finding.verdict for finding in findings), key=lambda verdict: verdict.rank, default=Verdict.ACCEPT)
