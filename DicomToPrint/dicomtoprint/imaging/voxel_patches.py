"""Small blocks of voxels around points of a surface, and where each voxel lies."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..mesh.core import Mesh, Provenance
from ..mesh.surface_sampling import draw_by_weight
from ..volume import Volume

_THROUGH_MM = (0.8, 1.4, 2.0, 2.6)  # depths at which the far side of a wall shows


@dataclass(frozen=True)
class SurfacePoints:
    """Points of a surface: `places` (n, 3) LPS mm, unit normals `outward` (n, 3), `deviation` (n,) mm of the surface
    from the grey-value boundary there (NaN where it was not measured)."""

    places: np.ndarray
    outward: np.ndarray
    deviation: np.ndarray

    def chosen(self, which: np.ndarray) -> "SurfacePoints":
        """Those of a mask or of indices."""
        return SurfacePoints(self.places[which], self.outward[which], self.deviation[which])


@dataclass(frozen=True)
class VoxelPatches:
    """Blocks of voxels: `values` (n, k, j, i) float32, `centres` (n, 3) index (i, j, k) of each block's middle voxel,
    `offsets` (m, 3) mm from the middle to each of its voxels, in the order of the flattened values."""

    values: np.ndarray
    centres: np.ndarray
    offsets: np.ndarray


def sample_measured_surface(mesh: Mesh, count: int, seed: int = 0) -> SurfacePoints:
    """`count` points spread evenly by area over the part of a surface that was measured in the scan.

    One is drawn from each of `count` equal shares of the area, in the order of the triangles, which lie near each
    other: the figures scatter less than with independent points.
    """
    normals = mesh.triangle_normals()
    areas = np.linalg.norm(normals, axis=1)
    origin = mesh.triangle_arrays.get("Provenance")
    weights = areas if origin is None else np.where(np.asarray(origin) == Provenance.MEASURED, areas, 0.0)
    if weights.sum() <= 0:
        return SurfacePoints(np.zeros((0, 3)), np.zeros((0, 3)), np.zeros(0))
    random = np.random.default_rng(seed)
    positions = (np.arange(count) + random.random(count)) / count
    shares = random.dirichlet((1.0, 1.0, 1.0), size=count)
    drawn, places = draw_by_weight(mesh, weights, positions, shares)
    deviation = mesh.point_arrays.get("Deviation")
    between = (
        np.full(count, np.nan) if deviation is None else np.einsum("nc,nc->n", shares, deviation[mesh.triangles[drawn]])
    )
    return SurfacePoints(places, normals[drawn] / areas[drawn, None], between)


def interpolate(volume: Volume, places: np.ndarray) -> np.ndarray:
    """(n,) float32 grey values at `places` (n, 3) LPS mm, between voxels linearly; outside of the scan those of its rim."""
    from scipy import ndimage

    at = volume.to_ijk(places).T[::-1]
    return ndimage.map_coordinates(volume.array, at, output=np.float32, order=1, mode="nearest")


def runs_through(volume: Volume, places: np.ndarray, outward: np.ndarray, levels: "np.ndarray | float") -> np.ndarray:
    """(n,) bool: places (n, 3) LPS mm of a bright structure's surface beneath which the scan passes the boundary's grey value,
    `levels` (n,) or one, again soon: a thin wall, or its rim."""
    result = np.zeros(len(places), dtype=bool)
    for depth in _THROUGH_MM:
        result |= interpolate(volume, places - depth * outward) < levels
    return result


def extract_patches(volume: Volume, places: np.ndarray, half: Sequence[int]) -> tuple[VoxelPatches, np.ndarray]:
    """Blocks of 2 x `half` + 1 voxels (along i, j, k) around `places` (n, 3) LPS mm; also a mask (n,) of the places
    whose block lies in the volume: the others have none."""
    centres = np.rint(volume.to_ijk(places)).astype(int)
    size = np.array(volume.array.shape[::-1])
    inside = np.all((centres >= half) & (centres + np.asarray(half) < size), axis=1)
    centres = centres[inside]
    i, j, k = (np.arange(-h, h + 1) for h in half)
    values = volume.array[
        (centres[:, 2, None] + k)[:, :, None, None],
        (centres[:, 1, None] + j)[:, None, :, None],
        (centres[:, 0, None] + i)[:, None, None, :],
    ]
    kk, jj, ii = np.meshgrid(k, j, i, indexing="ij")
    offsets = np.stack([ii, jj, kk], axis=-1).reshape(-1, 3) @ volume.affine[:3, :3].T
    return VoxelPatches(values.astype(np.float32), centres, offsets), inside
