"""The gate of `run`: whether a scan may become a model for a use. The rules stand in `data/uses`."""

from __future__ import annotations

from dataclasses import dataclass

from ..config import resources
from ..messages import _, join, plural, way
from ..rules import Finding, Outcome, Verdict
from .results import SeriesAcceptance


@dataclass(frozen=True)
class UseCase:
    """What a model is for. `max_deviation_mm` is None where the user decides; `blocked_by` is what closes the gate."""

    name: str
    version: str
    max_deviation_mm: float | None
    protocol: str
    blocked_by: tuple[str, ...]
    shape: str = ""
    documentation: tuple[str, ...] = ()


@dataclass(frozen=True)
class Gate:
    """Whether `run` may go on; if not, its exit code (1 rejected, 4 an open question) and why, in one sentence."""

    open: bool
    exit_code: int
    reason: str


def load_use_case(name: str) -> UseCase:
    """A built-in use by name or a user's own by path. Raises `UsageError` naming what is wrong and where."""
    content = resources.load_data_file("uses", name).content
    return UseCase(
        content["name"],
        content["version"],
        content["max_deviation_mm"],
        content["protocol"],
        tuple(content["gate"]["blocked_by"]),
        str(content.get("shape", "")),
        tuple(str(item) for item in content.get("documentation", ())),
    )


OVERRIDE_NOTICE = _("Used although it was not accepted; the reason given")


def evaluate_gate(accepted: SeriesAcceptance, use: UseCase, accept_anyway: str | None = None) -> Gate:
    """Whether `run` may go on with a series for a use.

    A volume that is not defined closes it always; `accept_anyway`, a reason that is recorded, opens what else closes it.
    """
    answer, may_be_opened = _gate(accepted, use)
    reason = (accept_anyway or "").strip()
    if not reason or not may_be_opened:
        return answer
    if answer.open:
        return Gate(
            True,
            0,
            _(
                "{reason} A reason to go on anyway was given, though none was needed: {reason2}",
                reason=answer.reason,
                reason2=reason,
            ).strip(),
        )
    return Gate(True, 0, _("{override_notice}: {reason}", override_notice=OVERRIDE_NOTICE, reason=reason))


def _gate(accepted: SeriesAcceptance, use: UseCase) -> tuple[Gate, bool]:
    """The gate, and whether a reason may open it."""
    findings = [finding for result in accepted.protocols.values() for finding in result.findings]
    failed = [finding for finding in findings if finding.verdict is Verdict.REJECT]
    undefined = [finding for finding in failed if finding.undefined_volume]
    if undefined:
        why = _(
            "{message} The volume is not defined, so no model can be made. {remedy}",
            message=undefined[0].message,
            remedy=undefined[0].remedy,
        )
        return Gate(False, 1, why.strip()), False
    blocking = [
        finding
        for finding in failed
        if "reject" in use.blocked_by or (finding.affects_geometry and "shape" in use.blocked_by)
    ]
    if blocking:
        return Gate(False, 1, _refusal(blocking, use)), True
    asked = [
        finding
        for finding in findings
        if finding.outcome is Outcome.ASK
        and ("ask" in use.blocked_by or (finding.affects_geometry and "shape" in use.blocked_by))
    ]
    if asked:
        known = {"message": asked[0].message, "use": use.name, "rule": asked[0].rule, "more": _more(asked, "question")}
        return Gate(
            False,
            4,
            way(
                _("{message} An answer is needed for the use {use}: {--answer:{rule}=yes} or no{more}.", **known),
                _("{message} An answer is needed for the use {use} below{more}.", **known),
            ),
        ), True
    open_questions = [question for question in accepted.questions if question.answer is None]
    if open_questions and "question" in use.blocked_by:
        names = join(", ", (question.rule for question in open_questions))
        why = way(
            _(
                "{open_questions} The use {use} needs answers to: {names} ({--answer:RULE}=yes or no).",
                open_questions=open_questions[0].text,
                use=use.name,
                names=names,
            ),
            _(
                "{open_questions} The use {use} needs answers to: {names} (answer below).",
                open_questions=open_questions[0].text,
                use=use.name,
                names=names,
            ),
        )
        return Gate(False, 4, why), True
    return Gate(
        True, 0, "" if not failed else _("Rejected for surgical use; printed for the use {use}.", use=use.name)
    ), True


def _refusal(blocking: list[Finding], use: UseCase) -> str:
    first = blocking[0]
    known = {"message": first.message, "more": _more(blocking, "finding"), "use": use.name, "remedy": first.remedy}
    return way(
        _(
            "{message} This{more} blocks the use {use}. {remedy} To go on at your own judgement: {--accept-anyway:REASON}.",
            **known,
        ),
        _("{message} This{more} blocks the use {use}. {remedy}", **known),
    )


def _more(findings: list[Finding], kind: str) -> str:
    others = len({finding.rule for finding in findings}) - 1
    if not others:
        return ""
    if kind == "question":
        return plural(" (and {number} more question)", " (and {number} more questions)", others)
    return plural(" (and {number} more finding)", " (and {number} more findings)", others)
