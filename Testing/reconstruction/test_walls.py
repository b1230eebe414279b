"""Thin walls from scan to surface: as thick as they are, where they are, and marked."""

from functools import cache

import numpy as np
import pytest

from dicomtoprint.mesh.core import Provenance
from dicomtoprint.mesh.self_intersection import self_intersections
from dicomtoprint.phantom.wall_scan import Scanner, WallScene, measured, scan_of
from dicomtoprint.reconstruction import SurfaceModel, reconstruct_surfaces
from dicomtoprint.segmentation import load_anatomy, segment
from Phantoms.wall_scenes import ball_shell, plates, spine_body


@cache
def made(name: str) -> tuple[WallScene, SurfaceModel]:
    scenes = {
        "plates": (
            plates((0.35, 0.55, 0.75), (0.5, 1.0), pitch=6.0),
            Scanner((0.5, 0.5, 0.5), 0.38, noise_hu=18, seed=31),
        ),
        "shell": (ball_shell(0.7, 1100.0, 8.0), Scanner((0.5, 0.5, 0.55), 0.4, seed=32)),
        "body": (spine_body(18.0, 14.0, 0.8, 150.0), Scanner((0.5, 0.5, 0.6), 0.4, seed=33)),
        "none": (
            plates((0.35, 0.55, 0.75), (0.5, 0.8), pitch=6.0, thick=False),
            Scanner((0.5, 0.5, 0.5), 0.38, seed=34),
        ),
    }
    scene, scanner = scenes[name]
    return scene, reconstruct_surfaces(segment(scan_of(scene, scanner), load_anatomy("bone")))


def walls(name: str) -> list:
    scene, model = made(name)
    mesh = model.meshes[0]
    return [measured(wall, mesh.points, mesh.triangles) for wall in scene.walls]


def test_oblique_plates_are_as_thick_as_they_are():
    for wall in walls("plates"):
        assert wall.missing == 0.0
        assert wall.mean == pytest.approx(wall.thickness, abs=0.05) and wall.spread <= 0.05


def test_a_shell_around_air_keeps_thickness_and_place():
    (wall,) = walls("shell")
    assert wall.missing == 0.0
    assert wall.mean == pytest.approx(0.7, abs=0.08) and abs(wall.middle) <= 0.06


def test_a_vertebral_body_keeps_its_size():
    for wall in walls("body"):
        assert wall.mean == pytest.approx(wall.thickness, abs=0.08)


@pytest.mark.parametrize("name", ["plates", "shell"])
def test_what_was_modelled_is_marked_and_the_surface_is_valid(name):
    _scene, model = made(name)
    mesh, figures = model.meshes[0], model.figures[0]
    assert figures["valid"] and len(self_intersections(mesh)) == 0
    assert figures["bone_established"] and figures["provenance_area_percent"]["modelled"] > 20
    assert (mesh.triangle_arrays["Provenance"] == Provenance.MODELLED).any()
    assert 0.0 < max(figures["modelled_error_mm"]) < 0.1


def test_without_thick_bone_the_density_is_said_to_be_assumed_and_the_error_grows():
    _scene, model = made("none")
    figures = model.figures[0]
    assert not figures["bone_established"]
    assert np.median(figures["modelled_error_mm"]) > 1.5 * np.median(made("plates")[1].figures[0]["modelled_error_mm"])
