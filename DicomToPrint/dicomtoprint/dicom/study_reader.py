"""From an input to its series: read every header once, group, drop localizers and copies, name what cannot be read."""

import hashlib
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
from pydicom.uid import UID, UID_dictionary

from ..errors import InputError
from ..messages import _
from ..progress import ProgressCallback, no_progress, subprogress
from ..pydicom_logging import suppress_pydicom_output
from ..text import pluralize
from ..volume import VOLUME_SUFFIXES
from .attributes import parse_decimal_strings, split_text_values
from .dicomdir import is_dicomdir_name, read_dicomdir
from .file_source import FileSource, open_source
from .foreign_files import identify_foreign_files
from .functional_groups import other_tilts, read_functional_groups
from .header import InvalidDicomError, read_header
from .header_layout import Header, SeenHeaders
from .identity import count_patients
from .series import CT, MULTI_FRAME, AttributeColumn, ImageFile, Series, Study, UnreadableFile, short_hash

MAX_FRAMES = 20_000
# Objects made from images (segmentations, RT, reports, presentation states, meshes): listed as no images beside images.
_DERIVED_CLASSES = tuple(
    "1.2.840.10008.5.1.4.1.1." + suffix for suffix in ("66", "481.", "88.", "11.", "104.", "67", "9.")
)
_IMAGE_CLASSES = (CT, *MULTI_FRAME)
_DICOM_SUFFIXES = (".dcm", ".dicom", ".ima", ".dic")


@dataclass(frozen=True)
class _Record:
    """One readable file: its facts and the values of its rows."""

    file: ImageFile
    values: dict[str, Any]
    rows: tuple[dict[str, Any], ...]

    @property
    def sop_class(self) -> str:
        return str(self.values.get("SOPClassUID") or "").strip(" \0")

    @property
    def is_image(self) -> bool:
        return bool(self.values.get("Rows")) or self.sop_class in _IMAGE_CLASSES


def read_study(path: Path, progress: ProgressCallback = no_progress) -> Study:
    """Series of a folder, a file, a DICOMDIR or a .zip, from headers alone.

    Raises `InputError` where nothing in it is a DICOM object. A file that cannot be read is listed, and blocks only
    the series it belongs to.
    """
    source = open_source(Path(path))
    with suppress_pydicom_output():
        return _read(source, Path(path), progress)


def _read(source: FileSource, path: Path, progress: ProgressCallback) -> Study:
    names = list(source.names())
    records: list[_Record] = []
    unreadable: list[UnreadableFile] = []
    non_image: list[str] = []
    media_names: list[str] = []
    seen = SeenHeaders()
    for count, name in enumerate(names):
        if count % 64 == 0:
            progress(0.9 * count / len(names), _("reading headers"))
        if is_dicomdir_name(name):
            media_names.append(name)
            continue
        _read_one(source, name, seen, records, unreadable, non_image)
    documents, archives = identify_foreign_files(source, unreadable, non_image)
    media = tuple(
        read_dicomdir(source, name, names, [item.file for item in unreadable], subprogress(progress, 0.9, 0.95))
        for name in media_names
    )
    unreadable += [UnreadableFile(item.name, item.damaged) for item in media if item.damaged]
    groups = _grouped(records, non_image)
    if not groups:
        raise InputError(_nothing_found(path, names, unreadable))
    # A page that says why a download failed, or a packed slice, stands in the place of one; other documents never do.
    instead = (_("HTML page"), "archive")
    others = {*archives, *(name for name, kind in documents.items() if not kind.endswith(instead))}
    unreadable += _ruined_slices([name for name in non_image if name not in others], records)
    non_image = [name for name in non_image if name not in {item.file for item in unreadable}]
    alone = Counter(series for series, _unused in groups)
    series = tuple(
        _series_of(group, key[0], key[0] if alone[key[0]] == 1 else "/".join(key), source)
        for key, group in groups.items()
    )
    patients = count_patients(_patient(record) for group in groups.values() for record in group)
    progress(1.0, _("reading headers"))
    known = [item for item in unreadable if item.file not in others]
    return Study(_with_unreadable(series, known), tuple(unreadable), tuple(non_image), media, patients, documents)


