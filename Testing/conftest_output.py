"""Solids that the tests of this room write."""

import numpy as np
import pytest

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


@pytest.fixture
def ball():
    """Maker of balls: centre and radius in LPS mm, name, color, rings."""
    return make_ball


@pytest.fixture
def meshes():
    """Two objects that are not symmetric about any plane, far from the origin as real scans are."""
    return (
        make_ball((-81.3, 120.7, -903.2), 10.0, "Left femur", (0.9, 0.4, 0.1)),
        make_ball((40.1, 98.2, -880.9), 4.0, "Loose part", (0.1, 0.3, 0.8)),
    )
