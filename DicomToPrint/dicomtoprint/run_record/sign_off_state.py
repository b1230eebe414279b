"""What a log of sign-offs says: its entries, and whether it and the files still are as they were signed."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..messages import _, join
from .signature import SignatureState

START = "0" * 64


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
