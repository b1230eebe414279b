"""The words of the conformance statement: for each attribute that is read its type, our use, and the facts it feeds."""

from __future__ import annotations

from collections.abc import Mapping

INTRODUCTION = (
    "# DicomToPrint: DICOM conformance statement",
    "",
    "## 1 Introduction",
    "",
    "DicomToPrint reads CT studies from files, folders, discs (DICOMDIR), .zip archives and the DICOM database of "
    "3D Slicer, "
    "judges whether they are fit for a printed model, and makes the model. This statement says which objects and "
    "attributes "
    "it reads and what it does with each. It is generated from the reader's tables and the two protocols that judge by "
    "default, `3dsystems-ortho` and `exoplan-import`; every other protocol, a hospital's own too, holds rules on the same "
    "attributes.",
    "",
    "### 1.1 References",
    "",
    "DICOM standard, PS3.3 (information objects), PS3.5 (encoding), PS3.10 (media), PS3.15 annex E (attributes that "
    "identify).",
    "",
    "### 1.2 Scope",
    "",
    "No network: DicomToPrint opens no association and is neither a service class user nor a provider. It is a "
    "file-set "
    "reader, and a creator of the objects that section 2.1 names. Conformance does not guarantee that two products "
    "work "
    "together; it says what to check.",
    "",
    "### 1.3 Privacy",
    "",
    "By default no name, identifier, birth date, accession number, institution, description, UID or absolute path "
    "is written "
    "to a report, a log, a mesh header or a file name. A series is named by a short hash of its UID. Coded values "
    "are shown "
    "only where they match a known pattern. The option `--identified` opens all of it.",
    "",
)

ATTRIBUTES_READ_ELSEWHERE = (
    ("1.2.840.10008.1.3.10", "file-set reader: every referenced file is looked for and read"),
    ("1.2.840.10008.5.1.4.1.1.66.4", "reader: a given segmentation replaces our own; ignored beside images"),
)
CREATED_OBJECTS = (
    ("1.2.840.10008.5.1.4.1.1.104.3", "creator, on request: the model; patient and study are copied from the scan"),
    (
        "1.2.840.10008.5.1.4.1.1.66.4",
        "creator, on request: the segmentation; patient and study are copied from the scan",
    ),
)

ONLY_MULTI_FRAME = [
    "NumberOfFrames",
    "ConcatenationUID",
    "InConcatenationNumber",
    "InConcatenationTotalNumber",
    "SOPInstanceUIDOfConcatenationSource",
    "VolumetricProperties",
    "VolumeBasedCalculationTechnique",
    "PresentationLUTShape",
]
ONLY_CLASSIC = [
    "AcquisitionTime",
    "ImagerPixelSpacing",
    "ExposureTime",
    "XRayTubeCurrent",
    "Exposure",
    "FrameIncrementPointer",
    "SliceLocation",
]

# What is judged of files, media and pixels rather than of one attribute.
FILE_FACTS: Mapping[str, str] = {
    "unreadable_files": "files of the series that cannot be read",
    "files_without_preamble": "preamble and file meta information",
    "wrong_syntax_files": "declared transfer syntax against the first element",
    "truncated_files": "length of the file against its elements and its matrix",
    "transfer_syntax": "transfer syntax of every file, (0002,0010)",
    "sop_class_as_meta": "SOP class against the file meta information, (0002,0002)",
    "media_files": "files that the DICOMDIR refers to",
    "transfer_medium": "DICOMDIR present or not",
    "original_beside": "another series with the same Frame of Reference that is accepted",
    "motion_slices": "motion between neighbouring slices, from pixels",
    "metal_mm3": "metal, from pixels",
    "fov_cut_mm2": "anatomy cut by the sides of the field of view, from pixels",
    "fov_cut_ends_mm2": "anatomy that goes on beyond the first or last slice, from pixels",
    "body_share_of_fov": "share of the field of view that the body fills, from pixels",
    "contrast_to_noise": "contrast of the anatomy to its surroundings, from pixels",
    "tilt_taken_out_degrees": "slanted padding that a taken-out tilt leaves, from pixels",
    "kernel_from_noise": "correlation of the noise, from pixels",
    "air_mode_hu": "grey value of air, from pixels",
    "tissue_above_air_hu": "how far soft tissue reads above air, from pixels",
    "blank_slices": "slices that hold nothing where the body goes on, from pixels",
    "repeated_slices": "slices that hold the pixels of another, from pixels",
    "noise_hu": "noise in flat pieces of the body, from pixels",
    "pixels_judged": "whether the pixel detectors could judge the scan",
}

_DISPLAY = ("Display only; never a reason to reject.", ())
_SHOWN = ("3", *_DISPLAY)
_OPEN = ("2", *_DISPLAY)
_PLACE = (
    "slice_count",
    "slices_without_place",
    "slices_without_position",
    "slice_spacing",
    "hole_ratio",
    "gap_deviation",
    "equidistance",
    "least_gap",
    "shear_angle",
)

