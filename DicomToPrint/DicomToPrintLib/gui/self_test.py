"""What the module's self test looks at in the panel, inside the application."""

import os
import tempfile
import time
from pathlib import Path
from typing import Any

import slicer

from .dialogs import Dialogs

LONGEST_STEP_S = 300.0


def nothing_is_chosen_instead(test: Any, panel: Any) -> None:
    """Every chooser goes to none where its node is deleted, and all do where the scene is closed."""
    scan, anatomy, printing = (panel.steps[name] for name in ("scan", "anatomy", "print"))
    points = (anatomy.seeds, printing.escape, printing.avoid, printing.label_at)
    for chooser, kind in (
        (scan.volume, "vtkMRMLScalarVolumeNode"),
        (anatomy.given, "vtkMRMLSegmentationNode"),
        (anatomy.region, "vtkMRMLMarkupsROINode"),
        (printing.plane, "vtkMRMLMarkupsPlaneNode"),
        *((one.widget, "vtkMRMLMarkupsFiducialNode") for one in points),
    ):
        nodes = [slicer.mrmlScene.AddNewNodeByClass(kind, name) for name in ("First", "Second", "Third")]
        chooser.setCurrentNode(nodes[1])
        test.assertIs(chooser.currentNode(), nodes[1])
        slicer.mrmlScene.RemoveNode(nodes[1])
        slicer.app.processEvents()
        test.assertIsNone(chooser.currentNode())
        chooser.setCurrentNode(nodes[2])
    for chooser in (scan.volume, scan.model, anatomy.given, anatomy.region, printing.plane):
        test.assertIsNotNone(
            chooser.focusProxy(), chooser.objectName
        )  # Tab comes to it, and its keys to the box inside
    test.assertIsNotNone(panel.parameters.volume)
    test.assertIsNotNone(panel.parameters.given)
    slicer.mrmlScene.Clear()
    slicer.app.processEvents()
    test.assertIsNone(panel.parameters.volume)
    test.assertIsNone(panel.parameters.given)
    test.assertEqual(panel.settings.seeds, ())


def choice_survives_reload(test: Any) -> None:
    """A reloaded module goes on with the volume that was chosen."""
    volume = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLScalarVolumeNode", "Scan")
    slicer.modules.DicomToPrintWidget.panel.steps["scan"].volume.setCurrentNode(volume)
    slicer.modules.DicomToPrintWidget.onReload()
    panel = slicer.modules.DicomToPrintWidget.panel
    test.assertIs(panel.parameters.volume, volume)
    test.assertIs(panel.steps["scan"].volume.currentNode(), volume)


class _Quiet(Dialogs):
    """The panel's dialogs without windows: nothing is installed, nothing is asked."""

    def install(self, packages: list[str]) -> str:
        return ""

    def confirm(self, title: str, text: str) -> bool:
        return True

    def folder(self, title: str, start: str) -> str:
        return ""


def phantom_becomes_files(test: Any, logic: Any) -> None:
    """The phantom goes from the DICOM database to a checked STL, its model into the scene; and the panel writes the same bytes."""
    from DICOMLib import DICOMUtils

    with DICOMUtils.TemporaryDICOMDatabase(), tempfile.TemporaryDirectory() as folder:
        test.delayDisplay("Making the phantom")
        volumes = logic.makePhantom()
        test.assertEqual(len(volumes), 1)
        test.assertNotEqual(logic.check(volumes[0])["series"][0]["verdict"], "reject")
        test.delayDisplay("Running the whole workflow")
        by_logic, by_panel = Path(folder, "logic"), Path(folder, "panel")
        verdict = logic.run(volumes[0], str(by_logic), process="sla", formats=("stl",)).verdict
        test.assertIn(verdict, ("ready", "warn", "not-ready"))
        made = [path.name for path in by_logic.iterdir() if path.suffix == ".stl"]
        test.assertTrue(made)
        test.delayDisplay("Walking through the panel")
        by_panel.mkdir()
        _walk(test, volumes[0], by_panel)
        for name in made:
            test.assertEqual((by_panel / name).read_bytes(), (by_logic / name).read_bytes(), name)
    test.assertGreater(slicer.mrmlScene.GetNumberOfNodesByClass("vtkMRMLModelNode"), 0)


def _walk(test: Any, volume: Any, folder: Path) -> None:
    """Press the button of every step, one after the other, as a user does; the last writes into `folder`."""
    slicer.util.selectModule("DicomToPrint")
    panel = slicer.modules.DicomToPrintWidget.panel
    before, panel.dialogs = panel.dialogs, _Quiet()
    try:
        panel.steps["scan"].volume.setCurrentNode(volume)
        panel.steps["files"].folder.currentPath = str(folder)
        panel.change(process="sla", formats=("stl",))
        for step, view in panel.steps.items():
            panel.open_step(step)
            view.primary.click()
            end = time.monotonic() + LONGEST_STEP_S
            while panel.runner.running and time.monotonic() < end:
                slicer.app.processEvents()
                time.sleep(0.02)
            test.assertIn(panel.state.state(step), ("done", "needs you"), f"{step}: {panel.footer.message.text}")
            test.assertTrue(view.chip.visible and view.primary.visible, f"{step}: verdict and button are seen")
    except AssertionError:
        _keep_picture()
        raise
    finally:
        panel.dialogs = before


def _keep_picture() -> None:
    """What is to be seen where a walk fails, for who looks at it later."""
    if folder := os.environ.get("DICOM_TO_PRINT_PICTURES"):
        slicer.util.mainWindow().grab().save(str(Path(folder) / "failed-walk.png"))
