"""One header, read once: the attributes that rules need, and how the file itself is made."""

import copy
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
from .header_layout import PREAMBLE, Header, SeenHeaders

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
_SYNTAX, _CHARACTER_SET = 0x00020010, 0x00080005
_MEDIA_FIELDS = {_SYNTAX: "syntax", 0x00020002: "media_class", 0x00020003: "media_instance"}
_MEDIA = frozenset(_MEDIA_FIELDS.values())
_STEER = frozenset({_SYNTAX, _CHARACTER_SET})  # elements whose value says how others are read


class InvalidDicomError(Exception):
    """The bytes are no DICOM data set; `has_preamble` where they begin like one."""

    has_preamble = False


@dataclass
class _Places:
    """Begin and end of each value as it was met (None: one of undefined length), and keyword, begin and end of those that are kept."""

    values: list[tuple[int, int] | None] = field(default_factory=list)
    kept: list[tuple[str, int, int]] = field(default_factory=list)

    def met(self, tag: int, begin: int, length: int) -> None:
        """Note a value of `length` bytes at `begin`."""
        if length == UNDEFINED_LENGTH:
            self.values.append(None)
        elif tag not in _STEER:
            self.values.append((begin, begin + length))

    def keep(self, keyword: str, element: Any, raw: bytes) -> None:
        """Note that `raw`, the value of an element, is kept under `keyword`."""
        begin = getattr(
            element, "value_tell", 0
        )  # an element of undefined length has none, and the header then no layout
        self.kept.append((keyword, begin, begin + len(raw)))


def read_header(handle: BinaryIO, size: int, seen: SeenHeaders) -> Header:
    """Header of an open file of `size` bytes; pixel data are not read. `seen` shares between files what is equal in them.

    Raises `InvalidDicomError` where the bytes are no DICOM data set. A header that breaks off keeps what was read, with the
    reason in `problem`.
    """
    head = handle.read(HEAD_BYTES)
    header = _read_like_another(head, size, seen) or _read_head(head, size, seen)
    if (header.pixel_offset < 0 or header.syntax == DEFLATED) and size > len(head):
        handle.seek(0)
        header = _parse(BoundedReader(handle, min(size, MAX_HEADER_BYTES)), size, seen.texts, _Places())
        if header.pixel_offset < 0 and size > MAX_HEADER_BYTES:
            raise InvalidDicomError(_("no pixel data in its first 256 MB"))
    if header.pixel_length == UNDEFINED_LENGTH:
        header.fragments = count_fragments(handle, header, size)
    return header


def _read_like_another(head: bytes, size: int, seen: SeenHeaders) -> Header | None:
    """The header that `head` begins, where an earlier one of the same layout was read; else None."""
    layout = seen.find(head)
    if layout is None:
        return None
    header = copy.copy(layout.header)
    header.values, header.body_size = {}, size
    for keyword, begin, end in layout.places:
        if keyword in _MEDIA:
            setattr(header, keyword, _media_text(head[begin:end]))
        else:
            header.values[keyword] = _value(keyword, head[begin:end], header.little, seen.texts)
    return header if _flags_below(head[PREAMBLE : layout.end], header) == 0 else None


def _read_head(head: bytes, size: int, seen: SeenHeaders) -> Header:
    places = _Places()
    header = _parse(io.BytesIO(head), size, seen.texts, places)
    plain = not (
        header.problem or header.sequences or header.lossy or header.syntax == DEFLATED or None in places.values
    )
    if plain and header.has_preamble and 0 < header.pixel_offset <= len(head):
        seen.remember(head, header, [place for place in places.values if place], places.kept)
    return header


def _parse(stream: Any, size: int, texts: dict[bytes, str], places: _Places) -> Header:
    header = Header()
    start = stream.read(132)
    header.has_preamble = start[128:132] == b"DICM"
    if not header.has_preamble:
        stream.seek(0)
    try:
        _parse_after_preamble(stream, size, header, texts, places)
    except InvalidDicomError as error:
        error.has_preamble = header.has_preamble
        raise
    return header


