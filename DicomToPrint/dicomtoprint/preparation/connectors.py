"""Where two parts of a cut can be held together: places with solid material on both sides."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ..mesh.core import Mesh
from .csg import CsgSolid, import_manifold3d, to_manifold
from .cut import Plane, plane_basis

Point = tuple[float, float, float]
BESIDE_CUT_MM = 0.02  # where a section beside a cut is taken
DIAMETER_STEPS = 0.8  # from one size of joints to the next


@dataclass(frozen=True)
class ConnectorSize:
    """Sizes in mm of a pin or a magnet: `diameter`, `length` into each part, `clearance` all round, `wall` of material around that."""

    diameter: float
    length: float
    clearance: float
    wall: float


@dataclass(frozen=True)
class ConnectorResult:
    """Both parts with what joins them, the first on the side the normal points to; `places` are its feet on the cut, LPS mm, and
    `size` what there was room for."""

    first: Mesh
    second: Mesh
    places: tuple[Point, ...]
    size: ConnectorSize


@dataclass(frozen=True)
class ConnectorPlacement:
    """The solids of both parts, the `rotation` that lets z stand on the cut, the `places` of the joints on it, LPS mm, and their
    `size`."""

    first: CsgSolid
    second: CsgSolid
    rotation: np.ndarray
    places: tuple[Point, ...]
    size: ConnectorSize

    def each(self, tool: Any) -> Any:
        """`tool` (manifold3d.Manifold, its foot at the origin, along z) at every place, as one solid."""
        module = import_manifold3d()
        stands = [_placed(tool, self.rotation, np.asarray(place)) for place in self.places]
        return module.Manifold.batch_boolean(stands, module.OpType.Add)


def thinner_sizes(size: ConnectorSize, smallest: float) -> Iterator[ConnectorSize]:
    """The size asked for, then thinner and in proportion shorter ones, the last of `smallest` mm."""
    yield size
    diameter = size.diameter
    while diameter > smallest:
        diameter = round(max(DIAMETER_STEPS * diameter, smallest), 2)
        yield replace(size, diameter=diameter, length=size.length * diameter / size.diameter)


def contact_area(first: Mesh, second: Mesh, plane: Plane) -> float:
    """Area in mm2 on which two parts meet in the plane that cut them, `first` on the side of the normal."""
    rotation = plane_basis(np.asarray(plane.normal))
    above, below = (_placed(to_manifold(part).manifold, rotation.T, np.zeros(3)) for part in (first, second))
    return float((above.slice(plane.offset + BESIDE_CUT_MM) ^ below.slice(plane.offset - BESIDE_CUT_MM)).area())


def place_connectors(first: Mesh, second: Mesh, plane: Plane, sizes: Sequence[ConnectorSize]) -> ConnectorPlacement:
    """Up to two places on the parts' common cut, as far apart as the solid allows, for the first of `sizes` that finds room there;
    no places where none does.

    A joint stands in solid material of both parts over its whole length with `size.wall` mm around its clearance.
    """
    rotation = plane_basis(np.asarray(plane.normal))
    solids = to_manifold(first), to_manifold(second)
    upright = [_placed(solid.manifold, rotation.T, np.zeros(3)) for solid in solids]
    for size in sizes:
        feet = [
            rotation @ np.array([across, along, plane.offset])
            for across, along in _far_apart(_free_area(upright[0], upright[1], plane.offset, size))
        ]
        if feet:
            break
    return ConnectorPlacement(*solids, rotation, tuple((float(x), float(y), float(z)) for x, y, z in feet), size)


def _placed(solid: Any, rotation: np.ndarray, origin: np.ndarray) -> Any:
    return solid.transform(np.ascontiguousarray(np.column_stack([rotation, origin])))


def _free_area(above: Any, below: Any, height: float, size: ConnectorSize) -> Any:
    """CrossSection of the places where a socket fits above and a pin's root below."""
    margin = size.diameter / 2.0 + size.clearance + size.wall
    free = None
    reach = size.length + size.clearance + size.wall
    for solid, sign in ((above, 1.0), (below, -1.0)):
        for share in (0.02, 0.25, 0.5, 0.75, 1.0):
            section = solid.slice(height + sign * share * reach)
            free = section if free is None else free ^ section
    assert free is not None
    return free.offset(-margin)


def _far_apart(free: Any) -> list[tuple[float, float]]:
    """Up to two points of the free area: its two outline points farthest apart, or one where it is small."""
    contours = [np.asarray(contour) for contour in free.to_polygons()]
    if not contours:
        return []
    points = np.concatenate(contours)
    # The widest pair lies near the ends of the main axis.
    middle = points.mean(axis=0)
    first = points[np.argmax(np.linalg.norm(points - middle, axis=1))]
    distance = np.linalg.norm(points - first, axis=1)
    second = points[np.argmax(distance)]
    if distance.max() < 1.0:
        return [(float(middle[0]), float(middle[1]))] if len(contours) == 1 else [(float(first[0]), float(first[1]))]
    return [(float(first[0]), float(first[1])), (float(second[0]), float(second[1]))]
