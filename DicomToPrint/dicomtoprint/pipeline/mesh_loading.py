"""The mesh of a `prepare`: read, the gate of the use checked, and made one closed surface an object."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ..config.run_settings import RunSettings
from ..errors import InputError, RefusedError, UsageError
from ..mesh.core import Mesh, Provenance
from ..mesh.transfer import transfer_materials_of_nearest
from ..messages import _, join, way
from ..progress import ProgressCallback, no_progress, subprogress
from ..text import pluralize
from .mesh_repair import repair_choices, repair_meshes, repair_options_for
from .scan_loading import pass_gate_without_headers

if TYPE_CHECKING:  # heavy packages are imported in the stage that needs them
    from ..io import MeshFile
    from ..reconstruction import ProcessingStep, SurfaceModel

NO_SCAN_MESSAGE = _(
    "Not judged, since a mesh is no scan: grey values, origin of the surface, accuracy against the anatomy."
)
PLAIN_NAME = "model"  # of files and objects; a mesh file is often named after a patient
MESH_SUFFIXES = (".stl", ".3mf", ".obj", ".ply", ".vtp")
BRIDGED_MM = 0.01  # what repair put farther than this from the given surface was not there


@dataclass(frozen=True)
class LoadedMesh:
    """A mesh file that may be prepared.

    `meshes` are its objects as read (LPS mm where the file says its space), under names that may be told; `stem` is what the
    files of the run are called; `gate` says in a sentence why this use may go on and what is not judged; `notes` what must be
    known of unit and space.
    """

    file: "MeshFile"
    meshes: tuple[Mesh, ...]
    stem: str
    gate: str
    notes: tuple[str, ...] = ()

    @property
    def space(self) -> str | None:
        """The space of the written files: LPS where the file says which it has (RAS is turned), None where it says none."""
        return "LPS" if self.file.space else None


def is_mesh_file(source: object) -> bool:
    """True for the path of a file with the ending of a mesh."""
    return isinstance(source, (str, Path)) and str(source).lower().endswith(MESH_SUFFIXES)


def validate_mesh_source(source: Path, settings: RunSettings) -> None:
    """Raises `InputError` for a mesh that does not exist, `UsageError` for formats that need a scan."""
    if not source.exists():
        raise InputError(
            _(
                "'{source}' does not exist: name a mesh file ({mesh_suffixes}).",
                source=source.name,
                mesh_suffixes=join(", ", MESH_SUFFIXES),
            )
        )
    for name in ("dicom", "seg"):
        if name in settings.formats:
            raise UsageError(
                _(
                    "The format {name} needs a scan in DICOM files, whose study it joins: leave it out for a mesh.",
                    name=name,
                )
            )


def load_mesh(source: Path, settings: RunSettings, progress: ProgressCallback = no_progress) -> LoadedMesh:
    """The objects of a mesh file, past the gate of the use; one that is strict takes a mesh with a reason only.

    Raises `InputError` for what is no mesh, `UsageError` for an unknown unit, `UnansweredQuestionError` where a strict use has no reason.
    """
    from ..acceptance import load_use_case
    from ..io import read_mesh_file

    gate = pass_gate_without_headers(NO_SCAN_MESSAGE, load_use_case(settings.use), settings, "mesh")
    file = read_mesh_file(source, settings.unit, progress)
    if file.unjudged:
        raise RefusedError(
            _(
                "{file} holds what is no triangle ({unjudged}) and would be lost: export it as a mesh where "
                "it was made.",
                file=file.name,
                unjudged=join(", ", file.unjudged),
            )
        )
    _refuse_size(file, settings)
    stem = source.stem if settings.include_identifiers else PLAIN_NAME
    return LoadedMesh(file, _renamed(file.meshes, source.stem, stem), stem, gate, (*file.notes, *_notes(file)))


def _refuse_size(file: "MeshFile", settings: RunSettings) -> None:
    """Raises `RefusedError` before steps whose time and memory grow with the size, where that is no size of a print."""
    from .joints import preparation_defaults
    from .steps import needs_preparation

    longest = max(float(np.ptp(mesh.points, axis=0).max()) for mesh in file.meshes)
    most = float(preparation_defaults()["largest_mm"])
    if needs_preparation(settings) and longest > most:
        raise RefusedError(
            _(
                "{file} is {longest:,.0f} mm long, and no more than {most:,.0f} mm can be prepared: say its "
                "unit with {--unit} (mm, cm, m, inch), or scale it where it was made.",
                file=file.name,
                longest=longest,
                most=most,
            )
        )


def _renamed(meshes: Sequence[Mesh], old: str, new: str) -> tuple[Mesh, ...]:
    """Objects that have a name of their own keep it; those that only carry the file's get `new`, numbered where they are several."""
    unnamed = [index for index, mesh in enumerate(meshes) if mesh.name == old]
    names = {
        index: _("{new} {number}", new=new, number=number + 1) if len(unnamed) > 1 else new
        for number, index in enumerate(unnamed)
    }
    # The files hold float32: what its rounding does to the surface is to be seen, and mended, before anything is made of it.
    return tuple(
        replace(mesh, name=names.get(index, mesh.name), points=mesh.points.astype(np.float32))
        for index, mesh in enumerate(meshes)
    )


