"""Stored pixel values of the slices of a series: native ones through numpy, compressed ones through pydicom or GDCM."""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from pydicom.uid import UID

from ..errors import CannotRead
from ..progress import Progress, silent
from .codestream import check_streams
from .header import DEFLATED, UNDEFINED_LENGTH, NotDicom, inflated_body
from .quiet import quiet_pydicom
from .series import ImageFile, Series

_RUN_LENGTH = "1.2.840.10008.1.2.5"
_CAPTURE, _MULTI_FRAME_CAPTURE = UID("1.2.840.10008.5.1.4.1.1.7"), UID("1.2.840.10008.5.1.4.1.1.7.3")


def _decoder(file: ImageFile) -> str:
    return "pydicom" if file.syntax == _RUN_LENGTH else "GDCM"


def syntax_name(uid: str) -> str:
    """Name of a transfer syntax, or ``unknown`` for one that is not in the standard."""
    known = UID(uid) if uid else None
    return str(known.name) if known is not None and known.is_transfer_syntax and not known.is_private else "unknown"


def stored_values(
    series: Series, rows: np.ndarray, progress: Progress = silent
) -> Iterator[tuple[int, np.ndarray, str]]:
    """Yields (place in `rows`, (rows, columns) stored values with overlay bits masked and sign applied, note) for
    each row.

    A file is opened once however many of its frames are wanted; only one file's pixels are held at a time. Raises
    `CannotRead` naming the file.
    """
    by_file: dict[int, list[int]] = {}
    for at, row in enumerate(rows):
        by_file.setdefault(int(series.file_of[row]), []).append(at)
    done = 0
    for file_at, places in by_file.items():
        file = series.files[file_at]
        layout = _Layout(series, int(rows[places[0]]), file)
        native = file.pixel_length != UNDEFINED_LENGTH
        frames = _native(series, file, layout) if native else _compressed(series, file, layout)
        note = (
            "" if native else f"Compressed pixels ({syntax_name(file.syntax)}) were decoded through {_decoder(file)}."
        )
        for at in places:
            if done % 16 == 0:
                progress(done / len(rows), "reading slices")
            frame = int(series.frame_of[rows[at]])
            if frame >= len(frames):
                raise CannotRead(f"'{file.name}' holds fewer frames than its header says: copy it again.")
            yield at, layout.significant(frames[frame]) if native else frames[frame], note
            done += 1


class _Layout:
    """How the pixels of a file are stored."""

    def __init__(self, series: Series, row: int, file: ImageFile) -> None:
        def number(keyword: str, default: int | None = None) -> int:
            value = series.column(keyword)[row]
            if not isinstance(value, int):
                if default is None:
                    raise CannotRead(f"'{file.name}' does not say {keyword}: ask for a new export of the series.")
                return default
            return value

        self.rows, self.columns = number("Rows"), number("Columns")
        self.allocated, self.stored = number("BitsAllocated"), number("BitsStored", 0)
        self.stored = self.stored or self.allocated
        self.high = number("HighBit", self.stored - 1)
        self.signed = number("PixelRepresentation", 0) == 1
        if number("SamplesPerPixel", 1) != 1 or self.allocated not in (8, 16, 32) or file.pixel_element != "PixelData":
            raise CannotRead(
                f"'{file.name}' holds no single-valued whole-number pixels: ask for the original CT images."
            )
        if not 0 < self.stored <= self.allocated or not self.stored - 1 <= self.high < self.allocated:
            raise CannotRead(f"'{file.name}' states bits that cannot be: ask for a new export of the series.")

    def significant(self, frame: np.ndarray) -> np.ndarray:
        """Values without the bits above High Bit (old overlays) or below the stored ones, sign taken at High Bit."""
        shift = self.high + 1 - self.stored
        if self.stored == self.allocated and shift == 0:
            return frame.view(frame.dtype.str.replace("u", "i")) if self.signed else frame
        values = (frame >> shift) & ((1 << self.stored) - 1)
        if not self.signed:
            return values
        sign = 1 << (self.stored - 1)
        return (values.astype(np.int32) ^ sign) - sign


