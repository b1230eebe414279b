"""Sign-off: who approved or rejected which files, in a log beside the record that shows any change.

One entry a line, JSON in one canonical form. Each holds the hash of the line before it and one of itself, so that no byte of the log can
be changed alone. Who may write the file can write a new log from the start: its head hash, kept elsewhere, shows that, and so do signatures
with keys that are known. A signature covers the entry, and through the hash of the line before it all that was signed earlier.
"""

import datetime
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from .. import __version__
from ..errors import InputError, RefusedError
from ..io.atomic import sha256_of, write_bytes_atomically
from ..messages import _, join
from . import signature as signatures
from .signature import SignatureState, SigningKey, TrustedKeys

SCHEMA = "dicom-to-print/sign-off/1"
LOG = "sign-off.jsonl"
PAGE = "sign-off.html"
START = "0" * 64
DECISIONS = ("approve", "reject")
MOST_BYTES = 64 * 1024 * 1024


@dataclass(frozen=True)
class SignOff:
    """One entry: what was decided when in which `role`, and `files` ``{"file", "sha256", "bytes"}`` as they were then. `signature` is None
    where it was not signed with a key; `checked` are the points of the anatomy's checklist that were looked at, `answers` the run's own
    answers to it, ``{"question", "answer", "role", "time"}``, answer None where it was open."""

    number: int
    time: str
    role: str
    decision: str
    comment: str
    files: tuple[Mapping[str, Any], ...]
    sha256: str
    signature: SignatureState | None = None
    checked: tuple[str, ...] = ()
    answers: tuple[Mapping[str, Any], ...] = ()

    @property
    def answers_in_words(self) -> tuple[str, ...]:
        """The answers of the run, a line each."""
        words = {"yes": _("yes"), "no": _("no")}
        return tuple(
            join(
                ", ",
                filter(
                    None,
                    (
                        _("{question}: {answer}", question=one["question"], answer=words[str(one["answer"])])
                        if one["answer"]
                        else _("{question}: not answered", question=one["question"]),
                        str(one.get("role", "")),
                        str(one.get("time", "")),
                    ),
                ),
            )
            for one in self.answers
        )

    @property
    def in_words(self) -> str:
        """``approved by ROLE``, with time and comment."""
        word = {"approve": _("approved"), "reject": _("rejected")}[self.decision]
        said = _("{word} by {role}, {time}", word=word, role=self.role, time=self.time) + (
            _(": {comment}", comment=self.comment) if self.comment else ""
        )
        if self.checked:
            said = _("{said}; checked: {points}", said=said, points=", ".join(self.checked))
        return (
            said if self.signature is None else _("{said}; {signature}", said=said, signature=self.signature.in_words)
        )


