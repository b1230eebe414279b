"""The steps of preparation that the settings ask for, in a fixed order, with what each did."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import Refused
from ..mesh import Mesh, Provenance
from ..progress import Progress, part, silent
from ..settings import Settings

if TYPE_CHECKING:
    from ..preparation import Labelled, PinSize, Plane
    from ..surface import Model

PIN_LENGTH = 1.5  # length of a pin in each part, in diameters


@dataclass(frozen=True)
class Prepared:
    """The prepared model, the texts put on it with their frames, and for each mesh the transform that turned it (None: not turned)."""

    model: "Model"
    labels: "tuple[Labelled, ...]" = ()
    moved: tuple[np.ndarray | None, ...] = ()


def prepare(model: "Model", settings: Settings, progress: Progress = silent) -> "Model":
    """The model of `prepare_with_frames`."""
    return prepare_with_frames(model, settings, progress).model


def prepare_with_frames(model: "Model", settings: Settings, progress: Progress = silent) -> Prepared:
    """Wrap, thicken, hollow, struts, base, label, cuts, split, pins and orient, as far as `settings` ask for them.

    Raises `Refused` where a step cannot keep its promise; the model that came in is then unchanged. `MissingPackage` without
    manifold3d.
    """
    from ..printability import load_printer, load_process
    from ..surface import Step

    process = load_process(settings.process)
    steps: list[Step] = []
    labels: list[Labelled] = []
    meshes: list[Mesh] = list(model.meshes)
    work = _solid_steps(settings, process, labels)
    for number, (name, apply) in enumerate(work):
        step = part(progress, 0.8 * number / max(len(work), 1), 0.8 * (number + 1) / max(len(work), 1))
        step(0.0, name)
        largest = max(range(len(meshes)), key=lambda index: meshes[index].volume)
        for index in [largest] if name in ("base", "label") else range(len(meshes)):
            mesh = meshes[index]
            meshes[index], effect = apply(mesh, step)
            steps.append(Step(name, f"{mesh.name}: {effect}"))
    planes: list[Plane] = []
    if settings.cuts or settings.split:
        printer = load_printer(settings.printer or process.printer)
        meshes = _cut(meshes, settings, printer.usable_mm, planes, steps)
        if settings.pins:
            meshes = _pinned(meshes, planes, _pin_size(process), steps)
    meshes = [_checked(_with_deviation(mesh, model.meshes)) for mesh in meshes]
    moved: list[np.ndarray | None] = [None] * len(meshes)
    if settings.orient:
        meshes, moved = _oriented(meshes, process, steps)
    progress(1.0, "prepared")
    figures = tuple(_figures(mesh) for mesh in meshes)
    return Prepared(
        replace(model, meshes=tuple(meshes), figures=figures, steps=(*model.steps, *steps)), tuple(labels), tuple(moved)
    )


Apply = Callable[[Mesh, Progress], tuple[Mesh, str]]


def _solid_steps(settings: Settings, process: Any, labels: "list[Labelled]") -> list[tuple[str, Apply]]:
    """The steps that turn one solid into one solid, each with its name."""
    from .. import preparation as room

    clearance = process.limit("clearance_mm") or 0.3

    def wrapped(mesh: Mesh, progress: Progress) -> tuple[Mesh, str]:
        done = room.wrap(mesh, progress=progress)
        return done.mesh, f"{done.filled_mm3:.0f} mm3 filled, {100 * done.share_kept:.1f} % of the surface kept"

    def thickened(mesh: Mesh, progress: Progress) -> tuple[Mesh, str]:
        done = room.thicken(mesh, float(settings.thicken or 0.0), clearance, progress=progress)
        spared = f", {done.spared_mm2:.0f} mm2 left thinner to keep gaps open" if done.spared_mm2 > 0.5 else ""
        return (
            done.mesh,
            f"{done.thin_area_mm2:.0f} mm2 were thinner than {settings.thicken:g} mm, {done.added_mm3:.0f} mm3 added{spared}",
        )

    def hollowed(mesh: Mesh, progress: Progress) -> tuple[Mesh, str]:
        done = room.hollow(
            mesh, float(settings.hollow or 0.0), process.limit("escape_hole_mm") or 0.0, progress=progress
        )
        return (
            done.mesh,
            f"{done.removed_mm3:.0f} mm3 taken out of {done.cavities} cavities, {len(done.holes)} escape holes",
        )

    def strutted(mesh: Mesh, progress: Progress) -> tuple[Mesh, str]:
        done = room.add_struts(mesh, max(process.limit("pin_mm") or 0.0, 2.0), progress=progress)
        return done.mesh, f"{done.count} bars, {done.added_mm3:.0f} mm3 added"

    def based(mesh: Mesh, progress: Progress) -> tuple[Mesh, str]:
        done = room.add_base(mesh)
        return done.mesh, f"a plate of {done.added_mm3:.0f} mm3 added"

    def labelled(mesh: Mesh, progress: Progress) -> tuple[Mesh, str]:
        depth = max(min(process.limit("emboss_height_mm") or 0.8, 1.0), 0.5)
        done = room.add_label(mesh, str(settings.label), depth=depth)
        labels.append(done)
        return done.mesh, f"'{done.text}' engraved {depth:g} mm deep, {done.width:.0f} x {done.height:.0f} mm"

    wanted: list[tuple[object, str, Apply]] = [
        (settings.wrap, "wrap", wrapped),
        (settings.thicken, "thicken", thickened),
        (settings.hollow, "hollow", hollowed),
        (settings.struts, "struts", strutted),
        (settings.base, "base", based),
        (settings.label, "label", labelled),
    ]
    return [(name, apply) for asked, name, apply in wanted if asked]


def _cut(
    meshes: Sequence[Mesh], settings: Settings, build: Sequence[float], planes: "list[Plane]", steps: list[Any]
) -> list[Mesh]:
    from ..preparation import cut, plane_at, split_to_fit
    from ..surface import Step

    parts = list(meshes)
    for axis, position in settings.cuts:
        plane = plane_at(axis, position)
        pieces: list[Mesh] = []
        for mesh in parts:
            along = mesh.points.astype(np.float64) @ np.asarray(plane.normal)
            pieces += cut(mesh, plane) if along.min() < plane.offset < along.max() else (mesh,)
        if len(pieces) == len(parts):
            raise Refused(f"The cut {axis}={position:g} misses the model: choose a position within its bounds.")
        parts = pieces
        planes.append(plane)
        steps.append(Step("cut", f"at {axis} = {position:g} mm into {len(parts)} parts"))
    if settings.split:
        pieces = []
        for mesh in parts:
            split = split_to_fit(mesh, build)
            pieces += split.parts
            planes += split.planes
            steps.append(
                Step(
                    "split",
                    f"{mesh.name}: {len(split.parts)} parts for a build volume of "
                    + " x ".join(f"{size:g}" for size in build)
                    + " mm",
                )
            )
        parts = pieces
    return parts


def _pin_size(process: Any) -> "PinSize":
    from ..preparation import PinSize

    diameter = max(2.0 * (process.limit("pin_mm") or 0.0), 4.0)
    wall = max(process.limit("wall_supported_mm") or 1.0, 1.0)
    return PinSize(diameter, PIN_LENGTH * diameter, process.limit("clearance_mm") or 0.3, wall)


def _pinned(meshes: list[Mesh], planes: "Sequence[Plane]", size: "PinSize", steps: list[Any]) -> list[Mesh]:
    """Pins across every cut, between every two parts that meet there with room for a pin."""
    from ..preparation import pin_cut
    from ..surface import Step

    parts = list(meshes)
    for plane in planes:
        normal, count = np.asarray(plane.normal), 0
        spans = [
            (float(along.min()), float(along.max())) for along in (p.points.astype(np.float64) @ normal for p in parts)
        ]
        above = [n for n, (low, _high) in enumerate(spans) if abs(low - plane.offset) < 0.01]
        below = [n for n, (_low, high) in enumerate(spans) if abs(high - plane.offset) < 0.01]
        for first in above:
            for second in below:
                try:
                    pinned = pin_cut(parts[first], parts[second], plane, size)
                except Refused:
                    continue  # these two do not meet, or only in a rim
                parts[first], parts[second] = pinned.first, pinned.second
                count += len(pinned.places)
        steps.append(
            Step(
                "pins",
                f"{count} pins of {size.diameter:g} mm with {size.clearance:g} mm clearance"
                if count
                else "a cut has no room for a pin: glue it",
            )
        )
    return parts


def _oriented(meshes: Sequence[Mesh], process: Any, steps: list[Any]) -> tuple[list[Mesh], list[np.ndarray | None]]:
    from ..preparation import orient
    from ..surface import Step

    turned: list[Mesh] = []
    moved: list[np.ndarray | None] = []
    for mesh in meshes:
        done = orient(mesh, process.limit("overhang_deg") or 45.0)
        turned.append(done.mesh)
        moved.append(done.transform)
        numbers = " ".join(f"{value:.6f}" for value in done.transform[:3].ravel())
        steps.append(
            Step(
                "orient",
                f"{mesh.name}: overhang {done.overhang_before_mm2:.0f} to {done.overhang_mm2:.0f} mm2; "
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
    """The mesh after the weld of a reader. Raises `Refused` where preparation broke it beyond local repair."""
    from ..measure import self_intersections, topology
    from ..surface import repair

    found = topology(mesh)
    if found.closed and not len(self_intersections(mesh)):
        return mesh
    repaired = repair(mesh)
    if not repaired.valid:
        raise Refused(
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
