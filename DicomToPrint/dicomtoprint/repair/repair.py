"""Repair of meshes that come from elsewhere, in stages from the gentlest to the last resort."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ..mesh.components import inverted_triangles, nested_shell_triangles
from ..mesh.core import Mesh
from ..mesh.edge_table import build_edge_table, label_face_components
from ..mesh.merge_points import merged_mesh
from ..mesh.self_intersection import self_intersections
from ..mesh.topology import TopologyReport, analyse_topology
from ..progress import ProgressCallback, no_progress, subprogress
from .boolean_union import union_components
from .boundary_loops import boundary_loops, triangulate_loop
from .local_repair import remove_duplicate_triangles, repair_locally
from .types import RepairResult, RepairStage
from .winding_number_remesh import winding_number_remesh

_SURGERY_SHARE = 0.1  # of the triangles: where more is wrong, cutting it out would not leave the shape
_VOLUME_KEPT = (0.5, 2.0)  # a stage that leaves less or more of the volume than this has gone astray


@dataclass(frozen=True)
class _State:
    """A mesh on its way, and how bad it is: `facts`, self-intersecting triangles, and the sum of all that is wrong."""

    mesh: Mesh
    facts: TopologyReport
    crossing: np.ndarray
    nested: np.ndarray

    @property
    def score(self) -> int:
        f = self.facts
        return (
            f.boundary_edges
            + f.nonmanifold_edges
            + f.nonmanifold_vertices
            + f.degenerate
            + f.duplicate
            + f.inverted
            + len(self.crossing)
            + len(self.nested)
        )

    @property
    def valid(self) -> bool:
        return self.facts.closed and len(self.crossing) == 0 and len(self.nested) == 0


def repair_mesh(mesh: Mesh, progress: ProgressCallback = no_progress) -> RepairResult:
    """The mesh made closed, oriented, two-manifold and free of self-intersections, as far as that can be done.

    Stages: weld and drop what is no surface (degenerate, duplicate, dangling triangles, coordinates that are no
    number); close cracks; turn triangles outward; close holes; cut out and close again where little is wrong; union
    of overlapping parts; last a new surface from the winding number on a grid. A stage is taken only where it makes
    the mesh better; each tells its effect. Never worse than given and never empty; units and place stay. A valid mesh
    comes back as it is. Triangle arrays are carried over from the nearest triangle, point arrays are lost.
    """
    state = _judged(mesh, subprogress(progress, 0.0, 0.1))
    # Four triangles are the fewest that can enclose anything.
    if state.valid or len(mesh.triangles) - state.facts.degenerate < 4:
        return RepairResult(mesh, state.valid, (), _remaining(state))
    stages: list[RepairStage] = []
    named: tuple[tuple[str, Callable[[Mesh], Mesh], bool], ...] = (
        ("weld", _weld_and_drop, True),
        ("cracks", _close_cracks, False),
        ("orientation", _orient, True),
        ("holes", _fill_holes, False),
        ("orientation", _orient, True),
        ("union", union_components, False),
        ("inner shells", _drop_nested, False),
        ("surgery", _surgery, False),
        ("union", union_components, False),
    )
    for number, (name, work, gentle) in enumerate(named):
        if state.valid:
            break
        progress(0.1 + 0.08 * number, f"repairing: {name}")
        state = _taken(state, work, name, gentle, stages)
    if not state.valid:
        progress(0.8, "repairing: new surface")
        base = state
        state = _taken(base, winding_number_remesh, "new surface", False, stages)
    if not state.valid and state.score >= _judged(mesh).score:
        return RepairResult(mesh, False, tuple(stages), _remaining(state), _bad_at(state))
    return RepairResult(
        _with_arrays(state.mesh, mesh),
        state.valid,
        tuple(stages),
        _remaining(state),
        np.zeros(0, np.int64) if state.valid else _bad_at(state),
    )


def find_defects(mesh: Mesh, progress: ProgressCallback = no_progress) -> tuple[str, ...]:
    """What keeps a mesh from being a closed, oriented, two-manifold surface without self-intersections, a sentence a kind; empty: none."""
    return _remaining(_judged(mesh, progress))


def _judged(mesh: Mesh, progress: ProgressCallback = no_progress) -> _State:
    facts = analyse_topology(mesh)
    nested = nested_shell_triangles(mesh) if facts.components > 1 and not facts.degenerate else np.zeros(0, np.int64)
    return _State(mesh, facts, self_intersections(mesh, progress), nested)


def _taken(state: _State, work: Callable[[Mesh], Mesh], name: str, gentle: bool, stages: list[RepairStage]) -> _State:
    """The state after a stage where that is better (a gentle stage: no worse in what makes a surface), else the one
    before."""
    made = work(state.mesh)
    if made is state.mesh or len(made.triangles) == 0:
        return state
    after = _judged(made)
    before_volume, after_volume = abs(state.mesh.volume), abs(made.volume)
    astray = (
        not gentle
        and before_volume > 0.0
        and state.facts.boundary_edges == 0
        and state.facts.inverted == 0
        and not _VOLUME_KEPT[0] <= after_volume / before_volume <= _VOLUME_KEPT[1]
    )
    if astray or not (after.valid or after.score < state.score or gentle):
        return state
    stages.append(RepairStage(name, _effect(state, after)))
    return after


def _effect(before: _State, after: _State) -> str:
    words = {
        "boundary_edges": "open edges",
        "nonmanifold_edges": "edges of more than two triangles",
        "nonmanifold_vertices": "pinched points",
        "degenerate": "degenerate triangles",
        "duplicate": "duplicate triangles",
        "inverted": "triangles facing inward",
        "triangles": "triangles",
        "components": "parts",
    }
    changes = [
        f"{text} {getattr(before.facts, key)} to {getattr(after.facts, key)}"
        for key, text in words.items()
        if getattr(before.facts, key) != getattr(after.facts, key)
    ]
    if len(before.crossing) != len(after.crossing):
        changes.append(f"self-intersecting triangles {len(before.crossing)} to {len(after.crossing)}")
    if len(before.nested) != len(after.nested):
        changes.append(f"triangles of shells inside the solid {len(before.nested)} to {len(after.nested)}")
    return "; ".join(changes) or "nothing changed"


def _remaining(state: _State) -> tuple[str, ...]:
    facts = state.facts
    counts = (
        (facts.boundary_edges, "edges are open"),
        (facts.nonmanifold_edges, "edges have more than two triangles"),
        (facts.nonmanifold_vertices, "points are pinched"),
        (facts.degenerate, "triangles have no area"),
        (facts.duplicate, "triangles lie on others"),
        (facts.inverted, "triangles face inward"),
        (len(state.crossing), "triangles intersect others"),
        (len(state.nested), "triangles are shells inside the solid"),
    )
    if facts.triangles == 0:
        return ("The mesh has no triangles.",)
    return tuple(f"{count} {text}." for count, text in counts if count)


def _bad_at(state: _State) -> np.ndarray:
    facts = state.facts
    return np.unique(
        np.concatenate([facts.degenerate_at, facts.duplicate_at, facts.inverted_at, state.crossing, state.nested])
    )


def _with_arrays(mesh: Mesh, given: Mesh) -> Mesh:
    from ..mesh.transfer import transfer_triangle_arrays

    finite = np.isfinite(given.points[given.triangles]).all(axis=(1, 2))
    source = Mesh(
        given.points, given.triangles[finite], triangle_arrays={k: v[finite] for k, v in given.triangle_arrays.items()}
    )
    return transfer_triangle_arrays(Mesh(mesh.points, mesh.triangles, given.name, given.color), source)


def drop_unused_points(points: np.ndarray, triangles: np.ndarray, like: Mesh) -> Mesh:
    """Mesh of the points in use."""
    used, new = np.unique(triangles, return_inverse=True)
    return Mesh(points[used], new.reshape(-1, 3).astype(np.int32), like.name, like.color)


def _weld_and_drop(mesh: Mesh) -> Mesh:
    points, triangles, _ = merged_mesh(mesh)
    triangles = remove_duplicate_triangles(points, triangles)
    return drop_unused_points(points, _without_fins(triangles), mesh)


def _without_fins(triangles: np.ndarray) -> np.ndarray:
    """Without sheets that dangle from an edge of more than two triangles, and without loose flakes of up to three
    triangles."""
    for _ in range(100):
        edges = build_edge_table(triangles)
        per_half = np.empty(len(edges.order), dtype=np.int64)
        per_half[edges.order] = np.repeat(edges.count, edges.count)
        counts = per_half.reshape(-1, 3)
        open_, crowded = (counts == 1).sum(axis=1), (counts > 2).any(axis=1)
        fins = (open_ > 0) & crowded
        if not fins.any():
            break
        triangles = triangles[~fins]
    count, label = label_face_components(triangles)
    size = np.bincount(label, minlength=count)
    keep = size[label] > 3
    return triangles[keep] if keep.any() else triangles


def _close_cracks(mesh: Mesh) -> Mesh:
    """Weld open edges that lie closer together than a small share of the model, the smallest share that helps."""
    from scipy.spatial import cKDTree

    points, triangles, _ = merged_mesh(mesh)
    edges = build_edge_table(triangles)
    rim = np.unique(edges.ends[edges.count == 1])
    before = int((edges.count == 1).sum())
    if before == 0:
        return mesh
    diagonal = float(np.linalg.norm(points.max(axis=0) - points.min(axis=0)))
    side = np.linalg.norm(points[edges.ends[:, 0]].astype(np.float64) - points[edges.ends[:, 1]], axis=1)
    for share in (1e-6, 1e-5, 1e-4):
        reach = min(share * diagonal, 0.1 * float(np.percentile(side, 10)))
        target = np.arange(len(points))
        for a, b in cKDTree(points[rim]).query_pairs(reach, output_type="ndarray"):
            low, high = sorted((int(target[rim[a]]), int(target[rim[b]])))
            target[target == high] = low
        merged = remove_duplicate_triangles(points, target[triangles])
        again = build_edge_table(merged)
        if int((again.count == 1).sum()) < 0.5 * before and (again.count > 2).sum() <= (edges.count > 2).sum():
            return drop_unused_points(points, merged, mesh)
    return mesh


def _orient(mesh: Mesh) -> Mesh:
    points, triangles, _ = merged_mesh(mesh)
    edges = build_edge_table(triangles)
    count, label = label_face_components(triangles, edges)
    wrong = inverted_triangles(points, triangles, edges, label, count)
    if len(wrong) == 0:
        return mesh
    triangles = triangles.copy()
    triangles[wrong] = triangles[wrong][:, (0, 2, 1)]
    return drop_unused_points(points, triangles, mesh)


def _drop_nested(mesh: Mesh) -> Mesh:
    points, triangles, _ = merged_mesh(mesh)
    nested = nested_shell_triangles(mesh)
    crossing = self_intersections(mesh)
    if len(crossing):
        # A part that passes through another is no inner shell, wherever its first corner lies.
        _, part = label_face_components(triangles)
        nested = nested[~np.isin(part[nested], part[crossing])]
    return drop_unused_points(points, np.delete(triangles, nested, axis=0), mesh) if len(nested) else mesh


def _fill_holes(mesh: Mesh) -> Mesh:
    points, triangles, _ = merged_mesh(mesh)
    loops, _ = boundary_loops(triangles)
    if not loops:
        return mesh
    sides = np.sort(np.concatenate([triangles[:, (0, 1)], triangles[:, (1, 2)], triangles[:, (2, 0)]]), axis=1)
    rim = np.zeros(len(points), dtype=bool)
    rim[np.concatenate(loops)] = True
    taken = {tuple(side) for side in sides[rim[sides].all(axis=1)].tolist()}
    if sum(len(loop) for loop in loops) > len(triangles):
        return mesh  # a soup: closing each flake by itself would make leaves, no surface
    patches = [patch for loop in loops if (patch := triangulate_loop(points, loop, taken)) is not None]
    return drop_unused_points(points, np.concatenate([triangles, *patches]), mesh) if patches else mesh


def _surgery(mesh: Mesh) -> Mesh:
    state = _judged(mesh)
    if state.score > max(_SURGERY_SHARE * len(mesh.triangles), 60):
        return mesh
    return repair_locally(mesh).mesh
