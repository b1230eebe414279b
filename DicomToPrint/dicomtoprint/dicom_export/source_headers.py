"""What a derived object takes over from the scan it was made of."""

import hashlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ..errors import InputError
from ..messages import _, join
from ..pydicom_logging import suppress_pydicom_output

if TYPE_CHECKING:  # pydicom takes a while to import
    from ..dicom import Series

PATIENT = (
    "PatientName",
    "PatientID",
    "IssuerOfPatientID",
    "PatientBirthDate",
    "PatientSex",
    "PatientAge",
    "PatientSize",
    "PatientWeight",
    "PatientIdentityRemoved",
    "DeidentificationMethod",
)
STUDY = (
    "StudyInstanceUID",
    "StudyDate",
    "StudyTime",
    "ReferringPhysicianName",
    "StudyID",
    "AccessionNumber",
    "StudyDescription",
)
NO_STUDY = _(
    "The source series has no study or series UID, so that no PACS could file the model: choose "
    "the formats stl and 3mf."
)


def require_study(series: "Series") -> None:
    """Raises `InputError` where a series has no study that a derived object could join."""
    if not (series.distinct("StudyInstanceUID") and series.distinct("SeriesInstanceUID")):
        raise InputError(NO_STUDY)


@suppress_pydicom_output()
def source_headers(series: "Series") -> tuple[Any, ...]:
    """pydicom data sets, without pixels, of the files of a series in its order. Raises `InputError`."""
    import pydicom

    headers = []
    for file in series.files:
        try:
            with series.source.open(file.name) as stream:
                headers.append(pydicom.dcmread(stream, stop_before_pixels=True, force=True))
        except Exception:  # pydicom raises many kinds on broken files
            raise InputError(_("A file of the series can no longer be read: check the medium and try again.")) from None
    return tuple(headers)


def copy_patient_and_study(target: Any, header: Any) -> None:
    """Copies the patient and study modules; attributes of type 2 that the scan lacks become empty (PS3.5 7.4)."""
    for name in (*PATIENT, *STUDY):
        if name in header:
            target[name] = header[name]
    for name in (
        "PatientName",
        "PatientID",
        "PatientBirthDate",
        "PatientSex",
        "StudyDate",
        "StudyTime",
        "ReferringPhysicianName",
        "StudyID",
        "AccessionNumber",
    ):
        if name not in target:
            setattr(target, name, "")
    if "SpecificCharacterSet" in header:
        target.SpecificCharacterSet = header.SpecificCharacterSet


def derived_uid(*parts: str) -> str:
    """A UID made of the content (2.25 form), so that the same run gives the same object."""
    number = int.from_bytes(hashlib.sha256(join("\n", parts).encode("utf-8")).digest()[:16], "big")
    return f"2.25.{number}"


def source_references(headers: Sequence[Any]) -> list[Any]:
    """Reference items (SOP class and instance) of the headers; a file without identity is left out."""
    from pydicom import Dataset

    items = []
    for header in headers:
        if header.get("SOPClassUID") and header.get("SOPInstanceUID"):
            item = Dataset()
            item.ReferencedSOPClassUID = header.SOPClassUID
            item.ReferencedSOPInstanceUID = header.SOPInstanceUID
            items.append(item)
    return items
