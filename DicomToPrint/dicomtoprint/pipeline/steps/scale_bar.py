"""A bar of a known length, for exhibits."""

from typing import TYPE_CHECKING

from ...config.run_settings import RunSettings
from ...mesh.core import Mesh
from ...messages import _
from ...progress import ProgressCallback
from .step import PreparationState, SolidStep

if TYPE_CHECKING:
    from ...printability import PrintProcess


class ScaleBar(SolidStep):
    """`add_scale_bar`: on the base, where that has a place for it."""

    name = _("scale bar")
    largest_mesh_only = True

    def is_requested(self, settings: RunSettings) -> bool:
        return bool(settings.scale_bar)

    def validate(self, settings: RunSettings, process: "PrintProcess") -> None:
        from ...preparation import validate_scale_bar

        if settings.scale_bar is not None:
            validate_scale_bar(settings.scale_bar)

    def change(self, mesh: Mesh, state: PreparationState, progress: ProgressCallback) -> tuple[Mesh, str]:
        from ...preparation import add_scale_bar

        length, relief = float(state.settings.scale_bar or 0.0), state.relief_mm
        result = add_scale_bar(
            mesh,
            length,
            relief,
            avoid=state.labels,
            size=state.scale_bar_size,
            wall=state.min_wall_mm,
            slot=state.slots.get("scale bar"),
        )
        state.labels.append(result)
        where = _(" on the base") if "scale bar" in state.slots else ""
        return result.mesh, _(
            "a bar of {result} engraved {relief:g} mm deep{where}", result=result.text, relief=relief, where=where
        )
