"""The steps of preparation that the settings ask for, in a fixed order, with what each did."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from ..config.run_settings import RunSettings
from ..errors import RefusedError, UsageError
from ..mesh.core import Mesh, Provenance
from ..progress import ProgressCallback, no_progress, subprogress
from ..text import pluralize
from .splitting import apply_cuts, displacement_summary, preparation_defaults, split_to_printer, validate_cut_settings
from .stages import simplification_budget

if TYPE_CHECKING:
    from ..preparation import LabelResult, Plane
    from ..reconstruction import SurfaceModel


@dataclass(frozen=True)
class PreparedModel:
    """The prepared model, the texts put on it with their frames, and for each mesh the transform that turned it (None: not turned)."""

    model: "SurfaceModel"
    labels: "tuple[LabelResult, ...]" = ()
    moved: tuple[np.ndarray | None, ...] = ()


def validate_preparation(settings: RunSettings) -> None:
    """Raises `UsageError` for settings of preparation that contradict one another or cannot be done, before any long work."""
    from ..preparation import validate_text

    validate_cut_settings(settings)
    if settings.label is not None:
        validate_text(settings.label)
    elif settings.label_at or settings.label_raised:
        raise UsageError("--label-at and --label-raised are about a label: give --label TEXT too, or leave them out.")
    if (settings.drain_hole_positions or settings.escape_holes) and not settings.hollow:
        raise UsageError(
            "--escape and --escape-holes are about a hollow model: give --hollow MM too, or leave them out."
        )


def prepare(model: "SurfaceModel", settings: RunSettings, progress: ProgressCallback = no_progress) -> PreparedModel:
    """Wrap, thicken, hollow, struts, base, label, scale bar, cuts, split, pins, magnets and orient, as far as `settings` ask for them.

    Where a side is kept, the cuts come before base, label and scale bar, so that these stand on what is kept.

    Raises `RefusedError` where a step cannot keep its promise; the model that came in is then unchanged. `MissingDependencyError` without
    manifold3d.
    """
    from ..printability import load_printer, load_process
    from ..reconstruction import ProcessingStep

    process = load_process(settings.process)
    steps: list[ProcessingStep] = []
    labels: list[LabelResult] = []
    meshes: list[Mesh] = list(model.meshes)
    planes: list[Plane] = []
    work = _solid_steps(settings, process, labels, meshes)
    # What is not kept takes no base and no label with it.
    to_crop = bool(settings.kept_sides)
    for number, (name, apply) in enumerate(work):
        step = subprogress(progress, 0.8 * number / max(len(work), 1), 0.8 * (number + 1) / max(len(work), 1))
        step(0.0, name)
        if to_crop and name in LARGEST_MESH_ONLY:
            meshes[:] = apply_cuts(meshes, settings, planes, steps)
            to_crop = False
        largest = max(range(len(meshes)), key=lambda index: meshes[index].volume)
        for index in [largest] if name in LARGEST_MESH_ONLY else range(len(meshes)):
            mesh = meshes[index]
            try:
                meshes[index], effect = apply(mesh, step)
            except RefusedError as error:  # of seven steps, the sentence must say which
                raise RefusedError(f"{name.capitalize()}: {error}") from error
            volumes = f"volume {mesh.volume:.0f} to {meshes[index].volume:.0f} mm3"
            steps.append(
                ProcessingStep(
                    name, f"{mesh.name}: {effect}; {volumes}; {displacement_summary([mesh], [meshes[index]])}"
                )
            )
    if to_crop or not settings.kept_sides:
        meshes = apply_cuts(meshes, settings, planes, steps)
    meshes = split_to_printer(
        meshes, settings, process, load_printer(settings.printer or process.printer), planes, steps
    )
    meshes = [_checked(_with_deviation(mesh, model.meshes)) for mesh in meshes]
    moved: list[np.ndarray | None] = [None] * len(meshes)
    if settings.orient:
        meshes, moved = _oriented(meshes, process, steps)
    progress(1.0, "prepared")
    figures = tuple(_figures(mesh) for mesh in meshes)
    return PreparedModel(
        replace(model, meshes=tuple(meshes), figures=figures, steps=(*model.steps, *steps)),
        tuple(label for label in labels if label.text == settings.label),
        tuple(moved),
    )


PreparationFunction = Callable[[Mesh, ProgressCallback], tuple[Mesh, str]]
LARGEST_MESH_ONLY = ("base", "label", "scale bar")  # only on the largest mesh of a model


def _solid_steps(
    settings: RunSettings, process: Any, labels: "list[LabelResult]", meshes: Sequence[Mesh]
) -> list[tuple[str, PreparationFunction]]:
    """The steps that turn one solid into one solid, each with its name; `meshes` is the model as it stands when a step runs."""
    from .. import preparation as room

    usual = preparation_defaults()
    clearance = process.limit("clearance_mm") or 0.3
    relief = max(min(process.limit("emboss_height_mm") or 0.8, 1.0), 0.5)
    lowest = max((process.limit("emboss_width_mm") or 0.4) / room.STROKE, usual["least_letters_mm"])

    def wrapped(mesh: Mesh, progress: ProgressCallback) -> tuple[Mesh, str]:
        from ..simplify import simplify

        done = room.shrink_wrap(mesh, progress=subprogress(progress, 0.0, 0.9))
        # As fine as the grid that it was wrapped on: far more triangles than the shape needs.
        fewer = simplify(
            done.mesh, simplification_budget(settings), settings.triangles, subprogress(progress, 0.9, 1.0)
        )
        return fewer, f"{done.filled_mm3:.0f} mm3 filled, {100 * done.share_kept:.1f} % of the surface kept"

    def thickened(mesh: Mesh, progress: ProgressCallback) -> tuple[Mesh, str]:
        beside = [other for other in meshes if other is not mesh]
        done = room.thicken(mesh, float(settings.thicken or 0.0), clearance, others=beside, progress=progress)
        spared = f", {done.spared_mm2:.0f} mm2 left thinner to keep gaps open" if done.spared_mm2 > 0.5 else ""
        return done.mesh, (
            f"{done.thin_area_mm2:.0f} mm2 were thinner than {settings.thicken:g} mm, {done.added_mm3:.0f} mm3 added{spared}, "
            f"at most {done.outward_mm:.2f} mm outward"
        )

    def hollowed(mesh: Mesh, progress: ProgressCallback) -> tuple[Mesh, str]:
        diameter = process.limit("escape_hole_mm") or 0.0
        holes = settings.escape_holes or (2 if 0.0 < diameter < usual["two_holes_below_mm"] else 1)
        places = [(-r, -a, s) for r, a, s in settings.drain_hole_positions]
        if places and not diameter:
            raise UsageError(f"The process {process.name} needs no escape holes: leave --escape out.")
        done = room.hollow(mesh, float(settings.hollow or 0.0), diameter, places=places, holes=holes, progress=progress)
        mouths = "; ".join(f"{-x:.1f}, {-y:.1f}, {z:.1f}" for x, y, z in done.holes)
        opened = f"{pluralize(len(done.holes), 'escape hole')} of {diameter:g} mm at R, A, S {mouths}"
        if not done.holes:
            opened = "no escape holes"
        return (
            done.mesh,
            f"{done.removed_mm3:.0f} mm3 taken out of {pluralize(done.cavities, 'cavity', 'cavities')}, {opened}",
        )

    def strutted(mesh: Mesh, progress: ProgressCallback) -> tuple[Mesh, str]:
        done = room.add_struts(mesh, max(process.limit("pin_mm") or 0.0, usual["least_strut_mm"]), progress=progress)
        return done.mesh, f"{pluralize(done.count, 'bar')}, {done.added_mm3:.0f} mm3 added"

    def based(mesh: Mesh, progress: ProgressCallback) -> tuple[Mesh, str]:
        names = ("base_mm", "base_rim_mm", "base_sink_mm", "fillet_mm", "column_mm")
        done = room.add_base(mesh, settings.base_kind, room.BaseSize(*(usual[name] for name in names)))
        return done.mesh, f"a {settings.base_kind} of {done.added_mm3:.0f} mm3 added"

    def labelled(mesh: Mesh, progress: ProgressCallback) -> tuple[Mesh, str]:
        at = settings.label_at
        place = None if at is None else (-at[0], -at[1], at[2])
        done = room.add_label(
            mesh,
            str(settings.label),
            max(usual["letters_mm"], lowest),
            relief,
            raised=settings.label_raised,
            place=place,
            smallest=lowest,
        )
        labels.append(done)
        way = f"raised {relief:g} mm" if settings.label_raised else f"engraved {relief:g} mm deep"
        return done.mesh, f"'{done.text}' {way}, {done.width:.0f} x {done.height:.0f} mm"

    def measured(mesh: Mesh, progress: ProgressCallback) -> tuple[Mesh, str]:
        size = room.ScaleBarSize(*(usual[f"scale_bar_{name}_mm"] for name in ("stroke", "tick", "letters")))
        done = room.add_scale_bar(mesh, float(settings.scale_bar or 0.0), relief, avoid=labels, size=size)
        return done.mesh, f"a bar of {done.text} engraved {relief:g} mm deep"

    wanted: list[tuple[object, str, PreparationFunction]] = [
        (settings.wrap, "wrap", wrapped),
        (settings.thicken, "thicken", thickened),
        (settings.hollow, "hollow", hollowed),
        (settings.struts, "struts", strutted),
        (settings.base, "base", based),
        (settings.label, "label", labelled),
        (settings.scale_bar, "scale bar", measured),
    ]
    return [(name, apply) for asked, name, apply in wanted if asked]


def _oriented(meshes: Sequence[Mesh], process: Any, steps: list[Any]) -> tuple[list[Mesh], list[np.ndarray | None]]:
    """Each mesh turned for itself and laid beside the others, with the transform that did both."""
    from ..preparation import arrange_on_plate, orient
    from ..reconstruction import ProcessingStep

    done = [orient(mesh, process.limit("overhang_deg") or 45.0) for mesh in meshes]
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
                f"{one.mesh.name}: overhang {one.overhang_before_mm2:.0f} to {one.overhang_mm2:.0f} mm2; "
                f"transform (3x4, LPS mm) {numbers}",
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
            f"Preparing '{mesh.name}' left faults that could not be mended: change the size or place of the last step."
        )
    return _with_deviation(repaired.mesh, [mesh])


def _figures(mesh: Mesh) -> dict[str, object]:
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
