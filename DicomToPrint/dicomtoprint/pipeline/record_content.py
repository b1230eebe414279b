"""What the record of a run and the registry's case form hold, put together from its result."""

import datetime
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..config.run_settings import RunSettings, user_files
from ..messages import _
from .checklist import with_givers
from .report_content import model_parts, provenance_area_fractions, recorded_settings
from .scan_loading import Source
from .segmenting import anatomy_name

if TYPE_CHECKING:
    from ..accuracy import ErrorBudget
    from ..run_record import RunRecord
    from .results import MadeModel, PreparationResult, RunResult


def assemble_record(source: Source, result: "RunResult", calipers: Sequence[Any], budget: "ErrorBudget") -> "RunRecord":
    from ..run_record import hash_inputs, hash_series, new_run_record

    settings, scan = result.settings, result.scan
    series = scan.series.series if scan.series else None
    inputs, whole = (
        hash_series(series, identified=settings.include_identifiers)
        if series
        else hash_inputs([Path(source)], identified=settings.include_identifiers)
    )
    answers = _answers(result, settings.answers)
    return new_run_record(
        **_model_entries(result, calipers),
        inputs=inputs,
        input_sha256=whole,
        series=series.id if series else "",
        answers=answers,
        checklist=with_givers(result.readiness.checklist, answers),
        acceptance=scan.acceptance.as_json(settings.include_identifiers) if scan.acceptance else {},
        gate=scan.gate,
        provenance=provenance_area_fractions(result.model.meshes),
        budget=budget,
        verdicts={"scan": scan.series.verdict.value if scan.series else _("not applicable"), "print": result.verdict},
        notes=(*scan.volume.notes, *result.segmentation.notes, *result.model.notes),
    )


def assemble_preparation_record(source: Path, result: "PreparationResult", calipers: Sequence[Any]) -> "RunRecord":
    """The record of a run on a given mesh: no scan, so neither acceptance nor budget."""
    from ..run_record import hash_inputs, new_run_record

    inputs, whole = hash_inputs([source], identified=result.settings.include_identifiers)
    asked = {entry["question"] for entry in result.readiness.checklist}
    answers = _answers(result, [answer for answer in result.settings.answers if answer[0] in asked])
    return new_run_record(
        command="prepare",
        **_model_entries(result, calipers),
        inputs=inputs,
        input_sha256=whole,
        answers=answers,
        checklist=with_givers(result.readiness.checklist, answers),
        gate=result.mesh.gate,
        verdicts={"scan": _("not applicable"), "print": result.verdict},
        notes=result.model.notes,
    )


def _answers(result: "MadeModel", answers: Sequence[tuple[str, str]]) -> tuple[dict[str, str], ...]:
    """The answers with who gave them and when: when the run began, where nothing else is known."""
    settings = result.settings
    spent = datetime.timedelta(seconds=sum(step.seconds for step in result.steps))
    began = (datetime.datetime.now().astimezone() - spent).isoformat(timespec="seconds")
    answered = dict(settings.answer_times)
    return tuple(
        {"rule": rule, "answer": answer, "role": settings.role, "time": answered.get(rule, began)}
        for rule, answer in answers
    )


def _model_entries(result: "MadeModel", calipers: Sequence[Any]) -> dict[str, Any]:
    """What the records of both kinds of runs hold."""
    settings = result.settings
    return {
        "intended_use": settings.use,
        "accept_anyway": settings.accept_anyway or "",
        "given_files": given_file_entries(settings),
        "parameters": recorded_settings(settings).as_json(),
        "steps": tuple(asdict(step) for step in result.steps),
        "parts": model_parts(result),
        "outputs": tuple(file.as_json() for file in result.files),
        "calipers": tuple(calipers),
    }


def given_file_entries(settings: RunSettings) -> tuple[dict[str, Any], ...]:
    """The user's own files among the settings, with their hashes."""
    from ..run_record import hash_inputs

    hashes, _all = hash_inputs(user_files(settings), identified=True)
    return tuple({"file": entry["name"], "sha256": entry["sha256"], "bytes": entry["bytes"]} for entry in hashes)


def assemble_registry_entry(result: "RunResult", record: "RunRecord") -> dict[str, Any]:
    """The registry's entry, pre-filled with what the files establish."""
    from ..run_record import registry_entry

    series = result.scan.series.series if result.scan.series else None
    makers = series.distinct("Manufacturer") if series else ()
    return registry_entry(
        record,
        modality=series.modality if series else "",
        manufacturer=str(makers[0]) if makers else "",
        slices=len(series) if series else None,
        spacing_mm=result.scan.volume.spacing,
        anatomy=anatomy_name(result.settings),
        process=result.settings.process,
    )
