"""Solids for exact CSG by manifold3d, with the provenance of every triangle carried through."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..errors import MissingDependencyError, RefusedError
from ..mesh.components import component_volumes
from ..mesh.core import Mesh, Provenance, keep_triangles
from ..mesh.graph import label_vertex_components
from ..mesh.triangle_distance import nearest_triangles
from ..messages import _

SEAM_MM = 0.002  # far below the 0.01 mm that untouched surface may move
# manifold3d joins points nearer than 1e-12 of the farthest coordinate: 0.0001 mm there, a few steps of float32.
FAR_MM = 1e8
KEPT_MM = 0.01  # how far mending may move what was there before
LOST_MM = 0.05  # and how far what the step itself made
MAX_TURNED = 200  # flat triangles, one after another
LOOKED_AT = 20_000  # points of what was mended


def import_manifold3d() -> Any:
    """The module manifold3d. Raises `MissingDependencyError` with the way out."""
    try:
        import manifold3d as module
    except ImportError:
        raise MissingDependencyError(
            _(
                "Preparing a model needs the package manifold3d: install it with 'python -m pip install "
                "manifold3d', or leave the preparation out."
            )
        ) from None
    return module


@dataclass(frozen=True)
class CsgSolid:
    """A mesh as a manifold3d.Manifold; `number` is what manifold3d calls its triangles' origin."""

    manifold: Any
    number: int
    mesh: Mesh


def to_manifold(mesh: Mesh) -> CsgSolid:
    """Solid of a closed mesh in LPS mm, its triangles numbered so that `from_manifold` finds them again.

    Raises `RefusedError` where the mesh encloses no solid.
    """
    module = import_manifold3d()
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
        raise RefusedError(
            _(
                "'{mesh}' encloses no solid, so it cannot be prepared: repair it first (inspect {--repair}).",
                mesh=mesh.name,
            )
        )
    return CsgSolid(solid, number, mesh)


def from_manifold(
    solid: Any, sources: Sequence[CsgSolid], new: Provenance, like: Mesh, loose: Sequence[Provenance] = ()
) -> Mesh:
    """Mesh of a manifold3d.Manifold in float32 LPS mm, named and coloured like `like`, sound as a reader of the file sees it.

    `sources` are the solids that went in: their triangles keep their ``Provenance``; every other triangle gets
    `new`. Slivers along the seams, which would cross one another once rounded to float32, are taken out (surface moves by
    `SEAM_MM` at most) and what still crosses is mended where it is: kept triangles stay within `KEPT_MM`, unless they are marked
    as one of `loose`. Raises `RefusedError` for an empty result, or one that could not
    be mended.
    """
    result = _without_slivers(solid).to_mesh64()
    triangles = np.asarray(result.tri_verts, dtype=np.int64)
    if len(triangles) == 0:
        raise RefusedError(
            _("Nothing would be left of '{like}': choose another place or size for this step.", like=like.name)
        )
    points = np.asarray(result.vert_properties)[:, :3].astype(np.float32)
    provenance = np.full(len(triangles), int(new), dtype=np.uint8)
    untouched, fresh = np.zeros(len(triangles), dtype=bool), np.ones(len(triangles), dtype=bool)
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
        fresh[rows] = np.isin(provenance[rows], [int(one) for one in loose])
        untouched[rows] = _same_corners(
            points[triangles[rows]], mesh.points.astype(np.float32)[mesh.triangles[faces[rows]]]
        )
    made = Mesh(points, triangles, like.name, like.color, triangle_arrays={"Provenance": provenance})
    return _sound(made, ~untouched, fresh, new)


def _without_slivers(solid: Any) -> Any:
    """The solid without short edges and points along straight ones; points that stay move by less than 1e-8 mm.

    What it was cut with leaves points nearer to one another than float32 tells apart. manifold3d joins points only within its own
    precision, which goes with how far the solid lies from the origin: so it is looked at from afar.
    """
    return solid.translate((FAR_MM, 0.0, 0.0)).simplify(SEAM_MM).translate((-FAR_MM, 0.0, 0.0))


def _same_corners(made: np.ndarray, given: np.ndarray) -> np.ndarray:
    """(n,) bool: triangles (n, 3, 3) that have the corners of the given ones, whichever comes first."""
    return np.any([(np.roll(made, turn, axis=1) == given).all(axis=(1, 2)) for turn in range(3)], axis=0)


def _sound(mesh: Mesh, touched: np.ndarray, fresh: np.ndarray, new: Provenance) -> Mesh:
    """The mesh after a reader's weld, mended where the `touched` (m,) triangles cross others, are slivers or pinch it.

    Two triangles that were in a source as they are now were sound to each other there, so only pairs with a touched one are
    looked at. What mending puts in is marked `new`; it may lie a little beside what the step made, the `fresh` (m,) triangles.
    """
    from ..mesh.merge_points import merged_mesh
    from ..mesh.transfer import transfer_triangle_arrays
    from ..repair import repair_mesh
    from ..repair.local_repair import find_defective_triangles, repair_locally

    points, triangles, first = merged_mesh(mesh)
    welded_mesh = Mesh(points, triangles, mesh.name, mesh.color, triangle_arrays=mesh.triangle_arrays)
    lost = np.ones(len(mesh.points), dtype=bool)
    lost[first] = False
    # A point that fell together with another may pinch what was not touched.
    suspect = np.union1d(triangles[touched].ravel(), triangles[lost[mesh.triangles].any(axis=1)].ravel())
    bad = find_defective_triangles(points, triangles, suspect)
    if len(bad):
        welded_mesh = _turned(welded_mesh, bad)
        triangles = welded_mesh.triangles
        bad = find_defective_triangles(points, triangles, suspect)
    if len(bad) == 0:
        return welded_mesh
    mended = repair_locally(welded_mesh, bad)
    result = mended.mesh
    if len(mended.bad) or _strayed(welded_mesh, result, fresh):
        repaired = repair_mesh(welded_mesh)
        # A repair that is valid may have rebuilt or dropped what it could not mend.
        if not repaired.valid or _strayed(welded_mesh, repaired.mesh, fresh):
            raise RefusedError(
                _(
                    "This step would leave faults in '{mesh}' that cannot be mended: choose a slightly different "
                    "size or place for it.",
                    mesh=mesh.name,
                )
            )
        return repaired.mesh
    put = _new_in(result, welded_mesh)
    marks = transfer_triangle_arrays(result, welded_mesh).triangle_arrays
    return result.with_arrays(triangle_arrays={"Provenance": np.where(put, np.uint8(new), marks["Provenance"])})


