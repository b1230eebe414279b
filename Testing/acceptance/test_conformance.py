"""The conformance statement in Resources/ is what the code says today."""

from pathlib import Path

import pytest

from dicomtoprint.acceptance import load_protocol
from dicomtoprint.dicom.attributes import GROUP_KEYWORDS, HEADER_KEYWORDS
from Phantoms.case import PROTOCOLS
from Phantoms.exoplan_shown import DISPLAYED, UNUSED
from Phantoms.files import BIG_ENDIAN, EXPLICIT, IMPLICIT
from Phantoms.series import SOP_CLASS
from tools.conformance_statement import classic_keywords, conformance_statement, documented_facts, multi_frame_keywords

COMMITTED = Path(__file__).resolve().parents[2] / "Resources" / "DICOM-Conformance-Statement.md"


@pytest.fixture(scope="module")
def statement() -> str:
    return conformance_statement()


def test_committed_file_is_the_generated_one(statement):
    """After a change of a protocol or of the reader's tables write `conformance_statement()` to the file again:
    ``python -c "from tools.conformance_statement import *; print(conformance_statement(), end='')"``."""
    assert COMMITTED.read_text(encoding="utf-8") == statement


def test_every_attribute_that_is_read_stands_in_a_table(statement):
    read = {*HEADER_KEYWORDS, *(keyword for keywords in GROUP_KEYWORDS.values() for keyword in keywords)}
    shown = {
        *classic_keywords(),
        *multi_frame_keywords(),
        *(k for keywords in GROUP_KEYWORDS.values() for k in keywords),
    }
    assert read - shown == set()
    for keyword in (*DISPLAYED, *UNUSED):
        assert keyword in shown, keyword


def test_every_fact_of_the_protocols_is_described():
    used = {
        rule.fact
        for name in PROTOCOLS
        for rule in load_protocol(name).rules
        if not rule.fact.startswith(("attribute:", "rules:"))
    }
    assert used - documented_facts() == set()


def test_every_rule_stands_in_the_statement(statement):
    for name in PROTOCOLS:
        for rule in load_protocol(name).rules:
            assert f"`{rule.id}` ({rule.clause}, " in statement, f"{name} {rule.id}"


def test_objects_syntaxes_and_limits_are_those_of_the_protocol(statement):
    for text in (*SOP_CLASS.values(), IMPLICIT, EXPLICIT, BIG_ENDIAN, "ISO_IR 192", "0.001"):
        assert text in statement


def test_rows_have_five_columns(statement):
    """A bar in a limit or a name would break the table."""
    rows = [line for line in statement.splitlines() if line.startswith("| ") and "(" in line and line.count("|") != 6]
    assert [row for row in rows if "SQ" in row or "DS" in row] == []
