"""Conformant series of the three objects, small in matrix and true in every header fact: the base of every case.

A series is a list of `File`. `series(kind, ...)` builds a fresh one; `put` and `take` change an attribute where it
lives in each object (top level, shared or per-frame functional group).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from .files import GONE, File, Header, uid
from .slice_grid import Geometry, decimal

CLASSIC, ENHANCED, CRANIOFACIAL = "classic", "enhanced", "craniofacial"
KINDS = (CLASSIC, ENHANCED, CRANIOFACIAL)
MULTI = (ENHANCED, CRANIOFACIAL)

SOP_CLASS = {
    CLASSIC: "1.2.840.10008.5.1.4.1.1.2",
    ENHANCED: "1.2.840.10008.5.1.4.1.1.2.1",
    CRANIOFACIAL: "1.2.840.10008.5.1.4.1.1.13.1.2",
}
MACRO = {
    "PixelSpacing": "PixelMeasuresSequence",
    "SliceThickness": "PixelMeasuresSequence",
    "SpacingBetweenSlices": "PixelMeasuresSequence",
    "RescaleSlope": "PixelValueTransformationSequence",
    "RescaleIntercept": "PixelValueTransformationSequence",
    "RescaleType": "PixelValueTransformationSequence",
    "ImagePositionPatient": "PlanePositionSequence",
    "ImageOrientationPatient": "PlaneOrientationSequence",
    "WindowCenter": "FrameVOILUTSequence",
    "WindowWidth": "FrameVOILUTSequence",
    "WindowCenterWidthExplanation": "FrameVOILUTSequence",
    "GantryDetectorTilt": "CTAcquisitionDetailsSequence",
    "ConvolutionKernel": "CTReconstructionSequence",
    "ReconstructionDiameter": "CTReconstructionSequence",
    "FrameAcquisitionDateTime": "FrameContentSequence",
}


def turned(degrees: float) -> tuple[tuple[float, float, float], tuple[float, float, float]]:
    """The axial plane turned about the patient's left-right axis."""
    angle = math.radians(degrees)
    return (1.0, 0.0, 0.0), (0.0, math.cos(angle), -math.sin(angle))


CORONAL = ((1.0, 0.0, 0.0), (0.0, 0.0, -1.0))
SAGITTAL = ((0.0, 1.0, 0.0), (0.0, 0.0, -1.0))


def stored_pixels(size: tuple[int, int], count: int = 1) -> bytes:
    """Constant stored values (air after rescale) for cases that are judged on headers alone."""
    return b"\x18\x00" * (size[0] * size[1] * count)


def _patient_and_study(kind: str, name: str) -> Header:
    return {
        "SpecificCharacterSet": "ISO_IR 100",
        "SOPClassUID": SOP_CLASS[kind],
        "StudyDate": "20260310",
        "SeriesDate": "20260310",
        "ContentDate": "20260310",
        "StudyTime": "101000",
        "SeriesTime": "101200",
        "ContentTime": "101500",
        "AccessionNumber": "A1",
        "Modality": "DX" if kind == CRANIOFACIAL else "CT",
        "Manufacturer": "Planmeca" if kind == CRANIOFACIAL else "SIEMENS",
        "ManufacturerModelName": "ProMax 3D Mid" if kind == CRANIOFACIAL else "SOMATOM Definition AS",
        "ReferringPhysicianName": "",
        "StationName": "CT1",
        "StudyDescription": "Head",
        "SeriesDescription": "Head thin",
        "PatientName": "PHANTOM^ONE",
        "PatientID": "P1",
        "PatientBirthDate": "19700101",
        "PatientSex": "O",
        "DeviceSerialNumber": "1234",
        "SoftwareVersions": "1.0",
        "BodyPartExamined": "HEAD",
        "PatientPosition": "HFS",
        "StudyInstanceUID": uid(name, "study"),
        "SeriesInstanceUID": uid(name, "series"),
        "StudyID": "1",
        "SeriesNumber": "2",
        "FrameOfReferenceUID": uid(name, "frame of reference"),
        "PositionReferenceIndicator": "",
        "BurnedInAnnotation": "NO",
    }


