"""Level of detail: how far flat facets depart from the smooth surface they stand for."""

import numpy as np

from .core import Mesh


def chordal_error(mesh: Mesh, percent: float = 95.0) -> float | None:
    """Sagitta in mm that `percent` of the smooth edges do not exceed, weighted by area; None where all edges are sharp.

    Two facets that meet at a small angle t stand for an arc over half of each: its sagitta is their width across the edge
    times t / 8. Edges that turn more than 39 degrees are taken as meant.
    """
    from .edge_table import build_edge_table
    from .merge_points import merged_mesh

    points, triangles, _ = merged_mesh(mesh)
    first, second = build_edge_table(triangles).pairs()
    normals = mesh.triangle_normals()
    length = np.linalg.norm(normals, axis=1)
    one, other = first // 3, second // 3
    sound = (length[one] > 1e-12) & (length[other] > 1e-12)
    first, one, other = first[sound], one[sound], other[sound]
    cosine = np.einsum("ij,ij->i", normals[one], normals[other]) / (length[one] * length[other])
    angle = np.arccos(np.clip(cosine, -1.0, 1.0))
    smooth = angle < np.radians(39.0)
    if not smooth.any():
        return None
    start = points[triangles[one, first % 3]].astype(np.float64)
    end = points[triangles[one, (first % 3 + 1) % 3]].astype(np.float64)
    edge = np.maximum(np.linalg.norm(end - start, axis=1), 1e-9)
    width = (length[one] + length[other]) / (2.0 * edge)
    error, weight = (width * angle / 8.0)[smooth], (length[one] + length[other])[smooth]
    order = np.argsort(error)
    covered = np.cumsum(weight[order])
    return float(error[order][np.searchsorted(covered, percent / 100.0 * covered[-1])])
