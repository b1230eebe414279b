"""A step's child process: it ends where it is cancelled, behind a launcher too, and one that ends late hits nothing."""

import time

import pytest

pytestmark = pytest.mark.panel


def until(application, condition, seconds=20.0):
    end = time.monotonic() + seconds
    while not condition():
        application.processEvents()
        assert time.monotonic() < end
        time.sleep(0.02)


def test_cancel_ends_the_python_behind_a_launcher(driver, small_dicom, launcher, monkeypatch):
    from dicomtoprint.workers import process

    monkeypatch.setattr(process, "python_executable", launcher)
    driver.choose_folder(small_dicom)
    panel = driver.panel
    driver.click("scanRun")
    until(driver.application, lambda: panel.job.progress()[0] > 0)
    assert launcher.left(0), "the step runs"
    driver.click("cancel")
    assert not launcher.left()
    assert not panel.job.has("scan")


def test_a_result_that_comes_late_is_no_result(driver, small_dicom):
    from dicomtoprint.config.run_settings import RunSettings
    from DicomToPrintLib.gui.step_results import StepResultStore, load_request

    job = StepResultStore()
    try:
        late, *_rest = load_request(job.write_request("scan", {"path": str(small_dicom)}, RunSettings()))
        running = (late.folder / "progress.txt").open("w", encoding="utf-8")  # Windows lets nobody remove an open file
        now, *_rest = load_request(job.write_request("scan", {"path": str(small_dicom)}, RunSettings()))
        late.folder.mkdir(exist_ok=True)
        late.save("scan", "made with old settings")
        assert not job.has("scan")
        now.save("scan", "made with these settings")
        assert not job.has("scan"), "not before its process has ended"
        job.commit_results()
        assert job.load("scan") == "made with these settings"
        running.close()
    finally:
        job.close()
