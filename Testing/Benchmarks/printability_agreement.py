"""Our counts of open, crowded and crossing places against two independent tools, on good and broken meshes.

    python Testing/Benchmarks/printability_agreement.py [--output Testing/Benchmarks/results]

libigl (with CGAL's exact self-intersections) and MeshLab (pymeshlab); both are GPL in part and belong in a benchmark's own environment
(pip install libigl pymeshlab). The meshes are the 260 of `repair_corpus.py`, their 20 sound bases, and the reference solids of the tests.
Every tool gets the same mesh: float32 points welded, triangles without area left out, since readers drop them.
"""

import argparse
import sys
import time
from pathlib import Path

import igl
import numpy as np
import pymeshlab
from repair_corpus import bases, corpus  # also puts the library on the path
from surface_detector import exact

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from DicomToPrintLib.measure import self_intersections, topology
from DicomToPrintLib.measure.topology import degenerate_triangles, welded
from DicomToPrintLib.mesh import Mesh
from printability.test_inspect import CLEAN, DEFECTS

COUNTS = ("open edges", "crowded edges", "pinched vertices", "crossing triangles")


def meshes():
    """(name, mesh, whether it is meant to be sound)."""
    for held_out in (False, True):
        for name, base in bases(held_out).items():
            yield f"{name}{', held-out' if held_out else ''}", base, True
        for name, _, broken, defect in corpus(held_out):
            yield f"{name}, {defect.__name__}{', held-out' if held_out else ''}", broken, False
    for name, mesh in CLEAN.items():
        yield f"reference {name}", mesh, True
    for name, (mesh, _, _) in DEFECTS.items():
        yield f"reference {name}", mesh, False


def prepared(mesh: Mesh) -> Mesh:
    points, triangles, _ = welded(mesh)
    triangles = triangles[~degenerate_triangles(points, triangles)]
    used, new = np.unique(triangles, return_inverse=True)
    return Mesh(points[used], np.ascontiguousarray(new.reshape(-1, 3), dtype=np.int64))


def ours(mesh: Mesh) -> tuple[int, ...]:
    found = topology(mesh)
    return found.boundary_edges, found.nonmanifold_edges, found.nonmanifold_vertices, len(self_intersections(mesh))


def libigl(mesh: Mesh) -> tuple[int, ...]:
    _, _, ends, of_edge, _ = igl.is_edge_manifold(mesh.triangles)
    count = np.bincount(of_edge)
    pinched = ~igl.is_vertex_manifold(mesh.triangles)
    pinched[ends[count > 2].ravel()] = False  # an edge's fault, not the vertex's own
    return int((count == 1).sum()), int((count > 2).sum()), int(pinched.sum()), len(exact(mesh.points, mesh.triangles))


def meshlab(mesh: Mesh) -> tuple[int, ...]:
    stage = pymeshlab.MeshSet()
    stage.add_mesh(pymeshlab.Mesh(mesh.points.astype(np.float64), mesh.triangles.astype(np.int32)))
    found = stage.get_topological_measures()
    stage.compute_selection_by_self_intersections_per_face()
    crossing = stage.current_mesh().selected_face_number()
    alone = found["boundary_edges"], found["non_two_manifold_edges"], found["non_two_manifold_vertices"]
    return (*(int(value) for value in alone), int(crossing))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--output", type=Path, default=Path(__file__).parent / "results")
    options = parser.parse_args()
    agreed = {tool: np.zeros(5, dtype=int) for tool in ("libigl", "MeshLab")}
    seconds = dict.fromkeys(("ours", "libigl", "MeshLab"), 0.0)
    total = sound = 0
    different = []
    for name, given, good in meshes():
        mesh = prepared(given)
        total, sound = total + 1, sound + good
        answers = {}
        for tool, count in (("ours", ours), ("libigl", libigl), ("MeshLab", meshlab)):
            start = time.process_time()
            answers[tool] = count(mesh)
            seconds[tool] += time.process_time() - start
        for tool in agreed:
            same = np.equal(answers["ours"], answers[tool])
            # Tools count what crosses differently; that something does is the verdict.
            agreed[tool] += [*same, (answers["ours"][3] > 0) == (answers[tool][3] > 0)]
            if not same.all():
                parts = [f"{what} {a} / {b}" for what, a, b in zip(COUNTS, answers["ours"], answers[tool]) if a != b]
                different.append(f"- {name}: {tool}: {', '.join(parts)}")
    lines = [
        "# Counts of defects: ours, libigl with CGAL, MeshLab",
        "",
        "`python Testing/Benchmarks/printability_agreement.py`",
        "",
        f"{total} meshes, {sound} sound and {total - sound} broken. Meshes on which the count is the same as ours:",
        "",
        "| tool | " + " | ".join(COUNTS) + " | crossing or not | CPU, ours = 1 |",
        "|---|---|---|---|---|---|---|",
    ]
    for tool, same in agreed.items():
        lines.append(f"| {tool} | " + " | ".join(str(v) for v in same) + f" | {seconds[tool] / seconds['ours']:.2f} |")
    lines += ["", f"Where they differ (ours / theirs), {len(different)} rows:", "", *different]
    (options.output / "printability_agreement.md").write_text("\n".join(lines) + "\n", encoding="utf-8")
    print("\n".join(lines))


if __name__ == "__main__":
    main()
