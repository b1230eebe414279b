"""Writes the objects of a study as a File-set and reads it back."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from pydicom import dcmread
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.fileset import FileSet
from pydicom.uid import ExplicitVRLittleEndian

from ..dicom.file_source import FileSource
from ..dicom.gdcm_decoder import GdcmDecoder
from ..errors import InputError, OutputError
from ..messages import _, join
from ..progress import ProgressCallback, no_progress
from ..pydicom_logging import suppress_pydicom_output
from . import deidentify
from .native import encoded, native_dataset

FILE_SET_ID = "DICOMTOPRINT"
MAX_PIXELS = 2 * 2**30
# What a directory record must hold and an image may lack; the image itself is left as it is.
_RECORD_DEFAULTS = {"PatientID": "UNKNOWN", "StudyID": "1", "StudyDate": "19000101", "StudyTime": "000000",
                    "Modality": "OT", "SeriesNumber": 1}  # fmt: skip
_KEPT_IN_RECORD = ("SOPClassUID", "SOPInstanceUID", "StudyInstanceUID", "SeriesInstanceUID", "SpecificCharacterSet",
                   "PatientName", "StudyDescription", "AccessionNumber", "InstanceNumber")  # fmt: skip


@dataclass(frozen=True)
class Packed:
    """What was written: objects, those whose pixels were unpacked, those whose pixels may show a name, notes."""

    objects: int
    unpacked: int
    burned_in: int
    lossy: int
    notes: tuple[str, ...] = ()


def write_file_set(
    source: FileSource,
    names: Iterable[str],
    folder: Path,
    deidentified: bool = False,
    progress: ProgressCallback = no_progress,
) -> Packed:
    """Writes the objects `names` of `source` into the empty `folder` as a File-set, and checks it by reading it back.

    Raises
    ------
    InputError
        Where an object cannot be read or decoded, or lacks what tells it from others.
    OutputError
        Where the File-set does not read back as it was meant.
    MissingDependencyError
        Where de-identification is asked for and its package is not installed.
    """
    if deidentified:
        deidentify.require()
    wanted = list(names)
    hashes: dict[str, str] = {}
    file_set = FileSet()
    file_set.ID = FILE_SET_ID
    unpacked = burned = lossy = filled = 0
    with GdcmDecoder(MAX_PIXELS >> 4) as decoder, suppress_pydicom_output():
        for at, name in enumerate(wanted):
            progress(0.9 * at / max(len(wanted), 1), _("packing the study"))
            content = _content(source, name)
            shown = Path(name).name
            dataset = native_dataset(content, shown, decoder)
            packed = _syntax_of(content) not in _UNPACKED
            _require_identity(dataset, shown, hashes)
            burned += deidentify.says_burned_in(dataset)
            lossy += dataset.get("LossyImageCompression") == "01"
            if deidentified:
                deidentify.deidentify(dataset)
                dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
            unpacked += packed
            record, complete = _record(dataset, at)
            filled += not complete
            instance = file_set.add(record)
            Path(instance.path).write_bytes(encoded(dataset))
            hashes[str(dataset.SOPInstanceUID)] = pixel_hash(dataset)
        file_set.write(folder)
    _verify(folder, hashes)
    progress(1.0, _("study packed"))
    notes = (
        (_("Directory records with a stand-in for what their images lack: {filled}.", filled=filled),) if filled else ()
    )
    return Packed(len(hashes), unpacked, burned, lossy, notes)


_UNPACKED = ("1.2.840.10008.1.2", "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.2", "1.2.840.10008.1.2.1.99", "")


def _content(source: FileSource, name: str) -> bytes:
    try:
        with source.open(name) as handle:
            return handle.read()
    except Exception:  # a damaged archive or disk raises many kinds
        raise InputError(_("'{name}' cannot be read: copy it again from the source.", name=Path(name).name)) from None


def _syntax_of(content: bytes) -> str:
    try:
        head = dcmread(io.BytesIO(content), force=True, specific_tags=["SOPClassUID"], stop_before_pixels=True)
        return str(head.file_meta.get("TransferSyntaxUID", ""))
    except Exception:  # no head at all
        return ""


def _require_identity(dataset: FileDataset, shown: str, known: dict[str, str]) -> None:
    lacking = [
        name
        for keyword, name in (
            ("SOPClassUID", "SOP Class UID (0008,0016)"),
            ("SOPInstanceUID", "SOP Instance UID (0008,0018)"),
            ("StudyInstanceUID", "Study Instance UID (0020,000D)"),
            ("SeriesInstanceUID", "Series Instance UID (0020,000E)"),
        )
        if not dataset.get(keyword)
    ]
    if lacking:
        raise InputError(
            _(
                "'{shown}' lacks {lacking}, without which it cannot stand on a medium: ask for a new export "
                "of the original images.",
                shown=shown,
                lacking=join(_(" and "), lacking),
            )
        )
    if str(dataset.SOPInstanceUID) in known:
        raise InputError(
            _(
                "'{shown}' carries the identifier of another image (SOP Instance UID): ask for a new export "
                "of the series.",
                shown=shown,
            )
        )


def _record(dataset: FileDataset, at: int) -> tuple[FileDataset, bool]:
    """What the directory says of an object, stand-ins for what it lacks, and whether it lacks nothing."""
    record = FileDataset("", Dataset(), file_meta=FileMetaDataset(), preamble=b"\0" * 128)
    complete = True
    for keyword in (*_KEPT_IN_RECORD, *_RECORD_DEFAULTS):
        value = dataset.get(keyword)
        if value in (None, "") and (keyword in _RECORD_DEFAULTS or keyword == "InstanceNumber"):
            value, complete = _RECORD_DEFAULTS.get(keyword, at + 1), False
        if value not in (None, ""):
            setattr(record, keyword, value)
    for keyword in ("ContentDate", "ContentTime", "CompletionFlag", "VerificationFlag", "ContentLabel", "ContentDescription",
                    "PresentationCreationDate", "PresentationCreationTime", "RTPlanLabel", "StructureSetLabel",
                    "DoseSummationType", "ConceptNameCodeSequence", "DocumentTitle", "MIMETypeOfEncapsulatedDocument"):  # fmt: skip
        if keyword in dataset:
            record[keyword] = dataset[keyword]
    record.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    record.file_meta.MediaStorageSOPClassUID = dataset.SOPClassUID
    record.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    return record, complete


def pixel_hash(dataset: Dataset) -> str:
    """SHA-256 over the pixels of an object; over nothing where it has none."""
    return hashlib.sha256(bytes(dataset.get("PixelData") or b"")).hexdigest()


def _verify(folder: Path, hashes: dict[str, str]) -> None:
    """Raises `OutputError` where the directory does not name exactly these objects, or a file's pixels differ."""
    with suppress_pydicom_output():
        found = FileSet(folder / "DICOMDIR")
        seen = {}
        for instance in found:
            dataset = dcmread(instance.path)
            if dataset.file_meta.TransferSyntaxUID != ExplicitVRLittleEndian:
                raise OutputError(_("The packed study did not read back as uncompressed: pack it again."))
            seen[str(dataset.SOPInstanceUID)] = pixel_hash(dataset)
    if seen != hashes:
        raise OutputError(
            _("The packed study did not read back as it was meant: choose another disk and pack it again.")
        )
