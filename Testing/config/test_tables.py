"""Tables as people save them: separators, empty lines, and what is none, with its line."""

import pytest

from dicomtoprint.config.tables import read_csv, read_csv_file
from dicomtoprint.errors import InputError


def test_rows_keep_their_lines_and_short_ones_are_filled_up():
    table = read_csv('Name ;Measured_MM;note\r\n\r\na;1,5;"two\nlines"\n ; ;\nb;2\nc;3;x;y\n', "t.csv")
    assert table.heads == ("name", "measured_mm", "note")
    rows = [(row.line, row.cells["name"], row.cells["measured_mm"], row.is_too_long) for row in table.rows]
    assert rows == [(4, "a", "1,5", False), (6, "b", "2", False), (7, "c", "3", True)]


def test_an_empty_text_is_a_table_without_heads():
    table = read_csv("", "t.csv")
    assert table.heads == () and list(table.rows) == []


def test_what_is_no_table_is_told_with_its_line():
    table = read_csv('name,measured_mm\na,1\n"b"x,2\n', "t.csv")
    with pytest.raises(InputError, match=r"^t\.csv, line 3: no table .*save it as CSV again\.$"):
        list(table.rows)


def test_another_encoding_is_told(tmp_path):
    (tmp_path / "t.csv").write_bytes("näme".encode("latin-1"))
    with pytest.raises(InputError, match=r"'t\.csv' cannot be read \(UnicodeDecodeError\)"):
        read_csv_file(tmp_path / "t.csv")
