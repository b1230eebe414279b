"""Solids that touch in an edge or a corner, taken apart (or joined) by a hair, without new triangles."""

import numpy as np

from ..mesh.core import Mesh
from ..mesh.edge_table import EdgeTable, build_edge_table
from ..mesh.graph import label_connected_nodes
from ..mesh.merge_points import merged_mesh
from .welding import drop_unused_points, split_at_points

_HAIR = 5e-4  # of the shortest edge at the point
_FLOAT_STEPS = 32.0  # and never less than so many steps of float32 there


def separate_touching(mesh: Mesh) -> Mesh:
    """The mesh with every edge of more than two triangles and every point of several fans made into several, a hair apart.

    Around such an edge the triangles are sorted by angle; the two that bound the same wedge of the solid stay together, so what touched
    comes apart. Where that would break one part into several, the two that bound the same wedge of air stay together instead, so the
    part stays one. Each new point moves into the wedge (solid or air) that its triangles enclose, by a few thousandths of its shortest
    edge. Edges whose triangles do not alternate in orientation are left as they are; the mesh itself where there is nothing to part.
    """
    result = mesh
    for _ in range(3):
        made = _separated(result)
        points, triangles, _ = merged_mesh(made)
        edges = build_edge_table(triangles)
        left = edges.count > 2
        if not left.any():
            return made
        # An edge that stays joined at both of its ends comes apart between them.
        result = _halved(made, points, triangles, edges, left)
    return result


