"""Readiness of a written file: it is opened with no memory of how it was made, measured, and judged by the process's rules."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from ..io import MeshFile, read_mesh_file
from ..mesh.core import Mesh
from ..messages import _
from ..progress import ProgressCallback, no_progress, subprogress
from ..rules import MISSING, Fact, Finding, Outcome, Rule, Verdict, aggregate_verdict, make_finding
from . import messages
from .measurements import Measurements, measure_file
from .process import Printer, PrintProcess, load_printer, load_process
from .rules import load_rules, rule_applies
from .scan_reference import ScanReference

VERDICTS = {Verdict.ACCEPT: "ready", Verdict.WARN: "warn", Verdict.ASK: "warn", Verdict.REJECT: "not-ready"}


@dataclass(frozen=True)
class Readiness:
    """The verdict on a file: ``ready``, ``warn`` or ``not-ready``.

    `mesh` has the contract's keys; `meshes` are the file's meshes in LPS mm with the point arrays ``Wall`` and ``Gap`` (float32 mm,
    NaN where thicker than `measured.wall_cap_mm`); findings carry `places` (LPS mm) to jump to. `shapes` are those of the largest
    lost and added parts by rule, `pictures` file names by rule once they are drawn, both in the order of the finding's places.
    `marked` are the triangles (indices over all meshes) that a finding speaks of, by rule. `slicing` is what a slicer said, where one was
    asked, `checklist` the questions that a person answers on the model, ``{"question", "text", "answer"}`` with ``"role"`` and ``"time"``
    of who answered.
    """

    verdict: str
    mesh: Mapping[str, object]
    findings: tuple[Finding, ...]
    process: PrintProcess
    printer: Printer
    file: MeshFile
    meshes: tuple[Mesh, ...] = ()
    figures: Mapping[str, object] = field(default_factory=dict)
    shapes: Mapping[str, tuple[Mesh, ...]] = field(default_factory=dict)
    marked: Mapping[str, np.ndarray] = field(default_factory=dict)
    pictures: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    slicing: Mapping[str, object] = field(default_factory=dict)
    checklist: tuple[Mapping[str, object], ...] = ()

    @property
    def exit_code(self) -> int:
        """0 for ready and ready with warnings, 1 for not ready."""
        return 1 if self.verdict == "not-ready" else 0

    def as_json(self) -> dict[str, object]:
        """The contract's form ``dicom-to-print/printability/1``."""
        content: dict[str, object] = {
            "schema": "dicom-to-print/printability/1",
            "verdict": self.verdict,
            "mesh": dict(self.mesh),
            "findings": [_finding_json(finding, self.pictures.get(finding.rule, ())) for finding in self.findings],
        }
        if self.slicing:
            content["slicing"] = dict(self.slicing)
        if self.checklist:
            content["checklist"] = [dict(entry) for entry in self.checklist]
        return content


def assess_file(
    file: MeshFile | Path | str,
    process: PrintProcess | str = "fdm",
    printer: Printer | str | None = None,
    *,
    unit: str | None = None,
    reference: ScanReference | None = None,
    progress: ProgressCallback = no_progress,
) -> Readiness:
    """Judge a written mesh file for a process and a printer (default: the process's usual one).

    `file` is a path, read with `unit` as in `read_mesh_file`, or a file already read. Raises `InputError` for
    what is no mesh, `UsageError` for unknown names, `CancelledError` from `progress`.
    """
    process = load_process(process) if isinstance(process, str) else process
    printer = load_printer(printer or process.printer) if not isinstance(printer, Printer) else printer
    if not isinstance(file, MeshFile):
        file = read_mesh_file(Path(file), unit, subprogress(progress, 0.0, 0.1))
    measured = measure_file(file, process, printer, reference, subprogress(progress, 0.1, 0.98))
    rules = load_rules(process, sum(measured.extents))
    facts = measured.facts
    findings = _said_once(rules, tuple(_finding(rule, facts, process, printer, reference) for rule in rules))
    progress(1.0, _("judged"))
    mesh = {name: _plain(value) for name, value in measured.mesh.items()}
    shapes = {rule.id: measured.shapes[rule.fact] for rule in rules if measured.shapes.get(rule.fact)}
    marked = {
        rule.id: facts[rule.fact].marked for rule in rules if rule.fact in facts and facts[rule.fact].marked is not None
    }
    verdict = VERDICTS[aggregate_verdict(findings)]
    return Readiness(verdict, mesh, findings, process, printer, file, measured.meshes, measured.figures, shapes, marked)


def _finding(
    rule: Rule, facts: Mapping[str, Fact], process: PrintProcess, printer: Printer, reference: ScanReference | None
) -> Finding:
    fact = facts.get(rule.fact, Fact(rule.fact, MISSING))
    if not rule_applies(rule, process):
        fact = Fact(rule.fact, fact.value, applicable=False)
    first = make_finding(rule, fact, "", "")
    is_turned, source = (reference.is_turned, reference.source) if reference is not None else (False, "file")
    return make_finding(
        rule,
        fact,
        messages.finding_message(rule, fact, first.outcome, process, printer),
        messages.remedy_text(rule, fact, process, is_turned, source) if first.outcome is Outcome.FAIL else "",
    )


def _said_once(rules: Sequence[Rule], findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
    """The findings, those silent that another rule's failure has said already (`Rule.unless`)."""
    failed = {finding.rule for finding in findings if finding.outcome is Outcome.FAIL}
    return tuple(
        replace(finding, outcome=Outcome.NOT_APPLICABLE, remedy="", message=messages.said_by(sorted(said)))
        if finding.outcome is Outcome.FAIL and (said := failed & set(rule.unless))
        else finding
        for rule, finding in zip(rules, findings)
    )


def _finding_json(finding: Finding, pictures: Sequence[str]) -> object:
    """The finding with its unit, the area it speaks of, and its places, each with its size and its picture where there are any."""
    places: list[dict[str, object]] = [{"at": place} for place in finding.places]
    for place, size in zip(places, finding.sizes):
        place[finding.size_unit] = size
    for place, picture in zip(places, pictures):
        place["picture"] = picture
    return _plain({**finding.as_json(), "unit": finding.unit, "area_mm2": finding.area_mm2, "places": places})


def _plain(value: object) -> object:
    """Numpy numbers and tuples as JSON has them; no NaN."""
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float):
        return round(value, 6) if np.isfinite(value) else None
    return value


__all__ = ["Measurements", "Readiness", "assess_file"]
