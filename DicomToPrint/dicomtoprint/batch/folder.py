"""The output folder of a batch: ``batch.json``, the page, and ``cases/<two digits>/<name>/`` with ``case.json`` and ``result/``."""

import hashlib
import hmac
import json
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ..errors import InputError, MissingDependencyError, OutputError
from ..io import write_json_atomically, write_text_atomically
from ..io.atomic import translate_os_errors
from ..messages import _
from .case import FAILED, Case, CaseOutcome
from .fingerprint import stat_hash

SCHEMA = "dicom-to-print/batch/1"
RESULT, STATE, LOCK = "result", "case.json", ".lock"


class HeldError(Exception):
    """Another batch is at work on the case."""


def open_batch_folder(root: Path) -> bytes:
    """Makes the folder where it is missing; returns its key, with which cases are named.

    Raises `OutputError` where it cannot be written, `InputError` where its ``batch.json`` is none.
    """
    with translate_os_errors(root.name):
        root.mkdir(parents=True, exist_ok=True)
    path = root / "batch.json"
    with held(root / LOCK, seconds=60.0):
        if not path.exists():
            # Names of cases come from paths, which may hold a patient's name: with a key of the folder's own nobody can guess them.
            write_json_atomically(path, {"schema": SCHEMA, "key": secrets.token_hex(16)})
        return read_key(root)


def read_key(root: Path) -> bytes:
    """The key of a batch's folder. Raises `InputError` where it is none."""
    try:
        content = json.loads((root / "batch.json").read_text(encoding="utf-8"))
        if content["schema"] == SCHEMA:
            return bytes.fromhex(content["key"])
    except (OSError, ValueError, KeyError, TypeError):
        pass
    raise InputError(
        _("'{root}' is no folder of a batch that this version knows: choose another output folder.", root=root.name)
    )


def case_name(key: bytes, *identity: str) -> str:
    """Twelve hexadecimal digits that name a case without telling its path or UID to who has not the key."""
    text = "\0".join(identity).encode("utf-8", "surrogateescape")
    return hmac.new(key, text, hashlib.sha256).hexdigest()[:12]


def case_folder(root: Path, name: str) -> Path:
    """Folder of a case: spread over 256 folders, since file systems are slow where one folder holds many."""
    return root / "cases" / hashlib.sha256(name.encode("utf-8")).hexdigest()[:2] / name


@contextmanager
def held(lock: Path, seconds: float = 0.0) -> Iterator[None]:
    """Holds a lock that the system releases at the end of its process, however that ends.

    Raises `HeldError` where another process holds it for longer than `seconds`, `OutputError` where the file cannot be made.
    """
    try:
        from filelock import FileLock, Timeout
    except ImportError:
        raise MissingDependencyError(
            _("A batch needs the packages filelock and psutil: install them with pip install 'dicomtoprint[batch]'.")
        ) from None
    with translate_os_errors(lock.parent.name):
        try:
            taken = FileLock(lock).acquire(timeout=seconds, poll_interval=0.05)
        except Timeout:  # a kind of OSError
            raise HeldError(lock.parent.name) from None
    with taken:
        yield


def read_outcome(folder: Path) -> CaseOutcome | None:
    """What became of the case of a folder; None where it is not finished."""
    try:
        return CaseOutcome.from_text((folder / STATE).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError):
        return None


def write_outcome(folder: Path, outcome: CaseOutcome) -> None:
    """Writes ``case.json``, whole or not at all: the case is finished from then on. Raises `OutputError`."""
    write_text_atomically(folder / STATE, outcome.to_text())


def is_finished(case: Case, outcome: CaseOutcome | None, retry_failed: bool = False) -> bool:
    """Whether the outcome is that of this input, these settings and this version, and is not to be tried again."""
    if outcome is None or (retry_failed and outcome.verdict in FAILED):
        return False
    return _same_making(case, outcome) and outcome.input.get("stat") == stat_hash(case)


def same_contents(case: Case, outcome: CaseOutcome | None, found: dict[str, Any]) -> bool:
    """Whether the outcome is that of these settings and this version, and of an input of the same contents (`describe_input`)."""
    return (
        outcome is not None
        and _same_making(case, outcome)
        and bool(found["sha256"])
        and outcome.input.get("sha256") == found["sha256"]
    )


def _same_making(case: Case, outcome: CaseOutcome) -> bool:
    from .. import __version__

    return outcome.settings_sha256 == case.settings_sha256 and outcome.version == __version__


def outcome_folders(root: Path) -> Iterator[Path]:
    """Folders of all cases that ever were begun here, those of earlier inputs included."""
    yield from sorted((root / "cases").glob("[0-9a-f][0-9a-f]/*"))


def require_shared(root: Path, key: bytes) -> bool:
    """Whether this process sees the same batch folder: asked on every worker of a cluster."""
    try:
        return read_key(root) == key
    except (InputError, OutputError):
        return False
