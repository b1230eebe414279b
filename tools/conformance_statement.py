"""Our DICOM conformance statement, generated from the reader's tables and the built-in protocols so that it cannot
drift.

The tables of attributes follow the shape that conformance statements of CT readers have (name, tag, VR, type, use).
What is read comes from `dicom.attributes`, what is judged and with which limit from the protocols; only the words of
the use stand here, in `conformance_texts`. An attribute or a fact without words makes the generator raise KeyError.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from pydicom.datadict import dictionary_description, dictionary_VR, tag_for_keyword
from pydicom.uid import UID

from dicomtoprint.acceptance.protocol import load_protocol
from dicomtoprint.dicom.attributes import GROUP_KEYWORDS, HEADER_KEYWORDS
from dicomtoprint.dicom.header import UNCOMPRESSED
from dicomtoprint.dicom.series import CRANIOFACIAL, CT, ENHANCED_CT, LEGACY_CT
from dicomtoprint.rules import Rule, Severity
from tools.conformance_texts import (
    ATTRIBUTES_READ_ELSEWHERE,
    CREATED_OBJECTS,
    FILE_FACTS,
    INTRODUCTION,
    ONLY_CLASSIC,
    ONLY_MULTI_FRAME,
    USES,
)

PROTOCOLS = ("3dsystems-ortho", "exoplan-import")
_PREFIX, _RULES = "attribute:", "rules:"
_LEGACY_NOTE = "recognised and refused by the protocol `exoplan-import`"


def conformance_statement() -> str:
    """The whole statement as Markdown. Raises KeyError for an attribute or a fact that nobody described."""
    rules = _rules_by_fact()
    lines = [
        *INTRODUCTION,
        *_objects(),
        *_syntaxes(),
        *_character_sets(),
        "## 3 Information object usage",
        "",
        "Type is that of the standard's module for the object (1 needed, 2 may be empty, 3 optional, C "
        "conditional). Rules "
        "are named with their limit and what a breach leads to; their full text stands in the protocol files. An "
        "attribute "
        "without a rule changes no verdict.",
        "",
        *_table("3.1 CT Image Information Object", classic_keywords(), {}, rules),
        *_table("3.2 Enhanced CT Image Information Object", multi_frame_keywords(), _groups(ENHANCED_CT), rules),
        *_table("3.3 X-Ray 3D Craniofacial Information Object", multi_frame_keywords(), _groups(CRANIOFACIAL), rules),
        *_files(rules),
    ]
    return "\n".join(lines).rstrip() + "\n"


def classic_keywords() -> tuple[str, ...]:
    """Attributes read from a classic CT image, in tag order, those that are stated as not used among them."""
    return _sorted({*HEADER_KEYWORDS, *_judged_attributes()} - set(ONLY_MULTI_FRAME))


def multi_frame_keywords() -> tuple[str, ...]:
    """Attributes read at the top level of the two multi-frame objects, in tag order."""
    grouped = {keyword for keywords in GROUP_KEYWORDS.values() for keyword in keywords}
    return _sorted({*HEADER_KEYWORDS, *_judged_attributes()} - set(ONLY_CLASSIC) - grouped)


def _judged_attributes() -> set[str]:
    return {
        rule.fact.removeprefix(_PREFIX)
        for name in PROTOCOLS
        for rule in load_protocol(name).rules
        if rule.fact.startswith(_PREFIX)
    }


def _sorted(keywords: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(keywords, key=lambda keyword: tag_for_keyword(keyword) or 0))


def _groups(sop_class: str) -> dict[str, tuple[str, ...]]:
    foreign = ("XRay3D",) if sop_class == ENHANCED_CT else ("CT",)
    return {name: keywords for name, keywords in GROUP_KEYWORDS.items() if not name.startswith(foreign)}


def _rules_by_fact() -> dict[str, list[tuple[str, Rule]]]:
    found: dict[str, list[tuple[str, Rule]]] = {}
    for name in PROTOCOLS:
        for rule in load_protocol(name).rules:
            found.setdefault(rule.fact, []).append((name, rule))
    return found


def _objects() -> list[str]:
    rows = [
        (CT, "read and judged"),
        (ENHANCED_CT, "read and judged"),
        (LEGACY_CT, _LEGACY_NOTE),
        (CRANIOFACIAL, "read and judged"),
    ]
    return [
        "## 2 Overview and general definitions",
        "",
        "### 2.1 SOP classes",
        "",
        "| DICOM object | SOP Class UID | role |",
        "|---|---|---|",
        *(f"| {UID(uid).name} | {uid} | reader: {role} |" for uid, role in rows),
        *(f"| {UID(uid).name} | {uid} | {role} |" for uid, role in (*ATTRIBUTES_READ_ELSEWHERE, *CREATED_OBJECTS)),
        "",
        "Any other image object is read as far as its attributes go and is rejected by the rule of its SOP class.",
        "",
    ]


def _syntaxes() -> list[str]:
    return [
        "### 2.2 Transfer syntaxes",
        "",
        "| Transfer Syntax UID | name | role |",
        "|---|---|---|",
        *(f"| {uid} | {UID(uid).name} | reader |" for uid in UNCOMPRESSED),
        "",
        "Every other syntax, deflated and encapsulated ones too, is rejected by both protocols with the remedy of a "
        "new export. "
        "Where the user takes the scan all the same, pixels are decoded through pydicom or GDCM as far as these "
        "can, and the "
        "record says so. The declared syntax is compared with the first element of the data set.",
        "",
    ]


def _character_sets() -> list[str]:
    rule = next(rule for rule in load_protocol("exoplan-import").rules if rule.fact == "charset")
    assert isinstance(rule.limit, (list, tuple))
    sets = ", ".join(str(value) for value in rule.limit)
    return ["### 2.3 Character sets", "", f"{sets}. Text is for display only; another set leads to a warning.", ""]


def _table(
    title: str,
    keywords: Iterable[str],
    groups: Mapping[str, tuple[str, ...]],
    rules: Mapping[str, list[tuple[str, Rule]]],
) -> list[str]:
    lines = [f"### {title}", "", "| attribute | tag | VR | type | use |", "|---|---|---|---|---|"]
    lines += [_row(keyword, "", rules) for keyword in keywords]
    if groups:
        lines.append(
            "| Shared and Per-frame Functional Groups Sequence | (5200,9229), (5200,9230) | SQ | 1 | Both are read; "
            f"the per-frame item wins.{_judged(('functional_groups',), rules)} |"
        )
    for name in _sorted(groups):
        lines.append(f"| > {dictionary_description(name)} | {_tag(name)} | SQ | 1C | |")
        lines += [_row(keyword, ">> ", rules) for keyword in _sorted(groups[name])]
    kind = (
        "Pixel Data | (7FE0,0010) | OW | 1 | "
        "Grey values, read as Bits Allocated, Bits Stored, High Bit and Pixel Representation say."
    )
    return [*lines, f"| {kind}{_judged(('pixel_element',), rules)} |", ""]


def _row(keyword: str, depth: str, rules: Mapping[str, list[tuple[str, Rule]]]) -> str:
    kind, words, facts = USES[keyword]
    name = dictionary_description(keyword).replace("|", " ")
    return (
        f"| {depth}{name} | {_tag(keyword)} | {dictionary_VR(keyword)} | {kind} | "
        f"{words}{_judged((*facts, _PREFIX + keyword), rules)} |"
    )


def _tag(keyword: str) -> str:
    number = tag_for_keyword(keyword) or 0
    return f"({number >> 16:04X},{number & 0xFFFF:04X})"


def _judged(facts: Iterable[str], rules: Mapping[str, list[tuple[str, Rule]]]) -> str:
    said: dict[tuple[str, str, str], list[str]] = {}
    for fact in facts:
        for protocol, rule in rules.get(fact, ()):
            said.setdefault((rule.id, rule.clause, _limit(rule)), []).append(protocol)
    words = [
        f"`{name}` ({clause}, {' and '.join(dict.fromkeys(where))}): {limit}"
        for (name, clause, limit), where in said.items()
    ]
    return " " + "; ".join(words) + "." if words else ""


def _limit(rule: Rule) -> str:
    """A rule's limit and what a breach leads to, in words."""
    if rule.operator == "shown":
        return "shown" if rule.severity is Severity.INFO else f"present, else {rule.missing}"
    if rule.operator == "table" and isinstance(rule.limit, Mapping):
        return ", ".join(f"{value}: {verdict}" for value, verdict in rule.limit.items())
    joint = " and " if rule.operator == "between" else " or "
    values = joint.join(map(str, rule.limit)) if isinstance(rule.limit, (list, tuple)) else str(rule.limit)
    operator = "" if rule.operator == "in" else f"{rule.operator} "
    unit = f" {rule.unit}" if rule.unit else ""
    return f"{operator}{values}{unit}, else {rule.severity.value}"


def _files(rules: Mapping[str, list[tuple[str, Rule]]]) -> list[str]:
    lines = ["### 3.4 Files, media, pixels and rules on rules", "", "| what | rules |", "|---|---|"]
    lines += [f"| {words} |{_judged((fact,), rules)} |" for fact, words in FILE_FACTS.items() if fact in rules]
    for fact in sorted(fact for fact in rules if fact.startswith(_RULES)):
        others = ", ".join(f"`{name}`" for name in fact.removeprefix(_RULES).split(","))
        lines.append(f"| whether the rules {others} hold |{_judged((fact,), rules)} |")
    return [*lines, ""]


def documented_facts() -> set[str]:
    """Every fact that the statement speaks of (a test compares it with the facts that the protocols use)."""
    return {
        "pixel_element",
        "functional_groups",
        "charset",
        *FILE_FACTS,
        *(fact for _, _, facts in USES.values() for fact in facts),
    }
