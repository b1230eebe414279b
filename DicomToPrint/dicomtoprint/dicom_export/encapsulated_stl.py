"""DICOM Encapsulated STL (1.2.840.10008.5.1.4.1.1.104.3; PS3.3 A.85.1).

The model as an object that a PACS keeps beside the scan.
"""

import datetime
import hashlib
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from .. import __version__
from ..errors import InputError, OutputError
from ..io.atomic import AtomicOutputSet, sha256_of, translate_os_errors
from ..io.mesh.export import WrittenFile, verify_round_trip
from ..io.mesh.stl import write_stl
from ..mesh.core import Mesh
from ..messages import _
from ..progress import ProgressCallback, no_progress
from ..pydicom_logging import suppress_pydicom_output
from .source_headers import NO_STUDY, copy_patient_and_study, derived_uid, source_references

SOP_CLASS = "1.2.840.10008.5.1.4.1.1.104.3"
_USAGE = {
    "teaching": "EducationalIntent",
    "patient-education": "EducationalIntent",
    "surgical-planning": "PlanningIntent",
    "fracture": "PlanningIntent",
    "dental": "PlanningIntent",
    "implant": "PlanningIntent",
}


@suppress_pydicom_output()
def write_encapsulated_stl(
    meshes: Sequence[Mesh],
    folder: Path,
    stem: str,
    headers: Sequence[Any],
    *,
    use: str = "",
    title: str = "",
    modified: bool = False,
    now: datetime.datetime | None = None,
    progress: ProgressCallback = no_progress,
) -> WrittenFile:
    """Writes ``<stem>.dcm`` with all meshes (LPS mm) as one binary STL, for the patient and study of the scan.

    `headers` are pydicom data sets of the source series (`source_headers`): patient and study are copied from the
    first, every instance is referenced. This file holds patient data: write it by request only. `use` is the intended
    use, `modified` marks a model that shows more than was scanned (bridged, filled, added). The file is read back:
    its STL must equal the meshes. The series UID is made of the content, the instance's of the content and `now`.
    Raises `OutputError`; `InputError` where the source has no study to go to.
    """
    if not headers or not headers[0].get("StudyInstanceUID") or not headers[0].get("SeriesInstanceUID"):
        raise InputError(NO_STUDY)
    with tempfile.TemporaryDirectory(prefix="dicom-to-print-") as scratch, translate_os_errors(f"{stem}.dcm"):
        plain = Path(scratch) / "model.stl"
        write_stl(plain, meshes, progress)
        data = plain.read_bytes()
    progress(0.5, _("writing DICOM"))
    content = _dataset(
        data, headers, use, title or ", ".join(mesh.name for mesh in meshes), modified, now or datetime.datetime.now()
    )
    with AtomicOutputSet(folder) as outputs:
        path = outputs.temporary(f"{stem}.dcm")
        with translate_os_errors(f"{stem}.dcm"):
            content.save_as(path, enforce_file_format=True)
        count, worst = _read_back(path, meshes)
        (final,) = outputs.publish()
    progress(1.0, _("DICOM written"))
    payload = hashlib.sha256(data).hexdigest()
    return WrittenFile(final, "dicom", sha256_of(final), final.stat().st_size, count, worst, payload)


def _dataset(data: bytes, headers: Sequence[Any], use: str, title: str, modified: bool, now: datetime.datetime) -> Any:
    from pydicom import Dataset
    from pydicom.dataset import FileMetaDataset
    from pydicom.uid import UID, ExplicitVRLittleEndian

    first = headers[0]
    digest = hashlib.sha256(data).hexdigest()
    content = Dataset()
    copy_patient_and_study(content, first)
    content.SOPClassUID = SOP_CLASS
    content.SOPInstanceUID = derived_uid(digest, str(first.StudyInstanceUID), now.isoformat())
    _add_series_and_equipment(content, first, digest)
    _add_document(content, data, headers, title, now)
    _add_model(content, use, modified)
    content.file_meta = FileMetaDataset()
    content.file_meta.MediaStorageSOPClassUID = UID(SOP_CLASS)
    content.file_meta.MediaStorageSOPInstanceUID = content.SOPInstanceUID
    content.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    content.file_meta.ImplementationClassUID = UID(derived_uid("DicomToPrint"))
    content.file_meta.ImplementationVersionName = f"DICOMTOPRINT{__version__}"[:16]
    return content


