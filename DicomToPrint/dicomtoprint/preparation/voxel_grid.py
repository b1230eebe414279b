"""Grids around a solid, samples of its surface, and surfaces of fields on a grid."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..errors import RefusedError
from ..mesh.core import Mesh, flying_edges

MAX_VOXELS = 400_000_000


@dataclass(frozen=True)
class Grid:
    """Cubic voxels of `spacing` mm along L, P, S; `origin` (3,) is the centre of voxel (0, 0, 0); `shape` is (k, j, i)."""

    origin: np.ndarray
    spacing: float
    shape: tuple[int, int, int]

    def points(self, kji: np.ndarray) -> np.ndarray:
        """(n, 3) index rows (k, j, i) to (n, 3) LPS mm."""
        return self.origin + self.spacing * kji[:, ::-1]


def grid_around(mesh: Mesh, spacing: float, margin: float) -> Grid:
    """Grid that holds the mesh and `margin` mm around it; coarser than `spacing` only where it would exceed the memory."""
    bounds = np.asarray(mesh.bounds).reshape(3, 2)
    size = bounds[:, 1] - bounds[:, 0] + 2.0 * margin
    spacing = max(spacing, float((np.prod(size) / MAX_VOXELS) ** (1.0 / 3.0)))
    counts = np.ceil(size / spacing).astype(int) + 1
    return Grid(bounds[:, 0] - margin, spacing, (int(counts[2]), int(counts[1]), int(counts[0])))


def voxelize(mesh: Mesh, grid: Grid) -> np.ndarray:
    """(k, j, i) bool: voxel centres within a closed mesh (scan lines of vtkPolyDataToImageStencil)."""
    import vtk
    from vtk.util.numpy_support import vtk_to_numpy

    from ..mesh.core import to_polydata

    stencil = vtk.vtkPolyDataToImageStencil()
    stencil.SetInputData(to_polydata(Mesh(mesh.points, mesh.triangles)))
    stencil.SetOutputOrigin(*grid.origin)
    stencil.SetOutputSpacing(grid.spacing, grid.spacing, grid.spacing)
    extent = (0, grid.shape[2] - 1, 0, grid.shape[1] - 1, 0, grid.shape[0] - 1)
    stencil.SetOutputWholeExtent(*extent)
    stencil.SetTolerance(0.0)
    to_image = vtk.vtkImageStencilToImage()
    to_image.SetInputConnection(stencil.GetOutputPort())
    to_image.SetOutputScalarTypeToUnsignedChar()
    to_image.SetInsideValue(1)
    to_image.SetOutsideValue(0)
    to_image.Update()
    return vtk_to_numpy(to_image.GetOutput().GetPointData().GetScalars()).reshape(grid.shape).view(bool).copy()


@dataclass(frozen=True)
class SampleTree:
    """Points on a surface in a tree, for distances to it: a cKDTree, the triangle `owner` (n,) of each, `corners` (m, 3, 3) mm."""

    tree: Any
    owner: np.ndarray
    corners: np.ndarray


def build_sample_tree(mesh: Mesh, step: float) -> SampleTree:
    """The points of `sample_triangles` in a tree."""
    from scipy.spatial import cKDTree

    points, owner, corners = sample_triangles(mesh, step)
    return SampleTree(cKDTree(points, balanced_tree=False), owner, corners)


def sample_triangles(mesh: Mesh, step: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Points (n, 3) mm on every triangle, no farther than about `step` mm from one another: its middle, and a lattice in large ones;
    the triangle (n,) of each, and the corners (m, 3, 3) mm of the triangles."""
    corners = mesh.points.astype(np.float64)[mesh.triangles]
    pieces, piece_of = subdivide_slender(corners, step)
    longest = np.linalg.norm(pieces - np.roll(pieces, 1, axis=1), axis=2).max(axis=1)
    divisions = np.clip(np.ceil(longest / step).astype(int), 1, 400)
    points, owners = [], []
    for count in np.unique(divisions):
        chosen = np.flatnonzero(divisions == count)
        # Middles of the small triangles of a lattice of `count` divisions: on the triangle, never on its edges.
        u, v = np.meshgrid(np.arange(count), np.arange(count), indexing="ij")
        upright, flipped = u + v < count, u + v < count - 1
        weights = (
            np.concatenate(
                [
                    np.stack([u[upright], v[upright]], axis=1) + 1.0 / 3.0,
                    np.stack([u[flipped], v[flipped]], axis=1) + 2.0 / 3.0,
                ]
            )
            / count
        )
        weights = np.column_stack([weights, 1.0 - weights.sum(axis=1)])
        points.append(np.einsum("wc,tcx->twx", weights, pieces[chosen]).reshape(-1, 3))
        owners.append(np.repeat(piece_of[chosen], len(weights)))
    return np.concatenate(points), np.concatenate(owners), corners


