"""Splitting a solid into the fewest parts that fit a printer, where the sections are small."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..errors import Refused
from ..mesh import Mesh
from ..progress import Progress, silent
from .cut import Plane, cut, frame_of
from .solid import to_solid

SAMPLES = 25


@dataclass(frozen=True)
class Split:
    """The parts in the order in which they were cut, the planes, and the areas of the cuts in mm2."""

    parts: tuple[Mesh, ...]
    planes: tuple[Plane, ...]
    sections_mm2: tuple[float, ...]


def split_to_fit(mesh: Mesh, build: Sequence[float], margin: float = 1.0, progress: Progress = silent) -> Split:
    """Cuts across L, P and S until every part fits the build volume (three sizes in mm, in any order, `margin` mm kept free).

    Each axis is cut into as few pieces as its length needs; within the room that leaves, a cut goes where its section is
    smallest. Raises `Refused` where no such cut exists.
    """
    limits = _limits(mesh, np.asarray(build, dtype=float) - margin)
    parts = [mesh]
    planes: list[Plane] = []
    areas: list[float] = []
    for axis in range(3):
        pieces: list[Mesh] = []
        for part_mesh in parts:
            found, cuts, sections = _along(part_mesh, axis, float(limits[axis]))
            pieces += found
            planes += cuts
            areas += sections
        parts = pieces
        progress((axis + 1) / 3.0, "splitting")
    named = tuple(Mesh(p.points, p.triangles, f"{mesh.name} part {n + 1}", p.color, p.point_arrays, p.triangle_arrays)
                  for n, p in enumerate(parts))
    return Split(named, tuple(planes), tuple(areas))


def _limits(mesh: Mesh, build: np.ndarray) -> np.ndarray:
    """Which side of the build volume takes which axis: the order that needs the fewest parts."""
    if (build <= 5.0).any():
        raise Refused("The build volume is too small to hold a part: name a larger printer.")
    bounds = np.asarray(mesh.bounds).reshape(3, 2)
    size = bounds[:, 1] - bounds[:, 0]
    orders = ((0, 1, 2), (0, 2, 1), (1, 0, 2), (1, 2, 0), (2, 0, 1), (2, 1, 0))
    best = min(orders, key=lambda order: (np.prod(np.ceil(size / build[list(order)])), order))
    return build[list(best)]


def _along(mesh: Mesh, axis: int, limit: float) -> tuple[list[Mesh], list[Plane], list[float]]:
    low, high = np.asarray(mesh.bounds).reshape(3, 2)[axis]
    count = int(np.ceil((high - low) / limit - 1e-9))
    if count <= 1:
        return [mesh], [], []
    normal = np.eye(3)[axis]
    upright = to_solid(mesh).manifold.transform(np.ascontiguousarray(np.column_stack([frame_of(normal).T, np.zeros(3)])))
    rest, pieces, planes, areas = mesh, [], [], []
    start = float(low)
    for left in range(count - 1, 0, -1):
        # Not so early that the rest needs another part, not so late that this one does not fit.
        first, last = max(float(high) - left * limit, start + 0.05 * limit), min(start + limit, float(high) - 0.05 * limit)
        heights = np.linspace(first, last, SAMPLES) if last > first else np.array([last])
        sections = np.array([upright.slice(float(height)).area() for height in heights])
        sections[sections <= 0] = np.inf
        at = int(np.argmin(sections))
        if not np.isfinite(sections[at]):
            raise Refused(f"'{mesh.name}' has no place to cut it for this printer: name a larger one.")
        plane = Plane((float(normal[0]), float(normal[1]), float(normal[2])), float(heights[at]))
        rest, piece = cut(rest, plane)
        pieces.append(piece)
        planes.append(plane)
        areas.append(float(sections[at]))
        start = float(heights[at])
    return [*pieces, rest], planes, areas
