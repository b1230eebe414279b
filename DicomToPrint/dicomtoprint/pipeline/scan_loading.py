"""The scan of a run: evaluated, its series selected, the gate of the use checked, and its voxels read."""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from ..config.run_settings import RunSettings
from ..errors import DicomToPrintError, RefusedError, UnansweredQuestionError, UsageError
from ..messages import _, join, way
from ..progress import ProgressCallback, no_progress, subprogress
from ..volume import VOLUME_SUFFIXES, reordered
from .checklist import without_checklist

if TYPE_CHECKING:  # heavy packages are imported in the stage that needs them
    from ..acceptance import AcceptanceReport, Protocol, SeriesAcceptance, UseCase
    from ..segmentation import Segmentation
    from ..volume import Volume

Source = str | Path
NO_HEADERS_MESSAGE = _(
    "Acceptance is not applicable: this volume does not come from DICOM files, so there are no headers to judge."
)
BUILT_IN_PROTOCOLS = ("3dsystems-ortho", "exoplan-import")


@dataclass(frozen=True)
class LoadedScan:
    """A scan that may be made into a model.

    `series` is the chosen series with its findings, None for a volume file without DICOM headers; `volume` its voxels; `gate`
    says in a sentence why this use may go on.
    """

    volume: "Volume"
    series: "SeriesAcceptance | None"
    acceptance: "AcceptanceReport | None"
    gate: str


class GateClosedError(Exception):
    """The gate of the use stays shut: carries the error for the user, and what was judged for the report."""

    def __init__(self, error: DicomToPrintError, chosen: "SeriesAcceptance", acceptance: "AcceptanceReport") -> None:
        super().__init__(str(error))
        self.error = error
        self.chosen = chosen
        self.acceptance = acceptance


def is_volume_file(source: "Source | Volume") -> bool:
    """True for a NIfTI, NRRD or MetaImage file, which carries no headers to judge."""
    return isinstance(source, (str, Path)) and str(source).lower().endswith(VOLUME_SUFFIXES)


def surgery_date(settings: RunSettings) -> datetime.date | None:
    """The planned date of surgery. Raises `UsageError` for anything but YYYY-MM-DD."""
    if settings.surgery_date is None:
        return None
    try:
        return datetime.date.fromisoformat(settings.surgery_date)
    except ValueError:
        raise UsageError(
            way(
                _(
                    "{--surgery-date} takes a date as YYYY-MM-DD, not '{surgery_date}'.",
                    surgery_date=settings.surgery_date,
                ),
                _("The date of surgery takes a date as YYYY-MM-DD, not '{given}'.", given=settings.surgery_date),
            )
        ) from None


def load_judgement(
    settings: RunSettings, protocols: tuple[str, ...] = BUILT_IN_PROTOCOLS
) -> "tuple[list[Protocol], datetime.date | None]":
    """What a scan is to be judged by: the protocols, and the date of surgery. Raises `UsageError` for a name, a date or an
    answer that is none, before anything is read.
    """
    from ..acceptance import load_protocol, require_known_answers

    loaded = [load_protocol(name) for name in settings.protocols or protocols]
    require_known_answers(_answers_on_the_scan(settings, loaded), loaded)
    return loaded, surgery_date(settings)


def _answers_on_the_scan(settings: RunSettings, protocols: "Sequence[Protocol]") -> dict[str, str]:
    """The answers without those of the checklist, which are about the model that a run makes."""
    from ..acceptance import answerable_rule_ids

    return without_checklist(settings.answers, answerable_rule_ids(protocols))


def check_scan(
    source: Source,
    settings: RunSettings,
    progress: ProgressCallback = no_progress,
    protocols: tuple[str, ...] = BUILT_IN_PROTOCOLS,
) -> "AcceptanceReport":
    """Acceptance of every series of the source, under the named protocols or the settings' own; without series for a volume
    file, which has no headers to judge.

    Raises `InputError` where the source holds no image series, `UsageError` for unknown names.
    """
    from ..acceptance import AcceptanceReport, evaluate_study
    from ..dicom import read_image_volume, read_study

    if is_volume_file(source):
        read_image_volume(Path(source))
        return AcceptanceReport((), ())
    loaded, date = load_judgement(settings, protocols)
    study = read_study(Path(source), subprogress(progress, 0.0, 0.4))
    return evaluate_study(
        study,
        loaded,
        answers=_answers_on_the_scan(settings, loaded),
        surgery_date=date,
        pixels=settings.check_pixels,
        series_id=settings.series,
        progress=subprogress(progress, 0.4, 1.0),
    )


def load_scan(source: "Source | Volume", settings: RunSettings, progress: ProgressCallback = no_progress) -> LoadedScan:
    """The series to use, past the gate of the use, and its voxels. A volume without headers passes it; where the use is
    strict, with a reason only.

    Raises `GateClosedError` with `RefusedError` (exit 1) or `UnansweredQuestionError` (exit 4) where the gate of the use stays
    shut, `InputError` where DICOM is asked for and the series has no study to join.
    """
    from ..acceptance import load_use_case

    use = load_use_case(settings.use)
    if not isinstance(source, (str, Path)):
        return LoadedScan(source, None, None, pass_gate_without_headers(NO_HEADERS_MESSAGE, use, settings))
    if is_volume_file(source):
        from ..dicom import read_image_volume

        gate = _("Acceptance is not applicable: a volume file carries no headers to judge.")
        gate = pass_gate_without_headers(gate, use, settings)
        return LoadedScan(read_image_volume(Path(source)), None, None, gate)
    settings = _without_answers_to_others(settings, use.protocol)
    acceptance = check_scan(source, settings, subprogress(progress, 0.0, 0.6), protocols=(use.protocol,))
    chosen = choose_series(acceptance, settings)
    gate_sentence = require_open_gate(chosen, acceptance, settings)
    if {"dicom", "seg"} & set(settings.formats):
        from ..dicom_export import require_study

        require_study(chosen.series)
    from ..dicom import read_volume

    return LoadedScan(read_volume(chosen.series, subprogress(progress, 0.6, 1.0)), chosen, acceptance, gate_sentence)


