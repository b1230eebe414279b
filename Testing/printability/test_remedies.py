"""Remedies name commands that exist, with values that the command line takes."""

import json
import re

import pytest

from dicomtoprint.cli.parser import build_parser
from dicomtoprint.config import resources
from dicomtoprint.printability import load_printer, load_process
from dicomtoprint.printability.messages import (
    FAIL_TEXTS,
    FAIL_TEXTS_SINGULAR,
    PASS_TEXTS,
    REMEDY,
    finding_message,
    remedy_text,
)
from dicomtoprint.printability.rules import load_rules
from dicomtoprint.rules import Fact, Outcome

RULES = json.loads((resources.RESOURCE_DIR / "readiness" / "rules.json").read_text(encoding="utf-8"))["rules"]
FILLED = {
    "size": "1 x 2 x 3",
    "room": "4 x 5 x 6",
    "rotation": "90 degrees about x",
    "angle": 45.0,
    "support": 1.0,
    "volumes": "1.0",
    "smallest": 1.0,
    "cavities": 1,
    "total": 1.0,
    "text": "R",
    "names": "canal",
    "largest": 1.0,
    "unit": "mm",
    "layer": 0.1,
    "voxel": "0.5 x 0.5 x 1.0",
    "intended": "base",
    "speck": 2.0,
    "pairs": "'a' and 'b', 1.0 mm3",
    "objects": "'a' (support)",
    "kinds": "beam lattice",
    "printed": "1 x 2 x 3",
    "behind": 100.0,
    "opening": 10.0,
    "begins": "UTF-16",
    "volume": 8.0,
    "voxel_mm": 1.5,
}
PLACEHOLDERS = {
    "MM": "1",
    "TEXT": "R",
    "WxDxH": "256x256x256",
    "OUT": "out.stl",
    "UNIT": "mm",
    "R": "1,2,3",
    "DIR": "out",
    "NAME": "bone",
    "FILE": "labels.nii",
}
# The command that knows an option: preparation belongs to `run`, the rest to `inspect` too.
COMMANDS = (["inspect", "a.stl"], ["run", "scan", "--output", "out"])
# The command that a remedy speaks to, and the others that it may name with their options.
SPEAKS_TO = {
    "scan": ["run", "scan", "--output", "out"],
    "mesh": ["prepare", "a.stl", "--output", "out"],
    "file": ["inspect", "a.stl"],
}
NAMED = {"prepare": SPEAKS_TO["mesh"], "inspect": SPEAKS_TO["file"], "run": SPEAKS_TO["scan"]}


def remedies():
    for process in map(load_process, resources.builtin_names("processes")):
        for rule in load_rules(process, 300.0):
            if rule.remedy and rule.limit is not None:
                yield process, rule, remedy_text(rule, Fact(rule.fact, 0.5, parameters=FILLED), process)


def clauses(text):
    """A remedy in pieces: each with the options of one command, which it names first, or none, where its own reader's is meant."""
    return re.split(r"[:,;(]|\. |\bor\b|\bputs\b", text)


def calls(text):
    """(option, value or None) of every option that a remedy names."""
    for option, value in re.findall(r"(--[a-z-]+)(?:[ =]([^\s,;)]+))?", text):
        known = PLACEHOLDERS.get(value, value)
        yield option, known if value in PLACEHOLDERS or re.fullmatch(r"[\d.]+|[a-z0-9-]*[a-z0-9]", known) else None


def taken(option, value, commands=COMMANDS):
    for command in commands:
        for tail in ([option, value] if value else [option], [option]):
            try:
                build_parser().parse_args([*command, *tail])
            except Exception:
                continue
            return True
    return False


def test_every_option_that_a_remedy_names_exists():
    named = {call for _, _, text in remedies() for call in calls(text)}
    assert len({option for option, _ in named}) >= 8
    assert [call for call in sorted(named, key=str) if not taken(*call)] == []


