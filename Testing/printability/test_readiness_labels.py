"""Findings on what a model was labelled from: filled openings, coarse labels, structures that the scan's edge cuts."""

from dataclasses import replace

import numpy as np
import pytest

from dicomtoprint.config.run_settings import RunSettings
from dicomtoprint.pipeline import WORKFLOW, WorkflowState, run_stages
from dicomtoprint.pipeline.segmenting import segment
from dicomtoprint.printability import ScanReference
from dicomtoprint.rules import Outcome, Severity
from dicomtoprint.segmentation import Segment, Segmentation
from dicomtoprint.volume import Volume
from Phantoms.judged_solids import finding, judged
from Phantoms.solids import box

REFERENCE = ScanReference(
    filled_opening_mm2={"Skull": 640.0, "Jaw": 40.0},
    label_voxel_mm=1.5,
    label_only=("Liver", "Heart"),
    cut_by_scan_mm2={"Femur": 300.0, "Hip": 500.0},
)


@pytest.mark.parametrize(
    ("rule", "severity", "words"),
    [
        ("filled-opening", Severity.WARN, "fills what the scan shows open, over 640 mm2 (Skull)"),
        ("coarse-label", Severity.WARN, "voxels of 1.5 mm alone say where the surface of Liver, Heart is, to 0.75 mm"),
        ("cut-by-scan", Severity.INFO, "cut by the scan's edge over 800 mm2 (Hip, Femur)"),
    ],
)
def test_what_labels_hide_is_told(tmp_path, rule, severity, words):
    item = finding(judged(tmp_path, box(20, 20, 20), reference=REFERENCE), rule)
    assert (item.outcome, item.severity) == (Outcome.FAIL, severity) and words in item.message and item.remedy
    fine = ScanReference(filled_opening_mm2={"Skull": 60.0}, label_voxel_mm=0.5, label_only=("A",), cut_by_scan_mm2={})
    assert finding(judged(tmp_path, box(20, 20, 20), reference=fine), rule).outcome is Outcome.PASS
    assert finding(judged(tmp_path, box(20, 20, 20)), rule).outcome is Outcome.NOT_APPLICABLE


def test_a_coarse_label_is_judged_as_large_as_it_is_printed(tmp_path):
    half = replace(REFERENCE, scale=0.2)
    assert finding(judged(tmp_path, box(20, 20, 20), reference=half), "coarse-label").outcome is Outcome.PASS


def labelled(labels, affine, name="Skull"):
    size = float((labels > 0).sum() * abs(np.linalg.det(affine[:3, :3])))
    return Segmentation(
        None, affine, labels.astype(np.uint16), None, (Segment("s", 1, name, (1, 1, 1), None, {}, size),)
    )


def test_a_filled_opening_of_a_run_is_found_in_the_written_file(tmp_path):
    """A cap of bone with a hole of 14 mm across that the label closes."""
    k, j, i = np.indices((50, 56, 56))
    away = np.sqrt((k - 25) ** 2 + (j - 28) ** 2 + (i - 28) ** 2)
    shell = (away < 21.0) & (away >= 16.0)
    hole = shell & (i > 28) & ((k - 25) ** 2 + (j - 28) ** 2 < 9.0**2)
    grey = np.where(shell & ~hole, 900, 40) + np.random.default_rng(0).normal(0, 20, shell.shape)
    volume = Volume(grey.astype(np.int16), np.eye(4), modality="CT")
    given = labelled(shell, volume.affine)
    settings = RunSettings(formats=("stl",), process="sla", use="research")
    state, _ = run_stages(WorkflowState(volume, settings, tmp_path, given), WORKFLOW)
    item = next(one for one in state.readiness.findings if one.rule == "filled-opening")
    assert item.outcome is Outcome.FAIL and 150.0 < item.measured < 600.0 and "(Skull)" in item.message
    outcomes = {one.rule: one.outcome for one in state.readiness.findings}
    assert outcomes["cut-by-scan"] is Outcome.PASS and outcomes["coarse-label"] is Outcome.NOT_APPLICABLE


@pytest.mark.parametrize("margin", [0, 4])
def test_what_the_scans_edge_cuts_is_measured_and_a_crop_is_no_edge(margin):
    array = np.full((30, 40, 40), -1000, np.int16)
    array[margin : 30 - margin, 10:30, 12:32] = 900
    affine = np.diag([0.5, 0.5, 2.0, 1.0])
    volume = Volume(array, affine, modality="CT")
    wanted = {} if margin else {"Rod": pytest.approx(2 * 20 * 20 * 0.25)}
    given = segment(volume, RunSettings(), given=labelled(array > 0, affine, "Rod"))
    assert given.figures["cut_by_scan_mm2"] == wanted and given.figures["label_voxel_mm"] == 2.0
    bone = segment(volume, RunSettings(threshold=(300.0, None), roi=(-16.0, -4.0, -16.0, -4.0, 10.0, 40.0)))
    assert bone.figures["cut_by_scan_mm2"] == {}, "a region that was asked for is no edge of the scan"
    whole = segment(volume, RunSettings(threshold=(300.0, None)))
    area = sum(whole.figures["cut_by_scan_mm2"].values())
    assert area == (0.0 if margin else pytest.approx(200.0, rel=0.15))
