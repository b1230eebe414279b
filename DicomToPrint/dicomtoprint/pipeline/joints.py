"""What holds the parts of a cut model together: pins, dowels, dovetails and magnets, of a size that there is room for."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from ..config import resources
from ..config.run_settings import RunSettings
from ..errors import RefusedError, UsageError
from ..mesh.core import Mesh
from ..messages import _, join
from ..text import pluralize
from .displacements import displacement_summary

if TYPE_CHECKING:
    from ..preparation import ConnectorResult, ConnectorSize, Plane
    from ..printability import PrintProcess

JOINTS = ("pin", "dowel", "dovetail")
FITS = ("sliding", "press")
# What is tried where a joint has no room: a dowel of steel may be thinner than any pin that is printed.
INSTEAD: Mapping[str, tuple[str, ...]] = {
    "pin": ("pin", "dowel"),
    "dowel": ("dowel",),
    "dovetail": ("dovetail", "pin", "dowel"),
}
STEP_NAMES: Mapping[str, str] = {"pin": "pins", "dowel": "dowels", "dovetail": "dovetails"}
NO_JOINT_STEPS = (_("no pins"), _("no magnets"))
CRUMB_STEP = "crumbs"
ON_CUT_MM = 0.01
SMALLEST_CONTACT_MM2 = 1.0  # parts that meet on less do not count as joined


@dataclass(frozen=True)
class JointPlan:
    """The sizes of the joints of a run: `size` of what is asked for, and the thinnest pin and dowel that are made instead (mm)."""

    kind: str
    size: "ConnectorSize"
    least_pin: float
    least_dowel: float
    magnet_clearance: float

    @property
    def pair_mm3(self) -> float:
        """What two sockets of the size asked for take out of a part."""
        across = self.size.diameter + 2.0 * self.size.clearance
        return float(2.0 * (np.pi / 4.0) * across**2 * (self.size.length + self.size.clearance))


@dataclass(frozen=True)
class MadeJoint:
    """A joint between two parts: its kind, its size and at how many places."""

    kind: str
    size: "ConnectorSize"
    count: int


def preparation_defaults() -> Mapping[str, Any]:
    """Sizes in mm of what preparation adds, where the process leaves them open: `preparation` of `data/plans/plan.json`."""
    return resources.load_json_resource("plans", "plan")[0]["preparation"]


def validate_joint_settings(settings: RunSettings, process: "PrintProcess") -> None:
    """Raises `UsageError` for joints that contradict one another or that the process has no figures for."""
    usual = preparation_defaults()
    for name in ("pins", "magnets"):
        if getattr(settings, name) and not (settings.cuts or settings.oblique_cuts or settings.split):
            raise UsageError(
                _(
                    "--{name} stand across cuts: give {--cut}, {--plane} or {--split:auto} too, or leave --{name} out.",
                    name=name,
                )
            )
    if not settings.pins and (settings.joint, settings.fit, settings.pin_diameter, settings.joint_clearance) != (
        JOINTS[0],
        FITS[0],
        None,
        None,
    ):
        raise UsageError(
            _(
                "{--joint}, {--fit}, {--pin-diameter} and {--joint-clearance} say how parts are joined: give "
                "{--pins} too, or leave them out."
            )
        )
    if settings.joint not in JOINTS or settings.fit not in FITS:
        raise UsageError(
            _(
                "A joint is one of {joints} ({--joint}), its fit one of {fits} ({--fit}).",
                joints=join(", ", JOINTS),
                fits=join(", ", FITS),
            )
        )
    least, most = usual["least_pin_mm"], usual["most_pin_mm"]
    if settings.pin_diameter is not None and not least <= settings.pin_diameter <= most:
        raise UsageError(
            _(
                "{--pin-diameter:{pin_diameter}} is no pin that holds: give {least:g} to {most:g} mm, or leave it out.",
                pin_diameter=f"{settings.pin_diameter:g}",
                least=least,
                most=most,
            )
        )
    if settings.joint_clearance is not None and not 0.0 <= settings.joint_clearance <= usual["most_joint_clearance_mm"]:
        raise UsageError(
            _(
                "{--joint-clearance:{joint_clearance}} holds nothing: give 0 to {most_joint_clearance_mm:g} mm a side.",
                joint_clearance=f"{settings.joint_clearance:g}",
                most_joint_clearance_mm=usual["most_joint_clearance_mm"],
            )
        )
    if settings.fit == "press" and settings.joint_clearance is None and process.limit("press_fit_mm") is None:
        raise UsageError(
            _(
                "No figure is published for a press fit in the process {process}: give the clearance a side "
                "({--joint-clearance:MM}), or leave {--fit} out.",
                process=process.name,
            )
        )


def joint_plan(settings: RunSettings, process: "PrintProcess") -> JointPlan:
    """Joints that the process can print: some times its thinnest pin, and what is usual at least, or as thick as asked for."""
    from ..preparation import ConnectorSize

    usual = preparation_defaults()
    printed = max(process.limit("pin_mm") or 0.0, usual["least_pin_mm"])
    diameter = settings.pin_diameter or max(usual["pin_guidelines"] * printed, usual["pin_mm"])
    loose = process.limit("clearance_mm") or usual["joint_clearance_mm"]
    clearance = settings.joint_clearance
    if clearance is None:
        clearance = process.limit(f"{settings.fit}_fit_mm")
    wall = process.limit("wall_supported_mm") or usual["least_wall_mm"]
    size = ConnectorSize(
        diameter, usual["pin_length_diameters"] * diameter, loose if clearance is None else clearance, wall
    )
    asked = settings.pin_diameter
    return JointPlan(
        settings.joint,
        size,
        asked or min(printed, diameter),
        asked or min(usual["least_dowel_mm"], diameter),
        loose / 2.0,
    )


def join_parts(
    meshes: Sequence[Mesh], planes: "Sequence[Plane]", settings: RunSettings, plan: JointPlan, steps: list[Any]
) -> list[Mesh]:
    """The parts with joints and magnets across every cut, between every two that meet there; what was made, and where there was no
    room for it, is added to `steps`."""
    parts = list(meshes)
    for plane in planes:
        pairs = _meeting(parts, plane)
        if pairs and settings.pins:
            _join_cut(parts, pairs, plane, plan, steps)
        if pairs and settings.magnets:
            _magnets(parts, pairs, plane, settings.magnets, plan, steps)
    return parts


def _meeting(parts: Sequence[Mesh], plane: "Plane") -> list[tuple[int, int]]:
    """Pairs of parts, the one on the side of the normal first, that meet on the cut; none where only one side of it was kept."""
    from ..preparation import contact_area

    above: list[int] = []
    below: list[int] = []
    for number, mesh in enumerate(parts):
        along = mesh.points.astype(np.float64) @ np.asarray(plane.normal) - plane.offset
        # A split may have left a crumb of the other side with a part: where most of it lies counts.
        if (np.abs(along) < ON_CUT_MM).any():
            (above if along.max() > -along.min() else below).append(number)
    return [
        (one, other)
        for one in above
        for other in below
        if contact_area(parts[one], parts[other], plane) > SMALLEST_CONTACT_MM2
    ]


def _join_cut(
    parts: list[Mesh], pairs: Sequence[tuple[int, int]], plane: "Plane", plan: JointPlan, steps: list[Any]
) -> None:
    from ..reconstruction import ProcessingStep

    before = list(parts)
    made: list[MadeJoint] = []
    bare: list[str] = []
    for first, second in pairs:
        joint = _join_pair(parts, first, second, plane, plan)
        if joint is None:
            bare.append(_("{parts} and {parts2}", parts=parts[first].name, parts2=parts[second].name))
        else:
            made.append(joint)
    moved = displacement_summary(before, parts)
    for kind in JOINTS:
        own = [joint for joint in made if joint.kind == kind]
        if own:
            steps.append(
                ProcessingStep(
                    STEP_NAMES[kind], _("{in_words}; {moved}", in_words=_in_words(kind, own, plan), moved=moved)
                )
            )
    if bare:
        least = plan.least_pin if plan.kind == "pin" and plan.least_pin == plan.size.diameter else plan.least_dowel
        tried = (
            _("a dovetail, a pin or a dowel")
            if plan.kind == "dovetail"
            else {"pin": _("a pin"), "dowel": _("a dowel")}.get(plan.kind, plan.kind)
        )
        where = "" if len(pairs) == 1 else _(" between {bare}", bare=join(", ", bare))
        steps.append(
            ProcessingStep(
                _("no pins"),
                _(
                    "a cut{where} has no room for {tried} of {least:g} mm: glue it",
                    where=where,
                    tried=tried,
                    least=least,
                ),
            )
        )


def _join_pair(parts: list[Mesh], first: int, second: int, plane: "Plane", plan: JointPlan) -> MadeJoint | None:
    """What was put between two parts, in place: what was asked for, or what is made instead; None where nothing finds room."""
    from ..preparation import cut_dovetail, cut_dowel_holes, cut_pins

    cutters: Mapping[str, tuple[Callable[..., ConnectorResult], float]] = {
        "pin": (cut_pins, plan.least_pin),
        "dowel": (cut_dowel_holes, plan.least_dowel),
        "dovetail": (cut_dovetail, plan.least_pin),
    }
    for kind in INSTEAD[plan.kind]:
        cutter, smallest = cutters[kind]
        try:
            done = cutter(parts[first], parts[second], plane, plan.size, smallest)
        except RefusedError:
            continue
        parts[first], parts[second] = done.first, done.second
        return MadeJoint(kind, done.size, 1 if kind == "dovetail" else len(done.places))
    return None


def _in_words(kind: str, made: Sequence[MadeJoint], plan: JointPlan) -> str:
    count = sum(joint.count for joint in made)
    sizes = {round(joint.size.diameter, 2): joint.size.length for joint in made}
    widths = join(_(" and "), (_("{diameter:g}", diameter=diameter) for diameter in sorted(sizes, reverse=True)))
    words = {
        "pin": _("{pins} of {widths} mm", pins=pluralize(count, "pin"), widths=widths),
        "dowel": _(
            "{pairs} of holes for dowels of {widths} mm, {sizes} mm long, put in loose",
            pairs=pluralize(count, "pair", "pairs"),
            widths=widths,
            sizes=join(_(" and "), (_("{sizes:g}", sizes=2.0 * sizes[one]) for one in sorted(sizes, reverse=True))),
        ),
        "dovetail": _("{dovetails} {widths} mm high", dovetails=pluralize(count, "dovetail"), widths=widths),
    }[kind]
    lacking = {
        "pin": _(", since there is no room for a pin"),
        "dowel": _(", since there is no room for a dowel"),
        "dovetail": _(", since there is no room for a dovetail"),
    }
    instead = "" if kind == plan.kind else lacking[plan.kind]
    return _(
        "{words}{instead}, with {clearance:g} mm clearance a side",
        words=words,
        instead=instead,
        clearance=plan.size.clearance,
    )


def _magnets(
    parts: list[Mesh],
    pairs: Sequence[tuple[int, int]],
    plane: "Plane",
    magnet: tuple[float, float],
    plan: JointPlan,
    steps: list[Any],
) -> None:
    from ..preparation import cut_magnet_pockets
    from ..reconstruction import ProcessingStep

    before, pockets = list(parts), 0
    size = replace(plan.size, diameter=magnet[0], length=magnet[1], clearance=plan.magnet_clearance)
    for first, second in pairs:
        try:
            held = cut_magnet_pockets(parts[first], parts[second], plane, size)
        except RefusedError:
            continue
        parts[first], parts[second] = held.first, held.second
        pockets += len(held.places)
    made = _(
        "{pairs} of pockets for magnets of {diameter:g} x {height:g} mm: mind their poles; {displacement}",
        pairs=pluralize(pockets, "pair", "pairs"),
        diameter=magnet[0],
        height=magnet[1],
        displacement=displacement_summary(before, parts),
    )
    none = ProcessingStep(_("no magnets"), _("a cut has no room for a magnet: glue it"))
    steps.append(ProcessingStep("magnets", made) if pockets else none)


def is_line_on_joints(step: Any) -> bool:
    """Whether a step is one that every summary says: a cut where a joint found no room, what a split left too small to handle."""
    return step.name in (*NO_JOINT_STEPS, CRUMB_STEP)


def lines_on_joints(steps: Sequence[Any]) -> list[str]:
    """Lines for the terminal on the steps that every summary says."""
    return [_("{step}: {effect}", step=step.name, effect=step.effect) for step in steps if is_line_on_joints(step)]
