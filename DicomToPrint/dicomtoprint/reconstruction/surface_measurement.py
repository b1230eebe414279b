"""The finished surface measured against the grey-value boundary: deviation, volume, area, provenance."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np

from ..imaging.surface_deviation import isosurface_distance, vertex_normals, weighted_distance_stats
from ..mesh.core import Mesh, Provenance
from ..mesh.graph import label_vertex_components
from ..mesh.scalar_field import ScalarField
from ..mesh.vertex_averaging import build_vertex_averaging
from ..progress import ProgressCallback
from .edge_shift_correction import EdgeShiftCorrection
from .wall_faces import WallFaces

MAX_CENTRES = 100_000  # centres of triangles that are measured beside the points


def measure_surface(
    mesh: Mesh,
    field: ScalarField,
    raw: Mesh,
    volume_before: float,
    correction: EdgeShiftCorrection | None,
    walls: WallFaces | None,
    progress: ProgressCallback,
) -> tuple[Mesh, dict[str, object]]:
    """The mesh with its deviation from the grey-value boundary, and its figures.

    Parameters
    ----------
    mesh
        The simplified surface, points (n, 3) in LPS mm.
    field
        The scalar field whose isosurface the boundary is.
    raw
        The contour of `field` before smoothing and simplification.
    volume_before
        Volume of that contour in mm3, removed components left out.
    correction
        Where the boundary lies at another grey value than the contour's; the deviation is measured from there.
    walls
        Faces of thin walls; the deviation of what was modelled is measured from these.

    Returns
    -------
    tuple
        The mesh with the point array ``Deviation`` (n,) float32 in mm, and the figures by name as of `SurfaceModel`.
    """
    cross = mesh.triangle_normals()
    length = np.sqrt(np.einsum("ij,ij->i", cross, cross))
    some = np.arange(0, len(mesh.triangles), max(1, len(mesh.triangles) // MAX_CENTRES))
    with ThreadPoolExecutor(1) as helper:
        counting = helper.submit(label_vertex_components, mesh.triangles, len(mesh.points))
        area = np.bincount(mesh.triangles.ravel(), np.repeat(length / 6.0, 3), minlength=len(mesh.points))
        offset = _boundary_distance(mesh, field, raw, cross, length, some, progress)
    facts: dict[str, object] = {}
    if correction is not None:
        near = build_vertex_averaging(mesh, cross)
        beside = correction.of_neighbours(mesh, -offset[: len(mesh.points)], near)
        offset -= np.concatenate([beside, beside[mesh.triangles[some]].mean(axis=1)]).astype(offset.dtype)
        facts.update(correction.figures(mesh, beside, near))
    weights = np.concatenate([area, length[some] * area.sum() / length[some].sum()])
    if walls is not None:
        ahead = walls.ahead(*_places_and_normals(mesh, cross, length, some))
        offset = np.where(ahead.found, -ahead.height, offset).astype(np.float32)
        facts.update(walls.distances(mesh, cross))
    volume = mesh.volume
    facts.update(
        weighted_distance_stats(offset, weights),
        triangles=len(mesh.triangles),
        volume_mm3=volume,
        area_mm2=float(length.sum() / 2.0),
        volume_change_percent=100.0 * (volume - volume_before) / volume_before if volume_before else 0.0,
        components=counting.result()[0],
        provenance_area_percent=_area_shares(mesh, length),
    )
    return mesh.with_arrays(point_arrays={"Deviation": offset[: len(mesh.points)].astype(np.float32)}), facts


def _places_and_normals(
    mesh: Mesh, cross: np.ndarray, length: np.ndarray, some: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """The points and the centres of the triangles `some`, (n + k, 3) mm, and their unit normals (n + k, 3)."""
    facing = cross[some] / np.maximum(length[some], 1e-30)[:, None]
    places = np.concatenate([mesh.points, mesh.points[mesh.triangles[some]].mean(axis=1)])
    return places, np.concatenate([vertex_normals(mesh, cross), facing])


def _boundary_distance(
    mesh: Mesh,
    field: ScalarField,
    raw: Mesh,
    cross: np.ndarray,
    length: np.ndarray,
    some: np.ndarray,
    progress: ProgressCallback,
) -> np.ndarray:
    """Signed distance in mm (n points + k centres,) of the points and of the centres of the triangles `some` (k,).

    `cross` (t, 3) are the triangles' normals with twice their area as `length` (t,).
    """
    spacing = np.linalg.norm(field.affine[:3, :3], axis=0)
    to_index = field.to_index
    places, normals = _places_and_normals(mesh, cross, length, some)
    offset = isosurface_distance(
        places,
        normals,
        field.array,
        field.level,
        to_index,
        2.0 * float(spacing.max()),
        0.5 * float(spacing.min()),
        progress,
    )
    # At a sharp edge the normal may run along a wall: a far intersection gives way to the nearest point of the contour.
    far = np.flatnonzero(~(np.abs(offset) <= 0.5 * spacing.min()))
    nearest = _to_contour(places[far], raw, field, to_index)
    offset[far] = np.where(np.abs(offset[far]) <= np.abs(nearest), offset[far], nearest)
    return offset


def _to_contour(points: np.ndarray, raw: Mesh, field: ScalarField, to_index: np.ndarray) -> np.ndarray:
    """(n,) signed distance in mm of points from the nearest point of the contour."""
    from scipy import ndimage
    from scipy.spatial import cKDTree

    if len(points) == 0:
        return np.zeros(0, dtype=np.float32)
    near = _around(raw.points, points, 4.0 * float(np.linalg.norm(field.affine[:3, :3], axis=0).max()))
    distance, _ = cKDTree(near if len(near) else raw.points).query(points)
    at = (points.astype(np.float64) @ to_index[:3, :3].T + to_index[:3, 3]).T[::-1]
    value = ndimage.map_coordinates(field.array, at, output=np.float32, order=1, mode="nearest")
    return np.where(value > field.level, -distance, distance).astype(np.float32)


def _around(points: np.ndarray, places: np.ndarray, size: float) -> np.ndarray:
    """Those of the points (n, 3) in the cells of `size` mm in which places lie, or in cells next to these."""
    low = places.min(axis=0) - 2.0 * size
    shape = np.floor((places.max(axis=0) - low) / size).astype(np.int64) + 3
    marked = np.zeros(shape, dtype=bool)
    at = np.floor((places - low) / size).astype(np.int64)
    for step in np.ndindex(3, 3, 3):
        marked[tuple((at + np.array(step) - 1).T)] = True
    cells = np.floor((points - low) / size).astype(np.int64)
    inside = np.flatnonzero(((cells >= 0) & (cells < shape)).all(axis=1))
    return points[inside[marked[tuple(cells[inside].T)]]]


def _area_shares(mesh: Mesh, area: np.ndarray) -> dict[str, float]:
    shares = np.bincount(mesh.triangle_arrays["Provenance"], area, minlength=len(Provenance))
    return {kind.name.lower(): 100.0 * float(shares[kind] / max(area.sum(), 1e-30)) for kind in Provenance}
