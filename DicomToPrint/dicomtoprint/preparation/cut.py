"""Cutting a solid by planes, and putting pins across the cut."""

from dataclasses import dataclass, replace

import numpy as np

from ..errors import RefusedError, UsageError
from ..mesh.core import Mesh, Provenance
from ..messages import _
from .csg import from_manifold, to_manifold

AXES = {"R": (-1.0, 0.0, 0.0), "A": (0.0, -1.0, 0.0), "S": (0.0, 0.0, 1.0)}


@dataclass(frozen=True)
class Plane:
    """A plane in LPS mm: all points p with normal . p = offset; `normal` (3,) has unit length."""

    normal: tuple[float, float, float]
    offset: float


def axis_plane(axis: str, position: float) -> Plane:
    """Plane at a position in mm along R, A or S, as Slicer's slice views show it. Raises `UsageError` for another axis."""
    if axis not in AXES:
        raise UsageError(_("A cut goes along R, A or S, not '{axis}'.", axis=axis))
    return Plane(AXES[axis], position)


def plane_from_point_normal(point: tuple[float, float, float], normal: tuple[float, float, float]) -> Plane:
    """Plane through a point with a normal of any length, both (R, A, S) as a markups plane shows them.

    Raises `UsageError` for a normal without length.
    """
    turned = np.array([-normal[0], -normal[1], normal[2]], dtype=np.float64)
    length = float(np.linalg.norm(turned))
    if not length > 1e-9:
        raise UsageError(_("A cutting plane needs a direction: its normal has no length."))
    turned /= length
    offset = float(turned @ np.array([-point[0], -point[1], point[2]]))
    return Plane((float(turned[0]), float(turned[1]), float(turned[2])), offset)


def cut(mesh: Mesh, plane: Plane) -> tuple[Mesh, Mesh]:
    """Both sides of a closed mesh: first the side the normal points to. New faces are marked CUT.

    Raises `RefusedError` where the plane misses the solid.
    """
    solid = to_manifold(mesh)
    above, below = solid.manifold.split_by_plane(plane.normal, plane.offset)
    if above.is_empty() or below.is_empty():
        raise RefusedError(
            _("The cut plane does not meet '{mesh}': choose a position within its bounds.", mesh=mesh.name)
        )
    sides = (from_manifold(side, [solid], Provenance.CUT, mesh) for side in (above, below))
    first, second = sides
    return replace(first, name=f"{mesh.name} 1"), replace(second, name=f"{mesh.name} 2")


def extent_along(mesh: Mesh, normal: np.ndarray) -> tuple[float, float]:
    """Least and greatest distance of the mesh's points along a unit normal, in mm."""
    along = mesh.points.astype(np.float64) @ normal
    return float(along.min()), float(along.max())


def plane_basis(normal: np.ndarray) -> np.ndarray:
    """(3, 3) rotation whose third column is the unit `normal`, the same for the same normal."""
    helper = np.eye(3)[int(np.argmin(np.abs(normal)))]
    across = np.cross(helper, normal)
    across /= np.linalg.norm(across)
    return np.stack([across, np.cross(normal, across), normal], axis=1)
