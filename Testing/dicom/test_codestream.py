"""Compressed frames whose own header is damaged never reach the decoder, which would end the process on some."""

import pytest
from pydicom.encaps import encapsulate

from dicomtoprint.dicom import read_study, read_volume
from dicomtoprint.dicom.codestream import codestream_dimensions, validate_codestreams
from dicomtoprint.errors import InputError, RefusedError
from Phantoms.files import RLE, write_files
from Phantoms.series import bend, put, series

JPEG = b"\xff\xd8\xff\xe0\0\4ab\xff\xc3\0\x0b\x10\0\x20\0\x30\x01\x11\0"
JPEG_LS = JPEG.replace(b"\xff\xc3", b"\xff\xf7")
JPEG_2000 = b"\xff\x4f\xff\x51\0\x29\0\0" + b"".join(
    size.to_bytes(4, "big") for size in (0x30, 0x20, 0, 0, 0x30, 0x20, 0, 0)
)
JPEG_2000 += b"\0\1" + b"\x0b\1\1"


@pytest.mark.parametrize(
    "frame, bits", [(JPEG, 16), (JPEG_LS, 16), (JPEG_2000, 12)], ids=["jpeg", "jpeg-ls", "jpeg-2000"]
)
def test_size_that_a_frame_states(frame, bits):
    assert codestream_dimensions(frame) == (32, 48, 1, bits)
    validate_codestreams(encapsulate([frame + b"\0" * 20]), 32, 48, 16)
    with pytest.raises(ValueError):
        validate_codestreams(encapsulate([frame + b"\0" * 20]), 32, 32, 16)
    with pytest.raises(ValueError):
        validate_codestreams(encapsulate([frame + b"\0" * 20]), 32, 48, 8)
    for end in range(4, len(frame) - 3):
        with pytest.raises(ValueError):
            validate_codestreams(encapsulate([frame[:end]]), 32, 48, 16)


def test_fragment_that_continues_a_frame_is_not_looked_at():
    assert codestream_dimensions(b"\x12\x34\x56\x78") is None
    with pytest.raises(ValueError):
        validate_codestreams(encapsulate([b"\x12\x34\x56\x78"]), 32, 48, 16)


@pytest.mark.parametrize(
    "syntax",
    [RLE, "1.2.840.10008.1.2.4.50", "1.2.840.10008.1.2.4.70", "1.2.840.10008.1.2.4.80", "1.2.840.10008.1.2.4.90"],
)
@pytest.mark.parametrize("frame", [b"\0" * 64, b"\xff\xd8\xff\xe0" + b"\0" * 60, b"\xff\x4f\xff\x51" + b"\0" * 60])
def test_damaged_frames_are_told_in_a_sentence(syntax, frame, tmp_path):
    files = bend(series(), syntax=syntax, encapsulated=(frame,))
    (one,) = read_study(write_files(files, tmp_path)).series
    with pytest.raises(InputError):
        read_volume(one)


@pytest.mark.parametrize("keyword", ["Rows", "Columns"])
def test_matrix_of_no_size_is_refused(keyword, tmp_path):
    (one,) = read_study(write_files(put(series(), **{keyword: 0}), tmp_path)).series
    with pytest.raises((RefusedError, InputError)):
        read_volume(one)
