"""The gentlest mends: points made one, what is no surface dropped, seams closed within what the file itself shows."""

import numpy as np

from ..mesh.arrays import Triangles
from ..mesh.core import Mesh
from ..mesh.edge_table import EdgeTable, build_edge_table, label_face_components
from ..mesh.merge_points import merged_mesh
from ..mesh.topology import degenerate_triangles
from .local_repair import remove_duplicate_triangles

_SEAM_SHARE = 0.2  # of a short rim edge: a wider gap is a hole, no seam
_SEAM_DIAGONAL = 0.005  # and no wider than this share of the model
_FLAT_STEPS = 8  # rounds of splitting sides at points that lie on them


def drop_unused_points(points: np.ndarray, triangles: np.ndarray, like: Mesh) -> Mesh:
    """Mesh of the points in use."""
    used, new = np.unique(triangles, return_inverse=True)
    return Mesh(points[used], new.reshape(-1, 3).astype(np.int32), like.name, like.color)


def weld(mesh: Mesh) -> Mesh:
    """Points that are equal in float32 made one; collapsed, repeated and cancelling triangles dropped, and those with coordinates that
    are no numbers. A surface that is given twice as a whole, facing both ways, would cancel: one of each two stays."""
    points, triangles, _ = merged_mesh(mesh)
    kept = remove_duplicate_triangles(points, triangles)
    if len(kept) == 0 and len(triangles):
        _unused, first = np.unique(np.sort(triangles, axis=1), axis=0, return_index=True)
        kept = remove_duplicate_triangles(points, triangles[np.sort(first)])
    return drop_unused_points(points, kept, mesh)


def close_seams(mesh: Mesh) -> Mesh:
    """Rim points joined across seams, at the distance at which the file's own rims lie from each other.

    That distance is read from the distances of rim points to the nearest rim point of another fan; it is tried in steps, and the smallest
    that leaves fewest open edges is taken. The mesh itself where none helps.
    """
    from scipy.spatial import cKDTree

    points, triangles, _ = merged_mesh(mesh)
    edges = build_edge_table(triangles)
    rim = np.unique(edges.ends[edges.count == 1])
    best = _faults(edges)
    if len(rim) == 0:
        return mesh
    precise = points.astype(np.float64)
    tree = cKDTree(precise[rim])
    nearest = tree.query(precise[rim], k=min(2, len(rim)))[0][:, -1] if len(rim) > 1 else np.zeros(0)
    open_ends = edges.ends[edges.count == 1]
    side = np.linalg.norm(precise[open_ends[:, 0]] - precise[open_ends[:, 1]], axis=1)
    diagonal = float(np.linalg.norm(np.ptp(precise, axis=0)))
    most = min(_SEAM_SHARE * float(np.percentile(side, 10)), _SEAM_DIAGONAL * diagonal)
    near = np.unique(nearest[(nearest > 0.0) & (nearest <= most)])
    if len(near) == 0:
        return mesh
    made = mesh
    wanted = np.quantile(near, (0.1, 0.5, 0.9, 1.0))
    for reach in np.unique([value for share in wanted for value in (1.01 * share, min(2.0 * share, most))]):
        merged = _joined(points, triangles, rim, tree, float(reach))
        faults = _faults(build_edge_table(merged))
        if faults < 0.9 * best:
            best, made = faults, drop_unused_points(points, merged, mesh)
        if best == 0:
            break
    return made


def _joined(points: np.ndarray, triangles: np.ndarray, rim: np.ndarray, tree: object, reach: float) -> np.ndarray:
    from ..mesh.graph import label_connected_nodes

    pairs = tree.query_pairs(reach, output_type="ndarray")  # type: ignore[attr-defined]
    count, label = label_connected_nodes(pairs[:, 0], pairs[:, 1], len(rim))
    first = np.full(count, len(points))
    np.minimum.at(first, label, rim)
    target = np.arange(len(points))
    target[rim] = first[label]
    return remove_duplicate_triangles(points, target[triangles])


def _faults(edges: EdgeTable) -> int:
    return int((edges.count == 1).sum() + 2 * (edges.count > 2).sum())


