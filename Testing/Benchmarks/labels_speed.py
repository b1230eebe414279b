"""Time and memory from 40 labelled structures in 512 x 512 x 400 voxels to their surfaces, beside VTK's and Slicer's own ways.

    python Testing/Benchmarks/labels_speed.py [--shape 400 512 512]

Structures that touch, as the organs of a body do, in voxels of 0.8 x 0.8 x 1.5 mm: without grey values, and in a scan that shows their
outside as an edge. Each method runs in a process of its own on the same labels. vtkSurfaceNets3D takes all labels at once; Slicer's
closed surface is its chain of filters (vtkDiscreteFlyingEdges3D and windowed sinc smoothing, a label at a time). Neither judges or
simplifies what it makes. Printed: seconds, CPU seconds and largest memory of that process, the largest difference of a structure's
volume from that of its voxels, triangles, and what is valid.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "DicomToPrint"))

from tables import write_table

from dicomtoprint.reconstruction import reconstruct_surfaces
from dicomtoprint.segmentation import Segment, Segmentation
from dicomtoprint.volume import Volume

COUNT = 40
SPACING = (0.8, 0.8, 1.5)  # i, j, k
OUTSIDE, INSIDE, NOISE = -100, 300, 15


def organs(shape: tuple[int, int, int]) -> np.ndarray:
    """(k, j, i) uint16: a body of 40 cells, each nearest to its own centre, in an ellipsoid that fills most of the grid."""
    rng = np.random.default_rng(7)
    centres = rng.uniform(-0.7, 0.7, size=(COUNT, 3)).astype(np.float32)
    axes = [np.linspace(-1.0, 1.0, size, dtype=np.float32) for size in shape]
    labels = np.zeros(shape, np.uint16)
    for k, z in enumerate(axes[0]):
        away = np.stack([np.full(shape[1:], z, np.float32), *np.meshgrid(axes[1], axes[2], indexing="ij")])
        best = np.full(shape[1:], np.inf, np.float32)
        for number, centre in enumerate(centres, start=1):
            distance = ((away - centre[:, None, None]) ** 2).sum(axis=0)
            wins = distance < best
            labels[k][wins], best[wins] = number, distance[wins]
        labels[k][(away**2).sum(axis=0) > 0.6] = 0
    return labels


def scan_of(labels: np.ndarray) -> np.ndarray:
    """(k, j, i) int16: a scan in which all structures are brighter than their outside, blurred by about a voxel, with noise."""
    from scipy import ndimage

    rng = np.random.default_rng(3)
    grey = np.empty(labels.shape, np.int16)
    sharp = (labels > 0).astype(np.float32)
    for k in range(len(labels)):
        around = sharp[max(0, k - 1) : k + 2].mean(axis=0)
        value = OUTSIDE + (INSIDE - OUTSIDE) * ndimage.gaussian_filter(around, 0.8)
        grey[k] = value + rng.normal(0.0, NOISE, value.shape)
    return grey


def ours(labels: np.ndarray, grey: np.ndarray | None) -> dict[str, object]:
    affine = np.diag([*SPACING, 1.0])
    boundary = None if grey is None else 0.5 * (OUTSIDE + INSIDE)
    segments = tuple(
        Segment(f"s{n}", int(n), f"Structure {n}", (0.9, 0.8, 0.6), boundary, {}, 0.0) for n in range(1, COUNT + 1)
    )
    volume = None if grey is None else Volume(grey, affine)
    given = Segmentation(volume, affine, labels, None, segments, shares_walls=True)
    model = reconstruct_surfaces(given, max_deviation_mm=0.05, max_triangles=500_000)
    return {
        "volumes": {int(mesh.name.split()[1]): mesh.volume for mesh in model.meshes},
        "triangles": sum(len(mesh.triangles) for mesh in model.meshes),
        "invalid": sum(not figures["valid"] for figures in model.figures),
    }


def _image(labels: np.ndarray) -> object:
    from vtkmodules.util.numpy_support import numpy_to_vtk
    from vtkmodules.vtkCommonDataModel import vtkImageData

    image = vtkImageData()
    image.SetDimensions(*labels.shape[::-1])
    image.SetSpacing(*SPACING)
    image.GetPointData().SetScalars(numpy_to_vtk(labels.ravel()))
    return image


def surface_nets(labels: np.ndarray, grey: np.ndarray | None) -> dict[str, object]:
    from vtkmodules.vtkFiltersCore import vtkSurfaceNets3D

    filtered = vtkSurfaceNets3D()
    filtered.SetInputData(_image(labels))
    filtered.GenerateValues(COUNT, 1, COUNT)
    filtered.SetOutputMeshTypeToTriangles()
    filtered.Update()
    return {"triangles": filtered.GetOutput().GetNumberOfCells()}


def slicer_way(labels: np.ndarray, grey: np.ndarray | None) -> dict[str, object]:
    from vtkmodules.vtkFiltersCore import vtkMassProperties, vtkWindowedSincPolyDataFilter
    from vtkmodules.vtkFiltersGeneral import vtkDiscreteFlyingEdges3D

    image, volumes, triangles = _image(labels), {}, 0
    for label in range(1, COUNT + 1):
        edges = vtkDiscreteFlyingEdges3D()
        edges.SetInputData(image)
        edges.SetValue(0, label)
        edges.ComputeNormalsOff()
        edges.ComputeGradientsOff()
        smooth = vtkWindowedSincPolyDataFilter()
        smooth.SetInputConnection(edges.GetOutputPort())
        smooth.SetNumberOfIterations(60)
        smooth.SetPassBand(10.0 ** (-4.0 * 0.5))  # Slicer's smoothing factor of 0.5
        smooth.FeatureEdgeSmoothingOff()
        smooth.BoundarySmoothingOff()
        smooth.NonManifoldSmoothingOn()
        smooth.NormalizeCoordinatesOn()
        smooth.Update()
        if smooth.GetOutput().GetNumberOfCells():
            measured = vtkMassProperties()
            measured.SetInputConnection(smooth.GetOutputPort())
            volumes[label] = measured.GetVolume()
            triangles += smooth.GetOutput().GetNumberOfCells()
    return {"volumes": volumes, "triangles": triangles}


METHODS: dict[str, tuple[str, Callable[[np.ndarray, "np.ndarray | None"], dict[str, object]], bool]] = {
    "ours": ("DicomToPrint, labels alone", ours, False),
    "grey": ("DicomToPrint, with the scan", ours, True),
    "nets": ("vtkSurfaceNets3D alone", surface_nets, False),
    "slicer": ("Slicer's closed surface", slicer_way, False),
}


def measure(name: str, folder: Path) -> None:
    """Runs one method on what lies in the folder, and prints its figures as JSON."""
    labels = np.load(folder / "labels.npy")
    grey = np.load(folder / "grey.npy") if METHODS[name][2] else None
    counts = np.zeros(COUNT + 1, np.int64)
    for plane in labels:
        counts += np.bincount(plane.ravel(), minlength=COUNT + 1)
    began, cpu = time.perf_counter(), time.process_time()
    found = METHODS[name][1](labels, grey)
    found["wall"], found["cpu"] = time.perf_counter() - began, time.process_time() - cpu
    found["memory"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2
    own = counts * float(np.prod(SPACING))
    volumes = found.pop("volumes", {})
    found["worst"] = max((abs(volume / own[label] - 1.0) for label, volume in volumes.items()), default=None)
    print(json.dumps(found))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--shape", type=int, nargs=3, default=(400, 512, 512), metavar=("K", "J", "I"))
    parser.add_argument("--only", choices=METHODS, help="of one method, on what lies in --folder")
    parser.add_argument("--folder", type=Path)
    given = parser.parse_args()
    if given.only:
        measure(given.only, given.folder)
        return
    rows = {}
    with tempfile.TemporaryDirectory() as folder:
        labels = organs(tuple(given.shape))
        np.save(Path(folder) / "labels.npy", labels)
        np.save(Path(folder) / "grey.npy", scan_of(labels))
        del labels
        for name in METHODS:
            command = [sys.executable, __file__, "--only", name, "--folder", folder]
            rows[name] = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
            print(name, rows[name], flush=True)
    write_table("labels_speed", table(tuple(given.shape), rows))


def table(shape: tuple[int, ...], rows: dict[str, dict[str, float]]) -> list[str]:
    base = rows["slicer"]["cpu"]
    lines = [
        "# From 40 labelled structures to their surfaces",
        "",
        f"{COUNT} structures that touch, {shape[2]} x {shape[1]} x {shape[0]} voxels.",
        "",
        "| method | seconds | CPU seconds | of Slicer's CPU | largest memory | triangles | largest difference of a volume | not valid |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for name, row in rows.items():
        worst = "not closed a structure" if row["worst"] is None else f"{100.0 * row['worst']:.2f} %"
        lines.append(
            f"| {METHODS[name][0]} | {row['wall']:.0f} | {row['cpu']:.0f} | {row['cpu'] / base:.2f} | {row['memory']:.1f} GB "
            f"| {row['triangles']} | {worst} | {row.get('invalid', 'not judged')} |"
        )
    lines += ["", "Repeat: `python Testing/Benchmarks/labels_speed.py`. " + " ".join(__doc__.split("\n\n")[2].split())]
    return lines


if __name__ == "__main__":
    main()
