"""A packed study: a File-set that other tools open, with the same pixels and the same verdict as before."""

import hashlib
import json
import shutil
import subprocess
import zipfile
from pathlib import Path

import numpy as np
import pydicom
import pytest

from dicomtoprint.cli.main import main
from dicomtoprint.config.run_settings import RunSettings
from dicomtoprint.dicom import read_study
from dicomtoprint.dicom.stored_pixels import iter_stored_pixels
from dicomtoprint.errors import InputError, MissingDependencyError, OutputError, UsageError
from dicomtoprint.fileset import deidentify
from dicomtoprint.pipeline.pack import pack
from Phantoms.files import BIG_ENDIAN, DEFLATED, IMPLICIT, write_files
from Phantoms.mutation import _JPEG_LS_FRAME, _RLE_FRAME
from Phantoms.series import CLASSIC, CRANIOFACIAL, ENHANCED, bend, put, series, take

EXPLICIT = "1.2.840.10008.1.2.1"
SETTINGS = RunSettings(check_pixels=False)
ENCODINGS = {
    "explicit": lambda: series(count=4),
    "implicit": lambda: bend(series(count=4), syntax=IMPLICIT),
    "big endian": lambda: bend(series(count=4), syntax=BIG_ENDIAN),
    "deflated": lambda: bend(series(count=4), syntax=DEFLATED),
    "run length": lambda: bend(series(count=4), syntax="1.2.840.10008.1.2.5", encapsulated=(_RLE_FRAME,)),
    "JPEG-LS": lambda: bend(series(count=4), syntax="1.2.840.10008.1.2.4.80", encapsulated=(_JPEG_LS_FRAME,)),
    "enhanced": lambda: series(ENHANCED, count=4),
    "enhanced implicit": lambda: bend(series(ENHANCED, count=4), syntax=IMPLICIT),
    "craniofacial": lambda: series(CRANIOFACIAL, count=4),
}


def _voxels(folder):
    (one,) = read_study(folder).series
    return np.stack([plane for _, plane, _ in iter_stored_pixels(one, np.arange(len(one)))]), one


def _verdicts(folder):
    target = folder.parent / f"{folder.name}.json"
    main(["check", str(folder), "--no-pixels", "--surgery-date", "2026-05-04", "--json", str(target)])
    (one,) = json.loads(target.read_text(encoding="utf-8"))["series"]
    return {
        (name, finding["rule"]): (finding["outcome"], finding["severity"], finding["measured"])
        for name, result in one["protocols"].items()
        for finding in result["findings"]
    }


@pytest.mark.parametrize("name", ENCODINGS)
def test_pixels_are_the_same_and_uncompressed(name, tmp_path):
    write_files(ENCODINGS[name](), tmp_path / "in")
    packed = pack(tmp_path / "in", tmp_path / "out", SETTINGS)
    before, one = _voxels(tmp_path / "in")
    after, other = _voxels(tmp_path / "out")
    assert np.array_equal(before, after)
    assert packed.objects == len(one.files) == len(other.files)
    assert {file.syntax for file in other.files} == {EXPLICIT}
    assert packed.unpacked == (len(one.files) if name in ("run length", "JPEG-LS") else 0)


@pytest.mark.parametrize("name", ["explicit", "JPEG-LS", "enhanced"])
def test_the_verdict_stays_but_for_medium_and_compression(name, tmp_path):
    write_files(ENCODINGS[name](), tmp_path / "in")
    pack(tmp_path / "in", tmp_path / "out", SETTINGS)
    before, after = _verdicts(tmp_path / "in"), _verdicts(tmp_path / "out")
    changed = {rule for (_, rule), found in after.items() if before[(_, rule)] != found}
    assert changed <= {"study-whole", "transfer-medium", "uncompressed", "transfer-syntax", "pixel-data"}
    for protocol, rule in (("3dsystems-ortho", "uncompressed"), ("3dsystems-ortho", "study-whole"),
                           ("exoplan-import", "transfer-syntax")):  # fmt: skip
        assert after[(protocol, rule)][0] == "pass"


ANSWERS = ("--surgery-date", "2026-05-04", "--answer", "issuer-consulted=yes", "--answer", "scan-age=yes")
JUDGED = {
    "accepted when answered": (
        lambda: put(series(count=4), PatientBirthDate="", ConvolutionKernel="XYZ"),
        ("kernel=yes",),
    ),
    "rejected when answered": (lambda: put(series(count=4), ConvolutionKernel="XYZ"), ("kernel=no",)),
    "asked": (lambda: put(series(count=4), ConvolutionKernel="XYZ"), ()),
    "enhanced": (lambda: series(ENHANCED, count=4), ()),
}


