"""Every option of `run` has a control in the panel, or a written reason why not; and each control sets what the option sets."""

import shlex
from dataclasses import replace

import pytest

pytestmark = pytest.mark.panel


def choose(key):
    def act(widget):
        index = widget.findData(key)
        assert index >= 0, key
        widget.currentIndex = index

    return act


def put(value):
    def act(widget):
        widget.value = value

    return act


def tick(widget):
    widget.checked = not widget.checked


def untick(row):
    def act(widget):
        import qt

        widget.item(row).setCheckState(qt.Qt.Unchecked)

    return act


def write(text):
    def act(widget):
        widget.text = text
        widget.editingFinished.emit()

    return act


def point(widget):
    import slicer

    node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLMarkupsFiducialNode", "Points")
    widget.setCurrentNode(node)
    node.AddControlPoint(1.0, -2.0, 3.5)


def region(widget):
    import slicer

    node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLMarkupsROINode", "Region")
    node.SetXYZ(10.0, 20.0, 30.0)
    node.SetRadiusXYZ(5.0, 6.0, 7.0)
    widget.setCurrentNode(node)


def plane(*normal):
    def act(widget):
        import slicer

        node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLMarkupsPlaneNode", "Plane")
        node.SetOriginWorld([1.0, 2.0, 30.0])
        node.SetNormalWorld(list(normal))
        widget.setCurrentNode(node)

    return act


# Option: the hands on the panel (widget, what is done with it) and the words that the command line must then have.
CONTROLS = {
    "protocol": ([("protocol", choose("exoplan-import"))], "--protocol exoplan-import"),
    "no_pixels": ([("check_pixels", tick)], "--no-pixels"),
    "surgery_date": ([("surgeryDate", write("2030-01-02"))], "--surgery-date 2030-01-02"),
    "role": ([("role", write("radiographer"))], "--role radiographer"),
    "identified": ([("include_identifiers", tick)], "--identified"),
    "use": ([("use", choose("teaching"))], "--use teaching"),
    "anatomy": ([("anatomy", choose("skull"))], "--anatomy skull"),
    "segment_with": ([("backend", choose("totalsegmentator:body"))], "--segment-with totalsegmentator:body"),
    "backend_command": (
        [("backend", choose("totalsegmentator:body")), ("backendCommand", write("seg"))],
        "--backend-command seg",
    ),
    "confirm_licence": (
        [("backend", choose("totalsegmentator:body")), ("backendConfirmed", tick)],
        "--confirm-licence totalsegmentator",
    ),
    "labels": (
        [("backend", choose("totalsegmentator:body")), ("labels", untick(1))],
        "--labels body_trunc",
    ),
    "smooth_labels": ([("smooth_labels", put(2.5))], "--smooth-labels 2.5"),
    "merge": ([("backend", choose("totalsegmentator:body")), ("merge", tick)], "--merge"),
    "threshold": ([("thresholdLow", put(300.0)), ("thresholdHigh", put(900.0))], "--threshold=300,900"),
    "seed": ([("seeds", point)], "--seed=1,-2,3.5"),
    "roi": ([("region", region)], "--roi=5,15,14,26,23,37"),
    "least_branch": ([("least_branch", put(3.0))], "--least-branch 3"),
    "max_deviation": ([("max_deviation", put(0.3))], "--max-deviation 0.3"),
    "triangles": ([("triangles", put(90_000))], "--triangles 90000"),
    "wrap": ([("wrap", tick)], "--wrap"),
    "scale": ([("scale", put(50.0))], "--scale 0.5"),
    "mirror": ([("mirror", choose("sagittal"))], "--mirror sagittal"),
    "thicken": ([("thicken", put(1.2))], "--thicken 1.2"),
    "hollow": ([("hollow", put(2.0))], "--hollow 2"),
    "shell": ([("shell", put(2.0))], "--shell 2"),
    "escape": ([("drain_hole_positions", point)], "--escape=1,-2,3.5"),
    "escape_holes": ([("escape_holes", put(2))], "--escape-holes 2"),
    "struts": ([("struts", tick)], "--struts"),
    "base": ([("base", choose("plate"))], "--base"),
    "base_kind": ([("base", choose("foot"))], "--base --base-kind foot"),
    "label": ([("labelText", write("L 12"))], "--label 'L 12'"),
    "label_at": ([("label_at", point)], "--label-at=1,-2,3.5"),
    "label_raised": ([("label_raised", tick)], "--label-raised"),
    "avoid": ([("avoidMargin", put(12.0)), ("keep_out_regions", point)], "--avoid=1,-2,3.5,12"),
    "scale_bar": ([("scale_bar", put(20.0))], "--scale-bar 20"),
    "cut": ([("cutPlane", plane(0.0, 0.0, 1.0)), ("addCut", lambda w: w.click())], "--cut S=30"),
    "plane": ([("cutPlane", plane(0.0, 0.6, 0.8)), ("addCut", lambda w: w.click())], "--plane=1,2,30,0,0.6,0.8"),
    "keep": ([("keep-S", tick), ("keep-back", tick)], "--keep S --keep back"),
    "split": ([("split", tick)], "--split auto"),
    "pins": ([("pins", tick)], "--pins"),
    "joint": ([("pins", tick), ("joint", choose("dovetail"))], "--pins --joint dovetail"),
    "fit": ([("pins", tick), ("fit", choose("press"))], "--pins --fit press"),
    "pin_diameter": ([("pins", tick), ("pin_diameter", put(3.0))], "--pins --pin-diameter 3"),
    "joint_clearance": ([("pins", tick), ("joint_clearance", put(0.25))], "--pins --joint-clearance 0.25"),
    "magnets": ([("magnetDiameter", put(6.0)), ("magnetHeight", put(3.0))], "--magnets 6x3"),
    "orient": ([("orient", tick)], "--orient"),
    "process": ([("process", choose("sla"))], "--process sla"),
    "printer": ([("printerSize", write("300x200x100"))], "--printer 300x200x100"),
    "slice_with": ([("slicer", choose("prusa-slicer"))], "--slice-with prusa-slicer"),
    "format": ([("format-obj", tick)], "--format stl,3mf,obj"),
    "scene": ([("scene", tick)], "--scene"),
    "viewer": ([("viewer", tick)], "--viewer"),
    "pdf": ([("pdf", tick)], "--pdf"),
    "accept_anyway": ([("acceptAnyway", write("known tilt"))], "--accept-anyway 'known tilt'"),
}
SHOWN_BY_A_CHECK = {"series", "answer"}  # their choosers come with the verdict: tests in test_workflow


