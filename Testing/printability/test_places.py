"""Where a finding is: a picture that shows the place, and a camera that is not looked in the way."""

import base64
import json
import re
from xml.etree import ElementTree

import numpy as np
import pytest

from dicomtoprint.mesh.core import concatenate
from dicomtoprint.pipeline import Inspection, write_inspection
from dicomtoprint.pipeline.outputs import write_finding_images
from dicomtoprint.printability import ScanReference, assess_file
from dicomtoprint.rendering.finding_views import _looks, render_finding_views
from dicomtoprint.report.content import ReportContent
from dicomtoprint.report.render import render_report
from dicomtoprint.rules import Finding, Outcome, Severity
from Phantoms.solids import box, shell, write_stl


def told(rule, *places, outcome=Outcome.FAIL):
    return Finding(rule, "mesh", Severity.WARN, outcome, 1, 0, "here", "mend it", "Something is wrong.", places=places)


def looked(mesh, rule, place):
    half = 0.6 * float(np.linalg.norm(np.ptp(mesh.points, axis=0)))
    return _looks(mesh, [told(rule, place)], half, 6.0)[0]


@pytest.mark.parametrize(
    "place, side", [((10, 10, 20), (0, 0, 1)), ((20, 10, 10), (1, 0, 0)), ((10, 10, 0), (0, 0, -1))]
)
def test_the_camera_stands_before_the_place(place, side):
    look = looked(box(20, 20, 20), "wall", place)
    assert not look.cut
    assert look.direction @ np.array(side) > 0.9


def test_what_stands_in_the_way_is_looked_past():
    mesh = concatenate((box(20, 20, 20), box(40, 40, 5, at=(-10, -10, 21))))
    look = looked(mesh, "wall", (10, 1, 20))
    assert not look.cut
    assert look.direction[1] < -0.7


def test_a_cavity_is_cut_open():
    assert looked(shell(12.0, 8.0, 20), "cavities", (0, 0, 0)).cut


def test_pictures_stand_beside_their_findings_in_the_report():
    mesh = concatenate((box(20, 20, 20), box(20, 20, 20, at=(20.2, 0, 0))))
    findings = [told("gap", (20.1, 10, 20)), told("wall", (0, 10, 10), outcome=Outcome.PASS), told("unit")]
    pictures = render_finding_views([mesh], findings)
    if not pictures:
        pytest.skip("no working OpenGL here")
    assert set(pictures) == {"gap"}
    (shown,) = pictures["gap"]
    root = ElementTree.fromstring(shown.data)
    rings = [item for item in root.iter() if item.tag.endswith("circle")]
    assert len(rings) == 4
    content = ReportContent(
        readiness={"verdict": "warn", "findings": [item.as_json() for item in findings], "mesh": {}},
        finding_pictures=pictures,
    )
    html = render_report(content)
    assert 'class="findings remedies"' in html  # tall: it may go over pages
    row = re.search(r"<tr><th scope=\"row\">gap</th>.*?</tr>", html, re.S)
    assert row and 'class="place"' in row.group() and "(20.1, 10.0, 20.0) mm" in row.group()


def test_every_lost_part_has_a_picture_and_every_place_its_colour(tmp_path):
    """Two parts that a model lost are two pictures; triangles that a finding speaks of are red in its own."""
    affine, mask = np.eye(4), np.zeros((20, 20, 30), bool)
    mask[2:8, 2:18, 2:28] = True
    mask[12:16, 4:8, 4:8] = mask[12:15, 4:8, 20:24] = True
    write_stl(
        tmp_path / "a.stl", concatenate((box(26, 16, 6, at=(1.5, 1.5, 1.5)), box(1.9, 1.9, 1.9, at=(27.6, 5.6, 5.6))))
    )
    readiness = assess_file(tmp_path / "a.stl", reference=ScanReference(mask=mask, affine=affine))
    inspection = write_inspection(Inspection(tmp_path / "a.stl", readiness.meshes, readiness), tmp_path / "out")
    content = json.loads((tmp_path / "out" / "printability.json").read_text(encoding="utf-8"))
    assert content == json.loads(json.dumps(inspection.readiness.as_json()))
    if not inspection.readiness.pictures:
        pytest.skip("no working OpenGL here")
    found = {item["rule"]: item for item in content["findings"]}
    assert [place["mm3"] for place in found["lost"]["places"]] == [64.0, 48.0]
    for rule, count in (("lost", 2), ("fragments", 1), ("added", 1)):
        names = [place["picture"] for place in found[rule]["places"]]
        assert len(set(names)) == count
        for name in names:
            assert red_share(tmp_path / "out" / name) > 0.01
    drawn = [item for item in content["findings"] if item["outcome"] == "fail" and item["places"]]
    assert all("picture" in item["places"][0] for item in drawn)
    html = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert html.count('class="place"') == sum("picture" in place for item in drawn for place in item["places"])
    # Drawn again, nothing of before is left.
    assert write_finding_images(tmp_path / "out", {}) == {}
    assert not list((tmp_path / "out" / "pictures").iterdir())


def red_share(path):
    """Share of red pixels in the near picture, which is the second of the drawing."""
    import vtk
    from vtk.util.numpy_support import vtk_to_numpy

    near = [item for item in ElementTree.fromstring(path.read_bytes()).iter() if item.tag.endswith("image")][1]
    png = path.with_suffix(".png")
    png.write_bytes(base64.b64decode(near.get("href").split(",")[1]))
    reader = vtk.vtkPNGReader()
    reader.SetFileName(str(png))
    reader.Update()
    png.unlink()
    colors = vtk_to_numpy(reader.GetOutput().GetPointData().GetScalars()).astype(int)
    return float(((colors[:, 0] > 60) & (colors[:, 1] < colors[:, 0] // 3)).mean())
