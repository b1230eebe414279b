"""Text of mesh files as their readers expect it, whatever editor or system wrote it."""

import codecs

from ...messages import _

_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def text_encoding(begin: bytes) -> str:
    """What the first bytes of a text file say of its encoding, in words that only tolerant readers take: empty for plain text."""
    if begin.startswith(_UTF16):
        return "UTF-16"
    return _("a byte order mark") if begin.startswith(codecs.BOM_UTF8) else ""


def mend_text(data: bytes) -> bytes:
    """The text without a byte order mark, UTF-16 as UTF-8, and with line feeds where it ends its lines by carriage returns alone.

    Bytes that are none of these come back as they are.
    """
    if data.startswith(_UTF16):
        try:
            data = data.decode("utf-16").encode("utf-8")
        except UnicodeDecodeError:
            return data
    data = data.removeprefix(codecs.BOM_UTF8)
    return data.replace(b"\r", b"\n") if b"\r" in data and b"\n" not in data else data
