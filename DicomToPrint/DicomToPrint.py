"""DicomToPrint: from a CT in Slicer's DICOM database to a checked file for a 3D printer."""

import os
import sys

import slicer
from slicer import vtkMRMLModelNode, vtkMRMLScalarVolumeNode, vtkMRMLSegmentationNode
from slicer.i18n import tr as _
from slicer.i18n import translate
from slicer.parameterNodeWrapper import parameterNodeWrapper
from slicer.ScriptedLoadableModule import (
    ScriptedLoadableModule,
    ScriptedLoadableModuleLogic,
    ScriptedLoadableModuleTest,
    ScriptedLoadableModuleWidget,
)
from slicer.util import VTKObservationMixin


class DicomToPrint(ScriptedLoadableModule):
    """The module as Slicer lists it."""

    def __init__(self, parent):
        ScriptedLoadableModule.__init__(self, parent)
        self.parent.title = _("DICOM to Print")
        self.parent.categories = [translate("qSlicerAbstractCoreModule", "Printing")]
        self.parent.dependencies = ["Segmentations", "Markups", "DICOM"]
        self.parent.contributors = ["The DicomToPrint maintainers"]
        self.parent.helpText = _(
            "Takes a CT from the DICOM database to a file that a 3D printer accepts, and says at every step whether "
            "the result can be trusted. Not a medical device: the result needs qualified review."
        )
        pages = "https://github.com/DicomToPrint/SlicerDicomToPrint/blob/main/docs"
        self.parent.helpText += (
            f' <a href="{pages}/tutorial.md">{_("Tutorial")}</a>, <a href="{pages}/index.md">{_("all pages")}</a>.'
        )
        self.parent.acknowledgementText = _("Built on 3D Slicer, VTK, SimpleITK and pydicom.")
        import DicomToPrintLib  # noqa: F401  from here on the engine beside the module is used, and no other

        slicer.app.connect("startupCompleted()", registerSampleData)


def registerSampleData():
    """Offer the phantom in the Sample Data module, once: it is generated, nothing is downloaded."""
    import SampleData

    offered = SampleData.SampleDataLogic.sampleDataSourcesByCategory("DicomToPrint")
    if any(source.sampleName == "DicomToPrintPhantom" for source in offered):
        return
    icons = os.path.join(os.path.dirname(__file__), "Resources", "Icons")
    if hasattr(SampleData.SampleDataLogic, "registerCustomSampleDataCategory"):  # gives the category its title
        SampleData.SampleDataLogic.registerCustomSampleDataCategory("DicomToPrint", title=_("DICOM to Print"))
    SampleData.SampleDataLogic.registerCustomSampleDataSource(
        category="DicomToPrint",
        sampleName="DicomToPrintPhantom",
        uris=[],
        fileNames=[],
        customDownloader=lambda source: DicomToPrintLogic().makePhantom(),
        thumbnailFileName=os.path.join(icons, "DicomToPrintPhantom.png"),
    )


@parameterNodeWrapper
class DicomToPrintParameterNode:
    """What the panel remembers in the scene.

    volume - the scan, if it is a volume of the scene
    series - series UID in the DICOM database, instead of the volume
    folder - folder of DICOM files, instead of both
    model - a model of the scene, instead of a scan
    segmentation - the anatomy that is worked on
    given - a segmentation of the user's, instead of the automatic one
    chosen - whether the user has chosen a scan: from then on none is chosen for them
    output - folder for the files
    settings - what differs from the defaults, as JSON
    states - state of each step, as JSON
    """

    volume: vtkMRMLScalarVolumeNode
    series: str = ""
    folder: str = ""
    model: vtkMRMLModelNode
    chosen: bool = False
    segmentation: vtkMRMLSegmentationNode
    given: vtkMRMLSegmentationNode
    output: str = ""
    settings: str = "{}"
    states: str = "{}"


