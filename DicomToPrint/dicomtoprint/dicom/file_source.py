"""Where files come from: a folder, one file, or a .zip that is never unpacked to disk."""

import io
import os
import stat
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol, cast

from ..errors import InputError
from ..messages import _

MAX_FILES = 200_000
# A CT slice shrinks two to five times, an empty one up to about 1000 (the limit of deflate); the sum guards against
# bombs.
MAX_ZIP_BYTES = 64 * 2**30


class FileSource(Protocol):
    """Files by a name relative to the input, always with forward slashes."""

    def names(self) -> Iterator[str]: ...

    def open(self, name: str) -> BinaryIO: ...

    def size(self, name: str) -> int: ...

    def path(self, name: str) -> Path | None: ...


@dataclass(frozen=True)
class FolderSource:
    """All regular files below `root`; `only` limits them to one."""

    root: Path
    only: str | None = None

    def names(self) -> Iterator[str]:
        """Names in a fixed order. Links to folders are not followed; devices and pipes are left out."""
        if self.only is not None:
            yield self.only
            return
        count = 0
        for folder, subfolders, files in os.walk(self.root):
            subfolders.sort()
            home = Path(folder).relative_to(self.root).as_posix()
            for name in sorted(files):
                path = os.path.join(folder, name)
                try:
                    regular = stat.S_ISREG(os.stat(path).st_mode)
                except OSError:
                    regular = True
                if regular and name != ".DS_Store":
                    count += 1
                    if count > MAX_FILES:
                        raise InputError(
                            _(
                                "The folder holds more than {max_files} files: choose the folder of one study.",
                                max_files=MAX_FILES,
                            )
                        )
                    yield name if home == "." else f"{home}/{name}"

    def open(self, name: str) -> BinaryIO:
        """The file, open for reading. Raises OSError."""
        return open(os.path.join(self.root, name), "rb")

    def size(self, name: str) -> int:
        """Bytes of the file."""
        return os.stat(os.path.join(self.root, name)).st_size

    def path(self, name: str) -> Path | None:
        """The file on disk."""
        return self.root / name


@dataclass(frozen=True)
class ZipSource:
    """The members of a .zip, read in place: nothing is unpacked, so no name in it can lead elsewhere."""

    archive: zipfile.ZipFile

    def names(self) -> Iterator[str]:
        """Names of the files in it, in a fixed order."""
        for info in sorted(self.archive.infolist(), key=lambda info: info.filename):
            if not info.is_dir() and not info.filename.endswith("/.DS_Store") and "__MACOSX/" not in info.filename:
                yield info.filename

    def open(self, name: str) -> BinaryIO:
        """A seekable view of the member. Raises OSError where it is encrypted or damaged."""
        try:
            return cast(BinaryIO, self.archive.open(name))
        except (RuntimeError, NotImplementedError, zipfile.BadZipFile, KeyError) as error:
            raise OSError(_("it is encrypted, damaged or packed in an unknown way in the .zip")) from error

    def size(self, name: str) -> int:
        """Bytes of the member when unpacked, as the archive states them."""
        return self.archive.getinfo(name).file_size

    def path(self, name: str) -> Path | None:
        """None: a member has no file of its own."""
        return None


def open_source(path: Path) -> FileSource:
    """Source of a folder, a file or a .zip. Raises `InputError` in one sentence."""
    try:
        if path.is_dir():
            return FolderSource(path)
        if not path.is_file():
            raise InputError(_("'{path}' does not exist or is no file or folder: check the path.", path=path.name))
        if path.suffix.lower() == ".zip":
            return _open_zip(path)
        if path.name.upper().split(";")[0] == "DICOMDIR":
            return FolderSource(path.parent)
        with open(path, "rb"):
            return FolderSource(path.parent, only=path.name)
    except OSError as error:
        raise InputError(
            _(
                "'{path}' cannot be opened ({strerror}): check it and its rights.",
                path=path.name,
                strerror=error.strerror or _("read error"),
            )
        ) from None


def _open_zip(path: Path) -> ZipSource:
    try:
        archive = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, NotImplementedError, ValueError) as error:
        raise InputError(_("'{path}' is no whole .zip archive: copy it again.", path=path.name)) from error
    members = archive.infolist()
    if len(members) > MAX_FILES or sum(info.file_size for info in members) > MAX_ZIP_BYTES:
        raise InputError(
            _(
                "'{path}' would unpack to more than {max_files} files or {max_zip_bytes} GB: unpack it "
                "yourself and choose the folder of one study.",
                path=path.name,
                max_files=MAX_FILES,
                max_zip_bytes=MAX_ZIP_BYTES >> 30,
            )
        )
    return ZipSource(archive)


class BoundedReader(io.RawIOBase):
    """A view of an open file that never asks for more bytes than are left: lengths in a broken header may lie."""

    def __init__(self, handle: BinaryIO, size: int) -> None:
        super().__init__()
        self._handle, self._size, self._at = handle, size, handle.tell()

    def read(self, count: int = -1) -> bytes:
        """At most `count` bytes, at most what is left."""
        left = max(self._size - self._at, 0)
        data = self._handle.read(left if count is None or count < 0 else min(count, left))
        self._at += len(data)
        return data

    def seek(self, offset: int, whence: int = 0) -> int:
        """As of a file, held inside it."""
        base = (0, self._at, self._size)[whence]
        self._at = min(max(base + offset, 0), self._size)
        self._handle.seek(self._at)
        return self._at

    def tell(self) -> int:
        """Position in bytes."""
        return self._at

    def readable(self) -> bool:
        """True."""
        return True

    def seekable(self) -> bool:
        """True."""
        return True
