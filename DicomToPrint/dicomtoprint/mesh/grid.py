"""Cubic grids around a solid."""

from dataclasses import dataclass

import numpy as np

from .arrays import Points
from .core import Mesh

MAX_VOXELS = 400_000_000


@dataclass(frozen=True)
class Grid:
    """Cubic voxels of `spacing` mm along L, P, S; `origin` (3,) is the centre of voxel (0, 0, 0); `shape` is (k, j, i)."""

    origin: np.ndarray
    spacing: float
    shape: tuple[int, int, int]

    @property
    def affine(self) -> np.ndarray:
        """4x4 from indices (i, j, k, 1) to LPS mm."""
        result = np.diag([self.spacing, self.spacing, self.spacing, 1.0])
        result[:3, 3] = self.origin
        return result

    def points(self, kji: np.ndarray) -> Points:
        """(n, 3) index rows (k, j, i) to (n, 3) LPS mm."""
        return self.origin + self.spacing * kji[:, ::-1]


def grid_around(mesh: Mesh, spacing: float, margin: float) -> Grid:
    """Grid that holds the mesh and `margin` mm around it; coarser than `spacing` only where it would exceed the memory."""
    bounds = np.asarray(mesh.bounds).reshape(3, 2)
    size = bounds[:, 1] - bounds[:, 0] + 2.0 * margin
    spacing = max(spacing, float((np.prod(size) / MAX_VOXELS) ** (1.0 / 3.0)))
    counts = np.ceil(size / spacing).astype(int) + 1
    return Grid(bounds[:, 0] - margin, spacing, (int(counts[2]), int(counts[1]), int(counts[0])))
