"""Means over the triangles around each point of a mesh, by their area."""

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from .arrays import Points, Triangles
from .core import Mesh

if TYPE_CHECKING:
    from scipy import sparse


@dataclass(frozen=True)
class VertexAveraging:
    """The triangles `around` each point, a matrix (points, triangles); twice their `area` in mm2 (m,); one over its
    sum for each point, its `share` (n,)."""

    triangles: Triangles
    around: "sparse.csc_array"
    area: np.ndarray
    share: np.ndarray

    @cached_property
    def _mean(self) -> "sparse.csr_array":
        """From points to points: what a mean asks for again and again is multiplied out once."""
        from scipy import sparse

        weighted = sparse.csc_array(
            (np.repeat(self.area / 3.0, 3), self.around.indices, self.around.indptr), self.around.shape
        )
        product = (weighted @ self.around.T).tocsr()
        product.data *= np.repeat(self.share, np.diff(product.indptr))
        return product

    def averaged(self, values: np.ndarray) -> np.ndarray:
        """Values (n,) or (n, c) at the points, each averaged with its neighbours."""
        return np.asarray(self._mean @ values)

    def rows(self, rows: np.ndarray) -> "sparse.csr_array":
        """The matrix (k, n) that `averaged` multiplies values by, for some points only."""
        return self._mean[rows]

    def summed(self, values: np.ndarray) -> np.ndarray:
        """Sums (m,) over each triangle, summed around each point and divided by twice the area there (n,)."""
        return self.share * (self.around @ values)


def build_vertex_averaging(mesh: Mesh, facing: Points) -> VertexAveraging:
    """`facing` (m, 3): normals of the triangles, as long as twice their area."""
    from scipy import sparse

    area = np.sqrt(np.einsum("ij,ij->i", facing, facing))
    triangles = mesh.triangles
    starts = np.arange(0, triangles.size + 1, 3)
    shape = len(mesh.points), len(triangles)
    around = sparse.csc_array((np.ones(triangles.size), triangles.ravel(), starts), shape)
    return VertexAveraging(triangles, around, area, 1.0 / np.maximum(around @ area, 1e-30))
