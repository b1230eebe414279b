"""What the record of a run and the registry's case form hold, put together from its result."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..config.run_settings import user_files
from .report_content import model_parts, provenance_area_fractions, recorded_settings
from .scan_loading import Source
from .stages import anatomy_name

if TYPE_CHECKING:
    from ..accuracy import ErrorBudget
    from ..run_record import RunRecord
    from .results import RunResult


def assemble_record(source: Source, result: "RunResult", calipers: Sequence[Any], budget: "ErrorBudget") -> "RunRecord":
    import datetime

    from ..run_record import hash_inputs, hash_series, new_run_record

    settings = result.settings
    series = result.scan.series.series if result.scan.series else None
    inputs, whole = (
        hash_series(series, identified=settings.include_identifiers)
        if series
        else hash_inputs([Path(source)], identified=settings.include_identifiers)
    )
    given = user_files(settings)
    hashes, _all = hash_inputs(given, identified=True)
    spent = datetime.timedelta(seconds=sum(step.seconds for step in result.steps))
    began = (datetime.datetime.now().astimezone() - spent).isoformat(timespec="seconds")
    answered, scan = dict(settings.answer_times), result.scan
    return new_run_record(
        intended_use=settings.use,
        accept_anyway=settings.accept_anyway or "",
        inputs=inputs,
        input_sha256=whole,
        given_files=tuple(
            {"file": entry["name"], "sha256": entry["sha256"], "bytes": entry["bytes"]} for entry in hashes
        ),
        series=scan.series.series.id if scan.series else "",
        parameters=recorded_settings(settings).as_json(),
        answers=tuple(
            {"rule": rule, "answer": answer, "role": settings.role, "time": answered.get(rule, began)}
            for rule, answer in settings.answers
        ),
        acceptance=scan.acceptance.as_json(settings.include_identifiers) if scan.acceptance else {},
        gate=scan.gate,
        steps=tuple(asdict(step) for step in result.steps),
        parts=model_parts(result),
        provenance=provenance_area_fractions(result.model.meshes),
        budget=budget,
        verdicts={"scan": scan.series.verdict.value if scan.series else "not applicable", "print": result.verdict},
        outputs=tuple(file.as_json() for file in result.files),
        calipers=tuple(calipers),
        notes=(*scan.volume.notes, *result.segmentation.notes, *result.model.notes),
    )


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
