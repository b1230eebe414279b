"""A name, an id, a date and a UID planted in every text attribute, to see whether any output sings them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pydicom
from pydicom.datadict import DicomDictionary, keyword_for_tag

from .files import File, Header, Raw, quiet_pydicom, uid
from .series import CLASSIC, frames, put, series, shared

NAME, NUMBER, DATE, ROOT = "Zzyzxowitz", "QX7712345", "19471109", "1.2.826.0.1.99771234"
# The ways in which the planted date may be written.
DATE_FORMS = (DATE, "1947-11-09", "09.11.1947", "11/09/1947", "1947/11/09", "9 November 1947", "Nov 1947")
SONGS = (NAME, NUMBER, ROOT, *DATE_FORMS)

TEXT = {
    **dict.fromkeys(("AE", "LO", "LT", "SH", "ST", "UC", "UT", "UR", "CS"), f"{NAME} {NUMBER}"),
    "AE": NUMBER,
    "SH": f"{NAME}",
    "CS": NAME.upper(),
    "PN": f"{NAME}^{NUMBER}",
    "DA": DATE,
    "DT": f"{DATE}120000",
    "AS": "077Y",
    "UI": f"{ROOT}.1",
}
# Values without which there is no series to judge; each is planted alone by `one_by_one` instead.
STRUCTURE = {
    "SpecificCharacterSet",
    "ImageType",
    "FrameType",
    "SOPClassUID",
    "Modality",
    "PhotometricInterpretation",
    "PixelPresentation",
    "VolumetricProperties",
    "VolumeBasedCalculationTechnique",
    "LossyImageCompression",
    "BurnedInAnnotation",
    "ConvolutionKernel",
    "Manufacturer",
    "PatientPosition",
    "ConcatenationUID",
    "LongitudinalTemporalInformationModified",
}


def heard(text: str) -> list[str]:
    """Which of the planted texts stand in `text`, whatever their case."""
    low = text.lower()
    return [song for song in SONGS if song.lower() in low]


def text_attributes() -> Iterator[tuple[str, str]]:
    """Keyword and VR of every text attribute of the dictionary outside the file meta and command groups."""
    for tag, (vr, _, _, retired, keyword) in DicomDictionary.items():
        if vr in TEXT and keyword and not retired and tag >> 16 > 2 and keyword == keyword_for_tag(tag):
            yield keyword, vr


def everywhere(kind: str = CLASSIC) -> list[File]:
    """A conformant series with canaries in every text attribute that the object does not stand on, private and nested
    too."""
    files = series(kind, "canary")
    planted: Header = {keyword: TEXT[vr] for keyword, vr in text_attributes() if keyword not in STRUCTURE}
    nested: Header = {
        "PatientName": TEXT["PN"],
        "PatientID": NUMBER,
        "StudyDate": DATE,
        "TextValue": NAME,
        "ReferencedSOPInstanceUID": f"{ROOT}.7",
    }
    private: Header = {
        (0x0029, 0x0010): ("LO", NAME),
        (0x0029, 0x1010): ("LO", NUMBER),
        (0x0029, 0x1011): ("UN", f"{NAME} {DATE}".encode()),
        (0x0029, 0x1012): ("SQ", [dict(nested)]),
    }
    for index, file in enumerate(files):
        file.header |= planted | private
        file.header |= {
            "SOPInstanceUID": f"{ROOT}.2.{index}",
            "RequestAttributesSequence": [dict(nested)],
            "ReferencedStudySequence": [dict(nested)],
        }
    if kind != CLASSIC:
        shared(files)["DerivationImageSequence"] = [dict(nested)]
        for frame in frames(files):
            frame["FrameContentSequence"][0] |= {"FrameComments": NAME, "FrameLabel": NUMBER}  # type: ignore[index, operator]
    return files


# What names a patient or a study; the values must agree in all slices.
IDENTITY = (
    "PatientName",
    "PatientID",
    "PatientBirthDate",
    "OtherPatientNames",
    "PatientComments",
    "AccessionNumber",
    "StudyID",
    "StudyDescription",
    "SeriesDescription",
    "InstitutionName",
    "InstitutionAddress",
    "StationName",
    "ReferringPhysicianName",
    "OperatorsName",
    "StudyInstanceUID",
    "SeriesInstanceUID",
    "FrameOfReferenceUID",
)


def plant(folder: Path) -> None:
    """Plants canaries into the classic files of a folder: what names the patient in all, every other free text in the
    first. Dates of the scan stay, since rules read them.
    """
    free = ("PN", "LO", "SH", "LT", "ST", "UT", "UC")
    others = {key: TEXT[vr] for key, vr in text_attributes() if vr in free and key not in STRUCTURE}
    with quiet_pydicom():
        for number, path in enumerate(sorted(folder.iterdir())):
            read = pydicom.dcmread(path)
            for keyword in IDENTITY:
                setattr(read, keyword, TEXT[pydicom.datadict.dictionary_VR(keyword)])
            for keyword, value in others.items() if number == 0 else ():
                setattr(read, keyword, value)
            read.SOPInstanceUID = read.file_meta.MediaStorageSOPInstanceUID = f"{ROOT}.9.{number}"
            nested = pydicom.Dataset()
            nested.PatientName = TEXT["PN"]
            read.RequestAttributesSequence = [nested]
            read.save_as(path)


# Values that make a rule speak and carry a canary with them.
TELLING = (
    ("SeriesDescription", f"MPR {NAME}"),
    ("SeriesDescription", f"iMAR {NAME}"),
    ("ProtocolName", f"O-MAR {NAME} {NUMBER}"),
    ("ConvolutionKernel", f"{NAME}"),
    ("ConvolutionKernel", f"H60s {NAME}"),
    ("ConvolutionKernel", ["H30s", NAME]),
    ("Manufacturer", f"SIEMENS {NAME}"),
    ("Manufacturer", NAME),
    ("ManufacturerModelName", NAME),
    ("ImageType", ["ORIGINAL", "PRIMARY", NAME.upper()]),
    ("ImageType", ["DERIVED", "SECONDARY", "MPR", NAME.upper()]),
    ("ImageType", [NAME.upper()]),
    ("Modality", NAME.upper()),
    ("SOPClassUID", f"{ROOT}.9"),
    ("SpecificCharacterSet", NAME.upper()),
    ("PhotometricInterpretation", NAME.upper()),
    ("PatientPosition", NAME.upper()),
    ("DerivationDescription", f"lossy compression for {NAME}, MEDCOM_RESAMPLED"),
    ("LossyImageCompressionMethod", NAME),
    ("BurnedInAnnotation", NAME.upper()),
    ("LongitudinalTemporalInformationModified", NAME.upper()),
    ("VolumetricProperties", NAME.upper()),
    ("WindowCenterWidthExplanation", NAME),
    ("WindowCenter", Raw("DS", NAME.encode())),
    ("SliceThickness", Raw("DS", NAME.encode())),
    ("PixelSpacing", Raw("DS", f"{NAME}\\{NUMBER}".encode())),
    ("ImagePositionPatient", Raw("DS", f"{NAME}\\{NUMBER}\\1".encode())),
    ("GantryDetectorTilt", Raw("DS", NAME.encode())),
    ("RescaleType", NAME),
    ("RescaleSlope", Raw("DS", NAME.encode())),
    ("NumberOfFrames", Raw("IS", NAME.encode())),
    ("AcquisitionDateTime", DATE),
    ("AcquisitionNumber", Raw("IS", NAME.encode())),
    ("FrameOfReferenceUID", f"{ROOT}.4"),
    ("KVP", Raw("DS", NAME.encode())),
    ("StationName", NAME),
)


def one_by_one(kind: str) -> Iterator[tuple[str, list[File]]]:
    """A conformant series for each telling value, planted alone in all slices, and some in half of them."""
    for number, (keyword, value) in enumerate(TELLING):
        yield f"{number}-{keyword}-all", put(series(kind), **{keyword: value})
        if kind == CLASSIC and number % 3 == 0:
            yield f"{number}-{keyword}-half", put(series(kind), [4, 5, 6], **{keyword: value})


def two_patients() -> list[File]:
    """One series with two patients, both canaries, in differing frames of reference."""
    files = put(series(), PatientName=f"{NAME}^A", PatientID=NUMBER, PatientBirthDate=DATE)
    put(files, [4, 5, 6], PatientName=f"{NAME}^B", PatientID=f"{NUMBER}B", FrameOfReferenceUID=uid("other"))
    return files
