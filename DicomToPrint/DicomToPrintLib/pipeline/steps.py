"""The steps: each takes the frozen result of the step before, the settings and a progress."""

import datetime
import importlib.util
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .. import __version__
from ..errors import CannotRead, DicomToPrintError, MissingPackage, OpenQuestion, Refused, UsageError
from ..progress import Progress, part, silent
from ..settings import DEFAULT_FORMATS, Settings

if TYPE_CHECKING:  # heavy rooms are imported in the step that needs them
    import numpy as np

    from ..acceptance import Acceptance, SeriesAcceptance
    from ..mesh import Mesh
    from ..output import WrittenFile
    from ..preparation import Labelled
    from ..printability import Readiness, ScanReference
    from ..segmentation import Segmentation
    from ..surface import Model
    from ..volume import Volume

Source = str | Path
VOLUME_SUFFIXES = (".nii", ".nii.gz", ".nrrd", ".nhdr", ".mha", ".mhd")
BUILT_IN_PROTOCOLS = ("3dsystems-ortho", "exoplan-import")
SIMPLIFICATION_MM = 0.05


@dataclass(frozen=True)
class Scan:
    """A scan that may be made into a model.

    `series` is the chosen series with its findings, None for a volume file without DICOM headers; `volume` its voxels; `gate`
    says in a sentence why this use may go on.
    """

    volume: "Volume"
    series: "SeriesAcceptance | None"
    acceptance: "Acceptance | None"
    gate: str


class GateShut(Exception):
    """The gate of the use stays shut: carries the error for the user, and what was judged for the report."""

    def __init__(self, error: DicomToPrintError, chosen: "SeriesAcceptance", acceptance: "Acceptance") -> None:
        super().__init__(str(error))
        self.error = error
        self.chosen = chosen
        self.acceptance = acceptance


@dataclass(frozen=True)
class Inspection:
    """A mesh file with its verdict; `repaired` tells what a repair did (empty: none asked), `repaired_file` where it went."""

    file: Path
    meshes: "tuple[Mesh, ...]"
    readiness: "Readiness"
    repaired: tuple[str, ...] = ()
    repaired_file: "WrittenFile | None" = None


def is_volume_file(source: Source) -> bool:
    """True for a NIfTI, NRRD or MetaImage file, which carries no headers to judge."""
    return str(source).lower().endswith(VOLUME_SUFFIXES)


def missing(settings: Settings) -> tuple[str, ...]:
    """Packages that these settings need and this Python lacks, by their names on PyPI. Nothing is installed here."""
    needed = {"lib3mf": "3mf" in settings.formats, "manifold3d": prepares(settings)}
    return tuple(name for name, is_needed in needed.items() if is_needed and importlib.util.find_spec(name) is None)


def prepares(settings: Settings) -> bool:
    """True where a step of preparation is asked for."""
    return bool(
        settings.thicken
        or settings.hollow
        or settings.cuts
        or settings.split
        or settings.pins
        or settings.struts
        or settings.base
        or settings.label
        or settings.wrap
        or settings.orient
    )


def without_missing(settings: Settings) -> Settings:
    """The settings as far as the installed packages allow: 3MF is left out where it was only a default.

    Raises `MissingPackage` for what was asked for by name.
    """
    lacking = missing(settings)
    if lacking == ("lib3mf",) and settings.formats == DEFAULT_FORMATS:
        return replace(settings, formats=tuple(name for name in DEFAULT_FORMATS if name != "3mf"))
    if lacking:
        raise MissingPackage(
            f"This run needs {' and '.join(lacking)}, which this Python lacks: install with "
            f"'python -m pip install {' '.join(lacking)}', or leave the option out."
        )
    return settings


def check_source(source: Source, settings: Settings) -> None:
    """Raises `CannotRead` for a source that does not exist, `UsageError` for what a volume file cannot give."""
    if not Path(source).exists():
        raise CannotRead(
            f"'{Path(source).name}' does not exist: name a folder of DICOM files, a .zip, a DICOMDIR or a volume file."
        )
    if is_volume_file(source) and "dicom" in settings.formats:
        raise UsageError(
            "The format dicom needs a scan in DICOM files, whose study it joins: leave it out for a volume file."
        )


