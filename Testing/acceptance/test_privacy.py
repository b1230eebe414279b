"""A canary name, id, date and UID in every text attribute reach no output unless the user asks for it."""

import json
import logging
import warnings

import pytest

from dicomtoprint.acceptance import evaluate_study, load_protocol
from dicomtoprint.dicom import read_study
from dicomtoprint.errors import DicomToPrintError
from Phantoms.case import PROTOCOLS, SURGERY
from Phantoms.files import write_files
from Phantoms.integrity import disc
from Phantoms.mutation import mutated, write_mutated
from Phantoms.phi_leak import NAME, NUMBER, everywhere, heard, one_by_one, text_attributes, two_patients
from Phantoms.series import KINDS, bend, put, renamed, series


def _judged(folder, identified=False, pixels=False):
    accepted = evaluate_study(
        read_study(folder), [load_protocol(name) for name in PROTOCOLS], surgery_date=SURGERY, pixels=pixels
    )
    return accepted.as_json(identified=identified)


def test_canaries_stand_in_very_many_attributes():
    assert len(list(text_attributes())) > 1000


@pytest.mark.parametrize("pixels", [False, True], ids=["headers", "pixels"])
@pytest.mark.parametrize("kind", KINDS)
def test_nothing_of_the_patient_in_the_verdict(kind, pixels, tmp_path):
    folder = write_files(everywhere(kind), tmp_path / "scan")
    said = json.dumps(_judged(folder, pixels=pixels), ensure_ascii=False)
    assert heard(said) == []
    assert str(tmp_path) not in said


@pytest.mark.parametrize("kind", KINDS)
def test_values_that_make_a_rule_speak_are_not_repeated(kind, tmp_path):
    sung = {}
    for name, files in one_by_one(kind):
        try:
            said = json.dumps(_judged(write_files(files, tmp_path / name)), ensure_ascii=False)
        except DicomToPrintError as told:
            said = str(told)
        if heard(said):
            at = said.lower().index(heard(said)[0].lower())
            sung[name] = said[max(at - 120, 0) : at + 40]
    assert sung == {}


def test_two_patients_are_not_named(tmp_path):
    assert heard(json.dumps(_judged(write_files(two_patients(), tmp_path)))) == []


def test_identified_opens_it(tmp_path):
    """The switch works, so that the tests above can fail."""
    folder = write_files(put(series(), SeriesDescription=f"Head {NAME}"), tmp_path)
    assert NAME in json.dumps(_judged(folder, identified=True))


def test_file_names_stand_only_under_unreadable(tmp_path):
    files = renamed(put(series(), [3], SliceThickness="9"), f"{NAME}/{NUMBER}")
    for index, file in enumerate(files):
        file.name = file.name.replace(".dcm", f" {NAME} {index}.dcm")
    folder = write_files(bend(files, [6], bend=(lambda content: content[:-700],)), tmp_path)
    (folder / f"{NAME} broken.dcm").write_bytes(b"\x08\x00\x05\x00nothing of use" * 9)
    said = _judged(folder)
    assert any(NAME in one["file"] for one in said["unreadable"])
    assert not any("/" in one["file"] for one in said["unreadable"])
    said["unreadable"] = []
    assert heard(json.dumps(said)) == []


def test_absolute_paths_stand_nowhere(tmp_path):
    folder = tmp_path / f"{NAME}-{NUMBER}"
    write_files(series(), folder)
    (folder / "broken.dcm").write_bytes(b"DICM" * 40)
    assert heard(json.dumps(_judged(folder))) == []
    empty = tmp_path / f"empty {NAME}"
    empty.mkdir()
    (empty / "note.txt").write_text("no scan", encoding="utf-8")
    with pytest.raises(DicomToPrintError) as told:
        read_study(empty)
    assert str(tmp_path) not in str(told.value)


def test_disc_directory_is_silent_too(tmp_path):
    target = disc(tmp_path, (NAME.lower(),))
    lost = sorted(path for path in target.rglob("*") if path.is_file() and path.name != "DICOMDIR")[-1]
    lost.unlink()
    assert heard(json.dumps(_judged(target))) == []


def test_no_warning_or_log_carries_content(tmp_path, caplog, capfd):
    """What pydicom would warn about quotes the file's bytes: neither warnings, logs nor the terminal may."""
    caplog.set_level(logging.DEBUG)
    with warnings.catch_warnings(record=True) as heard_warnings:
        warnings.simplefilter("always")
        _judged(write_files(everywhere(), tmp_path / "scan"))
        for seed in range(30):
            try:
                _judged(write_mutated(mutated(seed), tmp_path / str(seed)))
            except DicomToPrintError:
                continue
    foreign = [str(one.message)[:100] for one in heard_warnings if "pydicom" in (one.filename or "")]
    assert foreign == []
    assert heard(caplog.text) == []
    printed = capfd.readouterr()
    assert heard(printed.out + printed.err) == []
    assert "pydicom" not in printed.err
