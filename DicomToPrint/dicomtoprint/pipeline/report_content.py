"""What the report of a check, a run or an inspection shows, put together from their results."""

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from .. import __version__
from ..config.run_settings import RunSettings, redact_paths, to_command_line
from ..messages import _, join
from ..progress import ProgressCallback, subprogress
from .checklist import left_out
from .output_folder import describe_foreign_files
from .scaling import is_scaled, scale_of, scale_words

if TYPE_CHECKING:
    from ..acceptance import AcceptanceReport
    from ..accuracy import Accuracy, ErrorBudget
    from ..images.image import ReportImage
    from ..printability import Readiness
    from ..rendering.model_views import ModelViews
    from ..report import ReportContent
    from ..run_record import RunRecord
    from .results import MadeModel, PreparationResult, RunResult


def finding_images(readiness: "Readiness", progress: ProgressCallback) -> "Mapping[str, tuple[ReportImage, ...]]":
    """A picture of the place of each finding, by rule; of lost and added parts one each."""
    from ..rendering import render_finding_views

    limit = readiness.process.limit("wall_supported_mm")
    return render_finding_views(
        readiness.meshes, readiness.findings, limit, progress, readiness.shapes, readiness.marked
    )


def with_scan(
    acceptance: "AcceptanceReport | None", settings: RunSettings, content: "ReportContent"
) -> "ReportContent":
    from ..report.scan_images import scan_images

    if acceptance is None:
        return content
    return replace(
        content,
        acceptance=acceptance.as_json(settings.include_identifiers),
        identified=settings.include_identifiers,
        scan_pictures={accepted.series.id: scan_images(accepted) for accepted in acceptance.series},
    )


def use_content(settings: RunSettings) -> dict[str, Any]:
    from ..acceptance import load_use_case

    use = load_use_case(settings.use)
    return {
        "use": settings.use,
        "use_title": use.name.replace("-", " "),
        "use_notes": tuple(filter(None, (use.shape, _to_keep(use.documentation)))),
    }


def _to_keep(documentation: Sequence[str]) -> str:
    return (
        _("Keep with a model for this use: {documentation}.", documentation=join("; ", documentation))
        if documentation
        else ""
    )


def assemble_run_content(
    result: "RunResult", calipers: Sequence[Any], budget: "ErrorBudget", record: "RunRecord", progress: ProgressCallback
) -> "ReportContent":
    from ..rendering import render_model_views, render_slice_contours
    from ..report import ReportContent

    content = with_scan(result.scan.acceptance, result.settings, ReportContent())
    # A model that was turned for the print is shown as it lies in the patient: only there are front, left and above true.
    meshes = result.meshes_in_scan
    slices = render_slice_contours(result.scan.volume, meshes, progress=subprogress(progress, 0.0, 0.3))
    drawn = render_model_views(
        meshes,
        maps_in_scan(result),
        calipers,
        subprogress(progress, 0.3, 0.7),
    )
    notes = (*result.scan.volume.notes, *result.segmentation.notes, *result.model.notes)
    figures = result.segmentation.figures
    content = _with_model(content, result, drawn, notes, calipers, record, subprogress(progress, 0.7, 1.0), figures)
    return replace(
        content,
        series=result.scan.series.series.id if result.scan.series else "",
        gate=result.scan.gate,
        slice_pictures=slices,
        provenance=provenance_area_fractions(result.model.meshes),
        budget=budget,
        command=to_command_line("INPUT", "OUTPUT", recorded_settings(result.settings)),
    )


def assemble_preparation_content(
    result: "PreparationResult", calipers: Sequence[Any], record: "RunRecord", progress: ProgressCallback
) -> "ReportContent":
    """The report of a given mesh: as it came and as it is now, without what only a scan can tell."""
    from ..mesh.core import concatenate
    from ..rendering import render_model_views
    from ..rendering.scalar_maps import lost_map
    from ..report import ReportContent

    loaded = result.mesh
    given = concatenate(list(result.comparison.source))
    maps = [(given, lost_map(given)), *_walls_in_scan(result)]
    drawn = render_model_views(result.meshes_in_scan, maps, calipers, subprogress(progress, 0.0, 0.7))
    notes = (*result.model.notes, result.comparison.in_words)
    content = _with_model(ReportContent(), result, drawn, notes, calipers, record, subprogress(progress, 0.7, 1.0))
    return replace(
        content,
        title=_("From mesh to print: report"),
        gate=loaded.gate,
        parts_given=given_parts(loaded.meshes),
        identified=result.settings.include_identifiers,
        command=to_command_line("MESH", "OUTPUT", recorded_settings(result.settings), command="prepare"),
    )