def check_names(settings: Settings) -> None:
    """Raises `UsageError` for a use, anatomy, process, printer, protocol or date that does not exist, before any long work."""
    from ..acceptance import load_protocol, load_use
    from ..printability import load_printer, load_process
    from ..segmentation import load_anatomy

    load_use(settings.use)
    load_anatomy(settings.anatomy)
    load_process(settings.process)
    if settings.printer:
        load_printer(settings.printer)
    for name in settings.protocols:
        load_protocol(name)
    surgery_date(settings)


def surgery_date(settings: Settings) -> datetime.date | None:
    """The planned date of surgery. Raises `UsageError` for anything but YYYY-MM-DD."""
    if settings.surgery_date is None:
        return None
    try:
        return datetime.date.fromisoformat(settings.surgery_date)
    except ValueError:
        raise UsageError(f"--surgery-date takes a date as YYYY-MM-DD, not '{settings.surgery_date}'.") from None


def check(
    source: Source, settings: Settings, progress: Progress = silent, protocols: tuple[str, ...] = BUILT_IN_PROTOCOLS
) -> "Acceptance":
    """Acceptance of every series of the source, under the named protocols or the settings' own.

    Raises `CannotRead` where the source holds no image series, `UsageError` for unknown names.
    """
    from ..acceptance import accept, load_protocol
    from ..dicom import read_study

    loaded = [load_protocol(name) for name in settings.protocols or protocols]
    date = surgery_date(settings)
    study = read_study(Path(source), part(progress, 0.0, 0.4))
    return accept(
        study,
        loaded,
        answers=dict(settings.answers),
        surgery_date=date,
        pixels=settings.pixels,
        series_id=settings.series,
        progress=part(progress, 0.4, 1.0),
    )


def open_scan(source: Source, settings: Settings, progress: Progress = silent) -> Scan:
    """The series to use, past the gate of the use, and its voxels.

    Raises `GateShut` with `Refused` (exit 1) or `OpenQuestion` (exit 4) where the gate of the use stays shut.
    """
    from ..acceptance import load_use

    if is_volume_file(source):
        from ..dicom import read_image_volume

        return Scan(
            read_image_volume(Path(source)),
            None,
            None,
            "Acceptance is not applicable: a volume file carries no headers to judge.",
        )
    use = load_use(settings.use)
    acceptance = check(source, settings, part(progress, 0.0, 0.6), protocols=(use.protocol,))
    chosen = choose_series(acceptance, settings)
    gate_sentence = pass_gate(chosen, acceptance, settings)
    from ..dicom import read_volume

    return Scan(read_volume(chosen.series, part(progress, 0.6, 1.0)), chosen, acceptance, gate_sentence)


def judge_anatomy(scan: Scan, segmentation: "Segmentation", settings: Settings) -> Scan:
    """The scan judged again with the chosen anatomy: whether the field of view cuts it, and its contrast. Raises `GateShut`.

    Unchanged for a volume file, without the pixel detectors, and where the anatomy was found in a part of the scan only.
    """
    from ..acceptance import judge_anatomy as judge_series
    from ..acceptance import load_protocol

    whole = segmentation.labels.shape == scan.volume.array.shape
    if scan.series is None or scan.acceptance is None or not settings.pixels or not whole:
        return scan
    protocols = [load_protocol(name) for name in scan.series.protocols]
    judged = judge_series(scan.series, protocols, scan.volume, segmentation.labels > 0, dict(settings.answers))
    others = tuple(judged if one.series.id == judged.series.id else one for one in scan.acceptance.series)
    acceptance = replace(scan.acceptance, series=others)
    return replace(scan, series=judged, acceptance=acceptance, gate=pass_gate(judged, acceptance, settings))


