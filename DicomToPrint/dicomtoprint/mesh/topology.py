"""How the triangles of a mesh hang together, counted after the float32 weld that every reader of a print file does."""

from dataclasses import dataclass, field

import numpy as np

from .arrays import Mask, Points, Triangles
from .core import Mesh, cross_rows
from .edge_table import EdgeTable, build_edge_table, label_face_components
from .graph import label_connected_nodes
from .merge_points import _no_indices, merged_mesh


@dataclass(frozen=True)
class TopologyReport:
    """Counts of what a closed, oriented, two-manifold surface must not have, and where it is.

    `triangles` and `components` are counts. An edge of one triangle is a boundary edge, of more than two a non-
    manifold edge; a vertex whose triangles form more than one fan is a non-manifold vertex. Degenerate triangles have
    two equal corners, no area or a coordinate that is no number; duplicates repeat the three corners of another one;
    inverted ones face into the solid. The `..._at` arrays hold places: edges as (n, 2) point indices of the mesh
    given, vertices as point indices, and triangles as triangle indices.
    """

    triangles: int
    components: int
    boundary_edges: int
    nonmanifold_edges: int
    nonmanifold_vertices: int
    degenerate: int
    duplicate: int
    inverted: int
    boundary_at: np.ndarray = field(default_factory=_no_indices, repr=False)
    nonmanifold_edges_at: np.ndarray = field(default_factory=_no_indices, repr=False)
    nonmanifold_vertices_at: np.ndarray = field(default_factory=_no_indices, repr=False)
    degenerate_at: np.ndarray = field(default_factory=_no_indices, repr=False)
    duplicate_at: np.ndarray = field(default_factory=_no_indices, repr=False)
    inverted_at: np.ndarray = field(default_factory=_no_indices, repr=False)

    @property
    def closed(self) -> bool:
        """True where every edge has two triangles, every vertex one fan, and nothing is degenerate, duplicate or
        inverted."""
        return self.triangles > 0 and not any(
            (
                self.boundary_edges,
                self.nonmanifold_edges,
                self.nonmanifold_vertices,
                self.degenerate,
                self.duplicate,
                self.inverted,
            )
        )


def degenerate_triangles(points: Points, triangles: Triangles) -> Mask:
    """(m,) bool: two equal corners, a coordinate that is no number, or an area below 1e-7 of the longest edge
    squared."""
    start, end, last = (points.take(triangles[:, c], axis=0).astype(np.float64) for c in range(3))
    with np.errstate(invalid="ignore", over="ignore"):
        end -= start
        last -= start
        area = cross_rows(end, last)
        doubled = np.sqrt(np.einsum("ij,ij->i", area, area))
        longest = np.maximum(np.einsum("ij,ij->i", end, end), np.einsum("ij,ij->i", last, last))
        last -= end
        np.maximum(longest, np.einsum("ij,ij->i", last, last), out=longest)
        thin = ~(doubled > 1e-7 * longest)  # also true where a coordinate is no number
    return _two_equal_corners(triangles) | thin


def _two_equal_corners(triangles: np.ndarray) -> np.ndarray:
    a, b, c = triangles[:, 0], triangles[:, 1], triangles[:, 2]
    return (a == b) | (b == c) | (c == a)


