"""Cases of the 3D Systems protocol on the object, its dates and its acquisitions (O01 to O07, O15)."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import date
from pathlib import Path

from .case import Case, by_folder, cases
from .files import File, write_files
from .series import (
    CLASSIC,
    CRANIOFACIAL,
    ENHANCED,
    KINDS,
    MULTI,
    put,
    series,
    take,
)

BOTH = (CLASSIC, ENHANCED)


def objects_cases() -> Iterator[Case]:
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
        lambda kind: put(
            series(kind), Manufacturer="Planmeca", ManufacturerModelName="ProMax 3D Mid", ConvolutionKernel=""
        ),
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


def dates_cases() -> Iterator[Case]:
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
    yield from cases(
        "dates-shifted", {"O06": "ask"}, acquired("20260310", LongitudinalTemporalInformationModified="MODIFIED")
    )
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
    yield from cases(
        "impossible-dates", {"O06": "ask"}, lambda kind: put(series(kind), **dict.fromkeys(DATES, "20261399"))
    )

    def fresh_files(folder: Path) -> None:
        write_files(dateless(CLASSIC), folder)
        for path in folder.iterdir():
            os.utime(path)

    yield by_folder("classic-file-time-is-no-scan-date", {"O06": "ask"}, fresh_files)


def acquisitions_cases() -> Iterator[Case]:
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
