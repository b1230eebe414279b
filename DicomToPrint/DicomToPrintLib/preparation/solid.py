"""Solids for exact CSG by manifold3d, with the provenance of every triangle carried through."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..errors import MissingPackage, Refused
from ..mesh import Mesh, Provenance

LOST_MM = 0.05
SEAM_MM = 0.002  # far below the 0.01 mm that untouched surface may move


def manifold3d() -> Any:
    """The module manifold3d. Raises `MissingPackage` with the way out."""
    try:
        import manifold3d as module
    except ImportError:
        raise MissingPackage(
            "Preparing a model needs the package manifold3d: install it with 'python -m pip install manifold3d', "
            "or leave the preparation out."
        ) from None
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
    mesh64 = module.Mesh64(
        vert_properties=np.array(mesh.points, dtype=np.float64, order="C"),
        tri_verts=np.array(mesh.triangles, dtype=np.uint64, order="C"),
        run_index=np.array([0, 3 * count], dtype=np.uint64),
        run_original_id=np.array([number], dtype=np.uint32),
        face_id=np.arange(count, dtype=np.uint64),
    )
    solid = module.Manifold(mesh64)
    if solid.status() == module.Error.NotManifold and mesh64.merge():
        solid = module.Manifold(mesh64)
    if solid.status() != module.Error.NoError or solid.is_empty() or solid.volume() <= 0.0:
        raise Refused(f"'{mesh.name}' encloses no solid, so it cannot be prepared: repair it first (inspect --repair).")
    return Solid(solid, number, mesh)


def from_solid(solid: Any, sources: Sequence[Solid], new: Provenance, like: Mesh) -> Mesh:
    """Mesh of a manifold3d.Manifold in float32 LPS mm, named and coloured like `like`, sound as a reader of the file sees it.

    `sources` are the solids that went in: their triangles keep their ``Provenance``; every other triangle gets
    `new`. Slivers along the seams, which would cross one another once rounded to float32, are taken out (surface moves by
    `SEAM_MM` at most) and what still crosses is mended where it is. Raises `Refused` for an empty result, or one that could not
    be mended.
    """
    result = solid.simplify(SEAM_MM).to_mesh64()
    triangles = np.asarray(result.tri_verts, dtype=np.int64)
    if len(triangles) == 0:
        raise Refused(f"Nothing would be left of '{like.name}': choose another place or size for this step.")
    points = np.asarray(result.vert_properties)[:, :3].astype(np.float32)
    provenance = np.full(len(triangles), int(new), dtype=np.uint8)
    untouched = np.zeros(len(triangles), dtype=bool)
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
        untouched[rows] = _same_corners(
            points[triangles[rows]], mesh.points.astype(np.float32)[mesh.triangles[faces[rows]]]
        )
    made = Mesh(points, triangles, like.name, like.color, triangle_arrays={"Provenance": provenance})
    return _sound(made, ~untouched, new)


def _same_corners(made: np.ndarray, given: np.ndarray) -> np.ndarray:
    """(n,) bool: triangles (n, 3, 3) that have the corners of the given ones, whichever comes first."""
    return np.any([(np.roll(made, turn, axis=1) == given).all(axis=(1, 2)) for turn in range(3)], axis=0)


def _sound(mesh: Mesh, touched: np.ndarray, new: Provenance) -> Mesh:
    """The mesh after a reader's weld, mended where the `touched` (m,) triangles cross others, are slivers or pinch it.

    Two triangles that were in a source as they are now were sound to each other there, so only pairs with a touched one are
    looked at. What mending puts in is marked `new`.
    """
    from ..measure.topology import duplicate_triangles, weld, welded
    from ..surface import repair
    from ..surface.simplification import with_nearest
    from ..surface.surgery import bad_triangles, heal

    points, triangles, first = welded(mesh)
    welded_mesh = Mesh(points, triangles, mesh.name, mesh.color, triangle_arrays=mesh.triangle_arrays)
    lost = np.ones(len(mesh.points), dtype=bool)
    lost[first] = False
    # A point that fell together with another may pinch what was not touched.
    suspect = np.union1d(triangles[touched].ravel(), triangles[lost[mesh.triangles].any(axis=1)].ravel())
    bad = bad_triangles(points, triangles, suspect)
    if len(bad) == 0:
        return welded_mesh
    mended = heal(welded_mesh, bad)
    result = mended.mesh
    if len(mended.bad) or not 0.999 < result.volume / mesh.volume < 1.001:
        repaired = repair(welded_mesh)
        # A repair that is valid may have rebuilt or dropped what it could not mend.
        if not repaired.valid or not 0.999 < repaired.mesh.volume / mesh.volume < 1.001 or _lost(mesh, repaired.mesh):
            raise Refused(
                f"This step would leave faults in '{mesh.name}' that cannot be mended: choose a slightly different size "
                "or place for it."
            )
        return repaired.mesh
    _, group = weld(np.concatenate([points, result.points]))
    both = np.concatenate([group[triangles], group[len(points) + result.triangles]])
    put = np.ones(len(result.triangles), dtype=bool)
    again = duplicate_triangles(both)
    put[again[again >= len(triangles)] - len(triangles)] = False
    marks = with_nearest(result, welded_mesh).triangle_arrays
    return result.with_arrays(triangle_arrays={"Provenance": np.where(put, np.uint8(new), marks["Provenance"])})


def _lost(before: Mesh, after: Mesh) -> bool:
    """Whether a repair moved a bound of the mesh by more than `LOST_MM`: something stands or lies there no more."""
    return bool(np.abs(np.asarray(before.bounds) - np.asarray(after.bounds)).max() > LOST_MM)


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
    volumes = np.bincount(
        own, np.einsum("ij,ij->i", corners[:, 0], np.cross(corners[:, 1], corners[:, 2])) / 6.0, minlength=pieces
    )
    new = np.bincount(own, mesh.triangle_arrays["Provenance"] == Provenance.ADDED, minlength=pieces) > 0
    drop = (volumes < 0) & (volumes > -below_mm3) & new
    if not drop.any():
        return mesh
    kept = ~drop[own]
    used = np.zeros(count, dtype=bool)
    used[triangles[kept]] = True
    return Mesh(
        mesh.points[used],
        (np.cumsum(used) - 1)[triangles[kept]],
        mesh.name,
        mesh.color,
        triangle_arrays={name: values[kept] for name, values in mesh.triangle_arrays.items()},
    )
