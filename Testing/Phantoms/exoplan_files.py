"""Cases of the exoplan statement on objects, syntaxes, texts and identifiers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from .case import Case, by_folder, cases
from .exoplan_edit import BOTH, edit
from .exoplan_shown import DISPLAYED
from .files import (
    BIG_ENDIAN,
    ENCAPSULATED_UNCOMPRESSED,
    EXPLICIT,
    GE_PRIVATE,
    IMPLICIT,
    RLE,
    File,
    Raw,
    write_files,
)
from .series import (
    CLASSIC,
    CRANIOFACIAL,
    ENHANCED,
    KINDS,
    MULTI,
    bend,
    put,
    series,
    take,
)

LEGACY_CONVERTED = "1.2.840.10008.5.1.4.1.1.2.2"


MR = "1.2.840.10008.5.1.4.1.1.4"


TOMOSYNTHESIS = "1.2.840.10008.5.1.4.1.1.13.1.3"


SECONDARY_CAPTURE = "1.2.840.10008.5.1.4.1.1.7"


def objects_cases() -> Iterator[Case]:
    every = dict.fromkeys(
        (
            "E-SOP",
            "E-TS",
            "E-EQUI",
            "E-CART",
            "E-CharSet",
            "E-ImageType",
            "E-SOPInstanceUID",
            "E-StudyInstanceUID",
            "E-Modality",
            "E-IPP",
            "E-IOP",
            "E-SamplesPerPixel",
            "E-Photometric",
            "E-Rows",
            "E-Columns",
            "E-PixelSpacing",
            "E-BitsAllocated",
            "E-BitsStored",
            "E-HighBit",
            "E-PixelRepresentation",
            "E-Window",
            "E-Rescale",
            "E-PixelData",
            "E-lossy",
            *(f"E-D-{keyword}" for keyword in DISPLAYED),
        ),
        "pass",
    )
    yield from cases("every-attribute-as-stated", every, series, KINDS, conformant=True)
    yield from cases("series-uid-there", {"E-SeriesInstanceUID": "pass"}, series)
    yield from cases("groups-as-stated", {"E-NumberOfFrames": "pass", "E-FG": "pass"}, series, MULTI)
    legacy = {"E-SOP": "reject"}
    yield from edit("legacy-converted", legacy, lambda files: put(files, SOPClassUID=LEGACY_CONVERTED), (ENHANCED,))
    mr = {"E-SOP": "reject", "O01": "reject"}
    yield from edit("mr-class-with-modality-ct", mr, lambda files: put(files, SOPClassUID=MR), (CLASSIC,))
    yield from edit(
        "tomosynthesis-as-ct", mr, lambda files: put(files, SOPClassUID=TOMOSYNTHESIS), (CRANIOFACIAL, ENHANCED)
    )
    yield from edit("secondary-capture", mr, lambda files: put(files, SOPClassUID=SECONDARY_CAPTURE), (CLASSIC,))
    yield from edit(
        "class-differs-from-file-meta",
        {"E-SOP": "reject"},
        lambda files: bend(files, meta={"MediaStorageSOPClassUID": MR}),
    )
    yield from edit(
        "class-missing", {"E-SOP": "reject", "I17": "reject"}, lambda files: take(files, "SOPClassUID"), (CLASSIC,)
    )
    yield from edit("modality-mr", {"E-Modality": "reject", "O01": "reject"}, lambda files: put(files, Modality="MR"))
    yield from edit(
        "modality-missing",
        {"E-Modality": "reject"},
        lambda files: take(files, "Modality"),
        verdicts={"3dsystems-ortho": "ask|reject"},
    )
    yield from edit(
        "modality-dx-in-ct", {"E-Modality": "reject", "O01": "reject"}, lambda files: put(files, Modality="DX"), BOTH
    )


def syntaxes_cases() -> Iterator[Case]:
    for name, syntax in (("implicit", IMPLICIT), ("explicit", EXPLICIT), ("big-endian", BIG_ENDIAN)):
        yield from edit(
            f"syntax-{name}",
            {"E-TS": "pass", "O20a": "pass", "I02": "pass"},
            lambda files, syntax=syntax: bend(files, syntax=syntax),
            KINDS,
            conformant=True,
        )

    def encapsulated(files: list[File]) -> None:
        for file in files:
            file.syntax = ENCAPSULATED_UNCOMPRESSED
            size = 2 * 32 * 32
            file.encapsulated = tuple(file.pixels[at : at + size] for at in range(0, len(file.pixels), size))

    yield from edit(
        "syntax-encapsulated-uncompressed",
        {"E-TS": "reject", "O20a": "reject|pass|warn"},
        encapsulated,
        verdicts={"3dsystems-ortho": "accept|warn|ask|reject", "exoplan-import": "reject"},
    )
    yield from edit(
        "syntax-ge-private",
        {"E-TS": "reject"},
        lambda files: bend(files, syntax=GE_PRIVATE),
        (CLASSIC,),
        verdicts={"3dsystems-ortho": "warn|ask|reject|accept"},
    )
    yield from edit("syntax-one-file-rle", {"E-TS": "reject", "O20a": "reject"}, _one_rle, (CLASSIC,))
    yield from edit(
        "declared-explicit-but-implicit",
        {"I02": "reject"},
        lambda files: bend(files, syntax=IMPLICIT, declared=EXPLICIT),
        verdicts={"exoplan-import": "reject", "3dsystems-ortho": "reject"},
    )
    yield from edit(
        "declared-implicit-but-explicit",
        {"I02": "reject"},
        lambda files: bend(files, syntax=EXPLICIT, declared=IMPLICIT),
        verdicts={"exoplan-import": "reject", "3dsystems-ortho": "reject"},
    )
    yield from edit(
        "declared-big-but-little",
        {"I02": "reject"},
        lambda files: bend(files, syntax=EXPLICIT, declared=BIG_ENDIAN),
        verdicts={"exoplan-import": "reject", "3dsystems-ortho": "reject"},
    )


def _one_rle(files: list[File]) -> None:
    bend(files, [3], syntax=RLE, encapsulated=(b"\0" * 64,))


def texts_cases() -> Iterator[Case]:
    yield from _character_set_cases()
    yield from _image_type_cases()


def _character_set_cases() -> Iterator[Case]:
    names = {
        "ISO_IR 100": "Jos\u00e9",
        "ISO_IR 144": "\u041b\u044e\u043ace\u043c",
        "ISO_IR 126": "\u0394\u03b9\u03bf\u03bd",
        "ISO_IR 127": "\u0642\u0628\u0627\u0646\u064a",
        "ISO_IR 138": "\u05e9\u05e8\u05d5\u05df",
        "ISO_IR 192": "\u738b\u5c0f\u6771",
    }
    for charset, name in names.items():
        yield from edit(
            f"charset-{charset[-3:]}",
            {"E-CharSet": "pass"},
            lambda files, c=charset, n=name: put(files, SpecificCharacterSet=c, PatientName=n),
            KINDS if charset[-3:] == "192" else (CLASSIC,),
            conformant=True,
        )
    yield from edit(
        "charset-default", {"E-CharSet": "pass"}, lambda files: take(files, "SpecificCharacterSet"), conformant=True
    )
    for charset in ("ISO_IR 101", "GB18030", "ISO 2022 IR 87", "ISO_IR 13"):
        yield from edit(
            f"charset-{charset.replace(' ', '-')}",
            {"E-CharSet": "warn"},
            lambda files, c=charset: put(files, SpecificCharacterSet=c),
            KINDS if charset == "GB18030" else (CLASSIC,),
        )
    yield from edit(
        "charset-of-several-values",
        {"E-CharSet": "warn"},
        lambda files: put(files, SpecificCharacterSet=["", "ISO 2022 IR 87"]),
    )
    yield from edit(
        "charset-latin-but-bytes-utf-8",
        {"E-CharSet": "pass"},
        lambda files: put(files, StudyDescription=Raw("LO", "Sch\u00e4del ".encode())),
        conformant=True,
    )


def _image_type_cases() -> Iterator[Case]:
    for name, values in (("other", ["ORIGINAL", "PRIMARY", "OTHER"]), ("absent", ["ORIGINAL", "PRIMARY"])):
        yield from edit(
            f"classic-third-value-{name}",
            {"E-ImageType": "warn"},
            lambda files, v=values: put(files, ImageType=v),
            (CLASSIC,),
            verdicts={"3dsystems-ortho": "ask|reject|warn|accept"},
        )
    yield from edit(
        "classic-third-value-other-in-last-slice",
        {"E-ImageType": "warn"},
        lambda files: put(files, [6], ImageType=["ORIGINAL", "PRIMARY", "OTHER"]),
        (CLASSIC,),
        verdicts={"3dsystems-ortho": "ask|reject|warn|accept"},
    )
    for name, values in (("absent", ["ORIGINAL", "PRIMARY"]), ("empty", ["ORIGINAL", "PRIMARY", "", "NONE"])):
        yield from edit(
            f"third-value-{name}",
            {"E-ImageType": "reject"},
            lambda files, v=values: put(files, ImageType=v),
            MULTI,
            verdicts={"3dsystems-ortho": "ask|reject"},
        )
    yield from edit(
        "third-value-angio",
        {"E-ImageType": "warn"},
        lambda files: put(files, ImageType=["ORIGINAL", "PRIMARY", "ANGIO", "NONE"]),
        MULTI,
        verdicts={"3dsystems-ortho": "ask|reject"},
    )


def identity_cases() -> Iterator[Case]:
    yield from edit(
        "instance-uid-missing",
        {"E-SOPInstanceUID": "reject"},
        lambda files: take(files, "SOPInstanceUID"),
        verdicts={"3dsystems-ortho": "reject"},
    )
    yield from edit(
        "instance-uid-differs-from-file-meta",
        {"E-SOPInstanceUID": "reject|warn"},
        lambda files: bend(files, [0], meta={"MediaStorageSOPInstanceUID": "1.2.3"}),
        verdicts={"3dsystems-ortho": "accept|warn|ask|reject"},
    )

    def same_uid(files: list[File]) -> None:
        put(files, [4], SOPInstanceUID=files[3].header["SOPInstanceUID"])

    yield from edit(
        "two-slices-one-uid",
        {"E-SOPInstanceUID": "reject|warn", "I04": "reject|warn"},
        same_uid,
        (CLASSIC,),
    )
    yield from edit(
        "study-uid-missing",
        {"E-StudyInstanceUID": "reject"},
        lambda files: take(files, "StudyInstanceUID"),
        verdicts={"3dsystems-ortho": "reject"},
    )
    yield from edit(
        "series-uid-missing",
        {"E-SeriesInstanceUID": "reject"},
        lambda files: take(files, "SeriesInstanceUID"),
        (CLASSIC,),
        verdicts={"3dsystems-ortho": "reject"},
    )
    yield from edit(
        "series-uid-not-used",
        {"E-SeriesInstanceUID": "pass|n/a"},
        lambda files: take(files, "SeriesInstanceUID"),
        MULTI,
        verdicts={"3dsystems-ortho": "accept|ask|reject", "exoplan-import": "accept"},
        must_reject=False,
    )

    def copied(folder: Path) -> None:
        write_files(series(), folder)
        (folder / "copy of I0002.dcm").write_bytes((folder / "I0002.dcm").read_bytes())

    yield by_folder(
        "classic-one-file-copied-twice", {"I04": "warn", "I07": "pass"}, copied, verdicts={"exoplan-import": "warn"}
    )
