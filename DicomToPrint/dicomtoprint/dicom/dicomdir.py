"""A DICOMDIR: what it promises, and whether it is there."""

import io
from pathlib import PurePosixPath

import pydicom

from ..messages import _
from ..progress import ProgressCallback
from .file_source import FileSource
from .series import DicomDirStatus

MAX_DICOMDIR_BYTES = 64 * 2**20


def is_dicomdir_name(name: str) -> bool:
    """True for a file that media standards name so; discs may write ``DICOMDIR.;1`` or lower case."""
    return _plain(name.rpartition("/")[2]) == "DICOMDIR"


def _plain(name: str) -> str:
    """A disc's file name without version and case."""
    return name.upper().split(";")[0].rstrip(".")


def read_dicomdir(
    source: FileSource, name: str, names: list[str], unreadable: list[str], progress: ProgressCallback
) -> DicomDirStatus:
    """Files that a DICOMDIR names against the files that are there. A damaged DICOMDIR is reported, never raised."""
    progress(0.0, _("checking the DICOMDIR"))
    try:
        with source.open(name) as handle:
            if source.size(name) > MAX_DICOMDIR_BYTES:
                return DicomDirStatus(name, 0, (), _("the DICOMDIR is larger than 64 MB"))
            dataset = pydicom.dcmread(io.BytesIO(handle.read(MAX_DICOMDIR_BYTES)), force=True)
        records = list(dataset.get("DirectoryRecordSequence") or [])
        wanted, patients = [], 0
        for record in records:
            patients += record.get("DirectoryRecordType") == "PATIENT"
            reference = record.get("ReferencedFileID")
            if reference:
                parts = [reference] if isinstance(reference, str) else [str(part) for part in reference]
                wanted.append("/".join(part.strip() for part in parts))
    except Exception:  # what pydicom raises on damaged directories has many kinds
        return DicomDirStatus(name, 0, (), _("the DICOMDIR is damaged"))
    if "DirectoryRecordSequence" not in dataset:
        return DicomDirStatus(name, 0, (), _("the DICOMDIR holds no directory"))
    home = PurePosixPath(name).parent
    present = {
        "/".join(_plain(part) for part in PurePosixPath(entry).parts) for entry in names if entry not in unreadable
    }
    missing = tuple(
        entry
        for entry in dict.fromkeys(wanted)
        if "/".join(_plain(part) for part in (home / entry).parts) not in present
    )
    return DicomDirStatus(name, len(wanted), missing, "", patients)
