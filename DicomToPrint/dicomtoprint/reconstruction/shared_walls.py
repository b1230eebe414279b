"""Surfaces of labelled structures that touch: the wall between two is one and the same for both, without gap or overlap."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from ..mesh import analyse_topology
from ..mesh.arrays import Points
from ..mesh.core import Mesh, Provenance, cross_rows
from ..mesh.scalar_field import ScalarField
from ..messages import _, join
from ..progress import ProgressCallback, no_progress, subprogress
from ..text import pluralize
from ..voxel_components import Box, segment_boxes
from .complex_crossings import divide_faces, without_crossings
from .complex_volumes import keep_volumes
from .label_complex import (
    MAX_REACH,
    LabelComplex,
    cell_limits,
    faces_between_labels,
    make_well_composed,
    smooth_complex,
)
from .scalar_field import build_scalar_field
from .shared_simplification import TriangleComplex, simplify_complex
from .surface_measurement import measure_surface
from .types import ProcessingStep, SurfaceModel

if TYPE_CHECKING:
    from ..segmentation import Segment, Segmentation

SMOOTHING_ROUNDS = 40
_FINISHING_ROUNDS, _FINISHING_REACH = 6, 0.25  # after points went onto the scan's edge: ledges where it was not seen
_FIT_REACH = 1.0  # voxels to each side in which the scan's edge is looked for, along the normal
_FIT_STEPS = 17


def groups_that_touch(segmentation: "Segmentation", present: "Sequence[Segment]") -> "list[list[Segment]]":
    """The segments in groups of those that touch one another, by faces of their voxels; each in the order of `present`."""
    labels = segmentation.labels
    pairs: set[tuple[int, int]] = set()
    for axis in range(3):
        for k in range(labels.shape[0] if axis else labels.shape[0] - 1):
            one, other = (
                (labels[k], labels[k + 1])
                if axis == 0
                else (_without(labels[k], axis - 1, -1), _without(labels[k], axis - 1, 0))
            )
            meet = (one != other) & (one > 0) & (other > 0)
            if meet.any():
                pairs |= set(zip(one[meet].tolist(), other[meet].tolist()))
    group = {segment.label: segment.label for segment in present}

    def root(label: int) -> int:
        while group[label] != label:
            label = group[label]
        return label

    for a, b in sorted(pairs):
        if a in group and b in group:
            group[max(root(a), root(b))] = min(root(a), root(b))
    roots = list(dict.fromkeys(root(segment.label) for segment in present))
    return [[segment for segment in present if root(segment.label) == one] for one in roots]


def _without(plane: np.ndarray, axis: int, end: int) -> np.ndarray:
    """A plane without its last (-1) or first (0) row along an axis."""
    part = slice(None, -1) if end == -1 else slice(1, None)
    return plane[part] if axis == 0 else plane[:, part]


def reconstruct_shared_walls(
    segmentation: "Segmentation",
    segments: "Sequence[Segment]",
    *,
    max_deviation_mm: float,
    max_triangles: int,
    progress: ProgressCallback = no_progress,
) -> SurfaceModel:
    """Closed surfaces of segments that touch, from the faces between their voxels.

    They are smoothed together, so that neighbours have the very same triangles in their common wall; towards the outside they are
    laid on the scan's edge where the segment has a boundary in grey values. `max_triangles` holds for the group;
    `max_deviation_mm` limits how far the surface moves where triangles are saved, and goes before it. Notes say what has no grey
    values, and what could not be made free of crossings.
    """
    boxes, counts = segment_boxes(segmentation.labels)
    progress(0.0, _("faces between structures"))
    surface, added = _faces_of(segmentation, segments, [boxes[segment.label] for segment in segments])
    progress(0.15, _("smoothing the walls together"))
    whole = _smoothed(surface, segmentation, segments, counts)
    before = len(whole.triangles)
    whole, crossing = simplify_complex(whole, max_deviation_mm, max_triangles, subprogress(progress, 0.5, 0.8))
    meshes, figures, notes = [], [], []
    for number, segment in enumerate(segments):
        inner = subprogress(progress, 0.8 + 0.2 * number / len(segments), 0.8 + 0.2 * (number + 1) / len(segments))
        mesh = _mesh_of(whole, segment, segmentation)
        defects = int(np.count_nonzero((whole.sides[crossing] == segment.label).any(axis=1)))
        field = build_scalar_field(segmentation, segment, inner, boxes[segment.label])
        mesh, facts = _measured(mesh, field, segment, float(counts[segment.label]), defects, inner)
        meshes.append(mesh)
        figures.append(facts)
        notes += _notes(segmentation, segment, facts)
    names = join(", ", (segment.name for segment in segments))
    step = ProcessingStep(
        _("shared walls"),
        _(
            "{names}: {before} triangles, walls between them shared; {voxels} added where a structure "
            "hung together by an edge or a corner; {before} to {triangles_count} triangles",
            names=names,
            before=before,
            voxels=pluralize(added, "voxel"),
            triangles_count=len(whole.triangles),
        ),
    )
    return SurfaceModel(tuple(meshes), tuple(figures), (step,), tuple(notes))


def _notes(segmentation: "Segmentation", segment: "Segment", facts: dict[str, object]) -> list[str]:
    result = []
    if segment.boundary is None or segmentation.volume is None:
        result.append(
            _(
                "{segment} has no grey values: its surface follows the label, within about half a voxel.",
                segment=segment.name,
            )
        )
    if not facts["valid"]:
        result.append(
            _(
                "{segment}: {defects_at} triangles could not be repaired where structures touch.",
                segment=segment.name,
                defects_at=facts["defects_at"],
            )
        )
    return result


def _faces_of(
    segmentation: "Segmentation", segments: "Sequence[Segment]", boxes: "list[Box]"
) -> tuple[LabelComplex, int]:
    """The faces of the segments, which lie in `boxes`, and how many voxels were added."""
    labels = segmentation.labels
    box = tuple(slice(min(b[n].start for b in boxes), max(b[n].stop for b in boxes)) for n in range(3))
    table = np.zeros(int(labels.max()) + 1, dtype=labels.dtype)
    for segment in segments:
        table[segment.label] = segment.label
    chosen = table[labels[box]]
    before = int(np.count_nonzero(chosen))
    padded = make_well_composed(chosen)
    added = int(np.count_nonzero(padded)) - before
    return _placed(faces_between_labels(padded), box, padded.shape, labels.shape), added


def _smoothed(
    surface: LabelComplex, segmentation: "Segmentation", segments: "Sequence[Segment]", counts: np.ndarray
) -> TriangleComplex:
    """The faces made smooth, laid on the scan's edge where there is one, of the volume of their voxels (`counts` of each label) where
    not, without crossings."""
    affine, shape = segmentation.affine, segmentation.labels.shape
    smooth = smooth_complex(surface, shape, SMOOTHING_ROUNDS)
    fitted = _fitted(smooth, segmentation, segments)
    if fitted is not smooth:
        smooth = smooth_complex(fitted, shape, _FINISHING_ROUNDS, _FINISHING_REACH)
    triangles = divide_faces(smooth, affine)
    sides = np.concatenate([surface.sides] * 2)
    last = np.array(shape[::-1]) - 0.5
    at_end = np.asarray(((surface.corners <= -0.5) | (surface.corners >= last)).any(axis=1))
    by_label = [segment for segment in segments if segment.boundary is None or segmentation.volume is None]
    if by_label:
        voxel = abs(float(np.linalg.det(affine[:3, :3])))
        wanted = {segment.label: float(counts[segment.label]) * voxel for segment in by_label}
        low, high = cell_limits(smooth, MAX_REACH)
        linear, inverse = affine[:3, :3], np.linalg.inv(affine[:3, :3])
        places = keep_volumes(
            smooth.points @ linear.T,
            triangles,
            sides,
            wanted,
            ~at_end,
            lambda points: np.clip(points @ inverse.T, low, high) @ linear.T,
        )
        smooth = replace(smooth, points=places @ inverse.T)
    smooth = without_crossings(smooth, triangles, affine)
    points = (smooth.points @ affine[:3, :3].T + affine[:3, 3]).astype(np.float32)
    return TriangleComplex(points, triangles, sides, np.concatenate([surface.inner] * 2), at_end)


def _placed(
    surface: LabelComplex, box: tuple[slice, ...], padded: tuple[int, ...], shape: tuple[int, ...]
) -> LabelComplex:
    """The complex of a box on the grid of the whole: indices (i, j, k) and flat indices moved there."""
    start = np.array([s.start for s in box[::-1]], dtype=np.float64)
    places = np.stack(np.unravel_index(surface.inner, padded)) - 1 + np.array([s.start for s in box])[:, None]
    return replace(
        surface,
        points=surface.points + start,
        corners=surface.corners + start,
        inner=np.ravel_multi_index(tuple(places), shape),
    )


def _fitted(surface: LabelComplex, segmentation: "Segmentation", segments: "Sequence[Segment]") -> LabelComplex:
    """Points between a segment and its outside moved along their normals onto its grey value, where it is passed within a voxel.

    What a point moves is the mean over itself and its neighbours; a point on a curve where structures meet takes that of its neighbours.
    """
    volume = segmentation.volume
    if volume is None:
        return surface
    moved, seen = np.zeros_like(surface.points), np.zeros(len(surface.points), dtype=bool)
    normals = _normals_in_mm(surface, segmentation.affine)
    shared = np.zeros(len(surface.points), dtype=bool)
    shared[surface.faces[(surface.sides > 0).all(axis=1)]] = True
    for segment in segments:
        outer = (surface.sides == segment.label).any(axis=1) & (surface.sides == 0).any(axis=1)
        at = np.unique(surface.faces[outer])
        at = at[~shared[at]]
        if segment.boundary is None or not len(at):
            continue
        height = _height_of_edge(surface.points[at], normals[at], volume.array, segmentation.affine, segment)
        found = np.isfinite(height)
        moved[at[found]] = height[found, None] * normals[at[found]]
        seen[at[found]] = True
    if not seen.any():
        return surface
    spread = _mean_of_neighbours(surface, moved, seen)
    inverse = np.linalg.inv(segmentation.affine[:3, :3])
    last = np.array(segmentation.labels.shape[::-1]) - 0.5
    fixed = (surface.corners <= -0.5) | (surface.corners >= last)
    points = surface.points + spread @ inverse.T
    points[fixed] = surface.points[fixed]
    return replace(surface, points=points)


def _normals_in_mm(surface: LabelComplex, affine: np.ndarray) -> Points:
    """(n, 3) unit normals of the points in mm, out of the labelled side; of a common wall out of the first label."""
    points = surface.points @ affine[:3, :3].T
    corner = [points[surface.faces[:, n]] for n in range(4)]
    cross = cross_rows(corner[2] - corner[0], corner[3] - corner[1])
    cross *= np.sign(np.linalg.det(affine[:3, :3]))
    cross[surface.sides[:, 0] == 0] *= -1.0
    summed = np.stack(
        [np.bincount(surface.faces.ravel(), np.repeat(cross[:, axis], 4), len(points)) for axis in range(3)], axis=1
    )
    return summed / np.maximum(np.linalg.norm(summed, axis=1), 1e-12)[:, None]


def _height_of_edge(
    points: Points, normals: Points, grey: np.ndarray, affine: np.ndarray, segment: "Segment"
) -> np.ndarray:
    """(n,) mm along the normal to where the grey values pass the segment's boundary outwards, the nearest such place; NaN for none."""
    from scipy import ndimage

    assert segment.boundary is not None
    inverse = np.linalg.inv(affine[:3, :3])
    reach = _FIT_REACH * float(np.cbrt(abs(np.linalg.det(affine[:3, :3]))))
    offsets = np.linspace(-reach, reach, _FIT_STEPS)
    direction = normals @ inverse.T
    values = np.empty((len(offsets), len(points)), dtype=np.float32)
    for row, offset in zip(values, offsets):
        ndimage.map_coordinates(grey, (points + offset * direction).T[::-1], output=row, order=1, mode="nearest")
    signed = values - segment.boundary if segment.brighter_than_background else segment.boundary - values
    passes = (signed[:-1] > 0) & (signed[1:] <= 0)
    share = signed[:-1] / np.where(passes, signed[:-1] - signed[1:], 1.0)
    place = offsets[:-1, None] + share * (offsets[1] - offsets[0])
    distance = np.where(passes, np.abs(place), np.inf)
    best = distance.argmin(axis=0)
    columns = np.arange(len(points))
    return np.where(np.isfinite(distance[best, columns]), place[best, columns], np.nan)


