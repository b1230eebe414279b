"""Protocols, kernels and uses as data: the built-in ones are sound, a hospital's own loads, bad ones are refused by
line.
"""

import json

import pytest

from dicomtoprint.acceptance import evaluate_study, load_protocol, load_use_case
from dicomtoprint.acceptance.facts.image_type import classify_kernel
from dicomtoprint.acceptance.facts.registry import FACTS, is_known_fact
from dicomtoprint.acceptance.messages import QUESTIONS, TEXTS, finding_message
from dicomtoprint.config import resources
from dicomtoprint.config.resources import builtin_names
from dicomtoprint.dicom import read_study
from dicomtoprint.errors import UsageError
from dicomtoprint.rules import Fact, Outcome
from Phantoms.files import write_files
from Phantoms.series import put, series

KINDS = ("protocols", "rule_sets", "kernels", "uses")
OWN = {
    "name": "our-hospital",
    "title": "Thin bone",
    "version": "2",
    "source": {"document": "Local standard 7"},
    "include": ["integrity"],
    "rules": [
        {
            "id": "thin",
            "clause": "7.1",
            "fact": "slice_thickness",
            "operator": "<=",
            "limit": 0.8,
            "severity": "reject",
            "remedy": ["C"],
        }
    ],
    "questions": [{"rule": "radiographer-asked", "text": "Did you ask the radiographer?", "if_no": "warn"}],
}


def _own(tmp_path, **changes):
    path = tmp_path / "own.json"
    path.write_text(json.dumps({**OWN, **changes}, indent=1), encoding="utf-8")
    return str(path)


