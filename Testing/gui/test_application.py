"""What was seen on the real Slicer application, which the stand-in now does too."""

import os
from pathlib import Path

import pytest

pytestmark = pytest.mark.panel


def test_the_stand_in_follows_pythonqt(application):
    import ctk
    import qt
    import slicer

    assert not isinstance(qt.QPushButton(), qt.QWidget), "PythonQt's classes have flat bases"
    chooser = slicer.qMRMLNodeComboBox()
    chooser.nodeTypes = ["vtkMRMLModelNode"]
    assert chooser.nodeTypes == ("vtkMRMLModelNode",)
    line, bar = qt.QLineEdit(), qt.QProgressBar()
    line.text, bar.value = None, 7.9
    assert (line.text, bar.value) == ("None", 7)
    assert ctk.ctkCollapsibleButton().sizePolicy.horizontalPolicy() == qt.QSizePolicy.Minimum


def test_an_emptied_folder_line_is_no_folder(driver, tmp_path):
    panel, folder = driver.panel, driver.panel.steps["files"].folder
    folder.currentPath = str(tmp_path)
    assert panel.output_folder() == str(tmp_path)
    folder.currentPath = ""
    assert panel.output_folder() == ""
    driver.run("files")
    assert driver.message == "No folder is chosen yet: choose one in step 5."
    made = tmp_path / "made"
    made.mkdir()
    (made / "bone.stl").write_bytes(b"solid")
    panel.job.save("files", {"names": ["bone.stl"], "folder": made})
    panel.guarded_slot(panel.runner.show_result)("files")
    assert "No folder is chosen any more" in driver.message
    assert not Path("bone.stl").exists()


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("~/prints", "prints"),
        ("prints", "prints"),
        (os.path.join("prints", "..", "of today"), "of today"),
        ("  ~  ", ""),
    ],
)
def test_a_typed_folder_is_meant_from_the_user_s_own(driver, typed, meant):
    home = os.path.expanduser("~")
    folder = driver.panel.steps["files"].folder
    folder.currentPath = typed
    assert driver.panel.output_folder() == os.path.abspath(os.path.join(home, meant))
    driver.panel.refresh()
    assert folder.currentPath == typed, "what is being typed stays as it is"


def finding(rule, outcome, place=()):
    from dicomtoprint.rules import Finding, Outcome, Severity

    said = (1.0, 2.0, "here", "Do this.", f"{rule} is told.")
    return Finding(rule, "1", Severity.WARN, Outcome(outcome), *said, places=place)


def test_a_row_is_selected_while_the_filter_changes(driver):
    view = driver.panel.steps["scan"].findings
    view.show([finding(f"rule-{index}", "pass" if index > 1 else "fail") for index in range(6)])
    view.only.checked = False
    assert view.table.rowCount == 6
    for row in range(6):
        view.table.selectRow(row)
        assert not view.detail.isHidden()
        view.only.checked = True
        assert view.table.rowCount == 2
        assert view.detail.isHidden()
        assert not view.table.selectedItems()
        view.only.checked = False
    view.table.selectRow(5)
    view.show(())
    assert view.table.rowCount == 0


def test_every_window_stands_over_the_main_window(driver, monkeypatch):
    import qt
    import slicer

    from DicomToPrintLib.gui.dialogs import Dialogs

    parents = []

    def shown(parent, *told):
        parents.append(parent)
        return ""

    for holder, name in (
        (qt.QFileDialog, "getExistingDirectory"),
        (qt.QMessageBox, "question"),
        (qt.QMessageBox, "information"),
    ):
        monkeypatch.setattr(holder, name, shown)
    dialogs = Dialogs()
    dialogs.folder("Folder", "")
    dialogs.confirm("Sure?", "Really?")
    dialogs.nothing_to_choose()
    assert parents == [slicer.util.mainWindow()] * 3