def subdivide_slender(corners: np.ndarray, step: float) -> tuple[np.ndarray, np.ndarray]:
    """Triangles (n, 3, 3) and the row of `corners` (m, 3, 3) that each is a piece of: slender ones are halved until they are not.

    A lattice as fine as `step` mm along the long side of a slender triangle would be many times as fine across it. Pieces shorter
    than three steps stay as they are.
    """
    whole, owner = [], []
    rows = np.arange(len(corners))
    while True:
        sides = np.roll(corners, -1, axis=1) - corners
        squared = np.einsum("ijk,ijk->ij", sides, sides)
        longest = squared.argmax(axis=1)
        most = squared.max(axis=1)
        doubled = np.linalg.norm(np.cross(sides[:, 0], sides[:, 1]), axis=1)
        slender = (most > (3.0 * step) ** 2) & (doubled < 0.4 * most)
        whole.append(corners[~slender])
        owner.append(rows[~slender])
        if not slender.any():
            return np.concatenate(whole), np.concatenate(owner)
        at = np.flatnonzero(slender)
        start, end, apex = (corners[at, (longest[at] + turn) % 3] for turn in range(3))
        middle = (start + end) / 2.0
        corners = np.concatenate([np.stack([start, middle, apex], axis=1), np.stack([middle, end, apex], axis=1)])
        rows = np.concatenate([rows[at], rows[at]])


def point_triangle_distance(points: np.ndarray, corners: np.ndarray) -> np.ndarray:
    """(n,) distance of each point (n, 3) to its triangle (n, 3, 3): its plane where the foot lies inside, else its edges."""
    ab, ac, offset = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0], points - corners[:, 0]
    ab_ab, ab_ac, ac_ac = _dot(ab, ab), _dot(ab, ac), _dot(ac, ac)
    along_ab, along_ac = _dot(ab, offset), _dot(ac, offset)
    squared = ab_ab * ac_ac - ab_ac**2
    divisor = np.maximum(squared, 1e-30)
    v, w = (ac_ac * along_ab - ab_ac * along_ac) / divisor, (ab_ab * along_ac - ab_ac * along_ab) / divisor
    away = np.sqrt(np.maximum(_dot(offset, offset) - v * along_ab - w * along_ac, 0.0))
    outside = np.flatnonzero((v < 0) | (w < 0) | (v + w > 1) | (squared <= 1e-24))
    if len(outside):
        edge = np.full(len(outside), np.inf)
        for first, second in ((0, 1), (1, 2), (2, 0)):
            start = corners[outside, first]
            along = corners[outside, second] - start
            relative = points[outside] - start
            share = _dot(relative, along) / np.maximum(_dot(along, along), 1e-30)
            foot = relative - np.clip(share, 0.0, 1.0)[:, None] * along
            edge = np.minimum(edge, _dot(foot, foot))
        away[outside] = np.sqrt(edge)
    return away


def _dot(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    return np.einsum("ij,ij->i", first, second)


def remove_small_components(field: np.ndarray, fewest: float, step: float) -> bool:
    """Takes parts of fewer than `fewest` voxels above zero out of `field` (k, j, i), in place; False where nothing is left."""
    import SimpleITK as sitk

    parts = sitk.ConnectedComponent(sitk.GetImageFromArray((field > 0).view(np.uint8)), False)
    label = sitk.GetArrayViewFromImage(parts)
    sizes = np.bincount(label.ravel())
    small = sizes < fewest
    small[0] = False
    if small.any():
        field[small[label]] = -np.float32(step)
    return bool((sizes[1:] >= fewest).any())


def isosurface_mesh(field: np.ndarray, grid: Grid, like: Mesh) -> Mesh:
    """Closed surface where the field rises through zero, in LPS mm, facing away from the positive side.

    No sample may equal the level and the border is outside, so the result is closed and manifold. Raises `RefusedError` where nothing is
    positive.
    """
    if not (field > 0).any():
        raise RefusedError(f"Nothing of '{like.name}' is thick enough for this: choose a smaller size.")
    padded = np.pad(field, 1, constant_values=-np.float32(grid.spacing))
    points, triangles = zero_isosurface(padded, grid.spacing)
    return Mesh((grid.origin + grid.spacing * (points - 1.0)).astype(np.float32), triangles, like.name, like.color)


def zero_isosurface(field: np.ndarray, step: float) -> tuple[np.ndarray, np.ndarray]:
    """Points (n, 3) float64 along i, j, k in voxels, and triangles, of the surface where `field` (k, j, i) rises through zero.

    It faces away from the positive side and is open where it meets the border. `step` mm is a voxel: samples at the level, or a
    hair from it, would make triangles without area and are moved off it, in `field` itself.
    """
    tiny = np.float32(1e-3 * step)
    np.copyto(field, tiny, where=(field >= 0) & (field < tiny))
    np.copyto(field, -tiny, where=(field < 0) & (field > -tiny))
    found = flying_edges(field, 0.0)
    return found.points.astype(np.float64), found.triangles.astype(np.int64)
