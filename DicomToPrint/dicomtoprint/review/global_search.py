"""Where a part may lie: many poses at once, each drawn to the model from its own start.

A batched ICP whose metric goes from point to point to point to plane (Chen and Medioni 1992), with the weights of Geman and McClure at
a scale that shrinks, from rotations that cover SO(3) evenly (Alexa, "Super-Fibonacci spirals", CVPR 2022). The nearest
point of the model is looked up in a grid, so that a thousand poses cost a second.
"""

from dataclasses import dataclass

import numpy as np

from ..mesh.arrays import Points
from .types import Pose, rotation_of

_CELLS = 56  # of the grid along the longest side
_MARGIN = 0.35  # of the model's diagonal, around it
_SCALES = (0.25, 0.2, 0.15, 0.12, 0.1, 0.08, 0.06, 0.05, 0.04, 0.03, 0.025, 0.02)  # of the diagonal, one a round
_POINT_SHARES = (1.0, 0.8, 0.6, 0.5, 0.4, 0.3, 0.2, 0.15, 0.1, 0.1, 0.05, 0.05)
_KEEP = (
    1.0,
    1.0,
    1.0,
    0.6,
    0.6,
    0.4,
    0.4,
    0.3,
    0.25,
    0.2,
    0.2,
    0.2,
)  # share of the starts that goes on after each round
_CUT = 0.03  # of the diagonal: distances count no further in the score


@dataclass(frozen=True)
class NearestGrid:
    """For each cell of a grid around the model the nearest of its `points` (n, 3) with `normals`; `low` and `step` in mm."""

    points: Points
    normals: Points
    cells: np.ndarray
    low: np.ndarray
    step: float
    diagonal: float

    def nearest(self, points: np.ndarray) -> np.ndarray:
        """Index of the nearest model point for each row of (..., 3); of points beyond the grid that of its border."""
        index = ((points - self.low) / self.step).astype(np.int32)
        np.clip(index, 0, np.array(self.cells.shape) - 1, out=index)
        found: np.ndarray = self.cells[index[..., 0], index[..., 1], index[..., 2]]
        return found


def build_nearest_grid(points: Points, normals: Points) -> NearestGrid:
    """The grid of a model's points (n, 3) mm with unit normals."""
    from scipy.spatial import cKDTree

    low, high = points.min(axis=0), points.max(axis=0)
    diagonal = float(np.linalg.norm(high - low))
    low, high = low - _MARGIN * diagonal, high + _MARGIN * diagonal
    step = float((high - low).max() / _CELLS)
    shape = np.maximum(np.ceil((high - low) / step).astype(int), 1)
    axes = [low[k] + (np.arange(shape[k]) + 0.5) * step for k in range(3)]
    centres = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 3)
    _distance, nearest = cKDTree(points).query(centres, workers=-1)
    return NearestGrid(points, normals, nearest.astype(np.int32).reshape(shape), low, step, diagonal)


def even_rotations(count: int) -> np.ndarray:
    """(count, 3, 3) rotation matrices that cover SO(3) evenly."""
    s = np.arange(count) + 0.5
    r, big = np.sqrt(s / count), np.sqrt(1.0 - s / count)
    alpha, beta = 2.0 * np.pi * s / np.sqrt(2.0), 2.0 * np.pi * s / 1.533751168755204288118041
    x, y, z, w = r * np.sin(alpha), r * np.cos(alpha), big * np.sin(beta), big * np.cos(beta)
    return np.stack(
        [
            *(1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)),
            *(2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)),
            *(2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)),
        ],
        axis=-1,
    ).reshape(-1, 3, 3)


def search_poses(grid: NearestGrid, points: Points, normals: Points, rotations: int, kept: int) -> list[Pose]:
    """The best poses, no two alike, from evenly spread starts.

    Parameters
    ----------
    grid
        Of the model.
    points, normals
        (m, 3) of the part, some hundreds, spread by area.
    rotations
        Number of starts.
    kept
        How many poses are returned at most, the best first.
    """
    middle, target = points.mean(axis=0), grid.points.mean(axis=0)
    centred = points - middle
    turned = even_rotations(rotations)
    shift = np.broadcast_to(target, (rotations, 3)).copy()
    for scale, share, keep in zip(_SCALES, _POINT_SHARES, _KEEP):
        turned, shift = _step(grid, centred, normals, turned, shift, scale * grid.diagonal, share)
        wanted = max(int(keep * rotations), kept)
        if wanted < len(turned):
            best = np.argsort(_scores(grid, centred, normals, turned, shift), kind="stable")[:wanted]
            turned, shift = turned[best], shift[best]
    order = np.argsort(_scores(grid, centred, normals, turned, shift), kind="stable")
    poses: list[Pose] = []
    for index in order:
        pose = Pose(turned[index], shift[index] - turned[index] @ middle)
        if all(_differ(pose, other, middle, grid.diagonal) for other in poses):
            poses.append(pose)
        if len(poses) == kept:
            break
    return poses


