"""The program in a made-up language in the place of German, its catalogue built here: what is English all the same stands outside it."""

import argparse
import base64
import json
import re
import string
from html.parser import HTMLParser

import pytest

from dicomtoprint.cli.main import main
from dicomtoprint.cli.parser import build_parser
from dicomtoprint.config.resources import builtin_names
from dicomtoprint.coupon import CouponSolid
from dicomtoprint.errors import CancelledError
from dicomtoprint.io import export_meshes
from dicomtoprint.mesh.core import Mesh
from dicomtoprint.messages import _, language
from dicomtoprint.phantom import write_phantom_dicom
from dicomtoprint.pipeline import runs
from Phantoms.coupons import printed_form
from Phantoms.solids import box

# Letters that no English text has: upright sans-serif ones of mathematics.
LETTERS = {
    **{ord(letter): 0x1D5BA + place for place, letter in enumerate(string.ascii_lowercase)},
    **{ord(letter): 0x1D5A0 + place for place, letter in enumerate(string.ascii_uppercase)},
}
# Fields of argparse and of this program, options, tags, commands.
KEPT = re.compile(r"(%(?:\([a-z_]+\))?[sr]|--[a-z-]+|\([0-9A-F]{4},[0-9A-F]{4}\))")
# Two words in a row, or a word of several syllables that begins a text.
ENGLISH = re.compile(r"(?<![\w./{-])[A-Za-z]{3,} [a-z]{2,}(?![\w./-])")
# One word of a sentence, where ids and names are known.
WORD = re.compile(r"(?<![\w./{-])[A-Za-z]{3,}(?![\w./-])")
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


def words_left(texts, printability):
    """Latin words that are neither names of the mesh and of its use and process nor ids of rules."""
    rules = {finding["rule"] for finding in json.loads(printability.read_text(encoding="utf-8"))["findings"]}
    kept = rules | {"model", "general", "LPS", "DIR", "FILE", "OUT", *builtin_names("processes")}
    return sorted({word for text in texts for word in WORD.findall(text)} - kept)


def test_an_inspection_and_its_repair_are_of_the_catalogue(tmp_path, capsys):
    solid = box(30.0, 20.0, 10.0)
    export_meshes([Mesh(solid.points, solid.triangles[2:], "model")], tmp_path, "open", ("stl",))
    export_meshes([Mesh(solid.points / 1000.0, solid.triangles, "model")], tmp_path, "metres", ("stl",))
    found = tmp_path / "printability.json"
    quiet = ["--quiet", "--language", "de", "--json", str(found)]
    for name, more in (("metres", ["--output", str(tmp_path)]), ("open", ["--repair", str(tmp_path / "closed.stl")])):
        assert main(["inspect", str(tmp_path / f"{name}.stl"), *more, *quiet]) in (0, 1)
        lines = [line.replace(f": {name}: ", ": ") for line in capsys.readouterr().out.splitlines()]
        assert words_left(lines, found) == []
    assert english(texts_of(tmp_path / "report.html")) == []


def test_a_preparation_and_its_review_are_of_the_catalogue(tmp_path, capsys):
    export_meshes([box(30.0, 20.0, 20.0)], tmp_path, "model", ("stl",))
    steps = ["--hollow", "3", "--base", "--label", "7", "--scale-bar", "10", "--cut", "S=5", "--pins", "--orient"]
    made, said = tmp_path / "made", ["--quiet", "--language", "de"]
    assert main(["prepare", str(tmp_path / "model.stl"), "--output", str(made), *steps, *said]) in (0, 1)
    assert words_left(capsys.readouterr().out.splitlines(), made / "printability.json") == []
    assert english(texts_of(made / "report.html")) == []
    assert main(["review", str(made), "--model", "model-1", "--caliper", "1=12.5", *said]) in (0, 1)
    assert words_left(capsys.readouterr().out.splitlines(), made / "printability.json") == []
    assert english(texts_of(made / "review" / "review.html")) == []
    assert not set((made / "review" / "review.json").read_text(encoding="utf-8")) & set(map(chr, LETTERS.values()))


def test_a_replay_speaks_as_its_record_did_or_as_it_is_told(tmp_path, capsys):
    export_meshes([box(30.0, 20.0, 20.0)], tmp_path, "model", ("stl",))
    given, made = str(tmp_path / "model.stl"), tmp_path / "made"
    assert main(["prepare", given, "--output", str(made), "--quiet", "--format", "stl", "--language", "de"]) in (0, 1)
    again = ["replay", str(made / "record.json"), "--input", given, "--quiet", "--output", str(tmp_path / "again")]
    capsys.readouterr()
    assert main(again) == 0
    assert english(capsys.readouterr().out.splitlines()) == []
    assert build_parser("replay").parse_args([*again, "--language", "en"]).language == "en"  # and no default says so


QUIET = ["--quiet", "--language", "de"]