def test_every_option_of_run_has_a_control_or_a_reason(application):
    from dicomtoprint.config.options import COMMANDS, DEBUG, QUIET

    options = (*COMMANDS["run"].options, DEBUG, QUIET)
    with_control = {option.name for option in options if not option.no_control}
    assert with_control == set(CONTROLS) | SHOWN_BY_A_CHECK


@pytest.fixture
def option_without_a_place(monkeypatch):
    """An option of step 4 that stands in the table alone."""
    from dicomtoprint.config.options import OPTION_OF_SETTING, Choice

    control = Choice("Unit", "Of the file.", (("", "as the file says"), ("cm", "centimetres")))
    monkeypatch.setitem(OPTION_OF_SETTING, "unit", replace(OPTION_OF_SETTING["unit"], step="print", control=control))


def test_an_option_with_a_control_in_the_table_needs_no_code_in_the_panel(option_without_a_place, driver):
    choose("cm")(driver.find("unit"))
    assert driver.panel.settings.unit == "cm"
    driver.panel.change(unit=None)
    assert driver.find("unit").currentText == "as the file says"


def test_a_scale_that_the_command_refuses_is_none(driver):
    put(0.5)(driver.find("scale"))
    assert driver.panel.settings.scale is None
    put(1.0)(driver.find("scale"))
    assert driver.panel.settings.scale == 0.01


def test_each_control_sets_its_option_is_told_and_goes_back(driver, tmp_path):
    """One panel, one option after the other: set by hand, seen in the command, named as changed, taken back by Reset."""
    from dicomtoprint.cli.parser import build_parser, join_negative_values
    from dicomtoprint.cli.settings_from_args import settings_from_args
    from dicomtoprint.config.run_settings import RunSettings

    panel = driver.panel
    for step in panel.steps.values():
        if hasattr(step, "group"):
            step.group.collapsed = False
    presets = {"use", "anatomy", "process", "role"}
    for option, (hands, words) in CONTROLS.items():
        for name, act in hands:
            act(driver.find(name))
        assert not driver.message, (option, driver.message)
        command = panel.command()
        assert words in command, (option, command)
        read = settings_from_args(build_parser().parse_args(join_negative_values(shlex.split(command)[2:])))
        assert read == panel.settings, option
        if option not in presets:
            assert panel.area.changed.text.rstrip() != "Changed from the preset:", option
            assert option.replace("_", "-") not in panel.area.changed.text or "_" not in option
            driver.click("reset")
            panel.refresh()
        else:
            panel.change(**{option: getattr(RunSettings(), option)})
        assert panel.settings == RunSettings(), (option, panel.settings.changed())


def test_lengths_of_a_repair_are_fields_and_go_back_with_reset(driver):
    from dicomtoprint.config.run_settings import RunSettings, to_command_line

    panel = driver.panel
    panel.steps["model"].group.collapsed = False
    for name in ("max_loss", "thicken_sheet", "drop_shells_below"):
        put(1.5)(driver.find(name))
        assert panel.settings.changed() == {name: 1.5}
        # Of a scan's run it is no option; a model's command has it.
        assert name.replace("_", "-") not in panel.command()
        assert f"--{name.replace('_', '-')} 1.5" in to_command_line("m.stl", "OUT", panel.settings, command="prepare")
        driver.click("reset")
        panel.refresh()
        assert panel.settings == RunSettings()
        assert driver.find(name).value == 0.0
