"""Processes, printers and rules are data: complete, consistent, and a user's own are welcome."""

import json

import pytest

from dicomtoprint.config.resources import RESOURCE_DIR, builtin_names
from dicomtoprint.errors import UsageError
from dicomtoprint.printability import load_printer, load_process, messages
from dicomtoprint.printability.process import LATER_THRESHOLDS
from dicomtoprint.printability.rules import load_rules


def test_the_built_in_names():
    assert set(builtin_names("processes")) == {"fdm", "sla", "sls", "mjf", "material-jetting", "binder-jetting", "dmls"}


@pytest.mark.parametrize("name", builtin_names("processes"))
def test_a_process_is_consistent(name):
    process = load_process(name)
    assert process.printer in builtin_names("printers")
    for limit in process.limits.values():
        assert limit.value is None or not limit.source or limit.source in process.sources
        assert limit.low is None or limit.low <= limit.value <= limit.high
        assert limit.value is not None or limit.note


@pytest.mark.parametrize(
    "process, size, wall",
    [("sla", 150, 1.0), ("sla", 250, 2.0), ("sla", 500, 3.0), ("fdm", 500, 1.2), ("dmls", 100, None)],
)
def test_the_recommended_wall_grows_with_size(process, size, wall):
    assert load_process(process).wall_recommended(size) == wall


@pytest.mark.parametrize(
    "text, room", [("200x150x100", (200, 150, 100)), ("145.5X145x175", (145.5, 145, 175)), ("fdm-256", (256, 256, 256))]
)
def test_printers_by_name_and_by_size(text, room):
    assert load_printer(text).usable_mm == room


@pytest.mark.parametrize("text", ["200x150", "0x10x10", "1e9x2x2", "lathe", "10x10x99999", "1.2.3x4x5"])
def test_nonsense_printers_are_usage_errors(text):
    with pytest.raises(UsageError):
        load_printer(text)


def own(tmp_path, change):
    content = json.loads((RESOURCE_DIR / "processes" / "fdm.json").read_text(encoding="utf-8"))
    change(content)
    path = tmp_path / "own.json"
    path.write_text(json.dumps(content, indent=1), encoding="utf-8")
    return str(path)


def test_a_hospitals_own_process(tmp_path):
    assert (
        load_process(own(tmp_path, lambda c: c["limits"]["wall_supported_mm"].update(value=1.5))).limit(
            "wall_supported_mm"
        )
        == 1.5
    )


@pytest.mark.parametrize(
    "change, word",
    [
        (lambda c: c.pop("limits"), "limits"),
        (lambda c: c["limits"]["hole_mm"].update(value=-1), "more than 0"),
        (lambda c: c["limits"]["hole_mm"].update(value="wide"), "own.json"),
        (lambda c: c.update(trapped="air"), "air"),
        (lambda c: c["judgement"].pop("edge_walls"), "edge_walls"),
        (lambda c: c.update(limits=[1, 2]), "own.json"),
    ],
)
def test_a_mistake_in_it_is_one_sentence(tmp_path, change, word):
    with pytest.raises(UsageError, match=word) as caught:
        load_process(own(tmp_path, change))
    assert "\n" not in str(caught.value) and str(tmp_path) not in str(caught.value)


@pytest.mark.parametrize(
    "content", ["[" * 100_000, '{"a": ' * 5000, "[]", "{", "\x00", '{"limits": ' + "1" * 1_200_000 + "}"]
)
def test_hostile_json_is_one_sentence(tmp_path, content):
    (tmp_path / "own.json").write_text(content, encoding="utf-8")
    for load in (load_process, load_printer):
        with pytest.raises(UsageError, match=r"own\.json"):
            load(str(tmp_path / "own.json"))


def test_every_rule_has_its_sentences():
    for rule in load_rules(load_process("sla"), 200.0):
        assert rule.id in messages.PASS_TEXTS
        assert rule.operator == "shown" or rule.id in messages.FAIL_TEXTS
        assert all(word in messages.REMEDY for word in rule.remedy)
    for text in (*messages.FAIL_TEXTS.values(), *messages.PASS_TEXTS.values()):
        assert "will fail" not in text


def test_a_file_of_ones_own_from_before_the_later_thresholds_still_loads(tmp_path):
    """It has those of the built-in process."""
    content = json.loads((RESOURCE_DIR / "processes" / "mjf.json").read_text(encoding="utf-8"))
    for name in LATER_THRESHOLDS:
        del content["judgement"][name]
    (tmp_path / "own.json").write_text(json.dumps(content), encoding="utf-8")
    own = load_process(str(tmp_path / "own.json"))
    assert own.judgement == load_process("fdm").judgement and own.judgement["speck_mm"] > 0
    assert own.low_limit("escape_hole_mm") == 2.0 and own.low_limit("pin_mm") == 0.4
