"""Every sentence is one, names what it speaks of, and stands in the table for review."""

import re
from pathlib import Path

import pytest

from dicomtoprint.acceptance import causes, evaluate_study, load_protocol
from dicomtoprint.acceptance.sentences import SENTENCES
from dicomtoprint.dicom import read_study
from Phantoms.case import PROTOCOLS
from Phantoms.catalogue import catalogue
from tools.sentence_table import ALWAYS_BY_KIND, rows, sentence_table

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
