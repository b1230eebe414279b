"""A wall around a lumen, whose ends are open."""

from typing import TYPE_CHECKING

from ...config.run_settings import RunSettings
from ...errors import UsageError
from ...mesh.core import Mesh
from ...messages import _
from ...progress import ProgressCallback
from ...text import pluralize
from ..joints import preparation_defaults
from .step import PreparationState, SolidStep

if TYPE_CHECKING:
    from ...printability import PrintProcess

REPORTED_SHARED_MM2 = 5.0  # of a lumen beside itself: less is a crease


class Shell(SolidStep):
    """`add_shell`."""

    name = "shell"

    def is_requested(self, settings: RunSettings) -> bool:
        return bool(settings.shell)

    def validate(self, settings: RunSettings, process: "PrintProcess") -> None:
        if settings.shell is None:
            return
        usual = preparation_defaults()
        thinnest, most = process.limit("wall_supported_mm") or usual["least_wall_mm"], usual["most_hollow_mm"]
        if not thinnest <= settings.shell <= most:
            raise UsageError(
                _(
                    "{--shell:{shell}} is a wall that the process {process} does not print, or no wall: give "
                    "{thinnest:g} to {most:g} mm.",
                    shell=f"{settings.shell:g}",
                    process=process.name,
                    thinnest=thinnest,
                    most=most,
                )
            )
        others = [name for name in ("wrap", "thicken", "hollow") if getattr(settings, name)]
        if others:
            raise UsageError(
                _(
                    "{--shell} puts a wall around a lumen, which --{others} would undo: leave one of them out.",
                    others=others[0],
                )
            )

    def change(self, mesh: Mesh, state: PreparationState, progress: ProgressCallback) -> tuple[Mesh, str]:
        from ...preparation import add_shell

        wall = float(state.settings.shell or 0.0)
        result = add_shell(mesh, wall, progress=progress)
        if result.ends:
            places = "; ".join(f"{-x:.1f}, {-y:.1f}, {z:.1f}" for x, y, z in result.ends)
            ends = _(
                "{ends} open at the edge of the scan, at R, A, S {places}",
                ends=pluralize(len(result.ends), "end"),
                places=places,
            )
        elif state.settings.cuts or state.settings.oblique_cuts:
            ends = _("opened by the cuts")
        else:
            ends = _("closed all around: open it by a cut ({--cut}, {--plane})")
        thin = ""
        if result.shared_mm2 > REPORTED_SHARED_MM2:
            thin = _(
                ", thinner at {shared_mm2:.0f} mm2 where two parts of the lumen are nearer to one another than that",
                shared_mm2=result.shared_mm2,
            )
        return result.mesh, _(
            "a wall of {wall:g} mm around the lumen, {added_mm3:.0f} mm3{thin}, {ends}",
            wall=wall,
            added_mm3=result.added_mm3,
            thin=thin,
            ends=ends,
        )
