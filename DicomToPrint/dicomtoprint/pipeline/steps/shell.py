"""A wall around a lumen, whose ends are open."""

from typing import TYPE_CHECKING

from ...config.run_settings import RunSettings
from ...errors import UsageError
from ...mesh.core import Mesh
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
                f"--shell {settings.shell:g} is a wall that the process {process.name} does not print, or no wall: give {thinnest:g} to "
                f"{most:g} mm."
            )
        others = [name for name in ("wrap", "thicken", "hollow") if getattr(settings, name)]
        if others:
            raise UsageError(
                f"--shell puts a wall around a lumen, which --{others[0]} would undo: leave one of them out."
            )

    def change(self, mesh: Mesh, state: PreparationState, progress: ProgressCallback) -> tuple[Mesh, str]:
        from ...preparation import add_shell

        wall = float(state.settings.shell or 0.0)
        result = add_shell(mesh, wall, progress=progress)
        if result.ends:
            places = "; ".join(f"{-x:.1f}, {-y:.1f}, {z:.1f}" for x, y, z in result.ends)
            ends = f"{pluralize(len(result.ends), 'end')} open at the edge of the scan, at R, A, S {places}"
        elif state.settings.cuts or state.settings.oblique_cuts:
            ends = "opened by the cuts"
        else:
            ends = "closed all around: open it by a cut (--cut, --plane)"
        thin = ""
        if result.shared_mm2 > REPORTED_SHARED_MM2:
            thin = f", thinner at {result.shared_mm2:.0f} mm2 where two parts of the lumen are nearer to one another than that"
        return result.mesh, f"a wall of {wall:g} mm around the lumen, {result.added_mm3:.0f} mm3{thin}, {ends}"
