"""The size of a file: which unit it may be in, what slicing programs take it for, and whether the process prints anything so small."""

import pytest

from dicomtoprint.io import read_mesh_file
from dicomtoprint.printability import ScanReference, assess_file
from dicomtoprint.printability.checks.scale import guess_unit, size_words
from dicomtoprint.rules import Outcome, Severity
from Phantoms.judged_solids import CUBE, failed, finding, judged, write_obj
from Phantoms.solids import box, rod, write_stl


@pytest.mark.parametrize(
    "longest, name, guess, unit",
    [
        (0.34, "femur_left.stl", "in metres", "m"),
        (0.34, "Segment_1.stl", "in metres", "m"),
        (0.12, "model.stl", "in metres", "m"),
        (1.9, "part.stl", "in inches", "in"),
        (13.4, "femur.stl", "perhaps in inches", "in"),
        (450_000.0, "femur.stl", "in micrometres", "um"),
        (340.0, "femur.stl", "plausible", None),
        (48.0, "femur_head_fragment.stl", "plausible", None),
        (9.0, "structure.stl", "plausible", None),
        (3.0, "stapes.stl", "plausible", None),
        (0.001, "dust.stl", "small", None),
        (5e9, "huge.stl", "large", None),
    ],
)
def test_a_unit_is_guessed_from_size_and_anatomy(longest, name, guess, unit):
    found = guess_unit(longest, [name])
    assert (found["guess"], found.get("as_unit")) == (guess, unit)


def test_a_bone_in_metres_is_not_ready_and_the_sentences_say_why(tmp_path):
    write_stl(tmp_path / "femur.stl", box(0.045, 0.04, 0.34))
    readiness = assess_file(tmp_path / "femur.stl")
    assert readiness.verdict == "not-ready"
    unit, size = finding(readiness, "unit"), finding(readiness, "size")
    assert "it looks like metres, in which it is 340 mm long, as long as a femur" in unit.message
    assert "--unit m" in unit.remedy and "--unit m" in size.remedy
    assert "0.045 x 0.04 x 0.34 mm" in size.message and "smaller than the 2 mm" in size.message
    assert "0.0 x 0.0" not in str(readiness.as_json())
    assert finding(readiness, "fragments").outcome is Outcome.NOT_APPLICABLE  # the size has said it


@pytest.mark.parametrize("process, mesh", [("fdm", box(1.9, 1.9, 1.9)), ("sla", box(0.1, 0.1, 0.15))])
def test_nothing_smaller_than_the_process_prints_is_ready(tmp_path, process, mesh):
    item = finding(judged(tmp_path, mesh, process), "size")
    assert (item.outcome, item.severity) == (Outcome.FAIL, Severity.REJECT)


def test_an_object_that_is_too_small_is_named(tmp_path):
    item = finding(assess_file(write_obj(tmp_path, CUBE, box(1, 1, 1, at=(40, 0, 0)))), "size")
    assert item.outcome is Outcome.FAIL and "The object 'part1' measures 1.0 x 1.0 x 1.0 mm" in item.message


def test_a_wire_of_which_nothing_is_thick_enough_is_not_ready(tmp_path):
    """Thin over less than the area from which a place counts, but thin all over."""
    readiness = judged(tmp_path, rod(0.15, 8.0))
    assert "thin-share" in failed(readiness, (Severity.REJECT,))
    assert finding(judged(tmp_path, box(30, 20, 0.5)), "thin-share").outcome is Outcome.NOT_APPLICABLE


def test_a_unit_that_slicing_programs_do_not_read_is_not_ready(tmp_path):
    """An STL in metres is judged as such when the user says so; what is printed is a thousandth of it."""
    write_stl(tmp_path / "a.stl", box(0.1, 0.08, 0.06))
    readiness = assess_file(tmp_path / "a.stl", unit="m")
    item = finding(readiness, "unit-carried")
    assert (readiness.verdict, item.severity) == ("not-ready", Severity.REJECT)
    assert "100.0 x 80.0 x 60.0 mm" in item.message and "0.1 x 0.08 x 0.06 mm" in item.message
    assert "--unit m --repair" in item.remedy
    assert finding(assess_file(tmp_path / "a.stl", unit="mm"), "unit-carried").outcome is Outcome.PASS


def test_a_3mf_in_metres_prints_as_it_is_judged(tmp_path):
    pytest.importorskip("lib3mf")
    from Phantoms.threemf import mesh_xml, object_xml, write_package

    resources = object_xml(1, mesh_xml(box(0.1, 0.08, 0.06)))
    path = write_package(tmp_path / "a.3mf", resources, '<item objectid="1"/>', model='unit="meter"')
    assert assess_file(path).verdict == "ready"
    assert finding(assess_file(path, unit="mm"), "unit-carried").outcome is Outcome.FAIL
    assert read_mesh_file(path).slicer_scale == 1000.0


def test_a_small_structure_of_a_large_scan_is_not_in_inches(tmp_path):
    """9 mm of a scan of 300 mm: as large as the structure that it was made from."""
    scan = (0.0, 300.0, 0.0, 300.0, 0.0, 300.0)
    mesh = box(9, 8, 7, at=(100, 100, 100))
    for structure, outcome in ((9.2, Outcome.PASS), (230.0, Outcome.FAIL), (0.0, Outcome.PASS)):
        reference = ScanReference(bounds=scan, structure_mm=structure)
        assert finding(judged(tmp_path, mesh, reference=reference), "unit").outcome is outcome


def test_lengths_in_words_say_something():
    assert size_words((0.0341, 0.5, 120.26)) == "0.034 x 0.5 x 120.3"


@pytest.mark.parametrize(
    "mark, encoding, words", [("\ufeff", "utf-8", "a byte order mark"), ("\ufeff", "utf-16-le", "UTF-16")]
)
def test_a_text_that_slicing_programs_do_not_read_is_not_ready_and_written_again_it_is(tmp_path, mark, encoding, words):
    from dicomtoprint.cli.main import main

    facets = box(10.0, 10.0, 10.0).points[box(10.0, 10.0, 10.0).triangles]
    corners = "".join(
        "facet normal 0 0 0\nouter loop\n"
        + "".join(f"vertex {x} {y} {z}\n" for x, y, z in facet)
        + "endloop\nendfacet\n"
        for facet in facets
    )
    path, again = tmp_path / "model.stl", tmp_path / "again.stl"
    path.write_bytes(f"{mark}solid \n{corners}endsolid\n".encode(encoding))
    readiness = assess_file(path, "fdm")
    told = next(item for item in readiness.findings if item.rule == "encoding")
    assert readiness.verdict == "not-ready" and words in told.message and "--repair OUT" in told.remedy
    assert main(["inspect", str(path), "--repair", str(again)]) == 0
    assert assess_file(again, "fdm").verdict == "ready"
