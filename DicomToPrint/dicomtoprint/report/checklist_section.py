"""The report's section on the checklist of the anatomy: what a person is asked, what was answered, and what is not in the model."""

from ..messages import _, join
from .content import ReportContent
from .html import Element, add_element, add_section, add_table
from .model_sections import STEP_TITLES


def checklist_in_words(content: ReportContent) -> str:
    """The state of the questions, for the first page."""
    answers = [entry.get("answer") for entry in content.checklist]
    if "no" in answers:
        return _("not as needed, as was answered: see the checklist of the anatomy")
    if None in answers:
        return _(
            "{number} of {all} questions not answered yet: see the checklist of the anatomy",
            number=answers.count(None),
            all=len(answers),
        )
    return _("looked at: all questions of the checklist are answered yes")


def add_checklist(main: Element, content: ReportContent) -> None:
    """Questions with answer, who gave it and when; beside them what was left out."""
    if not content.checklist:
        return
    block = add_section(main, _("Checklist of the anatomy"), "checklist")
    words = {"yes": _("yes"), "no": _("no")}
    rows = []
    for entry in content.checklist:
        answer = entry.get("answer")
        given = (words.get(str(answer), str(answer)), str(entry.get("role", "")), str(entry.get("time", "")))
        said = join(", ", (part for part in given if part)) if answer else _("not answered yet")
        rows.append((str(entry["question"]), entry["text"], said))
    add_table(
        block,
        _("What only a person can tell who knows the anatomy"),
        [_("Name"), _("Question"), _("Answer, by whom, when")],
        rows,
    )
    if content.left_out:
        add_table(
            block,
            _("What was left out of the model"),
            [_("What"), _("How much, or how")],
            [(STEP_TITLES.get(name, name), amount) for name, amount in content.left_out],
        )
    else:
        add_element(block, "p", _("No step is known to have left anything out."))
    if None in [entry.get("answer") for entry in content.checklist]:
        add_element(
            block, "p", _("Answer by making the model again with {--answer:NAME=yes} or no: its files stay the same.")
        )
