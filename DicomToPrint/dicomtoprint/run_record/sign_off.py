"""Sign-off: who approved or rejected which files, in a log beside the record that shows any change.

One entry a line, JSON in one canonical form. Each holds the hash of the line before it and one of itself, so that no byte of the log can
be changed alone. Who may write the file can write a new log from the start: its head hash, kept elsewhere, shows that, and so do signatures
with keys that are known. A signature covers the entry, and through the hash of the line before it all that was signed earlier.
"""

import datetime
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from .. import __version__
from ..errors import InputError, OutputError, RefusedError
from ..io.atomic import sha256_of, write_bytes_atomically
from ..messages import _
from ..report.sign_off_page import PAGE, with_approval
from . import signature as signatures
from .sign_off_state import START, LogCheck, SignOff
from .signature import SigningKey, TrustedKeys

SCHEMA = "dicom-to-print/sign-off/1"
LOG = "sign-off.jsonl"
REPORT = "report.html"
DECISIONS = ("approve", "reject")
MOST_BYTES = 64 * 1024 * 1024


def append_sign_off(
    record: Path,
    role: str,
    decision: str,
    comment: str = "",
    key: SigningKey | None = None,
    checked: Sequence[str] = (),
    answers: Sequence[Mapping[str, Any]] = (),
) -> LogCheck:
    """Adds an entry on all files of the record's folder to the log beside it, signed with `key` where one is given. `checked` are the
    points of the anatomy that were looked at, `answers` the record's checklist. The report says the decision from then on, and the entry
    holds the hash of the report that says it.

    Raises `RefusedError` where the log is broken: it must not be continued as if it were whole. `InputError` for what cannot be read,
    `OutputError` for what cannot be written; the log then stays as it was.
    """
    folder = record.parent
    before = check_sign_off(record)
    if before.broken:
        raise RefusedError(
            _(
                "The log {log} is broken and is not continued: {broken} Keep it as evidence, and begin again "
                "in a copy without it.",
                log=LOG,
                broken=before.broken,
            )
        )
    entry: dict[str, Any] = {
        "schema": SCHEMA,
        "number": len(before.entries) + 1,
        "previous": before.head,
        "time": datetime.datetime.now().astimezone().isoformat(timespec="seconds"),
        "role": role,
        "decision": decision,
        "comment": comment,
        "software": f"DicomToPrint {__version__}",
    }
    if checked:
        entry["checked"] = list(checked)
    if answers:
        try:
            entry["answers"] = list(map(_answer, answers))
        except (ValueError, KeyError, TypeError):
            raise InputError(
                _(
                    "{path} is damaged: its checklist cannot be read; use the copy kept with the model.",
                    path=record.name,
                )
            ) from None
    files = _files(folder)
    report = _report_with(entry, before, files, folder)
    entry["files"] = [_described(REPORT, report) if one["file"] == REPORT else one for one in files]
    if key is not None:
        entry["signature"] = signatures.sign(_signed_bytes(entry), key)
    entry["sha256"] = _hash_of(entry)
    _write(folder, entry, report)
    return check_sign_off(record)


def _report_with(entry: Mapping[str, Any], before: LogCheck, files: Sequence[Mapping[str, Any]], folder: Path) -> bytes:
    """The report of the folder as it reads with this entry and those before it on the same `files`; empty where there is none."""
    path = folder / REPORT
    if not path.is_file():
        return b""
    now = SignOff(
        number=int(entry["number"]),
        time=str(entry["time"]),
        role=str(entry["role"]),
        decision=str(entry["decision"]),
        comment=str(entry["comment"]),
        files=(),
        sha256="",
        checked=tuple(entry.get("checked", ())),
    )
    same = [earlier for earlier in before.entries if _without_report(earlier.files) == _without_report(files)]
    try:
        return with_approval(path.read_bytes().decode("utf-8"), (*same, now)).encode("utf-8")
    except (OSError, UnicodeDecodeError):
        raise InputError(_("{path} cannot be read as text: make the model again.", path=REPORT)) from None


