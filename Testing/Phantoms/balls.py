"""Closed balls with arrays, as files and pictures are tried with."""

import numpy as np

from dicomtoprint.mesh.core import Mesh, from_polydata


def make_ball(centre=(0.0, 0.0, 0.0), radius=10.0, name="Ball", color=(0.9, 0.85, 0.7), rings=24):
    """A closed ball of triangles facing outward, with arrays."""
    import vtk

    source = vtk.vtkSphereSource()
    source.SetRadius(radius)
    source.SetThetaResolution(rings)
    source.SetPhiResolution(rings)
    source.SetOutputPointsPrecision(vtk.vtkAlgorithm.DOUBLE_PRECISION)
    source.Update()
    mesh = from_polydata(source.GetOutput())
    points = mesh.points + np.array(centre)
    return Mesh(
        points,
        mesh.triangles,
        name,
        color,
        {"Wall": np.full(len(points), 2.5, np.float32)},
        {"Provenance": np.arange(len(mesh.triangles), dtype=np.uint8) % 4},
    )
