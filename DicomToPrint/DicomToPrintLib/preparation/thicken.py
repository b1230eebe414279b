"""Thickening walls below a minimum, and nothing else."""

from collections.abc import Sequence
from dataclasses import dataclass

from ..mesh import Mesh, Provenance
from ..progress import Progress, part, silent
from .balls import union_of_balls
from .solid import from_solid, to_solid, without_small_voids
from .thin import thin_walls

FINENESS = 6.0  # voxels to the minimum
MARGIN = 0.03  # of the minimum: what contouring, simplifying and the sampling of a round rim take off
SIMPLER = 0.008  # of the minimum: how far simplifying may move the added surface


@dataclass(frozen=True)
class Thickened:
    """The thickened solid; `added_mm3` and `thin_area_mm2` say how much; `spared_mm2` is thin surface left thin for a gap's sake."""

    mesh: Mesh
    added_mm3: float
    thin_area_mm2: float
    spared_mm2: float


def thicken(mesh: Mesh, minimum: float, clearance: float = 0.3, *, others: Sequence[Mesh] = (),
            progress: Progress = silent) -> Thickened:
    """The solid with every wall thinner than `minimum` mm grown to it; all else stays where it is.

    Thin is what the check of readiness finds thin, sharp edges measured behind the edge. Balls a little larger than the minimum are
    set along the middle of thin walls (the centres of the inner balls) and joined to the solid exactly; added faces are marked
    ADDED. Walls grow evenly to both sides, or away from a gap: one of `clearance` mm or more is never narrowed below it,
    nor does the wall grow into `others`, solids that stand beside it; where there is no room on either side, it grows as far
    as there is. Narrower gaps, which a process fuses anyway, may close beside a thin wall. A mesh without thin walls
    comes back unchanged. Raises `Refused` where the result could not be made sound.
    """
    thin = thin_walls(mesh, minimum, clearance, (0.5 + MARGIN) * minimum, others, part(progress, 0.0, 0.5))
    if thin is None:
        return Thickened(mesh, 0.0, 0.0, 0.0)
    grown = union_of_balls(thin.centres, thin.radius, minimum / FINENESS, mesh, part(progress, 0.5, 0.8))
    if grown is None:
        return Thickened(mesh, 0.0, thin.area_mm2, thin.spared_mm2)
    progress(0.8, "joining the thickened walls")
    solid = to_solid(mesh)
    joined = solid.manifold + to_solid(grown).manifold.simplify(SIMPLER * minimum)
    result = without_small_voids(from_solid(joined, [solid], Provenance.ADDED, mesh), minimum**3)
    progress(1.0, "thickened")
    return Thickened(result, result.volume - mesh.volume, thin.area_mm2, thin.spared_mm2)
