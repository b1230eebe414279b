"""The steps of preparation that turn one solid into one solid: one function a step, in the order of `SOLID_STEPS`."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ..config.run_settings import RunSettings
from ..errors import UsageError
from ..mesh.core import Mesh
from ..progress import ProgressCallback, subprogress
from ..text import pluralize
from .splitting import preparation_defaults
from .stages import simplification_budget

if TYPE_CHECKING:
    from ..preparation import LabelResult
    from ..printability import PrintProcess

# Used where a process names no limit of its own, mm.
CLEARANCE_MM, EMBOSS_HEIGHT_MM, EMBOSS_WIDTH_MM = 0.3, 0.8, 0.4
MIN_RELIEF_MM, MAX_RELIEF_MM = 0.5, 1.0
REPORTED_SPARED_MM2 = 0.5  # areas that were left thin are named in the effect from here


@dataclass(frozen=True)
class PreparationContext:
    """What the steps on one solid share.

    Parameters
    ----------
    settings
        The settings of the run.
    process
        The print process; its limits set clearances, hole diameters and letter sizes (mm).
    defaults
        Sizes used where the settings name none (mm), as of `preparation_defaults`.
    meshes
        The meshes of the model as they stand when a step runs; the caller replaces its entries.
    labels
        The texts put on the model so far; steps append to it.
    """

    settings: RunSettings
    process: "PrintProcess"
    meshes: list[Mesh]
    labels: "list[LabelResult]" = field(default_factory=list)
    defaults: Mapping[str, float] = field(default_factory=preparation_defaults)

    @property
    def relief_mm(self) -> float:
        """Height of raised and depth of engraved marks."""
        return max(min(self.process.limit("emboss_height_mm") or EMBOSS_HEIGHT_MM, MAX_RELIEF_MM), MIN_RELIEF_MM)

    @property
    def min_letter_height_mm(self) -> float:
        """The smallest letters whose strokes the process can still make."""
        from ..preparation import STROKE

        stroke_mm = self.process.limit("emboss_width_mm") or EMBOSS_WIDTH_MM
        return max(stroke_mm / STROKE, self.defaults["least_letters_mm"])


PreparationFunction = Callable[[Mesh, PreparationContext, ProgressCallback], tuple[Mesh, str]]


@dataclass(frozen=True)
class SolidStep:
    """One step: its name in the record, whether the settings ask for it, what it does, and which meshes it is for.

    `apply` takes a closed mesh and returns the changed mesh and a sentence on its effect.
    """

    name: str
    is_requested: Callable[[RunSettings], object]
    apply: PreparationFunction
    largest_mesh_only: bool = False


def requested_steps(settings: RunSettings) -> list[SolidStep]:
    """The steps that `settings` ask for, in their fixed order."""
    return [step for step in SOLID_STEPS if step.is_requested(settings)]


def _wrap(mesh: Mesh, context: PreparationContext, progress: ProgressCallback) -> tuple[Mesh, str]:
    from ..preparation import shrink_wrap
    from ..simplify import simplify

    result = shrink_wrap(mesh, progress=subprogress(progress, 0.0, 0.9))
    # The wrapped mesh is as fine as the voxel grid: far more triangles than the shape needs.
    simplified = simplify(
        result.mesh,
        simplification_budget(context.settings),
        context.settings.triangles,
        subprogress(progress, 0.9, 1.0),
    )
    return simplified, f"{result.filled_mm3:.0f} mm3 filled, {100 * result.share_kept:.1f} % of the surface kept"


def _thicken(mesh: Mesh, context: PreparationContext, progress: ProgressCallback) -> tuple[Mesh, str]:
    from ..preparation import thicken

    minimum = float(context.settings.thicken or 0.0)
    clearance = context.process.limit("clearance_mm") or CLEARANCE_MM
    others = [other for other in context.meshes if other is not mesh]
    result = thicken(mesh, minimum, clearance, others=others, progress=progress)
    spared = ""
    if result.spared_mm2 > REPORTED_SPARED_MM2:
        spared = f", {result.spared_mm2:.0f} mm2 left thinner to keep gaps open"
    return result.mesh, (
        f"{result.thin_area_mm2:.0f} mm2 were thinner than {minimum:g} mm, {result.added_mm3:.0f} mm3 added{spared}, "
        f"at most {result.outward_mm:.2f} mm outward"
    )


def _hollow(mesh: Mesh, context: PreparationContext, progress: ProgressCallback) -> tuple[Mesh, str]:
    """Raises `UsageError` for given places of holes where the process needs none."""
    from ..preparation import hollow

    settings, process = context.settings, context.process
    diameter = process.limit("escape_hole_mm") or 0.0
    holes = settings.escape_holes or (2 if 0.0 < diameter < context.defaults["two_holes_below_mm"] else 1)
    places = [(-r, -a, s) for r, a, s in settings.drain_hole_positions]
    if places and not diameter:
        raise UsageError(f"The process {process.name} needs no escape holes: leave --escape out.")
    result = hollow(mesh, float(settings.hollow or 0.0), diameter, places=places, holes=holes, progress=progress)
    if result.holes:
        positions = "; ".join(f"{-x:.1f}, {-y:.1f}, {z:.1f}" for x, y, z in result.holes)
        openings = f"{pluralize(len(result.holes), 'escape hole')} of {diameter:g} mm at R, A, S {positions}"
    else:
        openings = "no escape holes"
    cavities = pluralize(result.cavities, "cavity", "cavities")
    return result.mesh, f"{result.removed_mm3:.0f} mm3 taken out of {cavities}, {openings}"


def _add_struts(mesh: Mesh, context: PreparationContext, progress: ProgressCallback) -> tuple[Mesh, str]:
    from ..preparation import add_struts

    diameter = max(context.process.limit("pin_mm") or 0.0, context.defaults["least_strut_mm"])
    result = add_struts(mesh, diameter, progress=progress)
    return result.mesh, f"{pluralize(result.count, 'bar')}, {result.added_mm3:.0f} mm3 added"


def _add_base(mesh: Mesh, context: PreparationContext, progress: ProgressCallback) -> tuple[Mesh, str]:
    from ..preparation import BaseSize, add_base

    names = ("base_mm", "base_rim_mm", "base_sink_mm", "fillet_mm", "column_mm")
    kind = context.settings.base_kind
    result = add_base(mesh, kind, BaseSize(*(context.defaults[name] for name in names)))
    return result.mesh, f"a {kind} of {result.added_mm3:.0f} mm3 added"


def _add_label(mesh: Mesh, context: PreparationContext, progress: ProgressCallback) -> tuple[Mesh, str]:
    from ..preparation import add_label

    settings, relief, smallest = context.settings, context.relief_mm, context.min_letter_height_mm
    at = settings.label_at
    result = add_label(
        mesh,
        str(settings.label),
        max(context.defaults["letters_mm"], smallest),
        relief,
        raised=settings.label_raised,
        place=None if at is None else (-at[0], -at[1], at[2]),
        smallest=smallest,
    )
    context.labels.append(result)
    kind = f"raised {relief:g} mm" if settings.label_raised else f"engraved {relief:g} mm deep"
    return result.mesh, f"'{result.text}' {kind}, {result.width:.0f} x {result.height:.0f} mm"


def _add_scale_bar(mesh: Mesh, context: PreparationContext, progress: ProgressCallback) -> tuple[Mesh, str]:
    from ..preparation import ScaleBarSize, add_scale_bar

    size = ScaleBarSize(*(context.defaults[f"scale_bar_{name}_mm"] for name in ("stroke", "tick", "letters")))
    length, relief = float(context.settings.scale_bar or 0.0), context.relief_mm
    result = add_scale_bar(mesh, length, relief, avoid=context.labels, size=size)
    return result.mesh, f"a bar of {result.text} engraved {relief:g} mm deep"


SOLID_STEPS = (
    SolidStep("wrap", lambda settings: settings.wrap, _wrap),
    SolidStep("thicken", lambda settings: settings.thicken, _thicken),
    SolidStep("hollow", lambda settings: settings.hollow, _hollow),
    SolidStep("struts", lambda settings: settings.struts, _add_struts),
    SolidStep("base", lambda settings: settings.base, _add_base, largest_mesh_only=True),
    SolidStep("label", lambda settings: settings.label, _add_label, largest_mesh_only=True),
    SolidStep("scale bar", lambda settings: settings.scale_bar, _add_scale_bar, largest_mesh_only=True),
)
