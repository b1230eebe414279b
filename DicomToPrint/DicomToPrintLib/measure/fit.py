"""Does a model go into a box, and turned how."""

import warnings
from dataclasses import dataclass

import numpy as np

from ..progress import Progress, silent


@dataclass(frozen=True)
class Rotation:
    """A turn of the model: 3x3 `matrix` (applied to column vectors), its `angle_deg`, and the same in `words`."""

    matrix: np.ndarray
    angle_deg: float
    words: str


def extents(points: np.ndarray, matrix: np.ndarray) -> np.ndarray:
    """(3,) lengths of the box around the turned points, along x, y, z."""
    turned = points @ matrix.T
    return turned.max(axis=0) - turned.min(axis=0)


def fitting_rotation(points: np.ndarray, room: np.ndarray, progress: Progress = silent) -> Rotation | None:
    """A rotation with which the points (n, 3) fit in a box of `room` (3,) mm, the identity first; None where none was found.

    Tried, on the convex hull's vertices: as it stands; quarter turns; a turn about the vertical by steps of 1 degree;
    then 2,000 directions for the vertical, each with the turn about it, the best refined. Not found does
    not prove that none exists within a degree.
    """
    hull = _hull(points)
    if np.all(extents(hull, np.eye(3)) <= room + 1e-6):
        return Rotation(np.eye(3), 0.0, "as it stands")
    for matrix in _quarter_turns():
        if np.all(extents(hull, matrix) <= room + 1e-6):
            return _described(matrix)
    smallest = np.sort(room)
    if _longest(hull) > np.linalg.norm(room):
        return None
    best: tuple[float, np.ndarray] | None = None
    directions = np.vstack([[[0.0, 0.0, 1.0]], _sphere(2000)])
    for index, up in enumerate(directions):
        if index % 100 == 0:
            progress(index / len(directions), "looking for a rotation that fits")
        base = _upright(up)
        excess, matrix = _best_turn(hull, base, room)
        if excess <= 1e-6:
            return _described(matrix)
        if best is None or excess < best[0]:
            best = (excess, matrix)
    assert best is not None
    if best[0] < 0.05 * smallest[0]:
        matrix = _refined(hull, best[1], room)
        if np.all(extents(hull, matrix) <= room + 1e-6):
            return _described(matrix)
    return None


def _longest(hull: np.ndarray) -> float:
    """A length within the hull, no more than its diameter: between the points that are farthest along many directions."""
    along = hull @ _sphere(200).T
    ends = hull[along.argmax(axis=0)] - hull[along.argmin(axis=0)]
    return float(np.linalg.norm(ends, axis=1).max())


def _hull(points: np.ndarray) -> np.ndarray:
    """Vertices of the convex hull; of at most 200,000 points in extreme directions first, since qhull is slow on millions."""
    from scipy.spatial import ConvexHull, QhullError

    points = np.asarray(points, dtype=np.float64)
    if len(points) > 20_000:
        points = points[_extreme(points)]
    try:
        return points[ConvexHull(points).vertices]
    except (QhullError, ValueError):
        return points


def _extreme(points: np.ndarray) -> np.ndarray:
    """Indices of points that may lie on the hull: those beyond a polytope spanned by 100 extreme points."""
    directions = _sphere(60)
    centre = points.mean(axis=0)
    reach = np.max((points - centre) @ directions.T, axis=0)
    # A point well inside every supporting slab's inner ball cannot be extreme.
    distance = np.linalg.norm(points - centre, axis=1)
    inside = distance < 0.98 * reach.min()
    keep = np.flatnonzero(~inside)
    if len(keep) <= 20_000:
        return keep
    fine = _sphere(4000)
    chosen = [np.argmax(points[keep] @ block.T, axis=0) for block in np.array_split(fine, 40)]
    return keep[np.unique(np.concatenate(chosen))]


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
    """The turn about the vertical with the smallest excess over the room, in mm."""
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
    best, excess = matrix, float((extents(hull, matrix) - room).max())
    step = np.radians(4.0)
    for _ in range(400):
        tried = Turn.from_rotvec(random.normal(size=3) * step).as_matrix() @ best
        value = float((extents(hull, tried) - room).max())
        if value < excess:
            best, excess = tried, value
        else:
            step = max(step * 0.985, np.radians(0.05))
        if excess <= 0:
            break
    return best


def _described(matrix: np.ndarray) -> Rotation:
    from scipy.spatial.transform import Rotation as Turn

    turn = Turn.from_matrix(matrix)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # gimbal lock: one of several ways to say the same turn
        angles = turn.as_euler("xyz", degrees=True)
    words = ", then ".join(
        f"{angle:.0f} degrees about {axis}" for axis, angle in zip("xyz", angles) if abs(angle) >= 0.5
    )
    return Rotation(matrix, float(np.degrees(turn.magnitude())), words or "as it stands")
