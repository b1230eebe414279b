"""A hollow with holes through which resin or powder drains."""

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


class Hollow(SolidStep):
    """`hollow`, with as many holes as the process needs."""

    name = "hollow"

    def is_requested(self, settings: RunSettings) -> bool:
        return bool(settings.hollow)

    def validate(self, settings: RunSettings, process: "PrintProcess") -> None:
        usual = preparation_defaults()
        thinnest = process.limit("wall_supported_mm") or usual["least_wall_mm"]
        if settings.hollow is not None and not thinnest <= settings.hollow <= usual["most_hollow_mm"]:
            raise UsageError(
                _(
                    "{--hollow:{hollow}} leaves a wall that the process {process} does not print, or nothing "
                    "hollow: give {thinnest:g} to {most_hollow_mm:g} mm.",
                    hollow=f"{settings.hollow:g}",
                    process=process.name,
                    thinnest=thinnest,
                    most_hollow_mm=usual["most_hollow_mm"],
                )
            )
        if not (settings.drain_hole_positions or settings.escape_holes):
            return
        if not settings.hollow:
            raise UsageError(
                _(
                    "{--escape} and {--escape-holes} are about a hollow model: give {--hollow:MM} too, or leave "
                    "them out."
                )
            )
        _refuse_needless_holes(settings, process)

    def change(self, mesh: Mesh, state: PreparationState, progress: ProgressCallback) -> tuple[Mesh, str]:
        """Raises `UsageError` for given places of holes where the process needs none."""
        from ...preparation import hollow
        from ...preparation.base import DEEPEST_SINK

        settings, process = state.settings, state.process
        diameter = process.limit("escape_hole_mm") or 0.0
        holes = settings.escape_holes or (2 if 0.0 < diameter < state.defaults["two_holes_below_mm"] else 1)
        places = [(-r, -a, s) for r, a, s in settings.drain_hole_positions]
        _refuse_needless_holes(settings, process)
        floor = -float("inf")
        if settings.base:  # it would close a hole at the lowest place
            low, high = mesh.bounds[4:]
            floor = low + DEEPEST_SINK * (high - low)
        result = hollow(
            mesh, float(settings.hollow or 0.0), diameter, places=places, holes=holes, floor=floor, progress=progress
        )
        if result.holes:
            positions = "; ".join(f"{-x:.1f}, {-y:.1f}, {z:.1f}" for x, y, z in result.holes)
            openings = _(
                "{escape_holes} of {diameter:g} mm at R, A, S {positions}",
                escape_holes=pluralize(len(result.holes), "escape hole"),
                diameter=diameter,
                positions=positions,
            )
        else:
            openings = _("no escape holes")
        wanted = (settings.escape_holes or 0) * result.cavities
        if not places and len(result.holes) < wanted:
            openings = _(
                "{openings} (of {wanted} asked for: no further straight way leads out)",
                openings=openings,
                wanted=wanted,
            )
        cavities = pluralize(result.cavities, "cavity", "cavities")
        return result.mesh, _(
            "{removed_mm3:.0f} mm3 taken out of {cavities}, {openings}",
            removed_mm3=result.removed_mm3,
            cavities=cavities,
            openings=openings,
        )


def _refuse_needless_holes(settings: RunSettings, process: "PrintProcess") -> None:
    """Holes that were asked for in number or place must not be left out in silence: a process that drains nothing states no width."""
    if process.limit("escape_hole_mm"):
        return
    if settings.drain_hole_positions:
        raise UsageError(_("The process {process} needs no escape holes: leave {--escape} out.", process=process.name))
    if settings.escape_holes:
        raise UsageError(
            _("The process {process} needs no escape holes: leave {--escape-holes} out.", process=process.name)
        )
