"""Wrapping: the outer surface only, filled, for models that are looked at and handled."""

from dataclasses import dataclass

import numpy as np

from ..errors import RefusedError
from ..mesh.core import Mesh, Provenance
from ..mesh.grid import Grid, grid_around
from ..mesh.narrow_band_distance import inner_offset_field, local_mesh_distance, narrow_band_distance
from ..mesh.sample_tree import sample_triangles
from ..mesh.voxelize import voxelize
from ..messages import _
from ..progress import ProgressCallback, no_progress, subprogress
from .voxel_grid import isosurface_mesh

MAX_VOXELS_PER_EDGE = 400
MAX_LOST_FRACTION = 0.01  # of the volume, that the grid may cut off edges


@dataclass(frozen=True)
class ShrinkWrapResult:
    """The wrapped solid and how much was filled; `share_kept` is the share of its area that lies on the original surface."""

    mesh: Mesh
    filled_mm3: float
    share_kept: float


def shrink_wrap(mesh: Mesh, bridge: float = 3.0, *, progress: ProgressCallback = no_progress) -> ShrinkWrapResult:
    """Solid within the outer surface: holes and gaps up to `bridge` mm wide are closed, everything inside is filled.

    The surface is moved out by half of `bridge`, what it encloses is filled, and it is moved back in (a closing with a ball, by
    distance fields). Faces more than a fifth of a voxel from the original surface are marked ADDED. Raises `RefusedError` where walls
    are so thin that the grid would lose them.
    """
    import SimpleITK as sitk

    reach = bridge / 2.0
    bounds = np.asarray(mesh.bounds).reshape(3, 2)
    spacing = max(reach / 4.0, float((bounds[:, 1] - bounds[:, 0]).max()) / MAX_VOXELS_PER_EDGE)
    grid = grid_around(mesh, spacing, 2.0 * reach + 3.0 * spacing)
    within = voxelize(mesh, grid.affine, grid.shape)
    field = np.float32(reach) - narrow_band_distance(mesh, grid, ~within, reach, subprogress(progress, 0.1, 0.4))
    np.maximum(field, -np.float32(spacing), out=field)
    field[within] = spacing
    filled = sitk.GetArrayFromImage(sitk.BinaryFillhole(sitk.GetImageFromArray((field > 0).view(np.uint8))))
    field[filled.view(bool) & (field <= 0)] = np.float32(spacing)
    outer = isosurface_mesh(field, grid, mesh)
    field = inner_offset_field(outer, grid, field > 0, reach, subprogress(progress, 0.4, 0.9))
    _refuse_loss(mesh, field, grid)
    result = isosurface_mesh(field, grid, mesh)
    middles = result.points.astype(np.float64)[result.triangles].mean(axis=1)
    away = local_mesh_distance(mesh, middles, 2.0 * spacing) > max(0.2 * spacing, 0.05)
    result = result.with_arrays(
        triangle_arrays={"Provenance": np.where(away, Provenance.ADDED, Provenance.MEASURED).astype(np.uint8)}
    )
    sizes = np.linalg.norm(result.triangle_normals(), axis=1)
    progress(1.0, _("wrapped"))
    return ShrinkWrapResult(result, result.volume - mesh.volume, float(sizes[~away].sum() / sizes.sum()))


def _refuse_loss(mesh: Mesh, field: np.ndarray, grid: Grid) -> None:
    from scipy.ndimage import map_coordinates

    points = sample_triangles(mesh, grid.spacing)[0]
    points = points[:: max(1, len(points) // 100_000)]
    depth = map_coordinates(field, ((points - grid.origin) / grid.spacing).T[::-1], order=1)
    lost = float(np.maximum(-depth, 0.0).mean()) * mesh.area
    if (depth < -0.3 * grid.spacing).mean() > 0.01 or lost > MAX_LOST_FRACTION * mesh.volume:
        raise RefusedError(
            _(
                "'{mesh}' has walls or edges too fine to be wrapped (below {spacing:.1f} mm): thicken them "
                "first, or leave the wrapping out.",
                mesh=mesh.name,
                spacing=2.0 * grid.spacing,
            )
        )
