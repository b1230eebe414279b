"""A vessel that was cut is never ready in silence."""

from dataclasses import replace

import numpy as np

from dicomtoprint.pipeline.vessel_findings import add_vessel_doubts, add_vessel_ends
from dicomtoprint.printability import Readiness, load_printer, load_process
from dicomtoprint.rules import Outcome
from dicomtoprint.segmentation import Segmentation

ENDS = [
    {"kind": "edge", "place": (-20.1, -20.0, 0.0), "size": 46.7},
    {"kind": "narrowing", "place": (1.0, 2.0, 42.3), "size": 465.3},
]


def test_the_places_where_a_vessel_is_cut_make_a_ready_model_one_with_warnings():
    segmentation = Segmentation(None, np.eye(4), np.zeros((2, 2, 2), np.uint8), None, ())
    ready = Readiness("ready", {}, (), load_process("sla"), load_printer("sla-145"), None)
    assert add_vessel_ends(ready, None) is ready and add_vessel_ends(ready, segmentation) is ready
    judged = add_vessel_ends(ready, replace(segmentation, figures={"vessel_ends": ENDS}))
    (finding,) = judged.findings
    assert judged.verdict == "warn" and finding.outcome is Outcome.FAIL and finding.measured == 2
    assert (
        "edge" not in finding.message and "runs out of the scan" in finding.message and "narrowing" in finding.message
    )
    assert "1.0, 2.0, 42.3" in finding.where and (-1.0, -2.0, 42.3) in finding.places and "--seed" in finding.remedy


def test_what_may_be_no_vessel_makes_a_ready_model_one_with_warnings():
    segmentation = Segmentation(None, np.eye(4), np.zeros((2, 2, 2), np.uint8), None, ())
    ready = Readiness("ready", {}, (), load_process("sla"), load_printer("sla-145"), None)
    assert add_vessel_doubts(ready, None) is ready and add_vessel_doubts(ready, segmentation) is ready
    doubts = [
        {"kind": kind, "place": (n, 2.0, 42.3), "size": 5000.0} for n, kind in enumerate(("neck", "neck", "pores"))
    ]
    (finding,) = add_vessel_doubts(ready, replace(segmentation, figures={"vessel_doubts": doubts})).findings
    assert finding.measured == 3 and finding.message.count("narrow neck") == 1 and "gaps inside" in finding.message
    assert (-1.0, -2.0, 42.3) in finding.places and "slices" in finding.remedy
