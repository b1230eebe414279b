"""Joints of the size that there is room for, with the clearance of the process; splits without crumbs; choices answered at once."""

import argparse
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from dicomtoprint.config.run_settings import RunSettings
from dicomtoprint.errors import UsageError
from dicomtoprint.mesh import analyse_topology, self_intersections
from dicomtoprint.pipeline import validate_preparation
from dicomtoprint.pipeline.joints import lines_on_joints
from dicomtoprint.pipeline.preparation import prepare
from dicomtoprint.preparation.csg import to_manifold
from dicomtoprint.reconstruction import SurfaceModel
from Phantoms.solids import mesh_of

manifold3d = pytest.importorskip("manifold3d", reason="preparation needs manifold3d")
M = manifold3d.Manifold


def skull(thickness):
    return mesh_of(M.sphere(40.0, 96) - M.sphere(40.0 - thickness, 96))


def cut_in_two(mesh, process="sla", **settings):
    asked = RunSettings(process=process, cuts=(("S", 0.0),), pins=True, **settings)
    validate_preparation(asked)
    model = prepare(SurfaceModel((mesh,), ({},), (), ()), asked).model
    return model.meshes, {step.name: step.effect for step in model.steps}, model.steps


def solids_of(meshes):
    return [to_manifold(mesh).manifold for mesh in meshes]


def test_thin_skull_takes_pins_and_thinner_skull_dowels_of_a_millimetre_and_more():
    parts, told, _steps = cut_in_two(skull(3.0))
    width = float(re.search(r"2 pins of ([\d.]+) mm", told["pins"]).group(1))
    assert 1.0 <= width <= 2.0
    first, second = solids_of(parts)
    assert (first ^ second).volume() == pytest.approx(0.0, abs=0.01)
    assert second.volume() > first.volume(), "pins on the one, sockets in the other"
    _parts, told, _steps = cut_in_two(skull(4.0), "fdm")
    assert "pins" not in told and "no room for a pin" in told["dowels"]
    assert 1.0 <= float(re.search(r"dowels of ([\d.]+) mm", told["dowels"]).group(1)) < 3.0


def test_a_cut_without_room_is_a_line_for_the_terminal():
    _parts, told, steps = cut_in_two(skull(1.5))
    assert told["no pins"] == "a cut has no room for a pin of 1 mm: glue it"
    assert lines_on_joints(steps) == ["no pins: a cut has no room for a pin of 1 mm: glue it"]


def test_of_several_pairs_the_one_without_room_is_named():
    both = mesh_of(M.cube((30.0, 30.0, 30.0), True) + M.cube((1.4, 20.0, 30.0), True).translate((40.0, 0.0, 0.0)))
    asked = RunSettings(process="sla", cuts=(("R", -20.0), ("S", 0.0)), pins=True)
    model = prepare(SurfaceModel((both,), ({},), (), ()), asked).model
    told = {step.name: step.effect for step in model.steps}
    assert "2 pins" in told["pins"]
    assert re.search(r"between Bone part \d and Bone part \d has no room", told["no pins"])


@pytest.mark.parametrize(
    ("settings", "clearance"),
    [({}, 0.2), ({"fit": "press"}, 0.1), ({"joint_clearance": 0.35}, 0.35), ({"joint": "dowel"}, 0.2)],
)
def test_the_clearance_is_that_of_the_fit_or_as_given(settings, clearance):
    block = mesh_of(M.cube((60.0, 60.0, 40.0), True))
    parts, told, _steps = cut_in_two(block, "fdm", pin_diameter=6.0, **settings)
    assert f"{clearance:g} mm clearance a side" in " ".join(told.values())
    length = 1.5 * 6.0 + clearance
    if settings.get("joint") == "dowel":
        hole = np.pi * (3.0 + clearance) ** 2 * length
        assert 144000.0 - sum(part.volume for part in parts) == pytest.approx(4 * hole, rel=0.01)
    else:
        section = manifold3d.CrossSection.circle(3.0, 48) - manifold3d.CrossSection.square((6.0, 6.0)).translate(
            (1.8, -3.0)
        )
        socket = section.offset(clearance, manifold3d.JoinType.Round).area() * length
        upper = min(parts, key=lambda part: part.volume)
        assert 72000.0 - upper.volume == pytest.approx(2 * socket, rel=0.01)


