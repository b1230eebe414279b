"""From labelled anatomy to closed surfaces, step by step."""

from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from ..errors import RefusedError
from ..mesh.core import Mesh, keep_triangles
from ..mesh.isosurface import extract_isosurface
from ..mesh.scalar_field import ScalarField
from ..messages import _
from ..progress import ProgressCallback, no_progress, subprogress
from ..simplify.before import SimplifiedBefore
from ..simplify.changed_places import carry_over, remember, simplify_changed_places
from ..simplify.simplify import SimplifyResult, simplify_with_report
from ..simplify.vertex_clustering import cluster_grid_vertices
from ..text import pluralize
from ..voxel_components import Box, segment_boxes
from .edge_shift_correction import EdgeShiftCorrection, estimate_edge_shift_correction
from .isosurface_fitting import fit_to_isosurface
from .processing_notes import cleaning_steps, contour_step, edge_shift_steps, simplification_step, user_notes
from .provenance import triangle_provenance
from .scalar_field import build_scalar_field
from .shared_walls import groups_that_touch, reconstruct_shared_walls
from .small_components import SurfaceComponent, select_components
from .smoothing import smooth_labelmap_surface, taubin_smooth, windowed_sinc_smooth
from .surface_measurement import measure_surface
from .types import ProcessingStep, SurfaceModel
from .wall_faces import WallFaces
from .wall_search import walls_of

if TYPE_CHECKING:
    from ..segmentation import Segment, Segmentation
    from ..volume import Volume

SMOOTHING_ROUNDS = 1  # rounds, of a surface that has grey values
_SIMPLIFICATION_SHARE = 0.85  # of the budget; the rest is for the clustering of the contour's vertices
# Where the faces of a wall meet at its rim they give way by so much of what they were moved, not by all.
_WITHIN_WALLS = (0.5, 0.8, 0.94)
# Of the windowed sinc, where its iterations are given: with grey values, and of a label only (a staircase).
GREY_PASS_BAND, LABEL_PASS_BAND = 0.1, 0.01

# From a contour and the grid index of each vertex to fewer triangles and the contour's triangle that each comes from.
ClusteringFunction = Callable[[Mesh, np.ndarray], tuple[Mesh, np.ndarray]]


@dataclass(frozen=True)
class SurfaceOptions:
    """Limits of one segment's surface, as of `reconstruct_surfaces`; `max_triangles` is the segment's own share, `before` its
    surface before, where there was one.
    """

    max_deviation_mm: float
    max_triangles: int
    min_fragment_mm3: float
    max_cavity_mm3: float
    smoothing: int | None
    before: SimplifiedBefore | None = None
    is_remembered: bool = False


@dataclass(frozen=True)
class _Contour:
    """The cleaned contour of a segment.

    `mesh` has the triangle array ``Provenance``; `volume_mm3` and `triangle_count` are those of the whole contour before
    clustering and cleaning; `components` are its bodies and cavities, the removed ones too.
    """

    mesh: Mesh
    components: tuple[SurfaceComponent, ...]
    volume_mm3: float
    triangle_count: int
    is_clustered: bool

    @property
    def kept_volume_mm3(self) -> float:
        """Volume without the components that were removed."""
        return self.volume_mm3 - _volume(tuple(part for part in self.components if not part.kept))


@dataclass(frozen=True)
class _Task:
    """One segment to be reconstructed, and the thread that helps; `loading` is its import of scipy."""

    segmentation: "Segmentation"
    segment: "Segment"
    field: ScalarField
    options: SurfaceOptions
    helper: ThreadPoolExecutor
    loading: "Future[None]"

    @property
    def grey(self) -> "Volume | None":
        """The scan where its grey values are worth fitting to: not a label's staircase, nor where nothing may move."""
        return self.segmentation.volume if self.field.grey and self.options.max_deviation_mm > 0.0 else None

    @property
    def grey_value(self) -> float:
        """The boundary's grey value; the field of a dark segment has the other sign."""
        return self.field.level if self.segment.brighter_than_background else -self.field.level


