"""Cases of the 3D Systems orthopaedic CT protocol (clauses O..), on the limit and just over it."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from datetime import date
from pathlib import Path

from .case import Case, by_folder, cases
from .files import DEFLATED, GONE, RLE, File, Raw, write_files
from .series import (
    CLASSIC,
    CORONAL,
    CRANIOFACIAL,
    ENHANCED,
    KINDS,
    MULTI,
    SAGITTAL,
    put,
    renamed,
    series,
    shared,
    take,
    turned,
)

BOTH = (CLASSIC, ENHANCED)


def tilted(kind: str, degrees: float, step: float = 1.0, tag: str = "0", **fields: object) -> list[File]:
    """A gantry-tilted acquisition: the table moves along z while the slices lean by `degrees`."""
    angle = math.radians(degrees)
    files = series(
        kind,
        thickness="1",
        plane=turned(degrees),
        spacing=step * math.cos(angle),
        shear=-step * math.sin(angle),
        **fields,
    )
    return files if kind == CRANIOFACIAL else put(files, GantryDetectorTilt=tag)


def sheared(kind: str, degrees: float) -> list[File]:
    """Axial slices that drift sideways, so that normal and slice direction differ by `degrees`."""
    return series(kind, shear=math.tan(math.radians(degrees)))


def orthopaedic() -> Iterator[Case]:
    """Every case of the protocol that headers decide."""
    yield from _objects()
    yield from _dates()
    yield from _spacing()
    yield from _plane()
    yield from _tilt()
    yield from _acquisitions()
    yield from _compression()
    yield from _kernels()
    yield from _types()
    yield from _reformats()
    yield from _scale()


def _objects() -> Iterator[Case]:
    every = {
        "O01": "pass|info",
        "O04": "pass",
        "O06": "pass",
        "O08a": "pass",
        "O08b": "pass",
        "O08c": "pass",
        "O08d": "pass",
        "O10": "pass",
        "O12b": "pass",
        "O20a": "pass",
        "O20b": "pass",
        "O22": "pass",
        "O24": "pass",
        "O25": "pass",
    }
    yield from cases("conformant", every, series, KINDS, conformant=True)
    yield from cases("dose-shown", {"O02": "pass"}, series, BOTH)
    yield from cases(
        "dose-not-stated",
        {"O02": "info|n/a"},
        lambda kind: take(series(kind), "CTDIvol", "KVP", "Exposure", "ExposureTime", "XRayTubeCurrent"),
        conformant=True,
    )
    yield from cases(
        "modality-seg-in-ct-class",
        {"O01": "reject", "E-Modality": "reject"},
        lambda kind: put(series(kind), Modality="SEG"),
        BOTH,
    )
    yield from cases(
        "modality-ct-in-craniofacial",
        {"O01": "reject", "E-Modality": "reject"},
        lambda kind: put(series(kind), Modality="CT"),
        (CRANIOFACIAL,),
    )
    yield from cases(
        "cone-beam-device-in-ct-class",
        {"O01": "pass|info", "O23": "ask"},
        lambda kind: put(series(kind), Manufacturer="Planmeca", ManufacturerModelName="ProMax 3D Mid", ConvolutionKernel=""),
        BOTH,
    )
    yield from cases("two-slices", {"O04": "reject"}, lambda kind: series(kind, count=2), KINDS)
    yield from cases("three-slices", {"O04": "pass"}, lambda kind: series(kind, count=3), KINDS, conformant=True)
    yield from cases(
        "thick-mpr",
        {"O04": "reject", "O08a": "reject", "O08b": "reject", "O25": "reject"},
        lambda kind: put(series(kind, spacing=5.0), SeriesDescription="MPR thick ax"),
    )
    yield from cases("isotropic", {"O07": "pass"}, lambda kind: series(kind, spacing=0.5), KINDS, conformant=True)
    yield from cases(
        "anisotropy-5.6",
        {"O07": "info"},
        lambda kind: series(kind, spacing=2.5, pixel=(0.45, 0.45)),
        KINDS,
        conformant=True,
    )


def _dates() -> Iterator[Case]:
    def acquired(text: str, **others: object):
        return lambda kind: put(series(kind), AcquisitionDateTime=text, **others)

    july = date(2026, 7, 15)
    yield from cases("scan-six-months-to-the-day", {"O06": "pass"}, acquired("20260115101300"), BOTH, surgery=july)
    yield from cases("scan-six-months-and-a-day", {"O06": "reject"}, acquired("20260114101300"), BOTH, surgery=july)
    august = date(2026, 8, 31)
    yield from cases("31-august-clamped-to-28-february", {"O06": "pass"}, acquired("20260228"), surgery=august)
    yield from cases("31-august-27-february", {"O06": "reject"}, acquired("20260227"), surgery=august)
    leap = date(2028, 8, 31)
    yield from cases("31-august-leap-29-february", {"O06": "pass"}, acquired("20280229"), surgery=leap)
    yield from cases("31-august-leap-28-february", {"O06": "reject"}, acquired("20280228"), surgery=leap)
    yield from cases("31-may-clamped-to-30-november", {"O06": "pass"}, acquired("20251130"), surgery=date(2026, 5, 31))
    yield from cases("scan-after-surgery", {"O06": "ask"}, series, KINDS, surgery=date(2026, 3, 9))
    yield from cases("scan-on-day-of-surgery", {"O06": "pass"}, series, surgery=date(2026, 3, 10))
    for text in ("19000101", "19600101"):
        yield from cases(f"date-{text[:4]}", {"O06": "ask"}, acquired(text))
    yield from cases("dates-shifted", {"O06": "ask"}, acquired("20260310", LongitudinalTemporalInformationModified="MODIFIED"))
    yield from cases(
        "dates-unmodified",
        {"O06": "pass"},
        acquired("20260310", LongitudinalTemporalInformationModified="UNMODIFIED"),
        conformant=True,
    )
    yield from cases("time-zone-in-date", {"O06": "pass"}, acquired("20260310101300.000000+0100"), conformant=True)
    yield from cases("surgery-not-given", {"O06": "pass|n/a|info"}, series, KINDS, surgery=None, conformant=True)
    yield from _date_sources(july)


DATES = ("AcquisitionDateTime", "AcquisitionDate", "ContentDate", "SeriesDate", "StudyDate")


def _date_sources(surgery: date) -> Iterator[Case]:
    def only(source: int, kind: str, text: str) -> list[File]:
        files = take(series(kind), *DATES[:source])
        return put(files, **{DATES[source]: text})

    for source, keyword in list(enumerate(DATES))[1:]:
        yield from cases(
            f"old-by-{keyword}",
            {"O06": "reject"},
            lambda kind, source=source: only(source, kind, "20260114"),
            surgery=surgery,
        )
    yield from cases(
        "old-study-date-yet-fresh-acquisition",
        {"O06": "pass"},
        lambda kind: put(series(kind), StudyDate="20200101", SeriesDate="20200101", ContentDate="20200101"),
        surgery=surgery,
        conformant=True,
    )

    def old_frame(kind: str) -> list[File]:
        files = take(series(kind), "AcquisitionDateTime")
        return put(files, [3], FrameAcquisitionDateTime="20260114101300")

    yield from cases("earliest-frame-old", {"O06": "reject"}, old_frame, MULTI, surgery=surgery)

    def dateless(kind: str) -> list[File]:
        files = take(series(kind), *DATES)
        return files if kind == CLASSIC else take(files, "FrameAcquisitionDateTime")

    yield from cases("no-date-at-all", {"O06": "ask"}, dateless, KINDS)
    yield from cases("impossible-dates", {"O06": "ask"}, lambda kind: put(series(kind), **dict.fromkeys(DATES, "20261399")))

    def fresh_files(folder: Path) -> None:
        write_files(dateless(CLASSIC), folder)
        for path in folder.iterdir():
            os.utime(path)

    yield by_folder("classic-file-time-is-no-scan-date", {"O06": "ask"}, fresh_files)


def _spacing() -> Iterator[Case]:
    yield from cases(
        "slices-2.5",
        {"O08a": "pass", "O08b": "pass", "O08c": "pass"},
        lambda kind: series(kind, spacing=2.5),
        KINDS,
        conformant=True,
    )
    yield from cases(
        "thickness-2.5001", {"O08a": "reject", "O08b": "pass"}, lambda kind: series(kind, "t", "2.5001", spacing=2.5), KINDS
    )
    yield from cases(
        "one-thick-slice", {"O08a": "reject"}, lambda kind: put(series(kind, spacing=2.5), [3], SliceThickness="2.6"), KINDS
    )
    yield from cases("thickness-missing", {"O08a": "ask"}, lambda kind: take(series(kind), "SliceThickness"), KINDS)
    yield from cases("thickness-empty", {"O08a": "ask"}, lambda kind: put(series(kind), SliceThickness=""), KINDS)
    for name, value in (("zero", "0"), ("negative", "-1"), ("a-word", Raw("DS", b"thin"))):
        yield from cases(
            f"thickness-{name}", {"O08a": "ask"}, lambda kind, v=value: put(series(kind), SliceThickness=v), KINDS
        )
    yield from cases(
        "spacing-2.5001", {"O08a": "pass", "O08b": "reject"}, lambda kind: series(kind, "s", "2.5", spacing=2.5001), KINDS
    )
    yield from cases(
        "slice-location-lies-small",
        {"O08b": "reject"},
        lambda kind: _located(series(kind, "s", "3", spacing=3.0), 1.0),
        verdicts={"3dsystems-ortho": "reject"},
    )
    yield from cases(
        "slice-location-lies-large", {"O08b": "pass"}, lambda kind: _located(series(kind), 5.0), conformant=True
    )
    yield from cases(
        "spacing-between-slices-lies",
        {"O08b": "pass"},
        lambda kind: put(series(kind), SpacingBetweenSlices="5"),
        KINDS,
        conformant=True,
    )
    yield from cases(
        "length-of-step-above-spacing",
        {"O08b": "pass", "O12b": "reject"},
        lambda kind: series(kind, "s", "2.5", spacing=2.45, shear=1.0),
        KINDS,
        verdicts={"exoplan-import": "reject"},
    )
    yield from cases(
        "thickness-plus-5-percent", {"O08c": "pass"}, lambda kind: series(kind, "s", "1", spacing=1.05), KINDS, conformant=True
    )
    yield from cases(
        "gaps-5.1-percent", {"O08c": "reject"}, lambda kind: series(kind, "s", "1", spacing=1.051), KINDS
    )
    yield from cases("overlap-half", {"O08c": "warn"}, lambda kind: series(kind, "s", "1", spacing=0.5), KINDS)
    yield from cases(
        "hole-of-two-gaps",
        {"O08d": "reject", "I08": "reject", "E-EQUI": "reject"},
        lambda kind: series(kind, gaps=(1, 1, 1, 2, 1, 1, 1)),
        KINDS,
    )
    yield from cases(
        "hole-of-1.51-gaps",
        {"O08d": "reject", "E-EQUI": "reject"},
        lambda kind: series(kind, gaps=(1, 1, 1, 1.51, 1, 1, 1)),
        KINDS,
    )
    yield from cases(
        "gap-of-1.49-gaps",
        {"O08d": "warn", "E-EQUI": "reject"},
        lambda kind: series(kind, gaps=(1, 1, 1, 1.49, 1, 1, 1)),
        KINDS,
    )
    yield from cases(
        "gap-off-by-0.011",
        {"O08d": "warn", "E-EQUI": "reject"},
        lambda kind: series(kind, gaps=(1, 1, 1, 1.011, 0.989, 1, 1)),
        KINDS,
    )
    yield from cases(
        "gap-off-by-0.009",
        {"O08d": "pass", "E-EQUI": "reject"},
        lambda kind: series(kind, gaps=(1, 1, 1, 1.009, 0.991, 1, 1)),
        KINDS,
    )


def _located(files: list[File], step: float) -> list[File]:
    for index, file in enumerate(files):
        file.header["SliceLocation"] = str(index * step)
    return files


def _plane() -> Iterator[Case]:
    for name, plane in (("coronal", CORONAL), ("sagittal", SAGITTAL)):
        yield from cases(
            f"{name}-that-calls-itself-axial",
            {"O10": "reject", "O11": "reject|n/a"},
            lambda kind, plane=plane: series(kind, plane=plane),
            KINDS,
        )
    yield from cases("oblique-0.9", {"O10": "pass"}, lambda kind: series(kind, plane=turned(0.9)), KINDS, conformant=True)
    yield from cases("oblique-1.1", {"O10": "reject"}, lambda kind: series(kind, plane=turned(1.1)), KINDS)
    yield from cases(
        "gantry-tilt-is-still-axial",
        {"O10": "pass", "O12a": "reject", "O12b": "reject", "E-Tilt-CT": "reject"},
        lambda kind: tilted(kind, 16.5, tag="16.5"),
    )
    lying = (("prone", "HFP", (-1.0, -1.0)), ("feet-first", "FFS", (1.0, 1.0)), ("feet-prone", "FFP", (-1.0, -1.0)))
    for name, position, (row, column) in lying:
        yield from cases(
            name,
            {"O10": "pass"},
            lambda kind, p=position, r=row, c=column: put(
                series(kind, plane=((r, 0.0, 0.0), (0.0, c, 0.0))), PatientPosition=p
            ),
            BOTH,
            conformant=True,
        )
    yield from cases(
        "decubitus",
        {"O10": "pass"},
        lambda kind: put(series(kind, plane=((0.0, -1.0, 0.0), (1.0, 0.0, 0.0))), PatientPosition="HFDR"),
        BOTH,
        conformant=True,
    )
    yield from cases(
        "slices-run-downwards",
        {"O10": "pass", "O12b": "pass"},
        lambda kind: series(kind, plane=((1.0, 0.0, 0.0), (0.0, -1.0, 0.0))),
        KINDS,
        conformant=True,
    )


def _tilt() -> Iterator[Case]:
    for name, tag in (("zero", "0"), ("plus-zero", "+0.0"), ("minus-zero", "-0.0"), ("empty", ""), ("missing", GONE)):
        yield from cases(
            f"tilt-tag-{name}",
            {"O12a": "pass|n/a"},
            lambda kind, tag=tag: put(series(kind), GantryDetectorTilt=tag),
            BOTH,
            conformant=True,
        )
    for kind, clause in ((CLASSIC, "E-Tilt-CT"), (ENHANCED, "E-Tilt-ECT")):
        for tag in ("0.1", "-16.5", "0.01"):
            yield from cases(
                f"tilt-tag-{tag}-without-shear",
                {"O12a": "reject", "O13": "reject", clause: "reject"},
                lambda kind, tag=tag: put(series(kind), GantryDetectorTilt=tag),
                (kind,),
            )
        yield from cases("tilt-tag-zero-passes", {"O12a": "pass", "O13": "pass", clause: "pass"}, series, (kind,))
        yield from cases(
            "one-slice-tilted",
            {"O12a": "reject", clause: "reject"},
            lambda kind: put(series(kind), [3], GantryDetectorTilt="5"),
            (kind,),
        )
        yield from cases(
            "tilt-16.5-with-tag-0",
            {"O12a": "pass", "O12b": "reject"},
            lambda kind: tilted(kind, 16.5),
            (kind,),
            verdicts={"exoplan-import": "reject"},
        )
    yield from cases(
        "tilt-tag-a-word",
        {"O12a": "ask", "E-Tilt-CT": "reject|ask"},
        lambda kind: put(series(kind), GantryDetectorTilt=Raw("DS", b"none")),
    )
    yield from cases(
        "tilt-at-top-level",
        {"O12a": "reject", "E-Tilt-ECT": "reject"},
        lambda kind: _top_tilt(series(kind)),
        (ENHANCED,),
    )
    yield from cases(
        "tilt-in-multi-energy-acquisition",
        {"O12a": "reject", "E-Tilt-ECT": "reject"},
        lambda kind: _multi_energy_tilt(series(kind)),
        (ENHANCED,),
    )
    yield from cases(
        "tilt-15-from-positions",
        {"O12b": "reject", "E-CART": "reject", "O10": "pass"},
        lambda kind: tilted(kind, 15.0),
        (CRANIOFACIAL,),
    )
    yield from cases("shear-0.0999-degrees", {"O12b": "pass"}, lambda kind: sheared(kind, 0.0999), KINDS, conformant=True)
    yield from cases(
        "shear-0.1005-degrees",
        {"O12b": "reject", "E-CART": "reject"},
        lambda kind: sheared(kind, 0.1005),
        KINDS,
    )
    yield from cases(
        "derivation-medcom-resampled",
        {"O13": "reject"},
        lambda kind: put(series(kind), DerivationDescription="MEDCOM_RESAMPLED"),
        BOTH,
    )


def _top_tilt(files: list[File]) -> list[File]:
    files[0].header["GantryDetectorTilt"] = "7.5"
    return files


def _multi_energy_tilt(files: list[File]) -> list[File]:
    files[0].header["MultienergyCTAcquisitionSequence"] = [
        {"CTAcquisitionDetailsSequence": [{"GantryDetectorTilt": "7.5"}]}
    ]
    return files


def _acquisitions() -> Iterator[Case]:
    def numbered(kind: str, numbers: str, times: dict[str, str] | None = None) -> list[File]:
        files = series(kind, count=len(numbers))
        for file, number in zip(files, numbers):
            file.header["AcquisitionNumber"] = number
            time = (times or {}).get(number, "101300")
            file.header |= {"AcquisitionTime": time, "AcquisitionDateTime": f"20260310{time}", "ContentTime": time}
        return files

    yield from cases(
        "step-and-shoot",
        {"O15": "pass"},
        lambda kind: numbered(kind, "111222333444", {"1": "101300", "2": "101303", "3": "101306", "4": "101309"}),
        conformant=True,
    )
    yield from cases("one-acquisition", {"O15": "pass"}, series, KINDS)
    yield from cases(
        "acquisitions-overlap-in-z",
        {"O15": "reject"},
        lambda kind: numbered(kind, "111112121222", {"1": "101300", "2": "101420"}),
    )
    yield from cases(
        "restarted-45-minutes-later",
        {"O15": "reject"},
        lambda kind: numbered(kind, "111111222222", {"1": "101300", "2": "105800"}),
    )

    def two_frames_of_reference(kind: str) -> list[File]:
        files = series(kind, count=8)
        return put(files, range(4, 8), FrameOfReferenceUID=files[0].header["StudyInstanceUID"] + ".1")

    yield from cases("two-frames-of-reference", {"O15": "reject", "I05f": "reject"}, two_frames_of_reference)


def _compression() -> Iterator[Case]:
    def compressed(kind: str, syntax: str) -> list[File]:
        files = series(kind)
        for file in files:
            file.syntax = syntax
            if syntax != DEFLATED:
                count = 1 if kind == CLASSIC else 7
                file.encapsulated = (b"\xff\xd8\xff\xe0" + b"\0" * 60,) * count
        return files

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
            {"O20a": "reject", "O20b": "reject", "E-TS": "reject"} | ({"O20b": "reject|ask"} if name == "htj2k" else {}),
            lambda kind, syntax=syntax: compressed(kind, syntax),
            KINDS if name == "jpeg-baseline" else (CLASSIC,),
        )
    yield from cases(
        "lossy-flag-on-uncompressed",
        {"O20a": "pass", "O20b": "reject", "E-lossy": "warn"},
        lambda kind: put(series(kind), LossyImageCompression="01"),
        KINDS,
    )
    yield from cases("lossy-flag-00", {"O20b": "pass", "E-lossy": "pass"}, series, KINDS)
    yield from cases("lossy-flag-in-one-slice", {"O20b": "reject"}, lambda kind: put(series(kind), [3], LossyImageCompression="01"),
                     verdicts={"exoplan-import": "warn"})
    yield from cases("lossy-flag-deep-in-a-sequence", {"O20b": "reject"}, _deep_lossy, KINDS, verdicts={"exoplan-import": "accept|warn"})
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


def _kernels() -> Iterator[Case]:
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


def _types() -> Iterator[Case]:
    def typed(*values: str, slices: tuple[int, ...] | None = None):
        return lambda kind: put(series(kind), slices, ImageType=list(values))

    yield from cases("type-derived", {"O24": "reject", "E-ImageType": "pass"}, typed("DERIVED", "PRIMARY", "AXIAL"))
    yield from cases("type-derived-volume", {"O24": "reject"}, typed("DERIVED", "PRIMARY", "VOLUME", "NONE"), MULTI)
    yield from cases("type-derived-with-blank", {"O24": "reject"}, typed("DERIVED ", "PRIMARY", "AXIAL"))
    yield from cases("type-secondary", {"O24": "reject"}, typed("ORIGINAL", "SECONDARY", "AXIAL"))
    yield from cases("type-derived-in-last-slice", {"O24": "reject"}, typed("DERIVED", "PRIMARY", "AXIAL", slices=(6,)),
                     verdicts={"exoplan-import": "accept|warn"})
    yield from cases(
        "dose-screen",
        {"O04": "reject", "O24": "reject"},
        lambda kind: put(series(kind, count=1), ImageType=["DERIVED", "SECONDARY", "OTHER", "CT_SOM5 PROT"]),
        verdicts={"exoplan-import": "reject"},
    )
    yield from cases("type-missing", {"O24": "ask", "E-ImageType": "warn"}, lambda kind: take(series(kind), "ImageType"))
    yield from cases("type-empty", {"O24": "ask", "E-ImageType": "warn"}, lambda kind: put(series(kind), ImageType=""))
    for fourth in ("HELIX", "CT_SOM5 SPI", "ADD", "M_FFE"):
        yield from cases(
            f"type-fourth-{fourth.split()[0].lower()}",
            {"O24": "pass"},
            typed("ORIGINAL", "PRIMARY", "AXIAL", fourth),
            conformant=True,
        )
    yield from cases(
        "type-with-blanks", {"O24": "pass", "E-ImageType": "pass"}, typed("ORIGINAL ", " PRIMARY", "AXIAL "), conformant=True
    )
    # What calls itself MPR or a screen shot is no original either: both clauses speak.
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


def _reformats() -> Iterator[Case]:
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
        "classic-reformat-alone", {"O10": "reject", "O11": "reject"}, lambda folder: write_files(coronal(), folder), main=main
    )


def _scale() -> Iterator[Case]:
    yield from cases("pixel-0.60", {"O22": "pass"}, lambda kind: series(kind, pixel=(0.6, 0.6)), KINDS, conformant=True)
    yield from cases("pixel-0.6001", {"O22": "reject"}, lambda kind: series(kind, pixel=(0.6001, 0.6001)), KINDS)
    yield from cases("pixel-0.61-in-one-slice", {"O22": "reject"}, lambda kind: put(series(kind), [3], PixelSpacing=["0.61", "0.61"]),
                     KINDS, verdicts={"exoplan-import": "reject"})
    yield from cases("pixel-row-step-0.61", {"O22": "reject"}, lambda kind: series(kind, pixel=(0.61, 0.5)), KINDS)
    yield from cases("pixel-column-step-0.61", {"O22": "reject"}, lambda kind: series(kind, pixel=(0.5, 0.61)), KINDS)
    yield from cases(
        "imager-pixel-spacing-is-no-substitute",
        {"O22": "reject|ask", "E-PixelSpacing": "reject"},
        lambda kind: put(take(series(kind), "PixelSpacing"), ImagerPixelSpacing=["0.5", "0.5"]),
    )
    yield from cases("diameter-agrees", {"I15": "pass"}, series, BOTH)
    yield from cases(
        "diameter-off-by-0.9-percent", {"I15": "pass"}, lambda kind: put(series(kind), ReconstructionDiameter="16.144"), BOTH,
        conformant=True,
    )
    yield from cases(
        "diameter-off-by-1.2-percent", {"I15": "ask"}, lambda kind: put(series(kind), ReconstructionDiameter="16.2"), BOTH
    )
    yield from cases(
        "resampled-without-new-pixel-size",
        {"I15": "ask"},
        lambda kind: put(series(kind), ReconstructionDiameter="32"),
        BOTH,
    )
    yield from cases(
        "diameter-missing", {"I15": "pass|n/a"}, lambda kind: take(series(kind), "ReconstructionDiameter"), BOTH, conformant=True
    )
