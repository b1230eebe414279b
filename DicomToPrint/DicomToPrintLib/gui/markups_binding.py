"""Points of the scene as a setting: what stands in the chosen markups list is in the settings at once."""

from collections.abc import Callable, Sequence
from typing import Any

import slicer

from ..mrml.markups import control_points_ras
from .panel_context import PanelContext

Point3 = tuple[float, float, float]


def last_point(points: Sequence[Point3]) -> Point3 | None:
    """The place of a setting that has one only."""
    return points[-1] if points else None


class MarkupsBinding:
    """Slicer's own widget for a list of points, bound to one setting: what `made` makes of its points (all of them).

    Settings of a reopened scene stay as they are until the user chooses a list; a list that is let go takes its points along.
    """

    def __init__(
        self, panel: PanelContext, setting: str, tip: str, name: str, made: Callable[[Any], Any] = tuple
    ) -> None:
        self._panel, self._setting, self._made = panel, setting, made
        self._had_list = False
        self.widget = slicer.qSlicerSimpleMarkupsWidget()
        self.widget.objectName = setting
        self.widget.toolTip = tip
        self.widget.setNodeBaseName(name)
        self.widget.tableWidget().setFixedHeight(72)
        self.widget.setMRMLScene(slicer.mrmlScene)
        panel.watch.add(self.widget)
        self.widget.connect("markupsNodeChanged()", panel.guarded_slot(self._read))
        self.widget.connect("updateFinished()", panel.guarded_slot(self._read))

    def release(self) -> None:
        """Choose no list; the setting stays as it is."""
        self._had_list = False
        self.widget.setCurrentNode(None)

    def _read(self) -> None:
        node = self.widget.currentNode()
        if self._panel.state is None or (node is None and not self._had_list):
            return
        self._had_list = node is not None
        self._panel.change(**{self._setting: self._made(control_points_ras(node))})
