"""Cases of what both documents need without saying it: whole, readable, consistent files (clauses I.., O19, O21)."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pydicom
from pydicom.fileset import FileSet

from .case import Case, by_folder, cases
from .exoplan_edit import edit
from .files import File, uid, write_files
from .oddities import oddities
from .series import CLASSIC, ENHANCED, KINDS, MULTI, bend, frames, put, renamed, series, shared

REJECTED = {"3dsystems-ortho": "reject", "exoplan-import": "reject"}


def integrity() -> Iterator[Case]:
    """Every case of integrity that headers decide."""
    yield from _files()
    yield from _mixtures()
    yield from _geometry()
    yield from _frames()
    yield from _discs()
    yield from oddities()


def _files() -> Iterator[Case]:
    yield from _file_cases()
    yield from _stray_file_cases()
    yield from _annotation_cases()


def _file_cases() -> Iterator[Case]:
    yield from cases("whole-files", {"I01": "pass", "I02": "pass", "I03": "pass"}, series, KINDS, conformant=True)
    yield from edit(
        "no-preamble-no-meta",
        {"I01": "reject|warn"},
        lambda f: bend(f, without_meta=True),
        (CLASSIC,),
        verdicts={"exoplan-import": "reject", "3dsystems-ortho": "reject|warn|ask"},
    )
    yield from edit(
        "preamble-cut-off",
        {"I01": "reject|warn"},
        lambda f: bend(f, bend=(lambda b: b[132:],)),
        (CLASSIC,),
        verdicts={"exoplan-import": "reject|warn|accept", "3dsystems-ortho": "reject|warn|accept"},
        must_reject=False,
    )
    yield from edit(
        "truncated-in-header", {"I03": "reject"}, lambda f: bend(f[-1:], bend=(_before_rows,)), KINDS, verdicts=REJECTED
    )
    yield from edit(
        "truncated-early", {}, lambda f: bend(f, [2], bend=(lambda b: b[:500],)), (CLASSIC,), verdicts=REJECTED
    )
    yield from edit(
        "truncated-half",
        {"I03": "reject"},
        lambda f: bend(f, bend=(lambda b: b[: len(b) - 6000],)),
        MULTI,
        verdicts=REJECTED,
    )
    yield from edit(
        "last-byte-lost", {"I03": "reject"}, lambda f: bend(f[-1:], bend=(lambda b: b[:-1],)), KINDS, verdicts=REJECTED
    )
    yield from edit("instance-uids-unique", {"I04": "pass"}, lambda f: f, KINDS)


def _stray_file_cases() -> Iterator[Case]:
    def strays_beside(folder: Path) -> None:
        write_files(series(), folder)
        (folder / "README.TXT").write_text("Made by a scanner.", encoding="utf-8")
        (folder / "Thumbs.db").write_bytes(b"\xd0\xcf\x11\xe0" * 300)
        (folder / "viewer").mkdir()
        (folder / "viewer" / "run.exe").write_bytes(b"MZ" * 500)

    yield by_folder("classic-strays-beside", {"I01": "pass"}, strays_beside, conformant=True)

    def garbage_beside(folder: Path) -> None:
        write_files(series(), folder)
        (folder / "garbage.dcm").write_bytes(b"\x07garbage" * 500)
        (folder / "empty.dcm").write_bytes(b"")

    # Whether such files were slices is not to be known: what counts is that they are listed.
    yield by_folder("classic-garbage-beside", {"I01": "pass|reject"}, garbage_beside, must_reject=False)

    def ruined_slice(folder: Path) -> None:
        write_files(series(), folder)
        (folder / "I0007.dcm").write_bytes(b"\x07garbage" * 500)

    # A ruined file that is named like the slices is most likely one of them.
    yield by_folder("classic-ruined-slice", {"I01": "reject"}, ruined_slice, verdicts=REJECTED)

    def broken_series_beside(folder: Path) -> None:
        write_files(series(), folder)
        other = put(series(name="two"), StudyInstanceUID=uid("one", "study"))
        write_files(renamed(bend(other, bend=(lambda content: content[:-900],)), "two"), folder)

    yield by_folder(
        "classic-broken-series-beside",
        {"I03": "pass"},
        broken_series_beside,
        main=uid("one", "series"),
        conformant=True,
    )


def _annotation_cases() -> Iterator[Case]:
    yield from edit("burned-in-annotation", {"H01": "warn"}, lambda f: put(f, BurnedInAnnotation="YES"), KINDS)
    yield from edit("no-burned-in-annotation", {"H01": "pass"}, lambda f: f, KINDS)


def _mixtures() -> Iterator[Case]:
    yield from _patient_and_type_cases()
    yield from _phase_cases()


def _patient_and_type_cases() -> Iterator[Case]:
    yield from cases("one-patient", {"I05p": "pass", "I05f": "pass", "I09": "pass", "I11": "pass"}, series, KINDS)
    yield from edit(
        "two-patients",
        {"I05p": "reject"},
        lambda f: put(f, [4, 5, 6], PatientID="P2", PatientName="OTHER^TWO"),
        (CLASSIC,),
    )
    yield from edit(
        "one-patient-spelt-in-two-ways",
        {"I05p": "pass"},
        lambda f: put(f, [4, 5, 6], PatientName="Phantom^One^^", PatientID="P1 "),
        (CLASSIC,),
        conformant=True,
    )
    yield from edit("frame-of-reference-per-slice", {"I05f": "warn"}, _reference_each, (CLASSIC,))

    def with_localizer(files: list[File]) -> None:
        scout = series(name="one", count=2, plane=((1.0, 0.0, 0.0), (0.0, 0.0, -1.0)))
        put(scout, [0], ImageType=["ORIGINAL", "PRIMARY", "LOCALIZER"], SOPInstanceUID=uid("scout"))
        scout[0].name = "scout.dcm"
        files.append(scout[0])

    yield from edit("localizer-in-the-series", {"I10": "warn"}, with_localizer, (CLASSIC,))
    yield from edit(
        "localizer-only",
        {"I10": "reject"},
        lambda f: put(f, ImageType=["ORIGINAL", "PRIMARY", "LOCALIZER"]),
        (CLASSIC,),
        verdicts=REJECTED,
    )
    yield from edit("no-localizer", {"I10": "pass"}, lambda f: f, KINDS)


def _phase_cases() -> Iterator[Case]:
    yield from edit(
        "mixed-types",
        {"I11": "warn|reject"},
        lambda f: put(f, [3, 4, 5], ImageType=["ORIGINAL", "PRIMARY", "AXIAL", "CT_SOM5 SEQ"]),
        (CLASSIC,),
    )
    for value in ("DISTORTED", "SAMPLED"):
        yield from edit(
            f"volumetric-{value.lower()}",
            {"I11": "reject|warn"},
            lambda f, v=value: _volumetric(f, v),
            MULTI,
        )

    def phases(files: list[File]) -> None:
        second = put(series(name="one"), TemporalPositionIdentifier="2", NominalPercentageOfCardiacPhase=70.0)
        put(files, TemporalPositionIdentifier="1", NominalPercentageOfCardiacPhase=30.0)
        for index, file in enumerate(second):
            file.name = f"second/{index}.dcm"
            file.header["SOPInstanceUID"] = uid("second", index)
        files.extend(second)

    def two_times(files: list[File]) -> None:
        again = [dict(frame) for frame in frames(files)]
        for time, part in ((1, frames(files)), (2, again)):
            for frame in part:
                content = dict(frame["FrameContentSequence"][0])  # type: ignore[index]
                frame["FrameContentSequence"] = [content | {"TemporalPositionIndex": time}]
        frames(files).extend(again)
        put(files, NumberOfFrames=str(len(frames(files))))
        files[0].pixels *= 2

    yield from edit("two-times", {"I07": "reject", "I11": "reject|warn"}, two_times, (ENHANCED,), verdicts=REJECTED)
    yield from edit(
        "two-cardiac-phases", {"I11": "reject|warn", "I07": "reject"}, phases, (CLASSIC,), verdicts=REJECTED
    )


def _before_rows(content: bytes) -> bytes:
    """Cuts a file off in its header, behind the identifiers."""
    return content[: content.index(b"\x28\x00\x10\x00US") + 3]


def _volumetric(files: list[File], value: str) -> None:
    put(files, VolumetricProperties=value)
    for name in ("CTImageFrameTypeSequence", "XRay3DFrameTypeSequence"):
        for item in shared(files).get(name, []):  # type: ignore[attr-defined]
            item["VolumetricProperties"] = value


def _reference_each(files: list[File]) -> None:
    for index, file in enumerate(files):
        file.header["FrameOfReferenceUID"] = uid("reference", index)


def _geometry() -> Iterator[Case]:
    yield from cases("geometry-whole", {"I06": "pass", "I07": "pass", "I08": "pass", "I17": "pass"}, series, KINDS)
    yield from cases(
        "single-slice", {"I06": "reject", "O04": "reject"}, lambda kind: series(kind, count=1), KINDS, verdicts=REJECTED
    )

    def same_place(files: list[File]) -> None:
        twin = series(name="one")[3]
        twin.name = "twin.dcm"
        twin.header["SOPInstanceUID"] = uid("twin")
        files.append(twin)

    yield from edit("two-slices-at-one-place", {"I07": "reject"}, same_place, (CLASSIC,), verdicts=REJECTED)

    def same_frame(files: list[File]) -> None:
        frames(files)[4]["PlanePositionSequence"] = frames(files)[3]["PlanePositionSequence"]

    yield from edit("two-frames-at-one-place", {"I07": "reject"}, same_frame, MULTI, verdicts=REJECTED)
    yield from edit(
        "all-slices-at-one-place",
        {"I07": "reject"},
        lambda f: put(f, ImagePositionPatient=["0", "0", "0"]),
        KINDS,
        verdicts=REJECTED,
    )
    yield from edit(
        "slice-lost", {"I08": "reject", "E-EQUI": "reject"}, lambda f: f.pop(3), (CLASSIC,), verdicts=REJECTED
    )


def _frames() -> Iterator[Case]:
    yield from cases("frames-as-declared", {"I12": "pass"}, series, MULTI)
    yield from edit("frame-pixels-lost", {"I12": "reject"}, _short_frames, MULTI, verdicts=REJECTED)

    def concatenated(parts: tuple[int, ...]) -> Callable[[str], list[File]]:
        def build(kind: str) -> list[File]:
            made = []
            for number in parts:
                files = series(kind, count=8)
                head = files[0].header
                chosen = frames(files)[4 * (number - 1) : 4 * number]
                head["PerFrameFunctionalGroupsSequence"] = chosen
                head |= {
                    "NumberOfFrames": "4",
                    "ConcatenationUID": uid("concatenation"),
                    "SOPInstanceUIDOfConcatenationSource": uid("source"),
                    "InConcatenationNumber": number,
                    "InConcatenationTotalNumber": 2,
                    "ConcatenationFrameOffsetNumber": 4 * (number - 1),
                    "SOPInstanceUID": uid("part", number),
                }
                files[0].name = f"part{number}.dcm"
                files[0].pixels = files[0].pixels[: len(files[0].pixels) // 2]
                made += files
            return made

        return build

    yield from cases("concatenation-part-lost", {"I13": "reject"}, concatenated((1,)), MULTI, verdicts=REJECTED)
    yield from cases(
        "concatenation-whole",
        {"I13": "pass|warn"},
        concatenated((1, 2)),
        MULTI,
        verdicts={"3dsystems-ortho": "accept|warn|ask", "exoplan-import": "accept|warn"},
    )
    yield from cases("no-concatenation", {"I13": "pass|n/a"}, series, KINDS)


def _short_frames(files: list[File]) -> None:
    files[0].pixels = files[0].pixels[: -2 * 32 * 32]


def disc(folder: Path, names: tuple[str, ...] = ("one",)) -> Path:
    """A disc with DICOMDIR below `folder`, one patient and series a name; returns the folder of the disc."""
    source, target = folder / "source", folder / "disc"
    made = FileSet()
    for name in names:
        files = put(series(name=name), PatientID=f"P-{name}", PatientName=f"PHANTOM^{name.upper()}")
        write_files(renamed(files, name), source)
        for path in sorted((source / name).iterdir()):
            made.add(pydicom.dcmread(path))
    made.write(target)
    shutil.rmtree(source)
    return target


def images(folder: Path) -> list[Path]:
    """The image files on a disc."""
    return sorted(path for path in folder.rglob("*") if path.is_file() and path.name != "DICOMDIR")


def _discs() -> Iterator[Case]:
    def bent(change: Callable[[Path], object], names: tuple[str, ...] = ("one",)) -> Callable[[Path], object]:
        return lambda folder: change(disc(folder, names))

    shown = {"O21": "pass|info|n/a"}
    yield by_folder("disc-whole", {"O19": "pass"} | shown, bent(lambda d: d), conformant=True)
    yield by_folder(
        "classic-no-disc", {"O19": "n/a"} | shown, lambda folder: write_files(series(), folder), conformant=True
    )

    def lower(target: Path) -> None:
        for path in images(target):
            path.rename(path.with_name(path.name.lower()))

    def version(target: Path) -> None:
        for path in images(target):
            path.rename(path.with_name(path.name + ";1"))

    yield by_folder("disc-copied-in-lower-case", {"O19": "pass"}, bent(lower), conformant=True)
    yield by_folder("disc-copied-with-version-numbers", {"O19": "pass"}, bent(version), conformant=True)
    lost = {"3dsystems-ortho": "reject"}
    yield by_folder("disc-last-file-lost", {"O19": "reject"}, bent(lambda d: images(d)[-1].unlink()), verdicts=lost)
    yield by_folder(
        "disc-file-truncated",
        {"O19": "reject", "I03": "reject"},
        bent(lambda d: images(d)[3].write_bytes(images(d)[3].read_bytes()[:-500])),
        verdicts=REJECTED,
    )
    yield by_folder(
        "disc-two-patients",
        {"O19": "reject"},
        bent(lambda d: d, ("one", "two")),
        verdicts=lost,
        main=uid("one", "series"),
    )