def reconstruct_surfaces(
    segmentation: "Segmentation",
    *,
    max_deviation_mm: float = 0.05,
    max_triangles: int = 500_000,
    min_fragment_mm3: float = 1.0,
    max_cavity_mm3: float = 1.0,
    smoothing: int | None = None,
    befores: Mapping[str, SimplifiedBefore] | None = None,
    progress: ProgressCallback = no_progress,
) -> SurfaceModel:
    """Closed, oriented surfaces of all segments in LPS mm, at the sub-voxel place of the grey-value boundary.

    `max_deviation_mm` is what simplification may move (99 % of the surface), `max_triangles` the ceiling for all
    segments together, which goes first. Bodies below `min_fragment_mm3` are taken out and cavities up to
    `max_cavity_mm3` filled (``inf``: all, a solid core); both are listed in the figures. `smoothing` is the number of
    windowed sinc iterations (0: none; None: by what the segment has, light fairing with grey values, stronger for a label).
    `befores` are the surfaces before by the segments' ids: where little changed and the limits did not, a surface stays where it was but
    for what changed. The result keeps its own where `befores` is not None.
    Raises `RefusedError` where no voxel has a segment's label.
    """
    boxes, counts = segment_boxes(segmentation.labels)
    present = [segment for segment in segmentation.segments if segment.label in boxes]
    if not present:
        raise RefusedError(_("The segmentation is empty: lower the threshold or choose another anatomy."))
    ceilings = dict(zip((s.label for s in present), _ceilings(counts, present, max_triangles)))
    groups = groups_that_touch(segmentation, present) if segmentation.shares_walls else [[s] for s in present]
    done, models = 0, []
    for group in groups:
        inner = subprogress(progress, done / len(present), (done + len(group)) / len(present))
        done += len(group)
        ceiling = sum(ceilings[segment.label] for segment in group)
        if len(group) > 1:
            models.append(
                reconstruct_shared_walls(
                    segmentation, group, max_deviation_mm=max_deviation_mm, max_triangles=ceiling, progress=inner
                )
            )
            continue
        limits = (max_deviation_mm, ceiling, min_fragment_mm3, max_cavity_mm3, smoothing)
        before = None if befores is None else befores.get(group[0].id)
        options = SurfaceOptions(*limits, before, befores is not None)
        models.append(_segment_surface(segmentation, group[0], boxes[group[0].label], options, inner))
    return _in_order(models, [segment.name for segment in present])


def _in_order(models: "list[SurfaceModel]", names: list[str]) -> SurfaceModel:
    """The models of all groups as one, the meshes in the order of the segments."""
    found = [(mesh, figures) for model in models for mesh, figures in zip(model.meshes, model.figures)]
    found.sort(key=lambda entry: names.index(entry[0].name))
    return SurfaceModel(
        tuple(mesh for mesh, _unused in found),
        tuple(figures for _unused, figures in found),
        tuple(step for model in models for step in model.steps),
        tuple(note for model in models for note in model.notes),
        {key: before for model in models for key, before in model.befores.items()},
    )


def _ceilings(counts: np.ndarray, present: "list[Segment]", max_triangles: int) -> list[int]:
    """The ceiling of each segment: by the two-thirds power of its volume, as surfaces grow."""
    if len(present) == 1:
        return [max(max_triangles, 100)]
    sizes = np.array([float(counts[s.label]) for s in present]) ** (2.0 / 3.0)
    return [max(int(max_triangles * size / sizes.sum()), 100) for size in sizes]


def _segment_surface(
    segmentation: "Segmentation", segment: "Segment", box: Box, options: SurfaceOptions, progress: ProgressCallback
) -> SurfaceModel:
    """The surface from the clustered contour, or from the whole contour where that one could not be made valid."""
    # One thread for what can run beside this one; it has one task at a time.
    with ThreadPoolExecutor(1) as helper:
        loading = helper.submit(_load_scipy)
        field = build_scalar_field(segmentation, segment, subprogress(progress, 0.0, 0.05), box)
        assert field is not None
        task = _Task(segmentation, segment, field, options, helper, loading)
        # Clustered vertices are fitted to the grey values afterwards; without these the contour stays as it is.
        for cluster in (_unclustered,) if task.grey is None else (cluster_grid_vertices, _unclustered):
            contour = _contour(task, cluster, progress)
            progress(0.15, _("smoothing the surface"))
            smooth, method = _smoothed(contour.mesh, options.smoothing, field)
            walls = (
                None if task.grey is None or options.smoothing == 0 else walls_of(smooth, segmentation, segment, field)
            )
            smooth = smooth if walls is None else walls.mesh
            before = _usable_before(task)
            smooth = smooth if before is None else carry_over(smooth, contour.mesh.points, before)
            result, correction = _simplified(task, contour, smooth, walls, subprogress(progress, 0.2, 0.9))
            kept = remember(smooth, contour.mesh.points, result, _made_with(task)) if options.is_remembered else None
            if not len(result.bad):
                break
    mesh, figures = measure_surface(
        replace(result.mesh, name=segment.name, color=segment.color),
        field,
        contour.mesh,
        contour.kept_volume_mm3,
        correction,
        walls,
        subprogress(progress, 0.9, 1.0),
    )
    figures.update({} if walls is None else walls.figures())
    figures.update(
        fragments=[vars(part) for part in contour.components],
        valid=len(result.bad) == 0,
        defects_at=len(result.bad),
        simplification_p99_mm=result.deviation_mm[0],
        simplification_max_mm=result.deviation_mm[1],
        grey_value=task.grey_value,
    )
    steps = [contour_step(segment, field, contour.triangle_count, contour.volume_mm3)]
    steps += cleaning_steps(segment, contour.components, options.min_fragment_mm3, options.max_cavity_mm3)
    if method:
        steps.append(ProcessingStep("smoothing", _("{segment}: {method}", segment=segment.name, method=method)))
    steps.append(simplification_step(segment, contour.mesh, result))
    if correction is not None:
        steps += edge_shift_steps(segment, correction, figures)
    notes = user_notes(segment, field, result, options.max_deviation_mm, options.max_triangles)
    return SurfaceModel((mesh,), (figures,), tuple(steps), tuple(notes), {} if kept is None else {segment.id: kept})


