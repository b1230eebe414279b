"""A wall around a lumen: the blood pool of a heart or a vessel becomes a hollow model, open where the scan or a plane cuts it."""

from dataclasses import dataclass

import numpy as np

from ..errors import RefusedError
from ..mesh.core import Mesh, Provenance
from ..mesh.graph import label_vertex_components
from ..mesh.grid import Grid, grid_around
from ..mesh.narrow_band_distance import narrow_band_distance
from ..mesh.voxelize import voxelize
from ..messages import _
from ..progress import ProgressCallback, no_progress, subprogress
from .csg import from_manifold, import_manifold3d, to_manifold
from .cut import Plane
from .voxel_grid import isosurface_mesh

# Of the grid: a voxel of 0.15 mm rounds the crease of a fork by less than 0.05 mm, one of 0.25 mm by 0.09; a coarser one only saves memory.
FINEST_MM, MOST_VOXELS = 0.15, 100_000_000
MARGIN_VOXELS = 3.0
SIMPLIFICATION_MM = 0.015  # how far simplifying may move the outer surface
FLAT_MM, LEAST_MM2, SLANT = (
    0.75,
    1.0,
    0.5,
)  # of the face that the edge of a scan cuts, which noise makes uneven; radians
MOST_DIRECTIONS = 12
OPENING_MM = 0.02  # so far inside of that face the wall ends, or a film would close it


@dataclass(frozen=True)
class ShellResult:
    """The wall as a solid; `added_mm3` is its volume, `ends` the middle of each open end in LPS mm, `shared_mm2` the area of the lumen
    that has another part of it nearer than the wall is thick: between the two the wall is only as thick as what lies there."""

    mesh: Mesh
    added_mm3: float
    ends: tuple[tuple[float, float, float], ...]
    shared_mm2: float = 0.0


def add_shell(
    mesh: Mesh, wall: float, *, spacing: float | None = None, progress: ProgressCallback = no_progress
) -> ShellResult:
    """A wall of `wall` mm outside a lumen, instead of the lumen.

    The surface of the lumen stays where it is and becomes the wall's inner side; the outer side is its offset, measured perpendicular to
    it on a grid of 0.15 mm (or `spacing`; coarser for large models), and is marked ADDED. Ends are open where the edge of the scan cuts
    the lumen: at flat faces marked CUT beyond which nothing of it lies. Where there is none the wall is closed, and a cut opens it.
    Two parts of the lumen nearer to one another than the wall is thick keep what lies between them and no more.
    Raises `RefusedError` where the lumen encloses no solid or the wall leaves none of it hollow.
    """
    module = import_manifold3d()
    lumen = to_manifold(mesh)
    step = spacing or FINEST_MM
    size = np.ptp(np.asarray(mesh.bounds).reshape(3, 2), axis=1) + 2.0 * (wall + MARGIN_VOXELS)
    step = max(step, float(np.prod(size) / MOST_VOXELS) ** (1.0 / 3.0))
    grid = grid_around(mesh, step, wall + MARGIN_VOXELS * step)
    inside = voxelize(mesh, grid.affine, grid.shape)
    shared = _shared_area(mesh, grid, inside, wall)
    field = _field(mesh, grid, inside, wall, subprogress(progress, 0.0, 0.8))
    outer = to_manifold(isosurface_mesh(field, grid, mesh)).manifold.simplify(SIMPLIFICATION_MM)
    del field, inside
    # What the offset encloses on its own is the lumen's own hollow, which a wall fills.
    pieces = [piece for piece in outer.decompose() if piece.volume() > 0]
    outer = module.Manifold.batch_boolean(pieces, module.OpType.Add)
    faces = cut_faces(mesh)
    for plane in {plane for plane, _middle in faces}:
        outer = outer.trim_by_plane([-value for value in plane.normal], OPENING_MM - plane.offset)
    progress(0.85, _("taking the lumen out of its wall"))
    result = outer - lumen.manifold
    if result.is_empty() or result.volume() <= 0.0:
        raise RefusedError(
            _(
                "'{mesh}' is no lumen that a wall of {wall:g} mm fits around: choose another wall.",
                mesh=mesh.name,
                wall=wall,
            )
        )
    made = from_manifold(result, [lumen], Provenance.ADDED, mesh)
    progress(1.0, _("shell"))
    return ShellResult(made, float(result.volume()), tuple(middle for _plane, middle in faces), shared)


