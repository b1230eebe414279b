"""Cases of the exoplan statement on the grid: positions, orientations, functional groups."""

from __future__ import annotations

import math
from collections.abc import Iterator

from .case import Case, cases
from .exoplan_edit import edit
from .files import (
    File,
    Raw,
)
from .series import (
    CLASSIC,
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


def grid_cases() -> Iterator[Case]:
    yield from _gap_cases()
    yield from _direction_cases()
    yield from _matrix_cases()


def _gap_cases() -> Iterator[Case]:
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


def _direction_cases() -> Iterator[Case]:
    yield from cases(
        "oblique-but-regular", {"E-CART": "pass", "O10": "reject"}, lambda kind: series(kind, plane=turned(20)), KINDS
    )
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


def _matrix_cases() -> Iterator[Case]:
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
        "not-square-pixels",
        {"E-PixelSpacing": "pass"},
        lambda kind: series(kind, pixel=(0.5, 0.4)),
        KINDS,
        conformant=True,
    )


def _about_z(degrees: float) -> list[str]:
    c, s = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    return [f"{value:.8f}" for value in (c, s, 0, -s, c, 0)]


def positions_cases() -> Iterator[Case]:
    undefined = {"3dsystems-ortho": "reject", "exoplan-import": "reject"}
    for keyword, clause in (("ImagePositionPatient", "E-IPP"), ("ImageOrientationPatient", "E-IOP")):
        short = clause[2:].lower()
        yield from edit(
            f"{short}-missing",
            {clause: "reject", "I06": "reject"},
            lambda files, k=keyword: take(files, k),
            verdicts=undefined,
        )
        yield from edit(
            f"{short}-missing-in-one-slice",
            {clause: "reject"},
            lambda files, k=keyword: take(files, k, slices=[3]),
            verdicts=undefined,
        )
        yield from edit(
            f"{short}-not-a-number",
            {clause: "reject"},
            lambda files, k=keyword: put(
                files, [3], **{k: Raw("DS", b"0\\nan\\x \\0\\0\\0" if k[5] == "O" else b"0\\nan\\x ")}
            ),
            verdicts=undefined,
        )
    yield from edit(
        "ipp-of-two-values",
        {"E-IPP": "reject"},
        lambda files: put(files, [3], ImagePositionPatient=["0", "0"]),
        verdicts=undefined,
    )
    yield from edit(
        "macro-plane-position-gone",
        {"E-IPP": "reject"},
        lambda files: [frame.pop("PlanePositionSequence") for frame in frames(files)],
        MULTI,
        verdicts=undefined,
    )
    yield from edit(
        "orientation-in-every-frame",
        {"E-IOP": "pass"},
        lambda files: spread(files, "PlaneOrientationSequence"),
        MULTI,
        conformant=True,
    )
    yield from edit("frames-shuffled", {"E-EQUI": "pass", "E-IPP": "pass"}, _shuffle_frames, MULTI, conformant=True)
    yield from edit("files-shuffled", {"E-EQUI": "pass", "E-IPP": "pass"}, _shuffle_files, (CLASSIC,), conformant=True)


def _shuffle_frames(files: list[File]) -> None:
    frames(files)[:] = [frames(files)[index] for index in (4, 0, 6, 2, 5, 1, 3)]


def _shuffle_files(files: list[File]) -> None:
    for file, index in zip(files, (4, 0, 6, 2, 5, 1, 3)):
        file.name = f"{index:03d}"
        file.header["InstanceNumber"] = str(7 - index)


def groups_cases() -> Iterator[Case]:
    yield from _frame_count_cases()
    yield from _missing_group_cases()
    yield from _repeated_group_cases()
    yield from _missing_macro_cases()


def _frame_count_cases() -> Iterator[Case]:
    undefined = {"3dsystems-ortho": "reject"}
    yield from edit(
        "more-frames-declared",
        {"E-NumberOfFrames": "reject", "I12": "reject"},
        lambda f: put(f, NumberOfFrames="8"),
        MULTI,
    )
    yield from edit(
        "fewer-frames-declared",
        {"E-NumberOfFrames": "reject", "I12": "reject"},
        lambda f: put(f, NumberOfFrames="6"),
        MULTI,
    )
    yield from edit(
        "frames-not-declared",
        {"E-NumberOfFrames": "reject"},
        lambda f: take(f, "NumberOfFrames"),
        MULTI,
        verdicts=undefined,
    )
    yield from edit(
        "frames-not-a-number",
        {"E-NumberOfFrames": "reject"},
        lambda f: put(f, NumberOfFrames=Raw("IS", b"ABC ")),
        MULTI,
        verdicts=undefined,
    )
    yield from edit(
        "a-frame-item-lost", {"E-NumberOfFrames": "reject", "I12": "reject"}, lambda f: frames(f).pop(), MULTI
    )


def _missing_group_cases() -> Iterator[Case]:
    undefined = {"3dsystems-ortho": "reject"}
    yield from edit(
        "shared-groups-missing",
        {"E-FG": "reject"},
        lambda f: take(f, "SharedFunctionalGroupsSequence"),
        (ENHANCED,),
        verdicts=undefined,
    )
    yield from edit(
        "frame-groups-missing",
        {"E-FG": "reject"},
        lambda f: take(f, "PerFrameFunctionalGroupsSequence"),
        MULTI,
        verdicts=undefined,
    )


def _repeated_group_cases() -> Iterator[Case]:
    def twice(files: list[File]) -> None:
        files[0].header["SharedFunctionalGroupsSequence"].append(dict(shared(files)))  # type: ignore[attr-defined]

    yield from edit(
        "two-shared-items",
        {"E-FG": "reject|warn"},
        twice,
        MULTI,
        verdicts={"3dsystems-ortho": "accept|warn|ask|reject"},
    )

    def measures_in_both(files: list[File], thickness: str) -> None:
        for frame in frames(files):
            frame["PixelMeasuresSequence"] = [{"SliceThickness": thickness, "PixelSpacing": ["0.5", "0.5"]}]

    yield from edit(
        "measures-in-both",
        {"E-FG": "reject|warn"},
        lambda f: measures_in_both(f, "1"),
        MULTI,
        verdicts={"3dsystems-ortho": "accept|warn|ask"},
    )

    def frame_wins(files: list[File]) -> None:
        measures_in_both(files, "3")

    yield from edit(
        "frame-wins-over-shared", {"O08a": "reject"}, frame_wins, MULTI, verdicts={"exoplan-import": "warn|reject"}
    )


def _missing_macro_cases() -> Iterator[Case]:
    undefined = {"3dsystems-ortho": "reject"}
    yield from edit(
        "measures-macro-missing",
        {"E-PixelSpacing": "reject"},
        lambda f: shared(f).pop("PixelMeasuresSequence"),
        MULTI,
        verdicts=undefined,
    )
    yield from edit(
        "rescale-macro-missing",
        {"E-Rescale": "reject"},
        lambda f: shared(f).pop("PixelValueTransformationSequence"),
        MULTI,
        verdicts=undefined,
    )
    yield from edit(
        "measures-in-every-frame",
        {"E-FG": "warn", "E-PixelSpacing": "pass"},  # the statement looks for it in the shared groups
        lambda f: spread(f, "PixelMeasuresSequence"),
        MULTI,
    )
