"""Bars between loose fragments."""

from ...config.run_settings import RunSettings
from ...mesh.core import Mesh
from ...messages import _
from ...progress import ProgressCallback
from ...text import pluralize
from .step import PreparationState, SolidStep


class Struts(SolidStep):
    """`add_struts`, as thick as the process prints a pin."""

    name = "struts"

    def is_requested(self, settings: RunSettings) -> bool:
        return settings.struts

    def change(self, mesh: Mesh, state: PreparationState, progress: ProgressCallback) -> tuple[Mesh, str]:
        from ...preparation import add_struts

        diameter = max(state.process.limit("pin_mm") or 0.0, state.defaults["least_strut_mm"])
        result = add_struts(mesh, diameter, progress=progress)
        return result.mesh, _(
            "{bars}, {added_mm3:.0f} mm3 added", bars=pluralize(result.count, "bar"), added_mm3=result.added_mm3
        )
