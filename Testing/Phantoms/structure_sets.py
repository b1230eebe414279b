"""RT Structure Sets that tests write."""

import numpy as np


def polygon(x, y, z, count=200):
    """Contour data of an ellipse of half axes `x`, `y` = (middle, half axis) at `z`."""
    angle = np.linspace(0.0, 2.0 * np.pi, count, endpoint=False)
    return np.stack([x[0] + x[1] * np.cos(angle), y[0] + y[1] * np.sin(angle), np.full(count, z)], axis=1)


def write_structure_set(path, structures, frame="1.2.3.4", series="1.2.3.5"):
    """`structures`: (name, kind of each contour, contours (n, 3), interpreted type)."""
    import pydicom
    from pydicom.uid import ExplicitVRLittleEndian, generate_uid

    data = pydicom.Dataset()
    data.file_meta = pydicom.dataset.FileMetaDataset()
    data.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    data.file_meta.MediaStorageSOPClassUID = data.SOPClassUID = "1.2.840.10008.5.1.4.1.1.481.3"
    data.file_meta.MediaStorageSOPInstanceUID = data.SOPInstanceUID = generate_uid()
    data.Modality, data.PatientName, data.PatientID = "RTSTRUCT", "TEST", "TEST"
    data.ReferencedFrameOfReferenceSequence = [pydicom.Dataset()]
    data.ReferencedFrameOfReferenceSequence[0].FrameOfReferenceUID = frame
    study, of_series = pydicom.Dataset(), pydicom.Dataset()
    of_series.SeriesInstanceUID = series
    study.RTReferencedSeriesSequence = [of_series]
    data.ReferencedFrameOfReferenceSequence[0].RTReferencedStudySequence = [study]
    data.StructureSetROISequence, data.ROIContourSequence, data.RTROIObservationsSequence = [], [], []
    for number, (name, kind, contours, role) in enumerate(structures, start=7):
        roi, drawn, seen = pydicom.Dataset(), pydicom.Dataset(), pydicom.Dataset()
        roi.ROINumber, roi.ROIName, roi.ReferencedFrameOfReferenceUID = number, name, frame
        drawn.ReferencedROINumber, drawn.ROIDisplayColor, drawn.ContourSequence = number, [255, 0, 51], []
        seen.ReferencedROINumber, seen.RTROIInterpretedType = number, role
        for points in contours:
            contour = pydicom.Dataset()
            contour.ContourGeometricType, contour.NumberOfContourPoints = kind, len(points)
            contour.ContourData = [f"{value:.4f}" for value in np.ravel(points)]
            drawn.ContourSequence.append(contour)
        data.StructureSetROISequence.append(roi)
        data.ROIContourSequence.append(drawn)
        data.RTROIObservationsSequence.append(seen)
    data.save_as(path, enforce_file_format=True)
    return path
