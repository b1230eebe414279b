"""The verdict against the scan and what was written on the model: sides, scale, lost parts, legible text."""

from dataclasses import replace

import numpy as np
import pytest

from dicomtoprint.mesh.core import Mesh, concatenate
from dicomtoprint.printability import LabelFrame, ScanReference
from dicomtoprint.rules import Outcome
from Phantoms.judged_solids import finding, judged
from Phantoms.solids import box, moved


def scanned():
    """An L-shaped segment without symmetry on a grid of 1 mm, as mask, affine and the surface that stands for it."""
    affine = np.eye(4)
    affine[:3, 3] = (10.0, -30.0, 50.0)
    mask = np.zeros((40, 50, 60), bool)
    mask[5:15, 5:45, 5:50] = True
    mask[15:35, 5:20, 5:17] = True
    blocks = (box(45, 40, 10, at=(4.5, 4.5, 4.5)), box(12, 15, 20, at=(4.5, 4.5, 14.5)))
    return mask, affine, moved(concatenate(blocks), (10.0, -30.0, 50.0))


@pytest.mark.parametrize(
    "signs, verdict",
    [
        ((1, 1, 1), "as scanned"),
        ((-1, -1, 1), "half a turn"),
        ((-1, 1, 1), "left to right"),
        ((1, -1, 1), "front to back"),
    ],
)
def test_sides_against_the_scan(tmp_path, signs, verdict):
    mask, affine, mesh = scanned()
    placed = Mesh(
        mesh.points * np.array(signs, np.float32), mesh.triangles if np.prod(signs) > 0 else mesh.triangles[:, ::-1]
    )
    readiness = judged(tmp_path, placed, reference=ScanReference(mask=mask, affine=affine))
    item = finding(readiness, "placement")
    assert verdict in item.measured
    assert (item.outcome is Outcome.PASS) == (verdict == "as scanned")
    if verdict != "as scanned":
        assert readiness.verdict == "not-ready"


def test_a_turn_for_printing_is_undone_before_comparing(tmp_path):
    mask, affine, mesh = scanned()
    turn = np.array([[0, 0, 1, 5.0], [0, 1, 0, 6.0], [-1, 0, 0, 7.0], [0, 0, 0, 1.0]])
    readiness = judged(
        tmp_path, moved(mesh, turn[:3, 3], turn[:3, :3]), reference=ScanReference(mask=mask, affine=affine, moved=turn)
    )
    assert finding(readiness, "placement").measured == "as scanned"
    assert finding(readiness, "lost").outcome is Outcome.PASS


def test_lost_and_added_parts_are_listed(tmp_path):
    mask, affine, mesh = scanned()
    mask[20:25, 30:35, 40:45] = True  # 125 mm3 that the surface has not
    extra = moved(box(6, 6, 6, at=(30, 25, 25)), (10.0, -30.0, 50.0))  # 216 mm3 that the segment has not
    critical = np.zeros_like(mask)
    critical[22, 32, 42] = True
    readiness = judged(
        tmp_path,
        concatenate((mesh, extra)),
        reference=ScanReference(
            mask=mask, affine=affine, critical={"nerve canal": critical}, voxel_mm=(1.0, 1.0, 1.0), intended=("base",)
        ),
    )
    lost, added, kept = (finding(readiness, rule) for rule in ("lost", "added", "critical"))
    assert (lost.measured, added.measured) == (1, 1)
    assert "125.0 mm3" in lost.message
    assert lost.places[0] == pytest.approx((52.0, 2.0, 72.0), abs=0.6)
    assert "216.0 mm3" in added.message and added.message.endswith("added on purpose: base.")
    assert "voxels of the scan 1.00 x 1.00 x 1.00 mm" in finding(readiness, "coarse").message
    assert kept.outcome is Outcome.FAIL and "nerve canal" in kept.message


def thin_plate(missing=False):
    """A block with a plate of 1 mm on it, on a grid of 0.5 mm: the plate's voxels were raised and reach 1 mm beyond its rim.
    Also the surface; `missing`: without the plate."""
    affine = np.diag([0.5, 0.5, 0.5, 1.0])
    mask, raised = np.zeros((60, 60, 60), bool), np.zeros((60, 60, 60), bool)
    mask[10:30, 10:40, 10:40] = True
    raised[30:50, 24:26, 8:42] = True  # 10 x 1 x 17 mm
    blocks = [box(15, 15, 10, at=(4.75, 4.75, 4.75))]
    blocks += [] if missing else [box(15, 1, 9.05, at=(4.75, 11.75, 14.7))]
    return ScanReference(mask=mask | raised, affine=affine, raised=raised), concatenate(tuple(blocks))


def test_a_raised_rim_is_no_lost_part_and_a_lost_wall_is_one(tmp_path):
    reference, mesh = thin_plate()
    assert finding(judged(tmp_path, mesh, reference=replace(reference, raised=None)), "lost").measured > 0
    assert finding(judged(tmp_path, mesh, reference=reference), "lost").outcome is Outcome.PASS
    reference, bare = thin_plate(missing=True)
    lost = finding(judged(tmp_path, bare, reference=reference), "lost")
    assert lost.measured == 1 and lost.sizes[0] > 120.0


@pytest.mark.parametrize(
    "factor, outcome", [(1.0, "pass"), (25.4, "fail"), (0.001, "fail"), (1 / 25.4, "fail"), (10.0, "fail")]
)
def test_scale_against_the_scan(tmp_path, factor, outcome):
    readiness = judged(
        tmp_path, box(30 * factor, 24 * factor, 26 * factor), reference=ScanReference(bounds=(-5, 45, -5, 45, -5, 45))
    )
    assert finding(readiness, "unit").outcome.value == outcome


