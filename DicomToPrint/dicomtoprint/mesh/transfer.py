"""Triangle arrays taken over from a finer surface."""

import numpy as np

from .core import Mesh


def transfer_triangle_arrays(mesh: Mesh, fine: Mesh) -> Mesh:
    """Triangle arrays of the nearest fine triangle."""
    from scipy.spatial import cKDTree

    if not fine.triangle_arrays or len(mesh.triangles) == 0:
        return mesh
    first = next(iter(fine.triangle_arrays.values()))
    if all((values == values[0]).all() for values in fine.triangle_arrays.values()) and len(first):
        return mesh.with_arrays(
            triangle_arrays={k: np.full(len(mesh.triangles), v[0]) for k, v in fine.triangle_arrays.items()}
        )
    tree = cKDTree(fine.points[fine.triangles].mean(axis=1), balanced_tree=False, compact_nodes=False)
    _, nearest = tree.query(mesh.points[mesh.triangles].mean(axis=1), workers=-1)
    return mesh.with_arrays(triangle_arrays={key: values[nearest] for key, values in fine.triangle_arrays.items()})
