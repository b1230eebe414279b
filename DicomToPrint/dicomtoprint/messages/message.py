"""A sentence as its template and its parameters.

A `Message` is a string: the English sentence. JSON, records, tests and comparisons see nothing else; `language.translate` makes
the sentence again in another language, from what the message was made of.
"""

from __future__ import annotations

import math
import string
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Any, SupportsIndex

from .measured import Measured

# Fields such as {--thicken} or {--cut:R=MM} name an option of the command line, where the panel names its control.
OPTION = "--"


class _English(string.Formatter):
    """`str.format` that knows the fields of options; a parameter that is missing is a KeyError, as there."""

    def get_value(self, key: int | str, args: Any, kwargs: Mapping[str, Any]) -> Any:
        if isinstance(key, str) and key.startswith(OPTION):
            return Option(key)
        return super().get_value(key, args, kwargs)


class Option:
    """An option in a sentence; the format's specification is the value that stands after it."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __format__(self, spec: str) -> str:
        return f"{self.name} {spec}" if spec else self.name


_ENGLISH = _English()


class Message(str):
    """An English sentence with its template (`msgid`), the template for many (`plural_id`, by `number`) and its parameters.

    A message without parameters is its template as it stands, braces too: `format` fills them later, as that of a string does.
    What strings are joined from, cut or put in capitals by stays a message, as long as one of the parts is one.
    """

    msgid: str
    plural_id: str = ""
    number: int = 1
    parameters: Mapping[str, Any] = MappingProxyType({})
    change: tuple[str, tuple[Any, ...]] | None = None
    in_panel: Message | None = None

    def __new__(
        cls,
        msgid: str,
        parameters: Mapping[str, Any] | None = None,
        plural_id: str = "",
        number: int = 1,
        change: tuple[str, tuple[Any, ...]] | None = None,
        in_panel: Message | None = None,
    ) -> Message:
        """Raises KeyError where the template names a parameter that is not given."""
        text = template = plural_id if plural_id and number != 1 else msgid
        has_option = "{--" in template
        if parameters:
            text = _ENGLISH.vformat(template, (), parameters) if has_option else template.format(**parameters)
        elif has_option and all(field.startswith(OPTION) for field in fields_of(template)):
            text = _ENGLISH.vformat(template, (), {})
        made = super().__new__(cls, _changed(text, change) if change else text)
        made.msgid = msgid
        if parameters:
            made.parameters = {name: _kept(value) for name, value in parameters.items()}
        if plural_id:
            made.plural_id, made.number = plural_id, number
        if change or in_panel is not None:
            made.change, made.in_panel = change, in_panel
        return made

    def format(self, *args: Any, **parameters: Any) -> Message:
        """The message with its parameters, of a template that has none yet."""
        assert not args, "parameters have names"
        return self.format_map(parameters)

    def format_map(self, parameters: Mapping[str, Any], /) -> Message:  # type: ignore[override]
        """As `format`, with those of `parameters` that the template names."""
        wanted = [name for name in fields_of(self.msgid) if not name.startswith(OPTION) and name not in self.parameters]
        given = {**self.parameters, **{name: parameters[name] for name in wanted}}
        panel = self.in_panel and self.in_panel.format_map(parameters)
        return Message(self.msgid, given, self.plural_id, self.number, in_panel=panel)

    def __str__(self) -> str:
        return self  # and not a plain copy: `str(error)` is the message that the error was raised with

    def __repr__(self) -> str:
        return str.__repr__(self)

    def __add__(self, other: str) -> str:
        return join("", (self, other)) if other else self

    def __radd__(self, other: str) -> str:
        return join("", (other, self)) if other else self

    def __getitem__(self, key: Any) -> str:
        return self._with("__getitem__", (key.start, key.stop, key.step) if isinstance(key, slice) else (key,))

    def _with(self, method: str, arguments: tuple[Any, ...]) -> Message:
        return Message("{text}", {"text": self}, change=(method, arguments))

    def upper(self) -> str:
        return self._with("upper", ())

    def lower(self) -> str:
        return self._with("lower", ())

    def capitalize(self) -> str:
        return self._with("capitalize", ())

    def capitalised(self) -> Message:
        """With a capital at the beginning, the rest as it is."""
        return self._with("capitalised", ())

    def strip(self, characters: str | None = None, /) -> str:
        return self._with("strip", (characters,))

    def lstrip(self, characters: str | None = None, /) -> str:
        return self._with("lstrip", (characters,))

    def rstrip(self, characters: str | None = None, /) -> str:
        return self._with("rstrip", (characters,))

    def removeprefix(self, prefix: str, /) -> str:
        return self._with("removeprefix", (prefix,))

    def removesuffix(self, suffix: str, /) -> str:
        return self._with("removesuffix", (suffix,))

    def replace(self, old: str, new: str, count: SupportsIndex = -1, /) -> str:
        return self._with("replace", (old, new, int(count)))

    def __reduce__(self) -> tuple[Any, ...]:
        given = (self.msgid, dict(self.parameters), self.plural_id, self.number, self.change, self.in_panel)
        return Message, given

    def __deepcopy__(self, known: Any) -> Message:
        return self

    def __copy__(self) -> Message:
        return self


def _(template: str, /, **parameters: Any) -> str:
    """A sentence of the catalogue, a `Message`; `template` is English in the form of `str.format`, a literal in the source."""
    return Message(template, parameters)


def plural(one: str, many: str, number: int, /, **parameters: Any) -> str:
    """A sentence that depends on a count, a `Message`, which both templates know as ``{number}``."""
    return Message(one, {"number": number, **parameters}, many, number)


def way(terminal: str, panel: str) -> str:
    """A sentence that readers without a command line get in other words: there `panel` is said in place of `terminal`."""
    assert isinstance(terminal, Message)
    given = (terminal.msgid, terminal.parameters, terminal.plural_id, terminal.number, terminal.change)
    return Message(*given, in_panel=panel if isinstance(panel, Message) else Message(panel))


def join(separator: str, items: Iterable[str]) -> str:
    """As `separator.join`; a message where one of them is a message."""
    parts = list(items)
    if not any(isinstance(part, Message) for part in (*parts, separator)):
        return separator.join(parts)
    names = [f"p{number}" for number in range(len(parts))]
    given: dict[str, Any] = dict(zip(names, parts))
    if not isinstance(separator, Message):
        return Message(separator.replace("{", "{{").replace("}", "}}").join(f"{{{name}}}" for name in names), given)
    return Message("{between}".join(f"{{{name}}}" for name in names), {**given, "between": separator})


def known(text: str) -> str:
    """A text read back from a file of this program, as the message that it was where that had no parameters."""
    return text if isinstance(text, Message) or "{" in text else Message(text)


def until(text: str, mark: str) -> str:
    """What stands before the first `mark`, all of it where there is none."""
    return text._with("until", (mark,)) if isinstance(text, Message) else text.partition(mark)[0]


@lru_cache(maxsize=4096)
def fields_of(template: str) -> tuple[str, ...]:
    """Names of the parameters that a template wants, those in format specifications too."""
    names: list[str] = []
    for _text, name, spec, _conversion in string.Formatter().parse(template):
        if name:
            names.append(name.partition(".")[0].partition("[")[0])
        if spec and "{" in spec:
            names += fields_of(spec)
    return tuple(names)


def _kept(value: Any) -> Any:
    """A parameter that can be stored: an error is its sentence."""
    return str(value) if isinstance(value, BaseException) else value


CHANGES: Mapping[str, Callable[..., str]] = {
    "upper": str.upper,
    "lower": str.lower,
    "capitalize": str.capitalize,
    "strip": str.strip,
    "lstrip": str.lstrip,
    "rstrip": str.rstrip,
    "replace": str.replace,
    "capitalised": lambda text: text[:1].upper() + text[1:],
    "until": lambda text, mark: text.partition(mark)[0],
    "removeprefix": str.removeprefix,
    "removesuffix": str.removesuffix,
    "__getitem__": lambda text, *key: str.__getitem__(text, slice(*key) if len(key) > 1 else key[0]),
}


def _changed(text: str, change: tuple[str, tuple[Any, ...]]) -> str:
    method, arguments = change
    return CHANGES[method](text, *arguments)


def as_data(text: str) -> dict[str, Any]:
    """Template and parameters of a message for JSON, nested where a parameter is a message; empty for a plain string."""
    if not isinstance(text, Message):
        return {}
    content: dict[str, Any] = {"message_id": text.plural_id if text.plural_id and text.number != 1 else text.msgid}
    if text.parameters:
        content["parameters"] = {name: _plain(value) for name, value in text.parameters.items()}
    if text.plural_id:
        content |= {"message_id": text.msgid, "plural_id": text.plural_id, "count": int(text.number)}
    if text.change:
        content["change"] = [text.change[0], *text.change[1]]
    if text.in_panel is not None:
        content["in_panel"] = as_data(text.in_panel)
    return content


def id_and_parameters(text: str) -> tuple[str, dict[str, Any]]:
    """The template of a text and what fills it, for JSON; a plain string is its own template."""
    if not isinstance(text, Message):
        return text, {}
    if not text.parameters and not text.change:
        return text.msgid, {}
    whole = Message("{text}", {"text": text}) if text.change or text.plural_id else text
    content = as_data(whole)
    return content["message_id"], content["parameters"]


def options_in(text: str) -> tuple[str, ...]:
    """The options that a text speaks of, such as ``--thicken``, each once, with those in its parameters."""
    if not isinstance(text, Message):
        return ()
    template = text.plural_id if text.plural_id and text.number != 1 else text.msgid
    if "{--" not in template and not text.parameters:
        return ()
    found = dict.fromkeys(name for name in fields_of(template) if name.startswith(OPTION)) if "{--" in template else {}
    for value in text.parameters.values():
        found |= dict.fromkeys(options_in(value) if isinstance(value, Message) else ())
    return tuple(found)


def _plain(value: Any) -> Any:
    if isinstance(value, Measured):
        value = value.value
    if isinstance(value, Message):
        return as_data(value)
    if value is None or isinstance(value, (bool, str)):
        return value
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else str(value)
    if hasattr(value, "item") and not getattr(value, "shape", ()):  # a scalar of numpy
        return _plain(value.item())
    if isinstance(value, (tuple, list)):
        return [_plain(item) for item in value]
    return str(value)


def from_data(content: Mapping[str, Any]) -> Message:
    """The message that `as_data` wrote. Raises KeyError for content that is none."""
    given = {
        name: from_data(value) if isinstance(value, Mapping) else value
        for name, value in content.get("parameters", {}).items()
    }
    change = content.get("change")
    return Message(
        content["message_id"],
        given,
        content.get("plural_id", ""),
        content.get("count", 1),
        (change[0], tuple(change[1:])) if change else None,
        from_data(content["in_panel"]) if "in_panel" in content else None,
    )
