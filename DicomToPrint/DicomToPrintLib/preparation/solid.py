"""Solids for exact CSG by manifold3d, with the provenance of every triangle carried through."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..errors import MissingPackage, Refused
from ..mesh import Mesh, Provenance


def manifold3d() -> Any:
    """The module manifold3d. Raises `MissingPackage` with the way out."""
    try:
        import manifold3d as module
    except ImportError:
        raise MissingPackage("Preparing a model needs the package manifold3d: install it with 'python -m pip install manifold3d', "
                             "or leave the preparation out.") from None
    return module


@dataclass(frozen=True)
class Solid:
    """A mesh as a manifold3d.Manifold; `number` is what manifold3d calls its triangles' origin."""

    manifold: Any
    number: int
    mesh: Mesh


def to_solid(mesh: Mesh) -> Solid:
    """Solid of a closed mesh in LPS mm, its triangles numbered so that `from_solid` finds them again.

    Raises `Refused` where the mesh encloses no solid.
    """
    module = manifold3d()
    count = len(mesh.triangles)
    number = module.Manifold.reserve_ids(1)
    mesh64 = module.Mesh64(vert_properties=np.array(mesh.points, dtype=np.float64, order="C"),
                           tri_verts=np.array(mesh.triangles, dtype=np.uint64, order="C"),
                           run_index=np.array([0, 3 * count], dtype=np.uint64),
                           run_original_id=np.array([number], dtype=np.uint32),
                           face_id=np.arange(count, dtype=np.uint64))
    mesh64.merge()
    solid = module.Manifold(mesh64)
    if solid.status() != module.Error.NoError or solid.is_empty() or solid.volume() <= 0.0:
        raise Refused(f"'{mesh.name}' encloses no solid, so it cannot be prepared: repair it first (inspect --repair).")
    return Solid(solid, number, mesh)


def from_solid(solid: Any, sources: Sequence[Solid], new: Provenance, like: Mesh) -> Mesh:
    """Mesh of a manifold3d.Manifold in float32 LPS mm, named and coloured like `like`.

    `sources` are the solids that went in: their triangles keep their ``Provenance``; every other triangle gets
    `new`. Raises `Refused` for an empty result.
    """
    result = solid.to_mesh64()
    triangles = np.asarray(result.tri_verts, dtype=np.int64)
    if len(triangles) == 0:
        raise Refused(f"Nothing would be left of '{like.name}': choose another place or size for this step.")
    provenance = np.full(len(triangles), int(new), dtype=np.uint8)
    runs = np.asarray(result.run_index, dtype=np.int64) // 3
    faces = np.asarray(result.face_id, dtype=np.int64)
    known = {source.number: source.mesh for source in sources}
    for number, original in enumerate(result.run_original_id):
        mesh = known.get(int(original))
        if mesh is None:
            continue
        rows = slice(runs[number], runs[number + 1])
        kept = mesh.triangle_arrays.get("Provenance")
        provenance[rows] = int(Provenance.MEASURED) if kept is None else kept[faces[rows]]
    return Mesh(np.asarray(result.vert_properties)[:, :3].astype(np.float32), triangles, like.name, like.color,
                triangle_arrays={"Provenance": provenance})


def without_small_voids(mesh: Mesh, below_mm3: float) -> Mesh:
    """The mesh without closed surfaces that enclose a void smaller than `below_mm3` and are new, at least in part.

    Joining two solids that nearly coincide leaves bubbles between them, which nothing can drain. Voids of the scan stay.
    """
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    triangles = mesh.triangles
    ends = np.concatenate([triangles[:, [0, 1]], triangles[:, [1, 2]]])
    count = len(mesh.points)
    links = coo_matrix((np.ones(len(ends), dtype=bool), (ends[:, 0], ends[:, 1])), shape=(count, count))
    pieces, label = connected_components(links, directed=False)
    if pieces < 2:
        return mesh
    own = label[triangles[:, 0]]
    corners = (mesh.points - mesh.points.mean(axis=0)).astype(np.float64)[triangles]
    volumes = np.bincount(own, np.einsum("ij,ij->i", corners[:, 0], np.cross(corners[:, 1], corners[:, 2])) / 6.0, minlength=pieces)
    new = np.bincount(own, mesh.triangle_arrays["Provenance"] == Provenance.ADDED, minlength=pieces) > 0
    drop = (volumes < 0) & (volumes > -below_mm3) & new
    if not drop.any():
        return mesh
    kept = ~drop[own]
    used = np.zeros(count, dtype=bool)
    used[triangles[kept]] = True
    return Mesh(mesh.points[used], (np.cumsum(used) - 1)[triangles[kept]], mesh.name, mesh.color,
                triangle_arrays={name: values[kept] for name, values in mesh.triangle_arrays.items()})
