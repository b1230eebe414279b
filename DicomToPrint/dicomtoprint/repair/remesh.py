"""A new surface for the shells that no gentler mend could close, and for no others."""

import numpy as np

from ..mesh.components import component_volumes
from ..mesh.core import Mesh, concatenate
from ..mesh.edge_table import build_edge_table, label_face_components
from ..mesh.merge_points import merged_mesh
from .limits import RepairLimits
from .local_repair import repair_locally
from .state import RepairState
from .welding import drop_unused_points
from .winding_number import encloses_solid
from .winding_number_remesh import finest_cells, winding_number_remesh

_CRUMBS = 0.01  # of the volume: what a grid makes of places that are thinner than its cells


def remesh_defective_shells(mesh: Mesh, bad: np.ndarray, limits: RepairLimits, fine: bool = False) -> Mesh:
    """The mesh with a new surface in place of the shells that are open, crowded or hold one of the `bad` (n,) triangles.

    The mesh itself where these enclose nothing: then a new surface would be crumbs; and where `fine` asks for a finer grid than the usual
    one and the room that these take leaves none.
    """
    points, triangles, _ = merged_mesh(mesh)
    edges = build_edge_table(triangles)
    count, part = label_face_components(triangles, edges)
    broken = np.zeros(count, dtype=bool)
    broken[part[edges.order[np.repeat(edges.count != 2, edges.count)] // 3]] = True
    broken[part[bad[bad < len(part)]]] = True
    if not broken.any():
        broken[:] = True
    chosen = broken[part]
    piece = drop_unused_points(points, triangles[chosen], mesh)
    if not encloses_solid(piece):
        return mesh
    cells = finest_cells(piece, limits.fine_grid_nodes) if fine else limits.grid_cells
    if fine and cells <= limits.grid_cells:
        return mesh
    made = winding_number_remesh(piece, cells)
    if len(made.triangles) == 0:
        return mesh
    made = _without_crumbs(made, label_face_components(merged_mesh(piece)[1])[0])
    most = max(int(limits.triangles_per_source * len(mesh.triangles)), limits.least_triangles)
    made = _coarser(made, most)
    if chosen.all():
        return made
    return concatenate([drop_unused_points(points, triangles[~chosen], mesh), made], mesh.name)


def _without_crumbs(mesh: Mesh, parts: int) -> Mesh:
    """The mesh without what little hangs on to none of its largest parts, as many as the source had; all of it where that is more."""
    points, triangles, _ = merged_mesh(mesh)
    count, part = label_face_components(triangles)
    if count <= parts:
        return mesh
    volumes = component_volumes(points, triangles, part, count)
    kept = volumes <= 0.0  # walls of cavities are no crumbs
    kept[np.argsort(-volumes, kind="stable")[:parts]] = True
    solid = np.maximum(volumes, 0.0)
    if solid[kept].sum() < (1.0 - _CRUMBS) * solid.sum():
        return mesh
    return drop_unused_points(points, triangles[kept[part]], mesh)


def count_solids(mesh: Mesh) -> int:
    """Number of parts that are no walls of cavities."""
    points, triangles, _ = merged_mesh(mesh)
    count, part = label_face_components(triangles)
    return int((component_volumes(points, triangles, part, count) > 0.0).sum())


def _coarser(mesh: Mesh, most: int) -> Mesh:
    """The mesh with at most so many triangles where that leaves it valid, else the mesh itself."""
    if len(mesh.triangles) <= most:
        return mesh
    share = 1.0 - most / len(mesh.triangles)
    try:
        import fast_simplification

        points, triangles = fast_simplification.simplify(
            mesh.points.astype(np.float32), mesh.triangles.astype(np.int32), target_reduction=share
        )
        made = Mesh(points, triangles, mesh.name, mesh.color)
    except ImportError:
        from vtkmodules.vtkFiltersCore import vtkQuadricDecimation

        from ..mesh.core import from_polydata, to_polydata

        decimate = vtkQuadricDecimation()
        decimate.SetInputData(to_polydata(mesh))
        decimate.SetTargetReduction(share)
        decimate.Update()
        made = from_polydata(decimate.GetOutput(), mesh.name)
    if not RepairState(made).valid:
        made = repair_locally(made).mesh
    return made if RepairState(made).valid else mesh
