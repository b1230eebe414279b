"""Columns that carry a model from below: where they meet its underside, so that they lie around its centre of mass."""

from typing import Any

import numpy as np

from ..mesh.core import Mesh
from ..mesh.sample_tree import build_sample_tree
from .csg import import_manifold3d

SIDES = 48
COLUMNS, MAX_COLUMNS = 4, 7
EMBED_MM = 1.5  # into the model, or as deep as its wall there allows
WALL_SHARE = 0.8  # of a thin wall that a column may take
STEADY = 0.03  # of the size of a hull: how far within it the centre of mass must lie

Place = tuple[float, float, float]


def hull_holds(outline: Any, centre: np.ndarray) -> bool:
    """Whether the point below `centre` lies well inside the convex hull of an outline (manifold3d.CrossSection)."""
    hull = outline.hull()
    if hull.is_empty():
        return False
    inner = hull.offset(-STEADY * float(np.sqrt(hull.area())))
    dot = import_manifold3d().CrossSection.circle(0.01, 8).translate((float(centre[0]), float(centre[1])))
    return not inner.is_empty() and (dot - inner).is_empty()


def find_column_tops(
    solid: Any, mesh: Mesh, width: float, centre: np.ndarray, held_by: Any = None
) -> tuple[list[Place], bool]:
    """Places of the underside that columns of `width` mm reach from below, and whether they lie around the centre of mass.

    Without `held_by` as many as a stand has, as far apart as there are, the lowest first, and more where these do not lie around
    the centre. With `held_by`, the section (manifold3d.CrossSection) by which the model is held already, only those that the
    centre of mass still needs.
    """
    low, high = mesh.bounds[4], mesh.bounds[5]
    free = _reachable(solid, mesh, width)
    chosen: list[np.ndarray] = []
    if held_by is None:
        # As low as three columns find a place.
        for share in (0.5, 1.0):
            chosen = _far_apart(free[free[:, 2] < low + share * (high - low)], width)
            if len(chosen) > 2:
                break
        if len(chosen) < 3:
            return [], False
    while not hull_holds(_stood_on(chosen, width, held_by), centre) and len(chosen) < MAX_COLUMNS:
        more = _toward_centre(free, chosen, width, centre, held_by)
        if more is None:
            break
        chosen.append(more)
    held = hull_holds(_stood_on(chosen, width, held_by), centre)
    return [(float(x), float(y), float(z)) for x, y, z in chosen], held


def column_solid(solid: Any, top: Place, floor: float, radius: float) -> Any:
    """A column from `floor` to a place of the underside and a little into the wall above it, never through a thin one."""
    hits = solid.ray_cast((top[0], top[1], top[2] + 0.05), (top[0], top[1], solid.bounding_box()[5] + 1.0))
    wall = float(hits[0].position[2]) - top[2] if hits else EMBED_MM
    height = top[2] + min(EMBED_MM, WALL_SHARE * wall) - floor
    column = import_manifold3d().Manifold.cylinder(height, radius, radius, SIDES)
    return column.translate((top[0], top[1], floor))


def _reachable(solid: Any, mesh: Mesh, width: float) -> np.ndarray:
    """(n, 3) points of the underside, the lowest first, that nothing of the model hides from below."""
    low, high = mesh.bounds[4], mesh.bounds[5]
    surface = build_sample_tree(mesh, max(width / 2.0, 0.02 * (high - low)))
    places, normals = np.asarray(surface.tree.data), mesh.triangle_normals()[surface.owner]
    steep = normals[:, 2] < -0.5 * np.linalg.norm(normals, axis=1)
    under = places[steep]
    under = under[np.argsort(under[:, 2], kind="stable")]
    under = under[:: max(1, len(under) // 1500)]
    seen = [point for point in under if not solid.ray_cast((*point[:2], point[2] - 0.05), (*point[:2], low - 1.0))]
    return np.array(seen).reshape(-1, 3)


def _far_apart(free: np.ndarray, width: float) -> list[np.ndarray]:
    chosen: list[np.ndarray] = []
    while len(free) and len(chosen) < COLUMNS:
        if not chosen:
            chosen.append(free[0])
            continue
        away = _away(free, chosen)
        if away.max() < 1.5 * width:
            break
        chosen.append(free[int(np.argmax(away))])
    return chosen


def _away(free: np.ndarray, chosen: list[np.ndarray]) -> np.ndarray:
    """(n,) distance on the plate from the nearest column."""
    return np.min([np.linalg.norm(free[:, :2] - one[:2], axis=1) for one in chosen], axis=0)


def _stood_on(chosen: list[np.ndarray], width: float, held_by: Any) -> Any:
    module = import_manifold3d()
    discs = [module.CrossSection.circle(width / 2.0, 16).translate((float(x), float(y))) for x, y, _z in chosen]
    return module.CrossSection.batch_boolean([*discs, *([held_by] if held_by is not None else [])], module.OpType.Add)


def _toward_centre(
    free: np.ndarray, chosen: list[np.ndarray], width: float, centre: np.ndarray, held_by: Any
) -> np.ndarray | None:
    """The lowest reachable place beyond the centre of mass, seen from what carries the model so far; else the one farthest that way."""
    if chosen:
        free = free[_away(free, chosen) > 1.2 * width]
    if not len(free):
        return None
    outlines = [np.asarray(outline) for outline in _stood_on(chosen, width, held_by).hull().to_polygons()]
    carried = outlines[0] if outlines else centre[None, :2]
    ahead = centre[:2] - carried.mean(axis=0)
    length = float(np.linalg.norm(ahead))
    if length < 1e-6:
        return None
    # The side of the hull that the centre lies nearest to, or beyond: across it the new place must lie.
    edges = np.roll(carried, -1, axis=0) - carried
    normals = np.column_stack([edges[:, 1], -edges[:, 0]])
    normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-12)
    beyond = np.einsum("ij,ij->i", normals, centre[:2] - carried)
    direction = normals[int(beyond.argmax())] if len(carried) > 2 else ahead / length
    reach = (free[:, :2] - centre[:2]) @ direction
    enough = reach > 0.75 * width
    return free[enough][0] if enough.any() else free[int(reach.argmax())]
