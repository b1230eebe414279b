"""Questions with their answers: a line each, on the scan in step 1, on the anatomy in step 2, or of a given model in step 3."""

import datetime
from collections.abc import Callable, Mapping
from typing import Any

import qt

from dicomtoprint.config.run_settings import RunSettings
from dicomtoprint.pipeline.checklist import load_checklist

from . import widgets
from .i18n import tr as _
from .texts import without_options


def fill_questions(
    layout: Any, questions: Mapping[str, str], settings: RunSettings, on_answer: Callable[[str], Callable[[str], None]]
) -> None:
    """A chooser for every question (name and text) into an emptied layout; `on_answer` gives the slot of a question by its name."""
    widgets.clear_layout(layout)
    answers = dict(settings.answers)
    items = [("", _("not answered")), ("yes", _("yes")), ("no", _("no"))]
    for rule, text in questions.items():
        box = widgets.combo_box(items, text, on_answer(rule), f"answer-{rule}")
        widgets.select_silently(box, answers.get(rule, ""))
        box.minimumContentsLength = max(len(word) for _key, word in items)
        row = qt.QFrame()
        line = qt.QHBoxLayout(row)
        line.setContentsMargins(0, 0, 0, 0)
        line.addWidget(widgets.text_label(without_options(text)), 3)
        line.addWidget(box, 1)
        layout.addWidget(row)


def answered(settings: RunSettings, rule: str, key: str) -> dict[str, Any]:
    """The settings' answers and their times with one more answer, now; an empty `key` takes it back."""
    now = datetime.datetime.now().astimezone().isoformat(timespec="seconds")
    answers = {**dict(settings.answers), rule: key}
    times = {**dict(settings.answer_times), rule: now}
    return {
        "answers": tuple((name, value) for name, value in answers.items() if value),
        "answer_times": tuple((name, time) for name, time in times.items() if answers.get(name)),
    }


class ChecklistControls:
    """The checklist of the anatomy in a step's layout."""

    def __init__(self, step: Any) -> None:
        self._step, self._answering = step, False
        self._layout = qt.QVBoxLayout()
        step.layout.addLayout(self._layout)

    def ask(self, anatomy: str | None) -> None:
        """The questions of this anatomy, of a given model where that is empty, none for None; not while a chooser is being used."""
        if self._answering:
            return
        asked = {
            one.id: one.text for one in load_checklist().questions if anatomy is not None and one.is_asked_of(anatomy)
        }
        fill_questions(
            self._layout,
            asked,
            self._step.panel.settings,
            lambda rule: self._step.guarded_slot(lambda key: self._answer(rule, key)),
        )

    def _answer(self, rule: str, key: str) -> None:
        self._answering = True
        try:
            self._step.panel.change_from("print", answered(self._step.panel.settings, rule, key))
        finally:
            self._answering = False
