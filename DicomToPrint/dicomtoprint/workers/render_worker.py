"""Draws a model with VTK without a window.

Runs as a process of its own, since VTK may abort where OpenGL does not work.

Called as ``python render_worker.py FOLDER``: reads ``job.json`` and ``scene-<n>.npz`` there, writes ``<shot>.png``, and
ends where its input does. Of this package it imports nothing but the protocol.
"""

import json
import os
import sys
from typing import Any

if __name__ == "__main__":  # run as a file: its folder's modules are no top-level ones, the engine's package is
    sys.path[0] = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

import numpy as np

from dicomtoprint.workers.process import exit_when_stdin_closes


def main(folder: str) -> int:
    """Draws every shot of the job; 0 when all pictures are there."""
    import vtk

    with open(os.path.join(folder, "job.json"), encoding="utf-8") as file:
        job = json.load(file)
    size = int(job["size"])
    window = vtk.vtkRenderWindow()
    window.SetOffScreenRendering(1)
    window.SetMultiSamples(0)
    window.SetSize(size, size)
    for index, shots in enumerate(job["scenes"]):
        renderer = _scene(os.path.join(folder, f"scene-{index}.npz"))
        window.AddRenderer(renderer)
        for shot in shots:
            _aim(renderer, shot, job)
            window.Render()
            _save(window, os.path.join(folder, shot["name"] + ".png"))
            print(shot["name"], flush=True)
        window.RemoveRenderer(renderer)
    return 0


def _scene(path: str) -> Any:
    import vtk

    renderer = vtk.vtkRenderer()
    renderer.SetBackground(1.0, 1.0, 1.0)
    renderer.UseFXAAOn()
    # Two lights that move with the camera: one from the upper left, a weaker one from the right.
    for position, strength in (((-0.6, 0.7, 1.0), 0.85), ((1.0, -0.1, 0.5), 0.35)):
        light = vtk.vtkLight()
        light.SetLightTypeToCameraLight()
        light.SetPosition(*position)
        light.SetFocalPoint(0.0, 0.0, 0.0)
        light.SetIntensity(strength)
        renderer.AddLight(light)
    with np.load(path) as arrays:
        for part in range(int(arrays["count"])):
            renderer.AddActor(_actor(arrays, part))
    return renderer


def _actor(arrays: Any, part: int) -> Any:
    import vtk

    colors = arrays[f"colors{part}"]
    polydata = _polydata(arrays[f"points{part}"], arrays[f"triangles{part}"], colors)
    mapper = vtk.vtkPolyDataMapper()
    mapper.SetInputData(polydata)
    actor = vtk.vtkActor()
    actor.SetMapper(mapper)
    surface = actor.GetProperty()
    surface.SetAmbient(0.18)
    surface.SetDiffuse(0.85)
    surface.SetSpecular(0.05)
    if colors.ndim == 1:
        surface.SetColor(*[float(v) / 255 for v in colors])
    return actor


def _polydata(points: np.ndarray, triangles: np.ndarray, colors: np.ndarray) -> Any:
    import vtk
    from vtk.util.numpy_support import numpy_to_vtk, numpy_to_vtkIdTypeArray

    polydata = vtk.vtkPolyData()
    corners = vtk.vtkPoints()
    corners.SetData(numpy_to_vtk(np.ascontiguousarray(points), deep=True))
    cells = vtk.vtkCellArray()
    cells.SetData(
        numpy_to_vtkIdTypeArray(np.arange(0, 3 * len(triangles) + 1, 3, dtype=np.int64), deep=True),
        numpy_to_vtkIdTypeArray(np.ascontiguousarray(triangles, dtype=np.int64).ravel(), deep=True),
    )
    polydata.SetPoints(corners)
    polydata.SetPolys(cells)
    normals = numpy_to_vtk(_point_normals(points, triangles), deep=True)
    polydata.GetPointData().SetNormals(normals)
    if colors.ndim == 2:
        scalars = numpy_to_vtk(np.ascontiguousarray(colors, dtype=np.uint8), deep=True)
        (polydata.GetPointData() if len(colors) == len(points) else polydata.GetCellData()).SetScalars(scalars)
    return polydata


def _point_normals(points: np.ndarray, triangles: np.ndarray) -> np.ndarray:
    """Area-weighted normals; the sense of the triangles is kept, so that an inside-out part looks dark."""
    corners = points.astype(np.float64)[triangles]
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    total = np.stack(
        [np.bincount(triangles.ravel(), np.repeat(normals[:, axis], 3), len(points)) for axis in range(3)], axis=1
    )
    return (total / np.maximum(np.linalg.norm(total, axis=1, keepdims=True), 1e-30)).astype(np.float32)


def _aim(renderer: Any, shot: dict, job: dict) -> None:
    centre, away = np.array(shot.get("centre") or job["centre"]), 6 * float(job["half"])
    direction = np.array(shot["direction"], dtype=float)
    direction /= np.linalg.norm(direction)
    camera = renderer.GetActiveCamera()
    camera.ParallelProjectionOn()
    camera.SetFocalPoint(*centre)
    camera.SetPosition(*(centre + away * direction))
    camera.SetViewUp(*shot["up"])
    camera.SetParallelScale(float(shot.get("half") or job["half"]))
    cut = shot.get("cut")
    camera.SetClippingRange(away / 6 if cut is None else away - float(cut), 2 * away)


def _save(window: Any, path: str) -> None:
    import vtk

    grabber = vtk.vtkWindowToImageFilter()
    grabber.SetInput(window)
    grabber.ReadFrontBufferOff()
    writer = vtk.vtkPNGWriter()
    writer.SetInputConnection(grabber.GetOutputPort())
    writer.SetFileName(path)
    writer.Write()


if __name__ == "__main__":
    exit_when_stdin_closes()
    sys.exit(main(sys.argv[1]))