class DicomToPrintWidget(ScriptedLoadableModuleWidget, VTKObservationMixin):
    """The panel's life in Slicer; what it shows is `DicomToPrintLib.gui.panel`."""

    def __init__(self, parent=None):
        ScriptedLoadableModuleWidget.__init__(self, parent)
        VTKObservationMixin.__init__(self)
        self.logic = None
        self.panel = None

    def setup(self):
        """Build the panel."""
        ScriptedLoadableModuleWidget.setup(self)
        from DicomToPrintLib.gui.panel import Panel

        self.logic = DicomToPrintLogic()
        self.panel = Panel(self.layout)
        self.addObserver(slicer.mrmlScene, slicer.mrmlScene.StartCloseEvent, self.onSceneStartClose)
        self.addObserver(slicer.mrmlScene, slicer.mrmlScene.EndCloseEvent, self.onSceneEndClose)
        self.addObserver(slicer.mrmlScene, slicer.mrmlScene.StartImportEvent, self.onSceneStartImport)
        self.addObserver(slicer.mrmlScene, slicer.mrmlScene.EndImportEvent, self.onSceneEndImport)
        self.initializeParameterNode()

    def cleanup(self):
        """The module is unloaded or reloaded, or the application ends."""
        self.removeObservers()
        self.panel.close()

    def enter(self):
        """The module is shown."""
        self.initializeParameterNode()
        self.panel.steps["anatomy"].resume_editor()

    def exit(self):
        """Another module is shown: the segment editor's shortcuts and view observations are given back."""
        self.panel.steps["anatomy"].release_editor()

    def onSceneStartClose(self, caller, event):
        """The scene is about to close: let go of it, a running step is dropped."""
        self.panel.set_parameters(None)

    def onSceneEndClose(self, caller, event):
        """A new, empty scene."""
        if self.parent.isEntered:
            self.initializeParameterNode()

    def onSceneStartImport(self, caller, event):
        """A scene is about to be loaded: the choosers are made anew, and what they tell meanwhile is no choice."""
        self.panel.set_parameters(None)

    def onSceneEndImport(self, caller, event):
        """A scene was loaded: go on where it was."""
        if self.parent.isEntered:
            self.initializeParameterNode()

    def initializeParameterNode(self):
        """Work in the scene's parameter node, and on its only volume where nothing is chosen yet."""
        parameters = self.logic.getParameterNode()
        if self.panel.state is None or self.panel.state.parameters.parameterNode is not parameters.parameterNode:
            self.panel.set_parameters(parameters)
        self.panel.choose_only_volume()

    def onReload(self):
        """Reload the library with the module."""
        for name in [name for name in sys.modules if name.partition(".")[0] in ("DicomToPrintLib", "dicomtoprint")]:
            del sys.modules[name]
        ScriptedLoadableModuleWidget.onReload(self)


class DicomToPrintLogic(ScriptedLoadableModuleLogic):
    """The steps on MRML nodes, for other modules and scripts.

    ``slicer.util.getModuleLogic("DicomToPrint").run(volumeNode, folder, process="sla")``. A scan is a volume node from the
    DICOM database, a ``dicomdb:SERIESUID`` or a path; options are the fields of `config.run_settings.RunSettings`, by their names
    or by those of the record. Every failure is an `errors.DicomToPrintError` with one sentence. `progress` may raise to stop.
    """

    def getParameterNode(self):
        """The scene's parameter node, wrapped."""
        return DicomToPrintParameterNode(super().getParameterNode())

    def check(self, scan, progress=None, **options):
        """Acceptance of a scan, in the form of ``check --json``."""
        return _steps().check(scan, _settings(options), _database(), _callback(progress))

    def segment(self, scan, progress=None, **options):
        """Segmentation node of the anatomy of a scan."""
        return _steps().segment(scan, _settings(options), slicer.mrmlScene, _database(), _callback(progress))

    def makeSurface(self, segmentationNode, volumeNode, progress=None, **options):
        """Model nodes of the closed surfaces of a segmentation node."""
        return _steps().make_surface(
            segmentationNode, volumeNode, _settings(options), slicer.mrmlScene, _callback(progress)
        )

    def repair(self, modelNodes, progress=None, **options):
        """Model nodes of the repaired surfaces."""
        return _steps().repair(_listed(modelNodes), _settings(options), slicer.mrmlScene, _callback(progress))

    def prepare(self, modelNodes, progress=None, **options):
        """Model nodes of the parts prepared for print: thicken, hollow, cuts, split, pins, ..."""
        return _steps().prepare(_listed(modelNodes), _settings(options), slicer.mrmlScene, _callback(progress))

    def inspect(self, model, progress=None, **options):
        """Readiness of model nodes or of a mesh file, in the form of ``inspect --json``."""
        return _steps().inspect(model, _settings(options), _callback(progress)).as_json()

    def export(self, modelNodes, folder, stem="model", progress=None, **options):
        """Model nodes as files in LPS mm, each read back before it gets its name; returns their paths."""
        return _steps().export(_listed(modelNodes), folder, stem, _settings(options), _callback(progress))

    def run(self, scan, folder, progress=None, **options):
        """The whole workflow from a scan to files, report and record in a folder; results go into the scene as well."""
        return _steps().run(scan, folder, _settings(options), slicer.mrmlScene, _database(), _callback(progress))

    def makePhantom(self):
        """Make the phantom CT as DICOM, import it into the DICOM database and load it; returns the volume nodes.

        While the database is closed, as on a fresh installation, the files are read without it.
        """
        from DICOMLib import DICOMUtils

        from dicomtoprint.phantom import write_phantom_dicom
        from DicomToPrintLib.mrml.dicom_database import phantom_folder

        write_phantom_dicom(phantom_folder(), progress=lambda fraction, phrase="": slicer.app.processEvents())
        if _database() is None:
            return [_steps().load_phantom(slicer.mrmlScene)]
        DICOMUtils.importDicom(str(phantom_folder()))
        loaded = DICOMUtils.loadSeriesByUID([_steps().phantom_series()])
        return [slicer.mrmlScene.GetNodeByID(identifier) for identifier in loaded]


