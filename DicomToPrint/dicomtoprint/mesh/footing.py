"""What a solid stands on: how long a line its first layer holds."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from .core import Mesh
from .graph import label_connected_nodes

_SAMPLES_A_LINE = 16.0  # places on the outline of the section along the width of a line
_MOST_SAMPLES = 200_000
MOST_LINES = 4.0  # so many widths long, a line is long enough for whatever is asked
_DIRECTIONS = 18  # in which the length of a stretch is taken


@dataclass(frozen=True)
class Footing:
    """`length` mm of the longest stretch of the section that is at least half a line wide, at most four lines, 0 where none is; `place`
    (3,) mm a place in it, or the lowest point of the mesh where there is none."""

    length: float
    place: np.ndarray


def find_footing(mesh: Mesh, height: float, line: float, up: np.ndarray | None = None) -> Footing:
    """The longest stretch of the section `height` mm above the lowest point.

    Discs are laid against the outline from inside; those that hold nothing of it lie in the solid, and those that overlap are one
    stretch. The mesh is closed and its triangles face outward.

    Parameters
    ----------
    mesh
        Points (n, 3) in mm.
    height
        Of the section above the lowest point, in mm.
    line
        Width of a line of the first layer in mm.
    up
        (3,) unit vector away from the plate; None: z.
    """
    from scipy.spatial import cKDTree

    points = mesh.points.astype(np.float64)
    up = np.array([0.0, 0.0, 1.0]) if up is None else np.asarray(up, dtype=np.float64)
    level = points @ up
    lowest = points[int(level.argmin())]
    ends, inward = _section(points, mesh.triangles, level - (level.min() + height), up)
    places, normals, step = _places(ends, inward, line / _SAMPLES_A_LINE)
    if len(places) == 0:
        return Footing(0.0, lowest)
    tree = cKDTree(places)
    longest = MOST_LINES * line
    broad = _held(tree, places, normals, longest)
    if len(broad):
        return Footing(longest, broad[0])
    centres = _held(tree, places, normals, line / 2.0)
    if len(centres) == 0:
        return Footing(0.0, lowest)
    near = cKDTree(centres).query_pairs(max(3.0 * step, line / 4.0), output_type="ndarray")
    count, label = label_connected_nodes(near[:, 0], near[:, 1], len(centres))
    length = _lengths(centres, label, count, up) + line / 2.0
    best = int(length.argmax())
    stretch = centres[label == best]
    middle = int(np.linalg.norm(stretch - stretch.mean(axis=0), axis=1).argmin())
    return Footing(min(float(length[best]), longest), stretch[middle])


def _held(tree: Any, places: np.ndarray, normals: np.ndarray, diameter: float) -> np.ndarray:
    """Centres (n, 3) of the discs of that diameter against the outline that hold nothing of it."""
    centres = places + diameter / 2.0 * normals
    return centres[tree.query(centres)[0] >= diameter / 2.0 * (1.0 - 1e-6)]


def _lengths(centres: np.ndarray, label: np.ndarray, count: int, up: np.ndarray) -> np.ndarray:
    """(count,) the largest extent of each group along directions in the plane of the section."""
    first = np.cross(up, np.eye(3)[int(np.abs(up).argmin())])
    first /= np.linalg.norm(first)
    second = np.cross(up, first)
    length = np.zeros(count)
    for angle in np.pi * np.arange(_DIRECTIONS) / _DIRECTIONS:
        along = centres @ (np.cos(angle) * first + np.sin(angle) * second)
        low, high = np.full(count, np.inf), np.full(count, -np.inf)
        np.minimum.at(low, label, along)
        np.maximum.at(high, label, along)
        length = np.maximum(length, high - low)
    return length


def _section(
    points: np.ndarray, triangles: np.ndarray, level: np.ndarray, up: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Ends (n, 2, 3) of the segments in which the triangles cross level 0, and the unit vectors (n, 3) in the plane that point into the
    solid; a point on the level counts as above, so that outlines close."""
    above = level >= 0.0
    crossing = triangles[(above[triangles].sum(axis=1) % 3) > 0]
    if len(crossing) == 0:
        return np.zeros((0, 2, 3)), np.zeros((0, 3))
    # The corner that lies alone on its side comes first.
    side = above[crossing]
    lone = np.argmax(side == (side.sum(axis=1) == 1)[:, None], axis=1)
    turned = crossing[np.arange(len(crossing))[:, None], (lone[:, None] + np.arange(3)) % 3]
    a, b = turned[:, [0]], turned[:, 1:]
    share = level[a] / (level[a] - level[b])
    ends = points[a] + share[..., None] * (points[b] - points[a])
    corners = points[turned]
    normal = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    inward = -(normal - (normal @ up)[:, None] * up)
    length = np.linalg.norm(inward, axis=1)
    whole = length > 0.0
    return ends[whole], inward[whole] / length[whole, None]


def _places(ends: np.ndarray, inward: np.ndarray, step: float) -> tuple[np.ndarray, np.ndarray, float]:
    """Points (m, 3) on the segments, at most `step` apart, with the inward vector of each, and the step: larger on long outlines."""
    length = np.linalg.norm(ends[:, 1] - ends[:, 0], axis=1)
    step = max(step, float(length.sum()) / _MOST_SAMPLES)
    count = np.ceil(length / step).astype(np.int64)
    owner = np.repeat(np.arange(len(ends)), count)
    number = np.arange(len(owner)) - np.repeat(np.cumsum(count) - count, count)
    share = ((number + 0.5) / count[owner])[:, None]
    return ends[owner, 0] + share * (ends[owner, 1] - ends[owner, 0]), inward[owner], step
