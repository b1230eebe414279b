"""The findings of a scan or of a print as a table: sort, filter to what matters, go to the place, copy the remedies."""

from collections.abc import Callable, Sequence
from typing import Any

import qt

from dicomtoprint.messages import join
from dicomtoprint.rules import Finding, Outcome, Severity

from .i18n import format_figure
from .i18n import tr as _
from .texts import COLORS, SIGNS, outcome_text, without_options
from .widgets import check_box, hbox, push_button, text_label


def display_category(finding: Finding) -> str:
    """The word by which a finding is coloured: pass, not applicable, info, warn, ask or reject."""
    if finding.outcome in (Outcome.PASS, Outcome.NOT_APPLICABLE):
        return finding.outcome.value
    if finding.outcome is Outcome.ASK:
        return "ask"
    return finding.severity.value


_RANK = {"reject": 0, "ask": 1, "warn": 2, "info": 3, "pass": 4, "not applicable": 5}


class FindingsTable:
    """Table, filter, remedy and copy button. `follow(finding)` is called for a finding with places that is selected,
    by mouse or keyboard, and `go_to(finding)` on a double click: it says so where there is no place.
    """

    def __init__(
        self,
        layout: Any,
        name: str,
        go_to: Callable[[Finding], None],
        copy: Callable[[str], None],
        follow: Callable[[Finding], None],
    ) -> None:
        self._go_to, self._copy, self._follow = go_to, copy, follow
        self._findings: list[Finding] = []
        self._shown: list[Finding] = []
        self.table = _table(name)
        self.table.connect("cellDoubleClicked(int,int)", self._double_clicked)
        self.table.connect("itemSelectionChanged()", self._selected)
        self.only = check_box(
            _("Only what matters"),
            _("Hide the rules that passed or do not apply."),
            lambda on: self._fill(),
            f"{name}Only",
        )
        was = self.only.blockSignals(True)
        self.only.checked = True
        self.only.blockSignals(was)
        self.copy_button = push_button(
            _("Copy remedies"),
            _("Copy what to change as text, for the imaging department or the printer."),
            lambda: self._copy(self.remedies()),
            f"{name}Copy",
        )
        self.count = text_label(wrap=False)
        self.detail = text_label(selectable=True)
        layout.addLayout(hbox(self.only, self.count, self.copy_button))
        layout.addWidget(self.table)
        layout.addWidget(self.detail)
        self.show(())

    def show(self, findings: Sequence[Finding]) -> None:
        """Show these findings, the worst first."""
        self._findings = sorted(findings, key=lambda finding: (_RANK[display_category(finding)], finding.rule))
        self._fill()

    def remedies(self) -> str:
        """What to do about every finding that did not pass, as text without patient data."""
        lines = []
        for finding in self._findings:
            if finding.outcome in (Outcome.FAIL, Outcome.ASK) and finding.remedy:
                lines.append(without_options(join("", ("- ", finding.message, " ", finding.remedy))))
        return join("\n", dict.fromkeys(lines))

    @property
    def shown(self) -> list[Finding]:
        """The findings in the table, in the order of its rows before any sorting."""
        return self._shown

    @property
    def count_of_weight(self) -> int:
        """How many findings there are that matter."""
        return len(self._of_weight())

    def _of_weight(self) -> list[Finding]:
        failed = (Outcome.FAIL, Outcome.ASK)
        return [finding for finding in self._findings if finding.outcome in failed and not _is_note(finding)]

    def _fill(self) -> None:
        self._shown = self._of_weight() if self.only.checked else list(self._findings)
        table = self.table
        was = table.blockSignals(True)  # rows that go would tell of a selection that is none of the user's
        table.setSortingEnabled(False)
        table.clearSelection()
        table.setCurrentItem(None)
        table.setRowCount(len(self._shown))
        for index, finding in enumerate(self._shown):
            self._fill_row(index, finding)
        table.setSortingEnabled(True)
        table.blockSignals(was)
        has_any = bool(self._findings)
        for widget in (table, self.only, self.copy_button, self.count):
            widget.visible = has_any
        table.visible = bool(self._shown)
        self.count.text = _("{shown} of {all} findings").format(shown=len(self._shown), all=len(self._findings))
        self.copy_button.enabled = bool(self.remedies())
        self.detail.visible = False
        table.setFixedHeight(min(50 + 24 * max(len(self._shown), 1), 218))

    def _fill_row(self, index: int, finding: Finding) -> None:
        kind, message = display_category(finding), without_options(finding.message)
        background, foreground = COLORS[kind]
        first = qt.QTableWidgetItem(f"{SIGNS[kind]} {outcome_text(kind)}")
        first.setBackground(qt.QBrush(qt.QColor(background)))
        first.setForeground(qt.QBrush(qt.QColor(foreground)))
        first.setData(qt.Qt.UserRole, index)
        cells = [first] + [
            qt.QTableWidgetItem(text)
            for text in (
                message,
                format_value(finding.measured, finding.unit),
                format_value(finding.limit, finding.unit),
                finding.where,
                finding.rule,
            )
        ]
        for column, cell in enumerate(cells):
            cell.setToolTip(message)
            self.table.setItem(index, column, cell)

    def _finding_of_row(self, index: int) -> Finding | None:
        item = self.table.item(index, 0)
        number = int(item.data(qt.Qt.UserRole)) if item is not None else -1
        return self._shown[number] if 0 <= number < len(self._shown) else None

    def _double_clicked(self, index: int, column: int) -> None:
        finding = self._finding_of_row(index)
        if finding is not None:
            self._go_to(finding)

    def _selected(self) -> None:
        index = self.table.currentRow()
        finding = self._finding_of_row(index) if index >= 0 else None
        self.detail.visible = finding is not None
        if finding is not None:
            parts = (finding.message, finding.remedy, finding.where, finding.source)
            self.detail.text = without_options(join("\n", (part for part in parts if part)))
            if finding.places:
                self._follow(finding)


def _is_note(finding: Finding) -> bool:
    return finding.severity is Severity.INFO and finding.outcome is not Outcome.ASK


def _table(name: str) -> Any:
    table = qt.QTableWidget()
    table.objectName = name
    table.accessibleName = _("Findings")
    table.toolTip = _("Click a head to sort; click a row to go to the place.")
    table.setColumnCount(6)
    table.setHorizontalHeaderLabels([_("Outcome"), _("Finding"), _("Measured"), _("Limit"), _("Where"), _("Rule")])
    table.setEditTriggers(qt.QAbstractItemView.NoEditTriggers)
    table.setSelectionBehavior(qt.QAbstractItemView.SelectRows)
    table.setSelectionMode(qt.QAbstractItemView.SingleSelection)
    table.verticalHeader().setVisible(False)
    table.verticalHeader().setDefaultSectionSize(24)
    table.setWordWrap(False)
    for column, width in enumerate((92, 156, 76, 76, 90, 90)):
        table.setColumnWidth(column, width)
    return table


def format_value(value: object, unit: str) -> str:
    """A measured value or a limit in words."""
    if value is None or isinstance(value, dict):
        return ""
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, float):
        return f"{format_figure(value, '.4g')} {unit}".strip()
    if isinstance(value, (list, tuple)):
        return join(", ", (format_value(item, "") for item in value)) + (f" {unit}" if unit else "")
    return f"{value} {unit}".strip() if isinstance(value, int) else str(value)
