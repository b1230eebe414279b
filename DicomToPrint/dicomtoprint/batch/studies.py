"""A folder split into its studies, from the headers of its files, and how large their series are."""

import os
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..dicom.header import read_header
from ..dicom.header_layout import SeenHeaders
from ..io.atomic import translate_os_errors
from ..pydicom_logging import suppress_pydicom_output


@dataclass
class StudyFiles:
    """The files of one study below a folder: absolute paths, and the voxels of its largest series. `uid` is empty for files that
    name no study and lie beside none."""

    uid: str
    files: list[str] = field(default_factory=list)
    voxels: int = 0


@dataclass
class _Folder:
    """Files of one folder by the study that they name; `nameless` name none."""

    studies: dict[str, list[str]]
    nameless: list[str]


def split_into_studies(root: Path) -> tuple[StudyFiles, ...]:
    """Studies below a folder, in the order of their first files.

    A file that names no study (no DICOM object, or broken before it says so) belongs to the study of the files beside it where
    that is one study; to the folder's, else; where several lie beside it, or none, the nameless stand together as a study without
    a UID, so that none is lost silently. Links to folders are not followed.

    Raises
    ------
    OutputError
        Where the folder cannot be listed.
    """
    sizes: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    found: dict[str, StudyFiles] = {}
    seen = SeenHeaders()
    with suppress_pydicom_output(), translate_os_errors(root.name):
        folders = [_read_folder(path, names, sizes, seen) for path, names in _folders(root)]
    for one in folders:
        for uid, files in one.studies.items():
            found.setdefault(uid, StudyFiles(uid)).files.extend(files)
    for one in folders:
        home = _home(one, found)
        if one.nameless:
            found.setdefault(home, StudyFiles(home)).files.extend(one.nameless)
    for uid, series in sizes.items():
        found[uid].voxels = max(series.values(), default=0)
    return tuple(found.values())


def _home(folder: _Folder, found: dict[str, StudyFiles]) -> str:
    """The study that the nameless files of a folder belong to; empty where that cannot be said."""
    beside = folder.studies or {uid: [] for uid in found if uid}
    return next(iter(beside)) if len(beside) == 1 else ""


def _folders(root: Path) -> Iterator[tuple[str, list[str]]]:
    for path, subfolders, names in os.walk(root, onerror=_raise):
        subfolders.sort()
        yield path, sorted(name for name in names if name != ".DS_Store")


def _raise(error: OSError) -> None:
    raise error


def _read_folder(path: str, names: list[str], sizes: dict[str, dict[str, int]], seen: SeenHeaders) -> _Folder:
    folder = _Folder(defaultdict(list), [])
    for name in names:
        file = os.path.join(path, name)
        uid = ""
        try:
            with open(file, "rb") as handle:
                values = read_header(handle, os.fstat(handle.fileno()).st_size, seen).values
            uid = str(values.get("StudyInstanceUID") or "").strip(" \0")
            if uid:
                sizes[uid][str(values.get("SeriesInstanceUID"))] += _voxels(values)
        except Exception:  # broken bytes and disks raise many kinds: the run says what is wrong with the file
            uid = ""
        (folder.studies[uid] if uid else folder.nameless).append(file)
    return folder


def _voxels(values: Mapping[str, Any]) -> int:
    rows, columns = values.get("Rows"), values.get("Columns")
    if not isinstance(rows, int) or not isinstance(columns, int):
        return 0
    frames = str(values.get("NumberOfFrames") or "1").strip(" \0")
    return rows * columns * (int(frames) if frames.isdigit() and len(frames) < 7 else 1)
