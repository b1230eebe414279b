"""Cone beam units are known by what they write, asked what they can answer, and not spoken to as CT scanners."""

import pytest

from dicomtoprint.acceptance import evaluate_study, load_protocol
from dicomtoprint.acceptance.facts.image_type import classify_kernel
from dicomtoprint.config import resources
from dicomtoprint.dicom import read_study
from Phantoms.case import SURGERY
from Phantoms.files import write_files
from Phantoms.series import put, series, take

MAKERS = [
    "QR s.r.l.",
    "QR srl",
    "TROPHY",
    "Carestream Health",
    "Xoran Technologies ®",
    "Dabi Atlante",
    "NIM",
    "DUERR DENTAL",
    "Asahi Roentgen Ind. Co., Ltd.",
    "HDX WILL",
    "LargeV",
    "J.Morita.Mfg.Corp.",
    "Vatech Company Limited",
    "Imaging Sciences International",
    "NewTom",
    "MyRay",
    "Sirona",
    "PreXion",
    "Planmeca",
]


def _judged(files, folder):
    protocol = load_protocol("3dsystems-ortho")
    study = read_study(write_files(files, folder))
    (result,) = evaluate_study(study, [protocol], surgery_date=SURGERY, pixels=False).series
    return result, {finding.rule: finding for finding in result.protocols[protocol.name].findings}


def _cone_beam(maker="QR s.r.l.", **values):
    return put(take(series(), "ConvolutionKernel"), Manufacturer=maker.encode("latin-1", "replace").decode("latin-1"),
               ManufacturerModelName="", **values)  # fmt: skip


@pytest.mark.parametrize("maker", MAKERS)
def test_a_maker_is_known_by_what_it_writes(maker, tmp_path):
    _, findings = _judged(_cone_beam(maker), tmp_path)
    assert findings["cone-beam"].measured == "by its maker"


@pytest.mark.parametrize(
    "maker", ["GE MEDICAL SYSTEMS", "SIEMENS", "Philips", "TOSHIBA", "NIMBUS", "Minimed", "Array Co"]
)
def test_a_ct_scanner_is_none(maker, tmp_path):
    _, findings = _judged(put(series(), Manufacturer=maker), tmp_path)
    assert findings["cone-beam"].measured == "no"


def test_each_added_maker_says_whether_it_was_seen():
    rows = resources.load_json_resource("kernels", "kernels")[0]["cone_beam"][1:]
    assert all(isinstance(row["seen"], bool) and row["vendor"] for row in rows)


def test_a_unit_without_kernels_is_asked_its_own_question(tmp_path):
    result, findings = _judged(_cone_beam(), tmp_path)
    kernel = findings["kernel"]
    assert kernel.outcome.value == "ask" and kernel.level == "ask"
    assert "cone beam scanner states no reconstruction kernel" in kernel.message
    for word in ("STANDARD", "H30s", "FC20", "raw data"):
        assert word not in kernel.message + kernel.remedy
    assert "cone-beam-still" in {question.rule for question in result.questions}


def test_a_unit_is_asked_for_voxels_and_not_for_a_field_of_view(tmp_path):
    _, findings = _judged(_cone_beam(PixelSpacing=r"0.9\0.9"), tmp_path)
    said = findings["pixel-size"].remedy
    assert "voxels of 0.6 mm or smaller" in said and "512 pixels" not in said and "Call the scanner" not in said


def test_a_ct_is_not_asked_the_questions_of_a_cone_beam_unit(tmp_path):
    result, _ = _judged(series(), tmp_path)
    assert "cone-beam-still" not in {question.rule for question in result.questions}


@pytest.mark.parametrize("kernel", ["FC68", "FC69"])
def test_soft_kernels_of_toshiba_above_60(kernel):
    assert classify_kernel(kernel, "TOSHIBA", load_protocol("3dsystems-ortho").kernels) == "smooth"
    assert classify_kernel("FC81", "TOSHIBA", load_protocol("3dsystems-ortho").kernels) == "sharp"


@pytest.mark.parametrize(
    "description, outcome",
    [
        ("AX THINS MPR", "ask"),
        ("3D RECON", "ask"),
        ("Head 1.0 MPR", "ask"),
        ("MPR coronal", "fail"),
        ("CSA MPR Range", "fail"),
        ("MIP projection", "fail"),
        ("AX THIN for MPR", "pass"),
    ],
)
def test_what_thin_slices_are_for_is_a_question(description, outcome, tmp_path):
    _, findings = _judged(put(series(), SeriesDescription=description), tmp_path)
    finding = findings["no-reformat"]
    assert finding.outcome.value == outcome
    if outcome == "ask":
        assert finding.level == "ask" and "are they the slices as scanned?" in finding.message


def test_thick_slices_that_call_themselves_mpr_stay_rejected(tmp_path):
    _, findings = _judged(put(series(spacing=2.0, thickness="2"), SeriesDescription="AX MPR"), tmp_path)
    assert findings["no-reformat"].outcome.value == "fail"
