"""The words of findings: one sentence a fact, remedies by burden, questions. `_` marks them for translation."""

from __future__ import annotations

from collections.abc import Mapping

from ..messages import Measured, _, join, way
from ..rules import MISSING, Fact, Outcome, Rule
from .message_templates import TEXTS
from .sentences import CHECKS, HINTS, SENTENCES

REMEDIES: Mapping[str, str] = {
    "T": _("Nothing to do: it is mended here, and written in the record."),
    "Q": way(
        _("Answer the question: {--answer:{rule}=yes} if it is acceptable."),
        _("Answer the question below if it is acceptable."),
    ),
    "P": _("Copy the files again from where they came."),
    "X": _("Ask for a new export{hint}."),
    "C": _("Call the scanner today (raw data are kept for hours or days only) and ask for a new reconstruction{hint}."),
    "S": _("If clinically justified, ask for a new scan{hint}."),
}
CONE_BEAM_RECONSTRUCTION = _(
    "Ask the practice, where the unit still holds the raw data, for a new reconstruction{hint}."
)
NO_NEW_SCAN = _("No new scan is needed.")
# How much a remedy asks of people and patient, the least first: the code of a rule, and its name in the JSON.
LEVELS: Mapping[str, str] = {
    "T": _("mended"),
    "Q": _("ask"),
    "P": _("copy again"),
    "X": _("export again"),
    "C": _("reconstruct again"),
    "S": _("scan again"),
}