@pytest.mark.parametrize("shape", ["shaft", "block"])
def test_a_dovetail_slides_in_sideways_and_holds_otherwise(shape):
    from dicomtoprint.preparation import ConnectorSize, axis_plane, cut, cut_dovetail

    shaft = M.cylinder(60.0, 14.0, 12.0, 64, True).rotate((8.0, 5.0, 0.0))
    given = mesh_of({"shaft": shaft, "block": M.cube((40.0, 30.0, 40.0), True)}[shape])
    plane = axis_plane("S", 0.0)
    done = cut_dovetail(*cut(given, plane), plane, ConnectorSize(4.0, 6.0, 0.2, 0.8))
    parts = done.first, done.second
    assert all(analyse_topology(part).closed and len(self_intersections(part)) == 0 for part in parts)
    first, second = solids_of(parts)
    assert (first ^ second).volume() == pytest.approx(0.0, abs=0.01)
    assert ((first + second) - to_manifold(given).manifold).volume() < 0.01, "the outside of the bone stays as it is"
    along = np.subtract(*done.places) / np.linalg.norm(np.subtract(*done.places))
    across = np.cross(along, (0.0, 0.0, 1.0))
    for way in (-30.0, -8.0, -1.0, 1.0, 8.0, 30.0):
        assert (first ^ second.translate(tuple(way * along))).volume() < 0.01, "it slides along the groove"
    for way in (across, -across, np.array([0.0, 0.0, -1.0])):
        assert (first ^ second.translate(tuple(1.0 * way))).volume() > 2.0, "and is held any other way"


def test_a_dovetail_without_room_becomes_pins_and_that_is_told():
    block = mesh_of(M.cube((40.0, 30.0, 40.0), True))
    assert cut_in_two(block, joint="dovetail")[1]["dovetails"].startswith(
        "1 dovetail 4 mm high, with 0.125 mm clearance"
    )
    _parts, told, _steps = cut_in_two(skull(3.0), joint="dovetail")
    assert "since there is no room for a dovetail" in told["pins"]


def test_a_pin_of_a_given_size_is_made_as_it_is_or_not_at_all():
    block = mesh_of(M.cube((30.0, 30.0, 30.0), True))
    assert "2 pins of 5 mm" in cut_in_two(block, pin_diameter=5.0)[1]["pins"]
    assert "no room for a pin of 20 mm" in cut_in_two(block, pin_diameter=20.0)[1]["no pins"]


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"joint": "dowel"}, "--pins"),
        ({"pins": True, "cuts": (("S", 0.0),), "fit": "press", "process": "sla"}, "--joint-clearance"),
        ({"pins": True, "cuts": (("S", 0.0),), "pin_diameter": 0.4}, "--pin-diameter"),
        ({"pins": True, "cuts": (("S", 0.0),), "joint_clearance": 5.0}, "--joint-clearance"),
        ({"base_kind": "stand"}, "--base"),
        ({"thicken": 50.0}, "--thicken"),
        ({"hollow": 0.1}, "--hollow 0.1"),
        ({"hollow": 400.0}, "--hollow 400"),
        ({"scale_bar": 3.0}, "--scale-bar"),
        ({"hollow": 2.0, "drain_hole_positions": ((0.0, 0.0, 0.0),)}, "--escape"),
        ({"label": "骨"}, "'骨'"),
    ],
)
def test_choices_that_cannot_be_done_are_answered_at_once(settings, words):
    with pytest.raises(UsageError, match=re.escape(words)):
        validate_preparation(RunSettings(**settings))


def test_the_command_answers_before_it_reads_the_scan(tmp_path, capsys):
    from dicomtoprint.cli.main import main

    for option in (["--base-kind", "stand"], ["--thicken", "50"], ["--hollow", "0.1"], ["--joint", "dovetail"]):
        assert main(["run", str(tmp_path / "no scan"), "--output", str(tmp_path / "out"), *option]) == 2
        assert option[0] in capsys.readouterr().err
        assert not (tmp_path / "out").exists()


def teeth():
    """A bar with thin teeth of different heights on top: most heights of a cut break tips off."""
    comb = [M.cylinder(4.0 + 0.5 * n, 0.9, 0.9, 16).translate((6.0 * n - 27.0, 0.0, 19.0)) for n in range(10)]
    return mesh_of(M.batch_boolean([M.cube((70.0, 20.0, 40.0), True), *comb], manifold3d.OpType.Add))


