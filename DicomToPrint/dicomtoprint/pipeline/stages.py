"""The steps from a scan to files, and what is asked of the settings before them: each takes the frozen result of the step before."""

import importlib.util
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from .. import __version__
from ..config.formats import DEFAULT_FORMATS, MESH_FORMATS, STUDY_HANDLERS, is_mesh_format, mesh_format
from ..config.run_settings import RunSettings, user_files
from ..errors import InputError, MissingDependencyError, UsageError
from ..messages import _, join, way
from ..progress import ProgressCallback, no_progress, subprogress
from .budgets import deviation_budget, simplification_budget
from .scaling import size_suffix, validate_scale
from .scan_loading import LoadedScan, Source, is_volume_file, surgery_date
from .segmenting import FROM_SEGMENTATION, anatomy_name
from .steps import needs_solid_steps
from .study_formats import StudyOutput

if TYPE_CHECKING:  # heavy packages are imported in the stage that needs them
    from ..io import WrittenFile
    from ..reconstruction import SurfaceModel
    from ..segmentation import Segmentation
    from ..simplify.before import SimplifiedBefore


def missing_packages(settings: RunSettings) -> tuple[str, ...]:
    """Packages that these settings need and this Python lacks, by their names on PyPI. Nothing is installed here."""
    needed = [mesh_format(name).package for name in settings.formats if is_mesh_format(name)]
    needed += ["manifold3d"] if needs_solid_steps(settings) else []
    needed += [STUDY_HANDLERS.get(name)().package for name in settings.formats if name in STUDY_HANDLERS.names]
    needed += ["k3d"] if settings.viewer else []
    return _absent(*(name for name in needed if name)) + missing_packages_for_files(settings)


def missing_packages_for_files(settings: RunSettings) -> tuple[str, ...]:
    """Those of them that any step needs, since data files of the user's own are checked as soon as they are read."""
    is_own = any(path.suffix.lower() == ".json" for path in user_files(settings))
    return _absent("jsonschema") if is_own else ()


def missing_optional_packages() -> tuple[str, ...]:
    """Packages that this Python lacks and every model is better for: without them its simplification is slower and keeps to no budget."""
    return _absent("fast-simplification")


def _absent(*names: str) -> tuple[str, ...]:
    return tuple(name for name in names if importlib.util.find_spec(name.replace("-", "_")) is None)


def drop_unavailable_formats(settings: RunSettings) -> RunSettings:
    """The settings as far as the installed packages allow: 3MF is left out where it was only a default.

    Raises `MissingDependencyError` for what was asked for by name, `UsageError` where no format is one to print from.
    """
    if not any(is_mesh_format(name) for name in settings.formats):
        raise UsageError(
            _(
                "No format to print from is chosen: add one of {mesh_formats}, which is read back and inspected.",
                mesh_formats=join(", ", MESH_FORMATS),
            )
        )
    lacking = missing_packages(settings)
    if lacking == ("lib3mf",) and settings.formats == DEFAULT_FORMATS:
        return replace(settings, formats=tuple(name for name in DEFAULT_FORMATS if name != "3mf"))
    if lacking:
        raise MissingDependencyError(
            way(
                _(
                    "This run needs {lacking}, which this Python lacks: install with 'python -m pip install "
                    "{lacking2}', or leave the option out.",
                    lacking=join(_(" and "), lacking),
                    lacking2=join(" ", lacking),
                ),
                _(
                    "This run needs {lacking}, which this Python lacks: agree to the installation, or leave it out.",
                    lacking=join(_(" and "), lacking),
                ),
            )
        )
    if settings.pdf:
        from ..report.pdf import find_browser

        find_browser()
    return settings


