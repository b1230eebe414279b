"""How far surfaces lie from the truth, as figures and as a picture."""

from pathlib import Path

import numpy as np

SAMPLES = 60_000  # points on each surface at which the deviation is taken


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
