"""A protocol: a named, versioned set of rules in JSON, read with every mistake named by its line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..config import resources
from ..messages import _
from ..rules import Rule, Severity
from .facts.registry import is_known_fact


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
    file = resources.load_data_file("protocols", name_or_file)
    content = file.content
    rules = _rules(file)
    for part in content.get("include", ()):
        taken = {rule.id for rule in rules}
        rules += [rule for rule in _rules(resources.load_data_file("rule_sets", part)) if rule.id not in taken]
    # What was not judged is known only when all else is.
    rules.sort(key=lambda rule: rule.fact == "pixels_judged")
    table = resources.load_data_file("kernels", content.get("kernels", "kernels")).content
    source = content["source"]
    return Protocol(
        name=content["name"],
        title=content["title"],
        version=content["version"],
        document=source["document"],
        unverified_source=source.get("second_hand", False),
        rules=tuple(rules),
        questions=tuple(_question(entry) for entry in content.get("questions", ())),
        kernels=tuple(table.get("rows", ())),
        cone_beam=tuple(table.get("cone_beam", ())),
        note=source.get("note", ""),
    )


def _rules(file: resources.DataFile) -> list[Rule]:
    """The rules of a protocol or a rule set. Raises `UsageError` for a fact that nobody measures and an id that stands twice."""
    listed = file.content["rules"]
    document = file.content.get("source", {}).get("document", "")
    known: set[str] = set()
    for number, entry in enumerate(listed):
        if not is_known_fact(entry["fact"]):
            problem = _("rule {name} names a fact that is not measured: {fact}", name=entry["id"], fact=entry["fact"])
            raise file.fault(("rules", number, "fact"), problem)
        if entry["id"] in known:
            raise file.fault(("rules", number, "id"), _("the id {name} stands twice", name=entry["id"]))
        known.add(entry["id"])
    return [_rule(entry, document) for entry in listed]


def _rule(entry: Mapping[str, Any], document: str) -> Rule:
    return Rule(
        id=entry["id"],
        clause=entry.get("clause", ""),
        fact=entry["fact"],
        operator=entry["operator"],
        limit=entry.get("limit"),
        severity=Severity(entry["severity"]),
        remedy=tuple(entry.get("remedy", ())),
        tolerance=float(entry.get("tolerance", 0.0)),
        missing=entry.get("missing", "ask"),
        affects_geometry=entry.get("shape", False),
        undefined_volume=entry.get("undefined_volume", False),
        unit=entry.get("unit", ""),
        source=document,
        section=entry.get("section", ""),
        note=entry.get("note", ""),
        applies_to=tuple(entry.get("applies_to", ())),
        remedy_when={key: tuple(codes) for key, codes in entry.get("remedy_when", {}).items()},
    )


def _question(entry: Mapping[str, Any]) -> QuestionSpec:
    return QuestionSpec(
        entry["rule"],
        entry.get("clause", ""),
        Severity(entry["if_no"]),
        entry.get("text", ""),
        entry.get("remember", ""),
        entry.get("when", ""),
    )
