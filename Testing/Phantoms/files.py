"""A DICOM file as plain data that a case may bend before it is written: valid, odd or broken."""

from __future__ import annotations

import logging
import warnings
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import numpy as np
import pydicom
from pydicom.charset import convert_encodings
from pydicom.dataelem import DataElement, RawDataElement
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate
from pydicom.filebase import DicomBytesIO
from pydicom.filewriter import correct_ambiguous_vr, write_data_element
from pydicom.tag import Tag
from pydicom.uid import generate_uid

IMPLICIT = "1.2.840.10008.1.2"
EXPLICIT = "1.2.840.10008.1.2.1"
BIG_ENDIAN = "1.2.840.10008.1.2.2"
DEFLATED = "1.2.840.10008.1.2.1.99"
ENCAPSULATED_UNCOMPRESSED = "1.2.840.10008.1.2.1.98"
GE_PRIVATE = "1.2.840.113619.5.2"
RLE = "1.2.840.10008.1.2.5"

Header = dict[object, object]


@dataclass(frozen=True)
class Raw:
    """An element's bytes as they stand in the file, for values that pydicom would refuse to write."""

    vr: str
    value: bytes


@dataclass(frozen=True)
class Undefined:
    """A sequence whose length, and those of its items, are left undefined and closed by delimiters."""

    items: tuple[Mapping[object, object], ...]


class Gone:
    """Marks an attribute that is to be removed."""


GONE = Gone()


@dataclass
class File:
    """One file to be written: attributes by keyword (sequences are lists of dicts), and how the bytes are bent
    afterwards.

    `meta` overrides elements of the file meta group; `bend` are functions of the whole file's bytes, in order.
    `declared` is a transfer syntax to write into the meta group though the data set stays in `syntax`.
    """

    name: str
    header: Header
    pixels: bytes
    syntax: str = EXPLICIT
    declared: str = ""
    pixel_vr: str = "OW"
    encapsulated: tuple[bytes, ...] = ()
    meta: Header = field(default_factory=dict)
    without_meta: bool = False
    bend: tuple[Callable[[bytes], bytes], ...] = ()


def uid(*parts: object) -> str:
    """A UID that is always the same for the same parts."""
    return str(generate_uid(entropy_srcs=[str(part) for part in parts]))


@contextmanager
def quiet_pydicom() -> Iterator[None]:
    """Silences pydicom's checks, warnings and log: broken values are written and read here on purpose."""
    logger = logging.getLogger("pydicom")
    level = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        with warnings.catch_warnings(), pydicom.config.disable_value_validation():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(level)


def dataset(header: Mapping[object, object]) -> Dataset:
    """The pydicom data set of a header; keys are keywords, or ``(group, element)`` tuples with a `Raw` or ``(VR,
    value)``."""
    made = Dataset()
    for key, value in header.items():
        if value is GONE:
            continue
        tag = Tag(key)
        if isinstance(value, Raw):
            made[tag] = RawDataElement(tag, value.vr, len(value.value), value.value, 0, False, True)
        elif isinstance(value, Undefined):
            setattr(made, str(key), [dataset(item) for item in value.items])
            made[tag].is_undefined_length = True
            for item in made[tag].value:
                item.is_undefined_length_sequence_item = True
        elif isinstance(key, tuple):
            vr, content = value  # type: ignore[misc]
            made.add_new(tag, vr, [dataset(item) for item in content] if vr == "SQ" else content)
        elif isinstance(value, list) and value and isinstance(value[0], Mapping):
            setattr(made, str(key), [dataset(item) for item in value])
        else:
            setattr(made, str(key), value)
    return made


def _meta(file: File) -> Header:
    def stated(keyword: str, otherwise: str) -> str:
        value = file.header.get(keyword, GONE)
        return value if isinstance(value, str) and value else otherwise

    meta: Header = {
        "FileMetaInformationVersion": b"\0\1",
        "MediaStorageSOPClassUID": stated("SOPClassUID", "1.2.840.10008.5.1.4.1.1.2"),
        "MediaStorageSOPInstanceUID": stated("SOPInstanceUID", uid("no instance", file.name)),
        "TransferSyntaxUID": file.declared or file.syntax,
        "ImplementationClassUID": "1.2.826.0.1.3680043.8.498.1",
    }
    return meta | file.meta


@cache
def _number(key: object) -> int:
    return int(Tag(key))


