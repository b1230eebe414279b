"""Walls below a thickness made as thick as that."""

from typing import TYPE_CHECKING

from ...config.run_settings import RunSettings
from ...errors import UsageError
from ...mesh.core import Mesh
from ...messages import _
from ...progress import ProgressCallback
from ..joints import preparation_defaults
from .step import PreparationState, SolidStep

if TYPE_CHECKING:
    from ...printability import PrintProcess

CLEARANCE_MM = 0.3  # where a process names none
REPORTED_SPARED_MM2 = 0.5  # areas that were left thin are named in the effect from here


class Thicken(SolidStep):
    """`thicken`, with gaps as wide as the process keeps open."""

    name = "thicken"

    def is_requested(self, settings: RunSettings) -> bool:
        return bool(settings.thicken)

    def validate(self, settings: RunSettings, process: "PrintProcess") -> None:
        most = preparation_defaults()["most_thicken_mm"]
        if settings.thicken is not None and not 0.0 < settings.thicken <= most:
            raise UsageError(
                _(
                    "{--thicken} is for thin walls: give up to {most:g} mm, not {thicken:g}.",
                    most=most,
                    thicken=settings.thicken,
                )
            )

    def change(self, mesh: Mesh, state: PreparationState, progress: ProgressCallback) -> tuple[Mesh, str]:
        from ...preparation import thicken

        minimum = float(state.settings.thicken or 0.0)
        clearance = state.process.limit("clearance_mm") or CLEARANCE_MM
        others = [other for other in state.meshes if other is not mesh]
        result = thicken(mesh, minimum, clearance, others=others, progress=progress)
        spared = ""
        if result.spared_mm2 > REPORTED_SPARED_MM2:
            spared = _(", {spared_mm2:.0f} mm2 left thinner to keep gaps open", spared_mm2=result.spared_mm2)
        return result.mesh, (
            _(
                "{thin_area_mm2:.0f} mm2 were thinner than {minimum:g} mm, {added_mm3:.0f} mm3 "
                "added{spared}, at most {outward_mm:.2f} mm outward",
                thin_area_mm2=result.thin_area_mm2,
                minimum=minimum,
                added_mm3=result.added_mm3,
                spared=spared,
                outward_mm=result.outward_mm,
            )
        )