def choose_series(acceptance: "Acceptance", settings: Settings) -> "SeriesAcceptance":
    """The named series, or the best accepted one: best verdict, then most slices. Raises `UsageError` for a wrong name."""
    if settings.series:
        for candidate in acceptance.series:
            if settings.series in (candidate.series.id, candidate.series.uid):
                return candidate
        known = ", ".join(candidate.series.id for candidate in acceptance.series)
        raise UsageError(f"There is no series '{settings.series}' in the input: choose one of {known}.")
    return min(acceptance.series, key=lambda candidate: (candidate.verdict.rank, -len(candidate.series.files)))


def pass_gate(chosen: "SeriesAcceptance", acceptance: "Acceptance", settings: Settings) -> str:
    """The sentence that says why this use may go on. Raises `GateShut`."""
    from ..acceptance import gate, load_use

    answer = gate(chosen, load_use(settings.use), settings.accept_anyway)
    if answer.open:
        return answer.reason or f"Accepted for the use {settings.use}."
    kind = OpenQuestion if answer.exit_code == OpenQuestion.exit_code else Refused
    raise GateShut(kind(answer.reason), chosen, acceptance)


def segment(volume: "Volume", settings: Settings, progress: Progress = silent) -> "Segmentation":
    """Labelled anatomy of a volume, or the given segmentation with the volume's grey values."""
    from ..segmentation import from_labels, load_anatomy, read_segmentation
    from ..segmentation import segment as segment_volume

    if settings.segmentation:
        # The default anatomy is meant for scans; a given segmentation says itself what it holds.
        name = "from-segmentation" if settings.anatomy == Settings.anatomy else settings.anatomy
        return from_labels(
            read_segmentation(Path(settings.segmentation)), volume, load_anatomy(name), progress=progress
        )
    return segment_volume(
        volume,
        load_anatomy(settings.anatomy),
        threshold=settings.threshold,
        seeds_lps=settings.seeds_lps,
        roi_lps=settings.roi_lps,
        progress=progress,
    )


def make_surface(segmentation: "Segmentation", settings: Settings, progress: Progress = silent) -> "Model":
    """Closed surface of every segment within the deviation budget of the use."""
    from ..surface import make_surface as surface_of

    budget = deviation_budget(settings)
    # Without a wish of the user simplification takes a fifth of the budget at most: the rest is for everything else.
    allowed = settings.max_deviation if settings.max_deviation is not None else min(0.2 * budget, SIMPLIFICATION_MM)
    model = surface_of(segmentation, max_deviation_mm=allowed, max_triangles=settings.triangles, progress=progress)
    reached = [(mesh.name, figures.get("p95_deviation_mm")) for mesh, figures in zip(model.meshes, model.figures)]
    over = [f"{name}: {p95:.2f} mm" for name, p95 in reached if isinstance(p95, float) and p95 > budget]
    if not over:
        return model
    note = (
        f"95 % of the surface should lie within {budget:g} mm of the scan for the use {settings.use}; it does not "
        f"({', '.join(over)}): allow more triangles (--triangles)."
    )
    return replace(model, notes=(*model.notes, note))


def deviation_budget(settings: Settings) -> float:
    """How far editing may move 95 % of the surface, in mm: given, or the use case's own."""
    from ..acceptance import load_use

    if settings.max_deviation is not None:
        return settings.max_deviation
    budget = load_use(settings.use).max_deviation_mm
    # Research leaves the budget to the user; who gives none gets the general one.
    return budget if budget is not None else float(load_use("general").max_deviation_mm or 0.0)


def repair(model: "Model", settings: Settings, progress: Progress = silent) -> "Model":
    """The model with every mesh that has defects repaired; unchanged, and at once, where there are none."""
    from ..measure import self_intersections, topology
    from ..surface import repair as repair_mesh

    meshes, told = [], []
    for index, mesh in enumerate(model.meshes):
        step = part(progress, index / len(model.meshes), (index + 1) / len(model.meshes))
        found = topology(mesh)
        clean = not (found.boundary_edges or found.nonmanifold_edges or found.nonmanifold_vertices or found.inverted)
        if clean and not len(self_intersections(mesh, part(step, 0.0, 0.3))):
            meshes.append(mesh)
            continue
        repaired = repair_mesh(mesh, part(step, 0.3, 1.0))
        meshes.append(repaired.mesh)
        told += [f"{mesh.name}: {stage.name}: {stage.effect}" for stage in repaired.stages]
    return replace(model, meshes=tuple(meshes), notes=(*model.notes, *told)) if told else model


