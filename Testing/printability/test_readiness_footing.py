"""What touches the build plate: cones, tips and objects whose section in the first layer is known."""

import numpy as np
import pytest

from dicomtoprint.mesh.core import Mesh, concatenate
from dicomtoprint.mesh.footing import find_footing
from dicomtoprint.preparation import FirstLayer, orient
from dicomtoprint.printability import assess_file
from dicomtoprint.rules import Outcome, Severity
from Phantoms.judged_solids import CUBE, failed, finding, judged
from Phantoms.solids import ball, box, moved, shell
from Phantoms.threemf import mesh_xml, object_xml, write_package


def cone(half_angle_deg, height=20.0, sides=64):
    """On its tip, at the origin."""
    angles = 2 * np.pi * np.arange(sides) / sides
    radius = height * np.tan(np.radians(half_angle_deg))
    rim = np.stack([radius * np.cos(angles), radius * np.sin(angles), np.full(sides, height)], axis=1)
    points = np.concatenate([[[0, 0, 0], [0, 0, height]], rim]).astype(np.float32)
    near, far = 2 + np.arange(sides), 2 + (np.arange(sides) + 1) % sides
    side = np.stack([np.zeros(sides, np.int64), far, near], axis=1)
    lid = np.stack([np.ones(sides, np.int64), near, far], axis=1)
    return Mesh(points, np.concatenate([side, lid]).astype(np.int32))


@pytest.mark.parametrize("half_angle", [50.0, 65.0, 75.0])
def test_a_cone_on_its_tip_is_as_long_as_its_section(half_angle):
    found = find_footing(cone(half_angle), 0.175, 0.7)
    assert found.length == pytest.approx(2 * 0.175 * np.tan(np.radians(half_angle)), rel=0.03)
    assert found.place[2] == pytest.approx(0.175)


@pytest.mark.parametrize(
    "mesh, length",
    [
        (cone(40.0), 0.0),  # 0.29 mm wide
        (CUBE, 2.8),
        (ball(12.0, 40), 2.8),
        (shell(12.0, 8.0, 20), 2.8),
        (box(0.5, 2.0, 20), 2.0),
        (box(30, 0.5, 20), 2.8),
        (box(30, 0.3, 20), 0.0),
        (concatenate((box(0.5, 1.0, 20), box(0.5, 1.0, 20, at=(9, 0, 0)))), 1.0),
    ],
)
def test_what_stands_broad_is_told_up_to_four_lines(mesh, length):
    assert find_footing(mesh, 0.175, 0.7).length == pytest.approx(length, abs=0.08)


@pytest.mark.parametrize("wall, length", [(0.3, 0.0), (0.5, 2.8)])
def test_the_wall_of_a_cup_counts_and_not_its_opening(wall, length):
    inner = box(10 - 2 * wall, 10 - 2 * wall, 20.2, at=(wall, wall, -0.1))
    found = find_footing(concatenate((box(10, 10, 20), Mesh(*_inside_out(inner)))), 0.4, 0.7)
    assert found.length == pytest.approx(length, abs=0.4)  # the corners of the thin one are wider


def _inside_out(mesh):
    return mesh.points, mesh.triangles[:, ::-1]


def test_a_tip_on_the_plate_is_not_ready_for_a_process_that_lays_lines(tmp_path):
    readiness = judged(tmp_path, cone(65.0, 10.0))
    item = finding(readiness, "footing")
    assert (readiness.verdict, item.severity) == ("not-ready", Severity.REJECT)
    assert item.measured == pytest.approx(0.75, abs=0.03) and len(item.places) == 1
    assert "tip" in item.message and "--base" in item.remedy and "--orient" in item.remedy
    assert finding(readiness, "pose").outcome is not Outcome.FAIL


@pytest.mark.parametrize("process", ["sla", "sls", "dmls"])
def test_resin_and_powder_carry_a_tip(tmp_path, process):
    assert finding(judged(tmp_path, cone(25.0), process), "footing").outcome is Outcome.NOT_APPLICABLE


def test_turned_it_stands_broad(tmp_path):
    """The cone's least overhang is on its tip where walls of 25 degrees need no support; it is turned all the same."""
    for layer, on_tip in ((None, True), (FirstLayer(0.35, 0.7, 1.4), False)):
        made = orient(cone(25.0), 45.0, layer)
        assert (find_footing(made.mesh, 0.175, 0.7).length < 1.4) == on_tip


def test_each_object_of_a_3mf_must_stand_and_components_stand_together(tmp_path):
    pytest.importorskip("lib3mf")
    tip = moved(cone(25.0), (40.0, 0.0, 0.0))
    two = object_xml(1, mesh_xml(CUBE), 'name="cube" type="model"') + object_xml(
        2, mesh_xml(tip), 'name="tip" type="model"'
    )
    apart = assess_file(write_package(tmp_path / "a.3mf", two, '<item objectid="1"/><item objectid="2"/>'))
    assert "footing" in failed(apart) and "'tip'" in finding(apart, "footing").message
    parts = '<components><component objectid="1"/><component objectid="2"/></components>'
    one = assess_file(write_package(tmp_path / "b.3mf", two + object_xml(3, parts), '<item objectid="3"/>'))
    assert "footing" not in failed(one)


def test_objects_that_fit_only_one_by_one_are_told_how_to_turn(tmp_path):
    pytest.importorskip("lib3mf")
    long = [box(20, 230, 20), moved(box(20, 150, 20), (0, 231, 0))]
    resources = "".join(
        object_xml(at, mesh_xml(mesh), f'name="{name}" type="model"')
        for at, (mesh, name) in enumerate(zip(long, ("long", "short")), 1)
    )
    path = write_package(tmp_path / "a.3mf", resources, '<item objectid="1"/><item objectid="2"/>')
    item = finding(assess_file(path), "fit")
    assert item.measured == "each on its own"
    assert "'long' only when turned (" in item.message and "'short' only" not in item.message
