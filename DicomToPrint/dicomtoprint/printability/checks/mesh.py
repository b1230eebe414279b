"""Facts of the surface itself: closed, manifold, oriented."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

import numpy as np

from ...mesh.core import Mesh
from ...mesh.holes import find_holes
from ...mesh.merge_points import merge_equal_points
from ...mesh.self_intersection import self_intersections
from ...mesh.topology import TopologyReport, analyse_topology
from ...messages import _
from ...progress import ProgressCallback, subprogress
from ...rules import Fact

MOST_PLACES = 50


def topology_facts(meshes: tuple[Mesh, ...], progress: ProgressCallback) -> dict[str, Fact]:
    """Counts of defects over all objects, each object looked at by itself, with places and the area of the triangles concerned."""
    found: dict[str, list[_Defect]] = {}
    first = np.cumsum([0, *(len(mesh.triangles) for mesh in meshes)])
    for index, mesh in enumerate(meshes):
        step = subprogress(progress, index / len(meshes), (index + 1) / len(meshes))
        step(0.0, _("counting edges and vertices"))
        counted = analyse_topology(mesh)
        step(0.4, _("looking for self-intersections"))
        crossing = self_intersections(mesh, subprogress(step, 0.4, 1.0))
        for defect in _defects(mesh, counted, crossing):
            found.setdefault(defect.name, []).append(replace(defect, marked=defect.marked + first[index]))
    facts = {name: _counted(name, defects) for name, defects in found.items()}
    volume, area = sum(mesh.volume for mesh in meshes), sum(mesh.area for mesh in meshes)
    turned = 0 < facts["triangles"].value == facts["inverted"].value  # type: ignore[operator]
    why = (
        _("the whole surface is inverted")
        if turned
        else _("the surface is open")
        if facts["boundary_edges"].value
        else ""
    )
    told = not (why and volume <= 0.0)  # what faces inwards or is open has a finding of its own
    facts["volume_mm3"] = Fact("volume_mm3", float(volume), applicable=told, parameters={"why": why, "turned": turned})
    facts["inverted"] = replace(facts["inverted"], parameters={"whole": turned, "volume": abs(volume)})
    facts["area_mm2"] = Fact("area_mm2", float(area))
    facts["material_cm3"] = Fact("material_cm3", round(float(volume) / 1000.0, 3))
    return facts


@dataclass(frozen=True)
class _Defect:
    """A kind of defect of one mesh: how many, where (n, 3), the area of all, how large each place is (n,) or (0,), and its triangles."""

    name: str
    count: int
    where: np.ndarray
    area: float | None = None
    sizes: np.ndarray = field(default_factory=lambda: np.zeros(0))
    marked: np.ndarray = field(default_factory=lambda: np.zeros(0, np.int64))


def _defects(mesh: Mesh, found: TopologyReport, crossing: np.ndarray) -> list[_Defect]:
    nowhere = np.zeros((0, 3))
    edges = lambda index: mesh.points[index].mean(axis=1) if len(index) else nowhere  # noqa: E731
    holes = find_holes(mesh) if found.boundary_edges else ()
    sizes = np.array([hole.area for hole in holes])
    return [
        _Defect("triangles", found.triangles, nowhere),
        _Defect("components", found.components, nowhere),
        _Defect(
            "boundary_edges",
            found.boundary_edges,
            stacked_positions([hole.place for hole in holes]),
            float(sizes.sum()) if holes else None,
            sizes,
            _touching(mesh, found.boundary_at),
        ),
        _Defect(
            "nonmanifold_edges",
            found.nonmanifold_edges,
            edges(found.nonmanifold_edges_at),
            marked=_touching(mesh, found.nonmanifold_edges_at),
        ),
        _Defect(
            "nonmanifold_vertices",
            found.nonmanifold_vertices,
            mesh.points[found.nonmanifold_vertices_at],
            marked=_touching(mesh, found.nonmanifold_vertices_at),
        ),
        _of_triangles("self_intersections", mesh, crossing),
        _of_triangles("degenerate", mesh, found.degenerate_at),
        _of_triangles("duplicate", mesh, found.duplicate_at),
        _of_triangles("inverted", mesh, found.inverted_at),
    ]


def _of_triangles(name: str, mesh: Mesh, index: np.ndarray) -> _Defect:
    if len(index) == 0:
        return _Defect(name, 0, np.zeros((0, 3)))
    corners = mesh.points[mesh.triangles[index]].astype(np.float64)
    area = np.linalg.norm(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1).sum() / 2.0
    return _Defect(name, len(index), corners.mean(axis=1), float(area), marked=np.asarray(index, dtype=np.int64))


def counted_triangles(name: str, mesh: Mesh, index: np.ndarray) -> Fact:
    """A fact of some triangles of a mesh: how many, where, their area."""
    return _counted(name, [_of_triangles(name, mesh, index)])


def _touching(mesh: Mesh, points: np.ndarray) -> np.ndarray:
    """Triangles with a corner at one of the places of the points, given by index."""
    if len(points) == 0:
        return np.zeros(0, np.int64)
    first, group = merge_equal_points(mesh.points)
    there = np.zeros(len(first), dtype=bool)
    there[group[points.ravel()]] = True
    return np.flatnonzero(there[group[mesh.triangles]].any(axis=1))


def stacked_positions(points: "list[np.ndarray]") -> np.ndarray:
    """(n, 3) of a list of places, however short it is."""
    return np.array(points, dtype=np.float64).reshape(-1, 3)


def _counted(name: str, defects: list[_Defect]) -> Fact:
    """One fact of the same kind of defect in several meshes; places with sizes stand in the order of these."""
    where, sizes = np.concatenate([item.where for item in defects]), np.concatenate([item.sizes for item in defects])
    if len(sizes):
        order = np.argsort(-sizes, kind="stable")[:MOST_PLACES]
        where, sizes = where[order], sizes[order]
    areas = [item.area for item in defects if item.area is not None]
    return Fact(
        name,
        int(sum(item.count for item in defects)),
        where=describe_positions(where),
        places=subsample_positions(where),
        area_mm2=round(float(sum(areas)), 3) if areas else None,
        sizes=round_sizes(sizes),
        marked=np.concatenate([item.marked for item in defects]),
    )


def round_sizes(sizes: "Iterable[float]") -> tuple[float, ...]:
    """Sizes for a fact, to 0.001."""
    return tuple(round(float(size), 3) for size in sizes)


def subsample_positions(points: np.ndarray, most: int = MOST_PLACES) -> tuple[tuple[float, float, float], ...]:
    """At most `most` of the points (n, 3), spread over them, rounded to 0.01 mm."""
    if len(points) == 0:
        return ()
    chosen = points[np.unique(np.linspace(0, len(points) - 1, min(most, len(points))).astype(int))]
    return tuple((round(float(x), 2), round(float(y), 2), round(float(z), 2)) for x, y, z in chosen)


def describe_positions(points: np.ndarray) -> str:
    """The first place and how many there are, as text."""
    if len(points) == 0:
        return ""
    x, y, z = points[0]
    others = _(" and {points_count:,} more", points_count=len(points) - 1) if len(points) > 1 else ""
    return _("({x:.1f}, {y:.1f}, {z:.1f}) mm{others}", x=x, y=y, z=z, others=others)