def _mean_of_neighbours(surface: LabelComplex, moved: Points, seen: np.ndarray) -> Points:
    """(n, 3) means of `moved` over each seen point and its seen neighbours; of the neighbours alone for points that are not seen."""
    from scipy import sparse

    count = len(moved)
    pairs = np.stack([surface.faces, np.roll(surface.faces, -1, axis=1)], axis=2).reshape(-1, 2)
    links = sparse.coo_array((np.ones(len(pairs)), (pairs[:, 0], pairs[:, 1])), (count, count)).tocsr()
    links = links + links.T
    links.data[:] = 1.0
    weight = seen.astype(np.float64)
    number = links @ weight
    total = links @ (moved * weight[:, None])
    own = np.where(seen, np.maximum(number, 1.0), 0.0)  # as much as all neighbours together
    return (total + own[:, None] * moved) / np.maximum(number + own, 1.0)[:, None]


def _mesh_of(surface: TriangleComplex, segment: "Segment", segmentation: "Segmentation") -> Mesh:
    """The closed surface of one label, with the provenance of its triangles."""
    own = np.flatnonzero((surface.sides == segment.label).any(axis=1))
    triangles = surface.triangles[own]
    flipped = surface.sides[own, 1] == segment.label
    triangles = np.where(flipped[:, None], triangles[:, ::-1], triangles)
    used, numbered = np.unique(triangles, return_inverse=True)
    origin = _provenance(surface.sides[own], surface.inner[own], segmentation)
    origin[surface.at_end[triangles].all(axis=1)] = Provenance.CUT
    return Mesh(
        surface.points[used],
        numbered.reshape(-1, 3).astype(np.int32),
        segment.name,
        segment.color,
        triangle_arrays={"Provenance": origin},
    )


