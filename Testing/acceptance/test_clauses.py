"""Every clause of the catalogue has a rule, a passing and a failing case, and every case gets its outcome."""

from dataclasses import replace

import pytest

from Phantoms.case import EXOPLAN, PROTOCOLS, VERDICT_OF, clause_words, protocols_of
from Phantoms.catalogue import CLAUSES, NEVER_FAIL, NOT_USED, catalogue
from Phantoms.evaluate_case import Judge, questions_of, rules_of, word
from Phantoms.exoplan_shown import UNUSED
from Phantoms.files import GONE, Raw, write_files
from Phantoms.series import CLASSIC, ENHANCED, KINDS, put, series

CASES = {case.id: case for case in catalogue()}


@pytest.fixture(scope="module")
def judge(tmp_path_factory) -> Judge:
    """Judges each case once."""
    return Judge(tmp_path_factory.mktemp("cases"))


def _problems(case, judged) -> list[str]:
    problems = []
    for clause, words in case.clauses.items():
        for protocol in protocols_of(clause):
            seen = judged.outcome(protocol, clause)
            if seen not in words.split("|"):
                problems.append(f"{clause} under {protocol}: expected {words}, got {seen or 'no finding'}")
    for protocol, verdicts in case.verdicts.items():
        if judged.verdict(protocol) not in verdicts.split("|"):
            problems.append(
                f"verdict under {protocol}: expected {verdicts}, got {judged.verdict(protocol)}: "
                f"{judged.complaints(protocol)}"
            )
    return problems


@pytest.mark.parametrize("name", CASES)
def test_case_gets_its_outcome(name, judge):
    case = CASES[name]
    problems = _problems(case, judge(case))
    assert not problems, "\n".join(problems)


def test_catalogue_is_large_enough():
    assert sum(case.must_reject for case in CASES.values()) >= 67
    assert sum(case.conformant for case in CASES.values()) >= 24


@pytest.mark.parametrize("clause", CLAUSES)
def test_clause_has_a_rule_or_asks(clause):
    for protocol in protocols_of(clause):
        assert questions_of(protocol).get(clause) or any(
            clause in clause_words(rule.clause) for rule in rules_of(protocol)
        ), f"no rule for {clause} in {protocol}"


@pytest.mark.parametrize("clause", CLAUSES)
def test_clause_has_a_passing_and_a_failing_case(clause):
    outcomes = {word for case in CASES.values() for word in case.clauses.get(clause, "").split("|") if word}
    if clause != "O03":
        assert outcomes & {"pass", "n/a"}, f"no passing case for {clause}"
    if clause not in NEVER_FAIL:
        assert outcomes & {"info", "warn", "ask", "reject"}, f"no failing case for {clause}"


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_rules_name_known_clauses(protocol):
    unknown = {rule.id: rule.clause for rule in rules_of(protocol) if not set(clause_words(rule.clause)) & set(CLAUSES)}
    assert unknown == {}


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_every_rule_is_seen_to_pass_and_to_fail(protocol, judge):
    """Measured on the results themselves, so that a rule without a case that moves it cannot hide behind its clause."""
    seen: dict[str, set[str]] = {rule.id: set() for rule in rules_of(protocol)}
    for case in CASES.values():
        for finding in judge(case).findings(protocol):
            seen[str(finding["rule"])].add(word(finding))
    clauses = {rule.id: clause_words(rule.clause) for rule in rules_of(protocol)}
    shown = {
        rule.id for rule in rules_of(protocol) if rule.operator == "shown" and rule.missing in ("not applicable", "ask")
    }
    free = shown | {name for name, own in clauses.items() if set(own) & set(NEVER_FAIL)}
    assert {name for name, words in seen.items() if not words & {"pass", "n/a"} and name not in free} == set()
    failing = {"info", "warn", "ask", "reject"}
    assert {name for name, words in seen.items() if not words & failing and name not in free} == set()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("keyword", UNUSED)
