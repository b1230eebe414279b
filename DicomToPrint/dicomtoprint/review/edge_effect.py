"""What the edges that a scan cuts off do to the size it tells of a part."""

import numpy as np

from ..mesh.arrays import Points
from .model_surface import ModelSurface

_DRAWN = 3_000  # points an axis
_AROUND = 8  # looks to all sides of each
_OTHER_FACE = 0.5  # cosine below which a normal is that of another face
_EDGE_SHARE = 0.2  # of the points at edges, below which they draw no fit
_LEAST_INSIDE = 60  # points within faces, for their middle to say anything


def edge_effects(
    surface: ModelSurface, points: Points, facing: Points, lever: Points, offsets: np.ndarray, spacing_mm: float
) -> np.ndarray:
    """(3,) how much the scale along each axis would differ, had only points that lie farther than `spacing_mm` from an edge of the model a
    say; inf where too few do, 0 where hardly any lies at an edge.

    `points` (n, 3) are those of the scan on the model, `facing` (n, 3) its normals there, `lever` (n, 3) mm how far scale along each axis
    moves them, `offsets` (n,) mm what the fit left. Spacing 0 means that it is not known, and no edge is looked for.
    """
    effects = np.zeros(3)
    if spacing_mm <= 0.0:
        return effects
    random = np.random.default_rng(0)
    for axis in range(3):
        weights = lever[:, axis] ** 2
        if weights.sum() <= 0.0:
            continue
        # Drawn by the square of its lever, each point says what scale it would have, and all their mean is that of least squares.
        rows = random.choice(len(points), _DRAWN, p=weights / weights.sum())
        inside = rows[~_at_edge(surface, points[rows], facing[rows], spacing_mm)]
        if len(inside) < _LEAST_INSIDE:
            effects[axis] = np.inf
        elif len(inside) < (1.0 - _EDGE_SHARE) * len(rows):
            effects[axis] = abs(float(np.mean(offsets[inside] / lever[inside, axis])))
    return effects


def _at_edge(surface: ModelSurface, points: Points, facing: Points, spacing_mm: float) -> np.ndarray:
    """(n,) bool: whether the face ends, or another one begins, a step of `spacing_mm` aside."""
    helper = np.eye(3)[np.argmin(np.abs(facing), axis=1)]
    first = np.cross(facing, helper)
    first /= np.maximum(np.linalg.norm(first, axis=1, keepdims=True), 1e-12)
    second = np.cross(facing, first)
    found = np.zeros(len(points), bool)
    for angle in np.arange(_AROUND) * 2.0 * np.pi / _AROUND:
        aside = points + spacing_mm * (np.cos(angle) * first + np.sin(angle) * second)
        distance, nearest = surface.tree.query(aside, workers=-1)
        there = surface.normals[surface.owner[nearest]]
        found |= np.einsum("ij,ij->i", there, facing) < _OTHER_FACE
        found |= distance > 0.5 * spacing_mm + surface.step
    return found
