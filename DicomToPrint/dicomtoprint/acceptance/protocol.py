"""A protocol: a named, versioned set of rules in JSON, read with every mistake named by its line."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..config import resources
from ..errors import UsageError
from ..messages import _, join
from ..rules import NOT_JUDGED, OPERATORS, Rule, Severity, line_number_of_key
from .facts.registry import is_known_fact

_REMEDIES = ("X", "C", "S", "T", "Q", "P")
_KINDS = ("classic", "enhanced", "craniofacial")
_MISSING = (*(severity.value for severity in Severity), _("not applicable"), NOT_JUDGED)


@dataclass(frozen=True)
class QuestionSpec:
    """A question that no file answers. `if_no` is what the answer no does; `remember` names where the answer is
    kept.
    """

    rule: str
    clause: str
    if_no: Severity
    text: str = ""
    remember: str = ""
    when: str = ""


@dataclass(frozen=True)
class Protocol:
    """Rules with their source. `second_hand` marks figures that were not read in the issuer's own document."""

    name: str
    title: str
    version: str
    document: str
    unverified_source: bool
    rules: tuple[Rule, ...]
    questions: tuple[QuestionSpec, ...] = ()
    kernels: Sequence[Mapping[str, object]] = ()
    cone_beam: Sequence[Mapping[str, str]] = ()
    note: str = ""

    def rule(self, rule_id: str) -> Rule | None:
        """The rule of an id, or None."""
        return next((rule for rule in self.rules if rule.id == rule_id), None)


def load_protocol(name_or_file: str) -> Protocol:
    """A built-in protocol by name, or a hospital's own by the path of its .json file.

    Raises `UsageError` with the file, the line and what is wrong.
    """
    content, text = resources.load_json_resource("protocols", name_or_file)
    reader = _Reader(name_or_file, text)
    own, questions = reader.rules(content), reader.questions(content)
    rules = list(own)
    for part in reader.texts(content, "include"):
        included, included_text = resources.load_json_resource("rule_sets", part)
        taken = {rule.id for rule in rules}
        rules += [rule for rule in _Reader(part, included_text).rules(included) if rule.id not in taken]
    # What was not judged is known only when all else is.
    rules.sort(key=lambda rule: rule.fact == "pixels_judged")
    table, _unused = resources.load_json_resource("kernels", str(content.get("kernels", "kernels")))
    source = content.get("source")
    if not isinstance(source, dict) or not isinstance(source.get("document"), str):
        reader.fail("source", _("it must name its document"))
    assert isinstance(source, dict)
    return Protocol(
        name=reader.text(content, "name"),
        title=reader.text(content, "title"),
        version=reader.text(content, "version"),
        document=source["document"],
        unverified_source=bool(source.get("second_hand", False)),
        rules=tuple(rules),
        questions=tuple(questions),
        kernels=tuple(table.get("rows", ())),
        cone_beam=tuple(table.get("cone_beam", ())),
        note=str(source.get("note", "")),
    )


_FIELDS_OF_A_RULE = frozenset(
    (
        *("id", "clause", "fact", "operator", "limit", "tolerance", "severity", "missing"),
        *("remedy", "shape", "undefined_volume", "unit", "section", "note", "applies_to", "remedy_when"),
    )
)


