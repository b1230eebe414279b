"""Facts against rules: findings, verdicts and questions for every series of a study."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date

from ..dicom import Series, Study, phases, read_volume
from ..dicom.series import CRANIOFACIAL
from ..errors import InputError, RefusedError, UsageError
from ..images.raster import RasterImage
from ..messages import _, join
from ..progress import ProgressCallback, no_progress, subprogress
from ..rules import Fact, Finding, Outcome, Rule, Severity, Verdict, aggregate_verdict, compare, make_finding
from . import causes, messages, pixel_coverage
from .facts import FactContext, evaluate_fact
from .facts.acquisition import scan_date
from .facts.image_type import is_cone_beam
from .protocol import Protocol, QuestionSpec
from .results import AcceptanceReport, OperatorQuestion, ProtocolResult, SeriesAcceptance
from .slice_spacing import FACTS as SPACING_FACTS
from .slice_spacing import measure_slice_spacing
from .study_notes import study_notes

_REFORMAT_FACTS = ("plane_angle", "image_type", "reformat")


def evaluate_study(
    study: Study,
    protocols: Sequence[Protocol],
    *,
    answers: Mapping[str, str] | None = None,
    surgery_date: date | None = None,
    pixels: bool = True,
    series_id: str | None = None,
    today: date | None = None,
    progress: ProgressCallback = no_progress,
) -> AcceptanceReport:
    """Judge every series of a study under each protocol, or the one of `series_id` (its short id or UID).

    `answers` maps a rule to ``yes`` or ``no``; an answer that no protocol asks for is refused. With `pixels` False
    the pixel detectors do not run and their rules do not apply, which every result says. Raises `UsageError`.
    """
    answers = dict(answers or {})
    require_known_answers(answers, protocols)
    chosen = [one for one in study.series if series_id is None or series_id in (one.id, one.uid)]
    chosen = chosen or [
        phase.series
        for one in study.series
        for phase in phases(one)
        if series_id in (phase.series.id, f"{one.uid}/{phase.series.id.rpartition('/')[2]}")
    ]
    if not chosen:
        raise UsageError(
            _(
                "No series is called '{series_id}': check without {--series} lists those that are here.",
                series_id=series_id,
            )
        )
    today = today or date.today()
    context = FactContext(study, today, surgery_date)
    reformats = {one.id for one in study.series if _is_reformat(one, context, protocols)}
    originals = _originals(study, reformats, context, protocols, answers) if reformats else ()
    judged = []
    for at, one in enumerate(chosen):
        step = subprogress(progress, at / len(chosen), (at + 1) / len(chosen))
        facts, pictures = _pixel_facts(one, step) if pixels else (pixel_coverage.unread(), ())
        own = replace(context, pixels=facts)
        if one.id in reformats:
            own = replace(own, originals={one.id: any(_same_space(one, other) for other in originals)})
        judged.append(_judged(one, own, protocols, answers, pictures))
        context.known.pop(one.id, None)  # many series must not hold what they no longer need
    judged.sort(key=lambda result: (result.verdict.rank, -len(result.series)))
    judged = [replace(result, suggested_series=_suggested_series(result, judged)) for result in judged]
    progress(1.0, _("checking the scan"))
    return AcceptanceReport(
        tuple(judged), study.unreadable, study.non_image_files, study_notes(study), study.documents, len(study.series)
    )


def answerable_rule_ids(protocols: Iterable[Protocol]) -> set[str]:
    """Ids of the rules and questions that an answer can be given to."""
    every = tuple(protocols)
    known = {rule.id for protocol in every for rule in protocol.rules}
    return known | {question.rule for protocol in every for question in protocol.questions}


def require_known_answers(answers: Mapping[str, str], protocols: Sequence[Protocol]) -> None:
    """Raises `UsageError` for an answer that no protocol asks for, or that is neither yes nor no."""
    known = answerable_rule_ids(protocols)
    for rule, answer in answers.items():
        if rule not in known:
            raise UsageError(_("No rule or question is called '{rule}': check lists those that are open.", rule=rule))
        if answer not in ("yes", "no"):
            raise UsageError(_("'{answer}' is no answer to '{rule}': answer yes or no.", answer=answer, rule=rule))


def _pixel_facts(series: Series, progress: ProgressCallback) -> tuple[Mapping[str, Fact], tuple[RasterImage, ...]]:
    """Facts of the pixel detectors; where the volume is not defined or not decodable, that it is so and why."""
    try:
        volume = read_volume(series, subprogress(progress, 0.0, 0.4))
    except (RefusedError, InputError) as error:
        return pixel_coverage.unreadable(error), ()
    from .detectors import run_detectors  # heavy, and a series without a volume needs none of it

    facts, pictures = run_detectors(volume, series, subprogress(progress, 0.4, 1.0))
    return {**facts, **pixel_coverage.read(facts)}, pictures


def object_kind(series: Series) -> str:
    """``classic``, ``enhanced`` or ``craniofacial``."""
    if CRANIOFACIAL in series.sop_classes:
        return "craniofacial"
    return "enhanced" if series.is_multi_frame else "classic"


def _findings(series: Series, context: FactContext, protocol: Protocol, answers: Mapping[str, str]) -> list[Finding]:
    context = replace(context, kernels=protocol.kernels, cone_beam=protocol.cone_beam)
    kind = object_kind(series)
    known: dict[str, Fact] = {}
    findings: list[Finding] = []
    for rule in protocol.rules:
        if rule.fact.startswith("rules:"):
            known[rule.fact] = _failed_rules(rule.fact, findings)
        elif rule.fact == pixel_coverage.FACT:
            known[rule.fact] = pixel_coverage.coverage(protocol.rules, findings, context)
        elif rule.fact not in known:
            known[rule.fact] = evaluate_fact(rule.fact, series, context)
        fact = known[rule.fact]
        if rule.applies_to and kind not in rule.applies_to:
            fact = replace(fact, applicable=False)
        findings.append(apply_answer(finding_for(rule, fact), answers.get(rule.id)))
    findings += [
        finding
        for question in protocol.questions
        for finding in _answered_no(question, protocol, answers.get(question.rule))
    ]
    return findings


def _failed_rules(name: str, findings: Sequence[Finding]) -> Fact:
    """The fact ``rules:a,b,c``: how many of these rules, which stand above it in the protocol, reject."""
    wanted = name.partition(":")[2].split(",")
    failed = [finding.rule for finding in findings if finding.rule in wanted and finding.verdict is Verdict.REJECT]
    return Fact(name, len(failed), join(", ", failed))


def finding_for(rule: Rule, fact: Fact) -> Finding:
    """The finding of a rule on a fact, in words."""
    outcome, _unused = compare(rule, fact)
    remedy = messages.remedy_text(rule, fact, outcome) if outcome in (Outcome.FAIL, Outcome.ASK) else ""
    finding = make_finding(rule, fact, messages.finding_message(rule, fact, outcome), remedy)
    return replace(finding, level=messages.level(rule, fact, outcome))


def apply_answer(finding: Finding, answer: str | None) -> Finding:
    """A finding that asks is closed by an answer: yes passes, no rejects. Measured failures are no questions."""
    if finding.outcome is not Outcome.ASK or answer is None:
        return finding
    message = _(
        "{message} Answered {answer} by the operator.",
        message=finding.message,
        answer={"yes": _("yes"), "no": _("no")}[answer],
    )
    if answer == "yes":
        return replace(finding, outcome=Outcome.PASS, remedy="", message=message)
    return replace(finding, outcome=Outcome.FAIL, severity=Severity.REJECT, message=message)


def _answered_no(question: QuestionSpec, protocol: Protocol, answer: str | None) -> Iterable[Finding]:
    if answer != "no":
        return
    rule = Rule(question.rule, question.clause, question.rule, "shown", None, question.if_no, source=protocol.document)
    outcome = Outcome.ASK if question.if_no is Severity.ASK else Outcome.FAIL
    yield Finding(
        rule.id,
        rule.clause,
        question.if_no,
        outcome,
        "no",
        "yes",
        "",
        "",
        _("{question_text} Answered no by the operator.", question_text=question_text(question)),
        source=protocol.document,
    )


def question_text(question: QuestionSpec) -> str:
    """The words of a standing question."""
    return question.text or messages.QUESTIONS.get(question.rule, question.rule)


def _questions(
    series: Series,
    context: FactContext,
    protocols: Sequence[Protocol],
    answers: Mapping[str, str],
    findings: Sequence[Finding],
) -> tuple[OperatorQuestion, ...]:
    asked = {finding.rule for finding in findings if finding.outcome is Outcome.ASK}
    found: dict[str, OperatorQuestion] = {}
    for protocol in protocols:
        for question in protocol.questions:
            if question.when == "undated surgery" and (
                context.surgery_date or scan_date(series, context.today) is None
            ):
                continue
            if question.when == "cone beam" and not is_cone_beam(
                series, replace(context, cone_beam=protocol.cone_beam)
            ):
                continue
            if question.rule == "metal-minimised" and "metal-reduction" in asked:
                continue
            found.setdefault(
                question.rule,
                OperatorQuestion(
                    question.rule,
                    question_text(question),
                    answers.get(question.rule),
                    question.clause,
                    question.remember,
                ),
            )
    return tuple(found.values())


def _judged(
    series: Series,
    context: FactContext,
    protocols: Sequence[Protocol],
    answers: Mapping[str, str],
    pictures: tuple[RasterImage, ...],
) -> SeriesAcceptance:
    def judged(part: Series) -> dict[str, list[Finding]]:
        own = context if part is series else replace(context, known={})
        return {protocol.name: _findings(part, own, protocol, answers) for protocol in protocols}

    traced = causes.trace(series, judged(series), judged)
    every = [finding for findings in traced.values() for finding in findings]
    results = {
        protocol.name: ProtocolResult(
            protocol.version,
            aggregate_verdict(traced[protocol.name]),
            traced[protocol.name],
            protocol.title,
            protocol.document,
            protocol.unverified_source,
        )
        for protocol in protocols
    }
    verdict = max((result.verdict for result in results.values()), key=lambda item: item.rank, default=Verdict.ACCEPT)
    questions = _questions(series, context, protocols, answers, every)
    complained = _complained_of(protocols, results)
    spacing = measure_slice_spacing(series) if complained & set(SPACING_FACTS) else None
    shown = relevant_images(pictures, protocols, results)
    coverage = pixel_coverage.summary(context, protocols)
    return SeriesAcceptance(series, verdict, results, questions, shown, slice_spacing=spacing, pixels=coverage)


# Which fact a detector's picture is about; a sagittal cut is always shown.
_SHOWN_BY = {
    "noise": "kernel_from_noise",
    "contrast": "contrast_to_noise",
    "air": "air_mode_hu",
    "body-share": "body_share_of_fov",
}


def relevant_images(
    pictures: Iterable[RasterImage], protocols: Sequence[Protocol], results: Mapping[str, ProtocolResult]
) -> tuple[RasterImage, ...]:
    """The pictures without those of detectors that no rule complains about: they would hide the ones that matter."""
    facts = _complained_of(protocols, results)
    return tuple(one for one in pictures if one.name not in _SHOWN_BY or _SHOWN_BY[one.name] in facts)


def _complained_of(protocols: Sequence[Protocol], results: Mapping[str, ProtocolResult]) -> set[str]:
    """The facts that some rule did not accept."""
    found = set()
    for protocol in protocols:
        findings = results[protocol.name].findings if protocol.name in results else ()
        bad = {finding.rule for finding in findings if finding.verdict is not Verdict.ACCEPT}
        found |= {rule.fact for rule in protocol.rules if rule.id in bad}
    return found


def _is_reformat(series: Series, context: FactContext, protocols: Sequence[Protocol]) -> bool:
    """True for a CT that the rules on plane, image type or reformat reject; localizers are no reformats."""
    if (
        evaluate_fact("localizers", series, context).value == "only"
        or evaluate_fact("object_type", series, context).value == "other"
    ):
        return False
    rules = [rule for protocol in protocols for rule in protocol.rules if rule.fact in _REFORMAT_FACTS]
    for rule in rules:
        outcome, severity = compare(rule, evaluate_fact(rule.fact, series, context))
        if outcome is Outcome.FAIL and severity is Severity.REJECT:
            return True
    return False


def _originals(
    study: Study, reformats: set[str], context: FactContext, protocols: Sequence[Protocol], answers: Mapping[str, str]
) -> tuple[Series, ...]:
    """The series that are no reformats and that no header rule rejects under any of the protocols."""
    return tuple(
        one
        for one in study.series
        if one.id not in reformats
        and all(
            aggregate_verdict(_findings(one, context, protocol, answers)) is not Verdict.REJECT
            for protocol in protocols
        )
    )


def _same_space(one: Series, other: Series) -> bool:
    return bool(set(one.distinct("FrameOfReferenceUID")) & set(other.distinct("FrameOfReferenceUID")))


def _suggested_series(result: SeriesAcceptance, judged: Sequence[SeriesAcceptance]) -> str:
    """Id of the best series to use instead of a rejected one: same frame of reference before any other."""
    if result.verdict is not Verdict.REJECT:
        return ""
    better = [other for other in judged if other.verdict is not Verdict.REJECT]
    near = [other for other in better if _same_space(result.series, other.series)]
    return (near or better)[0].series.id if better else ""
