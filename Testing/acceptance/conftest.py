"""The small phantom without a defect, scanned once for all tests of the detectors."""

import pytest

from dicomtoprint.acceptance.detectors import run_detectors
from Phantoms.small_scans import bare, scanned


@pytest.fixture(scope="session")
def clean():
    volume = scanned(bare())
    return volume, *run_detectors(volume)
