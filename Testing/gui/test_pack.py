"""The first step's button packs the chosen study."""

import time

import pytest

from Phantoms.files import write_files
from Phantoms.series import series

pytestmark = pytest.mark.panel


def _wait(driver, word, seconds=120.0):
    end = time.monotonic() + seconds
    while word not in driver.message:
        driver.application.processEvents()
        assert time.monotonic() < end, driver.message
        time.sleep(0.05)


def test_a_folder_is_packed(driver, tmp_path):
    driver.choose_folder(write_files(series(count=4), tmp_path / "scan"))
    driver.dialogs.folder_answer = str(tmp_path)
    driver.click("packStudy")
    _wait(driver, "Packed 4 objects")
    assert (tmp_path / "packed-study" / "DICOMDIR").is_file()


def test_a_second_time_is_refused_in_a_sentence(driver, tmp_path):
    (tmp_path / "packed-study").mkdir()
    (tmp_path / "packed-study" / "mine.txt").write_text("x", encoding="utf-8")
    driver.choose_folder(write_files(series(count=4), tmp_path / "scan"))
    driver.dialogs.folder_answer = str(tmp_path)
    driver.click("packStudy")
    _wait(driver, "is not empty")


def test_without_a_scan_it_says_so(driver):
    driver.click("packStudy")
    assert "Choose a folder or a series" in driver.message
