"""The phantom as classic CT DICOM files, anonymous and repeatable."""

from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import OutputError
from ..messages import _
from ..progress import ProgressCallback, no_progress, subprogress
from ..volume import Volume
from .ct_simulation import PADDING_HU
from .geometry import GroundTruth
from .volume import SHAPE, SPACING, make_phantom_volume

INTERCEPT = -1024


def write_phantom_dicom(
    folder: Path,
    shape: tuple[int, int, int] = SHAPE,
    spacing: tuple[float, float, float] = SPACING,
    progress: ProgressCallback = no_progress,
    *,
    kernel: str = "STANDARD",
    acquired: date | None = None,
    seed: int = 0,
    **phantom: Any,
) -> GroundTruth:
    """Write the phantom as one CT series, a file a slice, into `folder` (made where missing), and return its truth.

    `phantom` are the other arguments of `make_phantom_volume`; `kernel` the ConvolutionKernel; `acquired` the acquisition
    date (default today). Same arguments and date: same files, UIDs included. Raises `OutputError`.
    """
    volume, truth = make_phantom_volume(shape, spacing, seed=seed, progress=subprogress(progress, 0.0, 0.8), **phantom)
    day = acquired or date.today()
    write_ct_dicom(
        folder,
        volume,
        entropy=f"{seed} {shape} {spacing} {sorted(phantom.items())} {kernel} {day}",
        kernel=kernel,
        acquired=day,
        thickness=float(phantom.get("thickness") or spacing[2]),
        tilt_degrees=float(phantom.get("tilt_degrees") or 0.0),
        progress=subprogress(progress, 0.8, 1.0),
    )
    progress(1.0, _("phantom written"))
    return truth


def write_ct_dicom(
    folder: Path,
    volume: Volume,
    *,
    entropy: str,
    kernel: str,
    acquired: date,
    thickness: float,
    tilt_degrees: float = 0.0,
    progress: ProgressCallback = no_progress,
) -> None:
    """Write a volume (int16 HU) as one anonymous CT series, a file a slice; UIDs come of `entropy`. Raises `OutputError`."""
    common = _common(volume, kernel, acquired, entropy, thickness, tilt_degrees)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for k in range(len(volume.array)):
            if k % 8 == 0:
                progress(k / len(volume.array), _("writing DICOM files"))
            _write_slice(folder / f"CT{k + 1:04d}.dcm", common, volume, k)
    except OSError as error:
        raise OutputError(
            _(
                "The phantom could not be written to '{folder}' ({strerror}): choose a folder with free "
                "space that you may write to.",
                folder=folder.name,
                strerror=error.strerror,
            )
        ) from None


def _uid(*entropy: str) -> str:
    from pydicom.uid import generate_uid

    return generate_uid(entropy_srcs=["DicomToPrint phantom", *entropy])


def _common(volume: Volume, kernel: str, day: date, seed: str, thickness: float, tilt: float) -> Any:
    """What all slices share."""
    from pydicom.dataset import Dataset
    from pydicom.uid import CTImageStorage

    data = Dataset()
    data.SpecificCharacterSet = "ISO_IR 100"
    data.ImageType = ["ORIGINAL", "PRIMARY", "AXIAL"]
    data.SOPClassUID = CTImageStorage
    stamp = day.strftime("%Y%m%d")
    data.StudyDate = data.SeriesDate = data.AcquisitionDate = data.ContentDate = stamp
    data.StudyTime = data.SeriesTime = data.AcquisitionTime = data.ContentTime = "120000"
    data.AccessionNumber = ""
    data.Modality = "CT"
    data.Manufacturer = "GE MEDICAL SYSTEMS"
    data.ManufacturerModelName = "Analytic phantom"
    data.DeviceSerialNumber = "1"
    data.SoftwareVersions = "1"
    data.ReferringPhysicianName = ""
    data.StudyDescription = "DicomToPrint phantom"
    data.SeriesDescription = "Bone phantom"
    data.PatientName, data.PatientID = "PHANTOM^DICOMTOPRINT", "PHANTOM"
    data.PatientBirthDate, data.PatientSex = "", "O"
    data.BodyPartExamined = "PELVIS"
    data.PatientPosition = "HFS"
    data.PatientOrientation = ["L", "P"] if abs(tilt) < 1 else ["L", "PH" if tilt > 0 else "PF"]
    data.ScanOptions = "HELICAL MODE"
    data.KVP = "120"
    data.DataCollectionDiameter = "500"
    data.ExposureTime, data.XRayTubeCurrent, data.Exposure = "1000", "200", "200"
    data.RotationDirection = "CW"
    data.ConvolutionKernel = kernel
    data.SliceThickness = _number(thickness)
    data.GantryDetectorTilt = _number(tilt)
    data.TableHeight = "150"
    data.ReconstructionDiameter = _number(volume.spacing[0] * volume.array.shape[2])
    data.StudyInstanceUID, data.SeriesInstanceUID = _uid(seed, "study"), _uid(seed, "series")
    data.FrameOfReferenceUID = _uid(seed, "frame")
    data.PositionReferenceIndicator = ""
    data.StudyID, data.SeriesNumber, data.AcquisitionNumber = "1", "1", "1"
    directions = volume.affine[:3, :2] / np.asarray(volume.spacing[:2])
    data.ImageOrientationPatient = [_number(v) for v in directions.T.ravel()]
    data.SamplesPerPixel, data.PhotometricInterpretation = 1, "MONOCHROME2"
    data.Rows, data.Columns = volume.array.shape[1:]
    data.PixelSpacing = [_number(volume.spacing[1]), _number(volume.spacing[0])]
    data.BitsAllocated = data.BitsStored = 16
    data.HighBit, data.PixelRepresentation = 15, 1
    data.add_new(0x00280120, "SS", PADDING_HU - INTERCEPT)
    data.RescaleIntercept, data.RescaleSlope, data.RescaleType = str(INTERCEPT), "1", "HU"
    data.WindowCenter, data.WindowWidth = ["400", "40"], ["2000", "400"]
    data.WindowCenterWidthExplanation = ["BONE", "SOFT TISSUE"]
    return data


def _number(value: float) -> str:
    """A decimal string of at most 16 characters, without an exponent."""
    text = f"{value:.10f}".rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text[:16]


def _write_slice(path: Path, common: Any, volume: Volume, k: int) -> None:
    from copy import copy

    import pydicom
    from pydicom.dataset import FileMetaDataset
    from pydicom.uid import ExplicitVRLittleEndian

    data = copy(common)
    place = volume.affine[:3, 3] + k * volume.affine[:3, 2]
    data.SOPInstanceUID = _uid(common.SeriesInstanceUID, str(k))
    data.InstanceNumber = k + 1
    data.ImagePositionPatient = [_number(v) for v in place]
    data.SliceLocation = _number(place[2])
    data.PixelData = (volume.array[k] - np.int16(INTERCEPT)).astype("<i2").tobytes()
    data.file_meta = FileMetaDataset()
    data.file_meta.MediaStorageSOPClassUID = common.SOPClassUID
    data.file_meta.MediaStorageSOPInstanceUID = data.SOPInstanceUID
    data.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    pydicom.dcmwrite(path, data, enforce_file_format=True)
