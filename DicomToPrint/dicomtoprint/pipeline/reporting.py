"""What a run tells: the files beside the model, and the few lines on the terminal."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .. import __version__
from ..config.run_settings import RunSettings, redact_paths, to_command_line, user_files
from ..progress import ProgressCallback, no_progress, subprogress
from ..text import pluralize
from .inspection import Inspection
from .output_folder import check_writable, describe_foreign_files
from .print_plan import build_print_plan
from .scan_loading import NO_HEADERS_MESSAGE, GateClosedError, Source
from .stages import anatomy_name

if TYPE_CHECKING:
    from ..acceptance import AcceptanceReport
    from ..images.image import ReportImage
    from ..printability import Readiness
    from ..report import ErrorBudget, ReportContent
    from ..run_record import RunRecord
    from .run import RunResult


def write_refusal(shut: GateClosedError, settings: RunSettings, folder: Path) -> None:
    """The report and the acceptance of a scan that the gate of the use refused."""
    from ..io import write_json_atomically
    from ..report import ReportContent, write_report

    write_json_atomically(folder / "acceptance.json", shut.acceptance.as_json(settings.identified))
    write_report(
        folder,
        replace(
            _scan_content(shut.acceptance, settings, ReportContent()),
            series=shut.chosen.series.id,
            gate=str(shut.error),
            refused=True,
            notes=describe_foreign_files(folder, ()),
            **_use_content(settings),
        ),
    )


def write_check(acceptance: "AcceptanceReport", settings: RunSettings, folder: Path) -> None:
    """``acceptance.json`` and ``report.html`` of a check."""
    from ..io import write_json_atomically
    from ..report import ReportContent, write_report

    check_writable(folder)
    write_json_atomically(folder / "acceptance.json", acceptance.as_json(settings.identified))
    write_report(folder, _scan_content(acceptance, settings, ReportContent()))


def write_inspection(inspection: Inspection, folder: Path, progress: ProgressCallback = no_progress) -> Inspection:
    """``printability.json``, ``report.html`` and the pictures of the findings of an inspection; its readiness then names them."""
    from ..io import write_json_atomically
    from ..rendering import render_model_views
    from ..report import ReportContent, write_report

    check_writable(folder)
    readiness = inspection.readiness
    drawn = render_model_views(readiness.meshes, _maps(readiness), (), subprogress(progress, 0.0, 0.6))
    places = _places(readiness, subprogress(progress, 0.6, 1.0))
    readiness = replace(readiness, pictures=write_finding_images(folder, places))
    write_json_atomically(folder / "printability.json", readiness.as_json())
    write_report(
        folder,
        replace(
            ReportContent(),
            readiness=readiness,
            process=readiness.process.title,
            printer=readiness.printer.title,
            view_pictures=drawn.views,
            map_pictures=drawn.maps,
            finding_pictures=places,
            notes=_only(drawn.note),
        ),
    )
    return replace(inspection, readiness=readiness)


def _places(readiness: "Readiness", progress: ProgressCallback) -> "Mapping[str, tuple[ReportImage, ...]]":
    """A picture of the place of each finding, by rule; of lost and added parts one each."""
    from ..rendering import render_finding_views

    limit = readiness.process.limit("wall_supported_mm")
    return render_finding_views(
        readiness.meshes, readiness.findings, limit, progress, readiness.shapes, readiness.marked
    )


def write_finding_images(folder: Path, places: "Mapping[str, tuple[ReportImage, ...]]") -> dict[str, tuple[str, ...]]:
    """The pictures of the findings as files in ``pictures``, those of an earlier run taken away; their names from the folder, by rule."""
    from ..io import write_bytes_atomically

    inside = folder / "pictures"
    for old in inside.glob("place-*.svg"):
        old.unlink(missing_ok=True)
    for shown in (picture for pictures in places.values() for picture in pictures):
        write_bytes_atomically(inside / f"{shown.name}.svg", shown.data)
    return {rule: tuple(f"{inside.name}/{shown.name}.svg" for shown in pictures) for rule, pictures in places.items()}


def write_run(source: Source, result: "RunResult", progress: ProgressCallback = no_progress) -> "Readiness":
    """Everything beside the mesh files: acceptance, plan, registry, record, printability with its pictures, and last the report that
    names the record. Returns the readiness, which then names its pictures."""
    from ..io import sha256_of, write_json_atomically
    from ..report import select_caliper_measurements, write_report
    from ..run_record import write_record, write_registry

    folder, settings = result.folder, result.settings
    if result.scan.acceptance is not None:
        write_json_atomically(folder / "acceptance.json", result.scan.acceptance.as_json(settings.identified))
    plan = build_print_plan(settings, result.model, result.readiness)
    write_json_atomically(folder / "plan.json", plan)
    process = result.readiness.process
    calipers = select_caliper_measurements(
        result.meshes_in_scan,
        absolute_mm=process.limit("tolerance_mm"),
        share=(process.limit("tolerance_percent") or 0.0) / 100.0,
    )
    budget = _budget(result)
    record = _record(source, result, calipers, budget)
    write_registry(folder, _registry(result, record))
    content = _run_content(result, calipers, budget, record, subprogress(progress, 0.0, 0.9))
    # The report names the record's hash, so the record comes first.
    readiness = replace(result.readiness, pictures=write_finding_images(folder, content.finding_pictures))
    write_json_atomically(folder / "printability.json", readiness.as_json())
    write_report(folder, replace(content, plan=plan, record_sha256=sha256_of(write_record(folder, record))))
    progress(1.0, "report and record written")
    return readiness


def _scan_content(
    acceptance: "AcceptanceReport | None", settings: RunSettings, content: "ReportContent"
) -> "ReportContent":
    if acceptance is None:
        return content
    return replace(
        content,
        acceptance=acceptance.as_json(settings.identified),
        identified=settings.identified,
        scan_pictures={accepted.series.id: tuple(accepted.pictures) for accepted in acceptance.series},
    )


def _use_content(settings: RunSettings) -> dict[str, Any]:
    from ..acceptance import load_use_case

    use = load_use_case(settings.use)
    return {
        "use": settings.use,
        "use_title": use.name.replace("-", " "),
        "use_notes": tuple(filter(None, (use.shape, _to_keep(use.documentation)))),
    }


def _to_keep(documentation: Sequence[str]) -> str:
    return f"Keep with a model for this use: {'; '.join(documentation)}." if documentation else ""


def _run_content(
    result: "RunResult", calipers: Sequence[Any], budget: "ErrorBudget", record: "RunRecord", progress: ProgressCallback
) -> "ReportContent":
    from ..rendering import render_model_views, render_slice_contours
    from ..report import ProcessingNote, ReportContent

    content = _scan_content(result.scan.acceptance, result.settings, ReportContent())
    # A model that was turned for the print is shown as it lies in the patient: only there are front, left and above true.
    meshes, read = result.meshes_in_scan, replace(result.readiness, meshes=result.in_scan(result.readiness.meshes))
    slices = render_slice_contours(result.scan.volume, meshes, progress=subprogress(progress, 0.0, 0.3))
    drawn = render_model_views(
        meshes,
        [*_model_maps(meshes), *_maps(read)],
        calipers,
        subprogress(progress, 0.3, 0.7),
    )
    places = _places(result.readiness, subprogress(progress, 0.7, 1.0))
    notes = (*result.scan.volume.notes, *result.segmentation.notes, *result.model.notes, *_only(drawn.note))
    notes += describe_foreign_files(result.folder, [file.path.name for file in result.files])
    changes = tuple(ProcessingNote(step.name, step.effect) for step in result.model.steps)
    return replace(
        content,
        series=result.scan.series.series.id if result.scan.series else "",
        gate=result.scan.gate,
        **_use_content(result.settings),
        parts=_parts(result),
        turned=any(moved is not None for moved in result.moved),
        slice_pictures=slices,
        view_pictures=drawn.views,
        map_pictures=drawn.maps,
        caliper_picture=drawn.calipers,
        changes=changes,
        provenance=provenance_area_fractions(result.model.meshes),
        budget=budget,
        calipers=tuple(calipers),
        readiness=result.readiness,
        finding_pictures=places,
        process=result.readiness.process.title,
        printer=result.readiness.printer.title,
        files=tuple(file.as_json() for file in result.files),
        notes=notes,
        created=record.created,
        software=f"DicomToPrint {__version__}",
        inputs=f"{len(record.inputs)} files; SHA-256 over their sorted hashes: {record.input_sha256}",
        answers_role={entry["rule"]: {"role": entry["role"], "time": entry["time"]} for entry in record.answers},
        command=to_command_line("INPUT", "OUTPUT", _written(result.settings)),
    )


def _written(settings: RunSettings) -> RunSettings:
    """The settings as record and report name them."""
    return settings if settings.identified else redact_paths(settings)


def _parts(result: "RunResult") -> tuple[Any, ...]:
    from ..report import ModelPart

    parts = []
    for index, mesh in enumerate(result.model.meshes):
        figures = result.model.figures[index] if index < len(result.model.figures) else {}
        parts.append(
            ModelPart(
                mesh.name,
                mesh.color,
                len(mesh.triangles),
                mesh.volume,
                mesh.area,
                mesh.bounds,
                *(_number(figures.get(f"{name}_deviation_mm")) for name in ("mean", "p95", "max")),
            )
        )
    return tuple(parts)


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, (int, float)) else None


def provenance_area_fractions(meshes: Sequence[Any]) -> dict[str, float]:
    """Share of the surface's area by origin, 0 to 1."""
    import numpy as np

    from ..mesh.core import Provenance

    areas = dict.fromkeys((origin.name.lower() for origin in Provenance), 0.0)
    for mesh in meshes:
        origins = mesh.triangle_arrays.get("Provenance")
        sizes = np.linalg.norm(mesh.triangle_normals(), axis=1) / 2.0
        for origin in Provenance:
            areas[origin.name.lower()] += float(sizes[origins == origin].sum()) if origins is not None else 0.0
    total = sum(areas.values())
    return {name: area / total for name, area in areas.items()} if total > 0 else {}


