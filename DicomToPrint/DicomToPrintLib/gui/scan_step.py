"""Step 1: what for, which scan, and is it fit?"""

import datetime
from typing import Any

import qt
from slicer.i18n import tr as _

from ..findings import Finding
from . import parts
from .findings_view import FindingsView
from .names import listed
from .step import StepView, node_selector
from .words import verdict_text, without_options


class ScanStep(StepView):
    """Use case, series, verdict a protocol, findings, questions; and the way past a shut gate, with a reason."""

    key = "scan"
    tip = _("Judge the scan against the acceptance protocols. Nothing is changed.")

    def build_controls(self) -> None:
        self.use = parts.combo(
            listed("UseCases"), _("What the model is for decides what is strict."), self.setting("use"), "use"
        )
        self.form.addRow(_("The model is for"), self.use)
        self.volume = node_selector(
            self.panel.watch,
            "vtkMRMLScalarVolumeNode",
            _("A loaded CT volume; its DICOM files are judged."),
            "volume",
            _("none: choose a volume or a series"),
            self.safe(self.panel.choose_volume),
            self.safe(self.panel.volume_lost),
        )
        self.form.addRow(_("Volume"), self.volume)
        self.browse = self.button(
            _("Series in the database..."),
            _("Choose a series that Slicer's DICOM database knows, loaded or not."),
            self.panel.choose_series,
            "browseSeries",
        )
        self.folder = self.button(
            _("Folder..."), _("Choose a folder of DICOM files."), self.panel.choose_folder, "browseFolder"
        )
        self.form.addRow(_("or"), parts.row(self.browse, self.folder))
        self.series = parts.combo(
            [("", _("the best one"))],
            _("The folder holds several series: judge and use this one."),
            self.safe(lambda key: self.panel.change(series=key or None)),
            "series",
        )
        self.series_label = parts.label(_("Series"), wrap=False)
        self.form.addRow(self.series_label, self.series)
        self.source = parts.label(selectable=True)
        self.layout.addWidget(self.source)
        self.placement = parts.label()
        self.harden = self.button(
            _("Harden the transform"),
            _("Apply the transform to the voxels, so that scan and model agree."),
            self.panel.harden,
            "harden",
        )
        self.layout.addWidget(self.placement)
        self.layout.addWidget(self.harden)

    def build_results(self) -> None:
        self.protocols = qt.QVBoxLayout()
        self.layout.addLayout(self.protocols)
        self.findings = FindingsView(self.layout, "scanFindings", self.act(self._go_to), self.act(self.panel.copy))
        self.questions = qt.QVBoxLayout()
        self._answering = False
        self.layout.addLayout(self.questions)
        self.reason_label = parts.label(
            _("This use does not go on with this scan. To go on anyway, give a reason; it stands on the report.")
        )
        self.reason = self.line("accept_anyway", _("Why you go on with a scan that was rejected."), "acceptAnyway")
        self.layout.addWidget(self.reason_label)
        self.layout.addWidget(self.reason)

    def build_advanced(self) -> None:
        self.group, form = parts.advanced(_("Advanced"), self.layout)
        self.pixels = parts.check_box(
            _("Look at the voxels too"),
            _("Off: judge the headers alone, which is quick."),
            self.setting("pixels"),
            "pixels",
        )
        form.addRow("", self.pixels)
        tip = _("Planned date of surgery: the scan must not be too old for it.")
        self.date = self.line("surgery_date", tip, "surgeryDate", "YYYY-MM-DD")
        form.addRow(_("Date of surgery"), self.date)
        self.protocol = parts.combo(
            [("", _("as the use needs")), *listed("Protocols")],
            _("Judge under this protocol instead of the use's own."),
            self.safe(lambda key: self.panel.change(protocols=(key,) if key else ())),
            "protocol",
        )
        form.addRow(_("Protocol"), self.protocol)
        self.role = self.line("role", _("Who answers the questions, for the record."), "role")
        form.addRow(_("Answered by"), self.role)
        self.group.collapsed = True
        self.clear()

    def refresh(self) -> None:
        settings = self.panel.settings
        parts.choose(self.use, settings.use)
        parts.put(self.pixels, "checked", settings.pixels)
        parts.choose(self.protocol, settings.protocols[0] if settings.protocols else "")
        parts.write(self.date, settings.surgery_date)
        parts.write(self.role, settings.role)
        parts.write(self.reason, settings.accept_anyway)
        self._show_series(settings.series)
        self.source.text = self.panel.source_text()
        self.source.visible = bool(self.source.text)
        warning = self.panel.placement_text()
        self.placement.text = warning
        self.placement.visible = self.harden.visible = bool(warning)

    def clear(self) -> None:
        super().clear()
        parts.clear(self.protocols)
        if not self._answering:
            parts.clear(self.questions)
        self.findings.show(())
        self.reason_label.visible = self.reason.visible = bool(self.panel.settings.accept_anyway)

    def show(self, result: Any) -> str:
        acceptance, shut = result["acceptance"], not result["open"]
        self.reason_label.visible = self.reason.visible = shut or bool(self.panel.settings.accept_anyway)
        if acceptance is None:
            parts.show_chip(self.chip, "not applicable", result["gate"])
            return "done"
        if not self.panel.settings.series:
            self.fill_series([one.series for one in acceptance.series])
        series = next(item for item in acceptance.series if item.series.id == result["series"])
        parts.clear(self.protocols)
        for name, judged in series.protocols.items():
            line = f"{name} {judged.version}: {verdict_text(judged.verdict.value)}"
            self.protocols.addWidget(parts.chip(judged.verdict.value, line))
        found = _distinct([finding for judged in series.protocols.values() for finding in judged.findings])
        self.findings.show(found)
        self._ask(series.questions)
        verdict = "reject" if shut else ("warn" if series.verdict.value == "reject" else series.verdict.value)
        parts.show_chip(self.chip, verdict, without_options(result["gate"]))
        self.panel.results.keep_findings(
            "scan", _("Scan findings"), found, acceptance.as_json(False), with_places=False
        )
        return "needs you" if shut else "done"

    def _show_series(self, chosen: str | None) -> None:
        """The chooser of series: there where the checked folder holds several, or one was chosen."""
        parts.choose(self.series, chosen or "")
        self.series.visible = self.series_label.visible = self.series.count > 1

    def fill_series(self, series: Any) -> None:
        """Offer the series that a check has found; none takes the offer back."""
        items = [(one.id, f"{one.description or '-'}  ({len(one.files)})") for one in series]
        parts.fill(self.series, [("", _("the best one")), *(items if len(items) > 1 else [])])
        self._show_series(self.panel.settings.series)

    def _ask(self, questions: Any) -> None:
        parts.clear(self.questions)
        answers = dict(self.panel.settings.answers)
        items = [("", _("not answered")), ("yes", _("yes")), ("no", _("no"))]
        for question in questions:
            box = parts.combo(
                items,
                question.text,
                self.safe(lambda key, rule=question.rule: self._answer(rule, key)),
                f"answer-{question.rule}",
            )
            parts.choose(box, answers.get(question.rule, ""))
            self.questions.addWidget(parts.label(without_options(question.text)))
            self.questions.addWidget(box)

    def _answer(self, rule: str, key: str) -> None:
        answers = {**dict(self.panel.settings.answers), rule: key}
        self._answering = True  # the chooser that is being used must not go away under the user's hands
        try:
            now = datetime.datetime.now().astimezone().isoformat(timespec="seconds")
            times = {**dict(self.panel.settings.answered), rule: now}
            self.panel.change(
                answers=tuple((name, value) for name, value in answers.items() if value),
                answered=tuple((name, time) for name, time in times.items() if answers.get(name)),
            )
        finally:
            self._answering = False
        parts.show_chip(self.chip, "ask", _("The answers have changed: check the scan again."))

    def _go_to(self, finding: Finding) -> None:
        self.panel.results.go_to_slice(finding)


def _distinct(findings: list[Finding]) -> list[Finding]:
    """Each statement once: the protocols share rules, and measure the same thing under several names."""
    seen: dict[tuple[str, str], Finding] = {}
    for finding in findings:
        seen.setdefault((finding.message, finding.outcome.value), finding)
    return list(seen.values())
