"""Time and memory of all checks on a bone-like mesh: lumpy ball, thin shell, gap and strut, smoothed as a scan's surface is.

Run: python Testing/Benchmarks/printability_speed.py [GRID]   GRID 110 gives about 0.3 million triangles, 215 one million, 480 five.
"""

import resource
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "DicomToPrint"), str(ROOT / "Testing")]

import numpy as np
from DicomToPrintLib.mesh import Mesh, from_polydata
from DicomToPrintLib.printability import inspect
from measure.solids import write_stl


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


def main() -> None:
    grid = int(sys.argv[1]) if len(sys.argv) > 1 else 110
    phases: list[tuple[str, float]] = []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.stl"
        write_stl(path, bone_like(grid))
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2
        wall, cpu = time.perf_counter(), time.process_time()

        def heard(fraction: float, phrase: str = "") -> None:
            if not phases or phases[-1][0] != phrase:
                phases.append((phrase, time.perf_counter()))

        readiness = inspect(path, "fdm", progress=heard)
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2
    count = readiness.mesh["triangles"]
    ends = [start for _, start in phases[1:]] + [phases[-1][1]]
    lines = [
        "# All checks, time and memory",
        "",
        f"`python Testing/Benchmarks/printability_speed.py {grid}`",
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
    (Path(__file__).parent / "results" / f"printability_speed_{grid}.md").write_text(
        "\n".join(lines) + "\n", encoding="utf-8"
    )
    print("\n".join(lines))


if __name__ == "__main__":
    main()