def _add_series_and_equipment(content: Any, first: Any, digest: str) -> None:
    content.Modality = "M3D"
    content.SeriesInstanceUID = derived_uid("series", digest, str(first.StudyInstanceUID))
    content.SeriesNumber = "9001"
    content.SeriesDescription = "3D print model (DicomToPrint)"
    content.Manufacturer = "DicomToPrint"
    content.ManufacturerModelName = "DicomToPrint"
    content.DeviceSerialNumber = "0"  # type 1, though software has none
    content.SoftwareVersions = __version__
    content.FrameOfReferenceUID = first.get("FrameOfReferenceUID") or derived_uid("frame", digest)
    content.PositionReferenceIndicator = ""


def _add_document(content: Any, data: bytes, headers: Sequence[Any], title: str, now: datetime.datetime) -> None:
    from pydicom.sr.codedict import codes

    content.InstanceNumber = "1"
    content.ContentDate = now.strftime("%Y%m%d")
    content.ContentTime = now.strftime("%H%M%S")
    content.AcquisitionDateTime = ""
    content.BurnedInAnnotation = "NO"
    # A skull or a face can be recognised; the standard asks for this to be said.
    content.RecognizableVisualFeatures = "YES"
    items = source_references(headers)
    if items:
        content.SourceInstanceSequence = items
        _add_referenced_series(content, headers[0], items)
    content.DocumentTitle = title[:64]
    content.ConceptNameCodeSequence = [_coded(codes.LN.CT3DCAMModel)]
    content.MIMETypeOfEncapsulatedDocument = "model/stl"
    content.EncapsulatedDocumentLength = len(data)
    content.EncapsulatedDocument = data if len(data) % 2 == 0 else data + b"\0"
    content["EncapsulatedDocument"].VR = "OB"


def _add_referenced_series(content: Any, first: Any, items: Sequence[Any]) -> None:
    """Common Instance Reference module: the source images by their series, in this same study."""
    from pydicom import Dataset

    series = Dataset()
    series.SeriesInstanceUID = first.SeriesInstanceUID
    series.ReferencedInstanceSequence = list(items)
    content.ReferencedSeriesSequence = [series]


def _add_model(content: Any, use: str, modified: bool) -> None:
    from pydicom.sr.codedict import codes

    content.MeasurementUnitsCodeSequence = [_coded(codes.UCUM.Millimeter)]
    content.ModelModification = "YES" if modified else "NO"
    content.ModelMirroring = "NO"
    if use in _USAGE:
        content.ModelUsageCodeSequence = [_coded(getattr(codes.DCM, _USAGE[use]))]


def _coded(code: Any) -> Any:
    from pydicom import Dataset

    item = Dataset()
    item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = code.value, code.scheme_designator, code.meaning
    return item


def _read_back(path: Path, meshes: Sequence[Mesh]) -> tuple[int, float]:
    import pydicom

    try:
        found = pydicom.dcmread(path)
        data = bytes(found.EncapsulatedDocument)[: int(found.EncapsulatedDocumentLength)]
    except Exception:
        raise OutputError(_("The DICOM file did not read back: write it again to another folder.")) from None
    with tempfile.TemporaryDirectory(prefix="dicom-to-print-") as scratch:
        plain = Path(scratch) / "model.stl"
        plain.write_bytes(data)
        return verify_round_trip(plain, meshes, "stl")