def split_sides(mesh: Mesh) -> Mesh:
    """Open sides split at rim points that lie on them (T-junctions), and the rims joined there: nothing moves by more than a seam."""
    from scipy.spatial import cKDTree

    points, triangles, _ = merged_mesh(mesh)
    precise = points.astype(np.float64)
    diagonal = float(np.linalg.norm(np.ptp(precise, axis=0))) if len(points) else 0.0
    near = 1e-5 * diagonal
    begun = before = _faults(build_edge_table(triangles))
    for _ in range(_FLAT_STEPS):
        edges = build_edge_table(triangles)
        half = edges.order[edges.start[edges.count == 1]]
        if len(half) == 0:
            break
        tail, head = triangles.ravel()[half], triangles[:, (1, 2, 0)].ravel()[half]
        rim = np.unique(np.concatenate([tail, head]))
        middle, reach = (
            (precise[tail] + precise[head]) / 2.0,
            np.linalg.norm(precise[head] - precise[tail], axis=1) / 2.0,
        )
        found = cKDTree(precise[rim]).query_ball_point(middle, reach + near)
        chosen, at = _points_on_sides(precise, rim, tail, head, found, near)
        if len(chosen) == 0:
            break
        # One side of a triangle a round: the others have moved to its halves.
        _, once = np.unique(half[chosen] // 3, return_index=True)
        triangles = split_at_points(triangles, half[chosen[once]], at[once])
        triangles = remove_duplicate_triangles(points, triangles)
        before = _faults(build_edge_table(triangles))
    return drop_unused_points(points, triangles, mesh) if before < begun else mesh


def _points_on_sides(
    points: np.ndarray, rim: np.ndarray, tail: np.ndarray, head: np.ndarray, found: np.ndarray, near: float
) -> tuple[np.ndarray, np.ndarray]:
    """For each open side with rim points on it: its place in the list, and the point nearest to its middle."""
    size = np.array([len(some) for some in found])
    which = np.repeat(np.arange(len(found)), size)
    if len(which) == 0:
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    point = rim[np.concatenate([np.asarray(some, dtype=np.int64) for some in found if len(some)])]
    a, b = points[tail[which]], points[head[which]]
    along = np.einsum("ij,ij->i", points[point] - a, b - a) / np.maximum(np.einsum("ij,ij->i", b - a, b - a), 1e-300)
    off = np.linalg.norm(points[point] - a - along[:, None] * (b - a), axis=1)
    length = np.linalg.norm(b - a, axis=1)
    inner = (along * length > near) & ((1.0 - along) * length > near)
    on = np.flatnonzero((off <= near) & inner & (point != tail[which]) & (point != head[which]))
    on = on[np.lexsort((np.abs(along[on] - 0.5), which[on]))]
    chosen, first = np.unique(which[on], return_index=True)
    return chosen, point[on[first]]


def split_at_points(triangles: Triangles, half: np.ndarray, at: np.ndarray) -> Triangles:
    """Triangles (m, 3) with the sides of the half-edges `half` (n,), one a triangle, split at the points `at` (n,)."""
    row, corner = half // 3, half % 3
    a, b, c = triangles[row, corner], triangles[row, (corner + 1) % 3], triangles[row, (corner + 2) % 3]
    result = triangles.copy()
    result[row] = np.stack([a, at, c], axis=1)
    return np.concatenate([result, np.stack([at, b, c], axis=1)])


def drop_flat_triangles(mesh: Mesh) -> Mesh:
    """Without triangles that have no area, the sides beside them split at the corner that lay on them, so that nothing comes open."""
    points, triangles, _ = merged_mesh(mesh)
    flat = degenerate_triangles(points, triangles)
    if flat.all():
        return mesh
    return split_sides(drop_unused_points(points, triangles[~flat], mesh))


def drop_fins(mesh: Mesh) -> Mesh:
    """Without sheets that dangle from an edge of more than two triangles, and without loose flakes of up to three triangles."""
    points, triangles, _ = merged_mesh(mesh)
    given = len(triangles)
    for _ in range(100):
        edges = build_edge_table(triangles)
        per_half = np.empty(len(edges.order), dtype=np.int64)
        per_half[edges.order] = np.repeat(edges.count, edges.count)
        counts = per_half.reshape(-1, 3)
        fins = ((counts == 1).sum(axis=1) > 0) & (counts > 2).any(axis=1)
        if not fins.any() or fins.all():
            break
        triangles = triangles[~fins]
    count, label = label_face_components(triangles)
    size = np.bincount(label, minlength=count)
    keep = size[label] > 3
    if keep.any():
        triangles = triangles[keep]
    return mesh if len(triangles) == given else drop_unused_points(points, triangles, mesh)
