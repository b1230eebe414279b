"""Union of the parts of a mesh that pass through each other."""

import numpy as np

from ..mesh.components import component_volumes, contained_parts
from ..mesh.core import Mesh
from ..mesh.edge_table import label_face_components
from ..mesh.merge_points import merged_mesh
from ..mesh.topology import analyse_topology


def union_components(mesh: Mesh, pairs: np.ndarray) -> Mesh:
    """One surface around all parts (manifold3d, Apache-2.0); the mesh itself where that package is absent, where a
    part is not closed, or where there is nothing to unite.

    Walls of cavities stay with the solid around them: parts of negative volume go into one solid with those of
    positive volume whose box holds them. Solids that do not meet are united as one, so that bars which all cross are two
    solids, not thousands.

    Parameters
    ----------
    mesh
        Points in mm.
    pairs
        (n, 2) triangles that intersect, of `intersecting_pairs`.
    """
    try:
        import manifold3d
    except ImportError:
        return mesh
    facts = analyse_topology(mesh)
    if facts.components < 2 or facts.boundary_edges or facts.nonmanifold_edges or facts.inverted:
        return mesh
    points, triangles, _ = merged_mesh(mesh)
    count, part = label_face_components(triangles)
    owner = _owners(points, triangles, part, count)
    solid = owner[part]
    classes = _apart(_meeting(points, triangles, part, count, owner, pairs), owner)
    solids = []
    for number in range(int(classes.max()) + 1):
        used, new = np.unique(triangles[classes[solid] == number], return_inverse=True)
        made = manifold3d.Mesh(points[used].astype(np.float32), new.reshape(-1, 3).astype(np.uint32))
        solids.append(manifold3d.Manifold(made))
        if solids[-1].status() != manifold3d.Error.NoError:
            return mesh
    made = manifold3d.Manifold.batch_boolean(solids, manifold3d.OpType.Add).to_mesh()
    points, triangles = np.asarray(made.vert_properties)[:, :3], np.asarray(made.tri_verts)
    if len(triangles) == 0:
        return mesh
    return Mesh(points.astype(np.float32), triangles.astype(np.int32), mesh.name, mesh.color)


def _owners(points: np.ndarray, triangles: np.ndarray, part: np.ndarray, count: int) -> np.ndarray:
    """(count,) the part whose solid each part belongs to: itself, or for the wall of a cavity the smallest one whose box holds it; -1 for
    a wall that nothing holds, which is left out."""
    volumes = component_volumes(points, triangles, part, count)
    low, high = np.full((count, 3), np.inf), np.full((count, 3), -np.inf)
    for corner in range(3):
        np.minimum.at(low, part, points[triangles[:, corner]])
        np.maximum.at(high, part, points[triangles[:, corner]])
    owner = np.arange(count)
    for number in np.flatnonzero(volumes <= 0):
        holds = (volumes > 0) & (low <= low[number]).all(axis=1) & (high >= high[number]).all(axis=1)
        around = np.flatnonzero(holds)
        owner[number] = around[volumes[around].argmin()] if len(around) else -1
    return owner


def _meeting(
    points: np.ndarray, triangles: np.ndarray, part: np.ndarray, count: int, owner: np.ndarray, pairs: np.ndarray
) -> np.ndarray:
    """(n, 2) solids, by their parts, that intersect or lie in one another."""
    inside = contained_parts(points, triangles, part, count)
    met = owner[np.concatenate([part[pairs], inside])]
    met = met[(met >= 0).all(axis=1) & (met[:, 0] != met[:, 1])]
    return np.unique(np.sort(met, axis=1), axis=0)


def _apart(met: np.ndarray, owner: np.ndarray) -> np.ndarray:
    """(count,) a number for each solid so that no two that meet have the same: greedily, those that meet the most first; -1 for what is no
    solid."""
    near: dict[int, set[int]] = {}
    for one, other in met.tolist():
        near.setdefault(one, set()).add(other)
        near.setdefault(other, set()).add(one)
    classes = np.where(owner == np.arange(len(owner)), 0, -1)
    chosen: dict[int, int] = {}
    for solid in sorted(near, key=lambda solid: (-len(near[solid]), solid)):
        taken = {chosen[other] for other in near[solid] if other in chosen}
        chosen[solid] = next(number for number in range(len(taken) + 1) if number not in taken)
        classes[solid] = chosen[solid]
    return classes
