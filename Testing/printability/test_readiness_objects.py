"""Several objects in a file, and what in a file is no object to be judged."""

import json

import numpy as np
import pytest

from dicomtoprint.config.run_settings import RunSettings
from dicomtoprint.io import read_mesh_file
from dicomtoprint.mesh.core import Mesh, concatenate
from dicomtoprint.pipeline.mesh_loading import load_mesh
from dicomtoprint.printability import assess_file
from dicomtoprint.rules import Outcome, Severity
from Phantoms.judged_solids import CUBE, failed, finding, judged, write_obj
from Phantoms.solids import ball, box, moved, shell, turned
from Phantoms.threemf import mesh_xml, object_xml, write_package

pytest.importorskip("manifold3d")


def of_objects(tmp_path, *meshes, process="fdm"):
    return assess_file(write_obj(tmp_path, *meshes), process)


def test_an_overlap_is_told_with_its_volume_and_names(tmp_path):
    readiness = of_objects(tmp_path, CUBE, box(20, 20, 20, at=(12, 0, 0)))
    item = finding(readiness, "overlapping-objects")
    assert (item.outcome, item.severity, item.measured) == (Outcome.FAIL, Severity.WARN, 1)
    assert "'part0' and 'part1', 3,200.0 mm3" in item.message


@pytest.mark.parametrize("turn", [0.0, 0.3])
def test_parts_that_share_a_face_do_not_overlap(tmp_path, turn):
    """The second is cut from the same plane, in other triangles, also where that plane lies askew and far from the origin."""
    matrix = np.array([[np.cos(turn), -np.sin(turn), 0], [np.sin(turn), np.cos(turn), 0], [0, 0, 1]])
    far = (300.0, 200.0, -100.0)
    readiness = of_objects(tmp_path, moved(CUBE, far, matrix), moved(box(20, 30, 20, at=(20, -5, 0)), far, matrix))
    assert readiness.verdict == "ready"
    item = finding(readiness, "touching-objects")
    assert (item.outcome, item.severity) == (Outcome.FAIL, Severity.INFO) and "'part0' and 'part1'" in item.message
    assert finding(readiness, "gap").outcome is not Outcome.FAIL


def test_faces_that_are_the_same_triangles_touch(tmp_path):
    assert finding(of_objects(tmp_path, CUBE, box(20, 20, 20, at=(20, 0, 0))), "touching-objects").measured == 1


@pytest.mark.parametrize("process", ["fdm", "sla"])
def test_an_object_inside_another_is_not_ready(tmp_path, process):
    readiness = of_objects(tmp_path, CUBE, box(5, 5, 5, at=(7, 7, 7)), process=process)
    item = finding(readiness, "nested-objects")
    assert (readiness.verdict, item.severity) == ("not-ready", Severity.REJECT)
    assert "'part1' lies in 'part0', 125.0 mm3" in item.message
    assert finding(readiness, "overlapping-objects").outcome is Outcome.PASS


def test_a_cavity_that_another_object_fills_traps_nothing(tmp_path):
    """The filling touches the cavity's wall all over; half as large a one leaves the rest empty."""
    outer, filling = shell(9.0, 6.0, 20), ball(6.0, 20)
    full = of_objects(tmp_path, outer, filling, process="sla")
    assert full.verdict == "ready"
    assert {"trapped", "cavities", "overlapping-objects", "nested-objects"}.isdisjoint(failed(full, tuple(Severity)))
    half = of_objects(tmp_path, outer, ball(3.0, 20), process="sla")
    rest = ball(6.0, 20).volume - ball(3.0, 20).volume
    assert finding(half, "trapped").measured == pytest.approx(rest, rel=0.01)


def test_only_what_is_closed_traps(tmp_path):
    """An open sheet, a tube without ends and a ball turned inside out enclose nothing that a process leaves in them."""
    sheet = Mesh(CUBE.points, CUBE.triangles[:2])
    for mesh in (
        sheet,
        turned(sheet),
        turned(Mesh(ball(8.0, 20).points, ball(8.0, 20).triangles[20:])),
        turned(ball(8.0, 20)),
    ):
        readiness = judged(tmp_path, mesh, "sla")
        assert {"trapped", "cavities", "volume"}.isdisjoint(failed(readiness, tuple(Severity)))
        assert readiness.verdict == "not-ready"


def test_a_file_that_is_inverted_as_a_whole_says_so(tmp_path):
    item = finding(judged(tmp_path, turned(CUBE)), "orientation")
    assert "whole surface is inverted" in item.message and "8,000 mm3" in item.message and "--repair" in item.remedy


def test_a_shell_that_faces_like_the_one_around_it_is_told(tmp_path):
    readiness = judged(tmp_path, concatenate((ball(12.0, 20), ball(8.0, 20))))
    assert failed(readiness) == {"nested-shells"}
    assert f"{ball(8.0, 20).volume:.1f} mm3" in finding(readiness, "nested-shells").message
    assert failed(judged(tmp_path, shell(12.0, 8.0, 20))) == set()