def _shared_area(mesh: Mesh, grid: Grid, inside: np.ndarray, wall: float) -> float:
    """Area in mm2 of the mesh from which another part of it is reached within the wall, along the outward normal."""
    normals = mesh.triangle_normals()
    areas = np.linalg.norm(normals, axis=1)
    middles = mesh.points.astype(np.float64)[mesh.triangles].mean(axis=1)
    outward = normals / np.maximum(areas, 1e-12)[:, None]
    met = np.zeros(len(areas), dtype=bool)
    for away in np.arange(grid.spacing, wall, grid.spacing):  # a voxel off, the surface itself is not met
        at = np.rint((middles + away * outward - grid.origin) / grid.spacing).astype(np.int64)
        met |= inside[at[:, 2], at[:, 1], at[:, 0]]
    return float(0.5 * areas[met].sum())


def _field(mesh: Mesh, grid: Grid, inside: np.ndarray, wall: float, progress: ProgressCallback) -> np.ndarray:
    """(k, j, i) float32 mm, zero at `wall` outside the mesh, positive nearer to it and inside (k, j, i)."""
    field = np.float32(wall) - narrow_band_distance(mesh, grid, ~inside, wall, progress)
    np.clip(field, -np.float32(grid.spacing), np.float32(grid.spacing), out=field)
    field[inside] = np.float32(grid.spacing)
    return field


def cut_faces(mesh: Mesh) -> list[tuple[Plane, tuple[float, float, float]]]:
    """The planes of the scan's edge that cut a mesh, pointing away from it, and the middle of each face, in LPS mm.

    A face is what of the triangles marked CUT lies within `FLAT_MM` of a plane beyond which nothing of the mesh is, and connected, of at
    least `LEAST_MM2`; several may share a plane.
    """
    marks = mesh.triangle_arrays.get("Provenance")
    rows = np.flatnonzero(marks == Provenance.CUT) if marks is not None else np.zeros(0, dtype=int)
    points, normals = mesh.points.astype(np.float64), mesh.triangle_normals()[rows]
    areas = np.linalg.norm(normals, axis=1)
    rows, normals, areas = (values[areas > 0] for values in (rows, normals, areas))
    middles = points[mesh.triangles[rows]].mean(axis=1)
    left, found = np.ones(len(rows), dtype=bool), []
    for _unused in range(MOST_DIRECTIONS):
        if areas[left].sum() < 2.0 * LEAST_MM2:
            break
        normal = _commonest_direction(normals[left], areas[left])
        top = float((points @ normal).max())
        alike = left & (normals @ normal > np.cos(SLANT) * areas)
        on_face = alike & (middles @ normal > top - FLAT_MM)
        if areas[on_face].sum() < 2.0 * LEAST_MM2:
            left &= ~alike
            continue
        left &= ~alike & (middles @ normal < top - 2.0 * FLAT_MM)  # its rounded rim is no face of its own
        face = mesh.triangles[rows[on_face]]
        # Opened at its innermost place, so that no film of it stays.
        plane = Plane((float(normal[0]), float(normal[1]), float(normal[2])), float((points[face] @ normal).min()))
        _unused, label = label_vertex_components(face, len(points))
        for number in np.unique(label[face[:, 0]]):
            weights = areas[on_face] * (label[face[:, 0]] == number)
            if weights.sum() >= 2.0 * LEAST_MM2:
                middle = np.average(middles[on_face], axis=0, weights=weights)
                found.append((plane, (float(middle[0]), float(middle[1]), float(middle[2]))))
    return found


def _commonest_direction(normals: np.ndarray, areas: np.ndarray) -> np.ndarray:
    """(3,) unit normal that most of the area has; `areas` (n,) are the lengths of the `normals` (n, 3)."""
    _unused, group = np.unique(np.rint(2.0 * normals / areas[:, None]).astype(int), axis=0, return_inverse=True)
    mean = normals[group.ravel() == np.bincount(group.ravel(), areas).argmax()].sum(axis=0)
    mean = normals[normals @ mean > np.cos(SLANT) * areas * np.linalg.norm(mean)].sum(axis=0)
    return np.asarray(mean / np.linalg.norm(mean))
