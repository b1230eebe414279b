"""What strict uses ask once the anatomy is found."""

import numpy as np
import pytest

from dicomtoprint.config.run_settings import RunSettings
from dicomtoprint.errors import UnansweredQuestionError
from dicomtoprint.pipeline.open_questions import (
    ask_about_bone_like_blood,
    ask_about_contrast_medium,
    ask_about_vessel_doubts,
)
from dicomtoprint.pipeline.scan_loading import GateClosedError, LoadedScan
from dicomtoprint.segmentation import Segmentation

SCAN = LoadedScan(None, object(), object(), "Accepted.")  # only the presence of a series counts


def segmentation(**figures):
    return Segmentation(None, np.eye(4), np.ones((1, 1, 1), np.uint8), None, (), figures=figures)


@pytest.mark.parametrize("use", ["surgical-planning", "fracture", "dental", "implant", "legal"])
def test_contrast_medium_taken_out_of_bone_is_asked_about(use):
    taken = segmentation(contrast_medium_mm3=125_000.0)
    with pytest.raises(GateClosedError, match=r"125 cm3 .*--accept-anyway") as caught:
        ask_about_contrast_medium(SCAN, taken, RunSettings(use=use))
    assert isinstance(caught.value.error, UnansweredQuestionError)
    opened = ask_about_contrast_medium(SCAN, taken, RunSettings(use=use, accept_anyway="compared with the slices"))
    assert opened.gate.endswith("compared with the slices")


def test_what_may_be_contrast_medium_and_stayed_is_asked_about():
    with pytest.raises(GateClosedError, match=r"40 cm3 in the model may be contrast medium"):
        ask_about_contrast_medium(SCAN, segmentation(contrast_medium_left_mm3=40_000.0), RunSettings(use="dental"))


def test_nothing_is_asked_without_it_or_for_other_uses():
    assert ask_about_contrast_medium(SCAN, segmentation(), RunSettings(use="dental")) is SCAN
    assert ask_about_contrast_medium(SCAN, segmentation(contrast_medium_mm3=125_000.0), RunSettings()) is SCAN


def test_bone_no_brighter_than_the_blood_it_touches_is_asked_about():
    taken = segmentation(bone_like_blood_mm3=27_000.0)
    with pytest.raises(GateClosedError, match=r"27\.0 cm3 .*--accept-anyway"):
        ask_about_bone_like_blood(SCAN, taken, RunSettings(use="surgical-planning"))
    assert ask_about_bone_like_blood(SCAN, taken, RunSettings()) is SCAN
    assert ask_about_bone_like_blood(SCAN, segmentation(), RunSettings(use="surgical-planning")) is SCAN


def test_what_may_be_no_vessel_is_asked_about():
    doubted = segmentation(vessel_doubts=[{"kind": "neck", "place": (1.0, 2.0, 3.0), "size": 5000.0}])
    with pytest.raises(GateClosedError, match=r"may be vessel.*--accept-anyway"):
        ask_about_vessel_doubts(SCAN, doubted, RunSettings(use="surgical-planning"))
    assert ask_about_vessel_doubts(SCAN, doubted, RunSettings()) is SCAN
    assert ask_about_vessel_doubts(SCAN, segmentation(), RunSettings(use="surgical-planning")) is SCAN
