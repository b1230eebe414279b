"""Conformant series that trip lesser checks: private groups, padding, nested sequences, objects beside."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from .case import Case, by_folder, cases
from .exoplan_edit import edit
from .files import File, Undefined, uid, write_files
from .series import CLASSIC, KINDS, bend, put, series, take


def oddities() -> Iterator[Case]:
    """Conformant series that trip lesser checks."""
    yield from edit(
        "anonymised-names", {}, lambda f: put(f, PatientName="", PatientID="", PatientBirthDate=""), conformant=True
    )
    yield from edit("private-sequence", {}, _private, conformant=True)
    yield from edit("long-decimal-strings", {}, _long_decimals, (CLASSIC,), conformant=True)

    def extensionless(files: list[File]) -> None:
        for index, file in enumerate(files):
            file.name = f"DICOM/PA0/ST 0/{index:08X}"

    yield from edit("nested-without-extension", {}, extensionless, conformant=True)

    def two_folders(files: list[File]) -> None:
        for index, file in enumerate(files):
            file.name = f"part {index % 2}/{file.name}"

    yield from edit("series-in-two-folders", {}, two_folders, (CLASSIC,), conformant=True)
    yield from edit("trailing-padding", {}, lambda f: bend(f, bend=(_padded_at_the_end,)), conformant=True)
    yield from edit("sequences-of-undefined-length", {}, _undefined_lengths, conformant=True)
    yield from edit("icon-and-overlay", {"I03": "pass", "E-Rows": "pass"}, _icon_and_overlay, conformant=True)
    yield from edit("group-lengths", {}, _group_lengths, conformant=True)
    yield from edit("one-frame-stated", {}, lambda f: put(f, NumberOfFrames="1"), (CLASSIC,), conformant=True)
    yield by_folder("classic-two-series-in-one-folder", {}, _two_series, main=uid("one", "series"), conformant=True)
    yield by_folder("classic-objects-beside", {}, _objects_beside, main=uid("one", "series"), conformant=True)

    def padding(files: list[File]) -> None:
        put(files, BitsStored=16, HighBit=15, PixelRepresentation=1, RescaleIntercept="0")
        for file in files:
            file.header[(0x0028, 0x0120)] = ("US", 63536)  # type: ignore[index]
            file.pixels = b"\x18\xfc" * (len(file.pixels) // 2)

    yield from edit("padding-63536-signed", {"I16": "pass|info"}, padding, conformant=True)
    yield from edit("padding-not-stated", {"I16": "pass|n/a"}, lambda f: f, conformant=True)
    yield from cases(
        "large-offset-from-origin", {}, lambda kind: series(kind, origin=(-8.0, -8.0, -1523.7)), KINDS, conformant=True
    )
    yield from cases(
        "sub-millimetre-0.3", {}, lambda kind: series(kind, spacing=0.3, pixel=(0.3, 0.3)), KINDS, conformant=True
    )
    yield from edit("slope-0.5", {}, lambda f: put(f, RescaleSlope="0.5"), conformant=True)
    yield from edit("no-frame-of-reference", {}, lambda f: take(f, "PositionReferenceIndicator"), conformant=True)


def _padded_at_the_end(content: bytes) -> bytes:
    """Data Set Trailing Padding behind the pixel data."""
    return content + b"\xfc\xff\xfc\xffOB\0\0\x20\0\0\0" + b"\0" * 32


def _undefined_lengths(files: list[File]) -> None:
    for file in files:
        inner = Undefined(({"CodeValue": "1", "CodingSchemeDesignator": "L", "CodeMeaning": "x"},))
        file.header["RequestAttributesSequence"] = Undefined(
            ({"RequestedProcedureID": "7", "ScheduledProtocolCodeSequence": inner}, {"RequestedProcedureID": "8"})
        )
        file.header["ReferencedImageSequence"] = Undefined(())


def _icon_and_overlay(files: list[File]) -> None:
    """A small picture nested in the header and an overlay plane of its own: neither is the image."""
    for file in files:
        file.header["IconImageSequence"] = [
            {
                "SamplesPerPixel": 1,
                "PhotometricInterpretation": "MONOCHROME2",
                "Rows": 8,
                "Columns": 8,
                "BitsAllocated": 8,
                "BitsStored": 8,
                "HighBit": 7,
                "PixelRepresentation": 0,
                (0x7FE0, 0x0010): ("OB", b"\x01" * 64),
            }
        ]
        file.header |= {
            (0x6000, 0x0010): ("US", 32),
            (0x6000, 0x0011): ("US", 32),
            (0x6000, 0x0040): ("CS", "G"),
            (0x6000, 0x0050): ("SS", [1, 1]),
            (0x6000, 0x0100): ("US", 1),
            (0x6000, 0x0102): ("US", 0),
            (0x6000, 0x3000): ("OW", b"\x0f" * 128),
        }


def _group_lengths(files: list[File]) -> None:
    for file in files:
        file.header |= {(group, 0x0000): ("UL", 1000) for group in (0x0008, 0x0010, 0x0018, 0x0020, 0x0028)}


def _two_series(folder: Path) -> None:
    other = put(series(name="two", spacing=0.5), StudyInstanceUID=uid("one", "study"))
    for file in other:
        file.name = "second " + file.name
    write_files(series() + other, folder)


def _objects_beside(folder: Path) -> None:
    """A report and a segmentation of the same study in the same folder."""
    study = {"StudyInstanceUID": uid("one", "study"), "PatientID": "P1", "PatientName": "PHANTOM^ONE"}
    report = {"SOPClassUID": "1.2.840.10008.5.1.4.1.1.88.33", "SOPInstanceUID": uid("report"), "Modality": "SR"}
    segments = {
        "SOPClassUID": "1.2.840.10008.5.1.4.1.1.66.4",
        "SOPInstanceUID": uid("segments"),
        "Modality": "SEG",
        "Rows": 32,
        "Columns": 32,
        "BitsAllocated": 1,
        "NumberOfFrames": "1",
        "SeriesInstanceUID": uid("segments", "series"),
    }
    beside = [
        File("report.dcm", study | report | {"SeriesInstanceUID": uid("report", "series")}, b""),
        File("segments.dcm", study | segments, b"\0" * 128),
    ]
    write_files(series() + beside, folder)


def _private(files: list[File]) -> None:
    for file in files:
        file.header |= {
            (0x0029, 0x0010): ("LO", "SIEMENS CSA HEADER"),
            (0x0029, 0x1010): ("OB", b"SV10" + b"\1" * 200),
            (0x0029, 0x1020): ("SQ", [{(0x0029, 0x0010): ("LO", "X"), "Modality": "MR"}]),
        }


def _long_decimals(files: list[File]) -> None:
    for file in files:
        z = float(file.header["ImagePositionPatient"][2])  # type: ignore[index]
        file.header["ImagePositionPatient"] = ["-8.0000000000001", "-7.9999999999999", f"{z:.12f}"]
        file.header["ImageOrientationPatient"] = ["1.0", "0.0000000000E+00", "-0.0", "0", "1.000000E+00", "1e-17"]