def test_a_split_breaks_no_crumbs_off():
    from dicomtoprint.preparation import split_to_fit

    given = teeth()
    crude = split_to_fit(given, (80.0, 30.0, 44.0), margin=0.0)
    sizes = [body.volume() for part in crude.parts for body in to_manifold(part).manifold.decompose()]
    assert min(sizes) < 20.0, "the smallest section goes through the teeth"
    fine = split_to_fit(given, (80.0, 30.0, 44.0), margin=0.0, crumb=50.0)
    sizes = [body.volume() for part in fine.parts for body in to_manifold(part).manifold.decompose()]
    assert min(sizes) > 50.0 and fine.crumbs == 0
    assert sum(part.volume for part in fine.parts) == pytest.approx(given.volume, rel=1e-6)
    for part in fine.parts:
        assert part.bounds[5] - part.bounds[4] <= 44.0 + 1e-3


def test_what_a_cut_breaks_off_stays_with_what_it_hangs_on():
    from dicomtoprint.preparation import axis_plane
    from dicomtoprint.preparation.split import cut_without_crumbs

    hook = M.cube((20.0, 20.0, 20.0), True) + M.cube((20.0, 20.0, 20.0), True).translate((0.0, 0.0, 20.0))
    tip = M.cube((3.0, 3.0, 3.0)).translate((12.0, 0.0, 9.0)) + M.cube((4.0, 3.0, 1.0)).translate((9.0, 0.0, 11.0))
    given = mesh_of(hook + tip)
    first, second, left = cut_without_crumbs(given, axis_plane("S", 10.0), 30.0, 60.0)
    assert left == 0
    assert [len(to_manifold(part).manifold.decompose()) for part in (first, second)] == [1, 1]
    assert first.bounds[4] == pytest.approx(9.0) and second.bounds[5] == pytest.approx(10.0)
    assert first.volume + second.volume == pytest.approx(given.volume, rel=1e-6)


@pytest.mark.parametrize("pins", [False, True])
def test_what_a_split_has_to_break_off_is_told_on_the_terminal(pins):
    """A needle on a block that no cut may come near: its tip is a part of its own."""
    given = mesh_of(M.cube((40.0, 40.0, 40.0), True) + M.cylinder(30.0, 1.5, 1.5, 24).translate((0.0, 0.0, 15.0)))
    settings = RunSettings(process="sla", split=True, printer="60x60x52", keep_out_regions=((0.0, 0.0, 0.0, 24.0),))
    done = prepare(SurfaceModel((given,), ({},), (), ()), replace(settings, pins=pins)).model
    (told,) = [line for line in lines_on_joints(done.steps) if line.startswith("crumbs")]
    assert told.startswith("crumbs: 1 body of less than 200.0 mm3 broken off")
    assert min(part.volume for part in done.meshes) < 200.0


def test_a_split_leaves_room_for_what_joints_take_out():
    """What two sockets take out of a part is no more than the split reckons with."""
    from dicomtoprint.pipeline.joints import joint_plan
    from dicomtoprint.printability import load_process

    plan = joint_plan(RunSettings(process="sla", pins=True), load_process("sla"))
    parts, told, _steps = cut_in_two(mesh_of(M.cube((40.0, 40.0, 40.0), True)))
    assert told["pins"].startswith("2 pins of 4 mm")
    taken = 32000.0 - min(part.volume for part in parts)
    assert 0.7 * plan.pair_mm3 < taken <= plan.pair_mm3


def test_every_option_that_preparation_names_exists():
    """A sentence that sends to an option which the command lacks sends nowhere."""
    from dicomtoprint.cli.parser import build_parser

    commands = next(a for a in build_parser()._actions if isinstance(a, argparse._SubParsersAction))
    known = set(commands.choices["run"]._option_string_actions)
    engine = Path(__file__).resolve().parents[2] / "DicomToPrint" / "dicomtoprint"
    files = [*(engine / "preparation").glob("*.py"), *(engine / "pipeline" / "steps").glob("*.py")]
    files += [engine / "pipeline" / name for name in PREPARING]
    named = {option for file in files for option in re.findall(r"--[a-z][a-z-]+", file.read_text(encoding="utf-8"))}
    assert len(named) > 10 and named <= known | {"--repair"}, named - known


PREPARING = ("joints.py", "preparation.py", "splitting.py")
