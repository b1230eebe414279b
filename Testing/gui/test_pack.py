"""The first step's button packs the chosen study."""

import json
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


def test_the_answers_of_the_panel_stand_in_the_packed_report(driver, tmp_path):
    driver.choose_folder(write_files(series(count=4), tmp_path / "scan"))
    driver.panel.change(surgery_date="2026-05-04", answers=(("issuer-consulted", "yes"),), check_pixels=False)
    driver.dialogs.folder_answer = str(tmp_path)
    driver.click("packStudy")
    _wait(driver, "Packed 4 objects")
    (one,) = json.loads((tmp_path / "packed-study/REPORT/acceptance.json").read_text(encoding="utf-8"))["series"]
    assert {question["rule"]: question["answer"] for question in one["questions"]}["issuer-consulted"] == "yes"
    assert "surgery-date" not in [question["rule"] for question in one["questions"]]


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
