"""One-click remedies of the print step: which setting answers which finding."""

from typing import Any

from dicomtoprint.config.run_settings import RunSettings
from dicomtoprint.rules import Finding, Outcome

from .i18n import tr as _


def available_quick_fixes(findings: tuple[Finding, ...], settings: RunSettings) -> list[tuple[str, dict[str, Any]]]:
    """Words and settings of the remedies that the findings call for and that are not chosen yet."""
    wanted: dict[str, tuple[str, dict[str, Any]]] = {}
    for finding in findings:
        if finding.outcome in (Outcome.FAIL, Outcome.ASK):
            offer = _offer(finding)
            if offer is not None and any(getattr(settings, name) != value for name, value in offer[1].items()):
                wanted.setdefault(next(iter(offer[1])), offer)
    return list(wanted.values())


def _offer(finding: Finding) -> tuple[str, dict[str, Any]] | None:
    if finding.rule in ("wall", "wall-unsupported", "wall-recommended"):
        limit = finding.limit
        if isinstance(limit, (int, float)):
            return _("Thicken walls to {limit} mm").format(limit=f"{limit:g}"), {"thicken": float(limit)}
    if finding.rule == "fit":
        return _("Split into parts that fit, with pins"), {"split": True, "pins": True}
    if finding.rule == "loose-parts":
        return _("Join loose parts with struts"), {"struts": True}
    if finding.rule == "pose":
        return _("Add a base"), {"base": True}
    if finding.rule in ("overhang", "bridge"):
        return _("Turn for printing"), {"orient": True}
    if finding.rule == "triangles":
        return _("Use fewer triangles"), {"triangles": 300_000}
    return None