# What the detectors look for, as the finding on what was not judged names it.
DETECTORS: Mapping[str, str] = {
    "motion_slices": _("motion"),
    "metal_mm3": _("metal"),
    "blank_slices": _("lost slices"),
    "repeated_slices": _("repeated slices"),
    "noise_hu": _("noise"),
    "tissue_above_air_hu": _("grey values of air and soft tissue"),
    "air_mode_hu": _("grey value of air"),
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
    "surgery-date": way(
        _("When is the surgery? Give {--surgery-date}; is it within six months of the scan?"),
        _("When is the surgery? Is it within six months of the scan?"),
    ),
    "cone-beam-still": _(
        "A cone beam unit made the scan: was the head held still for the whole turn, and is all of the needed anatomy in "
        "its field?"
    ),
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
# What a kernel is said to be; as above where it is one of a kind.
IS_OF_FAMILY: Mapping[object, str] = {
    **FAMILIES,
    "listed": _("standard"),
    "smooth": _("smooth"),
    "sharp": _("sharp"),
}
KERNELS: Mapping[object, str] = {
    "listed": _("kernel GE STANDARD, Siemens H30s, Toshiba FC20 or Philips B"),
    "smooth": _("a smooth (soft tissue) kernel"),
    "sharp": _("a sharp (bone) kernel"),
}


def _measured(value: object, limit: object) -> object:
    """The value, for a sentence that names the limit beside it."""
    limits = limit if isinstance(limit, (list, tuple)) else [limit]
    numbers = tuple(float(one) for one in limits if isinstance(one, (int, float)))
    if not isinstance(value, float) or not numbers:
        return value
    return Measured(float(value), numbers)


def _fields(rule: Rule, fact: Fact) -> dict[str, object]:
    limit = rule.limit
    fields: dict[str, object] = dict(
        value=_measured(fact.value, limit),
        limit=limit,
        where=fact.where or _("all slices"),
        rule=rule.id,
        **fact.parameters,
    )
    if fact.name == "pixel_size" and isinstance(limit, (int, float)):
        fields["dfov"] = 512 * limit
    if fact.name == "kernel_family" and isinstance(limit, Mapping):
        wanted = [family for family in KERNELS if limit.get(family) == "pass"]
        fields["kernel"] = _(" {name}", name=name) if (name := fact.parameters.get("kernel")) else ""
        fields["family"] = IS_OF_FAMILY.get(fact.value, str(fact.value))
        fields["wanted"] = join(_(" or "), (FAMILIES[family] for family in wanted))
        fields["kernels"] = join(_(" or "), (KERNELS[family] for family in wanted))
    return fields


def rule_title(rule: Rule) -> str:
    """What a rule is about, in a few words."""
    kind, _unused, name = rule.fact.partition(":")
    if kind == "attribute":
        from .facts.attributes import attribute_label as attribute_title

        return attribute_title(name)
    return TEXTS[kind].title if kind in TEXTS else rule.id


def finding_message(rule: Rule, fact: Fact, outcome: Outcome) -> str:
    """One sentence on how a rule ended."""
    head = rule_title(rule)
    if outcome is Outcome.NOT_APPLICABLE:
        if fact.value is MISSING and fact.where:
            return _("{title}: not judged ({where}).").format(title=head, where=fact.where)
        return _("{title}: does not apply.").format(title=head)
    own = _own_sentence(rule, fact, outcome)
    if own:
        return own
    if fact.value is MISSING:
        where = _(" ({where})", where=fact.where) if fact.where else ""
        return _("The header lacks {what}{where}.").format(what=fact.evidence or head, where=where)
    kind = rule.fact.partition(":")[0]
    if rule.fact == "pixels_judged" and outcome is not Outcome.PASS:
        return _pixels_sentence(fact)
    plain = _(
        "{head}: {value}{unit}", head=head, value=format_value(fact.value), unit=" " + rule.unit if rule.unit else ""
    )
    sure = fact.parameters.get("sure")
    if outcome is Outcome.PASS or kind not in TEXTS or not TEXTS[kind].fail:
        return _("{plain} ({sure}).", plain=plain, sure=SURE[str(sure)]) if sure in SURE else _("{plain}.", plain=plain)
    try:
        text = TEXTS[kind]
        failed = (text.one if text.one and fact.value == 1 else text.fail).format_map(_fields(rule, fact))
    except (ValueError, TypeError):  # the limit of a protocol of the user's own may be of another kind
        failed = _("{plain}.", plain=plain)
    return (
        _("{failed} {sure_sentences}", failed=failed, sure_sentences=SURE_SENTENCES[str(sure)])
        if sure in SURE
        else failed
    )


def _own_sentence(rule: Rule, fact: Fact, outcome: Outcome) -> str:
    """The sentence of the kind of fault that the fact tells of; empty where there is none for it, or nothing is wrong."""
    kinds = SENTENCES.get(rule.fact.partition(":")[0], {})
    text = kinds.get(str(fact.parameters.get("kind", "missing" if fact.value is MISSING else fact.value)))
    if not text or outcome is Outcome.PASS:
        return ""
    return text.format_map(_fields(rule, fact))


def _pixels_sentence(fact: Fact) -> str:
    """What was judged of the pixels, what was not, and why."""
    fields = {"where": fact.where, **fact.parameters}
    if fact.value == "in part":
        return _(
            "The pixels were judged in part only ({where}). Judged: {judged}. Not judged: {silent}. "
            "Look at the images: are they a whole scan, free of these faults?"
        ).format(**fields)
    return _(
        "The pixels were not judged ({where}): nothing is known of {silent}. "
        "Look at the images: are they a whole scan of a body, free of these faults?"
    ).format(**fields)


def format_value(value: object) -> str:
    """A measured value in words."""
    return _("{value:g}", value=value) if isinstance(value, float) else str(value)


def remedy_codes(rule: Rule, fact: Fact) -> tuple[str, ...]:
    """Codes of what to do, the lightest first: those for the kind of fault, for the value, for a missing fact, else the
    rule's own.
    """
    keys = (fact.parameters.get("kind"), "missing" if fact.value is MISSING else str(fact.value))
    chosen = next((rule.remedy_when[str(key)] for key in keys if str(key) in rule.remedy_when), rule.remedy)
    return tuple(code for code in REMEDIES if code in chosen)


def level(rule: Rule, fact: Fact, outcome: Outcome) -> str:
    """The lowest burden that can help, empty where nothing is to do."""
    codes = remedy_codes(rule, fact) if outcome in (Outcome.FAIL, Outcome.ASK) else ()
    if outcome is Outcome.FAIL and rule.fact.partition(":")[0] not in CHECKS:
        codes = tuple(code for code in codes if code != "Q")  # nothing is asked where no answer can close the finding
    return LEVELS[codes[0]] if codes else ""


def remedy_text(rule: Rule, fact: Fact, outcome: Outcome = Outcome.ASK) -> str:
    """What to do, the lightest burden first. A question that no answer can close is one to people, not to the program."""
    kind = rule.fact.partition(":")[0]
    hint = TEXTS[kind].hint if kind in TEXTS else ""
    for key in (fact.parameters.get("kind"), "missing" if fact.value is MISSING else fact.value):
        hint = HINTS.get(kind, {}).get(str(key), hint)
    try:
        hint = hint.format_map(_fields(rule, fact))
    except (ValueError, TypeError):
        hint = ""
    codes = remedy_codes(rule, fact)
    # What exactly to ask for stands at the burden that the hint is about, the heaviest but a new scan after others.
    asked = next((code for code in ("X", "C", "S") if code in codes), "")
    texts = []
    for code in codes:
        if code == "Q" and outcome is Outcome.FAIL:
            texts.append(CHECKS.get(kind, "").format_map(_fields(rule, fact)))
            continue
        text = REMEDIES[code]
        if code == "C" and fact.parameters.get("kind") == "cone beam":
            text = CONE_BEAM_RECONSTRUCTION
        texts.append(
            text.format_map({"rule": rule.id, "hint": _(": {hint}", hint=hint) if hint and code == asked else ""})
        )
    if {"P", "X", "C"} & set(codes) and "S" not in codes:
        texts.append(NO_NEW_SCAN)
    return join(" ", filter(None, texts))
