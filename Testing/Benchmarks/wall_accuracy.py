"""Walls as thick as they are: each wall of scans with a known truth, beside what others make of the same voxels.

    python Testing/Benchmarks/wall_accuracy.py [--before CHECKOUT] [--only tuned|held-out] [--no-slicer]

writes Testing/Benchmarks/results/wall_accuracy.md. --before names a checkout of the code to compare with. Rays along
the true normals measure the finished surface: mean thickness, its standard deviation, the distance of the middle from
the true one, and the share of places without a wall. Solid bodies are measured by their outer faces.
"""

import argparse
import pickle
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from tables import write_table

HERE = Path(__file__).resolve()
ROOT = HERE.parents[2]
CHILD = "--child"


def surface(root: Path, scan: Path, way: str) -> tuple[np.ndarray, np.ndarray, dict]:
    """Points and triangles (LPS mm) that `way` makes of a scan with the code in `root`, in a process of its own."""
    target = scan.with_suffix(f".{way}.out")
    done = subprocess.run(
        [sys.executable, str(HERE), CHILD, str(root), str(scan), way, str(target)], capture_output=True, text=True
    )
    if done.returncode:
        print(done.stderr.strip().splitlines()[-1:], file=sys.stderr)
        return np.zeros((0, 3)), np.zeros((0, 3), int), {}
    return pickle.loads(target.read_bytes())


def child(root: str, scan: str, way: str, target: str) -> None:
    """Makes one surface."""
    sys.path.insert(0, str(Path(root) / "DicomToPrint"))
    array, affine, half = pickle.loads(Path(scan).read_bytes())
    if way == "ours":
        made = ours(array, affine)
    elif way == "half":
        made = *contour(array, affine, half), {}
    else:
        from surface_compare import slicer_rule

        path = Path(target).with_suffix(".stl")
        slicer_rule(array, affine, (array >= float(way)).astype(np.uint8), path, False)
        from dicomtoprint.io import read_meshes

        (mesh,) = read_meshes(path)
        made = mesh.points, mesh.triangles, {}
    Path(target).write_bytes(pickle.dumps(made))


def ours(array: np.ndarray, affine: np.ndarray) -> tuple[np.ndarray, np.ndarray, dict]:
    """The anatomy `bone` as `run` makes it."""
    from dicomtoprint.accuracy import estimate_accuracy, measure_edge_profile
    from dicomtoprint.mesh.core import concatenate
    from dicomtoprint.reconstruction import reconstruct_surfaces
    from dicomtoprint.segmentation import load_anatomy, segment
    from dicomtoprint.volume import Volume

    volume = Volume(array, affine)
    model = reconstruct_surfaces(segment(volume, load_anatomy("bone")))
    whole = concatenate(list(model.meshes))
    boundary = measure_edge_profile(volume, model.meshes)
    more = {}
    try:
        from dicomtoprint.accuracy import blur_from, modelled_of

        more = {"modelled": modelled_of(model.meshes, model.figures), "blur": blur_from(model.figures)}
    except ImportError:
        pass  # the code before has none
    accuracy = None if boundary is None else estimate_accuracy(volume, model.meshes, boundary.noise_hu, **more)
    facts = {
        "valid": all(entry["valid"] for entry in model.figures),
        "stated": None if accuracy is None else accuracy.p95_mm,
    }
    return whole.points, whole.triangles, facts


def contour(array: np.ndarray, affine: np.ndarray, level: float) -> tuple[np.ndarray, np.ndarray]:
    """Flying edges at one grey value."""
    from dicomtoprint.mesh.core import flying_edges

    mesh = flying_edges(np.pad(array, 1, mode="edge").astype(np.float32), level)
    return (mesh.points - 1.0) @ affine[:3, :3].T + affine[:3, 3], mesh.triangles


