"""The words of findings: one sentence a fact, remedies by burden, questions. `_` marks them for translation."""

from __future__ import annotations

from collections.abc import Mapping

from ..rules import MISSING, Fact, Outcome, Rule
from .message_templates import TEXTS, _

REMEDIES: Mapping[str, str] = {
    "Q": _("Answer the question: --answer {rule}=yes if it is acceptable."),
    "X": _("Ask for a new export{hint}; no new scan is needed."),
    "C": _("Call the scanner today (raw data are kept for hours or days only) and ask for a new reconstruction{hint}."),
    "S": _("If clinically justified, ask for a new scan{hint}."),
    "T": _("Mended here, and written in the record."),
}

# How sure a detector is: far from its method's own limit, or near it.
SURE: Mapping[object, str] = {"clear": _("clear"), "borderline": _("borderline")}
SURE_SENTENCES: Mapping[str, str] = {
    "clear": _("The measure is clear."),
    "borderline": _("The measure is borderline: look at the picture."),
}

QUESTIONS: Mapping[str, str] = {
    "issuer-consulted": _(
        "Before the first use of this protocol: has your site consulted its issuer or a CT applications specialist?"
    ),
    "surgery-date": _("When is the surgery? Give --surgery-date; is it within six months of the scan?"),
    "motion-blur": _("Look at the images: are they free of motion blur? Blur inside one rotation cannot be measured."),
    "metal-minimised": _("Were steps taken to keep artefacts of metal small, or is there no metal near the anatomy?"),
}


# Families of kernels: what one is called, and what to ask for.
FAMILIES: Mapping[object, str] = {
    "listed": _("a standard"),
    "smooth": _("a smooth"),
    "sharp": _("a sharp"),
    "mixed": _("not the same in all slices"),
    "unknown": _("not known"),
}
KERNELS: Mapping[object, str] = {
    "listed": _("kernel GE STANDARD, Siemens H30s, Toshiba FC20 or Philips B"),
    "smooth": _("a smooth (soft tissue) kernel"),
    "sharp": _("a sharp (bone) kernel"),
}


class _Gaps(dict):
    """Fields of a message; one that is not there shows as nothing."""

    def __missing__(self, key: str) -> _Nothing:
        return _Nothing()


class _Nothing:
    def __format__(self, spec: str) -> str:
        return "?"

    def __getitem__(self, key: object) -> _Nothing:
        return self


def _fields(rule: Rule, fact: Fact) -> _Gaps:
    limit = rule.limit
    fields = _Gaps(value=fact.value, limit=limit, where=fact.where or "all slices", rule=rule.id, **fact.parameters)
    if fact.name == "pixel_size" and isinstance(limit, (int, float)):
        fields["dfov"] = 512 * limit
    if fact.name == "kernel_family" and isinstance(limit, Mapping):
        wanted = [family for family in KERNELS if limit.get(family) == "pass"]
        fields["kernel"] = f" {name}" if (name := fact.parameters.get("kernel")) else ""
        fields["family"] = FAMILIES.get(fact.value, str(fact.value)).removeprefix("a ")
        fields["wanted"] = _(" or ").join(FAMILIES[family] for family in wanted)
        fields["kernels"] = _(" or ").join(KERNELS[family] for family in wanted)
    return fields


def rule_title(rule: Rule) -> str:
    """What a rule is about, in a few words."""
    kind, _, name = rule.fact.partition(":")
    if kind == "attribute":
        from .facts.attributes import attribute_label as attribute_title

        return attribute_title(name)
    return TEXTS[kind].title if kind in TEXTS else rule.id


def finding_message(rule: Rule, fact: Fact, outcome: Outcome) -> str:
    """One sentence on how a rule ended."""
    head = rule_title(rule)
    if outcome is Outcome.NOT_APPLICABLE:
        return _("{title}: does not apply.").format(title=head)
    if fact.value is MISSING:
        return _("{title}: could not be established{where}.").format(
            title=head, where=f" ({fact.where})" if fact.where else ""
        )
    kind = rule.fact.partition(":")[0]
    plain = f"{head}: {format_value(fact.value)}{' ' + rule.unit if rule.unit else ''}"
    sure = fact.parameters.get("sure")
    if outcome is Outcome.PASS or kind not in TEXTS or not TEXTS[kind].fail:
        return f"{plain} ({SURE[str(sure)]})." if sure in SURE else f"{plain}."
    try:
        text = TEXTS[kind]
        failed = (text.one if text.one and fact.value == 1 else text.fail).format_map(_fields(rule, fact))
    except (ValueError, TypeError, KeyError, IndexError):
        failed = f"{plain}."
    return f"{failed} {SURE_SENTENCES[str(sure)]}" if sure in SURE else failed


def format_value(value: object) -> str:
    """A measured value in words."""
    return f"{value:g}" if isinstance(value, float) else str(value)


def remedy_text(rule: Rule, fact: Fact) -> str:
    """What to do, the lightest burden first."""
    kind = rule.fact.partition(":")[0]
    hint = TEXTS[kind].hint if kind in TEXTS else ""
    try:
        hint = hint.format_map(_fields(rule, fact))
    except (ValueError, TypeError):
        hint = ""
    ordered = [code for code in REMEDIES if code in rule.remedy]
    texts = [
        REMEDIES[code].format_map(_Gaps(rule=rule.id, hint=f": {hint}" if hint and code == ordered[-1] else ""))
        for code in ordered
    ]
    return " ".join(texts)