def _read_one(
    source: FileSource,
    name: str,
    seen: SeenHeaders,
    records: list[_Record],
    unreadable: list[UnreadableFile],
    non_image: list[str],
) -> None:
    try:
        with source.open(name) as handle:
            size = source.size(name)
            header = read_header(handle, size, seen)
        record = _record(name, size, header)
    except InvalidDicomError as error:
        if error.has_preamble or PurePosixPath(name).suffix.lower() in _DICOM_SUFFIXES:
            unreadable.append(UnreadableFile(name, str(error)))
        else:
            non_image.append(name)
        return
    except MemoryError:
        unreadable.append(UnreadableFile(name, _("it claims sizes beyond reason")))
        return
    except Exception as error:  # a damaged archive or disk raises many kinds; the file is named either way
        reason = error.strerror if isinstance(error, OSError) and error.strerror else _("it is damaged")
        unreadable.append(UnreadableFile(name, reason or _("it is damaged")))
        return
    if header.media_class == "1.2.840.10008.1.3.10":
        non_image.append(name)
    elif record.is_image or record.sop_class or record.values.get("SeriesInstanceUID"):
        records.append(record)
    else:
        unreadable.append(UnreadableFile(name, header.problem or _("it holds no image")))


def _record(name: str, size: int, header: Header) -> _Record:
    values = header.values
    sop_class = str(values.get("SOPClassUID") or "").strip(" \0")
    framed = sop_class in MULTI_FRAME or bool(header.sequences.get("PerFrameFunctionalGroupsSequence"))
    problems: tuple[str, ...] = ()
    rows: tuple[dict[str, Any], ...] = ({},)
    items = 0
    stated = parse_decimal_strings(values.get("NumberOfFrames"))
    frames = int(stated[0]) if stated else 1
    if framed:
        try:
            read = read_functional_groups(header)
            rows, problems, items = read.rows or ({},), read.problems, read.items
        except Exception:  # damaged groups: what pydicom raises on them has many kinds
            problems = ("damaged",)
    elif header.sequences:
        values = {**values, **_tilts(header)}
    if not framed and 1 < frames <= MAX_FRAMES and header.pixel_element:
        rows = ({},) * frames
    rows = rows[:MAX_FRAMES]
    expected = _expected_bytes(values, frames)
    file = ImageFile(
        name=name,
        size=size,
        syntax=header.syntax,
        has_preamble=header.has_preamble,
        wrong_syntax=header.wrong_syntax,
        problem=header.problem,
        media_class=header.media_class,
        media_instance=header.media_instance,
        pixel_element=header.pixel_element,
        pixel_vr=header.pixel_vr,
        pixel_length=header.pixel_length,
        pixel_offset=header.pixel_offset,
        body_size=header.body_size,
        expected_bytes=expected,
        frames=frames,
        items=items,
        fragments=header.fragments,
        lossy=header.lossy,
        implicit=header.implicit,
        little=header.little,
        group_problems=problems,
    )
    return _Record(file, values, rows)


def _tilts(header: Header) -> dict[str, str]:
    """All tilts that a classic object states: at top level, and in the sequences of acquisition details."""
    try:
        tilts = other_tilts(header)
    except Exception:  # damaged sequences: what pydicom raises on them has many kinds
        return {}
    return {"GantryDetectorTilt": "\\".join(tilts)} if tilts else {}


def _expected_bytes(values: dict[str, Any], frames: int) -> int:
    parts = [values.get(keyword) for keyword in ("Rows", "Columns", "BitsAllocated")]
    if not all(isinstance(value, int) and value > 0 for value in parts):
        return -1
    rows, columns, bits = parts
    samples = values.get("SamplesPerPixel") or 1
    return (int(rows) * int(columns) * int(samples) * int(bits) * max(frames, 0) + 7) // 8  # type: ignore[arg-type]


