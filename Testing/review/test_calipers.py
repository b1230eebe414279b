"""Distances taken by hand, and the budget of a part that was measured."""

import pytest

from dicomtoprint.accuracy import measured_budget
from dicomtoprint.errors import InputError, UsageError
from dicomtoprint.review import match_readings, parse_reading, read_caliper_table

ASKED = (
    {"number": 1, "description": "most right point to most left point", "expected_mm": 54.15, "tolerance_mm": 0.3},
    {"number": 2, "description": "lowest point to highest point", "expected_mm": 93.86, "tolerance_mm": None},
)


@pytest.mark.parametrize("measured, expected", [(54.45, "pass"), (54.46, "fail"), (53.84, "fail")])
def test_a_reading_is_held_against_its_tolerance(measured, expected):
    first, second = match_readings(ASKED, [parse_reading(f"1={measured}", "technician", "caliper 7")])
    assert first.outcome == expected
    assert first.difference_mm == pytest.approx(measured - 54.15)
    assert (first.person, first.instrument) == ("technician", "caliper 7")
    assert second.outcome == "not measured"


def test_a_table_in_either_form_is_read():
    comma = "name,measured_mm,person\n1,54.2,KL\n2,,\n"
    semicolon = "number;measured_mm;instrument\n1;54,2;gauge\nLowest point to highest point;93,9;\n"
    assert [reading.measured_mm for reading in read_caliper_table(comma, "a.csv", instrument="gauge")] == [54.2]
    results = match_readings(ASKED, read_caliper_table(semicolon, "b.csv", person="KL"))
    assert [result.measured_mm for result in results] == [54.2, 93.9]
    assert results[1].outcome == "info"


@pytest.mark.parametrize(
    "text, words",
    [("length,mm\n1,2\n", "columns 'name'"), ("name,measured_mm\n1,long\n", "line 2"), ("", "columns 'name'")],
)
def test_a_table_that_is_none_is_refused_with_its_line(text, words):
    with pytest.raises(InputError, match=words):
        read_caliper_table(text, "c.csv")


@pytest.mark.parametrize("text", ["54.2", "1=", "1=-3", "1=nan", "1=inf"])
def test_what_is_no_reading_is_refused(text):
    with pytest.raises(UsageError, match="NAME=MM"):
        parse_reading(text)


@pytest.mark.parametrize("texts, words", [(["9=3"], "no distance '9'"), (["1=54", "1=55"], "given twice")])
def test_readings_of_nothing_and_twice_of_one_are_refused(texts, words):
    with pytest.raises(UsageError, match=words):
        match_readings(ASKED, [parse_reading(text) for text in texts])


def test_the_budget_says_measured_and_adds_up():
    recorded = {
        "items": [{"name": "scan", "bound_mm": 0.3, "basis": "voxels"}, {"name": "b", "bound_mm": 0.4, "basis": ""}],
        "accuracy": {},
    }
    budget = measured_budget(recorded, 1.2, "scan of this part")
    assert budget.total_mm == pytest.approx(1.3)
    assert budget.sentence.startswith("Measured: 95 %") and "1.3 mm" in budget.sentence
    assert budget.items[-1].bound_mm == 1.2
    together = measured_budget({**recorded, "accuracy": {"p95_mm": 0.5}}, 1.2, "")
    assert together.total_mm == pytest.approx(1.3)
    alone = measured_budget({}, 0.2, "")
    assert alone.total_mm is None and "not known" in alone.sentence