@pytest.mark.parametrize("name", JUDGED)
def test_the_report_inside_is_the_one_that_the_user_gets(name, tmp_path):
    make, answers = JUDGED[name]
    given = [*ANSWERS, *(part for answer in answers for part in ("--answer", answer)), "--no-pixels"]
    write_files(make(), tmp_path / "in")
    main(["check", str(tmp_path / "in"), *given, "--json", str(tmp_path / "check.json")])
    assert main(["pack", str(tmp_path / "in"), "--output", str(tmp_path / "out"), *given]) == 0
    (before,) = json.loads((tmp_path / "check.json").read_text(encoding="utf-8"))["series"]
    (inside,) = json.loads((tmp_path / "out/REPORT/acceptance.json").read_text(encoding="utf-8"))["series"]
    for protocol in ("3dsystems-ortho", "exoplan-import"):
        assert before["protocols"][protocol]["verdict"] == inside["protocols"][protocol]["verdict"]
    assert before["verdict"] == inside["verdict"] and before["questions"] == inside["questions"]
    assert any(question["answer"] == "yes" for question in inside["questions"])


@pytest.mark.parametrize("wrong", [("--answer", "no-such-rule=yes"), ("--answer", "kernel=maybe"),
                                   ("--surgery-date", "tomorrow"), ("--protocol", "no-such-protocol")])  # fmt: skip
def test_a_wrong_answer_is_refused_before_anything_is_packed(wrong, tmp_path, capsys):
    write_files(series(count=4), tmp_path / "in")
    assert main(["pack", str(tmp_path / "in"), "--output", str(tmp_path / "out"), *wrong]) == 2
    assert not (tmp_path / "out").exists() and len(capsys.readouterr().err.splitlines()) == 1


def test_names_manifest_and_report(tmp_path):
    files = put(series(count=4), PatientName="Muster^Hans", PatientID="P-4711")
    write_files(files, tmp_path / "in")
    pack(tmp_path / "in", tmp_path / "out", SETTINGS)
    names = [path.relative_to(tmp_path / "out").as_posix() for path in (tmp_path / "out").rglob("*") if path.is_file()]
    assert not [name for name in names if "MUSTER" in name.upper() or "4711" in name]
    images = [Path(name) for name in names if "/" in name and not name.startswith("REPORT")]
    assert len(images) == 4
    for part in {part for path in images for part in path.parts}:
        assert len(part) <= 8 and part == part.upper() and part.isalnum()
    for line in (tmp_path / "out" / "SHA256SUMS").read_text(encoding="utf-8").splitlines():
        digest, name = line.split("  ")
        assert hashlib.sha256((tmp_path / "out" / name).read_bytes()).hexdigest() == digest
    assert {"REPORT/report.html", "REPORT/acceptance.json", "DICOMDIR", "SHA256SUMS"} <= set(names)


def test_a_zip_holds_the_same(tmp_path):
    write_files(series(count=4), tmp_path / "in")
    packed = pack(tmp_path / "in", tmp_path / "study.zip", SETTINGS)
    with zipfile.ZipFile(tmp_path / "study.zip") as archive:
        assert "DICOMDIR" in archive.namelist()
    assert np.array_equal(_voxels(tmp_path / "in")[0], _voxels(tmp_path / "study.zip")[0])
    assert packed.discs == {"CD-R (700 MB)": 1, "DVD-R (4.7 GB)": 1}
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_a_reformat_takes_its_original_along_and_the_entire_study_takes_all(tmp_path):
    write_files(series(count=4), tmp_path / "in")
    files = put(series(CLASSIC, "two", count=4), ImageType=r"DERIVED\SECONDARY\MPR")
    put(files, FrameOfReferenceUID=series()[0].header["FrameOfReferenceUID"])
    write_files(files, tmp_path / "in" / "mpr")
    reformat = next(one for one in read_study(tmp_path / "in").series if "DERIVED" in str(one.distinct("ImageType")))
    packed = pack(tmp_path / "in", tmp_path / "a", SETTINGS, [reformat.id])
    assert len(packed.series) == 2 and "came along" in packed.notes[0]
    original = next(one for one in read_study(tmp_path / "in").series if one.id != reformat.id)
    assert pack(tmp_path / "in", tmp_path / "b", SETTINGS, [original.id]).objects == 4
    assert pack(tmp_path / "in", tmp_path / "c", SETTINGS).objects == 8
    with pytest.raises(UsageError, match="no series 'x'"):
        pack(tmp_path / "in", tmp_path / "d", SETTINGS, ["x"])