def _model_maps(meshes: Sequence[Any]) -> list[Any]:
    import numpy as np

    from ..mesh.core import concatenate
    from ..rendering import deviation_map, provenance_map

    whole = concatenate(list(meshes))
    maps = []
    if np.isfinite(whole.point_arrays.get("Deviation", np.nan)).any():
        maps.append((whole, deviation_map(whole)))
    if "Provenance" in whole.triangle_arrays:
        maps.append((whole, provenance_map(whole)))
    return maps


def _maps(readiness: Any) -> list[Any]:
    from ..mesh.core import concatenate
    from ..rendering import wall_map

    if not readiness.meshes or any("Wall" not in mesh.point_arrays for mesh in readiness.meshes):
        return []
    whole = concatenate(list(readiness.meshes))
    return [(whole, wall_map(whole, readiness.process.limit("wall_supported_mm")))]


def _budget(result: "RunResult") -> "ErrorBudget":
    from ..accuracy import error_budget, estimate_accuracy, measure_edge_profile

    figures: Sequence[Mapping[str, Any]] = result.model.figures
    process, volume, meshes = result.readiness.process, result.scan.volume, result.meshes_in_scan
    boundary = measure_edge_profile(volume, meshes)
    has_edges = boundary is not None and any(segment.boundary is not None for segment in result.segmentation.segments)

    def worst(name: str) -> float | None:
        values = [value for value in (_number(entry.get(name)) for entry in figures) if value is not None]
        return max(values) if values else None

    bounds = [mesh.bounds for mesh in result.model.meshes]
    longest = max(b[2 * axis + 1] - b[2 * axis] for b in bounds for axis in range(3))
    return error_budget(
        spacing=volume.spacing,
        boundary=boundary,
        accuracy=estimate_accuracy(volume, meshes, boundary.noise_hu) if boundary is not None and has_edges else None,
        deviation_p95_mm=worst("p95_deviation_mm"),
        deviation_max_mm=worst("max_deviation_mm"),
        tolerance_mm=process.limit("tolerance_mm"),
        tolerance_share=(process.limit("tolerance_percent") or 0.0) / 100.0,
        longest_mm=longest,
        process=process.title,
        structure=_structures(result),
    )


