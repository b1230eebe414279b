"""The outer surface alone, filled."""

from ...config.run_settings import RunSettings
from ...mesh.core import Mesh
from ...messages import _
from ...progress import ProgressCallback, subprogress
from ..budgets import simplification_budget
from .step import PreparationState, SolidStep


class Wrap(SolidStep):
    """`shrink_wrap`, with as few triangles as the budget allows."""

    name = "wrap"

    def is_requested(self, settings: RunSettings) -> bool:
        return settings.wrap

    def change(self, mesh: Mesh, state: PreparationState, progress: ProgressCallback) -> tuple[Mesh, str]:
        from ...preparation import shrink_wrap
        from ...simplify import simplify

        result = shrink_wrap(mesh, progress=subprogress(progress, 0.0, 0.9))
        # The wrapped mesh is as fine as the voxel grid: far more triangles than the shape needs.
        simplified = simplify(
            result.mesh,
            simplification_budget(state.settings),
            state.settings.triangles,
            subprogress(progress, 0.9, 1.0),
        )
        return simplified, _(
            "{filled_mm3:.0f} mm3 filled, {share_kept:.1f} % of the surface kept",
            filled_mm3=result.filled_mm3,
            share_kept=100 * result.share_kept,
        )
