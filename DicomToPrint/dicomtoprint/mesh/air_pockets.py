"""Pockets of air that a ball of a given width cannot leave: what stays behind holes that are too narrow."""

from dataclasses import dataclass

import numpy as np

from .components import winding_number_x_ray
from .core import Mesh
from .neck_width import measure_neck
from .surface_voxels import SurfaceVoxels, distance_from_surface, distance_in_voxels, label_voxels, winding_at

LEVELS = (1.0, 0.5)  # of the ball's radius: a cavity may itself be narrower than the ball
SLACK = 1.0  # voxels that a way may lie beside the middles of voxels
COARSEST = 1.5  # voxels: narrower balls do not tell air from the way to it
MOST = 50  # pockets that are looked at, the largest first


@dataclass(frozen=True)
class AirPocket:
    """Air that is not shut in, but has only a narrow way out: its `volume` in mm3, the width in mm of its widest way out (`neck`; of a
    way that could not be found, the two voxels that would have shown it), and a `place` (3,) in it in mm, as deep as possible."""

    volume: float
    neck: float
    place: np.ndarray


def find_air_pockets(voxels: SurfaceVoxels, width: float, least_mm3: float, shut: Mesh | None) -> tuple[AirPocket, ...]:
    """Pockets of at least `least_mm3` whose widest way out is narrower than `width` mm, the largest first.

    Parameters
    ----------
    voxels
        Of a closed mesh, with half the `width` of outside around it, through which all that is outside hangs together. Hollows less
        than three voxels wide are not found.
    shut
        Surfaces of the cavities that have no way out at all, which are no pockets; None where there is none.

    Notes
    -----
    The middles of balls that fit into the air form a region; the ways between its parts are narrower than the ball, or than a few
    voxels. How wide they are is measured on the triangles, see `measure_neck`.
    """
    spacing = voxels.grid.spacing
    distance = distance_from_surface(voxels)
    found: list[AirPocket] = []
    taken = np.zeros(distance.shape, dtype=bool)
    for share in LEVELS:
        # With coarse voxels wider ways part the air too; they are measured, and left out where they are wide enough.
        radius = max(share * (width / 2.0 - SLACK * spacing), COARSEST * spacing)
        label, count = label_voxels(distance >= radius)
        sizes = np.bincount(label.ravel(), minlength=count + 1)
        sizes[[0, label[0, 0, 0]]] = 0
        # A region of balls' middles is the smaller, the narrower the pocket; what is left out here is a few voxels.
        large = np.flatnonzero(sizes * spacing**3 >= 0.01 * least_mm3)
        for number in large[np.argsort(-sizes[large], kind="stable")][:MOST]:
            pocket = _pocket(voxels, distance, label == number, radius, taken, least_mm3, shut)
            if pocket is not None and pocket.neck < width:
                found.append(pocket)
    return tuple(sorted(found, key=lambda item: -item.volume))


def _pocket(
    voxels: SurfaceVoxels,
    distance: np.ndarray,
    region: np.ndarray,
    radius: float,
    taken: np.ndarray,
    least_mm3: float,
    shut: Mesh | None,
) -> AirPocket | None:
    """The pocket around a `region` of balls' middles; None where it is solid, shut in, small or `taken` before."""
    spacing = voxels.grid.spacing
    box = _box(region, int(np.ceil(radius / spacing)) + 1)
    if (region[box] & taken[box]).any():
        return None
    deepest = np.unravel_index(int(np.argmax(np.where(region[box], distance[box], -1.0))), region[box].shape)
    kji = np.array([[start + axis.start for start, axis in zip(deepest, box)]])
    place = voxels.grid.points(kji)[0]
    if winding_at(voxels.mesh, voxels.grid, kji)[0] != 0:
        return None
    if shut is not None and winding_number_x_ray(shut.points, shut.triangles, place[None] + 1e-4 * spacing)[0] != 0:
        return None
    near = distance_in_voxels(region[box]) <= radius / spacing
    taken[box] |= near
    volume = float(near.sum()) * spacing**3
    if volume < least_mm3:
        return None
    neck = measure_neck(voxels, distance, kji[0], radius + SLACK * spacing)
    return AirPocket(volume, 2.0 * spacing if neck is None else neck, place)


def _box(region: np.ndarray, grow: int) -> tuple[slice, ...]:
    """The box of the region, `grow` voxels larger on every side."""
    box = []
    for axis in range(3):
        rows = np.flatnonzero(region.any(axis=tuple(other for other in range(3) if other != axis)))
        box.append(slice(max(int(rows[0]) - grow, 0), min(int(rows[-1]) + grow + 1, region.shape[axis])))
    return tuple(box)