def validate_source(source: Source, settings: RunSettings) -> None:
    """Raises `InputError` for a source or a segmentation that does not exist, `UsageError` for what a volume file cannot give."""
    if not Path(source).exists():
        raise InputError(
            _(
                "'{source}' does not exist: name a folder of DICOM files, a .zip, a DICOMDIR or a volume file.",
                source=Path(source).name,
            )
        )
    if settings.segmentation and not Path(settings.segmentation).is_file():
        raise InputError(
            _(
                "{segmentation} was not found: give a NIfTI, NRRD or DICOM SEG file.",
                segmentation=Path(settings.segmentation).name,
            )
        )
    for name in STUDY_HANDLERS.names:
        if is_volume_file(source) and name in settings.formats:
            raise UsageError(
                _(
                    "The format {name} needs a scan in DICOM files, whose study it joins: leave it out for a "
                    "volume file.",
                    name=name,
                )
            )


def validate_names(settings: RunSettings) -> None:
    """Raises `UsageError` for a use, anatomy, process, printer, protocol or date that does not exist, before any long work."""
    from ..acceptance import load_protocol, load_use_case
    from ..printability import load_printer, load_process
    from ..segmentation import load_anatomy

    load_use_case(settings.use)
    load_anatomy(settings.anatomy)
    load_process(settings.process)
    if settings.printer:
        load_printer(settings.printer)
    for name in settings.protocols:
        load_protocol(name)
    surgery_date(settings)


def make_surface(
    segmentation: "Segmentation",
    settings: RunSettings,
    progress: ProgressCallback = no_progress,
    befores: "Mapping[str, SimplifiedBefore] | None" = None,
) -> "SurfaceModel":
    """Closed surface of every segment within the deviation budget of the use; `befores` as of `reconstruct_surfaces`."""
    from ..reconstruction import reconstruct_surfaces as surface_of

    budget = deviation_budget(settings)
    allowed = simplification_budget(settings)
    model = surface_of(
        segmentation,
        max_deviation_mm=allowed,
        max_triangles=settings.triangles,
        befores=befores,
        progress=progress,
    )
    reached = [(mesh.name, figures.get("p95_deviation_mm")) for mesh, figures in zip(model.meshes, model.figures)]
    over = [
        (name, _("{name}: {p95:.2f} mm", name=name, p95=p95))
        for name, p95 in reached
        if isinstance(p95, float) and p95 > budget
    ]
    labels = {
        segment.name for segment in segmentation.segments if segment.boundary is None or segmentation.volume is None
    }
    notes = []
    if missing_optional_packages():
        notes.append(
            _(
                "Made without the package fast-simplification: the surface is reduced to the number of "
                "triangles alone, slower, and not within a deviation."
            )
        )
    if which := join(", ", (words for name, words in over if name not in labels)):
        notes.append(
            _(
                "95 % of the surface should lie within {budget:g} mm of the scan for the use {use}; it does "
                "not ({which}): allow more triangles ({--triangles}).",
                budget=budget,
                use=settings.use,
                which=which,
            )
        )
    if which := join(", ", (words for name, words in over if name in labels)):
        notes.append(
            _(
                "95 % of the surface should be known to {budget:g} mm for the use {use}; that of a label "
                "with voxels as large as these is not ({which}): make it from the scan's grey values, or "
                "from a finer label.",
                budget=budget,
                use=settings.use,
                which=which,
            )
        )
    return replace(model, notes=(*model.notes, *notes))


def repair(model: "SurfaceModel", settings: RunSettings, progress: ProgressCallback = no_progress) -> "SurfaceModel":
    """The model with every mesh that has defects repaired; unchanged, and at once, where there are none."""
    from ..mesh import analyse_topology, self_intersections
    from ..printability import load_process
    from ..repair import repair_within_limits
    from .mesh_repair import repair_options_for

    options = repair_options_for(load_process(settings.process))
    meshes, notes = [], []
    for index, mesh in enumerate(model.meshes):
        step = subprogress(progress, index / len(model.meshes), (index + 1) / len(model.meshes))
        found = analyse_topology(mesh)
        clean = not (found.boundary_edges or found.nonmanifold_edges or found.nonmanifold_vertices or found.inverted)
        if clean and not len(self_intersections(mesh, subprogress(step, 0.0, 0.3))):
            meshes.append(mesh)
            continue
        repaired = repair_within_limits(mesh, subprogress(step, 0.3, 1.0), options)
        meshes.append(repaired.mesh)
        notes += [
            _("{mesh}: {stage}: {effect}", mesh=mesh.name, stage=stage.name, effect=stage.effect)
            for stage in repaired.stages
        ]
        notes += [
            _("{mesh} still has defects: {sentence}", mesh=mesh.name, sentence=sentence)
            for sentence in repaired.remaining
        ]
    return replace(model, meshes=tuple(meshes), notes=(*model.notes, *notes)) if notes else model


