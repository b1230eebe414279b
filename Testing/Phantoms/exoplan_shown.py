"""Cases of the exoplan statement on attributes that are only shown or not used at all."""

from __future__ import annotations

from collections.abc import Iterator

from .case import Case
from .exoplan_edit import edit
from .files import (
    GONE,
    Raw,
)
from .series import (
    CLASSIC,
    KINDS,
    put,
    take,
)

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


def displayed_cases() -> Iterator[Case]:
    undecodable = {
        "StudyDate": Raw("DA", b"20261399"),
        "SeriesDate": Raw("DA", b"yesterda"),
        "StudyTime": Raw("TM", b"9999"),
        "SeriesTime": Raw("TM", b"noon"),
        "PatientBirthDate": Raw("DA", b"19701350"),
    }
    for keyword in DISPLAYED:
        clause = f"E-D-{keyword}"
        yield from edit(
            f"display-{keyword}-empty", {clause: "pass|n/a"}, lambda f, k=keyword: put(f, **{k: ""}), conformant=True
        )
        yield from edit(
            f"display-{keyword}-missing",
            {clause: "pass|n/a|info"},
            lambda f, k=keyword: take(f, k),
            KINDS if keyword == "PatientName" else (CLASSIC,),
            conformant=True,
        )
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


def unused_cases() -> Iterator[Case]:
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
