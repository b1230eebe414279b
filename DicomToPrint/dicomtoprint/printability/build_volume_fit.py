"""Does a model go into a box, and turned how."""

import warnings
from dataclasses import dataclass

import numpy as np

from ..messages import _, join
from ..progress import ProgressCallback, no_progress

_MANY = 20_000
_BLOCK = 20_000


@dataclass(frozen=True)
class Rotation:
    """A turn of the model: 3x3 `matrix` (applied to column vectors), its `angle_deg`, and the same in `words`."""

    matrix: np.ndarray
    angle_deg: float
    words: str


def oriented_extents(points: np.ndarray, matrix: np.ndarray) -> np.ndarray:
    """(3,) lengths of the box around the turned points, along x, y, z."""
    turned = points @ matrix.T
    return turned.max(axis=0) - turned.min(axis=0)


def find_fitting_rotation(
    points: np.ndarray, room: np.ndarray, progress: ProgressCallback = no_progress
) -> Rotation | None:
    """A rotation with which the points (n, 3) fit in a box of `room` (3,) mm, the identity first; None where none was found.

    Tried, on the convex hull's vertices: as it stands; quarter turns; a turn about the vertical by steps of 1 degree;
    then 2,000 directions for the vertical, each with the turn about it, the best refined. Not found does
    not prove that none exists within a degree.
    """
    hull = convex_hull_vertices(points)
    matrix = _found(hull, room, progress)
    if matrix is None or np.any(oriented_extents(points, matrix) > room + 1e-3):
        return None
    return Rotation(matrix, 0.0, _("as it stands")) if np.array_equal(matrix, np.eye(3)) else describe_rotation(matrix)


def _found(hull: np.ndarray, room: np.ndarray, progress: ProgressCallback) -> np.ndarray | None:
    for matrix in [np.eye(3), *_quarter_turns()]:
        if np.all(oriented_extents(hull, matrix) <= room + 1e-6):
            return matrix
    if _longest(hull) > np.linalg.norm(room):
        return None
    slack = 0.05 * float(room.min())
    directions = np.vstack([[[0.0, 0.0, 1.0]], _sphere(2000)])
    height = np.ptp(hull @ directions.T, axis=0)
    best: tuple[float, np.ndarray] | None = None
    for index in np.flatnonzero(height <= room[2] + slack):
        if index % 100 == 0:
            progress(index / len(directions), _("looking for a rotation that fits"))
        excess, matrix = _best_turn(hull, _upright(directions[index]), room)
        if excess <= 1e-6:
            return matrix
        if best is None or excess < best[0]:
            best = (excess, matrix)
    if best is None or best[0] >= slack:
        return None
    matrix = _refined(hull, best[1], room)
    return matrix if np.all(oriented_extents(hull, matrix) <= room + 1e-6) else None


def _longest(hull: np.ndarray) -> float:
    """A length within the hull, no more than its diameter: between the points that are farthest along many directions."""
    along = hull @ _sphere(200).T
    ends = hull[along.argmax(axis=0)] - hull[along.argmin(axis=0)]
    return float(np.linalg.norm(ends, axis=1).max())


def convex_hull_vertices(points: np.ndarray) -> np.ndarray:
    """Vertices (h, 3) float64 of the convex hull; the points themselves where they are flat.

    Of many points those inside a polytope of 80 extreme ones are left out first, since qhull is slow on millions; where more than
    20,000 remain (a ball), the farthest in each of as many directions stands for the others near it.
    """
    from scipy.spatial import ConvexHull, QhullError

    points = np.asarray(points, dtype=np.float64)
    try:
        if len(points) > _MANY:
            few = points[np.unique(_ends(points))]
            outside = _beyond(points, ConvexHull(few).equations)
            points = np.concatenate([few, points[_farthest(points, outside)]])
        return points[ConvexHull(points).vertices]
    except (QhullError, ValueError):
        return points


def _ends(points: np.ndarray) -> np.ndarray:
    """Indices of the farthest points along 80 directions."""
    directions = _sphere(80)
    best, which = np.full(80, -np.inf), np.zeros(80, dtype=np.int64)
    for start in range(0, len(points), _BLOCK):
        along = directions @ points[start : start + _BLOCK].T  # a direction a row: the search runs along memory
        row = along.argmax(axis=1)
        value = along[np.arange(80), row]
        which, best = np.where(value > best, row + start, which), np.maximum(value, best)
    return which


def _beyond(points: np.ndarray, planes: np.ndarray) -> np.ndarray:
    """Indices of the points outside the polytope of `planes` (p, 4)."""
    middle = (points.min(axis=0) + points.max(axis=0)) / 2.0
    level = (-planes[:, 3] - planes[:, :3] @ middle).astype(np.float32)
    margin = 1e-5 * float(np.ptp(points, axis=0).max())
    towards, found = planes[:, :3].T.astype(np.float32), [np.zeros(0, dtype=np.int64)]
    for start in range(0, len(points), _BLOCK):
        away = (points[start : start + _BLOCK] - middle).astype(np.float32)
        # Most points lie deep inside: within the ball that the planes enclose.
        left = np.flatnonzero(np.einsum("ij,ij->i", away, away) > max(float(level.min()) - margin, 0.0) ** 2)
        height = away[left] @ towards - level
        found.append(start + left[height.max(axis=1) > -margin])
    return np.concatenate(found)


