"""Files that are no DICOM objects, known by their first bytes: archives that may hold a study, documents that do not."""

from __future__ import annotations

from ..messages import _
from .file_source import FileSource
from .series import UnreadableFile

HEAD_BYTES = 512
_ZIP = _("a .zip archive")
_PACKED_DOCUMENTS = (".docx", ".xlsx", ".pptx", ".odt", ".ods", ".odp")  # .zip archives themselves
_ARCHIVES = (
    (0, b"PK\x03\x04", _ZIP),
    (0, b"Rar!\x1a\x07", _("a .rar archive")),
    (0, b"7z\xbc\xaf\x27\x1c", "a .7z archive"),
    (0, b"\x1f\x8b", _("a .gz archive")),
    (0, b"BZh", _("a .bz2 archive")),
    (0, b"\xfd7zXZ\x00", _("a .xz archive")),
    (257, b"ustar", _("a .tar archive")),
)
_DOCUMENTS = (
    (b"%pdf-", _("a PDF document")),
    (b"<!doctype html", _("an HTML page")),
    (b"<html", _("an HTML page")),
    (b"<?xml", _("an XML document")),
    (b"\xff\xd8\xff", _("a JPEG picture")),
    (b"\x89png", _("a PNG picture")),
    (b"gif8", _("a GIF picture")),
    (b"{\\rtf", _("an RTF document")),
    (b"mz", _("a Windows program")),
)


def archive_kind(head: bytes) -> str:
    """What kind of archive begins with these bytes, in words; empty for none."""
    return next((name for at, mark, name in _ARCHIVES if head[at : at + len(mark)] == mark), "")


def document_kind(head: bytes) -> str:
    """What kind of document, picture or program begins with these bytes, in words; empty for none that is known."""
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    return next((name for mark, name in _DOCUMENTS if start.startswith(mark)), "")


def head_of(source: FileSource, name: str) -> bytes:
    """The first bytes of a file; none where it cannot be read."""
    try:
        with source.open(name) as handle:
            return handle.read(HEAD_BYTES)
    except Exception:  # a damaged archive or disk raises many kinds; the reader of headers has reported it already
        return b""


def archive_reason(kind: str) -> str:
    """What is said of an archive inside the input."""
    return _("it is {kind} inside the input: unpack it, and choose the folder that comes of it", kind=kind)


def identify_foreign_files(
    source: FileSource, unreadable: list[UnreadableFile], non_image: list[str]
) -> tuple[dict[str, str], set[str]]:
    """Archives move from `non_image` to `unreadable`, since they may hold a study; returns documents and what they are,
    and the archives.
    """
    documents: dict[str, str] = {}
    archives: set[str] = set()
    for name in [*non_image, *(item.file for item in unreadable)]:
        head = head_of(source, name)
        archive, document = archive_kind(head), document_kind(head)
        if archive == _ZIP and name.lower().endswith(_PACKED_DOCUMENTS):
            archive, document = "", _("an Office document")
        if archive and name not in non_image:  # named like a slice, so it may stand in the place of one
            documents[name] = archive
        elif archive:
            non_image.remove(name)
            archives.add(name)
            unreadable.append(UnreadableFile(name, archive_reason(archive)))
        elif document:
            documents[name] = document
    unreadable[:] = [
        UnreadableFile(item.file, _("it is {documents}, no DICOM file", documents=documents[item.file]))
        if item.file in documents
        else item
        for item in unreadable
    ]
    return documents, archives