def _steps():
    from DicomToPrintLib.mrml import logic

    return logic


def _database():
    from DicomToPrintLib.mrml import dicom_database

    return dicom_database.application_database()


def _settings(options):
    from dicomtoprint.config import run_settings

    return run_settings.run_settings_from_keywords(options)


def _callback(progress):
    from dicomtoprint.progress import no_progress

    return progress or no_progress


def _listed(nodes):
    return list(nodes) if isinstance(nodes, (list, tuple)) else [nodes]


class DicomToPrintTest(ScriptedLoadableModuleTest):
    """Self test: the phantom from the DICOM database to a checked STL, and the panel's life, inside the application."""

    def setUp(self):
        """An empty scene."""
        slicer.mrmlScene.Clear()

    def runTest(self):
        """All tests."""
        for name in ("SampleData", "PhantomToPrint", "PanelOpens", "DeletedNodesAndClosedScenes", "Reload"):
            self.setUp()
            getattr(self, f"test_{name}")()

    def test_PhantomToPrint(self):
        """The phantom becomes a checked STL, and its model stands in the scene."""
        from DicomToPrintLib.gui.self_test import phantom_becomes_files

        phantom_becomes_files(self, DicomToPrintLogic())

    def test_PanelOpens(self):
        """The panel opens with its five steps and works in the scene."""
        slicer.util.selectModule("DicomToPrint")
        panel = slicer.modules.DicomToPrintWidget.panel
        self.assertEqual((len(panel.steps), panel.state is None), (5, False))

    def test_SampleData(self):
        """The phantom is offered as sample data, and the module stands where Slicer puts it."""
        import SampleData

        registerSampleData()
        offered = SampleData.SampleDataLogic.sampleDataSourcesByCategory("DicomToPrint")
        self.assertEqual([source.sampleName for source in offered], ["DicomToPrintPhantom"])
        self.assertTrue(hasattr(slicer.modules.dicomtoprint, "path"))

    def test_DeletedNodesAndClosedScenes(self):
        """A chosen node that is deleted, or goes with its scene, leaves none behind, not its neighbour."""
        slicer.util.selectModule("DicomToPrint")
        from DicomToPrintLib.gui.self_test import nothing_is_chosen_instead

        nothing_is_chosen_instead(self, slicer.modules.DicomToPrintWidget.panel)

    def test_Reload(self):
        """A reloaded module goes on with what was chosen."""
        from DicomToPrintLib.gui.self_test import choice_survives_reload

        slicer.util.selectModule("DicomToPrint")
        choice_survives_reload(self)
