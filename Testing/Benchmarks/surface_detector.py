"""Our self-intersection detector against CGAL's exact one, face for face, on both corpora of broken meshes.

    python Testing/Benchmarks/surface_detector.py [--output Testing/Benchmarks/results]

CGAL comes through libigl (pip install libigl) and is GPL: only ever in such a benchmark. Each corpus mesh is
judged as it is broken, without its degenerate triangles, which take no part on either side. Faces on which the two
differ are decided by rational arithmetic: libigl leaves out triangles of one plane that share an edge and overlap only
with their other edges crossing.
"""

import argparse
import sys
import time
from fractions import Fraction
from pathlib import Path

import igl.copyleft.cgal as cgal
import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "DicomToPrint"))

from repair_corpus import corpus

from dicomtoprint.mesh.core import Mesh
from dicomtoprint.mesh.merge_points import merged_mesh
from dicomtoprint.mesh.self_intersection import intersecting_pairs
from dicomtoprint.mesh.topology import degenerate_triangles


def exact(points: np.ndarray, triangles: np.ndarray) -> np.ndarray:
    """Indices of triangles that CGAL finds intersecting."""
    used, new = np.unique(triangles, return_inverse=True)
    faces = np.ascontiguousarray(new.reshape(-1, 3), dtype=np.int64)
    return np.unique(cgal.remesh_self_intersections(points[used].astype(np.float64), faces, detect_only=True)[2])


def cross(u: list, v: list) -> list:
    return [u[1] * v[2] - u[2] * v[1], u[2] * v[0] - u[0] * v[2], u[0] * v[1] - u[1] * v[0]]


def dot(u: list, v: list) -> Fraction:
    return sum((x * y for x, y in zip(u, v)), Fraction(0))


def overlap_in_plane(points: np.ndarray, first: np.ndarray, second: np.ndarray) -> bool:
    """Whether two triangles that share an edge lie in one plane and on the same side of that edge, in rational
    numbers: then they overlap."""
    shared = np.intersect1d(first, second)
    if len(shared) != 2:
        return False
    a, b, c, d = (
        [Fraction(float(x)) for x in points[v]]
        for v in (*shared, *np.setdiff1d(first, shared), *np.setdiff1d(second, shared))
    )
    along, to_c, to_d = ([x - y for x, y in zip(end, a)] for end in (b, c, d))
    side_c, side_d = cross(along, to_c), cross(along, to_d)
    return dot(side_c, to_d) == 0 and dot(side_c, side_d) > 0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--output", type=Path, default=Path(__file__).parent / "results")
    options = parser.parse_args()
    agreed, confirmed, crossing, total, seconds, other, different = 0, 0, 0, 0, 0.0, 0.0, []
    for held_out in (False, True):
        for name, _, broken, defect in corpus(held_out):
            points, triangles, _ = merged_mesh(broken)
            triangles = triangles[~degenerate_triangles(points, triangles)]
            start = time.process_time()
            pairs = intersecting_pairs(Mesh(points, triangles))
            ours = np.unique(pairs)
            middle = time.process_time()
            theirs = exact(points, triangles)
            seconds, other = seconds + middle - start, other + time.process_time() - middle
            total, crossing = total + 1, crossing + bool(len(theirs))
            if np.array_equal(ours, theirs):
                agreed += 1
                continue
            more = np.setdiff1d(ours, theirs)
            proven = all(
                any(overlap_in_plane(points, triangles[i], triangles[j]) for i, j in pairs[(pairs == face).any(axis=1)])
                for face in more
            )
            proven &= len(np.setdiff1d(theirs, ours)) == 0
            confirmed += proven
            different.append(
                f"- {name}, {defect.__name__}{', held-out' if held_out else ''}: "
                f"ours {len(ours)}, CGAL {len(theirs)}, both {len(np.intersect1d(ours, theirs))}; "
                f"{'ours is right' if proven else 'not decided'} (rational arithmetic)"
            )
            print(different[-1], flush=True)
    text = (
        "# Self-intersections: ours and CGAL's, face for face\n\n"
        "Repeat: `python Testing/Benchmarks/surface_detector.py`\n\n"
        f"{agreed} of {total} meshes agree in every face; {crossing} of them have intersections. In {confirmed} of "
        "the others rational arithmetic confirms every face of ours that libigl leaves out: two triangles of one "
        "plane on the same side of the edge they share. "
        f"CPU time of ours to CGAL's: {seconds / other:.2f}.\n\n" + "\n".join(different) + "\n"
    )
    options.output.mkdir(parents=True, exist_ok=True)
    (options.output / "surface_detector.md").write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
