"""The panel opens, empty and clear."""

import pytest

pytestmark = pytest.mark.panel


def test_the_panel_opens_with_five_steps_and_says_what_to_do_first(driver):
    titles = [view.frame.text for view in driver.panel.steps.values()]
    assert [title[0] for title in titles] == list("12345")
    assert all("not started" in title for title in titles)
    assert driver.panel.steps["scan"].frame.collapsed is False
    assert driver.panel.steps["print"].frame.collapsed is True
    driver.picture("01-opened")


def test_a_step_without_a_scan_is_one_sentence(driver):
    for step in ("scan", "anatomy", "model", "print"):
        driver.run(step)
        assert driver.message == "No scan is chosen yet: choose a volume or a series in step 1."
    driver.run("files")
    assert driver.message == "No folder is chosen yet: choose one in step 5."
