"""A study packed for transfer: a File-set with the acceptance report and hashes in a folder or a .zip."""

from __future__ import annotations

import shutil
import tempfile
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING

from ..config.run_settings import RunSettings
from ..errors import InputError, OutputError, UsageError
from ..messages import _, join
from ..progress import ProgressCallback, no_progress, subprogress
from .scan_loading import is_volume_file, load_judgement

if TYPE_CHECKING:
    from ..acceptance import AcceptanceReport
    from ..dicom import Series, Study
    from ..fileset import Packed

# Bytes that fit on a disc, with room for its own directory.
DISCS = {"CD-R (700 MB)": 730_000_000, "DVD-R (4.7 GB)": 4_690_000_000}
MANIFEST = "SHA256SUMS"


@dataclass(frozen=True)
class PackedStudy:
    """What was packed and where. `discs` says how many discs of each kind it fills, `series` are short ids."""

    path: Path
    objects: int
    unpacked: int
    bytes: int
    series: tuple[str, ...]
    discs: dict[str, int]
    notes: tuple[str, ...]


def pack(
    source: Path,
    output: Path,
    settings: RunSettings,
    series_ids: Sequence[str] = (),
    deidentified: bool = False,
    progress: ProgressCallback = no_progress,
) -> PackedStudy:
    """Packs a study, or some series of it with the originals of their reformats, into a folder or a .zip.

    Parameters
    ----------
    source : Path
        Folder, file, DICOMDIR or .zip.
    output : Path
        A folder that is empty or not there, or a file whose name ends in .zip.
    settings : RunSettings
        Protocols, answers and date of surgery of the acceptance report inside.
    series_ids : sequence of str
        Short ids or UIDs of the series; empty for the entire study.
    deidentified : bool
        By the basic profile of PS3.15.

    Raises
    ------
    InputError
        Where the study cannot be read whole, or holds several patients.
    UsageError
        For a series that is not there, and for a protocol, an answer or a date of surgery that is none.
    OutputError
        Where the output cannot be written or did not read back.
    """
    from ..dicom import read_study
    from ..fileset import write_file_set

    if is_volume_file(source):
        raise _no_objects(source)
    _require_free(output)
    load_judgement(settings)
    study = read_study(Path(source), subprogress(progress, 0.0, 0.1))
    chosen, notes = _chosen(study, series_ids)
    names = _names(study, chosen, whole=not series_ids)
    with _WorkFolder(output) as work:
        (root := work / "study").mkdir()
        packed = write_file_set(chosen[0].source, names, root, deidentified, subprogress(progress, 0.1, 0.8))
        _write_report(root, settings, subprogress(progress, 0.8, 0.95))
        size = _write_manifest(root)
        _publish(root, output)
    progress(1.0, _("study packed"))
    discs = {name: ceil(size / room) for name, room in DISCS.items()}
    ids = tuple(one.id for one in chosen)
    notes = (*notes, *packed.notes, *_notes_on_pictures(packed))
    return PackedStudy(Path(output), packed.objects, packed.unpacked, size, ids, discs, notes)


def _no_objects(source: Path) -> InputError:
    name = Path(source).name
    return InputError(_("'{source}' holds no DICOM objects: choose the DICOM files of the study.", source=name))


def _notes_on_pictures(packed: Packed) -> tuple[str, ...]:
    """What is to be said of the pictures of a study: names burned in, and loss."""
    notes: tuple[str, ...] = ()
    if packed.burned_in:
        notes += (
            _(
                "Images that may show a name in the picture itself: {burned_in}. Look at them.",
                burned_in=packed.burned_in,
            ),
        )
    if packed.lossy:
        notes += (
            _("Images that were compressed with loss before, as their flag still says: {lossy}.", lossy=packed.lossy),
        )
    return notes


def _require_free(output: Path) -> None:
    if output.suffix.lower() == ".zip":
        if output.exists():
            raise OutputError(_("'{output}' is there already: choose another name.", output=output.name))
        return
    if output.exists() and (not output.is_dir() or any(output.iterdir())):
        raise OutputError(
            _("The folder '{output}' is not empty: choose an empty one, or a new name.", output=output.name)
        )


def _chosen(study: Study, series_ids: Sequence[str]) -> tuple[tuple[Series, ...], tuple[str, ...]]:
    """The series to pack, and a note on originals that come along with reformats."""
    chosen = [one for one in study.series if not series_ids or {one.id, one.uid} & set(series_ids)]
    known = {name for one in study.series for name in (one.id, one.uid)}
    lost = [name for name in series_ids if name not in known]
    if lost:
        ids = join(", ", (one.id for one in study.series))
        raise UsageError(_("There is no series '{lost}' in the input: choose one of {ids}.", lost=lost[0], ids=ids))
    added = [
        other
        for other in study.series
        if other not in chosen and _is_original(other) and any(_is_reformat_of(one, other) for one in chosen)
    ]
    from ..acceptance.facts.acquisition import count_patients_of

    if count_patients_of(chosen) > 1:
        raise InputError(
            _("The input holds several patients: pack one at a time, with {--series} for each of its series.")
        )
    note = _("Original series that came along with their reformats: {added_count}.", added_count=len(added))
    return (*chosen, *added), (note,) if added else ()


