"""The program in a made-up language in the place of German, its catalogue built here: what is English all the same stands outside it."""

import argparse
import base64
import re
import string
from html.parser import HTMLParser

import pytest

from dicomtoprint.cli.main import main
from dicomtoprint.messages import language
from dicomtoprint.phantom import write_phantom_dicom

# Letters that no English text has: upright sans-serif ones of mathematics.
LETTERS = {
    **{ord(letter): 0x1D5BA + place for place, letter in enumerate(string.ascii_lowercase)},
    **{ord(letter): 0x1D5A0 + place for place, letter in enumerate(string.ascii_uppercase)},
}
# Fields of argparse and of this program, options, tags, commands.
KEPT = re.compile(r"(%(?:\([a-z_]+\))?[sr]|--[a-z-]+|\([0-9A-F]{4},[0-9A-F]{4}\))")
# Two words in a row, or a word of several syllables that begins a text.
ENGLISH = re.compile(r"(?<![\w./{-])[A-Za-z]{3,} [a-z]{2,}(?![\w./-])")
# What is no sentence of this program: ids and names, which are the same in every language.
NAMES = re.compile(
    r"python dicom_to_print\.py .*|dicom_to_print\.py replay .*|DicomToPrint \d\S*|usage: |"
    r"[a-z-]+(?:, [a-z-]+)*(?= \(|$)|original primary (?:axial|volume)"
)


def pseudo(text):
    """A template with the letters of its words changed, its fields as they are."""
    try:
        parts = list(string.Formatter().parse(text))
    except ValueError:  # braces that are no fields
        return changed(text)
    made = ""
    for words, name, spec, conversion in parts:
        made += changed(words).replace("{", "{{").replace("}", "}}")
        if name is not None:
            made += f"{{{name}{'!' + conversion if conversion else ''}{':' + spec if spec else ''}}}"
    return made


def changed(words):
    """Words with the letters of the made-up language."""
    return "".join(part if place % 2 else part.translate(LETTERS) for place, part in enumerate(KEPT.split(words)))


class Catalogue:
    """Every message there is, in the made-up language."""

    def gettext(self, text):
        return pseudo(text)

    def ngettext(self, one, many, number):
        return pseudo(one if number == 1 else many)


@pytest.fixture(autouse=True)
def made_up(monkeypatch):
    monkeypatch.setattr(language, "_catalogue", lambda name: Catalogue())
    monkeypatch.setattr(argparse, "_", pseudo)  # what argparse takes from the catalogue by gettext's own way


@pytest.fixture(scope="module")
def small_scan(tmp_path_factory):
    folder = tmp_path_factory.mktemp("small")
    write_phantom_dicom(folder, shape=(40, 64, 64), spacing=(2.2, 2.2, 2.4))
    return folder


class Texts(HTMLParser):
    """All that a reader of a page sees or hears."""

    def __init__(self):
        super().__init__()
        self.said, self._inside = [], 0

    def handle_starttag(self, tag, attributes):
        self._inside += tag in ("style", "script", "pre")
        self.said += [value for name, value in attributes if name in ("alt", "title", "aria-label", "placeholder")]

    def handle_endtag(self, tag):
        self._inside -= tag in ("style", "script", "pre")

    def handle_data(self, data):
        if not self._inside:
            self.said.append(data)


def texts_of(page):
    """Texts of a page, those in its drawings too."""
    content = page.read_text(encoding="utf-8")
    parser = Texts()
    parser.feed(content)
    for drawing in re.findall(r"data:image/svg\+xml;base64,([A-Za-z0-9+/=]+)", content):
        parser.said += re.findall(r"<text[^>]*>([^<]*)</text>", base64.b64decode(drawing).decode("utf-8"))
    return parser.said


def english(texts):
    """The texts that hold English."""
    return sorted({text.strip() for text in texts if ENGLISH.search(NAMES.sub("", text))})


def test_help_and_errors_are_of_the_catalogue(capsys):
    assert main(["run", "--language", "de"]) == 2
    assert main(["check", "/nowhere", "--language=de"]) == 3
    assert main(["run", "x", "--output", "y", "--thicken", "-1", "--language", "de"]) == 2
    assert main(["run", "--help", "--language", "de"]) == 0
    said = capsys.readouterr()
    # The lines of usage hold names of options and what they take alone.
    help_text = said.out[said.out.index("\n\n") :]
    assert english((said.err + help_text).splitlines()) == []


def test_lists_are_of_the_catalogue(capsys):
    for kind in ("anatomy", "processes", "printers", "uses"):
        assert main(["list", kind, "--language", "de"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert english(line[22:] for line in lines) == []


def test_a_check_is_of_the_catalogue(small_scan, tmp_path, capsys):
    assert main(["check", str(small_scan), "--output", str(tmp_path), "--quiet", "--language", "de"]) in (0, 1)
    assert english(capsys.readouterr().out.splitlines()) == []
    assert english(texts_of(tmp_path / "report.html")) == []
    assert '<html lang="de">' in (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "\U0001d5ba" not in (tmp_path / "acceptance.json").read_text(encoding="utf-8")


def test_a_run_is_of_the_catalogue(small_scan, tmp_path, capsys):
    options = ["--quiet", "--language", "de", "--format", "stl", "--triangles", "2000", "--cut", "S=10", "--no-pixels"]
    assert main(["run", str(small_scan), "--output", str(tmp_path), *options]) in (0, 1)
    assert english(capsys.readouterr().out.splitlines()) == []
    assert english(texts_of(tmp_path / "report.html")) == []
    for name in ("record.json", "printability.json", "plan.json", "registry.json"):
        assert not set((tmp_path / name).read_text(encoding="utf-8")) & set(map(chr, LETTERS.values())), name
