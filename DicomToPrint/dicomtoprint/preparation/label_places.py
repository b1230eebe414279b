"""Where a text goes on a model: flat, seen from outside, and with enough wall behind it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from ..errors import RefusedError
from ..mesh.core import Mesh
from ..mesh.ray_casting import RayCaster
from ..messages import _
from .base_label import LabelSlot
from .cut import plane_basis

CANDIDATES = 250
MORE_CANDIDATES = 6  # times as many are drawn: some lie inside the model, or on a wall too thin
CELL_MM = 2.0
PROBES = 300  # rays through the wall under a text, and out from it
PROBE_REACH_MM = 10.0
DOWNWARDS = -0.7  # z of the direction that a place looks to
RIM_STEP_MM, MAX_RIM_STEPS = (
    0.5,
    60,
)  # between the places where the model must lie under a text, and most of them along a side
OVER_MM = 0.5  # so far the model may lie beside what was drawn from its surface under a text
STEP_OFF_MM = 1e-3  # so far from the surface a ray starts
NO_PLACE = _(
    "No place of the model's outside is even enough for this label: choose a shorter text or bar "
    "({--label}, {--scale-bar}), or add a base ({--base}), which carries it."
)
TOO_THIN = _(
    "No place of the model's outside is even enough for this label and keeps {wall:.2g} mm of wall behind it: add a base ({--base}), which "
    "carries it, or raised letters ({--label-raised}), which take nothing away."
)

_Fit = tuple[float, np.ndarray, np.ndarray, np.ndarray, np.ndarray, float, float, np.ndarray]


class NoPlacementError(RefusedError):
    """The model has no place for a text of this size."""

    def __init__(self, sentence: str = NO_PLACE) -> None:
        super().__init__(sentence)


class Marked(Protocol):
    """A text that is on the model already: its middle and its size in mm."""

    @property
    def origin(self) -> tuple[float, float, float]: ...
    @property
    def width(self) -> float: ...
    @property
    def height(self) -> float: ...


@dataclass(frozen=True)
class TextPlace:
    """A plane frame for a text, (3,) LPS mm each: its middle `origin`, `right` along the line, `up`, `outward`; `below` and `above`
    are how far the surface lies from that plane (mm)."""

    origin: np.ndarray
    right: np.ndarray
    up: np.ndarray
    outward: np.ndarray
    below: float = 0.0
    above: float = 0.0


@dataclass(frozen=True)
class TextNeeds:
    """What a text asks of its place, in mm: its size, the unevenness that it bears, the `depth` of its letters (0: raised ones) and the
    `wall` left behind them (0: any). Up to `plane` uneven the letters have a plane floor, which lies deeper under bumps."""

    width: float
    height: float
    uneven: float
    depth: float = 0.0
    wall: float = 0.0
    plane: float = 0.0

    @property
    def thickness(self) -> float:
        """Of the model under the text, at least; 0 where any will do."""
        return self.depth + self.wall if self.wall > 0 else 0.0


def slot_place(slot: LabelSlot) -> TextPlace:
    """The frame of a place that a base offers."""
    return TextPlace(np.array(slot.origin), np.eye(3)[0], np.eye(3)[1], np.eye(3)[2])


def find_place(
    mesh: Mesh, needs: TextNeeds, at: tuple[float, float, float] | None = None, avoid: Sequence[Marked] = ()
) -> TextPlace:
    """The flattest place of the outside, or the one nearest to `at` (LPS mm), upright where there is such a place, else with the
    line running up. Places of `avoid` stay free.

    Nothing lies in front of the text, so that no text stands in a gap or inside the model, and the wall under all of it is as thick
    as it `needs`. Raises `NoPlacementError`.
    """
    from scipy.spatial import cKDTree

    random = np.random.default_rng(0)
    cloud = _spread(mesh, random)
    tree = cKDTree(cloud[0])
    radius = float(np.hypot(needs.width, needs.height)) / 2.0
    if 2.0 * radius > np.linalg.norm(np.diff(np.asarray(mesh.bounds).reshape(3, 2), axis=1)):
        raise NoPlacementError
    rays = RayCaster(mesh, PROBE_REACH_MM)
    chosen = _candidates(cloud, rays, mesh, needs, at, random)
    for taken in avoid:
        reach = radius + float(np.hypot(taken.width, taken.height)) / 2.0
        chosen = chosen[np.linalg.norm(cloud[0][chosen] - np.asarray(taken.origin), axis=1) > reach]
    is_thin = False
    for turned in (False, True):
        fits = [_fit(cloud, tree, int(one), radius, needs, turned) for one in chosen]
        even = [fit for fit in fits if fit is not None and fit[0] <= needs.uneven]
        for _uneven, origin, right, up, outward, below, above, under in sorted(even, key=_preference):
            if not _is_free(rays, cloud[0][under], outward, mesh):
                continue
            place = TextPlace(origin, right, up, outward, below, above)
            if not _is_covered(rays, place, needs):
                continue
            if _wall_left(rays, cloud[0][under], place, needs) >= needs.wall:
                return place
            is_thin = True
    raise NoPlacementError(TOO_THIN.format(wall=needs.wall) if is_thin else NO_PLACE)


def _preference(fit: _Fit) -> tuple[bool, float]:
    """Order of places: what looks down, where a model stands or is held up by supports, comes last; the flattest first."""
    return bool(fit[4][2] < DOWNWARDS), fit[0]


def _candidates(
    cloud: tuple[np.ndarray, np.ndarray],
    rays: RayCaster,
    mesh: Mesh,
    needs: TextNeeds,
    at: tuple[float, float, float] | None,
    random: np.random.Generator,
) -> np.ndarray:
    """Rows of the cloud to look at: the nearest to `at`, or some of those that are seen from outside, on
    walls thick enough. Raises `NoPlacementError` where none is."""
    if at is not None:
        return np.array([int(np.argmin(np.linalg.norm(cloud[0] - np.asarray(at), axis=1)))])
    drawn = random.choice(len(cloud[0]), size=MORE_CANDIDATES * CANDIDATES, replace=False)
    points, normals = cloud[0][drawn], cloud[1][drawn]
    out = rays.first_hit(points + STEP_OFF_MM * normals, normals, False, _diagonal(mesh)).distance
    wall = rays.first_hit(points - STEP_OFF_MM * normals, -normals, True, max(needs.thickness, PROBE_REACH_MM)).distance
    is_free = np.isinf(out)
    is_thick = wall >= needs.thickness
    if is_free.any() and not (is_free & is_thick).any():
        raise NoPlacementError(TOO_THIN.format(wall=needs.wall))
    return drawn[is_free & is_thick][:CANDIDATES]


def _diagonal(mesh: Mesh) -> float:
    return float(np.linalg.norm(np.diff(np.asarray(mesh.bounds).reshape(3, 2), axis=1)))


def _is_free(rays: RayCaster, under: np.ndarray, outward: np.ndarray, mesh: Mesh) -> bool:
    """Whether nothing of the model lies in front of the points under a text."""
    some = under[:: max(1, len(under) // PROBES)]
    along = np.broadcast_to(outward, some.shape)
    return bool(np.isinf(rays.first_hit(some + STEP_OFF_MM * along, along, False, _diagonal(mesh)).distance).all())


def _is_covered(rays: RayCaster, place: TextPlace, needs: TextNeeds) -> bool:
    """Whether the model lies under all of the text and, beside engraved letters, under a wall: over an edge they would lose their ends."""
    sides = (needs.width + 2.0 * needs.wall, needs.height + 2.0 * needs.wall)
    steps = (int(np.clip(np.ceil(side / RIM_STEP_MM), 2, MAX_RIM_STEPS)) for side in sides)
    u, v = (np.linspace(-0.5, 0.5, count + 1) * side for count, side in zip(steps, sides))
    across, along = (axis.ravel()[:, None] for axis in np.meshgrid(u, v))
    start = place.origin + across * place.right + along * place.up + (place.above + OVER_MM) * place.outward
    inward = np.broadcast_to(-place.outward, start.shape)
    reach = place.above - place.below + 2.0 * OVER_MM
    return bool((rays.first_hit(start, inward, False, reach).distance <= reach).all())


def _wall_left(rays: RayCaster, under: np.ndarray, place: TextPlace, needs: TextNeeds) -> float:
    """The thinnest wall in mm that the letters leave behind them, straight into the model; inf where it is thicker than is looked at."""
    if needs.wall <= 0.0:
        return float("inf")
    some = under[:: max(1, len(under) // PROBES)]
    inward = np.broadcast_to(-place.outward, some.shape)
    bump = np.zeros(len(some))
    if place.above - place.below <= needs.plane:
        bump = (some - place.origin) @ place.outward - place.below
    reach = needs.thickness + float(bump.max()) + 1.0
    found = rays.first_hit(some + STEP_OFF_MM * inward, inward, True, reach).distance
    return float((found - bump - needs.depth).min())


def _spread(mesh: Mesh, random: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Points drawn evenly over the surface and their normals."""
    areas = np.linalg.norm(mesh.triangle_normals(), axis=1)
    count = int(np.clip(2.0 * areas.sum(), 50_000, 1_000_000))  # 4 points a mm2: a cell holds about 16
    which = random.choice(len(areas), size=count, p=areas / areas.sum())
    u, v = random.random((2, count, 1))
    over = u + v > 1.0
    u, v = np.where(over, 1.0 - u, u), np.where(over, 1.0 - v, v)
    corners = mesh.points.astype(np.float64)[mesh.triangles[which]]
    points = corners[:, 0] + u * (corners[:, 1] - corners[:, 0]) + v * (corners[:, 2] - corners[:, 0])
    normals = mesh.triangle_normals()[which]
    return points, normals / np.linalg.norm(normals, axis=1, keepdims=True)


