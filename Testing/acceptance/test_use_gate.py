"""The gate of `run`, questions and their answers, and the series to use instead."""

import datetime

import pytest

from dicomtoprint.acceptance import evaluate_gate, evaluate_study, load_protocol, load_use_case
from dicomtoprint.config.resources import builtin_names
from dicomtoprint.dicom import read_study
from dicomtoprint.errors import UsageError
from Phantoms.files import write_files
from Phantoms.series import CORONAL, put, renamed, series, take

SURGERY = datetime.date(2026, 5, 4)
CLINICAL = ("surgical-planning", "fracture", "dental", "implant", "legal")
OPEN = ("general", "teaching", "patient-education", "veterinary", "research")
ANSWERS = {"issuer-consulted": "yes", "motion-blur": "yes", "metal-minimised": "yes"}


def _judged(files, tmp_path, answers=None, protocols=("3dsystems-ortho",), surgery=SURGERY):
    study = read_study(write_files(files, tmp_path))
    return evaluate_study(
        study,
        [load_protocol(name) for name in protocols],
        answers=answers or {},
        surgery_date=surgery,
        pixels=False,
        today=datetime.date(2026, 6, 1),
    )


def _gates(files, tmp_path, answers=None, reason=None):
    one = _judged(files, tmp_path, answers).series[0]
    return {name: evaluate_gate(one, load_use_case(name), reason) for name in builtin_names("uses")}


def test_uses_are_all_here():
    assert set(CLINICAL) | set(OPEN) == set(builtin_names("uses"))


def test_good_scan_opens_every_use_once_the_questions_are_answered(tmp_path):
    asked = _gates(series(), tmp_path / "a")
    assert {name for name, found in asked.items() if not found.open} == set(CLINICAL)
    assert all(asked[name].exit_code == 4 and "--answer" in asked[name].reason for name in CLINICAL)
    answered = _gates(series(), tmp_path / "b", ANSWERS)
    assert all(found.open and found.exit_code == 0 for found in answered.values())


def test_reject_that_keeps_the_shape_blocks_the_clinical_uses(tmp_path):
    found = _gates(put(series(), ConvolutionKernel="B70f"), tmp_path, ANSWERS)
    assert {name for name, own in found.items() if not own.open} == set(CLINICAL)
    assert all(found[name].exit_code == 1 and "--accept-anyway" in found[name].reason for name in CLINICAL)


def test_wrong_shape_blocks_all_but_research(tmp_path):
    found = _gates(series(shear=0.2), tmp_path, ANSWERS)
    assert {name for name, own in found.items() if own.open} == {"research"}


def test_wrong_scale_asks_all_but_research(tmp_path):
    found = _gates(put(series(), ReconstructionDiameter="32"), tmp_path / "a", ANSWERS)
    assert {name: own.exit_code for name, own in found.items()} == {
        name: 0 if name == "research" else 4 for name in found
    }
    found = _gates(put(series(), ReconstructionDiameter="32"), tmp_path / "b", ANSWERS | {"scale-as-stated": "yes"})
    assert all(own.open for own in found.values())


def test_ask_blocks_the_clinical_uses_until_answered(tmp_path):
    found = _gates(take(series(), "ConvolutionKernel"), tmp_path / "a", ANSWERS)
    assert {name: own.exit_code for name, own in found.items() if not own.open} == dict.fromkeys(CLINICAL, 4)
    found = _gates(take(series(), "ConvolutionKernel"), tmp_path / "b", ANSWERS | {"kernel": "yes"})
    assert all(own.open for own in found.values())
    found = _gates(take(series(), "ConvolutionKernel"), tmp_path / "c", ANSWERS | {"kernel": "no"})
    assert {name for name, own in found.items() if own.exit_code == 1} == set(CLINICAL)


@pytest.mark.parametrize("reason", [None, "for the museum"])
def test_undefined_volume_blocks_always(reason, tmp_path):
    files = series()
    put(files, [2], ImagePositionPatient=files[3].header["ImagePositionPatient"])
    assert all(not own.open and own.exit_code == 1 for own in _gates(files, tmp_path, ANSWERS, reason).values())


def test_a_reason_that_was_not_needed_is_told_as_such(tmp_path):
    found = _gates(series(), tmp_path, None, "a test")
    assert "though none was needed: a test" in found["teaching"].reason
    assert found["implant"].reason == "Used although it was not accepted; the reason given: a test"


def test_accept_anyway_opens_everything_else(tmp_path):
    found = _gates(series(shear=0.2), tmp_path, None, "for the museum")
    assert all(own.open and "for the museum" in own.reason for own in found.values())
    assert not any(
        evaluate_gate(_judged(series(shear=0.2), tmp_path / "b").series[0], load_use_case("general"), blank).open
        for blank in ("", " ")
    )


def test_answer_does_not_overrule_a_measurement(tmp_path):
    judged = _judged(series(spacing=3.0), tmp_path, {"slice-spacing": "yes"})
    assert judged.series[0].verdict.value == "reject"


@pytest.mark.parametrize("answers", [{"no-such-rule": "yes"}, {"kernel": "perhaps"}])
def test_senseless_answers_are_refused(answers, tmp_path):
    with pytest.raises(UsageError):
        _judged(series(), tmp_path, answers)


def test_answer_no_to_a_standing_question_counts(tmp_path):
    judged = _judged(series(), tmp_path, {"motion-blur": "no"})
    assert judged.series[0].verdict.value == "reject"
    assert [question.answer for question in judged.series[0].questions if question.rule == "motion-blur"] == ["no"]


def test_series_to_use_instead_is_named(tmp_path):
    coronal = renamed(put(series(name="cor", plane=CORONAL)), "cor")
    axial = put(series(name="ax"), FrameOfReferenceUID=coronal[0].header["FrameOfReferenceUID"])
    other = renamed(series(name="other"), "other")
    judged = _judged(coronal + renamed(axial, "ax") + other, tmp_path)
    by_uid = {one.series.uid: one for one in judged.series}
    assert (
        by_uid[coronal[0].header["SeriesInstanceUID"]].suggested_series
        == by_uid[axial[0].header["SeriesInstanceUID"]].series.id
    )
    assert [one.verdict.rank for one in judged.series] == sorted(one.verdict.rank for one in judged.series)


def test_one_series_can_be_chosen(tmp_path):
    files = series(name="one") + renamed(series(name="two"), "two")
    study = read_study(write_files(files, tmp_path))
    protocols = [load_protocol("3dsystems-ortho")]
    for key in (study.series[1].id, study.series[1].uid):
        chosen = evaluate_study(study, protocols, pixels=False, series_id=key)
        assert [one.series.id for one in chosen.series] == [study.series[1].id]
    with pytest.raises(UsageError, match="nonsense"):
        evaluate_study(study, protocols, pixels=False, series_id="nonsense")


def test_a_run_takes_a_series_that_its_use_may_be_made_of_before_a_larger_one(tmp_path):
    """Two rejected series: the larger has two slices at one place, so its volume is not defined; the smaller only has another kernel."""
    from dicomtoprint.config.run_settings import RunSettings
    from dicomtoprint.pipeline import choose_series

    larger = series(name="larger", count=12)
    put(larger, slices=(5, 6), ImagePositionPatient=larger[5].header["ImagePositionPatient"])
    smaller = renamed(put(series(count=8), ConvolutionKernel="B70f"), "smaller")
    judged = _judged(larger + smaller, tmp_path)
    assert {len(one.series.files): one.verdict.value for one in judged.series} == {12: "reject", 8: "reject"}
    assert len(choose_series(judged, RunSettings()).series.files) == 8
