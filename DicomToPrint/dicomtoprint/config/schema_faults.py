"""What does not fit the schema of a data file, in words that people who write such a file understand."""

import difflib
import json
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ..errors import MissingDependencyError
from ..messages import _, join, plural, way
from .json_places import JsonPath

_KINDS: Mapping[str, str] = {
    "string": _("a text in quotes"),
    "number": _("a number"),
    "integer": _("a whole number"),
    "boolean": _("true or false"),
    "array": _("a list in [ ]"),
    "object": _("an object in { }"),
    "null": _("null"),
}
_FORMATS: Mapping[str, str] = {
    "date": _("a day such as 2026-03-31"),
    "regex": _("a regular expression"),
}
_MOST_LETTERS = 40  # of a value in a sentence


def find_fault(
    content: Mapping[str, Any], schema: Mapping[str, Any], line_of: Callable[[JsonPath], int]
) -> tuple[JsonPath, str] | None:
    """Path and words of the fault to mend first; None where `content` fits `schema` (JSON Schema 2020-12).

    First comes a file of another kind, then a name that the schema does not know (which another that seems missing may be meant
    by), then what stands highest in the file. Raises `MissingDependencyError` without the package jsonschema.
    """
    try:
        from jsonschema import Draft202012Validator
        from jsonschema.exceptions import best_match
    except ImportError:
        raise MissingDependencyError(_lacking()) from None
    validator = Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER)
    errors = [best_match([error]) for error in validator.iter_errors(content)]
    if not errors:
        return None
    first = min(errors, key=lambda error: _urgency(error, line_of))
    return _place(first), _words(first)


def field_name(path: Iterable[str | int]) -> str:
    """A path as people write it: ``rules[2].limit``, entries counted from 0."""
    name = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
    return name.removeprefix(".")


def _lacking() -> str:
    return way(
        _(
            "A file of your own is checked by the package jsonschema, which this Python lacks: install it with "
            "'python -m pip install jsonschema', or choose a built-in name."
        ),
        _(
            "A file of your own is checked by the package jsonschema, which is not installed: agree to the "
            "installation, or choose a built-in name."
        ),
    )


def _urgency(error: Any, line_of: Callable[[JsonPath], int]) -> tuple[bool, bool, int]:
    is_other_kind = error.validator == "const" and list(error.absolute_path) == ["schema"]
    return not is_other_kind, error.validator != "additionalProperties", line_of(_place(error))


def _place(error: Any) -> JsonPath:
    path = tuple(error.absolute_path)
    if error.validator == "additionalProperties":
        return (*path, _unknown(error)[0])
    return (*path, *_meant(error)[1:]) if error.validator == "required" else path


def _meant(error: Any) -> tuple[str, ...]:
    """The name that is missing, and a name that stands there and may be meant by it."""
    missing = next(name for name in error.validator_value if name not in error.instance)
    others = set(error.instance) - set(error.schema.get("properties", ())) - set(error.validator_value)
    return (missing, *difflib.get_close_matches(missing, sorted(others), 1))


def _unknown(error: Any) -> list[str]:
    """Names in an object that its schema does not know."""
    patterns = error.schema.get("patternProperties", {})
    return [
        name
        for name in error.instance
        if name not in error.schema.get("properties", {}) and not any(re.search(one, name) for one in patterns)
    ]


def _words(error: Any) -> str:
    field = field_name(error.absolute_path)
    given, wanted, kind = error.instance, error.validator_value, error.validator
    if kind == "required":
        return _missing(field, *_meant(error))
    if kind == "additionalProperties":
        return _unknown_name(field, error)
    named = field or _("the file")
    if kind == "type":
        kinds = [wanted] if isinstance(wanted, str) else wanted
        return _must(named, join(_(" or "), [_KINDS[one] for one in kinds]), given)
    if kind == "enum":
        return _must(named, _("one of {choices}", choices=join(", ", map(_shown, wanted))), given)
    if kind == "const":
        return _must(named, _shown(wanted), given)
    if kind == "format" and wanted in _FORMATS:
        return _must(named, _FORMATS[wanted], given)
    if kind == "pattern":
        return _must(named, _("written as the pattern {pattern} asks", pattern=wanted), given)
    return _count(kind, named, wanted, given)


def _count(kind: str, named: str, wanted: Any, given: Any) -> str:
    """Of numbers that are too small or too large, and of lists, texts and objects that are too short or too long."""
    bounds = {
        "minimum": lambda: _("{number} or more", number=_shown(wanted)),
        "maximum": lambda: _("{number} or less", number=_shown(wanted)),
        "exclusiveMinimum": lambda: _("more than {number}", number=_shown(wanted)),
        "exclusiveMaximum": lambda: _("less than {number}", number=_shown(wanted)),
    }
    if kind in bounds:
        return _must(named, bounds[kind](), given)
    if kind == "minLength" and wanted == 1:
        return _("'{field}' must not be empty", field=named)
    sizes = {
        "minLength": lambda: plural("{number} letter or more", "{number} letters or more", wanted),
        "maxLength": lambda: plural("{number} letter at most", "{number} letters at most", wanted),
        "minItems": lambda: plural("{number} entry or more", "{number} entries or more", wanted),
        "maxItems": lambda: plural("{number} entry at most", "{number} entries at most", wanted),
        "minProperties": lambda: plural("{number} field or more", "{number} fields or more", wanted),
        "maxProperties": lambda: plural("{number} field at most", "{number} fields at most", wanted),
    }
    if kind in sizes:
        return _("'{field}' must have {size}, not {count}", field=named, size=sizes[kind](), count=len(given))
    return _("'{field}' does not hold what it must", field=named)


def _must(field: str, wanted: str, given: Any) -> str:
    return _("'{field}' must be {wanted}, not {given}", field=field, wanted=wanted, given=_shown(given))


def _missing(field: str, name: str, near: str = "") -> str:
    if near:
        return _(
            "the field '{name}' is missing in '{field}'; did you mean it by '{near}'?",
            name=name,
            field=field or _("the file"),
            near=near,
        )
    if not field:
        return _("the field '{name}' is missing", name=name)
    return _("the field '{name}' is missing in '{field}'", name=name, field=field)


def _unknown_name(field: str, error: Any) -> str:
    name = _unknown(error)[0]
    known = [*error.schema.get("properties", {}), *error.schema.get("required", ())]
    near = difflib.get_close_matches(name, [one for one in known if one not in error.instance], 1)
    there = field_name((*error.absolute_path, name))
    if near:
        return _("'{field}' is an unknown field; did you mean '{near}'?", field=there, near=near[0])
    return _("'{field}' is an unknown field", field=there)


def _shown(value: Any) -> str:
    """A value as it stands in the file, cut where it is long."""
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _MOST_LETTERS else text[: _MOST_LETTERS - 1] + "…"
