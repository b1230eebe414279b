"""Step 1: what for, which scan, and is it fit?"""

from typing import Any

import qt

from dicomtoprint.pipeline import NO_SCAN_MESSAGE, needs_reason
from dicomtoprint.rules import Finding, Outcome

from . import widgets
from .answer_controls import answered, fill_questions
from .findings_table import FindingsTable
from .i18n import tr as _
from .next_texts import findings_text
from .pack_study import PackStudy
from .preset_titles import builtin_presets
from .step_view import StepView, node_selector
from .texts import verdict_text, without_options


class ScanStep(StepView):
    """Use case, series, verdict a protocol, findings, questions; and the way past a shut gate, with a reason."""

    key = "scan"
    tip = _("Judge the scan against the acceptance protocols. Nothing is changed.")

    modality = ""  # of the series that was checked, empty before

    def build_controls(self) -> None:
        self.use = widgets.combo_box(
            builtin_presets("uses"), _("What the model is for decides what is strict."), self.setting("use"), "use"
        )
        self.form.addRow(_("The model is for"), self.use)
        self.volume = node_selector(
            self.panel.watch,
            "vtkMRMLScalarVolumeNode",
            _("A loaded CT volume; its DICOM files are judged."),
            "volume",
            _("none: choose a volume or a series"),
            self.guarded_slot(self.panel.choose_volume),
            self.guarded_slot(self.panel.volume_lost),
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
        self.form.addRow(_("or"), widgets.hbox(self.browse, self.folder))
        self._add_model_chooser()
        self.packing = PackStudy(self.panel)
        self.pack = self.button(
            _("Pack for transfer..."),
            _("Write the study uncompressed, with a DICOMDIR and the report, for a disc or the internet."),
            self.packing.start,
            "packStudy",
        )
        self.form.addRow("", self.pack)
        self.series = widgets.combo_box(
            [("", _("the best one"))],
            _("The folder holds several series: judge and use this one."),
            self.guarded_slot(lambda key: self.panel.change(series=key or None)),
            "series",
        )
        self.series_label = widgets.text_label(_("Series"), wrap=False)
        self.form.addRow(self.series_label, self.series)
        self.source = widgets.text_label(selectable=True)
        self.layout.addWidget(self.source)
        self.placement = widgets.text_label()
        self.harden = self.button(
            _("Harden the transform"),
            _("Apply the transform to the voxels, so that scan and model agree."),
            self.panel.harden,
            "harden",
        )
        self.layout.addWidget(self.placement)
        self.layout.addWidget(self.harden)

    def _add_model_chooser(self) -> None:
        self.model = node_selector(
            self.panel.watch,
            "vtkMRMLModelNode",
            _("A model of the scene instead of a scan: steps 1 and 2 are then not needed."),
            "model",
            _("none: work on a scan"),
            self.action_slot(self.panel.model_source.choose),
            self.guarded_slot(self.panel.model_source.lost),
        )
        self.form.addRow(_("or a model"), self.model)

    def build_results(self) -> None:
        self.protocols = qt.QVBoxLayout()
        self.layout.addLayout(self.protocols)
        self.findings = FindingsTable(
            self.layout,
            "scanFindings",
            self.action_slot(self._go_to),
            self.action_slot(self.panel.copy),
            self.guarded_slot(self._follow),
        )
        self.questions = qt.QVBoxLayout()
        self._answering = False
        self.layout.addLayout(self.questions)
        self.reason_label = widgets.text_label(
            _("This use does not go on with this scan. To go on anyway, give a reason; it stands on the report.")
        )
        self.reason = self.line("accept_anyway", _("Why you go on with a scan that was rejected."), "acceptAnyway")
        self.layout.addWidget(self.reason_label)
        self.layout.addWidget(self.reason)

    def build_advanced(self) -> None:
        self.group, form = widgets.collapsible_form(_("Advanced"), self.layout)
        self.pixels = widgets.check_box(
            _("Look at the voxels too"),
            _("Off: judge the headers alone, which is quick."),
            self.setting("check_pixels"),
            "check_pixels",
        )
        form.addRow("", self.pixels)
        tip = _("Planned date of surgery: the scan must not be too old for it.")
        self.date = self.line("surgery_date", tip, "surgeryDate", "YYYY-MM-DD")
        form.addRow(_("Date of surgery"), self.date)
        self.protocol = widgets.combo_box(
            [("", _("as the use needs")), *builtin_presets("protocols")],
            _("Judge under this protocol instead of the use's own."),
            self.guarded_slot(lambda key: self.panel.change(protocols=(key,) if key else ())),
            "protocol",
        )
        form.addRow(_("Protocol"), self.protocol)
        self.role = self.line("role", _("Who answers the questions, for the record."), "role")
        form.addRow(_("Answered by"), self.role)
        self.group.collapsed = True
        self.clear()

    def refresh(self) -> None:
        settings = self.panel.settings
        widgets.select_silently(self.use, settings.use)
        widgets.set_property_silently(self.pixels, "checked", settings.check_pixels)
        widgets.select_silently(self.protocol, settings.protocols[0] if settings.protocols else "")
        widgets.set_text_silently(self.date, settings.surgery_date)
        widgets.set_text_silently(self.role, settings.role)
        widgets.set_text_silently(self.reason, settings.accept_anyway)
        if self.panel.state.state(self.key) == "not needed":
            self.primary.enabled = False
            widgets.update_badge(self.chip, "not applicable", NO_SCAN_MESSAGE)
            is_shown = needs_reason(settings) or bool(settings.accept_anyway)
            self.reason_label.visible = self.reason.visible = is_shown
        self._show_series(settings.series)
        self.source.text = self.panel.source_text()
        self.source.visible = bool(self.source.text)
        warning = self.panel.placement_text()
        self.placement.text = warning
        self.placement.visible = self.harden.visible = bool(warning)

    def clear(self) -> None:
        super().clear()
        self.modality = ""
        widgets.clear_layout(self.protocols)
        if not self._answering:
            widgets.clear_layout(self.questions)
        self.findings.show(())
        self.reason_label.visible = self.reason.visible = bool(self.panel.settings.accept_anyway)

    def show(self, result: Any) -> str:
        acceptance, shut = result["acceptance"], not result["open"]
        self.reason_label.visible = self.reason.visible = shut or bool(self.panel.settings.accept_anyway)
        if acceptance is None:
            widgets.clear_layout(self.questions)
            self.summary = _("not judged: no DICOM files")
            widgets.update_badge(self.chip, "ask" if shut else "not applicable", without_options(result["gate"]))
            return "needs you" if shut else "done"
        if not self.panel.settings.series:
            self.fill_series([one.series for one in acceptance.series])
        series = next(item for item in acceptance.series if item.series.id == result["series"])
        self.modality = series.series.modality
        widgets.clear_layout(self.protocols)
        for name, judged in series.protocols.items():
            line = f"{name} {judged.version}: {verdict_text(judged.verdict.value)}"
            self.protocols.addWidget(widgets.status_badge(judged.verdict.value, line))
        found = _distinct([finding for judged in series.protocols.values() for finding in judged.findings])
        self.findings.show(found)
        self._ask({question.rule: question.text for question in series.questions} | self._asked(found))
        verdict = "reject" if shut else ("warn" if series.verdict.value == "reject" else series.verdict.value)
        self.summary = _("{findings}, {verdict}").format(
            findings=findings_text(self.findings.count_of_weight), verdict=verdict_text(verdict)
        )
        widgets.update_badge(self.chip, verdict, without_options(result["gate"]))
        self.panel.results.keep_findings(
            "scan", _("Scan findings"), found, acceptance.as_json(False), with_places=False
        )
        return "needs you" if shut else "done"

    def _show_series(self, chosen: str | None) -> None:
        """The chooser of series: there where the checked folder holds several, or one was chosen."""
        widgets.select_silently(self.series, chosen or "")
        self.series.visible = self.series_label.visible = self.series.count > 1

    def show_source(self, volume: Any, model: Any) -> None:
        """Show what was chosen in the choosers."""
        self.volume.setCurrentNode(volume)
        self.model.setCurrentNode(model)

    def fill_series(self, series: Any) -> None:
        """Offer the series that a check has found; none takes the offer back."""
        items = [(one.id, f"{one.description or '-'}  ({len(one.files)})") for one in series]
        widgets.set_items_silently(self.series, [("", _("the best one")), *(items if len(items) > 1 else [])])
        self._show_series(self.panel.settings.series)

    def _asked(self, found: list[Finding]) -> dict[str, str]:
        """Findings that an answer closes, or has closed: rule and sentence."""
        answered = dict(self.panel.settings.answers)
        return {one.rule: one.message for one in found if one.outcome is Outcome.ASK or one.rule in answered}

    def _ask(self, questions: dict[str, str]) -> None:
        """A chooser for every question: rule and text."""
        fill_questions(
            self.questions,
            questions,
            self.panel.settings,
            lambda rule: self.guarded_slot(lambda key: self._answer(rule, key)),
        )

    def _answer(self, rule: str, key: str) -> None:
        self._answering = True  # the chooser that is being used must not go away under the user's hands
        try:
            self.panel.change(**answered(self.panel.settings, rule, key))
        finally:
            self._answering = False
        widgets.update_badge(self.chip, "ask", _("The answers have changed: check the scan again."))

    def _follow(self, finding: Finding) -> None:
        if self.panel.results.volume_node() is not None:
            self.panel.results.go_to_slice(finding)

    def _go_to(self, finding: Finding) -> None:
        self.panel.results.go_to_slice(finding)


def _distinct(findings: list[Finding]) -> list[Finding]:
    """Each statement once: the protocols share rules, and measure the same thing under several names."""
    seen: dict[tuple[str, str], Finding] = {}
    for finding in findings:
        seen.setdefault((finding.message, finding.outcome.value), finding)
    return list(seen.values())
