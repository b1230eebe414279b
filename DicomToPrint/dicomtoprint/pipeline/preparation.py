"""The steps of preparation that the settings ask for, in a fixed order, with what each did."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from ..config.run_settings import RunSettings
from ..errors import RefusedError, UsageError
from ..mesh.core import Mesh, Provenance, transformed
from ..mesh.transfer import transfer_materials_of_nearest
from ..messages import _
from ..progress import ProgressCallback, no_progress, subprogress
from .calibrated import compensated
from .displacements import displacement_summary
from .joints import validate_joint_settings
from .scaling import in_print, label_in_patient, scale_matrix, scaled_meshes, validate_scale
from .solid_steps import PreparationContext, SolidStep, requested_steps, validate_wall_settings
from .splitting import apply_cuts, split_to_printer, validate_cut_settings

if TYPE_CHECKING:
    from ..preparation import LabelResult, Plane
    from ..reconstruction import ProcessingStep, SurfaceModel


@dataclass(frozen=True)
class PreparedModel:
    """The prepared model, the texts and scale bars put on it with their frames in the patient, and for each mesh the transform from the
    patient to the print: what scaled, mirrored, turned and compensated it (None: nothing did). `compensation` is the last of these
    alone."""

    model: "SurfaceModel"
    labels: "tuple[LabelResult, ...]" = ()
    moved: tuple[np.ndarray | None, ...] = ()
    compensation: np.ndarray | None = None


def undo_transforms(meshes: Sequence[Mesh], transforms: Sequence[np.ndarray | None]) -> tuple[Mesh, ...]:
    """Meshes moved back by the transforms (4x4, LPS mm) that turned them, in the same order; None, or none left: not moved."""
    back = [np.linalg.inv(moved) if moved is not None else None for moved in transforms]
    back += [None] * (len(meshes) - len(back))
    return tuple(mesh if way is None else transformed(mesh, way) for mesh, way in zip(meshes, back))


def validate_preparation(settings: RunSettings) -> None:
    """Raises `UsageError` for settings of preparation that contradict one another or cannot be done, before any long work."""
    from ..preparation import validate_scale_bar, validate_text
    from ..printability import load_process

    process = load_process(settings.process)
    validate_scale(settings)
    validate_cut_settings(settings)
    validate_joint_settings(settings, process)
    validate_wall_settings(settings, process)
    if settings.base_kind != RunSettings.base_kind and not settings.base:
        raise UsageError(_("{--base-kind} says what base it is: give {--base} too, or leave it out."))
    if settings.label is not None:
        validate_text(settings.label)
    elif settings.label_at or settings.label_raised:
        raise UsageError(
            _("{--label-at} and {--label-raised} are about a label: give {--label:TEXT} too, or leave them out.")
        )
    if settings.scale_bar is not None:
        validate_scale_bar(settings.scale_bar)


def prepare(model: "SurfaceModel", settings: RunSettings, progress: ProgressCallback = no_progress) -> PreparedModel:
    """Scale and mirror, wrap, thicken, hollow, shell, struts, base, label, scale bar, cuts, split, pins, magnets and orient, as far as
    `settings` ask for them.

    Where a side is kept, the cuts come before base, label and scale bar, so that these stand on what is kept.

    Raises `RefusedError` where a step cannot keep its promise; the model that came in is then unchanged. `MissingDependencyError` without
    manifold3d.
    """
    from ..printability import load_printer, load_process
    from ..reconstruction import ProcessingStep

    validate_scale(settings)
    process = load_process(settings.process)
    steps: list[ProcessingStep] = []
    meshes: list[Mesh] = list(model.meshes)
    matrix = scale_matrix(settings, meshes)
    if matrix is not None:
        settings = in_print(settings, matrix)
        meshes, step_done = scaled_meshes(meshes, matrix, settings)
        steps.append(step_done)
    before = tuple(meshes)
    planes: list[Plane] = []
    context = PreparationContext(settings, process, meshes)
    requested = requested_steps(settings)
    # What is cut away takes no base and no label with it.
    to_crop = bool(settings.kept_sides)
    for number, step in enumerate(requested):
        inner = subprogress(progress, 0.8 * number / len(requested), 0.8 * (number + 1) / len(requested))
        inner(0.0, step.name)
        if to_crop and step.largest_mesh_only:
            meshes[:] = apply_cuts(meshes, settings, planes, steps)
            to_crop = False
        steps += _apply_to_meshes(step, context, inner)
    if to_crop or not settings.kept_sides:
        meshes = apply_cuts(meshes, settings, planes, steps)
    meshes = split_to_printer(
        meshes, settings, process, load_printer(settings.printer or process.printer), planes, steps
    )
    meshes = [_checked(_with_deviation(mesh, before)) for mesh in meshes]
    # Before they are turned, while they lie where their sources do.
    meshes = [transfer_materials_of_nearest(mesh, before) for mesh in meshes]
    moved: list[np.ndarray | None] = [matrix] * len(meshes)
    if settings.orient:
        meshes, turned = _oriented(meshes, process, steps)
        moved = [turn if matrix is None or turn is None else turn @ matrix for turn in turned]
    meshes, moved, compensation = _compensated(meshes, moved, settings, steps)
    labels = tuple(context.labels)
    if matrix is not None:
        labels = tuple(label_in_patient(label, matrix) for label in labels)
    progress(1.0, _("prepared"))
    figures = tuple(mesh_figures(mesh) for mesh in meshes)
    return PreparedModel(
        replace(model, meshes=tuple(meshes), figures=figures, steps=(*model.steps, *steps)),
        labels,
        tuple(moved),
        compensation,
    )


def _apply_to_meshes(
    step: SolidStep, context: PreparationContext, progress: ProgressCallback
) -> "list[ProcessingStep]":
    """Runs one step on every mesh of the model, or on the largest alone; what it did to each.

    `context.meshes` is changed in place. Raises `RefusedError` that names the step.
    """
    from ..reconstruction import ProcessingStep

    meshes = context.meshes
    indices = list(range(len(meshes)))
    if step.largest_mesh_only:
        indices = [max(indices, key=lambda index: meshes[index].volume)]
    done = []
    for index in indices:
        mesh = meshes[index]
        try:
            meshes[index], effect = step.apply(mesh, context, progress)
        except RefusedError as error:  # of seven steps, the sentence must say which
            raise RefusedError(_("{step}: {error}", step=step.name.capitalize(), error=error)) from error
        volumes = _("volume {volume:.0f} to {volume2:.0f} mm3", volume=mesh.volume, volume2=meshes[index].volume)
        displacement = displacement_summary([mesh], [meshes[index]])
        done.append(
            ProcessingStep(
                step.name,
                _(
                    "{mesh}: {effect}; {volumes}; {displacement}",
                    mesh=mesh.name,
                    effect=effect,
                    volumes=volumes,
                    displacement=displacement,
                ),
            )
        )
    return done


def _compensated(
    meshes: Sequence[Mesh], moved: Sequence[np.ndarray | None], settings: RunSettings, steps: list[Any]
) -> tuple[list[Mesh], list[np.ndarray | None], np.ndarray | None]:
    """As `compensated`, with what moved each mesh in all."""
    made, matrix, done = compensated(meshes, settings)
    steps += done
    if matrix is None:
        return made, list(moved), None
    return made, [matrix if one is None else matrix @ one for one in moved], matrix


def _oriented(meshes: Sequence[Mesh], process: Any, steps: list[Any]) -> tuple[list[Mesh], list[np.ndarray | None]]:
    """Each mesh turned for itself and laid beside the others, with the transform that did both."""
    from ..preparation import FirstLayer, arrange_on_plate, orient
    from ..reconstruction import ProcessingStep

    sizes = [process.limit(name) for name in ("first_layer_mm", "first_line_mm", "footing_mm")]
    layer = FirstLayer(*sizes) if None not in sizes else None
    done = [orient(mesh, process.limit("overhang_deg") or 45.0, layer) for mesh in meshes]
    shifts = arrange_on_plate([one.mesh for one in done])
    turned: list[Mesh] = []
    moved: list[np.ndarray | None] = []
    for one, shift in zip(done, shifts):
        transform = one.transform.copy()
        transform[:3, 3] += shift
        turned.append(
            replace(one.mesh, points=(one.mesh.points + shift).astype(np.float32)) if shift.any() else one.mesh
        )
        moved.append(transform)
        numbers = " ".join(f"{value:.6f}" for value in transform[:3].ravel())
        steps.append(
            ProcessingStep(
                "orient",
                _(
                    "{mesh}: overhang {overhang_before_mm2:.0f} to {overhang_mm2:.0f} mm2; transform (3x4, LPS "
                    "mm) {numbers}",
                    mesh=one.mesh.name,
                    overhang_before_mm2=one.overhang_before_mm2,
                    overhang_mm2=one.overhang_mm2,
                    numbers=numbers,
                ),
            )
        )
    return turned, moved


def _with_deviation(mesh: Mesh, before: Sequence[Mesh]) -> Mesh:
    """The deviation of points that are still where they were; NaN for what preparation made."""
    from scipy.spatial import cKDTree

    known = [old for old in before if "Deviation" in old.point_arrays]
    if not known or "Deviation" in mesh.point_arrays:
        return mesh
    points = np.concatenate([old.points for old in known])
    values = np.concatenate([old.point_arrays["Deviation"] for old in known])
    distance, nearest = cKDTree(points).query(mesh.points, distance_upper_bound=1e-3, workers=-1)
    kept = np.isfinite(distance)
    deviation = np.full(len(mesh.points), np.nan, dtype=np.float32)
    deviation[kept] = values[nearest[kept]]
    return mesh.with_arrays(point_arrays={"Deviation": deviation})


def _checked(mesh: Mesh) -> Mesh:
    """The mesh after the weld of a reader. Raises `RefusedError` where preparation broke it beyond local repair."""
    from ..mesh import analyse_topology, self_intersections
    from ..repair import repair_mesh

    found = analyse_topology(mesh)
    if found.closed and not len(self_intersections(mesh)):
        return mesh
    repaired = repair_mesh(mesh)
    if not repaired.valid:
        raise RefusedError(
            _(
                "Preparing '{mesh}' left faults that could not be mended: change the size or place of the last step.",
                mesh=mesh.name,
            )
        )
    return _with_deviation(repaired.mesh, [mesh])


def mesh_figures(mesh: Mesh) -> dict[str, object]:
    """Deviation of what is still measured surface, by area, and the sizes after preparation."""
    figures: dict[str, object] = {"triangles": len(mesh.triangles), "volume_mm3": mesh.volume}
    deviation = mesh.point_arrays.get("Deviation")
    if deviation is None:
        return figures
    at_triangles = np.abs(deviation[mesh.triangles]).mean(axis=1)
    measured = np.isfinite(at_triangles) & (
        mesh.triangle_arrays.get("Provenance", np.zeros(len(at_triangles))) == Provenance.MEASURED
    )
    if not measured.any():
        return figures
    areas = np.linalg.norm(mesh.triangle_normals(), axis=1)[measured]
    values = at_triangles[measured]
    order = np.argsort(values)
    covered = np.cumsum(areas[order]) / areas.sum()
    return {
        **figures,
        "mean_deviation_mm": float((values * areas).sum() / areas.sum()),
        "p95_deviation_mm": float(values[order[np.searchsorted(covered, 0.95)]]),
        "max_deviation_mm": float(values.max()),
    }
