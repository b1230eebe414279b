"""The panel opens, empty and clear."""

import json
from pathlib import Path

import pytest

pytestmark = pytest.mark.panel


def test_the_panel_opens_with_five_steps_and_says_what_to_do_first(driver):
    titles = [view.frame.text for view in driver.panel.steps.values()]
    assert [title[0] for title in titles] == list("12345")
    assert all("not started" in title for title in titles)
    assert driver.panel.steps["scan"].frame.collapsed is False
    assert driver.panel.steps["print"].frame.collapsed is True
    driver.picture("01-opened")


def test_a_scene_of_0_1_0_keeps_its_settings(driver):
    panel, parameters = driver.panel, driver.panel.parameters
    panel.set_parameters(None)
    written = (Path(__file__).parents[1] / "config" / "v010" / "panel-settings.json").read_text(encoding="utf-8")
    parameters.settings = written
    panel.set_parameters(parameters)
    assert not driver.message
    panel.change(triangles=80_000)
    assert json.loads(parameters.settings) == {**json.loads(written), "triangles": 80_000}


def test_a_scene_with_an_unknown_setting_is_told_and_left_as_it_is(driver):
    panel, parameters = driver.panel, driver.panel.parameters
    panel.set_parameters(None)
    parameters.settings = written = '{"use": "teaching", "supports": "tree"}'
    panel.set_parameters(parameters)
    assert driver.message.startswith("The scene has the setting 'supports', which this version does not know")
    assert not any(view.frame.enabled for view in panel.steps.values())
    assert parameters.settings == written
    parameters.settings = '{"use": "teaching"}'
    panel.set_parameters(parameters)
    assert not driver.message and panel.settings.use == "teaching" and panel.steps["scan"].frame.enabled


def test_a_step_without_a_scan_is_one_sentence(driver):
    for step in ("scan", "anatomy", "model", "print"):
        driver.run(step)
        assert driver.message == "No scan is chosen yet: choose a volume or a series in step 1."
    driver.run("files")
    assert driver.message == "No folder is chosen yet: choose one in step 5."


def test_the_panel_fits_a_small_screen_and_a_dark_theme(driver, application):
    from PySide6 import QtGui

    for view in driver.panel.steps.values():
        view.frame.collapsed = False
        for name in ("group", "edit_group"):
            group = getattr(view, name, None)
            if group is not None:
                group.collapsed = False
    light = application.palette()
    dark = QtGui.QPalette(QtGui.QColor(53, 53, 53), QtGui.QColor(35, 35, 35))
    application.setPalette(dark)
    try:
        driver.picture("dark")
    finally:
        application.setPalette(light)
    assert driver.widget.parent.widget.minimumSizeHint().width() <= 500, "beside the views of a 1366 pixel screen"


@pytest.mark.parametrize(("is_accepted", "index"), [(True, 1), (False, -1)])
def test_a_series_is_chosen_or_the_user_changes_their_mind(driver, is_accepted, index):
    import slicer
    from PySide6 import QtCore, QtWidgets

    from DicomToPrintLib.gui.dialogs import Dialogs

    seen = []

    def answer():
        window = next(w for w in QtWidgets.QApplication.topLevelWidgets() if isinstance(w, QtWidgets.QInputDialog))
        seen.append((window.parentWidget(), window.width))
        window.setTextValue("2.  CT")
        window.done(int(is_accepted))

    QtCore.QTimer.singleShot(0, answer)
    assert Dialogs().choose("DICOM database", "Series", ["1.  CT", "2.  CT"]) == index
    ((parent, width),) = seen
    assert parent is slicer.util.mainWindow()
    assert width >= 700, "patient, date and series on one line"


def test_tooltips_and_keyboard_reach_every_control(driver):
    from PySide6 import QtCore, QtWidgets

    controls = [
        w
        for kind in (QtWidgets.QPushButton, QtWidgets.QComboBox, QtWidgets.QCheckBox, QtWidgets.QDoubleSpinBox)
        for w in driver.widget.parent.widget.findChildren(kind)
    ]
    named = [w for w in controls if w.property("objectName") and not str(w.property("objectName")).startswith("qt_")]
    assert len(named) > 25
    assert not [w.property("objectName") for w in named if not w.property("toolTip")]
    assert all(w.property("focusPolicy") != QtCore.Qt.NoFocus for w in named)


def test_every_text_of_the_panel_can_be_translated():
    """Texts stand in `_()` with literals: no f-string, no sum of strings reaches a translator as a riddle."""
    import ast
    from pathlib import Path

    faults = []
    for path in sorted((Path(__file__).resolve().parents[2] / "DicomToPrint" / "DicomToPrintLib" / "gui").glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            is_text = isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "_"
            if is_text and not (len(node.args) == 1 and isinstance(node.args[0], ast.Constant)):
                faults.append(f"{path.name}:{node.lineno}")
    assert not faults
