"""Cases of the exoplan DICOM conformance statement (clauses E-..), on the limit and just over it."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from pathlib import Path

from .case import Case, by_folder, cases
from .files import (
    BIG_ENDIAN,
    ENCAPSULATED_UNCOMPRESSED,
    EXPLICIT,
    GE_PRIVATE,
    GONE,
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
    frames,
    put,
    series,
    shared,
    spread,
    take,
    turned,
)

BOTH = (CLASSIC, ENHANCED)
LEGACY_CONVERTED = "1.2.840.10008.5.1.4.1.1.2.2"
MR = "1.2.840.10008.5.1.4.1.1.4"
TOMOSYNTHESIS = "1.2.840.10008.5.1.4.1.1.13.1.3"
SECONDARY_CAPTURE = "1.2.840.10008.5.1.4.1.1.7"

DISPLAYED = (
    "StudyDate",
    "SeriesDate",
    "StudyTime",
    "SeriesTime",
    "AccessionNumber",
    "StudyDescription",
    "SeriesDescription",
    "PatientName",
    "PatientID",
    "PatientBirthDate",
    "PatientSex",
)
UNUSED: dict[str, tuple[object, ...]] = {
    "StationName": ("OTHER", "", GONE),
    "SliceThickness": ("9", "", GONE),
    "PatientPosition": ("FFDL", "", GONE),
    "PatientOrientation": (["A", "F"], "", GONE),
    "PlanarConfiguration": (1, GONE),
    "FrameIncrementPointer": (0x00181063, GONE),
    "PixelAspectRatio": (["3", "1"], GONE),
    "SliceLocation": ("777", "", GONE),
    "RescaleType": ("US", GONE),
}


def statement() -> Iterator[Case]:
    """Every case of the statement."""
    yield from _objects()
    yield from _syntaxes()
    yield from _grid()
    yield from _texts()
    yield from _identity()
    yield from _positions()
    yield from _pixel_module()
    yield from _windows()
    yield from _groups()
    yield from _displayed()
    yield from _unused()


def edit(name: str, clauses: dict[str, str], change: Callable[[list[File]], object], kinds=KINDS, **options) -> Iterator[Case]:
    """Cases that change a conformant series in place."""

    def build(kind: str) -> list[File]:
        files = series(kind)
        change(files)
        return files

    return cases(name, clauses, build, kinds, **options)


def _objects() -> Iterator[Case]:
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
    yield from edit("tomosynthesis-as-ct", mr, lambda files: put(files, SOPClassUID=TOMOSYNTHESIS), (CRANIOFACIAL, ENHANCED))
    yield from edit("secondary-capture", mr, lambda files: put(files, SOPClassUID=SECONDARY_CAPTURE), (CLASSIC,))
    yield from edit(
        "class-differs-from-file-meta", {"E-SOP": "reject"}, lambda files: bend(files, meta={"MediaStorageSOPClassUID": MR})
    )
    yield from edit(
        "class-missing", {"E-SOP": "reject", "I17": "reject"}, lambda files: take(files, "SOPClassUID"), (CLASSIC,)
    )
    yield from edit("modality-mr", {"E-Modality": "reject", "O01": "reject"}, lambda files: put(files, Modality="MR"))
    yield from edit("modality-missing", {"E-Modality": "reject"}, lambda files: take(files, "Modality"),
                    verdicts={"3dsystems-ortho": "ask|reject"})
    yield from edit(
        "modality-dx-in-ct", {"E-Modality": "reject", "O01": "reject"}, lambda files: put(files, Modality="DX"), BOTH
    )


def _syntaxes() -> Iterator[Case]:
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

    yield from edit("syntax-encapsulated-uncompressed", {"E-TS": "reject", "O20a": "reject|pass|warn"}, encapsulated,
                    verdicts={"3dsystems-ortho": "accept|warn|ask|reject", "exoplan-import": "reject"})
    yield from edit("syntax-ge-private", {"E-TS": "reject"}, lambda files: bend(files, syntax=GE_PRIVATE), (CLASSIC,),
                    verdicts={"3dsystems-ortho": "warn|ask|reject|accept"})
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


def _grid() -> Iterator[Case]:
    def uneven(deviation: float):
        return lambda kind: series(kind, gaps=(1 + deviation, 1 - deviation) * 3)

    yield from cases("gaps-off-by-0.0010", {"E-EQUI": "pass"}, uneven(0.0010), KINDS, conformant=True)
    yield from cases("gaps-off-by-0.0012", {"E-EQUI": "reject", "O08d": "pass"}, uneven(0.0012), KINDS)
    yield from cases(
        "first-gap-off-mean-holds",
        {"E-EQUI": "pass"},
        lambda kind: series(kind, gaps=(1.0009, 0.9996, 0.9995, 1.0, 1.0, 1.0)),
        KINDS,
        conformant=True,
    )
    yield from cases(
        "thirds-rounded-to-2-digits",
        {"E-EQUI": "reject", "O08d": "pass"},
        lambda kind: series(kind, "s", "0.33", spacing=1 / 3, digits=2),
        KINDS,
    )
    yield from cases(
        "thirds-with-4-digits",
        {"E-EQUI": "pass"},
        lambda kind: series(kind, spacing=1 / 3, digits=4),
        KINDS,
        conformant=True,
    )
    yield from cases("oblique-but-regular", {"E-CART": "pass", "O10": "reject"}, lambda kind: series(kind, plane=turned(20)), KINDS)
    yield from cases(
        "row-longer-than-1",
        {"E-CART": "reject"},
        lambda kind: put(series(kind), ImageOrientationPatient=["1.002", "0", "0", "0", "1", "0"]),
        KINDS,
        verdicts={"3dsystems-ortho": "accept|ask|warn|reject"},
    )
    yield from cases(
        "rows-and-columns-not-square",
        {"E-CART": "reject"},
        lambda kind: put(series(kind), ImageOrientationPatient=["1", "0", "0", "0.002", "0.999998", "0"]),
        KINDS,
        verdicts={"3dsystems-ortho": "accept|ask|warn|reject"},
    )
    yield from cases(
        "directions-rounded",
        {"E-CART": "pass"},
        lambda kind: put(series(kind), ImageOrientationPatient=["0.9995", "0", "0", "0.0005", "1.0005", "0"]),
        KINDS,
        conformant=True,
    )
    small, large = 0.00005, 0.0003
    for name, angle, outcome in (("0.00005", small, "pass"), ("0.0003", large, "reject")):
        yield from cases(
            f"one-slice-turned-{name}",
            {"E-CART": outcome},
            lambda kind, angle=angle: put(
                series(kind), [3], ImageOrientationPatient=["1", str(angle), "0", str(-angle), "1", "0"]
            ),
            KINDS,
            conformant=outcome == "pass",
            verdicts={} if outcome == "pass" else {"3dsystems-ortho": "accept|ask|reject"},
        )
    yield from cases(
        "one-slice-turned-30-degrees",
        {"E-CART": "reject", "I09": "reject"},
        lambda kind: put(series(kind), [3], ImageOrientationPatient=_about_z(30)),
        KINDS,
    )
    yield from cases(
        "two-pixel-sizes",
        {"E-CART": "reject", "I09": "reject"},
        lambda kind: put(series(kind), [3], PixelSpacing=["0.55", "0.55"]),
        KINDS,
        verdicts={"3dsystems-ortho": "reject"},
    )

    def two_matrices(kind: str) -> list[File]:
        files = series(kind)
        return bend(put(files, [3], Rows=16), [3], pixels=files[3].pixels[:1024])

    yield from cases("two-matrices", {"E-CART": "reject", "I09": "reject"}, two_matrices)
    yield from cases(
        "not-square-pixels", {"E-PixelSpacing": "pass"}, lambda kind: series(kind, pixel=(0.5, 0.4)), KINDS, conformant=True
    )


def _about_z(degrees: float) -> list[str]:
    c, s = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    return [f"{value:.8f}" for value in (c, s, 0, -s, c, 0)]


def _texts() -> Iterator[Case]:
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
    yield from edit("charset-default", {"E-CharSet": "pass"}, lambda files: take(files, "SpecificCharacterSet"), conformant=True)
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


def _identity() -> Iterator[Case]:
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
        "series-uid-not-used", {"E-SeriesInstanceUID": "pass|n/a"}, lambda files: take(files, "SeriesInstanceUID"), MULTI,
        verdicts={"3dsystems-ortho": "accept|ask|reject", "exoplan-import": "accept"}, must_reject=False,
    )

    def copied(folder: Path) -> None:
        write_files(series(), folder)
        (folder / "copy of I0002.dcm").write_bytes((folder / "I0002.dcm").read_bytes())

    yield by_folder("classic-one-file-copied-twice", {"I04": "warn", "I07": "pass"}, copied,
                    verdicts={"exoplan-import": "warn"})


def _positions() -> Iterator[Case]:
    undefined = {"3dsystems-ortho": "reject", "exoplan-import": "reject"}
    for keyword, clause in (("ImagePositionPatient", "E-IPP"), ("ImageOrientationPatient", "E-IOP")):
        short = clause[2:].lower()
        yield from edit(f"{short}-missing", {clause: "reject", "I06": "reject"}, lambda files, k=keyword: take(files, k),
                        verdicts=undefined)
        yield from edit(
            f"{short}-missing-in-one-slice", {clause: "reject"}, lambda files, k=keyword: take(files, k, slices=[3]),
            verdicts=undefined,
        )
        yield from edit(
            f"{short}-not-a-number",
            {clause: "reject"},
            lambda files, k=keyword: put(files, [3], **{k: Raw("DS", b"0\\nan\\x \\0\\0\\0" if k[5] == "O" else b"0\\nan\\x ")}),
            verdicts=undefined,
        )
    yield from edit("ipp-of-two-values", {"E-IPP": "reject"}, lambda files: put(files, [3], ImagePositionPatient=["0", "0"]),
                    verdicts=undefined)
    yield from edit(
        "macro-plane-position-gone",
        {"E-IPP": "reject"},
        lambda files: [frame.pop("PlanePositionSequence") for frame in frames(files)],
        MULTI,
        verdicts=undefined,
    )
    yield from edit("orientation-in-every-frame", {"E-IOP": "pass"}, lambda files: spread(files, "PlaneOrientationSequence"),
                    MULTI, conformant=True)
    yield from edit("frames-shuffled", {"E-EQUI": "pass", "E-IPP": "pass"}, _shuffle_frames, MULTI, conformant=True)
    yield from edit("files-shuffled", {"E-EQUI": "pass", "E-IPP": "pass"}, _shuffle_files, (CLASSIC,), conformant=True)


def _shuffle_frames(files: list[File]) -> None:
    frames(files)[:] = [frames(files)[index] for index in (4, 0, 6, 2, 5, 1, 3)]


def _shuffle_files(files: list[File]) -> None:
    for file, index in zip(files, (4, 0, 6, 2, 5, 1, 3)):
        file.name = f"{index:03d}"
        file.header["InstanceNumber"] = str(7 - index)


def _pixel_module() -> Iterator[Case]:
    both = {"I17": "reject"}

    def three_samples(files: list[File]) -> None:
        put(files, SamplesPerPixel=3, PhotometricInterpretation="RGB", PlanarConfiguration=0)
        for file in files:
            file.pixels *= 3

    yield from edit("colour", {"E-SamplesPerPixel": "reject", "E-Photometric": "reject"} | both, three_samples)
    yield from edit("samples-missing", {"E-SamplesPerPixel": "reject"} | both, lambda files: take(files, "SamplesPerPixel"))
    for photometric in ("MONOCHROME1", "PALETTE COLOR"):
        yield from edit(
            photometric.lower().replace(" ", "-"),
            {"E-Photometric": "reject"} | both,
            lambda files, p=photometric: put(files, PhotometricInterpretation=p),
        )
    yield from edit("photometric-missing", {"E-Photometric": "reject"} | both, lambda f: take(f, "PhotometricInterpretation"))

    def eight_bits(files: list[File]) -> None:
        put(files, BitsAllocated=8, BitsStored=8, HighBit=7)
        for file in files:
            file.pixels = file.pixels[::2]

    def wide_bits(files: list[File]) -> None:
        put(files, BitsAllocated=32, BitsStored=32, HighBit=31)
        for file in files:
            file.pixels *= 2

    yield from edit("8-bits", {"E-BitsAllocated": "reject"} | both, eight_bits)
    yield from edit("32-bits", {"E-BitsAllocated": "reject"} | both, wide_bits)
    yield from edit("bits-allocated-missing", {"E-BitsAllocated": "reject"} | both, lambda f: take(f, "BitsAllocated"))
    yield from edit("17-bits-stored", {"E-BitsStored": "reject"} | both, lambda f: put(f, BitsStored=17, HighBit=16))
    yield from edit("bits-stored-missing", {"E-BitsStored": "reject"} | both, lambda f: take(f, "BitsStored"))
    yield from edit("high-bit-15-of-12", {"E-HighBit": "reject"} | both, lambda f: put(f, HighBit=15))
    yield from edit("high-bit-missing", {"E-HighBit": "reject"} | both, lambda f: take(f, "HighBit"))
    yield from edit(
        "16-bits-stored", {"E-BitsStored": "pass", "E-HighBit": "pass"}, lambda f: put(f, BitsStored=16, HighBit=15),
        conformant=True,
    )
    yield from edit("signed", {"E-PixelRepresentation": "pass"}, lambda f: put(f, PixelRepresentation=1), conformant=True)
    yield from edit("representation-2", {"E-PixelRepresentation": "reject"} | both, lambda f: put(f, PixelRepresentation=2))
    yield from edit("representation-missing", {"E-PixelRepresentation": "reject"} | both, lambda f: take(f, "PixelRepresentation"))

    def overlay_bits(files: list[File]) -> None:
        for file in files:
            file.pixels = b"\x18\xf0" * (len(file.pixels) // 2)

    yield from edit("overlay-in-the-high-bits", {"E-HighBit": "pass"}, overlay_bits, conformant=True)
    for keyword in ("Rows", "Columns"):
        clause = {f"E-{keyword}": "reject"} | both
        yield from edit(f"{keyword.lower()}-missing", clause, lambda f, k=keyword: take(f, k))
        yield from edit(f"{keyword.lower()}-zero", clause, lambda f, k=keyword: put(f, **{k: 0}))
    spacing = {"E-PixelSpacing": "reject"} | both
    yield from edit("pixel-spacing-missing", spacing, lambda f: take(f, "PixelSpacing"))
    yield from edit("pixel-spacing-zero", spacing, lambda f: put(f, PixelSpacing=["0", "0"]))
    yield from edit("pixel-spacing-negative", spacing, lambda f: put(f, PixelSpacing=["-0.5", "0.5"]))
    yield from edit("pixel-spacing-of-one-value", spacing, lambda f: put(f, PixelSpacing="0.5"))
    yield from edit(
        "slope-zero", {"E-Rescale": "reject"} | both, lambda f: put(f, RescaleSlope="0")
    )
    for keyword in ("RescaleSlope", "RescaleIntercept"):
        yield from edit(f"{keyword.lower()}-missing", {"E-Rescale": "reject"} | both, lambda f, k=keyword: take(f, k))
        yield from edit(f"{keyword.lower()}-empty", {"E-Rescale": "reject"} | both, lambda f, k=keyword: put(f, **{k: ""}))
    yield from edit("rescale-varies", {"E-Rescale": "warn"}, lambda f: put(f, [3], RescaleIntercept="-1000"),
                    verdicts={"3dsystems-ortho": "warn|ask|accept"})
    yield from _pixel_data()


def _pixel_data() -> Iterator[Case]:
    short = {"E-PixelData": "reject", "I03": "reject"}

    def cut(files: list[File]) -> None:
        files[-1].pixels = files[-1].pixels[:-64]

    yield from edit("pixel-data-short", {"E-PixelData": "reject"}, cut, verdicts={"3dsystems-ortho": "reject"})
    yield from edit("file-truncated-in-pixels", short, lambda f: bend(f, [len(f) - 1], bend=(lambda b: b[:-300],)),
                    verdicts={"3dsystems-ortho": "reject"})
    yield from edit("pixel-data-missing", {"E-PixelData": "reject"}, lambda f: bend(f, [len(f) - 1], pixels=b""),
                    verdicts={"3dsystems-ortho": "reject"})

    def longer(files: list[File]) -> None:
        files[-1].pixels += b"\0" * 40

    yield from edit("pixel-data-long", {"E-PixelData": "reject|warn"}, longer,
                    verdicts={"3dsystems-ortho": "reject|warn|accept|ask"})
    yield from edit("pixel-data-ob", {"E-PixelData": "warn"}, lambda f: bend(f, pixel_vr="OB"),
                    verdicts={"3dsystems-ortho": "accept|ask|warn"})

    def floating(files: list[File]) -> None:
        put(files, BitsAllocated=32)
        take(files, "BitsStored", "HighBit", "PixelRepresentation")
        for file in files:
            file.header[(0x7FE0, 0x0008)] = ("OF", file.pixels * 2)  # type: ignore[index]
            file.pixels = b""

    yield from edit("float-pixel-data", {"E-PixelData": "reject"}, floating, (CLASSIC, ENHANCED),
                    verdicts={"3dsystems-ortho": "reject"})

    yield from cases(
        "odd-matrix", {"E-PixelData": "pass"}, lambda kind: series(kind, size=(31, 33)), KINDS, conformant=True
    )


def _windows() -> Iterator[Case]:
    yield from edit(
        "window-absent",
        {"E-Window": "pass|n/a"},
        lambda f: take(f, "WindowCenter", "WindowWidth", "WindowCenterWidthExplanation"),
        conformant=True,
    )
    yield from edit("window-without-names", {"E-Window": "pass"}, lambda f: take(f, "WindowCenterWidthExplanation"), conformant=True)
    yield from edit("window-width-1", {"E-Window": "pass"}, lambda f: put(f, WindowCenter="40", WindowWidth="1",
                                                                         WindowCenterWidthExplanation="A"), conformant=True)
    ortho = {"3dsystems-ortho": "accept|ask"}
    yield from edit("window-width-0", {"E-Window": "warn"}, lambda f: put(f, WindowCenter="40", WindowWidth="0",
                                                                         WindowCenterWidthExplanation="A"), verdicts=ortho)
    yield from edit("window-counts-differ", {"E-Window": "warn"}, lambda f: put(f, WindowCenter=["40", "400"], WindowWidth="80"),
                    verdicts=ortho)
    yield from edit("window-names-differ", {"E-Window": "warn"},
                    lambda f: put(f, WindowCenter=["40", "400"], WindowWidth=["80", "2000"], WindowCenterWidthExplanation="A"),
                    verdicts=ortho)
    yield from edit("window-decimal-comma", {"E-Window": "warn"}, lambda f: put(f, WindowCenter=Raw("DS", b"40,5")), verdicts=ortho)
    yield from edit("window-width-alone", {"E-Window": "warn"}, lambda f: take(f, "WindowCenter"), verdicts=ortho)


def _groups() -> Iterator[Case]:
    undefined = {"3dsystems-ortho": "reject"}
    yield from edit("more-frames-declared", {"E-NumberOfFrames": "reject", "I12": "reject"}, lambda f: put(f, NumberOfFrames="8"), MULTI)
    yield from edit("fewer-frames-declared", {"E-NumberOfFrames": "reject", "I12": "reject"}, lambda f: put(f, NumberOfFrames="6"), MULTI)
    yield from edit("frames-not-declared", {"E-NumberOfFrames": "reject"}, lambda f: take(f, "NumberOfFrames"), MULTI, verdicts=undefined)
    yield from edit("frames-not-a-number", {"E-NumberOfFrames": "reject"}, lambda f: put(f, NumberOfFrames=Raw("IS", b"ABC ")), MULTI,
                    verdicts=undefined)
    yield from edit("a-frame-item-lost", {"E-NumberOfFrames": "reject", "I12": "reject"}, lambda f: frames(f).pop(), MULTI)
    yield from edit("shared-groups-missing", {"E-FG": "reject"}, lambda f: take(f, "SharedFunctionalGroupsSequence"), (ENHANCED,),
                    verdicts=undefined)
    yield from edit("frame-groups-missing", {"E-FG": "reject"}, lambda f: take(f, "PerFrameFunctionalGroupsSequence"), MULTI,
                    verdicts=undefined)

    def twice(files: list[File]) -> None:
        files[0].header["SharedFunctionalGroupsSequence"].append(dict(shared(files)))  # type: ignore[attr-defined]

    yield from edit("two-shared-items", {"E-FG": "reject|warn"}, twice, MULTI, verdicts={"3dsystems-ortho": "accept|warn|ask|reject"})

    def measures_in_both(files: list[File], thickness: str) -> None:
        for frame in frames(files):
            frame["PixelMeasuresSequence"] = [{"SliceThickness": thickness, "PixelSpacing": ["0.5", "0.5"]}]

    yield from edit("measures-in-both", {"E-FG": "reject|warn"}, lambda f: measures_in_both(f, "1"), MULTI,
                    verdicts={"3dsystems-ortho": "accept|warn|ask"})

    def frame_wins(files: list[File]) -> None:
        measures_in_both(files, "3")

    yield from edit("frame-wins-over-shared", {"O08a": "reject"}, frame_wins, MULTI, verdicts={"exoplan-import": "warn|reject"})
    yield from edit("measures-macro-missing", {"E-PixelSpacing": "reject"}, lambda f: shared(f).pop("PixelMeasuresSequence"), MULTI,
                    verdicts=undefined)
    yield from edit("rescale-macro-missing", {"E-Rescale": "reject"}, lambda f: shared(f).pop("PixelValueTransformationSequence"),
                    MULTI, verdicts=undefined)
    yield from edit("measures-in-every-frame", {"E-FG": "pass", "E-PixelSpacing": "pass"}, lambda f: spread(f, "PixelMeasuresSequence"),
                    MULTI, conformant=True)


def _displayed() -> Iterator[Case]:
    undecodable = {
        "StudyDate": Raw("DA", b"20261399"),
        "SeriesDate": Raw("DA", b"yesterda"),
        "StudyTime": Raw("TM", b"9999"),
        "SeriesTime": Raw("TM", b"noon"),
        "PatientBirthDate": Raw("DA", b"19701350"),
    }
    for keyword in DISPLAYED:
        clause = f"E-D-{keyword}"
        yield from edit(f"display-{keyword}-empty", {clause: "pass|n/a"}, lambda f, k=keyword: put(f, **{k: ""}), conformant=True)
        yield from edit(f"display-{keyword}-missing", {clause: "pass|n/a|info"}, lambda f, k=keyword: take(f, k),
                        KINDS if keyword == "PatientName" else (CLASSIC,), conformant=True)
        # A text is undecodable where the declared set is UTF-8 and the bytes are not.
        vr = {"PatientName": "PN", "PatientSex": "CS", "AccessionNumber": "SH"}.get(keyword, "LO")
        bad = undecodable.get(keyword, Raw(vr, b"Sch\xe4del \xff\xfe "))
        yield from edit(
            f"display-{keyword}-undecodable",
            {clause: "info"},
            lambda f, k=keyword, bad=bad: put(f, SpecificCharacterSet="ISO_IR 192", **{k: bad}),
            KINDS if keyword == "PatientName" else (CLASSIC,),
            conformant=True,
        )


def _unused() -> Iterator[Case]:
    for keyword, values in UNUSED.items():
        for number, value in enumerate(values):
            yield from edit(
                f"unused-{keyword}-{number}",
                {f"E-N-{keyword}": "pass|n/a|info"},
                lambda f, k=keyword, v=value: put(f, **{k: v}),
                KINDS if number == 0 else (CLASSIC,),
                verdicts={"exoplan-import": "accept", "3dsystems-ortho": "accept|warn|ask|reject"},
                must_reject=False,
            )

