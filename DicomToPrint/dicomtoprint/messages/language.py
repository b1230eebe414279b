"""Messages in the language of who reads them: catalogues of gettext, and numbers as the language writes them."""

from __future__ import annotations

import string
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .measured import Measured
from .message import _ENGLISH, OPTION, Message, _changed

if TYPE_CHECKING:
    from gettext import NullTranslations

DOMAIN = "dicomtoprint"
CATALOGUES = Path(__file__).resolve().parent.parent / "locale"
ENGLISH = "en"
# Languages whose numbers have a comma for the point.
DECIMAL_COMMA = frozenset(
    [
        "bg",
        "cs",
        "da",
        "de",
        "el",
        "es",
        "et",
        "fi",
        "fr",
        "hr",
        "hu",
        "it",
        "lt",
        "lv",
        "nb",
        "nl",
        "pl",
        "pt",
        "ro",
        "ru",
        "sk",
        "sl",
        "sr",
        "sv",
        "tr",
        "uk",
    ]
)
Controls = Callable[[str], str]


@dataclass(frozen=True)
class _Reader:
    """Who reads: the language, and what the reader's controls are called where options of a command line mean nothing."""

    language: str = ENGLISH
    controls: Controls | None = None


_READER: ContextVar[_Reader | None] = ContextVar("reader", default=None)


def _reader() -> _Reader:
    return _READER.get() or _Reader()


@contextmanager
def speaking(language: str | None, controls: Controls | None = None) -> Iterator[None]:
    """Within it `translate` speaks `language` (None: the one that is spoken already).

    `controls` gives the name of the control for an option such as ``--thicken``, for readers who have no command line.
    """
    now = _reader()
    token = _READER.set(_Reader(language or now.language, controls or now.controls))
    try:
        yield
    finally:
        _READER.reset(token)


@dataclass(frozen=True)
class Said:
    """A sentence in English, and as it was `told` in a language."""

    english: str
    told: str
    language: str


def spoken() -> str:
    """The language that is spoken now."""
    return _reader().language


@lru_cache(maxsize=1)
def languages() -> tuple[str, ...]:
    """Languages that there is a catalogue for, English first."""
    return (ENGLISH, *sorted(path.parts[-3] for path in CATALOGUES.glob(f"*/LC_MESSAGES/{DOMAIN}.mo")))


def translate(text: str) -> str:
    """The text as its reader reads it: a message in the language that is spoken, a plain string as it is."""
    reader = _reader()
    if not isinstance(text, Message):
        return text
    if reader.language == ENGLISH and reader.controls is None:
        return "".join(("", text))  # a plain string
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
        self._comma = reader.language.partition("_")[0] in DECIMAL_COMMA

    def told(self, message: Message) -> str:
        if message.in_panel is not None and self._reader.controls is not None:
            return self.told(message.in_panel)
        if message.plural_id:
            template = self._catalogue.ngettext(message.msgid, message.plural_id, int(message.number))
        else:
            template = self._catalogue.gettext(message.msgid) if message.msgid else ""
        if "{--" in template:
            template = self._with_options(template, message.parameters)
        text = self.vformat(template, (), message.parameters) if message.parameters else template
        return _changed(text, message.change) if message.change else text

    def _with_options(self, template: str, parameters: Mapping[str, Any]) -> str:
        """The template with its options written out: their values are for machines, and the same in every language."""
        known = bool(parameters)  # without parameters braces are text
        parts = []
        for text, name, spec, conversion in self.parse(template):
            parts.append(text.replace("{", "{{").replace("}", "}}") if known else text)
            if name is None:
                continue
            if not name.startswith(OPTION):
                parts.append(f"{{{name}{'!' + conversion if conversion else ''}{':' + spec if spec else ''}}}")
                continue
            value = _ENGLISH.vformat(spec or "", (), parameters)
            if self._reader.controls is not None:
                # What only stands for a value is left out with the option.
                name, value = self._reader.controls(name), "" if value[:1].isupper() or value == "auto" else value
            shown = f"{name} {value}".rstrip()
            parts.append(shown.replace("{", "{{").replace("}", "}}") if known else shown)
        return "".join(parts)

    def format_field(self, value: Any, format_spec: str) -> Any:
        if isinstance(value, Message):
            return format(self.told(value), format_spec)
        if _is_number(value):
            text = format(value, format_spec)
            return (
                text.translate(_COMMA) if self._comma and (not isinstance(value, int) or "," in format_spec) else text
            )
        text = format(value, format_spec)
        return self.told(text) if isinstance(text, Message) else text


def _is_number(value: Any) -> bool:
    if isinstance(value, (float, int, Measured)):
        return not isinstance(value, bool)
    return hasattr(value, "dtype") and not getattr(value, "shape", ())  # a scalar of numpy


_COMMA = str.maketrans(".,", ",.")