def _made_with(task: _Task) -> tuple[float | int | bool | None, ...]:
    """What a surface before must have been made with, for this one to go on from it."""
    options = task.options
    return (options.max_deviation_mm, options.smoothing, task.grey is not None, float(task.field.level))


def _usable_before(task: _Task) -> SimplifiedBefore | None:
    """The surface before, where it was made with the same limits."""
    before = task.options.before
    return before if before is not None and tuple(before.made_with) == _made_with(task) else None


def _contour(task: _Task, cluster: ClusteringFunction, progress: ProgressCallback) -> _Contour:
    """The isosurface of the field, its vertices clustered, fragments removed and cavities filled."""
    progress(0.05, _("contouring"))
    whole, index = extract_isosurface(task.field)
    raw, source_triangle = cluster(whole, index)
    task.loading.result()
    progress(0.1, _("cleaning"))
    triangles = whole.triangles.take(source_triangle, axis=0)
    origin = task.helper.submit(triangle_provenance, index, triangles, task.field, task.segmentation, task.segment)
    volume = task.helper.submit(getattr, whole, "volume")
    keep, components = select_components(raw, task.options.min_fragment_mm3, task.options.max_cavity_mm3)
    raw = raw.with_arrays(triangle_arrays={"Provenance": origin.result()})
    count = len(whole.triangles)
    is_clustered = len(source_triangle) < count
    return _Contour(keep_triangles(raw, keep), components, volume.result(), count, is_clustered)


def _simplified(
    task: _Task, contour: _Contour, smooth: Mesh, walls: WallFaces | None, progress: ProgressCallback
) -> tuple[SimplifyResult, EdgeShiftCorrection | None]:
    """The smoothed contour with fewer triangles, fitted to the grey values, and the shift that the scan's edges show."""
    field, options, grey = task.field, task.options, task.grey
    # The scan's edges are needed when triangles are fitted, not before.
    correction: Future[EdgeShiftCorrection | None] = task.helper.submit(
        lambda: None if grey is None else estimate_edge_shift_correction(grey, smooth, task.grey_value, field.affine)
    )

    def fit(points: np.ndarray, triangles: np.ndarray) -> np.ndarray:
        known = correction.result()
        return fit_to_isosurface(points, triangles, field, None if known is None else known.shift, walls)

    budget = options.max_deviation_mm * (_SIMPLIFICATION_SHARE if contour.is_clustered else 1.0)
    fitted, between = None if grey is None else fit, () if walls is None else _WITHIN_WALLS
    raw, before = contour.mesh.points, _usable_before(task)
    result = None
    if before is not None:
        result = simplify_changed_places(smooth, raw, before, budget, options.max_triangles, progress, fitted, between)
    if result is None:
        result = simplify_with_report(smooth, raw, budget, options.max_triangles, progress, fitted, between)
    return result, correction.result()


def _load_scipy() -> None:
    """Imports the parts of scipy that a surface needs: half a second the first time, beside the work of VTK and numpy."""
    from scipy import ndimage, spatial  # noqa: F401
    from scipy.sparse import csgraph  # noqa: F401


def _unclustered(whole: Mesh, index: np.ndarray) -> tuple[Mesh, np.ndarray]:
    """The contour as it is, known to be valid: instead of `cluster_grid_vertices`, which may fail on a rough surface."""
    return whole, np.arange(len(whole.triangles))


def _smoothed(raw: Mesh, iterations: int | None, field: ScalarField) -> tuple[Mesh, str]:
    """The contour made smooth, and how; `iterations` of the windowed sinc, None for what suits the field."""
    if iterations is None and field.grey:
        return taubin_smooth(raw, SMOOTHING_ROUNDS), _(
            "Taubin, {rounds}", rounds=pluralize(SMOOTHING_ROUNDS, "round", "rounds")
        )
    if iterations is None:
        return smooth_labelmap_surface(raw, field), _("windowed sinc in two stages, the stronger held near the first")
    if iterations == 0:
        return raw, ""
    pass_band = GREY_PASS_BAND if field.grey else LABEL_PASS_BAND
    return windowed_sinc_smooth(raw, iterations, pass_band), _(
        "windowed sinc, {iterations} iterations, pass band {pass_band:g}", iterations=iterations, pass_band=pass_band
    )


def _volume(parts: tuple[SurfaceComponent, ...]) -> float:
    """mm3 of the bodies without the cavities."""
    return sum(p.volume_mm3 if p.kind == "body" else -p.volume_mm3 for p in parts)
