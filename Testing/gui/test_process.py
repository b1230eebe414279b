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


def test_what_was_edited_by_hand_is_told_from_what_somebody_else_gave(tmp_path):
    """The anatomy before is kept for the edit of it; labels of the user's own stay labels alone."""
    import numpy as np

    from dicomtoprint.config.run_settings import RunSettings
    from dicomtoprint.segmentation import Segment, Segmentation
    from dicomtoprint.volume import Volume
    from DicomToPrintLib.gui.step_results import StepResultStore, WorkerResultStore
    from DicomToPrintLib.gui.step_worker import _given_labels

    labels = np.zeros((4, 4, 4), np.uint8)
    labels[1:3, 1:3, 1:3] = 1
    segment = Segment("bone", 1, "Bone", (1.0, 1.0, 1.0), 300.5, {}, 8.0)
    volume = Volume(labels.astype(np.int16) * 1000, np.eye(4))
    store = StepResultStore(str(tmp_path))
    store.save("anatomy", Segmentation(volume, np.eye(4), labels, None, (segment,)))
    store.drop_from("anatomy")
    assert store.has("found") and not store.has("anatomy")
    given = Segmentation(None, np.eye(4), np.where(labels, 1, 0).astype(np.uint8), None, (segment,))
    for by_hand in (True, False):
        store.save("edited", {"segmentation": given, "by_hand": by_hand})
        job = WorkerResultStore(store.write_request("anatomy", {}, RunSettings()))
        assert (_given_labels(job).volume is not None) is by_hand
    store.close()
