"""Open sheets: told from solids with a hole, and made into solids of a thickness."""

import numpy as np

from ..mesh.core import Mesh
from ..mesh.edge_table import build_edge_table, label_face_components
from ..mesh.graph import label_connected_nodes
from ..mesh.merge_points import merged_mesh
from .capping import Cap
from .welding import drop_unused_points


def sheet_triangles(mesh: Mesh, loops: list[np.ndarray], caps: list[Cap], area_per_cap: float) -> np.ndarray:
    """(m,) bool: triangles of open shells that a cap would double instead of closing.

    Shells that one cap joins count as one. A shell with less area than `area_per_cap` times that of its caps is a sheet, and so is one
    whose rims cannot be capped.
    """
    points, triangles, _ = merged_mesh(mesh)
    edges = build_edge_table(triangles)
    count, part = label_face_components(triangles, edges)
    rim = edges.order[edges.start[edges.count == 1]] // 3
    open_ = np.zeros(count, dtype=bool)
    open_[part[rim]] = True
    part_of_point = np.zeros(len(points), dtype=np.int64)
    part_of_point[triangles[rim].ravel()] = np.repeat(part[rim], 3)
    owners = [np.unique(part_of_point[np.concatenate([loops[n] for n in cap.loops])]) for cap in caps]
    links = [(own[0], other) for own in owners for other in own[1:]]
    first, second = (np.array([link[k] for link in links], dtype=np.int64) for k in range(2))
    groups, group = label_connected_nodes(first, second, count)
    area = np.linalg.norm(Mesh(points, triangles).triangle_normals(), axis=1) / 2.0
    own_area = np.bincount(group[part], area, minlength=groups)
    cap_area = np.zeros(groups)
    for own, cap in zip(owners, caps):
        cap_area[group[own[0]]] += cap.area
    is_open = np.bincount(group, open_, minlength=groups) > 0
    return (is_open & (own_area < area_per_cap * cap_area))[group][part]


def thicken_sheets(mesh: Mesh, chosen: np.ndarray, thickness: float) -> Mesh:
    """The chosen triangles (m,) bool as solids of a thickness in mm: two copies, half of it to either side along the normals of the points,
    joined along the rims."""
    points, triangles, _ = merged_mesh(mesh)
    sheet = triangles[chosen]
    used, local = np.unique(sheet, return_inverse=True)
    local = local.reshape(-1, 3)
    precise = points[used].astype(np.float64)
    normals = np.zeros((len(used), 3))
    faces = np.cross(precise[local[:, 1]] - precise[local[:, 0]], precise[local[:, 2]] - precise[local[:, 0]])
    for corner in range(3):
        # By angle, so that a fine triangulation on one side does not bend the normal.
        u = precise[local[:, (corner + 1) % 3]] - precise[local[:, corner]]
        v = precise[local[:, (corner + 2) % 3]] - precise[local[:, corner]]
        angle = np.arctan2(np.linalg.norm(np.cross(u, v), axis=1), np.einsum("ij,ij->i", u, v))
        unit = faces / np.maximum(np.linalg.norm(faces, axis=1), 1e-300)[:, None]
        np.add.at(normals, local[:, corner], unit * angle[:, None])
    normals /= np.maximum(np.linalg.norm(normals, axis=1), 1e-300)[:, None]
    outer, inner = precise + normals * thickness / 2.0, precise - normals * thickness / 2.0
    size = len(used)
    edges = build_edge_table(local)
    half = edges.order[edges.start[edges.count == 1]]
    a, b = local.ravel()[half], local[:, (1, 2, 0)].ravel()[half]
    walls = np.concatenate([np.stack([b, a, a + size], axis=1), np.stack([b, a + size, b + size], axis=1)])
    solid = np.concatenate([local, local[:, ::-1] + size, walls]) + len(points)
    together = np.concatenate([points, outer.astype(np.float32), inner.astype(np.float32)])
    return drop_unused_points(together, np.concatenate([triangles[~chosen], solid]), mesh)