def _parse_after_preamble(stream: Any, size: int, header: Header, texts: dict[bytes, str], places: _Places) -> None:
    peek = stream.read(8)
    stream.seek(-len(peek), 1)
    if len(peek) < 8:
        raise InvalidDicomError(_("it is empty") if size == 0 else _("it is too short"))
    if peek[:2] == b"\x02\x00":
        _read_meta(stream, header, places)
    header.body_size = size
    stream = _open_data_set(stream, header)
    begin = stream.tell()
    try:
        _read_elements(stream, header, texts, places)
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


def _read_meta(stream: Any, header: Header, places: _Places) -> None:
    def behind(tag: int, vr: str | None, length: int) -> bool:
        if tag >> 16 != 2:
            return True
        places.met(tag, stream.tell(), length)
        return False

    for element in data_element_generator(stream, False, True, stop_when=behind):
        if element.VR not in _VRS:
            header.problem = _("its header is damaged")
        name = _MEDIA_FIELDS.get(int(element.tag))
        if name is None:
            continue
        raw = element.value
        setattr(header, name, _media_text(raw) if isinstance(raw, bytes) else "")
        if isinstance(raw, bytes):
            places.keep(name, element, raw)


def _media_text(raw: bytes) -> str:
    return raw.decode("latin-1").strip(" \0")


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
    _read_meta(handle, header, _Places())
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


def _read_elements(stream: Any, header: Header, texts: dict[bytes, str], places: _Places) -> None:
    def at_pixels(tag: int, vr: str | None, length: int) -> bool:
        if tag in PIXEL_TAGS:
            header.pixel_element, header.pixel_vr = PIXEL_TAGS[tag], vr or "OW"
            header.pixel_length, header.pixel_offset = length, stream.tell()
            return True
        places.met(tag, stream.tell(), length)
        return False

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
        if length != len(raw) and 0 < length != UNDEFINED_LENGTH:
            header.problem = _("its header breaks off")
            continue
        if element.VR is not None and element.VR not in (_NUMBER_VRS if keyword in US_KEYWORDS else _VRS):
            header.problem = header.problem or _("its header is damaged")
            continue
        header.values[keyword] = _value(keyword, raw, header.little, texts)
        places.keep(keyword, element, raw)


def _value(keyword: str, raw: bytes, little: bool, texts: dict[bytes, str]) -> Any:
    if keyword in US_KEYWORDS:
        return int.from_bytes(raw[:2], "little" if little else "big", signed=False) if len(raw) >= 2 else None
    if keyword in FLOAT_KEYWORDS:
        return _double(raw, little)
    text = texts.get(raw)
    if text is None:
        text = texts[raw] = raw.decode("latin-1")
    return text


def _double(raw: bytes, little: bool) -> str | None:
    if len(raw) not in (4, 8):
        return None
    return repr(struct.unpack(("<" if little else ">") + ("d" if len(raw) == 8 else "f"), raw)[0])


def _note_lossy(stream: Any, begin: int, header: Header) -> None:
    """Where the lossy flag stands below the top level, the whole data set is searched for it ('at any depth')."""
    stream.seek(begin)
    data = stream.read(header.pixel_offset - begin if header.pixel_offset > 0 else MAX_HEADER_BYTES)
    if _flags_below(data, header) <= 0:
        return
    try:
        dataset = read_dataset(io.BytesIO(data), header.implicit, header.little)
        header.lossy = "\\".join(str(element.value) for element in dataset.iterall() if element.tag == LOSSY_FLAG)
    except Exception:  # what pydicom raises on damaged bytes has many kinds
        header.problem = header.problem or _("its header is damaged")


def _flags_below(data: bytes, header: Header) -> int:
    """How many times `data` has the bytes of the tag of the lossy flag beyond that at the top level."""
    wanted = struct.pack("<HH" if header.little else ">HH", LOSSY_FLAG >> 16, LOSSY_FLAG & 0xFFFF)
    return data.count(wanted) - ("LossyImageCompression" in header.values)
