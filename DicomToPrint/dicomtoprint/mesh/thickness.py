"""Wall thickness and gap width as fields on a surface, their smallest values, and the distinction of rods from walls.

The thickness at a point is the diameter of the ball that touches the surface at the point and the tangent plane where the ray along
the inward normal hits the other side. On plates and shells this is the length of the ray, in a wedge the diameter of the inscribed
ball. Surface that only lies near the point, as beside a sharp ridge, does not count.
"""

from dataclasses import dataclass, replace

import numpy as np

from ..messages import _
from ..progress import ProgressCallback, no_progress, subprogress
from .arrays import Mask, Points
from .core import Mesh
from .ray_casting import RayCaster
from .surface_sampling import SurfaceSamples, sample_surface

OPPOSING = -0.5  # cosine between the normals: two sides that meet at more than 60 degrees are no wall
STEEP = 0.75  # growth per mm, 41 degrees between the sides: more than the unevenness of a wall
WALL = -1.0
GAP = 1.0


@dataclass(frozen=True)
class ThicknessField:
    """Distances at the samples of a surface.

    Attributes
    ----------
    samples
        Points on the surface with normals and areas.
    distance
        (n,) mm, inf where more than `cap_mm`.
    side
        `WALL` (into the solid) or `GAP` (out of it).
    cap_mm
        Up to where distances are measured.
    slope
        (n, 3) gradient of the distance along the surface, mm per mm; zero between parallel sides.
    """

    samples: SurfaceSamples
    distance: np.ndarray
    side: float
    cap_mm: float
    slope: np.ndarray

    def at_vertices(self, count: int) -> np.ndarray:
        """(count,) float32 mm, the smallest distance at each vertex, at most `cap_mm`."""
        result = np.full(count, self.cap_mm, dtype=np.float32)
        own = self.samples.vertex >= 0
        np.minimum.at(result, self.samples.vertex[own], np.minimum(self.distance[own], self.cap_mm).astype(np.float32))
        return result

    def smallest(self, chosen: Mask, least_area_mm2: float) -> tuple[float | None, np.ndarray]:
        """The smallest distance of an area: a single outlier among the samples is no wall.

        Parameters
        ----------
        chosen
            (n,) bool, the samples that count.
        least_area_mm2
            The area that does not exceed the distance.

        Returns
        -------
        tuple
            The distance in mm, None where less area lies within the cap; and the indices of the samples, the smallest first.
        """
        rows = np.flatnonzero(chosen & np.isfinite(self.distance))
        rows = rows[np.argsort(self.distance[rows], kind="stable")]
        covered = np.cumsum(self.samples.area[rows])
        enough = int(np.searchsorted(covered, least_area_mm2))
        if enough >= len(rows):
            return None, rows[:0]
        return float(self.distance[rows[enough]]), rows[: enough + 1]

    def percentile(self, percent: float) -> float | None:
        """The distance in mm that `percent` of the area do not exceed; None beyond the cap."""
        order = np.argsort(self.distance, kind="stable")
        covered = np.cumsum(self.samples.area[order])
        if len(order) == 0 or covered[-1] <= 0:
            return None
        value = self.distance[order[min(np.searchsorted(covered, percent / 100.0 * covered[-1]), len(order) - 1)]]
        return float(value) if np.isfinite(value) else None


def thickness_field(
    mesh: Mesh,
    progress: ProgressCallback = no_progress,
    cap_mm: float = 6.0,
    samples: SurfaceSamples | None = None,
    rays: RayCaster | None = None,
) -> ThicknessField:
    """Thickness of the wall behind each sample.

    Parameters
    ----------
    mesh
        Closed and oriented, points in mm.
    progress
        Called with fraction and phrase.
    cap_mm
        Up to where thickness is measured.
    samples
        Where it is measured (default: `sample_surface`).
    rays
        Of the same mesh, where several fields are measured.

    Notes
    -----
    Exact on plane walls and wedges up to 60 degrees, second order in the size of the facets on curved walls.
    """
    return _field(mesh, samples, rays, WALL, cap_mm, progress)


def clearance_field(
    mesh: Mesh,
    progress: ProgressCallback = no_progress,
    cap_mm: float = 3.0,
    samples: SurfaceSamples | None = None,
    rays: RayCaster | None = None,
) -> ThicknessField:
    """Width of the gap in front of each sample: the distance of the next surface that faces it. Parameters as of `thickness_field`."""
    return _field(mesh, samples, rays, GAP, cap_mm, progress)


