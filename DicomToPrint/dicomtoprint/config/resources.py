"""The one door of all data files: built-in ones by name, a user's own by path, which its schema judges."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import UsageError
from ..messages import Message, _

_MOST_BYTES = 1_000_000  # such a file is a page of JSON; a giant one is a mistake
RESOURCE_DIR = Path(__file__).resolve().parent.parent / "data"


# Fields of data files that people read, by kind; with / only at the top of the file, with > only below it. Their texts are
# messages of the catalogue, for which `tools/catalogue.py` reads them by these names.
TRANSLATED_FIELDS: Mapping[str, frozenset[str]] = {
    "anatomy": frozenset({"/title", "/help", ">name"}),
    "checklists": frozenset({"/title", "text", "rejected", "remedy"}),
    "backends": frozenset({"/help", ">title", "telemetry", "text", "faults"}),
    "coupon": frozenset({"/title"}),
    "label_names": frozenset({"/help"}),
    "plans": frozenset(
        {
            *("/title", "handling", "supports", "colour", "post_processing", "display", "sterilisable", "finish"),
            *("durability", "materials"),
        }
    ),
    "printers": frozenset({"/title"}),
    "processes": frozenset({"/title"}),
    "protocols": frozenset({"/title", "note", "text", "remember"}),
    "rule_sets": frozenset({"/title", "note"}),
    "sizes": frozenset({"title"}),
    "uses": frozenset({"/title", "/help", "shape", "documentation"}),
}


def as_messages(content: Any, kind: str) -> Any:
    """The content of a data file of a kind with the texts that people read as messages."""
    names = TRANSLATED_FIELDS.get(kind, frozenset())
    top = frozenset(name.lstrip("/") for name in names if not name.startswith(">"))
    below = frozenset(name.lstrip(">") for name in names if not name.startswith("/"))
    return _as_messages(content, top, below, False)


def _as_messages(node: Any, here: frozenset[str], below: frozenset[str], is_read: bool) -> Any:
    if isinstance(node, dict):
        return {name: _as_messages(value, below, below, is_read or name in here) for name, value in node.items()}
    if isinstance(node, list):
        return [_as_messages(value, here, below, is_read) for value in node]
    return Message(node) if is_read and isinstance(node, str) else node


def builtin_names(kind: str) -> tuple[str, ...]:
    """Names of the built-in files of a kind (a folder of ``data/``: ``protocols``, ``processes``, ``printers``, ``uses``, ``anatomy``)."""
    return tuple(sorted(path.stem for path in (RESOURCE_DIR / kind).glob("*.json") if path.stem != "schema"))


@dataclass(frozen=True)
class DataFile:
    """A data file of a kind: its name without the folder, its content with the texts that people read as messages, and its text."""

    kind: str
    name: str
    content: dict[str, Any]
    text: str

    def fault(self, path: Iterable[str | int], problem: str) -> UsageError:
        """What is wrong with the value at a path, as an error that names file and line; for what no schema can say."""
        from .json_places import read_with_places

        return _fault(self.kind, self.name, read_with_places(self.text).line(path), problem)


def load_data_file(kind: str, name_or_file: str) -> DataFile:
    """A built-in file of a kind by name, or a user's own by path, which must fit the schema of the kind.

    What is built in is held against its schema by the tests and read as it stands. Raises `UsageError` naming the file, the line, the field
    and the way out where there is no such file or it does not fit, `MissingDependencyError` without the package that checks it.
    """
    if name_or_file in builtin_names(kind):
        path = RESOURCE_DIR / kind / f"{name_or_file}.json"
        text = path.read_text(encoding="utf-8")
        return _data_file(kind, path.name, text, json.loads(text))
    path = _own_file(kind, name_or_file)
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(
            _(
                "{path} cannot be read ({kind}): check the file and its rights.",
                path=path.name,
                kind=type(error).__name__,
            )
        ) from None
    return _data_file(kind, path.name, text, _checked(kind, path.name, text))


def _data_file(kind: str, name: str, text: str, content: dict[str, Any]) -> DataFile:
    """Without the name of its schema, which editors read."""
    return DataFile(kind, name, as_messages({key: one for key, one in content.items() if key != "$schema"}, kind), text)


def load_json_resource(kind: str, name_or_file: str) -> tuple[dict[str, Any], str]:
    """Content and text of what `load_data_file` gives."""
    file = load_data_file(kind, name_or_file)
    return file.content, file.text


def _own_file(kind: str, given: str) -> Path:
    """The path of a user's file. Raises `UsageError` for what is none, or far too large."""
    path, names = Path(given), ", ".join(builtin_names(kind))
    if path.suffix.lower() != ".json":
        raise UsageError(
            _(
                "'{name_or_file}' is neither a built-in name ({known}) nor a .json file: choose one of them.",
                name_or_file=given,
                known=names,
            )
        )
    try:
        size = path.stat().st_size if path.is_file() else -1
    except (OSError, ValueError):  # a name too long for a file, or with a letter that none may have
        size = -1
    if size < 0:
        raise UsageError(
            _("{path} was not found: correct its path, or choose {known}.", path=path.name[:60], known=names)
        )
    if size > _MOST_BYTES:
        raise UsageError(
            _("{path} is larger than any such file needs to be (over 1 MB): choose the right file.", path=path.name)
        )
    return path


def _checked(kind: str, name: str, text: str) -> dict[str, Any]:
    """The content of a user's file that fits its schema. Raises `UsageError` for any other."""
    from .json_places import read_with_places
    from .schema_faults import field_name, find_fault

    try:
        placed = read_with_places(text)
        content = placed.content
        if not isinstance(content, dict):
            raise _fault(kind, name, 1, _("an object in { } was expected"))
        if placed.repeated:
            problem = _("'{field}' stands there twice", field=field_name(placed.repeated[0]))
            raise _fault(kind, name, placed.line(placed.repeated[0]), problem)
        schema = json.loads((RESOURCE_DIR / kind / "schema.json").read_text(encoding="utf-8"))
        fault = find_fault({key: one for key, one in content.items() if key != "$schema"}, schema, placed.line)
    except json.JSONDecodeError as error:
        problem = _(
            "from column {column} on this is no JSON (a comma, a quote or a bracket is missing or one too many)",
            column=error.colno,
        )
        raise _fault(kind, name, error.lineno, problem) from None
    except RecursionError:
        raise _fault(kind, name, 1, _("it is nested too deeply")) from None
    if fault is not None:
        raise _fault(kind, name, placed.line(fault[0]), fault[1])
    return content


def _fault(kind: str, name: str, line: int, problem: str) -> UsageError:
    return UsageError(
        _(
            "{file}, line {line}: {problem}: correct it there; what may stand in such a file is written in {schema}.",
            file=name,
            line=line,
            problem=problem,
            schema=f"data/{kind}/schema.json",
        )
    )
