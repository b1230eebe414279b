"""Messages: English for all that stores and compares, any language at the edges."""

import copy
import json
import pickle

import pytest

from dicomtoprint.errors import InputError
from dicomtoprint.messages import (
    Column,
    Measured,
    Message,
    _,
    as_data,
    from_data,
    id_and_parameters,
    join,
    language,
    options_in,
    plural,
    speaking,
    translate,
    until,
    way,
)
from dicomtoprint.text import pluralize
from dicomtoprint.workers import state_files

GERMAN = {
    "The scan paused for {seconds:.4g} s.": "Die Aufnahme pausierte {seconds:.4g} s.",
    "{size:,.1f} mm3 in {files}": "{files} mit {size:,.1f} mm3",
    language.NUMBERS: "1.234,5; 6",
    "not known": "unbekannt",
    " or ": " oder ",
    "Thicken: {--thicken:{wall:g}} or {--cut:R=MM}.": "Verdicken: {--thicken:{wall:g}} oder {--cut:R=MM}.",
}


class Catalogue:
    """A catalogue of gettext in memory."""

    def gettext(self, text):
        return GERMAN.get(text, text)

    def ngettext(self, one, many, number):
        return {"{number} file": ("{number} Datei", "{number} Dateien")}.get(one, (one, many))[number != 1]


@pytest.fixture
def german(monkeypatch):
    monkeypatch.setattr(language, "_catalogue", lambda name: Catalogue())
    with speaking("de"):
        yield


def pause():
    return _("The scan paused for {seconds:.4g} s.", seconds=1.5)


def test_a_message_is_its_english_sentence():
    message = pause()
    assert message == "The scan paused for 1.5 s."
    assert json.dumps({"message": message}) == '{"message": "The scan paused for 1.5 s."}'
    assert {message: 1}["The scan paused for 1.5 s."] == 1
    assert translate(message) == message and type(translate(message)) is str


def test_a_missing_parameter_fails():
    with pytest.raises(KeyError, match="seconds"):
        _("The scan paused for {seconds:.4g} s.", minutes=1.5)
    with pytest.raises(KeyError, match="seconds"):
        _("The scan paused for {seconds:.4g} s.").format_map({"minutes": 1.5})


def test_a_template_is_filled_later_as_one_of_str():
    assert _("{what} and {other}").format(what="A", other=pause()) == "A and The scan paused for 1.5 s."
    assert isinstance(_("{what}").format_map({"what": 1, "unused": 2}), Message)


@pytest.mark.parametrize("copied", [lambda text: pickle.loads(pickle.dumps(text)), copy.copy, copy.deepcopy])
def test_a_message_stays_one_where_it_is_copied(german, copied):
    assert translate(copied(pause())) == "Die Aufnahme pausierte 1,5 s."


def test_an_error_keeps_the_message_it_was_raised_with(german):
    error = InputError(pause())
    assert str(error) == "The scan paused for 1.5 s."
    assert translate(str(error)) == "Die Aufnahme pausierte 1,5 s."
    assert translate(_("{error}", error=error)) == "Die Aufnahme pausierte 1,5 s."


def test_a_message_goes_through_the_files_of_child_processes(german, tmp_path):
    known = _("{size:,.1f} mm3 in {files}", size=Measured(0.6, (0.6,)), files=pluralize(2, "file"))
    folder = state_files.StateFolder(tmp_path)
    folder.save("result", {"said": known, "else": way(_("not known"), _(" or "))})
    read = folder.load("result")
    assert read["said"] == known and translate(read["said"]) == "2 Dateien mit 0,6 mm3"
    with speaking("de", lambda option: option):
        assert translate(read["else"]) == " oder "


def test_numbers_are_written_as_the_language_does(german):
    assert translate(_("{size:,.1f} mm3 in {files}", size=1234.56, files="x")) == "x mit 1.234,6 mm3"


def test_what_is_no_number_keeps_its_points(german):
    assert translate(_("{size:,.1f} mm3 in {files}", size=1.0, files="bone.stl 1.2")) == "bone.stl 1.2 mit 1,0 mm3"


@pytest.mark.parametrize(("number", "said"), [(0, "0 Dateien"), (1, "1 Datei"), (3, "3 Dateien")])
def test_counts_have_their_plural(german, number, said):
    assert translate(pluralize(number, "file")) == said
    assert translate(plural("{number} file", "{number} files", number)) == said