def _field(
    mesh: Mesh,
    samples: SurfaceSamples | None,
    rays: RayCaster | None,
    side: float,
    cap_mm: float,
    progress: ProgressCallback,
) -> ThicknessField:
    samples = samples or sample_surface(mesh)
    rays = rays or RayCaster(mesh, cap_mm)
    distance, slope = opposing_surface_distance(
        rays,
        samples.points,
        samples.normals,
        side,
        cap_mm,
        subprogress(progress, 0.0, 0.8),
        same_object_filter(rays, samples, side),
    )
    field = ThicknessField(samples, distance, side, cap_mm, slope)
    return replace(field, distance=_agreed(field, subprogress(progress, 0.8, 1.0)))


def opposing_surface_distance(
    rays: RayCaster,
    points: Points,
    normals: Points,
    side: float,
    cap_mm: float,
    progress: ProgressCallback = no_progress,
    of: np.ndarray | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Distances (n,) in mm from `points` (n, 3) with outward unit `normals` to the other side of the wall or gap, inf beyond
    `cap_mm` or where nothing opposes; and their slopes (n, 3), see `ThicknessField`. `of` as in `Rays.first_hit`."""
    phrase = "measuring walls" if side < 0 else "measuring gaps"
    # A ball of the cap's size in a wedge of 60 degrees touches where its ray is 1.5 times as long.
    hits = rays.first_hit(points, side * normals, side < 0, 1.5 * cap_mm, progress, phrase, of)
    other = rays.normals[hits.triangle]
    cosine = -np.einsum("ij,ij->i", normals, other)
    met = (hits.triangle >= 0) & (cosine >= -OPPOSING)
    distance, slope = np.full(len(points), np.inf), np.zeros((len(points), 3))
    distance[met] = hits.distance[met] * 2.0 * cosine[met] / (1.0 + cosine[met])
    distance[distance > cap_mm] = np.inf
    # Along the surface, away from the edge at which the two sides would meet, at 2 tan(angle / 2) a mm.
    slope[met] = side * 2.0 * (other[met] + cosine[met, None] * normals[met]) / (1.0 + cosine[met, None])
    return distance, slope


def same_object_filter(rays: RayCaster, samples: SurfaceSamples, side: float) -> np.ndarray | None:
    """(n,) object of each sample: a wall belongs to one object, also where objects overlap. None for gaps and single objects."""
    return rays.owner[samples.triangle] if rays.owner is not None and side == WALL else None


def _agreed(field: ThicknessField, progress: ProgressCallback) -> np.ndarray:
    """(n,) mm, distances below 0.7 times the median of the nine nearest samples of similar normal, replaced by that median.

    A thin wall is thin over some area; a single bump of a rough surface, which a ray measures as a wall, is not.
    """
    from scipy.spatial import cKDTree

    samples, distance = field.samples, field.distance
    rows = np.flatnonzero(np.isfinite(distance))
    result = distance.copy()
    if len(rows) == 0:
        return result
    tree = cKDTree(samples.points, balanced_tree=False, compact_nodes=False)
    for start in range(0, len(rows), 100_000):
        progress(start / len(rows), _("comparing neighbours"))
        own = rows[start : start + 100_000]
        _unused, near = tree.query(samples.points[own], k=min(9, tree.n), workers=-1)
        near = near.reshape(len(own), -1)
        same = np.einsum("ijk,ik->ij", samples.normals[near], samples.normals[own]) > 0.7
        values = np.where(same, distance[near], distance[own][:, None])
        middle = np.sort(values, axis=1)[:, values.shape[1] // 2]
        result[own] = np.where(distance[own] < 0.7 * middle, middle, distance[own])
    return result


def correct_sharp_edges(
    field: ThicknessField, rays: RayCaster, back_mm: float, progress: ProgressCallback = no_progress
) -> ThicknessField:
    """The field with the sides of sharp edges measured `back_mm` behind the edge.

    A solid that tapers to an edge has thickness 0 there, which says nothing about its walls: every knife, and every convex ridge
    below 60 degrees, would fail. Where the sides at a sample meet nearer than `back_mm`, its distance is extrapolated by the slope
    to `back_mm` from the edge, but not above what is measured there: a thin wall whose sides are not quite parallel keeps its
    thickness. Where that point lies outside, at the tip of a spike, a steep slope alone decides.
    """
    distance, growth = field.distance, np.linalg.norm(field.slope, axis=1)
    rows = np.flatnonzero(np.isfinite(distance) & (growth * back_mm > 1.02 * distance))
    if len(rows) == 0:
        return field
    inward, away, steep = (
        field.side * field.samples.normals[rows],
        field.slope[rows] / growth[rows, None],
        growth[rows] / 2.0,
    )
    # From the centre of the ball at the sample to that of the ball that touches at `back_mm` from the edge.
    middle = field.samples.points[rows] + 0.5 * distance[rows, None] * inward
    middle += (back_mm - distance[rows] / growth[rows])[:, None] * (away + steep[:, None] * inward)
    cosine = (1.0 - steep**2) / (1.0 + steep**2)
    other = cosine[:, None] * inward - np.sqrt(1.0 - cosine**2)[:, None] * away
    own = same_object_filter(rays, field.samples, field.side)
    own = None if own is None else own[rows]
    there = np.zeros(len(rows))
    for step, towards in enumerate((-inward, other)):
        progress(step / 2.0, _("looking behind edges"))
        left = rays.first_hit(middle, towards, field.side < 0, field.cap_mm, of=own).distance
        outside = rays.first_hit(middle, towards, field.side > 0, field.cap_mm, of=own).distance < left
        there += np.where(outside, -np.inf, np.minimum(left, field.cap_mm))
    result = distance.copy()
    there[~np.isfinite(there) & (growth[rows] > STEEP)] = np.inf
    result[rows] = np.maximum(distance[rows], np.minimum(growth[rows] * back_mm, there))
    return replace(field, distance=result)


def uncapped_thickness(
    samples: SurfaceSamples, rays: RayCaster, progress: ProgressCallback = no_progress
) -> ThicknessField:
    """Thickness without a cap at about a thousand of the samples: for models without any thin wall."""
    few = _some(samples, 1000)
    cap = 1.05 * float(np.linalg.norm(np.ptp(samples.points, axis=0)))
    distance, slope = opposing_surface_distance(
        rays, few.points, few.normals, WALL, cap, progress, same_object_filter(rays, few, WALL)
    )
    return ThicknessField(few, distance, WALL, cap, slope)


def _some(samples: SurfaceSamples, count: int) -> SurfaceSamples:
    """About `count` of the samples at even steps, their areas scaled to the whole area."""
    rows = np.unique(np.linspace(0, len(samples.points) - 1, count).astype(np.int64))
    picked = [getattr(samples, name)[rows] for name in ("points", "normals", "area", "vertex", "triangle")]
    picked[2] = picked[2] * (samples.area.sum() / max(float(picked[2].sum()), 1e-12))
    return SurfaceSamples(*picked)


def detect_rods(
    field: ThicknessField, rays: RayCaster, below_mm: float, progress: ProgressCallback = no_progress
) -> Mask:
    """(n,) bool, samples thinner than `below_mm` where the solid also ends on two opposite sides across the thickness.

    A wall extends along most directions across its thickness, a rod along one. Rays of 1.2 thicknesses from the middle are cast
    along four axes; where two axes end on both sides the sample is on a rod. A bar up to 1.5 times as wide as thick counts as a rod,
    the corner of a plate does not. On a field of gaps the same distinguishes holes and channels from slots.
    """
    samples = field.samples
    result = np.zeros(len(field.distance), dtype=bool)
    thin = np.flatnonzero(field.distance < below_mm)
    if len(thin) == 0:
        return result
    normals, reach = samples.normals[thin], field.distance[thin]
    centres = samples.points[thin] + field.side * 0.5 * reach[:, None] * normals
    first, second = tangent_basis(normals)
    own = same_object_filter(rays, samples, field.side)
    own = None if own is None else own[thin]
    ended = np.zeros(len(thin), dtype=np.int64)
    for step, turn in enumerate(np.pi / 4.0 * np.arange(4)):
        progress(step / 4.0, _("telling rods from walls"))
        axis = np.cos(turn) * first + np.sin(turn) * second
        asked = np.flatnonzero((ended < 2) & (ended + 4 - step >= 2))
        for sign in (1.0, -1.0):
            of = None if own is None else own[asked]
            hits = rays.first_hit(centres[asked], sign * axis[asked], field.side < 0, 1.2 * reach[asked], of=of)
            asked = asked[hits.triangle >= 0]
        ended[asked] += 1
    result[thin] = ended >= 2
    return result


def tangent_basis(normals: Points) -> tuple[Points, Points]:
    """Two unit vectors (n, 3) perpendicular to each of the unit `normals` (n, 3) and to each other."""
    other = np.where(np.abs(normals[:, :1]) < 0.9, [[1.0, 0.0, 0.0]], [[0.0, 1.0, 0.0]])
    first = np.cross(normals, other)
    first /= np.linalg.norm(first, axis=1, keepdims=True)
    return first, np.cross(normals, first)
