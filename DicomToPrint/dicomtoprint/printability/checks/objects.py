"""Facts of the objects of a file among one another: do they overlap, lie in one another, touch; and what is no object to be printed."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ...errors import MissingDependencyError, RefusedError
from ...io import NOT_PRINTED, OTHER_TYPES, LeftOutObject, MeshFile
from ...mesh.core import Mesh, concatenate
from ...mesh.merge_points import merge_equal_points
from ...mesh.self_intersection import intersecting_pairs
from ...messages import _, join
from ...progress import ProgressCallback
from ...rules import Fact
from .mesh import counted_triangles, describe_positions

INSIDE = 0.999  # of an object's volume that lies in the other
STEPS = 8.0  # of float32 at the farthest coordinate: how far two equal faces may lie apart once they were rounded
NEGATIVE = _("negative volume")


@dataclass(frozen=True)
class _Meeting:
    """Two objects whose surfaces meet or whose volumes share something: their numbers, the volume in mm3 (None where it cannot be
    measured), and whether one lies inside the other."""

    pair: tuple[int, int]
    volume: float | None
    inside: bool = False

    @property
    def overlap(self) -> bool:
        """Whether they share a volume, as far as that can be told."""
        return self.volume is None or self.volume > 0.0


def shared_volume(first: Mesh, second: Mesh) -> float | None:
    """Volume in mm3 that two closed solids share, by exact boolean operations (manifold3d), less what rounding of equal faces makes.

    None where one of them encloses no solid, or manifold3d is not installed.
    """
    if not _boxes_meet(first, second):
        return 0.0
    solids = _solids(first, second)
    if solids is None:
        return None
    common = solids[0] ^ solids[1]
    return max(float(common.volume()) - _rounding(first, second) * float(common.surface_area()) / 2.0, 0.0)


def _solids(first: Mesh, second: Mesh) -> "tuple[Any, Any] | None":
    """Both as manifold3d.Manifold; None where one encloses no solid, or the package is not installed."""
    from ...preparation.csg import to_manifold

    try:
        return to_manifold(first).manifold, to_manifold(second).manifold
    except (RefusedError, MissingDependencyError):
        return None


def _rounding(first: Mesh, second: Mesh) -> float:
    """How far two equal faces may lie apart, in mm, once each was rounded to float32."""
    farthest = float(max(np.abs(first.points).max(), np.abs(second.points).max()))
    return STEPS * float(np.finfo(np.float32).eps) * farthest


def _nearer_than_rounding(first: Mesh, second: Mesh) -> bool:
    solids, reach = _solids(first, second), _rounding(first, second)
    return solids is not None and float(solids[0].min_gap(solids[1], 2.0 * reach)) < reach


def _boxes_meet(first: Mesh, second: Mesh) -> bool:
    a, b = (np.array(mesh.bounds).reshape(3, 2) for mesh in (first, second))
    hair = _rounding(first, second)
    return bool(np.all((a[:, 0] <= b[:, 1] + hair) & (b[:, 0] <= a[:, 1] + hair)))


def object_facts(meshes: tuple[Mesh, ...], progress: ProgressCallback) -> dict[str, Fact]:
    """Pairs of objects of one file that overlap, of which one lies inside the other, and that only touch."""
    if len(meshes) < 2:
        return {}
    near = [(i, j) for j in range(len(meshes)) for i in range(j) if _boxes_meet(meshes[i], meshes[j])]
    owner = np.repeat(np.arange(len(meshes)), [len(mesh.triangles) for mesh in meshes])
    whole = concatenate(meshes)
    pairs = intersecting_pairs(whole, progress) if near else np.zeros((0, 2), np.int64)
    pairs = pairs[owner[pairs[:, 0]] != owner[pairs[:, 1]]]
    touching = {(int(i), int(j)) for i, j in np.unique(np.sort(owner[pairs], axis=1), axis=0)}
    touching |= _sharing_points(meshes) if near else set()
    met = [meeting for pair in near if (meeting := _meeting(meshes, pair, pair in touching)) is not None]
    between = np.sort(owner[pairs], axis=1)
    facts = {}
    for name, chosen in (
        ("overlapping_objects", [item for item in met if item.overlap and not item.inside]),
        ("nested_objects", [item for item in met if item.inside]),
        ("touching_objects", [item for item in met if not item.overlap]),
    ):
        rows = [pairs[(between == item.pair).all(axis=1)] for item in chosen]
        crossing = np.unique(np.concatenate([*rows, np.zeros((0, 2), np.int64)])[:, 0])
        fact = counted_triangles(name, whole, crossing)
        where = fact.where or describe_positions(_middles(meshes, chosen))
        words = join("; ", (_words(meshes, item) for item in chosen[:5])) + (" ..." if len(chosen) > 5 else "")
        facts[name] = replace(fact, value=len(chosen), where=where, parameters={"pairs": words})
    return facts


def _sharing_points(meshes: tuple[Mesh, ...]) -> set[tuple[int, int]]:
    """Pairs of objects with equal points: faces that are the same triangles in both do not pass through one another."""
    owner = np.repeat(np.arange(len(meshes)), [len(mesh.points) for mesh in meshes])
    _unused, group = merge_equal_points(concatenate(meshes).points)
    own = np.unique(np.stack([group, owner], axis=1), axis=0)
    again = np.flatnonzero(own[1:, 0] == own[:-1, 0])
    pairs = np.stack([own[again, 1], own[again + 1, 1]], axis=1)
    return {(int(i), int(j)) for i, j in np.unique(pairs, axis=0)}


def _meeting(meshes: tuple[Mesh, ...], pair: tuple[int, int], touch: bool) -> _Meeting | None:
    first, second = (meshes[number] for number in pair)
    volume = shared_volume(first, second)
    if volume is None:
        return _Meeting(pair, None) if touch else None
    if volume == 0.0 and not touch and not _nearer_than_rounding(first, second):
        return None
    smaller = min(first.volume, second.volume)
    return _Meeting(pair, volume, inside=volume >= INSIDE * smaller > 0.0)


def _middles(meshes: tuple[Mesh, ...], chosen: list[_Meeting]) -> np.ndarray:
    """(n, 3) the middle of the smaller object of each pair."""
    smaller = [min(item.pair, key=lambda number: abs(meshes[number].volume)) for item in chosen]
    bounds = np.array([meshes[number].bounds for number in smaller]).reshape(-1, 3, 2)
    return bounds.mean(axis=2)


def _words(meshes: tuple[Mesh, ...], item: _Meeting) -> str:
    names = [f"'{meshes[number].name}'" for number in item.pair]
    if item.inside:
        small, large = sorted(item.pair, key=lambda number: abs(meshes[number].volume))
        return _(
            "'{meshes}' lies in '{meshes2}', {volume:,.1f} mm3",
            meshes=meshes[small].name,
            meshes2=meshes[large].name,
            volume=item.volume,
        )
    told = join(_(" and "), names)
    if item.volume is None:
        return _("{told}, by how much cannot be measured", told=told)
    return _("{told}, {volume:,.1f} mm3", told=told, volume=item.volume) if item.overlap else told


def content_facts(file: MeshFile) -> dict[str, Fact]:
    """What the file has beside the solids that are judged: objects that are left out, and what cannot be judged."""
    negative = [item for item in file.left_out if item.kind == NEGATIVE]
    typed = [item for item in file.left_out if item.kind in OTHER_TYPES]
    unprinted = [item for item in file.left_out if item.kind == NOT_PRINTED]
    others = [item for item in file.left_out if item.kind not in (NEGATIVE, NOT_PRINTED, *OTHER_TYPES)]

    def words(items: Sequence[LeftOutObject]) -> str:
        return join(", ", (_("'{item}' ({kind})", item=item.name, kind=item.kind) for item in items[:8])) + (
            " ..." if len(items) > 8 else ""
        )

    return {
        "left_out": Fact("left_out", len(others), parameters={"objects": words(others)}),
        "other_types": Fact("other_types", len(typed), parameters={"objects": words(typed)}),
        "not_printed": Fact("not_printed", len(unprinted), parameters={"objects": words(unprinted)}),
        "negative_volumes": Fact("negative_volumes", len(negative), parameters={"objects": words(negative)}),
        "encoding": Fact("encoding", file.encoding or "plain", parameters={"begins": file.encoding}),
        "unjudged": Fact("unjudged", len(file.unjudged), parameters={"kinds": join(", ", file.unjudged)}),
    }
