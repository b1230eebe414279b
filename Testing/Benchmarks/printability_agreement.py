"""Our counts of open, crowded and crossing places against two independent tools, on good and broken meshes.

    python Testing/Benchmarks/printability_agreement.py [--tally FILE] [--seconds N] [--output Testing/Benchmarks/results]

With --tally a run that was stopped, or stopped itself after N seconds of CPU, goes on where it was.

libigl (CGAL's exact kernel in libigl's own search), CGAL's Polygon_mesh_processing (its pairs; it takes only what a half-edge mesh can
hold) and MeshLab (pymeshlab); GPL in part, they belong in a benchmark's own environment (pip install libigl cgal pymeshlab). The meshes are
the 260 of `repair_corpus.py`, their 20 sound bases, and the reference solids of the tests. Every tool gets the same mesh: float32 points
welded, triangles without area left out, since readers drop them. Where a tool disagrees on whether anything crosses, or libigl on which
triangles do, each of our pairs is decided in rational numbers by the oracle of the tests, which shares no code with the detector.
"""

import argparse
import json
import sys
import time
from fractions import Fraction
from pathlib import Path

import igl
import numpy as np
import pymeshlab
from repair_corpus import bases, corpus  # also puts the library on the path
from surface_detector import exact

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from CGAL import CGAL_Polygon_mesh_processing as cgal
from CGAL.CGAL_Kernel import Point_3
from CGAL.CGAL_Polyhedron_3 import Polyhedron_3
from mesh.test_self_intersection import beyond_shared, common
from printability.test_readiness import CLEAN, DEFECTS

from dicomtoprint.mesh import analyse_topology
from dicomtoprint.mesh.core import Mesh
from dicomtoprint.mesh.edge_table import build_edge_table
from dicomtoprint.mesh.merge_points import merged_mesh
from dicomtoprint.mesh.self_intersection import intersecting_pairs
from dicomtoprint.mesh.topology import degenerate_triangles

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
    points, triangles, _ = merged_mesh(mesh)
    triangles = triangles[~degenerate_triangles(points, triangles)]
    used, new = np.unique(triangles, return_inverse=True)
    return Mesh(points[used], np.ascontiguousarray(new.reshape(-1, 3), dtype=np.int64))


def ours(mesh: Mesh) -> tuple[int, ...]:
    """The four counts; then crowded edges counted once a triangle, as MeshLab does, duplicates, which MeshLab calls crossing, and
    crossing pairs, which CGAL counts."""
    found = analyse_topology(mesh)
    count = build_edge_table(mesh.triangles).count
    pairs = intersecting_pairs(mesh)
    counts = found.boundary_edges, found.nonmanifold_edges, found.nonmanifold_vertices, len(np.unique(pairs))
    return (*counts, int(count[count > 2].sum()), found.duplicate, len(pairs))


def like(tool: str, counts: tuple[int, ...]) -> tuple[list[int], set[bool]]:
    """Our counts in the tool's own way of counting, and whether anything crosses: of duplicates alone MeshLab says both."""
    opened, crowded, pinched, crossing, once_a_triangle, duplicates, _ = counts
    if tool == "MeshLab":
        return [opened, once_a_triangle, pinched, crossing], {crossing > 0, crossing + duplicates > 0}
    return [opened, crowded, pinched, crossing], {crossing > 0}


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


def cgal_pairs(mesh: Mesh) -> int | None:
    """Pairs that CGAL's Polygon_mesh_processing finds crossing; None where the mesh is no half-edge mesh as it stands."""
    points, faces, whole = cgal.Point_3_Vector(), cgal.Polygon_Vector(), Polyhedron_3()
    for point in mesh.points.tolist():
        points.append(Point_3(*point))
    for triangle in mesh.triangles.tolist():
        faces.append(cgal.Int_Vector(triangle))
    try:
        cgal.polygon_soup_to_polygon_mesh(points, faces, whole)
    except Exception:  # it refuses crowded edges and pinched vertices
        return None
    if whole.size_of_facets() != len(mesh.triangles):
        return None
    found: list = []
    cgal.self_intersections(whole, found)
    return len(found)


def rational(mesh: Mesh) -> str:
    """How many of our crossing pairs share more than a corner or an edge, in exact arithmetic."""
    pairs, right = intersecting_pairs(mesh), 0
    for pair in pairs.tolist():
        first, second = (
            [[Fraction(float(v)) for v in mesh.points[corner]] for corner in mesh.triangles[side]] for side in pair
        )
        shared = set(mesh.triangles[pair[0]].tolist()) & set(mesh.triangles[pair[1]].tolist())
        ends = [[Fraction(float(v)) for v in mesh.points[corner]] for corner in shared]
        right += len(shared) < 3 and any(not beyond_shared(ends, point) for point in common(first, second))
    return f"{right} of our {len(pairs)} pairs cross in rational numbers"


