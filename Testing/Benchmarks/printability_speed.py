"""Time and memory of all checks on a bone-like mesh: lumpy ball, thin shell, gap and strut, smoothed as a scan's surface is.

Run: python Testing/Benchmarks/printability_speed.py [GRID] [--peers]   GRID 254 gives about one million triangles, 566 five million.

--peers measures the field of thickness alone in the same run, beside the capped shrinking ball on scipy's tree, trimesh's rays on Embree
and trimesh's largest sphere (pip install trimesh embreex rtree), and how far each is from the truth on a plate, a shell and a wedge. Rays
give another field: they overestimate wherever the sides are not parallel.
"""

import argparse
import resource
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "DicomToPrint"), str(ROOT / "Testing")]

import numpy as np
from shrinking_ball import ball_diameters

from dicomtoprint.mesh.core import Mesh, from_polydata
from dicomtoprint.mesh.ray_casting import RayCaster
from dicomtoprint.mesh.surface_sampling import SurfaceSamples, sample_surface
from dicomtoprint.mesh.thickness import WALL, opposing_surface_distance
from dicomtoprint.printability import assess_file
from Phantoms.solids import box, shell, wedge, write_stl


def bone_like(grid: int) -> Mesh:
    """A closed surface 160 mm wide of a hollow lumpy ball with a core and a strut."""
    import vtk
    from vtk.util.numpy_support import numpy_to_vtk

    axis = np.linspace(-1, 1, grid, dtype=np.float32)
    x, y, z = np.meshgrid(axis, axis, axis, indexing="ij", sparse=True)
    r = np.sqrt(x * x + y * y + z * z)
    lump = 0.04 * (np.sin(9 * x + 2 * y) + np.sin(8 * y) + np.sin(10 * z + x))
    value = np.minimum(0.85 + lump - r, np.abs(r + 0.5 * lump - 0.72) - 0.035)
    value = np.maximum(value, 0.06 - np.sqrt((x - 0.1) ** 2 + (y - 0.2) ** 2) - 5 * np.maximum(r - 0.8, 0))
    for face in (0, -1):
        value[face], value[:, face], value[:, :, face] = -1, -1, -1
    image = vtk.vtkImageData()
    image.SetDimensions(grid, grid, grid)
    image.SetSpacing(*[160.0 / grid] * 3)
    image.GetPointData().SetScalars(numpy_to_vtk(value.transpose(2, 1, 0).ravel(), deep=True))
    edges = vtk.vtkFlyingEdges3D()
    edges.SetInputData(image)
    edges.SetValue(0, 1e-4)
    edges.ComputeNormalsOff()
    smooth = vtk.vtkWindowedSincPolyDataFilter()
    smooth.SetInputConnection(edges.GetOutputPort())
    smooth.SetNumberOfIterations(20)
    smooth.SetPassBand(0.1)
    smooth.NormalizeCoordinatesOn()
    smooth.Update()
    mesh = from_polydata(smooth.GetOutput())
    return mesh if mesh.volume > 0 else Mesh(mesh.points, mesh.triangles[:, ::-1].copy())


def ours(
    mesh: Mesh, points: np.ndarray, normals: np.ndarray, cap: float, samples: SurfaceSamples, rows: np.ndarray
) -> np.ndarray:
    return opposing_surface_distance(RayCaster(mesh, cap), points, normals, WALL, cap)[0]


def ball(
    mesh: Mesh, points: np.ndarray, normals: np.ndarray, cap: float, samples: SurfaceSamples, rows: np.ndarray
) -> np.ndarray:
    return ball_diameters(samples, WALL, cap, rows=rows)[0]


def embree(
    mesh: Mesh, points: np.ndarray, normals: np.ndarray, cap: float, samples: SurfaceSamples, rows: np.ndarray
) -> np.ndarray:
    """Length of the inward ray to the first surface."""
    from trimesh import Trimesh
    from trimesh.ray.ray_pyembree import RayMeshIntersector

    caster = RayMeshIntersector(Trimesh(mesh.points, mesh.triangles, process=False))
    start = points - 1e-4 * normals
    at, ray, _ = caster.intersects_location(start, -normals, multiple_hits=False)
    result = np.full(len(points), np.inf)
    result[ray] = np.linalg.norm(at - points[ray], axis=1)
    return result


def sphere(
    mesh: Mesh, points: np.ndarray, normals: np.ndarray, cap: float, samples: SurfaceSamples, rows: np.ndarray
) -> np.ndarray:
    import trimesh

    whole = trimesh.Trimesh(mesh.points, mesh.triangles, process=False)
    return trimesh.proximity.thickness(whole, points, normals=normals, method="max_sphere")


