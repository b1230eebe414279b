"""The report's pages on the scan: verdicts, what to do, findings, pictures, questions and answers."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from ..acceptance.use_gate import OVERRIDE_NOTICE
from ..messages import _, join, known
from .content import ReportContent
from .html import (
    Element,
    add_element,
    add_figures,
    add_list,
    add_section,
    add_table,
    format_limit,
    format_number,
    strip_control_characters,
    verdict_badge,
)
from .model_sections import readiness_dict

_ORDER = {"reject": 0, "ask": 1, "warn": 2, "info": 3}


def ordered_series(content: ReportContent) -> list[Mapping[str, Any]]:
    """The series of the acceptance JSON, the one of the model first."""
    found = acceptance_dict(content).get("series", [])
    return sorted(found, key=lambda series: not is_selected_series(series, content))


def is_selected_series(series: Mapping[str, Any], content: ReportContent) -> bool:
    """True for the series that the model comes from; an identified report names it by its UID, not its short id."""
    return bool(content.series) and content.series in _names(series)


def _names(series: Mapping[str, Any]) -> tuple[str, str]:
    from ..dicom.series import short_hash

    name = str(series.get("series", ""))
    return name, short_hash(name)


def acceptance_dict(content: ReportContent) -> Mapping[str, Any]:
    """The acceptance as plain JSON, whatever form it was given in."""
    given = content.acceptance
    if given is None:
        return {}
    return given if isinstance(given, Mapping) else given.as_json(content.identified)


def add_verdicts(main: Element, content: ReportContent) -> None:
    """A row a series: its verdict under each protocol, the model's series first."""
    found = ordered_series(content)
    if not found:
        return
    block = add_section(main, _("The scan"), "scan")
    protocols = list(dict.fromkeys(name for series in found for name in series.get("protocols", {})))
    heads = [_("Series"), _("Images"), _("Verdict"), *(_protocol_head(name, found) for name in protocols)]
    add_table(block, _("Verdict on each series"), heads, [_verdict_row(series, protocols, content) for series in found])
    for series in found:
        if not series.get("pixels", {}).get("judged", True):
            text = _("{name}: the pixels were not judged: {reason}.")
            add_element(
                block, "p", text.format(name=series.get("series", ""), reason=series["pixels"]["reason"]), class_="gate"
            )
    if content.gate:
        anyway = content.gate.startswith(OVERRIDE_NOTICE)
        add_element(block, "p", content.gate, class_="gate refused" if content.refused or anyway else "gate")


def _protocol_head(name: str, found: Sequence[Mapping[str, Any]]) -> str:
    versions = {
        str(series["protocols"][name].get("version", "")) for series in found if name in series.get("protocols", {})
    }
    head = _("{name} {versions}", name=name, versions=" / ".join(sorted(versions))).strip()
    if any(series["protocols"].get(name, {}).get("second_hand") for series in found):
        return _("{protocol} (its figures are known at second hand)").format(protocol=head)
    return head


def _verdict_row(series: Mapping[str, Any], protocols: Sequence[str], content: ReportContent) -> list[str | Element]:
    row: list[str | Element] = [
        _series_name(series, content),
        format_number(series.get("files")),
        verdict_badge(str(series.get("verdict", ""))),
    ]
    for name in protocols:
        result = series.get("protocols", {}).get(name)
        row.append(verdict_badge(str(result["verdict"])) if result else "–")
    return row


def _series_name(series: Mapping[str, Any], content: ReportContent) -> str:
    name = str(series.get("series", ""))
    if series.get("description"):
        name += _(" ({description})", description=series["description"])
    if is_selected_series(series, content) and not content.refused:
        return _("{name}, used for the model").format(name=name)
    if series.get("instead"):
        return _("{name}; use {other} instead").format(name=name, other=series["instead"])
    return name


def add_actions(main: Element, content: ReportContent) -> None:
    """Remedies by rising burden: answer, re-export, re-reconstruct, re-scan; then what the print asks for."""
    found = ordered_series(content)
    for_print = _for_print(content)
    if not found and not for_print:
        return
    block = add_section(main, _("What to do"), "to-do")
    groups = _groups(found)
    groups["print"] = for_print
    titles = {
        "answer": _("Answer"),
        "copy": _("Copy the files again"),
        "export": _("Export again from the archive"),
        "reconstruct": _("Reconstruct again from the raw data: call today, they are kept for hours or days"),
        "scan": _("Scan again, if clinically justified"),
        "other": _("Keep in mind"),
        "print": _("Before it is printed"),
    }
    if not any(groups.values()):
        add_element(block, "p", _("Nothing: the scan can be used as it is."))
        return
    for name, lines in groups.items():
        if lines:
            add_element(block, "h3", titles[name])
            add_list(block, lines)