class _Reader:
    """Reads one file and complains with its line."""

    def __init__(self, name: str, text: str) -> None:
        self._name, self._text = re.split(r"[\\/]", name)[-1], text

    def fail(self, needle: str, problem: str) -> None:
        """Raises the complaint about the place where `needle` stands."""
        raise UsageError(
            _(
                "Protocol {name}, line {line_number_of_key}: {needle}: {problem}; see schema.json beside the "
                "built-in protocols.",
                name=self._name,
                line_number_of_key=line_number_of_key(self._text, needle),
                needle=needle,
                problem=problem,
            )
        )

    def text(self, content: Mapping[str, Any], key: str) -> str:
        """A text that must be there."""
        value = content.get(key)
        if not isinstance(value, str) or not value:
            self.fail(key, _("a text is missing"))
        return str(value)

    def texts(self, content: Mapping[str, Any], key: str) -> list[str]:
        """A list of texts, empty where absent."""
        value = content.get(key, [])
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            self.fail(key, _("a list of texts is expected"))
        return list(value)

    def rules(self, content: Mapping[str, Any]) -> list[Rule]:
        """The file's own rules."""
        listed = content.get("rules")
        if not isinstance(listed, list) or not listed:
            self.fail("rules", _("a list of rules is missing"))
        source = content.get("source") or {}
        document = str(source.get("document", "")) if isinstance(source, dict) else ""
        rules = [self._rule(entry, document) for entry in listed or []]
        for rule in rules:
            if sum(other.id == rule.id for other in rules) > 1:
                self.fail(rule.id, _("the id stands twice"))
        return rules

    def _rule(self, entry: Any, document: str) -> Rule:
        if not isinstance(entry, dict) or not isinstance(entry.get("id"), str):
            self.fail("rules", _("every rule needs an id"))
        unknown = set(entry) - _FIELDS_OF_A_RULE
        if unknown:
            self.fail(sorted(unknown)[0], _("no such field of a rule"))
        name = entry["id"]
        if not is_known_fact(str(entry.get("fact"))):
            self.fail(str(entry.get("fact")), _("rule {name} names a fact that is not measured", name=name))
        operator = str(entry.get("operator"))
        if operator != "table" and operator not in OPERATORS:
            self.fail(operator, _("rule {name} has an unknown operator", name=name))
        severity = self._one_of(entry, "severity", [item.value for item in Severity], name)
        missing = self._one_of({"missing": "ask", **entry}, "missing", _MISSING, name)
        limit = self._limit(entry, operator, name)
        remedy, kinds = self.texts(entry, "remedy"), self.texts(entry, "applies_to")
        if set(remedy) - set(_REMEDIES) or set(kinds) - set(_KINDS):
            self.fail(
                name,
                _(
                    "remedy is one of {remedies}, applies_to one of {kinds}",
                    remedies=join(", ", _REMEDIES),
                    kinds=join(", ", _KINDS),
                ),
            )
        tolerance = entry.get("tolerance", 0.0)
        if isinstance(tolerance, bool) or not isinstance(tolerance, (int, float)) or tolerance < 0:
            self.fail(name, _("tolerance is a number of 0 or more"))
        return Rule(
            id=name,
            clause=str(entry.get("clause", "")),
            fact=str(entry["fact"]),
            operator=operator,
            limit=limit,
            severity=Severity(severity),
            remedy=tuple(remedy),
            tolerance=float(tolerance),
            missing=missing,
            affects_geometry=entry.get("shape") is True,
            undefined_volume=entry.get("undefined_volume") is True,
            unit=str(entry.get("unit", "")),
            source=document,
            section=str(entry.get("section", "")),
            note=str(entry.get("note", "")),
            applies_to=tuple(kinds),
            remedy_when=self._remedy_when(entry, name),
        )

    def _remedy_when(self, entry: Mapping[str, Any], name: str) -> dict[str, tuple[str, ...]]:
        given = entry.get("remedy_when", {})
        if not isinstance(given, dict) or any(
            not isinstance(codes, list) or set(map(str, codes)) - set(_REMEDIES) for codes in given.values()
        ):
            self.fail(name, _("remedy_when maps a value to a list of {remedies}", remedies=join(", ", _REMEDIES)))
        return {str(key): tuple(codes) for key, codes in given.items()}

    def _one_of(self, entry: Mapping[str, Any], key: str, allowed: Sequence[str], name: str) -> str:
        if entry.get(key) not in allowed:
            self.fail(name, _("{key} is one of {allowed}", key=key, allowed=join(", ", allowed)))
        return str(entry[key])

    def _limit(self, entry: Mapping[str, Any], operator: str, name: str) -> Any:
        limit = entry.get("limit")
        number = isinstance(limit, (int, float)) and not isinstance(limit, bool)
        words = {"pass", *(severity.value for severity in Severity)}
        sound = {
            "table": isinstance(limit, dict) and all(value in words for value in limit.values()),
            "in": isinstance(limit, list) and bool(limit),
            "not in": isinstance(limit, list) and bool(limit),
            "between": isinstance(limit, list)
            and len(limit) == 2
            and all(isinstance(end, (int, float)) for end in limit),
            "==": limit is not None,
            "shown": True,
        }.get(operator, number)
        if not sound:
            self.fail(name, _("the limit does not suit the operator {operator}", operator=operator))
        return limit

    def questions(self, content: Mapping[str, Any]) -> list[QuestionSpec]:
        """The file's standing questions."""
        found = []
        for entry in content.get("questions", []):
            if not isinstance(entry, dict) or not isinstance(entry.get("rule"), str):
                self.fail("questions", _("every question needs a rule"))
            severity = self._one_of(entry, "if_no", [item.value for item in Severity], entry["rule"])
            found.append(
                QuestionSpec(
                    entry["rule"],
                    str(entry.get("clause", "")),
                    Severity(severity),
                    str(entry.get("text", "")),
                    str(entry.get("remember", "")),
                    str(entry.get("when", "")),
                )
            )
        return found