def _key(record: _Record) -> tuple[str, str]:
    """Series, and inside it the object where one file holds many frames: each is a volume of its own.

    The parts of a concatenation belong together; so do files of a single frame each.
    """
    uid = str(record.values.get("SeriesInstanceUID") or "").strip(" \0")
    series = uid or _("folder {parent}", parent=PurePosixPath(record.file.name).parent)
    if record.sop_class in MULTI_FRAME and max(record.file.frames, record.file.items) > 1:
        return series, str(record.values.get("ConcatenationUID") or record.values.get("SOPInstanceUID") or "").strip(
            " \0"
        )
    return series, ""


def _pattern(name: str) -> str:
    """A file name with its numbers (or long hexadecimal ones) left open: slices of a series are numbered."""
    return re.sub(r"[0-9a-fA-F]{8,}|[0-9]+", "#", name)


def _patient(record: _Record) -> tuple[object, object, object, object]:
    values = record.values
    return values.get("PatientID"), values.get("PatientName"), None, values.get("SpecificCharacterSet")


def _grouped(records: Iterable[_Record], non_image: list[str]) -> dict[tuple[str, str], list[_Record]]:
    """Records by series; objects that are no images, or made from images, go to `non_image` where images are present."""
    groups: dict[tuple[str, str], list[_Record]] = defaultdict(list)
    for record in records:
        groups[_key(record)].append(record)
    scans = {key: group for key, group in groups.items() if any(map(_is_scan, group))}
    if not scans:
        return groups
    for key, group in groups.items():
        if key in scans:
            continue
        for record in group:
            home = _home_of_fragment(record, scans)
            if home is not None:
                scans[home].append(record)
            else:
                non_image.append(record.file.name)
    return scans


def _is_scan(record: _Record) -> bool:
    """True for an image; a file that breaks off before it names its series is none by itself."""
    known = bool(record.values.get("Rows")) or bool(record.values.get("SeriesInstanceUID"))
    return record.is_image and known and not record.sop_class.startswith(_DERIVED_CLASSES)


def _home_of_fragment(record: _Record, scans: dict[tuple[str, str], list[_Record]]) -> tuple[str, str] | None:
    """The series of a file whose header breaks off, or comes to its pixels, before it names one, or is damaged where it
    does: that whose files in the folder are named alike.
    """
    if record.values.get("SeriesInstanceUID") and not _is_ruined(record):
        return None
    names = {key: [other.file.name for other in group] for key, group in scans.items()}
    return _only_home(record.file.name, names)


def _is_ruined(record: _Record) -> bool:
    """True for what is neither a whole image nor any other object, of the standard or of a maker: it may have been a
    slice.
    """
    kind = UID(record.sop_class)
    unknown = not kind.is_valid or (not kind.is_private and kind not in UID_dictionary)
    return bool(record.file.problem) or unknown or record.file.media_class in _IMAGE_CLASSES


def _only_home(name: str, series: Mapping[Any, Sequence[str]]) -> Any:
    """The one series that a broken file belongs to, since its slices are named like it; None where that cannot be
    established.
    """
    homes = [key for key, names in series.items() if any(_pattern(other) == _pattern(name) for other in names)]
    return homes[0] if len(homes) == 1 else None


def _nothing_found(path: Path, names: Sequence[str], unreadable: list[UnreadableFile]) -> str:
    if not names:
        return _("'{path}' is empty: choose the folder that holds the DICOM files of one study.", path=path.name)
    why = f"; '{unreadable[0].file}': {unreadable[0].reason}" if unreadable else ""
    if names == [path.name] and unreadable:
        return _("'{path}' holds no image series: {reason}.", path=path.name, reason=unreadable[0].reason)
    if len(names) == 1 and unreadable:
        return _(
            "'{path}' holds no image series, but '{names}': {reason}.",
            path=path.name,
            names=names[0],
            reason=unreadable[0].reason,
        )
    return _(
        "No image series was found in '{path}' ({files}{why}): choose the folder with the DICOM files of one study",
        path=path.name,
        files=pluralize(len(names), "file"),
        why=why,
    ) + (
        _(", or one of its volume files itself.")
        if any(name.lower().endswith(VOLUME_SUFFIXES) for name in names)
        else "."
    )


