"""What is judged again once the anatomy is chosen."""

import numpy as np
import pytest

from dicomtoprint.acceptance import evaluate_study, load_protocol, reevaluate_for_anatomy
from dicomtoprint.dicom import read_study, read_volume
from dicomtoprint.rules import Outcome
from Phantoms.case import SURGERY
from Phantoms.files import write_files
from Phantoms.pixels import SIDE, scanned, with_metal
from Phantoms.series import CLASSIC


@pytest.fixture(scope="module")
def scan(tmp_path_factory):
    """A head with metal in its wall, judged; its protocol; its voxels."""
    study = read_study(write_files(scanned(CLASSIC, with_metal()), tmp_path_factory.mktemp("metal")))
    protocol = load_protocol("3dsystems-ortho")
    (judged,) = evaluate_study(study, [protocol], surgery_date=SURGERY).series
    return judged, protocol, read_volume(study.series[0])


def _metal(judged):
    return next(one for one in judged.protocols["3dsystems-ortho"].findings if one.rule == "metal")


@pytest.mark.parametrize(("rows", "outcome"), [(slice(0, 20), Outcome.PASS), (slice(SIDE - 40, SIDE), Outcome.ASK)])
def test_metal_counts_where_the_chosen_anatomy_is_near(scan, rows, outcome):
    judged, protocol, volume = scan
    assert _metal(judged).outcome is Outcome.ASK
    mask = np.zeros(volume.array.shape, bool)
    mask[5:20, rows, 40:60] = True
    again = reevaluate_for_anatomy(judged, [protocol], volume, mask, {})
    assert _metal(again).outcome is outcome
    names = [picture.name for picture in again.pictures]
    assert ("metal-near" in names) == (outcome is Outcome.ASK) and "metal" not in names
    assert _metal(reevaluate_for_anatomy(judged, [protocol], volume, mask, {"metal": "yes"})).outcome is Outcome.PASS