def _pixel_module(geometry: Geometry) -> Header:
    return {
        "SamplesPerPixel": 1,
        "PhotometricInterpretation": "MONOCHROME2",
        "Rows": geometry.size[0],
        "Columns": geometry.size[1],
        "BitsAllocated": 16,
        "BitsStored": 12,
        "HighBit": 11,
        "PixelRepresentation": 0,
    }


def _diameter(geometry: Geometry) -> str:
    return decimal(geometry.size[1] * geometry.pixel[1], 4)


def _classic(name: str, geometry: Geometry, thickness: str, pixels: Sequence[bytes]) -> list[File]:
    files = []
    for index, position in enumerate(geometry.positions()):
        header = _patient_and_study(CLASSIC, name) | {
            "ImageType": ["ORIGINAL", "PRIMARY", "AXIAL", "CT_SOM5 SPI"],
            "SOPInstanceUID": uid(name, "instance", index),
            "AcquisitionDate": "20260310",
            "AcquisitionTime": "101300",
            "AcquisitionDateTime": "20260310101300",
            "SliceThickness": thickness,
            "KVP": "120",
            "ReconstructionDiameter": _diameter(geometry),
            "GantryDetectorTilt": "0",
            "ExposureTime": "1000",
            "XRayTubeCurrent": "250",
            "Exposure": "250",
            "ConvolutionKernel": "H30s",
            "CTDIvol": 12.5,
            "CTDIPhantomTypeCodeSequence": [_code("113690", "DCM", "IEC Head Dosimetry Phantom")],
            "AcquisitionNumber": "1",
            "InstanceNumber": str(index + 1),
            "ImagePositionPatient": position,
            "ImageOrientationPatient": geometry.orientation(),
            "SliceLocation": position[2],
            "PixelSpacing": [decimal(value) for value in geometry.pixel],
            "WindowCenter": ["40", "400"],
            "WindowWidth": ["80", "2000"],
            "WindowCenterWidthExplanation": ["BRAIN", "BONE"],
            "RescaleIntercept": "-1024",
            "RescaleSlope": "1",
            "RescaleType": "HU",
            "LossyImageCompression": "00",
        }
        files.append(File(f"I{index:04d}.dcm", header | _pixel_module(geometry), pixels[index]))
    return files


def _shared_groups(kind: str, geometry: Geometry, thickness: str) -> Header:
    frame_type: Header = {
        "FrameType": ["ORIGINAL", "PRIMARY", "VOLUME", "NONE"],
        "PixelPresentation": "MONOCHROME",
        "VolumetricProperties": "VOLUME",
        "VolumeBasedCalculationTechnique": "NONE",
    }
    groups: Header = {
        "PixelMeasuresSequence": [
            {"SliceThickness": thickness, "PixelSpacing": [decimal(value) for value in geometry.pixel]}
        ],
        "PlaneOrientationSequence": [{"ImageOrientationPatient": geometry.orientation()}],
        "PixelValueTransformationSequence": [{"RescaleIntercept": "-1024", "RescaleSlope": "1", "RescaleType": "HU"}],
        "FrameVOILUTSequence": [
            {"WindowCenter": ["40"], "WindowWidth": ["400"], "WindowCenterWidthExplanation": ["SOFT"]}
        ],
        "FrameAnatomySequence": [
            {"FrameLaterality": "U", "AnatomicRegionSequence": [_code("69536005", "SCT", "Head")]}
        ],
    }
    if kind == CRANIOFACIAL:
        return groups | {"XRay3DFrameTypeSequence": [frame_type]}
    return groups | {"CTImageFrameTypeSequence": [frame_type]} | _ct_groups(geometry)