@dataclass(frozen=True)
class FileNaming:
    """What the files of a run are called, and the space that they name: LPS, or None where the given mesh named none."""

    stem: str
    space: str | None = "LPS"


def export(
    model: "SurfaceModel",
    settings: RunSettings,
    scan: LoadedScan | None,
    folder: Path,
    progress: ProgressCallback = no_progress,
    segmentation: "Segmentation | None" = None,
    naming: FileNaming | None = None,
) -> "tuple[WrittenFile, ...]":
    """The files of the model, each read back before it got its name.

    STL and PLY hold one solid each, so several meshes become several files; 3MF and OBJ hold all as named objects. The DICOM
    Encapsulated STL and the DICOM SEG of `segmentation` carry the patient and study of the scan, since a PACS files them
    by these. `naming` None takes the anatomy's name.
    """
    from ..io import export_meshes
    from ..rendering import render_thumbnail

    naming = naming or FileNaming(file_stem(settings))
    stem = naming.stem
    metadata = {"Title": stem, "Application": f"DicomToPrint {__version__}"}
    handlers = {name: mesh_format(name) for name in settings.formats if is_mesh_format(name)}
    together = tuple(name for name, handler in handlers.items() if handler.keeps_objects)
    single = tuple(name for name, handler in handlers.items() if not handler.keeps_objects)
    files: list[WrittenFile] = []
    for index, mesh in enumerate(model.meshes if single else ()):
        name = stem if len(model.meshes) == 1 else _numbered_stem(stem, index + 1, safe_file_name(mesh.name))
        step = subprogress(progress, 0.0, 0.4)
        files += export_meshes((mesh,), folder, name, single, space=naming.space, progress=step)
    if together:
        picture = render_thumbnail(model.meshes) if any(handlers[name].has_thumbnail for name in together) else b""
        files += export_meshes(
            model.meshes,
            folder,
            stem,
            together,
            metadata=metadata,
            thumbnail=picture,
            space=naming.space,
            progress=subprogress(progress, 0.4, 0.8),
        )
    if scan is not None and scan.series is not None:
        output = StudyOutput(model, segmentation, scan, settings, folder, stem)
        files += _study_files(output, subprogress(progress, 0.8, 1.0))
    return tuple(files)


def _study_files(output: StudyOutput, progress: ProgressCallback) -> "list[WrittenFile]":
    """The files that join the study of the scan."""
    validate_scale(output.settings)
    wanted = [name for name in STUDY_HANDLERS.names if name in output.settings.formats]
    files: list[WrittenFile] = []
    for index, name in enumerate(wanted):
        step = subprogress(progress, index / len(wanted), (index + 1) / len(wanted))
        written = STUDY_HANDLERS.get(name)().write(output, step)
        files += [written] if written is not None else []
    return files


def _numbered_stem(stem: str, number: int, own: str) -> str:
    """``bone-2-left-hip``, and ``bone-2`` where its own name says no more than that it is a part of ``bone``."""
    return f"{stem}-{number}" if re.fullmatch(rf"{re.escape(stem)}(-part-\d+)?", own) else f"{stem}-{number}-{own}"


def file_stem(settings: RunSettings) -> str:
    """What the files of a run are called: its anatomy, without folder and ending where that is a file of the user's own, and its scale."""
    anatomy = anatomy_name(settings)
    stem = anatomy if "/" not in anatomy and "." not in anatomy else Path(anatomy).stem
    return ("model" if stem == FROM_SEGMENTATION else stem) + size_suffix(settings)


def safe_file_name(name: str) -> str:
    """A name that every file system takes: letters, digits and hyphens."""
    return re.sub(r"[^A-Za-z0-9]+", "-", name).strip("-").lower() or "part"
