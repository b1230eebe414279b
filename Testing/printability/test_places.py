"""Where a finding is: a picture that shows the place, and a camera that is not looked in the way."""

import re
from xml.etree import ElementTree

import numpy as np
import pytest
from DicomToPrintLib.findings import Finding, Outcome, Severity
from DicomToPrintLib.mesh import merged
from DicomToPrintLib.output.pictures.places import _looks, finding_pictures
from DicomToPrintLib.output.report.build import report_html
from DicomToPrintLib.output.report.content import ReportContent
from measure.solids import box, shell


def told(rule, *places, outcome=Outcome.FAIL):
    return Finding(rule, "mesh", Severity.WARN, outcome, 1, 0, "here", "mend it", "Something is wrong.", places=places)


def looked(mesh, rule, place):
    half = 0.6 * float(np.linalg.norm(np.ptp(mesh.points, axis=0)))
    return _looks(mesh, [told(rule, place)], half, 6.0)[0]


@pytest.mark.parametrize("place, side", [((10, 10, 20), (0, 0, 1)), ((20, 10, 10), (1, 0, 0)), ((10, 10, 0), (0, 0, -1))])
def test_the_camera_stands_before_the_place(place, side):
    look = looked(box(20, 20, 20), "wall", place)
    assert not look.cut
    assert look.direction @ np.array(side) > 0.9


def test_what_stands_in_the_way_is_looked_past():
    mesh = merged((box(20, 20, 20), box(40, 40, 5, at=(-10, -10, 21))))
    look = looked(mesh, "wall", (10, 1, 20))
    assert not look.cut
    assert look.direction[1] < -0.7


def test_a_cavity_is_cut_open():
    assert looked(shell(12.0, 8.0, 20), "cavities", (0, 0, 0)).cut


def test_pictures_stand_beside_their_findings_in_the_report():
    mesh = merged((box(20, 20, 20), box(20, 20, 20, at=(20.2, 0, 0))))
    findings = [told("gap", (20.1, 10, 20)), told("wall", (0, 10, 10), outcome=Outcome.PASS), told("unit")]
    pictures = finding_pictures([mesh], findings)
    if not pictures:
        pytest.skip("no working OpenGL here")
    assert set(pictures) == {"gap"}
    root = ElementTree.fromstring(pictures["gap"].data)
    rings = [item for item in root.iter() if item.tag.endswith("circle")]
    assert len(rings) == 4
    content = ReportContent(readiness={"verdict": "warn", "findings": [item.as_json() for item in findings], "mesh": {}},
                            finding_pictures=pictures)
    html = report_html(content)
    assert 'class="findings remedies"' in html  # tall: it may go over pages
    row = re.search(r"<tr><th scope=\"row\">gap</th>.*?</tr>", html, re.S)
    assert row and 'class="place"' in row.group() and "(20.1, 10.0, 20.0) mm" in row.group()
