"""The rules of readiness: data in `data/readiness/rules.json`, their limits filled in from the process."""

from collections.abc import Mapping
from typing import Any

from ..config import resources
from ..rules import Rule, Severity
from .process import PrintProcess


def load_rules(process: PrintProcess, size_sum_mm: float) -> tuple[Rule, ...]:
    """The rules with this process's limits; `size_sum_mm`, the sum of the extents, picks the wall that grows with size.

    A rule whose limit nobody publishes for the process keeps the limit None: it is not applicable.
    """
    content, _text = resources.load_json_resource("readiness", "rules")
    return tuple(_rule(entry, process, size_sum_mm) for entry in content["rules"])


def rule_applies(rule: Rule, process: PrintProcess) -> bool:
    """Whether the rule speaks of this kind of process, and has a limit to compare with."""
    if rule.applies_to and not {process.overhangs, process.trapped, process.technology} & set(rule.applies_to):
        return False
    return rule.limit is not None or rule.operator == "shown"


def _rule(entry: Mapping[str, Any], process: PrintProcess, size_sum_mm: float) -> Rule:
    limit, source = entry["limit"], ""
    if isinstance(limit, Mapping) and "process" in limit:
        name = str(limit["process"])
        limit = process.wall_recommended(size_sum_mm) if name == "wall_recommended_mm" else process.limit(name)
        known = process.limits.get("wall_supported_mm" if name == "wall_recommended_mm" else name)
        source = process.sources.get(known.source, "") if known else ""
    elif isinstance(limit, Mapping) and "process_low" in limit:
        limit = process.low_limit(str(limit["process_low"]))
    elif isinstance(limit, Mapping) and "judgement" in limit:
        limit = process.judgement.get(str(limit["judgement"]))
    beyond = entry.get("reject_beyond", {}).get("judgement")
    return Rule(
        id=entry["id"],
        clause=entry["clause"],
        fact=entry["fact"],
        operator=entry["operator"],
        limit=limit,
        severity=Severity(entry["severity"]),
        remedy=(entry["remedy"],) if entry["remedy"] else (),
        tolerance=float(entry.get("tolerance", 0.0)),
        missing=str(entry.get("missing", "ask")),
        unit=str(entry.get("unit", "")),
        source=source,
        applies_to=tuple(entry.get("applies_to", ())),
        unless=tuple(entry.get("unless", ())),
        reject_beyond=None if beyond is None else process.judgement.get(str(beyond)),
    )
