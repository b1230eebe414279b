"""Cases of the 3D Systems protocol on spacing, plane, tilt and pixel size (O08 to O13, O22, I15)."""

from __future__ import annotations

import math
from collections.abc import Iterator

from .case import Case, cases
from .files import GONE, File, Raw
from .ortho3ds_scan import BOTH
from .series import (
    CLASSIC,
    CORONAL,
    CRANIOFACIAL,
    ENHANCED,
    KINDS,
    SAGITTAL,
    put,
    series,
    take,
    turned,
)


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


def spacing_cases() -> Iterator[Case]:
    yield from _thickness_cases()
    yield from _spacing_cases()
    yield from _gap_cases()


def _thickness_cases() -> Iterator[Case]:
    yield from cases(
        "slices-2.5",
        {"O08a": "pass", "O08b": "pass", "O08c": "pass"},
        lambda kind: series(kind, spacing=2.5),
        KINDS,
        conformant=True,
    )
    yield from cases(
        "thickness-2.5001",
        {"O08a": "reject", "O08b": "pass"},
        lambda kind: series(kind, "t", "2.5001", spacing=2.5),
        KINDS,
    )
    for kinds, further in ((KINDS[:1], {}), (KINDS[1:], {"E-FG": "warn"})):  # then at each frame alone
        yield from cases(
            "one-thick-slice",
            {"O08a": "reject", **further},
            lambda kind: put(series(kind, spacing=2.5), [3], SliceThickness="2.6"),
            kinds,
        )
    yield from cases("thickness-missing", {"O08a": "ask"}, lambda kind: take(series(kind), "SliceThickness"), KINDS)
    yield from cases("thickness-empty", {"O08a": "ask"}, lambda kind: put(series(kind), SliceThickness=""), KINDS)
    for name, value in (("zero", "0"), ("negative", "-1"), ("a-word", Raw("DS", b"thin"))):
        yield from cases(
            f"thickness-{name}", {"O08a": "ask"}, lambda kind, v=value: put(series(kind), SliceThickness=v), KINDS
        )


def _spacing_cases() -> Iterator[Case]:
    yield from cases(
        "spacing-2.5001",
        {"O08a": "pass", "O08b": "reject"},
        lambda kind: series(kind, "s", "2.5", spacing=2.5001),
        KINDS,
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


def _gap_cases() -> Iterator[Case]:
    yield from cases(
        "thickness-plus-5-percent",
        {"O08c": "pass"},
        lambda kind: series(kind, "s", "1", spacing=1.05),
        KINDS,
        conformant=True,
    )
    yield from cases("gaps-5.1-percent", {"O08c": "reject"}, lambda kind: series(kind, "s", "1", spacing=1.051), KINDS)
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


def plane_cases() -> Iterator[Case]:
    for name, plane in (("coronal", CORONAL), ("sagittal", SAGITTAL)):
        yield from cases(
            f"{name}-that-calls-itself-axial",
            {"O10": "reject", "O11": "reject|n/a"},
            lambda kind, plane=plane: series(kind, plane=plane),
            KINDS,
        )
    yield from cases(
        "oblique-0.9", {"O10": "pass"}, lambda kind: series(kind, plane=turned(0.9)), KINDS, conformant=True
    )
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


def tilt_cases() -> Iterator[Case]:
    yield from _tilt_attribute_cases()
    yield from _tilt_position_cases()


def _tilt_attribute_cases() -> Iterator[Case]:
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


def _tilt_position_cases() -> Iterator[Case]:
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
    yield from cases(
        "shear-0.0999-degrees", {"O12b": "pass"}, lambda kind: sheared(kind, 0.0999), KINDS, conformant=True
    )
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


def scale_cases() -> Iterator[Case]:
    yield from cases("pixel-0.60", {"O22": "pass"}, lambda kind: series(kind, pixel=(0.6, 0.6)), KINDS, conformant=True)
    yield from cases("pixel-0.6001", {"O22": "reject"}, lambda kind: series(kind, pixel=(0.6001, 0.6001)), KINDS)
    yield from cases(
        "pixel-0.61-in-one-slice",
        {"O22": "reject"},
        lambda kind: put(series(kind), [3], PixelSpacing=["0.61", "0.61"]),
        KINDS,
        verdicts={"exoplan-import": "reject"},
    )
    yield from cases("pixel-row-step-0.61", {"O22": "reject"}, lambda kind: series(kind, pixel=(0.61, 0.5)), KINDS)
    yield from cases("pixel-column-step-0.61", {"O22": "reject"}, lambda kind: series(kind, pixel=(0.5, 0.61)), KINDS)
    yield from cases(
        "imager-pixel-spacing-is-no-substitute",
        {"O22": "reject|ask", "E-PixelSpacing": "reject"},
        lambda kind: put(take(series(kind), "PixelSpacing"), ImagerPixelSpacing=["0.5", "0.5"]),
    )
    yield from cases("diameter-agrees", {"I15": "pass"}, series, BOTH)
    yield from cases(
        "diameter-off-by-0.9-percent",
        {"I15": "pass"},
        lambda kind: put(series(kind), ReconstructionDiameter="16.144"),
        BOTH,
        conformant=True,
    )
    yield from cases(
        "diameter-off-by-1.2-percent",
        {"I15": "ask"},
        lambda kind: put(series(kind), ReconstructionDiameter="16.2"),
        BOTH,
    )
    yield from cases(
        "resampled-without-new-pixel-size",
        {"I15": "ask"},
        lambda kind: put(series(kind), ReconstructionDiameter="32"),
        BOTH,
    )
    yield from cases(
        "diameter-missing",
        {"I15": "pass|n/a"},
        lambda kind: take(series(kind), "ReconstructionDiameter"),
        BOTH,
        conformant=True,
    )
