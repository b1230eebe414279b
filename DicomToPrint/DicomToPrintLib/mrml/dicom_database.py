"""Slicer's DICOM database as a source: the files of a series, and the series behind a loaded volume."""

import re
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from dicomtoprint.errors import InputError
from dicomtoprint.messages import _

URI_PREFIX = "dicomdb:"
INSTANCE_UIDS_ATTRIBUTE = "DICOM.instanceUIDs"
PHANTOM = "DicomToPrint.Phantom"
_UID = re.compile(r"[0-9.]{1,64}")


def application_database() -> Any:
    """Slicer's DICOM database; None outside of the application, and while it is closed as on a fresh installation."""
    try:
        import slicer
    except ImportError:
        return None
    store = getattr(slicer, "dicomDatabase", None)
    return store if store is not None and getattr(store, "isOpen", True) else None


def phantom_folder() -> Path:
    """Where the application's phantom stands as DICOM files."""
    import slicer

    return Path(slicer.app.temporaryPath) / "DicomToPrintPhantom"


def folder_of_volume(node: Any) -> Path | None:
    """Folder with the files behind a volume that was loaded past the database: only the phantom is."""
    return phantom_folder() if node.GetAttribute(PHANTOM) and phantom_folder().is_dir() else None


def series_files(database: Any, series_uid: str) -> tuple[Path, ...]:
    """Local files of a series in `database` (``slicer.dicomDatabase``).

    Raises `InputError` where there is no database, the series is unknown, or its slices are only listed there but
    not stored on
    this computer (remote).
    """
    if database is None or not getattr(database, "isOpen", True):
        raise InputError(_("Slicer's DICOM database is not open: open the DICOM module once, or give a folder."))
    if not _UID.fullmatch(series_uid):
        raise InputError(_("That is no series UID: copy it from the DICOM browser."))
    return _local(list(database.filesForSeries(series_uid)), len(list(database.instancesForSeries(series_uid))))


def _local(names: list[str], listed: int) -> tuple[Path, ...]:
    files = tuple(Path(name) for name in names if name)
    if not listed and not files:
        raise InputError(_("The series is not in Slicer's DICOM database: import it in the DICOM module first."))
    if len(files) < listed or any(not path.is_file() for path in files):
        missing = max(listed, len(files)) - sum(path.is_file() for path in files)
        raise InputError(
            _(
                "{missing} of {files_count} slices are not stored on this computer: retrieve the series in "
                "the DICOM module, then run this step again.",
                missing=missing,
                files_count=max(listed, len(files)),
            )
        )
    return files


def series_of_volume(database: Any, node: Any) -> str | None:
    """Series UID behind a volume node that Slicer loaded from its database; None for any other volume.

    Raises `InputError` where the volume mixes series, or where the database has lost them.
    """
    instances = (node.GetAttribute(INSTANCE_UIDS_ATTRIBUTE) or "").split()
    if not instances or database is None or not getattr(database, "isOpen", True):
        return None
    series = {str(database.seriesForFile(database.fileForInstance(uid)) or "") for uid in (instances[0], instances[-1])}
    series.discard("")
    if len(series) > 1:
        raise InputError(
            _(
                "The volume '{getname}' is made of several series: load one series and choose that.",
                getname=node.GetName(),
            )
        )
    if not series:
        raise InputError(
            _(
                "The files behind the volume '{getname}' have left Slicer's DICOM database: import them again.",
                getname=node.GetName(),
            )
        )
    return series.pop()


def link_files(files: Iterable[Path], folder: Path | None = None) -> Path:
    """A folder with links to `files` (copies where links are not allowed), for code that reads a folder.

    Names are counted, since files of one series may share a name. Without `folder` a new temporary one is made,
    which the caller removes; a given one is emptied first.
    """
    import os
    import shutil

    if folder is None:
        folder = Path(tempfile.mkdtemp(prefix="DicomToPrint-"))
    else:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
    for index, path in enumerate(files):
        link = folder / f"{index:06d}{path.suffix}"
        try:
            os.symlink(path, link)
        except OSError:
            shutil.copyfile(path, link)
    return folder
