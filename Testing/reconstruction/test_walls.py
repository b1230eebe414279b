"""Thin walls from scan to surface: as thick as they are, where they are, and marked."""

from functools import cache

import numpy as np
import pytest

from dicomtoprint.accuracy import blur_from, estimate_accuracy, estimate_noise, modelled_of
from dicomtoprint.imaging.voxel_patches import sample_measured_surface
from dicomtoprint.mesh.core import Mesh, Provenance
from dicomtoprint.mesh.self_intersection import self_intersections
from dicomtoprint.phantom.wall_scan import Scanner, WallScene, bone_distance, measured, scan_of
from dicomtoprint.reconstruction import SurfaceModel, bone_density, reconstruct_surfaces
from dicomtoprint.segmentation import load_anatomy, segment
from dicomtoprint.volume import Volume
from Phantoms.wall_scenes import ball_shell, plates, spine_body


@cache
def made(name: str) -> tuple[WallScene, Volume, SurfaceModel]:
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
    volume = scan_of(scene, scanner)
    return scene, volume, reconstruct_surfaces(segment(volume, load_anatomy("bone")))


def walls(name: str) -> list:
    scene, _volume, model = made(name)
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


@pytest.mark.parametrize("name", ["plates", "shell", "body", "none"])
def test_the_bound_that_is_stated_holds_and_is_tight(name):
    """95 % of the surface, its rims and edges too, within what is stated; that at most half as much again as needed, where
    the scan shows the density: an assumed one asks for more."""
    scene, volume, model = made(name)
    places = sample_measured_surface(Mesh(model.meshes[0].points, model.meshes[0].triangles), 6000).places
    at = volume.to_ijk(places)
    inside = ((at > 2) & (at < np.array(volume.array.shape[::-1]) - 3)).all(axis=1)
    true = float(np.percentile(bone_distance(scene, places[inside]), 95))
    known = {"modelled": modelled_of(model.meshes, model.figures), "blur": blur_from(model.figures)}
    accuracy = estimate_accuracy(volume, model.meshes, estimate_noise(volume), **known)
    assert true <= accuracy.p95_mm
    assert accuracy.p95_mm <= 1.5 * true or not known["modelled"].established
    assert known["modelled"].established == (name != "none")


@pytest.mark.parametrize("name", ["plates", "shell"])
def test_what_was_modelled_is_marked_and_the_surface_is_valid(name):
    _scene, _volume, model = made(name)
    mesh, figures = model.meshes[0], model.figures[0]
    assert figures["valid"] and len(self_intersections(mesh)) == 0
    assert figures["bone_established"] and figures["provenance_area_percent"]["modelled"] > 20
    assert (mesh.triangle_arrays["Provenance"] == Provenance.MODELLED).any()
    # Faces within a wall; the largest are those of rims, which count too.
    assert 0.0 < np.median(figures["modelled_distance_mm"]) < 0.05 and max(figures["modelled_distance_mm"]) < 0.3


def test_without_thick_bone_walls_tell_the_density_and_it_is_said_to_be_less_well_known():
    _scene, _volume, model = made("none")
    figures, known = model.figures[0], made("plates")[2].figures[0]
    assert not figures["bone_established"] and figures["bone_known_to"] > known["bone_known_to"]
    for wall in walls("none"):
        assert wall.mean == pytest.approx(wall.thickness, rel=0.12)


def test_without_thick_bone_and_with_walls_that_tell_nothing_the_density_is_assumed_and_the_error_grows(monkeypatch):
    monkeypatch.setattr(bone_density, "density_by_walls", lambda *_: None)
    figures = reconstruct_surfaces(segment(made("none")[1], load_anatomy("bone"))).figures[0]
    assert not figures["bone_established"]
    known = made("plates")[2].figures[0]["modelled_distance_mm"]
    assert np.median(figures["modelled_distance_mm"]) > 1.5 * np.median(known)
