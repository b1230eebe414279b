"""Union of the parts of a mesh that pass through each other."""

import numpy as np

from ..mesh.core import Mesh
from ..mesh.edge_table import label_face_components
from ..mesh.merge_points import merged_mesh
from ..mesh.topology import analyse_topology


def union_components(mesh: Mesh) -> Mesh:
    """One surface around all parts (manifold3d, Apache-2.0); the mesh itself where that package is absent, where a
    part is not closed, or where there is nothing to unite.

    Walls of cavities stay with the solid around them: parts of negative volume go into one solid with those of
    positive volume whose box holds them.
    """
    try:
        import manifold3d
    except ImportError:
        return mesh
    facts = analyse_topology(mesh)
    if facts.components < 2 or facts.boundary_edges or facts.nonmanifold_edges or facts.inverted:
        return mesh
    solids = []
    for triangles, points in _solids(mesh):
        solid = manifold3d.Manifold(manifold3d.Mesh(points, triangles.astype(np.uint32)))
        if solid.status() != manifold3d.Error.NoError:
            return mesh
        solids.append(solid)
    made = manifold3d.Manifold.batch_boolean(solids, manifold3d.OpType.Add).to_mesh()
    points, triangles = np.asarray(made.vert_properties)[:, :3], np.asarray(made.tri_verts)
    if len(triangles) == 0:
        return mesh
    return Mesh(points.astype(np.float32), triangles.astype(np.int32), mesh.name, mesh.color)


def _solids(mesh: Mesh) -> list[tuple[np.ndarray, np.ndarray]]:
    points, triangles, _ = merged_mesh(mesh)
    count, part = label_face_components(triangles)
    shells = [triangles[part == number] for number in range(count)]
    volumes = np.array([Mesh(points, shell).volume for shell in shells])
    boxes = [(points[s.ravel()].min(axis=0), points[s.ravel()].max(axis=0)) for s in shells]
    groups = {int(n): [shells[n]] for n in np.flatnonzero(volumes > 0)}
    for number in np.flatnonzero(volumes <= 0):
        around = [
            n for n in groups if (boxes[n][0] <= boxes[number][0]).all() and (boxes[n][1] >= boxes[number][1]).all()
        ]
        if around:
            groups[min(around, key=lambda n: volumes[n])].append(shells[number])
    result = []
    for members in groups.values():
        used, new = np.unique(np.concatenate(members), return_inverse=True)
        result.append((new.reshape(-1, 3), points[used].astype(np.float32)))
    return result