def face_keys(triangles: Triangles) -> np.ndarray:
    """(m,) uint64 that are equal for triangles of the same three corners, in whatever order, and else by mere chance
    (sums of splitmix64)."""
    x = np.arange(1, int(triangles.max()) + 2, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    x ^= x >> np.uint64(31)
    return x.take(triangles[:, 0]) + x.take(triangles[:, 1]) + x.take(triangles[:, 2])


def duplicate_indices(keys: np.ndarray) -> np.ndarray:
    """Indices of the keys (n,) uint64 that occur more than once."""
    ordered = np.sort(keys)
    again = ordered[1:][ordered[1:] == ordered[:-1]]
    if len(again) == 0:
        return _no_indices()
    # A table of some bits leaves few to be looked at whole.
    marked = np.zeros(1 << 20, dtype=bool)
    marked[again & np.uint64(len(marked) - 1)] = True
    some = np.flatnonzero(marked.take((keys & np.uint64(len(marked) - 1)).astype(np.int64)))
    return some[np.isin(keys[some], again)]


def duplicate_triangles(triangles: Triangles) -> np.ndarray:
    """Indices of triangles that have the same three corners as an earlier one, in whatever order."""
    if len(triangles) == 0:
        return _no_indices()
    some = duplicate_indices(face_keys(triangles))
    if len(some) == 0:
        return _no_indices()
    ordered = np.sort(triangles.take(some, axis=0), axis=1)
    order = np.lexsort((ordered[:, 2], ordered[:, 1], ordered[:, 0]))
    again = (ordered[order][1:] == ordered[order][:-1]).all(axis=1)
    return some[np.sort(order[1:][again])]


def vertex_fan_counts(triangles: Triangles, edges: EdgeTable, size: int, of: Mask | None = None) -> np.ndarray:
    """(size,) number of fans of triangles around every vertex, fans being joined over edges of exactly two
    triangles. Where only the vertices `of` (size,) bool are asked for, those of the others may be missing."""
    corner = triangles.ravel()
    asked = np.bincount(corner, minlength=size) > 0
    if of is not None:
        asked &= of
    first, second = edges.pairs()
    along = edges.forward[first] == edges.forward[second]
    # Half-edge h starts at corner h; its end is the next corner of the same triangle.
    following = np.where(np.arange(3 * len(triangles)) % 3 == 2, -2, 1) + np.arange(3 * len(triangles))
    turned = first[along]
    odd = np.concatenate([edges.ends[edges.count != 2].ravel(), corner[turned], corner[following[turned]]])
    if not asked[odd].any() and _single_fans(corner, first, second, following, asked):
        return asked.astype(np.int64)
    a, b = first, np.where(along, second, following[second])
    c, d = following[first], np.where(along, following[second], second)
    rows, columns = np.concatenate([a, c]), np.concatenate([b, d])
    count, label = label_connected_nodes(rows, columns, 3 * len(triangles))
    vertex = np.zeros(count, dtype=np.int64)
    vertex[label] = corner
    return np.bincount(vertex, minlength=size)


def _single_fans(
    corner: np.ndarray, first: np.ndarray, second: np.ndarray, following: np.ndarray, asked: np.ndarray
) -> bool:
    """Whether the vertices `asked` (size,), all of whose edges have two triangles that agree in orientation, have one fan each: a traversal
    around it passes all its triangles."""
    onward = np.zeros(len(following), dtype=np.int64)
    onward[first], onward[second] = following[second], following[first]
    start = np.zeros(len(asked), dtype=np.int64)
    start[corner] = np.arange(len(corner))
    begun = at = start[asked]
    left = np.bincount(corner, minlength=len(asked))[asked]
    while len(at):
        at, left = onward.take(at), left - 1
        back = at == begun
        if (left[back] > 0).any():
            return False
        begun, at, left = begun[~back], at[~back], left[~back]
    return True


def analyse_topology(mesh: Mesh) -> TopologyReport:
    """Count and find everything that keeps the mesh from being a closed, oriented two-manifold, after a float32
    weld."""
    from .components import inverted_triangles

    points, triangles, first = merged_mesh(mesh)
    flat = degenerate_triangles(points, triangles)
    collapsed = _two_equal_corners(triangles)
    finite = np.isfinite(points).all(axis=1)
    if not finite.all():
        collapsed |= ~finite.take(triangles).all(axis=1)
    kept = np.flatnonzero(~collapsed)
    sound = triangles if len(kept) == len(triangles) else triangles.take(kept, axis=0)
    duplicate = kept[duplicate_triangles(sound)]
    edges = build_edge_table(sound)
    open_edges, crowded = edges.ends[edges.count == 1], edges.ends[edges.count > 2]
    fans = vertex_fan_counts(sound, edges, len(points))
    pinched = np.flatnonzero(fans > 1)
    # The ends of a crowded edge have several fans by themselves: that is the edge's fault, not a pinch of its own.
    pinched = np.setdiff1d(pinched, crowded)
    parts, part = label_face_components(sound, edges)
    inverted = kept[inverted_triangles(points, sound, edges, part, parts)]
    return TopologyReport(
        triangles=len(mesh.triangles),
        components=parts,
        boundary_edges=len(open_edges),
        nonmanifold_edges=len(crowded),
        nonmanifold_vertices=len(pinched),
        degenerate=int(flat.sum()),
        duplicate=len(duplicate),
        inverted=len(inverted),
        boundary_at=first[open_edges],
        nonmanifold_edges_at=first[crowded],
        nonmanifold_vertices_at=first[pinched],
        degenerate_at=np.flatnonzero(flat),
        duplicate_at=duplicate,
        inverted_at=inverted,
    )
