"""A few lines for the terminal about a check, a run, an inspection."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ..pipeline.inspection import Inspection
from ..pipeline.scan_loading import NO_HEADERS_MESSAGE
from ..text import pluralize

if TYPE_CHECKING:
    from ..pipeline.results import RunResult


def acceptance_summary(content: Mapping[str, Any]) -> str:
    """A few lines for the terminal: a line a series and protocol, then what failed, then the questions."""
    lines: list[str] = []
    for series in content["series"]:
        name = f"Series {series['series']}" + (f" ({series['description']})" if series.get("description") else "")
        lines.append(f"{name}, {pluralize(series['files'], 'file')}: {series['verdict'].upper()}")
        if series.get("instead"):
            lines.append(f"  use series {series['instead']} instead")
        for protocol, result in series["protocols"].items():
            known = " (its figures are known at second hand)" if result.get("second_hand") else ""
            lines.append(f"  {protocol} {result['version']}{known}: {result['verdict']}")
            lines += [
                f"    {finding['severity']:<6} {finding['clause'] or finding['rule']:<10} {finding['message']}"
                + (f" To do: {finding['remedy']}" if finding["remedy"] else "")
                for finding in result["findings"]
                if finding["outcome"] in ("fail", "ask") and finding["severity"] != "info"
            ]
        lines += [
            f"  question {question['rule']}: {question['text']} ({question['answer'] or 'no answer yet'})"
            for question in series["questions"]
        ]
    if not lines:
        lines.append(NO_HEADERS_MESSAGE)
    lines += [f"not readable: {entry['file']}: {entry['reason']}" for entry in content["unreadable"]]
    return "\n".join(lines)


def readiness_summary(content: Mapping[str, Any]) -> str:
    """A few lines for the terminal: the verdict, then what is below guideline."""
    words = {"ready": "READY", "warn": "READY WITH WARNINGS", "not-ready": "NOT READY"}
    lines = [f"Print readiness: {words[content['verdict']]}"]
    lines += [
        f"  {finding['severity']:<6} {finding['rule']:<18} {finding['message']}"
        + (f" To do: {finding['remedy']}" if finding["remedy"] else "")
        for finding in content["findings"]
        if finding["outcome"] in ("fail", "ask") and finding["severity"] != "info"
    ]
    return "\n".join(lines)


def run_summary(result: "RunResult") -> str:
    """A few lines for the terminal about a finished run."""
    lines = []
    if result.scan.series:
        lines.append(
            f"Series {result.scan.series.series.id}: {result.scan.series.verdict.value.upper()}. {result.scan.gate}"
        )
    else:
        lines.append(result.scan.gate)
    for mesh in result.model.meshes:
        lines.append(f"{mesh.name}: {len(mesh.triangles)} triangles, {mesh.volume / 1000.0:.1f} cm3")
    lines.append(readiness_summary(result.readiness.as_json()))
    lines.append(
        "Written: "
        + ", ".join(file.path.name for file in result.files)
        + ", report.html, record.json, plan.json, registry.json, printability.json (LPS, millimetres)"
    )
    return "\n".join(lines)


def inspection_summary(inspection: Inspection) -> str:
    """A few lines for the terminal about an inspection."""
    lines = [f"repair: {line}" for line in inspection.repaired]
    return "\n".join([*lines, readiness_summary(inspection.readiness.as_json())])