def test_pixels_that_were_lossy_keep_their_flags(tmp_path):
    files = bend(
        take(series(count=4), "LossyImageCompression"), syntax="1.2.840.10008.1.2.4.81", encapsulated=(_JPEG_LS_FRAME,)
    )
    write_files(files, tmp_path / "in")
    packed = pack(tmp_path / "in", tmp_path / "out", SETTINGS)
    for path in (tmp_path / "out").rglob("IM*"):
        read = pydicom.dcmread(path)
        assert read.LossyImageCompression == "01" and read.LossyImageCompressionMethod == "ISO_14495_1"
        assert float(read.LossyImageCompressionRatio) > 1
    assert "with loss" in " ".join(packed.notes)
    assert _verdicts(tmp_path / "out")[("3dsystems-ortho", "never-lossy")][0] == "fail"


BAD = {
    "no SOP class": (lambda: take(series(count=4), "SOPClassUID"), "SOP Class UID"),
    "one identifier twice": (lambda: put(series(count=4), [2], SOPInstanceUID="1.2.3"), None),
    "two patients": (lambda: put(series(count=4), [2], PatientID="X", PatientName="B"), "several patients"),
}


def test_what_cannot_be_told_apart_is_refused_and_leaves_nothing(tmp_path):
    for name, (make, told) in BAD.items():
        if told is None:
            continue
        write_files(make(), tmp_path / name)
        with pytest.raises(InputError, match=told):
            pack(tmp_path / name, tmp_path / "out", SETTINGS)
        assert not (tmp_path / "out").exists()
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_a_cut_file_is_refused_by_name(tmp_path):
    write_files(series(count=4), tmp_path / "in")
    path = sorted((tmp_path / "in").iterdir())[2]
    path.write_bytes(path.read_bytes()[:-300])
    with pytest.raises(InputError, match=rf"'{path.name}' is cut off"):
        pack(tmp_path / "in", tmp_path / "out", SETTINGS)


def test_a_folder_in_use_and_a_zip_that_is_there_are_left_alone(tmp_path):
    write_files(series(count=4), tmp_path / "in")
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine.txt").write_text("x", encoding="utf-8")
    (tmp_path / "a.zip").write_bytes(b"x")
    for output in ("out", "a.zip"):
        with pytest.raises(OutputError):
            pack(tmp_path / "in", tmp_path / output, SETTINGS)
    assert (tmp_path / "out" / "mine.txt").exists()


def test_images_without_study_id_are_packed_with_a_note(tmp_path):
    write_files(take(series(count=4), "StudyID", "SeriesNumber", "InstanceNumber"), tmp_path / "in")
    packed = pack(tmp_path / "in", tmp_path / "out", SETTINGS)
    assert "stand-in" in " ".join(packed.notes)
    read = pydicom.dcmread(next((tmp_path / "out").rglob("IM*")))
    assert "InstanceNumber" not in read  # the image itself is left as it is


def test_the_command_packs_and_says_so(tmp_path, capsys):
    write_files(series(count=4), tmp_path / "in")
    assert main(["pack", str(tmp_path / "in"), "--output", str(tmp_path / "out")]) == 0
    assert "Packed 4 objects of 1 series" in capsys.readouterr().out
    assert main(["pack", str(tmp_path / "nothing"), "--output", str(tmp_path / "x")]) == 3
    assert main(["pack", str(tmp_path / "in"), "--output", str(tmp_path / "out")]) == 5


def _identified():
    files = put(series(count=4), PatientName="Muster^Hans", PatientID="P-4711", InstitutionName="Muster Clinic",
                PatientBirthDate="19700101", AccessionNumber="A4711", StudyDescription="Muster")  # fmt: skip
    for file in files:
        file.header[(0x0009, 0x0010)] = ("LO", "MUSTER")
        file.header[(0x0009, 0x1001)] = ("LO", "P-4711")
        file.header["RequestAttributesSequence"] = [{"RequestedProcedureDescription": "Muster"}]
    return files


def test_deidentified_by_the_basic_profile(tmp_path):
    pytest.importorskip("dicomanonymizer", reason="the optional package dicom-anonymizer is not installed")
    write_files(_identified(), tmp_path / "in")
    pack(tmp_path / "in", tmp_path / "out", SETTINGS, deidentified=True)
    old = pydicom.dcmread(next((tmp_path / "in").iterdir()))
    uids = set()
    for path in (tmp_path / "out").rglob("IM*"):
        content = path.read_bytes()
        for word in (b"Muster", b"MUSTER", b"P-4711", b"A4711", b"19700101", str(old.StudyInstanceUID).encode()):
            assert word not in content, word
        read = pydicom.dcmread(path)
        assert read.PatientIdentityRemoved == "YES" and read.LongitudinalTemporalInformationModified == "REMOVED"
        assert read.file_meta.MediaStorageSOPInstanceUID == read.SOPInstanceUID
        uids.add((read.StudyInstanceUID, read.SeriesInstanceUID, read.FrameOfReferenceUID))
    assert len(uids) == 1
    assert np.array_equal(_voxels(tmp_path / "in")[0], _voxels(tmp_path / "out")[0])
    assert b"Muster" not in (tmp_path / "out" / "DICOMDIR").read_bytes()


