"""The capped shrinking ball: the largest ball that touches the surface from one side at a point and meets no opposing surface.

After Ma, Bae and Choi, "3D medial axis point approximation using nearest neighbors and the normal field", The Visual Computer 28
(2012). What is added here: only surface that faces the point counts (opposing normals), the search starts from several radii so
that the nearest samples are those of the other wall, and the touching sample's tangent plane makes the radius exact between samples.
A peer of `printability_speed.py`: the fastest method known here that gives the same field without our rays.
"""

from typing import Any

import numpy as np

from dicomtoprint.mesh.surface_sampling import SurfaceSamples
from dicomtoprint.progress import ProgressCallback, no_progress

OPPOSING = -0.5  # cosine: surface turned less than 120 degrees away is no opposite wall
_CHUNK = 50_000  # a progress call a second or so
_NEIGHBOURS = 8
_MANY = 64
_SHARE = 0.75
_GROWTH = 2.2


def ball_diameters(
    samples: SurfaceSamples,
    side: float,
    cap_mm: float,
    progress: ProgressCallback = no_progress,
    rows: np.ndarray | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Diameters (n,) in mm of the largest balls at the samples, or at those of `rows` only, and the index of the sample each touches.

    `side` -1 measures into the solid (walls), +1 out of it (gaps). Where no opposing surface lies within `cap_mm` the
    diameter is inf and the index -1. Error on plane walls: none; on curved ones of second order in the sample spacing.
    """
    from scipy.spatial import cKDTree

    tree = cKDTree(samples.points, balanced_tree=False, compact_nodes=False)
    rows = np.arange(len(samples.points)) if rows is None else rows
    diameter = np.full(len(rows), np.inf)
    touching = np.full(len(rows), -1, dtype=np.int64)
    spacing = np.sqrt(np.maximum(samples.area, 1e-6))
    for start in range(0, len(rows), _CHUNK):
        progress(start / max(len(rows), 1), "measuring walls" if side < 0 else "measuring gaps")
        block = slice(start, start + _CHUNK)
        radius, touched = _balls(tree, samples, spacing, rows[block], side, cap_mm / 2.0)
        diameter[block], touching[block] = 2.0 * radius, touched
    return diameter, touching


def _balls(
    tree: Any,
    samples: SurfaceSamples,
    spacing: np.ndarray,
    block: np.ndarray,
    side: float,
    cap: float,
) -> tuple[np.ndarray, np.ndarray]:
    points, normals = samples.points[block], samples.normals[block]
    radius = np.full(len(points), np.inf)
    touched = np.full(len(points), -1, dtype=np.int64)
    active = np.arange(len(points))
    for scale in _scales(cap):
        found = _improve(
            tree, samples, spacing, points, normals, side, active, np.full(len(active), scale), _SHARE, radius, touched
        )
        active = active[~found]
        if len(active) == 0:
            break
    rows = np.flatnonzero(touched >= 0)
    _settle(tree, samples, spacing, points, normals, side, rows, radius, touched)
    for _ in range(2):  # surface that reaches into the ball from elsewhere
        rows = rows[_improve(tree, samples, spacing, points, normals, side, rows, radius[rows], 0.97, radius, touched)]
        if len(rows) == 0:
            break
        _settle(tree, samples, spacing, points, normals, side, rows, radius, touched)
    far = radius > cap
    radius[far], touched[far] = np.inf, -1
    return radius, touched


def _scales(cap: float) -> list[float]:
    """Radii that grow up to a little over the cap. The scale next above the true radius has its centre between the medial point and the
    other wall, whose samples are then the nearest, and within `_SHARE` of the scale; the point's own wall is further."""
    last = 2.0 * cap / (1.0 + _SHARE) * 1.01
    count = max(int(np.ceil(np.log(last / 0.09) / np.log(_GROWTH))), 0)
    return [last / _GROWTH**step for step in range(count, -1, -1)]


def _improve(
    tree: Any,
    samples: SurfaceSamples,
    spacing: np.ndarray,
    points: np.ndarray,
    normals: np.ndarray,
    side: float,
    rows: np.ndarray,
    radii: np.ndarray,
    share: float,
    radius: np.ndarray,
    touched: np.ndarray,
) -> np.ndarray:
    """Where an opposing sample lies within `share` of the ball of `radii` at `rows`, take the ball that it allows. True where found."""
    centres = points[rows] + side * radii[:, None] * normals[rows]
    nearest = np.full(len(rows), -1, dtype=np.int64)
    asked = np.arange(len(rows))
    for count in (_NEIGHBOURS, _MANY):
        _, near = tree.query(
            centres[asked], k=count, distance_upper_bound=share * float(radii.max(initial=0.0)), workers=-1
        )
        away = np.linalg.norm(samples.points[np.where(near < tree.n, near, 0)] - centres[asked, None], axis=2)
        within = (near < tree.n) & (away < share * radii[asked, None])
        nearest[asked] = _first_opposing(samples, near, within, points[rows[asked]], normals[rows[asked]], side)
        # All neighbours belong to other surface, such as the far side of a narrow gap: ask for more of them.
        asked = asked[within.all(axis=1) & (nearest[asked] < 0)]
        if len(asked) == 0:
            break
    found = nearest >= 0
    chosen, which = rows[found], nearest[found]
    radius[chosen] = np.minimum(_radius(samples, spacing, points[chosen], normals[chosen], side, which), radius[chosen])
    touched[chosen] = which
    return found


def _settle(
    tree: Any,
    samples: SurfaceSamples,
    spacing: np.ndarray,
    points: np.ndarray,
    normals: np.ndarray,
    side: float,
    rows: np.ndarray,
    radius: np.ndarray,
    touched: np.ndarray,
) -> None:
    """Replace the touched sample by the opposing one nearest to the touching point, and the radius by what that one allows."""
    at, facing = points[rows], normals[rows]
    touch = at + side * radius[rows, None] * (facing - samples.normals[touched[rows]])
    _, near = tree.query(touch, k=4, workers=-1)
    nearest = _first_opposing(samples, near, near < tree.n, at, facing, side)
    moved = (nearest >= 0) & (nearest != touched[rows])
    rows, which = rows[moved], nearest[moved]
    better = _radius(samples, spacing, points[rows], normals[rows], side, which)
    sensible = better < 1.25 * radius[rows] + 0.05 * spacing[which]
    radius[rows[sensible]], touched[rows[sensible]] = better[sensible], which[sensible]


def _first_opposing(
    samples: SurfaceSamples, near: np.ndarray, valid: np.ndarray, points: np.ndarray, normals: np.ndarray, side: float
) -> np.ndarray:
    """(n,) first of the samples `near` (n, k) that is `valid` and faces its point from ahead, -1 where none does."""
    near = np.where(valid, near, 0)
    facing = np.einsum("ijk,ik->ij", samples.normals[near], normals)
    offset = samples.points[near] - points[:, None]
    ahead = side * np.einsum("ijk,ik->ij", offset, normals)
    beyond = -side * np.einsum("ijk,ijk->ij", offset, samples.normals[near])
    valid = valid & (facing < OPPOSING) & (ahead > 0) & (beyond > 0)
    first = np.argmax(valid, axis=1)
    return np.where(valid.any(axis=1), near[np.arange(len(near)), first], -1)


def _radius(
    samples: SurfaceSamples,
    spacing: np.ndarray,
    points: np.ndarray,
    normals: np.ndarray,
    side: float,
    which: np.ndarray,
) -> np.ndarray:
    """Radius of the ball at each point that touches the tangent plane of sample `which`, or the sample itself where the plane
    would be touched too far from it."""
    offset = samples.points[which] - points
    other = samples.normals[which]
    ahead = side * np.einsum("ij,ij->i", offset, normals)
    through = np.einsum("ij,ij->i", offset, offset) / (2.0 * np.maximum(ahead, 1e-12))
    plane = -side * np.einsum("ij,ij->i", offset, other)  # distance of the other wall's plane from the point
    tangent = plane / (1.0 - np.einsum("ij,ij->i", normals, other))
    touch = points + side * tangent[:, None] * (normals - other)
    slip = np.linalg.norm(touch - samples.points[which], axis=1)
    near = (tangent > 0) & (slip < 2.0 * spacing[which])
    return np.where(near, tangent, through)