def _ct_groups(geometry: Geometry) -> Header:
    """The functional groups that Enhanced CT asks beyond those of every multi-frame image."""
    return {
        "CTAcquisitionTypeSequence": [
            {"AcquisitionType": "SPIRAL", "ConstantVolumeFlag": "NO", "FluoroscopyFlag": "NO"}
        ],
        "CTAcquisitionDetailsSequence": [
            {
                "RotationDirection": "CW",
                "RevolutionTime": 0.5,
                "SingleCollimationWidth": 0.6,
                "TotalCollimationWidth": 38.4,
                "TableHeight": 150.0,
                "GantryDetectorTilt": "0",
                "DataCollectionDiameter": "500",
            }
        ],
        "CTReconstructionSequence": [
            {
                "ReconstructionAlgorithm": "FILTER_BACK_PROJ",
                "ConvolutionKernel": "H30s",
                "ConvolutionKernelGroup": "SOFT_TISSUE",
                "ReconstructionDiameter": _diameter(geometry),
                "ReconstructionPixelSpacing": [0.5, 0.5],
                "ReconstructionAngle": 360.0,
                "ImageFilter": "NONE",
            }
        ],
        "CTExposureSequence": [
            {"ExposureTimeInms": 1000.0, "XRayTubeCurrentInmA": 250.0, "ExposureInmAs": 250.0, "CTDIvol": 12.5}
            | {
                "ExposureModulationType": "NONE",
                "CTDIPhantomTypeCodeSequence": [_code("113690", "DCM", "IEC Head Dosimetry Phantom")],
            }
        ],
        "CTXRayDetailsSequence": [
            {"KVP": "120", "FocalSpots": [1.2], "FilterType": "NONE", "FilterMaterial": ["ALUMINUM"]}
        ],
        "IrradiationEventIdentificationSequence": [{"IrradiationEventUID": uid("irradiation")}],
        "CTTableDynamicsSequence": [{"TableSpeed": 20.0, "TableFeedPerRotation": 10.0, "SpiralPitchFactor": 0.8}],
        "CTPositionSequence": [
            {
                "TablePosition": 0.0,
                "DataCollectionCenterPatient": [0.0, 0.0, 0.0],
                "ReconstructionTargetCenterPatient": [0.0, 0.0, 0.0],
            }
        ],
        "CTGeometrySequence": [{"DistanceSourceToDetector": 1000.0, "DistanceSourceToDataCollectionCenter": 550.0}],
    }


def _code(value: str, scheme: str, meaning: str) -> Header:
    return {"CodeValue": value, "CodingSchemeDesignator": scheme, "CodeMeaning": meaning}


def _frames(name: str, geometry: Geometry) -> list[Header]:
    return [
        {
            "FrameContentSequence": [
                {
                    "FrameAcquisitionNumber": 1,
                    "FrameReferenceDateTime": "20260310101300",
                    "FrameAcquisitionDateTime": "20260310101300",
                    "FrameAcquisitionDuration": 500.0,
                    "StackID": "1",
                    "InStackPositionNumber": index + 1,
                    "DimensionIndexValues": [1, index + 1],
                }
            ],
            "PlanePositionSequence": [{"ImagePositionPatient": position}],
        }
        for index, position in enumerate(geometry.positions())
    ]


def _multi_frame(kind: str, name: str, geometry: Geometry, thickness: str, pixels: Sequence[bytes]) -> list[File]:
    organization = uid(name, "dimensions")
    frames = _frames(name, geometry)
    header = _patient_and_study(kind, name) | {
        "ImageType": ["ORIGINAL", "PRIMARY", "VOLUME", "NONE"],
        "SOPInstanceUID": uid(name, "instance"),
        "InstanceNumber": "1",
        "ContentQualification": "RESEARCH",
        "PixelPresentation": "MONOCHROME",
        "VolumetricProperties": "VOLUME",
        "VolumeBasedCalculationTechnique": "NONE",
        "PresentationLUTShape": "IDENTITY",
        "LossyImageCompression": "00",
        "AcquisitionContextSequence": [],
        "NumberOfFrames": str(len(frames)),
        "DimensionOrganizationSequence": [{"DimensionOrganizationUID": organization}],
        "DimensionIndexSequence": [
            {
                "DimensionOrganizationUID": organization,
                "DimensionIndexPointer": pointer,
                "FunctionalGroupPointer": 0x00209111,
            }
            for pointer in (0x00209056, 0x00209057)
        ],
        "SharedFunctionalGroupsSequence": [_shared_groups(kind, geometry, thickness)],
        "PerFrameFunctionalGroupsSequence": frames,
    }
    if kind == ENHANCED:
        header |= {"AcquisitionNumber": "1", "AcquisitionDateTime": "20260310101300", "AcquisitionDuration": 10.0}
    return [File("E0000.dcm", header | _pixel_module(geometry), b"".join(pixels))]


