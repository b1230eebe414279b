"""The verdict, the next thing to do and its button stay in sight; one step is open at a time, a finished one names its result."""

import pytest

pytestmark = pytest.mark.panel
SMALLEST = (470, 380)  # what Slicer leaves for a module in a window of 1366 x 768


def settle(driver):
    for _turn in range(4):
        driver.application.processEvents()


def shown_on(top, widget):
    """The rectangle of a widget in the coordinates of the panel."""
    from PySide6 import QtCore

    corner = widget.mapTo(top, QtCore.QPoint(0, 0))
    return QtCore.QRect(corner.x(), corner.y(), widget.width, widget.height)


def test_the_button_of_every_step_is_seen_without_scrolling(driver):
    from PySide6 import QtCore

    from DicomToPrintLib.gui import widgets

    panel, top = driver.panel, driver.widget.parent.widget
    top.show()
    top.resize(*SMALLEST)
    window = QtCore.QRect(0, 0, *SMALLEST)
    for step, view in panel.steps.items():
        panel.state.set_state(step, "needs you")
        widgets.update_badge(view.chip, "warn", "A verdict that takes more than one line of the panel. " * 2)
        panel.open_step(step)
        settle(driver)
        for name, widget in (("button", view.primary), ("verdict", view.chip), ("next", panel.footer.todo)):
            assert not widget.isHidden() and widget.isVisible(), f"{step}: {name}"
            assert window.contains(shown_on(top, widget)), f"{step}: {name}"
            assert widget.height >= widget.heightForWidth(widget.width), f"{step}: {name} is cut off"
        others = [other for key, other in panel.steps.items() if key != step]
        assert not any(other.primary.isVisible() or other.chip.isVisible() for other in others)
        assert all(other.frame.collapsed for other in others)


def test_unfolding_a_step_folds_the_others(driver):
    steps = driver.panel.steps
    for key in ("print", "scan", "files"):
        steps[key].frame.collapsed = False
        assert [name for name, view in steps.items() if not view.frame.collapsed] == [key]
        assert driver.panel.navigation.opened == key


def test_a_finished_step_names_its_result_and_leads_on(driver, small_dicom):
    panel = driver.panel
    driver.choose_folder(small_dicom)
    driver.run("scan")
    assert "accepted" in panel.steps["scan"].frame.text or "warnings" in panel.steps["scan"].frame.text
    assert "finding" in panel.steps["scan"].frame.text
    panel.area.scroll.show()
    following = driver.find("nextStep")
    assert not following.isHidden()
    assert "Anatomy" in following.text
    driver.click("nextStep")
    assert panel.navigation.opened == "anatomy"
    assert following.isHidden(), "this step is not finished"
    driver.run("anatomy")
    assert "ml" in panel.steps["anatomy"].frame.text
    panel.change(anatomy="skin")
    assert "not started" in panel.steps["anatomy"].frame.text


def test_files_ask_for_a_folder_where_none_is_chosen(driver, tmp_path):
    driver.dialogs.folder_answer = str(tmp_path)
    driver.click("filesRun")
    driver.wait()
    assert driver.panel.output_folder() == str(tmp_path)
    assert driver.message == "No scan is chosen yet: choose a volume or a series in step 1."


def test_the_keyboard_has_a_key_for_every_button_of_the_foot_and_none_of_slicer_s(driver):
    footer = driver.panel.footer
    taken = set("fevh")  # File, Edit, View, Help
    for view in driver.panel.steps.values():
        keys = [button.text.partition("&")[2][:1].lower() for button in (view.primary, footer.next, footer.run_all)]
        assert all(keys) and len(set(keys)) == 3 and not taken & set(keys), keys


def test_whatever_takes_the_focus_has_a_name_that_can_be_read_out(driver):
    from PySide6 import QtGui, QtWidgets

    kinds = (QtWidgets.QAbstractButton, QtWidgets.QComboBox, QtWidgets.QAbstractSpinBox, QtWidgets.QTableWidget)
    top = driver.widget.parent.widget
    for kind in kinds:
        for widget in top.findChildren(kind):
            name = str(widget.property("objectName"))
            if not name or name.startswith("qt_"):
                continue
            told = QtGui.QAccessible.queryAccessibleInterface(widget)
            assert told.text(QtGui.QAccessible.Name) or widget.property("toolTip"), name


def test_a_remedy_goes_on_with_what_the_print_check_had_stopped(driver, monkeypatch, tmp_path):
    panel, runner, ran = driver.panel, driver.panel.runner, []
    panel.choose_output(str(tmp_path))
    panel.job.save("print", {})
    monkeypatch.setattr(panel.steps["print"], "show", lambda result: "needs you")
    runner._queue = ["files"]
    runner.show_result("print")
    assert driver.state("print") == "needs you" and not runner.running
    monkeypatch.setattr(runner, "run", ran.append)
    panel.apply_remedy({"thicken": 0.8})
    assert ran == [["print", "files"]]
    runner.cancel()
    panel.apply_remedy({"thicken": 0.9})
    assert ran[1] == ["print"], "what was cancelled is not taken up again"


def test_a_step_that_failed_points_to_its_message_and_one_that_asks_to_its_question(driver):
    from DicomToPrintLib.gui.next_texts import todo_text

    failed, asking = (todo_text("scan", "needs you", True, True, has_result) for has_result in (False, True))
    assert "message" in failed and "asked above" in asking
    assert "remedy" in todo_text("print", "needs you", True, True, True)
    assert not todo_text("scan", "idle", True, True, False)