# keyword -> (type, use, facts)
USES: Mapping[str, tuple[str, str, tuple[str, ...]]] = {
    "SpecificCharacterSet": ("1C", "Decoding of texts for display.", ("charset",)),
    "ImageType": (
        "1",
        "Every slice: original or derived, localizer, reformat.",
        ("image_type", "third_value", "localizers", "reformat", "mixed_types"),
    ),
    "SOPClassUID": ("1", "Which object it is.", ("sop_class", "object_type")),
    "SOPInstanceUID": ("1", "Names the file in records; must be unique and equal the file meta's.", ("instance_uids",)),
    "TriggerTime": ("3", "Tells phases of one series apart.", ("least_gap",)),
    "NominalPercentageOfCardiacPhase": ("3", "Tells phases of one series apart.", ("least_gap",)),
    "StudyDate": ("2", "Display; last source of the scan's date.", ("scan_age",)),
    "SeriesDate": ("3", "Display; fourth source of the scan's date.", ("scan_age",)),
    "AcquisitionDate": ("3", "Second source of the scan's date.", ("scan_age",)),
    "ContentDate": ("2C", "Third source of the scan's date.", ("scan_age",)),
    "AcquisitionDateTime": ("3", "First source of the scan's date.", ("scan_age",)),
    "AcquisitionTime": ("3", "Pauses within the acquisition.", ("acquisition_pause",)),
    "StudyTime": _OPEN,
    "SeriesTime": _SHOWN,
    "AccessionNumber": _OPEN,
    "Modality": ("1", "CT, or DX for X-Ray 3D Craniofacial.", ("modality",)),
    "Manufacturer": ("2", "Chooses the kernel table; tells cone-beam devices.", ("cone_beam",)),
    "ManufacturerModelName": ("3", "Tells cone-beam devices.", ("cone_beam",)),
    "InstitutionName": ("3", "Not used; written only where the user asks for identified output.", ()),
    "StationName": ("3", "Not used.", ()),
    "StudyDescription": _SHOWN,
    "SeriesDescription": (
        "3",
        "Display; searched for words of reformats and of metal artefact reduction.",
        ("metal_reduction",),
    ),
    "DerivationDescription": ("3", "Searched for words of lossy compression and of resampling.", ("tilt_taken_out",)),
    "VolumetricProperties": ("1", "Distorted or sampled volumes are no base for a model.", ("volumetric",)),
    "VolumeBasedCalculationTechnique": ("1", "Projections and other calculated volumes are reformats.", ()),
    "PatientName": ("2", "Display; whether one series holds several patients.", ("patients",)),
    "PatientID": ("2", "Display; whether one series holds several patients.", ()),
    "IssuerOfPatientID": ("3", "Read with Patient ID.", ()),
    "PatientBirthDate": ("2", "Display; whether one series holds several patients.", ()),
    "PatientSex": _OPEN,
    "PatientIdentityRemoved": ("3", "Shown.", ()),
    "ContrastBolusAgent": ("2", "Shown.", ()),
    "ScanOptions": ("3", "Shown.", ()),
    "SliceThickness": (
        "2",
        "Thin slices; gaps and overlap against the spacing.",
        ("slice_thickness", "slices_without_thickness", "gap_percent", "overlap_percent"),
    ),
    "KVP": ("2", "Shown; more than one value in a series is noted.", ("dose",)),
    "SpacingBetweenSlices": ("3", "Not used: the spacing is taken from positions.", ()),
    "DataCollectionDiameter": ("3", "Shown.", ()),
    "ProtocolName": ("3", "Searched for words of metal artefact reduction.", ()),
    "ReconstructionDiameter": ("3", "Against Columns and Pixel Spacing: the scale of the print.", ("scale_error",)),
    "GantryDetectorTilt": (
        "3",
        "Must be 0, empty or absent; at every place where it may stand.",
        ("tilt_tag", "tilt_taken_out"),
    ),
    "TableHeight": ("3", "Shown.", ()),
    "ExposureTime": ("3", "Shown.", ()),
    "XRayTubeCurrent": ("3", "Shown.", ()),
    "Exposure": ("3", "Shown as dose.", ()),
    "ExposureInmAs": ("3", "Shown as dose.", ()),
    "CTDIvol": ("3", "Shown as dose.", ()),
    "FilterType": ("3", "Shown.", ()),
    "ConvolutionKernel": ("3", "Looked up in the kernel table (vendor, pattern, family).", ("kernel_family",)),
    "ConvolutionKernelGroup": ("1C", "Read with the kernel.", ()),
    "ReconstructionAlgorithm": ("3", "Shown.", ()),
    "PatientPosition": ("2C", "Not used for a verdict; places stand in the patient's own axes.", ()),
    "StudyInstanceUID": ("1", "Which files belong to a study.", ("study_uid",)),
    "SeriesInstanceUID": ("1", "Which files belong to a series.", ("series_uid",)),
    "AcquisitionNumber": ("2", "Acquisitions that overlap mean a moved or restarted scan.", ("acquisitions",)),
    "InstanceNumber": ("2", "Not used for the order of slices, which follows their positions.", ()),
    "TemporalPositionIdentifier": ("3", "Phases in one series.", ("phases",)),
    "TemporalPositionIndex": ("1C", "Phases in one object.", ("phases",)),
    "PatientOrientation": ("2C", "Not used.", ()),
    "ImagePositionPatient": ("1", "Order, spacing and true place of every slice.", _PLACE),
    "ImageOrientationPatient": (
        "1",
        "Plane of every slice.",
        ("slices_without_orientation", "plane_angle", "orientation_error", "orientation_spread"),
    ),
    "FrameOfReferenceUID": (
        "1",
        "One frame of reference in a series; finds the original of a reformat.",
        ("frames_of_reference",),
    ),
    "SliceLocation": ("3", "Not used.", ()),
    "ConcatenationUID": ("1C", "Parts of one object.", ("concatenation",)),
    "InConcatenationNumber": ("1C", "Parts of one object.", ()),
    "InConcatenationTotalNumber": ("3", "Parts of one object.", ()),
    "SOPInstanceUIDOfConcatenationSource": ("1C", "Parts of one object.", ()),
    "SamplesPerPixel": ("1", "Must be 1.", ("samples_per_pixel",)),
    "PhotometricInterpretation": ("1", "Must be MONOCHROME2.", ("photometric",)),
    "PlanarConfiguration": ("1C", "Not used.", ()),
    "NumberOfFrames": ("1", "Against the frame items and the length of the pixel data.", ("frame_count",)),
    "FrameIncrementPointer": ("1C", "Not used.", ()),
    "Rows": ("1", "Size of the matrix.", ("rows", "matrix_spread")),
    "Columns": ("1", "Size of the matrix.", ("columns",)),
    "PixelSpacing": (
        "1",
        "Row step, then column step; the size of the print.",
        ("pixel_spacing", "pixel_size", "anisotropy"),
    ),
    "PixelAspectRatio": ("1C", "Not used.", ()),
    "ImagerPixelSpacing": ("3", "Not used: no substitute for Pixel Spacing.", ()),
    "BitsAllocated": ("1", "Decoding.", ("bits_allocated",)),
    "BitsStored": ("1", "Decoding.", ("bits_stored",)),
    "HighBit": (
        "1",
        "Decoding; the sign stands here, bits above are masked. The limit is its distance from Bits Stored.",
        ("high_bit",),
    ),
    "PixelRepresentation": ("1", "Decoding.", ("pixel_representation",)),
    "PixelPaddingValue": (
        "1C",
        "Padding, before rescale, left out of measurements; an unsigned form of a signed value is read.",
        ("padding",),
    ),
    "PixelPaddingRangeLimit": ("1C", "Padding.", ()),
    "BurnedInAnnotation": ("3", "Text in the pixels would identify the patient.", ("burned_in",)),
    "RecognizableVisualFeatures": ("3", "Shown. The skin of a head model identifies by itself.", ()),
    "LongitudinalTemporalInformationModified": ("3", "Shifted dates tell no age of the scan.", ()),
    "WindowCenter": ("1C", "Offered as presets for display.", ("window",)),
    "WindowWidth": ("1C", "Offered as presets for display.", ()),
    "WindowCenterWidthExplanation": ("3", "Names of the presets.", ()),
    "RescaleIntercept": ("1", "Grey value of a stored value.", ("rescale", "rescale_variants")),
    "RescaleSlope": ("1", "Grey value of a stored value.", ()),
    "RescaleType": ("1C", "Not used.", ()),
    "LossyImageCompression": ("1C", "Read at any depth.", ("lossy",)),
    "LossyImageCompressionRatio": ("1C", "Lossy even without the flag.", ()),
    "LossyImageCompressionMethod": ("1C", "Lossy even without the flag.", ()),
    "PresentationLUTShape": ("1C", "Shown.", ()),
    "FrameType": ("1", "Read with Image Type.", ()),
    "FrameAcquisitionDateTime": ("1C", "The earliest is the scan's date where the object has none of its own.", ()),
    "FrameReferenceDateTime": ("1C", "Shown.", ()),
    "StackID": ("1C", "Stacks in one object.", ()),
    "InStackPositionNumber": ("1C", "Not used for the order of frames, which follows their positions.", ()),
    "FrameAcquisitionNumber": ("3", "Acquisitions in one object.", ()),
}
