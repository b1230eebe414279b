"""The checklist of the anatomy: an answer no rejects, none passes nothing, and what was left out is listed beside it."""

from dataclasses import replace

import pytest

from dicomtoprint.acceptance import answerable_rule_ids, load_protocol
from dicomtoprint.config.resources import RESOURCE_DIR, builtin_names
from dicomtoprint.config.run_settings import RunSettings
from dicomtoprint.errors import UsageError
from dicomtoprint.pipeline import checklist
from dicomtoprint.pipeline.scan_loading import load_judgement
from dicomtoprint.printability import Readiness
from dicomtoprint.report.model_sections import STEP_TITLES
from dicomtoprint.rules import Fact, Rule, Severity, make_finding

READY = Readiness("ready", {}, (), None, None, None)


def answered(**answers):
    return RunSettings(answers=tuple((name.replace("_", "-"), value) for name, value in answers.items()))


@pytest.mark.parametrize("settings", [RunSettings(), answered(anatomy_included="yes"), RunSettings(use="implant")])
def test_what_is_open_or_yes_is_said_and_changes_no_verdict(settings):
    asked = checklist.add_checklist(READY, settings, "bone")
    assert (asked.verdict, asked.findings, asked.exit_code) == ("ready", (), 0)
    said = {entry["question"]: entry["answer"] for entry in asked.as_json()["checklist"]}
    assert said == {"anatomy-included": dict(settings.answers).get("anatomy-included"), "anatomy-kept": None}
    assert "checklist" not in READY.as_json(), "a file that is inspected alone is asked nothing"


def test_an_answer_no_is_a_finding_that_rejects():
    asked = checklist.add_checklist(READY, answered(anatomy_kept="no", motion_blur="no"), "")
    (finding,) = asked.findings
    assert (asked.verdict, asked.exit_code) == ("not-ready", 1)
    assert (finding.rule, finding.severity, finding.measured) == ("anatomy-kept", Severity.REJECT, "no")
    assert finding.message.startswith("Anatomy that is needed was removed") and finding.remedy


def test_a_question_may_be_of_some_anatomies_alone():
    question = replace(checklist.load_checklist().questions[0], anatomies=frozenset({"jaw"}))
    assert [question.is_asked_of(anatomy) for anatomy in ("jaw", "bone", "")] == [True, False, False]


def test_the_scan_is_not_asked_the_questions_of_the_model():
    settings = answered(anatomy_included="no", motion_blur="yes")
    load_judgement(settings)
    assert checklist.without_checklist(settings.answers) == {"motion-blur": "yes"}
    assert len(checklist.without_checklist(settings.answers, {"anatomy-included"})) == 2, "a protocol's own question"
    with pytest.raises(UsageError, match="anatomy-excluded"):
        load_judgement(answered(anatomy_excluded="no"))
    with pytest.raises(UsageError, match="mesh is not asked 'motion-blur'"):
        checklist.require_checklist_answers(settings)
    known = answerable_rule_ids(map(load_protocol, builtin_names("protocols")))
    assert not known & checklist.load_checklist().ids


def test_what_was_left_out_is_listed_with_how_much():
    finding = make_finding(Rule("lost", "scan", "lost", "==", 0, Severity.WARN), Fact("lost", 2), "2 parts lack.", "")
    passed = make_finding(Rule("critical", "scan", "lost", "==", 0, Severity.REJECT), Fact("lost", 0), "None.", "")
    readiness = replace(READY, findings=(finding, passed))
    figures = {"islands_mm3": 1250.0, "pruned_mm3": 0.0, "noise": 12.0}
    steps = [("cut", "at S=5"), ("smoothing", "a little")]
    settings = RunSettings(roi=(0, 1, 0, 1, 0, 1))
    assert [amount for _words, amount in checklist.left_out(figures, steps, readiness, settings)] == [
        *("what lies outside of it", "1.25 cm3", "at S=5", "2 parts lack.")
    ]
    assert checklist.left_out({}, [], READY, settings) == (), "a given mesh has no region of interest"


def test_figures_and_steps_of_the_list_are_those_of_the_program():
    sources = "".join(path.read_text(encoding="utf-8") for path in RESOURCE_DIR.parent.glob("segmentation/*.py"))
    listed = checklist.load_checklist()
    assert [name for name in listed.removed_figures if f'"{name}"' not in sources] == []
    assert listed.removing_steps <= set(STEP_TITLES)
    given = [{"rule": "anatomy-kept", "answer": "yes", "role": "surgeon", "time": "2026"}]
    open_one, kept = checklist.with_givers(checklist.add_checklist(READY, RunSettings(), "").checklist, given)
    assert "role" not in open_one and (kept["role"], kept["time"]) == ("surgeon", "2026")
