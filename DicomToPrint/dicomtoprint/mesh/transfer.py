"""Triangle arrays taken over from another surface."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from .core import Mesh

_PROBES = 500  # triangles by which the surface that another was made from is told


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


def transfer_materials(mesh: Mesh, source: Mesh) -> Mesh:
    """The mesh with name, colour and materials of the one it was made from: each triangle has the material of the nearest one."""
    painted = replace(mesh, name=source.name, color=source.color, materials=source.materials)
    material = source.triangle_arrays.get("Material")
    if material is None or len(mesh.triangles) == 0:
        return painted
    from .triangle_distance import nearest_triangles

    nearest, _ = nearest_triangles(mesh.points[mesh.triangles].mean(axis=1, dtype=np.float64), source)
    return painted.with_arrays(triangle_arrays={"Material": material[nearest]})


def transfer_materials_of_nearest(mesh: Mesh, sources: Sequence[Mesh]) -> Mesh:
    """The mesh, under its own name, in colour and materials of the one of several that it was made from: the one whose surface most of it
    lies on. The mesh itself where none has materials."""
    from .triangle_distance import nearest_triangles

    if not any(source.materials for source in sources) or len(mesh.triangles) == 0:
        return mesh
    some = mesh.triangles[np.linspace(0, len(mesh.triangles) - 1, min(len(mesh.triangles), _PROBES)).astype(int)]
    places = mesh.points[some].mean(axis=1, dtype=np.float64)
    away = [float(np.median(nearest_triangles(places, source)[1])) for source in sources]
    return replace(transfer_materials(mesh, sources[int(np.argmin(away))]), name=mesh.name)
