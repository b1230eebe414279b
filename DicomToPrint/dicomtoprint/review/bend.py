"""Whether a part is bent: a parabola along one axis explains what scale and pose leave."""

from dataclasses import dataclass

import numpy as np

from .deviation import DeviationMap
from .model_surface import ModelSurface


@dataclass(frozen=True)
class Bend:
    """The ends `along` an axis (0 to 2) stand out `across` another by `sagitta_mm` against the middle; `share` of the deviation's variance
    that this explains, 0 to 1."""

    along: int
    across: int
    sagitta_mm: float
    share: float


def find_bend(surface: ModelSurface, deviation: DeviationMap, scale: np.ndarray) -> Bend | None:
    """The strongest bend in the map, after a least-squares pose and the scale found; None where nothing was seen."""
    seen = deviation.seen
    points, normals = deviation.samples.points[seen] - surface.centre, deviation.samples.normals[seen]
    weight = np.sqrt(np.maximum(deviation.samples.area[seen], 0.0))
    if seen.sum() < 50 or not weight.any():
        return None
    left = deviation.values[seen] - (points * normals) @ (scale - 1.0)
    half = np.maximum(surface.sides / 2.0, 1e-9)
    rigid = np.concatenate([np.cross(points, normals), normals, points * normals, np.ones((len(points), 1))], axis=1)
    pairs = [(along, across) for along in range(3) for across in range(3) if along != across]
    bends = np.stack([(points[:, along] / half[along]) ** 2 * normals[:, across] for along, across in pairs], axis=1)
    rest = _left_over(rigid * weight[:, None], (left * weight)[:, None])[:, 0]
    shapes = _left_over(rigid * weight[:, None], bends * weight[:, None])
    sizes = np.einsum("ij,ij->j", shapes, shapes)
    slopes = shapes.T @ rest / np.maximum(sizes, 1e-12)
    shares = slopes**2 * sizes / max(float(rest @ rest), 1e-12)
    best = int(np.argmax(shares))
    return Bend(*pairs[best], float(slopes[best]), float(shares[best]))


def _left_over(basis: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """Columns (n, k) without what the basis (n, m) explains."""
    explained, *_rest = np.linalg.lstsq(basis, columns, rcond=1e-8)
    result: np.ndarray = columns - basis @ explained
    return result