def _ruined_slices(non_image: list[str], records: list[_Record]) -> list[UnreadableFile]:
    """Files that are no DICOM but are named like the slices of a series were meant to be slices."""
    patterns = {_pattern(record.file.name) for record in records}
    readable = {record.file.name for record in records}
    return [
        UnreadableFile(name, _("it is no DICOM file"))
        for name in non_image
        if name not in readable and _pattern(name) in patterns and "#" in _pattern(name)
    ]


def _with_unreadable(series: tuple[Series, ...], unreadable: list[UnreadableFile]) -> tuple[Series, ...]:
    """A file that cannot be read blocks the one series it belongs to; where that cannot be established, it is listed only."""
    names = {at: [file.name for file in one.files] for at, one in enumerate(series)}
    homes = {item.file: _only_home(item.file, names) for item in unreadable if not is_dicomdir_name(item.file)}
    near = {at: tuple(name for name, home in homes.items() if home == at) for at in names}
    return tuple(replace(one, unreadable_near=near[at]) if near[at] else one for at, one in enumerate(series))


def _series_of(records: list[_Record], uid: str, key: str, source: FileSource) -> Series:
    records, copies = _without_copies(records, source)
    scouts = [record for record in records if _is_localizer(record)]
    localizers: tuple[str, ...] = tuple(record.file.name for record in scouts)
    if scouts and len(scouts) < len(records):
        records = [record for record in records if not _is_localizer(record)]
    rows = [(file, frame, values) for file, record in enumerate(records) for frame, values in enumerate(record.rows)]
    keywords = dict.fromkeys(
        key for record in records for source_values in (record.values, *record.rows) for key in source_values
    )
    columns = {}
    for keyword in keywords:
        of_file = [record.values.get(keyword) for record in records]
        columns[keyword] = AttributeColumn.of(
            [values.get(keyword, of_file[file]) if values else of_file[file] for file, _, values in rows]
        )
    first = records[0].values
    return Series(
        id=short_hash(key),
        uid=uid,
        description=str(first.get("SeriesDescription") or "").strip(" \0"),
        modality=str(first.get("Modality") or "").strip(" \0"),
        files=tuple(record.file for record in records),
        columns=columns,
        file_of=np.array([file for file, _frame, _values in rows], dtype=np.int32),
        frame_of=np.array([frame for _file, frame, _values in rows], dtype=np.int32),
        source=source,
        localizers=localizers,
        copies=copies,
    )


def _is_localizer(record: _Record) -> bool:
    return any(word.upper() in ("LOCALIZER", "SCOUT") for word in split_text_values(record.values.get("ImageType")))


def _without_copies(records: list[_Record], source: FileSource) -> tuple[list[_Record], tuple[str, ...]]:
    """Records without files that repeat another byte for byte; only files of equal instance UID and size are
    compared.
    """
    seen: dict[tuple[Any, int], list[_Record]] = defaultdict(list)
    for record in records:
        seen[(record.values.get("SOPInstanceUID") or None, record.file.size)].append(record)
    copies: set[str] = set()
    for (instance, _unused), group in seen.items():
        if instance is None or len(group) == 1:
            continue
        digests = set()
        for record in group:
            try:
                with source.open(record.file.name) as handle:
                    digest = hashlib.sha256(handle.read()).digest()
            except (
                Exception
            ):  # a disk or an archive may fail here in many ways; then the file is no copy that we know of
                continue
            if digest in digests:
                copies.add(record.file.name)
            digests.add(digest)
    return [record for record in records if record.file.name not in copies], tuple(sorted(copies))
