"""The checklist of the anatomy: what a person says of a model, since no figure tells it, answered as the questions on a scan are."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, Any

from ..config.resources import load_json_resource
from ..config.run_settings import RunSettings, settings_of_mesh
from ..errors import UsageError
from ..messages import _

if TYPE_CHECKING:  # a check needs nothing that prepares a mesh
    from ..printability import Readiness

NAME = "anatomy"
_REMOVAL_RULES = ("critical", "lost")


@dataclass(frozen=True)
class ChecklistQuestion:
    """A question so that yes is good; `rejected` and `remedy` are said where the answer is no. `anatomies` are those it is asked of, None
    for all and for given meshes."""

    id: str
    text: str
    rejected: str
    remedy: str
    anatomies: frozenset[str] | None = None

    def is_asked_of(self, anatomy: str) -> bool:
        """Whether it is asked of this anatomy; of a given mesh, which has none, where `anatomy` is empty."""
        return self.anatomies is None or anatomy in self.anatomies


@dataclass(frozen=True)
class Checklist:
    """The questions; what may have been left out, by the figure of the segmentation (mm3) in words; and steps that take away."""

    questions: tuple[ChecklistQuestion, ...]
    removed_figures: Mapping[str, str]
    removing_steps: frozenset[str]

    @property
    def ids(self) -> frozenset[str]:
        """The names by which the questions are answered."""
        return frozenset(question.id for question in self.questions)


@cache
def load_checklist() -> Checklist:
    """The built-in checklist."""
    content, _text = load_json_resource("checklists", NAME)
    questions = tuple(
        ChecklistQuestion(
            row["id"],
            row["text"],
            row["rejected"],
            row["remedy"],
            frozenset(row["anatomies"]) if "anatomies" in row else None,
        )
        for row in content["questions"]
    )
    removed = content["removed"]
    figures = {row["figure"]: row["text"] for row in removed["figures"]}
    return Checklist(questions, figures, frozenset(removed["steps"]))


def without_checklist(
    answers: Sequence[tuple[str, str]], known: frozenset[str] | set[str] = frozenset()
) -> dict[str, str]:
    """The answers that are the scan's; those of the checklist are not, unless a protocol has a question of that name (`known`)."""
    ids = load_checklist().ids - known
    return {rule: answer for rule, answer in answers if rule not in ids}


def require_checklist_answers(settings: RunSettings) -> None:
    """Raises `UsageError` for an answer to anything but the checklist, where there is no scan that has questions."""
    for rule in without_checklist(settings.answers):
        raise UsageError(
            _("A mesh is not asked '{rule}': only the checklist of the anatomy can be answered for it.", rule=rule)
        )


def settings_of_given_mesh(settings: RunSettings) -> RunSettings:
    """The settings as `prepare` takes them, with the answers to those questions that a given mesh is asked."""
    asked = {question.id for question in load_checklist().questions if question.is_asked_of("")}
    return replace(
        settings_of_mesh(settings),
        answers=tuple(pair for pair in settings.answers if pair[0] in asked),
        answer_times=tuple(pair for pair in settings.answer_times if pair[0] in asked),
    )


def add_checklist(readiness: "Readiness", settings: RunSettings, anatomy: str) -> "Readiness":
    """The readiness with the questions and their answers, and a finding that rejects for each answer no. What is not answered is said
    and passes nothing: it changes no verdict. `anatomy` is empty for a given mesh."""
    from ..printability import VERDICTS
    from ..rules import Fact, Rule, Severity, aggregate_verdict, make_finding

    answers = dict(settings.answers)
    asked = [question for question in load_checklist().questions if question.is_asked_of(anatomy)]
    entries = tuple({"question": one.id, "text": one.text, "answer": answers.get(one.id)} for one in asked)
    source = _("the checklist of the anatomy")
    refused = [
        make_finding(
            Rule(one.id, "checklist", one.id, "==", "yes", Severity.REJECT, source=source),
            Fact(one.id, "no"),
            one.rejected,
            one.remedy,
        )
        for one in asked
        if answers.get(one.id) == "no"
    ]
    readiness = replace(readiness, checklist=entries)
    if not refused:
        return readiness
    findings = (*readiness.findings, *refused)
    return replace(readiness, findings=findings, verdict=VERDICTS[aggregate_verdict(findings)])


def with_givers(
    checklist: Sequence[Mapping[str, Any]], answers: Sequence[Mapping[str, Any]]
) -> tuple[Mapping[str, Any], ...]:
    """The entries of a checklist with role and time of those of a record's `answers` that answer them."""
    given = {entry["rule"]: {"role": entry["role"], "time": entry["time"]} for entry in answers}
    return tuple({**entry, **given.get(entry["question"], {})} for entry in checklist)


def left_out(
    figures: Mapping[str, object], steps: Sequence[tuple[str, str]], readiness: "Readiness", settings: RunSettings
) -> tuple[tuple[str, str], ...]:
    """What is not in the model, in words and by how much: what was not asked for by the `settings`, parts that the segmentation left out
    (its `figures`), `steps` (name, effect) that take away, and parts that the written file lacks."""
    from ..rules import Outcome

    checklist = load_checklist()
    not_asked = []
    if settings.roi and figures:
        not_asked.append((_("region of interest"), _("what lies outside of it")))
    if settings.labels and figures:
        not_asked.append((_("given structures"), _("all but {labels}", labels=", ".join(settings.labels))))
    volumes = [
        (words, _("{volume:.2f} cm3", volume=float(value) / 1000.0))
        for name, words in checklist.removed_figures.items()
        if isinstance(value := figures.get(name), (int, float)) and value > 0
    ]
    taken = [(name, effect) for name, effect in steps if name in checklist.removing_steps]
    lacking = [
        (_("missing in the written file"), finding.message)
        for finding in readiness.findings
        if finding.rule in _REMOVAL_RULES and finding.outcome is Outcome.FAIL
    ]
    return (*not_asked, *volumes, *taken, *lacking)
