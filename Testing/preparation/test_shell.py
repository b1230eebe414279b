"""A wall around a lumen: as thick as asked for, the lumen where it was, its ends open where the scan cut it."""

import numpy as np
import pytest

from dicomtoprint.config.run_settings import RunSettings
from dicomtoprint.errors import UsageError
from dicomtoprint.mesh import analyse_topology, self_intersections
from dicomtoprint.mesh.core import Provenance, concatenate
from dicomtoprint.mesh.triangle_distance import nearest_triangles
from dicomtoprint.pipeline.preparation import prepare, validate_preparation
from dicomtoprint.preparation.shell import add_shell, cut_faces
from dicomtoprint.reconstruction import reconstruct_surfaces
from dicomtoprint.segmentation import load_anatomy, segment
from Phantoms.solids import box
from Phantoms.vessel_scenes import VesselScene

WALL = 1.5


@pytest.fixture(scope="module")
def model():
    """The surface of a vessel that forks, cut by two edges of the scan; one branch ends inside."""
    scene = VesselScene((27.0, 22.0, 26.0), (0.9, 0.8, 0.8))
    scene.tube((-6, 11, 11), (12, 11, 11), 4.0, 3.4)
    scene.tube((12, 11, 11), (21, 11, 6), 2.8, 2.2)
    scene.tube((12, 11, 11), (17, 11, 34), 2.6, 2.4)
    volume = scene.scan(380.0, 10.0)
    return reconstruct_surfaces(segment(volume, load_anatomy("contrast-vessels"), seeds_lps=((11.0, 11.0, 5.0),)))


@pytest.fixture(scope="module")
def shell(model):
    return add_shell(model.meshes[0], WALL)


def test_the_wall_is_as_thick_as_asked_and_the_lumen_where_it_was(model, shell):
    (lumen,), mesh = model.meshes, shell.mesh
    assert analyse_topology(mesh).closed and not len(self_intersections(mesh))
    middles = mesh.points.astype(float)[mesh.triangles].mean(axis=1)
    away = nearest_triangles(middles, lumen)[1]
    made = mesh.triangle_arrays["Provenance"] == Provenance.ADDED
    assert away[~made].max() < 0.001  # the inner side is the lumen's own
    at_ends = np.zeros(len(middles), dtype=bool)
    for plane, _middle in cut_faces(lumen):
        at_ends |= middles @ np.array(plane.normal) > plane.offset - 1.0
    outer = made & ~at_ends
    off = away[outer] - WALL
    assert off.min() > -0.05 and off.max() < 0.05, "in the crease of a fork too"
    # Every part of the lumen that was measured has its wall.
    kept = lumen.points[np.unique(lumen.triangles[lumen.triangle_arrays["Provenance"] == Provenance.MEASURED])]
    assert nearest_triangles(kept[::20], mesh)[1].max() < 0.75


def test_ends_are_open_where_the_edge_of_the_scan_cuts_the_lumen(model, shell):
    at_bottom, at_side = sorted(shell.ends, key=lambda end: end[2])
    assert at_bottom == pytest.approx((11.0, 11.0, -0.4), abs=0.3)
    assert at_side[0] == pytest.approx(25.6, abs=0.5) and at_side[2] == pytest.approx(15.2, abs=0.7)
    # One solid, open at two ends, is a tube: the Euler characteristic of its surface is that of a torus.
    mesh = shell.mesh
    sides = np.sort(mesh.triangles[:, [[0, 1], [1, 2], [2, 0]]].reshape(-1, 2), axis=1)
    assert len(np.unique(mesh.triangles)) - len(np.unique(sides, axis=0)) + len(mesh.triangles) == 0


def test_a_run_puts_the_wall_and_a_cut_opens_it(model):
    settings = RunSettings(shell=WALL, cuts=(("S", 8.0),), kept_sides=("I",), process="sla")
    prepared = prepare(model, settings)
    (mesh,) = prepared.model.meshes
    step = next(step for step in prepared.model.steps if step.name == "shell")
    assert "2 ends open" in step.effect and "wall of 1.5 mm" in step.effect
    assert mesh.bounds[5] == pytest.approx(8.0, abs=0.01)
    # Open at both of its ends, else the lumen would be counted.
    assert mesh.volume == pytest.approx(np.pi * ((3.7 + WALL) ** 2 - 3.7**2) * 8.3, rel=0.15)


def test_where_two_parts_of_a_lumen_are_near_the_wall_between_them_is_told_to_be_thinner():
    one, other = box(10.0, 10.0, 10.0), box(10.0, 10.0, 10.0, at=(10.8, 0.0, 0.0))
    apart = add_shell(one, WALL, spacing=0.5)
    assert apart.shared_mm2 == 0.0 and not apart.ends
    assert add_shell(concatenate([one, other]), WALL, spacing=0.4).shared_mm2 == pytest.approx(200.0, rel=0.1)


@pytest.mark.parametrize(
    ("settings", "words"), [({"shell": 0.01}, "does not print"), ({"shell": 2.0, "hollow": 2.0}, "--hollow")]
)
def test_walls_that_cannot_be_are_refused_before_any_work(settings, words):
    with pytest.raises(UsageError, match=words):
        validate_preparation(RunSettings(**settings))
