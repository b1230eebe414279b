"""Taking the model apart: cuts, and the split to the printer."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from ..config.run_settings import RunSettings
from ..errors import RefusedError, UsageError
from ..mesh.core import Mesh
from ..messages import Message, _, join
from ..text import pluralize
from .displacements import displacement_summary
from .joints import CRUMB_STEP, joint_plan, preparation_defaults

if TYPE_CHECKING:
    from ..preparation import Plane

AXIS_OF = {"R": "R", "L": "R", "A": "A", "P": "A", "S": "S", "I": "S"}


def validate_cut_settings(settings: RunSettings) -> None:
    """Raises `UsageError` for settings of parts that contradict one another, before any long work."""
    from ..preparation import plane_from_point_normal

    for plane in settings.oblique_cuts:
        plane_from_point_normal(plane[:3], plane[3:])
    axes = {axis for axis, _at in settings.cuts}
    for side in settings.kept_sides:
        if not (settings.oblique_cuts if side in ("front", "back") else AXIS_OF[side] in axes):
            raise _keeps_without_cut(side)
    if settings.keep_out_regions and not settings.split:
        raise _avoids_without_split()


def _keeps_without_cut(side: str) -> UsageError:
    return UsageError(_("{--keep:{side}} needs a cut across that axis: give {--cut} or {--plane}.", side=side))


def _avoids_without_split() -> UsageError:
    return UsageError(_("{--avoid} is about the cuts of {--split:auto}: give that too, or leave {--avoid} out."))


def apply_cuts(meshes: Sequence[Mesh], settings: RunSettings, planes: "list[Plane]", steps: list[Any]) -> list[Mesh]:
    """The parts after the cuts, of those the sides that are kept; the cuts are added to `planes`, what was done to `steps`.

    Raises `RefusedError` for a cut that misses the model or leaves nothing, `UsageError` for a side without a cut.
    """
    return _numbered(_kept(_cut(meshes, settings, planes, steps), settings, planes, steps))


def split_to_printer(
    meshes: Sequence[Mesh], settings: RunSettings, process: Any, printer: Any, planes: "list[Plane]", steps: list[Any]
) -> tuple[list[Mesh], list[int]]:
    """The parts split to the printer, and how many were made of each; the cuts are added to `planes`.

    Raises `RefusedError` where the split finds no place, `UsageError` for marked places without a split.
    """
    if not settings.split:
        raise _avoids_without_split()
    plan = joint_plan(settings, process)
    # A pin or a dovetail makes its part longer.
    longer = max(plan.size.length, plan.size.diameter) if settings.pins and settings.joint != "dowel" else 0.0
    room = [side - longer for side in printer.usable_mm]
    joints_mm3 = plan.pair_mm3 if settings.pins else 0.0
    pieces = _split(meshes, room, joints_mm3, printer.usable_mm, settings, planes, steps)
    return _numbered([piece for own in pieces for piece in own]), [len(own) for own in pieces]


def _cut(meshes: Sequence[Mesh], settings: RunSettings, planes: "list[Plane]", steps: list[Any]) -> list[Mesh]:
    from ..preparation import axis_plane, cut, plane_from_point_normal
    from ..reconstruction import ProcessingStep

    wanted = [(axis_plane(axis, at), _("{axis} = {at:g} mm", axis=axis, at=at)) for axis, at in settings.cuts]
    wanted += [
        (
            plane_from_point_normal(plane[:3], plane[3:]),
            _("the plane through {r:g}, {a:g}, {s:g} mm (R, A, S)", r=plane[0], a=plane[1], s=plane[2]),
        )
        for plane in settings.oblique_cuts
    ]
    parts = list(meshes)
    for plane, words in wanted:
        pieces: list[Mesh] = []
        for mesh in parts:
            low, high = _span(mesh, plane)
            pieces += _named(cut(mesh, plane), mesh.name) if low < plane.offset < high else (mesh,)
        if len(pieces) == len(parts):
            raise RefusedError(
                _(
                    "The cut at {words} misses the model: choose a place within its bounds, {bounds_of}.",
                    words=words,
                    bounds_of=_bounds_of(parts),
                )
            )
        effect = _(
            "at {words} into {parts}; {displacement_summary}",
            words=words,
            parts=pluralize(len(pieces), "part"),
            displacement_summary=displacement_summary(parts, pieces),
        )
        parts = pieces
        planes.append(plane)
        steps.append(ProcessingStep("cut", effect))
    return parts


def _named(parts: Sequence[Mesh], name: str) -> tuple[Mesh, ...]:
    return tuple(replace(part, name=name) for part in parts)


def _numbered(parts: Sequence[Mesh]) -> list[Mesh]:
    """Parts of one structure by one row of numbers, however many steps took it apart."""
    whole = [_whole_name(part.name) for part in parts]
    several, seen = Counter(whole), Counter[str]()
    named = []
    for part, name in zip(parts, whole):
        seen[name] += 1
        named.append(replace(part, name=_("{mesh} part {n}", mesh=name, n=seen[name]) if several[name] > 1 else name))
    return named


def _whole_name(name: str) -> str:
    """The name of what a part was cut from."""
    while isinstance(name, Message) and name.msgid == "{mesh} part {n}":
        name = name.parameters["mesh"]
    return name if isinstance(name, Message) else re.sub(r"( part \d+)+$", "", name)


def _kept(parts: list[Mesh], settings: RunSettings, planes: "Sequence[Plane]", steps: list[Any]) -> list[Mesh]:
    """The parts on the sides that `settings.kept_sides` names: beyond the outermost cut of an axis, or between two with both its sides."""
    from ..reconstruction import ProcessingStep

    if not settings.kept_sides:
        return parts
    bounds: list[tuple[Plane, bool]] = []
    for side in settings.kept_sides:
        own, ahead = _cuts_of(side, settings, planes)
        if not own:
            raise _keeps_without_cut(side)
        bounds += [(plane, ahead) for plane in own]
    kept = [mesh for mesh in parts if all(_lies(mesh, plane, ahead) for plane, ahead in bounds)]
    if not kept:
        sides = join(" ", (_("{--keep:{side}}", side=side) for side in settings.kept_sides))
        raise RefusedError(
            _("Nothing of the model lies on the side that {sides} names: keep another side.", sides=sides)
        )
    steps.append(
        ProcessingStep(
            "keep",
            _(
                "{kept_sides}: {kept_count} of {parts}",
                kept_sides=join(", ", settings.kept_sides),
                kept_count=len(kept),
                parts=pluralize(len(parts), "part"),
            ),
        )
    )
    return kept


def _cuts_of(side: str, settings: RunSettings, planes: "Sequence[Plane]") -> "tuple[list[Plane], bool]":
    """The cuts that bound a side, and whether it lies where their normals point."""
    if side in ("front", "back"):
        return list(planes[len(settings.cuts) :]), side == "front"
    own = [plane for plane, (axis, _at) in zip(planes, settings.cuts) if axis == AXIS_OF[side]]
    ahead = side in ("R", "A", "S")  # the normals of `axis_plane` point there
    both = sum(AXIS_OF.get(other) == AXIS_OF[side] for other in settings.kept_sides) > 1
    return sorted(own, key=lambda plane: plane.offset, reverse=ahead != both)[:1], ahead


def _lies(mesh: Mesh, plane: "Plane", ahead: bool) -> bool:
    low, high = _span(mesh, plane)
    return (low + high) / 2.0 > plane.offset if ahead else (low + high) / 2.0 < plane.offset


def _bounds_of(meshes: Sequence[Mesh]) -> str:
    """Where the meshes lie, in the coordinates that `--cut` takes."""
    boxes = np.array([mesh.bounds for mesh in meshes])
    low, high = boxes[:, 0::2].min(axis=0), boxes[:, 1::2].max(axis=0)
    ends = (("R", -high[0], -low[0]), ("A", -high[1], -low[1]), ("S", low[2], high[2]))
    return join(
        ", ",
        (_("{axis} {first:.0f} to {last:.0f} mm", axis=axis, first=first, last=last) for axis, first, last in ends),
    )


def _span(mesh: Mesh, plane: "Plane") -> tuple[float, float]:
    along = mesh.points.astype(np.float64) @ np.asarray(plane.normal)
    return float(along.min()), float(along.max())


def _crumb_mm3(mesh: Mesh) -> float:
    """Volume below which a body that a split broke off a mesh is too small to handle."""
    usual = preparation_defaults()
    return float(min(usual["crumb_share"] * mesh.volume, usual["crumb_mm3"]))


def add_crumb_step(meshes: Sequence[Mesh], counts: Sequence[int], parts: Sequence[Mesh], steps: list[Any]) -> None:
    """Adds to `steps` what a split broke off `meshes` that is too small to handle, with its joints; `counts` are the parts of each."""
    from ..preparation import count_small_bodies
    from ..reconstruction import ProcessingStep

    left, begin = 0, 0
    for mesh, count in zip(meshes, counts):
        crumb, own = _crumb_mm3(mesh), parts[begin : begin + count]
        left += max(sum(count_small_bodies(part, crumb) for part in own) - count_small_bodies(mesh, crumb), 0)
        begin += count
    if left:
        limit = max(map(_crumb_mm3, meshes))
        effect = _(
            "{bodies} of less than {limit:.1f} mm3 broken off: too small to handle, glue or discard",
            bodies=pluralize(left, "body", "bodies"),
            limit=limit,
        )
        steps.append(ProcessingStep(CRUMB_STEP, effect))


def _split(
    parts: Sequence[Mesh],
    room: Sequence[float],
    joints_mm3: float,
    build: Sequence[float],
    settings: RunSettings,
    planes: "list[Plane]",
    steps: list[Any],
) -> list[tuple[Mesh, ...]]:
    """The parts of each mesh; none is left so small that joints, which take `joints_mm3` out of it, make it a crumb, where a cut can
    avoid that."""
    from ..preparation import KeepOutRegion, split_to_fit
    from ..reconstruction import ProcessingStep

    avoid = [KeepOutRegion((-r, -a, s), around) for r, a, s, around in settings.keep_out_regions]
    pieces: list[tuple[Mesh, ...]] = []
    for mesh in parts:
        split = split_to_fit(mesh, room, avoid=avoid, crumb=_crumb_mm3(mesh) + joints_mm3)
        pieces.append(split.parts)
        planes += split.planes
        size = join(" x ", (_("{side:g}", side=side) for side in build))
        areas = ", ".join(f"{area:.0f}" for area in split.sections_mm2)
        cuts = _("; sections of {areas} mm2", areas=areas) if areas else ""
        away = _(", away from {marked_places}", marked_places=pluralize(len(avoid), "marked place")) if avoid else ""
        fitted = _(
            "{parts} for a build volume of {size} mm{cuts}{away}",
            parts=pluralize(len(split.parts), "part"),
            size=size,
            cuts=cuts,
            away=away,
        )
        steps.append(
            ProcessingStep(
                "split", join("", (mesh.name, ": ", fitted, "; ", displacement_summary([mesh], split.parts)))
            )
        )
    return pieces