def _groups(found: Sequence[Mapping[str, Any]]) -> dict[str, list[str]]:
    """Sentences by burden; a remedy that several rules name stands once, with their names."""
    groups: dict[str, list[str]] = {name: [] for name in ("answer", "copy", "export", "reconstruct", "scan", "other")}
    for series in found:
        prefix = _("{series}: ", series=series.get("series", "")) if len(found) > 1 else ""
        rules: dict[tuple[str, str], list[str]] = {}
        for finding in _distinct(series):
            if _matters(finding) and finding.get("remedy") and not finding.get("follows"):
                rules.setdefault((remedy_level(finding), str(finding["remedy"])), []).append(str(finding["rule"]))
        for (group, remedy), names in rules.items():
            groups[group].append(
                _(
                    "{prefix}{remedy} ({fromkeys})",
                    prefix=prefix,
                    remedy=remedy,
                    fromkeys=join(", ", dict.fromkeys(names)),
                )
            )
        open_questions = [
            str(question.get("text", "")) for question in series.get("questions", []) if not question.get("answer")
        ]
        groups["answer"] += [text for text in dict.fromkeys(open_questions) if text not in groups["answer"]]
    return groups


def _for_print(content: ReportContent) -> list[str]:
    """Remedies of what keeps the file from being ready, the worst first; not of what is only said for information."""
    found = [
        finding
        for finding in readiness_dict(content).get("findings", [])
        if finding.get("outcome") in ("fail", "ask") and finding.get("severity") != "info" and finding.get("remedy")
    ]
    remedies: dict[str, list[str]] = {}
    for finding in sorted(found, key=lambda finding: finding.get("severity") != "reject"):
        remedies.setdefault(str(finding["remedy"]), []).append(str(finding["rule"]))
    return [_("{remedy} ({rules})", remedy=remedy, rules=join(", ", rules)) for remedy, rules in remedies.items()]


def remedy_level(finding: Mapping[str, Any]) -> str:
    """Which group of `add_actions` a finding belongs to.

    Its ``burden`` where given, else the words of its remedy.
    """
    given = str(finding.get("level") or finding.get("burden") or "")
    known = {
        "ask": "answer",
        "mended": "other",
        "copy again": "copy",
        "export again": "export",
        "reconstruct again": "reconstruct",
        "scan again": "scan",
        "answer": "answer",
        "Q": "answer",
        "re-export": "export",
        "X": "export",
        "re-reconstruct": "reconstruct",
        "C": "reconstruct",
        "re-scan": "scan",
        "S": "scan",
    }
    if given in known:
        return known[given]
    if finding.get("outcome") == "ask":
        return "answer"
    words = str(finding.get("remedy", "")).lower()
    for pattern, group in (
        (r"\bexport|\bsend|\bcopy|archive|pacs|original series", "export"),
        ("reconstruct|kernel|raw data", "reconstruct"),
        ("new scan|scan again|re-?scan|clinically justified", "scan"),
    ):
        if re.search(pattern, words):
            return group
    return "other"


def _matters(finding: Mapping[str, Any]) -> bool:
    return finding.get("outcome") in ("fail", "ask") and finding.get("severity") != "info"