def _structures(result: "RunResult") -> str:
    """The structures of the scan that the model shows, by their names there; empty where they are more than a sentence holds."""
    names = dict.fromkeys(segment.name for segment in result.segmentation.segments)
    shown = [name for name in names if any(f"{mesh.name} ".startswith(f"{name} ") for mesh in result.model.meshes)]
    return ", ".join(shown) if len(shown) <= 3 else ""


def _record(source: Source, result: "RunResult", calipers: Sequence[Any], budget: "ErrorBudget") -> "RunRecord":
    import datetime

    from ..run_record import hash_inputs, hash_series, new_run_record

    settings = result.settings
    series = result.scan.series.series if result.scan.series else None
    inputs, whole = (
        hash_series(series, identified=settings.identified)
        if series
        else hash_inputs([Path(source)], identified=settings.identified)
    )
    given = user_files(settings)
    hashes, _all = hash_inputs(given, identified=True)
    spent = datetime.timedelta(seconds=sum(step.seconds for step in result.steps))
    began = (datetime.datetime.now().astimezone() - spent).isoformat(timespec="seconds")
    answered, scan = dict(settings.answered), result.scan
    return new_run_record(
        intended_use=settings.use,
        accept_anyway=settings.accept_anyway or "",
        inputs=inputs,
        input_sha256=whole,
        given_files=tuple(
            {"file": entry["name"], "sha256": entry["sha256"], "bytes": entry["bytes"]} for entry in hashes
        ),
        series=scan.series.series.id if scan.series else "",
        parameters=_written(settings).as_json(),
        answers=tuple(
            {"rule": rule, "answer": answer, "role": settings.role, "time": answered.get(rule, began)}
            for rule, answer in settings.answers
        ),
        acceptance=scan.acceptance.as_json(settings.identified) if scan.acceptance else {},
        gate=scan.gate,
        steps=tuple(asdict(step) for step in result.steps),
        parts=_parts(result),
        provenance=provenance_area_fractions(result.model.meshes),
        budget=budget,
        verdicts={"scan": scan.series.verdict.value if scan.series else "not applicable", "print": result.verdict},
        outputs=tuple(file.as_json() for file in result.files),
        calipers=tuple(calipers),
        notes=(*scan.volume.notes, *result.segmentation.notes, *result.model.notes),
    )


