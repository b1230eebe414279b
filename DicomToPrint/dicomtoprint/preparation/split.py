"""Splitting a solid into the fewest parts that fit a printer, where the sections are small."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..errors import RefusedError
from ..mesh.core import Mesh, Provenance
from ..messages import _
from ..progress import ProgressCallback, no_progress
from .csg import from_manifold, to_manifold
from .cut import Plane, cut, extent_along, plane_basis

SAMPLES = 25
LOOKED_AT = 25  # cuts that are tried for crumbs
ON_CUT_MM = 1e-3
NUDGES_MM = (0.0, 0.05, 0.13)
EXTRA_PARTS = 2  # that an axis may be cut into for the sake of what is marked


@dataclass(frozen=True)
class KeepOutRegion:
    """A marked place that no cut may come near: `point` in LPS mm, and the `radius` mm around it."""

    point: tuple[float, float, float]
    radius: float


@dataclass(frozen=True)
class SplitResult:
    """The parts in the order in which they were cut, the planes, and the areas of the cuts in mm2; `crumbs` are bodies too small to
    handle that a cut had to leave, parts of their own among them, since the part beyond it has no room for them."""

    parts: tuple[Mesh, ...]
    planes: tuple[Plane, ...]
    sections_mm2: tuple[float, ...]
    crumbs: int = 0


def split_to_fit(
    mesh: Mesh,
    build: Sequence[float],
    margin: float = 1.0,
    *,
    avoid: Sequence[KeepOutRegion] = (),
    crumb: float = 0.0,
    progress: ProgressCallback = no_progress,
) -> SplitResult:
    """Cuts across L, P and S until every part fits the build volume (three sizes in mm, in any order, `margin` mm kept free).

    Each axis is cut into as few pieces as its length needs; within the room that leaves, a cut goes where its section is
    smallest and stays out of the balls of `avoid`, for whose sake an axis may get up to two pieces more. Cuts that break off
    no body smaller than `crumb` mm3 go first; what still breaks off stays with the part beyond the cut where that has room for it.
    Raises `RefusedError` where no such cut exists.
    """
    limits = _limits(mesh, np.asarray(build, dtype=float) - margin)
    parts = [mesh]
    planes: list[Plane] = []
    areas: list[float] = []
    crumbs = 0
    for axis in range(3):
        pieces: list[Mesh] = []
        for part_mesh in parts:
            found, cuts, sections, left = _along(part_mesh, axis, float(limits[axis]), avoid, crumb)
            pieces += found
            crumbs += left
            planes += cuts
            areas += sections
        parts = pieces
        progress((axis + 1) / 3.0, _("splitting"))
    named = tuple(
        Mesh(
            p.points,
            p.triangles,
            _("{mesh} part {n}", mesh=mesh.name, n=n + 1),
            p.color,
            p.point_arrays,
            p.triangle_arrays,
        )
        for n, p in enumerate(parts)
    )
    return SplitResult(named, tuple(planes), tuple(areas), crumbs)


def _limits(mesh: Mesh, build: np.ndarray) -> np.ndarray:
    """Which side of the build volume takes which axis: the order that needs the fewest parts."""
    if (build <= 5.0).any():
        raise RefusedError(
            _(
                "The build volume is too small to hold a part, with its pins where it has some: name a "
                "larger printer ({--printer:WxDxH})."
            )
        )
    bounds = np.asarray(mesh.bounds).reshape(3, 2)
    size = bounds[:, 1] - bounds[:, 0]
    orders = ((0, 1, 2), (0, 2, 1), (1, 0, 2), (1, 2, 0), (2, 0, 1), (2, 1, 0))
    best = min(orders, key=lambda order: (np.prod(np.ceil(size / build[list(order)])), order))
    return build[list(best)]


def _along(
    mesh: Mesh, axis: int, limit: float, avoid: Sequence[KeepOutRegion], crumb: float
) -> tuple[list[Mesh], list[Plane], list[float], int]:
    """The pieces along one axis, the cuts, their sections and the crumbs that they leave."""
    bounds = np.asarray(mesh.bounds).reshape(3, 2)
    low, high = bounds[axis]
    count = int(np.ceil((high - low) / limit - 1e-9))
    if count <= 1:
        return [mesh], [], [], 0
    # A marked place beside this part does not mind a cut through it.
    near = [
        mark
        for mark in avoid
        if (
            (np.asarray(mark.point) > bounds[:, 0] - mark.radius)
            & (np.asarray(mark.point) < bounds[:, 1] + mark.radius)
        ).all()
    ]
    normal = np.eye(3)[axis]
    upright = to_manifold(mesh).manifold.transform(
        np.ascontiguousarray(np.column_stack([plane_basis(normal).T, np.zeros(3)]))
    )
    for more in range(EXTRA_PARTS + 1 if near else 1):
        chosen = _heights(
            upright,
            _Span(float(low), float(high), limit, crumb),
            count + more,
            [(m.point[axis], m.radius) for m in near],
        )
        if chosen:
            break
    else:
        away = _(" that stays away from what is marked") if near else ""
        raise RefusedError(
            _(
                "'{mesh}' has no place to cut it for this printer{away}: name a larger one ({--printer:WxDxH}){near}.",
                mesh=mesh.name,
                away=away,
                near=_(" or mark less") if near else "",
            )
        )
    rest, pieces, planes, areas = mesh, [], [], []
    crumbs = 0
    for height, area in chosen:
        if not extent_along(rest, normal)[0] < height < extent_along(rest, normal)[1]:
            continue  # in a gap between loose pieces that the cut before it went through too
        plane, (rest, piece, left) = _cut_near(rest, normal, height, crumb, limit)
        crumbs += left + (piece.volume < crumb)
        pieces.append(piece)
        planes.append(plane)
        areas.append(area)
    return [*pieces, rest], planes, areas, crumbs + (rest.volume < crumb)


def _cut_near(
    mesh: Mesh, normal: np.ndarray, height: float, crumb: float, limit: float
) -> tuple[Plane, tuple[Mesh, Mesh, int]]:
    """The cut at a height, or a little below where it would touch a face of the model that lies in its plane."""
    for nudge in NUDGES_MM:
        plane = Plane((float(normal[0]), float(normal[1]), float(normal[2])), height - nudge)
        try:
            return plane, cut_without_crumbs(mesh, plane, crumb, limit)
        except RefusedError:
            if nudge == NUDGES_MM[-1]:
                raise
    raise AssertionError("the last of the heights returns or raises")


@dataclass(frozen=True)
class _Span:
    """From where to where along an axis a solid reaches, how long its pieces may be, and below which volume one is a crumb."""

    low: float
    high: float
    limit: float
    crumb: float


def _heights(
    upright: Any, span: _Span, count: int, forbidden: Sequence[tuple[float, float]]
) -> list[tuple[float, float]]:
    """Heights of the cuts into `count` pieces with the areas of their sections; empty where a cut finds no place.

    `forbidden` are (middle, half width) of what no cut may come near.
    """
    chosen: list[tuple[float, float]] = []
    start, limit, rest = span.low, span.limit, upright
    for left in range(count - 1, 0, -1):
        # Not so early that the rest needs another part, not so late that this one does not fit.
        first, last = max(span.high - left * limit, start + 0.05 * limit), min(start + limit, span.high - 0.05 * limit)
        heights = np.linspace(first, last, SAMPLES) if last > first else np.array([last])
        # Just beyond what is forbidden is often the best place left.
        edges = [middle + side * (reach + 0.01) for middle, reach in forbidden for side in (-1.0, 1.0)]
        heights = np.append(heights, [edge for edge in edges if first <= edge <= last])
        free = np.array(
            [all(abs(height - middle) >= reach for middle, reach in forbidden) for height in heights], dtype=bool
        )
        # Between loose pieces there is nothing to cut, and nothing better.
        sections = np.array(
            [upright.slice(float(height)).area() if open_ else np.inf for height, open_ in zip(heights, free)]
        )
        at = _without_crumbs(rest, heights, sections, span.crumb)
        if not np.isfinite(sections[at]):
            return []
        start = float(heights[at])
        rest = rest.trim_by_plane((0.0, 0.0, 1.0), start) if left > 1 and span.crumb > 0 else rest
        chosen.append((start, float(sections[at])))
    return chosen


def _without_crumbs(solid: Any, heights: np.ndarray, sections: np.ndarray, crumb: float) -> int:
    """Of the cuts with the smallest sections the first that breaks off the fewest crumbs."""
    order = np.argsort(sections, kind="stable")
    if crumb <= 0.0:
        return int(order[0])
    best: tuple[int, int] | None = None
    for at in order[:LOOKED_AT]:
        if not np.isfinite(sections[at]):
            break
        sides = solid.split_by_plane((0.0, 0.0, 1.0), float(heights[at]))
        found = sum(len(crumbs_at(side, np.array([0.0, 0.0, 1.0]), float(heights[at]), crumb)) for side in sides)
        found += sum(side.volume() < crumb for side in sides)
        if best is None or found < best[0]:
            best = found, int(at)
        if found == 0:
            break
    return best[1] if best is not None else int(order[0])


def crumbs_at(side: Any, normal: np.ndarray, offset: float, crumb: float) -> list[Any]:
    """Bodies (manifold3d.Manifold) of one side of a cut that are smaller than `crumb` mm3 and that the cut broke off."""
    bodies = side.decompose()
    if len(bodies) < 2:
        return []
    return [body for body in bodies if abs(body.volume()) < crumb and _touches(body, normal, offset)]


def count_small_bodies(mesh: Mesh, volume: float) -> int:
    """Bodies of a closed mesh that are smaller than `volume` mm3; cavities are none."""
    return sum(0.0 < body.volume() < volume for body in to_manifold(mesh).manifold.decompose())


def _touches(body: Any, normal: np.ndarray, offset: float) -> bool:
    along = np.asarray(body.to_mesh64().vert_properties)[:, :3] @ normal - offset
    return bool(np.abs(along).min() < ON_CUT_MM)


def cut_without_crumbs(mesh: Mesh, plane: Plane, crumb: float, limit: float) -> tuple[Mesh, Mesh, int]:
    """Both sides as of `cut`, what the cut would break off in crumbs left with the side it hangs on, as long as that is no longer
    than `limit` mm across the cut; and how many crumbs are left nevertheless."""
    if crumb <= 0.0:
        return *cut(mesh, plane), 0
    source, normal = to_manifold(mesh), np.asarray(plane.normal)
    sides = list(source.manifold.split_by_plane(plane.normal, plane.offset))
    loose = [crumbs_at(side, normal, plane.offset, crumb) for side in sides]
    if not any(loose):
        return *cut(mesh, plane), 0
    left = 0
    for own, other in ((0, 1), (1, 0)):
        for body in loose[own]:
            joined = sides[other] + body
            along = np.asarray(joined.to_mesh64().vert_properties)[:, :3] @ normal
            if np.ptp(along) > limit or len(joined.decompose()) > len(sides[other].decompose()):
                left += 1
                continue
            sides[other], sides[own] = joined, sides[own] - body
    first, second = (from_manifold(side, [source], Provenance.CUT, mesh) for side in sides)
    return first, second, left