def test_parameters_are_translated_too(german):
    inner = join(_(" or "), [_("not known"), pause()])
    assert translate(_("{inner}!", inner=inner)) == "unbekannt oder Die Aufnahme pausierte 1,5 s.!"


def test_what_strings_are_made_of_stays_a_message(german):
    assert translate("Note: " + pause()) == "Note: Die Aufnahme pausierte 1,5 s."
    assert translate(pause() + _("not known")[:2].upper()) == "Die Aufnahme pausierte 1,5 s.UN"
    assert translate(until(pause(), " pausierte").removesuffix("e")) == "Die Aufnahm"
    assert join(", ", ["a", "b"]) == "a, b" and type(join(", ", ["a", "b"])) is str
    assert translate(_("not known").capitalised()) == "Unbekannt"


def test_options_stay_and_their_values_are_for_machines(german):
    message = _("Thicken: {--thicken:{wall:g}} or {--cut:R=MM}.", wall=0.5)
    assert message == "Thicken: --thicken 0.5 or --cut R=MM."
    assert translate(message) == "Verdicken: --thicken 0.5 oder --cut R=MM."
    assert options_in(_("{inner} {--base}", inner=message)) == ("--base", "--thicken", "--cut")


def test_readers_without_a_command_line_are_told_of_controls(german):
    message = _("Thicken: {--thicken:{wall:g}} or {--cut:R=MM}.", wall=0.5)
    with speaking(None, lambda option: f"[{option[2:]}]"):
        assert translate(message) == "Verdicken: [thicken] 0.5 oder [cut]."
        assert translate(way(_("not known"), _(" or "))) == " oder "
    assert translate(way(_("not known"), _(" or "))) == "unbekannt"


def test_a_measured_value_never_reads_like_the_limit_beside_it(german):
    message = _("{size:,.1f} mm3 in {files}", size=Measured(0.6004, (0.6,)), files="x")
    assert message == "0.6004 mm3 in x"
    assert translate(message) == "x mit 0,6004 mm3"


def test_json_holds_what_a_message_was_made_of(german):
    message = _("{size:,.1f} mm3 in {files}", size=2.5, files=pluralize(1, "file"))
    content = json.loads(json.dumps(as_data(message)))
    assert content["message_id"] == "{size:,.1f} mm3 in {files}"
    assert content["parameters"]["size"] == 2.5
    assert from_data(content) == message
    assert translate(from_data(content)) == "1 Datei mit 2,5 mm3"
    assert id_and_parameters("plain") == ("plain", {})
    assert id_and_parameters(pause()) == ("The scan paused for {seconds:.4g} s.", {"seconds": 1.5})


def test_what_is_cut_off_a_message_can_be_told_by_its_json(german):
    changed = until(pause(), " s.")
    identity, parameters = id_and_parameters(changed)
    assert identity == "{text}"
    assert translate(from_data(parameters["text"])) == "Die Aufnahme pausierte 1,5"


def test_english_loads_no_catalogue(monkeypatch):
    monkeypatch.setattr(language, "_catalogue", lambda name: pytest.fail("a catalogue was read"))
    assert translate(pause()) == "The scan paused for 1.5 s."


def test_lists_of_decimals_and_groups_of_digits_are_as_the_catalogue_shows(german, monkeypatch):
    monkeypatch.setitem(GERMAN, language.NUMBERS, "1.234,5; 6")
    place = join(", ", [_("{value:.1f}", value=value) for value in (1.5, -2.0)])
    assert place == "1.5, -2.0" and translate(place) == "1,5; -2,0"
    assert translate(join(", ", [_("{count}", count=3), _("not known")])) == "3, unbekannt"
    monkeypatch.setitem(GERMAN, language.NUMBERS, "1 234,5; 6")
    assert translate(_("{size:,.1f} mm3 in {files}", size=1234.5, files=1)) == "1 mit 1 234,5 mm3"


def test_a_column_is_as_wide_as_its_longest_word_in_the_language(german):
    among = ("pass", _("not known"))
    line = _("{word:<6}|", word=Column("pass", among))
    assert line == "pass     |" and translate(line) == "pass     |"
    assert translate(_("{word:<6}|", word=Column(_("not known"), ("", _("not known"))))) == "unbekannt|"
