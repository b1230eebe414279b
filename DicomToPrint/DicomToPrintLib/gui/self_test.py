"""What the module's self test looks at in the panel, inside the application."""

import tempfile
from pathlib import Path
from typing import Any

import slicer


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


def phantom_becomes_files(test: Any, logic: Any) -> None:
    """The phantom goes from the DICOM database to a checked STL, and its model into the scene."""
    from DICOMLib import DICOMUtils

    with DICOMUtils.TemporaryDICOMDatabase(), tempfile.TemporaryDirectory() as folder:
        test.delayDisplay("Making the phantom")
        volumes = logic.makePhantom()
        test.assertEqual(len(volumes), 1)
        test.assertNotEqual(logic.check(volumes[0])["series"][0]["verdict"], "reject")
        test.delayDisplay("Running the whole workflow")
        verdict = logic.run(volumes[0], folder, process="sla", formats=("stl",)).verdict
        test.assertIn(verdict, ("ready", "warn", "not-ready"))
        test.assertTrue(any(path.suffix == ".stl" for path in Path(folder).iterdir()))
    test.assertGreater(slicer.mrmlScene.GetNumberOfNodesByClass("vtkMRMLModelNode"), 0)
