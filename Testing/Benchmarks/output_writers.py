"""Seconds and megabytes of each format at about 490,000 triangles, written, read back and compared.

    python Testing/Benchmarks/output_writers.py

Writes results/output_writers.md. VTK's own STL writer on the same mesh in the same run is the measure of the machine.
"""

import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "DicomToPrint"))

from dicomtoprint.config.formats import MESH_FORMATS
from dicomtoprint.io import export_meshes
from dicomtoprint.mesh.core import from_polydata, to_polydata


class Clock:
    """A progress that notes when writing ended and reading back began."""

    def __init__(self) -> None:
        self.start = self.middle = time.perf_counter()

    def __call__(self, fraction: float, phrase: str = "") -> None:
        if "reading" in phrase:
            self.middle = time.perf_counter()


def main() -> None:
    import vtk

    source = vtk.vtkSphereSource()
    source.SetRadius(60.0)
    source.SetThetaResolution(700)
    source.SetPhiResolution(352)
    source.Update()
    mesh = from_polydata(source.GetOutput())
    lines = []
    with tempfile.TemporaryDirectory() as folder:
        writer = vtk.vtkSTLWriter()
        writer.SetFileTypeToBinary()
        writer.SetFileName(str(Path(folder) / "vtk.stl"))
        writer.SetInputData(to_polydata(mesh))
        start = time.perf_counter()
        writer.Write()
        measure = time.perf_counter() - start
        for name in MESH_FORMATS:
            clock = Clock()
            files = export_meshes((mesh,), Path(folder), "model", (name,), progress=clock)
            end = time.perf_counter()
            written, back = clock.middle - clock.start, end - clock.middle
            lines.append(
                f"| {name} | {files[0].bytes / 1e6:.1f} | {written:.2f} | {back:.2f} "
                f"| {(end - clock.start) / measure:.0f} |"
            )
            print(lines[-1], flush=True)
    text = f"""# Writers at {len(mesh.triangles)} triangles

| format | MB | write, s | read back and compare, s | both, times VTK's STL writer alone |
|---|---|---|---|---|
{chr(10).join(lines)}

VTK's STL writer alone: {measure:.2f} s. Single runs; quote the ratios.

Repeat: `python Testing/Benchmarks/output_writers.py`
"""
    results = Path(__file__).parent / "results"
    results.mkdir(exist_ok=True)
    (results / "output_writers.md").write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
