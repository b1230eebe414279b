"""No remedy asks for more than the lowest level that can help: a table of cases, and the levels of every rule."""

import datetime

import pytest

from dicomtoprint.acceptance import causes, evaluate_study, load_protocol
from dicomtoprint.acceptance.messages import LEVELS, REMEDIES
from dicomtoprint.config.resources import builtin_names
from dicomtoprint.dicom import read_study
from Phantoms.case import PROTOCOLS
from Phantoms.catalogue import catalogue
from Phantoms.files import Raw, write_files
from Phantoms.series import put, series, take

DATES = ("AcquisitionDate", "ContentDate", "SeriesDate", "StudyDate", "AcquisitionDateTime")
SURGERY = datetime.date(2026, 5, 4)


def _dated(text):
    return put(series(), **dict.fromkeys(DATES[:4], text), AcquisitionDateTime=f"{text}120000")


def _without_slice():
    files = series(count=12)
    del files[5]
    return files


# What is wrong, the rule whose finding is the cause, and the lowest level that can help.
TABLE = {
    "no date": (lambda: take(series(), *DATES), "scan-age", "ask"),
    "a date that is none": (lambda: _dated("20261341"), "scan-age", "ask"),
    "a date before CT": (lambda: _dated("19000101"), "scan-age", "ask"),
    "an old scan": (lambda: _dated("20251103"), "scan-age", "ask"),
    "Modality mislabelled": (lambda: put(series(), Modality="MR"), "modality", "ask"),
    "another kind of image": (
        lambda: put(series(), SOPClassUID="1.2.840.10008.5.1.4.1.1.7", Modality="OT"), "sop-class", "export again",
    ),
    "localizers alone": (lambda: put(series(), ImageType=r"ORIGINAL\PRIMARY\LOCALIZER"), "localizers-apart", "export again"),
    "a hole": (_without_slice, "contiguous", "copy again"),
    "a coronal image among axial ones": (
        lambda: put(series(count=12), [5], ImageOrientationPatient=r"1\0\0\0\0\-1"), "one-orientation", "export again",
    ),
    "a reformat": (lambda: put(series(), ImageType=r"DERIVED\SECONDARY\MPR"), "no-reformat", "export again"),
    "a tilt in the header alone": (lambda: put(series(), GantryDetectorTilt="5"), "tilt-taken-out", "export again"),
    "a tilt that is no number": (lambda: put(series(), GantryDetectorTilt=Raw("DS", b"left")), "tilt-tag", "ask"),
    "two kernels in one series": (lambda: put(series(), [2], ConvolutionKernel="B70f"), "kernel", "export again"),
    "a sharp kernel": (lambda: put(series(), ConvolutionKernel="B70f"), "kernel", "reconstruct again"),
    "no kernel": (lambda: take(series(), "ConvolutionKernel"), "kernel", "ask"),
    "large pixels": (lambda: put(series(), PixelSpacing=r"0.9\0.9", ReconstructionDiameter=None), "pixel-size", "reconstruct again"),
    "thick slices": (lambda: series(thickness="4", spacing=4.0), "slice-thickness", "reconstruct again"),
    "no thickness": (lambda: take(series(), "SliceThickness"), "slice-thickness", "ask"),
    "gantry tilt": (lambda: series(shear=0.2), "gantry-tilt", "scan again"),
    "another patient": (lambda: put(series(count=12), [3], PatientID="X", PatientName="B"), "one-patient", "export again"),
    "lossy": (lambda: put(series(), LossyImageCompression="01"), "never-lossy", "export again"),
    "a pause": (lambda: put(series(), [4, 5, 6], AcquisitionTime="123500"), "acquired-without-pause", "ask"),
}  # fmt: skip


def _causes(files, folder, surgery=SURGERY):
    protocols = [load_protocol(name) for name in PROTOCOLS]
    accepted = evaluate_study(read_study(write_files(files, folder)), protocols, surgery_date=surgery, pixels=False)
    return {cause["rule"]: cause for cause in accepted.as_json()["series"][0]["causes"]}


@pytest.mark.parametrize("name", TABLE)
def test_the_lowest_level_that_can_help_is_asked_for(name, tmp_path):
    make, rule, level = TABLE[name]
    found = _causes(make(), tmp_path)
    assert rule in found, found
    assert found[rule]["level"] == level
    if level != "scan again" and name != "an old scan":
        assert "new scan:" not in found[rule]["remedy"] and "ask for a new scan" not in found[rule]["remedy"]


def test_a_surgery_before_the_scan_is_a_question(tmp_path):
    found = _causes(series(), tmp_path, datetime.date(2020, 1, 1))
    assert found["scan-age"]["level"] == "ask"
    assert found["scan-age"]["remedy"].startswith("Answer the question")
    assert "new export: the images with the date of the scan. No new scan is needed." in found["scan-age"]["remedy"]


@pytest.mark.parametrize(
    "day, told", [("20251103", "6 months and 1 day"), ("20251004", "7 months"), ("20250404", "13 months")]
)
def test_the_age_of_a_scan_is_told_to_the_day(day, told, tmp_path):
    found = _causes(_dated(day), tmp_path)
    assert f"The scan is {told} older" in found["scan-age"]["message"]


def test_every_rule_has_a_level():
    """What can lower a verdict says what to do; only what cannot be changed, or changes nothing, does not."""
    nothing_to_do = {"window-presets", "rescale-uniform"}
    for name in builtin_names("protocols"):
        for rule in load_protocol(name).rules:
            codes = {code for codes in (rule.remedy, *rule.remedy_when.values()) for code in codes}
            assert codes <= set(LEVELS) == set(REMEDIES)
            if rule.severity.value != "info" and rule.operator != "shown" and rule.id not in nothing_to_do:
                assert rule.remedy, (name, rule.id)


# A new scan is asked for only where the geometry or the dose is in the voxels, or the scan is too old.
SCAN_AGAIN = {"gantry-tilt", "gantry-tilt-tag", "tilt-geometry", "tilt-tag", "grid-shear", "tilt-geometry-enhanced",
              "tilt-tag-enhanced", "motion", "anatomy-in-field", "tilt-wedge", "tilt-taken-out", "scan-age"}  # fmt: skip


def test_only_rules_on_the_voxels_can_ask_for_a_new_scan():
    for name in builtin_names("protocols"):
        for rule in load_protocol(name).rules:
            codes = {code for codes in (rule.remedy, *rule.remedy_when.values()) for code in codes}
            assert "S" not in codes or rule.id in SCAN_AGAIN, (name, rule.id)


@pytest.mark.parametrize("part", range(4))
def test_no_remedy_contradicts_itself(part, tmp_path):
    protocols = [load_protocol(name) for name in PROTOCOLS]
    for case in [case for case in catalogue() if not case.pixels][part::12]:
        case.write(tmp_path / case.id)
        accepted = evaluate_study(read_study(tmp_path / case.id), protocols, surgery_date=case.surgery, pixels=False)
        for one in accepted.series:
            for result in one.protocols.values():
                for finding in filter(causes.complains, result.findings):
                    said = finding.remedy.lower()
                    assert said.count("no new scan") <= 1, said
                    assert not ("no new scan" in said and "ask for a new scan" in said), said
                    assert "?" not in said and "{" not in said + finding.message, (finding.rule, said, finding.message)