def export(
    model: "Model", settings: Settings, scan: Scan, folder: Path, progress: Progress = silent
) -> "tuple[WrittenFile, ...]":
    """The files of the model, each read back before it got its name.

    STL and PLY hold one solid each, so several meshes become several files; 3MF and OBJ hold all as named objects. The DICOM
    Encapsulated STL carries the patient and study of the scan, since a PACS files it by them.
    """
    from ..output import source_headers, write_encapsulated_stl, write_files

    stem = (
        settings.anatomy if "/" not in settings.anatomy and "." not in settings.anatomy else Path(settings.anatomy).stem
    )
    metadata = {"Title": stem, "Application": f"DicomToPrint {__version__}"}
    together = tuple(name for name in settings.formats if name in ("3mf", "obj"))
    single = tuple(name for name in settings.formats if name in ("stl", "ply"))
    files: list[WrittenFile] = []
    for index, mesh in enumerate(model.meshes if single else ()):
        name = stem if len(model.meshes) == 1 else f"{stem}-{index + 1}-{file_name(mesh.name)}"
        files += write_files((mesh,), folder, name, single, progress=part(progress, 0.0, 0.4))
    if together:
        files += write_files(model.meshes, folder, stem, together, metadata=metadata, progress=part(progress, 0.4, 0.8))
    if "dicom" in settings.formats and scan.series is not None:
        files.append(
            write_encapsulated_stl(
                model.meshes,
                folder,
                stem,
                source_headers(scan.series.series),
                use=settings.use,
                modified=prepares(settings),
                progress=part(progress, 0.8, 1.0),
            )
        )
    return tuple(files)


def file_name(name: str) -> str:
    """A name that every file system takes: letters, digits and hyphens."""
    return re.sub(r"[^A-Za-z0-9]+", "-", name).strip("-").lower() or "part"


def inspect_run(
    files: "Sequence[WrittenFile]",
    segmentation: "Segmentation",
    model: "Model",
    settings: Settings,
    progress: Progress = silent,
    labels: "Sequence[Labelled]" = (),
    moved: "Sequence[np.ndarray | None]" = (),
) -> "Readiness":
    """Verdict on what was written, read again, against the scan it came from.

    Several meshes are judged together where one file holds them all (3MF, OBJ); else each file is judged and the worst verdict
    stands. `labels` and `moved` are what preparation did (`Prepared`).
    """
    from ..mesh_file import read_mesh_file
    from ..printability import inspect as judge_file
    from ..printability import load_printer, load_process

    machine = load_printer(settings.printer) if settings.printer else None
    process = load_process(settings.process)
    together = [file for file in files if file.format in ("3mf", "obj")]
    targets = (
        together[:1]
        if together and len(model.meshes) > 1
        else [file for file in files if file.format == files[0].format]
    )
    judged = []
    for index, file in enumerate(targets):
        step = part(progress, index / len(targets), (index + 1) / len(targets))
        chosen = range(len(model.meshes)) if len(targets) == 1 else [index]
        turned = [moved[at] for at in chosen if at < len(moved) and moved[at] is not None]
        # Parts that were turned each on its own have no common place to compare with.
        reference = (
            _reference(segmentation, settings, chosen, labels, turned[0] if turned else None)
            if len(turned) < 2
            else None
        )
        judged.append(judge_file(read_mesh_file(file.path), process, machine, reference=reference, progress=step))
    return max(judged, key=lambda readiness: ("ready", "warn", "not-ready").index(readiness.verdict))