def needs_reason(settings: RunSettings) -> bool:
    """True where the use stops at an open question, and so at everything that no header vouches for, unless a reason is given."""
    from ..acceptance import load_use_case

    return bool({"ask", "question"} & set(load_use_case(settings.use).blocked_by))


def pass_gate_without_headers(sentence: str, use: "UseCase", settings: RunSettings, what: str = "volume") -> str:
    """The sentence that says why this use may go on with a volume, or `what` else has no headers. Raises `UnansweredQuestionError`.

    A use that stops at an open question stops here too: nothing is known of the scan, unless a reason to go on is given.
    """
    from ..acceptance.use_gate import OVERRIDE_NOTICE

    reason = (settings.accept_anyway or "").strip()
    if not needs_reason(settings):
        return sentence
    if not reason:
        raise UnansweredQuestionError(
            _(
                "{sentence} The use {use} needs a scan that was judged: choose its DICOM files, or say why "
                "this {what} may be used: {--accept-anyway:REASON}.",
                sentence=sentence,
                use=use.name,
                what=what,
            )
        )
    return _(
        "{sentence} {override_notice}: {reason}", sentence=sentence, override_notice=OVERRIDE_NOTICE, reason=reason
    )


def _without_answers_to_others(settings: RunSettings, protocol: str) -> RunSettings:
    """`check_scan` asks the questions of all built-in protocols: answers to those that this use does not judge by count for nothing."""
    from ..acceptance import answerable_rule_ids, load_protocol

    asked = answerable_rule_ids(map(load_protocol, settings.protocols or (protocol,)))
    others = answerable_rule_ids(map(load_protocol, BUILT_IN_PROTOCOLS)) - asked
    return replace(settings, answers=tuple(answer for answer in settings.answers if answer[0] not in others))


def reevaluate_for_anatomy(scan: LoadedScan, segmentation: "Segmentation", settings: RunSettings) -> LoadedScan:
    """The scan judged again with the chosen anatomy: whether the field of view cuts it, and its contrast. Raises `GateClosedError`.

    Unchanged for a volume file, without the pixel detectors, and where the anatomy was found in a part of the scan only.
    """
    from ..acceptance import load_protocol, load_use_case
    from ..acceptance import reevaluate_for_anatomy as judge_series

    if scan.series is None or scan.acceptance is None or not settings.check_pixels:
        return scan
    labels = reordered(segmentation.labels, segmentation.affine, scan.volume.affine, scan.volume.array.shape)
    if labels is None:
        return scan
    # As in `check_scan`: a protocol of the user's own is found by its file, not by the name that its findings stand under.
    protocols = [load_protocol(name) for name in settings.protocols or (load_use_case(settings.use).protocol,)]
    judged = judge_series(scan.series, protocols, scan.volume, labels > 0, dict(settings.answers))
    others = tuple(judged if one.series.id == judged.series.id else one for one in scan.acceptance.series)
    acceptance = replace(scan.acceptance, series=others)
    return replace(scan, series=judged, acceptance=acceptance, gate=require_open_gate(judged, acceptance, settings))


def choose_series(acceptance: "AcceptanceReport", settings: RunSettings) -> "SeriesAcceptance":
    """The named series, or the best one of those that the use may be made of: best verdict, then most slices.

    Raises `UsageError` for a wrong name.
    """
    from ..acceptance import evaluate_gate, load_use_case

    if settings.series:
        for candidate in acceptance.series:
            if settings.series in (candidate.series.id, candidate.series.uid) or len(acceptance.series) == 1:
                return candidate
        known = join(", ", (candidate.series.id for candidate in acceptance.series))
        raise UsageError(
            _("There is no series '{series}' in the input: choose one of {known}.", series=settings.series, known=known)
        )
    use = load_use_case(settings.use)

    def burden(candidate: "SeriesAcceptance") -> tuple[bool, int, int]:
        is_shut = not evaluate_gate(candidate, use, settings.accept_anyway).open
        return is_shut, candidate.verdict.rank, -len(candidate.series)

    return min(acceptance.series, key=burden)


def require_open_gate(chosen: "SeriesAcceptance", acceptance: "AcceptanceReport", settings: RunSettings) -> str:
    """The sentence that says why this use may go on. Raises `GateClosedError`."""
    from ..acceptance import evaluate_gate, load_use_case

    answer = evaluate_gate(chosen, load_use_case(settings.use), settings.accept_anyway)
    if answer.open:
        return answer.reason or _("Accepted for the use {use}.", use=settings.use)
    kind = UnansweredQuestionError if answer.exit_code == UnansweredQuestionError.exit_code else RefusedError
    raise GateClosedError(kind(answer.reason), chosen, acceptance)
