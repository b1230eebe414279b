"""Fixtures that every room's tests share: real scans where present, and the phantom."""

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """Folder of real scans, named by DICOM_TO_PRINT_DATA; tests that need it are skipped with a reason without it."""
    folder = os.environ.get("DICOM_TO_PRINT_DATA", "")
    if not folder or not Path(folder).is_dir():
        pytest.skip("DICOM_TO_PRINT_DATA names no folder of real scans")
    return Path(folder).resolve()


@pytest.fixture(scope="session")
def phantom():
    """A small phantom CT in memory and its truth: (Volume, Truth)."""
    from DicomToPrintLib.phantom import phantom_volume

    return phantom_volume(shape=(96, 160, 160), spacing=(0.9, 0.9, 1.2))


@pytest.fixture(scope="session")
def phantom_dicom(tmp_path_factory) -> Path:
    """Folder with the small phantom as classic CT DICOM files; do not write into it."""
    from DicomToPrintLib.phantom import write_phantom

    folder = tmp_path_factory.mktemp("phantom")
    write_phantom(folder, shape=(96, 160, 160), spacing=(0.9, 0.9, 1.2))
    return folder