def test_a_deidentified_study_still_opens_in_dcmtk(tmp_path):
    pytest.importorskip("dicomanonymizer", reason="the optional package dicom-anonymizer is not installed")
    if not (shutil.which("dcmmkdir") and shutil.which("dcmdump")):
        pytest.skip("dcmtk's tools are not installed")
    files = put(_identified(), StudyID="S-4711")
    for file in files:
        file.header["ReferencedImageSequence"] = [
            {"ReferencedSOPClassUID": "1.2.840.10008.5.1.4.1.1.2", "ReferencedSOPInstanceUID": "1.2.3"}
        ]
    write_files(files, tmp_path / "in")
    pack(tmp_path / "in", tmp_path / "out", SETTINGS, deidentified=True)
    images = sorted(str(path.relative_to(tmp_path / "out")) for path in (tmp_path / "out").rglob("IM*"))
    done = subprocess.run(
        ["dcmmkdir", "-Pgp", "+id", ".", "+D", str(tmp_path / "again"), *images],
        capture_output=True, text=True, cwd=tmp_path / "out",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    read = pydicom.dcmread(tmp_path / "out" / images[0])
    assert read.ReferencedImageSequence[0].ReferencedSOPClassUID == read.SOPClassUID
    for element in read.iterall():
        assert element.VR not in ("DA", "DT") or not element.value or str(element.value)[:4] == "1900", element


def test_without_the_package_the_sentence_names_it(tmp_path, monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "dicomanonymizer.simpledicomanonymizer", None)
    deidentify._actions.cache_clear()
    write_files(series(count=4), tmp_path / "in")
    with pytest.raises(MissingDependencyError, match="pip install dicom-anonymizer"):
        pack(tmp_path / "in", tmp_path / "out", SETTINGS, deidentified=True)
    assert not (tmp_path / "out").exists()


def test_a_screenshot_is_warned_of(tmp_path):
    write_files(put(series(count=4), BurnedInAnnotation="YES"), tmp_path / "in")
    assert "may show a name" in " ".join(pack(tmp_path / "in", tmp_path / "out", SETTINGS).notes)


@pytest.mark.parametrize("name", ["explicit", "JPEG-LS", "enhanced", "big endian"])
def test_dcmtk_opens_it(name, tmp_path):
    tool = shutil.which("dcmdump") and shutil.which("dcmmkdir")
    if not tool:
        pytest.skip("dcmtk's tools are not installed")
    write_files(ENCODINGS[name](), tmp_path / "in")
    pack(tmp_path / "in", tmp_path / "out", SETTINGS)
    for path in [tmp_path / "out" / "DICOMDIR", *(tmp_path / "out").rglob("IM*")]:
        done = subprocess.run(["dcmdump", "-q", str(path)], capture_output=True, text=True)
        assert done.returncode == 0 and not done.stderr, done.stderr
    images = [str(path.relative_to(tmp_path / "out")) for path in (tmp_path / "out").rglob("IM*")]
    done = subprocess.run(
        ["dcmmkdir", "-Pgp", "+id", ".", "+D", str(tmp_path / "again"), *images],
        capture_output=True, text=True, cwd=tmp_path / "out",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


def test_slicer_s_reader_opens_it(tmp_path):
    """Slicer's scalar volume plugin reads through ITK's GDCM."""
    import SimpleITK as sitk

    write_files(series(count=4), tmp_path / "in")
    pack(tmp_path / "in", tmp_path / "out", SETTINGS)
    folder = str(next((tmp_path / "out").rglob("IM*")).parent)
    image = sitk.ReadImage(sitk.ImageSeriesReader.GetGDCMSeriesFileNames(folder))
    assert image.GetSize()[2] == 4


def test_a_packed_real_study_of_compressed_slices(data_dir, tmp_path):
    with pytest.raises(InputError, match="SOP Class UID"):
        pack(data_dir / "siemens_j2k_no_sop_class", tmp_path / "out", SETTINGS)


def test_nothing_of_the_patient_is_said(tmp_path, capsys):
    write_files(_identified(), tmp_path / "in")
    assert main(["pack", str(tmp_path / "in"), "--output", str(tmp_path / "out")]) == 0
    said = capsys.readouterr()
    assert not [word for word in ("Muster", "4711", "1970") if word in said.out + said.err]