def _is_original(series: Series) -> bool:
    types = [str(value).upper() for value in series.distinct("ImageType")]
    return bool(types) and all(value.startswith("ORIGINAL\\PRIMARY") and "LOCALIZER" not in value for value in types)


def _is_reformat_of(series: Series, other: Series) -> bool:
    same_space = set(series.distinct("FrameOfReferenceUID")) & set(other.distinct("FrameOfReferenceUID"))
    return not _is_original(series) and bool(same_space)


def _names(study: Study, chosen: Sequence[Series], whole: bool) -> list[str]:
    """Files to pack: those of the series and their localizers; for the entire study every other DICOM object too.

    Raises `InputError` where one of them is damaged: a study that is not whole must not look so.
    """
    from ..acceptance.facts.file_integrity import short_of_pixels

    broken = [file.name for one in chosen for file in one.files if short_of_pixels(file)]
    broken += [item.file for item in study.unreadable if whole and not item.file.upper().endswith("DICOMDIR")]
    broken += [name for one in chosen for name in one.unreadable_near]
    if broken:
        raise InputError(
            _(
                "'{broken}' is cut off or damaged: copy the study again, or name the series to pack with {--series}.",
                broken=Path(broken[0]).name,
            )
        )
    names = [name for one in chosen for name in (*(file.name for file in one.files), *one.localizers)]
    if whole:
        names += [name for name in study.non_image_files if _is_dicom_object(chosen[0], name)]
    return list(dict.fromkeys(names))


def _is_dicom_object(series: Series, name: str) -> bool:
    """True for a file among the non-images that is a DICOM object but no directory."""
    from ..dicom.header import InvalidDicomError, read_header

    try:
        with series.source.open(name) as handle:
            header = read_header(handle, series.source.size(name), {})
    except (InvalidDicomError, OSError):
        return False
    return bool(header.values.get("SOPInstanceUID")) and header.media_class != "1.2.840.10008.1.3.10"


class _WorkFolder:
    """A working folder on the disk of the output, taken away at the end."""

    def __init__(self, output: Path) -> None:
        self._home = output.parent
        self._folder: Path | None = None

    def __enter__(self) -> Path:
        try:
            self._home.mkdir(parents=True, exist_ok=True)
            self._folder = Path(tempfile.mkdtemp(prefix=".packing-", dir=self._home))
        except OSError as error:
            raise OutputError(
                _(
                    "'{home}' cannot be written ({strerror}): choose another place.",
                    home=self._home.name or _("The folder"),
                    strerror=error.strerror,
                )
            ) from None
        return self._folder

    def __exit__(self, *error: object) -> None:
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)


def _write_report(root: Path, settings: RunSettings, progress: ProgressCallback) -> AcceptanceReport:
    """Judges what was packed as whoever receives it will, and lays the report beside the images."""
    from .outputs import write_check
    from .scan_loading import check_scan

    settings = replace(settings, series=None)
    acceptance = check_scan(root / "DICOMDIR", settings, progress)
    write_check(acceptance, settings, root / "REPORT")
    return acceptance


def _write_manifest(root: Path) -> int:
    """``SHA256SUMS`` over every file, in the form of sha256sum; returns the bytes of all."""
    from ..io import sha256_of, write_text_atomically

    files = sorted(path for path in root.rglob("*") if path.is_file())
    lines = [f"{sha256_of(path)}  {path.relative_to(root).as_posix()}" for path in files]
    write_text_atomically(root / MANIFEST, join("\n", lines) + "\n")
    return sum(path.stat().st_size for path in (*files, root / MANIFEST))


def _publish(root: Path, output: Path) -> None:
    """Moves the folder to its name, or packs it into the archive and moves that."""
    try:
        if output.suffix.lower() == ".zip":
            packed = root.parent / "study.zip"
            with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
                for path in sorted(root.rglob("*")):
                    if path.is_file():
                        archive.write(path, path.relative_to(root).as_posix())
            with zipfile.ZipFile(packed) as archive:
                if archive.testzip() is not None:
                    raise OutputError(
                        _("'{output}' did not read back: choose another disk and pack it again.", output=output.name)
                    )
            packed.replace(output)
        else:
            if output.exists():
                output.rmdir()
            root.replace(output)
    except OSError as error:
        raise OutputError(
            _(
                "'{output}' cannot be written ({strerror}): choose another place.",
                output=output.name,
                strerror=error.strerror,
            )
        ) from None
