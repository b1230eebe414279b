"""A table of cases: CSV with a row a case, its columns the options of `run` or `prepare`."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ..config.tables import read_csv_file
from ..errors import UsageError
from ..messages import _

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
                    raise UsageError(
                        _(
                            "Line {line} of the table: {option} takes yes or no, not '{text}'.",
                            line=self.line,
                            option=option,
                            text=text,
                        )
                    )
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
    table = read_csv_file(path)
    heads = [head.replace("_", "-").lstrip("-") for head in table.heads]
    if "input" not in heads or len(set(heads)) < len(heads):
        raise UsageError(
            _(
                "'{path}' needs a first line with the names of its columns, each once, one of them input.",
                path=path.name,
            )
        )
    seen: set[str] = set()
    for found in table.rows:
        row = _row(dict(zip(heads, found.cells.values())), found.is_too_long, found.line, path)
        if row.name and row.name in seen:
            raise UsageError(
                _(
                    "Line {line} of '{path}': the case '{row}' stands there twice.",
                    line=row.line,
                    path=path.name,
                    row=row.name,
                )
            )
        seen.add(row.name)
        yield row


def _row(cells: dict[str, str], too_long: bool, line: int, path: Path) -> TableRow:
    source, name = cells.pop("input", ""), cells.pop("case", "")
    command = cells.pop("command", "") or "run"
    if too_long or not source:
        raise UsageError(
            _(
                "Line {line} of '{path}' has {too_long}: correct it.",
                line=line,
                path=path.name,
                too_long=_("more cells than heads") if too_long else _("no input"),
            )
        )
    if name and not (name.replace("-", "").replace("_", "").isalnum() and name.isascii() and len(name) <= 60):
        raise UsageError(
            _("Line {line} of '{path}': a case is named with letters, digits, '-' and '_'.", line=line, path=path.name)
        )
    if command not in ("run", "prepare"):
        raise UsageError(
            _(
                "Line {line} of '{path}': the command is run or prepare, not '{command}'.",
                line=line,
                path=path.name,
                command=command,
            )
        )
    values = tuple((option, text) for option, text in cells.items() if text)
    return TableRow(line, path.parent / source, name, command, values)
