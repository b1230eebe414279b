"""Where a vessel was cut, as a finding on the readiness of its model."""

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ..messages import _, join
from ..printability import VERDICTS, Readiness
from ..rules import Fact, Rule, Severity, aggregate_verdict, make_finding
from ..text import pluralize

if TYPE_CHECKING:
    from ..segmentation import Segmentation

_REMEDY = _(
    "Compare these places with the slices: a second seed ({--seed}) or a lower {--threshold} "
    "follows a narrowing, a larger region ({--roi}) or scan an end."
)
_MOST_PLACES = 6


def add_vessel_ends(readiness: Readiness, segmentation: "Segmentation | None") -> Readiness:
    """The readiness with a warning of where a vessel was cut; unchanged where none was."""
    from ..segmentation.vessel_ends import WORDS

    ends: Any = None if segmentation is None else segmentation.figures.get("vessel_ends")
    if not ends:
        return readiness
    kinds = {kind: [end for end in ends if end["kind"] == kind] for kind in WORDS}
    said = [
        _("{kind} ({places})", kind=WORDS[kind], places=pluralize(len(own), "place"))
        for kind, own in kinds.items()
        if own
    ]
    places = [end["place"] for own in kinds.values() for end in own]
    where = "R, A, S " + join("; ", (", ".join(f"{value:.1f}" for value in place) for place in places[:_MOST_PLACES]))
    if len(places) > _MOST_PLACES:
        where += _(" and {places_count} more", places_count=len(places) - _MOST_PLACES)
    rule = Rule("vessel_ends", "vessel", "vessel_ends", "==", 0, Severity.WARN, source=_("the scan"))
    fact = Fact("vessel_ends", len(ends), where=where, places=tuple((-r, -a, s) for r, a, s in places))
    finding = make_finding(rule, fact, _("The vessel is cut: {said}.", said=join("; ", said)), _REMEDY)
    findings = (*readiness.findings, finding)
    return replace(readiness, findings=findings, verdict=VERDICTS[aggregate_verdict(findings)])
