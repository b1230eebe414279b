"""One header, read once: the attributes that rules need, and how the file itself is made."""

import io
import struct
import zlib
from dataclasses import dataclass, field
from typing import Any, BinaryIO

from pydicom.filereader import data_element_generator, read_dataset
from pydicom.valuerep import STANDARD_VR

from ..messages import _
from .attributes import FLOAT_KEYWORDS, LOSSY_FLAG, PIXEL_TAGS, SEQUENCES, TAGS, US_KEYWORDS
from .file_source import BoundedReader

HEAD_BYTES = 64 * 1024
MAX_HEADER_BYTES = 256 * 2**20
IMPLICIT, EXPLICIT, BIG, DEFLATED = (
    "1.2.840.10008.1.2",
    "1.2.840.10008.1.2.1",
    "1.2.840.10008.1.2.2",
    "1.2.840.10008.1.2.1.99",
)
UNCOMPRESSED = (IMPLICIT, EXPLICIT, BIG)
UNDEFINED_LENGTH = 0xFFFFFFFF
_VRS = frozenset(STANDARD_VR)
_WANTED = [*TAGS, *SEQUENCES]  # values of other attributes are passed over unread
_NUMBER_VRS = frozenset({"US", "SS", "UN"})


class InvalidDicomError(Exception):
    """The bytes are no DICOM data set; `has_preamble` where they begin like one."""

    has_preamble = False


@dataclass
class Header:
    """What one file says. `values` has text as it stands (Latin-1, not stripped) and numbers of US attributes as
    int.
    """

    values: dict[str, Any] = field(default_factory=dict)
    sequences: dict[str, Any] = field(default_factory=dict)
    syntax: str = ""
    has_preamble: bool = True
    wrong_syntax: bool = False
    problem: str = ""
    media_class: str = ""
    media_instance: str = ""
    pixel_element: str = ""
    pixel_vr: str = ""
    pixel_length: int = -1
    pixel_offset: int = -1
    implicit: bool = False
    little: bool = True
    lossy: str = ""
    body_size: int = 0
    fragments: int = 0


def read_header(handle: BinaryIO, size: int, texts: dict[bytes, str]) -> Header:
    """Header of an open file of `size` bytes; pixel data are not read. `texts` shares equal strings between files.

    Raises `InvalidDicomError` where the bytes are no DICOM data set. A header that breaks off keeps what was read, with the
    reason in `problem`.
    """
    head = handle.read(HEAD_BYTES)
    header = _parse(io.BytesIO(head), size, texts)
    if (header.pixel_offset < 0 or header.syntax == DEFLATED) and size > len(head):
        handle.seek(0)
        header = _parse(BoundedReader(handle, min(size, MAX_HEADER_BYTES)), size, texts)
        if header.pixel_offset < 0 and size > MAX_HEADER_BYTES:
            raise InvalidDicomError(_("no pixel data in its first 256 MB"))
    if header.pixel_length == UNDEFINED_LENGTH:
        header.fragments = count_fragments(handle, header, size)
    return header


def _parse(stream: Any, size: int, texts: dict[bytes, str]) -> Header:
    header = Header()
    start = stream.read(132)
    header.has_preamble = start[128:132] == b"DICM"
    if not header.has_preamble:
        stream.seek(0)
    try:
        _parse_after_preamble(stream, size, header, texts)
    except InvalidDicomError as error:
        error.has_preamble = header.has_preamble
        raise
    return header


def _parse_after_preamble(stream: Any, size: int, header: Header, texts: dict[bytes, str]) -> None:
    peek = stream.read(8)
    stream.seek(-len(peek), 1)
    if len(peek) < 8:
        raise InvalidDicomError(_("it is empty") if size == 0 else _("it is too short"))
    if peek[:2] == b"\x02\x00":
        _read_meta(stream, header)
    header.body_size = size
    stream = _open_data_set(stream, header)
    begin = stream.tell()
    try:
        _read_elements(stream, size, header, texts)
    except (MemoryError, RecursionError):
        header.problem = _("its header is nested or sized beyond reason")
    except Exception:  # pydicom raises many kinds on damaged bytes; each means the same here
        header.problem = _("its header is damaged")
    if not header.values and not header.has_preamble:
        raise InvalidDicomError(_("it is no DICOM file"))
    _note_lossy(stream, begin, header)


def count_fragments(handle: BinaryIO, header: Header, size: int) -> int:
    """Whole fragments of an encapsulated pixel element (basic offset table not counted); -1 where it breaks off."""
    item, delimiter = b"\xfe\xff\x00\xe0", b"\xfe\xff\xdd\xe0"
    at, count = header.pixel_offset, -1
    while at + 8 <= size:
        handle.seek(at)
        start = handle.read(8)
        if start[:4] == delimiter:
            return max(count, 0)
        length = int.from_bytes(start[4:8], "little")
        if start[:4] != item or at + 8 + length > size:
            return -1
        at += 8 + length
        count += 1
    return -1


