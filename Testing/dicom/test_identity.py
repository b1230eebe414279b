"""One patient under two spellings is one; two patients are two; a split scan is told."""

import pytest

from dicomtoprint.acceptance import evaluate_study, load_protocol
from dicomtoprint.acceptance.facts.acquisition import count_patients_of
from dicomtoprint.cli.summaries import acceptance_summary
from dicomtoprint.dicom import read_study
from dicomtoprint.dicom.identity import count_patients, date_key, distinct_names, name_key, same_name
from Phantoms.files import Raw, write_files
from Phantoms.series import CLASSIC, put, series


def _raw(text, encoding):
    return text.encode(encoding).decode("latin-1")


SAME = [
    (("Müller^Jörg", "latin-1", "ISO_IR 100"), ("Müller^Jörg", "utf-8", "ISO_IR 192")),
    (("MUSTER^HANS", "ascii", ""), ("Muster^Hans ", "ascii", "ISO_IR 100")),
    (("Yamada^Tarou", "ascii", ""), ("Yamada^Tarou=山田^太郎", "utf-8", "ISO_IR 192")),
    (("Muster^Hans^^", "ascii", ""), ("Muster^Hans", "ascii", "")),
    (("Иванов^Иван", "iso8859-5", "ISO_IR 144"), ("Иванов^Иван", "utf-8", "ISO_IR 192")),
]


@pytest.mark.parametrize("one, other", SAME)
def test_one_name_in_two_spellings_is_one(one, other):
    keys = [name_key(_raw(text, encoding), charset) for text, encoding, charset in (one, other)]
    assert same_name(*keys) and distinct_names(keys) == 1


def test_other_names_are_others():
    keys = [name_key(text) for text in ("Muster^Hans", "Muster^Anna", "", "Beispiel^Eva=山")]
    assert distinct_names(keys) == 3


def test_a_group_joins_what_lies_between():
    keys = [name_key(text) for text in ("Yamada^Tarou", "=YAMADA", "Yamada^Tarou=YAMADA")]
    assert distinct_names(keys) == 1


@pytest.mark.parametrize("text", ["1970.01.01", "19700101", "19700101 "])
def test_a_date_is_one_in_either_form(text):
    assert date_key(text) == "19700101"


def test_empty_values_tell_nothing():
    assert count_patients([("1", "A^B", "19700101", ""), ("", "", "", ""), (None, None, None, None)]) == 1
    assert count_patients([("1", "A^B", "", ""), ("2", "A^B", "", "")]) == 2


def test_a_series_in_two_character_sets_and_dates_is_of_one_patient(tmp_path):
    files = put(series(), PatientName=Raw("PN", "Müller^J".encode("latin-1")), SpecificCharacterSet="ISO_IR 100",
                PatientBirthDate=Raw("DA", b"19700101"))  # fmt: skip
    put(files, [2, 3], PatientName=Raw("PN", "Müller^J ".encode()), SpecificCharacterSet="ISO_IR 192",
        PatientBirthDate=Raw("DA", b"1970.01.01"))  # fmt: skip
    study = read_study(write_files(files, tmp_path))
    assert study.patients == 1 and count_patients_of(study.series) == 1


def _said(folder):
    protocols = [load_protocol("3dsystems-ortho")]
    return acceptance_summary(evaluate_study(read_study(folder), protocols, pixels=False).as_json())


def test_two_patients_in_a_folder_get_a_line(tmp_path):
    write_files(series(), tmp_path / "a")
    write_files(put(series(CLASSIC, "two"), PatientID="X", PatientName="Other"), tmp_path / "b")
    assert "Study: The input holds images of 2 patients" in _said(tmp_path)


def test_a_scan_split_by_an_anonymiser_is_told(tmp_path):
    files = series(count=16)
    for at, file in enumerate(files):
        file.header["SeriesInstanceUID"] = f"1.2.3.{at}"
    write_files(files, tmp_path)
    assert "16 series of one slice each are one scan, split by an anonymiser" in _said(tmp_path)


def test_a_study_of_one_patient_and_whole_series_gets_no_line(tmp_path):
    write_files(series(), tmp_path)
    assert "Study:" not in _said(tmp_path)