def test_a_test_plate_and_its_calibration_are_of_the_catalogue(tmp_path, capsys, monkeypatch):
    """Of a plate that is a plain box, which is soon judged; its map and form are those of the whole."""
    drawn = CouponSolid(box(200.0, 150.0, 3.0), ())
    monkeypatch.setattr("dicomtoprint.coupon.build_solid", lambda layout, **_: drawn)
    assert main(["coupon", "--process", "fdm", "--output", str(tmp_path), "--format", "stl", *QUIET]) == 0
    content = json.loads((tmp_path / "coupon.json").read_text(encoding="utf-8"))
    (tmp_path / "form.csv").write_text(printed_form(content, scale=(0.996, 1.002, 0.99)), encoding="utf-8")
    who = ["--printer", "4711", "--material", "PLA", "--person", "4712", "--output", str(tmp_path / "own.json")]
    assert main(["calibrate", str(tmp_path), "--measured", str(tmp_path / "form.csv"), *who, *QUIET]) == 0
    assert english(capsys.readouterr().out.splitlines()) == []
    assert english(text for page in tmp_path.glob("*.html") for text in texts_of(page)) == []
    assert not set((tmp_path / "own.json").read_text(encoding="utf-8")) & set(map(chr, LETTERS.values()))
    (tmp_path / "form.csv").write_text("x", encoding="utf-8")
    assert main(["calibrate", str(tmp_path), "--measured", str(tmp_path / "form.csv"), *who, *QUIET]) == 3
    assert english(capsys.readouterr().err.splitlines()) == []


def test_a_packed_study_is_of_the_catalogue(small_scan, tmp_path, capsys):
    assert main(["pack", str(small_scan), "--output", str(tmp_path / "packed"), "--no-pixels", *QUIET]) == 0
    assert main(["pack", str(small_scan), "--output", str(tmp_path / "packed"), "--no-pixels", *QUIET]) == 5
    said = capsys.readouterr()
    assert english((said.out + said.err).splitlines()) == []
    pages = list((tmp_path / "packed").rglob("*.html"))
    assert pages and english(text for page in pages for text in texts_of(page)) == []


def test_what_is_signed_and_compared_is_of_the_catalogue(tmp_path, capsys):
    for name, long in (("one", 30.0), ("two", 31.0)):
        export_meshes([box(long, 20.0, 20.0)], tmp_path, name, ("stl",))
        made = ["--output", str(tmp_path / name / "made"), "--format", "stl", *QUIET]
        assert main(["prepare", str(tmp_path / f"{name}.stl"), *made]) in (0, 1)
    capsys.readouterr()
    records = [str(tmp_path / name / "made") for name in ("one", "two")]
    kept = tmp_path / "one" / "made" / "printability.json"
    assert main(["compare", *records, "--output", str(tmp_path / "compared"), *QUIET]) == 0
    for more in (["--role", "4711", "--decision", "approve"], ["--verify"]):
        assert main(["sign", records[0], *more, *QUIET]) == 0
    log = next((tmp_path / "one" / "made").glob("sign-off.jsonl"))
    log.write_text(log.read_text(encoding="utf-8").replace("4711", "4712"), encoding="utf-8")
    assert main(["sign", records[0], "--verify", *QUIET]) == 1
    said = capsys.readouterr()
    assert words_left((said.out + said.err).splitlines(), kept) == []
    pages = [*(tmp_path / "compared").glob("*.html"), *(tmp_path / "one" / "made").glob("sign-off*.html")]
    assert pages and english(text for page in pages for text in texts_of(page)) == []


def test_a_batch_is_of_the_catalogue(tmp_path, capsys):
    """Its cases are told by children, which speak German here."""
    export_meshes([box(30.0, 20.0, 20.0)], tmp_path, "model", ("stl",))
    (tmp_path / "cases.csv").write_text("input\nmodel.stl\ngone.stl\n", encoding="utf-8")
    out = ["--output", str(tmp_path / "out"), "--format", "stl"]
    assert main(["batch", str(tmp_path / "cases.csv"), *out, *QUIET]) == 3
    assert main(["batch", str(tmp_path / "cases.csv"), *out, *QUIET, "--list"]) == 0
    said = capsys.readouterr()
    assert english((said.out + said.err).splitlines()) == []
    assert english(text for page in (tmp_path / "out").glob("*.html") for text in texts_of(page)) == []


def test_a_demo_is_of_the_catalogue(tmp_path, capsys, monkeypatch):
    """What it says besides its run, of which another test is."""
    small = {"shape": (20, 32, 32), "spacing": (4.4, 4.4, 4.8)}
    monkeypatch.setattr(
        "dicomtoprint.phantom.write_phantom_dicom",
        lambda folder, progress: write_phantom_dicom(folder, **small, progress=progress),
    )
    monkeypatch.setattr(runs, "run", lambda source, output, settings, progress: progress(1.0, _stopped(settings)))
    assert main(["demo", "--output", str(tmp_path), "--language", "de"]) == 130
    said = capsys.readouterr()
    assert set(said.err) & set(map(chr, LETTERS.values())) and english((said.out + said.err).splitlines()) == []


def _stopped(settings):
    assert settings.language == "de"
    raise CancelledError(_("stopped"))
