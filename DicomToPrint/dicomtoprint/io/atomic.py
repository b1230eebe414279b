"""Files that appear whole or not at all: a temporary name in the same folder, then one move."""

import contextlib
import errno
import hashlib
import json
import math
import os
import re
import secrets
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

from ..errors import OutputError, UsageError
from ..messages import _

_PARTIAL = re.compile(r"^\.partial-(\d+)-[0-9a-f]{8}-")


class AtomicOutputSet:
    """A set of files in the making, in one folder.

    Inside the ``with`` block each file is written under `temporary(name)`; `publish` flushes them to the disk and
    moves all to their names at once. Whatever is not published when the block ends, by an error, Ctrl-C or a cancel,
    is removed. What a killed process left behind is removed when the next set is opened in the folder. Raises
    `OutputError` where the folder cannot be made or written.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = Path(folder)
        self._pending: dict[str, Path] = {}

    def __enter__(self) -> "AtomicOutputSet":
        with translate_os_errors(self.folder.name):
            self.folder.mkdir(parents=True, exist_ok=True)
            _remove_left_behind(self.folder)
        return self

    def temporary(self, name: str) -> Path:
        """Path under which the file `name` is to be written; the suffix stays, so that readers know the format."""
        if name not in self._pending:
            self._pending[name] = self.folder / f".partial-{os.getpid()}-{secrets.token_hex(4)}-{_safe(name)}"
        return self._pending[name]

    def publish(self) -> tuple[Path, ...]:
        """Moves every temporary file to its name, in the order they were asked for; returns the final paths."""
        with translate_os_errors(self.folder.name):
            for path in self._pending.values():
                _flush(path)
            moved = []
            for name in list(self._pending):
                os.replace(self._pending[name], self.folder / name)
                del self._pending[name]
                moved.append(self.folder / name)
            _flush_folder(self.folder)
        return tuple(moved)

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        for path in self._pending.values():
            with contextlib.suppress(OSError):
                path.unlink(missing_ok=True)
        self._pending.clear()


@contextlib.contextmanager
def translate_os_errors(name: str) -> Iterator[None]:
    """Turns an OSError of the block into `OutputError` with a sentence that names `name` and the way out."""
    try:
        yield
    except OSError as error:
        raise OutputError(
            _("{name} cannot be written: {reason}", name=name or _("The output folder"), reason=_reason(error))
        ) from None


def _reason(error: OSError) -> str:
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return _("the disk is full; free some space or choose another output folder.")
    if (
        error.errno in (errno.EACCES, errno.EPERM) and error.filename2 is not None
    ):  # the move: the folder took the draft
        held = Path(error.filename2).name
        return _(
            "'{held}' is held by another program or user; close it there or choose another output folder.", held=held
        )
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return _("the folder is read-only for this user; choose another output folder.")
    if error.errno in (errno.ENOTDIR, errno.EEXIST):
        return _("a file of that name is in the way; choose another output folder.")
    if error.errno == errno.ENAMETOOLONG:
        return _("the name is too long; choose a shorter output folder or name.")
    return _(
        "{strerror}; choose another output folder.",
        strerror=os.strerror(error.errno) if error.errno else _("it was not accepted"),
    )


def write_text_atomically(path: Path, text: str) -> Path:
    """Writes UTF-8 text with ``\\n`` line ends; the file is whole or not there. Raises `OutputError`."""
    return write_bytes_atomically(path, text.encode("utf-8"))


def write_bytes_atomically(path: Path, data: bytes) -> Path:
    """Writes bytes; the file is whole or not there. Raises `OutputError`."""
    path = Path(path)
    with AtomicOutputSet(path.parent) as outputs, translate_os_errors(path.name):
        outputs.temporary(path.name).write_bytes(data)
        outputs.publish()
    return path


def write_json_atomically(path: Path, content: Any) -> Path:
    """Writes JSON (UTF-8, two blanks, keys in the order given). Numbers that JSON does not know (inf, nan) become null.

    Raises `OutputError`; TypeError for content that is no JSON is a programming error.
    """
    return write_text_atomically(path, json_text(content))


def json_text(content: Any) -> str:
    """JSON text of plain content, numpy scalars and arrays included; the same content gives the same text."""
    return json.dumps(_plain(content), ensure_ascii=False, indent=2, allow_nan=False) + "\n"


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_plain(item) for item in value]
    if hasattr(value, "tolist") and not isinstance(value, (str, bytes)):  # numpy scalars and arrays
        return _plain(value.tolist())
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if hasattr(value, "value") and hasattr(type(value), "__members__"):  # enumerations
        return _plain(value.value)
    if isinstance(value, (str, int, float, bool)) or value is None:
        return value
    return str(value)


def sha256_of(path: Path) -> str:
    """Hexadecimal SHA-256 of a file, read in pieces."""
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while piece := file.read(1 << 20):
            digest.update(piece)
    return digest.hexdigest()


@contextlib.contextmanager
def temporary_directory() -> Iterator[Path]:
    """A private folder for intermediate files, removed at the end."""
    folder = Path(tempfile.mkdtemp(prefix="dicom-to-print-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _safe(name: str) -> str:
    if not name or Path(name).name != name or any(ord(c) < 32 or c in '<>:"/\\|?*' for c in name):
        raise UsageError(
            _(
                "The name of an output file holds a character that file systems refuse: use letters, digits, "
                "'-' and '_'."
            )
        )
    return name


def _flush(path: Path) -> None:
    # Without this a power cut after the move can leave an empty file under the final name.
    with open(path, "rb+") as file:
        os.fsync(file.fileno())


def _flush_folder(folder: Path) -> None:
    if os.name == "nt":  # Windows has no handle on a folder to flush
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        with contextlib.suppress(OSError):  # some network file systems refuse
            os.fsync(handle)
    finally:
        os.close(handle)


def _remove_left_behind(folder: Path) -> None:
    for path in folder.glob(".partial-*"):
        match = _PARTIAL.match(path.name)
        if match and int(match[1]) != os.getpid() and not _alive(int(match[1])):
            with contextlib.suppress(OSError):
                path.unlink()


def _alive(process: int) -> bool:
    if os.name == "nt":  # os.kill would end the process there
        return True
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
