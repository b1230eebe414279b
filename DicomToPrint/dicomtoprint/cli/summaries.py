"""A few lines for the terminal about a check, a run, an inspection."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ..config.run_settings import RunSettings
from ..pipeline.scan_loading import NO_HEADERS_MESSAGE
from ..text import pluralize

if TYPE_CHECKING:  # a check needs nothing that prepares a mesh, and starts without it
    from ..acceptance import AcceptanceReport, SeriesAcceptance
    from ..pipeline.inspection import Inspection
    from ..pipeline.pack import PackedStudy
    from ..pipeline.results import MadeModel, PreparationResult, RunResult


def acceptance_summary(content: Mapping[str, Any]) -> str:
    """A few lines for the terminal: a line a series and protocol, then what failed, then the questions."""
    lines = [f"Study: {note}" for note in content.get("study", ())]
    for series in content["series"]:
        name = f"Series {series['series']}" + (f" ({series['description']})" if series.get("description") else "")
        lines.append(f"{name}, {pluralize(series['files'], 'file')}: {series['verdict'].upper()}")
        if series.get("instead"):
            lines.append(f"  use series {series['instead']} instead")
        if not series.get("pixels", {}).get("judged", True):
            lines.append(f"  pixels: not judged: {series['pixels']['reason']}")
        for protocol, result in series["protocols"].items():
            known = " (its figures are known at second hand)" if result.get("second_hand") else ""
            lines.append(f"  {protocol} {result['version']}{known}: {result['verdict']}")
        for cause in series["causes"]:
            lines += _cause_in_words(cause, series)
        lines += [
            f"  question {question['rule']}: {question['text']} ({question['answer'] or 'no answer yet'})"
            for question in series["questions"]
        ]
    if not lines:
        lines.append(NO_HEADERS_MESSAGE)
    named = [f"{name} ({kind})" for name, kind in content.get("documents", {}).items()]
    if named:
        more = f" and {len(named) - 5} more" if len(named) > 5 else ""
        lines.append(f"beside the images, not judged: {', '.join(named[:5])}{more}")
    lines += [f"not readable: {entry['file']}: {entry['reason']}" for entry in content["unreadable"]]
    return "\n".join(lines)


def _cause_in_words(cause: Mapping[str, Any], series: Mapping[str, Any]) -> list[str]:
    """A line on what is wrong and what to do, and one that names what follows from it."""
    message, files = cause["message"], series.get("cut_files", ())
    if cause["rule"] in ("files-readable", "files-whole") and files:
        message = f"{_file_names(files)} cut off or damaged."
    judged = "" if len(series["protocols"]) == len(cause["protocols"]) else f" [{', '.join(cause['protocols'])}]"
    head = f"    {cause['severity']:<6} {', '.join(cause['clauses']) or cause['rule']:<10} {message}{judged}"
    lines = [head + (f" To do: {cause['remedy']}" if cause["remedy"] else "")]
    if cause["consequences"]:
        lines.append(f"           from it: {', '.join(cause['consequences'])}")
    return lines


def _file_names(files: Sequence[str], limit: int = 3) -> str:
    shown = ", ".join(files[:limit]) + (f" and {len(files) - limit} more" if len(files) > limit else "")
    return f"File {shown} is" if len(files) == 1 else f"Files {shown} are"


def readiness_summary(content: Mapping[str, Any]) -> str:
    """A few lines for the terminal: the verdict, then what is below guideline, and what of the file was not judged."""
    words = {"ready": "READY", "warn": "READY WITH WARNINGS", "not-ready": "NOT READY"}
    lines = [f"Print readiness: {words[content['verdict']]}"]
    lines += [
        f"  {finding['severity']:<6} {finding['rule']:<18} {finding['message']}"
        + (f" To do: {finding['remedy']}" if finding["remedy"] else "")
        for finding in content["findings"]
        if finding["outcome"] in ("fail", "ask") and (finding["severity"] != "info" or _is_said(finding))
    ]
    lines += [
        f"  {finding['message']}"
        for finding in content["findings"]
        if finding["rule"] == "slicer" and finding["outcome"] == "pass"
    ]
    return "\n".join(lines)


def _is_said(finding: Mapping[str, Any]) -> bool:
    """Whether a finding for information is said on the terminal: of what a file holds, and of islands, which fall off without supports."""
    return finding["clause"] == "content" or finding["rule"] == "islands"


def run_summary(result: "RunResult") -> str:
    """A few lines for the terminal about a finished run."""
    lines = []
    if result.scan.series:
        lines.append(
            f"Series {result.scan.series.series.id}: {result.scan.series.verdict.value.upper()}. {result.scan.gate}"
        )
        lines += choice_in_words(result.scan.acceptance, result.scan.series, result.settings)
    else:
        lines.append(result.scan.gate)
    lines += result.segmentation.warnings
    return "\n".join((*lines, *_model_lines(result, "report.html, record.json, plan.json, registry.json")))


def _model_lines(result: "MadeModel", beside: str) -> list[str]:
    """The parts, the verdict, and the files with what stands `beside` them."""
    from ..pipeline.joints import lines_on_joints
    from ..pipeline.scaling import scale_words

    space = next((file.space for file in result.files), "LPS") or "space not known"
    lines = [
        f"{mesh.name}: {len(mesh.triangles)} triangles, {mesh.volume / 1000.0:.1f} cm3" for mesh in result.model.meshes
    ]
    lines += lines_on_joints(result.model.steps)
    if words := scale_words(result.settings):
        lines.append(f"Printed {words}: not the anatomy as it is.")
    lines.append(readiness_summary(result.readiness.as_json()))
    names = ", ".join(file.path.name for file in result.files)
    return [*lines, f"Written: {names}, {beside}, printability.json ({space}, millimetres)"]


def preparation_summary(result: "PreparationResult") -> str:
    """A few lines for the terminal about a mesh that was prepared: what came, what was done to it, how far it moved, the verdict."""
    from ..pipeline.joints import is_line_on_joints

    file = result.mesh.file
    lines = [
        f"Given: {pluralize(len(file.meshes), 'object')}, {pluralize(file.triangles, 'triangle')}, "
        f"{sum(mesh.volume for mesh in file.meshes) / 1000.0:.1f} cm3",
        result.mesh.gate,
        *result.mesh.notes,
        *(f"{step.name}: {step.effect}" for step in result.model.steps if not is_line_on_joints(step)),
        result.comparison.in_words,
    ]
    return "\n".join((*lines, *_model_lines(result, "report.html, record.json, plan.json")))


def choice_in_words(
    acceptance: "AcceptanceReport | None", chosen: "SeriesAcceptance", settings: RunSettings
) -> list[str]:
    """Which series of a study was used and why; nothing for a study of one series."""
    if acceptance is None or acceptance.series_in_input < 2:
        return []
    how = f"Used: series {chosen.series.id} ({pluralize(len(chosen.series), 'slice')}) of {acceptance.series_in_input}"
    if settings.series:
        return [f"{how}, because it was named."]
    others = [one for one in acceptance.series if one.series.id != chosen.series.id]
    best = min(others, key=lambda one: (one.verdict.rank, -len(one.series)))
    why = (
        "its verdict is the best"
        if best.verdict.rank > chosen.verdict.rank
        else "it has the most slices of those as good"
    )
    if best.verdict.rank < chosen.verdict.rank:
        why = "the use may be made of it"
    return [f"{how}, because {why}; next is {best.series.id} ({best.verdict.value}). Another one: --series ID."]


def pack_summary(packed: "PackedStudy") -> str:
    """A few lines for the terminal about a packed study."""
    discs = ", ".join(f"{count} x {name}" for name, count in packed.discs.items())
    first = (
        f"Packed {pluralize(packed.objects, 'object')} of {len(packed.series)} series ({packed.unpacked} uncompressed for it) into "
        f"'{packed.path.name}': {packed.bytes / 1e6:.1f} MB, {discs}; read back."
    )
    return "\n".join((first, *packed.notes))


def inspection_summary(inspection: "Inspection") -> str:
    """A few lines for the terminal about an inspection."""
    lines = [f"repair: {line}" for line in inspection.repaired]
    return "\n".join([*lines, readiness_summary(inspection.readiness.as_json())])
