"""What a slicer said as findings on the readiness of a model."""

from dataclasses import replace

from ..messages import _, join
from ..printability import VERDICTS, Readiness
from ..rules import Fact, Finding, Rule, Severity, aggregate_verdict, make_finding
from ..text import pluralize
from .ask import SlicedFile, SlicingResult


def add_slicing(readiness: Readiness, slicing: SlicingResult) -> Readiness:
    """The readiness with what the slicer said: a refusal fails by the slicer's severity, what could not be asked is a question, and the
    verdict counts both."""
    findings = (*readiness.findings, _finding(slicing))
    return replace(
        readiness, findings=findings, verdict=VERDICTS[aggregate_verdict(findings)], slicing=slicing.as_json()
    )


def _finding(slicing: SlicingResult) -> Finding:
    refused = [file for file in slicing.files if file.refused]
    unknown = [file for file in slicing.files if file.unknown]
    value = "refused" if refused else _("not known") if unknown else _("sliced")
    limit = {"sliced": "pass", "refused": slicing.severity, "not known": "ask"}
    rule = Rule("slicer", "slicer", "slicer", "table", limit, Severity(slicing.severity), source=slicing.slicer)
    remedy = ""
    if refused:
        message = _(
            "{slicer} refuses {named}: {refused}.",
            slicer=slicing.slicer,
            named=_named(refused),
            refused=refused[0].refused,
        )
        remedy = _(
            "Choose a printer that it fits ({--printer}), split it ({--split:auto}), or mend what the slicer names."
        )
    elif unknown:
        message = _(
            "{slicer} could not be asked about {named}: {unknown}.",
            slicer=slicing.slicer,
            named=_named(unknown),
            unknown=unknown[0].unknown,
        )
        remedy = _("Slice the file by hand, or leave {--slice-with} out.")
    else:
        message = _("{slicer} slices it: {summary_of}.", slicer=slicing.slicer, summary_of=summary_of(slicing))
    warned = [warning for file in slicing.files for warning in file.warnings]
    if warned:
        message = _("{message} It warns: {warned}.", message=message, warned=warned[0].rstrip("."))
    return make_finding(rule, Fact("slicer", value), message, remedy)


def _named(files: list[SlicedFile]) -> str:
    return files[0].file + (_(" and {files_count} more", files_count=len(files) - 1) if len(files) > 1 else "")


def summary_of(slicing: SlicingResult) -> str:
    """The figures in a few words."""
    words = []
    time_s, material, layers, islands = (
        slicing.total(name) for name in ("time_s", "material_cm3", "layers", "islands")
    )
    if time_s is not None:
        minutes = round(time_s / 60.0)
        words.append(_("{minutes} h {minutes2} min", minutes=minutes // 60, minutes2=minutes % 60))
    if material is not None:
        words.append(_("{material:.1f} cm3 with supports", material=material))
    if layers is not None:
        words.append(pluralize(int(layers), "layer"))
    if islands is not None:
        words.append(pluralize(int(islands), "island"))
    return join(", ", words)