def measured(tally: Path | None, most: float) -> dict[str, dict]:
    """What every tool says of every mesh by name, and the CPU seconds it took."""
    done = {}
    if tally is not None and tally.exists():
        done = {row["name"]: row for row in map(json.loads, tally.read_text(encoding="utf-8").splitlines())}
    for name, given, good in meshes():
        if name in done or time.process_time() > most:
            continue
        row = {"name": name, "good": good, "seconds": {}}
        mesh = prepared(given)
        for tool, count in (("ours", ours), ("libigl", libigl), ("MeshLab", meshlab), ("CGAL", cgal_pairs)):
            start = time.process_time()
            row[tool] = count(mesh)
            row["seconds"][tool] = time.process_time() - start
        said = [row["libigl"][3] == row["ours"][3], (row["MeshLab"][3] > 0) in like("MeshLab", row["ours"])[1]]
        if not all(said) or row["CGAL"] not in (None, row["ours"][6]):
            row["rational"] = rational(mesh)
        done[name] = row
        if tally is not None:
            with tally.open("a", encoding="utf-8") as file:
                file.write(json.dumps(row) + "\n")
    return done


def tallied(rows: list[dict]) -> tuple[dict[str, np.ndarray], int, list[str]]:
    """Meshes on which each tool agrees with us (a count for each column), on how many two of three do, and the rest."""
    agreed = {tool: np.zeros(5, dtype=int) for tool in ("libigl", "MeshLab")}
    two = 0
    different = []
    for row in rows:
        whether = row["ours"][3] > 0
        votes = [(row["libigl"][3] > 0) == whether, (row["MeshLab"][3] > 0) in like("MeshLab", row["ours"])[1]]
        two += sum(votes) + (row["CGAL"] is not None and (row["CGAL"] > 0) == whether) >= 2
        if row["CGAL"] not in (None, row["ours"][6]):
            different.append(
                f"- {row['name']}: CGAL: crossing pairs {row['ours'][6]} / {row['CGAL']}; {row['rational']}"
            )
        for tool in agreed:
            own, crosses = like(tool, row["ours"])
            same = np.equal(own, row[tool])
            # How many triangles cross is counted differently; that something does is the verdict.
            agreed[tool] += [*same, (row[tool][3] > 0) in crosses]
            if not same[:3].all() or (row[tool][3] > 0) not in crosses or (tool == "libigl" and not same.all()):
                parts = [f"{what} {a} / {b}" for what, a, b in zip(COUNTS, own, row[tool]) if a != b]
                decided = f"; {row['rational']}" if "rational" in row and parts else ""
                different.append(f"- {row['name']}: {tool}: {', '.join(parts)}{decided}")
    return agreed, two, different


def page(rows: list[dict]) -> list[str]:
    """The lines of the page of results."""
    agreed, two, different = tallied(rows)
    seconds = {tool: sum(row["seconds"][tool] for row in rows) for tool in ("ours", "libigl", "MeshLab", "CGAL")}
    total, sound = len(rows), sum(row["good"] for row in rows)
    taken = [row for row in rows if row["CGAL"] is not None]
    pairs_agree = sum(row["CGAL"] == row["ours"][6] for row in taken)
    lines = [
        "# Counts of defects: ours, libigl with CGAL, CGAL's own, MeshLab",
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
    lines += [
        "",
        f"CGAL's Polygon_mesh_processing takes {len(taken)} of the meshes as they stand; on {pairs_agree} of them it finds as many "
        f"crossing pairs as we do (CPU {seconds['CGAL'] / seconds['ours']:.2f}).",
        "",
        f"**Whether anything crosses is said alike by us and at least two of the three tools on {two} of {total} meshes.**",
        "",
        "MeshLab misses slivers along an edge whose middle is rounded to float32: they cross by that rounding alone. Each such",
        "pair is decided in rational numbers below.",
        "",
        "MeshLab counts a crowded edge once for each of its triangles, and calls some duplicates crossing: both are taken into account.",
        "How many triangles cross it counts in its own way; only whether any does is compared below. libigl leaves out triangles of one",
        "plane that share an edge and overlap.",
        "",
        f"Where they differ (ours / theirs), {len(different)} rows:",
        "",
        *different,
    ]
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--output", type=Path, default=Path(__file__).parent / "results")
    parser.add_argument("--tally", type=Path)
    parser.add_argument("--seconds", type=float, default=float("inf"))
    options = parser.parse_args()
    rows = list(measured(options.tally, options.seconds).values())
    lines = page(rows)
    (options.output / "printability_agreement.md").write_text("\n".join(lines) + "\n", encoding="utf-8")
    print("\n".join(lines))


if __name__ == "__main__":
    main()