def _distinct(series: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The findings of all protocols, each once with the protocols it stands in, the gravest first."""
    merged: dict[tuple[str, ...], dict[str, Any]] = {}
    for name, result in series.get("protocols", {}).items():
        for finding in result.get("findings", []):
            key = (
                finding["rule"],
                finding["outcome"],
                finding["severity"],
                str(finding["measured"]),
                str(finding["limit"]),
            )
            merged.setdefault(key, {**finding, "in": []})["in"].append(name)
    return sorted(merged.values(), key=lambda finding: (not _matters(finding), _ORDER.get(finding["severity"], 4)))


def add_findings(main: Element, content: ReportContent) -> None:
    """Findings that matter as a table a series; those that passed in a paragraph; then the detectors' pictures."""
    found = [series for series in ordered_series(content) if _distinct(series)]
    if not found:
        return
    block = add_section(main, _("Findings on the scan"), "findings")
    for series in found:
        distinct = _distinct(series)
        if len(found) > 1:
            add_element(block, "h3", _("Series {id}").format(id=series.get("series", "")))
        rows = _tree_rows([finding for finding in distinct if _matters(finding)])
        if rows:
            heads = [_("Rule"), _("Outcome"), _("What was found"), _("Measured"), _("Limit"), _("Clause")]
            add_table(block, _("Rules that are not met, or not established"), heads, rows, "findings")
        passed = [finding for finding in distinct if finding["outcome"] == "pass"]
        if passed:
            text = join(", ", dict.fromkeys(_passed_words(finding) for finding in passed))
            add_element(
                block, "p", _("Passed ({count}): {names}.").format(count=len(passed), names=text), class_="small"
            )
        shown = [
            finding
            for finding in distinct
            if finding["outcome"] == "fail" and finding["severity"] == "info" and finding.get("message")
        ]
        for finding in shown:
            add_element(block, "p", str(finding["message"]), class_="small")
        for name in _names(series):
            add_figures(block, content.scan_pictures.get(name, ()))
    unreadable = acceptance_dict(content).get("unreadable", [])
    if unreadable:
        add_table(
            block,
            _("Files that cannot be read"),
            [_("File"), _("Reason")],
            [(str(item.get("file", "")), str(item.get("reason", ""))) for item in unreadable[:40]],
        )
        if len(unreadable) > 40:
            add_element(block, "p", _("… and {count} more.").format(count=len(unreadable) - 40))


def _passed_words(finding: Mapping[str, Any]) -> str:
    """The rule's name, and the figure where one was measured."""
    measured = finding["measured"]
    return (
        _("{rule} ({number})", rule=finding["rule"], number=format_number(measured))
        if isinstance(measured, float) and measured
        else str(finding["rule"])
    )


def _tree_rows(findings: Sequence[Mapping[str, Any]]) -> list[list[str | Element]]:
    """A row a cause, under it those that follow from it, marked by an arrow."""
    rules = {finding["rule"] for finding in findings}
    roots = [finding for finding in findings if finding.get("follows", "") not in rules - {finding["rule"]}]
    rows: list[list[str | Element]] = []
    shown: set[str] = set()
    for root in roots:
        rows.append(_finding_row(root))
        if root["rule"] in shown:
            continue
        shown.add(root["rule"])
        for finding in findings:
            if finding.get("follows") == root["rule"] and finding is not root:
                row = _finding_row(finding)
                rows.append([_("↳ {row}", row=row[0]), *row[1:]])
    return rows


def _finding_row(finding: Mapping[str, Any]) -> list[str | Element]:
    outcome = "ask" if finding["outcome"] == "ask" else str(finding["severity"])
    clause = _("{clause} {source}", clause=finding.get("clause", ""), source=finding.get("source", "")).strip()
    message, where = str(finding.get("message", "")), str(finding.get("where", ""))
    if where and where not in message:
        message = _("{message} ({where})", message=message, where=where)
    return [
        str(finding["rule"]),
        verdict_badge(outcome),
        message,
        _short(finding["measured"]),
        format_limit(finding["limit"]),
        clause,
    ]


def _short(value: object) -> str:
    # Facts are kept in English: what is a word of the catalogue is read in the report's language.
    shown = known(value) if isinstance(value, str) else format_number(value)
    text = strip_control_characters(shown) if value is not None else "–"
    return text if len(text) <= 48 else text[:46] + " …"


def add_questions(main: Element, content: ReportContent) -> None:
    """Questions that no file answers, with their answers, who gave them and when."""
    rows: list[tuple[str, str, str]] = []
    for series in ordered_series(content):
        for question in series.get("questions", []):
            rule = str(question.get("rule", ""))
            who = content.answers_role.get(rule, {})
            answer = question.get("answer")
            said = join(", ", (part for part in (str(answer), who.get("role", ""), who.get("time", "")) if part))
            row = (rule, str(question.get("text", "")), said if answer else _("not answered"))
            if row not in rows:
                rows.append(row)
    if rows:
        block = add_section(main, _("Questions and answers"), "questions")
        add_table(block, _("What no file can tell"), [_("Rule"), _("Question"), _("Answer, by whom, when")], rows)
