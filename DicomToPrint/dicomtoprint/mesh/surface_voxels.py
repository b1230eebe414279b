"""A surface on a grid of voxels: which ones it passes through, which lie inside, and how far each is from it."""

from dataclasses import dataclass

import numpy as np

from .arrays import Mask
from .components import winding_number_x_ray
from .core import Mesh
from .grid import Grid
from .sample_tree import sample_triangles

MARGIN = 2  # voxels of outside on every side, beyond the margin asked for
SMALL = 30  # voxels: what the surface shuts in that is smaller lies in its own marks


@dataclass(frozen=True)
class SurfaceVoxels:
    """A mesh on a `grid`: `passed` (k, j, i) bool are the voxels that its surface passes through."""

    mesh: Mesh
    grid: Grid
    passed: Mask


def surface_voxels(mesh: Mesh, spacing: float, most: int, margin: float = 0.0) -> SurfaceVoxels:
    """Mark the voxels that the surface passes through, by points half a voxel apart on it.

    Parameters
    ----------
    mesh
        In LPS mm.
    spacing
        Of the voxels in mm; coarser only where there would be more than `most` of them.
    margin
        Outside around the mesh, in mm.
    """
    low, high = (np.asarray(mesh.bounds).reshape(3, 2)[:, side] for side in (0, 1))

    def counts() -> np.ndarray:
        return np.ceil((high - low + 2.0 * margin) / spacing).astype(int) + 1 + 2 * MARGIN

    while np.prod(counts().astype(float)) > most:
        spacing *= 1.05
    shape = counts()
    grid = Grid(low - margin - MARGIN * spacing, spacing, (int(shape[2]), int(shape[1]), int(shape[0])))
    passed = np.zeros(grid.shape, dtype=bool)
    points, _, corners = sample_triangles(mesh, spacing / 2.0)
    for some in (points, corners.reshape(-1, 3)):
        at = np.rint((some - grid.origin) / spacing).astype(np.int64)
        passed[at[:, 2], at[:, 1], at[:, 0]] = True
    return SurfaceVoxels(mesh, grid, passed)


def distance_from_surface(voxels: SurfaceVoxels) -> np.ndarray:
    """(k, j, i) float32 mm from the middle of each voxel to that of the nearest one that the surface passes through.

    It departs from the distance to the surface by 0.87 voxels at most.
    """
    return distance_in_voxels(voxels.passed) * np.float32(voxels.grid.spacing)


def distance_in_voxels(mask: Mask) -> np.ndarray:
    """(k, j, i) float32 distance of each voxel from the nearest one of `mask`, middle to middle, in voxels."""
    import SimpleITK

    image = SimpleITK.GetImageFromArray(np.ascontiguousarray(mask).view(np.uint8))
    distance = SimpleITK.SignedMaurerDistanceMap(image, squaredDistance=False, useImageSpacing=False)
    return np.maximum(SimpleITK.GetArrayViewFromImage(distance), 0.0)


def label_voxels(mask: Mask) -> tuple[np.ndarray, int]:
    """(k, j, i) int32 numbers of the parts of `mask` that hang together over faces of voxels, from 1, and how many there are."""
    import SimpleITK

    image = SimpleITK.ConnectedComponent(SimpleITK.GetImageFromArray(mask.view(np.uint8)))
    label = SimpleITK.GetArrayFromImage(image).astype(np.int32, copy=False)
    return label, int(label.max())


def solid_voxels(voxels: SurfaceVoxels) -> Mask:
    """(k, j, i) bool: voxels inside the closed mesh, those that its surface passes through among them."""
    label, count = label_voxels(~voxels.passed)
    sizes = np.bincount(label.ravel(), minlength=count + 1)
    inside = np.zeros(count + 1, dtype=bool)
    inside[0] = True
    asked = np.flatnonzero((sizes >= SMALL) & (np.arange(count + 1) != label[0, 0, 0]))
    asked = asked[asked > 0]
    inside[1:] = sizes[1:] < SMALL
    inside[asked] = winding_at(voxels.mesh, voxels.grid, first_voxels(label, asked)) != 0
    return inside[label]


def first_voxels(label: np.ndarray, numbers: np.ndarray) -> np.ndarray:
    """(n, 3) indices (k, j, i) of a voxel of each part in the middle of those that it has in its order."""
    flat = label.ravel()
    wanted = np.zeros(int(flat.max()) + 1, dtype=bool)
    wanted[numbers] = True
    rows = np.flatnonzero(wanted[flat])
    own = flat[rows]
    order = np.argsort(own, kind="stable")
    starts, ends = (np.searchsorted(own[order], numbers, side=side) for side in ("left", "right"))
    return np.stack(np.unravel_index(rows[order[(starts + ends) // 2]], label.shape), axis=1)


def winding_at(mesh: Mesh, grid: Grid, kji: np.ndarray) -> np.ndarray:
    """(n,) winding number of the mesh around the middles of voxels (k, j, i), moved a hair so that rays miss its points."""
    hair = 1e-4 * grid.spacing * np.array([1.234, 2.345, 3.456])
    return winding_number_x_ray(mesh.points, mesh.triangles, grid.points(kji) + hair)
