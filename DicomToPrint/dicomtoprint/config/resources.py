"""Where the data files of the engine stand."""

import json
from pathlib import Path
from typing import Any

from ..errors import UsageError
from ..messages import _

RESOURCE_DIR = Path(__file__).resolve().parent.parent / "data"


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
    return content, text