@pytest.mark.parametrize("kind", KINDS)
def test_files_obey_their_schema(kind):
    jsonschema = pytest.importorskip("jsonschema")
    schema = json.loads((resources.RESOURCE_DIR / kind / "schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    for name in resources.builtin_names(kind):
        jsonschema.validate(resources.load_json_resource(kind, name)[0], schema)


@pytest.mark.parametrize("name", ["3dsystems-ortho", "exoplan-import", "walter-reed-3d-mac", "partsnap-veterinary"])
def test_built_in_protocols_load(name):
    protocol = load_protocol(name)
    assert protocol.name == name in builtin_names("protocols")
    assert len({rule.id for rule in protocol.rules}) == len(protocol.rules)
    assert all(rule.source for rule in protocol.rules)
    assert protocol.unverified_source == (name not in ("3dsystems-ortho", "exoplan-import"))


def test_every_fact_is_used_and_has_words():
    used = {rule.fact for name in builtin_names("protocols") for rule in load_protocol(name).rules}
    assert set(FACTS) <= used
    assert {fact.partition(":")[0] for fact in used} <= set(TEXTS) | {"attribute"}
    assert all(
        question.rule in QUESTIONS for name in builtin_names("protocols") for question in load_protocol(name).questions
    )
    assert not is_known_fact("made-up")


def test_no_limit_stands_in_two_protocols_under_one_rule_with_another_fact():
    facts = {}
    for name in builtin_names("protocols"):
        for rule in load_protocol(name).rules:
            facts.setdefault((name, rule.id), set()).add(rule.fact)
    assert all(len(found) == 1 for found in facts.values())


def test_own_protocol_judges(tmp_path):
    protocol = load_protocol(_own(tmp_path))
    study = read_study(write_files(series(), tmp_path / "scan"))
    accepted = evaluate_study(study, [protocol], pixels=False)
    result = accepted.series[0].protocols["our-hospital"]
    failed = [finding for finding in result.findings if finding.verdict.value == "reject"]
    assert [(finding.rule, finding.clause, finding.measured, finding.limit) for finding in failed] == [
        ("thin", "7.1", 1.0, 0.8)
    ]
    assert [question.text for question in accepted.series[0].questions] == ["Did you ask the radiographer?"]


@pytest.mark.parametrize(
    "change, told",
    [
        ({"rules": []}, "rules"),
        ({"rules": [{**OWN["rules"][0], "fact": "slice_thicknes"}]}, "slice_thicknes"),
        ({"rules": [{**OWN["rules"][0], "operator": "=<"}]}, "=<"),
        ({"rules": [{**OWN["rules"][0], "limit": "2.5"}]}, "limit"),
        ({"rules": [{**OWN["rules"][0], "severity": "fatal"}]}, "severity"),
        ({"rules": [{**OWN["rules"][0], "colour": "red"}]}, "colour"),
        ({"rules": [{**OWN["rules"][0], "remedy": ["Z"]}]}, "remedy"),
        ({"rules": [{**OWN["rules"][0], "tolerance": -1}]}, "tolerance"),
        ({"rules": [{**OWN["rules"][0], "missing": "maybe"}]}, "missing"),
        ({"rules": [OWN["rules"][0], OWN["rules"][0]]}, "twice"),
        ({"rules": [{**OWN["rules"][0], "operator": "table", "limit": {"a": "fatal"}}]}, "limit"),
        ({"rules": [{**OWN["rules"][0], "operator": "between", "limit": [1]}]}, "limit"),
        ({"source": {}}, "document"),
        ({"title": ""}, "title"),
        ({"include": "integrity"}, "include"),
        ({"questions": [{"rule": "x", "if_no": "stop"}]}, "if_no"),
    ],
)
def test_bad_protocol_is_refused_with_its_line(change, told, tmp_path):
    with pytest.raises(UsageError, match=r"line [0-9]+") as error:
        load_protocol(_own(tmp_path, **change))
    assert told in str(error.value) and str(tmp_path) not in str(error.value)


def test_line_of_a_bad_rule_is_right(tmp_path):
    path = _own(tmp_path, rules=[OWN["rules"][0], {**OWN["rules"][0], "id": "second", "fact": "no_such_fact"}])
    with open(path, encoding="utf-8") as handle:
        line = next(number for number, text in enumerate(handle, 1) if "no_such_fact" in text)
    with pytest.raises(UsageError, match=rf"line {line}:"):
        load_protocol(path)


@pytest.mark.parametrize("text", ["{", "[]", '{"name": 1}', ""])
def test_broken_json_is_refused(text, tmp_path):
    path = tmp_path / "own.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match=r"own\.json"):
        load_protocol(str(path))


@pytest.mark.parametrize(
    "vendor, kernel, family",
    [
        ("GE MEDICAL SYSTEMS", "standard", "listed"),
        ("Siemens Healthineers", "Br49d", "smooth"),
        ("SIEMENS", "Br51d", "sharp"),
        ("SIEMENS", "U90u", "sharp"),
        ("Canon Medical Systems", "FC20", "listed"),
        ("TOSHIBA", "FC29", "smooth"),
        ("TOSHIBA", "FC30", "sharp"),
        ("Philips", "YB", "sharp"),
        ("Philips", "UB", "smooth"),
        ("Siemens", "STANDARD", "unknown"),
        ("Acme", "H30s", "unknown"),
    ],
)
def test_kernel_table(vendor, kernel, family):
    assert classify_kernel(kernel, vendor, load_protocol("3dsystems-ortho").kernels) == family


@pytest.mark.parametrize(
    "protocol, kernel, told, asked",
    [
        ("3dsystems-ortho", "BONE", "kernel (0018,1210) BONE is sharp; a standard one is needed", "GE STANDARD"),
        (
            "partsnap-veterinary",
            "STANDARD",
            "kernel (0018,1210) STANDARD is standard; a sharp one is needed",
            "a sharp (bone) kernel",
        ),
    ],
)
def test_the_kernel_s_sentence_asks_for_what_the_protocol_wants(protocol, kernel, told, asked, tmp_path):
    study = read_study(
        write_files(put(series(), ConvolutionKernel=kernel, Manufacturer="GE MEDICAL SYSTEMS"), tmp_path)
    )
    (judged,) = evaluate_study(study, [load_protocol(protocol)], pixels=False).series
    (finding,) = (one for one in judged.protocols[protocol].findings if one.rule == "kernel")
    assert told in finding.message and asked in finding.remedy


@pytest.mark.parametrize("count, told", [(1, "One slice has no position"), (2, "2 slices have no position")])
def test_a_count_of_one_is_told_in_the_singular(count, told):
    rule = load_protocol("exoplan-import").rule("image-position")
    fact = Fact(rule.fact, count, "image 7")
    assert told in finding_message(rule, fact, Outcome.FAIL)


def test_uses_hold_the_field_s_figures():
    assert set(builtin_names("uses")) == {
        "general",
        "teaching",
        "patient-education",
        "surgical-planning",
        "fracture",
        "dental",
        "veterinary",
        "legal",
        "implant",
        "research",
    }
    budgets = {name: load_use_case(name).max_deviation_mm for name in builtin_names("uses")}
    assert budgets["general"] == 0.5 and budgets["dental"] == 0.25 and budgets["research"] is None
    assert {name for name in builtin_names("uses") if load_use_case(name).protocol == "exoplan-import"} == {
        "dental",
        "implant",
    }


def test_kernel_of_unknown_pattern_is_not_printed(tmp_path):
    study = read_study(write_files(put(series(), ConvolutionKernel="MUSTER^HANS"), tmp_path))
    said = json.dumps(evaluate_study(study, [load_protocol("3dsystems-ortho")], pixels=False).as_json())
    assert "MUSTER" not in said
