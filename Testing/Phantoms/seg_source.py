"""Headers of a small CT that a DICOM segmentation refers to."""


def source_slices(count=4):
    """CT slices of 5 x 6 pixels, as far as highdicom needs them."""
    import pydicom
    from pydicom.uid import ExplicitVRLittleEndian, generate_uid

    study, series, frame = generate_uid(), generate_uid(), generate_uid()
    slices = []
    for n in range(count):
        data = pydicom.Dataset()
        data.file_meta = pydicom.dataset.FileMetaDataset()
        data.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
        data.SOPClassUID, data.SOPInstanceUID = "1.2.840.10008.5.1.4.1.1.2", generate_uid()
        data.StudyInstanceUID, data.SeriesInstanceUID, data.FrameOfReferenceUID = study, series, frame
        data.PatientID = data.PatientName = data.StudyID = data.AccessionNumber = "TEST"
        data.PatientBirthDate = data.PatientSex = data.StudyDate = data.StudyTime = ""
        data.ReferringPhysicianName = ""
        data.Modality, data.InstanceNumber, data.Rows, data.Columns = "CT", n + 1, 5, 6
        data.ImagePositionPatient, data.ImageOrientationPatient = [10.0, 20.0, 30.0 + 1.5 * n], [1, 0, 0, 0, 1, 0]
        data.PixelSpacing, data.SliceThickness = [0.7, 0.8], 1.5
        slices.append(data)
    return slices