def _fit(
    cloud: tuple[np.ndarray, np.ndarray], tree: Any, row: int, radius: float, needs: TextNeeds, turned: bool
) -> _Fit | None:
    """Unevenness in mm of the surface under the text at a place, with its frame and the rows of the cloud under it; None where the
    text would hang over an edge."""
    centre, normal = cloud[0][row], cloud[1][row]
    width, height = needs.width, needs.height
    near = np.array(tree.query_ball_point(centre, 1.15 * radius), dtype=int)
    near = near[cloud[1][near] @ normal > 0.2] if len(near) else near
    if len(near) < 30:
        return None
    right, up = _upright(normal)
    if turned:
        right, up = up, -right
    offset = cloud[0][near] - centre
    near = near[(np.abs(offset @ right) <= width / 2.0 + 1.0) & (np.abs(offset @ up) <= height / 2.0 + 1.0)]
    if len(near) < 30 or (cloud[1][near] @ normal < 0.5).mean() > 0.02:
        return None
    mean = cloud[1][near].mean(axis=0)
    normal = mean / np.linalg.norm(mean)
    right = right - (right @ normal) * normal
    right /= np.linalg.norm(right)
    up = np.cross(normal, right)
    local = (cloud[0][near] - centre) @ np.stack([right, up, normal], axis=1)
    # Every cell under the text must hold surface, or the text would hang over an edge or a hole.
    counts = np.ceil(np.array([width + 2.0, height + 2.0]) / CELL_MM).astype(int)
    at = ((local[:, :2] / np.array([width + 2.0, height + 2.0]) + 0.5) * counts).astype(int)
    cells = np.zeros(counts, dtype=bool)
    cells[tuple(np.clip(at, 0, counts - 1).T)] = True
    if not cells.all():
        return None
    below, above = float(local[:, 2].min()), float(local[:, 2].max())
    return above - below, centre, right, up, normal, below, above, near


def _upright(normal: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Directions `right` and `up` of text on a face with an outward normal."""
    for preferred in (np.array([0.0, 0.0, 1.0]), np.array([0.0, -1.0, 0.0])):
        up = preferred - (preferred @ normal) * normal
        if np.linalg.norm(up) > 0.3:
            up /= np.linalg.norm(up)
            return np.cross(up, normal), up
    across = plane_basis(normal)
    return np.cross(across[:, 1], normal), across[:, 1]
