"""Where a vessel was cut, and what of its model may be no vessel, as findings on the readiness."""

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
_DOUBT_REMEDY = _(
    "Compare these places with the slices: bone or an organ as bright as the blood looks the "
    "same. A higher {--threshold}, a smaller region ({--roi}) or a given segmentation leaves it "
    "out."
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
    return _with_warning(
        readiness, "vessel_ends", places, _("The vessel is cut: {said}.", said=join("; ", said)), _REMEDY
    )


def add_vessel_doubts(readiness: Readiness, segmentation: "Segmentation | None") -> Readiness:
    """The readiness with a warning of what may be bone or an organ; unchanged where nothing is doubted."""
    from ..segmentation.vessel_doubts import WORDS

    doubts: Any = None if segmentation is None else segmentation.figures.get("vessel_doubts")
    if not doubts:
        return readiness
    said = join("; ", (WORDS[kind] for kind in dict.fromkeys(doubt["kind"] for doubt in doubts)))
    places = [doubt["place"] for doubt in doubts]
    return _with_warning(
        readiness, "vessel_doubts", places, _("Not all of this model may be vessel: {said}.", said=said), _DOUBT_REMEDY
    )


def _with_warning(
    readiness: Readiness, name: str, places: list[tuple[float, float, float]], sentence: str, remedy: str
) -> Readiness:
    where = "R, A, S " + join("; ", (", ".join(f"{value:.1f}" for value in place) for place in places[:_MOST_PLACES]))
    if len(places) > _MOST_PLACES:
        where += _(" and {places_count} more", places_count=len(places) - _MOST_PLACES)
    rule = Rule(name, "vessel", name, "==", 0, Severity.WARN, source=_("the scan"))
    fact = Fact(name, len(places), where=where, places=tuple((-r, -a, s) for r, a, s in places))
    findings = (*readiness.findings, make_finding(rule, fact, sentence, remedy))
    return replace(readiness, findings=findings, verdict=VERDICTS[aggregate_verdict(findings)])