def _farthest(points: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """All of `rows`, or of more than `_MANY` the farthest from the middle in each of about `_MANY` directions."""
    if len(rows) <= _MANY:
        return rows
    middle = (points.min(axis=0) + points.max(axis=0)) / 2.0
    away = points[rows] - middle
    distance = np.linalg.norm(away, axis=1)
    polar = np.arccos(np.clip(away[:, 2] / np.maximum(distance, 1e-12), -1.0, 1.0)) * (99.99 / np.pi)
    turn = (np.arctan2(away[:, 1], away[:, 0]) + np.pi) * (199.99 / (2.0 * np.pi))
    cell = polar.astype(np.int64) * 200 + turn.astype(np.int64)
    order = np.lexsort((-distance, cell))
    first = np.ones(len(order), dtype=bool)
    first[1:] = cell[order][1:] != cell[order][:-1]
    return rows[order[first]]


def _sphere(count: int) -> np.ndarray:
    """Even directions on the sphere (Fibonacci)."""
    index = np.arange(count) + 0.5
    polar, turn = np.arccos(1 - 2 * index / count), np.pi * (1 + 5**0.5) * index
    return np.stack([np.cos(turn) * np.sin(polar), np.sin(turn) * np.sin(polar), np.cos(polar)], axis=1)


def _quarter_turns() -> list[np.ndarray]:
    import itertools

    found = []
    for order in itertools.permutations(range(3)):
        for signs in itertools.product((1.0, -1.0), repeat=3):
            matrix = np.zeros((3, 3))
            matrix[range(3), order] = signs
            if np.linalg.det(matrix) > 0:
                found.append(matrix)
    return sorted(found, key=lambda matrix: -np.trace(matrix))


def _upright(up: np.ndarray) -> np.ndarray:
    """A rotation that takes `up` to z."""
    other = np.array([1.0, 0.0, 0.0]) if abs(up[0]) < 0.9 else np.array([0.0, 1.0, 0.0])
    x = np.cross(other, up)
    x /= np.linalg.norm(x)
    return np.stack([x, np.cross(up, x), up])


def _best_turn(hull: np.ndarray, base: np.ndarray, room: np.ndarray) -> tuple[float, np.ndarray]:
    """The turn about the vertical with the smallest excess over the build volume, in mm."""
    points = hull @ base.T
    height = np.ptp(points[:, 2]) - room[2]
    angles = np.radians(np.arange(0.0, 180.0, 1.0 if height <= 0 else 10.0))
    axes = np.stack([np.cos(angles), np.sin(angles)])
    across = points[:, :2] @ axes
    width = across.max(axis=0) - across.min(axis=0)
    turned = points[:, :2] @ np.stack([-np.sin(angles), np.cos(angles)])
    depth = turned.max(axis=0) - turned.min(axis=0)
    excess = np.maximum(np.maximum(width - room[0], depth - room[1]), height)
    best = int(np.argmin(excess))
    cosine, sine = axes[0, best], axes[1, best]
    return float(max(excess[best], 0.0)), np.array([[cosine, sine, 0.0], [-sine, cosine, 0.0], [0.0, 0.0, 1.0]]) @ base


def _refined(hull: np.ndarray, matrix: np.ndarray, room: np.ndarray) -> np.ndarray:
    """Local search for a smaller excess by small turns (seeded, so that it repeats)."""
    from scipy.spatial.transform import Rotation as Turn

    random = np.random.default_rng(0)
    best, excess = matrix, float((oriented_extents(hull, matrix) - room).max())
    step = np.radians(4.0)
    for _unused in range(400):
        tried = Turn.from_rotvec(random.normal(size=3) * step).as_matrix() @ best
        value = float((oriented_extents(hull, tried) - room).max())
        if value < excess:
            best, excess = tried, value
        else:
            step = max(step * 0.985, np.radians(0.05))
        if excess <= 0:
            break
    return best


def describe_rotation(matrix: np.ndarray) -> Rotation:
    from scipy.spatial.transform import Rotation as Turn

    turn = Turn.from_matrix(matrix)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # gimbal lock: one of several ways to say the same turn
        angles = turn.as_euler("xyz", degrees=True)
    words = join(
        _(", then "),
        (
            _("{angle:.0f} degrees about {axis}", angle=angle, axis=axis)
            for axis, angle in zip("xyz", angles)
            if abs(angle) >= 0.5
        ),
    )
    return Rotation(matrix, float(np.degrees(turn.magnitude())), words or _("as it stands"))
