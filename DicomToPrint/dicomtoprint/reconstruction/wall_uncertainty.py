"""How far the faces of a model's walls may lie from the truth: what was fitted, what the model's triangles leave of it, and
edges sharper than the blur."""

import numpy as np

from ..config.wall_settings import wall_settings
from ..mesh.core import Mesh
from ..mesh.vertex_averaging import VertexAveraging
from ..volume import Volume
from .bone_density import Density
from .psf_curvature_correction import edge_curvature

_SET = wall_settings().bound

# What the scan shows of an edge sharper than its blur is round, and nothing tells it from an edge that is. Standard deviation of
# such faces, in widths of the blur: by how much the surface turns over that width, and at most; a surface that turns less is
# smooth. Measured on the scans `tuned` of Testing/Benchmarks/wall_scans.py.
_SHARES = 20  # equal ones of a normal distribution, of which each place of a surface takes the middles
_QUANTILES = np.arange(0.005, 1.0, 0.01)


def edge_rounding(
    mesh: Mesh,
    facing: np.ndarray,
    outward: np.ndarray,
    near: VertexAveraging,
    volume: Volume,
    density: Density,
    thickness: np.ndarray,
) -> np.ndarray:
    """(n,) mm: standard deviation of the distance between a surface and the faces that blur and grid have rounded; `facing` (m, 3)
    are its `triangle_normals`, `outward` (n, 3) the unit normals of its points, `thickness` (n,) mm that of the walls around them,
    NaN where it is not known: nothing inside a thin wall is far from its faces. The place of an edge between slices is known to a
    share of the step between them."""
    width, step = density.widths(outward), max(volume.spacing)
    turned = edge_curvature(mesh, facing, outward, near) * np.hypot(width, _SET.turns_over * step)
    sharp = np.clip(_SET.per_turn * (turned - _SET.smooth), 0.0, _SET.sharpest)
    rounded = np.fmin(sharp * np.hypot(width, _SET.widened * step), _SET.of_thickness * thickness)
    between = np.sqrt((step**2 - min(volume.spacing) ** 2) / 12.0)
    return np.asarray(np.hypot(rounded, _SET.between_slices * sharp / _SET.sharpest * between))


def expected_distances(off: np.ndarray, error: np.ndarray) -> list[float]:
    """Quantiles in mm of the distances, without sign, that places of a surface are expected to have from the truth: the surface
    lies `off` (n,) mm from faces that are known within the standard deviations `error` (n,) mm."""
    from scipy.special import ndtri

    normal = ndtri((np.arange(_SHARES) + 0.5) / _SHARES)
    return [float(value) for value in np.quantile(np.abs(off[:, None] + error[:, None] * normal), _QUANTILES)]
