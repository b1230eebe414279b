"""Slicer's own widgets, as far as the panel uses them, on real MRML nodes. Names: see
Testing/Contract/slicer_names.json.
"""

from types import MappingProxyType

from PySide6 import QtCore, QtWidgets
from shiboken6 import isValid

from .qt_module import PythonQtRules, native


class _SceneWidget:
    """What every qMRML widget can: be given a scene."""

    def setMRMLScene(self, scene):
        self._scene = scene

    def mrmlScene(self):
        return self._scene


class qMRMLWidget(PythonQtRules, _SceneWidget, QtWidgets.QWidget):
    """The parent of a module's widgets."""

    SIGNALS = MappingProxyType({"mrmlSceneChanged(vtkMRMLScene*)": "mrmlSceneChanged"})
    mrmlSceneChanged = QtCore.Signal(object)

    def __init__(self, parent=None):
        self._scene = None
        super().__init__(parent)


class qMRMLNodeComboBox(PythonQtRules, _SceneWidget, QtWidgets.QWidget):
    """A chooser of nodes of some classes."""

    DECLARED = MappingProxyType(
        {
            "nodeTypes": [],
            "noneEnabled": False,
            "addEnabled": True,
            "removeEnabled": True,
            "editEnabled": False,
            "renameEnabled": False,
            "showHidden": False,
            "showChildNodeTypes": True,
            "selectNodeUponCreation": True,
            "noneDisplay": "",
            "baseName": "",
            "currentNodeID": "",
        }
    )
    SIGNALS = MappingProxyType({"currentNodeChanged(vtkMRMLNode*)": "currentNodeChanged"})
    currentNodeChanged = QtCore.Signal(object)

    def __init__(self, parent=None):
        self._values, self._scene, self._nodes, self._tags = {}, None, [], []
        super().__init__(parent)
        row = QtWidgets.QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        self._combo = QtWidgets.QComboBox()
        row.addWidget(self._combo)
        self._combo.currentIndexChanged.connect(lambda index: self._changed())

    def setMRMLScene(self, scene):
        self._stop_watching()
        self._scene = scene
        if scene is not None:
            self._tags = [
                scene.AddObserver(event, lambda *a: self._seen())
                for event in (scene.NodeAddedEvent, scene.NodeRemovedEvent, scene.EndCloseEvent)
            ]
        self._fill()

    def _stop_watching(self):
        for tag in self._tags:
            self._scene.RemoveObserver(tag)
        self._tags = []

    def _seen(self):
        if isValid(self._combo):
            self._fill()
        else:  # the widget is gone, as its destructor would have told the scene
            self._stop_watching()

    def declared_changed(self, name, value):
        if name == "currentNodeID":
            self.setCurrentNode(self._scene.GetNodeByID(value) if value else None)
        elif self._scene is not None:
            self._fill()

    def _fill(self):
        current = self.currentNode()
        nodes = []
        for kind in self.nodeTypes if self._scene is not None else ():
            found = (self._scene.GetNthNodeByClass(i, kind) for i in range(self._scene.GetNumberOfNodesByClass(kind)))
            nodes += [
                n for n in found if not n.GetHideFromEditors() and (self.showChildNodeTypes or n.GetClassName() == kind)
            ]
        self._combo.blockSignals(True)
        self._combo.clear()
        self._nodes = [None, *nodes] if self.noneEnabled or not nodes else nodes
        for node in self._nodes:
            self._combo.addItem(node.GetName() if node is not None else (self.noneDisplay or "None"))
        if current in self._nodes:
            self._combo.setCurrentIndex(self._nodes.index(current))
        self._combo.blockSignals(False)
        if self.currentNode() is not current:
            self._changed()

    def currentNode(self):
        index = self._combo.currentIndex()
        return self._nodes[index] if 0 <= index < len(self._nodes) else None

    def setCurrentNode(self, node):
        if node not in self._nodes and self._scene is not None:
            self._fill()
        if node in self._nodes:
            self._combo.setCurrentIndex(self._nodes.index(node))
        elif node is None:
            self._combo.setCurrentIndex(-1)

    def _changed(self):
        native(self, "currentNodeChanged").emit(self.currentNode())


