"""The steps of preparation that turn one solid into one solid: one function a step, in the order of `SOLID_STEPS`."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from ..config.run_settings import RunSettings
from ..errors import UsageError
from ..mesh.core import Mesh
from ..messages import _, join
from ..progress import ProgressCallback, subprogress
from ..text import pluralize
from .joints import preparation_defaults
from .stages import simplification_budget

if TYPE_CHECKING:
    from ..preparation import LabelResult, LabelSlot, ScaleBarSize
    from ..printability import PrintProcess

# Used where a process names no limit of its own, mm.
CLEARANCE_MM, EMBOSS_HEIGHT_MM, EMBOSS_WIDTH_MM = 0.3, 0.8, 0.4
MIN_RELIEF_MM, MAX_RELIEF_MM = 0.5, 1.0
REPORTED_SHARED_MM2 = 5.0  # of a lumen beside itself: less is a crease
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
    slots
        Places that a base offers for texts, by the step that fills them.
    """

    settings: RunSettings
    process: "PrintProcess"
    meshes: list[Mesh]
    labels: "list[LabelResult]" = field(default_factory=list)
    defaults: Mapping[str, float] = field(default_factory=preparation_defaults)
    slots: "dict[str, LabelSlot]" = field(default_factory=dict)

    @property
    def relief_mm(self) -> float:
        """Height of raised and depth of engraved marks."""
        return max(min(self.process.limit("emboss_height_mm") or EMBOSS_HEIGHT_MM, MAX_RELIEF_MM), MIN_RELIEF_MM)

    @property
    def min_letter_height_mm(self) -> float:
        """The smallest letters whose strokes the process can still make."""
        from ..images.lettering import STROKE

        stroke_mm = self.process.limit("emboss_width_mm") or EMBOSS_WIDTH_MM
        return max(stroke_mm / STROKE, self.defaults["least_letters_mm"])

    @property
    def letter_height_mm(self) -> float:
        """The height that letters have where there is room."""
        return max(self.defaults["letters_mm"], self.min_letter_height_mm)

    @property
    def min_wall_mm(self) -> float:
        """The thinnest wall that the process prints: so much stays behind engraved marks."""
        return self.process.limit("wall_supported_mm") or self.defaults["least_wall_mm"]

    @property
    def scale_bar_size(self) -> "ScaleBarSize":
        """Sizes of a scale bar's lines and figures."""
        from ..preparation import ScaleBarSize

        return ScaleBarSize(*(self.defaults[f"scale_bar_{name}_mm"] for name in ("stroke", "tick", "letters")))


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


def validate_wall_settings(settings: RunSettings, process: "PrintProcess") -> None:
    """Raises `UsageError` for walls that no model has or that the process cannot print, and for escape holes without a cavity."""
    usual = preparation_defaults()
    most, thinnest = usual["most_thicken_mm"], process.limit("wall_supported_mm") or usual["least_wall_mm"]
    if settings.thicken is not None and not 0.0 < settings.thicken <= most:
        raise UsageError(
            _(
                "{--thicken} is for thin walls: give up to {most:g} mm, not {thicken:g}.",
                most=most,
                thicken=settings.thicken,
            )
        )
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
    _validate_shell(settings, thinnest, usual["most_hollow_mm"], process)
    if not (settings.drain_hole_positions or settings.escape_holes):
        return
    if not settings.hollow:
        raise UsageError(
            _("{--escape} and {--escape-holes} are about a hollow model: give {--hollow:MM} too, or leave them out.")
        )
    if settings.drain_hole_positions:
        _refuse_needless_holes(process)


def _validate_shell(settings: RunSettings, thinnest: float, most: float, process: "PrintProcess") -> None:
    if settings.shell is None:
        return
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


def _refuse_needless_holes(process: "PrintProcess") -> None:
    if not process.limit("escape_hole_mm"):
        raise UsageError(_("The process {process} needs no escape holes: leave {--escape} out.", process=process.name))


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
    return simplified, _(
        "{filled_mm3:.0f} mm3 filled, {share_kept:.1f} % of the surface kept",
        filled_mm3=result.filled_mm3,
        share_kept=100 * result.share_kept,
    )


def _thicken(mesh: Mesh, context: PreparationContext, progress: ProgressCallback) -> tuple[Mesh, str]:
    from ..preparation import thicken

    minimum = float(context.settings.thicken or 0.0)
    clearance = context.process.limit("clearance_mm") or CLEARANCE_MM
    others = [other for other in context.meshes if other is not mesh]
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


def _hollow(mesh: Mesh, context: PreparationContext, progress: ProgressCallback) -> tuple[Mesh, str]:
    """Raises `UsageError` for given places of holes where the process needs none."""
    from ..preparation import hollow
    from ..preparation.base import DEEPEST_SINK

    settings, process = context.settings, context.process
    diameter = process.limit("escape_hole_mm") or 0.0
    holes = settings.escape_holes or (2 if 0.0 < diameter < context.defaults["two_holes_below_mm"] else 1)
    places = [(-r, -a, s) for r, a, s in settings.drain_hole_positions]
    if places:
        _refuse_needless_holes(process)
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
    cavities = pluralize(result.cavities, "cavity", "cavities")
    return result.mesh, _(
        "{removed_mm3:.0f} mm3 taken out of {cavities}, {openings}",
        removed_mm3=result.removed_mm3,
        cavities=cavities,
        openings=openings,
    )


