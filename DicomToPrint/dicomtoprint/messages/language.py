"""Messages in the language of who reads them: catalogues of gettext, and numbers as the language writes them."""

from __future__ import annotations

import re
import string
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .column import Column
from .measured import Measured
from .message import _ENGLISH, OPTION, Message, _, _changed

if TYPE_CHECKING:
    from gettext import NullTranslations

DOMAIN = "dicomtoprint"
CATALOGUES = Path(__file__).resolve().parent.parent / "locale"
ENGLISH = "en"
# How a language writes numbers and lists of them: its catalogue has this sample as it is written there.
NUMBERS = _("Numbers, and between them in a list: 1,234.5, 6")
_SAMPLE = re.compile(r"1(?P<group>\D*)234(?P<point>\D+)5(?P<between>\D+)6")
_LIST = re.compile(r"\{p0\}(, \{p\d+\})+")  # what `join` makes of a list
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
        self._marks, self._between = _number_marks(self._catalogue.gettext(NUMBERS))

    def told(self, message: Message) -> str:
        if message.in_panel is not None and self._reader.controls is not None:
            return self.told(message.in_panel)
        if message.plural_id:
            template = self._catalogue.ngettext(message.msgid, message.plural_id, int(message.number))
        else:
            template = self._catalogue.gettext(message.msgid) if message.msgid else ""
        if "{--" in template:
            template = self._with_options(template, message.parameters)
        if self._between != ", " and _LIST.fullmatch(template) and self._holds_decimals(message.parameters):
            template = template.replace(", ", self._between)
        text = self.vformat(template, (), message.parameters) if message.parameters else template
        return _changed(text, message.change) if message.change else text

    def _plain(self, word: str) -> str:
        return self.told(word) if isinstance(word, Message) else word

    def _holds_decimals(self, parameters: Mapping[str, Any]) -> bool:
        """Whether an entry of a list holds a number with a mark that lists have as well."""
        entries = [self.format_field(value, "") for value in parameters.values()]
        return any(re.search(rf"\d{re.escape(self._marks[ord('.')])}\d", str(entry)) for entry in entries)

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
        if isinstance(value, Column):
            value = Column(self._plain(value.word), tuple(map(self._plain, value.among)))
        if _is_number(value):
            text = format(value, format_spec)
            # An int such as a year is written as it stands, unless it is asked for as a figure.
            is_figure = not isinstance(value, int) or "," in format_spec or format_spec[-1:] in ("f", "e", "%")
            return text.translate(self._marks) if is_figure else text
        text = format(value, format_spec)
        return self.told(text) if isinstance(text, Message) else text


def _is_number(value: Any) -> bool:
    if isinstance(value, (float, int, Measured)):
        return not isinstance(value, bool)
    return hasattr(value, "dtype") and not getattr(value, "shape", ())  # a scalar of numpy


@lru_cache(maxsize=8)
def _number_marks(sample: str) -> tuple[dict[int, str], str]:
    """What stands for the point and for the comma of English numbers, and between the entries of a list of numbers."""
    found = _SAMPLE.search(sample)
    if found is None:
        return str.maketrans({".": ".", ",": ","}), ", "
    return str.maketrans({".": found["point"], ",": found["group"]}), found["between"]
