"""Facts of the surface itself: closed, manifold, oriented, its parts and cavities, its scale."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

import numpy as np

from ...io import MeshFile
from ...mesh.components import components
from ...mesh.core import Mesh, concatenate
from ...mesh.holes import find_holes
from ...mesh.merge_points import merge_equal_points
from ...mesh.self_intersection import intersecting_pairs, self_intersections
from ...mesh.topology import TopologyReport, analyse_topology
from ...progress import ProgressCallback, subprogress
from ...rules import Fact
from ..process import PrintProcess
from ..scan_reference import ScanReference

MOST_PLACES = 50


def topology_facts(meshes: tuple[Mesh, ...], progress: ProgressCallback) -> dict[str, Fact]:
    """Counts of defects over all objects, each object looked at by itself, with places and the area of the triangles concerned."""
    found: dict[str, list[_Defect]] = {}
    first = np.cumsum([0, *(len(mesh.triangles) for mesh in meshes)])
    for index, mesh in enumerate(meshes):
        step = subprogress(progress, index / len(meshes), (index + 1) / len(meshes))
        step(0.0, "counting edges and vertices")
        counted = analyse_topology(mesh)
        step(0.4, "looking for self-intersections")
        crossing = self_intersections(mesh, subprogress(step, 0.4, 1.0))
        for defect in _defects(mesh, counted, crossing):
            found.setdefault(defect.name, []).append(replace(defect, marked=defect.marked + first[index]))
    facts = {name: _counted(name, defects) for name, defects in found.items()}
    volume, area = sum(mesh.volume for mesh in meshes), sum(mesh.area for mesh in meshes)
    facts["volume_mm3"] = Fact("volume_mm3", float(volume))
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
            _stacked([hole.place for hole in holes]),
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


def _touching(mesh: Mesh, points: np.ndarray) -> np.ndarray:
    """Triangles with a corner at one of the places of the points, given by index."""
    if len(points) == 0:
        return np.zeros(0, np.int64)
    first, group = merge_equal_points(mesh.points)
    there = np.zeros(len(first), dtype=bool)
    there[group[points.ravel()]] = True
    return np.flatnonzero(there[group[mesh.triangles]].any(axis=1))


def _stacked(points: "list[np.ndarray]") -> np.ndarray:
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
    others = f" and {len(points) - 1:,} more" if len(points) > 1 else ""
    return f"({x:.1f}, {y:.1f}, {z:.1f}) mm{others}"


def part_facts(meshes: tuple[Mesh, ...], process: PrintProcess) -> tuple[dict[str, Fact], np.ndarray]:
    """Loose parts, fragments too small for the process, cavities and what they trap, from the parts' signed volumes; and which triangles
    (m,) of all meshes together belong to fragments. A part's place is its highest point, a cavity's its middle."""
    smallest = (process.limit("feature_mm") or 1.0) ** 3
    solids: list[_Part] = []
    fragments: list[_Part] = []
    cavities: list[_Part] = []
    first = np.cumsum([0, *(len(mesh.triangles) for mesh in meshes)])
    for mesh, start in zip(meshes, first):
        for component in components(mesh):
            corners = mesh.points[mesh.triangles[component.triangles].ravel()]
            highest, middle = corners[int(np.argmax(corners[:, 2]))], (component.low + component.high) / 2.0
            kind = cavities if component.volume < 0 else fragments if component.volume < smallest else solids
            place = middle if component.volume < 0 else highest
            kind.append(_Part(component.volume, component.area, place, component.triangles + start))
    trapped = float(sum(-cavity.volume for cavity in cavities))
    loose = np.zeros(first[-1], dtype=bool)
    for fragment in fragments:
        loose[fragment.triangles] = True
    facts = {
        "fragments": _parts_fact("fragments", len(fragments), fragments, smallest=smallest),
        "loose_parts": _parts_fact("loose_parts", len(solids), solids, beside=True),
        "cavities": _parts_fact("cavities", len(cavities), cavities),
        "trapped_mm3": _parts_fact("trapped_mm3", trapped, cavities, cavities=len(cavities)),
    }
    return facts, loose


@dataclass(frozen=True)
class _Part:
    """A closed part: signed volume mm3, area mm2, a place (3,) to look at, and its triangles among those of all meshes."""

    volume: float
    area: float
    place: np.ndarray
    triangles: np.ndarray


def _parts_fact(name: str, value: float, parts: list[_Part], beside: bool = False, **more: object) -> Fact:
    """A fact of parts, the largest first, each with its volume; with `beside`, of what lies beside the largest, which stands last."""
    parts = sorted(parts, key=lambda item: -abs(item.volume))
    volumes = ", ".join(f"{abs(item.volume):.1f}" for item in parts[:8])
    listed = parts[1:] if beside else parts
    parts = [*listed, *parts[:1]] if beside else parts
    where = _stacked([item.place for item in parts])
    return Fact(
        name,
        value,
        where=describe_positions(where),
        places=subsample_positions(where[:MOST_PLACES]),
        parameters={"volumes": volumes + (" ..." if len(parts) > 8 else ""), **more},
        area_mm2=round(sum(item.area for item in listed), 2) if listed else None,
        sizes=round_sizes(abs(item.volume) for item in parts[:MOST_PLACES]),
        size_unit="mm3",
        marked=np.concatenate([item.triangles for item in listed]) if listed else None,
    )


def overlap_facts(meshes: tuple[Mesh, ...], progress: ProgressCallback) -> dict[str, Fact]:
    """Pairs of objects of one file whose surfaces meet."""
    boxes = [np.array(mesh.bounds).reshape(3, 2) for mesh in meshes]
    close = any(np.all((a[:, 0] <= b[:, 1]) & (b[:, 0] <= a[:, 1])) for i, a in enumerate(boxes) for b in boxes[:i])
    if len(meshes) < 2:
        return {}
    if not close:
        return {"overlapping_objects": Fact("overlapping_objects", 0)}
    owner = np.repeat(np.arange(len(meshes)), [len(mesh.triangles) for mesh in meshes])
    whole = concatenate(meshes)
    pairs = intersecting_pairs(whole, progress)
    pairs = pairs[owner[pairs[:, 0]] != owner[pairs[:, 1]]]
    objects = np.unique(np.sort(owner[pairs], axis=1), axis=0)
    crossing = _of_triangles("overlapping_objects", whole, np.unique(pairs[:, 0]))
    return {"overlapping_objects": replace(_counted(crossing.name, [crossing]), value=len(objects))}


def scale_facts(file: MeshFile, whole: Mesh, reference: ScanReference | None) -> dict[str, Fact]:
    """What the file says of its space, and whether its size makes sense: against the scan where known, else by itself."""
    low, high = whole.points.min(axis=0).astype(float), whole.points.max(axis=0).astype(float)
    longest = float((high - low).max())
    guess, factor = _guess_alone(longest), 1.0
    if reference is not None and reference.bounds is not None and longest > 0:
        scan = np.array(reference.bounds).reshape(3, 2)
        guess, factor = _guess_against(longest, float((scan[:, 1] - scan[:, 0]).max()))
    size = " x ".join(f"{value:.1f}" for value in high - low)
    return {
        "unit_guess": Fact(
            "unit_guess",
            guess,
            evidence=file.unit_source,
            parameters={"size": size, "longest": longest, "factor": factor, "unit": file.unit or "mm (not stated)"},
        ),
        "space": Fact("space", file.space or "not stated", parameters={"unit": file.unit or "not stated"}),
    }


def _guess_alone(longest: float) -> str:
    """Anatomy is between 2 mm and 2 m long."""
    if longest < 2.0:
        return "small"
    return "large" if longest > 2000.0 else "plausible"


def _guess_against(longest: float, scan: float) -> tuple[str, float]:
    """The unit mistake that would bring the model nearest to the scan's size, where the model is larger or far smaller than it."""
    if longest > 1.05 * scan:
        known = {
            "25.4 times too large (inches read as mm twice?)": 25.4,
            "10 times too large": 10.0,
            "1000 times too large": 1000.0,
        }
    elif longest < 0.045 * scan:
        known = {"in metres": 0.001, "in inches": 1 / 25.4, "1000 times too small": 0.001}
    else:
        return "plausible", 1.0
    sensible = {name: factor for name, factor in known.items() if 0.045 * scan < longest / factor <= 1.05 * scan}
    if not sensible:
        return ("too large for the scan", 1.0) if longest > scan else ("too small for the scan", 1.0)
    name = min(sensible, key=lambda key: abs(np.log(longest / sensible[key] / (0.6 * scan))))
    return name, sensible[name]
