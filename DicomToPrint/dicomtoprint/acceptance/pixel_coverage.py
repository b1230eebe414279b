"""What the pixel detectors judged of a scan, and what they could not: silence is not acceptance."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ..messages import _, join, until
from ..rules import MISSING, NOT_JUDGED, Fact, Finding, Rule, Verdict
from .facts import FactContext
from .protocol import Protocol

FACT = "pixels_judged"
_EVIDENCE = "pixels"


def unread() -> Mapping[str, Fact]:
    """The facts of a check of headers alone."""
    return {FACT: Fact(FACT, MISSING, _("the check was of headers alone ({--no-pixels})"), _EVIDENCE, applicable=False)}


def unreadable(error: Exception) -> Mapping[str, Fact]:
    """The facts of a series whose voxels cannot be had; the sentence of `error` says why, without the file's name."""
    # What stands in quotes may be a file's name, and that may tell a patient.
    text = str(error)
    why = text if "'" not in text else _("the pixels cannot be decoded")
    return {FACT: Fact(FACT, _("not read"), until(why, ":").rstrip("."), _EVIDENCE)}


def read(facts: Mapping[str, Fact]) -> Mapping[str, Fact]:
    """The facts of a series whose detectors ran and found `facts`."""
    silent = [fact.where for fact in facts.values() if fact.value is MISSING and fact.applicable]
    return {FACT: Fact(FACT, "read", next(iter(silent), ""), _EVIDENCE)}


def coverage(rules: Sequence[Rule], findings: Sequence[Finding], context: FactContext) -> Fact:
    """Fact ``pixels_judged``: ``judged`` where every detector that the protocol needs has spoken, else ``in part`` or
    ``not judged``; not applicable to headers alone, and where the volume itself is not defined, which other findings say.
    """
    stated = context.pixels.get(FACT)
    if stated is None or not stated.applicable:
        return stated or Fact(FACT, MISSING, applicable=False)
    needed = {rule.fact: rule for rule in rules if rule.missing == NOT_JUDGED}
    if stated.value == "not read":
        if any(finding.undefined_volume and finding.verdict is Verdict.REJECT for finding in findings):
            return Fact(FACT, MISSING, stated.where, _EVIDENCE, applicable=False)
        return _fact(_("not judged"), stated.where, (), needed.values())
    silent = {name for name in needed if context.pixels.get(name, stated).value is MISSING}
    spoken = [rule for name, rule in needed.items() if name not in silent]
    if not silent:
        return _fact("judged", "", spoken, ())
    reasons = dict.fromkeys(context.pixels[name].where for name in needed if name in silent)
    kind = _("in part") if spoken else _("not judged")
    return _fact(kind, join("; ", reasons), spoken, [needed[name] for name in needed if name in silent])


def _fact(value: str, why: str, spoken: Iterable[Rule], silent: Iterable[Rule]) -> Fact:
    from . import messages

    def names(rules: Iterable[Rule]) -> str:
        return join(", ", dict.fromkeys(messages.DETECTORS.get(rule.fact, rule.id) for rule in rules)) or _("nothing")

    return Fact(FACT, value, why, _EVIDENCE, parameters={"judged": names(spoken), "silent": names(silent)})


def summary(context: FactContext, protocols: Sequence[Protocol]) -> Mapping[str, Any]:
    """Whether the pixels were judged, for the contract's JSON: ``judged`` and, where they were not, ``reason``."""
    stated = context.pixels.get(FACT)
    if stated is None:
        return {}
    if not stated.applicable or stated.value == "not read":
        return {"judged": False, "reason": stated.where}
    needed = {rule.fact for protocol in protocols for rule in protocol.rules if rule.missing == NOT_JUDGED}
    silent = [context.pixels[name].where for name in sorted(needed) if _is_silent(name, context)]
    return {"judged": not silent, **({"reason": join("; ", dict.fromkeys(silent))} if silent else {})}


def _is_silent(name: str, context: FactContext) -> bool:
    fact = context.pixels.get(name)
    return fact is not None and fact.applicable and fact.value is MISSING
