"""Thickening walls below a minimum, and nothing else."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from ..mesh.core import Mesh, Provenance
from ..messages import _
from ..progress import ProgressCallback, no_progress, subprogress
from .ball_union import ball_union_surface
from .csg import from_manifold, max_distance_to, remove_small_voids, to_manifold
from .thin_walls import ThinWalls, find_thin_walls

FINENESS = 4.0  # voxels to the minimum
MARGIN = 0.03  # of the minimum: what contouring, simplifying and the sampling of a round rim take off
MORE = 0.01  # so much on top with every pass: what is left thin meets uneven surface
SIMPLER = 0.015  # of the minimum: how far simplifying may move the added surface
MAX_PASSES = 4


@dataclass(frozen=True)
class ThickenResult:
    """The thickened solid; `added_mm3` and `thin_area_mm2` say how much, `outward_mm` how far outward at most: half the minimum, and
    up to the minimum beside a gap, where a wall grows to one side; `spared_mm2` is thin surface left thin for a gap's sake."""

    mesh: Mesh
    added_mm3: float
    thin_area_mm2: float
    spared_mm2: float
    outward_mm: float = 0.0


def thicken(
    mesh: Mesh,
    minimum: float,
    clearance: float = 0.3,
    *,
    others: Sequence[Mesh] = (),
    progress: ProgressCallback = no_progress,
) -> ThickenResult:
    """The solid with every wall thinner than `minimum` mm grown to it; all else stays where it is.

    Thin is what the check of readiness finds thin, sharp edges measured behind the edge. Balls a little larger than the minimum are
    set along the middle of thin walls (the centres of the inner balls) and joined to the solid exactly; added faces are marked
    ADDED. Walls grow evenly to both sides, or away from a gap: one of `clearance` mm or more is never narrowed below it,
    nor does the wall grow into `others`, solids that stand beside it; where there is no room on either side, it grows as far
    as there is. Narrower gaps, which a process fuses anyway, may close beside a thin wall. A mesh without thin walls
    comes back unchanged. Raises `RefusedError` where the result could not be made sound.
    """
    result = mesh
    first: ThinWalls | None = None
    before: ThinWalls | None = None
    for number in range(MAX_PASSES):
        # What one pass leaves, where what it put on is uneven or meets the rest, the next one finds: little, so soon done.
        step = subprogress(progress, 1.0 - 0.3**number, 1.0 - 0.3 ** (number + 1))
        wanted = (0.5 + MARGIN + number * MORE) * minimum
        thin = find_thin_walls(result, minimum, clearance, wanted, others, before, subprogress(step, 0.0, 0.5))
        first = first or thin
        if thin is None or not len(thin.radius):
            break
        before = thin if before is None else replace(thin, spared=before.spared)
        grown = _grown(thin, minimum, clearance, mesh, subprogress(step, 0.5, 0.8))
        if not grown:
            break
        step(0.8, _("joining the thickened walls"))
        # What an earlier pass put on may be mended as freely as what this one does.
        result = _joined(result, grown, minimum, (Provenance.ADDED,) if number else ())
    progress(1.0, _("thickened"))
    if first is None:
        return ThickenResult(mesh, 0.0, 0.0, 0.0)
    if result is mesh:
        return ThickenResult(mesh, 0.0, first.area_mm2, first.spared_mm2)
    outward = max_distance_to(result, result.triangle_arrays["Provenance"] == Provenance.ADDED, mesh)
    return ThickenResult(result, result.volume - mesh.volume, first.area_mm2, first.spared_mm2, outward)


def _grown(thin: ThinWalls, minimum: float, clearance: float, like: Mesh, progress: ProgressCallback) -> list[Mesh]:
    """The balls as solids: those beside a gap, which voxels wider than half of it would not see, on fine ones."""
    coarse = minimum / FINENESS
    fine = min(coarse, 0.5 * clearance) if clearance > 0 else coarse
    found = [
        ball_union_surface(thin.centres[rows], thin.radius[rows], spacing, like, progress)
        for rows, spacing in ((~thin.tight, coarse), (thin.tight, fine))
        if rows.any()
    ]
    return [mesh for mesh in found if mesh is not None]


def _joined(mesh: Mesh, grown: Sequence[Mesh], minimum: float, loose: Sequence[Provenance]) -> Mesh:
    from ..simplify import simplify

    solid = to_manifold(mesh)
    joined = solid.manifold
    for added in grown:
        joined = joined + to_manifold(simplify(added, SIMPLER * minimum, len(added.triangles))).manifold
    return remove_small_voids(from_manifold(joined, [solid], Provenance.ADDED, mesh, loose), minimum**3)
