"""A header read by the layout of an earlier one is the header that reading it in full gives, whatever its bytes are."""

import io
import random

import pytest

from dicomtoprint.dicom import header as headers
from dicomtoprint.dicom.header import InvalidDicomError, read_header
from dicomtoprint.dicom.header_layout import MAX_LAYOUTS, SeenHeaders
from dicomtoprint.pydicom_logging import suppress_pydicom_output
from Phantoms.files import BIG_ENDIAN, EXPLICIT, IMPLICIT, write_files
from Phantoms.mutation import mutated
from Phantoms.series import bend, series


@pytest.fixture(autouse=True)
def _quiet():
    with suppress_pydicom_output():
        yield


def _read(data, seen):
    try:
        return read_header(io.BytesIO(data), len(data), seen)
    except InvalidDicomError as error:
        return str(error), error.has_preamble


def _files(folder, syntax=EXPLICIT):
    return [path.read_bytes() for path in sorted(write_files(bend(series(), syntax=syntax), folder).iterdir())]


@pytest.mark.parametrize("syntax", [EXPLICIT, IMPLICIT, BIG_ENDIAN])
def test_slices_of_one_layout_are_parsed_once(syntax, tmp_path, monkeypatch):
    files = _files(tmp_path, syntax)
    whole = [_read(data, SeenHeaders()) for data in files]
    seen, parsed = SeenHeaders(), []
    parse = headers._parse
    monkeypatch.setattr(headers, "_parse", lambda *given: parsed.append(1) or parse(*given))
    assert [_read(data, seen) for data in files] == whole
    assert len({header.values["SOPInstanceUID"] for header in whole}) == len(files)
    assert len(parsed) == len(seen.layouts) < len(files)


def test_changed_bytes_are_read_as_without_a_layout(tmp_path):
    choose, files = random.Random(3), _files(tmp_path)
    seen = SeenHeaders()
    end = _read(files[0], seen).pixel_offset
    by_layout = 0
    for _ in range(1500):
        data = bytearray(choose.choice(files))
        at = choose.randrange(end)
        data[at : at + choose.choice((0, 1, 1))] = bytes(choose.choices(range(256), k=choose.choice((1, 1, 1, 2))))
        by_layout += seen.find(bytes(data[: headers.HEAD_BYTES])) is not None
        assert _read(bytes(data), seen) == _read(bytes(data), SeenHeaders()), at
    assert 250 < by_layout < 1450
    assert len(seen.layouts) <= MAX_LAYOUTS


def test_mutated_series_are_read_as_without_a_layout():
    for seed in range(40):
        seen = SeenHeaders()
        for data in mutated(seed).files.values():
            assert _read(data, seen) == _read(data, SeenHeaders()), seed


def test_lossy_flag_in_a_value_is_found_beside_a_layout_without(tmp_path):
    files = _files(tmp_path)
    seen = SeenHeaders()
    _read(files[0], seen)
    at = files[1].index(b"1.2.", 400)
    hidden = files[1][:at] + b"\x28\x00\x10\x21" + files[1][at + 4 :]
    assert seen.find(hidden) is not None
    assert _read(hidden, seen) == _read(hidden, SeenHeaders())
