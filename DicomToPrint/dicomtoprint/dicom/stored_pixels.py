"""Stored pixel values of the slices of a series: native ones through numpy, compressed ones through pydicom or GDCM."""

import io
import zlib
from collections.abc import Iterator, Mapping
from typing import Any
from zipfile import BadZipFile

import numpy as np
from pydicom.pixels import pixel_array
from pydicom.uid import UID

from ..errors import InputError
from ..messages import _
from ..progress import ProgressCallback, no_progress
from ..pydicom_logging import suppress_pydicom_output
from .codestream import validate_codestreams
from .gdcm_decoder import GdcmDecoder
from .header import DEFLATED, UNDEFINED_LENGTH, InvalidDicomError, inflate_dataset
from .series import ImageFile, Series

_RUN_LENGTH = "1.2.840.10008.1.2.5"
_CAPTURE, _MULTI_FRAME_CAPTURE = UID("1.2.840.10008.5.1.4.1.1.7"), UID("1.2.840.10008.5.1.4.1.1.7.3")


def _decoder(file: ImageFile) -> str:
    return "pydicom" if file.syntax == _RUN_LENGTH else "GDCM"


def transfer_syntax_name(uid: str) -> str:
    """Name of a transfer syntax, or ``unknown`` for one that is not in the standard."""
    known = UID(uid) if uid else None
    return str(known.name) if known is not None and known.is_transfer_syntax and not known.is_private else "unknown"


def iter_stored_pixels(
    series: Series, rows: np.ndarray, progress: ProgressCallback = no_progress
) -> Iterator[tuple[int, np.ndarray, str]]:
    """Yields (place in `rows`, (rows, columns) stored values with overlay bits masked and sign applied, note) for
    each row.

    A file is opened once however many of its frames are wanted. Only one frame is held at a time, or the frames of one
    compressed file. Raises `InputError` naming the file.
    """
    by_file: dict[int, list[int]] = {}
    for at, row in enumerate(rows):
        by_file.setdefault(int(series.file_of[row]), []).append(at)
    largest = max((series.files[file_at].expected_bytes for file_at in by_file), default=0)
    with GdcmDecoder(max(largest, 0)) as decoder:
        yield from _values(series, rows, by_file, decoder, progress)


def _values(
    series: Series, rows: np.ndarray, by_file: Mapping[int, list[int]], decoder: GdcmDecoder, progress: ProgressCallback
) -> Iterator[tuple[int, np.ndarray, str]]:
    done = 0
    for file_at, places in by_file.items():
        file = series.files[file_at]
        layout = _Layout(series, int(rows[places[0]]), file)
        # In the order of the file: going back in a .zip means unpacking it again.
        wanted = sorted((int(series.frame_of[rows[at]]), at) for at in places)
        native = file.pixel_length != UNDEFINED_LENGTH
        note = (
            ""
            if native
            else _(
                "Compressed pixels ({transfer_syntax_name}) were decoded through {decoder}.",
                transfer_syntax_name=transfer_syntax_name(file.syntax),
                decoder=_decoder(file),
            )
        )
        shown = [frame for frame, _unused in wanted]
        frames = _native(series, file, layout, shown) if native else _compressed(series, file, layout, shown, decoder)
        for (_unused, at), values in zip(wanted, frames):
            if done % 16 == 0:
                progress(done / len(rows), _("reading slices"))
            yield at, values, note
            done += 1