def _notes(file: "MeshFile") -> tuple[str, ...]:
    """Unit and space, as far as they were not said by the file."""
    unit: tuple[str, ...] = (
        ()
        if file.unit
        else (_("The file states no unit: its numbers were taken as millimetres ({--unit} says another)."),)
    )
    unit += tuple(
        _("'{item}' ({kind}) is left out: {consequence}.", item=item.name, kind=item.kind, consequence=item.consequence)
        for item in file.left_out
    )
    if file.space == "RAS":
        return (*unit, _("The file is in RAS; the files written are in LPS, at the same place in the patient."))
    if file.space is None:
        return (
            *unit,
            _(
                "The file states no coordinate system, and neither do the files written: x, y, z stayed as "
                "they were. Places in R, A, S (cuts, labels) take them as L, P, S."
            ),
        )
    return unit


def surface_of_mesh(
    loaded: LoadedMesh, settings: RunSettings, progress: ProgressCallback = no_progress
) -> "SurfaceModel":
    """One closed surface an object: as given where it is one, else repaired; with fewer triangles where there are more than the settings
    allow.

    What repair put where the file had no surface is marked BRIDGED. Raises `RefusedError` where a mesh cannot be repaired, or must
    not be (`settings.repair`).
    """
    from ..reconstruction import SurfaceModel

    _refuse_numbers(loaded, settings)
    meshes, steps = [], []
    for index, mesh in enumerate(loaded.meshes):
        part = subprogress(progress, index / len(loaded.meshes), (index + 1) / len(loaded.meshes))
        closed, told = _closed(mesh, settings, subprogress(part, 0.0, 0.8))
        share = max(int(settings.triangles * len(mesh.triangles) / loaded.file.triangles), 100)
        reduced, more = _reduced(closed, settings, share, subprogress(part, 0.8, 1.0))
        meshes.append(transfer_materials_of_nearest(reduced, (mesh,)))
        steps += [*told, *more]
    figures = tuple({"triangles": len(mesh.triangles), "volume_mm3": mesh.volume} for mesh in meshes)
    return SurfaceModel(tuple(meshes), figures, tuple(steps), loaded.notes)


def _refuse_numbers(loaded: LoadedMesh, settings: RunSettings) -> None:
    """Raises `UsageError` for shells or holes by number where it is not said of which object, and for choices without a repair."""
    chosen = repair_choices(settings)
    if (chosen.shells or chosen.holes) and len(loaded.meshes) != 1:
        raise UsageError(
            _(
                "Shells and holes have numbers within one object, and this file has {meshes_count}: give "
                "each a file of its own.",
                meshes_count=len(loaded.meshes),
            )
        )
    if not settings.repair and chosen != repair_choices(RunSettings()):
        raise UsageError(_("Choices for a repair change nothing without one: leave {--no-repair} out."))


def _closed(mesh: Mesh, settings: RunSettings, progress: ProgressCallback) -> "tuple[Mesh, tuple[ProcessingStep, ...]]":
    from ..printability import load_process
    from ..reconstruction import ProcessingStep
    from ..repair import find_defects

    origin = np.full(len(mesh.triangles), Provenance.MEASURED, np.uint8)
    defects = find_defects(mesh, subprogress(progress, 0.0, 0.3))
    chosen = repair_choices(settings)
    if not defects and replace(chosen, max_loss_mm=None) == repair_choices(RunSettings()):
        return mesh.with_arrays(triangle_arrays={"Provenance": origin}), ()
    words = join("; ", (sentence.rstrip(".") for sentence in defects))
    if not settings.repair:
        raise RefusedError(
            way(
                _(
                    "'{mesh}' is no closed surface ({words}): leave {--no-repair} out to have it repaired, or "
                    "mend it where it was made.",
                    mesh=mesh.name,
                    words=words,
                ),
                _(
                    "'{mesh}' is no closed surface ({words}): allow its repair in step 3, or mend it where it was made.",
                    mesh=mesh.name,
                    words=words,
                ),
            )
        )
    options = repair_options_for(load_process(settings.process), chosen)
    repaired = repair_meshes((mesh,), options, subprogress(progress, 0.3, 1.0))
    steps = [ProcessingStep("found", _("{mesh}: {words}", mesh=mesh.name, words=words))] if defects else []
    steps += [ProcessingStep("repair", line) for line in repaired.lines]
    return _with_bridged(repaired.meshes[0], mesh), tuple(steps)


def _with_bridged(repaired: Mesh, given: Mesh) -> Mesh:
    """The repaired mesh with its origin: BRIDGED where a triangle's middle lies off the given surface."""
    from ..mesh.triangle_distance import nearest_triangles

    finite = given.points[given.triangles]
    whole = Mesh(given.points, given.triangles[np.isfinite(finite).all(axis=(1, 2))])
    middles = repaired.points[repaired.triangles].mean(axis=1, dtype=np.float64)
    away = nearest_triangles(middles, whole)[1] > BRIDGED_MM
    origin = np.where(away, Provenance.BRIDGED, Provenance.MEASURED).astype(np.uint8)
    return repaired.with_arrays(triangle_arrays={"Provenance": origin})


def _reduced(
    mesh: Mesh, settings: RunSettings, most: int, progress: ProgressCallback
) -> "tuple[Mesh, tuple[ProcessingStep, ...]]":
    """Fewer triangles where there are more than `most`, or a deviation is allowed by name; the file is the user's own otherwise."""
    from ..reconstruction import ProcessingStep
    from ..simplify import simplify
    from .budgets import simplification_budget

    if len(mesh.triangles) <= most and settings.max_deviation is None:
        return mesh, ()
    budget = simplification_budget(settings)
    fewer = simplify(mesh, budget, most, progress)
    effect = _(
        "{mesh}: {triangles} to {triangles_count} within {budget:g} mm",
        mesh=mesh.name,
        triangles=pluralize(len(mesh.triangles), "triangle"),
        triangles_count=len(fewer.triangles),
        budget=budget,
    )
    return fewer, (ProcessingStep("simplify", effect),)
