"""Puts the stand-in in place and opens the module as Slicer does."""

import importlib.util
import os
import re
import sys
import types
from pathlib import Path
from typing import ClassVar

HERE = Path(__file__).resolve().parent


class Application:
    """`slicer.app`, as far as the module uses it."""

    slicerHome = ""

    def __init__(self, application, temporary):
        self._application = application
        self.temporaryPath = str(temporary)
        self.applicationName = "stand-in"

    def connect(self, signature, slot):
        if signature != "startupCompleted()":
            raise ValueError(f"qSlicerApplication has no signal '{signature}'")
        self._startup = slot

    def processEvents(self, *flags):
        self._application.processEvents(*flags)

    def clipboard(self):
        return self._application.clipboard()

    def layoutManager(self):
        return None

    def translate(self, context, text):
        return text

    def moduleManager(self):
        return types.SimpleNamespace(connect=lambda *a: None, disconnect=lambda *a: None)


class Module:
    """The parent that Slicer hands to a module's class."""

    def __init__(self, path):
        self.path = str(path)
        self.title = self.helpText = self.acknowledgementText = ""
        self.categories, self.dependencies, self.contributors = [], [], []
        self.icon = None


class SampleDataSource:
    """`SampleData.SampleDataSource`: as strict about its lists as Slicer's own."""

    def __init__(
        self,
        sampleName=None,
        sampleDescription=None,
        uris=None,
        fileNames=None,
        nodeNames=None,
        checksums=None,
        loadFiles=None,
        customDownloader=None,
        thumbnailFileName=None,
        loadFileTypes=None,
        loadFileProperties=None,
    ):
        if isinstance(uris, (list, tuple)):
            nodeNames = [None] * len(uris) if nodeNames is None else nodeNames
            checksums = [None] * len(uris) if checksums is None else checksums
            loadFiles = [None] * len(uris) if loadFiles is None else loadFiles
            loadFileTypes = [None] * len(uris) if loadFileTypes is None else loadFileTypes
        elif isinstance(uris, str):
            uris, fileNames, nodeNames, checksums = [uris], [fileNames], [nodeNames], [checksums]
            loadFiles, loadFileTypes = [loadFiles], [loadFileTypes]
        if not len(uris) == len(fileNames) == len(nodeNames) == len(loadFiles) == len(loadFileTypes) == len(checksums):
            raise ValueError("All fields of sample data source must have the same length")
        self.sampleName, self.uris, self.fileNames = sampleName, uris, fileNames
        self.customDownloader, self.thumbnailFileName = customDownloader, thumbnailFileName


class SampleDataLogic:
    """`SampleData.SampleDataLogic`: what was registered."""

    registered: ClassVar[list[tuple[str, SampleDataSource]]] = []

    @staticmethod
    def registerCustomSampleDataCategory(category, title):
        pass

    @staticmethod
    def registerCustomSampleDataSource(
        category="Custom",
        sampleName=None,
        uris=None,
        fileNames=None,
        nodeNames=None,
        customDownloader=None,
        thumbnailFileName=None,
        loadFileTypes=None,
        loadFiles=None,
        loadFileProperties=None,
        checksums=None,
        loadFileType=None,
    ):
        source = SampleDataSource(
            sampleName=sampleName,
            uris=uris,
            fileNames=fileNames,
            nodeNames=nodeNames,
            thumbnailFileName=thumbnailFileName,
            loadFileTypes=loadFileTypes,
            loadFiles=loadFiles,
            loadFileProperties=loadFileProperties,
            checksums=checksums,
            customDownloader=customDownloader,
        )
        SampleDataLogic.registered.append((category, source))

    @staticmethod
    def sampleDataSourcesByCategory(category):
        return [source for name, source in SampleDataLogic.registered if name == category]


class ClosedDatabase:
    """`slicer.dicomDatabase` on a fresh installation: it is there, and every question floods the log with errors of SQL."""

    isOpen = False

    def __getattr__(self, name):
        raise RuntimeError(f"the DICOM database is closed and was asked for '{name}'")


