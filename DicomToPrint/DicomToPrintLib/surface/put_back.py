"""Where the edges of the anatomy were before the scan moved them away from the boundary's grey value."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ..measure.blur import Blur, blur_of
from ..measure.deviation import point_areas
from ..mesh import Mesh
from ..volume import Volume
from .dislocation import dislocation, variance_of
from .halfway import halfway_shift, is_halfway
from .neighbourhood import Neighbourhood, neighbourhood_of

_EDGES = 150  # places at which the scan's blur is measured, in each direction


@dataclass(frozen=True)
class PutBack:
    """What is known of the edges of a scan: its `blur`, and the blur's `variance` with that of interpolation (3, 3)
    mm2 in LPS, for a boundary at grey value `level`."""

    volume: Volume
    level: float
    blur: Blur
    variance: np.ndarray

    def shift(self, mesh: Mesh, ahead: np.ndarray) -> np.ndarray:
        """(n,) mm by which the points of a mesh must lie outwards of the boundary's grey value, which is `ahead` (n,)
        mm outwards of them."""
        near = neighbourhood_of(mesh, mesh.triangle_normals())
        return dislocation(mesh, self.variance, near) + self.of_neighbours(mesh, ahead, near)

    def of_neighbours(self, mesh: Mesh, ahead: np.ndarray, near: Neighbourhood) -> np.ndarray:
        """The part of the shift that comes of another grey value half-way."""
        if not is_halfway(self.level, self.blur):
            return np.zeros(len(mesh.points))
        return halfway_shift(mesh, ahead, self.volume, self.level, self.blur, self.variance, near)

    def figures(self, mesh: Mesh, of_neighbours: np.ndarray, near: Neighbourhood) -> Mapping[str, object]:
        """How far the points of the finished mesh were moved, in mm without sign."""
        found: dict[str, object] = {"blur_mm": (self.blur.in_plane_mm, self.blur.across_mm)}
        area = point_areas(mesh)
        for name, shift in (("blur", dislocation(mesh, self.variance, near)), ("halfway", of_neighbours)):
            found[f"{name}_shift_mean_mm"] = float(np.average(np.abs(shift), weights=area))
            found[f"{name}_shift_max_mm"] = float(np.abs(shift).max())
        return found


def put_back_of(volume: Volume, mesh: Mesh, level: float, affine: np.ndarray) -> PutBack | None:
    """What the edges of a scan say along a surface (LPS mm) at grey value `level`; None where it shows none.

    `affine` is that of the grid between whose samples the surface was interpolated.
    """
    blur = blur_of(volume, [mesh], edges=_EDGES)
    return None if blur is None else PutBack(volume, level, blur, variance_of(blur, affine))
