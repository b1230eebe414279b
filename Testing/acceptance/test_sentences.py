"""Every sentence is one, names what it speaks of, and stands in the table for review."""

import datetime
import re
import shutil
from pathlib import Path

import pytest

from dicomtoprint.acceptance import causes, evaluate_study, load_protocol
from dicomtoprint.acceptance.messages import TEXTS, finding_message
from dicomtoprint.acceptance.sentences import SENTENCES
from dicomtoprint.config.resources import builtin_names
from dicomtoprint.dicom import read_study
from dicomtoprint.rules import MISSING, Fact, Outcome, compare
from dicomtoprint.text import pluralize
from Phantoms.case import PROTOCOLS
from Phantoms.catalogue import catalogue
from Phantoms.files import write_files
from Phantoms.series import put, series
from tools.sentence_table import ALWAYS_BY_KIND, rows, sentence_table

SURGERY = datetime.date(2026, 5, 4)
TABLE = Path(__file__).resolve().parents[2] / "docs" / "sentences.md"
# What nobody at a scanner understood.
BANNED = (
    "one a slice",
    "Instance identifiers:",
    "third value of the image type",
    "could not be established",
    "zero slope",
    "that can be imported",
    "unpaired",
    "Study identifiers in the series",
    "functional groups of the frames",
)


def test_the_table_is_current():
    """After a change: python -c "from tools.sentence_table import *; print(sentence_table(), end='')"."""
    assert TABLE.read_text(encoding="utf-8") == sentence_table()


@pytest.mark.parametrize("fact, kind, sentence", [row[:3] for row in rows()], ids=lambda value: str(value)[:24])
def test_a_sentence_is_one(fact, kind, sentence):
    assert sentence[-1] in ".?" and (sentence[0].isupper() or sentence[0] == "{")
    assert not any(word in sentence for word in BANNED)
    if "Frame of Reference" in sentence or "Image Type" in sentence:
        assert re.search(r"\([0-9A-F]{4},[0-9A-F]{4}\)", sentence)


def _rules():
    return [rule for name in builtin_names("protocols") for rule in load_protocol(name).rules]


def _just_beyond(rule):
    """A value that breaks a rule's limit by less than one part in a thousand; None where it has no such limit."""
    limit = rule.limit[1] if rule.operator == "between" else rule.limit
    if not isinstance(limit, (int, float)) or isinstance(limit, bool) or limit in (0, -1):
        return None
    steps = {"<=": 0.0004, "between": 0.0004, ">=": -0.0004}
    return limit + abs(limit) * steps[rule.operator] if rule.operator in steps else None


@pytest.mark.parametrize(
    "rule", [rule for rule in _rules() if isinstance(_just_beyond(rule), float)], ids=lambda rule: rule.id
)
def test_a_value_beyond_its_limit_never_reads_like_the_limit(rule):
    template = TEXTS.get(rule.fact)
    if template is None or "{value" not in template.fail:
        pytest.skip("its sentence names what the value is made from")
    value = _just_beyond(rule)
    parameters = {"stated": 300.0, "found": 303.0, "tissue": 40, "air": -1000, "cause": "uneven"}
    said = finding_message(rule, Fact(rule.fact, value, "image 3", parameters=parameters), Outcome.FAIL)
    shown = [
        float(text.rstrip("%")) / (100 if text.endswith("%") else 1)
        for text in re.findall(r"-?[0-9]+(?:[.][0-9]+)?%?", said)
    ]
    limit = rule.limit[1] if rule.operator == "between" else rule.limit
    assert any(
        (number - limit) * (value - limit) > 0 and abs(number - value) < 0.01 * abs(limit) for number in shown
    ), said


@pytest.mark.parametrize("rule", _rules(), ids=lambda rule: rule.id)
def test_what_a_header_lacks_is_said_once_and_by_its_name(rule):
    if rule.fact.startswith("rules:") or rule.fact in ("pixels_judged", "instance_uids", "study_uid", "series_uid"):
        pytest.skip("a fact that is never missing: it says itself what is")
    fact = Fact(rule.fact, MISSING, "image 1", "Rows (0028,0010)")
    outcome = compare(rule, fact)[0]
    said = finding_message(rule, fact, outcome)
    assert "?" not in said.rstrip("?") and "{" not in said, said
    names = re.findall(r"[A-Z][A-Za-z]+ (?:[A-Z][A-Za-z]+ )?[(][0-9A-F]{4},[0-9A-F]{4}[)]", said)
    assert len(names) == len(set(names)), said
    if outcome is Outcome.ASK and "not judged" not in said:
        assert said.endswith("?") or "lacks" in said, said


def test_counts_are_in_singular_and_plural(tmp_path):
    from dicomtoprint.acceptance.facts import FactContext, evaluate_fact

    for count in (1, 3):
        files = series(count=6)
        put(files, range(count), ImageType=r"ORIGINAL\\PRIMARY\\LOCALIZER")
        folder = write_files(files, tmp_path / str(count))
        first = sorted(folder.iterdir())[5]
        for at in range(count):
            shutil.copy(first, folder / f"copy{at}.dcm")
        study = read_study(folder)
        (one,) = study.series
        for fact in ("localizers", "instance_uids"):
            where = evaluate_fact(fact, one, FactContext(study, SURGERY, None)).where
            assert where == pluralize(count, "image" if fact == "localizers" else "file")


def test_what_always_has_a_kind_has_sentences():
    assert set(SENTENCES) >= ALWAYS_BY_KIND - {"pixels_judged"}


@pytest.mark.parametrize("part", range(4))
def test_no_finding_falls_back_on_a_sentence_that_is_not_reviewed(part, tmp_path):
    protocols = [load_protocol(name) for name in PROTOCOLS]
    for case in [case for case in catalogue() if not case.pixels][part::10]:
        case.write(tmp_path / case.id)
        accepted = evaluate_study(read_study(tmp_path / case.id), protocols, surgery_date=case.surgery, pixels=False)
        for one in accepted.series:
            for result in one.protocols.values():
                for finding in filter(causes.complains, result.findings):
                    assert not any(word in finding.message for word in BANNED), (case.id, finding.message)
                    assert "?" not in finding.message.rstrip("?"), finding.message  # a field that was not filled in
