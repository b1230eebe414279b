"""Tables that people filled in: CSV as any program saves it, row by row with its line."""

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import InputError
from ..messages import _


@dataclass(frozen=True)
class CsvRow:
    """One row that is not empty: its line in the file, its cells by head, and whether there are more cells than heads."""

    line: int
    cells: Mapping[str, str]
    is_too_long: bool


@dataclass(frozen=True)
class CsvTable:
    """The heads of a table, in small letters and without blanks around them, and its rows, read as they are asked for."""

    heads: tuple[str, ...]
    rows: Iterator[CsvRow]


def read_csv_file(path: Path) -> CsvTable:
    """As `read_csv`, of a file in UTF-8. Raises `InputError` where it cannot be read."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            _("'{path}' cannot be read ({kind}): save it as CSV in UTF-8.", path=path.name, kind=type(error).__name__)
        ) from None
    return read_csv(text, path.name)


def read_csv(text: str, file: str) -> CsvTable:
    """A table with a line of heads; commas or semicolons part its columns, as that line has them.

    `file` is what an error names. Raises `InputError` with the line, also while the rows are read, for what is no table.
    """
    separator = ";" if ";" in text.partition("\n")[0] else ","
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    lines = _lines(reader, file)
    heads = tuple(head.strip().lower() for head in next(lines, (0, []))[1])
    return CsvTable(heads, _rows(lines, heads))


def _lines(reader: Any, file: str) -> Iterator[tuple[int, list[str]]]:
    try:
        for cells in reader:
            yield reader.line_num, cells
    except csv.Error as error:
        raise InputError(
            _(
                "{file}, line {line_num}: no table ({error}); save it as CSV again.",
                file=file,
                line_num=reader.line_num,
                error=error,
            )
        ) from None


def _rows(lines: Iterator[tuple[int, list[str]]], heads: tuple[str, ...]) -> Iterator[CsvRow]:
    for line, cells in lines:
        if any(cell.strip() for cell in cells):
            filled = (*(cell.strip() for cell in cells), *("" for _head in heads[len(cells) :]))
            yield CsvRow(line, dict(zip(heads, filled)), len(cells) > len(heads))
