"""Archives and documents in the input are said by what they are, and block no series."""

import tarfile
import zipfile

import pytest

from dicomtoprint.acceptance import evaluate_study, load_protocol
from dicomtoprint.cli.summaries import acceptance_summary
from dicomtoprint.dicom import read_study
from dicomtoprint.dicom.foreign_files import archive_kind, document_kind
from dicomtoprint.errors import InputError
from Phantoms.files import write_files
from Phantoms.series import series


def _tar(folder, target, mode):
    with tarfile.open(target, mode) as archive:
        archive.add(folder, "scan")


def _zip(folder, target):
    with zipfile.ZipFile(target, "w") as archive:
        for path in folder.iterdir():
            archive.write(path, path.name)


ARCHIVES = {
    "study.tar": lambda folder, target: _tar(folder, target, "w"),
    "study.tar.gz": lambda folder, target: _tar(folder, target, "w:gz"),
    "study.tar.bz2": lambda folder, target: _tar(folder, target, "w:bz2"),
    "study.tar.xz": lambda folder, target: _tar(folder, target, "w:xz"),
    "study.zip.bak": _zip,
}


@pytest.mark.parametrize("name", ARCHIVES)
def test_an_archive_is_named_with_the_way_out(name, tmp_path):
    scan = write_files(series(), tmp_path / "scan")
    (tmp_path / "in").mkdir()
    ARCHIVES[name](scan, tmp_path / "in" / name)
    for source in (tmp_path / "in", tmp_path / "in" / name):
        with pytest.raises(InputError, match=rf"{name}.*archive.*unpack it"):
            read_study(source)


def test_a_zip_inside_a_zip_is_named(tmp_path):
    _zip(write_files(series(), tmp_path / "scan"), tmp_path / "inner.zip")
    with zipfile.ZipFile(tmp_path / "outer.zip", "w") as archive:
        archive.write(tmp_path / "inner.zip", "inner.zip")
    with pytest.raises(InputError, match=r"inner\.zip.*\.zip archive inside the input: unpack it"):
        read_study(tmp_path / "outer.zip")


def _said(folder):
    protocols = [load_protocol("3dsystems-ortho")]
    accepted = evaluate_study(read_study(folder), protocols, pixels=False)
    return accepted, acceptance_summary(accepted.for_terminal())


DOCUMENTS = {
    "report.html": b"<!DOCTYPE html><html>",
    "page.htm": b"\xef\xbb\xbf\n<HTML>",
    "I0009": b"%PDF-1.7\n" + b"x" * 600,
    "I0010.dcm": b"%PDF-1.7\n" + b"x" * 600,
    "viewer.exe": b"MZ\x90" + b"\0" * 300,
}


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_document_beside_the_images_is_named_and_blocks_nothing(name, tmp_path):
    write_files(series(), tmp_path)
    (tmp_path / name).write_bytes(DOCUMENTS[name])
    accepted, said = _said(tmp_path)
    (result,) = accepted.series
    assert {finding.rule: finding.outcome.value for finding in result.protocols["3dsystems-ortho"].findings}[
        "files-readable"
    ] == "pass"
    assert name in said and document_kind(DOCUMENTS[name]) in said
    assert "cannot be read (all slices)" not in said


def test_an_archive_beside_the_images_is_listed(tmp_path):
    scan = write_files(series(), tmp_path / "scan")
    _zip(scan, tmp_path / "more.zip")
    (tmp_path / "more.zip").rename(scan / "more.zip")
    accepted, said = _said(scan)
    assert "not readable: more.zip: it is a .zip archive inside the input: unpack it" in said
    assert accepted.series[0].verdict.value != "reject"


def test_a_page_in_the_place_of_a_slice_blocks_the_series(tmp_path):
    write_files(series(), tmp_path)
    path = sorted(tmp_path.iterdir())[3]
    path.write_bytes(b"<html><body>404 not found</body></html>")
    accepted, said = _said(tmp_path)
    assert accepted.series[0].verdict.value == "reject"
    assert f"File {path.name} is cut off or damaged" in said


@pytest.mark.parametrize("head, kind", [(b"", ""), (b"\0" * 200, ""), (b"Rar!\x1a\x07\0", "a .rar archive")])
def test_kinds(head, kind):
    assert archive_kind(head) == kind and document_kind(head) == ""


@pytest.mark.parametrize("mode", ["w:gz", "w:bz2", "w:xz"])
def test_an_archive_named_like_a_slice_is_told_once_and_blocks_its_series(mode, tmp_path):
    scan = write_files(series(count=6), tmp_path / "scan")
    with tarfile.open(scan / "I0009.dcm", mode) as archive:
        archive.add(scan / "I0002.dcm", "I0009.dcm")
    accepted, said = _said(scan)
    assert accepted.series[0].verdict.value == "reject"
    assert said.count("archive, no DICOM file") == 1 and "beside the images" not in said


def test_office_documents_are_documents_and_no_archives(tmp_path):
    scan = write_files(series(count=6), tmp_path / "scan")
    with zipfile.ZipFile(scan / "letter.docx", "w") as document:
        document.writestr("word/document.xml", "x")
    accepted, said = _said(scan)
    assert "letter.docx (an Office document)" in said and not accepted.unreadable