def test_a_series_is_told_by_patient_and_date(driver, small_dicom, store_of):
    import slicer

    store = slicer.dicomDatabase = store_of(small_dicom)
    driver.click("browseSeries")
    (text,) = driver.dialogs.items
    assert text == f"1.  Doe Jane [4711]  2026-07-14  CT  phantom  ({len(store.files)} images)"
    store.nameForPatient = store.descriptionForSeries = lambda uid: None
    store.fieldForPatient = store.fieldForStudy = lambda field, uid: ""
    store.fieldForSeries = lambda field, uid: {"Modality": "CT", "SeriesNumber": "7"}[field]
    driver.click("browseSeries")
    assert driver.dialogs.items[0].startswith("1.  no name  -  CT  series 7  (")


def tetrahedron(name, **arrays):
    import numpy as np

    from dicomtoprint.mesh.core import Mesh

    points = np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1]], np.float32)
    return Mesh(points, np.array([[0, 2, 1], [0, 1, 3], [0, 3, 2], [1, 2, 3]]), name, triangle_arrays=arrays)


def test_written_triangles_know_where_they_come_from(driver):
    import numpy as np

    from dicomtoprint.mesh.core import concatenate
    from DicomToPrintLib.mrml.models import with_origin

    origins = np.array([0, 1, 2, 3], np.uint8), np.array([3, 3, 0, 0], np.uint8)
    prepared = [tetrahedron("one", Provenance=origins[0]), tetrahedron("two", Provenance=origins[1])]
    apart = with_origin([tetrahedron("one"), tetrahedron("two")], prepared)
    assert [list(mesh.triangle_arrays["Provenance"]) for mesh in apart] == [list(origin) for origin in origins]
    (together,) = with_origin([concatenate([tetrahedron("one"), tetrahedron("two")])], prepared)
    assert list(together.triangle_arrays["Provenance"]) == [0, 1, 2, 3, 3, 3, 0, 0]
    (unlike,) = with_origin([tetrahedron("one")], prepared)
    assert "Provenance" not in unlike.triangle_arrays
    assert not with_origin((), prepared)


def test_a_refusal_goes_with_the_next_thing_that_works(driver):
    import numpy as np

    panel = driver.panel
    panel.results.keep_meshes("model", [tetrahedron("one", Provenance=np.zeros(4, np.uint8))], "")
    overlay = panel.steps["model"].overlay
    overlay.currentIndex = overlay.findData("Deviation")
    assert "does not carry that colouring" in driver.message
    overlay.currentIndex = overlay.findData("Provenance")
    assert not driver.message
    driver.click("browseSeries")
    assert "not open" in driver.message
    overlay.currentIndex = 0
    assert not driver.message


def test_one_legend_stands_in_one_view_and_few_marks_beside_it(driver):
    import numpy as np
    import slicer

    panel, scene = driver.panel, slicer.mrmlScene
    views = [scene.AddNewNodeByClass("vtkMRMLViewNode", f"View{index}") for index in (1, 2)]
    scene.AddNewNodeByClass("vtkMRMLSliceNode", "Red")
    meshes = [tetrahedron(name, Provenance=np.zeros(4, np.uint8)) for name in ("one", "two")]
    for show in (
        lambda: panel.results.keep_meshes("model", meshes, "Provenance"),
        lambda: panel.results.show_overlay("Provenance", "model"),
    ):
        show()
        nodes = slicer.util.getNodesByClass("vtkMRMLModelNode", scene)
        legends = [
            slicer.vtkSlicerColorLogic.GetColorLegendDisplayNode(node) for node in nodes if node.GetDisplayVisibility()
        ]
        (legend,) = [legend for legend in legends if legend is not None and legend.GetVisibility()]
        assert list(legend.GetViewNodeIDs()) == [views[0].GetID()]
        assert legend.GetLabelFormat() == "%s", "else every name reads (none)"

    places = [(float(index), 0.0, 0.0) for index in range(12)]
    overhang, wall = finding("overhang", "fail", places), finding("wall", "fail", places[:3])
    panel.results.keep_findings("print-findings", "Print findings", [overhang, wall], {}, with_places=True)
    (marks,) = slicer.util.getNodesByClass("vtkMRMLMarkupsFiducialNode", scene)
    labels = [marks.GetNthControlPointLabel(index) for index in range(marks.GetNumberOfControlPoints())]
    assert [label for label in labels if label] == ["overhang", "wall"]
    assert len(labels) == 8
    panel.results.go_to_place(wall)
    shown = [label for index, label in enumerate(labels) if marks.GetNthControlPointVisibility(index)]
    assert shown == ["wall", "", ""]