def _registry(result: "RunResult", record: "RunRecord") -> dict[str, Any]:
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


def _only(note: str) -> tuple[str, ...]:
    return (note,) if note else ()


def acceptance_summary(content: Mapping[str, Any]) -> str:
    """A few lines for the terminal: a line a series and protocol, then what failed, then the questions."""
    lines: list[str] = []
    for series in content["series"]:
        name = f"Series {series['series']}" + (f" ({series['description']})" if series.get("description") else "")
        lines.append(f"{name}, {pluralize(series['files'], 'file')}: {series['verdict'].upper()}")
        if series.get("instead"):
            lines.append(f"  use series {series['instead']} instead")
        for protocol, result in series["protocols"].items():
            known = " (its figures are known at second hand)" if result.get("second_hand") else ""
            lines.append(f"  {protocol} {result['version']}{known}: {result['verdict']}")
            lines += [
                f"    {finding['severity']:<6} {finding['clause'] or finding['rule']:<10} {finding['message']}"
                + (f" To do: {finding['remedy']}" if finding["remedy"] else "")
                for finding in result["findings"]
                if finding["outcome"] in ("fail", "ask") and finding["severity"] != "info"
            ]
        lines += [
            f"  question {question['rule']}: {question['text']} ({question['answer'] or 'no answer yet'})"
            for question in series["questions"]
        ]
    if not lines:
        lines.append(NO_HEADERS_MESSAGE)
    lines += [f"not readable: {entry['file']}: {entry['reason']}" for entry in content["unreadable"]]
    return "\n".join(lines)


def readiness_summary(content: Mapping[str, Any]) -> str:
    """A few lines for the terminal: the verdict, then what is below guideline."""
    words = {"ready": "READY", "warn": "READY WITH WARNINGS", "not-ready": "NOT READY"}
    lines = [f"Print readiness: {words[content['verdict']]}"]
    lines += [
        f"  {finding['severity']:<6} {finding['rule']:<18} {finding['message']}"
        + (f" To do: {finding['remedy']}" if finding["remedy"] else "")
        for finding in content["findings"]
        if finding["outcome"] in ("fail", "ask") and finding["severity"] != "info"
    ]
    return "\n".join(lines)


def run_summary(result: "RunResult") -> str:
    """A few lines for the terminal about a finished run."""
    lines = []
    if result.scan.series:
        lines.append(
            f"Series {result.scan.series.series.id}: {result.scan.series.verdict.value.upper()}. {result.scan.gate}"
        )
    else:
        lines.append(result.scan.gate)
    for mesh in result.model.meshes:
        lines.append(f"{mesh.name}: {len(mesh.triangles)} triangles, {mesh.volume / 1000.0:.1f} cm3")
    lines.append(readiness_summary(result.readiness.as_json()))
    lines.append(
        "Written: "
        + ", ".join(file.path.name for file in result.files)
        + ", report.html, record.json, plan.json, registry.json, printability.json (LPS, millimetres)"
    )
    return "\n".join(lines)


def inspection_summary(inspection: Inspection) -> str:
    """A few lines for the terminal about an inspection."""
    lines = [f"repair: {line}" for line in inspection.repaired]
    return "\n".join([*lines, readiness_summary(inspection.readiness.as_json())])
