"""Taking the model apart: cuts, split to the printer, and the pins and magnets that put it together again."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from ..config import resources
from ..config.run_settings import RunSettings
from ..errors import RefusedError, UsageError
from ..mesh.core import Mesh
from ..text import pluralize

if TYPE_CHECKING:
    from ..preparation import ConnectorSize, Plane

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
    for name in ("pins", "magnets"):
        if getattr(settings, name) and not (settings.cuts or settings.oblique_cuts or settings.split):
            raise UsageError(
                f"--{name} stand across cuts: give --cut, --plane or --split auto too, or leave --{name} out."
            )


def _keeps_without_cut(side: str) -> UsageError:
    return UsageError(f"--keep {side} needs a cut across that axis: give --cut or --plane.")


def _avoids_without_split() -> UsageError:
    return UsageError("--avoid is about the cuts of --split auto: give that too, or leave --avoid out.")


def apply_cuts(meshes: Sequence[Mesh], settings: RunSettings, planes: "list[Plane]", steps: list[Any]) -> list[Mesh]:
    """The parts after the cuts, of those the sides that are kept; the cuts are added to `planes`, what was done to `steps`.

    Raises `RefusedError` for a cut that misses the model or leaves nothing, `UsageError` for a side without a cut.
    """
    return _numbered(_kept(_cut(meshes, settings, planes, steps), settings, planes, steps))


def split_to_printer(
    meshes: Sequence[Mesh], settings: RunSettings, process: Any, printer: Any, planes: "list[Plane]", steps: list[Any]
) -> list[Mesh]:
    """The parts split to the printer, with pins and magnets across all cuts, those of `planes` too.

    Raises `RefusedError` where the split finds no place, `UsageError` for marked places without a split.
    """
    parts = list(meshes)
    size = default_pin_size(process)
    if settings.split:
        # A pin makes its part longer.
        room = [side - (size.length if settings.pins else 0.0) for side in printer.usable_mm]
        parts = _numbered(_split(parts, room, printer.usable_mm, settings, planes, steps))
    elif settings.keep_out_regions:
        raise _avoids_without_split()
    if settings.pins or settings.magnets:
        smallest = max(process.limit("pin_mm") or 0.0, preparation_defaults()["least_pin_mm"])
        parts = _joined_again(parts, planes, settings, size, min(smallest, size.diameter), steps)
    return parts


def _cut(meshes: Sequence[Mesh], settings: RunSettings, planes: "list[Plane]", steps: list[Any]) -> list[Mesh]:
    from ..preparation import axis_plane, cut, plane_from_point_normal
    from ..reconstruction import ProcessingStep

    wanted = [(axis_plane(axis, at), f"{axis} = {at:g} mm") for axis, at in settings.cuts]
    wanted += [
        (
            plane_from_point_normal(plane[:3], plane[3:]),
            "the plane through {:g}, {:g}, {:g} mm (R, A, S)".format(*plane[:3]),
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
                f"The cut at {words} misses the model: choose a place within its bounds, {_bounds_of(parts)}."
            )
        effect = f"at {words} into {pluralize(len(pieces), 'part')}; {displacement_summary(parts, pieces)}"
        parts = pieces
        planes.append(plane)
        steps.append(ProcessingStep("cut", effect))
    return parts


def _named(parts: Sequence[Mesh], name: str) -> tuple[Mesh, ...]:
    return tuple(replace(part, name=name) for part in parts)


def _numbered(parts: Sequence[Mesh]) -> list[Mesh]:
    """Parts of one structure by one row of numbers, however many steps took it apart."""
    whole = [re.sub(r"( part \d+)+$", "", part.name) for part in parts]
    several, seen = Counter(whole), Counter[str]()
    named = []
    for part, name in zip(parts, whole):
        seen[name] += 1
        named.append(replace(part, name=f"{name} part {seen[name]}" if several[name] > 1 else name))
    return named


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
        sides = " ".join(f"--keep {side}" for side in settings.kept_sides)
        raise RefusedError(f"Nothing of the model lies on the side that {sides} names: keep another side.")
    steps.append(
        ProcessingStep("keep", f"{', '.join(settings.kept_sides)}: {len(kept)} of {pluralize(len(parts), 'part')}")
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
    return ", ".join(f"{axis} {first:.0f} to {last:.0f} mm" for axis, first, last in ends)


def _span(mesh: Mesh, plane: "Plane") -> tuple[float, float]:
    along = mesh.points.astype(np.float64) @ np.asarray(plane.normal)
    return float(along.min()), float(along.max())


def _split(
    parts: Sequence[Mesh],
    room: Sequence[float],
    build: Sequence[float],
    settings: RunSettings,
    planes: "list[Plane]",
    steps: list[Any],
) -> list[Mesh]:
    from ..preparation import KeepOutRegion, split_to_fit
    from ..reconstruction import ProcessingStep

    avoid = [KeepOutRegion((-r, -a, s), around) for r, a, s, around in settings.keep_out_regions]
    pieces: list[Mesh] = []
    for mesh in parts:
        split = split_to_fit(mesh, room, avoid=avoid)
        pieces += split.parts
        planes += split.planes
        size = " x ".join(f"{side:g}" for side in build)
        areas = ", ".join(f"{area:.0f}" for area in split.sections_mm2)
        cuts = f"; sections of {areas} mm2" if areas else ""
        away = f", away from {pluralize(len(avoid), 'marked place')}" if avoid else ""
        fitted = f"{pluralize(len(split.parts), 'part')} for a build volume of {size} mm{cuts}{away}"
        steps.append(ProcessingStep("split", f"{mesh.name}: {fitted}; {displacement_summary([mesh], split.parts)}"))
    return pieces


def preparation_defaults() -> Mapping[str, Any]:
    """Sizes in mm of what preparation adds, where the process leaves them open: `preparation` of `data/plans/plan.json`."""
    return resources.load_json_resource("plans", "plan")[0]["preparation"]


def default_pin_size(process: Any) -> "ConnectorSize":
    """Pins that the process can print: some times its thinnest pin, and what is usual at least."""
    from ..preparation import ConnectorSize

    usual = preparation_defaults()
    diameter = max(usual["pin_guidelines"] * (process.limit("pin_mm") or 0.0), usual["pin_mm"])
    wall = max(process.limit("wall_supported_mm") or 1.0, 1.0)
    return ConnectorSize(diameter, usual["pin_length_diameters"] * diameter, process.limit("clearance_mm") or 0.3, wall)


def _joined_again(
    meshes: Sequence[Mesh],
    planes: "Sequence[Plane]",
    settings: RunSettings,
    size: "ConnectorSize",
    smallest: float,
    steps: list[Any],
) -> list[Mesh]:
    """Pins and magnets across every cut, between every two parts that meet there with room for them."""
    from ..reconstruction import ProcessingStep

    parts = list(meshes)
    for plane in planes:
        before = list(parts)
        spans = [_span(mesh, plane) for mesh in parts]
        above = [number for number, (low, _high) in enumerate(spans) if abs(low - plane.offset) < 0.01]
        below = [number for number, (_low, high) in enumerate(spans) if abs(high - plane.offset) < 0.01]
        if not (above and below):
            continue  # only one side of this cut was kept, so nothing is put together there
        pins: list[float] = []
        pockets = 0
        for first, second in ((one, other) for one in above for other in below):
            pins += _pinned(parts, first, second, plane, size, smallest) if settings.pins else []
            if settings.magnets:
                pockets += _pocketed(parts, first, second, plane, settings.magnets, size)
        if settings.pins:
            sizes = " and ".join(f"{diameter:g}" for diameter in sorted(set(pins), reverse=True))
            moved = displacement_summary(before, parts)
            made = f"{pluralize(len(pins), 'pin')} of {sizes} mm with {size.clearance:g} mm clearance; {moved}"
            none = ProcessingStep("no pins", f"a cut has no room for a pin of {smallest:g} mm: glue it")
            steps.append(ProcessingStep("pins", made) if pins else none)
        if settings.magnets:
            made = pluralize(pockets, "pair", "pairs")
            made += " of pockets for magnets of {:g} x {:g} mm: mind their poles".format(*settings.magnets)
            made += f"; {displacement_summary(before, parts)}"
            none = ProcessingStep("no magnets", "a cut has no room for a magnet: glue it")
            steps.append(ProcessingStep("magnets", made) if pockets else none)
    return parts


def _pinned(
    parts: list[Mesh], first: int, second: int, plane: "Plane", size: "ConnectorSize", smallest: float
) -> list[float]:
    """Diameters of the pins put between two parts, in place; none where they do not meet, or only in a rim."""
    from ..preparation import cut_pins

    try:
        pinned = cut_pins(parts[first], parts[second], plane, size, smallest)
    except RefusedError:
        return []
    parts[first], parts[second] = pinned.first, pinned.second
    return [pinned.size.diameter] * len(pinned.places)


def _pocketed(
    parts: list[Mesh], first: int, second: int, plane: "Plane", magnet: tuple[float, float], size: "ConnectorSize"
) -> int:
    """Number of pairs of pockets put between two parts, in place."""
    from ..preparation import ConnectorSize, cut_magnet_pockets

    try:
        held = cut_magnet_pockets(
            parts[first], parts[second], plane, ConnectorSize(*magnet, size.clearance / 2.0, size.wall)
        )
    except RefusedError:
        return 0
    parts[first], parts[second] = held.first, held.second
    return len(held.places)


def displacement_summary(before: Sequence[Mesh], after: Sequence[Mesh]) -> str:
    """How far a step moved the surface, for the record: what was kept, and what is new."""
    from ..preparation import measure_displacement

    done = measure_displacement(before, after)
    kept = f"the surface kept moved {done.kept.mean:.4f} mm in the mean, {done.kept.p95:.4f} at 95 %, {done.kept.most:.4f} at most"
    if done.new_share == 0.0:
        return kept
    new = f"{100.0 * done.new_share:.1f} % is new, {done.new.mean:.2f}, {done.new.p95:.2f} and {done.new.most:.2f} mm from the old surface"
    return f"{kept}; {new}"