def truth_of(scene, points: np.ndarray, triangles: np.ndarray, inside) -> float:
    """The 95 % distance in mm of a surface from the nearest face of bone."""
    from dicomtoprint.imaging.voxel_patches import sample_measured_surface
    from dicomtoprint.mesh.core import Mesh
    from dicomtoprint.phantom.wall_scan import bone_distance

    places = sample_measured_surface(Mesh(points, triangles), 6000).places
    return float(np.percentile(bone_distance(scene, places[inside(places)]), 95))


def words(found) -> str:
    """One cell: mean and spread, and the rest where it is not nought."""
    if not np.isfinite(found.mean):
        return "lost"
    text = f"{found.mean:.2f} ± {found.spread:.2f}"
    if abs(found.middle) >= 0.015:
        text += f", {found.middle:+.2f}"
    return text + (f", {100 * found.missing:.0f} % missing" if found.missing >= 0.005 else "")


def rows_of(name: str, scene, scanner, options, folder: Path) -> list[str]:
    """The table's lines of one scan."""
    from dicomtoprint.phantom.wall_scan import measured, scan_of

    volume = scan_of(scene, scanner)
    bone = next(layer.hu for layer in reversed(scene.layers) if callable(layer.hu) or layer.hu >= 500)
    bone = float(bone(np.zeros((1, 3)))[0]) if callable(bone) else bone
    soft = next((layer.hu for layer in scene.layers if not callable(layer.hu)), 40.0)
    half = scanner.gain * 0.5 * (bone + (soft if soft < 500 else -1000.0)) + scanner.offset
    path = folder / "scan.pkl"
    path.write_bytes(pickle.dumps((volume.array, volume.affine, half)))
    made = {"ours": surface(ROOT, path, "ours")}
    if options.before:
        made["before"] = surface(options.before, path, "ours")
    made["half"] = surface(ROOT, path, "half")
    for level in () if options.no_slicer else ("200", "300"):
        made[level] = surface(ROOT, path, level)
    last = np.array(volume.array.shape[::-1]) - 3

    def inside(places: np.ndarray) -> np.ndarray:
        at = volume.to_ijk(places)
        return ((at > 2) & (at < last)).all(axis=1)

    points, triangles, facts = made["ours"]
    p95 = truth_of(scene, points, triangles, inside) if len(triangles) else np.nan
    stated = facts.get("stated")
    lines = []
    for number, wall in enumerate(scene.walls):
        cells = [words(measured(wall, p, t)) for p, t, _ in made.values()]
        bound = f"{'–' if stated is None else f'{stated:.2f}'} / {p95:.2f}" if number == 0 else ""
        lines.append(f"| {name if number == 0 else ''} | {wall.name} | {' | '.join(cells)} | {bound} |")
        print(lines[-1], flush=True)
    return lines


def main() -> None:
    """All scans, one after the other."""
    if CHILD in sys.argv:
        child(*sys.argv[2:])
        return
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--before", type=Path)
    parser.add_argument("--only", choices=("tuned", "held-out"))
    parser.add_argument("--no-slicer", action="store_true")
    options = parser.parse_args()
    sys.path[:0] = [str(ROOT / "DicomToPrint"), str(ROOT / "Testing")]
    from wall_scans import held_out, tuned

    columns = ["ours", *(["the code before"] if options.before else []), "half-maximum contour"]
    columns += [] if options.no_slicer else ["Slicer at 200", "Slicer at 300"]
    head = f"| scan | wall mm | {' | '.join(columns)} | 95 % stated / true |"
    lines = ["# Walls", "", str(__doc__).split("\n\n")[2].strip().replace("\n", " "), ""]
    with tempfile.TemporaryDirectory() as folder:
        for title, scans in (("tuned", tuned), ("held-out", held_out)):
            if options.only not in (None, title):
                continue
            lines += [f"## {title}", "", head, "|---" * (head.count("|") - 1) + "|"]
            for name, (scene, scanner) in scans().items():
                lines += rows_of(name, scene, scanner, options, Path(folder))
            lines.append("")
    lines.append(
        "Each cell: mean ± standard deviation, then the middle's place where it is off, and what is missing. In mm."
    )
    write_table("wall_accuracy", lines)


if __name__ == "__main__":
    main()
