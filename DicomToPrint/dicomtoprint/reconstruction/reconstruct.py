"""From labelled anatomy to closed surfaces, step by step."""

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from ..errors import RefusedError
from ..imaging.surface_deviation import isosurface_distance, vertex_normals, weighted_distance_stats
from ..mesh.core import Mesh, Provenance, keep_triangles
from ..mesh.graph import label_vertex_components
from ..mesh.isosurface import extract_isosurface
from ..mesh.scalar_field import ScalarField
from ..mesh.vertex_averaging import build_vertex_averaging
from ..progress import ProgressCallback, no_progress, subprogress
from ..simplify.simplify import SimplifyResult, simplify_with_report
from ..simplify.vertex_clustering import cluster_grid_vertices
from ..text import pluralize
from .edge_shift_correction import EdgeShiftCorrection, estimate_edge_shift_correction
from .isosurface_fitting import fit_to_isosurface
from .provenance import triangle_provenance
from .scalar_field import build_scalar_field
from .small_components import SurfaceComponent, select_components
from .smoothing import smooth_labelmap_surface, taubin_smooth, windowed_sinc_smooth
from .types import ProcessingStep, SurfaceModel

if TYPE_CHECKING:
    from ..segmentation import Segment, Segmentation

SMOOTHING_ROUNDS = 1  # rounds, of a surface that has grey values
_LEFT = 0.85  # of the budget is for simplification, the rest for gathering points around the samples of the grid
# Of the windowed sinc, where its iterations are given: with grey values, and of a label only (a staircase).
GREY_PASS_BAND, LABEL_PASS_BAND = 0.1, 0.01


def reconstruct_surfaces(
    segmentation: "Segmentation",
    *,
    max_deviation_mm: float = 0.05,
    max_triangles: int = 500_000,
    min_fragment_mm3: float = 1.0,
    max_cavity_mm3: float = 1.0,
    smoothing: int | None = None,
    progress: ProgressCallback = no_progress,
) -> SurfaceModel:
    """Closed, oriented surfaces of all segments in LPS mm, at the sub-voxel place of the grey-value boundary.

    `max_deviation_mm` is what simplification may move (99 % of the surface), `max_triangles` the ceiling for all
    segments together, which goes first. Bodies below `min_fragment_mm3` are taken out and cavities up to
    `max_cavity_mm3` filled (``inf``: all, a solid core); both are listed in the figures. `smoothing` is the number of
    windowed sinc iterations (0: none; None: by what the segment has, light fairing with grey values, stronger for a label).
    Raises `RefusedError` where no voxel has a segment's label.
    """
    present = [s for s in segmentation.segments if (segmentation.labels == s.label).any()]
    if not present:
        raise RefusedError("The segmentation is empty: lower the threshold or choose another anatomy.")
    share = _ceilings(segmentation, present, max_triangles)
    meshes, figures, steps, notes = [], [], [], []
    for number, segment in enumerate(present):
        inner = subprogress(progress, number / len(present), (number + 1) / len(present))
        mesh, facts, done, said = _surface(
            segmentation, segment, max_deviation_mm, share[number], min_fragment_mm3, max_cavity_mm3, smoothing, inner
        )
        meshes.append(mesh)
        figures.append(facts)
        steps += done
        notes += said
    return SurfaceModel(tuple(meshes), tuple(figures), tuple(steps), tuple(notes))


def _ceilings(segmentation: "Segmentation", present: "list[Segment]", max_triangles: int) -> list[int]:
    """The ceiling of each segment: by the two-thirds power of its volume, as surfaces grow."""
    if len(present) == 1:
        return [max(max_triangles, 100)]
    counts = np.bincount(segmentation.labels.ravel())
    sizes = np.array([float(counts[s.label]) for s in present]) ** (2.0 / 3.0)
    return [max(int(max_triangles * size / sizes.sum()), 100) for size in sizes]