@pytest.mark.parametrize("source", SPEAKS_TO)
def test_a_remedy_names_options_of_the_command_that_made_or_inspected_the_file(source):
    """A file that is only inspected is sent to `prepare`; a prepared mesh is never told to choose something in a scan."""
    wrong, named = [], 0
    for process in map(load_process, resources.builtin_names("processes")):
        for rule in load_rules(process, 300.0):
            # Nothing of a scan is known of a mesh, and no text of a file that is only inspected.
            if not rule.remedy or rule.limit is None or rule.clause in ("scan", "text"):
                continue
            for value in (0.5, "too large", "turned") if rule.id == "fit" else (0.5,):
                text = remedy_text(rule, Fact(rule.fact, value, parameters=FILLED), process, source=source)
                for clause in clauses(text):
                    command = next(
                        (NAMED[word] for word in NAMED if re.search(rf"\b{word} [A-Z]+ ", clause)), SPEAKS_TO[source]
                    )
                    wrong += [(text, call) for call in calls(clause) if not taken(*call, commands=(command,))]
                    named += len(list(calls(clause)))
    assert wrong == [] and named > 100


def test_every_remedy_names_an_option():
    assert [(rule.id, text) for _, rule, text in remedies() if not list(calls(text))] == []


def test_the_check_would_see_a_wrong_name():
    assert not taken("--thickn-walls", "1")
    assert taken("--thicken", "1") and not taken("--escape-holes", "9")


def test_options_for_preparation_have_the_processs_own_figures():
    for process, rule, text in remedies():
        if rule.id == "wall":
            assert ("--thicken", f"{process.limit('wall_supported_mm'):g}") in list(calls(text))


@pytest.mark.parametrize("entry", RULES, ids=lambda entry: entry["id"])
def test_every_rule_has_its_sentences(entry):
    rule = next(rule for rule in load_rules(load_process("sla"), 300.0) if rule.id == entry["id"])
    assert entry["id"] in PASS_TEXTS
    assert entry["operator"] == "shown" or entry["id"] in FAIL_TEXTS
    assert not entry["remedy"] or entry["remedy"] in REMEDY
    process, printer = load_process("sla"), load_printer("sla-145")
    for outcome in (Outcome.PASS, *([Outcome.FAIL] if entry["operator"] != "shown" else [])):
        fact = Fact(rule.fact, "mirrored" if entry["operator"] == "table" else 1.5, parameters=FILLED)
        if entry["operator"] == "==" and not isinstance(entry["limit"], bool):
            fact = Fact(rule.fact, 2, parameters=FILLED)
        if entry["id"] in ("triangles", "added", "lost"):
            fact = Fact(rule.fact, 3_000_000, parameters=FILLED)
        assert "{" not in finding_message(rule, fact, outcome, process, printer)


def test_a_count_of_one_is_told_in_the_singular():
    process = load_process("fdm")
    told = {
        (rule.id, count): finding_message(
            rule, Fact(rule.fact, count, parameters=FILLED), Outcome.FAIL, process, load_printer("fdm-256")
        )
        for rule in load_rules(process, 300.0)
        for count in (1, 2)
        if rule.id in FAIL_TEXTS_SINGULAR
    }
    assert {rule for rule, _ in told} == set(FAIL_TEXTS_SINGULAR)
    assert told["closed", 1].startswith("The surface is open: one edge has") and "2 edges have" in told["closed", 2]
    assert [rule for (rule, count), text in told.items() if count == 1 and "one " not in text.lower()] == []


def test_a_model_turned_for_printing_is_not_told_to_be_turned():
    told = [
        remedy_text(rule, Fact(rule.fact, 0.5, parameters=FILLED), load_process("fdm"), is_turned=True)
        for rule in load_rules(load_process("fdm"), 300.0)
        if rule.id in ("overhang", "bridge", "pose")
    ]
    assert len(told) == 3
    assert all("--orient" not in text and "turned for the least support already" in text for text in told)


def test_only_what_fits_turned_is_told_to_be_turned_as_said():
    process = load_process("fdm")
    (fit,) = (rule for rule in load_rules(process, 300.0) if rule.id == "fit")
    assert "as said" in remedy_text(fit, Fact("fit", "turned", parameters=FILLED), process)
    assert remedy_text(fit, Fact("fit", "too large", parameters=FILLED), process).startswith("Split it (--split auto)")


@pytest.mark.parametrize("source", ["scan", "mesh"])
def test_what_was_turned_for_the_least_support_is_not_to_be_turned_again(source):
    process = load_process("sla")
    rules = [rule for rule in load_rules(process, 300.0) if rule.id in ("overhang", "islands", "pose", "suction")]
    assert len(rules) == 4
    for rule in rules:
        fact = Fact(rule.fact, 0.5, parameters=FILLED)
        assert "--orient" in remedy_text(rule, fact, process, source=source)
        assert "--orient" not in remedy_text(rule, fact, process, is_turned=True, source=source), rule.id
