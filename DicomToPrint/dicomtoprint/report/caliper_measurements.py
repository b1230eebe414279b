"""Distances that calipers can take on the finished part, so that the print itself can be checked."""

from collections.abc import Sequence

import numpy as np

from ..accuracy.types import CaliperMeasurement
from ..mesh.core import Mesh
from ..mesh.graph import label_vertex_components
from ..mesh.merge_points import merged_mesh
from ..messages import _

_FLAT_MM = 0.2


def select_caliper_measurements(
    meshes: Sequence[Mesh], *, absolute_mm: float | None = None, share: float = 0.0, count: int = 5, scale: float = 1.0
) -> tuple[CaliperMeasurement, ...]:
    """Distances in mm between points of the model that stick out.

    Left-right, front-back, bottom-top, then the longest diagonals.

    All lie on the largest connected piece of one mesh, since loose pieces and parts have no place to each other once printed;
    of several meshes the description names it. Where the model ends in a flat face, the two points are chosen straight opposite
    each other. Directions are those of the patient, so the meshes must lie as scanned (LPS mm). `absolute_mm` and `share` are
    the process's tolerance: the larger of a length and a share of the distance; None leaves it open. `scale`: mm of the print that are one
    of the meshes; the distances are those of the print, their ends those of the meshes.
    """
    pieces = [(_largest_piece(mesh), mesh.name) for mesh in meshes if len(mesh.triangles)]
    if not pieces:
        return ()
    points, name = max(pieces, key=lambda piece: _diagonal(piece[0]))
    chosen: list[tuple[str, np.ndarray, np.ndarray]] = []
    size = _diagonal(points)
    for words, direction in _axes():
        chosen.append((words, *_opposite(points, np.array(direction))))
    diagonals = [(words, *_opposite(points, np.array(direction))) for words, direction in _diagonals()]
    for candidate in sorted(diagonals, key=lambda item: -float(np.linalg.norm(item[1] - item[2]))):
        if len(chosen) < count and all(_differs(candidate, other, 0.12 * size) for other in chosen):
            chosen.append(candidate)
    result = []
    for number, (words, start, end) in enumerate(chosen[:count], start=1):
        length = scale * float(np.linalg.norm(end - start))
        tolerance = max(absolute_mm, share * length) if absolute_mm is not None else None
        description = _("{distance}, of {part}").format(distance=words, part=name) if len(meshes) > 1 else words
        result.append(
            CaliperMeasurement(number, description, length, tolerance, tuple(start.tolist()), tuple(end.tolist()))
        )
    return tuple(result)


def _largest_piece(mesh: Mesh) -> np.ndarray:
    """Points of the connected piece with the longest diagonal, (n, 3)."""
    _points, triangles, first = merged_mesh(mesh)
    points = mesh.points.astype(np.float64)[first]
    _count, piece = label_vertex_components(triangles, len(points))
    used = np.unique(triangles)
    order = used[np.lexsort((*points[used].T[::-1], piece[used]))]
    groups = np.split(points[order], np.flatnonzero(np.diff(piece[order])) + 1)
    return max(groups, key=_diagonal)


def _diagonal(points: np.ndarray) -> float:
    return float(np.linalg.norm(points.max(axis=0) - points.min(axis=0)))


def _axes() -> tuple[tuple[str, tuple[float, float, float]], ...]:
    return (
        (_("most right point to most left point"), (1, 0, 0)),
        (_("most anterior point to most posterior point"), (0, 1, 0)),
        (_("lowest point to highest point"), (0, 0, 1)),
    )


def _diagonals() -> tuple[tuple[str, tuple[float, float, float]], ...]:
    return (
        (_("right front bottom to left back top"), (1, 1, 1)),
        (_("right back bottom to left front top"), (1, -1, 1)),
        (_("left front bottom to right back top"), (-1, 1, 1)),
        (_("left back bottom to right front top"), (-1, -1, 1)),
        (_("right front to left back"), (1, 1, 0)),
        (_("right back to left front"), (1, -1, 0)),
        (_("right bottom to left top"), (1, 0, 1)),
        (_("left bottom to right top"), (-1, 0, 1)),
        (_("front bottom to back top"), (0, 1, 1)),
        (_("back bottom to front top"), (0, -1, 1)),
    )


def _opposite(points: np.ndarray, direction: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The two extreme points along a direction; among equals those straight opposite."""
    from scipy.spatial import cKDTree

    direction = direction / np.linalg.norm(direction)
    along = points @ direction
    low = points[along <= along.min() + _FLAT_MM]
    high = points[along >= along.max() - _FLAT_MM]
    flat = np.eye(3) - np.outer(direction, direction)
    distances, nearest = cKDTree(high @ flat).query(low @ flat)
    # Of many straight pairs the one in the middle: its jaws rest safely on the face.
    straight = np.flatnonzero(distances <= distances.min() + 1e-6)
    middle = (low[straight] @ flat).mean(axis=0)
    pick = straight[np.argmin(np.linalg.norm(low[straight] @ flat - middle, axis=1))]
    return low[pick], high[nearest[pick]]


def _differs(one: tuple[str, np.ndarray, np.ndarray], other: tuple[str, np.ndarray, np.ndarray], least: float) -> bool:
    forward = max(np.linalg.norm(one[1] - other[1]), np.linalg.norm(one[2] - other[2]))
    backward = max(np.linalg.norm(one[1] - other[2]), np.linalg.norm(one[2] - other[1]))
    return float(min(forward, backward)) > least