def _reference(
    segmentation: "Segmentation",
    settings: Settings,
    chosen: Sequence[int],
    labels: "Sequence[Labelled]",
    moved: "np.ndarray | None",
) -> "ScanReference":
    """What the scan knows of the chosen segments: where they lie, their voxels, and what preparation put on them.

    Where material was taken out or the model was cut on purpose, the voxels are left out: the file cannot equal them.
    """
    import numpy as np

    from ..printability import LabelPlace, ScanReference
    from ..volume import Volume

    grid = Volume(segmentation.labels, segmentation.affine)
    shape = segmentation.labels.shape
    corners = grid.to_lps(
        np.array(
            [[i, j, k] for i in (-0.5, shape[2] - 0.5) for j in (-0.5, shape[1] - 0.5) for k in (-0.5, shape[0] - 0.5)]
        )
    )
    low, high = corners.min(axis=0), corners.max(axis=0)
    bounds = (float(low[0]), float(high[0]), float(low[1]), float(high[1]), float(low[2]), float(high[2]))
    numbers = [segment.label for segment in segmentation.segments]
    mask = None
    if not (settings.hollow or settings.cuts or settings.split or settings.wrap):
        mask = np.isin(segmentation.labels, [numbers[index] for index in chosen if index < len(numbers)])
    places = tuple(
        LabelPlace(done.text, done.origin, done.right, done.up, done.outward, done.width, done.height, done.depth)
        for done in labels
    )
    asked = {"thicken": settings.thicken, "struts": settings.struts, "base": settings.base, "label": settings.label}
    return ScanReference(
        bounds=bounds,
        mask=mask,
        affine=segmentation.affine,
        voxel_mm=grid.spacing,
        labels=places,
        moved=moved,
        intended=tuple(name for name, value in asked.items() if value),
    )


def inspect(
    path: Path,
    *,
    process: str = "fdm",
    printer: str | None = None,
    unit: str | None = None,
    repair_to: Path | None = None,
    progress: Progress = silent,
) -> Inspection:
    """Verdict on a mesh file of any program; with `repair_to`, the repaired mesh is written there and judged instead.

    Raises `CannotRead` for what is no mesh, `UsageError` for unknown names.
    """
    from ..mesh_file import read_mesh_file
    from ..printability import inspect as judge_file
    from ..printability import load_printer, load_process

    limits = load_process(process)
    machine = load_printer(printer) if printer else None
    file = read_mesh_file(path, unit)
    told: tuple[str, ...] = ()
    written = None
    if repair_to is not None:
        repaired = _repaired(file, part(progress, 0.0, 0.4))
        told = repaired[1]
        written = _write_one(repaired[0], repair_to)
        file = read_mesh_file(repair_to)
        progress = part(progress, 0.4, 1.0)
    return Inspection(path, tuple(file.meshes), judge_file(file, limits, machine, progress=progress), told, written)


def _repaired(file: Any, progress: Progress) -> "tuple[tuple[Mesh, ...], tuple[str, ...]]":
    from ..surface import repair as repair_mesh

    meshes, told = [], []
    for index, mesh in enumerate(file.meshes):
        repaired = repair_mesh(mesh, part(progress, index / len(file.meshes), (index + 1) / len(file.meshes)))
        if not repaired.valid:
            raise Refused(
                f"'{mesh.name}' could not be repaired without changing it ({repaired.remaining}): mend it where it was made."
            )
        meshes.append(repaired.mesh)
        told += [f"{mesh.name}: {stage.name}: {stage.effect}" for stage in repaired.stages]
    return tuple(meshes), tuple(told)


def _write_one(meshes: "Sequence[Mesh]", target: Path) -> "WrittenFile":
    from ..output import FORMATS, write_files

    name = target.suffix[1:].lower()
    if name not in FORMATS:
        raise UsageError(
            f"--repair writes {', '.join(FORMATS)}, not '{target.suffix}': choose a file name with one of these endings."
        )
    return next(file for file in write_files(meshes, target.parent, target.stem, (name,)) if file.format == name)
