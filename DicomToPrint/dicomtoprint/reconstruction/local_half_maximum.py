"""The half maximum between both sides of each edge, where it is not that of the whole boundary.

One grey value bounds a segment, the half maximum between what it is made of and what lies around it. A bone has more than one
neighbour: the face between cortex and marrow has its half maximum at a higher value than the face between cortex and muscle, and
at one value for all it lies beside its edge. Half the step is where a blurred plane edge was (Spoor, Zonneveld and
Macho, Linear measurements of cortical bone and dental enamel by computed tomography, Am. J. Phys. Anthropol. 91, 1993).
"""

import numpy as np

from ..imaging.psf import PointSpreadFunction
from ..imaging.surface_deviation import vertex_normals
from ..imaging.voxel_patches import interpolate
from ..mesh.core import Mesh
from ..mesh.vertex_averaging import VertexAveraging
from ..volume import Volume

_DEPTHS = (2.5, 3.5)  # widths of the blur from the edge at which each side is read: 99.4 % of the step lie between
_FLAT = 0.03  # of the step: a side that changes by more between the depths is no side of a single edge
_ROUNDS = 2  # over which grey values are averaged with their neighbours along the surface
_ENOUGH = 0.5  # of the points around that are clean: the shift fades where fewer are
_SIMILAR = (
    0.1  # how far from the half maximum of the scan's main edges, as a share of the step, a boundary counts as it
)
_WITHIN = 0.25  # the same for a single edge: beyond it this is an edge of something else


def is_half_maximum(level: float, blur: PointSpreadFunction) -> bool:
    """Whether a grey value is the half maximum of the scan's main edges: one that is not was chosen so, and is kept."""
    return abs((level - blur.outside) / (blur.inside - blur.outside) - 0.5) <= _SIMILAR


def local_half_maximum_shift(
    mesh: Mesh,
    ahead: np.ndarray,
    volume: Volume,
    level: float,
    blur: PointSpreadFunction,
    variance: np.ndarray,
    near: VertexAveraging,
) -> np.ndarray:
    """(n,) mm outwards from where the grey value is `level`, `ahead` (n,) mm outwards of the points of a closed mesh
    (LPS mm), to the half maximum between both sides; fading to 0 where a side is not flat, as in thin walls and
    narrow gaps.

    `variance` (3, 3) mm2 in LPS is that of the blur, `near` tells the neighbours of the points.
    """
    from scipy.special import ndtri

    if len(mesh.triangles) == 0:
        return np.zeros(len(mesh.points))
    normals = vertex_normals(mesh)
    width = np.sqrt(np.einsum("ni,ij,nj->n", normals, variance, normals))
    places = mesh.points + ahead[:, None] * normals
    sides = []
    for way in (-normals, normals):
        values = np.stack([interpolate(volume, places + (depth * width)[:, None] * way) for depth in _DEPTHS], axis=1)
        for _ in range(_ROUNDS):
            values = near.averaged(values)
        sides.append(values)
    inside, outside = (values[:, 0] for values in sides)  # farther away another face may show
    uneven = np.maximum(*(np.ptp(values, axis=1) for values in sides))
    step = inside - outside
    share = (level - outside) / np.where(step == 0.0, np.inf, step)
    clean = (
        (step * (blur.inside - blur.outside) > 0.0)
        & (uneven <= _FLAT * np.abs(step))
        & (np.abs(share - 0.5) <= _WITHIN)
    )
    found = np.stack([np.where(clean, width * ndtri(np.where(clean, share, 0.5)), 0.0), clean], axis=1)
    for _ in range(2 * _ROUNDS):
        found = near.averaged(found)
    return found[:, 0] / np.maximum(found[:, 1], _ENOUGH)