def _with_model(
    content: "ReportContent",
    result: "MadeModel",
    drawn: "ModelViews",
    notes: tuple[str, ...],
    calipers: Sequence[Any],
    record: "RunRecord",
    progress: ProgressCallback,
    figures: Mapping[str, object] = MappingProxyType({}),
) -> "ReportContent":
    """The content with what runs of both kinds tell of the model and its files; `figures` are those of the segmentation of a scan."""
    from ..report import ProcessingNote

    places = finding_images(result.readiness, progress)
    steps = [(step.name, step.effect) for step in result.model.steps]
    notes += as_notes(drawn.note)
    if is_scaled(result.settings):
        notes = (
            _(
                "The model is printed {scale_words}: it is not the anatomy as it is.",
                scale_words=scale_words(result.settings),
            ),
            *notes,
        )
    notes += describe_foreign_files(result.folder, [file.path.name for file in result.files])
    return replace(
        content,
        **use_content(result.settings),
        parts=model_parts(result),
        turned=result.settings.orient and any(moved is not None for moved in result.print_transforms),
        view_pictures=drawn.views,
        map_pictures=drawn.maps,
        caliper_picture=drawn.calipers,
        changes=tuple(ProcessingNote(name, effect) for name, effect in steps),
        calipers=tuple(calipers),
        readiness=result.readiness,
        finding_pictures=places,
        process=result.readiness.process.title,
        printer=result.readiness.printer.title,
        files=tuple(file.as_json() for file in result.files),
        notes=notes,
        created=record.created,
        software=f"DicomToPrint {__version__}",
        inputs=_(
            "{number} files; SHA-256 over their sorted hashes: {hash}",
            number=len(record.inputs),
            hash=record.input_sha256,
        ),
        answers_role={entry["rule"]: {"role": entry["role"], "time": entry["time"]} for entry in record.answers},
        checklist=tuple(record.checklist),
        left_out=left_out(figures, steps, result.readiness, result.settings),
    )


def recorded_settings(settings: RunSettings) -> RunSettings:
    """The settings as record and report name them."""
    return settings if settings.include_identifiers else redact_paths(settings)


def given_parts(meshes: Sequence[Any]) -> tuple[Any, ...]:
    """The objects of a given mesh as parts of the report."""
    from ..report import ModelPart

    return tuple(
        ModelPart(mesh.name, mesh.color, len(mesh.triangles), mesh.volume, mesh.area, mesh.bounds) for mesh in meshes
    )


def model_parts(result: "MadeModel") -> tuple[Any, ...]:
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


def maps_in_scan(result: "MadeModel") -> list[Any]:
    """The model where it lies in the scan or in the given file, with what is known of its surface: deviation, origin, walls."""
    return [*_model_maps(result.meshes_in_scan), *_walls_in_scan(result)]


def _walls_in_scan(result: "MadeModel") -> list[Any]:
    return wall_maps(replace(result.readiness, meshes=result.in_scan(result.readiness.meshes)))


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


def wall_maps(readiness: Any) -> list[Any]:
    from ..mesh.core import concatenate
    from ..rendering import wall_map

    if not readiness.meshes or any("Wall" not in mesh.point_arrays for mesh in readiness.meshes):
        return []
    whole = concatenate(list(readiness.meshes))
    return [(whole, wall_map(whole, readiness.process.limit("wall_supported_mm")))]


def measure_budget(result: "RunResult") -> "ErrorBudget":
    from ..accuracy import Deviation, PrintTolerance, error_budget, measure_edge_profile

    figures: Sequence[Mapping[str, Any]] = result.model.figures
    process, volume, meshes = result.readiness.process, result.scan.volume, result.meshes_in_scan
    boundary = measure_edge_profile(volume, meshes)
    has_edges = boundary is not None and any(segment.boundary is not None for segment in result.segmentation.segments)

    def worst(name: str) -> float | None:
        values = [value for value in (_number(entry.get(name)) for entry in figures) if value is not None]
        return max(values) if values else None

    bounds = [mesh.bounds for mesh in result.model.meshes]
    longest = max(b[2 * axis + 1] - b[2 * axis] for b in bounds for axis in range(3))
    calibration = process.calibration
    p95, tolerance = worst("p95_deviation_mm"), process.limit("tolerance_mm")
    share = (process.limit("tolerance_percent") or 0.0) / 100.0
    scale = scale_of(
        result.settings
    )  # the budget is about the anatomy: an error of the print is that much larger in it
    return error_budget(
        spacing=volume.spacing,
        boundary=boundary,
        accuracy=_measure_accuracy(result, boundary.noise_hu) if boundary is not None and has_edges else None,
        deviation=None if p95 is None else Deviation(p95, worst("max_deviation_mm")),
        tolerance=None
        if tolerance is None
        else PrintTolerance(
            tolerance / scale,
            share,
            longest / scale,
            process.title,
            "" if calibration is None else calibration.in_words,
            calibration is None or not calibration.is_expired(result.day or datetime.date.today()),
        ),
        structure=_structures(result),
    )


def _measure_accuracy(result: "RunResult", noise_hu: float) -> "Accuracy | None":
    """The accuracy of the meshes against deconvolved edges, what was modelled at its own bound."""
    from ..accuracy import blur_from, estimate_accuracy, modelled_of

    figures, meshes = result.model.figures, result.meshes_in_scan
    modelled = modelled_of(meshes, figures)
    return estimate_accuracy(result.scan.volume, meshes, noise_hu, modelled=modelled, blur=blur_from(figures))


def _structures(result: "RunResult") -> str:
    """The structures of the scan that the model shows, by their names there; empty where they are more than a sentence holds."""
    names = dict.fromkeys(segment.name for segment in result.segmentation.segments)
    shown = [name for name in names if any(f"{mesh.name} ".startswith(f"{name} ") for mesh in result.model.meshes)]
    return join(", ", shown) if len(shown) <= 3 else ""


def as_notes(note: str) -> tuple[str, ...]:
    return (note,) if note else ()