def label_on_a_plate(text="R 7", depth=0.6, mirrored=False):
    """A plate with text standing on it, each letter's triangles as solids of their own, and its place."""
    import vtk

    from dicomtoprint.mesh.core import from_polydata

    source = vtk.vtkVectorText()
    source.SetText(text)
    extrude = vtk.vtkLinearExtrusionFilter()
    extrude.SetInputConnection(source.GetOutputPort())
    extrude.SetExtrusionTypeToVectorExtrusion()
    extrude.SetVector(0, 0, 1)
    extrude.SetScaleFactor(depth)
    extrude.CappingOn()
    triangles = vtk.vtkTriangleFilter()
    triangles.SetInputConnection(extrude.GetOutputPort())
    triangles.Update()
    letters = from_polydata(triangles.GetOutput())
    points = letters.points.astype(float)
    size = np.ptp(points, axis=0)[:2]
    points[:, :2] = (points[:, :2] - points.min(axis=0)[:2] - size / 2) * (10.0 / size[1])
    points[:, 2] += 3.0 - points[:, 2].min()
    if mirrored:
        points[:, 0] *= -1
    width = size[0] * 10.0 / size[1]
    plate = box(width + 10, 20, 3, at=(-width / 2 - 5, -10, 0))
    place = LabelFrame(text, (0, 0, 3.0), (1, 0, 0), (0, 1, 0), (0, 0, 1), float(width), 10.0, depth)
    return concatenate((plate, Mesh(points.astype(np.float32), letters.triangles))), place


@pytest.mark.parametrize("mirrored, outcome", [(False, "legible"), (True, "mirrored")])
def test_text_that_reads_the_wrong_way_round(tmp_path, mirrored, outcome):
    mesh, place = label_on_a_plate(mirrored=mirrored)
    item = finding(judged(tmp_path, mesh, reference=ScanReference(labels=(place,))), "label")
    assert item.measured == outcome
    assert (item.outcome is Outcome.PASS) == (outcome == "legible")


def test_text_on_a_model_turned_for_printing_is_found(tmp_path):
    mesh, place = label_on_a_plate()
    turn = np.array([[0, 0, 1, 50.0], [0, 1, 0, 60.0], [-1, 0, 0, 70.0], [0, 0, 0, 1.0]])
    placed = moved(mesh, turn[:3, 3], turn[:3, :3])
    item = finding(judged(tmp_path, placed, reference=ScanReference(labels=(place,), moved=turn)), "label")
    assert item.measured == "legible"
    assert item.places[0] == pytest.approx((53.0, 60.0, 70.0))


def test_a_label_that_is_not_there(tmp_path):
    _, place = label_on_a_plate()
    item = finding(
        judged(tmp_path, box(60, 20, 3, at=(-30, -10, 0)), reference=ScanReference(labels=(place,))), "label"
    )
    assert item.measured == "missing"


def bars(width, depth, engraved=False):
    """A plate with the text "II": two bars of `width` mm that stand out by, or lie in it at, `depth` mm; and its place."""
    place = LabelFrame("II", (0, 0, 3.0), (1, 0, 0), (0, 1, 0), (0, 0, 1), 6.0, 8.0, -depth if engraved else depth)
    xs = (-3.0, 3.0 - width)
    if not engraved:
        return concatenate(
            (box(30, 20, 3, at=(-15, -10, 0)), *(box(width, 8, depth, at=(x, -4, 3)) for x in xs))
        ), place
    bottom, top = 3 - depth, depth
    edges = (-15.0, xs[0], xs[0] + width, xs[1], xs[1] + width, 15.0)
    walls = [box(edges[i + 1] - edges[i], 20, top, at=(edges[i], -10, bottom)) for i in (0, 2, 4)]
    ends = [box(width, 6, top, at=(x, y, bottom)) for x in xs for y in (-10, 4)]
    return concatenate((box(30, 20, bottom, at=(-15, -10, 0)), *walls, *ends)), place


@pytest.mark.parametrize(
    "width, depth, engraved, process, below",
    [
        (0.8, 0.6, False, "sla", set()),
        (0.3, 0.6, False, "sla", {"text-width"}),
        (0.8, 0.2, False, "sla", {"text-height"}),
        (0.8, 0.6, True, "sla", set()),
        (0.8, 0.6, True, "fdm", {"text-height"}),
        (0.8, 1.2, True, "sls", {"text-width"}),
    ],
)
def test_strokes_and_height_of_text_against_the_process(tmp_path, width, depth, engraved, process, below):
    mesh, place = bars(width, depth, engraved)
    readiness = judged(tmp_path, mesh, process, reference=ScanReference(labels=(place,)))
    told = {rule: finding(readiness, rule) for rule in ("text-width", "text-height")}
    assert {rule for rule, item in told.items() if item.outcome is Outcome.FAIL} == below
    assert told["text-width"].measured == pytest.approx(width, abs=0.06)
    assert told["text-height"].measured == pytest.approx(depth, abs=0.01)
    assert ("deep" if engraved else "high") in told["text-height"].message


def test_a_reference_that_only_says_that_parts_were_turned_judges_no_more(tmp_path):
    plain, turned_for_print = (
        judged(tmp_path, box(20, 20, 20)),
        judged(tmp_path, box(20, 20, 20), reference=ScanReference(is_turned=True)),
    )
    assert [(item.rule, item.outcome) for item in plain.findings] == [
        (item.rule, item.outcome) for item in turned_for_print.findings
    ]