def _without_report(files: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """What was decided on: the report alone changes with each decision."""
    return [one for one in files if one["file"] != REPORT]


def _write(folder: Path, entry: Mapping[str, Any], report: bytes) -> None:
    """Log and report, or neither."""
    path = folder / LOG
    old = path.read_bytes() if path.exists() else b""
    write_bytes_atomically(path, old + _canonical(entry) + b"\n")
    if not report:
        return
    try:
        write_bytes_atomically(folder / REPORT, report)
    except OutputError:
        # A log that speaks of a report which is not there would be broken for good.
        write_bytes_atomically(path, old) if old else path.unlink()
        raise


def check_sign_off(record: Path, head: str | None = None, trusted: TrustedKeys | None = None) -> LogCheck:
    """Whether the log and the files that it names are as they were; `head` is a hash of its last entry that was kept elsewhere, `trusted`
    the keys that every entry must be signed with.

    Raises `InputError` where the log or a file cannot be read, `MissingDependencyError` for signatures without the package cryptography.
    """
    path = record.parent / LOG
    if not path.exists():
        return LogCheck((), _("there is none, and a head was given.") if head else "")
    try:
        if path.stat().st_size > MOST_BYTES:
            raise InputError(_("{log} is larger than any log: name the record of a run.", log=LOG))
        lines = path.read_bytes().split(b"\n")
    except OSError as error:
        raise InputError(
            _("{log} cannot be opened ({strerror}): check its rights.", log=LOG, strerror=error.strerror)
        ) from None
    entries: list[SignOff] = []
    previous = START
    if lines.pop() != b"":
        return LogCheck((), _("its last line is cut off."))
    for number, line in enumerate(lines, start=1):
        entry = _entry(line, number, previous, trusted)
        if entry is None:
            return LogCheck(tuple(entries), _("line {number} is not as it was written.", number=number))
        entries.append(entry)
        previous = entry.sha256
    if not entries:
        return LogCheck((), _("it is empty."))
    if head is not None and head.strip().lower() != previous:
        return LogCheck(
            tuple(entries), _("its head is not the one that was kept: it was cut short, continued or written anew.")
        )
    state = _with_files(record.parent, entries)
    return replace(state, kept_head=head is not None, is_trust_asked=trusted is not None)


def _with_files(folder: Path, entries: Sequence[SignOff]) -> LogCheck:
    signed = {str(item["file"]): str(item["sha256"]) for item in entries[-1].files}
    now = {str(item["file"]): str(item["sha256"]) for item in _files(folder)}
    return LogCheck(
        tuple(entries),
        changed=tuple(sorted(name for name in signed if name in now and now[name] != signed[name])),
        gone=tuple(sorted(name for name in signed if name not in now)),
        added=tuple(sorted(name for name in now if name not in signed)),
    )


def _files(folder: Path) -> list[dict[str, Any]]:
    """Every file of the folder and those below, but for the log, its page and what is hidden."""
    found = []
    try:
        for path in sorted(folder.rglob("*")):
            name = path.relative_to(folder).as_posix()
            if not path.is_file() or name in (LOG, PAGE) or any(part.startswith(".") for part in name.split("/")):
                continue
            found.append({"file": name, "sha256": sha256_of(path), "bytes": path.stat().st_size})
    except OSError as error:
        raise InputError(
            _("A file beside the record cannot be read ({strerror}): check the folder.", strerror=error.strerror)
        ) from None
    return found


def _described(name: str, content: bytes) -> dict[str, Any]:
    return {"file": name, "sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}


def _canonical(entry: Mapping[str, Any]) -> bytes:
    return json.dumps(entry, sort_keys=True, ensure_ascii=True, separators=(",", ":")).encode("ascii")


def _hash_of(entry: Mapping[str, Any]) -> str:
    return hashlib.sha256(_canonical({name: value for name, value in entry.items() if name != "sha256"})).hexdigest()


def _signed_bytes(entry: Mapping[str, Any]) -> bytes:
    """What a signature is of: the entry without it and without its own hash."""
    return _canonical({name: value for name, value in entry.items() if name not in ("sha256", "signature")})


def _entry(line: bytes, number: int, previous: str, trusted: TrustedKeys | None) -> SignOff | None:
    """The entry of a line; None where any byte of it is not as it was written."""
    try:
        content = json.loads(line.decode("ascii"))
        if _canonical(content) != line or content["sha256"] != _hash_of(content):
            return None
        if (content["schema"], content["number"], content["previous"]) != (SCHEMA, number, previous):
            return None
        files = tuple(
            {"file": str(i["file"]), "sha256": str(i["sha256"]), "bytes": int(i["bytes"])} for i in content["files"]
        )
        if content["decision"] not in DECISIONS:
            return None
        time, role, decision, comment = (str(content[name]) for name in ("time", "role", "decision", "comment"))
        signature = None
        if "signature" in content:
            signature = signatures.check(_signed_bytes(content), content["signature"], time, trusted)
            if signature is None:
                return None
        checked = tuple(str(point) for point in content.get("checked", ()))
        answers = tuple(_answer(one) for one in content.get("answers", ()))
        return SignOff(number, time, role, decision, comment, files, content["sha256"], signature, checked, answers)
    except (ValueError, KeyError, TypeError, RecursionError):
        return None


def _answer(content: Mapping[str, Any]) -> Mapping[str, Any]:
    """Raises ValueError for an answer that is none."""
    if content["answer"] not in ("yes", "no", None):
        raise ValueError
    given = {name: str(content[name]) for name in ("role", "time") if name in content}
    return {"question": str(content["question"]), "answer": content["answer"], **given}