def _surface(
    segmentation: "Segmentation",
    segment: "Segment",
    max_deviation_mm: float,
    max_triangles: int,
    min_fragment_mm3: float,
    max_cavity_mm3: float,
    smoothing: int | None,
    progress: ProgressCallback,
    sparing: Callable[[Mesh, np.ndarray], tuple[Mesh, np.ndarray]] = cluster_grid_vertices,
) -> tuple[Mesh, Mapping[str, object], list[ProcessingStep], list[str]]:
    with ThreadPoolExecutor(1) as pool:
        loading = pool.submit(_load)
        field = build_scalar_field(segmentation, segment, subprogress(progress, 0.0, 0.05))
        assert field is not None
        progress(0.05, "contouring")
        whole, index = extract_isosurface(field)
        # A label's own level is a staircase: only grey values are worth being fitted to. Without a budget nothing moves.
        grey = segmentation.volume if field.grey and max_deviation_mm > 0.0 else None
        raw, birth = (sparing if grey is not None else _all)(whole, index)
        loading.result()
    budget = max_deviation_mm * (_LEFT if len(birth) < len(whole.triangles) else 1.0)
    progress(0.1, "cleaning")
    with ThreadPoolExecutor(1) as pool:
        origin = pool.submit(
            triangle_provenance, index, whole.triangles.take(birth, axis=0), field, segmentation, segment
        )
        before = pool.submit(getattr, whole, "volume")
        keep, parts = select_components(raw, min_fragment_mm3, max_cavity_mm3)
        raw, volume = raw.with_arrays(triangle_arrays={"Provenance": origin.result()}), before.result()
    steps = [_contour_step(segment, field, len(whole.triangles), volume)]
    del whole, index, birth, origin, before
    raw = keep_triangles(raw, keep)
    steps += _cleaning_steps(segment, parts, min_fragment_mm3, max_cavity_mm3)
    progress(0.15, "smoothing the surface")
    fair, how = _smoothed(raw, smoothing, field)
    if how:
        steps.append(ProcessingStep("smoothing", f"{segment.name}: {how}"))
    value = field.level if segment.brighter_than_background else -field.level
    with ThreadPoolExecutor(1) as pool:
        # The scan's edges are asked for when triangles are fitted, not before.
        edges = pool.submit(
            lambda: None if grey is None else estimate_edge_shift_correction(grey, fair, value, field.affine)
        )

        def fit(points: np.ndarray, triangles: np.ndarray) -> np.ndarray:
            seen = edges.result()
            return fit_to_isosurface(points, triangles, field, None if seen is None else seen.shift)

        inner = subprogress(progress, 0.2, 0.9)
        result = simplify_with_report(fair, raw.points, budget, max_triangles, inner, None if grey is None else fit)
        seen = edges.result()
    if len(result.bad) and sparing is cluster_grid_vertices:
        limits = max_deviation_mm, max_triangles, min_fragment_mm3, max_cavity_mm3
        return _surface(segmentation, segment, *limits, smoothing, progress, _all)
    steps.append(_simplification_step(segment, raw, result))
    mesh, facts = _measured(
        replace(result.mesh, name=segment.name, color=segment.color),
        field,
        raw,
        volume - _volume(tuple(p for p in parts if not p.kept)),
        seen,
        subprogress(progress, 0.9, 1.0),
    )
    facts.update(
        fragments=[vars(p) for p in parts],
        valid=len(result.bad) == 0,
        defects_at=len(result.bad),
        simplification_p99_mm=result.deviation_mm[0],
        simplification_max_mm=result.deviation_mm[1],
        grey_value=value,
    )
    if seen is not None:
        steps += _put_back_steps(segment, seen, facts)
    return mesh, facts, steps, _notes(segment, field, result, max_deviation_mm, max_triangles)


def _load() -> None:
    """The parts of scipy that a surface needs: half a second the first time, which goes by while VTK and numpy work."""
    from scipy import ndimage, spatial  # noqa: F401
    from scipy.sparse import csgraph  # noqa: F401


def _all(whole: Mesh, index: np.ndarray) -> tuple[Mesh, np.ndarray]:
    """The contour as it is, known to be valid: in place of `cluster_grid_vertices`, which may fail where the surface is rough."""
    return whole, np.arange(len(whole.triangles))


def _smoothed(raw: Mesh, iterations: int | None, field: ScalarField) -> tuple[Mesh, str]:
    """The contour made smooth, and how; `iterations` of the windowed sinc, None for what suits the field."""
    if iterations is None and field.grey:
        return taubin_smooth(raw, SMOOTHING_ROUNDS), f"Taubin, {pluralize(SMOOTHING_ROUNDS, 'round', 'rounds')}"
    if iterations is None:
        return smooth_labelmap_surface(raw, field), "windowed sinc in two stages, the stronger held near the first"
    if iterations == 0:
        return raw, ""
    pass_band = GREY_PASS_BAND if field.grey else LABEL_PASS_BAND
    return windowed_sinc_smooth(
        raw, iterations, pass_band
    ), f"windowed sinc, {iterations} iterations, pass band {pass_band:g}"


