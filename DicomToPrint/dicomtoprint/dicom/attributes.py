"""The attributes that are read from a header, and nothing else: what no rule needs is never converted nor kept."""

import math
from collections.abc import Mapping

from pydicom.datadict import dictionary_VR, tag_for_keyword

HEADER_KEYWORDS = [
    "SpecificCharacterSet",
    "ImageType",
    "SOPClassUID",
    "SOPInstanceUID",
    "StudyDate",
    "SeriesDate",
    "AcquisitionDate",
    "ContentDate",
    "StudyTime",
    "SeriesTime",
    "AcquisitionTime",
    "AcquisitionDateTime",
    "AccessionNumber",
    "Modality",
    "Manufacturer",
    "ManufacturerModelName",
    "StationName",
    "StudyDescription",
    "SeriesDescription",
    "PatientName",
    "PatientID",
    "PatientBirthDate",
    "PatientSex",
    "KVP",
    "CTDIvol",
    "Exposure",
    "ExposureTime",
    "XRayTubeCurrent",
    "ProtocolName",
    "ContrastBolusAgent",
    "SliceThickness",
    "SpacingBetweenSlices",
    "DataCollectionDiameter",
    "ReconstructionDiameter",
    "GantryDetectorTilt",
    "TableHeight",
    "ConvolutionKernel",
    "PatientPosition",
    "FilterType",
    "StudyInstanceUID",
    "SeriesInstanceUID",
    "TriggerTime",
    "NominalPercentageOfCardiacPhase",
    "AcquisitionNumber",
    "InstanceNumber",
    "TemporalPositionIdentifier",
    "ImagePositionPatient",
    "ImageOrientationPatient",
    "FrameOfReferenceUID",
    "SliceLocation",
    "SamplesPerPixel",
    "PhotometricInterpretation",
    "PlanarConfiguration",
    "NumberOfFrames",
    "Rows",
    "Columns",
    "PixelSpacing",
    "ImagerPixelSpacing",
    "BitsAllocated",
    "BitsStored",
    "HighBit",
    "PixelRepresentation",
    "PixelPaddingValue",
    "PixelPaddingRangeLimit",
    "BurnedInAnnotation",
    "RecognizableVisualFeatures",
    "WindowCenter",
    "WindowWidth",
    "WindowCenterWidthExplanation",
    "RescaleIntercept",
    "RescaleSlope",
    "RescaleType",
    "LossyImageCompression",
    "LossyImageCompressionRatio",
    "LossyImageCompressionMethod",
    "DerivationDescription",
    "LongitudinalTemporalInformationModified",
    "ConcatenationUID",
    "InConcatenationNumber",
    "InConcatenationTotalNumber",
    "SOPInstanceUIDOfConcatenationSource",
    "VolumetricProperties",
    "InstitutionName",
    "PatientIdentityRemoved",
    "IssuerOfPatientID",
    "ScanOptions",
    "ReconstructionAlgorithm",
    "VolumeBasedCalculationTechnique",
    "PresentationLUTShape",
]

# Functional groups of the Enhanced objects: sequence -> attributes that a frame takes from it.
GROUP_KEYWORDS: Mapping[str, tuple[str, ...]] = {
    "PixelMeasuresSequence": ("PixelSpacing", "SliceThickness", "SpacingBetweenSlices"),
    "PlanePositionSequence": ("ImagePositionPatient",),
    "PlaneOrientationSequence": ("ImageOrientationPatient",),
    "PixelValueTransformationSequence": ("RescaleIntercept", "RescaleSlope", "RescaleType"),
    "FrameVOILUTSequence": ("WindowCenter", "WindowWidth", "WindowCenterWidthExplanation"),
    "CTImageFrameTypeSequence": ("FrameType", "VolumetricProperties", "VolumeBasedCalculationTechnique"),
    "XRay3DFrameTypeSequence": ("FrameType", "VolumetricProperties", "VolumeBasedCalculationTechnique"),
    "CTAcquisitionDetailsSequence": ("GantryDetectorTilt", "TableHeight", "DataCollectionDiameter"),
    "CTReconstructionSequence": (
        "ConvolutionKernel",
        "ConvolutionKernelGroup",
        "ReconstructionDiameter",
        "ReconstructionAlgorithm",
    ),
    "CTExposureSequence": ("CTDIvol", "ExposureInmAs"),
    "CTXRayDetailsSequence": ("KVP", "FilterType"),
    "FrameContentSequence": (
        "FrameAcquisitionDateTime",
        "FrameReferenceDateTime",
        "StackID",
        "InStackPositionNumber",
        "TemporalPositionIndex",
        "FrameAcquisitionNumber",
    ),
}
_WALKED = (
    "SharedFunctionalGroupsSequence",
    "PerFrameFunctionalGroupsSequence",
    "CTAcquisitionDetailsSequence",
    "MultienergyCTAcquisitionSequence",
)


def _tag(keyword: str) -> int:
    tag = tag_for_keyword(keyword)
    assert tag is not None, keyword
    return int(tag)


TAGS: Mapping[int, str] = {_tag(keyword): keyword for keyword in HEADER_KEYWORDS}
SEQUENCES: Mapping[int, str] = {_tag(keyword): keyword for keyword in _WALKED}
US_KEYWORDS = frozenset(keyword for keyword in HEADER_KEYWORDS if dictionary_VR(_tag(keyword)) in ("US", "US or SS"))
FLOAT_KEYWORDS = frozenset(
    keyword
    for keyword in (*HEADER_KEYWORDS, *sum(GROUP_KEYWORDS.values(), ()), "CTDIvol")
    if dictionary_VR(_tag(keyword)) in ("FD", "FL")
)
PIXEL_TAGS = {0x7FE00008: "FloatPixelData", 0x7FE00009: "DoubleFloatPixelData", 0x7FE00010: "PixelData"}
LOSSY_FLAG = 0x00282110


def parse_decimal_strings(text: object) -> tuple[float, ...]:
    """Numbers of a decimal string with backslashes; empty where one of them is none, not finite or beyond 1e9."""
    if isinstance(text, (int, float)):
        return (float(text),)
    if not isinstance(text, str) or not text.strip(" \0"):
        return ()
    try:
        values = tuple(float(part) for part in text.split("\\"))
    except ValueError:
        return ()
    return values if all(math.isfinite(value) and abs(value) < 1e9 for value in values) else ()


def split_text_values(text: object) -> tuple[str, ...]:
    """Values of a text attribute without padding blanks; empty where it is missing or empty."""
    if not isinstance(text, str) or not text.strip(" \0\\"):
        return ()
    return tuple(part.strip(" \0") for part in text.split("\\"))