@dataclass(frozen=True)
class LogCheck:
    """What the log of a folder shows: its `entries`, `broken` (why it cannot be trusted, empty where it holds), files that `changed` or are
    `gone` since the last entry, and those that were `added`. `head` is the hash of the last entry, `kept_head` whether that was held
    against one that was kept elsewhere, `is_trust_asked` whether the entries were held against trusted keys."""

    entries: tuple[SignOff, ...]
    broken: str = ""
    changed: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()
    added: tuple[str, ...] = ()
    kept_head: bool = False
    is_trust_asked: bool = False

    @property
    def head(self) -> str:
        """Hash of the last entry; zeros where there is none."""
        return self.entries[-1].sha256 if self.entries else START

    @property
    def holds(self) -> bool:
        """Whether there is a log, it is whole, and all files are as they were signed."""
        return bool(self.entries) and not (self.broken or self.changed or self.gone or self.untrusted)

    @property
    def untrusted(self) -> tuple[int, ...]:
        """Numbers of entries without a signature by a trusted key, where trusted keys were given."""
        if not self.is_trust_asked:
            return ()
        return tuple(e.number for e in self.entries if e.signature is None or e.signature.is_trusted is not True)

    @property
    def proven(self) -> tuple[str, ...]:
        """What the check shows, and what it does not, a sentence each; empty where the log does not hold."""
        if not self.holds:
            return ()
        signed = [entry for entry in self.entries if entry.signature is not None]
        said = [_("Shown: log and files agree with one another.")]
        if self.kept_head:
            said.append(
                _("Shown: this is the log whose head was kept; nothing in it was changed, cut off or added since.")
            )
        if self.is_trust_asked:
            said.append(_("Shown: every entry was signed with a trusted key."))
        elif signed:
            numbers = ", ".join(str(entry.number) for entry in signed)
            said.append(
                _(
                    "Shown: entry {numbers} was signed with the key named there; whose it is you must know "
                    "({--trust}).",
                    numbers=numbers,
                )
            )
        if not self.kept_head and not self.is_trust_asked:
            said.append(
                _(
                    "Not shown: that nobody wrote log and files anew; keep the head elsewhere, or sign with a "
                    "key that others know."
                )
            )
        elif not self.kept_head:
            said.append(_("Not shown: that no later entry was cut off; keep the head elsewhere."))
        return (*said, _("Not shown: the time; it is that of the signer's computer."))

    @property
    def lines(self) -> tuple[str, ...]:
        """The state in words, a line each."""
        if self.broken:
            return (_("Sign-off: the log is BROKEN: {broken}", broken=self.broken),)
        if not self.entries:
            return (_("Sign-off: none."),)
        said = []
        for entry in self.entries:
            said.append(_("Sign-off {number}: {entry}", number=entry.number, entry=entry.in_words))
            said += [_("  checklist of the run: {answer}", answer=answer) for answer in entry.answers_in_words]
        for words, names in ((_("changed"), self.changed), (_("gone"), self.gone)):
            if names:
                said.append(
                    _(
                        "BROKEN: {words} since sign-off {entries_count}: {names}.",
                        words=words,
                        entries_count=len(self.entries),
                        names=join(", ", names),
                    )
                )
        if self.added:
            said.append(_("Not signed, since newer: {added}.", added=join(", ", self.added)))
        said += [
            _("NOT TRUSTED: sign-off {number} is not signed with a trusted key.", number=number)
            for number in self.untrusted
        ]
        if not self.changed and not self.gone:
            said.append(_("All {files_count} files are as they were signed.", files_count=len(self.entries[-1].files)))
        return (*said, *self.proven, _("Head of the log: {head}", head=self.head))

    def as_json(self) -> dict[str, Any]:
        """The state as plain JSON."""
        return {
            "schema": "dicom-to-print/sign-off-check/1",
            "holds": self.holds,
            "broken": self.broken,
            "changed": list(self.changed),
            "gone": list(self.gone),
            "added": list(self.added),
            "head": self.head,
            "kept_head": self.kept_head,
            "untrusted": list(self.untrusted),
            "proven": list(self.proven),
            "entries": [_content(entry) for entry in self.entries],
        }


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
    points of the anatomy that were looked at, `answers` the record's checklist.

    Raises `RefusedError` where the log is broken: it must not be continued as if it were whole. `InputError` for what cannot be read.
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
        "files": _files(folder),
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
    if key is not None:
        entry["signature"] = signatures.sign(_signed_bytes(entry), key)
    entry["sha256"] = _hash_of(entry)
    path = folder / LOG
    old = path.read_bytes() if path.exists() else b""
    write_bytes_atomically(path, old + _canonical(entry) + b"\n")
    return check_sign_off(record)


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


def _content(entry: SignOff) -> dict[str, Any]:
    return {
        "number": entry.number,
        "time": entry.time,
        "role": entry.role,
        "decision": entry.decision,
        "comment": entry.comment,
        "checked": list(entry.checked),
        "answers": [dict(one) for one in entry.answers],
        "files": len(entry.files),
        "sha256": entry.sha256,
        "signature": None if entry.signature is None else entry.signature.as_json(),
    }
