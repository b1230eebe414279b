"""Small varied cases for the measurements of the batch: balls of bone by several scanners, kernels and months; tilted, uneven and
moved ones; and ten broken ones, each in another way. `write_cases` returns the verdict that each must get."""

import shutil
import sys
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT / "DicomToPrint"), str(ROOT / "Testing")]

from Phantoms.ball_scan import ball_scan
from Phantoms.files import File, write_files
from Phantoms.series import put

SCANNERS = (("SIEMENS", "SOMATOM Definition AS"), ("GE MEDICAL SYSTEMS", "Revolution CT"), ("Philips", "Brilliance 64"))
KERNELS = ("H30s", "H60s", "BONE")
Broken = Callable[[Path, list[File]], None]


def write_cases(folder: Path, count: int, models: int, broken: int = 10) -> dict[str, tuple[str, ...]]:
    """Writes `count` inputs, `models` of which become a model and `broken` (ten at most) of which are broken.

    Returns
    -------
    dict
        Name of the input to the verdicts of which it must get one.
    """
    broken = min(len(BROKEN), broken)
    expected: dict[str, tuple[str, ...]] = {}
    for number in range(count - broken):
        name = f"case{number:04d}"
        expected[name] = ("ready", "warn") if number % max((count - broken) // models, 1) == 0 else ("reject",)
        write_files(_varied(name, number, refused=expected[name] == ("reject",)), folder / name)
    for number, (name, (make, verdict)) in enumerate(list(BROKEN.items())[:broken]):
        expected[name] = (verdict,)
        make(folder / name, _varied(name, number, refused=False))
    return expected


def _varied(name: str, number: int, refused: bool) -> list[File]:
    """A scan by one of the scanners; refused ones lack a slice, stand oblique to the table or hold one slice moved."""
    files = ball_scan(
        name, radius_mm=6.0 + 0.25 * (number % 12), slices=24 + number % 4, bone_hu=800.0 + 20.0 * (number % 7)
    )
    maker, model = SCANNERS[number % 3]
    day = f"2026{1 + number % 4:02d}{1 + number % 28:02d}"
    put(
        files,
        Manufacturer=maker,
        ManufacturerModelName=model,
        ConvolutionKernel=KERNELS[number % 2 + number % 2 * (number % 3 == 2)],
    )
    put(files, StudyDate=day, SeriesDate=day, AcquisitionDate=day, ContentDate=day, PatientID=name)
    kind = number // 3 % 3
    if refused and kind == 0:
        del files[8 + number % 5]
    elif refused and kind == 1:
        tilt = 0.3 + 0.01 * (
            number % 10
        )  # mm along the columns from slice to slice: a gantry tilt of 14 degrees and more
        for index, file in enumerate(files):
            x, y, z = (float(value) for value in file.header["ImagePositionPatient"])
            file.header["ImagePositionPatient"] = [f"{x}", f"{y + tilt * index:.4f}", f"{z}"]
    elif refused:
        for file in files[12:]:
            x, y, z = (float(value) for value in file.header["ImagePositionPatient"])
            file.header["ImagePositionPatient"] = [f"{x}", f"{y}", f"{z + 1.5:.4f}"]
    return files


def _cut_pixels(folder: Path, files: list[File]) -> None:
    write_files(files, folder)
    path = folder / files[5].name
    path.write_bytes(path.read_bytes()[:-200])


def _cut_header(folder: Path, files: list[File]) -> None:
    write_files(files[:1], folder)
    path = folder / files[0].name
    path.write_bytes(path.read_bytes()[:300])


def _empty_folder(folder: Path, files: list[File]) -> None:
    folder.mkdir(parents=True)


def _empty_files(folder: Path, files: list[File]) -> None:
    folder.mkdir(parents=True)
    for file in files:
        (folder / file.name).write_bytes(b"")


def _garbage(folder: Path, files: list[File]) -> None:
    folder.mkdir(parents=True)
    for number, file in enumerate(files):
        (folder / file.name).write_bytes(bytes((number * 7 + k * 13) % 251 for k in range(3000)))


def _text(folder: Path, files: list[File]) -> None:
    folder.mkdir(parents=True)
    (folder / "README.txt").write_text("The images are on the other disc.\n", encoding="utf-8")


def _two_patients(folder: Path, files: list[File]) -> None:
    write_files(put(files, [3, 4], PatientID="other", PatientName="OTHER^ONE", PatientBirthDate="19501231"), folder)


def _same_place(folder: Path, files: list[File]) -> None:
    files[6].header["ImagePositionPatient"] = files[7].header["ImagePositionPatient"]
    write_files(files, folder)


def _no_pixels(folder: Path, files: list[File]) -> None:
    for file in files:
        file.pixels = b""
    write_files(files, folder)


def _broken_zip(folder: Path, files: list[File]) -> None:
    write_files(files, folder / "inside")
    archive = Path(shutil.make_archive(str(folder / "scan"), "zip", folder / "inside"))
    archive.write_bytes(archive.read_bytes()[:-2000])
    shutil.rmtree(folder / "inside")


BROKEN: dict[str, tuple[Broken, str]] = {
    "cut-pixels": (_cut_pixels, "reject"),
    "cut-header": (_cut_header, "unreadable"),
    "empty-folder": (_empty_folder, "unreadable"),
    "empty-files": (_empty_files, "unreadable"),
    "garbage": (_garbage, "unreadable"),
    "text-only": (_text, "unreadable"),
    "two-patients": (_two_patients, "reject"),
    "same-place": (_same_place, "reject"),
    "no-pixels": (_no_pixels, "reject"),
    "broken-zip": (_broken_zip, "unreadable"),
}
