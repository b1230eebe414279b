"""Questions with their answers: a line each, on the scan in step 1 and on the anatomy in step 2."""

import datetime
from collections.abc import Callable, Mapping
from typing import Any

import qt

from dicomtoprint.config.run_settings import RunSettings

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
        box.minimumContentsLength = 8
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
