"""How the readiness of a test plate is told: what lies beyond a guideline on purpose is declared, and nothing else is let through."""

from dataclasses import replace

from ..messages import _
from ..printability import VERDICTS, Readiness
from ..rules import Finding, Outcome, Severity, aggregate_verdict

# What a ladder may go beyond; every other rule holds for the plate as for any file.
DECLARED_RULES = (
    "wall",
    "wall-unsupported",
    "thin-area",
    "thin-share",
    "pins",
    "gap",
    "holes",
    "text-width",
    "text-height",
    "label",
    "overhang",
    "bridge",
)


def declare(whole: Readiness, sound: Readiness) -> Readiness:
    """The readiness of the plate as a test plate.

    Parameters
    ----------
    whole
        Of the file that is printed.
    sound
        Of the same plate without its declared features, by the same rules.

    Notes
    -----
    A finding of `DECLARED_RULES` is kept with its figures, but decides nothing (severity info), where the plate without the declared
    features does not have it: then they alone cause it. A finding that `sound` has as well stands as it is, and so does every other rule.
    """
    failed = {finding.rule for finding in sound.findings if finding.outcome is Outcome.FAIL}
    findings = tuple(
        _declared(finding)
        if finding.outcome is Outcome.FAIL and finding.rule in DECLARED_RULES and finding.rule not in failed
        else finding
        for finding in whole.findings
    )
    return replace(whole, findings=findings, verdict=VERDICTS[aggregate_verdict(findings)])


def _declared(finding: Finding) -> Finding:
    message = _("On purpose, at test features that the map declares: {message}", message=finding.message)
    return replace(finding, severity=Severity.INFO, message=message, remedy="")
