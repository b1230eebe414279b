"""Module `ctk`: the few CTK widgets that the panel uses, as far as it uses them. Names: see
Testing/Contract/slicer_names.json.
"""

import types
from types import MappingProxyType

from PySide6 import QtCore, QtGui, QtWidgets

from .qt_module import PythonQtRules, native


class ctkCollapsibleButton(PythonQtRules, QtWidgets.QWidget):
    """A header that folds what lies under it. In CTK it is an abstract button; here a plain widget that draws one."""

    DECLARED = MappingProxyType(
        {"text": "", "collapsed": False, "collapsedHeight": 14, "flat": False, "contentsFrameShape": 0}
    )
    contentsCollapsed = QtCore.Signal(bool)

    def __init__(self, text="", parent=None):
        if isinstance(text, QtWidgets.QWidget):
            text, parent = "", text
        self._values = {"text": text}
        super().__init__(parent)
        # It asks for all the width that its contents would like to have.
        native(self, "setSizePolicy")(QtWidgets.QSizePolicy.Minimum, QtWidgets.QSizePolicy.Preferred)
        native(self, "setContentsMargins")(0, 24, 0, 0)
        native(self, "setMinimumHeight")(26)

    def setText(self, text):
        self.text = text

    def declared_changed(self, name, value):
        if name == "collapsed":
            self._fold(value)
            native(self, "contentsCollapsed").emit(bool(value))
        native(self, "update")()

    def _fold(self, collapsed):
        # CTK hides the children; here they are only cut off, which looks the same and keeps their own visibility.
        native(self, "setMaximumHeight")(26 if collapsed else 16777215)

    def mousePressEvent(self, event):
        if event.position().y() < 24:
            self.collapsed = not self.collapsed

    def paintEvent(self, event):
        painter = QtGui.QPainter(self)
        palette = native(self, "palette")()
        painter.setPen(palette.mid().color())
        painter.setBrush(palette.midlight())
        painter.drawRoundedRect(0, 1, native(self, "width")() - 1, 21, 3, 3)
        painter.setPen(palette.buttonText().color())
        arrow = "\u25b8" if self.collapsed else "\u25be"
        painter.drawText(6, 16, f"{arrow}  {self.text}")
        painter.end()


class ctkCollapsibleGroupBox(PythonQtRules, QtWidgets.QGroupBox):
    """A group box that folds by its check mark."""

    DECLARED = MappingProxyType({"collapsed": False, "collapsedHeight": 14})

    def __init__(self, title="", parent=None):
        self._values = {}
        super().__init__(title, parent)
        native(self, "setCheckable")(True)
        native(self, "toggled").connect(lambda on: self._fold(not on))

    def declared_changed(self, name, value):
        if name == "collapsed":
            native(self, "setChecked")(not value)
            self._fold(bool(value))

    def _fold(self, collapsed):
        self._values["collapsed"] = collapsed
        native(self, "setMaximumHeight")(24 if collapsed else 16777215)


class ctkPathLineEdit(PythonQtRules, QtWidgets.QWidget):
    """A path with a browse button."""

    DECLARED = MappingProxyType(
        {"currentPath": "", "filters": 0, "settingKey": "", "showHistoryButton": True, "showBrowseButton": True}
    )
    Files, Dirs, Writable = 1, 2, 4
    currentPathChanged = QtCore.Signal(str)
    validInputChanged = QtCore.Signal(bool)

    def __init__(self, parent=None):
        self._values, self._history, self._valid = {}, [], False
        super().__init__(parent)
        row = QtWidgets.QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        self._edit, browse = QtWidgets.QLineEdit(), QtWidgets.QToolButton()
        browse.setText("...")
        row.addWidget(self._edit)
        row.addWidget(browse)
        self._edit.textChanged.connect(self._typed)

    def _typed(self, text):
        """What is typed is told while it is valid input, which nothing at all is not; that it is valid or not is told after."""
        self._values["currentPath"], was, self._valid = text, self._valid, bool(text)
        if self._valid:
            native(self, "currentPathChanged").emit(text)
        if self._valid != was:
            native(self, "validInputChanged").emit(self._valid)

    def declared_changed(self, name, value):
        if name == "currentPath" and self._edit.text() != value:
            self._edit.setText(value)

    def addCurrentPathToHistory(self):
        self._history.append(self.currentPath)


def make() -> types.ModuleType:
    """A new `ctk` module."""
    module = types.ModuleType("ctk")
    for cls in (ctkCollapsibleButton, ctkCollapsibleGroupBox, ctkPathLineEdit):
        setattr(module, cls.__name__, cls)
    return module
