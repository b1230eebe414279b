"""Correction of the shift between the edges of the anatomy and the isosurface, which the scan's blur and its neighbours cause."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ..imaging.psf import PointSpreadFunction, estimate_psf
from ..imaging.surface_deviation import vertex_areas
from ..mesh.core import Mesh
from ..mesh.vertex_averaging import VertexAveraging, build_vertex_averaging
from ..volume import Volume
from .local_half_maximum import is_half_maximum, local_half_maximum_shift
from .psf_curvature_correction import psf_covariance, psf_curvature_shift

_EDGES = 150  # number of edges at which the point spread function is measured, in each direction


@dataclass(frozen=True)
class EdgeShiftCorrection:
    """What is known of the edges of a scan.

    Attributes
    ----------
    volume
        The scan.
    level
        Grey value of the boundary.
    blur
        Its point spread function.
    variance
        (3, 3) mm2 in LPS, covariance of the point spread function and of the linear interpolation.
    """

    volume: Volume
    level: float
    blur: PointSpreadFunction
    variance: np.ndarray

    def shift(self, mesh: Mesh, ahead: np.ndarray) -> np.ndarray:
        """(n,) mm by which the points of a mesh must lie outward of the isosurface, which is `ahead` (n,) mm outward of them."""
        near = build_vertex_averaging(mesh, mesh.triangle_normals())
        return psf_curvature_shift(mesh, self.variance, near) + self.of_neighbours(mesh, ahead, near)

    def of_neighbours(self, mesh: Mesh, ahead: np.ndarray, near: VertexAveraging) -> np.ndarray:
        """(n,) mm, the part of the shift where the half maximum of the local edge is at another grey value than `level`."""
        if not is_half_maximum(self.level, self.blur):
            return np.zeros(len(mesh.points))
        return local_half_maximum_shift(mesh, ahead, self.volume, self.level, self.blur, self.variance, near)

    def figures(self, mesh: Mesh, of_neighbours: np.ndarray, near: VertexAveraging) -> Mapping[str, object]:
        """Mean by area and maximum of the absolute shifts in mm, and the blur, by name."""
        found: dict[str, object] = {"blur_mm": (self.blur.in_plane_mm, self.blur.through_plane_mm)}
        area = vertex_areas(mesh)
        for name, shift in (("blur", psf_curvature_shift(mesh, self.variance, near)), ("halfway", of_neighbours)):
            found[f"{name}_shift_mean_mm"] = float(np.average(np.abs(shift), weights=area))
            found[f"{name}_shift_max_mm"] = float(np.abs(shift).max())
        return found


def estimate_edge_shift_correction(
    volume: Volume, mesh: Mesh, level: float, affine: np.ndarray
) -> EdgeShiftCorrection | None:
    """Measures the edges of a scan along a surface.

    Parameters
    ----------
    volume
        The scan.
    mesh
        The surface, LPS mm.
    level
        Its grey value.
    affine
        4x4, of the grid between whose samples the surface was interpolated.

    Returns
    -------
    EdgeShiftCorrection or None
        None where the scan shows no clear edge.
    """
    blur = estimate_psf(volume, [mesh], edges=_EDGES)
    return None if blur is None else EdgeShiftCorrection(volume, level, blur, psf_covariance(blur, affine))
