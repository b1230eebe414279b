"""Headers of one series are alike: where the bytes around the values are those of an earlier header, so is what they mean."""

import copy
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

PREAMBLE = 128
MAX_LAYOUTS = 16  # a series has some, since numbers and UIDs in it differ in length


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


@dataclass(frozen=True)
class HeaderLayout:
    """Where the values of a header stand, and all bytes between them.

    `pattern` holds the bytes from the end of the preamble to the pixel data at `end`, as one integer, and `mask` those bits of it that
    are no value; `places` are keyword, begin and end of the values that are kept, `header` is what was read, without them.
    """

    end: int
    mask: int
    pattern: int
    places: tuple[tuple[str, int, int], ...]
    header: Header

    def fits(self, head: bytes) -> bool:
        """True where `head`, the first bytes of a file, has this layout: the same elements, of the same lengths, at the same places."""
        return len(head) >= self.end and int.from_bytes(head[PREAMBLE : self.end], "little") & self.mask == self.pattern


@dataclass
class SeenHeaders:
    """What the headers of an input share, so that it is decoded once: texts, and layouts, the last met first."""

    texts: dict[bytes, str] = field(default_factory=dict)
    layouts: list[HeaderLayout] = field(default_factory=list)

    def find(self, head: bytes) -> HeaderLayout | None:
        """The layout of a header that begins with `head`, or None."""
        for at, layout in enumerate(self.layouts):
            if layout.fits(head):
                if at:
                    self.layouts.insert(0, self.layouts.pop(at))
                return layout
        return None

    def remember(
        self, head: bytes, header: Header, values: Iterable[tuple[int, int]], places: Iterable[tuple[str, int, int]]
    ) -> None:
        """Keep the layout of a header that was read whole from `head`: `values` are begin and end of each value that no meaning of
        others hangs on."""
        mask = bytearray(b"\xff" * (header.pixel_offset - PREAMBLE))
        for begin, end in values:
            mask[begin - PREAMBLE : end - PREAMBLE] = bytes(end - begin)
        bits = int.from_bytes(mask, "little")
        pattern = int.from_bytes(head[PREAMBLE : header.pixel_offset], "little") & bits
        empty = copy.copy(header)
        empty.values = {}
        self.layouts.insert(0, HeaderLayout(header.pixel_offset, bits, pattern, tuple(places), empty))
        del self.layouts[MAX_LAYOUTS:]
