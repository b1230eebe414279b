"""The verdict on written files: every defect found, nothing found on clean solids, each finding with its remedy."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from dicomtoprint.config.resources import RESOURCE_DIR
from dicomtoprint.errors import CancelledError, UsageError
from dicomtoprint.io import read_mesh_file
from dicomtoprint.mesh.core import Mesh, concatenate
from dicomtoprint.printability import assess_file, load_process, merge_readiness
from dicomtoprint.rules import Outcome, Severity
from Phantoms.judged_solids import CUBE, failed, finding, judged, without, write_obj
from Phantoms.solids import ball, box, moved, rod, shell, table, tube, turned, wedge, write_stl

KEYS = [
    "triangles",
    "components",
    "boundary_edges",
    "nonmanifold_edges",
    "nonmanifold_vertices",
    "self_intersections",
    "degenerate",
    "inverted",
    "volume_mm3",
    "area_mm2",
    "bounds_mm",
    "min_wall_mm",
    "wall_p05_mm",
    "min_gap_mm",
]
FINDING = {"rule", "clause", "severity", "outcome", "measured", "limit", "where", "remedy", "message"}
FINDING |= {"message_id", "message_parameters", "remedy_id", "remedy_parameters", "remedy_options"}
PLACED = {"unit", "area_mm2", "places"}


def two_touching_tetrahedra():
    """Two solids that share one vertex and nothing else."""
    points = np.array([[0, 0, 0], [20, 0, 0], [0, 20, 0], [0, 0, 20]], np.float32)
    triangles = np.array([[0, 2, 1], [0, 1, 3], [1, 2, 3], [0, 3, 2]])
    return concatenate((Mesh(points, triangles), Mesh(-points, triangles[:, ::-1])))


def with_triangles(mesh, *triangles):
    return Mesh(mesh.points, np.vstack([mesh.triangles, np.array(triangles)]))


def flipped(mesh, triangle):
    triangles = mesh.triangles.copy()
    triangles[triangle] = triangles[triangle, ::-1]
    return Mesh(mesh.points, triangles)


def with_fin(mesh):
    """A triangle that stands on an edge of a closed solid."""
    points = np.vstack([mesh.points, [[mesh.points[0, 0], mesh.points[0, 1], mesh.points[:, 2].max() + 3]]]).astype(
        np.float32
    )
    return Mesh(points, np.vstack([mesh.triangles, [[4, 5, len(points) - 1]]]))


CLEAN = {
    "cube": CUBE,
    "ball": ball(12.0, 24),
    "slab": box(40, 30, 4),
    "rod": rod(4.0, 20.0),
    "prism of five sides": rod(8.0, 20.0, 5),
    "tube": tube(10.0, 4.0, 15.0),
    "table": table(8.0, 20.0, 6.0),
    "far from the origin": moved(CUBE, (900, -700, 1200)),
}
DEFECTS = {
    "hole": (without(CUBE, 3), {"closed"}, "repair"),
    "duplicate": (with_triangles(CUBE, CUBE.triangles[2]), {"duplicate", "manifold-edges"}, "repair"),
    "degenerate": (with_triangles(CUBE, [1, 1, 2]), {"degenerate"}, "repair"),
    "one flipped": (flipped(CUBE, 4), {"orientation"}, "repair"),
    "inside out": (turned(CUBE), {"orientation"}, "repair"),
    "more inside out than not": (
        concatenate((CUBE, turned(box(30, 30, 30, at=(40, 0, 0))))),
        {"orientation", "volume"},
        "repair",
    ),
    "fin": (with_fin(CUBE), {"closed", "manifold-edges"}, "repair"),
    "pinch": (two_touching_tetrahedra(), {"manifold-vertices"}, "repair"),
    "crossing": (concatenate((CUBE, moved(CUBE, (11, 7, 5)))), {"self-intersections"}, "repair"),
    "fragment": (concatenate((CUBE, box(0.5, 0.5, 0.5, at=(30, 0, 0)))), {"fragments"}, "fragment"),
    "thin plate": (box(30, 20, 0.5), {"wall", "thin-area"}, "--thicken 0.8"),
    "narrow gap": (concatenate((CUBE, box(20, 20, 20, at=(20.2, 0, 0)))), {"gap"}, "--process"),
    "thin rod": (rod(0.75, 20.0), {"pins"}, "--thicken"),
    "narrow hole": (tube(10.0, 0.5, 15.0), {"holes"}, "drill"),
    "longer than the plate": (box(300, 20, 20), set(), "--split auto"),
    "far too large": (box(500, 20, 20), {"fit"}, "--split auto"),
    "metres": (box(0.12, 0.08, 0.1), {"unit"}, "--unit"),
}


@pytest.mark.parametrize("name", CLEAN)
def test_a_clean_solid_has_no_finding(tmp_path, name):
    readiness = judged(tmp_path, CLEAN[name])
    assert failed(readiness) == set()
    assert (readiness.verdict, readiness.exit_code) == ("ready", 0)


@pytest.mark.parametrize("name", DEFECTS)
def test_a_defect_is_found_and_its_remedy_named(tmp_path, name):
    mesh, rules, remedy = DEFECTS[name]
    readiness = judged(tmp_path, mesh, printer="256x256x256")
    assert rules <= failed(readiness)
    for rule in rules or {"fit"}:
        item = finding(readiness, rule)
        assert item.message
        assert "will fail" not in item.message
    assert remedy in finding(readiness, sorted(rules or {"fit"})[0]).remedy or any(
        remedy in finding(readiness, rule).remedy for rule in rules
    )
    rejected = failed(readiness, (Severity.REJECT,))
    assert readiness.verdict == ("not-ready" if rejected else "warn" if rules else "ready")
    assert readiness.exit_code == (1 if rejected else 0)


def test_the_json_has_the_contracts_form(tmp_path):
    content = json.loads(json.dumps(judged(tmp_path, without(CUBE, 0)).as_json(), allow_nan=False))
    assert content["schema"] == "dicom-to-print/printability/1"
    assert list(content) == ["schema", "verdict", "mesh", "findings"]
    assert list(content["mesh"]) == KEYS
    assert content["mesh"]["boundary_edges"] == 3
    assert content["mesh"]["bounds_mm"] == [0, 20, 0, 20, 0, 20]
    assert all(set(item) == FINDING | PLACED for item in content["findings"])
    assert "(" in next(item for item in content["findings"] if item["rule"] == "closed")["where"]


@pytest.mark.parametrize(
    "process, verdict", [("fdm", "not-ready"), ("sla", "warn"), ("binder-jetting", "not-ready"), ("mjf", "ready")]
)
def test_the_process_decides_about_a_wall(tmp_path, process, verdict):
    readiness = judged(tmp_path, box(30, 20, 0.7), process)
    assert readiness.verdict == verdict
    assert readiness.mesh["min_wall_mm"] == pytest.approx(0.7, abs=0.02)


def test_a_sharp_solid_has_no_wall_of_nothing(tmp_path):
    """Wedges of 45 and 30 degrees are no thin walls; one of 10 degrees is, and its figure is that behind its edge."""
    for degrees, thin in ((45, False), (30, False), (10, True)):
        readiness = judged(tmp_path, wedge(degrees, 20.0, 20.0))
        assert ("wall" in failed(readiness)) == thin
        assert readiness.mesh["min_wall_mm"] == pytest.approx(2 * 1.6 * np.tan(np.radians(degrees / 2)), rel=0.05)


def test_the_walls_of_a_crumb_are_not_the_models(tmp_path):
    readiness = judged(tmp_path, concatenate((CUBE, box(0.9, 0.9, 0.1, at=(30, 0, 0)))))
    assert failed(readiness) == {"fragments"}
    assert readiness.mesh["min_wall_mm"] == pytest.approx(20.0, abs=0.1)


def test_specks_that_do_not_hang_together_are_no_wall(tmp_path):
    """Under a slab of 4 mm stand 9 posts of 0.3 mm: each post is thin over less than 0.5 mm2."""
    posts = [box(0.3, 0.3, 0.35, at=(5 + 5 * (i % 3), 5 + 5 * (i // 3), -0.35)) for i in range(9)]
    assert "wall" not in failed(judged(tmp_path, concatenate((box(20, 20, 4), *posts))))


def test_surfaces_that_all_but_touch_do_not_measure_nothing(tmp_path):
    item = finding(judged(tmp_path, concatenate((CUBE, box(20, 20, 20, at=(20.001, 0, 0))))), "gap")
    assert "less than 0.01 mm" in item.message


def test_walls_and_gaps_are_figures_and_fields(tmp_path):
    readiness = judged(tmp_path, concatenate((box(20, 20, 2), box(20, 20, 2, at=(0, 0, 2.5)))))
    assert readiness.mesh["min_wall_mm"] == pytest.approx(2.0, abs=0.03)
    assert readiness.mesh["min_gap_mm"] == pytest.approx(0.5, abs=0.03)
    (mesh,) = readiness.meshes
    assert mesh.point_arrays["Wall"] == pytest.approx(np.full(16, 2.0), abs=0.05)
    assert mesh.point_arrays["Gap"].min() == pytest.approx(0.5, abs=0.03)
    places = np.array(finding(readiness, "wall").places)
    assert np.all(places >= -0.01) and np.all(places <= 20.01)


@pytest.mark.parametrize("process, rule", [("sla", "trapped"), ("sls", "trapped"), ("fdm", "cavities")])
def test_a_cavity_traps_what_the_process_leaves_in_it(tmp_path, process, rule):
    readiness = judged(tmp_path, shell(12.0, 8.0, 30), process)
    item = finding(readiness, rule)
    assert item.outcome is Outcome.FAIL
    assert ("--hollow" if rule == "trapped" else "--wrap") in item.remedy
    trapped = finding(readiness, "trapped")
    if process == "fdm":
        assert trapped.outcome is Outcome.NOT_APPLICABLE
    else:
        assert trapped.measured == pytest.approx(4 / 3 * np.pi * 512, rel=0.02)


def test_the_printer_that_is_entered_counts(tmp_path):
    assert finding(judged(tmp_path, CUBE, printer="30x30x30"), "fit").outcome is Outcome.PASS
    assert finding(judged(tmp_path, box(50, 10, 10), printer="20x20x60"), "fit").severity is Severity.INFO
    assert judged(tmp_path, CUBE, printer="19x19x19").verdict == "not-ready"


def test_parts_that_fit_each_on_its_own_are_printed_one_after_another(tmp_path):
    two = write_obj(tmp_path, CUBE, box(20, 20, 20, at=(21.0, 0, 0)))
    fits = finding(assess_file(two, "sla", printer="30x30x30"), "fit")
    assert (fits.severity, fits.measured) == (Severity.INFO, "each on its own") and "one after another" in fits.remedy
    assert finding(assess_file(two, "sla", printer="30x30x15"), "fit").severity is Severity.REJECT


def test_a_file_already_read_and_a_path_give_the_same(tmp_path):
    write_stl(tmp_path / "a.stl", CUBE)
    assert assess_file(read_mesh_file(tmp_path / "a.stl")).as_json() == assess_file(tmp_path / "a.stl").as_json()


def test_unknown_names_are_usage_errors(tmp_path):
    write_stl(tmp_path / "a.stl", CUBE)
    with pytest.raises(UsageError, match="clay"):
        assess_file(tmp_path / "a.stl", "clay")
    with pytest.raises(UsageError, match="0x5x5"):
        assess_file(tmp_path / "a.stl", "fdm", "0x5x5")


def test_progress_rises_and_a_cancel_is_heard(tmp_path):
    write_stl(tmp_path / "a.stl", CUBE)
    seen = []
    assess_file(tmp_path / "a.stl", progress=lambda fraction, phrase="": seen.append(fraction))
    assert seen[0] == 0.0 and seen[-1] == 1.0
    assert all(a <= b + 1e-9 for a, b in zip(seen, seen[1:]))

    def stop(fraction, phrase=""):
        if fraction > 0.5:
            raise CancelledError("stopped")

    with pytest.raises(CancelledError):
        assess_file(tmp_path / "a.stl", progress=stop)


def test_a_wall_that_ends_free_needs_more_than_one_that_is_held(tmp_path):
    fin = concatenate((box(30, 20, 4), box(20, 0.7, 10, at=(5, 10, 4))))
    item = finding(judged(tmp_path, fin, "sla"), "wall-unsupported")
    assert (item.outcome, item.severity, item.limit) == (Outcome.FAIL, Severity.WARN, 1.0)
    assert item.measured == pytest.approx(0.7, abs=0.02)
    assert item.area_mm2 == pytest.approx(400.0, rel=0.05)
    assert "--thicken 1" in item.remedy and "--process mjf" in item.remedy
    assert (
        finding(judged(tmp_path, fin, "fdm"), "wall-unsupported").outcome is Outcome.NOT_APPLICABLE
    )  # 0.8 mm for both


def test_every_place_has_its_size(tmp_path):
    mesh = concatenate(
        (without(CUBE, 3), moved(without(CUBE, 0, 1), (50, 0, 0)), moved(shell(12.0, 8.0, 12), (0, 60, 0)))
    )
    found = {item["rule"]: item for item in judged(tmp_path, mesh).as_json()["findings"]}
    assert found["closed"]["area_mm2"] == pytest.approx(600.0)
    assert [place["mm2"] for place in found["closed"]["places"]] == pytest.approx([400.0, 200.0])
    (cavity,) = found["cavities"]["places"]
    assert cavity["at"] == pytest.approx([0, 60, 0], abs=0.01) and cavity["mm3"] == pytest.approx(2145, rel=0.05)
    assert found["triangles"]["places"] == [] and found["triangles"]["area_mm2"] is None


def test_walls_of_objects_that_overlap_are_each_objects_own(tmp_path):
    """Two boxes that overlap by 0.3 mm: as objects of one file they have walls of 20 mm; the overlap is a finding of its own."""
    file = read_mesh_file(write_obj(tmp_path, CUBE, box(20, 20, 20, at=(19.7, 1, 1))))
    readiness = assess_file(file)
    assert len(file.meshes) == 2
    assert readiness.mesh["min_wall_mm"] == pytest.approx(20.0, abs=0.1)
    assert failed(readiness) == {"overlapping-objects"}


LEANING = np.array([[1, 0, 0], [0, 0.866, -0.5], [0, 0.5, 0.866]])
TOLD = {
    "loose-parts": (concatenate((CUBE, moved(CUBE, (40, 0, 0)))), "2 loose parts (8000.0, 8000.0 mm3)", "--struts"),
    "wall-recommended": (box(30, 20, 1.0), "1.00 mm or less, below the 1.2 mm", "--thicken 1.2"),
    "overhang": (table(30.0, 20.0, 6.0), "600 mm2 overhang more than 45 degrees and need about 6.", "--orient"),
    "bridge": (table(30.0, 20.0, 6.0), "spans 30.", "--orient"),
    "pose": (moved(rod(4.0, 40.0), (0, 0, 0), LEANING), "turned (", "--base"),
    "coarse": (ball(12.0, 5), "coarser than 0.25 mm (layers of 0.2 mm)", "more triangles"),
    "fit": (box(300, 20, 20), "only when turned (", "--split auto"),
}


@pytest.mark.parametrize("rule", TOLD)
def test_what_is_told_for_information(tmp_path, rule):
    mesh, message, remedy = TOLD[rule]
    item = finding(judged(tmp_path, mesh, printer="256x256x256"), rule)
    assert (item.outcome, item.severity) == (Outcome.FAIL, Severity.INFO)
    assert message in item.message and remedy in item.remedy
    assert finding(judged(tmp_path, CUBE), rule).outcome is Outcome.PASS


def test_material_space_and_triangles(tmp_path):
    few = replace(load_process("fdm"), judgement={**load_process("fdm").judgement, "triangles": 11.0})
    readiness = judged(tmp_path, CUBE, few, header=b"SPACE=LPS")
    assert (
        finding(readiness, "material").message
        == "The model needs about 8.0 cm3 of material as a solid, without supports."
    )
    assert finding(readiness, "space").measured == "LPS"
    assert failed(readiness) == {"triangles"} and "--triangles 11" in finding(readiness, "triangles").remedy


def test_every_rule_has_a_case_here():
    """Each rule of the data is named by a test of readiness that fails when the rule does not decide."""
    text = "".join(path.read_text(encoding="utf-8") for path in Path(__file__).parent.glob("test_readiness*.py"))
    rules = json.loads((RESOURCE_DIR / "readiness" / "rules.json").read_text(encoding="utf-8"))["rules"]
    assert [rule["id"] for rule in rules if f'"{rule["id"]}"' not in text] == []


def test_parts_in_files_of_their_own_are_told_together(tmp_path):
    """A sound block and a thin sheet: counts of both, the sheet's finding with its name, none of the block's lost."""
    block, sheet = box(20, 20, 20), box(20, 20, 0.3, (50, 0, 0))
    one, other = judged(tmp_path, block), replace(judged(tmp_path, sheet), marked={"thin-area": np.array([0, 1])})
    for order in ((one, other), (other, one)):
        both = merge_readiness(order, ["Block" if part is one else "Sheet" for part in order])
        assert (one.verdict, other.verdict, both.verdict) == ("ready", "not-ready", "not-ready")
        assert list(both.mesh) == KEYS
        assert both.mesh["triangles"] == len(block.triangles) + len(sheet.triangles)
        assert both.mesh["volume_mm3"] == pytest.approx(one.mesh["volume_mm3"] + other.mesh["volume_mm3"])
        assert both.mesh["min_wall_mm"] == other.mesh["min_wall_mm"] == pytest.approx(0.3, abs=0.01)
        assert both.mesh["bounds_mm"][1] == pytest.approx(70.0)
        assert finding(both, "thin-area").message.startswith("Sheet: ")
        assert [item.rule for item in both.findings] == [item.rule for item in order[0].findings]
        whole = concatenate(both.meshes)
        assert set(np.unique(whole.points[whole.triangles[both.marked["thin-area"]]][..., 0])) == {
            50.0,
            70.0,
        }  # the sheet's
    assert merge_readiness([one], ["Block"]) is one
