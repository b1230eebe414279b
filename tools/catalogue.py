"""The catalogue of messages: extract it from sources and data, bring the languages up to date, compile them.

``python tools/catalogue.py update`` writes ``dicomtoprint.pot`` and brings every ``dicomtoprint.po`` up to date; ``compile``
writes the ``.mo`` beside each; ``new LANGUAGE`` begins a language. `docs/how-to/language.md` says how a language is added.
"""

from __future__ import annotations

import ast
import datetime
import io
import json
import string
import sys
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parents[1]
MODULE = ROOT / "DicomToPrint"
sys.path.insert(0, str(MODULE))

from dicomtoprint.config import resources  # noqa: E402
from dicomtoprint.messages import CATALOGUES, DOMAIN, Message  # noqa: E402
from dicomtoprint.messages.language import NUMBERS  # noqa: E402

TEMPLATE = CATALOGUES / f"{DOMAIN}.pot"
# Whose first argument is a message, and for `plural` its second too.
MARKS = frozenset({"_", "way", "plural", "Message"})
# The tables of options: what they say to people. Names are positions or keywords.
TABLES = {
    "Option": (1, "help", "label", "no_control"),
    "OptionGroup": (0, 1, "title", "description"),
    "Command": (0, "help"),
    "folder": (0,),
    "replace": ("help",),
    "add_argument": ("help",),
    "add_parser": ("help", "description"),
    "add_argument_group": (0, 1, "title", "description"),
    "ArgumentParser": ("description", "epilog"),
    "_Parser": ("description", "epilog"),
}
NO_DATE = datetime.datetime(
    2026, 1, 1, tzinfo=datetime.timezone.utc
)  # the same catalogue is the same file on every day
Entry = tuple[str, "str | tuple[str, str]"]


def entries() -> Iterator[Entry]:
    """(file, message or the two forms of one) of every sentence of engine, panel and data files."""
    for path in sorted((*(MODULE / "dicomtoprint").rglob("*.py"), *(MODULE / "DicomToPrintLib").rglob("*.py"))):
        name = path.relative_to(ROOT).as_posix()
        if "dicomtoprint/messages/" not in name:
            yield from ((name, entry) for entry in in_source(path.read_text(encoding="utf-8")))
    yield "DicomToPrint/dicomtoprint/messages/language.py", "".join(("", NUMBERS))  # a plain string
    for kind in sorted(resources.TRANSLATED_FIELDS):
        for path in sorted((resources.RESOURCE_DIR / kind).glob("*.json")):
            if path.stem != "schema":
                content = resources.as_messages(json.loads(path.read_text(encoding="utf-8")), kind)
                yield from ((path.relative_to(ROOT).as_posix(), str(text)) for text in _messages_in(content))


def in_source(source: str) -> Iterator[str | tuple[str, str]]:
    """The messages of a file of Python: arguments of `_` and its kin, counts with their nouns, texts of the option tables."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call):
            continue
        called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        texts = [_literal(argument) for argument in node.args]
        if called == "pluralize" and len(texts) > 1 and texts[1]:
            many = texts[2] if len(texts) > 2 else None
            yield f"{{number}} {texts[1]}", f"{{number}} {many or texts[1] + 's'}"
        elif called == "plural" and len(texts) > 1 and texts[0] and texts[1]:
            yield texts[0], texts[1]
        elif called in MARKS and isinstance(node.func, ast.Name):
            yield from filter(None, texts[: 2 if called == "way" else 1])
        elif called in TABLES:
            keywords = {keyword.arg: _literal(keyword.value) for keyword in node.keywords}
            for place in TABLES[called]:
                text = keywords.get(place) if isinstance(place, str) else next(iter(texts[place : place + 1]), None)
                if text:
                    yield text


def _literal(node: ast.expr) -> str | None:
    """The text of a literal that has words; letters in the fields of a template are none."""
    if not (isinstance(node, ast.Constant) and isinstance(node.value, str)):
        return None
    try:
        words = "".join(text for text, *_field in string.Formatter().parse(node.value))
    except ValueError:
        words = node.value
    return node.value if any(character.isalpha() for character in words) else None


def _messages_in(node: object) -> Iterator[str]:
    if isinstance(node, dict):
        for value in node.values():
            yield from _messages_in(value)
    elif isinstance(node, list):
        for value in node:
            yield from _messages_in(value)
    elif isinstance(node, Message) and any(character.isalpha() for character in node):
        yield node


def template() -> Catalog:
    """The catalogue without translations. A message that stands in several files is one entry."""
    catalogue = Catalog(domain=DOMAIN, project="DicomToPrint", charset="utf-8", fuzzy=False)
    plurals = {entry[0]: entry for _file, entry in entries() if isinstance(entry, tuple)}
    for file, entry in entries():
        key = plurals.get(entry, entry) if isinstance(entry, str) else plurals[entry[0]]
        catalogue.add(key, locations=[(file, None)])
    return catalogue


def languages() -> Iterator[tuple[str, Path]]:
    """(language, its .po)."""
    for path in sorted(CATALOGUES.glob(f"*/LC_MESSAGES/{DOMAIN}.po")):
        yield path.parts[-3], path


def as_text(catalogue: Catalog) -> bytes:
    """A catalogue as its file, without what changes from day to day."""
    file = io.BytesIO()
    write_po(file, catalogue, width=120, sort_output=False, include_lineno=False, omit_header=False)
    dated = (b'"POT-Creation-Date', b'"PO-Revision-Date', b'"Generated-By', b'"Last-Translator', b'"Report-Msgid')
    return b"".join(line for line in file.getvalue().splitlines(True) if not line.startswith(dated))


def updated(language: str, path: Path) -> Catalog:
    """A language's catalogue with the entries of the sources, its translations kept; what is no longer said is dropped."""
    with path.open("rb") as file:
        catalogue = read_po(file, locale=language, domain=DOMAIN)
    catalogue.update(template(), no_fuzzy_matching=True)
    catalogue.obsolete.clear()
    return catalogue


def compiled(path: Path, language: str) -> bytes:
    """A language's .po as .mo."""
    file = io.BytesIO()
    with path.open("rb") as source:
        catalogue = read_po(source, locale=language, domain=DOMAIN)
    catalogue.creation_date = catalogue.revision_date = NO_DATE
    write_mo(file, catalogue)
    return file.getvalue()


def main(arguments: list[str]) -> int:
    """`update`, `compile` or `new LANGUAGE`; the exit code."""
    if arguments[:1] == ["new"] and len(arguments) == 2:
        folder = CATALOGUES / arguments[1] / "LC_MESSAGES"
        folder.mkdir(parents=True)
        begun = Catalog(locale=arguments[1], domain=DOMAIN, project="DicomToPrint", charset="utf-8", fuzzy=False)
        (folder / f"{DOMAIN}.po").write_bytes(as_text(begun))
        arguments = ["update"]
    if arguments == ["update"]:
        CATALOGUES.mkdir(exist_ok=True)
        TEMPLATE.write_bytes(as_text(template()))
        for language, path in languages():
            path.write_bytes(as_text(updated(language, path)))
        arguments = ["compile"]
    if arguments != ["compile"]:
        print(__doc__)
        return 2
    for language, path in languages():
        path.with_suffix(".mo").write_bytes(compiled(path, language))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