class _Layout:
    """How the pixels of a file are stored."""

    def __init__(self, series: Series, row: int, file: ImageFile) -> None:
        def number(keyword: str, default: int | None = None) -> int:
            value = series.column(keyword)[row]
            if not isinstance(value, int):
                if default is None:
                    raise InputError(
                        _(
                            "'{file}' does not say {keyword}: ask for a new export of the series.",
                            file=file.name,
                            keyword=keyword,
                        )
                    )
                return default
            return value

        self.rows, self.columns = number("Rows"), number("Columns")
        self.allocated, self.stored = number("BitsAllocated"), number("BitsStored", 0)
        self.stored = self.stored or self.allocated
        self.high = number("HighBit", self.stored - 1)
        self.signed = number("PixelRepresentation", 0) == 1
        if number("SamplesPerPixel", 1) != 1 or self.allocated not in (8, 16, 32) or file.pixel_element != "PixelData":
            raise InputError(
                _(
                    "'{file}' holds no single-valued whole-number pixels: ask for the original CT images.",
                    file=file.name,
                )
            )
        if not 0 < self.stored <= self.allocated or not self.stored - 1 <= self.high < self.allocated:
            raise InputError(
                _("'{file}' states bits that cannot be: ask for a new export of the series.", file=file.name)
            )

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


def _native(series: Series, file: ImageFile, layout: _Layout, wanted: list[int]) -> Iterator[np.ndarray]:
    """(rows, columns) stored values of the wanted frames, one after the other."""
    size = layout.rows * layout.columns * layout.allocated // 8
    if file.pixel_offset < 0 or file.pixel_offset + size * (max(wanted) + 1) > file.body_size:
        raise InputError(_("'{file}' is cut off: copy it again from the source.", file=file.name))
    kind = np.dtype(f"{'<' if file.little else '>'}u{layout.allocated // 8}")
    try:
        with series.source.open(file.name) as handle:
            body = inflate_dataset(handle) if file.syntax == DEFLATED else handle
            for frame in wanted:
                body.seek(file.pixel_offset + size * frame)
                data = body.read(size)
                if len(data) < size:
                    raise InputError(_("'{file}' is cut off: copy it again from the source.", file=file.name))
                values = np.frombuffer(data, dtype=kind).astype(kind.newbyteorder("<"), copy=False)
                yield layout.significant(values.reshape(layout.rows, layout.columns))
    except (OSError, InvalidDicomError, BadZipFile, zlib.error, EOFError) as error:
        reason = getattr(error, "strerror", None) or _("read error")
        raise InputError(
            _("'{file}' cannot be read ({reason}): copy it again from the source.", file=file.name, reason=reason)
        ) from None


def _compressed(
    series: Series, file: ImageFile, layout: _Layout, wanted: list[int], decoder: GdcmDecoder
) -> Iterator[np.ndarray]:
    """(rows, columns) stored values of the wanted frames of a compressed file."""
    frames = _decoded(series, file, layout, decoder)
    if max(wanted) >= len(frames):
        raise InputError(_("'{file}' holds fewer frames than its header says: copy it again.", file=file.name))
    for frame in wanted:
        yield frames[frame]


def _decoded(series: Series, file: ImageFile, layout: _Layout, decoder: GdcmDecoder) -> np.ndarray:
    """(frames, rows, columns) values as GDCM reads them from a copy of the pixels without any patient data.

    Run-length frames go through pydicom's own decoder, which is Python; GDCM's compiled ones run in a child process.
    """
    try:
        with suppress_pydicom_output(), series.source.open(file.name) as handle:
            handle.seek(file.pixel_offset)
            bare = _bare_data_set(handle.read(file.size - file.pixel_offset), file, layout)
            if file.syntax == _RUN_LENGTH:
                return pixel_array(bare, decoding_plugin="pydicom").reshape(-1, layout.rows, layout.columns)
            validate_codestreams(bare.PixelData, layout.rows, layout.columns, layout.allocated)
            copy = io.BytesIO()
            bare.save_as(copy, enforce_file_format=True)
        values = decoder.decode(copy.getvalue(), file.expected_bytes)
    except Exception:  # decoders and pydicom raise many kinds on damaged frames; each means the same here
        raise InputError(
            _(
                "'{file}' is compressed in a way that cannot be decoded here: ask for an uncompressed export.",
                file=file.name,
            )
        ) from None
    frames = values.reshape(-1, *values.shape[-2:]) if values.ndim in (2, 3) else values[..., 0]
    if not np.issubdtype(frames.dtype, np.integer):
        raise InputError(_("'{file}' holds no whole-number pixels: ask for an uncompressed export.", file=file.name))
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
