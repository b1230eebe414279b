"""Messages in the language of who reads them: catalogues of gettext, and numbers as the language writes them."""

from __future__ import annotations

import string
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import lru_cache
from numbers import Real
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .message import OPTION, Message, Option, _changed

if TYPE_CHECKING:
    from gettext import NullTranslations

DOMAIN = "dicomtoprint"
CATALOGUES = Path(__file__).resolve().parent.parent / "locale"
ENGLISH = "en"
# Languages whose numbers have a comma for the point.
LANGUAGES: Mapping[str, str] = {"bg cs da de el es et fi fr hr hu it lt lv nb nl pl pt ro ru sk sl sr sv tr uk": ","}
Controls = Callable[[str], str]


@dataclass(frozen=True)
class _Reader:
    """Who reads: the language, and what the reader's controls are called where options of a command line mean nothing."""

    language: str = ENGLISH
    controls: Controls | None = None


_reader: ContextVar[_Reader] = ContextVar("reader", default=_Reader())


@contextmanager
def speaking(language: str | None, controls: Controls | None = None) -> Iterator[None]:
    """Within it `translate` speaks `language` (None: the one that is spoken already).

    `controls` gives the name of the control for an option such as ``--thicken``, for readers who have no command line.
    """
    now = _reader.get()
    token = _reader.set(_Reader(language or now.language, controls or now.controls))
    try:
        yield
    finally:
        _reader.reset(token)


def spoken() -> str:
    """The language that is spoken now."""
    return _reader.get().language


def languages() -> tuple[str, ...]:
    """Languages that there is a catalogue for, English first."""
    return (ENGLISH, *sorted(path.parts[-3] for path in CATALOGUES.glob(f"*/LC_MESSAGES/{DOMAIN}.mo")))


def translate(text: str) -> str:
    """The text as its reader reads it: a message in the language that is spoken, a plain string as it is."""
    reader = _reader.get()
    if not isinstance(text, Message):
        return text
    if reader.language == ENGLISH and reader.controls is None:
        return str.__format__(text, "")
    return _Translator(reader).told(text)


@lru_cache(maxsize=8)
def _catalogue(language: str) -> NullTranslations:
    from gettext import NullTranslations, translation  # English never needs it

    if language == ENGLISH:
        return NullTranslations()
    return translation(DOMAIN, str(CATALOGUES), [language], fallback=True)


class _Translator(string.Formatter):
    """Formats templates of a catalogue, with parameters in the same language."""

    def __init__(self, reader: _Reader) -> None:
        self._reader = reader
        self._catalogue = _catalogue(reader.language)
        self._comma = any(reader.language.partition("_")[0] in those.split() for those in LANGUAGES)

    def told(self, message: Message) -> str:
        if message.in_panel is not None and self._reader.controls is not None:
            return self.told(message.in_panel)
        if message.plural_id:
            template = self._catalogue.ngettext(message.msgid, message.plural_id, int(message.count))
        else:
            template = self._catalogue.gettext(message.msgid) if message.msgid else ""
        if message.parameters or "{--" in template:
            try:
                template = self.vformat(template, (), message.parameters)
            except (KeyError, IndexError, ValueError):  # a catalogue that asks for what there is not: better English than nothing
                template = str.__format__(message, "")
                return template
        return _changed(template, message.change) if message.change else template

    def get_value(self, key: int | str, args: Any, kwargs: Mapping[str, Any]) -> Any:
        if isinstance(key, str) and key.startswith(OPTION):
            controls = self._reader.controls
            return Option(key) if controls is None else _Control(controls(key))
        return super().get_value(key, args, kwargs)

    def format_field(self, value: Any, format_spec: str) -> Any:
        if isinstance(value, Message):
            return format(self.told(value), format_spec)
        if isinstance(value, Real) and not isinstance(value, bool):
            text = format(value, format_spec)
            return text.translate(_COMMA) if self._comma and not isinstance(value, int) else text
        text = format(value, format_spec)
        return self.told(text) if isinstance(text, Message) else text


class _Control:
    """A control in the place of an option; the value that stands after the option means nothing there."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __format__(self, spec: str) -> str:
        return self._name


_COMMA = str.maketrans(".,", ",.")