class qSlicerSimpleMarkupsWidget(PythonQtRules, _SceneWidget, QtWidgets.QWidget):
    """A list of points: chooser, place button and table. Points are placed by the tests, on the node."""

    DECLARED = MappingProxyType(
        {
            "nodeSelectorVisible": True,
            "optionsVisible": True,
            "enterPlaceModeOnNodeChange": True,
            "jumpToSliceEnabled": False,
        }
    )
    markupsNodeChanged = QtCore.Signal()
    updateFinished = QtCore.Signal()

    def __init__(self, parent=None):
        self._values, self._scene, self._node, self._tags = {}, None, None, []
        super().__init__(parent)
        column = QtWidgets.QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        row = QtWidgets.QHBoxLayout()
        self._chooser, place = QtWidgets.QComboBox(), QtWidgets.QToolButton()
        self._chooser.addItem("Create new list")
        place.setText("+ place points")
        row.addWidget(self._chooser, 1)
        row.addWidget(place)
        column.addLayout(row)
        self._table = QtWidgets.QTableWidget(0, 4)
        self._table.setHorizontalHeaderLabels(["Label", "R", "A", "S"])
        for index in range(1, 4):
            self._table.setColumnWidth(index, 60)
        self._table.verticalHeader().hide()
        column.addWidget(self._table)

    def setMRMLScene(self, scene):
        super().setMRMLScene(scene)
        if scene is not None:
            scene.AddObserver(scene.NodeRemovedEvent, lambda *a: self._removed())

    def _removed(self):
        if isValid(self._table) and self._node is not None and self._node.GetScene() is None:
            self.setCurrentNode(None)

    def setNodeBaseName(self, name):
        self._base = name

    def tableWidget(self):
        return self._table

    def currentNode(self):
        return self._node

    def setCurrentNode(self, node):
        if node is self._node:
            return
        for tag in self._tags:
            self._node.RemoveObserver(tag)
        self._node = node
        events = (node.PointAddedEvent, node.PointModifiedEvent, node.PointRemovedEvent) if node is not None else ()
        self._tags = [node.AddObserver(event, lambda *a: self._update()) for event in events]
        self._update()
        native(self, "markupsNodeChanged").emit()

    def _update(self):
        node = self._node
        self._table.setRowCount(node.GetNumberOfControlPoints() if node is not None else 0)
        for row in range(self._table.rowCount()):
            place = [0.0] * 3
            node.GetNthControlPointPosition(row, place)
            for column, text in enumerate([node.GetNthControlPointLabel(row), *(f"{value:.1f}" for value in place)]):
                self._table.setItem(row, column, QtWidgets.QTableWidgetItem(text))
        self._chooser.setItemText(0, node.GetName() if node is not None else "Create new list")
        native(self, "updateFinished").emit()


class qMRMLSegmentEditorWidget(PythonQtRules, _SceneWidget, QtWidgets.QFrame):
    """The segment editor; here an empty frame that keeps what it was given."""

    DECLARED = MappingProxyType(
        {
            "segmentationNodeSelectorVisible": True,
            "sourceVolumeNodeSelectorVisible": True,
            "unorderedEffectsVisible": True,
            "switchToSegmentationsButtonVisible": True,
            "maximumNumberOfUndoStates": 10,
            "readOnly": False,
            "maskingSectionVisible": True,
            "specifyGeometryButtonVisible": True,
        }
    )

    def __init__(self, parent=None):
        self._values, self._scene, self._editor, self._order = {}, None, None, []
        self._segmentation = self._volume = None
        self.__dict__["_calls"] = []
        super().__init__(parent)
        native(self, "setMinimumHeight")(40)

    def setMRMLScene(self, scene):
        if scene is not None and self._editor is None:
            raise RuntimeError("set your own vtkMRMLSegmentEditorNode before the scene")
        self._scene = scene

    def setMRMLSegmentEditorNode(self, node):
        self._editor = node

    def mrmlSegmentEditorNode(self):
        return self._editor

    def setSegmentationNode(self, node):
        self._segmentation = node

    def segmentationNode(self):
        return self._segmentation

    def setSourceVolumeNode(self, node):
        self._volume = node

    def sourceVolumeNode(self):
        return self._volume

    def setEffectNameOrder(self, names):
        self._order = list(names)

    def effectNameOrder(self):
        return list(self._order)

    def setActiveEffectByName(self, name):
        self._calls.append(("effect", name))

    def installKeyboardShortcuts(self, parent=None):
        self._calls.append(("shortcuts", True))

    def uninstallKeyboardShortcuts(self):
        self._calls.append(("shortcuts", False))

    def setupViewObservations(self):
        self._calls.append(("views", True))

    def removeViewObservations(self):
        self._calls.append(("views", False))

    def undo(self):
        self._calls.append(("undo", True))


WIDGETS = (qMRMLWidget, qMRMLNodeComboBox, qSlicerSimpleMarkupsWidget, qMRMLSegmentEditorWidget)
