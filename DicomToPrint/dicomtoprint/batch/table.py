"""A table of cases: CSV with a row a case, its columns the options of `run` or `prepare`."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ..errors import InputError, UsageError

REPEAT = "|"  # between the values of an option that may be given several times
_TRUE, _FALSE = ("yes", "true", "1", "x"), ("", "no", "false", "0")


@dataclass(frozen=True)
class TableRow:
    """One case of a table. `values` are texts by the option's name, with hyphens and without the leading ones; `line` counts from 1."""

    line: int
    source: Path
    name: str
    command: str
    values: tuple[tuple[str, str], ...]

    def arguments(self, switches: frozenset[str], repeated: frozenset[str], folder: Path) -> list[str]:
        """The row as words of the command line.

        `switches` are options without a value, `repeated` those that may be given several times. A value that is a file beside the
        table is given by its path. Raises `UsageError` for a switch that is neither yes nor no.
        """
        words: list[str] = []
        for option, text in self.values:
            if option in switches:
                if text.lower() not in (*_TRUE, *_FALSE):
                    raise UsageError(f"Line {self.line} of the table: {option} takes yes or no, not '{text}'.")
                words += [f"--{option}"] if text.lower() in _TRUE else []
                continue
            for value in text.split(REPEAT) if option in repeated else [text]:
                value = value.strip()
                beside = folder / value
                words.append(f"--{option}={beside if beside.suffix and beside.is_file() else value}")
        return words


def read_table(path: Path) -> Iterator[TableRow]:
    """Rows of a table with a column ``input`` and, where wanted, ``case`` (a name for its folder), ``command`` and options.

    Commas or semicolons between the columns; paths are relative to the table. Raises `InputError` where it cannot be read,
    `UsageError` where a column or a name is wrong.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"'{path.name}' cannot be read ({type(error).__name__}): save it as CSV in UTF-8.") from None
    first = text.partition("\n")[0]
    reader = csv.reader(text.splitlines(), delimiter=";" if ";" in first and "," not in first else ",")
    heads = [head.strip().lower().replace("_", "-").lstrip("-") for head in next(reader, [])]
    if "input" not in heads or len(set(heads)) < len(heads):
        raise UsageError(
            f"'{path.name}' needs a first line with the names of its columns, each once, one of them input."
        )
    seen: set[str] = set()
    for cells in reader:
        if not any(cell.strip() for cell in cells):
            continue
        row = _row(dict(zip(heads, (cell.strip() for cell in cells))), len(cells) > len(heads), reader.line_num, path)
        if row.name and row.name in seen:
            raise UsageError(f"Line {row.line} of '{path.name}': the case '{row.name}' stands there twice.")
        seen.add(row.name)
        yield row


def _row(cells: dict[str, str], too_long: bool, line: int, path: Path) -> TableRow:
    source, name = cells.pop("input", ""), cells.pop("case", "")
    command = cells.pop("command", "") or "run"
    if too_long or not source:
        raise UsageError(
            f"Line {line} of '{path.name}' has {'more cells than heads' if too_long else 'no input'}: correct it."
        )
    if name and not (name.replace("-", "").replace("_", "").isalnum() and name.isascii() and len(name) <= 60):
        raise UsageError(f"Line {line} of '{path.name}': a case is named with letters, digits, '-' and '_'.")
    if command not in ("run", "prepare"):
        raise UsageError(f"Line {line} of '{path.name}': the command is run or prepare, not '{command}'.")
    values = tuple((option, text) for option, text in cells.items() if text)
    return TableRow(line, path.parent / source, name, command, values)