def _native(series: Series, file: ImageFile, layout: _Layout) -> np.ndarray:
    """(frames, rows, columns) stored values as they lie in the file, little endian."""
    count = max(file.frames, 1)
    needed = layout.rows * layout.columns * layout.allocated // 8 * count
    if file.pixel_offset < 0 or file.pixel_offset + needed > file.body_size:
        raise CannotRead(f"'{file.name}' is cut off: copy it again from the source.")
    try:
        with series.source.open(file.name) as handle:
            body = inflated_body(handle) if file.syntax == DEFLATED else handle
            body.seek(file.pixel_offset)
            data = body.read(needed)
    except (OSError, NotDicom) as error:
        reason = getattr(error, "strerror", None) or "read error"
        raise CannotRead(f"'{file.name}' cannot be read ({reason}): copy it again from the source.") from None
    if len(data) < needed:
        raise CannotRead(f"'{file.name}' is cut off: copy it again from the source.")
    order = "<" if file.little else ">"
    values = np.frombuffer(data, dtype=f"{order}u{layout.allocated // 8}")
    values = values.astype(values.dtype.newbyteorder("<"), copy=False)
    return values.reshape(count, layout.rows, layout.columns)


def _compressed(series: Series, file: ImageFile, layout: _Layout) -> np.ndarray:
    """(frames, rows, columns) stored values decoded by GDCM, which reads a copy of the pixels without any patient
    data.
    """
    import SimpleITK as sitk

    try:
        with quiet_pydicom(), series.source.open(file.name) as handle, tempfile.TemporaryDirectory() as folder:
            handle.seek(file.pixel_offset)
            bare = _bare_data_set(handle.read(file.size - file.pixel_offset), file, layout)
            if file.syntax == _RUN_LENGTH:
                return bare.pixel_array.reshape(-1, layout.rows, layout.columns)
            check_streams(bare.PixelData, layout.rows, layout.columns)
            copy = Path(folder, "pixels.dcm")
            bare.save_as(copy, enforce_file_format=True)
            reader = sitk.ImageFileReader()
            reader.SetImageIO("GDCMImageIO")
            reader.SetFileName(str(copy))
            values = sitk.GetArrayFromImage(reader.Execute())
    except Exception:  # decoders and pydicom raise many kinds on damaged frames; each means the same here
        raise CannotRead(
            f"'{file.name}' is compressed in a way that cannot be decoded here: ask for an uncompressed export."
        ) from None
    frames = values.reshape(-1, *values.shape[-2:]) if values.ndim in (2, 3) else values[..., 0]
    if not np.issubdtype(frames.dtype, np.integer):
        raise CannotRead(f"'{file.name}' holds no whole-number pixels: ask for an uncompressed export.")
    return frames


def _bare_data_set(fragments: bytes, file: ImageFile, layout: _Layout) -> Any:
    """A secondary capture with nothing in it but the compressed pixels, so that no rescale is applied on the way."""
    from pydicom.dataset import FileDataset, FileMetaDataset
    from pydicom.encaps import encapsulate, generate_frames
    from pydicom.uid import generate_uid

    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = _CAPTURE if file.frames <= 1 else _MULTI_FRAME_CAPTURE
    meta.MediaStorageSOPInstanceUID = generate_uid(entropy_srcs=[file.name])
    meta.TransferSyntaxUID = UID(file.syntax)
    bare = FileDataset("", {}, file_meta=meta, preamble=b"\0" * 128)
    bare.SOPClassUID, bare.SOPInstanceUID = meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID
    bare.SamplesPerPixel, bare.PhotometricInterpretation = 1, "MONOCHROME2"
    bare.Rows, bare.Columns = layout.rows, layout.columns
    if file.frames > 1:
        bare.NumberOfFrames = file.frames
    bare.BitsAllocated, bare.BitsStored, bare.HighBit = layout.allocated, layout.stored, layout.high
    bare.PixelRepresentation = int(layout.signed)
    # One fragment a frame: GDCM cannot join those of a JPEG-LS frame.
    frames = list(generate_frames(fragments, number_of_frames=max(file.frames, 1)))
    bare.add_new(0x7FE00010, "OB", encapsulate(frames))
    bare["PixelData"].is_undefined_length = True
    return bare