def install(temporary):
    """Put `qt`, `ctk` and the missing parts of `slicer` in place; returns the Qt application. Call once a process."""
    from PySide6 import QtWidgets

    from . import ctk_module, mrml_widgets, qt_module

    application = QtWidgets.QApplication.instance() or QtWidgets.QApplication(["stand-in"])
    sys.modules["qt"] = qt_module.make()
    sys.modules["ctk"] = ctk_module.make()
    import slicer

    from DicomToPrintLib.mrml.scene import new_scene

    slicer.app = Application(application, temporary)
    slicer.mrmlScene = new_scene()
    slicer.modules = types.SimpleNamespace()
    slicer.dicomDatabase = ClosedDatabase()
    for widget in mrml_widgets.WIDGETS:
        setattr(slicer, widget.__name__, widget)
    sys.modules["SampleData"] = types.SimpleNamespace(SampleDataLogic=SampleDataLogic)
    sys.modules["DICOMLib"] = types.SimpleNamespace(DICOMUtils=ClosedDatabase())  # a test that loads brings its own
    window = QtWidgets.QMainWindow()
    slicer.util.mainWindow = lambda: window
    _python_parts(slicer)
    return application


def _python_parts(slicer):
    """Slicer's own pure-Python files from DTP_SLICER_PYTHON, or the miniatures beside this file."""
    own = os.environ.get("DTP_SLICER_PYTHON")
    if own:
        folder = Path(own) / "slicer"
        _name_their_widgets(slicer, folder / "parameterNodeWrapper")
        for name in ("i18n", "ScriptedLoadableModule"):
            _load(f"slicer.{name}", folder / f"{name}.py")
        _load(
            "slicer.parameterNodeWrapper",
            folder / "parameterNodeWrapper" / "__init__.py",
            folder / "parameterNodeWrapper",
        )
    else:
        i18n = types.ModuleType("slicer.i18n")
        i18n.tr = lambda text: text
        i18n.translate = lambda context, text: text
        sys.modules["slicer.i18n"] = slicer.i18n = i18n
        _load("slicer.ScriptedLoadableModule", HERE / "scripted_module.py")
        _load("slicer.parameterNodeWrapper", HERE / "parameter_node.py")
    slicer.util.modulePath = lambda name: str(Path(__file__).resolve().parents[2] / name / f"{name}.py")
    slicer.util.settingsValue = lambda key, default, converter=lambda v: v, settings=None: default
    selected = ["DicomToPrint"]
    slicer.util.selectModule = selected.append
    slicer.util.selectedModule = lambda: selected[-1]


def _name_their_widgets(slicer, folder):
    """Slicer's own files name widgets that the panel does not use: empty classes stand for them."""
    text = "".join(path.read_text(encoding="utf-8") for path in folder.glob("*.py"))
    for holder, name in set(re.findall(r"\b(ctk|slicer)\.((?:ctk|q)[A-Z]\w+)", text)):
        module = sys.modules["ctk"] if holder == "ctk" else slicer
        if not hasattr(module, name):
            setattr(module, name, type(name, (), {}))


def _load(name, path, package=None):
    import slicer

    spec = importlib.util.spec_from_file_location(
        name, path, submodule_search_locations=[str(package)] if package else None
    )
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    setattr(slicer, name.rpartition(".")[2], module)
    spec.loader.exec_module(module)
    return module


def open_module(name="DicomToPrint"):
    """The module's widget as Slicer opens it: module, parent, widget, set-up, enter."""
    import qt
    import slicer

    path = Path(slicer.util.modulePath(name))
    sys.path.insert(0, str(path.parent)) if str(path.parent) not in sys.path else None
    module = importlib.import_module(name)
    if not hasattr(slicer.modules, name.lower()):
        setattr(slicer.modules, name.lower(), Module(path))
    getattr(module, name)(getattr(slicer.modules, name.lower()))
    parent = slicer.qMRMLWidget()
    parent.setLayout(qt.QVBoxLayout())
    parent.setMRMLScene(slicer.mrmlScene)
    # The module panel asks for the width that the module would like to have, and scrolls downwards only.
    parent.setSizePolicy(qt.QSizePolicy.Minimum, qt.QSizePolicy.Preferred)
    holder = Parent(parent)
    widget = getattr(module, f"{name}Widget")(holder)
    setattr(slicer.modules, f"{name}Widget", widget)
    slicer.util.reloadScriptedModule = lambda name: (widget.cleanup(), holder.widget.hide(), open_module(name))
    widget.setup()
    holder.isEntered = True
    widget.enter()
    return widget


class Parent:
    """qSlicerScriptedLoadableModuleWidget: the Qt widget, and whether the module is shown."""

    def __init__(self, widget):
        self.widget = widget
        self.isEntered = False

    def layout(self):
        return self.widget.layout()

    def setMRMLScene(self, scene):
        self.widget.setMRMLScene(scene)
