"""One case of a batch, and what became of it."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from .. import __version__
from ..io import json_text

SCHEMA = "dicom-to-print/batch-case/1"
FAILED = ("unreadable", "failed")
VERDICTS = ("ready", "warn", "not-ready", "reject", "ask", *FAILED)


@dataclass(frozen=True, slots=True)
class Case:
    """One `run` or `prepare`.

    Attributes
    ----------
    name
        What it is called in folders and tables; says nothing of a patient unless the user's table does.
    source
        Absolute path of the input.
    files
        Absolute paths of its files where `source` holds other studies as well; empty where all of it is this case.
    command
        ``run`` or ``prepare``.
    options
        The command's options, without input and output.
    settings_sha256
        Over command, options and the contents of the user's own files that they name.
    voxels
        Of its largest series, from the headers; 0 where they do not say.
    """

    name: str
    source: str
    command: str = "run"
    options: tuple[str, ...] = ()
    settings_sha256: str = ""
    files: tuple[str, ...] = ()
    voxels: int = 0

    def to_message(self) -> bytes:
        """The case for a child process."""
        return json.dumps(asdict(self)).encode("utf-8")

    @classmethod
    def from_message(cls, message: bytes) -> "Case":
        """What `to_message` gave."""
        content: dict[str, Any] = json.loads(message)
        return cls(**{**content, "options": tuple(content["options"]), "files": tuple(content["files"])})


@dataclass(frozen=True)
class CaseOutcome:
    """What became of a case: the content of its ``case.json``.

    Attributes
    ----------
    case
        Its name.
    verdict
        ready, warn, not-ready (the written file), reject (the scan, for this use), ask (an open question blocks the use),
        unreadable, failed.
    exit_code
        Of the command; negative where a signal ended it.
    reason
        Why it is not ready, in one English sentence; names no folder.
    reason_told
        The same by language, in that of the run where it is another.
    seconds
        Wall time.
    attempts
        How often it was started.
    input
        ``stat`` (hash of names, sizes and times), ``sha256`` (over the contents), ``files``, ``bytes``.
    settings_sha256, version
        Of what it was made with.
    scan
        ``verdict``, ``scanner``, ``kernel``, ``month`` and ``clauses``: what did not pass, by protocol.
    measures
        Sizes of the written file, as in printability.json.
    models
        SHA-256 of each written model, by file name.
    """

    case: str
    verdict: str
    exit_code: int
    reason: str = ""
    reason_told: Mapping[str, str] = field(default_factory=dict)
    seconds: float = 0.0
    attempts: int = 1
    input: Mapping[str, Any] = field(default_factory=dict)
    settings_sha256: str = ""
    version: str = __version__
    scan: Mapping[str, Any] = field(default_factory=dict)
    measures: Mapping[str, Any] = field(default_factory=dict)
    models: Mapping[str, str] = field(default_factory=dict)

    def to_text(self) -> str:
        """The text of ``case.json``."""
        return json_text({"schema": SCHEMA, **asdict(self)})

    @classmethod
    def from_text(cls, text: str) -> "CaseOutcome | None":
        """What `to_text` gave; None for anything else, which is then made again."""
        try:
            content = json.loads(text)
        except (ValueError, RecursionError):
            return None
        if not isinstance(content, dict) or content.get("schema") != SCHEMA or content.get("verdict") not in VERDICTS:
            return None
        known = {one.name for one in fields(cls)}
        try:
            return cls(**{name: value for name, value in content.items() if name in known})
        except TypeError:
            return None


def settings_hash(command: str, options: Sequence[str], given: Sequence[Path]) -> str:
    """Hash of a command's options and of the contents of the user's own files that they name. Raises OSError."""
    digest = hashlib.sha256(json.dumps([command, *options]).encode("utf-8"))
    for path in given:
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()
