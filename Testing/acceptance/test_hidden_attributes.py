"""Attributes where they hide: tilts in sequences of classic objects, non-square matrices, phases in one series."""

import json

import numpy as np
import pytest

from dicomtoprint.acceptance import evaluate_study, load_protocol
from dicomtoprint.cli.main import main
from dicomtoprint.dicom import phases, read_study, read_volume
from dicomtoprint.errors import UsageError
from Phantoms.case import PROTOCOLS, SURGERY
from Phantoms.files import write_files
from Phantoms.series import CLASSIC, ENHANCED, put, series, take


def _accepted(files, folder, **options):
    protocols = [load_protocol(name) for name in PROTOCOLS]
    return evaluate_study(
        read_study(write_files(files, folder)), protocols, surgery_date=SURGERY, pixels=False, **options
    )


def _outcome(files, folder, rule, protocol="3dsystems-ortho"):
    (result,) = _accepted(files, folder).series
    return next(one for one in result.protocols[protocol].findings if one.rule == rule)


TILTS = {
    "acquisition details": {"CTAcquisitionDetailsSequence": [{"GantryDetectorTilt": "12"}]},
    "multi-energy acquisition": {"MultienergyCTAcquisitionSequence": [{"GantryDetectorTilt": "12"}]},
    "details inside a multi-energy acquisition": {
        "MultienergyCTAcquisitionSequence": [{"CTAcquisitionDetailsSequence": [{"GantryDetectorTilt": "12"}]}]
    },
}


@pytest.mark.parametrize("name", TILTS)
def test_a_tilt_in_a_sequence_of_a_classic_object_is_found(name, tmp_path):
    files = put(take(series(), "GantryDetectorTilt"), **TILTS[name])
    for protocol, rule in (("3dsystems-ortho", "gantry-tilt-tag"), ("exoplan-import", "tilt-tag")):
        finding = _outcome(files, tmp_path / protocol, rule, protocol)
        assert (finding.measured, finding.outcome.value) == (12.0, "fail")


def test_no_tilt_in_a_sequence_is_none(tmp_path):
    files = put(series(), CTAcquisitionDetailsSequence=[{"GantryDetectorTilt": "0"}])
    assert _outcome(files, tmp_path, "gantry-tilt-tag").outcome.value == "pass"


@pytest.mark.parametrize("charset, outcome", [("ISO_IR 6", "pass"), ("ISO_IR 192", "pass"), ("ISO_IR 13", "fail")])
def test_the_default_character_set_may_be_stated(charset, outcome, tmp_path):
    files = put(series(), SpecificCharacterSet=charset)
    assert _outcome(files, tmp_path, "character-set", "exoplan-import").outcome.value == outcome


@pytest.mark.parametrize("diameter, outcome", [("32", "pass"), ("16", "pass"), ("24", "ask"), ("64", "ask")])
def test_the_diameter_is_that_of_a_side(diameter, outcome, tmp_path):
    """32 rows of 1 mm, 16 columns of 1 mm."""
    files = put(series(size=(32, 16), pixel=(1.0, 1.0)), ReconstructionDiameter=diameter)
    assert _outcome(files, tmp_path, "scale-as-stated").outcome.value == outcome


def _two(keyword, values, kind=CLASSIC):
    first, second = (put(series(kind, count=6), **{keyword: value}) for value in values)
    for at, file in enumerate(second):
        file.name = f"second-{at}.dcm"
        file.header["SOPInstanceUID"] = f"1.2.3.{at}"
        file.header["InstanceNumber"] = str(100 + at)
    return [*first, *second]


SPLITS = {
    "AcquisitionNumber": ("1", "2"),
    "ConvolutionKernel": ("H30s", "B70f"),
    "TemporalPositionIdentifier": ("1", "2"),
    "TriggerTime": ("0", "400"),
}


@pytest.mark.parametrize("keyword", SPLITS)
def test_two_phases_are_offered_as_a_choice(keyword, tmp_path):
    accepted = _accepted(_two(keyword, SPLITS[keyword]), tmp_path)
    (result,) = accepted.series
    finding = next(one for one in result.protocols["exoplan-import"].findings if one.rule == "positions-distinct")
    assert finding.message.startswith("The series holds 2 phases") and finding.level == "ask"
    assert f"--series {result.series.id}/1, --series {result.series.id}/2" in finding.remedy
    listed = accepted.as_json()["series"][0]["phases"]
    assert [(entry["series"], entry["files"]) for entry in listed] == [
        (f"{result.series.id}/1", 6),
        (f"{result.series.id}/2", 6),
    ]


def test_a_phase_is_judged_and_read_by_itself(tmp_path):
    files = _two("AcquisitionNumber", ("1", "2"))
    whole = _accepted(files, tmp_path).series[0].series
    for name in (f"{whole.id}/1", f"{whole.uid}/2"):
        (part,) = _accepted(files, tmp_path, series_id=name).series
        assert part.verdict.value == "accept" and len(part.series.files) == 6
        assert read_volume(part.series).array.shape[0] == 6
    with pytest.raises(UsageError):
        _accepted(files, tmp_path, series_id=f"{whole.id}/3")


def test_what_tells_nothing_apart_is_no_choice(tmp_path):
    files = _two("StationName", ("A", "B"))
    (result,) = _accepted(files, tmp_path).series
    assert phases(result.series) == ()
    assert "phases" not in result.as_json()


def test_step_and_shoot_is_one_volume(tmp_path):
    files = series(count=8)
    for at, file in enumerate(files):
        file.header["AcquisitionNumber"] = str(at // 2)
    (result,) = _accepted(files, tmp_path).series
    assert phases(result.series) == () and result.verdict.value == "accept"


def test_phases_of_a_real_scan(data_dir, tmp_path):
    study = read_study(data_dir / "reported" / "phases")
    (one,) = study.series
    first, second = phases(one)
    assert len(first.series) == len(second.series) == 70 and "acquisition" in first.by
    target = tmp_path / "c.json"
    main(["check", str(data_dir / "reported" / "phases"), "--no-pixels", "--series", f"{one.id}/2",
                 "--json", str(target)])  # fmt: skip
    (judged,) = json.loads(target.read_text(encoding="utf-8"))["series"]
    assert judged["series"] == f"{one.id}/2" and judged["files"] == 70
    assert np.isfinite(read_volume(second.series).array).all()


def test_measures_at_each_frame_alone_are_warned_of(tmp_path):
    files = series(ENHANCED)
    from Phantoms.series import frames, shared

    measures = shared(files).pop("PixelMeasuresSequence")
    for frame in frames(files):
        frame["PixelMeasuresSequence"] = measures
    finding = _outcome(files, tmp_path, "functional-groups", "exoplan-import")
    assert (finding.outcome.value, finding.severity.value, finding.measured) == ("fail", "warn", "measures per frame")
