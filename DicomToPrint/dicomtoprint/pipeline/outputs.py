"""What a run tells: the files beside the model, and the few lines on the terminal."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from ..config.run_settings import RunSettings
from ..messages import _, speaking
from ..progress import ProgressCallback, no_progress, subprogress
from .inspection import Inspection
from .output_folder import check_writable, describe_foreign_files
from .print_plan import build_print_plan
from .record_content import assemble_preparation_record, assemble_record, assemble_registry_entry
from .report_content import (
    as_notes,
    assemble_preparation_content,
    assemble_run_content,
    finding_images,
    maps_in_scan,
    measure_budget,
    use_content,
    wall_maps,
    with_scan,
)
from .scaling import scale_of
from .scan_loading import GateClosedError, Source

if TYPE_CHECKING:
    from ..acceptance import AcceptanceReport
    from ..accuracy import CaliperMeasurement
    from ..images.image import ReportImage
    from ..printability import Readiness
    from ..report import ReportContent
    from ..run_record import RunRecord
    from .results import MadeModel, PreparationResult, RunResult


def write_refusal(shut: GateClosedError, settings: RunSettings, folder: Path) -> None:
    """The report and the acceptance of a scan that the gate of the use refused."""
    from ..io import write_json_atomically
    from ..report import ReportContent, write_report

    write_json_atomically(folder / "acceptance.json", shut.acceptance.as_json(settings.include_identifiers))
    with speaking(settings.language):
        write_report(
            folder,
            replace(
                with_scan(shut.acceptance, settings, ReportContent()),
                series=shut.chosen.series.id,
                gate=str(shut.error),
                refused=True,
                notes=describe_foreign_files(folder, ()),
                **use_content(settings),
            ),
        )


def write_check(acceptance: "AcceptanceReport", settings: RunSettings, folder: Path) -> None:
    """``acceptance.json`` and ``report.html`` of a check."""
    from ..io import write_json_atomically
    from ..report import ReportContent, write_report

    check_writable(folder)
    write_json_atomically(folder / "acceptance.json", acceptance.as_json(settings.include_identifiers))
    with speaking(settings.language):
        write_report(folder, with_scan(acceptance, settings, ReportContent()))


def write_inspection(inspection: Inspection, folder: Path, progress: ProgressCallback = no_progress) -> Inspection:
    """``printability.json``, ``report.html`` and the pictures of the findings of an inspection; its readiness then names them."""
    from ..io import write_json_atomically
    from ..rendering import render_model_views
    from ..report import ProcessingNote, ReportContent, write_report

    check_writable(folder)
    readiness = inspection.readiness
    drawn = render_model_views(readiness.meshes, wall_maps(readiness), (), subprogress(progress, 0.0, 0.6))
    places = finding_images(readiness, subprogress(progress, 0.6, 1.0))
    readiness = replace(readiness, pictures=write_finding_images(folder, places))
    inspection = replace(inspection, readiness=readiness)
    write_json_atomically(folder / "printability.json", inspection.as_json())
    write_report(
        folder,
        replace(
            ReportContent(),
            readiness=readiness,
            changes=tuple(ProcessingNote("repair", line) for line in inspection.repaired),
            process=readiness.process.title,
            printer=readiness.printer.title,
            view_pictures=drawn.views,
            map_pictures=drawn.maps,
            finding_pictures=places,
            notes=as_notes(drawn.note),
        ),
    )
    return inspection


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
    from ..io import write_json_atomically
    from ..run_record import write_registry

    folder, settings = result.folder, result.settings
    if result.scan.acceptance is not None:
        write_json_atomically(folder / "acceptance.json", result.scan.acceptance.as_json(settings.include_identifiers))
    calipers, budget = _calipers(result), measure_budget(result)
    record = assemble_record(source, result, calipers, budget)
    write_registry(folder, assemble_registry_entry(result, record))
    content = assemble_run_content(result, calipers, budget, record, subprogress(progress, 0.0, 0.9))
    readiness = _write_model(result, record, content)
    progress(1.0, _("report and record written"))
    return readiness


def write_preparation(
    source: Path, result: "PreparationResult", progress: ProgressCallback = no_progress
) -> "Readiness":
    """As `write_run`, for a given mesh: no acceptance, and no entry of the registry, whose form is about a scan."""
    calipers = _calipers(result)
    record = assemble_preparation_record(source, result, calipers)
    content = assemble_preparation_content(result, calipers, record, subprogress(progress, 0.0, 0.9))
    readiness = _write_model(result, record, content)
    progress(1.0, _("report and record written"))
    return readiness


def _calipers(result: "MadeModel") -> "Sequence[CaliperMeasurement]":
    """Distances to measure on the finished part, with the tolerance of the process."""
    from ..report import select_caliper_measurements

    process = result.readiness.process
    return select_caliper_measurements(
        result.meshes_in_scan,
        absolute_mm=process.limit("tolerance_mm"),
        share=(process.limit("tolerance_percent") or 0.0) / 100.0,
        scale=scale_of(result.settings),
    )


def _write_model(result: "MadeModel", record: "RunRecord", content: "ReportContent") -> "Readiness":
    """Plan, record, printability with its pictures, and last the report, which names the record's hash; where asked for, the page that
    turns and the report as PDF."""
    from ..io import sha256_of, write_json_atomically, write_text_atomically
    from ..rendering.turning_page import render_turning_page
    from ..report import write_report
    from ..report.pdf import print_to_pdf
    from ..run_record import write_record

    folder = result.folder
    source = "mesh" if content.parts_given else "scan"
    plan = build_print_plan(result.settings, result.model, result.readiness, source)
    write_json_atomically(folder / "plan.json", plan)
    pictures = write_finding_images(folder, content.finding_pictures)
    readiness = replace(result.readiness, pictures=pictures, checklist=record.checklist)
    write_json_atomically(folder / "printability.json", readiness.as_json())
    page = write_report(folder, replace(content, plan=plan, record_sha256=sha256_of(write_record(folder, record))))
    if result.settings.viewer:
        title = _("The model for printing")
        write_text_atomically(folder / "model.html", render_turning_page(maps_in_scan(result), title))
    if result.settings.pdf:
        print_to_pdf(page, folder / "report.pdf")
    return readiness
