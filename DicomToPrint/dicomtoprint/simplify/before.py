"""What is kept of a simplified surface, so that another that differs in a few places can go on from it."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class SimplifiedBefore:
    """What a surface was simplified from and to.

    Attributes
    ----------
    raw, smooth
        (n, 3) float32 LPS mm, the points of its contour before and after smoothing.
    triangles
        (m, 3) of that contour.
    points
        (p, 3) float32 LPS mm of the simplified surface.
    target
        (n,) the row of `points` that each point of the contour became, -1 where it vanished.
    deviation_mm
        As of `SimplifyResult`.
    made_with
        What it was made with; another surface can go on from it where that is the same.
    """

    raw: np.ndarray
    smooth: np.ndarray
    triangles: np.ndarray
    points: np.ndarray
    target: np.ndarray
    deviation_mm: tuple[float, float]
    made_with: tuple[float | int | bool | None, ...]
