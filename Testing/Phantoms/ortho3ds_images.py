"""Cases of the 3D Systems protocol on compression, kernel, image type and reformats (O11, O18, O20 to O25)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from .case import Case, by_folder, cases
from .files import DEFLATED, RLE, File, write_files
from .ortho3ds_scan import BOTH
from .series import (
    CLASSIC,
    CORONAL,
    CRANIOFACIAL,
    KINDS,
    MULTI,
    put,
    renamed,
    series,
    shared,
    take,
)


def compressed(kind: str, syntax: str) -> list[File]:
    """A series whose files call themselves compressed by `syntax`; the frames are no true codestreams."""
    files = series(kind)
    for file in files:
        file.syntax = syntax
        if syntax != DEFLATED:
            count = 1 if kind == CLASSIC else 7
            file.encapsulated = (b"\xff\xd8\xff\xe0" + b"\0" * 60,) * count
    return files


def compression_cases() -> Iterator[Case]:
    yield from _transfer_syntax_cases()
    yield from _lossy_attribute_cases()


def _transfer_syntax_cases() -> Iterator[Case]:
    lossless = {
        "rle": RLE,
        "jpeg-lossless": "1.2.840.10008.1.2.4.70",
        "jpeg-ls": "1.2.840.10008.1.2.4.80",
        "jpeg-2000": "1.2.840.10008.1.2.4.90",
        "deflated": DEFLATED,
    }
    for name, syntax in lossless.items():
        yield from cases(
            f"compressed-{name}",
            {"O20a": "reject", "O20b": "pass", "E-TS": "reject"},
            lambda kind, syntax=syntax: compressed(kind, syntax),
            KINDS if name == "rle" else (CLASSIC,),
        )
    lossy = {
        "jpeg-baseline": "1.2.840.10008.1.2.4.50",
        "jpeg-extended": "1.2.840.10008.1.2.4.51",
        "jpeg-ls-near": "1.2.840.10008.1.2.4.81",
        "jpeg-2000-lossy": "1.2.840.10008.1.2.4.91",
        "htj2k": "1.2.840.10008.1.2.4.203",
    }
    for name, syntax in lossy.items():
        yield from cases(
            f"compressed-{name}",
            {"O20a": "reject", "O20b": "reject", "E-TS": "reject"}
            | ({"O20b": "reject|ask"} if name == "htj2k" else {}),
            lambda kind, syntax=syntax: compressed(kind, syntax),
            KINDS if name == "jpeg-baseline" else (CLASSIC,),
        )


def _lossy_attribute_cases() -> Iterator[Case]:
    yield from cases(
        "lossy-flag-on-uncompressed",
        {"O20a": "pass", "O20b": "reject", "E-lossy": "warn"},
        lambda kind: put(series(kind), LossyImageCompression="01"),
        KINDS,
    )
    yield from cases("lossy-flag-00", {"O20b": "pass", "E-lossy": "pass"}, series, KINDS)
    yield from cases(
        "lossy-flag-in-one-slice",
        {"O20b": "reject"},
        lambda kind: put(series(kind), [3], LossyImageCompression="01"),
        verdicts={"exoplan-import": "warn"},
    )
    yield from cases(
        "lossy-flag-deep-in-a-sequence",
        {"O20b": "reject"},
        _deep_lossy,
        KINDS,
        verdicts={"exoplan-import": "accept|warn"},
    )
    yield from cases(
        "lossy-ratio-without-flag",
        {"O20b": "reject"},
        lambda kind: put(take(series(kind), "LossyImageCompression"), LossyImageCompressionRatio="10"),
        verdicts={"exoplan-import": "accept|warn"},
    )
    yield from cases(
        "lossy-method-without-flag",
        {"O20b": "reject"},
        lambda kind: put(take(series(kind), "LossyImageCompression"), LossyImageCompressionMethod="ISO_10918_1"),
        verdicts={"exoplan-import": "accept|warn"},
    )
    yield from cases(
        "derivation-lossy-words",
        {"O20b": "reject"},
        lambda kind: put(series(kind), DerivationDescription="Lossy JPEG compression 10:1"),
        verdicts={"exoplan-import": "accept|warn"},
    )
    yield from cases(
        "derivation-lossless-words",
        {"O20b": "pass"},
        lambda kind: put(series(kind), DerivationDescription="Lossless compression, decompressed"),
        conformant=True,
    )


def _deep_lossy(kind: str) -> list[File]:
    files = series(kind)
    holder = files[0].header if kind == CLASSIC else shared(files)
    holder["DerivationImageSequence"] = [{"SourceImageSequence": [{"LossyImageCompression": "01"}]}]
    return files


KERNELS = (
    # (manufacturer, kernel, expected)
    ("GE MEDICAL SYSTEMS", "STANDARD", "pass"),
    ("GE MEDICAL SYSTEMS", "Standard", "pass"),
    ("SIEMENS", "H30s", "pass"),
    ("TOSHIBA", "FC20", "pass"),
    ("Canon Medical Systems", "FC20", "pass"),
    ("Philips", "B", "pass"),
    ("GE MEDICAL SYSTEMS", "STD+", "warn"),
    ("GE MEDICAL SYSTEMS", "SOFT", "warn"),
    ("SIEMENS", ["Br38f", "3"], "warn"),
    ("SIEMENS", ["J30s", "3"], "warn"),
    ("SIEMENS", "B30f", "warn"),
    ("TOSHIBA", "FC18", "warn"),
    ("Philips", "UB", "warn"),
    ("Philips", "A", "warn"),
    ("GE MEDICAL SYSTEMS", "BONE", "reject"),
    ("GE MEDICAL SYSTEMS", "DETAIL", "reject"),
    ("GE MEDICAL SYSTEMS", "BONEPLUS", "reject"),
    ("GE MEDICAL SYSTEMS", "EDGE", "reject"),
    ("GE MEDICAL SYSTEMS", "LUNG", "reject"),
    ("SIEMENS", "H60s", "reject"),
    ("SIEMENS", "B50f", "reject"),
    ("SIEMENS", ["Br64d", "3"], "reject"),
    ("SIEMENS Healthineers", "Hr68f", "reject"),
    ("TOSHIBA", "FC13-H", "warn"),
    ("SIEMENS", ["I31f", "3"], "warn"),
    ("SIEMENS", ["I70f", "3"], "reject"),
    ("TOSHIBA", "FC30", "reject"),
    ("Canon Medical Systems", "FC81", "reject"),
    ("Philips", "D", "reject"),
    ("Philips", "YA", "reject"),
    ("Philips", "YC", "reject"),
    ("Philips", "E", "reject"),
    ("GE MEDICAL SYSTEMS", "XYZZY", "ask"),
    ("Acme Imaging", "K7", "ask"),
    ("Philips", "H30s", "ask"),
    ("", "STANDARD", "ask|pass"),
)


def kernels_cases() -> Iterator[Case]:
    for maker, kernel, outcome in KERNELS:
        text = kernel if isinstance(kernel, str) else kernel[0]
        yield from cases(
            f"kernel-{(maker or 'unknown').split()[0].lower()}-{text}",
            {"O23": outcome},
            lambda kind, maker=maker, kernel=kernel: put(series(kind), Manufacturer=maker, ConvolutionKernel=kernel),
            BOTH if text in ("H30s", "STD+", "BONE") else (CLASSIC,),
            conformant=outcome == "pass",
        )
    yield from cases("kernel-missing", {"O23": "ask"}, lambda kind: take(series(kind), "ConvolutionKernel"), BOTH)
    yield from cases("kernel-empty", {"O23": "ask"}, lambda kind: put(series(kind), ConvolutionKernel=""), BOTH)
    yield from cases(
        "kernel-mixed",
        {"O23": "reject", "I11": "warn|reject"},
        lambda kind: put(series(kind), [3, 4, 5, 6], ConvolutionKernel="B30f"),
        verdicts={"exoplan-import": "warn|reject"},
    )
    yield from cases("kernel-unknown-to-the-object", {"O23": "ask"}, series, (CRANIOFACIAL,))


def typed(*values: str, slices: tuple[int, ...] | None = None) -> Callable[[str], list[File]]:
    """Makes a series with these values of Image Type."""
    return lambda kind: put(series(kind), slices, ImageType=list(values))


def types_cases() -> Iterator[Case]:
    yield from _image_type_cases()
    yield from _reformat_cases()
    yield from _metal_reduction_cases()


def _image_type_cases() -> Iterator[Case]:
    yield from cases("type-derived", {"O24": "reject", "E-ImageType": "pass"}, typed("DERIVED", "PRIMARY", "AXIAL"))
    yield from cases("type-derived-volume", {"O24": "reject"}, typed("DERIVED", "PRIMARY", "VOLUME", "NONE"), MULTI)
    yield from cases("type-derived-with-blank", {"O24": "reject"}, typed("DERIVED ", "PRIMARY", "AXIAL"))
    yield from cases("type-secondary", {"O24": "reject"}, typed("ORIGINAL", "SECONDARY", "AXIAL"))
    yield from cases(
        "type-derived-in-last-slice",
        {"O24": "reject"},
        typed("DERIVED", "PRIMARY", "AXIAL", slices=(6,)),
        verdicts={"exoplan-import": "accept|warn"},
    )
    yield from cases(
        "dose-screen",
        {"O04": "reject", "O24": "reject"},
        lambda kind: put(series(kind, count=1), ImageType=["DERIVED", "SECONDARY", "OTHER", "CT_SOM5 PROT"]),
        verdicts={"exoplan-import": "reject"},
    )
    yield from cases(
        "type-missing", {"O24": "ask", "E-ImageType": "warn"}, lambda kind: take(series(kind), "ImageType")
    )
    yield from cases("type-empty", {"O24": "ask", "E-ImageType": "warn"}, lambda kind: put(series(kind), ImageType=""))
    for fourth in ("HELIX", "CT_SOM5 SPI", "ADD", "M_FFE"):
        yield from cases(
            f"type-fourth-{fourth.split()[0].lower()}",
            {"O24": "pass"},
            typed("ORIGINAL", "PRIMARY", "AXIAL", fourth),
            conformant=True,
        )
    yield from cases(
        "type-with-blanks",
        {"O24": "pass", "E-ImageType": "pass"},
        typed("ORIGINAL ", " PRIMARY", "AXIAL "),
        conformant=True,
    )


def _reformat_cases() -> Iterator[Case]:
    # What calls itself MPR or a screen shot is no original either: it fails both clauses.
    for third in ("MPR", "CSA MPR", "REFORMATTED", "PROJECTION IMAGE", "SCREEN SAVE"):
        yield from cases(
            f"type-{third.lower().replace(' ', '-')}",
            {"O24": "reject", "O25": "reject", "E-ImageType": "warn"},
            typed("DERIVED", "SECONDARY", third),
        )
    for text in ("MPR coronal", "CSA MPR Range", "Head reformatted", "MIP projection"):
        yield from cases(
            f"description-{text.lower().replace(' ', '-')}",
            {"O25": "reject"},
            lambda kind, text=text: put(series(kind), SeriesDescription=text),
            BOTH if text == "MPR coronal" else (CLASSIC,),
        )
    yield from cases(
        "description-impression",
        {"O25": "pass"},
        lambda kind: put(series(kind), SeriesDescription="compression impression"),
        conformant=True,
    )


def _metal_reduction_cases() -> Iterator[Case]:
    for name in ("Head iMAR", "O-MAR spine", "SEMAR hip", "Smart MAR knee"):
        yield from cases(
            f"mar-{name.lower().replace(' ', '-')}",
            {"O18": "ask"},
            lambda kind, name=name: put(series(kind), SeriesDescription=name),
            BOTH if "iMAR" in name else (CLASSIC,),
        )
    yield from cases("mar-in-protocol-name", {"O18": "ask"}, lambda kind: put(series(kind), ProtocolName="Hip iMAR"))
    yield from cases(
        "mar-is-not-marrow",
        {"O18": "pass|n/a|info"},
        lambda kind: put(series(kind), SeriesDescription="bone marrow, Omari, March"),
        conformant=True,
    )


def reformats_cases() -> Iterator[Case]:
    def coronal() -> list[File]:
        return renamed(put(series(name="cor", plane=CORONAL), SeriesDescription="coronal"), "cor")

    def beside(**values: object):
        def write(folder: Path) -> None:
            main = coronal()
            axial = put(
                series(name="axial"),
                StudyInstanceUID=main[0].header["StudyInstanceUID"],
                FrameOfReferenceUID=main[0].header["FrameOfReferenceUID"],
            )
            write_files(main + renamed(put(axial, **values), "axial"), folder)

        return write

    main = coronal()[0].header["SeriesInstanceUID"]
    yield by_folder("classic-reformat-beside-its-original", {"O10": "reject", "O11": "pass"}, beside(), main=main)
    yield by_folder(
        "classic-reformat-beside-a-rejected-original",
        {"O10": "reject", "O11": "reject"},
        beside(ConvolutionKernel="B70f"),
        main=main,
    )
    yield by_folder(
        "classic-reformat-beside-another-frame-of-reference",
        {"O10": "reject", "O11": "reject"},
        beside(FrameOfReferenceUID="1.2.3.4"),
        main=main,
    )
    yield by_folder(
        "classic-reformat-alone",
        {"O10": "reject", "O11": "reject"},
        lambda folder: write_files(coronal(), folder),
        main=main,
    )
