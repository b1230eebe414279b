"""A few lines for the terminal about a check, a run, an inspection."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ..config.run_settings import RunSettings
from ..messages import _, join, plural
from ..pipeline.scan_loading import NO_HEADERS_MESSAGE
from ..rules import column_of, in_words
from ..text import pluralize

if TYPE_CHECKING:  # a check needs nothing that prepares a mesh, and starts without it
    from ..acceptance import AcceptanceReport, SeriesAcceptance
    from ..pipeline.inspection import Inspection
    from ..pipeline.pack import PackedStudy
    from ..pipeline.results import MadeModel, PreparationResult, RunResult


def acceptance_summary(content: Mapping[str, Any]) -> str:
    """A few lines for the terminal: a line a series and protocol, then what failed, then the questions."""
    lines = [_("Study: {note}", note=note) for note in content.get("study", ())]
    for series in content["series"]:
        name = _("Series {series}", series=series["series"]) + (
            _(" ({description})", description=series["description"]) if series.get("description") else ""
        )
        lines.append(
            _(
                "{name}, {files}: {verdict}",
                name=name,
                files=pluralize(series["files"], "file"),
                verdict=in_words(series["verdict"]).upper(),
            )
        )
        if series.get("instead"):
            lines.append(_("  use series {instead} instead", instead=series["instead"]))
        if not series.get("pixels", {}).get("judged", True):
            lines.append(_("  pixels: not judged: {reason}", reason=series["pixels"]["reason"]))
        for protocol, result in series["protocols"].items():
            known = _(" (its figures are known at second hand)") if result.get("second_hand") else ""
            lines.append(
                _(
                    "  {protocol} {version}{known}: {verdict}",
                    protocol=protocol,
                    version=result["version"],
                    known=known,
                    verdict=in_words(result["verdict"]),
                )
            )
        for cause in series["causes"]:
            lines += _cause_in_words(cause, series)
        lines += [_question(question["rule"], question) for question in series["questions"]]
    if not lines:
        lines.append(NO_HEADERS_MESSAGE)
    named = [_("{name} ({kind})", name=name, kind=kind) for name, kind in content.get("documents", {}).items()]
    if named:
        more = _(" and {named_count} more", named_count=len(named) - 5) if len(named) > 5 else ""
        lines.append(_("beside the images, not judged: {named}{more}", named=join(", ", named[:5]), more=more))
    lines += [
        _("not readable: {file}: {reason}", file=entry["file"], reason=entry["reason"])
        for entry in content["unreadable"]
    ]
    return join("\n", lines)


def _question(name: str, question: Mapping[str, Any]) -> str:
    """The line of a question by the `name` by which it is answered."""
    answer = question["answer"] or _("no answer yet")
    return _("  question {rule}: {text} ({answer})", rule=name, text=question["text"], answer=answer)


def _cause_in_words(cause: Mapping[str, Any], series: Mapping[str, Any]) -> list[str]:
    """A line on what is wrong and what to do, and one that names what follows from it."""
    message, files = cause["message"], series.get("cut_files", ())
    if cause["rule"] in ("files-readable", "files-whole") and files:
        message = _damaged(files)
    judged = (
        ""
        if len(series["protocols"]) == len(cause["protocols"])
        else _(" [{protocols}]", protocols=join(", ", cause["protocols"]))
    )
    head = _(
        "    {severity:<6} {clauses:<10} {message}{judged}",
        severity=column_of(cause["severity"]),
        clauses=join(", ", cause["clauses"]) or cause["rule"],
        message=message,
        judged=judged,
    )
    lines = [head + (_(" To do: {remedy}", remedy=cause["remedy"]) if cause["remedy"] else "")]
    if cause["consequences"]:
        lines.append(
            _(
                "    {severity:<6} from it: {consequences}",
                severity=column_of(""),
                consequences=join(", ", cause["consequences"]),
            )
        )
    return lines


def _damaged(files: Sequence[str], limit: int = 3) -> str:
    shown = join(", ", files[:limit]) + (
        _(" and {files_count} more", files_count=len(files) - limit) if len(files) > limit else ""
    )
    return plural(
        "File {shown} is cut off or damaged.", "Files {shown} are cut off or damaged.", len(files), shown=shown
    )


def readiness_summary(content: Mapping[str, Any]) -> str:
    """A few lines for the terminal: the verdict, then what is below guideline, and what of the file was not judged."""
    words = {"ready": _("READY"), "warn": _("READY WITH WARNINGS"), "not-ready": _("NOT READY")}
    lines = [_("Print readiness: {words}", words=words[content["verdict"]])]
    lines += [
        _(
            "  {severity:<6} {rule:<18} {message}",
            severity=column_of(finding["severity"]),
            rule=finding["rule"],
            message=finding["message"],
        )
        + (_(" To do: {remedy}", remedy=finding["remedy"]) if finding["remedy"] else "")
        for finding in content["findings"]
        if finding["outcome"] in ("fail", "ask") and (finding["severity"] != "info" or _is_said(finding))
    ]
    lines += [
        _("  {message}", message=finding["message"])
        for finding in content["findings"]
        if finding["rule"] == "slicer" and finding["outcome"] == "pass"
    ]
    return join("\n", lines)


def _is_said(finding: Mapping[str, Any]) -> bool:
    """Whether a finding for information is said on the terminal: of what a file holds, and of islands, which fall off without supports."""
    return finding["clause"] == "content" or finding["rule"] == "islands"


def run_summary(result: "RunResult") -> str:
    """A few lines for the terminal about a finished run."""
    lines = []
    if result.scan.series:
        lines.append(
            _(
                "Series {series}: {verdict}. {gate}",
                series=result.scan.series.series.id,
                verdict=in_words(result.scan.series.verdict.value).upper(),
                gate=result.scan.gate,
            )
        )
        lines += choice_in_words(result.scan.acceptance, result.scan.series, result.settings)
    else:
        lines.append(result.scan.gate)
    lines += result.segmentation.warnings
    return join("\n", (*lines, *_model_lines(result, "report.html, record.json, plan.json, registry.json")))


def _model_lines(result: "MadeModel", beside: str) -> list[str]:
    """The parts, the verdict, and the files with what stands `beside` them."""
    from ..pipeline.joints import lines_on_joints
    from ..pipeline.scaling import scale_words

    space = next((file.space for file in result.files), "LPS") or _("space not known")
    lines = [
        _(
            "{mesh}: {triangles_count} triangles, {volume:.1f} cm3",
            mesh=mesh.name,
            triangles_count=len(mesh.triangles),
            volume=mesh.volume / 1000.0,
        )
        for mesh in result.model.meshes
    ]
    lines += lines_on_joints(result.model.steps)
    if words := scale_words(result.settings):
        lines.append(_("Printed {words}: not the anatomy as it is.", words=words))
    lines.append(readiness_summary(result.readiness.as_json()))
    lines += [_question(str(entry["question"]), entry) for entry in result.readiness.checklist]
    names = join(", ", (file.path.name for file in result.files))
    return [
        *lines,
        _(
            "Written: {names}, {beside}, printability.json ({space}, millimetres)",
            names=names,
            beside=beside,
            space=space,
        ),
    ]


def preparation_summary(result: "PreparationResult") -> str:
    """A few lines for the terminal about a mesh that was prepared: what came, what was done to it, how far it moved, the verdict."""
    from ..pipeline.joints import is_line_on_joints
    from ..report.model_sections import STEP_TITLES

    file = result.mesh.file
    lines = [
        _(
            "Given: {objects}, {triangles}, {meshes:.1f} cm3",
            objects=pluralize(len(file.meshes), "object"),
            triangles=pluralize(file.triangles, "triangle"),
            meshes=sum(mesh.volume for mesh in file.meshes) / 1000.0,
        ),
        result.mesh.gate,
        *result.mesh.notes,
        *(
            _("{step}: {effect}", step=STEP_TITLES.get(step.name, step.name), effect=step.effect)
            for step in result.model.steps
            if not is_line_on_joints(step)
        ),
        result.comparison.in_words,
    ]
    return join("\n", (*lines, *_model_lines(result, "report.html, record.json, plan.json")))


def choice_in_words(
    acceptance: "AcceptanceReport | None", chosen: "SeriesAcceptance", settings: RunSettings
) -> list[str]:
    """Which series of a study was used and why; nothing for a study of one series."""
    if acceptance is None or acceptance.series_in_input < 2:
        return []
    how = _(
        "Used: series {series} ({slices}) of {series_in_input}",
        series=chosen.series.id,
        slices=pluralize(len(chosen.series), "slice"),
        series_in_input=acceptance.series_in_input,
    )
    if settings.series:
        return [_("{how}, because it was named.", how=how)]
    others = [one for one in acceptance.series if one.series.id != chosen.series.id]
    best = min(others, key=lambda one: (one.verdict.rank, -len(one.series)))
    why = (
        _("its verdict is the best")
        if best.verdict.rank > chosen.verdict.rank
        else _("it has the most slices of those as good")
    )
    if best.verdict.rank < chosen.verdict.rank:
        why = _("the use may be made of it")
    return [
        _(
            "{how}, because {why}; next is {series} ({verdict}). Another one: {--series:ID}.",
            how=how,
            why=why,
            series=best.series.id,
            verdict=in_words(best.verdict.value),
        )
    ]


def pack_summary(packed: "PackedStudy") -> str:
    """A few lines for the terminal about a packed study."""
    discs = join(", ", (_("{count} x {name}", count=count, name=name) for name, count in packed.discs.items()))
    first = _(
        "Packed {objects} of {series} ({unpacked} uncompressed for it) into '{packed}': "
        "{bytes:.1f} MB, {discs}; read back.",
        objects=pluralize(packed.objects, "object"),
        series=pluralize(len(packed.series), "series", "series"),
        unpacked=packed.unpacked,
        packed=packed.path.name,
        bytes=packed.bytes / 1000000.0,
        discs=discs,
    )
    return join("\n", (first, *packed.notes))


def inspection_summary(inspection: "Inspection") -> str:
    """A few lines for the terminal about an inspection."""
    lines = [_("repair: {line}", line=line) for line in inspection.repaired]
    return join("\n", [*lines, readiness_summary(inspection.readiness.as_json())])