def test_unused_attribute_changes_no_exoplan_verdict(keyword, kind, judge, tmp_path):
    case = CASES[f"{kind}-conformant"]
    before = [
        finding for finding in judge(case).findings(EXOPLAN) if not set(clause_words(finding["clause"])) & set(NOT_USED)
    ]
    vr = {"SliceThickness": "DS", "SliceLocation": "DS", "PixelAspectRatio": "IS"}.get(keyword, "LO")
    broken = () if keyword in ("PlanarConfiguration", "FrameIncrementPointer") else (Raw(vr, b"x\\y\xff "),)
    for number, value in enumerate((*UNUSED[keyword], GONE, *broken)):
        folder = write_files(put(series(kind), **{keyword: value}), tmp_path / str(number))
        after = judge.folder_judged(folder, case)
        kept = [one for one in after.findings(EXOPLAN) if not set(clause_words(one["clause"])) & set(NOT_USED)]
        assert [(one["rule"], word(one)) for one in kept] == [(one["rule"], word(one)) for one in before], value
        assert after.verdict(EXOPLAN) == judge(case).verdict(EXOPLAN)


@pytest.mark.parametrize("clause", ["O03", "O14", "O18"])
def test_standing_question_lowers_no_verdict_and_takes_its_answer(clause, judge, tmp_path):
    case = CASES["classic-conformant"]
    assert judge(case).verdict("3dsystems-ortho") == "accept"
    name = questions_of("3dsystems-ortho")[clause][0]
    asked = {str(question["rule"]): question for question in judge(case).series["questions"]}
    assert asked[name]["text"] and not asked[name]["answer"]
    folder = write_files(series(CLASSIC), tmp_path)
    answered = judge.folder_judged(folder, replace(case, answers={name: "yes"}))
    given = {str(question["rule"]): question["answer"] for question in answered.series["questions"]}
    assert "yes" in str(given[name])
    assert answered.verdict("3dsystems-ortho") == "accept"


@pytest.mark.parametrize("clause", ["O03", "O14", "O18"])
def test_standing_question_answered_no_is_never_an_accept(clause, judge, tmp_path):
    name = questions_of("3dsystems-ortho")[clause][0]
    folder = write_files(series(CLASSIC), tmp_path)
    answered = judge.folder_judged(folder, replace(CASES["classic-conformant"], answers={name: "no"}))
    assert answered.verdict("3dsystems-ortho") != "accept"


def test_surgery_date_not_given_is_a_question(judge):
    asked = {str(question["rule"]) for question in judge(CASES["classic-surgery-not-given"]).series["questions"]}
    assert asked & set(questions_of("3dsystems-ortho")["O06"])


@pytest.mark.parametrize("name", ["classic-conformant", "enhanced-conformant", "craniofacial-conformant"])
def test_verdict_is_the_worst_of_the_findings(name, judge):
    judged = judge(CASES[name])
    for protocol in PROTOCOLS:
        words = [VERDICT_OF[word(finding)] for finding in judged.findings(protocol)]
        order = ("accept", "warn", "ask", "reject")
        assert judged.verdict(protocol) == max(words, key=order.index)


def test_findings_name_their_slices(judge):
    hole = judge(CASES["classic-hole-of-two-gaps"])
    own = [finding for finding in hole.findings("3dsystems-ortho") if "O08d" in clause_words(finding["clause"])]
    failed = [finding for finding in own if word(finding) == "reject"]
    assert failed and all(finding["where"] and finding["remedy"] and finding["message"] for finding in failed)


def test_rounded_positions_are_called_rounding_not_missing(judge):
    judged = judge(CASES["classic-thirds-rounded-to-2-digits"])
    own = [one for one in judged.findings(EXOPLAN) if "E-EQUI" in clause_words(one["clause"])]
    text = " ".join(f"{one['message']} {one['remedy']}" for one in own).lower()
    assert "round" in text and "missing" not in text


def test_broken_neighbour_blocks_only_its_own_series(judge):
    judged = judge(CASES["classic-broken-series-beside"])
    verdicts = sorted(str(one["verdict"]) for one in judged.whole["series"])
    assert verdicts == ["accept", "reject"]


def test_garbage_is_listed_as_unreadable(judge):
    judged = judge(CASES["classic-garbage-beside"])
    assert {one["file"] for one in judged.whole["unreadable"]} >= {"garbage.dcm", "empty.dcm"}


def test_enhanced_and_classic_say_the_same(judge):
    """The same geometry stored in two ways gets the same outcome for every clause that both objects have."""
    for name in ("thickness-2.5001", "spacing-2.5001", "pixel-0.6001", "gaps-off-by-0.0012", "hole-of-two-gaps"):
        one, two = judge(CASES[f"{CLASSIC}-{name}"]), judge(CASES[f"{ENHANCED}-{name}"])
        for protocol in PROTOCOLS:
            assert one.verdict(protocol) == two.verdict(protocol)
