"""Any DICOM object as Explicit VR Little Endian with uncompressed pixels, as general-purpose media want it."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
from pydicom import dcmread
from pydicom.dataset import FileDataset, FileMetaDataset
from pydicom.encaps import encapsulate, generate_frames
from pydicom.pixels import pixel_array
from pydicom.uid import UID, ExplicitVRLittleEndian, generate_uid

from ..dicom.gdcm_decoder import GdcmDecoder
from ..dicom.header import BIG, DEFLATED, EXPLICIT, IMPLICIT
from ..errors import InputError
from ..messages import _
from ..pydicom_logging import suppress_pydicom_output

_RUN_LENGTH, _WRAPPED = "1.2.840.10008.1.2.5", "1.2.840.10008.1.2.1.98"
_LOSSLESS_JPEG = "1.2.840.10008.1.2.4.57"
_CAPTURE, _MULTI_FRAME_CAPTURE = UID("1.2.840.10008.5.1.4.1.1.7"), UID("1.2.840.10008.5.1.4.1.1.7.3")
# Methods of compression with loss as Lossy Image Compression Method (0028,2114) names them.
_METHODS = {
    "1.2.840.10008.1.2.4.5": "ISO_10918_1",
    "1.2.840.10008.1.2.4.81": "ISO_14495_1",
    "1.2.840.10008.1.2.4.91": "ISO_15444_1",
    "1.2.840.10008.1.2.4.93": "ISO_15444_2",
}
_WORDS = {"OW": 2, "OL": 4, "OF": 4, "OD": 8, "OV": 8}


def native_dataset(content: bytes, name: str, decoder: GdcmDecoder) -> FileDataset:
    """The object with uncompressed pixels, to be written as Explicit VR Little Endian; the instance stays the same one.

    Parameters
    ----------
    content : bytes
        The whole file.
    name : str
        What the file is called in an error.
    decoder : GdcmDecoder
        The child process for compressed frames.

    Raises
    ------
    InputError
        Where the file is no DICOM object or its pixels cannot be decoded.
    """
    with suppress_pydicom_output():
        try:
            dataset = dcmread(io.BytesIO(content), force=True)
            syntax = str(dataset.file_meta.get("TransferSyntaxUID", "")) if "file_meta" in dataset.__dict__ else ""
            list(dataset.iterall())  # damage deep inside shows here
        except Exception:  # pydicom raises many kinds on damaged bytes; each means the same here
            raise InputError(_("'{name}' is damaged: copy it again from the source.", name=name)) from None
        syntax = syntax or str(IMPLICIT if dataset.original_encoding[0] else EXPLICIT)
        if syntax == BIG:
            _swap_words(dataset)
        elif syntax not in (IMPLICIT, EXPLICIT, DEFLATED) and "PixelData" in dataset:
            _decode(dataset, syntax, name, decoder)
        elif not syntax.startswith("1.2.840.10008."):
            raise InputError(
                _("'{name}' is encoded in a maker's own way: ask for an export as standard DICOM.", name=name)
            )
        return _renewed(dataset)


def _renewed(read: FileDataset) -> FileDataset:
    """The same elements in a data set that does not remember how it was encoded, with a head of its own."""
    dataset = FileDataset("", {}, file_meta=FileMetaDataset(), preamble=b"\0" * 128)
    for element in read:
        dataset.add(element)
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset.file_meta.MediaStorageSOPClassUID = dataset.get("SOPClassUID", "")
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.get("SOPInstanceUID", "")
    return dataset


def encoded(dataset: FileDataset) -> bytes:
    """The bytes of a file that `native_dataset` gave."""
    stream = io.BytesIO()
    with suppress_pydicom_output():
        dataset.save_as(stream, implicit_vr=False, little_endian=True, enforce_file_format=True)
    return stream.getvalue()


def _swap_words(dataset: FileDataset) -> None:
    """pydicom leaves the bytes of words as they stand in a big-endian file."""
    for element in dataset.iterall():
        size = _WORDS.get(element.VR)
        if element.tag == 0x7FE00010 and element.VR == "OW" and dataset.get("BitsAllocated") == 8:
            size = 2
        if size and isinstance(element.value, bytes) and len(element.value) % size == 0:
            element.value = np.frombuffer(element.value, f">u{size}").astype(f"<u{size}").tobytes()


def _decode(dataset: FileDataset, syntax: str, name: str, decoder: GdcmDecoder) -> None:
    """Compressed pixels become uncompressed ones; the flags of a compression with loss stay or are set."""
    packed = len(dataset.PixelData)
    frames = max(int(dataset.get("NumberOfFrames") or 1), 1)
    try:
        if syntax == _WRAPPED:
            values: Any = b"".join(generate_frames(dataset.PixelData, number_of_frames=frames))
        else:
            values = _decoded(dataset, syntax, frames, decoder)
    except Exception:  # decoders and pydicom raise many kinds on damaged frames; each means the same here
        raise InputError(
            _("'{name}' is compressed in a way that cannot be decoded here: ask for an uncompressed export.", name=name)
        ) from None
    allocated = int(dataset.BitsAllocated)
    if not isinstance(values, bytes):
        if int(dataset.get("SamplesPerPixel", 1)) == 3:
            dataset.PhotometricInterpretation, dataset.PlanarConfiguration = "RGB", 0
        values = np.asarray(values).astype(f"<{'i' if dataset.PixelRepresentation else 'u'}{allocated // 8}").tobytes()
    method = next((own for start, own in _METHODS.items() if syntax.startswith(start)), "")
    if method and syntax != _LOSSLESS_JPEG:
        _flag_loss(dataset, method, len(values) / max(packed, 1))
    values += b"\0" * (len(values) % 2)
    dataset.add_new(0x7FE00010, "OW" if allocated > 8 else "OB", values)
    dataset["PixelData"].is_undefined_length = False


def _flag_loss(dataset: FileDataset, method: str, ratio: float) -> None:
    """Codes that allow loss count as lossy unless the image itself says that it is not (81 and 91 may hold both)."""
    if dataset.get("LossyImageCompression") in ("00", "01"):
        return
    dataset.LossyImageCompression = "01"
    dataset.LossyImageCompressionMethod, dataset.LossyImageCompressionRatio = method, f"{ratio:.2f}"


def _decoded(dataset: FileDataset, syntax: str, frames: int, decoder: GdcmDecoder) -> np.ndarray:
    """(frames, rows, columns[, samples]) values of the compressed frames, from a copy without any patient data."""
    bare = FileDataset("", {}, file_meta=FileMetaDataset(), preamble=b"\0" * 128)
    bare.file_meta.TransferSyntaxUID = UID(syntax)
    bare.SOPClassUID = _CAPTURE if frames == 1 else _MULTI_FRAME_CAPTURE
    bare.SOPInstanceUID = generate_uid()
    bare.file_meta.MediaStorageSOPClassUID, bare.file_meta.MediaStorageSOPInstanceUID = (
        bare.SOPClassUID,
        bare.SOPInstanceUID,
    )
    for keyword in (
        "SamplesPerPixel",
        "PhotometricInterpretation",
        "PlanarConfiguration",
        "Rows",
        "Columns",
        "BitsAllocated",
        "BitsStored",
        "HighBit",
        "PixelRepresentation",
    ):
        if keyword in dataset:
            setattr(bare, keyword, dataset[keyword].value)
    if frames > 1:
        bare.NumberOfFrames = frames
    # One fragment a frame: GDCM cannot join those of a JPEG-LS frame.
    streams = list(generate_frames(dataset.PixelData, number_of_frames=frames))
    bare.add_new(0x7FE00010, "OB", encapsulate(streams))
    bare["PixelData"].is_undefined_length = True
    samples, size = int(dataset.get("SamplesPerPixel", 1)), int(dataset.Rows) * int(dataset.Columns)
    if syntax == _RUN_LENGTH:
        return pixel_array(bare, decoding_plugin="pydicom", raw=True)
    stream = io.BytesIO()
    bare.save_as(stream, enforce_file_format=True)
    values = decoder.decode(stream.getvalue(), size * frames * samples * int(dataset.BitsAllocated) // 8)
    if values.size != size * frames * samples:
        raise ValueError("the frames are not of the stated size")
    return values