def _read_meta(stream: Any, header: Header) -> None:
    for element in data_element_generator(stream, False, True, stop_when=lambda tag, vr, length: tag >> 16 != 2):
        if element.VR not in _VRS:
            header.problem = _("its header is damaged")
        text = element.value.decode("latin-1").strip(" \0") if isinstance(element.value, bytes) else ""
        if element.tag == 0x00020010:
            header.syntax = text
        elif element.tag == 0x00020002:
            header.media_class = text
        elif element.tag == 0x00020003:
            header.media_instance = text


def _open_data_set(stream: Any, header: Header) -> Any:
    """Decide on the encoding from the first element, since the declared one may be wrong; unpack a deflated data
    set.
    """
    if header.syntax == DEFLATED:
        stream = _inflate(stream)
        header.body_size = len(stream.getbuffer())
    first = stream.read(8)
    stream.seek(-len(first), 1)
    implicit, little = detect_encoding(first)
    if header.syntax:
        declared = (header.syntax == IMPLICIT, header.syntax != BIG)
        header.wrong_syntax = first != b"" and declared != (implicit, little)
    header.implicit, header.little = implicit, little
    return stream


def _inflate(stream: Any) -> io.BytesIO:
    inflated = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        return io.BytesIO(inflated.decompress(stream.read(), MAX_HEADER_BYTES))
    except zlib.error:
        raise InvalidDicomError(_("its deflated data set is damaged")) from None


def inflate_dataset(handle: BinaryIO) -> io.BytesIO:
    """The unpacked data set of a deflated file, at most 256 MB. Raises `InvalidDicomError` where it is damaged."""
    header = Header()
    handle.seek(132)
    _read_meta(handle, header)
    return _inflate(handle)


def detect_encoding(first: bytes) -> tuple[bool, bool]:
    """(implicit VR, little endian) of a data set from the 8 bytes of its first element. Raises `InvalidDicomError`."""
    if len(first) < 8:
        raise InvalidDicomError(_("it holds no data set"))
    group_little, group_big = struct.unpack("<H", first[:2])[0], struct.unpack(">H", first[:2])[0]
    little = group_little <= group_big
    if min(group_little, group_big) > 0x0100 and group_little not in (0x0018, 0x0028):
        raise InvalidDicomError(_("it is no DICOM file"))
    explicit = first[4:6].isalpha() and first[4:6].isupper()
    return not explicit, little


def _read_elements(stream: Any, size: int, header: Header, texts: dict[bytes, str]) -> None:
    def at_pixels(tag: int, vr: str | None, length: int) -> bool:
        if tag in PIXEL_TAGS:
            header.pixel_element, header.pixel_vr = PIXEL_TAGS[tag], vr or "OW"
            header.pixel_length, header.pixel_offset = length, stream.tell()
            return True
        return False

    values, order = header.values, "little" if header.little else "big"
    for element in data_element_generator(
        stream, header.implicit, header.little, stop_when=at_pixels, specific_tags=_WANTED
    ):
        raw = element.value
        tag = int(element.tag)  # a plain int: comparing pydicom's tags in a dictionary takes longer than the rest
        keyword = TAGS.get(tag)
        if keyword is None:
            sequence = SEQUENCES.get(tag)
            if sequence is not None:
                header.sequences[sequence] = element
            continue
        if not isinstance(raw, bytes):
            continue
        length = getattr(element, "length", UNDEFINED_LENGTH)
        if 0 < length != len(raw) and length != UNDEFINED_LENGTH:
            header.problem = _("its header breaks off")
            continue
        if element.VR is not None and element.VR not in (_NUMBER_VRS if keyword in US_KEYWORDS else _VRS):
            header.problem = header.problem or _("its header is damaged")
            continue
        if keyword in US_KEYWORDS:
            values[keyword] = int.from_bytes(raw[:2], order, signed=False) if len(raw) >= 2 else None  # type: ignore[arg-type]
        elif keyword in FLOAT_KEYWORDS:
            values[keyword] = _double(raw, header.little)
        else:
            text = texts.get(raw)
            if text is None:
                text = texts[raw] = raw.decode("latin-1")
            values[keyword] = text


def _double(raw: bytes, little: bool) -> str | None:
    if len(raw) not in (4, 8):
        return None
    return repr(struct.unpack(("<" if little else ">") + ("d" if len(raw) == 8 else "f"), raw)[0])


def _note_lossy(stream: Any, begin: int, header: Header) -> None:
    """Where the lossy flag stands below the top level, the whole data set is searched for it ('at any depth')."""
    wanted = struct.pack("<HH" if header.little else ">HH", 0x0028, 0x2110)
    stream.seek(begin)
    data = stream.read(header.pixel_offset - begin if header.pixel_offset > 0 else MAX_HEADER_BYTES)
    if data.count(wanted) <= ("LossyImageCompression" in header.values):
        return
    try:
        dataset = read_dataset(io.BytesIO(data), header.implicit, header.little)
        header.lossy = "\\".join(str(element.value) for element in dataset.iterall() if element.tag == LOSSY_FLAG)
    except Exception:  # what pydicom raises on damaged bytes has many kinds
        header.problem = header.problem or _("its header is damaged")
