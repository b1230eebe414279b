"""Ours, Slicer's rule, dicom2stl and an InVesalius-like chain on the same voxels, each in a fresh process.

    python Testing/Benchmarks/surface_compare.py [--cases S,M,L,XL,lattice,head] [--dicom2stl PATH] [--head FOLDER]
    [--exact] [--picture CASE] [--methods ours,Slicer] [--work FOLDER]

Needs slicer-core in this interpreter for Slicer's rule; --dicom2stl names the program of a separate environment (pip
install dicom2stl); --exact counts self-intersections by libigl's CGAL part too (GPL: only ever in such a benchmark).
CPU seconds of the process and its peak memory come from the operating system. The clock runs from the volume in
memory (dicom2stl: from an .mha file) to the STL on disk. dicom2stl takes larger volumes at every second or third voxel
unless it is told not to: "dicom2stl" is at all voxels, as the others are, "dicom2stl, shrunk" what it does by itself.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from itertools import pairwise
from pathlib import Path

import numpy as np

HERE = Path(__file__).resolve()
sys.path.insert(0, str(HERE.parents[2] / "DicomToPrint"))

CEILING = 490_000
BUDGET_MM = 0.02  # so small that the ceiling counts: all methods are compared with many triangles
SAMPLES = 60_000  # points on each surface at which the deviation is taken
PHANTOMS = {  # shape (k, j, i), spacing (i, j, k) mm, further arguments
    "S": ((100, 128, 128), (1.8, 1.8, 2.4), {"scale": 1.65}),
    "M": ((200, 256, 256), (0.9, 0.9, 1.2), {"scale": 1.65}),
    "L": ((400, 512, 512), (0.45, 0.45, 0.6), {"scale": 1.65}),
    "XL": ((600, 1024, 1024), (0.225, 0.225, 0.4), {"scale": 1.65}),
    "lattice": ((400, 512, 512), (0.45, 0.45, 0.6), {"scale": 1.65, "trabeculae_mm": 3.5}),
}


def prepared(case: str, folder: Path, head: Path | None) -> dict:
    """Write the volume of a case and say what is known about it."""
    from dicomtoprint.phantom import make_phantom_volume

    if case == "head":
        from dicomtoprint.dicom import read_study, read_volume

        study = read_study(head)
        volume = read_volume(max(study.series, key=lambda s: len(s.files)))
        facts = {"threshold": 300.0}
    else:
        shape, spacing, more = PHANTOMS[case]
        volume, truth = make_phantom_volume(shape=shape, spacing=spacing, **more)
        facts = {
            "threshold": float(truth.boundary_hu),
            "scale": more["scale"],
            "trabeculae_mm": more.get("trabeculae_mm", 0.0),
            "balls": [list(map(float, b)) for b in ball_centres(truth)],
        }
    np.save(folder / f"{case}.npy", volume.array)
    np.save(folder / f"{case}_affine.npy", volume.affine)
    return facts


def ball_centres(truth) -> list:
    bounds = [truth.bounds_mm[name] for name in ("ball 1", "ball 2")]
    return [((b[0] + b[1]) / 2, (b[2] + b[3]) / 2, (b[4] + b[5]) / 2) for b in bounds]


def labels_of(array: np.ndarray, threshold: float) -> np.ndarray:
    """The mask that all methods get: above the threshold, parts of at least 1000 voxels. Parts are counted in the box
    around it only."""
    import SimpleITK as sitk

    from dicomtoprint.voxel_components import bounding_box

    mask = (array >= threshold).view(np.uint8)
    box = bounding_box(mask)
    inner = np.ascontiguousarray(mask[box])
    image = sitk.ConnectedComponent(sitk.GetImageFromArray(inner))
    places = np.flatnonzero(inner)
    part = sitk.GetArrayViewFromImage(image).reshape(-1)[places]
    inner.reshape(-1)[places[np.bincount(part)[part] < 1000]] = 0
    mask[box] = inner
    return mask


def write(polydata, path: Path) -> None:
    from vtkmodules.vtkIOGeometry import vtkSTLWriter

    writer = vtkSTLWriter()
    writer.SetFileTypeToBinary()
    writer.SetFileName(str(path))
    writer.SetInputData(polydata)
    writer.Write()


def ours(array, affine, labels, threshold: float, path: Path) -> dict:
    from dicomtoprint.mesh.core import to_polydata
    from dicomtoprint.reconstruction import reconstruct_surfaces
    from dicomtoprint.segmentation import Segment, Segmentation
    from dicomtoprint.volume import Volume

    segment = Segment("bone", 1, "Bone", (1.0, 1.0, 1.0), threshold, {}, 0.0)
    parts: list = []

    def note(fraction: float, phrase: str = "") -> None:
        if phrase and (not parts or parts[-1][0] != phrase):
            parts.append((phrase, time.perf_counter(), time.process_time()))

    model = reconstruct_surfaces(
        Segmentation(Volume(array, affine), affine, labels, None, (segment,)),
        max_triangles=CEILING,
        max_deviation_mm=BUDGET_MM,
        progress=note,
    )
    write(to_polydata(model.meshes[0]), path)
    parts.append(("end", time.perf_counter(), time.process_time()))
    shares: dict = {}
    for (phrase, _, cpu), (_, _, after) in pairwise(parts):
        shares[phrase] = shares.get(phrase, 0.0) + after - cpu
    return {"shares": shares, "notes": list(model.notes)}


def slicer_rule(array, affine, labels, path: Path, decimated: bool) -> dict:
    import slicer
    import vtk
    from vtkmodules.util.numpy_support import numpy_to_vtk

    logic_class = slicer.vtkSlicerSegmentationsModuleLogic
    scene = slicer.vtkMRMLScene()
    logic = logic_class()
    logic.SetMRMLScene(scene)
    node = scene.AddNewNodeByClass("vtkMRMLSegmentationNode", "s")
    segment = node.GetSegmentation().AddEmptySegment("bone", "bone", [1, 1, 1])
    image = slicer.vtkOrientedImageData()
    image.SetDimensions(*labels.shape[::-1])
    image.GetPointData().SetScalars(numpy_to_vtk(labels.ravel(), deep=True))
    matrix = vtk.vtkMatrix4x4()
    ras = np.diag([-1.0, -1.0, 1.0, 1.0]) @ affine
    for r in range(4):
        for c in range(4):
            matrix.SetElement(r, c, ras[r, c])
    image.SetGeometryFromImageToWorldMatrix(matrix)
    logic_class.SetBinaryLabelmapToSegment(image, node, segment, logic_class.MODE_REPLACE)
    segmentation = node.GetSegmentation()
    factor = 0.0
    if decimated:
        count = int(
            (labels[:, :, 1:] != labels[:, :, :-1]).sum()
            + (labels[:, 1:] != labels[:, :-1]).sum()
            + (labels[1:] != labels[:-1]).sum()
        )
        factor = max(0.0, 1.0 - CEILING / (2.0 * count))
        segmentation.SetConversionParameter("Decimation factor", f"{factor:.4f}")
    segmentation.CreateRepresentation("Closed surface")
    made = vtk.vtkPolyData()
    node.GetClosedSurfaceRepresentation(segment, made)
    flip = vtk.vtkTransform()
    flip.Scale(-1, -1, 1)
    turned = vtk.vtkTransformPolyDataFilter()
    turned.SetTransform(flip)
    turned.SetInputData(made)
    turned.Update()
    write(turned.GetOutput(), path)
    return {"factor": factor}


def chain(array, affine, labels, threshold: float, path: Path) -> dict:
    """Grey values with the parts outside the mask taken out, contour at the threshold, hole filling, normals:
    InVesalius without its context-aware smoothing and without simplification."""
    import vtk
    from vtkmodules.util.numpy_support import numpy_to_vtk

    masked = np.where((labels > 0) | (array < threshold), array, array.min())
    image = vtk.vtkImageData()
    image.SetDimensions(*array.shape[::-1])
    image.SetSpacing(*np.linalg.norm(affine[:3, :3], axis=0))
    image.GetPointData().SetScalars(numpy_to_vtk(masked.ravel(), deep=True))
    contour = vtk.vtkFlyingEdges3D()
    contour.SetInputData(image)
    contour.SetValue(0, threshold)
    contour.ComputeNormalsOff()
    filled = vtk.vtkFillHolesFilter()
    filled.SetInputConnection(contour.GetOutputPort())
    filled.SetHoleSize(1000.0)
    normals = vtk.vtkPolyDataNormals()
    normals.SetInputConnection(filled.GetOutputPort())
    normals.SetFeatureAngle(80)
    normals.SplittingOff()
    normals.AutoOrientNormalsOn()
    move = vtk.vtkTransform()
    rotation = np.eye(4)
    rotation[:3, :3] = affine[:3, :3] / np.linalg.norm(affine[:3, :3], axis=0)
    rotation[:3, 3] = affine[:3, 3]
    move.SetMatrix(rotation.ravel())
    moved = vtk.vtkTransformPolyDataFilter()
    moved.SetTransform(move)
    moved.SetInputConnection(normals.GetOutputPort())
    moved.Update()
    write(moved.GetOutput(), path)
    return {}


METHODS = ("ours", "Slicer", "Slicer + decimation", "dicom2stl", "dicom2stl, shrunk", "InVesalius-like")
DICOM2STL = {
    "dicom2stl": ("--disable", "rotation", "--disable", "shrink"),
    "dicom2stl, shrunk": ("--disable", "rotation"),
}


def stl_of(method: str, case: str, folder: Path) -> Path:
    return folder / f"{case}_{method.replace(' ', '_')}.stl"


def peak_gb(process: str = "self") -> float:
    """Peak memory of a process alone (ru_maxrss would count the parent's at the time of the fork); 0 where it is
    gone."""
    try:
        lines = Path(f"/proc/{process}/status").read_text(encoding="utf-8").splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) for line in lines if line.startswith("VmHWM")), 0) / 1e6


def one(method: str, case: str, folder: Path, threshold: float) -> None:
    """Child process: one method on one case; figures as JSON on the last line."""
    array, affine = np.load(folder / f"{case}.npy"), np.load(folder / f"{case}_affine.npy")
    out = stl_of(method, case, folder)
    before = resource.getrusage(resource.RUSAGE_SELF)
    start = time.perf_counter()
    labels = labels_of(array, threshold)
    facts = {
        "ours": lambda: ours(array, affine, labels, threshold, out),
        "Slicer": lambda: slicer_rule(array, affine, labels, out, False),
        "Slicer + decimation": lambda: slicer_rule(array, affine, labels, out, True),
        "InVesalius-like": lambda: chain(array, affine, labels, threshold, out),
    }[method]()
    after = resource.getrusage(resource.RUSAGE_SELF)
    facts |= {
        "wall": time.perf_counter() - start,
        "cpu": after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime,
        "peak_gb": peak_gb(),
    }
    print(json.dumps(facts))
    sys.stdout.flush()
    os._exit(0)


def run(method: str, case: str, folder: Path, threshold: float, dicom2stl: str | None) -> dict | None:
    if method in DICOM2STL:
        return run_dicom2stl(method, case, folder, threshold, dicom2stl) if dicom2stl else None
    done = subprocess.run(
        [
            sys.executable,
            str(HERE),
            "--one",
            method,
            "--case",
            case,
            "--folder",
            str(folder),
            "--threshold",
            str(threshold),
        ],
        capture_output=True,
        text=True,
        encoding="utf-8",
    )
    if done.returncode:
        print(method, case, done.stderr[-2000:], flush=True)
        return None
    return json.loads(done.stdout.strip().splitlines()[-1])


def run_dicom2stl(method: str, case: str, folder: Path, threshold: float, program: str) -> dict | None:
    import SimpleITK as sitk

    from dicomtoprint.volume import Volume, resample_orthogonal, to_sitk

    source, out = folder / f"{case}.mha", stl_of(method, case, folder)
    volume = resample_orthogonal(Volume(np.load(folder / f"{case}.npy"), np.load(folder / f"{case}_affine.npy")))
    sitk.WriteImage(to_sitk(volume), str(source))
    out.unlink(missing_ok=True)  # it would ask before it writes over a file
    start, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    work = subprocess.Popen(
        [program, "-i", str(threshold), *DICOM2STL[method], "-o", str(out), str(source)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd=folder,
    )
    peak = 0.0
    while work.poll() is None:
        peak = max(peak, peak_gb(str(work.pid)))
        time.sleep(0.05)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if not out.exists():
        return None
    return {
        "wall": time.perf_counter() - start,
        "peak_gb": peak,
        "cpu": after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime,
    }


def read(path: Path):
    from dicomtoprint.mesh.core import Mesh
    from dicomtoprint.mesh.merge_points import merged_mesh

    raw = np.fromfile(path, dtype=np.dtype([("n", "<f4", 3), ("v", "<f4", (3, 3)), ("a", "<u2")]), offset=84)
    soup = Mesh(raw["v"].reshape(-1, 3), np.arange(3 * len(raw)).reshape(-1, 3))
    points, triangles, _ = merged_mesh(soup)
    return Mesh(points, triangles)


def judged(case: str, path: Path, folder: Path, facts: dict, exact: bool) -> dict:
    from dicomtoprint.imaging.surface_deviation import weighted_distance_stats
    from dicomtoprint.mesh import analyse_topology, self_intersections
    from dicomtoprint.mesh.components import components

    mesh = read(path)
    found = analyse_topology(mesh)
    row = {
        "triangles": len(mesh.triangles),
        "boundary": found.boundary_edges,
        "nme": found.nonmanifold_edges,
        "nmv": found.nonmanifold_vertices,
        "flipped": found.inverted,
        "degenerate": found.degenerate + found.duplicate,
        "si": len(self_intersections(mesh)),
    }
    if exact and len(mesh.triangles) <= 600_000:
        import igl.copyleft.cgal as cgal

        sound = np.ascontiguousarray(mesh.triangles, dtype=np.int64)
        row["si_exact"] = len(
            np.unique(cgal.remesh_self_intersections(mesh.points.astype(np.float64), sound, detect_only=True)[2])
        )
    rng = np.random.default_rng(0)
    area = np.linalg.norm(mesh.triangle_normals(), axis=1)
    chosen = rng.choice(len(area), size=SAMPLES, p=area / area.sum())
    u, v = rng.random((2, len(chosen)))
    u, v = np.where(u + v > 1, 1 - u, u), np.where(u + v > 1, 1 - v, v)
    corner = mesh.points.astype(np.float64)[mesh.triangles[chosen]]
    points = corner[:, 0] + u[:, None] * (corner[:, 1] - corner[:, 0]) + v[:, None] * (corner[:, 2] - corner[:, 0])
    if case == "head":
        distance = scan_distance(points, mesh, chosen, folder, facts["threshold"])
    else:
        from dicomtoprint.phantom import object_distances

        distance = true_distance(points, facts)
        outer = np.minimum.reduce(
            [np.abs(object_distances(facts["scale"])[name].distance(points)) for name in ("cup", "hollow shell")]
        )
        row["cortical_mm"] = float(np.abs(outer[outer < 1.0]).mean())
        diameters = []
        shell = object_distances(facts["scale"])["hollow shell"]
        volume = 0.0
        for part in components(mesh):
            middle = (part.low + part.high) / 2
            if np.linalg.norm(middle - shell.centre) < 1.0:
                volume += part.volume
            if any(np.linalg.norm(middle - b) < 1.0 for b in facts["balls"]) and part.volume > 0:
                diameters.append((6.0 * part.volume / np.pi) ** (1 / 3))
        hollow = 4 / 3 * np.pi * (shell.radius**3 - (shell.radius - shell.wall) ** 3)
        row["shell_percent"] = 100.0 * (volume / hollow - 1.0)
        row["ball_mm"] = [round(d, 3) for d in sorted(diameters)]
    row |= {
        k.replace("_deviation_mm", ""): value
        for k, value in weighted_distance_stats(distance, np.ones(len(distance))).items()
    }
    return row


def true_distance(points: np.ndarray, facts: dict) -> np.ndarray:
    """Distance to the analytic boundary. The phantom's lattice gives it to first order only (its slope is 1 to 2), so
    points are walked down to the boundary itself."""
    from dicomtoprint.phantom import boundary_distance

    def height(at: np.ndarray) -> np.ndarray:
        return boundary_distance(at, scale=facts["scale"], trabeculae_mm=facts["trabeculae_mm"])

    if not facts["trabeculae_mm"]:
        return height(points)
    at, step = points.copy(), 1e-3 * np.eye(3)
    for _ in range(6):
        slope = np.stack([height(at + e) - height(at - e) for e in step], axis=1) / 2e-3
        at -= (0.9 * height(at) / np.maximum(np.einsum("ij,ij->i", slope, slope), 0.05))[:, None] * slope
    return np.linalg.norm(at - points, axis=1)


def scan_distance(points, mesh, chosen, folder: Path, threshold: float) -> np.ndarray:
    """Distance along the normal from the scan's own grey-value boundary."""
    from dicomtoprint.imaging.surface_deviation import isosurface_distance

    normals = mesh.triangle_normals()[chosen]
    normals /= np.maximum(np.linalg.norm(normals, axis=1), 1e-30)[:, None]
    affine = np.load(folder / "head_affine.npy")
    array = np.pad(np.load(folder / "head.npy"), 1, constant_values=-1024)
    to_index = np.linalg.inv(affine)
    to_index[:3, 3] += 1.0
    return isosurface_distance(points, normals, array, threshold - 0.5, to_index, 2.0, 0.1)


def number(row: dict, key: str, form: str) -> str:
    return format(row[key], form) if key in row else ""


def picture(case: str, paths: dict[str, Path], folder: Path, facts: dict, out: Path) -> None:
    """The surfaces of a case side by side, coloured by their deviation."""
    import vtkmodules.vtkRenderingFreeType  # noqa: F401
    import vtkmodules.vtkRenderingOpenGL2  # noqa: F401
    from vtkmodules.vtkCommonCore import vtkLookupTable
    from vtkmodules.vtkIOImage import vtkPNGWriter
    from vtkmodules.vtkRenderingCore import vtkRenderWindow, vtkWindowToImageFilter

    colours = vtkLookupTable()
    colours.SetHueRange(0.62, 0.0)
    colours.SetRange(0.0, 0.3)
    colours.Build()
    window = vtkRenderWindow()
    window.SetOffScreenRendering(1)
    columns = 3
    rows = -(-len(paths) // columns)
    window.SetSize(500 * columns, 400 * rows)
    for place, (method, path) in enumerate(paths.items()):
        mesh = read(path)
        middles = mesh.points[mesh.triangles].mean(axis=1).astype(np.float64)
        away = (
            scan_distance(middles, mesh, np.arange(len(middles)), folder, facts["threshold"])
            if case == "head"
            else true_distance(middles, facts)
        )
        away = np.nan_to_num(np.abs(away), nan=1.0)
        pane = drawn(mesh.with_arrays(triangle_arrays={"Deviation": away}), method, colours, place == len(paths) - 1)
        row, column = divmod(place, columns)
        pane.SetViewport(column / columns, 1.0 - (row + 1) / rows, (column + 1) / columns, 1.0 - row / rows)
        window.AddRenderer(pane)
    window.Render()
    grab = vtkWindowToImageFilter()
    grab.SetInput(window)
    writer = vtkPNGWriter()
    writer.SetFileName(str(out))
    writer.SetInputConnection(grab.GetOutputPort())
    writer.Write()


def drawn(mesh, method: str, colours, legend: bool):
    """Renderer of a mesh, coloured by its deviation, with its name and, where asked, the legend."""
    from vtkmodules.vtkRenderingAnnotation import vtkScalarBarActor
    from vtkmodules.vtkRenderingCore import vtkActor, vtkPolyDataMapper, vtkRenderer, vtkTextActor

    from dicomtoprint.mesh.core import to_polydata

    mapper = vtkPolyDataMapper()
    mapper.SetInputData(to_polydata(mesh))
    mapper.SetScalarModeToUseCellFieldData()
    mapper.SelectColorArray("Deviation")
    mapper.SetLookupTable(colours)
    mapper.UseLookupTableScalarRangeOn()
    actor = vtkActor()
    actor.SetMapper(mapper)
    name = vtkTextActor()
    name.SetInput(f"{method}, {len(mesh.triangles):,} triangles")
    name.GetTextProperty().SetFontSize(20)
    name.GetTextProperty().SetColor(0.1, 0.1, 0.1)
    name.SetPosition(16, 365)
    pane = vtkRenderer()
    pane.SetBackground(1.0, 1.0, 1.0)
    pane.AddActor(actor)
    pane.AddViewProp(name)
    if legend:
        bar = vtkScalarBarActor()
        bar.SetLookupTable(colours)
        bar.SetNumberOfLabels(4)
        bar.SetLabelFormat("%.1f mm")
        bar.SetOrientationToHorizontal()
        bar.SetPosition(0.3, 0.03)
        bar.SetPosition2(0.65, 0.13)
        bar.UnconstrainedFontSizeOn()
        words = bar.GetLabelTextProperty()
        words.SetFontSize(16)
        words.SetColor(0.1, 0.1, 0.1)
        words.ItalicOff()
        words.ShadowOff()
        pane.AddViewProp(bar)
    camera = pane.GetActiveCamera()
    camera.SetPosition(-0.8, -1.0, 0.35)
    camera.SetViewUp(0.0, 0.0, 1.0)
    pane.ResetCamera()
    camera.Zoom(1.4)
    return pane


def table(rows: dict) -> str:
    lines = [
        "| case | method | wall s | CPU s | peak GB | triangles | boundary | nme | nmv | flipped | "
        "self-int. (exact) | mean mm | p95 mm | "
        "shells mm | shell volume % | balls mm |",
        "|" + "---|" * 16,
    ]
    for (case, method), r in rows.items():
        lines.append(
            f"| {case} | {method} | {r['wall']:.1f} | {r['cpu']:.1f} | {r['peak_gb']:.2f} | {r['triangles']} | "
            f"{r['boundary']} | "
            f"{r['nme']} | {r['nmv']} | {r['flipped']} | {r['si']} ({r.get('si_exact', 'not counted')}) | "
            f"{r['mean']:.3f} | "
            f"{r['p95']:.3f} | {number(r, 'cortical_mm', '.3f')} | {number(r, 'shell_percent', '+.2f')} | {r.get('ball_mm', '')} |"
        )
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", default="S,M,L")
    parser.add_argument("--head", type=Path)
    parser.add_argument("--dicom2stl")
    parser.add_argument("--exact", action="store_true")
    parser.add_argument("--methods", help="some of the methods only, separated by commas")
    parser.add_argument("--work", type=Path, help="folder that keeps volumes, surfaces and figures; done rows are kept")
    parser.add_argument("--picture", metavar="CASE", help="draw the surfaces of this case")
    parser.add_argument("--output", type=Path, default=HERE.parent / "results")
    for hidden in ("--one", "--case", "--folder"):
        parser.add_argument(hidden, help=argparse.SUPPRESS)
    parser.add_argument("--threshold", type=float, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        one(options.one, options.case, Path(options.folder), options.threshold)
    if options.work:
        options.work.mkdir(parents=True, exist_ok=True)
        compare(options, options.work)
        return
    with tempfile.TemporaryDirectory() as name:
        compare(options, Path(name))


def compare(options: argparse.Namespace, folder: Path) -> None:
    """Run and judge what `folder` does not hold yet, and write the table of all it holds."""
    tally = folder / "tally.json"
    held = json.loads(tally.read_text(encoding="utf-8")) if tally.exists() else {}
    for case in options.cases.split(","):
        facts = known(case, folder, options.head)
        for method in options.methods.split(",") if options.methods else METHODS:
            key, path = f"{case}|{method}", stl_of(method, case, folder)
            if key not in held:
                figures = run(method, case, folder, facts["threshold"], options.dicom2stl)
                if figures is None:
                    continue
                held[key] = figures | judged(case, path, folder, facts, options.exact)
                print(key, {k: v for k, v in held[key].items() if k != "shares"}, flush=True)
                tally.write_text(json.dumps(held), encoding="utf-8")
        rows = {tuple(key.split("|")): row for key, row in held.items()}
        rows = {key: rows[key] for key in sorted(rows, key=lambda k: (k[0], METHODS.index(k[1])))}
        save(options.output, rows, remarks_on(rows))
        if options.picture == case:
            made = {m: stl_of(m, case, folder) for m in METHODS if (case, m) in rows}
            picture(case, made, folder, facts, options.output / "surface_compare.png")


def known(case: str, folder: Path, head: Path | None) -> dict:
    """The facts about a case, whose volume is made where the folder does not hold it."""
    said = folder / f"{case}.json"
    if not said.exists():
        facts = prepared(case, folder, head)
        said.write_text(json.dumps(facts), encoding="utf-8")
    return json.loads(said.read_text(encoding="utf-8"))


def remarks_on(rows: dict) -> list[str]:
    remarks: list[str] = []
    for (case, method), row in rows.items():
        if method == "ours":
            phrases = ", ".join(f"{phrase} {spent:.1f}" for phrase, spent in row["shares"].items() if spent > 0.05)
            remarks += [f"- {case}, where our CPU seconds go: {phrases}", *(f"  - {note}" for note in row["notes"])]
    return remarks


def save(folder: Path, rows: dict, remarks: list[str]) -> None:
    ratios = []
    for case in dict.fromkeys(case for case, _ in rows):
        if (case, "ours") in rows:
            mine = rows[case, "ours"]
            for other in METHODS[1:]:
                if (case, other) in rows:
                    r = rows[case, other]
                    ratios.append(
                        f"- {case}, ours to {other}: wall {mine['wall'] / r['wall']:.2f}, "
                        f"CPU {mine['cpu'] / r['cpu']:.2f}, "
                        f"mean deviation {mine['mean'] / max(r['mean'], 1e-9):.2f}, peak memory "
                        f"{mine['peak_gb'] / max(r['peak_gb'], 1e-9):.2f}"
                    )
    text = (
        "# Surfaces side by side\n\nRepeat: see the head of `Testing/Benchmarks/surface_compare.py`. Phantoms: deviation "
        "from the analytic boundary; head: from the scan's grey-value boundary along the normal. nme/nmv: "
        "non-manifold edges/vertices, after a float32 weld. "
        "Shells: the cup and the hollow shell, mean distance "
        "of their faces; shell volume: of the hollow shell against its formula. Single runs on a shared machine: read "
        "the ratios, and CPU rather than wall seconds.\n\n"
        + table(rows)
        + "\n\nRatios\n\n"
        + "\n".join(ratios)
        + "\n\nRemarks\n\n"
        + "\n".join(remarks)
        + "\n"
    )
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "surface_compare.md").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