def series(
    kind: str = CLASSIC,
    name: str = "one",
    thickness: str = "",
    pixels: Sequence[bytes] | None = None,
    **geometry: object,
) -> list[File]:
    """A conformant series. `geometry` are fields of `Geometry`; `pixels` one byte string a slice, else air."""
    space = Geometry(**geometry)  # type: ignore[arg-type]
    count = len(space.offsets())
    stored = pixels if pixels is not None else [stored_pixels(space.size)] * count
    thickness = thickness or decimal(space.spacing)
    if kind == CLASSIC:
        return _classic(name, space, thickness, stored)
    return _multi_frame(kind, name, space, thickness, stored)


def kind_of(files: Sequence[File]) -> str:
    """Which of the three objects a series was made as."""
    if (
        "PerFrameFunctionalGroupsSequence" not in files[0].header
        and "SharedFunctionalGroupsSequence" not in files[0].header
    ):
        return CLASSIC
    return CRANIOFACIAL if "XRay3DFrameTypeSequence" in shared(files) else ENHANCED


def shared(files: Sequence[File]) -> Header:
    """The shared functional groups of a multi-frame series."""
    return files[0].header["SharedFunctionalGroupsSequence"][0]  # type: ignore[index, return-value]


def frames(files: Sequence[File]) -> list[Header]:
    """The per-frame functional groups of a multi-frame series."""
    return files[0].header["PerFrameFunctionalGroupsSequence"]  # type: ignore[return-value]


def spread(files: Sequence[File], macro: str) -> None:
    """Moves a macro from the shared group to every frame."""
    if macro in shared(files):
        item = shared(files).pop(macro)[0]  # type: ignore[index]
        for frame in frames(files):
            frame[macro] = [dict(item)]


def put(files: list[File], slices: Iterable[int] | None = None, **values: object) -> list[File]:
    """Sets attributes on all slices, or on those named, where they live in this object; returns `files`."""
    chosen = None if slices is None else set(slices)
    multi = kind_of(files) != CLASSIC
    for keyword, value in values.items():
        macro = MACRO.get(keyword, "")
        if not multi or not macro:
            for index, file in enumerate(files):
                if chosen is None or index in chosen or multi:
                    file.header[keyword] = value
            continue
        if chosen is not None:
            spread(files, macro)
        holders = [shared(files)] if macro in shared(files) else frames(files)
        for index, holder in enumerate(holders):
            if chosen is None or index in chosen:
                holder.setdefault(macro, [{}])[0][keyword] = value  # type: ignore[index]
    return files


def take(files: list[File], *keywords: str, slices: Iterable[int] | None = None) -> list[File]:
    """Removes attributes as `put` sets them."""
    return put(files, slices, **dict.fromkeys(keywords, GONE))


def bend(files: list[File], slices: Iterable[int] | None = None, **fields: object) -> list[File]:
    """Sets fields of the `File`s themselves (syntax, meta, bend ...); returns `files`."""
    for index, file in enumerate(files):
        if slices is None or index in set(slices):
            for key, value in fields.items():
                setattr(file, key, value)
    return files


def renamed(files: list[File], folder: str) -> list[File]:
    """The same files below a sub-folder."""
    for file in files:
        file.name = f"{folder}/{file.name}"
    return files
