"""Splitting a solid into the fewest parts that fit a printer, where the sections are small."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..errors import RefusedError
from ..mesh.core import Mesh
from ..progress import ProgressCallback, no_progress
from .csg import to_manifold
from .cut import Plane, cut, extent_along, plane_basis

SAMPLES = 25
EXTRA_PARTS = 2  # that an axis may be cut into for the sake of what is marked


@dataclass(frozen=True)
class KeepOutRegion:
    """A marked place that no cut may come near: `point` in LPS mm, and the `radius` mm around it."""

    point: tuple[float, float, float]
    radius: float


@dataclass(frozen=True)
class SplitResult:
    """The parts in the order in which they were cut, the planes, and the areas of the cuts in mm2."""

    parts: tuple[Mesh, ...]
    planes: tuple[Plane, ...]
    sections_mm2: tuple[float, ...]


def split_to_fit(
    mesh: Mesh,
    build: Sequence[float],
    margin: float = 1.0,
    *,
    avoid: Sequence[KeepOutRegion] = (),
    progress: ProgressCallback = no_progress,
) -> SplitResult:
    """Cuts across L, P and S until every part fits the build volume (three sizes in mm, in any order, `margin` mm kept free).

    Each axis is cut into as few pieces as its length needs; within the room that leaves, a cut goes where its section is
    smallest and stays out of the balls of `avoid`, for whose sake an axis may get up to two pieces more. Raises `RefusedError` where
    no such cut exists.
    """
    limits = _limits(mesh, np.asarray(build, dtype=float) - margin)
    parts = [mesh]
    planes: list[Plane] = []
    areas: list[float] = []
    for axis in range(3):
        pieces: list[Mesh] = []
        for part_mesh in parts:
            found, cuts, sections = _along(part_mesh, axis, float(limits[axis]), avoid)
            pieces += found
            planes += cuts
            areas += sections
        parts = pieces
        progress((axis + 1) / 3.0, "splitting")
    named = tuple(
        Mesh(p.points, p.triangles, f"{mesh.name} part {n + 1}", p.color, p.point_arrays, p.triangle_arrays)
        for n, p in enumerate(parts)
    )
    return SplitResult(named, tuple(planes), tuple(areas))


def _limits(mesh: Mesh, build: np.ndarray) -> np.ndarray:
    """Which side of the build volume takes which axis: the order that needs the fewest parts."""
    if (build <= 5.0).any():
        raise RefusedError("The build volume is too small to hold a part: name a larger printer.")
    bounds = np.asarray(mesh.bounds).reshape(3, 2)
    size = bounds[:, 1] - bounds[:, 0]
    orders = ((0, 1, 2), (0, 2, 1), (1, 0, 2), (1, 2, 0), (2, 0, 1), (2, 1, 0))
    best = min(orders, key=lambda order: (np.prod(np.ceil(size / build[list(order)])), order))
    return build[list(best)]


def _along(
    mesh: Mesh, axis: int, limit: float, avoid: Sequence[KeepOutRegion]
) -> tuple[list[Mesh], list[Plane], list[float]]:
    bounds = np.asarray(mesh.bounds).reshape(3, 2)
    low, high = bounds[axis]
    count = int(np.ceil((high - low) / limit - 1e-9))
    if count <= 1:
        return [mesh], [], []
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
            upright, float(low), float(high), limit, count + more, [(mark.point[axis], mark.radius) for mark in near]
        )
        if chosen:
            break
    else:
        away = " that stays away from what is marked" if near else ""
        raise RefusedError(
            f"'{mesh.name}' has no place to cut it for this printer{away}: name a larger one{' or mark less' if near else ''}."
        )
    rest, pieces, planes, areas = mesh, [], [], []
    for height, area in chosen:
        if not extent_along(rest, normal)[0] < height < extent_along(rest, normal)[1]:
            continue  # in a gap between loose pieces that the cut before it went through too
        plane = Plane((float(normal[0]), float(normal[1]), float(normal[2])), height)
        rest, piece = cut(rest, plane)
        pieces.append(piece)
        planes.append(plane)
        areas.append(area)
    return [*pieces, rest], planes, areas


def _heights(
    upright: Any, low: float, high: float, limit: float, count: int, forbidden: Sequence[tuple[float, float]]
) -> list[tuple[float, float]]:
    """Heights of the cuts into `count` pieces with the areas of their sections; empty where a cut finds no place.

    `forbidden` are (middle, half width) of what no cut may come near.
    """
    chosen: list[tuple[float, float]] = []
    start = low
    for left in range(count - 1, 0, -1):
        # Not so early that the rest needs another part, not so late that this one does not fit.
        first, last = max(high - left * limit, start + 0.05 * limit), min(start + limit, high - 0.05 * limit)
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
        at = int(np.argmin(sections))
        if not np.isfinite(sections[at]):
            return []
        start = float(heights[at])
        chosen.append((start, float(sections[at])))
    return chosen
