"""Triangles without area taken out by merging points or turning edges, so that nothing comes open."""

import numpy as np

from ..mesh.core import Mesh
from ..mesh.edge_table import build_edge_table
from ..mesh.merge_points import merged_mesh
from ..mesh.topology import degenerate_triangles
from .local_repair import remove_duplicate_triangles
from .welding import drop_unused_points

_ROUNDS = 8
_NEEDLE = 1e-2  # of the longest side: a triangle with a side as short as this is a needle, else a cap
_SHORT = 1e-5  # of the diagonal: no point moves farther


def remove_slivers(mesh: Mesh) -> Mesh:
    """The mesh with its triangles without area taken out: needles by making the ends of their shortest side one point, caps by turning
    their longest side over to the corner across it.

    Unions leave such triangles where rounding to float32 brings their corners into line. A mesh without open edges stays without; no point
    moves by more than 1e-5 of the diagonal. The mesh itself where it has none.
    """
    points, triangles, _ = merged_mesh(mesh)
    most = _SHORT * float(np.linalg.norm(np.ptp(points.astype(np.float64), axis=0))) if len(points) else 0.0
    given = triangles
    for _turn in range(_ROUNDS):
        flat = np.flatnonzero(degenerate_triangles(points, triangles))
        if len(flat) == 0:
            break
        made = _merged(points, triangles, flat, most)
        if made is triangles:
            made = _turned(points, triangles, flat)
        if made is triangles:
            break
        triangles = remove_duplicate_triangles(points, made)
    return mesh if triangles is given else drop_unused_points(points, triangles, mesh)


def _sides(points: np.ndarray, triangles: np.ndarray) -> np.ndarray:
    """(m, 3) lengths; side c goes from corner c to the next."""
    corners = points.astype(np.float64)[triangles]
    return np.linalg.norm(np.roll(corners, -1, axis=1) - corners, axis=2)


def _merged(points: np.ndarray, triangles: np.ndarray, flat: np.ndarray, most: float) -> np.ndarray:
    """The triangles with the ends of the shortest sides of needles made one, no point twice; the same array where there are none."""
    length = _sides(points, triangles[flat])
    side = length.argmin(axis=1)
    shortest = length[np.arange(len(flat)), side]
    chosen = np.flatnonzero((shortest <= most) & (shortest <= _NEEDLE * length.max(axis=1)))
    target = np.arange(len(points))
    used = np.zeros(len(points), dtype=bool)
    for row in chosen[np.argsort(shortest[chosen], kind="stable")]:
        a, b = triangles[flat[row], side[row]], triangles[flat[row], (side[row] + 1) % 3]
        if not used[a] and not used[b]:
            target[b] = a
            used[[a, b]] = True
    return target[triangles] if used.any() else triangles


def _turned(points: np.ndarray, triangles: np.ndarray, flat: np.ndarray) -> np.ndarray:
    """The triangles with the longest sides of caps turned, no triangle twice; the same array where that cannot be done."""
    edges = build_edge_table(triangles)
    other = np.full(3 * len(triangles), -1)
    first, second = edges.pairs()
    facing = edges.forward[first] != edges.forward[second]
    other[first[facing]], other[second[facing]] = second[facing], first[facing]
    known = {tuple(ends) for ends in edges.ends.tolist()}
    longest = _sides(points, triangles[flat]).argmax(axis=1)
    made, used = triangles.copy(), np.zeros(len(triangles), dtype=bool)
    for row, side in zip(flat.tolist(), longest.tolist()):
        across = int(other[3 * row + side])
        beyond = across // 3
        if across < 0 or used[row] or used[beyond]:
            continue
        a, b, apex = (int(triangles[row, (side + k) % 3]) for k in range(3))
        top = int(triangles[beyond, (across + 2) % 3])
        new = (min(apex, top), max(apex, top))
        if apex == top or new in known:
            continue
        made[row], made[beyond] = (apex, a, top), (top, b, apex)
        known.add(new)
        used[[row, beyond]] = True
    return made if used.any() else triangles
