"""The steps of preparation that the settings ask for, in a fixed order, with what each did."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from ..config.run_settings import RunSettings
from ..errors import RefusedError
from ..mesh.core import Mesh, Provenance, transformed
from ..mesh.transfer import transfer_materials_of_nearest
from ..messages import _
from ..progress import ProgressCallback, no_progress, subprogress
from .scaling import label_in_patient, validate_scale
from .steps import Phase, PreparationState, steps_in_order, validate_steps

if TYPE_CHECKING:
    from ..preparation import LabelResult
    from ..reconstruction import SurfaceModel


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
    from ..printability import load_process

    validate_steps(settings, load_process(settings.process))


def prepare(model: "SurfaceModel", settings: RunSettings, progress: ProgressCallback = no_progress) -> PreparedModel:
    """The steps that `settings` ask for, in the order of `steps.order.STEPS`.

    Raises `RefusedError` where a step cannot keep its promise; the model that came in is then unchanged. `MissingDependencyError` without
    manifold3d.
    """
    from ..printability import load_process

    validate_scale(settings)
    state = PreparationState(settings, load_process(settings.process), list(model.meshes))
    due = [step for step in steps_in_order(settings) if step.is_due(settings)]
    by_phase = {phase: [step for step in due if step.phase is phase] for phase in Phase}
    for step in by_phase[Phase.FRAME]:
        step.apply(state, progress)
    before = tuple(state.meshes)
    shaping = by_phase[Phase.SHAPE]
    for number, step in enumerate(shaping):
        inner = subprogress(progress, 0.8 * number / len(shaping), 0.8 * (number + 1) / len(shaping))
        inner(0.0, step.name)
        step.apply(state, inner)
    meshes = [_checked(_with_deviation(mesh, before)) for mesh in state.meshes]
    # Before they are turned, while they lie where their sources do.
    state.meshes = [transfer_materials_of_nearest(mesh, before) for mesh in meshes]
    state.moved = [state.matrix] * len(meshes)
    for step in by_phase[Phase.PLACE]:
        step.apply(state, progress)
    progress(1.0, _("prepared"))
    labels = tuple(state.labels)
    if state.matrix is not None:
        labels = tuple(label_in_patient(label, state.matrix) for label in labels)
    figures = tuple(mesh_figures(mesh) for mesh in state.meshes)
    return PreparedModel(
        replace(model, meshes=tuple(state.meshes), figures=figures, steps=(*model.steps, *state.done)),
        labels,
        tuple(state.moved),
        state.compensation,
    )


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
