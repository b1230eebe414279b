"""Facts of the surface itself: closed, manifold, oriented, its parts and cavities, its scale."""

import numpy as np

from ..findings import Fact
from ..measure.component import components
from ..measure.intersection import intersecting_pairs, self_intersections
from ..measure.topology import Topology, topology
from ..mesh import Mesh, merged
from ..mesh_file import MeshFile
from ..progress import Progress, part
from .process import Process
from .reference import ScanReference

MOST_PLACES = 50


def topology_facts(meshes: tuple[Mesh, ...], progress: Progress) -> dict[str, Fact]:
    """Counts of defects over all objects, each object looked at by itself, with places."""
    counts: dict[str, int] = {}
    places: dict[str, list[np.ndarray]] = {}
    for index, mesh in enumerate(meshes):
        step = part(progress, index / len(meshes), (index + 1) / len(meshes))
        step(0.0, "counting edges and vertices")
        found = topology(mesh)
        step(0.4, "looking for self-intersections")
        crossing = self_intersections(mesh, part(step, 0.4, 1.0))
        for name, count, where in _defects(mesh, found, crossing):
            counts[name] = counts.get(name, 0) + count
            places.setdefault(name, []).append(where)
    facts = {name: _counted(name, count, np.concatenate(places[name])) for name, count in counts.items()}
    volume, area = sum(mesh.volume for mesh in meshes), sum(mesh.area for mesh in meshes)
    facts["volume_mm3"] = Fact("volume_mm3", float(volume))
    facts["area_mm2"] = Fact("area_mm2", float(area))
    facts["material_cm3"] = Fact("material_cm3", round(float(volume) / 1000.0, 3))
    return facts


def _defects(mesh: Mesh, found: Topology, crossing: np.ndarray) -> list[tuple[str, int, np.ndarray]]:
    centres = lambda index: mesh.points[mesh.triangles[index]].mean(axis=1) if len(index) else np.zeros((0, 3))  # noqa: E731
    edges = lambda index: mesh.points[index].mean(axis=1) if len(index) else np.zeros((0, 3))  # noqa: E731
    return [
        ("triangles", found.triangles, np.zeros((0, 3))),
        ("components", found.components, np.zeros((0, 3))),
        ("boundary_edges", found.boundary_edges, edges(found.boundary_at)),
        ("nonmanifold_edges", found.nonmanifold_edges, edges(found.nonmanifold_edges_at)),
        ("nonmanifold_vertices", found.nonmanifold_vertices, mesh.points[found.nonmanifold_vertices_at]),
        ("self_intersections", len(crossing), centres(crossing)),
        ("degenerate", found.degenerate, centres(found.degenerate_at)),
        ("duplicate", found.duplicate, centres(found.duplicate_at)),
        ("inverted", found.inverted, centres(found.inverted_at)),
    ]


def _counted(name: str, count: int, where: np.ndarray) -> Fact:
    return Fact(name, int(count), where=in_words(where), places=as_places(where))


def as_places(points: np.ndarray, most: int = MOST_PLACES) -> tuple[tuple[float, float, float], ...]:
    """At most `most` of the points (n, 3), spread over them, rounded to 0.01 mm."""
    if len(points) == 0:
        return ()
    chosen = points[np.unique(np.linspace(0, len(points) - 1, min(most, len(points))).astype(int))]
    return tuple((round(float(x), 2), round(float(y), 2), round(float(z), 2)) for x, y, z in chosen)


def in_words(points: np.ndarray) -> str:
    """The first place and how many there are, as text."""
    if len(points) == 0:
        return ""
    x, y, z = points[0]
    others = f" and {len(points) - 1:,} more" if len(points) > 1 else ""
    return f"({x:.1f}, {y:.1f}, {z:.1f}) mm{others}"


def part_facts(meshes: tuple[Mesh, ...], process: Process) -> tuple[dict[str, Fact], np.ndarray]:
    """Loose parts, fragments too small for the process, cavities and what they trap, from the parts' signed volumes; and which triangles
    (m,) of all meshes together belong to fragments. A part's place is its highest point, a cavity's its middle."""
    smallest = (process.limit("feature_mm") or 1.0) ** 3
    solids, fragments, cavities = [], [], []
    loose = [np.zeros(len(mesh.triangles), dtype=bool) for mesh in meshes]
    for mesh, crumbs in zip(meshes, loose):
        for component in components(mesh):
            corners = mesh.points[mesh.triangles[component.triangles].ravel()]
            row = (component.volume, corners[int(np.argmax(corners[:, 2]))])
            if component.volume < 0:
                cavities.append((component.volume, (component.low + component.high) / 2.0))
            elif component.volume < smallest:
                fragments.append(row)
                crumbs[component.triangles] = True
            else:
                solids.append(row)
    volumes = lambda rows: ", ".join(f"{abs(volume):.1f}" for volume, _ in rows[:8])  # noqa: E731
    centres = lambda rows: np.array([centre for _, centre in rows]).reshape(-1, 3)  # noqa: E731
    trapped = float(sum(-volume for volume, _ in cavities))
    facts = {
        "fragments": Fact(
            "fragments",
            len(fragments),
            where=in_words(centres(fragments)),
            places=as_places(centres(fragments)),
            parameters={"volumes": volumes(fragments), "smallest": smallest},
        ),
        "loose_parts": Fact(
            "loose_parts",
            len(solids),
            where=in_words(centres(solids)),
            places=as_places(centres(solids)),
            parameters={"volumes": volumes(solids)},
        ),
        "cavities": Fact(
            "cavities",
            len(cavities),
            where=in_words(centres(cavities)),
            places=as_places(centres(cavities)),
            parameters={"volumes": volumes(cavities)},
        ),
        "trapped_mm3": Fact(
            "trapped_mm3",
            trapped,
            where=in_words(centres(cavities)),
            places=as_places(centres(cavities)),
            parameters={"cavities": len(cavities)},
        ),
    }
    return facts, np.concatenate(loose)


def overlap_facts(meshes: tuple[Mesh, ...], progress: Progress) -> dict[str, Fact]:
    """Pairs of objects of one file whose surfaces meet."""
    boxes = [np.array(mesh.bounds).reshape(3, 2) for mesh in meshes]
    close = any(np.all((a[:, 0] <= b[:, 1]) & (b[:, 0] <= a[:, 1])) for i, a in enumerate(boxes) for b in boxes[:i])
    if len(meshes) < 2:
        return {}
    if not close:
        return {"overlapping_objects": Fact("overlapping_objects", 0)}
    owner = np.repeat(np.arange(len(meshes)), [len(mesh.triangles) for mesh in meshes])
    whole = merged(meshes)
    pairs = intersecting_pairs(whole, progress)
    pairs = pairs[owner[pairs[:, 0]] != owner[pairs[:, 1]]]
    objects = np.unique(np.sort(owner[pairs], axis=1), axis=0)
    where = whole.points[whole.triangles[pairs[:, 0]]].mean(axis=1) if len(pairs) else np.zeros((0, 3))
    return {
        "overlapping_objects": Fact("overlapping_objects", len(objects), where=in_words(where), places=as_places(where))
    }


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