def test_the_largest_places_are_marked(driver):
    from dataclasses import replace

    import slicer

    from DicomToPrintLib.mrml.findings_nodes import findings_markups

    places = tuple((float(index), 0.0, 0.0) for index in range(8))
    told = replace(finding("wall", "fail", places), sizes=(1.0, 9.0, 2.0, 8.0, 3.0, 7.0, 4.0, 6.0))
    node = findings_markups([told], slicer.mrmlScene, "places")
    assert [-node.GetNthControlPointPositionVector(index).GetX() for index in range(5)] == [1.0, 3.0, 5.0, 7.0, 6.0]


def test_nothing_that_is_told_widens_the_window(driver):
    import slicer

    panel, top = driver.panel, driver.widget.parent.widget
    said = "What there is to tell is long, and it names a-file-whose-name-has-no-space-to-break-it" + 12 * "-at-all"
    node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLScalarVolumeNode", said)
    driver.find("volume").setCurrentNode(node)
    panel.show_message(said)
    for view in panel.steps.values():
        for name in ("figures", "help", "source", "placement", "written", "chip"):
            if hasattr(view, name):
                getattr(view, name).text = said
                getattr(view, name).visible = True
        view.frame.collapsed = False
        for name in ("group", "edit_group"):
            if hasattr(view, name):
                getattr(view, name).collapsed = False
    panel.area.changed.text = said
    panel.area.changed.visible = panel.area.reset.visible = True
    top.show()
    top.resize(460, 3000)
    for _turn in range(3):
        driver.application.processEvents()
    assert top.sizeHint().width() <= 460, "the module panel takes no less than this from the views"
    line = panel.footer.message.fontMetrics().height()
    assert panel.footer.message.height > 2 * line, "it is all there, in several lines"
    assert panel.area.changed.width > 200
    assert panel.steps["print"].cuts.text == ""
    panel.change(cuts=(("S", 1.0), ("S", 2.0)))
    driver.application.processEvents()
    assert panel.steps["print"].cuts.width > 100


def test_no_step_is_wider_than_another(driver):
    from DicomToPrintLib.gui.step_view import WIDTH

    panel, top = driver.panel, driver.widget.parent.widget
    panel.change(hollow=2.0, split=True, label="L", cuts=(("S", 1.0),))
    top.show()
    asked = set()
    for step, view in panel.steps.items():
        panel.open_step(step)
        for is_folded in (False, True):
            for name in ("group", "edit_group"):
                if hasattr(view, name):
                    getattr(view, name).collapsed = is_folded
            for _turn in range(3):
                driver.application.processEvents()
            asked.add(top.sizeHint().width())
            assert view.frame.minimumSizeHint().width() <= WIDTH, f"{step} would be cut off"
    assert len(asked) == 1, "the views beside the module panel would move"
    anatomy = panel.steps["anatomy"]
    panel.open_step("anatomy")
    anatomy.edit_group.visible = True  # as it is once the anatomy was found
    anatomy.edit_group.toggled.emit(True)
    anatomy.edit_group.collapsed = False
    for effect, is_wider in (("Margin", True), ("", False)):
        anatomy.editor.setActiveEffectByName(effect)
        for _turn in range(3):
            driver.application.processEvents()
        assert (top.sizeHint().width() > max(asked)) is is_wider, "the editor's options are not cut off"


def test_a_new_model_is_seen_and_coloured_as_far_as_it_can_be(driver, monkeypatch):
    import types

    import numpy as np
    import slicer

    fitted = []
    views = types.SimpleNamespace(resetThreeDViews=lambda: fitted.append(True))
    monkeypatch.setattr(slicer.app, "layoutManager", lambda: views, raising=False)
    plain, told = tetrahedron("metal"), tetrahedron("bone", Provenance=np.zeros(4, np.uint8))
    driver.panel.results.keep_meshes("model", [plain, told], "")
    driver.application.processEvents()  # views turn in a turn of the event loop of their own
    assert fitted, "a scan may lie far from where the views look"
    overlay = driver.panel.steps["model"].overlay
    overlay.currentIndex = overlay.findData("Provenance")
    assert not driver.message