def wedge_truth(samples: SurfaceSamples) -> tuple[np.ndarray, np.ndarray]:
    """Samples on the side y = 0 of a wedge of 30 degrees, and the diameter of the ball that touches both sides there."""
    rows = (np.abs(samples.points[:, 1]) < 1e-6) & (np.abs(samples.points[:, 2] - 5) < 3) & (samples.points[:, 0] > 1.0)
    rows = np.flatnonzero(rows & (samples.points[:, 0] < 10.0))
    return rows, 2.0 * samples.points[rows, 0] * np.tan(np.radians(15.0))


def peers(mesh: Mesh) -> list[str]:
    """Rows of a table: time on the mesh, and the median error in % on three solids of known thickness."""
    samples = sample_surface(mesh)
    solids = [shell(10.0, 9.0, 40), box(15, 10, 1.0), wedge(30)]
    on = [sample_surface(solid) for solid in solids]
    rows = [np.arange(len(on[0].points)), np.flatnonzero(np.abs(on[1].normals[:, 2]) > 0.9)]
    truths = [np.ones(len(rows[0])), np.ones(len(rows[1]))]
    rows_on_wedge, truth = wedge_truth(on[2])
    known = list(zip(solids, on, [*rows, rows_on_wedge], [*truths, truth]))
    lines = [
        "",
        "## The field of thickness alone",
        "",
        f"{len(samples.points):,} points; error: median of |measured / true - 1|.",
        "",
        "| tool | points | wall s | CPU s | CPU s a million points | ours = 1 | shell | plate | wedge 30 |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    base = 0.0
    tools = (
        ("ours", ours, 1),
        ("shrinking ball", ball, 4),
        ("rays on Embree", embree, 1),
        ("trimesh largest sphere", sphere, 5000),
    )
    for name, tool, share in tools:
        rows = np.arange(0, len(samples.points), share)
        wall, cpu = time.perf_counter(), time.process_time()
        tool(mesh, samples.points[rows], samples.normals[rows], 5.2, samples, rows)
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        rate = cpu / len(rows) * 1e6
        base = base or rate
        errors = []
        for solid, at, chosen, truth in known:
            step = max(len(chosen) // 200, 1)
            some, right = chosen[::step], truth[::step]
            found = tool(solid, at.points[some], at.normals[some], 8.0, at, some)
            errors.append(f"{100 * np.median(np.abs(found / right - 1)):.1f} %")
        lines.append(
            f"| {name} | {len(rows):,} | {wall:.2f} | {cpu:.2f} | {rate:.1f} | {rate / base:.2f} | {' | '.join(errors)} |"
        )
        print(lines[-1], flush=True)
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("grid", nargs="?", type=int, default=110)
    parser.add_argument("--peers", action="store_true")
    options = parser.parse_args()
    grid = options.grid
    phases: list[tuple[str, float]] = []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.stl"
        mesh = bone_like(grid)
        write_stl(path, mesh)
        if not options.peers:
            del mesh
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2
        wall, cpu = time.perf_counter(), time.process_time()

        def heard(fraction: float, phrase: str = "") -> None:
            if not phases or phases[-1][0] != phrase:
                phases.append((phrase, time.perf_counter()))

        readiness = assess_file(path, "fdm", progress=heard)
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2
    count = readiness.mesh["triangles"]
    ends = [start for _, start in phases[1:]] + [phases[-1][1]]
    lines = [
        "# All checks, time and memory",
        "",
        f"`python Testing/Benchmarks/printability_speed.py {grid}{' --peers' if options.peers else ''}`",
        "",
        "| triangles | wall s | CPU s | CPU s a million | peak GB | of it before |",
        "|---|---|---|---|---|---|",
        f"| {count:,} | {wall:.1f} | {cpu:.1f} | {cpu / count * 1e6:.1f} | {peak:.2f} | {before:.2f} |",
        "",
        "| step | wall s |",
        "|---|---|",
    ]
    lines += [f"| {phrase} | {end - start:.1f} |" for (phrase, start), end in zip(phases, ends) if end - start > 0.1]
    lines += [
        "",
        f"Verdict {readiness.verdict}; thinnest wall {readiness.mesh['min_wall_mm']}, narrowest gap {readiness.mesh['min_gap_mm']}.",
    ]
    if options.peers:
        lines += peers(mesh)
    (Path(__file__).parent / "results" / f"printability_speed_{grid}.md").write_text(
        "\n".join(lines) + "\n", encoding="utf-8"
    )
    print("\n".join(lines))


if __name__ == "__main__":
    main()