def _add_shell(mesh: Mesh, context: PreparationContext, progress: ProgressCallback) -> tuple[Mesh, str]:
    from ..preparation import add_shell

    wall = float(context.settings.shell or 0.0)
    result = add_shell(mesh, wall, progress=progress)
    if result.ends:
        places = "; ".join(f"{-x:.1f}, {-y:.1f}, {z:.1f}" for x, y, z in result.ends)
        ends = _(
            "{ends} open at the edge of the scan, at R, A, S {places}",
            ends=pluralize(len(result.ends), "end"),
            places=places,
        )
    elif context.settings.cuts or context.settings.oblique_cuts:
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


def _add_struts(mesh: Mesh, context: PreparationContext, progress: ProgressCallback) -> tuple[Mesh, str]:
    from ..preparation import add_struts

    diameter = max(context.process.limit("pin_mm") or 0.0, context.defaults["least_strut_mm"])
    result = add_struts(mesh, diameter, progress=progress)
    return result.mesh, _(
        "{bars}, {added_mm3:.0f} mm3 added", bars=pluralize(result.count, "bar"), added_mm3=result.added_mm3
    )


def _add_base(mesh: Mesh, context: PreparationContext, progress: ProgressCallback) -> tuple[Mesh, str]:
    from ..preparation import BaseSize, add_base

    names = ("base_mm", "base_rim_mm", "base_sink_mm", "fillet_mm", "column_mm", "base_tilt_deg", "base_neck")
    size = BaseSize(*(context.defaults[name] for name in names))
    kind, texts = context.settings.base_kind, _texts_for_base(context)
    if texts:
        size = replace(size, thickness=max(size.thickness, context.relief_mm + context.min_wall_mm))
    result = add_base(mesh, kind, size, texts=tuple(texts.values()))
    context.slots.update(zip(texts, result.slots))
    how = [_("sunk in by {sunk_mm:.1f} mm", sunk_mm=result.sunk_mm)] if result.sunk_mm else []
    how += [_("carried by {columns}", columns=pluralize(result.columns, "column"))] if result.columns else []
    how += [] if result.held else [_("held on one side only: what hangs over may need support")]
    return result.mesh, _(
        "a {kind} of {added_mm3:.0f} mm3 added, {how}", kind=kind, added_mm3=result.added_mm3, how=join(", ", how)
    )


def _texts_for_base(context: PreparationContext) -> dict[str, tuple[float, float]]:
    """Width and height in mm of the texts that the base shall carry, by the step that puts them there."""
    from ..preparation import scale_bar_extent, text_extent

    settings = context.settings
    texts: dict[str, tuple[float, float]] = {}
    if settings.base_kind == "foot":
        return texts
    if settings.label and settings.label_at is None:
        texts["label"] = text_extent(settings.label, context.letter_height_mm)
    if settings.scale_bar:
        texts["scale bar"] = scale_bar_extent(settings.scale_bar, context.scale_bar_size)
    return texts


def _add_label(mesh: Mesh, context: PreparationContext, progress: ProgressCallback) -> tuple[Mesh, str]:
    from ..preparation import add_label

    settings, relief = context.settings, context.relief_mm
    at = settings.label_at
    result = add_label(
        mesh,
        str(settings.label),
        context.letter_height_mm,
        relief,
        raised=settings.label_raised,
        place=None if at is None else (-at[0], -at[1], at[2]),
        smallest=context.min_letter_height_mm,
        wall=context.min_wall_mm,
        slot=context.slots.get("label"),
    )
    context.labels.append(result)
    kind = (
        _("raised {relief:g} mm", relief=relief)
        if settings.label_raised
        else _("engraved {relief:g} mm deep", relief=relief)
    )
    where = _(" on the base") if "label" in context.slots else ""
    return result.mesh, _(
        "'{result}' {kind}{where}, {width:.0f} x {height:.0f} mm",
        result=result.text,
        kind=kind,
        where=where,
        width=result.width,
        height=result.height,
    )


def _add_scale_bar(mesh: Mesh, context: PreparationContext, progress: ProgressCallback) -> tuple[Mesh, str]:
    from ..preparation import add_scale_bar

    length, relief = float(context.settings.scale_bar or 0.0), context.relief_mm
    result = add_scale_bar(
        mesh,
        length,
        relief,
        avoid=context.labels,
        size=context.scale_bar_size,
        wall=context.min_wall_mm,
        slot=context.slots.get("scale bar"),
    )
    context.labels.append(result)
    where = _(" on the base") if "scale bar" in context.slots else ""
    return result.mesh, _(
        "a bar of {result} engraved {relief:g} mm deep{where}", result=result.text, relief=relief, where=where
    )


SOLID_STEPS = (
    SolidStep("wrap", lambda settings: settings.wrap, _wrap),
    SolidStep("thicken", lambda settings: settings.thicken, _thicken),
    SolidStep("hollow", lambda settings: settings.hollow, _hollow),
    SolidStep("shell", lambda settings: settings.shell, _add_shell),
    SolidStep("struts", lambda settings: settings.struts, _add_struts),
    SolidStep("base", lambda settings: settings.base, _add_base, largest_mesh_only=True),
    SolidStep("label", lambda settings: settings.label, _add_label, largest_mesh_only=True),
    SolidStep(_("scale bar"), lambda settings: settings.scale_bar, _add_scale_bar, largest_mesh_only=True),
)