def _provenance(sides: np.ndarray, inner: np.ndarray, segmentation: "Segmentation") -> np.ndarray:
    """(m,) uint8: what the segmentation says of the voxels inside, `inner` (m, 3) near each corner; a wall between structures was cut.

    A triangle takes what at least two of its corners have.
    """
    result = np.zeros(inner.shape, dtype=np.uint8)
    if segmentation.provenance is not None:
        result = segmentation.provenance.reshape(-1)[inner]
    volume = segmentation.volume
    if volume is not None and volume.interpolated is not None:
        plane = segmentation.labels.shape[1] * segmentation.labels.shape[2]
        result[volume.interpolated[inner // plane] & (result == 0)] = Provenance.BRIDGED
    of_triangle = np.sort(result, axis=1)[:, 1]
    of_triangle[(sides > 0).all(axis=1)] = Provenance.CUT
    return of_triangle


def _measured(
    mesh: Mesh, field: ScalarField | None, segment: "Segment", voxels: float, crossing: int, progress: ProgressCallback
) -> tuple[Mesh, dict[str, object]]:
    """The mesh and its figures; `voxels` are those of the label, `crossing` the triangles that cross others."""
    assert field is not None
    volume = voxels * abs(float(np.linalg.det(field.affine[:3, :3])))
    mesh, figures = measure_surface(mesh, field, mesh, volume, None, None, progress)
    topology = analyse_topology(mesh)
    defects = crossing + int(topology.boundary_edges) + int(topology.nonmanifold_edges)
    figures.update(fragments=[], valid=defects == 0, defects_at=defects)
    figures["grey_value"] = segment.boundary
    return mesh, figures
