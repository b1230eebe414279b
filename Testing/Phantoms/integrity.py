"""Cases of what both documents need without saying it: whole, readable, consistent files (clauses I.., O19, O21)."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pydicom
from pydicom.fileset import FileSet

from .case import Case, by_folder, cases
from .exoplan_edit import edit
from .files import File, Undefined, uid, write_files
from .series import CLASSIC, ENHANCED, KINDS, MULTI, bend, frames, put, renamed, series, shared, take

REJECTED = {"3dsystems-ortho": "reject", "exoplan-import": "reject"}


def integrity() -> Iterator[Case]:
    """Every case of integrity that headers decide."""
    yield from _files()
    yield from _mixtures()
    yield from _geometry()
    yield from _frames()
    yield from _discs()
    yield from _oddities()


def _files() -> Iterator[Case]:
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
    yield from edit("burned-in-annotation", {"H01": "warn"}, lambda f: put(f, BurnedInAnnotation="YES"), KINDS)
    yield from edit("no-burned-in-annotation", {"H01": "pass"}, lambda f: f, KINDS)


def _mixtures() -> Iterator[Case]:
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


def _oddities() -> Iterator[Case]:
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