def _turned(mesh: Mesh, bad: np.ndarray) -> Mesh:
    """The mesh with the long sides of flat triangles among `bad` (n,) turned: the corner that lies on such a side is joined to the
    corner beyond it, and nothing moves. Cutting a rim of large triangles out around them would."""
    from ..mesh.topology import degenerate_triangles

    points, triangles = mesh.points.astype(np.float64), mesh.triangles.copy()
    marks = {name: values.copy() for name, values in mesh.triangle_arrays.items()}
    for row in bad[degenerate_triangles(points, triangles[bad])][:MAX_TURNED]:
        sides = np.linalg.norm(points[np.roll(triangles[row], -1)] - points[triangles[row]], axis=1)
        start, end, corner = np.roll(triangles[row], -int(sides.argmax()))
        on_start, on_corner = (triangles == start).any(axis=1), (triangles == corner).any(axis=1)
        beside = np.flatnonzero(on_start & (triangles == end).any(axis=1))
        beside = beside[beside != row]
        if len(beside) != 1:
            continue
        other = int(beside[0])
        beyond = int(np.setdiff1d(triangles[other], (start, end))[0])
        two = np.array([[corner, start, beyond], [beyond, end, corner]])
        taken = (on_corner & (triangles == beyond).any(axis=1)).any()
        normals = [np.cross(points[b] - points[a], points[c] - points[a]) for a, b, c in (*two, triangles[other])]
        if taken or degenerate_triangles(points, two).any() or min(n @ normals[2] for n in normals[:2]) <= 0.0:
            continue
        triangles[row], triangles[other] = two
        for values in marks.values():
            values[row] = values[other]
    return Mesh(mesh.points, triangles, mesh.name, mesh.color, triangle_arrays=marks)


def _strayed(before: Mesh, after: Mesh, fresh: np.ndarray) -> bool:
    """Whether mending moved kept surface by more than `KEPT_MM`, or the `fresh` (m,) triangles by more than `LOST_MM`, somewhere."""
    taken, put = _new_in(before, after), _new_in(after, before)
    return (
        max_distance_to(before, taken & ~fresh, after) > KEPT_MM
        or max_distance_to(before, taken & fresh, after) > LOST_MM
        or max_distance_to(after, put, before) > LOST_MM
    )


def max_distance_to(mesh: Mesh, rows: np.ndarray, other: Mesh) -> float:
    """How far the triangles `rows` (m,) bool of a mesh lie from the other one at most, in mm, by 20,000 of their middles and sides."""
    corners = mesh.points.astype(np.float64)[mesh.triangles[rows]]
    points = np.concatenate([corners.mean(axis=1), *((corners + np.roll(corners, 1, axis=1)) / 2.0).swapaxes(0, 1)])
    points = points[:: max(1, len(points) // LOOKED_AT)]
    return float(nearest_triangles(points, _about(other, points))[1].max()) if len(points) else 0.0


def _new_in(mesh: Mesh, other: Mesh) -> np.ndarray:
    """(m,) bool: triangles of the mesh that the other has not."""
    from ..mesh.merge_points import merge_equal_points
    from ..mesh.topology import duplicate_triangles

    _unused, group = merge_equal_points(np.concatenate([other.points, mesh.points]))
    again = duplicate_triangles(np.concatenate([group[other.triangles], group[len(other.points) + mesh.triangles]]))
    new = np.ones(len(mesh.triangles), dtype=bool)
    new[again[again >= len(other.triangles)] - len(other.triangles)] = False
    return new


def _about(mesh: Mesh, points: np.ndarray) -> Mesh:
    """The triangles of the mesh in the box around the points: what can be nearest to them."""
    at = mesh.points.astype(np.float64)[mesh.triangles]
    low, high = points.min(axis=0) - 1.0, points.max(axis=0) + 1.0
    near = ((at.max(axis=1) >= low) & (at.min(axis=1) <= high)).all(axis=1)
    return Mesh(mesh.points, mesh.triangles[near] if near.any() else mesh.triangles)


def remove_small_voids(mesh: Mesh, below_mm3: float) -> Mesh:
    """The mesh without closed surfaces that enclose a void smaller than `below_mm3` and are new, at least in part.

    Joining two solids that nearly coincide leaves bubbles between them, which nothing can drain. Voids of the scan stay.
    """
    pieces, label = label_vertex_components(mesh.triangles, len(mesh.points))
    if pieces < 2:
        return mesh
    own = label[mesh.triangles[:, 0]]
    volumes = component_volumes(mesh.points, mesh.triangles, own, pieces)
    new = np.bincount(own, mesh.triangle_arrays["Provenance"] == Provenance.ADDED, minlength=pieces) > 0
    drop = (volumes < 0) & (volumes > -below_mm3) & new
    return keep_triangles(mesh, ~drop[own])
