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


def watch_scene(scene, handlers):
    """Observe a scene as `qMRMLSceneModel` does: {event name: (handler of a node or None, priority)}; returns the tags."""
    import vtk

    tags = []
    for name, (handler, priority) in handlers.items():

        def call(caller, event, node=None, handler=handler):
            handler(node)

        if name.startswith("Node"):
            call.CallDataType = vtk.VTK_OBJECT
        tags.append(scene.AddObserver(getattr(scene, name), call, priority))
    return tags


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
            "sizeAdjustPolicy": QtWidgets.QComboBox.AdjustToContentsOnFirstShow,
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
        native(self, "setSizePolicy")(QtWidgets.QSizePolicy.Preferred, QtWidgets.QSizePolicy.Fixed)
        self._combo.currentIndexChanged.connect(lambda index: self._changed())

    def setMRMLScene(self, scene):
        self._stop_watching()
        self._scene = scene
        if scene is not None:
            self._tags = watch_scene(
                scene,
                {
                    "NodeAddedEvent": (lambda node: self._seen(self._fill), 10.0),
                    "NodeAboutToBeRemovedEvent": (lambda node: self._seen(self._leave, node), -10.0),
                    "NodeRemovedEvent": (lambda node: self._seen(self._fill), 10.0),
                    "EndCloseEvent": (lambda node: self._seen(self._rebuild), 0.0),
                    "EndImportEvent": (lambda node: self._seen(self._rebuild), 0.0),
                },
            )
        self._fill()

    def _stop_watching(self):
        for tag in self._tags:
            self._scene.RemoveObserver(tag)
        self._tags = []

    def _seen(self, work, *arguments):
        if isValid(self._combo):
            if not self._scene.IsClosing():  # the model of nodes is told at the end
                work(*arguments)
        else:  # the widget is gone, as its destructor would have told the scene
            self._stop_watching()

    def _leave(self, node):
        """The row of a node goes before the node does, and QComboBox moves on to the row before it."""
        if node not in self._nodes:
            return
        index, current = self._nodes.index(node), self._combo.currentIndex()
        self._nodes.pop(index)
        self._combo.blockSignals(True)
        self._combo.removeItem(index)
        if current == index:
            self._combo.setCurrentIndex(min(max(index - 1, 0), len(self._nodes) - 1))
        self._combo.blockSignals(False)
        if current == index:
            self._changed()

    def _rebuild(self):
        """The model of nodes is made anew after a scene was closed or imported: nothing stays current."""
        current = self.currentNode()
        self._nodes = []
        self._fill()
        if current is not None:
            self._changed()

    def declared_changed(self, name, value):
        if name == "currentNodeID":
            self.setCurrentNode(self._scene.GetNodeByID(value) if value else None)
        elif name == "sizeAdjustPolicy":
            self._combo.setSizeAdjustPolicy(value)
        elif self._scene is not None:
            self._fill()

    def _fill(self):
        current, row = self.currentNode(), self._combo.currentIndex()
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
        elif current is not None:  # hidden, say
            self._combo.setCurrentIndex(min(max(row - 1, 0), len(self._nodes) - 1))
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
        self._chooser, place = qMRMLNodeComboBox(), QtWidgets.QToolButton()
        self._chooser.nodeTypes = ["vtkMRMLMarkupsFiducialNode"]
        self._chooser.noneEnabled = True
        self._chooser.currentNodeChanged.connect(lambda node: self.setCurrentNode(self._chooser.currentNode()))
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
        native(self, "setMinimumWidth")(340)  # so wide that it does not fit beside a label

    def setMRMLScene(self, scene):
        super().setMRMLScene(scene)
        self._chooser.setMRMLScene(scene)

    def setNodeBaseName(self, name):
        self._base = name

    def tableWidget(self):
        return self._table

    def currentNode(self):
        return self._chooser.currentNode()

    def setCurrentNode(self, node):
        if node is self._node:
            return
        self._chooser.blockSignals(True)
        self._chooser.setCurrentNode(node)
        self._chooser.blockSignals(False)
        for tag in self._tags:
            self._node.RemoveObserver(tag)
        self._node = node
        events = (node.PointAddedEvent, node.PointModifiedEvent, node.PointRemovedEvent) if node is not None else ()
        self._tags = [node.AddObserver(event, lambda *a: self._update()) for event in events]
        self._update()
        native(self, "markupsNodeChanged").emit()

    def _update(self):
        if not isValid(self._table):
            return
        node = self._chooser.currentNode()
        self._table.setRowCount(node.GetNumberOfControlPoints() if node is not None else 0)
        for row in range(self._table.rowCount()):
            place = [0.0] * 3
            node.GetNthControlPointPosition(row, place)
            for column, text in enumerate([node.GetNthControlPointLabel(row), *(f"{value:.1f}" for value in place)]):
                self._table.setItem(row, column, QtWidgets.QTableWidgetItem(text))
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
        self._values, self._scene, self._editor, self._order, self._tags = {}, None, None, [], []
        self._segmentation = self._volume = None
        self.__dict__["_calls"] = []
        super().__init__(parent)
        native(self, "setMinimumHeight")(40)
        native(self, "setMinimumWidth")(321)

    def setMRMLScene(self, scene):
        if scene is not None and self._editor is None:
            raise RuntimeError("set your own vtkMRMLSegmentEditorNode before the scene")
        for tag in self._tags:
            self._scene.RemoveObserver(tag)
        self._scene = scene
        self._tags = (
            watch_scene(scene, {"NodeAboutToBeRemovedEvent": (self._leave, -10.0)}) if scene is not None else []
        )

    def _leave(self, node):
        """Its chooser of segmentations has no "none", and moves on to a neighbour as every chooser does."""
        if node is self._segmentation and not self._scene.IsClosing():
            others = self._scene.GetNodesByClass("vtkMRMLSegmentationNode")
            others.UnRegister(None)
            left = [one for one in map(others.GetItemAsObject, range(others.GetNumberOfItems())) if one is not node]
            self._segmentation = left[0] if left else None
        if node is self._volume:
            self._volume = None

    def setMRMLSegmentEditorNode(self, node):
        self._editor = node

    def mrmlSegmentEditorNode(self):
        return self._editor

    def setSegmentationNode(self, node):
        self._segmentation = node

    def segmentationNode(self):
        return self._segmentation

    def setSourceVolumeNode(self, node):
        if self._segmentation is not None:  # without one its logic refuses, none at all too
            self._volume = node

    def sourceVolumeNode(self):
        return self._volume

    def setEffectNameOrder(self, names):
        self._order = list(names)

    def effectNameOrder(self):
        return list(self._order)

    def setActiveEffectByName(self, name):
        self._calls.append(("effect", name))
        native(self, "setMinimumWidth")(556 if name else 321)  # the options of an effect

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
