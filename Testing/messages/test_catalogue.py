"""The catalogues are those of the sources, whole, and ask for nothing that a message does not have."""

import re
import string
import sys
from pathlib import Path

import pytest

pytest.importorskip("babel", reason="babel makes the catalogues; Testing/requirements/test.txt has it")
sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools"))

import catalogue

LANGUAGES = list(catalogue.languages())
# What translators may leave in English: names, formulas, words that are the same.
MOST_EQUAL = 0.12


@pytest.fixture(scope="module")
def template():
    return catalogue.template()


def test_the_template_is_that_of_the_sources(template):
    assert catalogue.TEMPLATE.read_bytes() == catalogue.as_text(template), "run tools/catalogue.py update"


@pytest.mark.parametrize(("language", "path"), LANGUAGES, ids=[name for name, _path in LANGUAGES])
def test_a_language_has_the_messages_of_the_sources(language, path, template):
    known = read(language, path)
    assert {entry.id for entry in known} == {entry.id for entry in template if entry.id}


@pytest.mark.parametrize(("language", "path"), LANGUAGES, ids=[name for name, _path in LANGUAGES])
def test_the_compiled_catalogue_is_current(language, path):
    assert path.with_suffix(".mo").read_bytes() == catalogue.compiled(path, language), "run tools/catalogue.py compile"


@pytest.mark.parametrize(("language", "path"), LANGUAGES, ids=[name for name, _path in LANGUAGES])
def test_a_language_is_whole(language, path):
    entries = read(language, path)
    empty = [entry.id for entry in entries if not all(texts(entry.string))]
    assert empty == []
    same = [entry.id for entry in entries if texts(entry.string) == texts(entry.id)]
    assert len(same) < MOST_EQUAL * len(entries)


@pytest.mark.parametrize(("language", "path"), LANGUAGES, ids=[name for name, _path in LANGUAGES])
def test_translations_ask_for_nothing_that_is_not_there(language, path):
    faults = []
    for entry in read(language, path):
        known = {field for text in texts(entry.id) for field in fields(text)}
        options = {name for text in texts(entry.id) for name in re.findall("--[a-z-]+", text)}
        for said in texts(entry.string):
            if not fields(said) <= known or set(re.findall("--[a-z-]+", said)) - options:
                faults.append((entry.id, said))
    assert faults == []


def read(language, path):
    """The entries of a .po without its head."""
    with path.open("rb") as file:
        return [entry for entry in catalogue.read_po(file, locale=language) if entry.id]


def texts(value):
    return tuple(value) if isinstance(value, (tuple, list)) else (value,)


def fields(text):
    """(name, conversion, specification) of the fields of a template; none for a text that is no template."""
    try:
        return {(name, conversion, spec) for _text, name, spec, conversion in string.Formatter().parse(text) if name}
    except ValueError:
        return set()


def test_a_count_with_its_noun_is_an_entry():
    found = list(
        catalogue.in_source('pluralize(n, "slice"); pluralize(n, "body", "bodies"); plural("{number} a", "b", n)')
    )
    assert found == [("{number} slice", "{number} slices"), ("{number} body", "{number} bodies"), ("{number} a", "b")]


def test_fields_alone_are_no_entry():
    assert list(catalogue.in_source('_("{value:.2f} ({where})"); _("{a} mm")')) == ["{a} mm"]
