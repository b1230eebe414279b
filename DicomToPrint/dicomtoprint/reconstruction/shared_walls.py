"""Surfaces of labelled structures that touch: the wall between two is one and the same for both, without gap or overlap."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from ..mesh import analyse_topology, self_intersections
from ..mesh.arrays import Points, Triangles
from ..mesh.core import Mesh, Provenance, cross_rows
from ..progress import ProgressCallback, no_progress, subprogress
from ..text import pluralize
from ..voxel_components import bounding_box
from .label_complex import LabelComplex, faces_between_labels, make_well_composed, smooth_complex
from .scalar_field import build_scalar_field
from .shared_simplification import simplify_patches
from .surface_measurement import measure_surface
from .types import ProcessingStep, SurfaceModel

if TYPE_CHECKING:
    from ..segmentation import Segment, Segmentation

SMOOTHING_ROUNDS = 40
_FINISHING_ROUNDS, _FINISHING_REACH = 6, 0.25  # after points went onto the scan's edge: ledges where it was not seen
_FIT_REACH = 1.0  # voxels to each side in which the scan's edge is looked for, along the normal
_FIT_STEPS = 17
_CALM_ROUNDS = 8  # of going back towards the voxels where triangles cross


@dataclass(frozen=True)
class _Complex:
    """Triangles (m, 3) of a complex with `sides` (m, 2) and flat index of the voxel inside (m,); points (n, 3) as indices (i, j, k)."""

    points: Points
    triangles: Triangles
    sides: np.ndarray
    inner: np.ndarray
    corners: Points


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
    labels = segmentation.labels
    wanted = [segment.label for segment in segments]
    member = np.isin(labels, wanted)
    box = bounding_box(member)
    assert box is not None
    progress(0.0, "faces between structures")
    padded = make_well_composed(np.where(member[box], labels[box], 0))
    added = int(np.count_nonzero(padded)) - int(np.count_nonzero(member[box]))
    surface = _placed(faces_between_labels(padded), box, padded.shape, labels.shape)
    progress(0.2, "smoothing the walls together")
    smooth = smooth_complex(surface, segmentation.affine, labels.shape, SMOOTHING_ROUNDS)
    smooth = _fitted(smooth, segmentation, segments)
    smooth = smooth_complex(smooth, segmentation.affine, labels.shape, _FINISHING_ROUNDS, _FINISHING_REACH)
    progress(0.4, "dividing faces into triangles")
    whole = _calmed(_triangulated(smooth, segmentation.affine), segmentation.affine, wanted)
    before = len(whole.triangles)
    points = (whole.points @ segmentation.affine[:3, :3].T + segmentation.affine[:3, 3]).astype(np.float32)
    triangles, kept = simplify_patches(
        points, whole.triangles, whole.sides, max_deviation_mm, max_triangles, subprogress(progress, 0.5, 0.7)
    )
    whole = replace(whole, triangles=triangles, sides=whole.sides[kept], inner=whole.inner[kept])
    meshes, figures, notes = [], [], []
    for number, segment in enumerate(segments):
        inner = subprogress(progress, 0.7 + 0.3 * number / len(segments), 0.7 + 0.3 * (number + 1) / len(segments))
        mesh, facts = _measured(_mesh_of(points, whole, segment, segmentation), segmentation, segment, inner)
        meshes.append(mesh)
        figures.append(facts)
        if segment.boundary is None or segmentation.volume is None:
            notes.append(
                f"{segment.name} has no grey values: its surface follows the label, within about half a voxel."
            )
        if not facts["valid"]:
            notes.append(
                f"{segment.name}: {facts['defects_at']} triangles could not be repaired where structures touch."
            )
    names = ", ".join(segment.name for segment in segments)
    step = ProcessingStep(
        "shared walls",
        f"{names}: {before} triangles, walls between them shared; {pluralize(added, 'voxel')} added where a structure hung together by an "
        f"edge or a corner; {before} to {len(whole.triangles)} triangles",
    )
    return SurfaceModel(tuple(meshes), tuple(figures), (step,), tuple(notes))


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


def _triangulated(surface: LabelComplex, affine: np.ndarray) -> _Complex:
    """Each face as two triangles along its shorter diagonal in mm; both sides of a wall take the same."""
    points = surface.points @ affine[:3, :3].T
    f = surface.faces
    first = np.linalg.norm(points[f[:, 0]] - points[f[:, 2]], axis=1)
    second = np.linalg.norm(points[f[:, 1]] - points[f[:, 3]], axis=1)
    turned = np.where((first <= second)[:, None], f, np.roll(f, -1, axis=1))
    triangles = np.concatenate([turned[:, [0, 1, 2]], turned[:, [0, 2, 3]]])
    if np.linalg.det(affine[:3, :3]) < 0:
        triangles = triangles[:, ::-1]
    sides, inner = np.concatenate([surface.sides] * 2), np.concatenate([surface.inner] * 2)
    return _Complex(surface.points, triangles, sides, inner, surface.corners)


def _calmed(surface: _Complex, affine: np.ndarray, labels: Sequence[int]) -> _Complex:
    """Where triangles cross, their points go back towards the corners of the voxels, whose faces cross nowhere."""
    for number in range(_CALM_ROUNDS):
        points = (surface.points @ affine[:3, :3].T + affine[:3, 3]).astype(np.float32)
        bad = np.unique(np.concatenate([_crossing_points(points, surface, label) for label in labels]))
        if not len(bad):
            break
        near = np.zeros(len(points), dtype=bool)
        near[bad] = True
        for _ in range(number // 2):  # wider each second round: the neighbours may be what crosses
            near[surface.triangles[near[surface.triangles].any(axis=1)]] = True
        share = 0.5 if number < _CALM_ROUNDS - 2 else 1.0
        calm = np.where(near[:, None], surface.points + share * (surface.corners - surface.points), surface.points)
        surface = replace(surface, points=calm)
    return surface


def _crossing_points(points: Points, surface: _Complex, label: int) -> np.ndarray:
    own = np.flatnonzero((surface.sides == label).any(axis=1))
    pairs = self_intersections(Mesh(points, surface.triangles[own]))
    return np.unique(surface.triangles[own[np.unique(pairs)]]) if len(pairs) else np.zeros(0, dtype=np.int64)


def _mesh_of(points: Points, surface: _Complex, segment: "Segment", segmentation: "Segmentation") -> Mesh:
    """The closed surface of one label, with the provenance of its triangles."""
    own = np.flatnonzero((surface.sides == segment.label).any(axis=1))
    triangles = surface.triangles[own]
    flipped = surface.sides[own, 1] == segment.label
    triangles = np.where(flipped[:, None], triangles[:, ::-1], triangles)
    used, numbered = np.unique(triangles, return_inverse=True)
    origin = _provenance(surface.sides[own], surface.inner[own], segmentation)
    last = np.array(segmentation.labels.shape[::-1]) - 0.5
    beyond = np.asarray(np.any((surface.corners <= -0.5) | (surface.corners >= last), axis=1))
    origin[beyond[triangles].all(axis=1)] = Provenance.CUT
    return Mesh(
        points[used],
        numbered.reshape(-1, 3).astype(np.int32),
        segment.name,
        segment.color,
        triangle_arrays={"Provenance": origin},
    )


def _provenance(sides: np.ndarray, inner: np.ndarray, segmentation: "Segmentation") -> np.ndarray:
    """(m,) uint8: what the segmentation says of the voxel inside; a wall between structures was cut."""
    result = np.zeros(len(sides), dtype=np.uint8)
    if segmentation.provenance is not None:
        result = segmentation.provenance.reshape(-1)[inner].copy()
    volume = segmentation.volume
    if volume is not None and volume.interpolated is not None:
        plane = segmentation.labels.shape[1] * segmentation.labels.shape[2]
        result[volume.interpolated[inner // plane] & (result == 0)] = Provenance.BRIDGED
    result[(sides > 0).all(axis=1)] = Provenance.CUT
    return result


def _measured(
    mesh: Mesh, segmentation: "Segmentation", segment: "Segment", progress: ProgressCallback
) -> tuple[Mesh, dict[str, object]]:
    field = build_scalar_field(segmentation, segment, progress)
    assert field is not None
    volume = float(np.count_nonzero(segmentation.labels == segment.label)) * abs(
        float(np.linalg.det(segmentation.affine[:3, :3]))
    )
    mesh, figures = measure_surface(mesh, field, mesh, volume, None, None, progress)
    crossing = np.unique(self_intersections(mesh))
    topology = analyse_topology(mesh)
    defects = len(crossing) + int(topology.boundary_edges) + int(topology.nonmanifold_edges)
    figures.update(fragments=[], valid=defects == 0, defects_at=defects)
    figures["grey_value"] = segment.boundary
    return mesh, figures
