"""Where the data files of the engine stand."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..errors import UsageError
from ..messages import Message, _

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


def load_json_resource(kind: str, name_or_file: str) -> tuple[dict[str, Any], str]:
    """Content and text of a built-in file by name, or of a user's file by path.

    Raises `UsageError` naming the file, the line and the way out where there is none or it is no JSON object.
    """
    path = RESOURCE_DIR / kind / f"{name_or_file}.json"
    if name_or_file not in builtin_names(kind):
        path = Path(name_or_file)
        if path.suffix.lower() != ".json" or not path.is_file():
            known = ", ".join(builtin_names(kind))
            raise UsageError(
                _(
                    "'{name_or_file}' is neither a built-in name ({known}) nor a .json file: choose one of them.",
                    name_or_file=name_or_file,
                    known=known,
                )
            )
    try:
        text = path.read_text(encoding="utf-8")
        content = json.loads(text)
    except json.JSONDecodeError as error:
        raise UsageError(
            _(
                "{path}, line {lineno}: {msg}; correct the file and try again.",
                path=path.name,
                lineno=error.lineno,
                msg=error.msg,
            )
        ) from None
    except (OSError, UnicodeDecodeError, RecursionError) as error:
        raise UsageError(
            _(
                "{path} cannot be read ({kind}): check the file and its rights.",
                path=path.name,
                kind=type(error).__name__,
            )
        ) from None
    if not isinstance(content, dict):
        raise UsageError(
            _("{path}, line 1: a JSON object was expected; see schema.json beside the built-in files.", path=path.name)
        )
    return as_messages(content, kind), text