@dataclass(frozen=True)
class _Encoding:
    """What the bytes of an element depend on besides its value."""

    implicit: bool
    little: bool
    charset: str
    representation: int


# A catalogue writes thousands of files whose elements are mostly the same: each distinct element is encoded once.
_encoded: dict[tuple[object, str, _Encoding], bytes] = {}


def _element(key: object, value: object, encoding: _Encoding) -> bytes:
    known = (key, repr(value), encoding)
    if known not in _encoded:
        made = dataset({key: value})
        if isinstance(value, Raw):
            element = made.get_item(Tag(key))
        else:
            if key != "PixelRepresentation":
                made.PixelRepresentation = encoding.representation
                correct_ambiguous_vr(made, encoding.little)
            element = made[Tag(key)]
        buffer = DicomBytesIO()
        buffer.is_implicit_VR, buffer.is_little_endian = encoding.implicit, encoding.little
        write_data_element(buffer, element, convert_encodings(encoding.charset.split("\\")))
        _encoded[known] = buffer.getvalue()
    return _encoded[known]


def _pixel_element(file: File, encoding: _Encoding) -> bytes:
    element = DataElement(0x7FE00010, "OB" if file.encapsulated else file.pixel_vr, file.pixels)
    if file.encapsulated:
        element.value = encapsulate(list(file.encapsulated))
        element.is_undefined_length = True
    elif not encoding.little:
        element.value = np.frombuffer(file.pixels, np.uint16).byteswap().tobytes()
    buffer = DicomBytesIO()
    buffer.is_implicit_VR, buffer.is_little_endian = encoding.implicit, encoding.little
    write_data_element(buffer, element)
    return buffer.getvalue()


def _encoding(file: File) -> _Encoding:
    charset = file.header.get("SpecificCharacterSet", "")
    representation = file.header.get("PixelRepresentation", 0)
    return _Encoding(
        implicit=file.syntax in (IMPLICIT, GE_PRIVATE),
        little=file.syntax != BIG_ENDIAN,
        charset="\\".join(charset) if isinstance(charset, list) else charset if isinstance(charset, str) else "",
        representation=representation if representation in (0, 1) else 0,
    )


def element(file: File, keyword: str, value: object) -> bytes:
    """The bytes of one element as they stand in `file`, at whatever depth."""
    with quiet_pydicom():
        return _element(keyword, value, _encoding(file))


def elements(file: File) -> list[tuple[object, bytes]]:
    """The data set's elements in file order, each with its key and its bytes (before any deflation)."""
    encoding = _encoding(file)
    present = [(_number(key), key, value) for key, value in file.header.items() if value is not GONE]
    with quiet_pydicom():
        parts = [(key, _element(key, value, encoding)) for _, key, value in sorted(present, key=lambda entry: entry[0])]
        if file.pixels or file.encapsulated:
            parts.append(("PixelData", _pixel_element(file, encoding)))
    return parts


def _preamble_and_meta(file: File) -> bytes:
    plain = _Encoding(implicit=False, little=True, charset="", representation=0)
    present = [(key, value) for key, value in _meta(file).items() if value is not GONE]
    group = b"".join(_element(key, value, plain) for key, value in sorted(present, key=lambda entry: _number(entry[0])))
    return b"\0" * 128 + b"DICM" + _element("FileMetaInformationGroupLength", len(group), plain) + group


def whole(file: File, parts: Iterable[bytes]) -> bytes:
    """A file of the given element bytes: preamble and meta group before them, deflated where the syntax says so."""
    body = b"".join(parts)
    if file.syntax == DEFLATED:
        packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
        body = packer.compress(body) + packer.flush()
        body += b"\0" * (len(body) % 2)
    return body if file.without_meta else _preamble_and_meta(file) + body


def encode(file: File) -> bytes:
    """The whole file as bytes, bent as asked."""
    content = whole(file, [part for _, part in elements(file)])
    for change in file.bend:
        content = change(content)
    return content


def write_file(file: File, folder: Path) -> Path:
    """Writes one file below `folder` and returns its path."""
    path = folder / file.name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(encode(file))
    return path


def write_files(files: Iterable[File], folder: Path) -> Path:
    """Writes all files below `folder` and returns it."""
    folder.mkdir(parents=True, exist_ok=True)
    for file in files:
        write_file(file, folder)
    return folder
