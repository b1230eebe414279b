"""Our self-intersection detector against CGAL's exact one, face for face, on both corpora of broken meshes.

    python Testing/Benchmarks/surface_detector.py [--output Testing/Benchmarks/results]

CGAL comes through libigl (pip install libigl) and is GPL: only ever in such a benchmark. Each corpus mesh is
judged as it is broken, without its degenerate triangles, which take no part on either side.
"""

import argparse
import time
from pathlib import Path

import igl.copyleft.cgal as cgal
import numpy as np
from DicomToPrintLib.measure import self_intersections
from DicomToPrintLib.measure.topology import degenerate_triangles, welded
from DicomToPrintLib.mesh import Mesh
from repair_corpus import corpus  # also puts the library on the path


def exact(points: np.ndarray, triangles: np.ndarray) -> np.ndarray:
    """Indices of triangles that CGAL finds intersecting."""
    used, new = np.unique(triangles, return_inverse=True)
    faces = np.ascontiguousarray(new.reshape(-1, 3), dtype=np.int64)
    return np.unique(cgal.remesh_self_intersections(points[used].astype(np.float64), faces, detect_only=True)[2])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--output", type=Path, default=Path(__file__).parent / "results")
    options = parser.parse_args()
    agreed, crossing, total, seconds, other, different = 0, 0, 0, 0.0, 0.0, []
    for held_out in (False, True):
        for name, _, broken, defect in corpus(held_out):
            points, triangles, _ = welded(broken)
            triangles = triangles[~degenerate_triangles(points, triangles)]
            start = time.process_time()
            ours = self_intersections(Mesh(points, triangles))
            middle = time.process_time()
            theirs = exact(points, triangles)
            seconds, other = seconds + middle - start, other + time.process_time() - middle
            total, crossing = total + 1, crossing + bool(len(theirs))
            if np.array_equal(ours, theirs):
                agreed += 1
            else:
                different.append(f"- {name}, {defect.__name__}{', held-out' if held_out else ''}: "
                                 f"ours {len(ours)}, CGAL {len(theirs)}, both {len(np.intersect1d(ours, theirs))}")
                print(different[-1], flush=True)
    text = ("# Self-intersections: ours and CGAL's, face for face\n\n"
            "Repeat: `python Testing/Benchmarks/surface_detector.py`\n\n"
            f"{agreed} of {total} meshes agree in every face; {crossing} of them have intersections. "
            f"CPU time of ours to CGAL's: {seconds / other:.2f}.\n\n" + "\n".join(different) + "\n")
    options.output.mkdir(parents=True, exist_ok=True)
    (options.output / "surface_detector.md").write_text(text)
    print(text)


if __name__ == "__main__":
    main()