def _differ(one: Pose, other: Pose, middle: np.ndarray, diagonal: float) -> bool:
    apart = np.linalg.norm(one.apply(middle[None]) - other.apply(middle[None]))
    return bool(one.angle_to(other) > 6.0 or apart > 0.03 * diagonal)


def _matched(
    grid: NearestGrid, points: Points, normals: Points, turned: np.ndarray, shift: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Of every pose the points (b, m, 3) around its shift, their gaps to the model, the model's normals, and their agreement (b, m)."""
    moved = points @ turned.transpose(0, 2, 1)
    nearest = grid.nearest(moved + shift[:, None])
    facing = grid.normals[nearest]
    gap = moved + shift[:, None] - grid.points[nearest]
    agreement = np.einsum("bmi,bmi->bm", normals @ turned.transpose(0, 2, 1), facing)
    return moved, gap, facing, agreement


def _step(
    grid: NearestGrid,
    points: Points,
    normals: Points,
    turned: np.ndarray,
    shift: np.ndarray,
    scale: float,
    share: float,
) -> tuple[np.ndarray, np.ndarray]:
    """One round: the motion of each pose that brings its points nearer to the planes and, by `share`, the points they lie at."""
    moved, gap, facing, agreement = _matched(grid, points, normals, turned, shift)
    weight = np.clip(agreement, 0.0, None) * (scale**2 / (scale**2 + np.einsum("bmi,bmi->bm", gap, gap))) ** 2
    along = np.einsum("bmi,bmi->bm", gap, facing)
    lever = np.concatenate([np.cross(moved, facing), facing], axis=-1)
    matrix = np.einsum("bm,bmi,bmj->bij", weight, lever, lever, optimize=True)
    right = -np.einsum("bm,bm,bmi->bi", weight, along, lever, optimize=True)
    summed = weight.sum(axis=1)
    spread = np.einsum("bm,bmi,bmj->bij", weight, moved, moved, optimize=True)
    mean = np.einsum("bm,bmi->bi", weight, moved)
    identity = np.eye(3)
    matrix[:, :3, :3] += share * (np.trace(spread, axis1=1, axis2=2)[:, None, None] * identity - spread)
    cross = np.zeros((len(mean), 3, 3))
    cross[:, 0, 1], cross[:, 0, 2], cross[:, 1, 2] = -mean[:, 2], mean[:, 1], -mean[:, 0]
    cross -= cross.transpose(0, 2, 1)
    matrix[:, :3, 3:] += share * cross
    matrix[:, 3:, :3] += share * cross.transpose(0, 2, 1)
    matrix[:, 3:, 3:] += share * summed[:, None, None] * identity
    right[:, :3] -= share * np.einsum("bm,bmi->bi", weight, np.cross(moved, gap))
    right[:, 3:] -= share * np.einsum("bm,bmi->bi", weight, gap)
    size = np.trace(matrix, axis1=1, axis2=2)[:, None, None]
    motion = np.linalg.solve(matrix + (1e-4 * size + 1e-9) * np.eye(6), right[..., None])[..., 0]
    return rotation_of(motion[:, :3]) @ turned, shift + motion[:, 3:]


def _scores(grid: NearestGrid, points: Points, normals: Points, turned: np.ndarray, shift: np.ndarray) -> np.ndarray:
    """Mean squared distance of the points, cut off; what faces the other way counts as far."""
    _moved, gap, facing, agreement = _matched(grid, points, normals, turned, shift)
    cut = (_CUT * grid.diagonal) ** 2
    squared = np.einsum("bmi,bmi->bm", gap, facing) ** 2 + 0.1 * np.einsum("bmi,bmi->bm", gap, gap)
    result: np.ndarray = np.where(agreement > 0.3, np.minimum(squared, cut), cut).mean(axis=1)
    return result
