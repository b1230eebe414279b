"""Bars between loose fragments."""

from ...config.run_settings import RunSettings
from ...mesh.core import Mesh
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
        return result.mesh, f"{pluralize(result.count, 'bar')}, {result.added_mm3:.0f} mm3 added"
