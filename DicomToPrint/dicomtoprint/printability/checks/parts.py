"""Facts of the parts of a model: loose ones, crumbs, cavities and what these trap."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ...mesh.components import NestedComponent, nested_components
from ...mesh.core import Mesh, keep_triangles
from ...messages import _, join
from ...rules import Fact
from ..process import PrintProcess
from .mesh import MOST_PLACES, describe_positions, round_sizes, stacked_positions, subsample_positions
from .objects import shared_volume

FILLED = 0.99  # of a cavity's volume that another object takes up: what is left are the tolerances of both surfaces


@dataclass(frozen=True)
class PartMeasurements:
    """Facts of parts; `loose` (m,) bool are the triangles of all meshes together that belong to fragments, `shut` the surfaces of closed
    cavities turned to face outward, None where there is none."""

    facts: dict[str, Fact]
    loose: np.ndarray
    shut: Mesh | None


@dataclass(frozen=True)
class _Part:
    """A closed part: signed volume mm3 (of a cavity what no other object takes up), area mm2, longest side mm, a place (3,) to look at, and
    its triangles among those of all meshes."""

    volume: float
    area: float
    length: float
    place: np.ndarray
    triangles: np.ndarray


def part_facts(meshes: tuple[Mesh, ...], process: PrintProcess) -> PartMeasurements:
    """Loose parts, fragments too small for the process and specks, cavities and what they trap, from the parts' signed volumes.

    Only closed parts count: an open sheet or tube encloses nothing and traps nothing. A closed part that faces inward and lies in no
    other is inverted, no cavity. A part's place is its highest point, a cavity's its middle.
    """
    smallest = (process.limit("feature_mm") or 1.0) ** 3
    groups: dict[str, list[_Part]] = {"solids": [], "fragments": [], "cavities": [], "nested": []}
    first = np.cumsum([0, *(len(mesh.triangles) for mesh in meshes)])
    nested = [nested_components(mesh) for mesh in meshes]
    longest = max((_length(item) for parts in nested for item in parts), default=0.0)
    shut = []
    for index, (mesh, parts) in enumerate(zip(meshes, nested)):
        for item in parts:
            kind = _kind(item, smallest, process.judgement["speck_mm"], longest)
            volume = item.part.volume
            if kind == "cavities":
                inner = _outward(mesh, item)
                shut.append(inner)
                volume = -_unfilled(inner, [other for at, other in enumerate(meshes) if at != index])
                if -volume <= (1.0 - FILLED) * abs(item.part.volume):
                    continue
            if kind:
                groups[kind].append(_part(mesh, item, volume, int(first[index])))
    loose = np.zeros(first[-1], dtype=bool)
    for fragment in groups["fragments"]:
        loose[fragment.triangles] = True
    cavities = groups["cavities"]
    trapped = float(sum(-cavity.volume for cavity in cavities))
    size = process.judgement["speck_mm"]
    # What is thinner than a layer is not even printed: it does no harm.
    severe = sum(item.length >= (process.limit("layer_mm") or 0.0) for item in groups["fragments"])
    facts = {
        "fragments": _parts_fact("fragments", groups["fragments"], smallest=smallest, speck=size, severe=severe),
        "loose_parts": _parts_fact("loose_parts", groups["solids"], beside=True),
        "cavities": _parts_fact("cavities", cavities),
        "nested_shells": _parts_fact("nested_shells", groups["nested"]),
        "trapped_mm3": _parts_fact("trapped_mm3", cavities, trapped, cavities=len(cavities)),
    }
    return PartMeasurements(facts, loose, _joined(shut))


def _kind(item: NestedComponent, smallest_mm3: float, speck_mm: float, longest: float) -> str:
    """Which group a part belongs to; empty for one that is open or inverted, which have findings of their own."""
    if not item.closed:
        return ""
    if item.part.volume < 0:
        return "cavities" if item.within > 0 else ""
    if item.within > 0:
        return "nested"
    speck = _length(item) < min(speck_mm, longest)
    return "fragments" if speck or item.part.volume < smallest_mm3 else "solids"


def _length(item: NestedComponent) -> float:
    return float((item.part.high - item.part.low).max())


def _part(mesh: Mesh, item: NestedComponent, volume: float, start: int) -> _Part:
    part = item.part
    corners = mesh.points[mesh.triangles[part.triangles].ravel()]
    highest, middle = corners[int(np.argmax(corners[:, 2]))], (part.low + part.high) / 2.0
    return _Part(volume, part.area, _length(item), middle if part.volume < 0 else highest, part.triangles + start)


def _outward(mesh: Mesh, item: NestedComponent) -> Mesh:
    """The wall of a cavity as the solid that would fill it."""
    rows = np.zeros(len(mesh.triangles), dtype=bool)
    rows[item.part.triangles] = True
    wall = keep_triangles(Mesh(mesh.points, mesh.triangles, mesh.name), rows)
    return Mesh(wall.points, wall.triangles[:, ::-1].copy(), mesh.name)


def _unfilled(cavity: Mesh, others: Sequence[Mesh]) -> float:
    """Volume of the cavity in mm3 that no other object takes up."""
    taken = sum(volume for other in others if (volume := shared_volume(cavity, other)) is not None)
    return max(cavity.volume - taken, 0.0)


def _joined(shells: Sequence[Mesh]) -> Mesh | None:
    starts = np.cumsum([0, *(len(shell.points) for shell in shells)])
    if not shells:
        return None
    triangles = np.concatenate([shell.triangles + start for shell, start in zip(shells, starts)])
    return Mesh(np.concatenate([shell.points for shell in shells]), triangles)


def _parts_fact(
    name: str, parts: list[_Part], value: float | None = None, beside: bool = False, **more: object
) -> Fact:
    """A fact of parts, the largest first, each with its volume; with `beside`, of what lies beside the largest, which stands last."""
    parts = sorted(parts, key=lambda item: -abs(item.volume))
    volumes = join(", ", (volume_words(abs(item.volume)) for item in parts[:8]))
    listed = parts[1:] if beside else parts
    parts = [*listed, *parts[:1]] if beside else parts
    where = stacked_positions([item.place for item in parts])
    return Fact(
        name,
        len(parts) if value is None else value,
        where=describe_positions(where),
        places=subsample_positions(where[:MOST_PLACES]),
        parameters={"volumes": volumes + (" ..." if len(parts) > 8 else ""), **more},
        area_mm2=round(sum(item.area for item in listed), 2) if listed else None,
        sizes=round_sizes(abs(item.volume) for item in parts[:MOST_PLACES]),
        size_unit="mm3",
        marked=np.concatenate([item.triangles for item in listed]) if listed else None,
    )


def volume_words(volume: float) -> str:
    """A volume in mm3 with a digit that says something, however small it is."""
    return _("{volume:.1f}", volume=volume) if volume >= 0.05 else _("{volume:.1g}", volume=volume)
