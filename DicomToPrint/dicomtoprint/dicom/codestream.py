"""A look at the headers of compressed frames before a decoder sees them.

GDCM ends the whole process on some frames whose own header is damaged; a frame is handed on only
where that header agrees with the DICOM one. Markers: ITU-T T.81 and T.87 (JPEG, JPEG-LS), T.800 (JPEG 2000).
"""

from pydicom.encaps import generate_fragments

_NO_FRAME_HEADER = (0xC4, 0xC8, 0xCC)  # Huffman tables, reserved, arithmetic conditioning


def validate_codestreams(encapsulated: bytes, rows: int, columns: int, bits: int) -> None:
    """Raises ValueError where a fragment starts a frame that is not of `rows` x `columns` with one component of 2 to
    `bits` bits.

    `encapsulated` are the items of an encapsulated pixel element, basic offset table first. Fragments that continue a
    frame are not looked at; there must be one at least that starts a frame.
    """
    fragments = list(generate_fragments(encapsulated))[1:]
    sizes = [size for size in map(codestream_dimensions, fragments) if size is not None]
    if not sizes or any(size[:3] != (rows, columns, 1) or not 2 <= size[3] <= bits for size in sizes):
        raise ValueError("the compressed frames do not say what the header says")


def codestream_dimensions(fragment: bytes) -> tuple[int, int, int, int] | None:
    """(rows, columns, components, bits) that a frame's own header states; None where the fragment starts no frame.

    Raises ValueError where the header breaks off.
    """
    if fragment[:4] == b"\xff\x4f\xff\x51":
        return _of_jpeg_2000(fragment)
    return _of_jpeg(fragment) if fragment[:3] == b"\xff\xd8\xff" else None


def _of_jpeg_2000(fragment: bytes) -> tuple[int, int, int, int]:
    if len(fragment) < 45:
        raise ValueError("a frame breaks off")
    width, height, left, top = (int.from_bytes(fragment[at : at + 4], "big") for at in (8, 12, 16, 20))
    tile_width, tile_height = (int.from_bytes(fragment[at : at + 4], "big") for at in (24, 28))
    if tile_width == 0 or tile_height == 0:
        raise ValueError("a frame has tiles of no size")
    bits, step_x, step_y = (fragment[42] & 0x7F) + 1, fragment[43], fragment[44]
    if (step_x, step_y) != (1, 1):
        raise ValueError("a frame is sampled unevenly")
    return height - top, width - left, int.from_bytes(fragment[40:42], "big"), bits


def _of_jpeg(fragment: bytes) -> tuple[int, int, int, int]:
    at = 2
    while at + 10 <= len(fragment) and fragment[at] == 0xFF:
        marker, length = fragment[at + 1], int.from_bytes(fragment[at + 2 : at + 4], "big")
        if marker == 0xFF:
            at += 1
            continue
        if (0xC0 <= marker <= 0xCF and marker not in _NO_FRAME_HEADER) or marker == 0xF7:
            rows, columns = (int.from_bytes(fragment[at + offset : at + offset + 2], "big") for offset in (5, 7))
            return rows, columns, fragment[at + 9], fragment[at + 4]
        at += 2 + max(length, 2)
    raise ValueError("a frame breaks off")