def _halved(mesh: Mesh, points: np.ndarray, triangles: np.ndarray, edges: EdgeTable, chosen: np.ndarray) -> Mesh:
    """The mesh with a new point in the middle of the chosen (e,) edges, in all their triangles; of a triangle's edges one a call."""
    own = np.repeat(chosen, edges.count)
    half = edges.order[own]
    number = np.repeat(np.cumsum(chosen) - 1, edges.count)[own]
    _, once = np.unique(half // 3, return_index=True)
    whole = np.bincount(number[once], minlength=int(chosen.sum())) == edges.count[chosen]
    once = once[whole[number[once]]]
    middle = points[edges.ends[chosen]].astype(np.float64).mean(axis=1).astype(np.float32)
    parted = split_at_points(triangles, half[once], len(points) + number[once])
    return drop_unused_points(np.concatenate([points, middle]), parted, mesh)


def _separated(mesh: Mesh) -> Mesh:
    points, triangles, _ = merged_mesh(mesh)
    edges = build_edge_table(triangles)
    crowded = np.flatnonzero(edges.count > 2)
    wedges = _Wedges(points.astype(np.float64), triangles, edges, crowded)
    first, second = edges.pairs()
    join = np.zeros(len(crowded), dtype=bool)
    for _ in range(20):
        one, two, _ = wedges.pairs(join)
        _, part = _parts(len(triangles), np.concatenate([first, one]), np.concatenate([second, two]))
        torn = wedges.apart(part) & ~join
        if not torn.any():
            break
        join |= torn
    one, two, inward = wedges.pairs(join)
    corner = _corners(triangles, edges, np.concatenate([first, one]), np.concatenate([second, two]))
    return _moved(mesh, points, triangles, corner, (one, two, inward))


def _parts(size: int, first: np.ndarray, second: np.ndarray) -> tuple[int, np.ndarray]:
    return label_connected_nodes(first // 3, second // 3, size)


class _Wedges:
    """The triangles around crowded edges, in order of their angle: `half` their half-edges, `angle`, and `edge` their number among the
    crowded ones; edges that cannot be paired are left out."""

    def __init__(self, points: np.ndarray, triangles: np.ndarray, edges: EdgeTable, crowded: np.ndarray) -> None:
        count = edges.count[crowded]
        self.edge = np.repeat(np.arange(len(crowded)), count)
        within = np.arange(len(self.edge)) - np.repeat(np.cumsum(count) - count, count)
        half = edges.order[np.repeat(edges.start[crowded], count) + within]
        low, high = edges.ends[crowded].T
        along = points[high] - points[low]
        along /= np.maximum(np.linalg.norm(along, axis=1), 1e-300)[:, None]
        side = np.cross(along, np.eye(3)[np.abs(along).argmin(axis=1)])
        side /= np.maximum(np.linalg.norm(side, axis=1), 1e-300)[:, None]
        up = np.cross(along, side)
        off = points[triangles[half // 3, (half % 3 + 2) % 3]] - points[low[self.edge]]
        angle = np.arctan2(np.einsum("ij,ij->i", off, up[self.edge]), np.einsum("ij,ij->i", off, side[self.edge])) % (
            2.0 * np.pi
        )
        order = np.lexsort((angle, self.edge))
        self.half, self.angle, self.forward = half[order], angle[order], edges.forward[half[order]]
        self.start, self.count = np.cumsum(count) - count, count
        self.side, self.up = side, up
        after = self._next(np.arange(len(self.half)))
        # The solid lies before a forward triangle and after a backward one: they must take turns, and not lie on each other.
        bad = (self.forward == self.forward[after]) | (self._gap(after) < 1e-9)
        self.usable = np.bincount(self.edge, bad, minlength=len(crowded)) == 0

    def _next(self, at: np.ndarray) -> np.ndarray:
        start, count = self.start[self.edge[at]], self.count[self.edge[at]]
        return start + (at - start + 1) % np.maximum(count, 1)

    def _gap(self, after: np.ndarray) -> np.ndarray:
        return (self.angle[after] - self.angle) % (2.0 * np.pi)

    def pairs(self, join: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Half-edges that stay together, one and two, and the direction (p, 3) into the wedge that their triangles enclose."""
        begins = np.flatnonzero(self.usable[self.edge] & (self.forward == join[self.edge]))
        ends = self._next(begins)
        wide = (self.angle[ends] - self.angle[begins]) % (2.0 * np.pi)
        middle = self.angle[begins] + wide / 2.0 + np.where(wide > np.pi, np.pi, 0.0)
        edge = self.edge[begins]
        into = np.cos(middle)[:, None] * self.side[edge] + np.sin(middle)[:, None] * self.up[edge]
        return self.half[begins], self.half[ends], into

    def apart(self, part: np.ndarray) -> np.ndarray:
        """(crowded,) bool: edges around which triangles of several parts lie."""
        own = part[self.half // 3]
        low, high = np.full(len(self.usable), len(part)), np.full(len(self.usable), -1)
        np.minimum.at(low, self.edge, own)
        np.maximum.at(high, self.edge, own)
        return (low < high) & self.usable


def _corners(triangles: np.ndarray, edges: EdgeTable, first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """(3 m,) number of the fan that each corner belongs to, fans being joined over the given pairs of half-edges."""
    along = edges.forward[first] == edges.forward[second]
    following = np.where(np.arange(3 * len(triangles)) % 3 == 2, -2, 1) + np.arange(3 * len(triangles))
    a, b = first, np.where(along, second, following[second])
    c, d = following[first], np.where(along, following[second], second)
    return label_connected_nodes(np.concatenate([a, c]), np.concatenate([b, d]), 3 * len(triangles))[1]


def _moved(
    mesh: Mesh,
    points: np.ndarray,
    triangles: np.ndarray,
    fan: np.ndarray,
    pairs: tuple[np.ndarray, np.ndarray, np.ndarray],
) -> Mesh:
    corner = triangles.ravel()
    count = int(fan.max()) + 1 if len(fan) else 0
    origin = np.zeros(count, dtype=np.int64)
    origin[fan] = corner
    fans_at = np.bincount(origin, minlength=len(points))
    split = fans_at[origin] > 1
    if not split.any():
        return mesh
    precise = points.astype(np.float64)
    following = np.where(np.arange(len(corner)) % 3 == 2, -2, 1) + np.arange(len(corner))
    sides = precise[corner[following]] - precise[corner]
    length = np.linalg.norm(sides, axis=1)
    unit = sides / np.maximum(length, 1e-300)[:, None]
    into = np.zeros((count, 3))
    one, two, inward = pairs
    for half in (one, two):
        for end in (half, following[half]):
            np.add.at(into, fan[end], inward)
    alone = np.linalg.norm(into, axis=1) < 1e-6
    ring = np.zeros((count, 3))
    np.add.at(ring, fan, unit)
    np.add.at(ring, fan[following], -unit)
    into[alone] = ring[alone]
    into /= np.maximum(np.linalg.norm(into, axis=1), 1e-300)[:, None]
    shortest = np.full(count, np.inf)
    np.minimum.at(shortest, fan, length)
    np.minimum.at(shortest, fan[following], length)
    least = _FLOAT_STEPS * np.spacing(np.abs(points).max(axis=1).astype(np.float32))[origin]
    step = np.maximum(_HAIR * shortest, least)
    made = precise[origin] + np.where(split, step, 0.0)[:, None] * into
    return Mesh(made.astype(np.float32), fan.reshape(-1, 3).astype(np.int32), mesh.name, mesh.color)