@pytest.mark.parametrize("process", ["fdm", "sla", "mjf"])
def test_loose_specks_are_told_for_every_process_and_many_are_not_ready(tmp_path, process):
    specks = [box(0.8, 0.8, 0.8, at=(30 + 2 * (i % 5), 2 * (i // 5), 0)) for i in range(12)]
    few, many = (judged(tmp_path, concatenate((CUBE, *specks[:count])), process) for count in (3, 12))
    assert (few.verdict, many.verdict) == ("warn", "not-ready")
    item = finding(many, "fragments")
    assert (item.measured, item.severity) == (12, Severity.REJECT) and "more than 10" in item.message
    assert "--repair" in item.remedy


def test_crumbs_thinner_than_a_layer_warn_only(tmp_path):
    """They are in no layer of the print, however many there are."""
    crumbs = [box(0.02, 0.02, 0.02, at=(30 + i, 0, 0)) for i in range(20)]
    item = finding(judged(tmp_path, concatenate((CUBE, *crumbs)), "fdm"), "fragments")
    assert (item.measured, item.severity) == (20, Severity.WARN)


def test_what_is_only_small_is_no_speck_beside_nothing_larger(tmp_path):
    assert failed(judged(tmp_path, box(1.5, 1.4, 1.3), "sla")) == {"unit"}


def test_what_cannot_be_judged_makes_a_file_not_ready(tmp_path):
    pytest.importorskip("lib3mf")
    space = "http://schemas.microsoft.com/3dmanufacturing/beamlattice/2017/02"
    beams = '<b:beamlattice radius="1" minlength="0.001"><b:beams><b:beam v1="0" v2="7"/></b:beams></b:beamlattice>'
    path = write_package(
        tmp_path / "a.3mf",
        object_xml(1, mesh_xml(CUBE, inside=beams)),
        '<item objectid="1"/>',
        model=f'xmlns:b="{space}" unit="millimeter" requiredextensions="b"',
    )
    readiness = assess_file(path)
    assert readiness.verdict == "not-ready" and failed(readiness) == {"unjudged"}
    assert "beam lattice" in finding(readiness, "unjudged").message


def test_what_is_left_out_is_told_and_a_negative_volume_warns(tmp_path):
    pytest.importorskip("lib3mf")
    config = (
        '<config><object id="1"><volume firstid="0" lastid="11"/><volume firstid="12" lastid="23"><metadata key="name" value="drill"/>'
        '<metadata key="volume_type" value="NegativeVolume"/></volume></object></config>'
    )
    whole = concatenate((CUBE, box(4, 4, 40, at=(8, 8, -10))))
    resources = object_xml(1, mesh_xml(whole)) + object_xml(2, mesh_xml(CUBE), 'type="model" name="prop"')
    items = '<item objectid="1"/><item objectid="2" printable="0"/>'
    path = write_package(tmp_path / "a.3mf", resources, items, more={"Metadata/Slic3r_PE_model.config": config})
    readiness = assess_file(path)
    assert readiness.verdict == "not-ready" and failed(readiness) == {"negative-volumes", "not-printed"}
    assert "'drill' (negative volume)" in finding(readiness, "negative-volumes").message
    notes = load_mesh(path, RunSettings()).notes
    assert "'drill' (negative volume) is left out: what it would cut away is printed." in notes
    assert "'prop' (marked as not to be printed) is left out: it is no part of the print." in notes
    left = finding(readiness, "not-printed")
    assert (left.outcome, left.severity) == (
        Outcome.FAIL,
        Severity.REJECT,
    ) and "'prop' (marked as not to be printed)" in left.message
    assert finding(readiness, "left-out").outcome is Outcome.PASS
    assert len(read_mesh_file(path).meshes) == 1


def test_a_file_with_an_object_that_is_no_model_is_not_ready(tmp_path):
    """PrusaSlicer and what comes from it refuse a file that places one."""
    pytest.importorskip("lib3mf")
    resources = object_xml(1, mesh_xml(CUBE)) + object_xml(2, mesh_xml(CUBE), 'type="support" name="prop"')
    readiness = assess_file(write_package(tmp_path / "a.3mf", resources, '<item objectid="1"/><item objectid="2"/>'))
    assert readiness.verdict == "not-ready" and failed(readiness) == {"other-types"}
    assert "'prop' (support)" in finding(readiness, "other-types").message


def test_a_reason_denies_nothing_that_another_finding_measured(tmp_path):
    """Two plates of 0.2 mm: that no rod was found does not say that nothing is thin."""
    content = json.dumps(judged(tmp_path, box(30, 20, 0.2), "sla").as_json())
    assert "nothing measures" not in content and "no rod or pin was found" in content