def _volume(parts: tuple[SurfaceComponent, ...]) -> float:
    """mm3 of the bodies without the cavities."""
    return sum(p.volume_mm3 if p.kind == "body" else -p.volume_mm3 for p in parts)


def _measured(
    mesh: Mesh,
    field: ScalarField,
    raw: Mesh,
    before: float,
    seen: EdgeShiftCorrection | None,
    progress: ProgressCallback,
) -> tuple[Mesh, dict[str, object]]:
    """The mesh with its deviation, and the figures; `before` is the volume in mm3 of the contour `raw`. Where the
    boundary is at another grey value than the contour's, by what was `seen` of the edges, it is measured from there."""
    spacing = np.linalg.norm(field.affine[:3, :3], axis=0)
    to_index = field.to_index
    with ThreadPoolExecutor(1) as pool:
        counted_parts = pool.submit(label_vertex_components, mesh.triangles, len(mesh.points))
        cross = mesh.triangle_normals()
        length = np.sqrt(np.einsum("ij,ij->i", cross, cross))
        area = np.bincount(mesh.triangles.ravel(), np.repeat(length / 6.0, 3), minlength=len(mesh.points))
        some = np.arange(0, len(mesh.triangles), max(1, len(mesh.triangles) // 100_000))
        facing = cross[some] / np.maximum(length[some], 1e-30)[:, None]
        places = np.concatenate([mesh.points, mesh.points[mesh.triangles[some]].mean(axis=1)])
        offset = isosurface_distance(
            places,
            np.concatenate([vertex_normals(mesh, cross), facing]),
            field.array,
            field.level,
            to_index,
            2.0 * float(spacing.max()),
            0.5 * float(spacing.min()),
            progress,
        )
        # At a sharp edge the normal may run along a wall: far crossings give way to the nearest point of the contour.
        far = np.flatnonzero(~(np.abs(offset) <= 0.5 * spacing.min()))
        nearest = _to_contour(places[far], raw, field, to_index)
        offset[far] = np.where(np.abs(offset[far]) <= np.abs(nearest), offset[far], nearest)
        components = counted_parts.result()[0]
    facts: dict[str, object] = {}
    if seen is not None:
        near = build_vertex_averaging(mesh, cross)
        beside = seen.of_neighbours(mesh, -offset[: len(mesh.points)], near)
        offset -= np.concatenate([beside, beside[mesh.triangles[some]].mean(axis=1)]).astype(offset.dtype)
        facts.update(seen.figures(mesh, beside, near))
    weights = np.concatenate([area, length[some] * area.sum() / length[some].sum()])
    facts.update(weighted_distance_stats(offset, weights))
    volume = mesh.volume
    facts.update(
        triangles=len(mesh.triangles),
        volume_mm3=volume,
        area_mm2=float(length.sum() / 2.0),
        volume_change_percent=100.0 * (volume - before) / before if before else 0.0,
        components=components,
        provenance_area_percent=_area_shares(mesh, length),
    )
    return mesh.with_arrays(point_arrays={"Deviation": offset[: len(mesh.points)].astype(np.float32)}), facts


def _to_contour(points: np.ndarray, raw: Mesh, field: ScalarField, to_index: np.ndarray) -> np.ndarray:
    """(n,) signed distance in mm of points from the nearest point of the contour."""
    from scipy import ndimage
    from scipy.spatial import cKDTree

    if len(points) == 0:
        return np.zeros(0, dtype=np.float32)
    near = _around(raw.points, points, 4.0 * float(np.linalg.norm(field.affine[:3, :3], axis=0).max()))
    distance, _ = cKDTree(near if len(near) else raw.points).query(points)
    at = (points.astype(np.float64) @ to_index[:3, :3].T + to_index[:3, 3]).T[::-1]
    value = ndimage.map_coordinates(field.array, at, output=np.float32, order=1, mode="nearest")
    return np.where(value > field.level, -distance, distance).astype(np.float32)


def _around(points: np.ndarray, places: np.ndarray, size: float) -> np.ndarray:
    """Those of the points (n, 3) in the cells of `size` mm in which places lie, or in cells next to these."""
    low = places.min(axis=0) - 2.0 * size
    shape = np.floor((places.max(axis=0) - low) / size).astype(np.int64) + 3
    marked = np.zeros(shape, dtype=bool)
    at = np.floor((places - low) / size).astype(np.int64)
    for step in np.ndindex(3, 3, 3):
        marked[tuple((at + np.array(step) - 1).T)] = True
    cells = np.floor((points - low) / size).astype(np.int64)
    inside = np.flatnonzero(((cells >= 0) & (cells < shape)).all(axis=1))
    return points[inside[marked[tuple(cells[inside].T)]]]


def _area_shares(mesh: Mesh, area: np.ndarray) -> dict[str, float]:
    shares = np.bincount(mesh.triangle_arrays["Provenance"], area, minlength=len(Provenance))
    return {kind.name.lower(): 100.0 * float(shares[kind] / max(area.sum(), 1e-30)) for kind in Provenance}


def _contour_step(segment: "Segment", field: ScalarField, count: int, volume: float) -> ProcessingStep:
    way = (
        f"at grey value {field.level if segment.brighter_than_background else -field.level:g}"
        if field.grey
        else "of the label"
    )
    return ProcessingStep("contour", f"{segment.name}: {count} triangles {way}, {volume:.1f} mm3")


def _cleaning_steps(
    segment: "Segment", parts: tuple[SurfaceComponent, ...], smallest: float, largest: float
) -> list[ProcessingStep]:
    steps = []
    kinds = (("body", "bodies", "removed below", smallest), ("cavity", "cavities", "filled up to", largest))
    for kind, several, word, limit in kinds:
        of_kind = [p for p in parts if p.kind == kind]
        gone = [p for p in of_kind if not p.kept]
        if of_kind:
            steps.append(
                ProcessingStep(
                    "cleaning",
                    f"{segment.name}: {pluralize(len(of_kind), kind, several)}, {len(gone)} {word} {limit:g} mm3 "
                    f"({sum(p.volume_mm3 for p in gone):.2f} mm3 in all)",
                )
            )
    return steps


def _simplification_step(segment: "Segment", raw: Mesh, result: SimplifyResult) -> ProcessingStep:
    return ProcessingStep(
        "simplification",
        f"{segment.name}: {len(raw.triangles)} to {len(result.mesh.triangles)} triangles; 99 % of the surface moved "
        f"less than {result.deviation_mm[0]:.3f} mm, at most {result.deviation_mm[1]:.3f} mm; "
        f"{result.restored} points set back to keep it closed and free of intersections",
    )


def _put_back_steps(segment: "Segment", seen: EdgeShiftCorrection, facts: Mapping[str, object]) -> list[ProcessingStep]:
    blur = seen.blur
    steps = [
        ProcessingStep(
            "blur",
            f"{segment.name}: the scan blurs by {blur.in_plane_mm:.2f} mm in its slices and {blur.through_plane_mm:.2f} mm across "
            f"(standard deviation, at {blur.edges} clean edges), which draws curved surfaces inwards; put back by "
            f"{facts['blur_shift_mean_mm']:.3f} mm on average, at most {facts['blur_shift_max_mm']:.3f} mm",
        )
    ]
    if facts["halfway_shift_max_mm"]:
        steps.append(
            ProcessingStep(
                "half-way",
                f"{segment.name}: laid half-way between the grey values of both sides where the scan shows both, which moved "
                f"the surface by {facts['halfway_shift_mean_mm']:.3f} mm on average, at most "
                f"{facts['halfway_shift_max_mm']:.3f} mm",
            )
        )
    return steps


def _notes(segment: "Segment", field: ScalarField, result: SimplifyResult, budget: float, ceiling: int) -> list[str]:
    notes = []
    if not field.grey:
        notes.append(f"{segment.name} has no grey values: its surface follows the label, within about half a voxel.")
    if result.deviation_mm[0] > budget:
        notes.append(
            f"{segment.name}: {ceiling} triangles are too few for a deviation of {budget:g} mm; "
            f"99 % of the surface moved less than {result.deviation_mm[0]:.3f} mm. Allow more triangles to keep to it."
        )
    if len(result.mesh.triangles) > ceiling:
        notes.append(
            f"{segment.name}: {len(result.mesh.triangles)} triangles are needed to keep the surface closed; "
            f"{ceiling} were asked for."
        )
    if len(result.bad):
        where = result.mesh.points[result.mesh.triangles[result.bad[0]]].mean(axis=0)
        notes.append(
            f"{segment.name}: {len(result.bad)} triangles could not be repaired, the first at "
            f"({where[0]:.1f}, {where[1]:.1f}, {where[2]:.1f}) mm."
        )
    return notes
